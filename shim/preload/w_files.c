/* SPDX-License-Identifier: Apache-2.0 */
/* What changes names, contents or metadata without opening. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/types.h>
#include <unistd.h>
#include <utime.h>
#include "wrap.h"

/*
 * The real call is the system call itself: these have no state in libc.  After a refusal of the kernel the preload says why, if the
 * warrant was the reason.
 */
static int answer(long r)
{
	if (r >= 0)
		return (int)r;
	errno = (int)-r;
	return -1;
}

static int after1(long r, enum tnp_kind kind, int dirfd, const char *path, unsigned how)
{
	int x = answer(r);

	if (x < 0 && tns_kernel_refused()) {
		tns_check(kind, dirfd, path, how | TNS_AFTER);
		errno = EACCES;
	}
	return x;
}

/* `call` acts on the copy: it names it `name_.p`. */
#define ONE(kind, dirfd, path, how, call)                                    \
	do {                                                                 \
		struct tns_name name_;                                       \
		int r_ = tns_take(&name_, path, NULL);                       \
		if (r_ < 0)                                                  \
			return tns_fail(r_);                                 \
		r_ = tns_check(kind, dirfd, name_.p, how);                   \
		r_ = r_ < 0 ? tns_fail(r_) : after1(call, kind, dirfd, name_.p, how); \
		tns_give(&name_);                                            \
		return r_;                                                   \
	} while (0)

/* ---------------------------------------------------------------- delete */
static int do_unlink(int dirfd, const char *path, int flags)
{
	ONE(TNP_DELETE, dirfd, path, TNS_NOFOLLOW | (flags & AT_REMOVEDIR ? TNS_DIR : 0),
	    tns_raw3(SYS_unlinkat, dirfd, tns_ptr(name_.p), flags));
}
TNS_WRAP(int, unlink, (const char *path)) { return do_unlink(AT_FDCWD, path, 0); }
TNS_WRAP(int, unlinkat, (int dirfd, const char *path, int flags)) { return do_unlink(dirfd, path, flags); }
TNS_WRAP(int, rmdir, (const char *path)) { return do_unlink(AT_FDCWD, path, AT_REMOVEDIR); }
TNS_WRAP(int, remove, (const char *path))
{
	struct stat st;
	bool dir = tns_raw4(SYS_newfstatat, AT_FDCWD, tns_ptr(path), tns_ptr(&st), AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);

	return do_unlink(AT_FDCWD, path, dir ? AT_REMOVEDIR : 0);
}

/* ---------------------------------------------------------------- rename, link */
static int rename_copies(int fd1, const char *old, int fd2, const char *new_name, unsigned flags)
{
	int r = tns_check2(TNP_RENAME, fd1, old, fd2, new_name, TNS_NOFOLLOW);

	if (r == 0 && (flags & RENAME_EXCHANGE))
		r = tns_check2(TNP_RENAME, fd2, new_name, fd1, old, TNS_NOFOLLOW);
	if (r < 0)
		return tns_fail(r);
	int x = answer(tns_raw6(SYS_renameat2, fd1, tns_ptr(old), fd2, tns_ptr(new_name), flags, 0));

	if (x < 0 && tns_state.level >= 1 && (errno == EACCES || errno == EXDEV)) {
		int kept = errno;

		tns_check2(TNP_RENAME, fd1, old, fd2, new_name, TNS_NOFOLLOW | TNS_AFTER);
		errno = kept;
	}
	return x;
}
static int do_rename(int fd1, const char *old, int fd2, const char *new_name, unsigned flags)
{
	struct tns_name n;
	int r = tns_take(&n, old, new_name);

	if (r < 0)
		return tns_fail(r);
	r = rename_copies(fd1, n.p, fd2, n.p2, flags);
	tns_give(&n);
	return r;
}
TNS_WRAP(int, rename, (const char *a, const char *b)) { return do_rename(AT_FDCWD, a, AT_FDCWD, b, 0); }
TNS_WRAP(int, renameat, (int fd1, const char *a, int fd2, const char *b)) { return do_rename(fd1, a, fd2, b, 0); }
TNS_WRAP(int, renameat2, (int fd1, const char *a, int fd2, const char *b, unsigned flags)) { return do_rename(fd1, a, fd2, b, flags); }

