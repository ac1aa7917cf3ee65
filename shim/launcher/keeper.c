/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parent of the program: reaps, keeps time, and alone writes the log.
 *
 * MUST NOT depend on the front: where that is killed the session stays held and recorded.  MUST be out of the session's reach.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <shim/session.h>
#include <tn_fail.h>
#include "launcher.h"

struct keeper {
	struct tns_job *j;
	struct tns_record *record;
	int front, signals, real, boot; /* sockets and timers; front -1: gone */
	pid_t program, front_pid;
	bool ended, told, warned, expired;
	int status;
};

/* ---------------------------------------------------------------- talking to the front */
static void tell(struct keeper *k, enum tns_word word, int number, const char *text)
{
	struct tns_message m = { .word = word, .number = number };

	if (k->front < 0)
		return;
	if (text)
		memcpy(m.text, text, strnlen(text, sizeof(m.text) - 1));
	if (send(k->front, &m, sizeof(m), MSG_NOSIGNAL) < 0 && errno != EINTR) {
		close(k->front);
		k->front = -1;
	}
}

/*
 * A front that is stopped reads nothing, and a session can stop and go on for ever: waiting for room here would stop the clock.  One
 * such word says all that the next would.
 */
static void tell_stopped(struct keeper *k, int sig)
{
	int unread = 0;

	if (k->front >= 0 && ioctl(k->front, SIOCOUTQ, &unread) == 0 && unread == 0)
		tell(k, TNS_W_STOPPED, sig, NULL);
}

/* It was stopped with the program; the program has ended, or somebody else than the shell continued it. */
static void continue_front(const struct keeper *k)
{
	if (k->front >= 0 && getppid() == k->front_pid)
		kill(k->front_pid, SIGCONT);
}

static void hear(struct keeper *k)
{
	struct tns_message m;
	ssize_t n = recv(k->front, &m, sizeof(m), MSG_DONTWAIT);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
		close(k->front);
		k->front = -1;
		return;
	}
	if (n == (ssize_t)sizeof(m) && m.word == TNS_W_SIGNAL && !k->ended)
		kill(k->program, m.number);
}

/* ---------------------------------------------------------------- time */
/* The later of both clocks: a clock set back never gives life, a suspended machine has not stopped the warrant. */
static int64_t now_ns(const struct tns_job *j)
{
	struct timespec real, boot;

	clock_gettime(CLOCK_REALTIME, &real);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	int64_t a = real.tv_sec * 1000000000LL + real.tv_nsec;
	int64_t b = j->started * 1000000000LL + j->started_ns + (boot.tv_sec * 1000000000LL + boot.tv_nsec - j->started_boot);

	return a > b ? a : b;
}

static int64_t grace_ns(const struct tns_job *j)
{
	int64_t tenth = (j->expires - j->started) * 100000000LL, most = 10 * 1000000000LL;

	return tenth < most ? tenth : most;
}

static struct itimerspec at(int64_t ns)
{
	return (struct itimerspec){ .it_value = { .tv_sec = ns / 1000000000LL, .tv_nsec = ns % 1000000000LL } };
}

static void arm(struct keeper *k)
{
	const struct tns_job *j = k->j;
	int64_t due = j->expires * 1000000000LL - (k->warned ? 0 : grace_ns(j));
	int64_t since = due - (j->started * 1000000000LL + j->started_ns);
	struct itimerspec real = at(due > 0 ? due : 1), boot = at(since + j->started_boot > 0 ? since + j->started_boot : 1);

	timerfd_settime(k->real, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &real, NULL);
	timerfd_settime(k->boot, TFD_TIMER_ABSTIME, &boot, NULL);
}

static void timers(struct keeper *k)
{
	k->real = k->boot = -1;
	if (!k->j->expires)
		return;
	k->real = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	k->boot = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	arm(k);
}

static void tick(struct keeper *k)
{
	const struct tns_job *j = k->j;
	uint64_t times;
	int64_t now = now_ns(j), end = j->expires * 1000000000LL;

	/* ECANCELED: the clock was set; look again */
	if (read(k->real, &times, sizeof(times)) < 0 && read(k->boot, &times, sizeof(times)) < 0 && errno != EAGAIN && errno != ECANCELED)
		return;
	if (now >= end) {
		k->expired = true;
		tns_tree_end(getpid());
		return;
	}
	if (now >= end - grace_ns(j) && !k->warned) {
		k->warned = true;
		tns_record_session(k->record, "session.expiring", "");
		tns_tree_signal(getpid(), SIGTERM);
	}
	arm(k);
}

/* ---------------------------------------------------------------- children */
static void end_of_program(struct keeper *k, int status)
{
	k->ended = true;
	k->status = status;
}

static void reap(struct keeper *k)
{
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
			end_of_program(k, status);
	}
}

/* The tree was ended by us: the program is reaped in there, as one of many. */
static void after_end(struct keeper *k)
{
	if (k->ended)
		return;
	int status;

	if (waitpid(k->program, &status, WNOHANG | __WALL) == k->program && !WIFSTOPPED(status))
		end_of_program(k, status);
	else if (kill(k->program, 0) < 0)
		end_of_program(k, SIGKILL); /* reaped while ending the tree: it died of our SIGKILL */
}

/* ---------------------------------------------------------------- the end */
static void say_lost(const struct keeper *k, char *out, size_t cap)
{
	uint64_t denied, distinct, lost, total;

	tns_record_decision_counts(k->record, &denied, &distinct, &lost, &total);
	if (lost && cap > 1)
		out[tn_fmt(out, cap - 1, "tenuo-shim run: %llu %s missing from the log: it could not be written\n", (unsigned long long)lost,
			   lost == 1 ? "line is" : "lines are")] = 0;
}

