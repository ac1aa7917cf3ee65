/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UrlPattern: scheme://host[:port][/path].
 *
 *   "*://"          any scheme
 *   "*.d" as host   d and everything below it; any other '*' in a host is a plain character
 *   port            an explicit default port is lost in parsing and then any port will do, as
 * without one path            none or "/": any path; else a glob on the normalised path
 *
 * Two spellings never match because upstream turns them into a placeholder: a host that begins with
 * '*' but not "*.", and a path with "*." in it.  Where upstream is looser (a bare "*" behind
 * userinfo is any host to it, and hosts of unknown schemes are compared without case) the answer is
 * "cannot say".
 */
#include "tn_match.h"

struct upat {
	struct tn_str scheme; /* as written, compared without case; n == 0: any */
	struct tn_url u;
	bool never;
};

/* The pattern takes what it needs (nothing, if it is canonical), the value the rest. */
#define SCRATCH 1536

static struct tn_buf rest_of(const struct tn_buf *b)
{
	return (struct tn_buf){ b->p + b->n, 0, b->cap - b->n, false };
}

static long find(struct tn_str s, const char *needle)
{
	const char *at = s.p && s.n ? memmem(s.p, s.n, needle, strlen(needle)) : NULL;

	return at ? at - s.p : -1;
}

/*
 * What upstream's placeholders swallow.  rest is behind "://".  An authority that begins with '*'
 * but not
 * "*." is taken for a path (unless it has userinfo: then only that is lost), "*." in a path for a
 * host.
 */
static bool swallowed(struct tn_str rest, bool more_slashes)
{
	size_t from = 0, end, stop;

	while (more_slashes && from < rest.n && (rest.p[from] == '/' || rest.p[from] == '\\'))
		from++;
	for (end = from; end < rest.n && !strchr("/\\?#", rest.p[end]);)
		end++;
	for (stop = end; stop < rest.n && rest.p[stop] != '?' && rest.p[stop] != '#';)
		stop++;
	if (find(tn_sub(rest, end, stop), "*.") >= 0)
		return true;
	if (from == end || rest.p[from] != '*' || (end - from > 1 && rest.p[from + 1] == '.'))
		return false;
	return (from == 0 || rest.p[from - 1] == '/') && !memchr(rest.p + from, '@', end - from);
}

static enum tn_judged read_pattern(struct tn_str text, struct tn_buf *b, struct upat *p)
{
	struct tn_url_want want = { .path = true };
	long sep = find(text, "://");
	struct tn_str rest;
	enum tn_judged j;

	memset(p, 0, sizeof(*p));
	if (sep < 0 || find(text, "__tenuo_host_wildcard__") >= 0 ||
	    find(text, "__tenuo_path_wildcard__") >= 0)
		return TN_J_BAD;
	p->scheme = tn_sub(text, 0, (size_t)sep);
	rest = tn_sub(text, (size_t)sep + 3, text.n);
	if (tn_str_eq(p->scheme, TN_STR("*"))) {
		p->scheme = TN_NO_DETAIL;
		want.scheme = TN_STR("https");
		text = tn_sub(text, 2, text.n);
	}
	j = tn_url_read(text, want, b, &p->u);
	p->never = swallowed(rest, tn_url_special(p->u.scheme) &&
					   !tn_str_eq(p->u.scheme, TN_STR("file")));
	return j;
}

bool tn_url_pattern_valid(struct tn_str pattern)
{
	char scratch[SCRATCH];
	struct tn_buf b = { scratch, 0, sizeof(scratch), false };
	struct upat p;

	return read_pattern(pattern, &b, &p) != TN_J_BAD;
}

static bool scheme_ok(const struct upat *p, struct tn_str scheme)
{
	return p->scheme.n == 0 || tn_str_ieq(p->scheme, scheme);
}

static enum tn_match host_match(const struct upat *p, const struct tn_host *h)
{
	struct tn_str want = p->u.host;

	if (p->never)
		return TN_NO_MATCH;
	if (tn_str_eq(want, TN_STR("*")))
		return TN_CANNOT_SAY;
	if (want.n && p->u.host_is_ip6 != h->ip6)
		return TN_NO_MATCH;
	if (want.n == 0 || tn_str_eq(want, h->text))
		return TN_MATCH;
	if (!tn_str_starts(want, TN_STR("*.")))
		return tn_str_ieq(want, h->text) ? TN_CANNOT_SAY : TN_NO_MATCH;
	if (tn_str_eq(tn_sub(want, 2, want.n), h->text))
		return TN_MATCH;
	return tn_str_ends(h->text, tn_sub(want, 1, want.n)) ? TN_MATCH : TN_NO_MATCH;
}

static bool port_ok(const struct upat *p, unsigned port)
{
	return !p->u.has_port || p->u.port == port;
}

static bool any_path(struct tn_str path)
{
	return path.n == 0 || tn_str_eq(path, TN_STR("/")) || tn_str_eq(path, TN_STR("/*")) ||
	       tn_str_eq(path, TN_STR("*"));
}

static bool path_ok(const struct upat *p, struct tn_str path)
{
	enum tn_match m;

	if (any_path(p->u.path))
		return true;
	m = tn_glob_match(p->u.path, path);
	return m == TN_MATCH || (m == TN_CANNOT_SAY && tn_str_eq(p->u.path, path));
}

/* Upstream knows the defaults of these two only. */
static unsigned port_of(const struct tn_url *u)
{
	if (u->has_port || tn_str_eq(u->scheme, TN_STR("https")) ||
	    tn_str_eq(u->scheme, TN_STR("http")))
		return u->port;
	return 0;
}