static int link_copies(int fd1, const char *old, int fd2, const char *new_name, int flags)
{
	char name[40];
	int dirfd = fd1;
	const char *target = old;

	if ((flags & AT_EMPTY_PATH) && !tns_nowhere(old) && !old[0]) {
		tns_fd_path(fd1, name);
		dirfd = AT_FDCWD;
		target = name;
	}
	bool follow = (flags & AT_SYMLINK_FOLLOW) || target == name;
	int r = tns_check2(TNP_LINK, dirfd, target, fd2, new_name, follow ? 0 : TNS_NOFOLLOW);

	if (r < 0)
		return tns_fail(r);
	int x = answer(tns_raw6(SYS_linkat, fd1, tns_ptr(old), fd2, tns_ptr(new_name), flags, 0));

	if (x < 0 && tns_state.level >= 1 && (errno == EACCES || errno == EXDEV)) {
		int kept = errno;

		tns_check2(TNP_LINK, dirfd, target, fd2, new_name, (follow ? 0 : TNS_NOFOLLOW) | TNS_AFTER);
		errno = kept;
	}
	return x;
}
static int do_link(int fd1, const char *old, int fd2, const char *new_name, int flags)
{
	struct tns_name n;
	int r = tns_take(&n, old, new_name);

	if (r < 0)
		return tns_fail(r);
	r = link_copies(fd1, n.p, fd2, n.p2, flags);
	tns_give(&n);
	return r;
}
TNS_WRAP(int, link, (const char *a, const char *b)) { return do_link(AT_FDCWD, a, AT_FDCWD, b, 0); }
TNS_WRAP(int, linkat, (int fd1, const char *a, int fd2, const char *b, int flags)) { return do_link(fd1, a, fd2, b, flags); }

/* ---------------------------------------------------------------- new names */
static int do_symlink(const char *target, int dirfd, const char *path)
{
	ONE(TNP_CREATE, dirfd, path, TNS_NEW | TNS_NOFOLLOW, tns_raw3(SYS_symlinkat, tns_ptr(target), dirfd, tns_ptr(name_.p)));
}
TNS_WRAP(int, symlink, (const char *target, const char *path)) { return do_symlink(target, AT_FDCWD, path); }
TNS_WRAP(int, symlinkat, (const char *target, int dirfd, const char *path)) { return do_symlink(target, dirfd, path); }

static int do_mkdir(int dirfd, const char *path, mode_t mode)
{
	ONE(TNP_MKDIR, dirfd, path, TNS_NEW | TNS_NOFOLLOW, tns_raw3(SYS_mkdirat, dirfd, tns_ptr(name_.p), (long)mode));
}
TNS_WRAP(int, mkdir, (const char *path, mode_t mode)) { return do_mkdir(AT_FDCWD, path, mode); }
TNS_WRAP(int, mkdirat, (int dirfd, const char *path, mode_t mode)) { return do_mkdir(dirfd, path, mode); }

static int do_mknod(int dirfd, const char *path, mode_t mode, dev_t dev)
{
	ONE(TNP_CREATE, dirfd, path, TNS_NEW | TNS_NOFOLLOW, tns_raw4(SYS_mknodat, dirfd, tns_ptr(name_.p), (long)mode, (long)(unsigned)dev));
}
TNS_WRAP(int, mknod, (const char *path, mode_t mode, dev_t dev)) { return do_mknod(AT_FDCWD, path, mode, dev); }
TNS_WRAP(int, mknodat, (int dirfd, const char *path, mode_t mode, dev_t dev)) { return do_mknod(dirfd, path, mode, dev); }
TNS_WRAP(int, __xmknod, (int version, const char *path, mode_t mode, dev_t *dev))
{
	(void)version;
	return do_mknod(AT_FDCWD, path, mode, *dev);
}
TNS_WRAP(int, __xmknodat, (int version, int dirfd, const char *path, mode_t mode, dev_t *dev))
{
	(void)version;
	return do_mknod(dirfd, path, mode, *dev);
}
TNS_WRAP(int, mkfifo, (const char *path, mode_t mode)) { return do_mknod(AT_FDCWD, path, mode | S_IFIFO, 0); }
TNS_WRAP(int, mkfifoat, (int dirfd, const char *path, mode_t mode)) { return do_mknod(dirfd, path, mode | S_IFIFO, 0); }

