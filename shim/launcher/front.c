/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the caller sees as the program: signals go through, it stops when the program stops, and it ends as the program ended.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <shim/session.h>
#include <tn_fail.h>
#include "launcher.h"

struct front {
	int sock, signals;
	pid_t keeper;
	bool done;
	int status; /* what to return */
};

static void end_by_signal(int sig)
{
	struct rlimit none = { 0, 0 };
	sigset_t one;

	setrlimit(RLIMIT_CORE, &none); /* the program has dumped its core, if it was to */
	signal(sig, SIG_DFL);
	sigemptyset(&one);
	sigaddset(&one, sig);
	raise(sig);
	sigprocmask(SIG_UNBLOCK, &one, NULL);
}

static int end_as(int wait_status)
{
	if (WIFEXITED(wait_status))
		return WEXITSTATUS(wait_status);
	end_by_signal(WTERMSIG(wait_status));
	return 128 + WTERMSIG(wait_status); /* PID 1 does not die of a signal to itself */
}

static void said(const char *text)
{
	size_t n = strlen(text);

	if (n && write(STDERR_FILENO, text, n) < 0)
		return;
}

/* The keeper's next word is there already: this one is past. */
static bool past(const struct front *f)
{
	char c;

	return recv(f->sock, &c, 1, MSG_PEEK | MSG_DONTWAIT | MSG_TRUNC) > 0;
}

/* As the program was stopped, so that the caller reads the same status. */
static void stop_as(int sig)
{
	sigset_t one;

	if (sig != SIGTSTP && sig != SIGTTIN && sig != SIGTTOU)
		sig = SIGSTOP;
	else
		signal(sig, SIG_DFL);
	sigemptyset(&one);
	sigaddset(&one, sig);
	raise(sig);
	sigprocmask(SIG_UNBLOCK, &one, NULL); /* here we stop; the shell is told, and its SIGCONT wakes us both */
	sigprocmask(SIG_BLOCK, &one, NULL);
}

static void hear(struct front *f, const struct tns_message *m)
{
	switch (m->word) {
	case TNS_W_STOPPED:
		if (!past(f))
			stop_as(m->number);
		return;
	case TNS_W_FAILED:
		tns_say("not started: %s", m->text);
		f->status = m->number;
		f->done = true;
		return;
	case TNS_W_ENDED:
		said(m->text);
		f->done = true;
		f->status = end_as(m->number);
		return;
	case TNS_W_STARTED:
		tns_let_go(STDERR_FILENO); /* ours to speak on */
		return;
	case TNS_W_DONE:
	case TNS_W_SIGNAL:
		return;
	}
}

static void from_keeper(struct front *f)
{
	struct tns_message m = { 0 };
	ssize_t n = recv(f->sock, &m, sizeof(m), 0);

	if (n == (ssize_t)sizeof(m)) {
		hear(f, &m);
		return;
	}
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	tns_say("the session's keeper has gone; nothing more is said about this session");
	f->done = true;
	f->status = TNS_EXIT_REFUSED;
}

/* What a terminal sends goes to the whole foreground group, the program included: it must not arrive twice. */
static bool from_terminal(const struct signalfd_siginfo *s)
{
	return s->ssi_code == SI_KERNEL &&
	       (s->ssi_signo == SIGINT || s->ssi_signo == SIGQUIT || s->ssi_signo == SIGTSTP || s->ssi_signo == SIGTTIN ||
		s->ssi_signo == SIGTTOU || s->ssi_signo == SIGHUP || s->ssi_signo == SIGWINCH);
}

/* As PID 1 we are everybody's parent; the keeper's end is seen by its socket. */
static void reap(void)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

static void from_outside(struct front *f)
{
	struct signalfd_siginfo s;

	if (read(f->signals, &s, sizeof(s)) != (ssize_t)sizeof(s))
		return;
	if (s.ssi_signo == SIGCHLD)
		reap();
	if ((pid_t)s.ssi_pid == getpid() && s.ssi_code <= 0)
		return; /* our own SIGPIPE: nobody reads what we say */
	/* the keeper continues us because the program goes on already, and it may have stopped again since */
	if (s.ssi_signo == SIGCHLD || from_terminal(&s) || (s.ssi_signo == SIGCONT && (pid_t)s.ssi_pid == f->keeper))
		return;
	struct tns_message m = { .word = TNS_W_SIGNAL, .number = (int)s.ssi_signo };

	if (send(f->sock, &m, sizeof(m), MSG_NOSIGNAL) < 0)
		return; /* it has ended */
}

int tns_front(struct tns_job *j, int keeper_sock, pid_t keeper)
{
	struct front f = { .sock = keeper_sock, .keeper = keeper };
	sigset_t all;

	sigfillset(&all);
	f.signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	tn_arena_free(&j->a); /* the keeper has its own */
	while (!f.done) {
		struct pollfd p[2] = { { .fd = f.sock, .events = POLLIN }, { .fd = f.signals, .events = POLLIN } };

		if (poll(p, 2, -1) < 0)
			continue;
		if (p[1].revents)
			from_outside(&f);
		if (p[0].revents)
			from_keeper(&f);
	}
	waitpid(keeper, NULL, WNOHANG);
	return f.status;
}
