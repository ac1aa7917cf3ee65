/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keeper: parent of the program, subreaper of what it leaves behind, writer of the log, end of the session.
 *
 * MUST: outlive the front; hold no descriptor of the caller's; end every descendant at expires_at, whatever the clocks are set to.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <shim/session.h>
#include <tn_fail.h>
#include "launcher.h"

#define NS 1000000000LL
#define GRACE_NS (10 * NS)

enum { F_FRONT, F_RECORD, F_CHILD, F_REAL, F_BOOT, NFDS };

struct keeper {
	struct tns_job *j;
	struct tns_record *rec;
	int fd[NFDS];
	pid_t front;
	pid_t program;      /* 0: has ended and was reaped */
	int status;
	bool ended, told;   /* the program; the front about it */
	bool warned, expired;
	int64_t grace;      /* ns */
};

/* ---- to the front ---- */

static void tell(struct keeper *k, enum tns_word word, int number, const char *text)
{
	struct tns_message m = { .word = word, .number = number };

	if (k->fd[F_FRONT] < 0)
		return;
	if (text)
		memcpy(m.text, text, strnlen(text, sizeof(m.text) - 1));
	(void)!send(k->fd[F_FRONT], &m, sizeof(m), MSG_NOSIGNAL); /* a front that is gone needs to know nothing */
}

/*
 * A front that is stopped reads nothing, and a session can stop and go on for ever: waiting for room here would stop the clock.  One
 * such word says all that the next would.
 */
static void tell_stopped(struct keeper *k, int sig)
{
	int unread = 0;

	if (k->fd[F_FRONT] >= 0 && ioctl(k->fd[F_FRONT], SIOCOUTQ, &unread) == 0 && unread == 0)
		tell(k, TNS_W_STOPPED, sig, NULL);
}

/* It was stopped with the program; the program has ended, or somebody else than the shell continued it. */
static void continue_front(const struct keeper *k)
{
	if (k->fd[F_FRONT] >= 0 && getppid() == k->front)
		kill(k->front, SIGCONT);
}

static _Noreturn void leave(struct keeper *k, int status)
{
	tns_places_remove(&k->j->places);
	tell(k, TNS_W_DONE, 0, NULL);
	_exit(status);
}

static _Noreturn void refuse(struct keeper *k, int status, const char *why)
{
	tell(k, TNS_W_FAILED, status, why);
	leave(k, status);
}

/* ---- time ---- */

static int64_t clock_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * NS + t.tv_nsec;
}

/* The earlier of the wall clock and the start plus what has passed: a clock set back never gives life. */
static int64_t left(const struct keeper *k)
{
	int64_t end = k->j->expires * NS;
	int64_t by_wall = end - clock_ns(CLOCK_REALTIME);
	int64_t by_boot = end - k->j->started - (clock_ns(CLOCK_BOOTTIME) - k->j->started_boot);

	return by_wall < by_boot ? by_wall : by_boot;
}

static bool arm_one(int fd, int64_t at, int flags)
{
	struct itimerspec t = { .it_value = { .tv_sec = at / NS, .tv_nsec = at % NS } };

	if (at <= 0)
		t.it_value = (struct timespec){ .tv_nsec = 1 };
	return timerfd_settime(fd, TFD_TIMER_ABSTIME | flags, &t, NULL) == 0;
}

static void arm(struct keeper *k)
{
	int64_t end = k->j->expires * NS - (k->warned ? 0 : k->grace);
	bool ok;

	if (!k->j->expires || k->expired)
		return;
	ok = arm_one(k->fd[F_REAL], end, TFD_TIMER_CANCEL_ON_SET);
	ok &= arm_one(k->fd[F_BOOT], end - k->j->started + k->j->started_boot, 0);
	if (!ok)
		k->grace = INT64_MAX; /* cannot happen with our arguments; then the loop's own time-out looks every second */
}

static bool make_timers(struct keeper *k)
{
	int64_t life = k->j->expires * NS - k->j->started;

	k->fd[F_REAL] = k->fd[F_BOOT] = -1;
	if (!k->j->expires)
		return true;
	k->grace = life / 10 < GRACE_NS ? life / 10 : GRACE_NS;
	k->fd[F_REAL] = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	k->fd[F_BOOT] = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	arm(k);
	return k->fd[F_REAL] >= 0 && k->fd[F_BOOT] >= 0;
}

/* ---- children ---- */

static void program_ended(struct keeper *k, int status)
{
	k->ended = true;
	k->status = status;
	k->program = 0;
}

