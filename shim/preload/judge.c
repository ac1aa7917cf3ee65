/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One operation -> the decision function -> errno, event, sentence.  Also the two shapes that most wrappers have: one name, two names.
 */
#include <string.h>
#include <sys/stat.h>
#include "preload.h"

/* ---- distinct decisions of this process: the first is told, repeats are counted ---- */

static uint64_t mix(uint64_t h, const void *p, size_t n)
{
	const uint8_t *b = p;

	for (size_t i = 0; i < n; i++)
		h = (h ^ b[i]) * 0x100000001b3u;
	return h;
}

static uint64_t key_of(const struct tnp_op *op, const struct tnp_decision *d)
{
	uint64_t h = 0xcbf29ce484222325u;

	h = mix(h, &op->kind, sizeof(op->kind));
	h = mix(h, &d->code, sizeof(d->code));
	h = mix(h, op->path.p, op->path.n);
	h = mix(h, op->path2.p, op->path2.n);
	if (op->net) {
		h = mix(h, op->net->ip, sizeof(op->net->ip));
		h = mix(h, &op->net->port, sizeof(op->net->port));
		for (size_t i = 0; i < op->net->nnames; i++)
			h = mix(h, op->net->names[i].p, op->net->names[i].n);
	}
	for (size_t i = 0; op->exec && i < op->exec->argc; i++)
		h = mix(mix(h, op->exec->argv[i].p, op->exec->argv[i].n), "", 1);
	return h ? h : 1;
}

static uint32_t repeats; /* is anything counted and not told?  In most programs never. */

/* How many of this decision to report now: 0 = only counted.  The 1st, 2nd, 4th, 8th .. are reported, so nothing distinct is ever missing. */
static uint32_t repeats_to_tell(uint64_t key, bool *first, struct tns_seen **row)
{
	struct tns_seen *seen = tns_seen_table();

	for (size_t i = 0; seen && i < 8; i++) {
		size_t at = (key + i) & (TNS_SEEN - 1);
		uint64_t was = 0;

		if (!__atomic_compare_exchange_n(&seen[at].key, &was, key, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED) && was != key)
			continue;
		uint32_t n = __atomic_add_fetch(&seen[at].count, 1, __ATOMIC_RELAXED);

		*row = &seen[at];
		*first = n == 1;
		if (n & (n - 1)) {
			__atomic_store_n(&repeats, 1, __ATOMIC_RELAXED);
			return 0;
		}
		return n - __atomic_exchange_n(&seen[at].told, n, __ATOMIC_RELAXED);
	}
	*first = true; /* table full: tell each */
	return 1;
}

static bool wanted(const struct tnp_op *op, const struct tnp_decision *d)
{
	return tns_state.log_to != TNS_LOG_NONE && tnp_event_wanted(op, d, tns_state.session.log_level);
}

/* So that the last repeats can be told when the image ends. */
static void keep(struct tns_scratch *s, struct tns_seen *row)
{
	size_t n = tns_state.log_to != TNS_LOG_NONE ? tnp_event_pack(&s->event, s->packed, sizeof(s->packed)) : 0;
	uint8_t *to = n ? tns_keep(n, &row->at) : NULL;

	if (!to)
		return;
	memcpy(to, s->packed, n);
	__atomic_store_n(&row->n, (uint32_t)n, __ATOMIC_RELEASE);
}

static long tell_rest(struct tns_scratch *s, const void *args)
{
	struct tns_seen *seen = tns_seen_table();

	(void)args;
	for (size_t i = 0; i < TNS_SEEN; i++) {
		uint32_t n = __atomic_load_n(&seen[i].n, __ATOMIC_ACQUIRE), count = __atomic_load_n(&seen[i].count, __ATOMIC_RELAXED);
		uint32_t told = n ? __atomic_exchange_n(&seen[i].told, count, __ATOMIC_RELAXED) : count;

		if (count > told)
			tns_record_again(s, tns_kept(seen[i].at), n, count - told);
	}
	return 0;
}

void tns_flush(void)
{
	if (__atomic_exchange_n(&repeats, 0, __ATOMIC_RELAXED) && tns_state.log_to != TNS_LOG_NONE && tns_on())
		tns_with_scratch(tell_rest, NULL);
}

