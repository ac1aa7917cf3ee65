/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the name a program uses to the object it means.  The hot path is lexical; only what it cannot settle asks the kernel, by
 * pinning the object with O_PATH and reading the pin's name.
 */
#include <string.h>
#include <sys/stat.h>
#include <tn_fail.h>
#include "preload.h"

#define PROC_FD "/proc/self/fd/"

static size_t fd_link(int fd, char out[40])
{
	return tn_fmt(out, 40, PROC_FD "%d", fd);
}

/* A name as the kernel gives it is relative to our root. */
static long under_root(char *out, size_t n, size_t cap)
{
	if (!tns_state.root_len)
		return (long)n;
	if (n + tns_state.root_len + 1 > cap)
		return -ENAMETOOLONG;
	memmove(out + tns_state.root_len, out, n + 1);
	memcpy(out, tns_state.root, tns_state.root_len);
	return (long)(n + tns_state.root_len);
}

long tns_fd_name(int fd, char *out, size_t cap)
{
	char link[40];

	fd_link(fd, link);
	long n = tns_raw4(SYS_readlinkat, AT_FDCWD, tns_ptr(link), tns_ptr(out), (long)(cap - 1));

	if (n < 0)
		return n;
	if (n == 0 || (size_t)n >= cap - 1 || out[0] != '/')
		return out[0] == '(' ? -ENOENT : 0; /* "(unreachable)": outside our root */
	out[n] = '\0';
	return under_root(out, (size_t)n, cap);
}

bool tns_root_moves(const char *path, char *out, size_t cap, size_t *len)
{
	long fd = tns_raw4(SYS_openat, AT_FDCWD, tns_ptr(path), O_PATH | O_DIRECTORY | O_CLOEXEC, 0);

	if (fd < 0)
		return false;
	long n = tns_fd_name((int)fd, out, cap);

	tns_raw1(SYS_close, fd);
	*len = n == 1 ? 0 : n > 0 ? (size_t)n : 0;
	return n > 0;
}

/* Where a relative name starts.  Length, 0 = unknown. */
static size_t base_of(int dirfd, char *out, size_t cap)
{
	long n = dirfd != AT_FDCWD ? tns_fd_name(dirfd, out, cap) : tns_raw3(SYS_getcwd, tns_ptr(out), (long)cap, 0);

	if (n <= 0 || out[0] != '/') /* "(unreachable)" has no slash in front */
		return 0;
	if (dirfd == AT_FDCWD)
		n = under_root(out, (size_t)n - 1, cap);
	return n > 0 ? (size_t)n : 0;
}

/* /lib/x -> /usr/lib/x: the distribution's own links, read once at start */
static size_t replace_link(char *out, size_t n, size_t cap)
{
	for (size_t i = 0; i < tns_state.nlinks; i++) {
		const struct tns_link *l = &tns_state.links[i];

		if (n < l->from.n || out[1] != l->from.p[1] || memcmp(out, l->from.p, l->from.n) != 0 || (n > l->from.n && out[l->from.n] != '/'))
			continue;
		if (n - l->from.n + l->to.n >= cap)
			return n;
		memmove(out + l->to.n, out + l->from.n, n - l->from.n);
		memcpy(out, l->to.p, l->to.n);
		n = n - l->from.n + l->to.n;
		out[n] = '\0';
		return n;
	}
	return n;
}

/* ".." directly behind the start is sure (the kernel names a directory without links); behind a name it may cross a link. */
static enum tns_norm append(const char *path, char *out, size_t *n, size_t cap)
{
	bool named = false;
	enum tns_norm sure = TNS_NORM_SURE;

	while (*path) {
		char *to = out + *n;
		size_t c = 0, room = cap - *n;

		if (room < 3)
			return TNS_NORM_BAD;
		for (; path[c] && path[c] != '/' && c + 2 < room; c++) /* taken back if it is no name */
			to[1 + c] = path[c];
		if (path[c] && path[c] != '/')
			return TNS_NORM_BAD;
		if (c == 2 && path[0] == '.' && path[1] == '.') {
			if (named)
				sure = TNS_NORM_UNSURE;
			while (*n > tns_state.root_len && out[--*n] != '/')
				;
		} else if (c && !(c == 1 && path[0] == '.')) {
			*to = '/';
			*n += 1 + c;
			named = true;
		}
		path += c;
		while (*path == '/')
			path++;
	}
	return sure;
}

enum tns_norm tns_normalize(int dirfd, const char *path, char *out, size_t cap, size_t *len)
{
	size_t n = 0;

	if (!path || !path[0])
		return TNS_NORM_BAD;
	if (path[0] == '/' && tns_state.root_len) {
		n = tns_state.root_len;
		memcpy(out, tns_state.root, n);
	} else if (path[0] != '/') {
		n = base_of(dirfd, out, cap);
		if (!n)
			return TNS_NORM_UNSURE;
		if (n == 1)
			n = 0; /* "/" */
	}
	enum tns_norm r = append(path, out, &n, cap);

	if (r == TNS_NORM_BAD)
		return r;
	if (n && path[strlen(path) - 1] == '/')
		r = TNS_NORM_UNSURE; /* "file/" is ENOTDIR: only the kernel knows */
	if (!n)
		out[n++] = '/';
	out[n] = '\0';
	*len = replace_link(out, n, cap);
	return r;
}

static int pin(int dirfd, const char *path, bool follow)
{
	return (int)tns_raw4(SYS_openat, dirfd, tns_ptr(path), O_PATH | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW), 0);
}