static enum tn_match no(struct tn_str pattern, struct tn_err *why)
{
	tn_why(why, TN_E_CONSTRAINT_VIOLATION, "not a URL of ", pattern);
	return TN_NO_MATCH;
}

static enum tn_match unsure(struct tn_str pattern, struct tn_err *why)
{
	tn_why(why, TN_E_CONSTRAINT_VIOLATION, "the host cannot be compared with that of ",
	       pattern);
	return TN_CANNOT_SAY;
}

enum tn_match tn_url_pattern_match(struct tn_str pattern, struct tn_str url, struct tn_err *why)
{
	char scratch[SCRATCH];
	struct tn_buf pb = { scratch, 0, sizeof(scratch), false }, ub;
	enum tn_match host;
	struct tn_host h;
	struct tn_url u;
	struct upat p;

	if (read_pattern(pattern, &pb, &p) != TN_J_OK) {
		tn_why(why, TN_E_VALIDATION, "not a URL pattern that can be judged: ", pattern);
		return TN_CANNOT_SAY;
	}
	ub = rest_of(&pb);
	if (tn_url_read(url, (struct tn_url_want){ .path = !any_path(p.u.path) }, &ub, &u) !=
	    TN_J_OK) {
		tn_why(why, TN_E_CONSTRAINT_VIOLATION, "not a URL that can be judged",
		       TN_NO_DETAIL);
		return TN_CANNOT_SAY;
	}
	tn_url_host(&u, &h);
	host = host_match(&p, &h);
	if (host == TN_NO_MATCH || !scheme_ok(&p, u.scheme) || !port_ok(&p, port_of(&u)) ||
	    !path_ok(&p, u.path))
		return no(pattern, why);
	return host == TN_MATCH ? TN_MATCH : unsure(pattern, why);
}

enum tn_match tn_url_pattern_match_parts(const struct tn_constraint *c, struct tn_str scheme,
					 struct tn_str host, uint16_t port, struct tn_err *why)
{
	char scratch[SCRATCH];
	struct tn_buf pb = { scratch, 0, sizeof(scratch), false }, hb;
	enum tn_match host_says;
	enum tn_judged says;
	struct tn_host h;
	struct upat p;

	says = read_pattern(c->text, &pb, &p);
	hb = rest_of(&pb);
	if (says != TN_J_OK || tn_host_literal(host, &hb, &h) != TN_J_OK) {
		tn_why(why, TN_E_CONSTRAINT_VIOLATION,
		       "the pattern or the host is not one that can be judged", TN_NO_DETAIL);
		return TN_CANNOT_SAY;
	}
	host_says = host_match(&p, &h);
	if (host_says == TN_NO_MATCH || !scheme_ok(&p, scheme) || !port_ok(&p, port))
		return no(c->text, why);
	if (host_says == TN_CANNOT_SAY)
		return unsure(c->text, why);
	if (any_path(p.u.path))
		return TN_MATCH;
	tn_why(why, TN_E_CONSTRAINT_VIOLATION,
	       "the pattern restricts the path, which a connection does not show: ", c->text);
	return TN_CANNOT_SAY;
}

/* --- attenuation --- */
static bool host_within(const struct tn_url *parent, const struct tn_url *child)
{
	struct tn_str p = parent->host, c = child->host;

	if (p.n == 0)
		return true;
	if (parent->host_is_ip6 != child->host_is_ip6)
		return false;
	if (!tn_str_starts(p, TN_STR("*.")))
		return tn_str_eq(p, c);
	if (tn_str_starts(c, TN_STR("*.")))
		c = tn_sub(c, 2, c.n);
	return tn_str_eq(tn_sub(p, 2, p.n), c) ||
	       (c.n >= p.n - 1 && tn_str_ends(c, tn_sub(p, 1, p.n)));
}

/* Only "fixed/" and one star at the end is understood; two globs in general are not compared. */
static bool path_within(struct tn_str parent, struct tn_str child)
{
	struct tn_str fixed;

	if (parent.n == 0 || tn_str_eq(parent, TN_STR("/")))
		return true;
	if (child.n == 0 || tn_str_eq(child, TN_STR("/")))
		return false; /* even below a star of the parent's: upstream tells them apart */
	if (any_path(parent))
		return true;
	if (tn_str_eq(parent, child))
		return true;
	if (!tn_str_ends(parent, TN_STR("/*")))
		return false;
	fixed = tn_sub(parent, 0, parent.n - 1);
	for (size_t i = 0; i < fixed.n; i++)
		if (fixed.p[i] == '*' || fixed.p[i] == '?' || fixed.p[i] == '[')
			return false;
	return tn_str_starts(child, fixed);
}

bool tn_url_pattern_attenuates(struct tn_str parent, struct tn_str child)
{
	char scratch[SCRATCH];
	struct tn_buf pb = { scratch, 0, sizeof(scratch), false }, cb;
	struct upat p, c;

	if (read_pattern(parent, &pb, &p) != TN_J_OK)
		return false;
	cb = rest_of(&pb);
	if (read_pattern(child, &cb, &c) != TN_J_OK)
		return false;
	if (p.never)
		return tn_str_eq(parent, child);
	if (p.scheme.n && (c.scheme.n == 0 || !tn_str_ieq(p.scheme, c.scheme)))
		return false;
	if (p.u.has_port && !(c.u.has_port && c.u.port == p.u.port))
		return false;
	return host_within(&p.u, &c.u) && path_within(p.u.path, c.u.path);
}
