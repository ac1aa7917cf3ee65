/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <shim/session.h>
#include <tn_fail.h>
#include "launcher.h"

void tns_say(const char *fmt, ...)
{
	static const char WHO[] = "tenuo-shim run: ";
	char line[1024];
	size_t n = sizeof(WHO) - 1;
	va_list ap;

	memcpy(line, WHO, n);
	va_start(ap, fmt);
	n += tn_vfmt(line + n, sizeof(line) - n - 1, fmt, ap);
	va_end(ap);
	line[n++] = '\n';
	(void)!write(STDERR_FILENO, line, n);
}

/* A caller may close 0-2: our own descriptors must not land there, and the program must find them closed. */
static void guard_std(struct tns_job *j)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF) {
			j->closed_std |= (uint8_t)(1u << fd);
			if (open("/dev/null", O_RDWR) != fd) /* lowest free number: this one */
				break;
		}
}

static void hold_signals(struct tns_job *j)
{
	struct sigaction dfl = { .sa_handler = SIG_DFL }, was;
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &j->signals);
	sigaction(SIGCHLD, &dfl, &was); /* ignored, there would be nothing to wait for */
	j->sigchld_ignored = was.sa_handler == SIG_IGN;
}

static int refuse(struct tns_job *j, const struct tn_err *e)
{
	bool missing = e->code == TN_E_SYSTEM && e->sys_errno == ENOENT && !j->launch.path;

	tns_log_drop(&j->log, "refused");
	tns_places_remove(&j->places);
	tns_say("%s", e->msg); /* last: it may end us, where nobody reads it */
	tn_arena_free(&j->a);
	return missing ? TNS_EXIT_NOTFOUND : TNS_EXIT_REFUSED;
}

static int start(struct tns_job *j)
{
	struct tn_err e = { 0 };
	pid_t front = getpid(), keeper;
	int s[2];

	hold_signals(j);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, s) < 0 || (keeper = fork()) < 0) {
		(void)tn_fail_sys(&e, TN_E_SYSTEM, "the session's keeper cannot be made");
		return refuse(j, &e);
	}
	if (keeper == 0) {
		close(s[0]);
		tns_keeper(j, s[1], front);
	}
	close(s[1]);
	int status = tns_front(j, s[0], keeper);

	tn_arena_free(&j->a);
	return status;
}

int tns_run(const struct tns_run *r)
{
	struct tns_job j = { .r = r, .a = TN_ARENA_MALLOC, .rules = -1, .listener = -1, .log = { .fd = -1 } };
	struct tn_err e = { 0 };

	guard_std(&j);
	if (tns_prepare(&j, &e) != TN_OK)
		return refuse(&j, &e);
	tns_env_wipe();
	return start(&j);
}
