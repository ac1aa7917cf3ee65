/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log.  Processes of the session hand in packed events, one a connection; the keeper is the only writer.
 *
 * MUST: believe nothing in an event but what the decision was: session, number, time and who sent it are the keeper's and the kernel's.
 * MUST: write whole lines, one write(2) each; answer only after the line is in the file.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <shim/session.h>
#include <tn_fail.h>
#include "launcher.h"

#define DISTINCT 4096 /* power of two: denials told apart; beyond that each counts as new */
#define TOLD 64       /* of them, those whose words are kept for the closing lines */
#define CALLERS 64    /* processes already known to be ours */
#define WAITING 256   /* connections that have not spoken; one more, and the oldest is closed */
#define AT_ONCE 64    /* connections taken before the keeper looks at its clock again, and rounds of a drain */

struct told { uint64_t key; uint64_t count; char capability[400], what[200]; };
struct tns_record {
	const struct tns_job *j;
	int epoll;
	uint64_t seq, denied, distinct, lost, total;
	uint64_t keys[DISTINCT];
	struct told told[TOLD];
	size_t ntold;
	pid_t callers[CALLERS];
	size_t ncallers;
	int waiting[WAITING]; /* 0: free */
	size_t oldest;
	bool torn;            /* the last line is not whole: a full disk */
	uint8_t in[TNP_EVENT_MAX];
	char line[TNP_EVENT_MAX + 1];
};

struct tns_record *tns_record_new(const struct tns_job *j)
{
	struct tns_record *r = mmap(NULL, sizeof(*r), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct epoll_event ev = { .events = EPOLLIN, .data.u64 = WAITING };

	if (r == MAP_FAILED)
		return NULL;
	r->j = j;
	r->epoll = epoll_create1(EPOLL_CLOEXEC);
	return r->epoll >= 0 && epoll_ctl(r->epoll, EPOLL_CTL_ADD, j->listener, &ev) == 0 ? r : NULL;
}

int tns_record_epoll(const struct tns_record *r)
{
	return r->epoll;
}

/* ---------------------------------------------------------------- writing */
#define PATIENCE_S 1

static void nothing(int sig)
{
	(void)sig; /* the write ends with EINTR */
}

void tns_record_never_wait(void)
{
	struct sigaction a = { .sa_handler = nothing };
	sigset_t one;

	sigemptyset(&one);
	sigaddset(&one, SIGALRM);
	sigaction(SIGALRM, &a, NULL);
	sigprocmask(SIG_UNBLOCK, &one, NULL);
}

/* A file takes it at once.  What others share with us, the session can fill or stop (XOFF): the keeper has a clock to look at. */
static ssize_t write_some(const struct tns_record *r, const char *from, size_t len)
{
	struct itimerval wait = { .it_value.tv_sec = PATIENCE_S }, none = { 0 };
	ssize_t n;

	if (r->j->log.path[0])
		return write(r->j->log.fd, from, len);
	setitimer(ITIMER_REAL, &wait, NULL);
	n = write(r->j->log.fd, from, len);
	int err = errno;

	setitimer(ITIMER_REAL, &none, NULL);
	errno = err;
	return n;
}

static bool write_line(struct tns_record *r, struct tnp_event *ev)
{
	struct timespec t;
	ssize_t n;

	clock_gettime(CLOCK_REALTIME, &t);
	ev->seq = r->seq++;
	ev->sec = t.tv_sec;
	ev->nsec = (uint32_t)t.tv_nsec;
	memcpy(ev->session, r->j->places.hex, sizeof(ev->session));
	r->total++;
	if (r->j->log.fd < 0)
		return true; /* no log was to be had, and that was said */
	size_t len = tnp_event_json(ev, r->line + 1, sizeof(r->line) - 1);
	const char *from = r->line + !r->torn;

	r->line[0] = '\n'; /* only after a line that is not whole, which must not spoil this one */
	len += r->torn;
	n = write_some(r, from, len);
	if (n > 0)
		r->torn = n < (ssize_t)len;
	if (n == (ssize_t)len)
		return true;
	r->lost++;
	return false;
}

bool tns_record_session(struct tns_record *r, const char *type, const char *extra)
{
	struct tnp_event ev = {
		.type = type,
		.layer = TNP_L_LAUNCHER,
		.mode = r->j->mode,
		.level = r->j->level,
		.pid = getpid(),
		.uid = geteuid(),
		.extra = { extra, strlen(extra) },
	};

	return write_line(r, &ev);
}

/* ---------------------------------------------------------------- what was told already */
static uint64_t mix(uint64_t h, struct tn_str s)
{
	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (uint8_t)s.p[i]) * 0x100000001b3u;
	return (h ^ 0xff) * 0x100000001b3u;
}

