/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that opens by name. */
#include <dirent.h>
#include <glob.h>
#include <linux/openat2.h>
#include <mqueue.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "wrap.h"

/* ---------------------------------------------------------------- which operations an open is */
struct opens {
	enum tnp_kind kind[2];
	size_t n;
};

static struct opens operations(int flags, bool exists, bool is_dir)
{
	struct opens o = { .n = 0 };
	int access = flags & O_ACCMODE;

	if ((flags & O_TMPFILE) == O_TMPFILE)
		return (struct opens){ { TNP_CREATE }, 1 };
	/* what changes something comes first: it is what a denial should name */
	if (!exists)
		o.kind[o.n++] = TNP_CREATE;
	else if (access != O_RDONLY || (flags & O_TRUNC))
		o.kind[o.n++] = (flags & O_APPEND) && !(flags & O_TRUNC) ? TNP_APPEND : TNP_WRITE;
	if (access != O_WRONLY)
		o.kind[o.n++] = is_dir || (flags & O_DIRECTORY) ? TNP_LIST : TNP_READ;
	return o;
}

static struct tnp_op op_on(enum tnp_kind k, const char *name, size_t n)
{
	return (struct tnp_op){ .kind = k, .path = { name, n }, .is_dir = k == TNP_LIST };
}

/* Would it be allowed whatever is there?  With O_CREAT both the new and the old file must be. */
static bool sure_yes(int flags, const char *name, size_t n)
{
	struct opens there = operations(flags, true, false), not_there = operations(flags, false, false);

	for (size_t i = 0; i < there.n; i++) {
		struct tnp_op op = op_on(there.kind[i], name, n);

		if (!tns_would_allow(&op))
			return false;
	}
	if (!(flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE)
		return true;
	struct tnp_op op = op_on(not_there.kind[0], name, n);

	return tns_would_allow(&op);
}

static int judge_all(struct tns_scratch *s, struct opens o, const char *name, size_t n, enum tnp_layer layer)
{
	for (size_t i = 0; i < o.n; i++) {
		struct tnp_op op = op_on(o.kind[i], name, n);
		bool denied;
		int r = tns_judge_told(s, &op, layer, &denied);

		if (denied) /* the first denial is the one that counts, in audit as in enforce */
			return r;
	}
	return 0;
}

/*
 * open is where a thread may be cancelled: a fifo can block for ever.  As libc does it, only while the kernel has the call; what is held
 * then (two buffers) is lost with the thread, and pages stand in for them.
 */
extern char __libc_single_threaded __attribute__((weak));
static long cancellable(long nr, long a, long b, long c, long d)
{
	int type;

	if (&__libc_single_threaded && __libc_single_threaded)
		return tns_raw4(nr, a, b, c, d);
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &type);
	long r = tns_raw4(nr, a, b, c, d);

	pthread_setcanceltype(type, &type);
	return r;
}

/* Opens the name only if no link is on the way: success proves that the name is the object that was judged. */
static long open_once(int dirfd, const char *name, int flags, unsigned mode)
{
	const int known = O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK | O_SYNC | O_ASYNC | O_DIRECT |
			  O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC | O_TMPFILE | O_PATH;
	struct open_how how = { .flags = (uint64_t)(flags & known), .resolve = RESOLVE_NO_SYMLINKS };

	if (flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY)))
		how.mode = mode & 07777;
	return cancellable(SYS_openat2, dirfd, tns_ptr(name), tns_ptr(&how), (long)sizeof(how));
}

/* EAGAIN: something was renamed meanwhile */
static long open_exactly(int dirfd, const char *name, int flags, unsigned mode)
{
	long r = -EAGAIN;

	for (int i = 0; i < 64 && r == -EAGAIN; i++)
		r = open_once(dirfd, name, flags, mode);
	return r;
}

/* Are we to open it ourselves?  Level 1: the kernel holds, so the real call will do. */
static bool ours_to_open(const int *fd)
{
	return tns_state.level == 0 && fd;
}

