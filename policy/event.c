/* SPDX-License-Identifier: Apache-2.0 */
/* One event as one line of JSON, schema tenuo-shim.event.v1.  Every value has a share of the line, so the whole always fits. */
#include <errno.h>
#include "internal.h"
#include "out.h"
#include "tn_text.h"

/* What each value may take, in 64ths of the line; the names and numbers around them need about 700 bytes. */
enum { SHARES = 64, OBJECT = 16, OBJECT2 = 9, B64 = 8, ARGS = 4, SHORT = 2, CAPABILITY = 4 };

struct line {
	struct tnp_out o;
	size_t share;
};

static void key(struct line *l, const char *name)
{
	tnp_out_text(&l->o, ",\"");
	tnp_out_text(&l->o, name);
	tnp_out_text(&l->o, "\":");
}

static void put_text(struct line *l, const char *name, struct tn_str s, size_t shares)
{
	if (!s.n)
		return;
	key(l, name);
	tnp_out_json(&l->o, s, shares * l->share);
}

static void put_word(struct line *l, const char *name, const char *s)
{
	put_text(l, name, tn_cstr(s), SHORT);
}

static void put_number(struct line *l, const char *name, int64_t v)
{
	key(l, name);
	tnp_out_int(&l->o, v);
}

/* ---------------------------------------------------------------- time */
static void put_padded(struct tnp_out *o, uint64_t v, size_t width, const char *after)
{
	char digits[20];

	for (size_t i = width; i-- > 0; v /= 10)
		digits[i] = (char)('0' + v % 10);
	tnp_out_raw(o, digits, width);
	tnp_out_text(o, after);
}

/* Days since 1970 to a date: the year is taken to begin in March, so that the leap day is its last. */
static void put_date(struct tnp_out *o, int64_t days)
{
	int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153, month = mp < 10 ? mp + 3 : mp - 9;

	put_padded(o, (uint64_t)(yoe + era * 400 + (month <= 2)), 4, "-");
	put_padded(o, (uint64_t)month, 2, "-");
	put_padded(o, (uint64_t)(doy - (153 * mp + 2) / 5 + 1), 2, "T");
}

static void put_time(struct line *l, int64_t sec, uint32_t nsec)
{
	/* 0001..9999: what RFC 3339 can say */
	int64_t s = sec < -62135596800 ? -62135596800 : sec > 253402300799 ? 253402300799 : sec;
	int64_t days = s >= 0 ? s / 86400 : (s - 86399) / 86400, rest = s - days * 86400;

	key(l, "time");
	tnp_out_text(&l->o, "\"");
	put_date(&l->o, days);
	put_padded(&l->o, (uint64_t)(rest / 3600), 2, ":");
	put_padded(&l->o, (uint64_t)(rest / 60 % 60), 2, ":");
	put_padded(&l->o, (uint64_t)(rest % 60), 2, ".");
	put_padded(&l->o, nsec % 1000000000u, 9, "Z\"");
}

/* ---------------------------------------------------------------- the object */
/* The exact bytes where JSON text cannot hold them; too long: left out rather than cut, half a name is another name. */
static void put_b64(struct line *l, const char *name, struct tn_str s)
{
	char text[TNP_EVENT_MAX / 4];
	size_t n;

	bool exact = s.n && tn_utf8_valid(s.p, s.n) && !memchr(s.p, '\0', s.n);

	if (!s.n || exact || s.n > B64 * l->share / 4 * 3)
		return;
	n = tn_b64_encode((const uint8_t *)s.p, s.n, TN_B64_STD, text, sizeof(text));
	if (n)
		put_text(l, name, (struct tn_str){ text, n }, B64);
}

static void arg(struct line *l, const char *before, struct tn_str name, struct tn_str value)
{
	tnp_out_text(&l->o, before);
	tnp_out_json(&l->o, name, SHORT * l->share / 2);
	tnp_out_text(&l->o, ":");
	tnp_out_json(&l->o, value, ARGS * l->share / 2);
}

