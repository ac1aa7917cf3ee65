/* SPDX-License-Identifier: Apache-2.0 */
/* doctor: what this machine gives, which levels that makes possible, and where each setting comes from. */
#include "judge.h"
#include "self.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

static const struct opt opts[] = {
	{ .name = "as-if", .kind = OPT_ONE, .arg = "NAME", .later = true },
	{ .name = "scan", .later = true },
};

struct machine {
	struct utsname uts;
	int landlock;            /* ABI, 0 = none */
	const char *landlock_why;
	bool filter, notify;
	const char *yama, *userns, *container;
	const char *library;
	bool inside;             /* already in a session or another sandbox that filters */
};

/* ---------------------------------------------------------------- looking */
/* First line of a small file of /proc or /sys, or NULL. */
static const char *first_line(struct ctx *c, const char *path)
{
	char text[256];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	if (n < 0)
		return NULL;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return xprintf(c, "%s", text);
}

static void look_landlock(struct machine *m)
{
	enum { VERSION = 1 }; /* LANDLOCK_CREATE_RULESET_VERSION: asks, creates nothing */
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, VERSION);
	m->landlock = abi > 0 ? (int)abi : 0;
	if (abi < 0)
		m->landlock_why = errno == EOPNOTSUPP ? "switched off at boot (lsm=)" :
				  errno == EPERM      ? "refused by a sandbox around us" :
							"not in this kernel";
}

static void look_seccomp(struct ctx *c, struct machine *m)
{
	const char *actions = first_line(c, "/proc/sys/kernel/seccomp/actions_avail");
	m->filter = prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0;
	m->notify = actions && strstr(actions, "user_notif");
	m->inside = prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == 2;
}

static void look_yama(struct ctx *c, struct machine *m)
{
	static const char *const scopes[] = { "0: any process of the same user", "1: parents only", "2: administrators only", "3: nobody" };
	const char *v = first_line(c, "/proc/sys/kernel/yama/ptrace_scope");
	m->yama = !v ? "absent" : (*v >= '0' && *v <= '3') ? scopes[*v - '0'] : v;
}

static void look_userns(struct ctx *c, struct machine *m)
{
	const char *max = first_line(c, "/proc/sys/user/max_user_namespaces");
	const char *debian = first_line(c, "/proc/sys/kernel/unprivileged_userns_clone");
	const char *apparmor = first_line(c, "/proc/sys/kernel/apparmor_restrict_unprivileged_userns");
	m->userns = "allowed";
	if (!max || strcmp(max, "0") == 0)
		m->userns = "none";
	else if (debian && strcmp(debian, "0") == 0)
		m->userns = "root only (kernel.unprivileged_userns_clone)";
	else if (apparmor && strcmp(apparmor, "1") == 0)
		m->userns = "restricted by AppArmor";
}

static void look(struct ctx *c, struct machine *m)
{
	if (uname(&m->uts))
		die_sys("cannot ask the kernel for its version");
	look_landlock(m);
	look_seccomp(c, m);
	look_yama(c, m);
	look_userns(c, m);
	m->container = access("/.dockerenv", F_OK) == 0 ? "docker" : access("/run/.containerenv", F_OK) == 0 ? "podman" : NULL;
	m->library = self_library(c);
}

/* ---------------------------------------------------------------- what Landlock ABIs give */
static const struct { int abi; const char *feature, *absent; } landlock_rows[] = {
	{ 2, "rename between directories", "level 1 needs it: ABI 2, Linux 5.19" },
	{ 3, "truncate right", "not needed: the filter closes those doors" },
	{ 4, "TCP ports", "connect is held by the preload only" },
	{ 5, "device ioctl", "not needed: TIOCSTI and TIOCLINUX are filtered" },
	{ 6, "signal and abstract socket scope", "signals to the launcher and the logger are filtered by number" },
};

/* ---------------------------------------------------------------- levels */
struct level { bool possible; const char *why; };

