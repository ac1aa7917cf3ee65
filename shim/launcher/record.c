/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The session's record, in the keeper.  Processes connect to the session's socket, send one packed event, wait for one byte.
 *
 * MUST: trust nothing in a message but the content of the decision: session, sequence number, time, pid and uid are ours and the
 * kernel's, and the line says who reported it.  MUST: write whole lines, one write each; answer "failed" if that did not happen.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <shim/session.h>
#include <tn_fail.h>
#include "launcher.h"

#define AT_ONCE 64
#define DRAIN 2048        /* more than fits into the socket's queue */
#define WAITING_MAX 128     /* connections that have not sent yet; the oldest goes when one more comes */
#define DISTINCT_MAX 32768  /* distinct (op, object) that are told apart: 256 KiB */
#define DENIALS_MAX 64      /* of which words are kept for the closing lines */
#define TOP 3
#define CALLERS 64

struct denial { uint64_t key; uint64_t count; char *tool, *object, *capability; };

struct tns_record {
	const struct tns_job *j;
	int epoll, waiting[WAITING_MAX];
	size_t nwaiting;
	uint64_t seq, total, lost, denied, distinct, salt;
	bool torn;              /* the last write ended within a line */
	uint64_t *seen;         /* open addressing, 0 = free */
	size_t nseen, seen_cap;
	struct denial denials[DENIALS_MAX];
	size_t ndenials;
	pid_t callers[CALLERS]; /* found to be of the session */
	size_t ncallers;
	char line[TNP_EVENT_MAX + 1]; /* a newline first */
	uint8_t buf[TNP_EVENT_MAX];
};

/* ---- writing ---- */

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

static bool write_line(struct tns_record *r, const char *p, size_t n)
{
	int fd = r->j->log.fd;
	ssize_t w;

	if (fd < 0)
		return true;
	/* one byte before the line is ours: only after a line that is not whole, which must not spoil this one */
	p -= r->torn;
	n += r->torn;
	w = write_some(r, p, n);
	if (w > 0)
		r->torn = (size_t)w < n;
	return w == (ssize_t)n;
}

static bool put(struct tns_record *r, struct tnp_event *ev)
{
	struct timespec now;
	size_t n;

	clock_gettime(CLOCK_REALTIME, &now);
	ev->sec = now.tv_sec;
	ev->nsec = (uint32_t)now.tv_nsec;
	ev->seq = ++r->seq;
	memcpy(ev->session, r->j->places.hex, sizeof(ev->session));
	r->line[0] = '\n';
	n = tnp_event_json(ev, r->line + 1, sizeof(r->line) - 1);
	if (n > 0 && write_line(r, r->line + 1, n))
		return true;
	r->lost++;
	return false;
}

bool tns_record_session(struct tns_record *r, const char *type, const char *extra)
{
	struct tnp_event ev = { .type = type, .layer = TNP_L_LAUNCHER, .mode = r->j->mode, .level = r->j->level, .pid = getpid(), .tid = getpid(), .ppid = getppid(), .uid = getuid(), .extra = tn_cstr(extra) };

	return put(r, &ev);
}

/* ---- telling apart ---- */

static uint64_t mix(uint64_t h, struct tn_str s)
{
	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (uint8_t)s.p[i]) * 1099511628211u;
	return (h ^ 0xff) * 1099511628211u;
}

static uint64_t key_of(const struct tns_record *r, const struct tnp_event *ev)
{
	uint64_t h = mix(mix(mix(r->salt, ev->op), ev->object), ev->object2) ^ (uint64_t)ev->outcome;

	return h ? h : 1;
}

static bool grow(struct tns_record *r)
{
	size_t cap = r->seen_cap ? 2 * r->seen_cap : 256;
	uint64_t *v = calloc(cap, sizeof(*v));

	if (!v)
		return false;
	for (size_t i = 0; i < r->seen_cap; i++)
		for (size_t at = r->seen[i] % cap; r->seen[i]; at = (at + 1) % cap)
			if (!v[at]) {
				v[at] = r->seen[i];
				break;
			}
	free(r->seen);
	r->seen = v;
	r->seen_cap = cap;
	return true;
}

