/* SPDX-License-Identifier: Apache-2.0 */
/* Where the log goes (design section 11).  Appended to, 0600, never truncated. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <shim/elf.h>
#include <tn_fail.h>
#include "launcher.h"

#define OPEN_FLAGS (O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK) /* a FIFO without a reader must not hang us */

static enum tn_code use_fd(struct tns_log *log, int fd, const char *name, struct tn_err *e)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY || (flags & O_PATH))
		return tn_fail(e, TN_E_LOG, "the log %s is not open for writing", name);
	log->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (log->fd < 0)
		return tn_fail_sys(e, TN_E_LOG, "the log %s", name);
	log->terminal = true;
	return TN_OK;
}

static enum tn_code use_number(struct tns_log *log, const char *name, struct tn_err *e)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(name + 3, &end, 10);
	if (errno || end == name + 3 || *end || n < 0 || n > INT_MAX)
		return tn_fail(e, TN_E_LOG, "the log %s: fd:N takes the number of a descriptor", name);
	return use_fd(log, (int)n, name, e);
}

/* What the kernel calls it: a name above it may be a link. */
static bool true_name(int fd, char out[TNS_PATH])
{
	char link[64];
	ssize_t n;

	tn_fmt(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, out, TNS_PATH - 1);
	if (n <= 0 || out[0] != '/')
		return false;
	out[n] = 0;
	return true;
}

static enum tn_code use_path(struct tns_log *log, const char *path, struct tn_err *e)
{
	struct stat st;

	log->fd = open(path, OPEN_FLAGS | O_CREAT | O_EXCL, 0600);
	log->made = log->fd >= 0;
	if (log->fd < 0 && errno == EEXIST)
		log->fd = open(path, OPEN_FLAGS);
	if (log->fd < 0)
		return tn_fail_sys(e, TN_E_LOG, "cannot write the log %s", path);
	if (fstat(log->fd, &st) < 0 || !true_name(log->fd, log->path)) {
		tns_log_drop(log, "it has no name");
		return tn_fail(e, TN_E_LOG, "the log %s has no name that can be protected", path);
	}
	if (S_ISREG(st.st_mode))
		return TN_OK;
	log->terminal = true; /* a device, a pipe: not a file that could be rewritten */
	log->path[0] = 0;
	return TN_OK;
}

static bool default_place(char *out, size_t cap, const char id[33])
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	size_t n;

	if (geteuid() == 0)
		n = tn_fmt(out, cap, "/var/log/tenuo-shim");
	else if (state && state[0] == '/')
		n = tn_fmt(out, cap, "%s/tenuo-shim", state);
	else if (home && home[0] == '/')
		n = tn_fmt(out, cap, "%s/.local/state/tenuo-shim", home);
	else
		return false;
	struct tn_err e;

	if (n + 40 >= cap || tns_make_dirs(out, 0700, &e) != TN_OK)
		return false;
	tn_fmt(out + n, cap - n, "/%s.jsonl", id);
	return true;
}

static void use_default(struct tns_log *log, const char id[33])
{
	char path[TNS_PATH];
	struct tn_err e = { 0 };

	if (!default_place(path, sizeof(path), id))
		tn_fmt(log->why_none, sizeof(log->why_none), "there is no place for it; name one with --log");
	else if (use_path(log, path, &e) != TN_OK)
		tn_fmt(log->why_none, sizeof(log->why_none), "%s", e.msg);
}

enum tn_code tns_log_open(const struct tns_run *r, const char id[33], struct tns_log *log, struct tn_err *e)
{
	*log = (struct tns_log){ .fd = -1 };
	if (!r->log) {
		use_default(log, id);
		return TN_OK;
	}
	if (strcmp(r->log, "stderr") == 0)
		return use_fd(log, STDERR_FILENO, r->log, e);
	if (strncmp(r->log, "fd:", 3) == 0)
		return use_number(log, r->log, e);
	if (strcmp(r->log, "syslog") == 0 || strcmp(r->log, "journal") == 0)
		return tn_fail(e, TN_E_NOT_YET, "the log %s is not in this version yet", r->log);
	return use_path(log, r->log, e);
}

void tns_log_drop(struct tns_log *log, const char *why)
{
	struct stat st;

	if (log->fd < 0)
		return;
	if (log->made && log->path[0] && fstat(log->fd, &st) == 0 && st.st_size == 0)
		unlink(log->path);
	close(log->fd);
	log->fd = -1;
	log->path[0] = 0;
	tn_fmt(log->why_none, sizeof(log->why_none), "%s", why);
}