static uint64_t key_of(const struct tnp_event *ev)
{
	uint64_t h = mix(mix(mix(0xcbf29ce484222325u, ev->op), ev->object), ev->object2) + (uint64_t)ev->code;

	return h ? h : 1;
}

static bool is_first(struct tns_record *r, uint64_t key)
{
	for (size_t i = 0; i < 16; i++) {
		uint64_t *at = &r->keys[(key + i) & (DISTINCT - 1)];

		if (*at == key)
			return false;
		if (*at == 0) {
			*at = key;
			r->distinct++;
			return true;
		}
	}
	return true;
}

static void keep_words(struct tns_record *r, uint64_t key, const struct tnp_event *ev)
{
	size_t i = 0;

	while (i < r->ntold && r->told[i].key != key)
		i++;
	if (i == TOLD)
		return;
	if (i == r->ntold) {
		struct told *t = &r->told[r->ntold++];

		t->key = key;
		tn_fmt(t->what, sizeof(t->what), "%.*s %.*s", (int)(ev->tool.n ? ev->tool.n : ev->op.n), ev->tool.n ? ev->tool.p : ev->op.p,
		       (int)ev->object.n, ev->object.p);
		tn_fmt(t->capability, sizeof(t->capability), "%.*s", (int)ev->capability.n, ev->capability.p);
	}
	r->told[i].count += ev->repeat ? ev->repeat : 1;
}

/* ---------------------------------------------------------------- one event */
static bool known_caller(struct tns_record *r, pid_t pid)
{
	for (size_t i = 0; i < CALLERS; i++)
		if (r->callers[i] == pid)
			return true;
	if (!tns_tree_has(getpid(), pid))
		return false;
	r->callers[r->ncallers++ % CALLERS] = pid;
	return true;
}

static char take(struct tns_record *r, size_t n, const struct ucred *who)
{
	struct tnp_event ev;
	struct tn_err e = { 0 };
	bool first = true;

	if (!known_caller(r, who->pid) || tnp_event_unpack(r->in, n, &ev, &e) != TN_OK)
		return TNS_ACK_FAILED;
	ev.type = "decision";
	ev.reported_by = "process";
	ev.level = r->j->level;
	ev.pid = who->pid;
	ev.uid = who->uid;
	if (ev.outcome != TNP_O_ALLOW) {
		uint64_t key = key_of(&ev);

		first = is_first(r, key);
		r->denied += ev.repeat ? ev.repeat : 1;
		keep_words(r, key, &ev);
	}
	if (!write_line(r, &ev) && r->j->enforce)
		return TNS_ACK_FAILED;
	return first ? TNS_ACK_LOGGED : TNS_ACK_REPEAT;
}

/* False: nothing there yet. */
static bool serve_one(struct tns_record *r, int fd)
{
	struct ucred who;
	socklen_t len = sizeof(who);
	ssize_t n = recv(fd, r->in, sizeof(r->in), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n > 0 && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0) {
		char answer = take(r, (size_t)n, &who);

		(void)!send(fd, &answer, 1, MSG_DONTWAIT | MSG_NOSIGNAL); /* it is in the log; whoever asked may be gone */
	}
	close(fd);
	return true;
}

