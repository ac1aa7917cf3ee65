/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a process sends to the logger.  The sender is the program that is being watched: the reader takes a list of fixed length, each
 * place with its kind and range, words only from our own tables, and nothing else.
 */
#include "internal.h"
#include "tn_cbor.h"
#include "tn_fail.h"

enum { VERSION = 1, FIELDS = 33 };

static const char *const types[] = { "decision", "session.start", "session.end", "session.expiring", "exec.raced" };
enum { NTYPES = sizeof(types) / sizeof(*types) };

static struct tn_str fixed(const char *s, size_t cap)
{
	return (struct tn_str){ s, strnlen(s, cap) };
}

/* Paths are bytes; text would have to be UTF-8. */
static void put_bytes(struct tn_cborw *w, struct tn_str s)
{
	tn_cborw_bytes(w, (struct tn_bytes){ (const uint8_t *)s.p, s.n });
}

static uint64_t type_number(const char *type)
{
	for (size_t i = 0; type && i < NTYPES; i++) {
		if (strcmp(types[i], type) == 0)
			return i;
	}
	return 0;
}

/* The strings of an event in the order of the message. */
static size_t strings(struct tnp_event *ev, struct tn_str *out[12])
{
	struct tn_str *all[] = { &ev->op, &ev->object, &ev->object2, &ev->tool, &ev->arg, &ev->reason, &ev->constraint, &ev->nearest,
				 &ev->capability, &ev->baseline_row, &ev->exe, &ev->extra };

	memcpy(out, all, sizeof(all));
	return sizeof(all) / sizeof(*all);
}

size_t tnp_event_pack(const struct tnp_event *ev, uint8_t *out, size_t cap)
{
	struct tn_cborw w = { .p = out, .cap = cap };
	struct tnp_event copy = *ev; /* strings() hands out pointers that may be written through */
	struct tn_str *s[12];

	tn_cborw_array(&w, FIELDS);
	tn_cborw_uint(&w, VERSION);
	tn_cborw_uint(&w, type_number(ev->type));
	tn_cborw_uint(&w, ev->seq > INT64_MAX ? INT64_MAX : ev->seq);
	tn_cborw_int(&w, ev->sec);
	tn_cborw_uint(&w, ev->nsec);
	put_bytes(&w, fixed(ev->session, sizeof(ev->session)));
	tn_cborw_uint(&w, ev->outcome);
	tn_cborw_uint(&w, ev->mode);
	tn_cborw_uint(&w, ev->layer);
	tn_cborw_int(&w, ev->level);
	tn_cborw_bool(&w, ev->reported_by != NULL);
	for (size_t i = 0, n = strings(&copy, s); i < n; i++)
		put_bytes(&w, *s[i]);
	tn_cborw_int(&w, ev->code);
	tn_cborw_int(&w, ev->link);
	tn_cborw_int(&w, ev->depth);
	put_bytes(&w, fixed(ev->warrant, sizeof(ev->warrant)));
	tn_cborw_int(&w, ev->pid);
	tn_cborw_int(&w, ev->tid);
	tn_cborw_int(&w, ev->ppid);
	tn_cborw_uint(&w, ev->uid);
	tn_cborw_int(&w, ev->err);
	tn_cborw_uint(&w, ev->repeat);
	return w.n <= cap ? w.n : 0;
}

/* ---------------------------------------------------------------- reading */
static enum tn_code get_int(struct tn_cbor *c, int *v)
{
	int64_t i;

	TN_TRY(tn_cbor_int(c, &i));
	if (i < INT32_MIN || i > INT32_MAX)
		return tn_cbor_bad(c, TN_E_DESERIALIZATION, "an integer of 32 bits is expected");
	*v = (int)i;
	return TN_OK;
}

static enum tn_code get_enum(struct tn_cbor *c, uint64_t max, unsigned *v)
{
	uint64_t u;

	TN_TRY(tn_cbor_uint(c, max, &u));
	*v = (unsigned)u;
	return TN_OK;
}