/* ---------------------------------------------------------------- metadata */
#define META(dirfd, path, how, call) ONE(TNP_METADATA, dirfd, path, how, call)
TNS_WRAP(int, chmod, (const char *path, mode_t mode))
{
	META(AT_FDCWD, path, 0, tns_raw3(SYS_fchmodat, AT_FDCWD, tns_ptr(name_.p), (long)mode));
}
/* libc emulates what the kernel's fchmodat lacks: flags */
TNS_REAL(int, fchmodat, int, const char *, mode_t, int)
TNS_WRAP(int, fchmodat, (int dirfd, const char *path, mode_t mode, int flags))
{
	int r = tns_check(TNP_METADATA, dirfd, path, flags & AT_SYMLINK_NOFOLLOW ? TNS_NOFOLLOW : 0);

	return r < 0 ? tns_fail(r) : real_fchmodat()(dirfd, path, mode, flags);
}
TNS_WRAP(int, lchmod, (const char *path, mode_t mode))
{
	int r = tns_check(TNP_METADATA, AT_FDCWD, path, TNS_NOFOLLOW);

	return r < 0 ? tns_fail(r) : real_fchmodat()(AT_FDCWD, path, mode, AT_SYMLINK_NOFOLLOW);
}
static int do_chown(int dirfd, const char *path, uid_t u, gid_t g, int flags)
{
	if ((flags & AT_EMPTY_PATH) && !tns_nowhere(path) && !path[0]) {
		int r = tns_check_fd(TNP_METADATA, dirfd);

		return r < 0 ? tns_fail(r) : answer(tns_raw6(SYS_fchownat, dirfd, tns_ptr(path), (long)u, (long)g, flags, 0));
	}
	META(dirfd, path, flags & AT_SYMLINK_NOFOLLOW ? TNS_NOFOLLOW : 0,
	     tns_raw6(SYS_fchownat, dirfd, tns_ptr(name_.p), (long)u, (long)g, flags, 0));
}
TNS_WRAP(int, chown, (const char *path, uid_t u, gid_t g)) { return do_chown(AT_FDCWD, path, u, g, 0); }
TNS_WRAP(int, lchown, (const char *path, uid_t u, gid_t g)) { return do_chown(AT_FDCWD, path, u, g, AT_SYMLINK_NOFOLLOW); }
TNS_WRAP(int, fchownat, (int dirfd, const char *path, uid_t u, gid_t g, int flags)) { return do_chown(dirfd, path, u, g, flags); }

static int do_utime(int dirfd, const char *path, const struct timespec t[2], int flags)
{
	if (!path) { /* futimens: the descriptor itself */
		int r = tns_check_fd(TNP_METADATA, dirfd);

		return r < 0 ? tns_fail(r) : answer(tns_raw4(SYS_utimensat, dirfd, 0, tns_ptr(t), flags));
	}
	META(dirfd, path, flags & AT_SYMLINK_NOFOLLOW ? TNS_NOFOLLOW : 0,
	     tns_raw4(SYS_utimensat, dirfd, tns_ptr(name_.p), tns_ptr(t), flags));
}
static int do_utimes(int dirfd, const char *path, const struct timeval t[2], int flags)
{
	struct timespec s[2];

	if (!t)
		return do_utime(dirfd, path, NULL, flags);
	for (int i = 0; i < 2; i++) {
		if (t[i].tv_usec < 0 || t[i].tv_usec > 999999)
			return tns_fail(-EINVAL);
		s[i] = (struct timespec){ t[i].tv_sec, t[i].tv_usec * 1000 };
	}
	return do_utime(dirfd, path, s, flags);
}
TNS_WRAP(int, utime, (const char *path, const struct utimbuf *t))
{
	struct timespec s[2] = { { 0 } };

	if (!t)
		return do_utime(AT_FDCWD, path, NULL, 0);
	s[0].tv_sec = t->actime;
	s[1].tv_sec = t->modtime;
	return do_utime(AT_FDCWD, path, s, 0);
}
TNS_WRAP(int, utimes, (const char *path, const struct timeval t[2])) { return do_utimes(AT_FDCWD, path, t, 0); }
TNS_WRAP(int, lutimes, (const char *path, const struct timeval t[2])) { return do_utimes(AT_FDCWD, path, t, AT_SYMLINK_NOFOLLOW); }
TNS_WRAP(int, futimesat, (int dirfd, const char *path, const struct timeval t[2])) { return do_utimes(dirfd, path, t, 0); }
TNS_WRAP(int, utimensat, (int dirfd, const char *path, const struct timespec t[2], int flags)) { return do_utime(dirfd, path, t, flags); }

