/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs.  Everything here may run between vfork and exec, on the parent's memory: only the stack is written, nothing is claimed from
 * the pool that a successful exec would never give back, except while judging.
 */
#include <dlfcn.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wordexp.h>
#include "wrap.h"

#define MAX_ARGS 4096

/* ---------------------------------------------------------------- the decision */
static size_t count(char *const v[])
{
	size_t n = 0;

	while (!tns_nowhere(v) && v[n])
		n++;
	return n;
}

static int judge_exec(struct tns_scratch *s, int dirfd, const char *path, char *const argv[], const char *object, size_t n)
{
	size_t argc = count(argv);
	struct tnp_exec x = { .argc = argc < TNS_ARGS ? argc : TNS_ARGS, .argv = s->args, .requested = tn_cstr(path) };
	struct tnp_op op = { .kind = TNP_EXEC, .path = { object, n }, .exec = &x, .room = s->command, .room_cap = sizeof(s->command) };

	for (size_t i = 0; i < x.argc; i++)
		s->args[i] = tns_nowhere(argv[i]) ? TN_STR("") : tn_cstr(argv[i]);
	/* A longer command line than fits is no text: a constraint on it cannot say yes, an unconstrained entry still can. */
	if (argc > TNS_ARGS)
		s->args[TNS_ARGS - 1] = TN_STR("\xff");
	long cwd = tns_raw3(SYS_getcwd, tns_ptr(s->link), (long)sizeof(s->link), 0);

	x.cwd = (struct tn_str){ s->link, cwd > 1 ? (size_t)cwd - 1 : 0 };
	x.system_file = tns_system_file(object);
	x.standard_path = x.system_file && tns_standard_path(dirfd, path, object);
	return tns_judge(s, &op, TNP_L_PRELOAD);
}

static int check_exec(struct tns_scratch *s, int dirfd, const char *path, char *const argv[], int flags)
{
	char name[40];
	bool is_dir, exists;
	size_t n = 0;

	if ((flags & AT_EMPTY_PATH) && !path[0]) {
		tns_fd_path(dirfd, name);
		dirfd = AT_FDCWD;
		path = name;
	}
	int r = tns_object(dirfd, path, !(flags & AT_SYMLINK_NOFOLLOW), false, s->object, sizeof(s->object), &n, &is_dir, &exists);

	if (r < 0 && r != -ENXIO)
		return 0; /* missing or unreadable: the kernel says so */
	if (is_dir || tns_raw4(SYS_faccessat, dirfd, tns_ptr(path), X_OK, 0) < 0)
		return 0;
	if (!n)
		n = (size_t)(stpcpy(s->object, "/memfd:unnamed") - s->object); /* a program without a file: no rule names it */
	return judge_exec(s, dirfd, path, argv, s->object, n);
}

struct start { int dirfd; const char *path; char *const *argv; int flags; };
static long check_start(struct tns_scratch *s, const void *args)
{
	const struct start *x = args;

	return check_exec(s, x->dirfd, x->path, x->argv, x->flags);
}

int tns_check_exec(int dirfd, const char *path, char *const argv[], int flags)
{
	if (tns_nowhere(path) || !tns_on())
		return 0;
	return tns_with_scratch(check_start, &(struct start){ dirfd, path, argv, flags });
}

/* ---------------------------------------------------------------- the child's environment */
static bool named(const char *entry, const char *name, size_t n)
{
	return strncmp(entry, name, n) == 0 && entry[n] == '=';
}

static bool ours(const char *entry)
{
	return strncmp(entry, "TENUO_", 6) == 0 || named(entry, "LD_PRELOAD", 10);
}

/* Is our library an element of an LD_PRELOAD list?  A name that only contains ours would not load us. */
static bool preloads_us(const char *list)
{
	size_t n = strlen(tns_state.library);

	for (const char *p = list; *p; p += strspn(p, ": ")) {
		size_t k = strcspn(p, ": ");

		if (k == n && memcmp(p, tns_state.library, n) == 0)
			return true;
		p += k;
	}
	return false;
}

/* A foreign LD_PRELOAD is kept behind ours. */
static const char *foreign_preload(char *const envp[])
{
	for (size_t i = 0; !tns_nowhere(envp) && envp[i]; i++)
		if (named(envp[i], "LD_PRELOAD", 10) && !preloads_us(envp[i] + 11))
			return envp[i] + 11;
	return NULL;
}