/* 0 = let the real call answer */
static int settle_new(const char *name, int flags, unsigned mode, int *fd)
{
	if (!ours_to_open(fd) || tns_state.root_len)
		return 0;
	long r = open_exactly(AT_FDCWD, name, flags, mode);

	if (r >= 0) {
		*fd = (int)r;
		return 0;
	}
	if (r == -ENOSYS || tns_state.mode != TNP_ENFORCE) /* no openat2 (some containers); and audit never answers for the kernel */
		return 0;
	return r == -ELOOP && !(flags & O_NOFOLLOW) ? -EACCES : (int)r; /* a link came up since it was resolved */
}

/* The object that was judged, whatever its name leads to by now. */
static int open_pin(int pin, int flags, unsigned mode, int *fd)
{
	char name[40];

	tns_fd_path(pin, name);
	long r = cancellable(SYS_openat, AT_FDCWD, tns_ptr(name), flags & ~(O_CREAT | O_EXCL | O_NOFOLLOW), (long)mode);

	if (r < 0)
		return (int)r;
	*fd = (int)r;
	return 0;
}

static int judge_new(struct tns_scratch *s, int dirfd, const char *path, int flags, unsigned mode, int *fd, enum tnp_layer layer)
{
	bool follow = !(flags & (O_NOFOLLOW | O_EXCL)), is_dir, exists;
	size_t n = strlen(path);

	if (n && path[n - 1] == '/')
		return 0; /* EISDIR, whatever is there */
	int r = tns_object(dirfd, path, follow, true, s->object, sizeof(s->object), &n, &is_dir, &exists);

	/* what the kernel said just now; asked again, a racing link could answer otherwise */
	if (r < 0)
		return ours_to_open(fd) && tns_state.mode == TNP_ENFORCE ? r : 0;
	if (exists) /* O_EXCL; or it has come into being since: neither is made */
		return ours_to_open(fd) && tns_state.mode == TNP_ENFORCE ? -EEXIST : 0;
	r = judge_all(s, operations(flags, false, false), s->object, n, layer);
	return r < 0 || layer == TNP_L_LANDLOCK ? r : settle_new(s->object, flags, mode, fd);
}

/* The kernel's own answer to an open of what is there, if it has one whatever the policy says. */
static bool answers_itself(int pin, int flags, bool is_dir)
{
	struct stat st;

	if (flags & O_NOFOLLOW && tns_raw4(SYS_newfstatat, pin, tns_ptr(""), tns_ptr(&st), AT_EMPTY_PATH) == 0 && S_ISLNK(st.st_mode))
		return true; /* ELOOP */
	if ((flags & O_TMPFILE) == O_TMPFILE)
		return !is_dir;
	if (is_dir)
		return (flags & (O_ACCMODE | O_CREAT | O_TRUNC)) != 0; /* EISDIR */
	return flags & O_DIRECTORY; /* ENOTDIR */
}

/* Held by its pin while it is judged, and opened through it.  name_n 0: it has no name (a pipe). */
static int judge_pin(struct tns_scratch *s, int pin, int flags, unsigned mode, int *fd, enum tnp_layer layer, size_t n, bool is_dir)
{
	if (answers_itself(pin, flags, is_dir))
		return 0;
	int r = judge_all(s, operations(flags, true, is_dir), s->object, n, layer);

	if (r < 0 || layer == TNP_L_LANDLOCK || !ours_to_open(fd) || s->object[0] != '/')
		return r;
	return open_pin(pin, flags, mode, fd);
}

static int slow_open(struct tns_scratch *s, int dirfd, const char *path, int flags, unsigned mode, int *fd, enum tnp_layer layer)
{
	size_t n = 0;
	bool is_dir;

	if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		return judge_new(s, dirfd, path, flags, mode, fd, layer);
	int pin = tns_pin(dirfd, path, !(flags & O_NOFOLLOW), s->object, sizeof(s->object), &n, &is_dir);

	if (pin == -ENOENT && flags & O_CREAT)
		return judge_new(s, dirfd, path, flags, mode, fd, layer);
	if (pin < 0) /* -ENXIO: a pipe or socket behind a descriptor, which no rule about paths could name */
		return pin != -ENXIO && ours_to_open(fd) && tns_state.mode == TNP_ENFORCE ? pin : 0;
	int r = judge_pin(s, pin, flags, mode, fd, layer, n, is_dir);

	tns_raw1(SYS_close, pin);
	return r;
}

