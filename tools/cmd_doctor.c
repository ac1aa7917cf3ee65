/* SPDX-License-Identifier: Apache-2.0 */
/* doctor: what this machine gives, which levels that makes possible, and where each setting comes
 * from. */
#include "judge.h"
#include "config.h"
#include "self.h"

#include <errno.h>
#include <shim/run.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* clang-format off */
static const struct opt opts[] = {
	{ .name = "as-if", .kind = OPT_ONE, .arg = "NAME", .later = true },
	{ .name = "scan", .later = true },
};
/* clang-format on */

struct seen {
	struct tns_machine m;
	const char *yama, *container, *library;
};

/* ---------------------------------------------------------------- looking */
static const char *yama_text(const struct tns_machine *m)
{
	static const char *const scopes[] = {"0: any process of the same user", "1: parents only",
					     "2: administrators only", "3: nobody"};
	if (!m->yama_known)
		return "absent";
	return m->yama_scope >= 0 && m->yama_scope < 4 ? scopes[m->yama_scope] : "unknown";
}

static void look(struct ctx *c, struct seen *v)
{
	tns_machine_read(&v->m);
	v->yama = yama_text(&v->m);
	v->container = access("/.dockerenv", F_OK) == 0		 ? "docker"
		       : access("/run/.containerenv", F_OK) == 0 ? "podman"
								 : NULL;
	v->library = self_library(c);
}

static const char *landlock_why(const struct tns_machine *m)
{
	if (m->landlock_errno == EOPNOTSUPP)
		return "switched off at boot (lsm=)";
	return m->landlock_errno == EPERM ? "refused by a sandbox around us" : "not in this kernel";
}

/* What an optional system call or facility is for; absent ones are told with it. */
struct facility {
	const char *name;
	size_t at;
	const char *use;
};
#define AT(member) offsetof(struct tns_machine, member)
static const struct facility facilities[] = {
    {"seccomp_filter", AT(seccomp_filter), "level 1"},
    {"seccomp_notify", AT(seccomp_notify), "level 2"},
    {"openat2", AT(openat2), "level 0: a name that is the object"},
    {"ptrace", AT(ptrace), "level 2: sound exec"},
    {"pidfd_getfd", AT(pidfd_getfd), "level 2: connect (there is another way)"},
    {"process_vm_readv", AT(process_vm_readv), "level 2 (there is another way)"},
    {"clone3", AT(clone3), "nothing: programs fall back to clone"},
    {"user_namespaces", AT(user_namespaces), "level 3"},
};
enum { NFACILITIES = sizeof(facilities) / sizeof(*facilities) };

static bool has(const struct tns_machine *m, size_t i)
{
	return *((const bool *)(const void *)((const char *)m + facilities[i].at));
}

/* ---------------------------------------------------------------- levels */
struct level {
	bool possible;
	const char *why;
};

static void levels(struct ctx *c, const struct seen *v, struct level out[4])
{
	for (int i = 0; i < 4; i++)
		out[i] = (struct level){false, "not in this version yet"};
	out[0] =
	    v->library
		? (struct level){true, "the preload alone: libc calls, nothing held by the kernel"}
		: (struct level){false, "libtenuo-shim.so is not beside this command"};
	if (!v->library)
		out[1] = out[0];
	else if (v->m.landlock_abi == 0)
		out[1] =
		    (struct level){false, xprintf(c, "needs Landlock: %s", landlock_why(&v->m))};
	else if (v->m.landlock_abi < TNS_LANDLOCK_MIN_ABI)
		out[1] = (struct level){
		    false, xprintf(c, "needs Landlock ABI %d (Linux 5.19)", TNS_LANDLOCK_MIN_ABI)};
	else if (!v->m.seccomp_filter)
		out[1] = (struct level){false, "needs seccomp filters"};
	else
		out[1] =
		    (struct level){true, "Landlock and a static filter hold files, programs and "
					 "whether there is a network; arguments of "
					 "programs, hosts, unix sockets and metadata are advisory"};
}

/* ---------------------------------------------------------------- settings */
struct setting {
	const char *name, *value, *origin;
};

static const char *env_of(const char *name)
{
	const char *v = getenv(name);
	return v && *v ? v : NULL;
}

/* the environment, else what the configuration sets (NULL: nothing), else the default */
static struct setting from_env(struct ctx *c, const char *name, const char *env, const char *set,
			       const char *otherwise)
{
	const char *v = env_of(env);
	if (v)
		return (struct setting){name, safe(c, tn_cstr(v)), env};
	return (struct setting){name, set ? safe(c, tn_cstr(set)) : otherwise,
				set ? CONFIG_FILE : "default"};
}

static struct setting warrant_setting(struct ctx *c)
{
	/* The token is a credential of its holder: its presence is told, not its text. */
	if (env_of("TENUO_WARRANT"))
		return (struct setting){"warrant", "a token", "TENUO_WARRANT"};
	return from_env(c, "warrant", "TENUO_WARRANT_FILE", NULL, "none");
}

static struct setting roots_setting(struct ctx *c)
{
	struct trust t;
	trust_find(c, (struct optvals){0}, &t);
	return (struct setting){"trusted roots",
				t.n ? xprintf(c, "%zu", t.n) : "none: no warrant is valid",
				t.n ? t.origin : "default"};
}