/* Which of what a child needs is this entry?  The last number is LD_PRELOAD; negative: it may not stay. */
static int which(const char *entry)
{
	if (named(entry, "LD_PRELOAD", 10))
		return preloads_us(entry + 11) ? TNS_MAX_ENV : -1;
	for (size_t i = 0; i < tns_state.ninject; i++)
		if (strcmp(entry, tns_state.inject[i]) == 0)
			return (int)i;
	return -1;
}

/* Everything of ours is there, each once, and nothing that claims to be. */
static bool complete(char *const envp[])
{
	uint32_t seen = 0, need = (1u << tns_state.ninject) - 1;

	for (size_t i = 0; !tns_nowhere(envp) && envp[i]; i++) {
		if (!ours(envp[i]))
			continue;
		int k = which(envp[i]);

		if (k < 0 || (seen & 1u << k))
			return false;
		seen |= 1u << k;
	}
	return seen == (need | (tns_state.preload[0] ? 1u << TNS_MAX_ENV : 0));
}

static void merge(char *const envp[], const char **out, char *preload, size_t cap)
{
	size_t n = 0;
	const char *other = foreign_preload(envp);

	if (tns_state.preload[0]) {
		out[n++] = tns_state.preload;
		if (other && *other && tns_join(preload, cap, tns_state.preload, ":") &&
		    strlen(preload) + strlen(other) + 1 < cap) {
			strcpy(preload + strlen(preload), other);
			out[0] = preload;
		}
	}
	for (size_t i = 0; i < tns_state.ninject; i++)
		out[n++] = tns_state.inject[i];
	for (size_t i = 0; !tns_nowhere(envp) && envp[i]; i++)
		if (!ours(envp[i]))
			out[n++] = envp[i];
	out[n] = NULL;
}

/* Gives `var` the environment to pass on: the caller's own where nothing of ours is missing. */
#define CHILD_ENV(var, envp)                                                                      \
	char preload_[1024];                                                                      \
	const char **merged_ = NULL;                                                              \
	if (tns_on() && (!envp || !tns_nowhere(envp)) && !complete(envp)) {                       \
		merged_ = __builtin_alloca((count(envp) + tns_state.ninject + 2) * sizeof(*merged_)); \
		merge(envp, merged_, preload_, sizeof(preload_));                                 \
	}                                                                                         \
	char *const *var = merged_ ? (char *const *)(uintptr_t)merged_ : (envp)

/* The name is read once: what was judged is what is executed.  On the stack: nothing else is given back by a successful exec. */
#define PATH_ROOM 4096
#define READ_ONCE(path)                                                                           \
	do {                                                                                      \
		size_t n_ = tns_nowhere(path) ? PATH_ROOM : strnlen(path, PATH_ROOM);             \
		char *once_;                                                                      \
		if (n_ == PATH_ROOM)                                                              \
			break; /* the kernel refuses it */                                        \
		once_ = __builtin_alloca(n_ + 1);                                                 \
		memcpy(once_, path, n_);                                                          \
		once_[n_] = '\0';                                                                 \
		path = once_;                                                                     \
	} while (0)

/* ---------------------------------------------------------------- execve and its spellings */
int tns_execve(int dirfd, const char *path, char *const argv[], char *const envp[], int flags)
{
	READ_ONCE(path);
	int r = tns_check_exec(dirfd, path, argv, flags);

	if (r < 0)
		return tns_fail(r);
	tns_flush();
	CHILD_ENV(env, envp);
	return tns_fail((int)tns_raw6(SYS_execveat, dirfd, tns_ptr(path), tns_ptr(argv), tns_ptr(env), flags, 0));
}