static void unpin(int fd)
{
	tns_raw1(SYS_close, fd);
}

/* Has the pin a name that stands for it?  A deleted file's name ends in " (deleted)" and has no links left. */
static int name_of_pin(int fd, char *out, size_t cap, size_t *len, bool *is_dir)
{
	struct stat st;
	long r = tns_raw4(SYS_newfstatat, fd, tns_ptr(""), tns_ptr(&st), AT_EMPTY_PATH);

	if (r < 0)
		return (int)r;
	*is_dir = S_ISDIR(st.st_mode);
	long n = tns_fd_name(fd, out, cap);

	*len = n > 0 ? (size_t)n : 0;
	if (n < 0) { /* a name that cannot be known is no name that could be allowed */
		*len = (size_t)(stpcpy(out, "(unknown)") - out);
		return 0;
	}
	return n ? 0 : -ENXIO; /* a pipe or socket behind /proc/self/fd: no name, nothing a path rule could say */
}

/* Split off the last component; "" base for names that end in a slash, "." or "..": those must exist. */
static const char *last_component(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;

	return strcmp(base, ".") == 0 || strcmp(base, "..") == 0 ? path + strlen(path) : base;
}

static int parent_and_base(int dirfd, const char *path, char *out, size_t cap, size_t *len)
{
	char *dir = out; /* the parent's name is needed only until it is pinned */
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/') /* mkdir("new/") */
		n--;
	if (n >= 4096 || n + 2 > cap)
		return -ENAMETOOLONG;
	char trimmed[256]; /* the last component: NAME_MAX */
	size_t from = n;

	while (from > 0 && path[from - 1] != '/')
		from--;
	if (n == from)
		return -EEXIST; /* "/" itself */
	if (n - from >= sizeof(trimmed))
		return -ENAMETOOLONG;
	memcpy(trimmed, path + from, n - from);
	trimmed[n - from] = '\0';
	if (strcmp(trimmed, ".") == 0 || strcmp(trimmed, "..") == 0)
		return -EINVAL;
	if (from) {
		memcpy(dir, path, from);
		dir[from] = '\0';
	} else {
		memcpy(dir, ".", 2);
	}
	int fd = pin(dirfd, dir, true);
	bool is_dir = false;

	if (fd < 0)
		return fd;
	int r = name_of_pin(fd, out, cap, len, &is_dir);

	unpin(fd);
	if (r < 0)
		return r;
	if (!is_dir)
		return -ENOTDIR;
	if (out[0] != '/')
		return 0; /* unknown */
	if (*len + 1 + (n - from) + 1 > cap)
		return -ENAMETOOLONG;
	if (*len > 1)
		out[(*len)++] = '/';
	memcpy(out + *len, trimmed, n - from + 1);
	*len += n - from;
	return 0;
}

/* A name that is a link to nothing yet: O_CREAT makes what it points to. */
static int new_object(int dirfd, const char *path, char *out, size_t cap, size_t *len)
{
	char target[1024];
	int r = parent_and_base(dirfd, path, out, cap, len);

	for (int hops = 0; r == 0 && out[0] == '/'; hops++) {
		long n = tns_raw4(SYS_readlinkat, AT_FDCWD, tns_ptr(out), tns_ptr(target), (long)sizeof(target) - 1);

		if (n < 0)
			return 0; /* not a link: this is the name */
		if (hops == 40 || n == (long)sizeof(target) - 1)
			return -ELOOP;
		target[n] = '\0';
		char *slash = strrchr(out, '/');

		slash[slash == out] = '\0'; /* the link's directory */
		long at = target[0] == '/' ? AT_FDCWD : tns_raw4(SYS_openat, AT_FDCWD, tns_ptr(out), O_PATH | O_DIRECTORY | O_CLOEXEC, 0);

		if (at < 0 && at != AT_FDCWD)
			return (int)at;
		r = parent_and_base((int)at, target, out, cap, len);
		if (at != AT_FDCWD)
			unpin((int)at);
	}
	return r;
}

int tns_pin(int dirfd, const char *path, bool follow, char *out, size_t cap, size_t *len, bool *is_dir)
{
	int fd = pin(dirfd, path, follow);
	int r = fd < 0 ? fd : name_of_pin(fd, out, cap, len, is_dir);

	if (r == 0)
		return fd;
	if (fd >= 0)
		unpin(fd);
	return r;
}

int tns_object(int dirfd, const char *path, bool follow, bool create, char *out, size_t cap, size_t *len, bool *is_dir, bool *exists)
{
	*exists = true;
	*is_dir = false;
	/* What is acted on without following is a name in a directory: the parent counts, and the name as it is. */
	if (!follow && last_component(path)[0]) {
		int fd = pin(dirfd, path, false);
		struct stat st;

		if (fd >= 0) {
			if (tns_raw4(SYS_newfstatat, fd, tns_ptr(""), tns_ptr(&st), AT_EMPTY_PATH) == 0)
				*is_dir = S_ISDIR(st.st_mode);
			unpin(fd);
		} else if (fd != -ENOENT || !create) {
			return fd;
		}
		*exists = fd >= 0;
		return parent_and_base(dirfd, path, out, cap, len);
	}
	int fd = pin(dirfd, path, true);

	if (fd >= 0) {
		int r = name_of_pin(fd, out, cap, len, is_dir);

		unpin(fd);
		return r;
	}
	if (fd != -ENOENT || !create)
		return fd;
	*exists = false;
	return new_object(dirfd, path, out, cap, len);
}
