/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The session's identity and its places: the directory that later processes find by its number, and the private TMPDIR.
 *
 * MUST: use a directory only if it is ours and nobody else can write there: /tmp belongs to everybody.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <tn_fail.h>
#include "launcher.h"
#include <tenuo/tenuo.h>

#define BACKLOG 512

enum tn_code tns_make_dirs(const char *path, mode_t mode, struct tn_err *e)
{
	char buf[TNS_PATH];
	size_t n = strlen(path);

	if (n == 0 || n >= sizeof(buf))
		return tn_fail(e, TN_E_SYSTEM, "cannot make %s: its name is too long", path);
	memcpy(buf, path, n + 1);
	for (char *p = buf + 1;; p++) {
		char c = *p;

		if (c != '/' && c != 0)
			continue;
		*p = 0;
		if (mkdir(buf, mode) < 0 && errno != EEXIST && errno != EISDIR && errno != EROFS && errno != EACCES)
			return tn_fail_sys(e, TN_E_SYSTEM, "cannot make %s", buf);
		*p = c;
		if (c == 0)
			break;
	}
	struct stat st;

	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		return tn_fail_sys(e, TN_E_SYSTEM, "cannot make %s", path);
	return TN_OK;
}

static bool ours(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() && (st.st_mode & 022) == 0;
}

/* Makes the base if it may; the answer is whether it can be trusted now. */
static bool base(const char *path, mode_t mode)
{
	if (mkdir(path, mode) == 0 && chmod(path, mode) < 0)
		return false;
	return ours(path);
}

/* The order is part of the contract, <shim/session.h>. */
static bool make_dir(struct tns_places *p)
{
	mode_t mode = geteuid() == 0 ? 0755 : 0700;
	char bases[3][64];

	tn_fmt(bases[0], sizeof(bases[0]), "/run/tenuo-shim");
	tn_fmt(bases[1], sizeof(bases[1]), "/run/user/%u/tenuo-shim", geteuid());
	tn_fmt(bases[2], sizeof(bases[2]), "/tmp/tenuo-shim-%u", geteuid());
	for (size_t i = geteuid() == 0 ? 0 : 1; i < 3; i++) {
		if (!base(bases[i], mode))
			continue;
		tn_fmt(p->dir, sizeof(p->dir), "%s/%s", bases[i], p->hex);
		if (mkdir(p->dir, mode) == 0 && chmod(p->dir, mode) == 0)
			return true;
	}
	p->dir[0] = 0;
	return false;
}

static bool make_tmp(struct tns_places *p)
{
	const char *const where[] = { getenv("TMPDIR"), "/tmp", "/var/tmp" };

	for (size_t i = 0; i < 3; i++) {
		if (!where[i] || where[i][0] != '/' || strlen(where[i]) > 3000)
			continue;
		tn_fmt(p->tmp, sizeof(p->tmp), "%s/tenuo-shim-%s", where[i], p->hex);
		if (mkdir(p->tmp, 0700) == 0 && chmod(p->tmp, 0700) == 0)
			return true;
	}
	p->tmp[0] = 0;
	return false;
}

enum tn_code tns_places_make(struct tns_places *p, bool want_tmp, struct tn_err *e)
{
	if (getrandom(p->id, sizeof(p->id), 0) != (ssize_t)sizeof(p->id))
		return tn_fail_sys(e, TN_E_SYSTEM, "no random number for the session");
	tn_hex(p->id, sizeof(p->id), p->hex);
	if (!make_dir(p))
		return tn_fail(e, TN_E_SYSTEM, "cannot make the session's directory below /run, /run/user/%u or /tmp", geteuid());
	if (want_tmp && !make_tmp(p))
		return tn_fail(e, TN_E_SYSTEM, "cannot make a private TMPDIR below $TMPDIR, /tmp or /var/tmp");
	return TN_OK;
}