/* execve itself where it is enough: execveat leaves /dev/fd/N names behind for scripts */
static int plain_execve(const char *path, char *const argv[], char *const envp[])
{
	READ_ONCE(path);
	int r = tns_check_exec(AT_FDCWD, path, argv, 0);

	if (r < 0)
		return tns_fail(r);
	tns_flush();
	CHILD_ENV(env, envp);
	return tns_fail((int)tns_raw3(SYS_execve, tns_ptr(path), tns_ptr(argv), tns_ptr(env)));
}
TNS_WRAP(int, execve, (const char *path, char *const argv[], char *const envp[])) { return plain_execve(path, argv, envp); }
TNS_WRAP(int, execv, (const char *path, char *const argv[])) { return plain_execve(path, argv, environ); }
TNS_WRAP(int, execveat, (int dirfd, const char *path, char *const argv[], char *const envp[], int flags))
{
	return tns_execve(dirfd, path, argv, envp, flags);
}
TNS_WRAP(int, fexecve, (int fd, char *const argv[], char *const envp[]))
{
	return tns_execve(fd, "", argv, envp, AT_EMPTY_PATH);
}

/* A text file without "#!" is the shell's. */
static int shell_for(const char *path, char *const argv[], char *const envp[])
{
	size_t argc = count(argv);

	if (argc > MAX_ARGS)
		return tns_fail(-E2BIG);
	const char **v = __builtin_alloca((argc + 2) * sizeof(*v));

	v[0] = "/bin/sh";
	v[1] = path;
	for (size_t i = 1; i <= argc; i++)
		v[i + 1] = argv[i];
	return plain_execve(v[0], (char *const *)(uintptr_t)v, envp);
}

/* The next directory of PATH: candidate written, rest returned; NULL at the end. */
static const char *candidate(const char *path, const char *file, char *out, size_t cap)
{
	size_t n = strcspn(path, ":"), f = strlen(file);

	if (n + f + 2 <= cap) {
		memcpy(out, path, n);
		if (n)
			out[n++] = '/';
		memcpy(out + n, file, f + 1);
	} else {
		out[0] = '\0';
	}
	path += strcspn(path, ":");
	return *path ? path + 1 : NULL;
}

static const char *env_path(void)
{
	for (size_t i = 0; environ && environ[i]; i++)
		if (named(environ[i], "PATH", 4))
			return environ[i] + 5;
	return "/bin:/usr/bin";
}

/* Where a search along PATH would end.  False: nowhere; *err says why. */
static bool search(const char *file, char *out, size_t cap, int *err)
{
	*err = ENOENT;
	for (const char *rest = env_path(); rest;) {
		rest = candidate(rest, file, out, cap);
		long r = out[0] ? tns_raw4(SYS_faccessat, AT_FDCWD, tns_ptr(out), X_OK, 0) : -ENAMETOOLONG;
		struct stat st;

		if (r == 0 && tns_raw4(SYS_newfstatat, AT_FDCWD, tns_ptr(out), tns_ptr(&st), 0) == 0 && S_ISREG(st.st_mode))
			return true;
		if (r == -EACCES)
			*err = EACCES;
	}
	return false;
}

static int exec_search(const char *file, char *const argv[], char *const envp[])
{
	char path[1024];
	int err;

	if (tns_nowhere(file))
		return tns_fail(-EFAULT);
	if (!file[0])
		return tns_fail(-ENOENT);
	if (strchr(file, '/')) {
		plain_execve(file, argv, envp);
		return errno == ENOEXEC ? shell_for(file, argv, envp) : -1;
	}
	if (!search(file, path, sizeof(path), &err))
		return tns_fail(-err);
	plain_execve(path, argv, envp);
	return errno == ENOEXEC ? shell_for(path, argv, envp) : -1;
}
TNS_WRAP(int, execvp, (const char *file, char *const argv[])) { return exec_search(file, argv, environ); }
TNS_WRAP(int, execvpe, (const char *file, char *const argv[], char *const envp[])) { return exec_search(file, argv, envp); }

/* Collects the arguments of execl & co. on the stack; `env` receives what follows the NULL where there is an environment. */
#define COLLECT(first)                                                            \
	va_list ap;                                                               \
	size_t argc_ = 1;                                                         \
	va_start(ap, first);                                                      \
	while (va_arg(ap, char *))                                                \
		argc_++;                                                          \
	va_end(ap);                                                               \
	if (argc_ > MAX_ARGS)                                                     \
		return tns_fail(-E2BIG);                                          \
	const char **argv_ = __builtin_alloca((argc_ + 1) * sizeof(*argv_));      \
	va_start(ap, first);                                                      \
	argv_[0] = first;                                                         \
	for (size_t i_ = 1; i_ <= argc_; i_++)                                    \
		argv_[i_] = va_arg(ap, char *);                                   \
	char *const *argv = (char *const *)(uintptr_t)argv_