static struct setting log_setting(struct ctx *c)
{
	const char *state = env_of("XDG_STATE_HOME"), *home = env_of("HOME");
	const char *dir = geteuid() == 0 ? "/var/log"
			  : state	 ? state
					 : xprintf(c, "%s/.local/state", home ? home : "");
	return from_env(c, "log", "TENUO_AUDIT_LOG", config_get(c)->log,
			xprintf(c, "%s/tenuo-shim/SESSION.jsonl (run only)", dir));
}

enum { NSETTINGS = 8 };
static void settings(struct ctx *c, struct setting out[NSETTINGS])
{
	size_t n = 0;
	const struct config *g = config_get(c);
	bool key = env_of("TENUO_ISSUER_KEY"); /* asked before it is read: reading wipes it */
	out[n++] = warrant_setting(c);
	out[n++] = roots_setting(c);
	out[n++] = from_env(c, "mode", "TENUO_MODE", g->has_mode ? tnp_mode_name(g->mode) : NULL,
			    "enforce");
	out[n++] = (struct setting){"level", "1", g->level == 1 ? CONFIG_FILE : "default"};
	out[n++] = from_env(c, "policy", "TENUO_POLICY", g->policy, "built-in");
	out[n++] = log_setting(c);
	out[n++] = from_env(c, "development mode", "TENUO_DEV_MODE",
			    g->no_dev_mode ? "not allowed" : NULL, "off");
	out[n++] = (struct setting){"issuer key", key ? "a key (never passed on)" : "none",
				    key ? "TENUO_ISSUER_KEY" : "default"};
}

/* ---------------------------------------------------------------- saying */
static void say_landlock(struct ctx *c, const struct tns_machine *m)
{
	if (!m->landlock_abi) {
		field(c, "landlock", "none: %s", landlock_why(m));
		return;
	}
	field(c, "landlock", "ABI %d", m->landlock_abi);
	for (size_t i = 0; i < tns_landlock_nfeatures; i++) {
		const struct tns_feature *f = &tns_landlock_features[i];
		if (m->landlock_abi < f->abi)
			field(c, "", "no %s (ABI %d, Linux %s): %s", f->name, f->abi, f->kernel,
			      f->without);
	}
}

static void say_machine(struct ctx *c, const struct seen *v)
{
	const char *there = "", *absent = "";
	field(c, "kernel", "%s", v->m.release);
	say_landlock(c, &v->m);
	for (size_t i = 0; i < NFACILITIES; i++) {
		if (has(&v->m, i))
			there = xprintf(c, "%s%s%s", there, *there ? ", " : "", facilities[i].name);
		else
			absent = xprintf(c, "%s%s%s (for %s)", absent, *absent ? ", " : "",
					 facilities[i].name, facilities[i].use);
	}
	field(c, "gives", "%s", *there ? there : "nothing");
	if (*absent)
		field(c, "lacks", "%s", absent);
	field(c, "yama", "%s", v->yama);
	if (v->container)
		field(c, "container", "%s", v->container);
	if (v->m.magic_answered)
		field(c, "session", "this runs inside a session of tenuo-shim");
	field(c, "library", "%s",
	      v->library ? safe(c, tn_cstr(v->library)) : "not found beside this command");
}

static void say(struct ctx *c, const struct seen *v, const struct level l[4],
		const struct setting s[NSETTINGS])
{
	struct table *t = table_new(c, 3);
	say_machine(c, v);
	putchar('\n');
	for (int i = 0; i < 4; i++) {
		printf("level %d  ", i);
		paint(c, l[i].possible ? C_GREEN : C_YELLOW, "%s",
		      l[i].possible ? "possible" : "not possible");
		printf(": %s\n", l[i].why);
	}
	putchar('\n');
	for (size_t i = 0; i < NSETTINGS; i++)
		table_row(c, t, C_DIM, s[i].name, s[i].value, s[i].origin);
	table_print(c, t, "");
}

static void json_machine(struct json *j, const struct seen *v)
{
	j_text(j, "kernel", v->m.release);
	j_int(j, "landlock_abi", v->m.landlock_abi);
	j_text(j, "landlock_why", v->m.landlock_abi ? NULL : landlock_why(&v->m));
	j_open(j, "absent", '[');
	for (size_t i = 0; i < tns_landlock_nfeatures; i++) {
		if (v->m.landlock_abi < tns_landlock_features[i].abi)
			j_text(j, NULL, tns_landlock_features[i].name);
	}
	j_close(j, ']');
	for (size_t i = 0; i < NFACILITIES; i++)
		j_bool(j, facilities[i].name, has(&v->m, i));
	j_text(j, "yama", v->yama);
	j_bool(j, "inside_session", v->m.magic_answered);
	j_text(j, "container", v->container);
	j_text(j, "library", v->library);
}

static void say_json(const struct seen *v, const struct level l[4],
		     const struct setting s[NSETTINGS])
{
	struct json j = {0};
	j_open(&j, NULL, '{');
	json_machine(&j, v);
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
	struct seen *v = xalloc(c, sizeof(*v));
	struct level l[4];
	struct setting s[NSETTINGS];
	opt_operands(c, 0, 0, "");
	look(c, v);
	levels(c, v, l);
	settings(c, s);
	if (c->args.json)
		say_json(v, l, s);
	else
		say(c, v, l, s);
	return l[1].possible ? EXIT_YES : EXIT_NO;
}

/* clang-format off */
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
/* clang-format on */