/* True: never met before.  A table that is full says "met": a sentence too few rather than memory without end. */
static bool first_time(struct tns_record *r, uint64_t key)
{
	if (2 * r->nseen >= r->seen_cap && (r->nseen >= DISTINCT_MAX / 2 || !grow(r)))
		return false;
	for (size_t at = key % r->seen_cap;; at = (at + 1) % r->seen_cap) {
		if (r->seen[at] == key)
			return false;
		if (r->seen[at])
			continue;
		r->seen[at] = key;
		r->nseen++;
		return true;
	}
}

static char *copy(struct tn_str s)
{
	return strndup(s.n ? s.p : "", s.n);
}

static void count_denial(struct tns_record *r, const struct tnp_event *ev, uint64_t key, uint64_t times)
{
	struct denial *d = NULL;

	r->denied += times;
	for (size_t i = 0; i < r->ndenials && !d; i++)
		if (r->denials[i].key == key)
			d = &r->denials[i];
	if (!d && r->ndenials < DENIALS_MAX) {
		d = &r->denials[r->ndenials++];
		*d = (struct denial){ key, 0, copy(ev->tool.n ? ev->tool : ev->op), copy(ev->object), copy(ev->capability) };
	}
	if (d)
		d->count += times;
}

/* A process reports its repetitions at 2, 4, 8 ..: each report says how many it adds. */
static uint64_t times_of(const struct tnp_event *ev)
{
	return ev->repeat ? ev->repeat : 1;
}

/* ---- one message ---- */

static bool of_session(struct tns_record *r, pid_t pid)
{
	for (size_t i = 0; i < CALLERS; i++)
		if (r->callers[i] == pid)
			return true;
	if (!tns_tree_has(getpid(), pid))
		return false;
	r->callers[r->ncallers++ % CALLERS] = pid;
	return true;
}

static bool who(struct tns_record *r, int fd, struct tnp_event *ev)
{
	struct ucred c;
	socklen_t n = sizeof(c);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &c, &n) < 0 || c.pid <= 0 || !of_session(r, c.pid))
		return false;
	ev->pid = c.pid;
	ev->uid = c.uid;
	return true;
}

static char take(struct tns_record *r, int fd, size_t n)
{
	struct tnp_event ev = { 0 };
	uint64_t key;
	bool first;

	if (tnp_event_unpack(r->buf, n, &ev, NULL) != TN_OK || !who(r, fd, &ev)) {
		r->lost++;
		return TNS_ACK_FAILED;
	}
	ev.type = "decision"; /* the session's own events are ours to make */
	ev.level = r->j->level;
	ev.reported_by = "process";
	ev.extra = (struct tn_str){ 0 };
	r->total++;
	key = key_of(r, &ev);
	first = first_time(r, key);
	if (ev.outcome != TNP_O_ALLOW) {
		r->distinct += first;
		count_denial(r, &ev, key, times_of(&ev));
	}
	if (!put(r, &ev))
		return TNS_ACK_FAILED;
	return first ? TNS_ACK_LOGGED : TNS_ACK_REPEAT;
}

/* True: the connection is finished with. */
static bool serve_one(struct tns_record *r, int fd)
{
	ssize_t n = recv(fd, r->buf, sizeof(r->buf), MSG_DONTWAIT | MSG_TRUNC);
	char ack;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0)
		return true;
	ack = (size_t)n > sizeof(r->buf) ? TNS_ACK_FAILED : take(r, fd, (size_t)n);
	(void)!send(fd, &ack, 1, MSG_DONTWAIT | MSG_NOSIGNAL); /* a sender that does not wait loses the answer, not the line */
	return true;
}

/* ---- connections ---- */

static void forget(struct tns_record *r, size_t i)
{
	close(r->waiting[i]);
	r->nwaiting--;
	memmove(&r->waiting[i], &r->waiting[i + 1], (r->nwaiting - i) * sizeof(*r->waiting));
}

static void keep(struct tns_record *r, int fd)
{
	struct epoll_event e = { .events = EPOLLIN, .data.fd = fd };

	if (r->nwaiting == WAITING_MAX)
		forget(r, 0);
	if (epoll_ctl(r->epoll, EPOLL_CTL_ADD, fd, &e) < 0) {
		close(fd);
		return;
	}
	r->waiting[r->nwaiting++] = fd;
}