static void say_end(struct keeper *k)
{
	char text[2048];
	bool failed = !WIFEXITED(k->status) || WEXITSTATUS(k->status) != 0;
	size_t n = 0;

	if (k->told)
		return;
	k->told = true;
	if (k->expired && !k->j->r->quiet)
		n = tn_fmt(text, sizeof(text) - 1, "tenuo-shim run: the warrant has expired: the session was ended");
	if (n)
		text[n++] = '\n';
	text[n] = 0;
	if (!k->j->r->quiet)
		n += tns_record_closing(k->record, failed, text + n, sizeof(text) - n);
	if (!k->j->r->quiet)
		say_lost(k, text + n, sizeof(text) - n);
	tell(k, TNS_W_ENDED, k->status, text);
	continue_front(k); /* whoever waits for it does not wait for a stopped process */
}

static _Noreturn void finish(struct keeper *k)
{
	char extra[4096];

	tns_record_serve(k->record, true);
	tns_words_end(k->j, k->record, k->status, k->expired, extra, sizeof(extra));
	tns_record_session(k->record, "session.end", extra);
	tns_places_remove(&k->j->places);
	say_end(k);
	_exit(0);
}

/* The program has ended.  Is the session over? */
static void look_around(struct keeper *k)
{
	if (!k->ended)
		return;
	/* Subreaper: as long as anything of the session lives, we have a child. */
	siginfo_t any;
	bool left = waitid(P_ALL, 0, &any, WEXITED | WNOHANG | WNOWAIT) == 0;

	if (left && (k->j->r->on_exit == TNS_KILL || k->expired)) {
		tns_tree_end(getpid());
		left = false;
	}
	if (!left)
		finish(k);
	tns_record_serve(k->record, true);
	if (k->j->r->on_exit == TNS_KEEP)
		say_end(k); /* the caller goes on; we stay with what is left */
}

static void loop(struct keeper *k)
{
	for (;;) {
		struct pollfd p[] = {
			{ .fd = tns_record_epoll(k->record), .events = POLLIN }, { .fd = k->signals, .events = POLLIN },
			{ .fd = k->front, .events = POLLIN },                    { .fd = k->real, .events = POLLIN },
			{ .fd = k->boot, .events = POLLIN },
		};
		struct signalfd_siginfo s;

		if (poll(p, sizeof(p) / sizeof(p[0]), -1) < 0)
			continue;
		if (p[0].revents)
			tns_record_serve(k->record, false);
		if (p[1].revents)
			while (read(k->signals, &s, sizeof(s)) == (ssize_t)sizeof(s))
				;
		if (p[2].revents)
			hear(k);
		if (p[3].revents || p[4].revents)
			tick(k);
		if (p[1].revents || k->expired) {
			reap(k);
			if (k->expired)
				after_end(k);
			look_around(k);
		}
	}
}

/* ---------------------------------------------------------------- the beginning */
static pid_t start(struct keeper *k, int *report)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -1;
	pid_t keeper = getpid(), pid = fork();

	if (pid == 0) {
		sigprocmask(SIG_SETMASK, &k->j->before, NULL);
		tns_child(k->j, k->front_pid, keeper, fds[1]);
	}
	close(fds[1]);
	*report = fds[0];
	return pid;
}

static _Noreturn void could_not(struct keeper *k, int status, const char *why)
{
	tns_record_session(k->record, "session.end", "\"started\":false");
	tns_places_remove(&k->j->places);
	tell(k, TNS_W_FAILED, status, why);
	_exit(1);
}

static _Noreturn void no_log(struct keeper *k)
{
	struct tn_err e = { 0 };

	(void)tn_fail_sys(&e, TN_E_LOG, "the log %s cannot be written", k->j->log.path[0] ? k->j->log.path : k->j->r->log);
	tns_log_drop(&k->j->log, "");
	tns_places_remove(&k->j->places);
	tell(k, TNS_W_FAILED, TNS_EXIT_REFUSED, e.msg);
	_exit(1);
}

static void begin(struct keeper *k)
{
	struct tns_seal_error failed;
	char extra[TNS_WORDS_MAX];
	int report = -1;

	tns_words_start(k->j, 0, extra, sizeof(extra));
	if (!tns_record_session(k->record, "session.start", extra) && k->j->enforce)
		no_log(k); /* whatever is recorded would be denied, one by one */
	k->program = start(k, &report);
	if (k->program < 0)
		could_not(k, TNS_EXIT_REFUSED, "cannot fork");
	setsid(); /* only now: the program stays in the terminal's session and in the front's group; it waits for this */
	tns_let_go(0);
	if (read(report, &failed, sizeof(failed)) == (ssize_t)sizeof(failed)) {
		waitpid(k->program, NULL, 0);
		could_not(k, failed.status, failed.msg);
	}
	close(report);
	tell(k, TNS_W_STARTED, k->program, NULL);
}

void tns_keeper(struct tns_job *j, int front_sock, pid_t front)
{
	struct keeper k = { .j = j, .front = front_sock, .front_pid = front };
	sigset_t chld;

	prctl(PR_SET_NAME, "tenuo-keeper", 0, 0, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD); /* all others stay blocked: nothing but SIGKILL ends a keeper */
	k.signals = signalfd(-1, &chld, SFD_CLOEXEC | SFD_NONBLOCK);
	k.record = tns_record_new(j);
	if (!k.record || k.signals < 0)
		_exit(1);
	begin(&k);
	if (j->rules >= 0)
		close(j->rules);
	tns_record_never_wait();
	timers(&k);
	reap(&k);
	look_around(&k);
	loop(&k);
	_exit(0);
}
