/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The front: as if the caller had started the program itself.  It shares the program's process group, so the terminal's keys reach
 * both; what it is sent by others it passes on, when the program stops it stops, and it ends as the program ended.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <shim/session.h>
#include "launcher.h"

#define FROM_KERNEL 0x80 /* SI_KERNEL */

struct front { int sock, signals; pid_t keeper, program; int status; bool done, lost; };

static void pass_on(const struct front *f, int sig)
{
	struct tns_message m = { .word = TNS_W_SIGNAL, .number = sig };

	(void)!send(f->sock, &m, sizeof(m), MSG_NOSIGNAL);
}

/*
 * What the terminal sends it sends to the whole group, so the program has it already; only a hangup goes to the session's leader alone.
 * What the session itself sends to its group it has had too.
 */
static bool program_has_it(const struct front *f, const struct signalfd_siginfo *s)
{
	if (s->ssi_code == FROM_KERNEL)
		return s->ssi_signo != SIGHUP || getsid(0) != getpid();
	return s->ssi_code <= 0 && s->ssi_pid && tns_tree_has(f->keeper, (pid_t)s->ssi_pid);
}

/* As process 1 we are everybody's parent; the keeper's end is seen by its socket. */
static void reap_others(const struct front *f)
{
	siginfo_t si = { 0 };

	while (waitid(P_ALL, 0, &si, WEXITED | WNOHANG | WNOWAIT | __WALL) == 0 && si.si_pid && si.si_pid != f->keeper) {
		waitpid(si.si_pid, NULL, __WALL);
		si.si_pid = 0;
	}
}

static void one_signal(const struct front *f)
{
	struct signalfd_siginfo s;

	if (read(f->signals, &s, sizeof(s)) != (ssize_t)sizeof(s))
		return;
	if (s.ssi_signo == SIGCHLD)
		reap_others(f);
	if ((pid_t)s.ssi_pid == getpid() && s.ssi_code <= 0)
		return; /* our own SIGPIPE: nobody reads what we say */
	/* the keeper continues us because the program goes on already, and it may have stopped again since */
	if (s.ssi_signo == SIGCHLD || (s.ssi_signo == SIGCONT && (pid_t)s.ssi_pid == f->keeper))
		return;
	if (!program_has_it(f, &s))
		pass_on(f, (int)s.ssi_signo);
}

/* The keeper's next word is there already: this one is past. */
static bool past(const struct front *f)
{
	char c;

	return recv(f->sock, &c, 1, MSG_PEEK | MSG_DONTWAIT | MSG_TRUNC) > 0;
}

/* The shell sees its child stop by the signal that stopped the program.  When it continues us, the program goes on. */
static void stop_too(const struct front *f, int sig)
{
	sigset_t one, old;

	if (sig != SIGTSTP && sig != SIGTTIN && sig != SIGTTOU)
		sig = SIGSTOP;
	sigemptyset(&one);
	sigaddset(&one, sig);
	struct sigaction dfl = { .sa_handler = SIG_DFL }, was;

	if (sig != SIGSTOP)
		sigaction(sig, &dfl, &was);
	kill(getpid(), sig);
	sigprocmask(SIG_UNBLOCK, &one, &old);
	sigprocmask(SIG_SETMASK, &old, NULL); /* here we stand still */
	if (sig != SIGSTOP)
		sigaction(sig, &was, NULL);
	/* who continued only us means the program too; the keeper's SIGCONT is read with the others */
	if (!past(f))
		pass_on(f, SIGCONT);
}

static void say(const char *text)
{
	size_t n = strlen(text);

	(void)!write(STDERR_FILENO, text, n); /* one write: lines of other sessions do not mix in */
}

static void finish(struct front *f, int status)
{
	f->status = status;
	f->done = true;
}

static void one_message(struct front *f)
{
	struct tns_message m;
	ssize_t n = recv(f->sock, &m, sizeof(m), 0);

	if (n < 0 && errno == EINTR)
		return;
	if (n != (ssize_t)sizeof(m)) {
		/* The keeper was killed.  Without it nothing writes the log or ends the session in time: end it now. */
		tns_say("the session's keeper was killed; the session is ended");
		f->lost = true;
		finish(f, TNS_EXIT_REFUSED << 8);
		return;
	}
	m.text[sizeof(m.text) - 1] = 0;
	if (m.word == TNS_W_STOPPED && !past(f))
		stop_too(f, m.number);
	if (m.word == TNS_W_STARTED)
		f->program = m.number;
	if (m.word == TNS_W_FAILED) {
		tns_say("%s", m.text);
		finish(f, m.number << 8);
	}
	if (m.word == TNS_W_ENDED) {
		say(m.text);
		finish(f, m.number);
	}
}

static void reap_all(void *ctx)
{
	(void)ctx;
	while (waitpid(-1, NULL, WNOHANG | __WALL) > 0)
		;
}

static _Noreturn void die_of(int sig)
{
	struct rlimit none = { 0, 0 };
	struct sigaction dfl = { .sa_handler = SIG_DFL };
	sigset_t one;

	setrlimit(RLIMIT_CORE, &none); /* the core is the program's, not ours */
	sigaction(sig, &dfl, NULL);
	sigemptyset(&one);
	sigaddset(&one, sig);
	kill(getpid(), sig);
	sigprocmask(SIG_UNBLOCK, &one, NULL);
	_exit(128 + sig); /* as process 1 of a container: no signal ends that */
}

static void loop(struct front *f)
{
	while (!f->done) {
		struct pollfd p[] = { { .fd = f->sock, .events = POLLIN }, { .fd = f->signals, .events = POLLIN } };

		if (poll(p, 2, -1) < 0 && errno != EINTR)
			abort();
		if (p[1].revents)
			one_signal(f);
		if (p[0].revents)
			one_message(f);
	}
}

int tns_front(struct tns_job *j, int keeper_sock, pid_t keeper)
{
	struct front f = { .sock = keeper_sock, .keeper = keeper };
	int keep[] = { keeper_sock, 0 };
	sigset_t all;

	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); /* should the keeper be killed, its children are ours to end */
	sigfillset(&all);
	f.signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	keep[1] = f.signals;
	tns_std_to_null(0, 1); /* the program may close them, and then they must be closed */
	tns_close_others(keep, 2);
	loop(&f);
	if (f.lost && j->enforce) {
		waitpid(keeper, NULL, __WALL); /* its socket closes before its children become ours */
		tns_tree_end(getpid(), reap_all, NULL);
	}
	if (WIFSIGNALED(f.status))
		die_of(WTERMSIG(f.status));
	return WEXITSTATUS(f.status);
}