static void levels(struct ctx *c, const struct machine *m, struct level out[4])
{
	for (int i = 0; i < 4; i++)
		out[i] = (struct level){ false, "not in this version yet" };
	out[0] = m->library ? (struct level){ true, "the preload alone: libc calls, nothing held by the kernel" } :
			      (struct level){ false, "libtenuo-shim.so is not beside this command" };
	if (!m->library)
		out[1] = out[0];
	else if (m->landlock < 2)
		out[1] = (struct level){ false, m->landlock ? "needs Landlock ABI 2 (Linux 5.19)" :
					 xprintf(c, "needs Landlock ABI 2: %s", m->landlock_why) };
	else if (!m->filter)
		out[1] = (struct level){ false, "needs seccomp filters" };
	else
		out[1] = (struct level){ true, "Landlock and a static filter hold files, programs and whether there is a network; arguments of "
					       "programs, hosts, unix sockets and metadata are advisory" };
}

/* ---------------------------------------------------------------- settings */
struct setting { const char *name, *value, *origin; };

static const char *env_of(const char *name)
{
	const char *v = getenv(name);
	return v && *v ? v : NULL;
}

static struct setting from_env(struct ctx *c, const char *name, const char *env, const char *otherwise)
{
	const char *v = env_of(env);
	return (struct setting){ name, v ? safe(c, tn_cstr(v)) : otherwise, v ? env : "default" };
}

static struct setting warrant_setting(struct ctx *c)
{
	/* The token is a credential of its holder: its presence is told, not its text. */
	if (env_of("TENUO_WARRANT"))
		return (struct setting){ "warrant", "a token", "TENUO_WARRANT" };
	return from_env(c, "warrant", "TENUO_WARRANT_FILE", "none");
}

static struct setting roots_setting(struct ctx *c)
{
	struct trust t;
	trust_find(c, (struct optvals){ 0 }, &t);
	return (struct setting){ "trusted roots", t.n ? xprintf(c, "%zu", t.n) : "none: no warrant is valid", t.n ? t.origin : "default" };
}

static struct setting log_setting(struct ctx *c)
{
	const char *state = env_of("XDG_STATE_HOME"), *home = env_of("HOME");
	const char *dir = geteuid() == 0 ? "/var/log" : state ? state : xprintf(c, "%s/.local/state", home ? home : "");
	return from_env(c, "log", "TENUO_AUDIT_LOG", xprintf(c, "%s/tenuo-shim/SESSION.jsonl (run only)", dir));
}

enum { NSETTINGS = 8 };
static void settings(struct ctx *c, struct setting out[NSETTINGS])
{
	size_t n = 0;
	out[n++] = warrant_setting(c);
	out[n++] = roots_setting(c);
	out[n++] = from_env(c, "mode", "TENUO_MODE", "enforce");
	out[n++] = (struct setting){ "level", "1", "default" };
	out[n++] = from_env(c, "policy", "TENUO_POLICY", "built-in");
	out[n++] = log_setting(c);
	out[n++] = from_env(c, "development mode", "TENUO_DEV_MODE", "off");
	out[n++] = (struct setting){ "issuer key", env_of("TENUO_ISSUER_KEY") ? "a key (never passed on)" : "none",
				     env_of("TENUO_ISSUER_KEY") ? "TENUO_ISSUER_KEY" : "default" };
}

/* ---------------------------------------------------------------- saying */
static void say_machine(struct ctx *c, const struct machine *m)
{
	field(c, "kernel", "%s %s", m->uts.release, m->uts.machine);
	if (m->landlock)
		field(c, "landlock", "ABI %d", m->landlock);
	else
		field(c, "landlock", "none: %s", m->landlock_why);
	for (size_t i = 0; i < sizeof(landlock_rows) / sizeof(*landlock_rows); i++) {
		if (m->landlock && m->landlock < landlock_rows[i].abi)
			field(c, "", "without %s: %s", landlock_rows[i].feature, landlock_rows[i].absent);
	}
	field(c, "seccomp", "filters %s, notifier %s%s", m->filter ? "yes" : "no", m->notify ? "yes" : "no",
	      m->inside ? ", a filter is already on us" : "");
	field(c, "yama", "%s", m->yama);
	field(c, "user ns", "%s", m->userns);
	if (m->container)
		field(c, "container", "%s", m->container);
	field(c, "library", "%s", m->library ? safe(c, tn_cstr(m->library)) : "not found beside this command");
}

