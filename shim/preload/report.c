/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record: to the session's logger, which writes and answers, or (LD_PRELOAD alone) one line appended by this process itself.
 * No descriptor is kept: programs close and reuse them.
 */
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include "preload.h"

bool tns_know(int fd, struct tns_known *k)
{
	struct stat st;

	*k = (struct tns_known){ .open = tns_raw4(SYS_newfstatat, fd, tns_ptr(""), tns_ptr(&st), AT_EMPTY_PATH) == 0 };
	if (k->open) {
		k->dev = st.st_dev;
		k->ino = st.st_ino;
	}
	return k->open;
}

/* A descriptor of the program may have become its data file since it started. */
static bool still(int fd, const struct tns_known *as)
{
	struct tns_known now;

	return as->open && tns_know(fd, &now) && now.dev == as->dev && now.ino == as->ino;
}


/*
 * Nobody may read what we write, and that is no reason to end the program: SIGPIPE is the writing thread's, so it is held back, and taken
 * away again if it was ours.
 */
static bool write_all(int fd, const char *text, size_t n)
{
	const uint64_t pipe_bit = (uint64_t)1 << (SIGPIPE - 1);
	const struct timespec now = { 0, 0 };
	uint64_t before = 0, pending = 0;
	long r;

	tns_raw4(SYS_rt_sigprocmask, SIG_BLOCK, tns_ptr(&pipe_bit), tns_ptr(&before), sizeof(before));
	tns_raw3(SYS_rt_sigpending, tns_ptr(&pending), sizeof(pending), 0);
	do
		r = tns_raw3(SYS_write, fd, tns_ptr(text), (long)n);
	while (r == -EINTR);
	if (r == -EPIPE && !(pending & pipe_bit))
		tns_raw4(SYS_rt_sigtimedwait, tns_ptr(&pipe_bit), 0, tns_ptr(&now), sizeof(pipe_bit));
	tns_raw4(SYS_rt_sigprocmask, SIG_SETMASK, tns_ptr(&before), 0, sizeof(before));
	return r == (long)n;
}

void tns_say(const char *text, size_t n)
{
	if (n && still(2, &tns_state.stderr_as))
		(void)write_all(2, text, n);
}

static int logger_connect(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t n = strlen(tns_state.log_path);

	if (n >= sizeof(to.sun_path))
		return -ENAMETOOLONG;
	memcpy(to.sun_path, tns_state.log_path, n + 1);
	int fd = (int)tns_raw3(SYS_socket, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return fd;
	long r;

	do
		r = tns_raw3(SYS_connect, fd, tns_ptr(&to), (long)sizeof(to));
	while (r == -EINTR);
	if (r < 0) {
		tns_raw1(SYS_close, fd);
		return (int)r;
	}
	return fd;
}

static char ask_logger(struct tns_scratch *s, const struct tnp_event *ev)
{
	size_t n = tnp_event_pack(ev, s->packed, sizeof(s->packed));
	int fd = n ? logger_connect() : -EINVAL;
	char ack = TNS_ACK_FAILED;
	long r;

	if (fd < 0)
		return ack;
	do
		r = tns_raw6(SYS_sendto, fd, tns_ptr(s->packed), (long)n, MSG_NOSIGNAL, 0, 0);
	while (r == -EINTR);
	if (r == (long)n) {
		do
			r = tns_raw6(SYS_recvfrom, fd, tns_ptr(&ack), 1, 0, 0, 0);
		while (r == -EINTR);
		if (r != 1)
			ack = TNS_ACK_FAILED;
	}
	tns_raw1(SYS_close, fd);
	return ack;
}


static bool append_line(struct tns_scratch *s, struct tnp_event *ev)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	ev->sec = t.tv_sec;
	ev->nsec = (uint32_t)t.tv_nsec;
	ev->seq = __atomic_fetch_add(&tns_state.seq, 1, __ATOMIC_RELAXED);
	memcpy(ev->session, tns_state.session.id, sizeof(ev->session));
	/* packed is as large as a line may be, and is not used for the socket here */
	size_t n = tnp_event_json(ev, (char *)s->packed, sizeof(s->packed));

	if (tns_state.log_to == TNS_LOG_STDERR)
		return still(2, &tns_state.stderr_as) && write_all(2, (char *)s->packed, n);
	if (tns_state.log_to == TNS_LOG_FD)
		return still(tns_state.log_fd, &tns_state.log_as) && write_all(tns_state.log_fd, (char *)s->packed, n);
	int fd = (int)tns_raw4(SYS_openat, AT_FDCWD, tns_ptr(tns_state.log_path), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
			       0600);

	if (fd < 0)
		return false;
	bool ok = write_all(fd, (char *)s->packed, n);

	tns_raw1(SYS_close, fd);
	return ok;
}

static void who(struct tnp_event *ev)
{
	ev->pid = (int)tns_raw1(SYS_getpid, 0);
	ev->tid = (int)tns_raw1(SYS_gettid, 0);
	ev->ppid = (int)tns_raw1(SYS_getppid, 0);
	ev->uid = (unsigned)tns_raw1(SYS_getuid, 0);
	ev->exe = (struct tn_str){ tns_state.exe, tns_state.exe_len };
}

static bool deliver(struct tns_scratch *s, struct tnp_event *ev, bool *first)
{
	if (tns_state.log_to != TNS_LOG_SOCKET) {
		if (append_line(s, ev))
			return true;
	} else {
		char ack = ask_logger(s, ev);

		*first = ack != TNS_ACK_REPEAT;
		if (ack != TNS_ACK_FAILED)
			return true;
	}
	__atomic_fetch_add(&tns_state.lost, 1, __ATOMIC_RELAXED);
	return false;
}

bool tns_record(struct tns_scratch *s, const struct tnp_op *op, const struct tnp_decision *d, enum tnp_layer layer, int err, bool *first)
{
	struct tnp_event *ev = &s->event;
	uint32_t repeat = ev->repeat;

	*first = true;
	if (tns_state.log_to == TNS_LOG_NONE)
		return true;
	tnp_explain(tns_state.policy, op, d, tns_now(), &s->words);
	*ev = (struct tnp_event){ .type = "decision" };
	tnp_event_from_decision(tns_state.policy, op, d, &s->words, ev);
	ev->layer = layer;
	ev->level = tns_state.level;
	ev->err = err;
	ev->repeat = repeat;
	who(ev);
	return deliver(s, ev, first);
}

bool tns_record_again(struct tns_scratch *s, const uint8_t *packed, size_t n, uint32_t repeat)
{
	bool first;

	memcpy(s->text, packed, n < sizeof(s->text) ? n : 0); /* packed is written over on the way out */
	if (n >= sizeof(s->text) || tnp_event_unpack((const uint8_t *)s->text, n, &s->event, NULL) != TN_OK)
		return false;
	s->event.repeat = repeat;
	who(&s->event);
	return deliver(s, &s->event, &first);
}

bool tns_record_start(struct tns_scratch *s)
{
	if (tns_state.log_to == TNS_LOG_NONE)
		return true;
	who(&s->event);
	return append_line(s, &s->event);
}
