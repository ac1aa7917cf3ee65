/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/openat2.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <tn_fail.h>
#include <unistd.h>
#include "alone.h"
#include "wrap.h"

#define WAY_OUT "; set TENUO_WARRANT and TENUO_TRUSTED_ROOTS, or TENUO_MODE=audit to watch only"
#define LAUNCH "TENUO_LAUNCH" /* ours, for later generations: session id, program, script */
#define SEPARATOR "\x1f"
#define DEV_MODE "tenuo-shim: development mode: the issuer key of the environment is trusted as a root\n"

static struct tn_arena arena;

/* ---------------------------------------------------------------- environment */
const char *tns_env(char *const envp[], const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; envp && envp[i]; i++)
		if (strncmp(envp[i], name, n) == 0 && envp[i][n] == '=')
			return envp[i] + n + 1;
	return NULL;
}

static const char *set(char *const envp[], const char *name)
{
	const char *v = tns_env(envp, name);

	return v && *v ? v : NULL;
}

static bool is_secret(const char *entry)
{
	static const char *const names[] = { "TENUO_ISSUER_KEY", "TENUO_HOLDER_KEY", "TENUO_SIGNING_KEY", "TENUO_KEY_", "TENUO_ROOT_KEY",
					     "TENUO_API_KEY", "TENUO_CONNECT_TOKEN", "TENUO_RECEIPT_KEY" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strncmp(entry, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

/* Overwritten in place (they would show in /proc/PID/environ) and taken out of the list. */
void tns_scrub(char **envp)
{
	size_t to = 0;

	for (size_t i = 0; envp[i]; i++) {
		if (!is_secret(envp[i])) {
			envp[to++] = envp[i];
			continue;
		}
		for (char *p = strchr(envp[i], '='); p && *p; p++)
			*p = 'x';
	}
	envp[to] = NULL;
}

static void inject(const char *name, const char *value)
{
	size_t n = strlen(name) + strlen(value) + 2;
	char *p = tn_arena_alloc(&arena, n);

	if (!p || tns_state.ninject == TNS_MAX_ENV)
		tns_refuse("tenuo-shim: not started: no memory");
	tns_join(p, n, name, "=");
	tns_join(p, n, p, value);
	tns_state.inject[tns_state.ninject++] = p;
}

/* The program may change directory before it starts another. */
static const char *absolute(const char *name, const char *value)
{
	static const char *const files[] = { "TENUO_WARRANT_FILE", "TENUO_POLICY", "TENUO_AUDIT_LOG" };
	static char out[4096 + 1024];
	bool is_file = false;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		is_file |= strcmp(name, files[i]) == 0;
	if (!is_file || value[0] == '/' || strcmp(value, "stderr") == 0 || strncmp(value, "fd:", 3) == 0)
		return value;
	long n = tns_raw3(SYS_getcwd, tns_ptr(out), 4096, 0);

	if (n <= 0 || out[0] != '/' || !tns_join(out, sizeof(out), out, "/") || !tns_join(out, sizeof(out), out, value))
		tns_refuse("tenuo-shim: not started: %s is a relative path, and the working directory has no name", name);
	return out;
}

/* Later generations get what this one got, whatever a caller of exec passes. */
static void inject_all(char *const envp[])
{
	static const char *const names[] = { "TENUO_WARRANT", "TENUO_WARRANT_FILE", "TENUO_TRUSTED_ROOTS", "TENUO_MODE", "TENUO_POLICY",
					     "TENUO_AUDIT_LOG" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (set(envp, names[i]))
			inject(names[i], absolute(names[i], set(envp, names[i])));
}

/* ---------------------------------------------------------------- what the environment says */
static enum tnp_mode mode_of(char *const envp[])
{
	const char *text = set(envp, "TENUO_MODE");
	enum tnp_mode m = TNP_ENFORCE;

	if (text && !tnp_mode_parse(tn_cstr(text), &m))
		tns_refuse("tenuo-shim: not started: TENUO_MODE is \"%.32s\"; it must be enforce, audit or permissive", text);
	return m;
}

static bool truthy(const char *v)
{
	return v && (strcmp(v, "1") == 0 || strcmp(v, "true") == 0 || strcmp(v, "yes") == 0);
}

static bool dev_mode; /* the issuer's own key is the root: said in every output */
#define MAX_ROOTS 16
static size_t roots_of(char *const envp[], struct tn_pub roots[MAX_ROOTS], struct tn_err *e)
{
	const char *p = set(envp, "TENUO_TRUSTED_ROOTS");
	const char *issuer = set(envp, "TENUO_ISSUER_KEY");
	struct tn_key key;
	size_t n = 0;

	for (; p && *p; p += strcspn(p, ",") + (p[strcspn(p, ",")] == ',')) {
		size_t len = strcspn(p, ",");

		if (strspn(p, " \t\n") >= len)
			continue;
		if (n == MAX_ROOTS || tn_pub_parse(p, len, &roots[n++], e) != TN_OK) {
			tn_wrap(e, TN_E_BAD_KEY, "TENUO_TRUSTED_ROOTS");
			return 0;
		}
	}
	if (n || !truthy(set(envp, "TENUO_DEV_MODE")) || !issuer)
		return n;
	if (tn_key_parse(issuer, strlen(issuer), &key, e) != TN_OK)
		return 0;
	roots[0] = key.pub;
	tn_key_wipe(&key);
	char text[64];

	tn_b64_encode(roots[0].b, 32, TN_B64_STD, text, sizeof(text));
	inject("TENUO_TRUSTED_ROOTS", text); /* later generations have no key to derive it from */
	dev_mode = true;
	return 1;
}

static enum tn_code token_of(char *const envp[], struct tn_bytes *token, struct tn_err *e)
{
	const char *text = set(envp, "TENUO_WARRANT"), *file = set(envp, "TENUO_WARRANT_FILE");
	int err;

	if (text) {
		*token = (struct tn_bytes){ (const uint8_t *)text, strlen(text) };
		return TN_OK;
	}
	if (!file)
		return tn_fail(e, TN_E_NO_WARRANT, "no warrant");
	if (tns_read_file(file, &arena, token, &err))
		return TN_OK;
	return tn_fail(e, TN_E_NO_WARRANT, "the warrant file cannot be read (errno %d)", err);
}

static enum tn_code grant_of(char *const envp[], const tn_grant **grant, struct tn_err *e)
{
	struct tn_pub roots[MAX_ROOTS];
	struct tn_bytes token;
	const tn_warrant *const *links;
	size_t n;

	TN_TRY(tn_init(e));
	TN_TRY(token_of(envp, &token, e));
	e->code = TN_OK;
	size_t nroots = roots_of(envp, roots, e);

	if (e->code != TN_OK)
		return e->code;
	if (!nroots)
		return tn_fail(e, TN_E_NO_ROOTS, "no trusted root is set, so no warrant is valid");
	TN_TRY(tn_token_decode(token.p, token.n, &arena, &links, &n, e));
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return tn_chain_verify(links, n, &(struct tn_verify_opts){ .roots = roots, .nroots = nroots, .now = t.tv_sec }, &arena, grant, e);
}

/* ---------------------------------------------------------------- policy file */
/* The command that belongs to this library: installed or in the build folder. */
static bool command_path(char *out, size_t cap)
{
	static const char *const places[] = { "/../../bin/tenuo-shim", "/../bin/tenuo-shim", "/../../tools/tenuo-shim", "/../../../bin/tenuo-shim" };
	char dir[512];
	char *slash;

	if (!tns_join(dir, sizeof(dir), tns_state.library, "") || !(slash = strrchr(dir, '/')))
		return false;
	*slash = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (tns_join(out, cap, dir, places[i]) && tns_raw4(SYS_faccessat, AT_FDCWD, tns_ptr(out), X_OK, 0) == 0)
			return true;
	return false;
}

static size_t drain(int fd, uint8_t *p, size_t cap)
{
	size_t n = 0;

	while (n < cap) {
		long r = tns_raw3(SYS_read, fd, tns_ptr(p + n), (long)(cap - n));

		if (r == -EINTR)
			continue;
		if (r <= 0)
			break;
		n += (size_t)r;
	}
	return n;
}

/* JSON is read by the command: the library carries no reader for it. */
static bool compile(const char *file, struct tn_bytes *out)
{
	char command[600];
	const size_t cap = 1 << 20;
	uint8_t *p = tn_arena_alloc(&arena, cap);
	const char *argv[] = { command, "compile-policy", file, NULL };
	const char *envp[] = { NULL };
	int fds[2], status = -1;

	if (!p || !command_path(command, sizeof(command)) || tns_raw3(SYS_pipe2, tns_ptr(fds), O_CLOEXEC, 0) < 0)
		return false;
	long pid = tns_raw1(SYS_fork, 0);

	if (pid == 0) {
		tns_raw3(SYS_dup3, fds[1], 1, 0);
		tns_raw3(SYS_execve, tns_ptr(command), tns_ptr(argv), tns_ptr(envp));
		tns_raw1(SYS_exit_group, 127);
	}
	tns_raw1(SYS_close, fds[1]);
	size_t n = pid > 0 ? drain(fds[0], p, cap) : 0;

	tns_raw1(SYS_close, fds[0]);
	while (pid > 0 && tns_raw4(SYS_wait4, pid, tns_ptr(&status), 0, 0) == -EINTR)
		;
	*out = (struct tn_bytes){ p, n };
	return pid > 0 && status == 0 && n > 0 && n < cap;
}

static enum tn_code config_of(char *const envp[], const tnp_config **cfg, struct tn_err *e)
{
	const char *file = set(envp, "TENUO_POLICY");
	struct tn_bytes text;
	int err;

	if (!file)
		return tnp_config_default(&arena, cfg, e);
	if (!tns_read_file(file, &arena, &text, &err))
		return tn_fail(e, TN_E_CONFIG, "TENUO_POLICY cannot be read (errno %d)", err);
	bool json = text.p[0] < 0x80; /* compiled policies are CBOR maps: 0xa0 and up */

	if (json && !compile(file, &text))
		return tn_fail(e, TN_E_CONFIG, "TENUO_POLICY is not valid, or the tenuo-shim command is not beside the library");
	return tnp_config_decode(text.p, text.n, &arena, cfg, e);
}

/* ---------------------------------------------------------------- facts */
/* Nothing in it that the kernel would not write itself: no // . .. or slash at the end. */
static bool plain(struct tn_str s)
{
	if (s.n < 2 || s.p[0] != '/' || s.p[s.n - 1] == '/')
		return false;
	for (size_t i = 1; i < s.n; i++)
		if (s.p[i - 1] == '/' && (s.p[i] == '/' || s.p[i] == '.'))
			return false;
	return true;
}

/* A name without links on the way is its own: saves most of the start. */
static long its_own_name(const char *name, size_t n, char *out, size_t cap, bool *is_dir)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS };
	struct stat st;
	long fd = n < cap ? tns_raw4(SYS_openat2, AT_FDCWD, tns_ptr(name), tns_ptr(&how), (long)sizeof(how)) : -1;

	if (fd < 0)
		return fd == -ENOENT || fd == -ENOTDIR ? 0 : -1;
	long r = tns_raw3(SYS_fstat, fd, tns_ptr(&st), 0);

	tns_raw1(SYS_close, fd);
	if (r < 0)
		return -1;
	*is_dir = S_ISDIR(st.st_mode);
	memcpy(out, name, n + 1);
	return (long)n;
}

static long resolve(void *ctx, struct tn_str path, char *out, size_t cap, bool *is_dir)
{
	static char name[4097]; /* one thread starts us */
	bool dir;

	(void)ctx;
	if (path.n >= sizeof(name))
		return -1;
	memcpy(name, path.p, path.n);
	name[path.n] = '\0';
	long n = plain(path) ? its_own_name(name, path.n, out, cap, is_dir ? is_dir : &dir) : -1;

	return n >= 0 ? n : tns_resolve_at(AT_FDCWD, name, out, cap, is_dir);
}

static struct tn_str keep(const char *path)
{
	static char out[4097]; /* one thread starts us */
	bool dir;
	long n = path ? tns_resolve_at(AT_FDCWD, path, out, sizeof(out), &dir) : 0;
	char *p = n > 0 ? tn_arena_dup(&arena, out, (size_t)n) : NULL;

	return (struct tn_str){ p, p ? (size_t)n : 0 };
}

static bool interprets(struct tn_str exe)
{
	static const char *const names[] = { "python", "node", "perl", "ruby", "bash", "sh", "dash", "zsh", "php", "lua" };
	size_t slash = exe.n;

	while (slash > 0 && exe.p[slash - 1] != '/')
		slash--;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (exe.n - slash >= strlen(names[i]) && memcmp(exe.p + slash, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

/* argv lies in front of the environment; /proc/self/cmdline is the same without pointers. The first argument that is a file. */
static struct tn_str script_of(struct tn_str exe)
{
	struct tn_str none = { NULL, 0 };
	static char args[4096]; /* one thread starts us */
	long fd = interprets(exe) ? tns_raw4(SYS_openat, AT_FDCWD, tns_ptr("/proc/self/cmdline"), O_RDONLY | O_CLOEXEC, 0) : -1;

	if (fd < 0)
		return none;
	size_t n = drain((int)fd, (uint8_t *)args, sizeof(args) - 1);

	tns_raw1(SYS_close, fd);
	args[n] = '\0';
	for (size_t i = strlen(args) + 1; i < n; i += strlen(args + i) + 1)
		if (args[i] != '-' && args[i])
			return keep(args + i);
	return none;
}

static void add_app(struct tnp_facts *f, const char *path)
{
	struct tn_str t = keep(path);

	if (t.n && f->napp < sizeof(f->app_trees) / sizeof(f->app_trees[0]))
		f->app_trees[f->napp++] = t;
}

/* prefix/bin/program -> prefix/lib; a virtual environment as a whole */
static void prefix_of(struct tnp_facts *f, const char *program)
{
	char path[1024];
	size_t n = program ? strlen(program) : 0;

	for (int up = 0; n > 0 && up < 2; n--)
		up += program[n - 1] == '/';
	if (!n || n + 16 > sizeof(path))
		return;
	memcpy(path, program, n);
	path[n] = '\0';
	if (strcmp(path, "/usr") == 0 || strcmp(path, "/usr/local") == 0)
		return;
	strcpy(path + n, "/pyvenv.cfg");
	bool venv = tns_raw4(SYS_faccessat, AT_FDCWD, tns_ptr(path), F_OK, 0) == 0;

	strcpy(path + n, venv ? "" : "/lib");
	add_app(f, path);
}

static void path_dirs(struct tnp_facts *f, const char *path)
{
	char dir[1024];

	for (; path && *path; path += strcspn(path, ":") + (path[strcspn(path, ":")] == ':')) {
		size_t n = strcspn(path, ":");

		if (!n || n >= sizeof(dir) || path[0] != '/' || f->npath_dirs == sizeof(f->path_dirs) / sizeof(f->path_dirs[0]))
			continue;
		memcpy(dir, path, n);
		dir[n] = '\0';
		struct tn_str t = keep(dir);

		if (t.n && tns_root_chain(t.p))
			f->path_dirs[f->npath_dirs++] = t;
	}
}

static struct tn_str terminal(void)
{
	char name[256];

	for (int fd = 0; fd < 3; fd++) {
		long n = tns_fd_name(fd, name, sizeof(name));

		if (n > 9 && memcmp(name, "/dev/pts/", 9) == 0)
			return keep(name);
	}
	return (struct tn_str){ NULL, 0 };
}

/* The launch is the first program; later generations are told which that was. */
static void launch_of(char *const envp[], struct tnp_facts *f)
{
	const char *told = set(envp, LAUNCH);
	static char text[2048]; /* one thread starts us */

	if (told && strcspn(told, SEPARATOR) == 32) {
		memcpy(tns_state.session.id, told, 32);
		told += 33;
		size_t n = strcspn(told, SEPARATOR);

		f->program = (struct tn_str){ tn_arena_dup(&arena, told, n), n };
		if (told[n])
			f->script = keep(told + n + 1);
	} else {
		uint8_t id[16] = { 0 };

		tns_raw3(SYS_getrandom, tns_ptr(id), sizeof(id), 0);
		tn_hex(id, sizeof(id), tns_state.session.id);
		f->program = keep("/proc/self/exe");
		f->script = script_of(f->program);
	}
	if (!tns_join(text, sizeof(text), tns_state.session.id, SEPARATOR) || !tns_join(text, sizeof(text), text, f->program.p ? f->program.p : "") ||
	    !tns_join(text, sizeof(text), text, SEPARATOR) || !tns_join(text, sizeof(text), text, f->script.p ? f->script.p : ""))
		tns_refuse("tenuo-shim: not started: the names of the program and its script are too long");
	inject(LAUNCH, text);
	prefix_of(f, f->program.p);
	if (!told)
		prefix_of(f, (const char *)(uintptr_t)getauxval(AT_EXECFN));
}

/* ---------------------------------------------------------------- log */
static bool descriptor(const char *text, int *fd)
{
	*fd = 0;
	for (const char *p = text; *p; p++) {
		if (*p < '0' || *p > '9' || *fd > 65536)
			return false;
		*fd = *fd * 10 + (*p - '0');
	}
	return *text;
}

static void log_of(char *const envp[], enum tnp_mode mode)
{
	const char *to = set(envp, "TENUO_AUDIT_LOG");

	tns_state.log_to = TNS_LOG_NONE;
	if (!to)
		return;
	if (strcmp(to, "stderr") == 0) {
		tns_state.log_to = TNS_LOG_STDERR;
		return;
	}
	if (strncmp(to, "fd:", 3) == 0) {
		bool number = descriptor(to + 3, &tns_state.log_fd);

		if (!number || (!tns_know(tns_state.log_fd, &tns_state.log_as) && mode == TNP_ENFORCE))
			tns_refuse("tenuo-shim: not started: the log %s is no open descriptor; name a file in TENUO_AUDIT_LOG", to);
		tns_state.log_to = TNS_LOG_FD;
		return;
	}
	if (strcmp(to, "syslog") == 0 || strcmp(to, "journal") == 0)
		tns_refuse("tenuo-shim: not started: this version does not log to %s yet; name a file", to);
	if (!tns_join(tns_state.log_path, sizeof(tns_state.log_path), absolute("TENUO_AUDIT_LOG", to), ""))
		tns_refuse("tenuo-shim: not started: the name of the log is too long");
	tns_state.log_to = TNS_LOG_FILE;
	long fd = tns_raw4(SYS_openat, AT_FDCWD, tns_ptr(tns_state.log_path), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd >= 0)
		tns_raw1(SYS_close, fd);
	else if (mode == TNP_ENFORCE)
		tns_refuse("tenuo-shim: not started: the log %s cannot be written (errno %d); name another in TENUO_AUDIT_LOG", to, (int)-fd);
}

static void protect(struct tnp_facts *f, char *const envp[])
{
	static struct tnp_protect list[4];
	const struct { const char *path, *what; } named[] = {
		{ tns_state.log_to == TNS_LOG_FILE ? tns_state.log_path : NULL, "the log" },
		{ set(envp, "TENUO_WARRANT_FILE"), "the warrant" },
		{ set(envp, "TENUO_POLICY"), "the policy" },
		{ tns_state.library, "the preload library" },
	};

	for (size_t i = 0; i < 4; i++) {
		struct tn_str p = keep(named[i].path);

		if (p.n)
			list[f->nprotect++] = (struct tnp_protect){ .path = p, .what = named[i].what };
	}
	f->protect = list;
}

/* ---------------------------------------------------------------- all together */
static void not_valid(enum tnp_mode mode, const struct tn_err *e)
{
	if (mode == TNP_ENFORCE)
		tns_refuse("tenuo-shim: not started: %s" WAY_OUT, e->msg);
	char text[512];

	tns_say(text, tn_fmt(text, sizeof(text), "tenuo-shim: %s; %s judges by the baseline alone\n", e->msg, tnp_mode_name(mode)));
}

/* The first generation says what the record is about.  There is nobody to write a session.end. */
static bool session_start(const tn_grant *grant)
{
	struct tns_scratch *s = tns_scratch_get();
	char id[TN_ID_TEXT_LEN + 1] = "";

	if (!s)
		return false;
	s->event = (struct tnp_event){ .type = "session.start", .mode = tns_state.mode, .layer = TNP_L_PRELOAD };
	if (grant)
		tn_id_text(tn_grant_leaf(grant)->id, id);
	size_t n = tn_fmt(s->text, sizeof(s->text), "\"mode\":\"%s\",\"level\":0,\"layers\":[\"preload\"],", tnp_mode_name(tns_state.mode));

	n += grant ? tn_fmt(s->text + n, sizeof(s->text) - n,
			    "\"warrant\":\"%s\",\"chain\":%zu,\"expires_at\":%lld,\"holder_proof\":\"none\",\"receipts\":\"none\"", id,
			    tn_grant_links(grant), (long long)tn_grant_expires(grant))
		   : tn_fmt(s->text + n, sizeof(s->text) - n, "\"no_warrant\":\"no valid warrant\"");
	if (dev_mode)
		n += tn_fmt(s->text + n, sizeof(s->text) - n, ",\"dev_mode\":true");
	s->event.extra = (struct tn_str){ s->text, n };
	bool ok = tns_record_start(s);

	tns_scratch_put(s);
	return ok;
}

void tns_alone(char **envp)
{
	static struct tnp_facts f;
	const tn_grant *grant = NULL;
	const tnp_config *cfg;
	struct tn_err e = { 0 };
	enum tnp_mode mode = mode_of(envp);

	arena = tns_arena();
	tns_state.mode = tns_state.session.mode = mode;
	if (set(envp, "TENUO_REVOCATION_LIST")) /* a list that is not looked at would be worse than none */
		tns_refuse("tenuo-shim: not started: TENUO_REVOCATION_LIST is not in this version yet; unset it");
	if (!tns_state.library[0])
		tns_refuse("tenuo-shim: not started: the preload library cannot find its own file");
	inject_all(envp);
	if (grant_of(envp, &grant, &e) != TN_OK) {
		grant = NULL;
		if (!set(envp, LAUNCH) || mode == TNP_ENFORCE) /* said once */
			not_valid(mode, &e);
	}
	if (dev_mode)
		tns_say(DEV_MODE, sizeof(DEV_MODE) - 1);
	if (config_of(envp, &cfg, &e) != TN_OK)
		tns_refuse("tenuo-shim: not started: %s", e.msg);
	log_of(envp, mode);
	f.resolve = resolve;
	f.library = tn_cstr(tns_state.library);
	f.tty = terminal();
	path_dirs(&f, tns_env(envp, "PATH"));
	launch_of(envp, &f);
	protect(&f, envp);
	if (tnp_policy_build(grant, cfg, &f, mode, &arena, &tns_state.policy, &e) != TN_OK)
		tns_refuse("tenuo-shim: not started: %s", e.msg);
	if (!set(envp, LAUNCH) && !session_start(grant) && mode == TNP_ENFORCE)
		tns_refuse("tenuo-shim: not started: the log cannot be written; name another in TENUO_AUDIT_LOG");
}