static int told_if_all(struct tns_scratch *s, int flags, size_t n)
{
	if (!tns_state.session.log_level)
		return 0;
	return judge_all(s, operations(flags, !(flags & O_CREAT), false), s->norm, n, TNP_L_PRELOAD);
}

static int check_open(struct tns_scratch *s, int dirfd, const char *path, int flags, unsigned mode, int *fd)
{
	size_t n = 0;
	enum tns_norm sure = tns_normalize(dirfd, path, s->norm, sizeof(s->norm), &n);

	if (sure == TNS_NORM_BAD)
		return 0;
	bool fast = sure == TNS_NORM_SURE && !tns_state.root_len;

	if (!fast || !sure_yes(flags, s->norm, n))
		return slow_open(s, dirfd, path, flags, mode, fd, TNP_L_PRELOAD);
	if (tns_state.level >= 1)
		return told_if_all(s, flags, n);
	/* By the name as given: the way to the working directory may be closed to us.  Only to be looked at: libc opens it. */
	int how = fd ? flags : O_PATH | O_CLOEXEC | (flags & O_NOFOLLOW);
	long r = path[0] == '/' ? open_exactly(AT_FDCWD, s->norm, how, mode) : open_exactly(dirfd, path, how, mode);

	if (r == -ELOOP || r == -ENOSYS || r == -EINVAL)
		return slow_open(s, dirfd, path, flags, mode, fd, TNP_L_PRELOAD);
	if (!fd && r >= 0)
		tns_raw1(SYS_close, r);
	if (!fd)
		return told_if_all(s, flags, n);
	if (r < 0)
		return (int)r;
	*fd = (int)r;
	return told_if_all(s, flags, n);
}

static bool not_judged(const char *path, int flags)
{
	return tns_nowhere(path) || (flags & O_PATH) || !tns_on();
}

struct wish { int dirfd; const char *path; int flags; unsigned mode; int *fd; };
static long check_wish(struct tns_scratch *s, const void *args)
{
	const struct wish *w = args;

	return check_open(s, w->dirfd, w->path, w->flags, w->mode, w->fd);
}

int tns_check_open(int dirfd, const char *path, int flags, unsigned mode, int *fd)
{
	if (not_judged(path, flags))
		return 0;
	return tns_with_scratch(check_wish, &(struct wish){ dirfd, path, flags, mode, fd });
}

/* The kernel has said EACCES.  If that was the warrant, say so. */
static long explain_wish(struct tns_scratch *s, const void *args)
{
	const struct wish *w = args;

	return slow_open(s, w->dirfd, w->path, w->flags, 0, NULL, TNP_L_LANDLOCK);
}

void tns_explain_open(int dirfd, const char *path, int flags)
{
	if (tns_kernel_refused() && !not_judged(path, flags))
		tns_with_scratch(explain_wish, &(struct wish){ dirfd, path, flags, 0, NULL });
}

/* s: what holds the copy of the name, or NULL */
static int open_copy(struct tns_scratch *s, int dirfd, const char *path, int flags, unsigned mode)
{
	int fd = -1;
	bool judged = s && !(flags & O_PATH);
	int r = judged ? tns_on_scratch(s, check_wish, &(struct wish){ dirfd, path, flags, mode, &fd }) : 0;

	if (r < 0)
		return tns_fail(r);
	if (fd >= 0)
		return fd;
	long x = cancellable(SYS_openat, dirfd, tns_ptr(path), flags, (long)mode);

	if (x >= 0)
		return (int)x;
	errno = (int)-x;
	tns_explain_open(dirfd, path, flags);
	return -1;
}

/*
 * The kernel holds every open exactly (level 1): asking it costs nothing, deciding first would answer the same.  What it refuses is judged
 * for its reason.
 */
static int open_held(int dirfd, const char *path, int flags, unsigned mode)
{
	long fd = cancellable(SYS_openat, dirfd, tns_ptr(path), flags, (long)mode);

	if (fd >= 0)
		return (int)fd;
	errno = (int)-fd;
	tns_explain_open(dirfd, path, flags);
	return -1;
}