__attribute__((destructor)) static void last(void)
{
	tns_flush();
}

/* An allowed operation that must be in the log and cannot be is denied where denying is the mode.  Repeats are counted, as of denials. */
static int allowed(struct tns_scratch *s, const struct tnp_op *op, const struct tnp_decision *d, enum tnp_layer layer)
{
	bool first, first_in_session;
	struct tns_seen *row = NULL;
	uint32_t n = wanted(op, d) ? repeats_to_tell(key_of(op, d), &first, &row) : 0;

	s->event.repeat = n;
	if (!n)
		return 0;
	bool ok = tns_record(s, op, d, layer, 0, &first_in_session);

	if (first && row)
		keep(s, row);
	return ok || d->mode != TNP_ENFORCE ? 0 : -EACCES;
}

static void say(struct tns_scratch *s, const struct tnp_op *op, const struct tnp_decision *d)
{
	if (tns_state.session.quiet || d->mode == TNP_AUDIT)
		return;
	tns_say(s->text, tnp_sentence(tns_state.policy, op, d, tns_now(), s->text, sizeof(s->text)));
}

static int denied(struct tns_scratch *s, const struct tnp_op *op, const struct tnp_decision *d, enum tnp_layer layer)
{
	int err = d->code == TN_E_GAIN ? EXDEV : EACCES;
	bool first = true, first_in_session = true;
	struct tns_seen *row = NULL;
	uint32_t n = repeats_to_tell(key_of(op, d), &first, &row);

	if (n) {
		s->event.repeat = n;
		tns_record(s, op, d, layer, err, &first_in_session);
		if (first && row)
			keep(s, row);
		if (first && first_in_session)
			say(s, op, d);
	}
	return d->mode == TNP_ENFORCE ? -err : 0;
}

/* The image this process runs, or the script it was started for */
static bool is_own(struct tn_str path)
{
	return tn_str_eq(path, (struct tn_str){ tns_state.exe, tns_state.exe_len }) ||
	       tn_str_eq(path, (struct tn_str){ tns_state.script, tns_state.script_len });
}

int tns_judge_told(struct tns_scratch *s, const struct tnp_op *asked, enum tnp_layer layer, bool *is_denied)
{
	struct tnp_decision d;
	struct tnp_op known = *asked;
	const struct tnp_op *op = &known;

	known.own = asked->kind == TNP_READ && is_own(asked->path);
	tnp_decide(tns_state.policy, op, tns_now(), &d);
	*is_denied = d.verdict != TN_ALLOW;
	s->event = (struct tnp_event){ .repeat = 0 };
	int r = *is_denied ? denied(s, op, &d, layer) : allowed(s, op, &d, layer);

	*is_denied |= r < 0;
	return r;
}

int tns_judge(struct tns_scratch *s, const struct tnp_op *op, enum tnp_layer layer)
{
	bool is_denied;

	return tns_judge_told(s, op, layer, &is_denied);
}

bool tns_would_allow(const struct tnp_op *op)
{
	struct tnp_decision d;

	tnp_decide(tns_state.policy, op, tns_now(), &d);
	return d.verdict == TN_ALLOW;
}

static struct tn_str view(const char *p, size_t n)
{
	return (struct tn_str){ p, n };
}

/* What only adds a name answers EEXIST by itself where the name is taken. */
static bool adds_name(enum tnp_kind k)
{
	return k == TNP_CREATE || k == TNP_MKDIR;
}

static int check_object(struct tns_scratch *s, enum tnp_kind kind, int dirfd, const char *path, unsigned how)
{
	struct tnp_op op = { .kind = kind };
	size_t n = 0;
	bool exists;
	int r = tns_object(dirfd, path, !(how & TNS_NOFOLLOW), how & TNS_NEW, s->object, sizeof(s->object), &n, &op.is_dir, &exists);

	if (r < 0 || (exists && adds_name(kind)))
		return 0; /* the kernel has an answer of its own */
	op.path = view(s->object, n);
	op.is_dir = op.is_dir && (how & TNS_DIR || kind == TNP_LIST || kind == TNP_METADATA);
	return tns_judge(s, &op, how & TNS_AFTER ? TNP_L_LANDLOCK : TNP_L_PRELOAD);
}