TNS_WRAP(int, execl, (const char *path, const char *arg, ...))
{
	COLLECT(arg);
	va_end(ap);
	return plain_execve(path, argv, environ);
}
TNS_WRAP(int, execle, (const char *path, const char *arg, ...))
{
	COLLECT(arg);
	char *const *envp = va_arg(ap, char *const *);

	va_end(ap);
	return plain_execve(path, argv, envp);
}
TNS_WRAP(int, execlp, (const char *file, const char *arg, ...))
{
	COLLECT(arg);
	va_end(ap);
	return exec_search(file, argv, environ);
}

/* ---------------------------------------------------------------- posix_spawn */
typedef const posix_spawn_file_actions_t *actions_in;
typedef const posix_spawnattr_t *attr_in;
TNS_REAL(int, posix_spawn, pid_t *, const char *, actions_in, attr_in, char *const *, char *const *)
/*
 * What the child does before it executes, as glibc notes it down (sysdeps spawn_int.h, the same since it can change directory): a name
 * is relative to where the child will be then.  musl keeps a list instead; there names are judged from where the caller is.
 */
struct action {
	int tag;
	union {
		struct { int fd; const char *path; int flags; mode_t mode; } open;
		struct { const char *path; } chdir;
		struct { int fd; } fchdir;
	} u;
};
enum { ACTION_OPEN = 2, ACTION_CHDIR = 3, ACTION_FCHDIR = 4 };

static const struct action *actions_of(actions_in fa, size_t *n)
{
	*n = fa && gnu_get_libc_version && fa->__used > 0 ? (size_t)fa->__used : 0;
	return *n ? (const void *)fa->__actions : NULL;
}

static bool moves(actions_in fa)
{
	size_t n;
	const struct action *a = actions_of(fa, &n);

	for (size_t i = 0; i < n; i++)
		if (a[i].tag == ACTION_CHDIR || a[i].tag == ACTION_FCHDIR)
			return true;
	return false;
}

/* Goes through the actions as the child will; what it opens on the way is judged.  *dir: O_PATH, for the caller to close, or AT_FDCWD. */
static int follow_actions(actions_in fa, int *dir)
{
	size_t n;
	const struct action *a = actions_of(fa, &n);
	int r = 0;

	*dir = AT_FDCWD;
	for (size_t i = 0; i < n && r >= 0; i++) {
		const bool to_path = a[i].tag == ACTION_CHDIR;

		if (a[i].tag == ACTION_OPEN && *dir != AT_FDCWD && a[i].u.open.path[0] != '/')
			r = tns_check_open(*dir, a[i].u.open.path, a[i].u.open.flags, a[i].u.open.mode, NULL);
		if (!to_path && a[i].tag != ACTION_FCHDIR)
			continue;
		long fd = tns_raw4(SYS_openat, to_path ? *dir : a[i].u.fchdir.fd, tns_ptr(to_path ? a[i].u.chdir.path : "."),
				   O_PATH | O_DIRECTORY | O_CLOEXEC, 0);

		if (fd < 0)
			break; /* the child will not get further either */
		if (*dir != AT_FDCWD)
			tns_raw1(SYS_close, *dir);
		*dir = (int)fd;
	}
	return r;
}

static int check_spawn(const char *path, actions_in fa, char *const argv[])
{
	int dir = AT_FDCWD;
	int r = tns_on() ? follow_actions(fa, &dir) : 0;

	if (r >= 0)
		r = tns_check_exec(dir, path, argv, 0);
	if (dir != AT_FDCWD)
		tns_raw1(SYS_close, dir);
	return r;
}