int tns_open(int dirfd, const char *path, int flags, unsigned mode)
{
	if (tns_on() && tns_state.kernel_opens_until && tns_now() < tns_state.kernel_opens_until)
		return open_held(dirfd, path, flags, mode);
	struct tns_name n;
	int r = tns_take(&n, path, NULL);

	if (r < 0)
		return tns_fail(r);
	r = open_copy(n.s, dirfd, n.p, flags, mode);
	tns_give(&n);
	return r;
}

/* ---------------------------------------------------------------- open and its spellings */
static bool has_mode(int flags)
{
	return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE;
}
#define MODE_ARG(last, flags)                            \
	unsigned mode = 0;                               \
	if (has_mode(flags)) {                           \
		va_list ap;                              \
		va_start(ap, last);                      \
		mode = va_arg(ap, unsigned);             \
		va_end(ap);                              \
	}
#define OPEN(name)                                                             \
	TNS_EXPORT int name(const char *path, int flags, ...);                 \
	TNS_EXPORT int name(const char *path, int flags, ...)                  \
	{                                                                      \
		MODE_ARG(flags, flags)                                         \
		return tns_open(AT_FDCWD, path, flags, mode);                  \
	}
#define OPENAT(name)                                                           \
	TNS_EXPORT int name(int dirfd, const char *path, int flags, ...);      \
	TNS_EXPORT int name(int dirfd, const char *path, int flags, ...)       \
	{                                                                      \
		MODE_ARG(flags, flags)                                         \
		return tns_open(dirfd, path, flags, mode);                     \
	}