static void say(struct ctx *c, const struct machine *m, const struct level l[4], const struct setting s[NSETTINGS])
{
	struct table *t = table_new(c, 3);
	say_machine(c, m);
	putchar('\n');
	for (int i = 0; i < 4; i++) {
		printf("level %d  ", i);
		paint(c, l[i].possible ? C_GREEN : C_YELLOW, "%s", l[i].possible ? "possible" : "not possible");
		printf(": %s\n", l[i].why);
	}
	putchar('\n');
	for (size_t i = 0; i < NSETTINGS; i++)
		table_row(c, t, C_DIM, s[i].name, s[i].value, s[i].origin);
	table_print(c, t, "");
}

static void json_machine(struct json *j, const struct machine *m)
{
	j_text(j, "kernel", m->uts.release);
	j_text(j, "machine", m->uts.machine);
	j_int(j, "landlock_abi", m->landlock);
	j_text(j, "landlock_why", m->landlock ? NULL : m->landlock_why);
	j_open(j, "absent", '[');
	for (size_t i = 0; i < sizeof(landlock_rows) / sizeof(*landlock_rows); i++) {
		if (m->landlock < landlock_rows[i].abi)
			j_text(j, NULL, landlock_rows[i].feature);
	}
	j_close(j, ']');
	j_bool(j, "seccomp_filter", m->filter);
	j_bool(j, "seccomp_notify", m->notify);
	j_bool(j, "filtered", m->inside);
	j_text(j, "yama", m->yama);
	j_text(j, "user_namespaces", m->userns);
	j_text(j, "container", m->container);
	j_text(j, "library", m->library);
}

static void say_json(const struct machine *m, const struct level l[4], const struct setting s[NSETTINGS])
{
	struct json j = { 0 };
	j_open(&j, NULL, '{');
	json_machine(&j, m);
	j_open(&j, "levels", '[');
	for (int i = 0; i < 4; i++) {
		j_open(&j, NULL, '{');
		j_int(&j, "level", i);
		j_bool(&j, "possible", l[i].possible);
		j_text(&j, "why", l[i].why);
		j_close(&j, '}');
	}
	j_close(&j, ']');
	j_open(&j, "settings", '[');
	for (size_t i = 0; i < NSETTINGS; i++) {
		j_open(&j, NULL, '{');
		j_text(&j, "name", s[i].name);
		j_text(&j, "value", s[i].value);
		j_text(&j, "origin", s[i].origin);
		j_close(&j, '}');
	}
	j_close(&j, ']');
	j_close(&j, '}');
	j_end();
}

static int run(struct ctx *c)
{
	struct machine *m = xalloc(c, sizeof(*m));
	struct level l[4];
	struct setting s[NSETTINGS];
	opt_operands(c, 0, 0, "");
	look(c, m);
	levels(c, m, l);
	settings(c, s);
	if (c->args.json)
		say_json(m, l, s);
	else
		say(c, m, l, s);
	return l[1].possible ? EXIT_YES : EXIT_NO;
}

const struct cmd cmd_doctor = {
	.name = "doctor",
	.synopsis = "",
	.what = "Says what this machine gives, which levels are possible and why not, and where each setting comes from.",
	.opts = opts, .nopts = sizeof(opts) / sizeof(*opts),
	.exits = "0 the default level is possible, 1 error, 2 it is not",
	.example = "tenuo-shim doctor",
	.refused = EXIT_ERROR,
	.run = run,
};