static int do_spawn(pid_t *pid, const char *path, actions_in fa, attr_in at, char *const argv[], char *const envp[])
{
	READ_ONCE(path);
	int r = check_spawn(path, fa, argv);

	if (r < 0)
		return -r;
	CHILD_ENV(env, envp);
	return real_posix_spawn()(pid, path, fa, at, argv, env);
}
TNS_WRAP(int, posix_spawn, (pid_t * pid, const char *path, actions_in fa, attr_in at, char *const argv[], char *const envp[]))
{
	return do_spawn(pid, path, fa, at, argv, envp);
}
TNS_WRAP(int, posix_spawnp, (pid_t * pid, const char *file, actions_in fa, attr_in at, char *const argv[], char *const envp[]))
{
	char path[1024];
	int err;

	if (strchr(file, '/'))
		return do_spawn(pid, file, fa, at, argv, envp);
	return search(file, path, sizeof(path), &err) ? do_spawn(pid, path, fa, at, argv, envp) : err;
}
/* Opened later, in the child, inside libc: judged when it is asked for, but what is relative to another directory when that is known. */
TNS_REAL(int, posix_spawn_file_actions_addopen, posix_spawn_file_actions_t *, int, const char *, int, mode_t)
TNS_WRAP(int, posix_spawn_file_actions_addopen, (posix_spawn_file_actions_t * fa, int fd, const char *path, int flags, mode_t mode))
{
	bool later = !tns_nowhere(path) && path[0] != '/' && moves(fa);
	int r = later ? 0 : tns_check_open(AT_FDCWD, path, flags, mode, NULL);

	return r < 0 ? -r : real_posix_spawn_file_actions_addopen()(fa, fd, path, flags, mode);
}

/* ---------------------------------------------------------------- the shell */
static int check_shell(const char *command)
{
	char *argv[] = { (char *)(uintptr_t)"sh", (char *)(uintptr_t)"-c", (char *)(uintptr_t)command, NULL };

	return command ? tns_check_exec(AT_FDCWD, "/bin/sh", argv, 0) : 0;
}

/* libc takes the child's environment from `environ`; a program may have emptied it. */
#define WITH_ENV(result, call)                                    \
	do {                                                      \
		char **kept_ = environ;                           \
		CHILD_ENV(env_, kept_);                           \
		environ = (char **)(uintptr_t)env_;               \
		result = call;                                    \
		if (environ == (char **)(uintptr_t)env_)          \
			environ = kept_;                          \
	} while (0)

TNS_REAL(int, system, const char *)
TNS_WRAP(int, system, (const char *command))
{
	int r = check_shell(command), status;

	if (r < 0) {
		errno = -r;
		return 127 << 8; /* as if the shell could not be executed */
	}
	WITH_ENV(status, real_system()(command));
	return status;
}
TNS_REAL(FILE *, popen, const char *, const char *)
TNS_WRAP(FILE *, popen, (const char *command, const char *mode))
{
	int r = check_shell(command);
	FILE *f;

	if (r < 0) {
		errno = -r;
		return NULL;
	}
	WITH_ENV(f, real_popen()(command, mode));
	return f;
}
TNS_REAL(int, wordexp, const char *, wordexp_t *, int)
TNS_WRAP(int, wordexp, (const char *words, wordexp_t *w, int flags))
{
	int status;

	if (words && !(flags & WRDE_NOCMD) && (strstr(words, "$(") || strchr(words, '`'))) {
		int r = check_shell(words);

		if (r < 0) {
			errno = -r;
			return WRDE_CMDSUB;
		}
	}
	WITH_ENV(status, real_wordexp()(words, w, flags));
	return status;
}

/* ---------------------------------------------------------------- libraries */
/*
 * A name without a slash is searched by the loader: nothing to judge here.  dlopen looks at its return address to find the caller's
 * search path, so the real one is reached by a jump: nothing may stand behind the call.
 */
TNS_REAL(void *, dlopen, const char *, int)
TNS_REAL(void *, dlmopen, Lmid_t, const char *, int)
static const char *library_or_refusal(const char *file)
{
	if (!file || !strchr(file, '/') || tns_check_open(AT_FDCWD, file, O_RDONLY, 0, NULL) == 0)
		return file;
	errno = EACCES;
	return "/dev/null/denied-by-the-warrant"; /* so that dlerror has something to say */
}
TNS_WRAP(void *, dlopen, (const char *file, int mode)) { return real_dlopen()(library_or_refusal(file), mode); }
TNS_WRAP(void *, dlmopen, (Lmid_t ns, const char *file, int mode)) { return real_dlmopen()(ns, library_or_refusal(file), mode); }