static enum tn_code get_bytes(struct tn_cbor *c, struct tn_str *s)
{
	struct tn_bytes b;

	TN_TRY(tn_cbor_bytes(c, &b));
	*s = (struct tn_str){ (const char *)b.p, b.n };
	return TN_OK;
}

static enum tn_code get_fixed(struct tn_cbor *c, char *out, size_t cap)
{
	struct tn_str s;

	TN_TRY(get_bytes(c, &s));
	if (s.n >= cap || (s.n && memchr(s.p, '\0', s.n)))
		return tn_cbor_bad(c, TN_E_DESERIALIZATION, "a name is too long");
	memset(out, 0, cap);
	if (s.n)
		memcpy(out, s.p, s.n);
	return TN_OK;
}

static enum tn_code get_head(struct tn_cbor *c, struct tnp_event *ev)
{
	unsigned type, outcome, mode, layer, version;
	bool process;
	uint64_t u;

	TN_TRY(get_enum(c, VERSION, &version));
	if (version != VERSION)
		return tn_cbor_bad(c, TN_E_DESERIALIZATION, "an event of another version");
	TN_TRY(get_enum(c, NTYPES - 1, &type));
	TN_TRY(tn_cbor_uint(c, INT64_MAX, &ev->seq));
	TN_TRY(tn_cbor_int(c, &ev->sec));
	TN_TRY(tn_cbor_uint(c, 999999999, &u));
	TN_TRY(get_fixed(c, ev->session, sizeof(ev->session)));
	TN_TRY(get_enum(c, TNP_O_WOULD_DENY, &outcome));
	TN_TRY(get_enum(c, TNP_PERMISSIVE, &mode));
	TN_TRY(get_enum(c, TNP_L_LAUNCHER, &layer));
	TN_TRY(get_int(c, &ev->level));
	TN_TRY(tn_cbor_bool(c, &process));
	ev->type = types[type];
	ev->nsec = (uint32_t)u;
	ev->outcome = (enum tnp_outcome)outcome;
	ev->mode = (enum tnp_mode)mode;
	ev->layer = (enum tnp_layer)layer;
	ev->reported_by = process ? "process" : NULL;
	return TN_OK;
}

static enum tn_code get_tail(struct tn_cbor *c, struct tnp_event *ev)
{
	uint64_t uid, repeat;

	TN_TRY(get_int(c, &ev->code));
	TN_TRY(get_int(c, &ev->link));
	TN_TRY(get_int(c, &ev->depth));
	TN_TRY(get_fixed(c, ev->warrant, sizeof(ev->warrant)));
	TN_TRY(get_int(c, &ev->pid));
	TN_TRY(get_int(c, &ev->tid));
	TN_TRY(get_int(c, &ev->ppid));
	TN_TRY(tn_cbor_uint(c, UINT32_MAX, &uid));
	TN_TRY(get_int(c, &ev->err));
	TN_TRY(tn_cbor_uint(c, UINT32_MAX, &repeat));
	ev->uid = (unsigned)uid;
	ev->repeat = (uint32_t)repeat;
	return tn_cbor_end(c);
}

enum tn_code tnp_event_unpack(const uint8_t *buf, size_t n, struct tnp_event *ev, struct tn_err *e)
{
	struct tn_cbor c = tn_cbor_over((struct tn_bytes){ buf, n }, 0, e);
	struct tn_str *s[12];
	size_t fields, count;

	*ev = (struct tnp_event){ .type = NULL };
	TN_TRY(tn_cbor_array(&c, &fields));
	if (fields != FIELDS)
		return tn_cbor_bad(&c, TN_E_DESERIALIZATION, "not an event");
	TN_TRY(get_head(&c, ev));
	count = strings(ev, s);
	for (size_t i = 0; i < count; i++)
		TN_TRY(get_bytes(&c, s[i]));
	if (ev->extra.n) /* it is written as it is: whole lines could be made up */
		return tn_cbor_bad(&c, TN_E_DESERIALIZATION, "members of its own");
	return get_tail(&c, ev);
}