/* "10.0.0.1:443", "[::1]:443" */
static bool split_address(struct tn_str s, struct tn_str *ip, struct tn_str *port)
{
	size_t at = s.n;

	while (at > 0 && s.p[at - 1] != ':')
		at--;
	if (at < 2 || at == s.n)
		return false;
	*port = (struct tn_str){ s.p + at, s.n - at };
	*ip = (struct tn_str){ s.p, at - 1 };
	if (ip->n > 2 && ip->p[0] == '[')
		*ip = (struct tn_str){ ip->p + 1, ip->n - 2 };
	for (size_t i = 0; i < port->n; i++) {
		if (port->p[i] < '0' || port->p[i] > '9')
			return false;
	}
	return port->n <= 5;
}

/* The call as the token library would be asked. */
static void put_args(struct line *l, const struct tnp_event *ev)
{
	enum tnp_kind kind;
	struct tn_str ip, port;

	if (!ev->object.n || !tnp_kind_parse(ev->op, &kind))
		return;
	key(l, "args");
	if ((kind == TNP_CONNECT || kind == TNP_LISTEN) && split_address(ev->object, &ip, &port)) {
		arg(l, "{", TN_STR("ip"), ip);
		tnp_out_text(&l->o, ",\"port\":");
		/* leading zeros would not be JSON */
		while (port.n > 1 && port.p[0] == '0')
			port = (struct tn_str){ port.p + 1, port.n - 1 };
		tnp_out_raw(&l->o, port.p, port.n);
	} else if (ev->object2.n) {
		arg(l, "{", TN_STR("source"), ev->object);
		arg(l, ",", TN_STR("destination"), ev->object2);
	} else {
		arg(l, "{", kind == TNP_EXEC ? TN_STR("command") : kind == TNP_RESOLVE ? TN_STR("host") : TN_STR("path"), ev->object);
	}
	tnp_out_text(&l->o, "}");
}

/* ---------------------------------------------------------------- the line */
static void put_decision(struct line *l, const struct tnp_event *ev)
{
	static const char *const outcomes[] = { "allow", "deny", "would_deny" };
	static const char *const layers[] = { "preload", "landlock", "seccomp", "notify", "net", "launcher" };

	if ((size_t)ev->outcome < 3)
		put_word(l, "decision", outcomes[ev->outcome]);
	put_word(l, "mode", tnp_mode_name(ev->mode));
	if ((size_t)ev->layer < 6)
		put_word(l, "layer", layers[ev->layer]);
	put_number(l, "level", ev->level);
	put_text(l, "op", ev->op, SHORT);
	put_text(l, "object", ev->object, OBJECT);
	put_b64(l, "object_b64", ev->object);
	put_text(l, "object2", ev->object2, OBJECT2);
	put_text(l, "tool", ev->tool, SHORT);
	put_args(l, ev);
	put_text(l, "arg", ev->arg, SHORT);
	put_number(l, "code", ev->code);
	put_text(l, "reason", ev->reason, SHORT + 1);
	put_text(l, "constraint", ev->constraint, SHORT + 1);
	put_text(l, "nearest", ev->nearest, SHORT + 1);
	put_text(l, "capability", ev->capability, CAPABILITY);
	put_text(l, "baseline", ev->baseline_row, SHORT);
	if (ev->warrant[0]) {
		put_text(l, "warrant", (struct tn_str){ ev->warrant, strnlen(ev->warrant, sizeof(ev->warrant)) }, SHORT);
		put_number(l, "link", ev->link);
		put_number(l, "depth", ev->depth);
	}
	if (ev->err)
		put_number(l, "errno", ev->err);
	if (ev->repeat)
		put_number(l, "repeat", ev->repeat);
}

static void put_head(struct line *l, const struct tnp_event *ev)
{
	tnp_out_text(&l->o, "{\"schema\":\"tenuo-shim.event.v1\"");
	put_time(l, ev->sec, ev->nsec);
	put_number(l, "seq", ev->seq > INT64_MAX ? INT64_MAX : (int64_t)ev->seq);
	put_text(l, "session", (struct tn_str){ ev->session, strnlen(ev->session, sizeof(ev->session)) }, SHORT);
	put_word(l, "type", ev->type ? ev->type : "decision");
}