static void reap(void *ctx)
{
	struct keeper *k = ctx;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED | WCONTINUED | __WALL)) > 0) {
		if (pid != k->program)
			continue;
		if (WIFSTOPPED(status))
			tell_stopped(k, WSTOPSIG(status));
		else if (WIFCONTINUED(status))
			continue_front(k);
		else
			program_ended(k, status);
	}
}

static bool alone(void)
{
	siginfo_t si;

	return waitid(P_ALL, 0, &si, WEXITED | WNOHANG | WNOWAIT | __WALL) < 0 && errno == ECHILD;
}

/* ---- the end ---- */

static void say_lost(const struct keeper *k, char *out, size_t cap)
{
	uint64_t lost = tns_record_counts(k->rec).lost;

	if (!lost || k->j->r->quiet || cap < 128)
		return;
	size_t n = tn_fmt(out, cap - 1, "tenuo-shim run: %llu %s missing from the log", (unsigned long long)lost, lost == 1 ? "line is" : "lines are");

	out[n] = '\n';
	out[n + 1] = 0;
}

static void closing(struct keeper *k, char out[TNS_CLOSING])
{
	bool failed = !WIFEXITED(k->status) || WEXITSTATUS(k->status) != 0;
	size_t n = 0;

	out[0] = 0;
	if (k->expired || k->warned)
		n = tn_fmt(out, TNS_CLOSING, "tenuo-shim: the warrant has ended, and the session with it");
	if (n)
		out[n++] = '\n';
	out[n] = 0;
	n += tns_record_closing(k->rec, failed, out + n, TNS_CLOSING - n);
	say_lost(k, out + n, TNS_CLOSING - n);
}

static void tell_end(struct keeper *k)
{
	char text[TNS_CLOSING];

	if (k->told)
		return;
	k->told = true;
	closing(k, text);
	tell(k, TNS_W_ENDED, k->status, text);
	continue_front(k); /* whoever waits for it does not wait for a stopped process */
}

static void write_end(struct keeper *k)
{
	char extra[TNS_WORDS_MAX];

	tns_words_end(k->j, k->rec, k->status, k->expired, extra, sizeof(extra));
	(void)!tns_record_session(k->rec, "session.end", extra); /* counted as lost by the record itself */
}

/* After each round: is the session over? */
static void maybe_end(struct keeper *k)
{
	if (!k->ended)
		return;
	tns_record_serve(k->rec, true);
	if (k->j->r->on_exit == TNS_KILL && !alone()) {
		tns_tree_end(getpid(), reap, k);
		tns_record_serve(k->rec, true);
	}
	if (!alone()) {
		if (k->j->r->on_exit == TNS_KEEP)
			tell_end(k);
		return;
	}
	write_end(k);
	tns_places_remove(&k->j->places);
	tell_end(k);
	leave(k, 0);
}

/* ---- expiry (enforce only: audit blocks nothing) ---- */

static void warn(struct keeper *k, int64_t rest)
{
	char extra[TNS_WORDS_MAX];

	k->warned = true;
	tns_words_expiring(k->j, rest / 1000000, extra, sizeof(extra));
	(void)!tns_record_session(k->rec, "session.expiring", extra);
	tns_tree_signal(getpid(), SIGTERM);
	tns_tree_signal(getpid(), SIGCONT); /* who is stopped cannot end in order */
}

static void look_at_time(struct keeper *k)
{
	int64_t rest;
	uint64_t ticks;

	if (!k->j->expires || k->expired)
		return;
	(void)!read(k->fd[F_REAL], &ticks, sizeof(ticks)); /* also clears "the clock was set" */
	(void)!read(k->fd[F_BOOT], &ticks, sizeof(ticks));
	rest = left(k);
	if (rest <= 0) {
		if (!k->warned)
			warn(k, 0);
		k->expired = true;
		tns_tree_end(getpid(), reap, k);
		return;
	}
	if (rest <= k->grace && !k->warned)
		warn(k, rest);
	arm(k);
}

/* ---- from the front ---- */

static void hear(struct keeper *k)
{
	struct tns_message m;
	ssize_t n = recv(k->fd[F_FRONT], &m, sizeof(m), MSG_DONTWAIT);

	if (n == (ssize_t)sizeof(m) && m.word == TNS_W_SIGNAL && k->program > 0)
		kill(k->program, m.number); /* not reaped yet, so the number is still its */
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
		close(k->fd[F_FRONT]); /* killed: the session goes on, held as before */
		k->fd[F_FRONT] = -1;
	}
}