OPEN(open)
OPEN(open64)
OPEN(__open)
OPEN(__open64)
OPENAT(openat)
OPENAT(openat64)
TNS_WRAP(int, __open_2, (const char *path, int flags)) { return tns_open(AT_FDCWD, path, flags, 0); }
TNS_WRAP(int, __open64_2, (const char *path, int flags)) { return tns_open(AT_FDCWD, path, flags, 0); }
TNS_WRAP(int, __openat_2, (int dirfd, const char *path, int flags)) { return tns_open(dirfd, path, flags, 0); }
TNS_WRAP(int, __openat64_2, (int dirfd, const char *path, int flags)) { return tns_open(dirfd, path, flags, 0); }
TNS_WRAP(int, creat, (const char *path, mode_t mode)) { return tns_open(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
TNS_WRAP(int, creat64, (const char *path, mode_t mode)) { return tns_open(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }

/* A handle has no name until it is open. */
TNS_REAL(int, open_by_handle_at, int, struct file_handle *, int)
TNS_WRAP(int, open_by_handle_at, (int mount_fd, struct file_handle *h, int flags))
{
	int fd = real_open_by_handle_at()(mount_fd, h, flags);
	char name[40];

	if (fd < 0)
		return fd;
	tns_fd_path(fd, name);
	int r = tns_check_open(AT_FDCWD, name, flags & ~(O_CREAT | O_EXCL | O_NOFOLLOW), 0, NULL);

	if (r == 0)
		return fd;
	tns_raw1(SYS_close, fd);
	return tns_fail(r);
}

/* ---------------------------------------------------------------- streams */
static int stream_flags(const char *mode)
{
	int flags = mode[0] == 'w' ? O_WRONLY | O_CREAT | O_TRUNC : mode[0] == 'a' ? O_WRONLY | O_CREAT | O_APPEND : O_RDONLY;

	for (const char *p = mode + 1; *p && *p != ','; p++) {
		if (*p == '+')
			flags = (flags & ~O_ACCMODE) | O_RDWR;
		if (*p == 'x')
			flags |= O_EXCL;
	}
	return flags;
}

#define STREAM(name)                                                                         \
	TNS_REAL(FILE *, name, const char *, const char *)                                   \
	TNS_WRAP(FILE *, name, (const char *path, const char *mode))                         \
	{                                                                                    \
		int flags = mode ? stream_flags(mode) : 0;                                   \
		int r = tns_check_open(AT_FDCWD, path, flags, 0666, NULL);                   \
		if (r < 0) {                                                                 \
			errno = -r;                                                          \
			return NULL;                                                         \
		}                                                                            \
		FILE *f = real_##name()(path, mode);                                         \
		if (!f)                                                                      \
			tns_explain_open(AT_FDCWD, path, flags);                             \
		return f;                                                                    \
	}
STREAM(fopen)
STREAM(fopen64)
/* Without a name libc opens what the stream has open again, maybe for more than it was opened for. */
static const char *reopened(const char *path, FILE *old, char room[40])
{
	if (path || !old)
		return path;
	tns_fd_path(fileno(old), room);
	return room;
}
#define RESTREAM(name)                                                                       \
	TNS_REAL(FILE *, name, const char *, const char *, FILE *)                           \
	TNS_WRAP(FILE *, name, (const char *path, const char *mode, FILE *old))              \
	{                                                                                    \
		char room[40];                                                               \
		int flags = mode ? stream_flags(mode) : 0;                                   \
		int r = tns_check_open(AT_FDCWD, reopened(path, old, room), flags, 0666, NULL); \
		if (r < 0) {                                                                 \
			fclose(old); /* as freopen does when it cannot open */               \
			errno = -r;                                                          \
			return NULL;                                                         \
		}                                                                            \
		FILE *f = real_##name()(path, mode, old);                                    \
		if (!f && path)                                                              \
			tns_explain_open(AT_FDCWD, path, flags);                             \
		return f;                                                                    \
	}
RESTREAM(freopen)
RESTREAM(freopen64)
TNS_REAL(FILE *, setmntent, const char *, const char *)
TNS_WRAP(FILE *, setmntent, (const char *path, const char *mode))
{
	int r = tns_check_open(AT_FDCWD, path, mode ? stream_flags(mode) : 0, 0666, NULL);

	if (r < 0) {
		errno = -r;
		return NULL;
	}
	return real_setmntent()(path, mode);
}

/* ---------------------------------------------------------------- directories */
#define LISTED(expr_fail, dirfd, path)                                                       \
	do {                                                                                 \
		int r_ = tns_check_open(dirfd, path, O_RDONLY | O_DIRECTORY, 0, NULL);       \
		if (r_ < 0) {                                                                \
			errno = -r_;                                                         \
			return expr_fail;                                                    \
		}                                                                            \
	} while (0)

TNS_REAL(DIR *, opendir, const char *)
/* As libc does it, with the descriptor that was judged. */
static DIR *open_judged(const char *path)
{
	int fd = tns_open(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_DIRECTORY | O_CLOEXEC, 0);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;

	if (fd >= 0 && !d) {
		int kept = errno;

		tns_raw1(SYS_close, fd);
		errno = kept;
	}
	return d;
}

TNS_WRAP(DIR *, opendir, (const char *path))
{
	if (tns_on() && tns_state.level == 0)
		return open_judged(path);
	LISTED(NULL, AT_FDCWD, path);
	DIR *d = real_opendir()(path);

	if (!d)
		tns_explain_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY);
	return d;
}
#define SCANDIR(name, entry)                                                                 \
	TNS_REAL(int, name, const char *, entry ***, int (*)(const entry *), int (*)(const entry **, const entry **)) \
	TNS_WRAP(int, name, (const char *path, entry ***list, int (*f)(const entry *), int (*o)(const entry **, const entry **))) \
	{                                                                                    \
		LISTED(-1, AT_FDCWD, path);                                                  \
		int n = real_##name()(path, list, f, o);                                     \
		if (n < 0)                                                                   \
			tns_explain_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY);            \
		return n;                                                                    \
	}
SCANDIR(scandir, struct dirent)
SCANDIR(scandir64, struct dirent64)
#define SCANDIRAT(name, entry)                                                               \
	TNS_REAL(int, name, int, const char *, entry ***, int (*)(const entry *), int (*)(const entry **, const entry **)) \
	TNS_WRAP(int, name, (int dirfd, const char *path, entry ***list, int (*f)(const entry *), int (*o)(const entry **, const entry **))) \
	{                                                                                    \
		LISTED(-1, dirfd, path);                                                     \
		int n = real_##name()(dirfd, path, list, f, o);                              \
		if (n < 0)                                                                   \
			tns_explain_open(dirfd, path, O_RDONLY | O_DIRECTORY);               \
		return n;                                                                    \
	}
SCANDIRAT(scandirat, struct dirent)
SCANDIRAT(scandirat64, struct dirent64)

typedef int (*walk_ftw)(const char *, const struct stat *, int);
typedef int (*walk_nftw)(const char *, const struct stat *, int, void *);
#define FTW(name)                                                                            \
	TNS_REAL(int, name, const char *, walk_ftw, int)                                     \
	TNS_WRAP(int, name, (const char *path, walk_ftw f, int n))                           \
	{                                                                                    \
		LISTED(-1, AT_FDCWD, path);                                                  \
		return real_##name()(path, f, n);                                            \
	}
FTW(ftw)
FTW(ftw64)
#define NFTW(name)                                                                           \
	TNS_REAL(int, name, const char *, walk_nftw, int, int)                               \
	TNS_WRAP(int, name, (const char *path, walk_nftw f, int n, int flags))               \
	{                                                                                    \
		LISTED(-1, AT_FDCWD, path);                                                  \
		return real_##name()(path, f, n, flags);                                     \
	}
NFTW(nftw)
NFTW(nftw64)
typedef int (*fts_order)(const void **, const void **);
#define FTS(name)                                                                            \
	TNS_REAL(void *, name, char *const *, int, fts_order)                                \
	TNS_WRAP(void *, name, (char *const *paths, int options, fts_order o))               \
	{                                                                                    \
		for (size_t i = 0; paths && paths[i]; i++)                                   \
			LISTED(NULL, AT_FDCWD, paths[i]);                                    \
		return real_##name()(paths, options, o);                                     \
	}
FTS(fts_open)
FTS(fts64_open)

/* The directory that a pattern starts in: what stands before the first special character. */
static bool glob_start(const char *pattern, char *out, size_t cap)
{
	size_t special = strcspn(pattern, "*?[{~\\"), n = special;

	while (n > 0 && pattern[n - 1] != '/')
		n--;
	if (!pattern[special] || n + 2 > cap)
		return false; /* a plain name is only looked at */
	if (!n)
		out[n++] = '.';
	else
		memcpy(out, pattern, n);
	out[n] = '\0';
	return true;
}
typedef int (*glob_error)(const char *, int);
#define GLOB(name, type)                                                                           \
	TNS_REAL(int, name, const char *, int, glob_error, type *)                           \
	TNS_WRAP(int, name, (const char *pattern, int flags, glob_error on_error, type *g))  \
	{                                                                                    \
		char start[1024];                                                            \
		if (pattern && glob_start(pattern, start, sizeof(start))) {                  \
			int r = tns_check_open(AT_FDCWD, start, O_RDONLY | O_DIRECTORY, 0, NULL); \
			if (r < 0) { /* as with a directory that cannot be read */           \
				errno = -r;                                                  \
				return (flags & GLOB_ERR) ? GLOB_ABORTED : GLOB_NOMATCH;     \
			}                                                                    \
		}                                                                            \
		return real_##name()(pattern, flags, on_error, g);                           \
	}
GLOB(glob, glob_t)
GLOB(glob64, glob64_t)

/* ---------------------------------------------------------------- temporary files: the template stands for the name */
#define NEW_NAME(expr_fail, path)                                                            \
	do {                                                                                 \
		int r_ = tns_check(TNP_CREATE, AT_FDCWD, path, TNS_NEW | TNS_NOFOLLOW);      \
		if (r_ < 0) {                                                                \
			errno = -r_;                                                         \
			return expr_fail;                                                    \
		}                                                                            \
	} while (0)
#define MKSTEMP1(name)                                                                       \
	TNS_REAL(int, name, char *)                                                          \
	TNS_WRAP(int, name, (char *t)) { NEW_NAME(-1, t); return real_##name()(t); }
#define MKSTEMP2(name)                                                                       \
	TNS_REAL(int, name, char *, int)                                                     \
	TNS_WRAP(int, name, (char *t, int x)) { NEW_NAME(-1, t); return real_##name()(t, x); }
#define MKSTEMP3(name)                                                                       \
	TNS_REAL(int, name, char *, int, int)                                                \
	TNS_WRAP(int, name, (char *t, int n, int x)) { NEW_NAME(-1, t); return real_##name()(t, n, x); }
MKSTEMP1(mkstemp)
MKSTEMP1(mkstemp64)
MKSTEMP2(mkostemp)
MKSTEMP2(mkostemp64)
MKSTEMP2(mkstemps)
MKSTEMP2(mkstemps64)
MKSTEMP3(mkostemps)
MKSTEMP3(mkostemps64)
TNS_REAL(char *, mkdtemp, char *)
TNS_WRAP(char *, mkdtemp, (char *t))
{
	int r = tns_check(TNP_MKDIR, AT_FDCWD, t, TNS_NEW | TNS_NOFOLLOW);

	if (r < 0) {
		errno = -r;
		return NULL;
	}
	return real_mkdtemp()(t);
}
#define TMPFILE(name)                                                                        \
	TNS_REAL(FILE *, name, void)                                                         \
	TNS_WRAP(FILE *, name, (void)) { NEW_NAME(NULL, P_tmpdir "/tmpfile"); return real_##name()(); }
TMPFILE(tmpfile)
TMPFILE(tmpfile64)

/* ---------------------------------------------------------------- POSIX objects: files of /dev/shm and /dev/mqueue */
static const char *shm_path(const char *dir, const char *name, char *out, size_t cap)
{
	if (!name)
		return NULL;
	while (*name == '/')
		name++;
	return tns_join(out, cap, dir, name) ? out : NULL;
}
#define OBJECT_OPEN(expr_fail, dir, name, flags)                                             \
	do {                                                                                 \
		char path_[300];                                                             \
		const char *p_ = shm_path(dir, name, path_, sizeof(path_));                  \
		int r_ = p_ ? tns_check_open(AT_FDCWD, p_, (flags) | O_NOFOLLOW, 0600, NULL) : 0; \
		if (r_ < 0) {                                                                \
			errno = -r_;                                                         \
			return expr_fail;                                                    \
		}                                                                            \
	} while (0)
#define OBJECT_UNLINK(dir, name)                                                             \
	do {                                                                                 \
		char path_[300];                                                             \
		const char *p_ = shm_path(dir, name, path_, sizeof(path_));                  \
		int r_ = p_ ? tns_check(TNP_DELETE, AT_FDCWD, p_, TNS_NOFOLLOW) : 0;         \
		if (r_ < 0)                                                                  \
			return tns_fail(r_);                                                 \
	} while (0)
TNS_REAL(int, shm_open, const char *, int, mode_t)
TNS_WRAP(int, shm_open, (const char *name, int flags, mode_t mode))
{
	OBJECT_OPEN(-1, "/dev/shm/", name, flags);
	return real_shm_open()(name, flags, mode);
}
TNS_REAL(int, shm_unlink, const char *)
TNS_WRAP(int, shm_unlink, (const char *name))
{
	OBJECT_UNLINK("/dev/shm/", name);
	return real_shm_unlink()(name);
}
TNS_REAL(sem_t *, sem_open, const char *, int, mode_t, unsigned)
TNS_EXPORT sem_t *sem_open(const char *name, int flags, ...)
{
	mode_t mode = 0;
	unsigned value = 0;

	if (flags & O_CREAT) {
		va_list ap;
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		value = va_arg(ap, unsigned);
		va_end(ap);
	}
	OBJECT_OPEN(SEM_FAILED, "/dev/shm/sem.", name, (flags & O_CREAT) | O_RDWR);
	return real_sem_open()(name, flags, mode, value);
}
TNS_REAL(int, sem_unlink, const char *)
TNS_WRAP(int, sem_unlink, (const char *name))
{
	OBJECT_UNLINK("/dev/shm/sem.", name);
	return real_sem_unlink()(name);
}
TNS_REAL(mqd_t, mq_open, const char *, int, mode_t, struct mq_attr *)
TNS_EXPORT mqd_t mq_open(const char *name, int flags, ...)
{
	mode_t mode = 0;
	struct mq_attr *attr = NULL;

	if (flags & O_CREAT) {
		va_list ap;
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		attr = va_arg(ap, struct mq_attr *);
		va_end(ap);
	}
	OBJECT_OPEN((mqd_t)-1, "/dev/mqueue/", name, flags);
	return real_mq_open()(name, flags, mode, attr);
}
TNS_REAL(int, mq_unlink, const char *)
TNS_WRAP(int, mq_unlink, (const char *name))
{
	OBJECT_UNLINK("/dev/mqueue/", name);
	return real_mq_unlink()(name);
}