static void put_process(struct line *l, const struct tnp_event *ev)
{
	put_number(l, "pid", ev->pid);
	put_number(l, "tid", ev->tid);
	put_number(l, "ppid", ev->ppid);
	put_number(l, "uid", ev->uid);
	put_text(l, "exe", ev->exe, CAPABILITY);
	if (ev->reported_by)
		put_word(l, "reported_by", ev->reported_by);
}

static void put_extra(struct line *l, struct tn_str extra)
{
	size_t before = l->o.n;

	if (!extra.n)
		return;
	tnp_out_text(&l->o, ",");
	tnp_out_raw(&l->o, extra.p, extra.n);
	if (l->o.full || l->o.n + 3 > l->o.cap) { /* whole or not at all: it is JSON already */
		l->o.n = before;
		l->o.full = false;
	}
}

size_t tnp_event_json(const struct tnp_event *ev, char *out, size_t cap)
{
	bool decision = !ev->type || strcmp(ev->type, "decision") == 0;
	struct line l = { .o = tnp_out_over(out, cap) };

	if (cap < 4096)
		return 0;
	/* A byte may become six (\u001b), but tnp_out_json counts what it writes. */
	l.share = (cap - 1024) / SHARES;
	put_head(&l, ev);
	if (decision || ev->op.n)
		put_decision(&l, ev);
	put_process(&l, ev);
	put_extra(&l, ev->extra);
	tnp_out_text(&l.o, "}\n");
	return tnp_out_end(&l.o);
}

/* ---------------------------------------------------------------- from a decision */
bool tnp_event_wanted(const struct tnp_op *op, const struct tnp_decision *d, int log_level)
{
	return d->verdict != TN_ALLOW || op->kind == TNP_EXEC || op->kind == TNP_CONNECT || log_level > 0;
}

/* The address without the names that the sentence shows behind it. */
static struct tn_str address_of(const char *object)
{
	const char *blank = strchr(object, ' ');

	return (struct tn_str){ object, blank ? (size_t)(blank - object) : strlen(object) };
}

static struct tn_str object_of(const struct tnp_op *op, const struct tnp_words *w)
{
	if (op->kind == TNP_CONNECT || op->kind == TNP_LISTEN)
		return address_of(w->object);
	if (op->kind == TNP_EXEC || op->kind == TNP_RESOLVE)
		return tn_cstr(w->object);
	return op->path;
}

void tnp_event_from_decision(const tnp_policy *p, const struct tnp_op *op, const struct tnp_decision *d, const struct tnp_words *w,
			     struct tnp_event *ev)
{
	bool denied = d->verdict != TN_ALLOW;

	ev->type = "decision";
	ev->outcome = !denied ? TNP_O_ALLOW : d->mode == TNP_ENFORCE ? TNP_O_DENY : TNP_O_WOULD_DENY;
	ev->mode = d->mode;
	ev->op = tn_cstr(tnp_kind_name(op->kind));
	ev->object = object_of(op, w);
	ev->object2 = op->kind == TNP_RENAME || op->kind == TNP_LINK ? op->path2 : (struct tn_str){ NULL, 0 };
	ev->tool = d->tool;
	ev->arg = d->arg;
	ev->reason = denied ? tn_cstr(w->reason) : (struct tn_str){ NULL, 0 };
	ev->constraint = tn_cstr(w->constraint);
	ev->nearest = tn_cstr(w->nearest);
	ev->capability = tn_cstr(w->capability);
	ev->baseline_row = d->row ? tn_cstr(d->row) : (struct tn_str){ NULL, 0 };
	ev->code = (int)d->code;
	ev->link = d->link;
	ev->depth = p->nlinks ? (int)p->links[p->nlinks - 1].w->depth : 0;
	memcpy(ev->warrant, p->warrant, sizeof(ev->warrant));
	ev->err = ev->outcome != TNP_O_DENY ? 0 : d->why == TNP_WHY_GAIN ? EXDEV : EACCES;
}