static bool accept_one(struct tns_record *r)
{
	int fd = accept4(r->j->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0 && (errno == EMFILE || errno == ENFILE) && r->nwaiting > 0) {
		forget(r, 0);
		return true;
	}
	if (fd < 0)
		return errno == EINTR || errno == ECONNABORTED;
	if (serve_one(r, fd))
		close(fd);
	else
		keep(r, fd);
	return true;
}

static void serve_waiting(struct tns_record *r)
{
	for (size_t i = r->nwaiting; i-- > 0;)
		if (serve_one(r, r->waiting[i]))
			forget(r, i);
}

void tns_record_serve(struct tns_record *r, bool drain)
{
	/* bounded, so that a flood keeps the keeper neither from its clock nor from its end */
	for (int i = 0; i < (drain ? DRAIN : AT_ONCE) && accept_one(r); i++)
		;
	serve_waiting(r);
}

int tns_record_epoll(const struct tns_record *r)
{
	return r->epoll;
}

struct tns_record *tns_record_new(const struct tns_job *j)
{
	struct tns_record *r = calloc(1, sizeof(*r));
	struct epoll_event e = { .events = EPOLLIN };

	if (!r)
		return NULL;
	r->j = j;
	r->salt = 14695981039346656037u;
	(void)!getrandom(&r->salt, sizeof(r->salt), 0); /* without it the table is only easier to fill */
	r->epoll = epoll_create1(EPOLL_CLOEXEC);
	e.data.fd = j->listener;
	if (r->epoll < 0 || epoll_ctl(r->epoll, EPOLL_CTL_ADD, j->listener, &e) < 0) {
		free(r);
		return NULL;
	}
	return r;
}

/* ---- the end ---- */

struct tns_counts tns_record_counts(const struct tns_record *r)
{
	return (struct tns_counts){ r->total, r->denied, r->distinct, r->lost };
}

static const struct denial *next_frequent(const struct tns_record *r, const struct denial *const shown[], size_t n)
{
	const struct denial *best = NULL;

	for (size_t i = 0; i < r->ndenials; i++) {
		const struct denial *d = &r->denials[i];
		bool already = false;

		for (size_t k = 0; k < n; k++)
			already |= shown[k] == d;
		if (!already && (!best || d->count > best->count))
			best = d;
	}
	return best;
}

static size_t denial_line(const struct denial *d, char *out, size_t cap)
{
	size_t n = tn_fmt(out, cap, "tenuo-shim:   %s %s", d->tool ? d->tool : "?", d->object ? d->object : "?");

	if (d->count > 1)
		n += tn_fmt(out + n, cap - n, " (%llu times)", (unsigned long long)d->count);
	if (d->capability && *d->capability)
		n += tn_fmt(out + n, cap - n, ": %s would allow it", d->capability);
	return n;
}

static size_t summary_line(const struct tns_record *r, char *out, size_t cap)
{
	const char *log = r->j->log.path;
	size_t n = tn_fmt(out, cap, "tenuo-shim: %llu operation%s %s (%llu distinct)", (unsigned long long)r->denied, r->denied == 1 ? "" : "s",
			  r->j->enforce ? (r->denied == 1 ? "was denied" : "were denied") : "would be denied",
			  (unsigned long long)r->distinct);

	if (*log)
		n += tn_fmt(out + n, cap - n, "; log: %s", log);
	return n;
}

#define LINE_MAX_ 380 /* TNS_CLOSING holds five */

size_t tns_record_closing(const struct tns_record *r, bool failed, char *out, size_t cap)
{
	const struct denial *shown[TOP];
	size_t n;

	*out = 0;
	if (r->denied == 0 || r->j->r->quiet || (!failed && r->j->r->log_named))
		return 0;
	n = summary_line(r, out, cap > LINE_MAX_ ? LINE_MAX_ : cap);
	for (size_t k = 0; failed && k < TOP && n + 2 * LINE_MAX_ < cap && (shown[k] = next_frequent(r, shown, k)); k++) {
		out[n++] = '\n';
		n += denial_line(shown[k], out + n, LINE_MAX_);
	}
	if (failed && n + LINE_MAX_ < cap) {
		out[n++] = '\n';
		n += tn_fmt(out + n, LINE_MAX_, "tenuo-shim: put what is missing into the warrant (tenuo-shim mint, grant); why: tenuo-shim "
						"explain -w W --op OPERATION OBJECT");
	}
	out[n++] = '\n';
	out[n] = 0;
	return n;
}