static _Noreturn void serve(struct keeper *k)
{
	struct signalfd_siginfo si;

	for (;;) {
		struct pollfd p[NFDS];

		for (int i = 0; i < NFDS; i++)
			p[i] = (struct pollfd){ .fd = k->fd[i], .events = POLLIN };
		if (poll(p, NFDS, k->grace == INT64_MAX ? 1000 : -1) < 0 && errno != EINTR)
			abort();
		look_at_time(k);
		if (p[F_RECORD].revents)
			tns_record_serve(k->rec, false);
		if (p[F_CHILD].revents)
			(void)!read(k->fd[F_CHILD], &si, sizeof(si));
		reap(k);
		if (p[F_FRONT].revents)
			hear(k);
		maybe_end(k);
	}
}

/* ---- the start ---- */

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

void tns_close_others(int *keep, size_t n)
{
	unsigned from = 3;

	qsort(keep, n, sizeof(*keep), by_number);
	for (size_t i = 0; i < n; i++) {
		if (keep[i] < 3)
			continue;
		if ((unsigned)keep[i] > from)
			syscall(436 /* close_range */, from, (unsigned)keep[i] - 1, 0);
		from = (unsigned)keep[i] + 1;
	}
	syscall(436, from, ~0u, 0);
}

void tns_std_to_null(int first, int last)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int i = first; fd >= 0 && i <= last; i++)
		dup2(fd, i);
	if (fd > 2)
		close(fd);
}

/* Nothing of the caller's stays open here, so that pipes end when the program ends; what is left needs no capability. */
static void settle(struct keeper *k)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { { 0 } };
	int keep[] = { k->fd[F_FRONT], k->fd[F_RECORD], k->fd[F_CHILD], k->fd[F_REAL], k->fd[F_BOOT], k->j->listener, k->j->log.fd };

	tns_std_to_null(0, 2);
	tns_close_others(keep, sizeof(keep) / sizeof(*keep));
	(void)!chdir("/");
	if (k->j->enforce)
		syscall(SYS_capset, &head, none);
}

static _Noreturn void become_program(struct keeper *k, pid_t front, int report)
{
	if (k->j->sigchld_ignored)
		signal(SIGCHLD, SIG_IGN);
	sigprocmask(SIG_SETMASK, &k->j->signals, NULL);
	tns_child(k->j, front, getppid(), report);
}

static void start_program(struct keeper *k, pid_t front)
{
	struct tns_seal_error err;
	int p[2];
	ssize_t n;

	if (pipe2(p, O_CLOEXEC) < 0)
		refuse(k, TNS_EXIT_REFUSED, "no pipe for the program's start");
	k->program = fork();
	if (k->program < 0)
		refuse(k, TNS_EXIT_REFUSED, "the program's process cannot be made");
	if (k->program == 0)
		become_program(k, front, p[1]);
	setsid(); /* only now: the program stays in the terminal's session and in the front's group; it waits for this */
	close(p[1]);
	do
		n = read(p[0], &err, sizeof(err));
	while (n < 0 && errno == EINTR);
	close(p[0]);
	if (n == 0)
		return; /* closed by execve: it runs */
	waitpid(k->program, NULL, 0);
	refuse(k, n == (ssize_t)sizeof(err) ? err.status : TNS_EXIT_REFUSED, n == (ssize_t)sizeof(err) ? err.msg : "the program did not start");
}

static _Noreturn void no_log(struct keeper *k)
{
	struct tn_err e = { 0 };

	(void)tn_fail_sys(&e, TN_E_LOG, "the log %s cannot be written", k->j->log.path[0] ? k->j->log.path : k->j->r->log);
	tns_log_drop(&k->j->log, "");
	refuse(k, TNS_EXIT_REFUSED, e.msg);
}

static void first_event(struct keeper *k)
{
	char extra[TNS_WORDS_MAX];

	tns_words_start(k->j, extra, sizeof(extra));
	if (!tns_record_session(k->rec, "session.start", extra) && k->j->enforce)
		no_log(k); /* whatever is recorded would be denied, one by one */
}

void tns_keeper(struct tns_job *j, int front_sock, pid_t front)
{
	struct keeper k = { .j = j, .front = front, .fd = { [F_FRONT] = front_sock } };
	sigset_t child;

	prctl(PR_SET_NAME, "tenuo-keeper", 0, 0, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	k.fd[F_CHILD] = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	k.rec = tns_record_new(j);
	if (k.fd[F_CHILD] < 0 || !k.rec || !make_timers(&k))
		refuse(&k, TNS_EXIT_REFUSED, "out of memory or descriptors");
	k.fd[F_RECORD] = tns_record_epoll(k.rec);
	first_event(&k);
	start_program(&k, front);
	settle(&k);
	tns_record_never_wait();
	tell(&k, TNS_W_STARTED, k.program, NULL);
	serve(&k);
}