/* Who connects speaks at once; whoever fills the places with silence loses them first. */
static void drop_oldest(struct tns_record *r)
{
	int *at = &r->waiting[r->oldest];

	if (*at)
		close(*at);
	*at = 0;
	r->oldest = (r->oldest + 1) % WAITING;
}

static void wait_for(struct tns_record *r, int fd)
{
	size_t at = r->oldest;
	struct epoll_event ev = { .events = EPOLLIN, .data.u64 = at };

	drop_oldest(r);
	if (epoll_ctl(r->epoll, EPOLL_CTL_ADD, fd, &ev) < 0)
		close(fd);
	else
		r->waiting[at] = fd;
}

static void accept_some(struct tns_record *r)
{
	for (int i = 0; i < AT_ONCE; i++) {
		int fd = accept4(r->j->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0 && (errno == EMFILE || errno == ENFILE))
			drop_oldest(r);
		else if (fd < 0)
			return;
		else if (!serve_one(r, fd))
			wait_for(r, fd);
	}
}

static void serve_waiting(struct tns_record *r, size_t at)
{
	if (r->waiting[at] && serve_one(r, r->waiting[at]))
		r->waiting[at] = 0;
}

void tns_record_serve(struct tns_record *r, bool drain)
{
	struct epoll_event ev[32];
	int n, rounds = drain ? AT_ONCE : 1; /* more than fits into the socket's queue; but never for ever */

	do {
		n = epoll_wait(r->epoll, ev, 32, 0);
		for (int i = 0; i < n; i++) {
			if (ev[i].data.u64 == WAITING)
				accept_some(r);
			else
				serve_waiting(r, ev[i].data.u64);
		}
	} while (--rounds > 0 && n > 0);
}

void tns_record_decision_counts(const struct tns_record *r, uint64_t *denied, uint64_t *distinct, uint64_t *lost, uint64_t *total)
{
	*denied = r->denied;
	*distinct = r->distinct;
	*lost = r->lost;
	*total = r->total;
}

/* ---------------------------------------------------------------- closing lines */
static int most_first(const void *a, const void *b)
{
	const struct told *x = a, *y = b;

	return x->count < y->count ? 1 : x->count > y->count ? -1 : 0;
}

static size_t line(char *out, size_t cap, size_t n, const char *fmt, ...) TN_PRINTF(4, 5);
static size_t line(char *out, size_t cap, size_t n, const char *fmt, ...)
{
	va_list ap;

	if (n + 2 >= cap)
		return n;
	va_start(ap, fmt);
	n += tn_vfmt(out + n, cap - n - 1, fmt, ap);
	va_end(ap);
	out[n++] = '\n';
	out[n] = 0;
	return n;
}

size_t tns_record_closing(const struct tns_record *r, bool failed, char *out, size_t cap)
{
	const char *log = r->j->log.path;
	const char *would = r->j->enforce ? "denied" : "would be denied";
	struct told top[TOLD];
	size_t n = 0;

	out[0] = 0;
	if (!r->denied)
		return 0;
	bool more = failed && r->j->enforce;

	if (!more) {
		if (log[0] && !r->j->r->log_named)
			n = line(out, cap, n, "tenuo-shim run: %llu %s; the log is %s", (unsigned long long)r->denied, would, log);
		return n;
	}
	memcpy(top, r->told, sizeof(top));
	qsort(top, r->ntold, sizeof(*top), most_first);
	n = line(out, cap, n, "tenuo-shim run: %llu denied (%llu distinct) and the program failed; the most frequent, with what would allow it:",
		 (unsigned long long)r->denied, (unsigned long long)r->distinct);
	for (size_t i = 0; i < r->ntold && i < 3; i++)
		n = line(out, cap, n, "  %llux %s: %s", (unsigned long long)top[i].count, top[i].what, top[i].capability[0] ? top[i].capability : "nothing that a warrant can say");
	if (log[0])
		n = line(out, cap, n, "  all of them: %s; watch without blocking: --mode audit", log);
	return n;
}
