/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <shim/session.h>
#include <tn_fail.h>
#include "launcher.h"

void tns_say(const char *fmt, ...)
{
	char text[1024];
	va_list ap;
	size_t n = tn_fmt(text, sizeof(text), "tenuo-shim run: ");

	va_start(ap, fmt);
	n += tn_vfmt(text + n, sizeof(text) - n - 1, fmt, ap);
	va_end(ap);
	text[n++] = '\n';
	if (write(STDERR_FILENO, text, n) < 0)
		return; /* nobody to tell */
}

/* Descriptors 0-2 must be something before we open others; the program gets them back closed. */
static void hold_std(struct tns_job *j)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd ? O_WRONLY : O_RDONLY) == fd)
			j->closed_std |= (uint8_t)(1u << fd);
}

/* What we opened is marked to close at execve; what came with our own execve cannot be. */
static bool inherited(int fd)
{
	int flags = fcntl(fd, F_GETFD);

	return fd > 2 && flags >= 0 && !(flags & FD_CLOEXEC);
}

void tns_let_go(int keep)
{
	DIR *d = opendir("/proc/self/fd");
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct dirent *de;

	for (int fd = 0; null >= 0 && fd <= 2; fd++)
		if (!keep || fd != keep)
			dup2(null, fd);
	if (null >= 0)
		close(null);
	while (d && (de = readdir(d))) {
		int fd = (int)strtol(de->d_name, NULL, 10); /* "." and "..": 0 */

		if (inherited(fd))
			close(fd);
	}
	if (d)
		closedir(d);
}

static void clocks(struct tns_job *j)
{
	struct timespec real, boot;

	clock_gettime(CLOCK_REALTIME, &real);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	j->started = real.tv_sec;
	j->started_ns = real.tv_nsec;
	j->started_boot = boot.tv_sec * 1000000000LL + boot.tv_nsec;
}

static int refuse(struct tns_job *j, const struct tn_err *e)
{
	int status = e->code == TN_E_SYSTEM && e->sys_errno == 2 ? TNS_EXIT_NOTFOUND : TNS_EXIT_REFUSED;

	tns_log_drop(&j->log, "");
	tns_places_remove(&j->places);
	tns_say("not started: %s", e->msg); /* last: it may end us, where nobody reads it */
	tn_arena_free(&j->a);
	return status;
}

static void notes(const struct tns_job *j)
{
	if (j->r->quiet)
		return;
	if (j->r->dev_mode)
		tns_say("TENUO_DEV_MODE: the issuer's own key is the trusted root; not for production");
	if (j->mode != j->r->mode)
		tns_say("the policy's rollout leaves this session out: %s mode", tnp_mode_name(j->mode));
	if (j->level >= 1 && j->plan->opens_everything)
		tns_say("the warrant opens everything, this session's log, key and program too");
	if (j->log.fd < 0 && j->log.why_none[0])
		tns_say("no log: %s", j->log.why_none);
	if (j->launch.shim)
		tns_say("%s is a shim of %s; running %s", j->launch.shim, j->launch.manager, j->launch.path);
	if (j->enforce && j->level == 0)
		tns_say("level 0: nothing is held by the kernel; programs that do not use libc are not held at all");
	else if (!j->preload && !j->launch.elf.elf)
		return;
	else if (!j->preload && j->level == 0)
		tns_say("%s cannot load the library (static, musl, set-id or 32-bit): nothing of it is seen", j->r->argv[0]);
}

int tns_run(const struct tns_run *r)
{
	struct tns_job j = { .r = r, .rules = -1, .listener = -1, .log = { .fd = -1 }, .a = TN_ARENA_MALLOC };
	struct tn_err e = { 0 };
	sigset_t all;
	int pair[2];

	hold_std(&j);
	clocks(&j);
	if (tns_prepare(&j, &e) != TN_OK)
		return refuse(&j, &e);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &j.before); /* SIGPIPE too: whoever reads our notes may be gone */
	notes(&j);
	tns_env_wipe();
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		(void)tn_fail_sys(&e, TN_E_SYSTEM, "no socket between launcher and keeper");
		return refuse(&j, &e);
	}
	pid_t front = getpid(), keeper = fork();

	if (keeper < 0) {
		(void)tn_fail_sys(&e, TN_E_SYSTEM, "cannot fork");
		return refuse(&j, &e);
	}
	if (keeper == 0) {
		close(pair[0]);
		tns_keeper(&j, pair[1], front);
	}
	close(pair[1]);
	close(j.listener);
	if (j.rules >= 0)
		close(j.rules);
	if (j.log.fd >= 0)
		close(j.log.fd);
	return tns_front(&j, pair[0], keeper);
}