static bool write_all(int fd, const uint8_t *p, size_t n)
{
	while (n > 0) {
		ssize_t w = write(fd, p, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			return false;
		p += w;
		n -= (size_t)w;
	}
	return true;
}

enum tn_code tns_places_plan(const struct tns_places *p, struct tn_bytes plan, struct tn_err *e)
{
	char path[TNS_PATH + 8];
	int fd;

	tn_fmt(path, sizeof(path), "%s/plan", p->dir);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, geteuid() == 0 ? 0444 : 0400);
	if (fd < 0)
		return tn_fail_sys(e, TN_E_SYSTEM, "cannot make %s", path);
	bool ok = write_all(fd, plan.p, plan.n);

	if (close(fd) < 0 || !ok)
		return tn_fail_sys(e, TN_E_SYSTEM, "cannot write %s", path);
	return TN_OK;
}

enum tn_code tns_places_listen(const struct tns_places *p, int *fd, struct tn_err *e)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	mode_t mode = geteuid() == 0 ? 0666 : 0600; /* below root's 0755: in audit a process may have become another user */

	if (tn_fmt(sa.sun_path, sizeof(sa.sun_path), "%s/log", p->dir) + 1 >= sizeof(sa.sun_path))
		return tn_fail(e, TN_E_SYSTEM, "the session's directory has too long a name");
	*fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*fd < 0 || bind(*fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 || chmod(sa.sun_path, mode) < 0 || listen(*fd, BACKLOG) < 0)
		return tn_fail_sys(e, TN_E_SYSTEM, "cannot listen on the session's socket");
	return TN_OK;
}

/* ---- removing ---- */

#define DEEP 64 /* each level holds a descriptor; what is deeper is moved up to the top and removed from there */

/* The directory itself, whatever its mode: made ours to enter first, and never through a link. */
static int enter(int dirfd, const char *name)
{
	char self[40];
	int at = openat(dirfd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), fd;

	if (at < 0)
		return -1;
	tn_fmt(self, sizeof(self), "/proc/self/fd/%d", at);
	fd = chmod(self, 0700) < 0 ? -1 : openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	close(at);
	return fd;
}

struct removal { int top; unsigned moved; };

static void move_up(struct removal *r, int dirfd, const char *name)
{
	char to[40];

	tn_fmt(to, sizeof(to), ".tenuo-shim-deep-%u", r->moved);
	if (renameat2(dirfd, name, r->top, to, RENAME_NOREPLACE) == 0)
		r->moved++;
}

/* Someone outside may race with us; then something stays. */
static void empty_dir(struct removal *r, int fd, int depth)
{
	DIR *d = fdopendir(fd);
	struct dirent *de;

	if (!d) {
		close(fd);
		return;
	}
	while ((de = readdir(d))) {
		int sub;

		if (strcmp(de->d_name, ".") == 0 || strcmp(de->d_name, "..") == 0)
			continue;
		if (unlinkat(fd, de->d_name, 0) == 0 || (errno != EISDIR && errno != EPERM))
			continue;
		sub = enter(fd, de->d_name);
		if (sub >= 0 && depth < DEEP)
			empty_dir(r, sub, depth + 1);
		else if (sub >= 0) {
			close(sub);
			move_up(r, fd, de->d_name);
		}
		unlinkat(fd, de->d_name, AT_REMOVEDIR);
	}
	closedir(d);
}

static void remove_tree(const char *path)
{
	struct removal r = { 0 };
	unsigned before;

	if (!path[0])
		return;
	do { /* until nothing is left, or nothing that we may remove */
		before = r.moved;
		r.top = enter(AT_FDCWD, path);
		int fd = r.top < 0 ? -1 : openat(r.top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (fd >= 0)
			empty_dir(&r, fd, 0);
		if (r.top >= 0)
			close(r.top);
	} while (r.moved != before);
	rmdir(path);
}

void tns_places_remove(const struct tns_places *p)
{
	remove_tree(p->tmp);
	remove_tree(p->dir);
}
