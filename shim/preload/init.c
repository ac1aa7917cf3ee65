/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first thing that runs in the process (-z initfirst): which session is this, and what does it allow?
 *
 * MUST ask the kernel first ("already sealed?") and then believe nothing in the environment; MUST NOT use getenv, which is empty this
 * early: concluding "no warrant" from that would fail open.
 */
#include <dlfcn.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <tn_fail.h>
#include <unistd.h>
#include "alone.h"
#include "wrap.h"

struct tns_state tns_state;

enum { NOT_YET, UNDER_WAY, ACTIVE, INERT };
static int phase;
static long initialiser; /* the thread that is at it: its own calls pass through */

/* ---------------------------------------------------------------- memory */
static void *pages(size_t n)
{
	long p = tns_raw6(SYS_mmap, 0, (long)n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p < 0 && p > -4096 ? NULL : (void *)(intptr_t)p;
}

static void unpages(void *p, size_t n)
{
	tns_raw3(SYS_munmap, tns_ptr(p), (long)n, 0);
}

struct tn_arena tns_arena(void)
{
	return (struct tn_arena){ .more = pages, .release = unpages };
}

/* ---------------------------------------------------------------- small helpers that others use too */
void *tns_next(struct tns_real *r)
{
	void *p = __atomic_load_n(&r->f, __ATOMIC_ACQUIRE);

	if (p)
		return p;
	int kept = errno;

	p = dlsym(RTLD_NEXT, r->name);
	if (!p)
		tns_refuse("tenuo-shim: this libc has no %s; it cannot be guarded by this library", r->name);
	__atomic_store_n(&r->f, p, __ATOMIC_RELEASE);
	errno = kept;
	return p;
}

extern struct tns_real __start_tns_real[] __attribute__((visibility("hidden")));
extern struct tns_real __stop_tns_real[] __attribute__((visibility("hidden")));
void tns_find_all(void)
{
	bool missing = false;

	for (struct tns_real *r = __start_tns_real; r < __stop_tns_real; r++) {
		void *p = dlsym(RTLD_NEXT, r->name);

		missing |= !p;
		__atomic_store_n(&r->f, p, __ATOMIC_RELEASE);
	}
	if (missing)
		dlerror(); /* the program shall not find ours */
}

void tns_fd_path(int fd, char out[40])
{
	tn_fmt(out, 40, "/proc/self/fd/%d", fd);
}

/* tn_fmt is for people: it escapes and cuts.  This is for names and values. */
bool tns_join(char *out, size_t cap, const char *dir, const char *name)
{
	size_t a = strlen(dir), b = strlen(name);

	if (a + b + 1 > cap)
		return false;
	memmove(out, dir, a);
	memcpy(out + a, name, b + 1);
	return true;
}

void tns_refuse(const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	size_t n = tn_vfmt(text, sizeof(text) - 1, fmt, ap);

	va_end(ap);
	text[n++] = '\n';
	const uint64_t broken_pipe = (uint64_t)1 << (SIGPIPE - 1); /* 126 is the answer even if nobody reads why */

	tns_raw4(SYS_rt_sigprocmask, SIG_BLOCK, tns_ptr(&broken_pipe), 0, sizeof(broken_pipe));
	tns_raw3(SYS_write, 2, tns_ptr(text), (long)n);
	tns_raw1(SYS_exit_group, TNS_EXIT_REFUSED);
	__builtin_unreachable();
}

bool tns_read_file(const char *path, struct tn_arena *a, struct tn_bytes *out, int *err)
{
	struct stat st;
	long fd = tns_raw4(SYS_openat, AT_FDCWD, tns_ptr(path), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0);

	*err = (int)-fd;
	if (fd < 0)
		return false;
	long r = tns_raw4(SYS_newfstatat, fd, tns_ptr(""), tns_ptr(&st), AT_EMPTY_PATH);
	size_t n = 0, size = r == 0 && st.st_size > 0 && st.st_size <= 8 << 20 ? (size_t)st.st_size : 0;
	uint8_t *p = size ? tn_arena_alloc(a, size + 1) : NULL;

	while (p && n < size) {
		r = tns_raw3(SYS_read, fd, tns_ptr(p + n), (long)(size - n));
		if (r <= 0)
			break;
		n += (size_t)r;
	}
	tns_raw1(SYS_close, fd);
	*err = p && n == size ? 0 : EINVAL;
	*out = (struct tn_bytes){ p, n };
	return *err == 0;
}

/* A file of /proc has no size. */
char *tns_read_proc(const char *path, struct tn_arena *a, size_t *n)
{
	const size_t cap = 4 << 20; /* the kernel's limit of arguments and environment is 6 MiB on a default stack */
	long fd = tns_raw4(SYS_openat, AT_FDCWD, tns_ptr(path), O_RDONLY | O_CLOEXEC, 0);
	char *p = fd >= 0 ? tn_arena_alloc(a, cap + 1) : NULL;
	long r = 1;

	while (p && *n < cap && (r = tns_raw3(SYS_read, fd, tns_ptr(p + *n), (long)(cap - *n))) > 0)
		*n += (size_t)r;
	if (fd >= 0)
		tns_raw1(SYS_close, fd);
	return p && r == 0 ? p : NULL;
}

/* ---------------------------------------------------------------- time */
/*
 * The later of the wall clock and the wall clock at start plus what has passed since (sleep included): a clock that is set back gives no
 * life to an expired warrant.
 */
static int64_t real0, boot0;

static int64_t seconds(clockid_t which)
{
	struct timespec t;

	return clock_gettime(which, &t) == 0 ? t.tv_sec : 0;
}

static void clocks(void)
{
	real0 = seconds(CLOCK_REALTIME);
	boot0 = seconds(CLOCK_BOOTTIME);
}

int64_t tns_now(void)
{
	static int64_t tick, asleep; /* the coarse clock is nearly free; how much sleep it misses is looked up once a second */
	int64_t real = seconds(CLOCK_REALTIME_COARSE), awake = seconds(CLOCK_MONOTONIC_COARSE);

	if (__atomic_load_n(&tick, __ATOMIC_RELAXED) != awake) {
		__atomic_store_n(&tick, awake, __ATOMIC_RELAXED);
		__atomic_store_n(&asleep, seconds(CLOCK_BOOTTIME) - awake, __ATOMIC_RELAXED);
	}
	int64_t since = real0 + awake + __atomic_load_n(&asleep, __ATOMIC_RELAXED) - boot0 - 2; /* all are cut */

	return real > since ? real : since;
}

/* ---------------------------------------------------------------- what is true in every session */
static void know_exe(void)
{
	long n = tns_raw4(SYS_readlinkat, AT_FDCWD, tns_ptr("/proc/self/exe"), tns_ptr(tns_state.exe), (long)sizeof(tns_state.exe) - 1);

	tns_state.exe_len = n > 0 ? (size_t)n : 0;
	const char *asked = (const char *)(uintptr_t)getauxval(AT_EXECFN);
	bool dir;

	n = asked ? tns_resolve_at(AT_FDCWD, asked, tns_state.script, sizeof(tns_state.script), &dir) : 0;
	tns_state.script_len = n > 0 && !dir ? (size_t)n : 0;
}

static void know_links(void)
{
	static const char *const candidates[] = { "/bin", "/sbin", "/lib", "/lib64", "/lib32", "/libx32", "/var/run", "/var/lock", "/tmp" };
	static char targets[TNS_MAX_LINKS][256];

	for (size_t i = 0; i < sizeof(candidates) / sizeof(candidates[0]); i++) {
		char *to = targets[tns_state.nlinks];
		bool dir;

		if (tns_raw3(SYS_readlink, tns_ptr(candidates[i]), tns_ptr(to), (long)sizeof(targets[0])) < 0)
			continue; /* no link, or not there */
		long n = tns_resolve_at(AT_FDCWD, candidates[i], to, sizeof(targets[0]), &dir);

		if (n > 0 && dir && strcmp(to, candidates[i]) != 0)
			tns_state.links[tns_state.nlinks++] = (struct tns_link){ tn_cstr(candidates[i]), { to, (size_t)n } };
	}
}

/* Which file are we?  The loader knows; a relative LD_PRELOAD would not survive a chdir. */
static void know_library(char *const envp[])
{
	Dl_info info;
	bool dir;

	if (!dladdr((void *)(uintptr_t)&tns_state, &info) || !info.dli_fname ||
	    tns_resolve_at(AT_FDCWD, info.dli_fname, tns_state.library, sizeof(tns_state.library), &dir) <= 0)
		return;
	char *to = tns_state.preload;
	const size_t cap = sizeof(tns_state.preload);

	if (!tns_join(to, cap, "LD_PRELOAD=", tns_state.library))
		return;
	for (size_t i = 0; envp && envp[i]; i++) { /* what else was preloaded stays */
		if (strncmp(envp[i], "LD_PRELOAD=", 11) != 0)
			continue;
		for (const char *p = envp[i] + 11; *p;) {
			size_t k = strcspn(p, ": ");

			size_t n = strlen(to);

			if (k && !memmem(p, k, "libtenuo-shim.so", 16) && n + k + 2 < cap) {
				to[n] = ':';
				memcpy(to + n + 1, p, k);
				to[n + 1 + k] = '\0';
			}
			p += k + (p[k] != '\0');
		}
	}
}

/* ---------------------------------------------------------------- sessions of `run` */
static bool session_id(char id[33])
{
	uint8_t b[16];

	for (long k = 0; k < 16; k++) {
		long r = -tns_raw1(TNS_MAGIC_NR, k) - TNS_MAGIC_BYTE;

		if (r < 0 || r > 255)
			return false;
		b[k] = (uint8_t)r;
	}
	tn_hex(b, 16, id);
	return true;
}

static bool owned(const char *dir)
{
	struct stat st;

	return tns_raw4(SYS_newfstatat, AT_FDCWD, tns_ptr(dir), tns_ptr(&st), AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode) &&
	       (st.st_uid == 0 || st.st_uid == (uid_t)tns_raw1(SYS_getuid, 0)) && !(st.st_mode & 022);
}

static bool session_dir(const char *id, char *out, size_t cap)
{
	unsigned uid = (unsigned)tns_raw1(SYS_getuid, 0);

	for (int i = 0; i < 3; i++) {
		if (i == 0)
			tn_fmt(out, cap, "/run/tenuo-shim/%s", id);
		else if (i == 1)
			tn_fmt(out, cap, "/run/user/%u/tenuo-shim/%s", uid, id);
		else
			tn_fmt(out, cap, "/tmp/tenuo-shim-%u/%s", uid, id);
		if (owned(out))
			return true;
	}
	return false;
}

static bool join_session(const char *id)
{
	static struct tn_arena arena;
	char dir[128], path[160];
	struct tn_bytes plan;
	int err;

	arena = tns_arena();
	if (!session_dir(id, dir, sizeof(dir)) || !tns_join(path, sizeof(path), dir, "/plan") || !tns_read_file(path, &arena, &plan, &err))
		return false;
	struct tn_err e = { 0 };

	if (tnp_session_decode(plan.p, plan.n, &arena, &tns_state.session, &tns_state.policy, &e) != TN_OK)
		return false;
	tns_state.level = tns_state.session.level;
	tns_state.mode = tns_state.session.mode;
	const tn_grant *grant = tnp_policy_grant(tns_state.policy);

	if (tns_state.session.kernel_opens && tns_state.level >= 1 && tns_state.mode == TNP_ENFORCE && !tns_state.session.log_level)
		tns_state.kernel_opens_until = grant ? tn_grant_expires(grant) : INT64_MAX;
	tns_state.log_to = tns_state.session.log.n ? TNS_LOG_SOCKET : TNS_LOG_NONE;
	return tns_join(tns_state.log_path, sizeof(tns_state.log_path), dir, "/log");
}

static bool hex_id(const char *s)
{
	return strlen(s) == 32 && strspn(s, "0123456789abcdef") == 32;
}

/* ---------------------------------------------------------------- the order of questions */
static int begin(char **envp)
{
	static char variable[64], mode[32];
	char id[33];

	tns_know(2, &tns_state.stderr_as);
	know_exe();
	know_links();
	know_library(envp);
	if (tns_raw1(TNS_MAGIC_NR, TNS_MAGIC_ASK) == -TNS_SEALED_L1) /* no plan to be read here (chroot): the kernel holds, we have no words */
		return session_id(id) && join_session(id) ? ACTIVE : INERT;
	const char *named = tns_env(envp, TNS_ENV_SESSION);

	/* A session that cannot be found is no session: what then counts is what the environment proves. */
	if (named && hex_id(named) && join_session(named)) {
		tns_join(variable, sizeof(variable), TNS_ENV_SESSION "=", named);
		tns_join(mode, sizeof(mode), "TENUO_MODE=", tnp_mode_name(tns_state.mode)); /* for those that cannot find it any more */
		tns_state.inject[tns_state.ninject++] = variable;
		tns_state.inject[tns_state.ninject++] = mode;
		return ACTIVE;
	}
	tns_alone(envp);
	return ACTIVE;
}

static long me(void)
{
	return tns_raw1(SYS_gettid, 0);
}

static void init(char **envp)
{
	const uint64_t all = ~(uint64_t)0;
	uint64_t before = 0;
	int want = NOT_YET;

	if (__atomic_compare_exchange_n(&phase, &want, UNDER_WAY, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
		int kept = errno;

		__atomic_store_n(&initialiser, me(), __ATOMIC_RELEASE);
		/* a handler that runs in here would find no policy yet */
		tns_raw4(SYS_rt_sigprocmask, SIG_BLOCK, tns_ptr(&all), tns_ptr(&before), sizeof(before));
		clocks();
		__atomic_store_n(&phase, begin(envp), __ATOMIC_RELEASE);
		tns_raw4(SYS_rt_sigprocmask, SIG_SETMASK, tns_ptr(&before), 0, sizeof(before));
		errno = kept;
		return;
	}
	while (__atomic_load_n(&phase, __ATOMIC_ACQUIRE) == UNDER_WAY && __atomic_load_n(&initialiser, __ATOMIC_ACQUIRE) != me())
		sched_yield();
}

/* Called before our constructor, by somebody's preinit array: libc has not set environ yet, but the kernel has what the image got. */
static char **environment(void)
{
	static struct tn_arena arena;
	static char *none[] = { NULL };
	char *text;
	size_t n = 0, entries = 0;

	if (environ)
		return environ;
	arena = tns_arena();
	text = tns_read_proc("/proc/self/environ", &arena, &n);
	char **v = text ? tn_arena_array(&arena, n + 1, sizeof(*v)) : NULL;

	for (char *p = text; v && p < text + n; p += strlen(p) + 1)
		v[entries++] = p;
	return v ? v : none;
}

bool tns_on(void)
{
	int p = __atomic_load_n(&phase, __ATOMIC_ACQUIRE);

	if (__builtin_expect(p == ACTIVE, 1))
		return true;
	if (p == INERT)
		return false;
	init(environment());
	return __atomic_load_n(&phase, __ATOMIC_ACQUIRE) == ACTIVE;
}

/* glibc hands a constructor argc, argv and envp; musl hands it nothing, but has set environ by then. */
__attribute__((constructor)) static void first(int argc, char **argv, char **envp)
{
	(void)argc;
	(void)argv;
	char **env = gnu_get_libc_version && envp ? envp : environment();

	init(env);
	tns_scrub(env);
}