TNS_WRAP(int, setxattr, (const char *path, const char *name, const void *v, size_t n, int flags))
{
	META(AT_FDCWD, path, 0, tns_raw6(SYS_setxattr, tns_ptr(name_.p), tns_ptr(name), tns_ptr(v), (long)n, flags, 0));
}
TNS_WRAP(int, lsetxattr, (const char *path, const char *name, const void *v, size_t n, int flags))
{
	META(AT_FDCWD, path, TNS_NOFOLLOW, tns_raw6(SYS_lsetxattr, tns_ptr(name_.p), tns_ptr(name), tns_ptr(v), (long)n, flags, 0));
}
TNS_WRAP(int, removexattr, (const char *path, const char *name))
{
	META(AT_FDCWD, path, 0, tns_raw3(SYS_removexattr, tns_ptr(name_.p), tns_ptr(name), 0));
}
TNS_WRAP(int, lremovexattr, (const char *path, const char *name))
{
	META(AT_FDCWD, path, TNS_NOFOLLOW, tns_raw3(SYS_lremovexattr, tns_ptr(name_.p), tns_ptr(name), 0));
}

/* By descriptor: what may be written through one need not be what may be changed about it. */
#define META_FD(fd, call)                                                    \
	do {                                                                 \
		int r_ = tns_check_fd(TNP_METADATA, fd);                     \
		return r_ < 0 ? tns_fail(r_) : answer(call);                 \
	} while (0)
TNS_WRAP(int, fchmod, (int fd, mode_t mode)) { META_FD(fd, tns_raw3(SYS_fchmod, fd, (long)mode, 0)); }
TNS_WRAP(int, fchown, (int fd, uid_t u, gid_t g)) { META_FD(fd, tns_raw3(SYS_fchown, fd, (long)u, (long)g)); }
TNS_WRAP(int, fsetxattr, (int fd, const char *name, const void *v, size_t n, int flags))
{
	META_FD(fd, tns_raw6(SYS_fsetxattr, fd, tns_ptr(name), tns_ptr(v), (long)n, flags, 0));
}
TNS_WRAP(int, fremovexattr, (int fd, const char *name)) { META_FD(fd, tns_raw3(SYS_fremovexattr, fd, tns_ptr(name), 0)); }
TNS_WRAP(int, futimens, (int fd, const struct timespec t[2])) { return do_utime(fd, NULL, t, 0); }
TNS_WRAP(int, futimes, (int fd, const struct timeval t[2])) { return do_utimes(fd, NULL, t, 0); }

/* ---------------------------------------------------------------- truncate */
/* The filter answers truncate(2) with ENOSYS: Landlock does not see it where the TRUNCATE right is not handled. */
static long by_descriptor(const char *path, off_t n)
{
	long fd = tns_raw4(SYS_openat, AT_FDCWD, tns_ptr(path), O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0);

	if (fd < 0)
		return fd;
	long r = tns_raw3(SYS_ftruncate, fd, n, 0);

	tns_raw1(SYS_close, fd);
	return r;
}
static int do_truncate(const char *path, off_t n)
{
	ONE(TNP_WRITE, AT_FDCWD, path, 0, tns_state.level >= 1 ? by_descriptor(name_.p, n) : tns_raw3(SYS_truncate, tns_ptr(name_.p), n, 0));
}
TNS_WRAP(int, truncate, (const char *path, off_t n)) { return do_truncate(path, n); }
TNS_WRAP(int, truncate64, (const char *path, off64_t n)) { return do_truncate(path, n); }

/* ---------------------------------------------------------------- the root */
/* Opens nothing; but from here on the kernel's names are not everybody else's. */
TNS_WRAP(int, chroot, (const char *path))
{
	char root[512];
	size_t n = 0;
	bool known = !tns_nowhere(path) && tns_on() && tns_root_moves(path, root, sizeof(root), &n);
	int x = answer(tns_raw1(SYS_chroot, tns_ptr(path)));

	if (x == 0 && known) {
		memcpy(tns_state.root, root, n + 1);
		tns_state.root_len = n;
	}
	return x;
}