static int check(struct tns_scratch *s, enum tnp_kind kind, int dirfd, const char *path, unsigned how)
{
	struct tnp_op op = { .kind = kind, .is_dir = how & TNS_DIR };
	size_t n = 0;
	enum tns_norm sure = tns_normalize(dirfd, path, s->norm, sizeof(s->norm), &n);

	if (sure == TNS_NORM_BAD)
		return 0;
	/* Level 1: the kernel settles links, so a lexical yes is enough.  Level 0: the object must be known. */
	if (sure == TNS_NORM_SURE && tns_state.level >= 1 && !(how & TNS_AFTER)) {
		op.path = view(s->norm, n);
		if (tns_would_allow(&op))
			return tns_state.session.log_level ? tns_judge(s, &op, TNP_L_PRELOAD) : 0;
	}
	return check_object(s, kind, dirfd, path, how);
}

struct one { enum tnp_kind kind; int dirfd; const char *path; unsigned how; };
static long check_one(struct tns_scratch *s, const void *args)
{
	const struct one *o = args;

	return check(s, o->kind, o->dirfd, o->path, o->how);
}

int tns_check(enum tnp_kind kind, int dirfd, const char *path, unsigned how)
{
	if (tns_nowhere(path) || !tns_on())
		return 0;
	return tns_with_scratch(check_one, &(struct one){ kind, dirfd, path, how });
}

static int check2(struct tns_scratch *s, enum tnp_kind kind, int fd1, const char *old, int fd2, const char *new_name, unsigned how)
{
	struct tnp_op op = { .kind = kind, .room = s->command, .room_cap = sizeof(s->command) };
	size_t n1 = 0, n2 = 0;
	bool exists, dir2;
	int r = tns_object(fd1, old, !(how & TNS_NOFOLLOW), false, s->object, sizeof(s->object), &n1, &op.is_dir, &exists);

	if (r < 0)
		return 0;
	r = tns_object(fd2, new_name, false, true, s->object2, sizeof(s->object2), &n2, &dir2, &op.over);
	if (r < 0 || (kind == TNP_LINK && op.over))
		return 0;
	op.path = view(s->object, n1);
	op.path2 = view(s->object2, n2);
	bool denied;

	r = tns_judge_told(s, &op, how & TNS_AFTER ? TNP_L_LANDLOCK : TNP_L_PRELOAD, &denied);
	return r < 0 ? r : denied;
}

struct two { enum tnp_kind kind; int fd1, fd2; const char *old, *new_name; unsigned how; };
static long check_two(struct tns_scratch *s, const void *args)
{
	const struct two *t = args;

	return check2(s, t->kind, t->fd1, t->old, t->fd2, t->new_name, t->how);
}

int tns_check2(enum tnp_kind kind, int fd1, const char *old, int fd2, const char *new_name, unsigned how)
{
	if (tns_nowhere(old) || tns_nowhere(new_name) || !tns_on())
		return 0;
	return tns_with_scratch(check_two, &(struct two){ kind, fd1, fd2, old, new_name, how });
}

struct open_object { enum tnp_kind kind; int fd; };
static long check_held(struct tns_scratch *s, const void *args)
{
	const struct open_object *o = args;
	struct stat st;
	long n = tns_fd_name(o->fd, s->object, sizeof(s->object));

	/* Not open: the kernel says so.  A pipe, a socket, memory, a deleted file: nothing that a warrant could name. */
	if (tns_raw3(SYS_fstat, o->fd, tns_ptr(&st), 0) < 0 || n == 0 || st.st_nlink == 0)
		return 0;
	if (n < 0)
		n = (long)strlen(strcpy(s->object, "(unknown)"));
	struct tnp_op op = { .kind = o->kind, .path = view(s->object, (size_t)n), .is_dir = S_ISDIR(st.st_mode) };

	return tns_judge(s, &op, TNP_L_PRELOAD);
}

int tns_check_fd(enum tnp_kind kind, int fd)
{
	if (!tns_on())
		return 0;
	return tns_with_scratch(check_held, &(struct open_object){ kind, fd });
}
