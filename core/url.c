/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The URL parser of the WHATWG standard without a base URL, as far as scheme, host, port and path
 * go; userinfo, query and fragment are skipped.  Text that is canonical already is not copied:
 * results are views into the input then, and into the caller's buffer otherwise.
 *
 * Three answers: the URL, "no URL" (the standard refuses it), or "cannot say" (a name for which we
 * have no tables, or no room).  Callers MUST NOT treat the last as the second: below a Not that
 * would allow.
 */
#include "tn_match.h"
#include "tn_text.h"

/* --- what a byte may be --- */
enum {
	H_BAD = 1,     /* may not appear in any host */
	H_BAD_DOM = 2, /* may not appear in a domain */
	H_WORK = 4,    /* a domain with it has to be rewritten: upper case, '%', not ASCII */
	P_ESC = 8,     /* percent-encoded in a path */
	P_LOOK = 16,   /* ends the path or may mean more than itself */
};

/* One row per 16 bytes. */
/* clang-format off */
static const uint8_t CLASS[256] = {
	11, 10, 10, 10, 10, 10, 10, 10, 10, 11, 11, 10, 10, 11, 10, 10, /* 00 */
	10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, /* 10 */
	11, 0, 8, 19, 0, 22, 0, 0, 0, 0, 0, 0, 0, 0, 16, 3, /* 20 */
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 11, 0, 11, 19, /* 30 */
	3, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, /* 40 */
	4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 3, 19, 3, 11, 0, /* 50 */
	8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* 60 */
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 3, 8, 0, 10, /* 70 */
	12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, /* 80 */
	12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, /* 90 */
	12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, /* a0 */
	12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, /* b0 */
	12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, /* c0 */
	12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, /* d0 */
	12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, /* e0 */
	12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, /* f0 */
};
/* clang-format on */

static const struct {
	const char *name;
	size_t n;
	uint16_t port;
} SPECIAL[] = {
	{ "https", 5, 443 }, { "http", 4, 80 }, { "wss", 3, 443 },
	{ "ws", 2, 80 },     { "ftp", 3, 21 },  { "file", 4, 0 },
};

static int special_row(struct tn_str s)
{
	for (size_t i = 0; i < sizeof(SPECIAL) / sizeof(SPECIAL[0]); i++)
		if (s.n == SPECIAL[i].n && memcmp(s.p, SPECIAL[i].name, s.n) == 0)
			return (int)i;
	return -1;
}

bool tn_url_special(struct tn_str scheme)
{
	return special_row(scheme) >= 0;
}

unsigned tn_url_default_port(struct tn_str scheme)
{
	int row = special_row(scheme);

	return row < 0 ? 0 : SPECIAL[row].port;
}

/* --- hosts --- */
static int hex_escape(struct tn_str s, size_t i)
{
	int hi, lo;

	if (i + 2 >= s.n)
		return -1;
	hi = tn_hex_digit((unsigned char)s.p[i + 1]);
	lo = tn_hex_digit((unsigned char)s.p[i + 2]);
	return hi < 0 || lo < 0 ? -1 : hi << 4 | lo;
}

/* Percent-decoded copy behind what b holds. */
static struct tn_str unescape(struct tn_str s, struct tn_buf *b)
{
	size_t from = b->n;

	for (size_t i = 0; i < s.n; i++) {
		int c = s.p[i] == '%' ? hex_escape(s, i) : -1;

		tn_buf_put(b, c < 0 ? s.p[i] : (char)c);
		i += c < 0 ? 0 : 2;
	}
	return (struct tn_str){ b->p + from, b->n - from };
}

static bool needs_idna(struct tn_str label)
{
	if (label.n >= 4 && label.p[2] == '-' && label.p[3] == '-' &&
	    tn_lower((unsigned char)label.p[0]) == 'x' &&
	    tn_lower((unsigned char)label.p[1]) == 'n')
		return true;
	for (size_t i = 0; i < label.n; i++)
		if ((unsigned char)label.p[i] >= 0x80)
			return true;
	return false;
}

/* Domain to ASCII: each label on its own, behind what b holds. */
static enum tn_judged to_ascii(struct tn_str s, struct tn_buf *b, struct tn_str *out)
{
	size_t from = b->n;

	for (size_t i = 0; i <= s.n; i++) {
		size_t at = i;
		struct tn_str label;
		enum tn_judged j;

		while (i < s.n && s.p[i] != '.')
			i++;
		label = tn_sub(s, at, i);
		if (at)
			tn_buf_put(b, '.');
		if (needs_idna(label)) {
			j = tn_idna_label(label, b);
			if (j != TN_J_OK)
				return j;
			continue;
		}
		for (at = 0; at < label.n; at++)
			tn_buf_put(b, (char)tn_lower((unsigned char)label.p[at]));
	}
	*out = (struct tn_str){ b->p + from, b->n - from };
	return b->full ? TN_J_CANNOT : TN_J_OK;
}

/* 0x.. and 0.. forms as inet_aton reads them; saturates.  false: no number. */
static bool ip4_number(struct tn_str s, uint64_t *v)
{
	unsigned base = 10;
	size_t i = 0;

	*v = 0;
	if (s.n == 0)
		return false;
	if (s.n >= 2 && s.p[0] == '0') {
		bool hex = (s.p[1] | 0x20) == 'x';

		base = hex ? 16 : 8;
		i = hex ? 2 : 1;
	}
	for (; i < s.n; i++) {
		int d = tn_hex_digit((unsigned char)s.p[i]);

		if (d < 0 || (unsigned)d >= base)
			return false;
		if (*v <= UINT32_MAX)
			*v = *v * base + (unsigned)d;
	}
	return true;
}

static struct tn_str last_label(struct tn_str s)
{
	size_t to = s.n, from;

	if (to > 0 && s.p[to - 1] == '.')
		to--;
	for (from = to; from > 0 && s.p[from - 1] != '.';)
		from--;
	return tn_sub(s, from, to);
}

static bool ends_in_number(struct tn_str s)
{
	struct tn_str l = last_label(s);
	uint64_t v;
	size_t i = 0;

	if (l.n == 0 || !tn_is_digit((unsigned char)l.p[0]))
		return false;
	while (i < l.n && tn_is_digit((unsigned char)l.p[i]))
		i++;
	return i == l.n || ip4_number(l, &v);
}

static bool ip4_loose(struct tn_str s, uint8_t ip[4])
{
	uint64_t part[4], addr = 0;
	size_t n = 0, i = 0;

	if (s.n && s.p[s.n - 1] == '.')
		s.n--;
	for (;; i++) {
		size_t from = i;

		while (i < s.n && s.p[i] != '.')
			i++;
		if (n == 4 || !ip4_number(tn_sub(s, from, i), &part[n]))
			return false;
		n++;
		if (i >= s.n)
			break;
	}
	for (i = 0; i + 1 < n; i++) {
		if (part[i] > 255)
			return false;
		addr |= part[i] << (24 - 8 * i);
	}
	if (part[n - 1] >= (uint64_t)1 << (8 * (5 - n)))
		return false;
	addr |= part[n - 1];
	for (i = 0; i < 4; i++)
		ip[i] = (uint8_t)(addr >> (24 - 8 * i));
	return true;
}

static enum tn_judged set_ip4(struct tn_host *h, struct tn_buf *b)
{
	char text[TN_IP_TEXT];
	size_t from = b->n;

	tn_buf_add(b, text, tn_ip4_text(h->ip, text));
	h->ip4 = true;
	h->text = (struct tn_str){ b->p + from, b->n - from };
	return b->full ? TN_J_CANNOT : TN_J_OK;
}

static enum tn_judged parse_ip6(struct tn_str raw, struct tn_buf *b, struct tn_host *h)
{
	char text[TN_IP_TEXT];
	size_t from = b->n;

	if (!tn_ip6_parse(raw, h->ip))
		return TN_J_BAD;
	tn_buf_add(b, text, tn_ip6_text(h->ip, text));
	h->ip6 = true;
	h->text = (struct tn_str){ b->p + from, b->n - from };
	return b->full ? TN_J_CANNOT : TN_J_OK;
}

static bool has_ace(struct tn_str s)
{
	for (size_t i = 0; i + 4 <= s.n; i++)
		if (s.p[i] == 'x' && (i == 0 || s.p[i - 1] == '.') && needs_idna(tn_sub(s, i, s.n)))
			return true;
	return false;
}

static unsigned classes(struct tn_str s)
{
	unsigned k = 0;

	for (size_t i = 0; i < s.n; i++)
		k |= CLASS[(unsigned char)s.p[i]];
	return k;
}

static enum tn_judged parse_domain(struct tn_str raw, struct tn_buf *b, struct tn_host *h)
{
	unsigned k = classes(raw);
	struct tn_str d = raw;
	enum tn_judged j;

	if ((k & H_WORK) || has_ace(raw)) {
		if (k & H_WORK)
			d = unescape(raw, b);
		if (b->full)
			return TN_J_CANNOT;
		j = to_ascii(d, b, &d);
		if (j != TN_J_OK)
			return j;
		k = classes(d);
	}
	if ((k & (H_BAD | H_BAD_DOM)) || d.n == 0)
		return TN_J_BAD;
	if (d.n > TN_HOST_MAX)
		return TN_J_CANNOT;
	h->text = d;
	if (!ends_in_number(d))
		return TN_J_OK;
	return ip4_loose(d, h->ip) ? set_ip4(h, b) : TN_J_BAD;
}

/* The host of a scheme the standard knows nothing about: left as it is, controls and the rest
 * escaped. */
static enum tn_judged parse_opaque_host(struct tn_str raw, struct tn_buf *b, struct tn_host *h)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t from = b->n;
	bool plain = true;

	for (size_t i = 0; i < raw.n; i++) {
		unsigned char c = (unsigned char)raw.p[i];

		if (CLASS[c] & H_BAD)
			return TN_J_BAD;
		plain &= c > 0x1f && c < 0x7f;
	}
	h->text = raw;
	for (size_t i = 0; !plain && i < raw.n; i++) {
		unsigned char c = (unsigned char)raw.p[i];

		if (c > 0x1f && c < 0x7f) {
			tn_buf_put(b, (char)c);
			continue;
		}
		tn_buf_put(b, '%');
		tn_buf_put(b, hex[c >> 4]);
		tn_buf_put(b, hex[c & 15]);
	}
	if (!plain)
		h->text = (struct tn_str){ b->p + from, b->n - from };
	return b->full || h->text.n > TN_HOST_MAX ? TN_J_CANNOT : TN_J_OK;
}

enum tn_judged tn_host_parse(struct tn_str raw, bool special, struct tn_buf *b, struct tn_host *h)
{
	memset(h, 0, sizeof(*h));
	if (raw.n && raw.p[0] == '[') {
		if (raw.p[raw.n - 1] != ']' || raw.n < 2)
			return TN_J_BAD;
		return parse_ip6(tn_sub(raw, 1, raw.n - 1), b, h);
	}
	return special ? parse_domain(raw, b, h) : parse_opaque_host(raw, b, h);
}

enum tn_judged tn_host_literal(struct tn_str text, struct tn_buf *b, struct tn_host *h)
{
	memset(h, 0, sizeof(*h));
	if (text.n && memchr(text.p, ':', text.n))
		return parse_ip6(text, b, h);
	return tn_host_parse(text, true, b, h);
}

bool tn_host_eq(const struct tn_host *a, const struct tn_host *b)
{
	return a->ip6 == b->ip6 && tn_str_eq(a->text, b->text);
}

void tn_url_host(const struct tn_url *u, struct tn_host *h)
{
	h->text = u->host;
	h->ip4 = u->host_is_ip4;
	h->ip6 = u->host_is_ip6;
	memcpy(h->ip, u->ip, sizeof(h->ip));
}

/* --- paths --- */
static bool is_slash(char c, bool special)
{
	return c == '/' || (special && c == '\\');
}
static bool ends_path(char c)
{
	return c == '?' || c == '#';
}

/* "." or "%2e": how many bytes at i, 0 if neither. */
static size_t dot_at(struct tn_str s, size_t i)
{
	if (i < s.n && s.p[i] == '.')
		return 1;
	return i + 2 < s.n && s.p[i] == '%' && s.p[i + 1] == '2' && (s.p[i + 2] | 0x20) == 'e' ? 3
											       : 0;
}

/* 1 for a "." segment, 2 for "..", 0 for any other. */
static int dots(struct tn_str seg)
{
	size_t one = dot_at(seg, 0), two = one ? dot_at(seg, one) : 0;

	if (one && one == seg.n)
		return 1;
	return two && one + two == seg.n ? 2 : 0;
}

static bool drive_letter(struct tn_str s)
{
	return s.n == 2 && tn_is_alpha((unsigned char)s.p[0]) && (s.p[1] == ':' || s.p[1] == '|');
}

static void put_escaped(struct tn_buf *b, unsigned char c)
{
	static const char hex[] = "0123456789ABCDEF";

	tn_buf_put(b, '%');
	tn_buf_put(b, hex[c >> 4]);
	tn_buf_put(b, hex[c & 15]);
}

struct path {
	struct tn_buf *b;
	size_t from;
	bool special, file;
};

static void drop_segment(struct path *p)
{
	struct tn_str sofar = { p->b->p + p->from, p->b->n - p->from };

	if (p->file && sofar.n == 3 && sofar.p[0] == '/' &&
	    tn_is_alpha((unsigned char)sofar.p[1]) && sofar.p[2] == ':')
		return; /* file:///C:/.. stays on the drive */
	while (p->b->n > p->from && p->b->p[--p->b->n] != '/')
		;
}

static void add_segment(struct path *p, struct tn_str seg)
{
	bool drive = p->file && p->b->n == p->from && drive_letter(seg);

	tn_buf_put(p->b, '/');
	for (size_t i = 0; i < seg.n; i++) {
		unsigned char c = (unsigned char)seg.p[i];

		if (drive && i == 1)
			tn_buf_put(p->b, ':');
		else if (CLASS[c] & P_ESC)
			put_escaped(p->b, c);
		else
			tn_buf_put(p->b, (char)c);
	}
}

/* s begins at the first segment. */
static enum tn_judged normalise_path(struct tn_str s, struct path *p, struct tn_str *out)
{
	for (size_t i = 0;; i++) {
		size_t from = i;
		struct tn_str seg;
		int d;
		bool more;

		while (i < s.n && !is_slash(s.p[i], p->special) && !ends_path(s.p[i]))
			i++;
		seg = tn_sub(s, from, i);
		more = i < s.n && is_slash(s.p[i], p->special);
		d = dots(seg);
		if (d == 2)
			drop_segment(p);
		if (d == 0)
			add_segment(p, seg);
		else if (!more)
			tn_buf_put(p->b, '/');
		if (!more)
			break;
	}
	*out = (struct tn_str){ p->b->p + p->from, p->b->n - p->from };
	return p->b->full ? TN_J_CANNOT : TN_J_OK;
}

/* How far a path that begins with '/' is canonical as it stands; true if that is all of it. */
static bool path_as_is(struct tn_str s, struct tn_str *out)
{
	size_t i = 0;

	for (; i < s.n; i++) {
		unsigned k = CLASS[(unsigned char)s.p[i]];

		if (!(k & (P_ESC | P_LOOK)))
			continue;
		if (ends_path(s.p[i]))
			break;
		if ((k & P_ESC) || s.p[i] == '\\' || (i && s.p[i - 1] == '/' && dot_at(s, i)) ||
		    (s.p[i] == '%' && dot_at(s, i)))
			return false;
	}
	*out = tn_sub(s, 0, i);
	return true;
}

static enum tn_judged opaque_path(struct tn_str s, struct tn_buf *b, struct tn_str *out)
{
	size_t from = b->n, to = 0;

	while (to < s.n && !ends_path(s.p[to]))
		to++;
	for (size_t i = 0; i < to; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < 0x20 || c > 0x7e || (c == ' ' && i + 1 == to && to < s.n))
			put_escaped(b, c);
		else
			tn_buf_put(b, (char)c);
	}
	*out = (struct tn_str){ b->p + from, b->n - from };
	return b->full ? TN_J_CANNOT : TN_J_OK;
}

/* --- the whole --- */
struct reader {
	struct tn_str s; /* behind "scheme:" */
	size_t i;
	bool special, file, want_path;
	struct tn_buf *b;
	struct tn_url *u;
};

static enum tn_judged read_path(struct reader *r)
{
	struct path p = { r->b, r->b->n, r->special, r->file };
	struct tn_str rest = tn_sub(r->s, r->i, r->s.n);
	bool slash = rest.n && is_slash(rest.p[0], r->special);

	if (!r->want_path)
		return TN_J_OK;
	if (!slash && !r->special) {
		r->u->path = TN_NO_DETAIL;
		return TN_J_OK;
	}
	if (slash && rest.p[0] == '/' && !r->file && path_as_is(rest, &r->u->path))
		return TN_J_OK;
	return normalise_path(slash ? tn_sub(rest, 1, rest.n) : rest, &p, &r->u->path);
}

/* The crate that upstream uses ends a port at '\\' whatever the scheme; the standard refuses that.
 */
static enum tn_judged read_port(struct reader *r, struct tn_str digits)
{
	unsigned v = 0;

	for (size_t i = 0; i < digits.n; i++) {
		if (!tn_is_digit((unsigned char)digits.p[i]))
			return digits.p[i] == '\\' ? TN_J_CANNOT : TN_J_BAD;
		v = v * 10 + (unsigned)(digits.p[i] - '0');
		if (v > 65535)
			return TN_J_BAD;
	}
	if (digits.n == 0)
		return TN_J_OK;
	r->u->has_port = !(r->special && v == r->u->port);
	r->u->port = (uint16_t)v;
	return TN_J_OK;
}

static enum tn_judged read_host(struct reader *r, struct tn_str raw)
{
	struct tn_host h;
	enum tn_judged j = tn_host_parse(raw, r->special, r->b, &h);

	if (j != TN_J_OK)
		return j;
	r->u->host = h.text;
	r->u->host_is_ip4 = h.ip4;
	r->u->host_is_ip6 = h.ip6;
	memcpy(r->u->ip, h.ip, sizeof(h.ip));
	return TN_J_OK;
}

/* [userinfo@]host[:port], up to the path. */
static enum tn_judged read_authority(struct reader *r)
{
	size_t from = r->i, colon, to;
	bool user = false, bracket = false;
	enum tn_judged j = TN_J_OK;

	for (; r->i < r->s.n && !is_slash(r->s.p[r->i], r->special) && !ends_path(r->s.p[r->i]);
	     r->i++)
		if (r->s.p[r->i] == '@') {
			from = r->i + 1;
			user = true;
		}
	to = r->i;
	for (colon = from; colon < to && (bracket || r->s.p[colon] != ':'); colon++) {
		if (r->s.p[colon] == '[')
			bracket = true;
		else if (r->s.p[colon] == ']')
			bracket = false;
	}
	if (colon == from && (r->special || user || colon < to))
		return TN_J_BAD;
	if (colon < to)
		j = read_port(r, tn_sub(r->s, colon + 1, to));
	if (j == TN_J_OK && colon > from)
		j = read_host(r, tn_sub(r->s, from, colon));
	return j == TN_J_OK ? read_path(r) : j;
}

static enum tn_judged read_file(struct reader *r)
{
	size_t n = 0, from;
	struct tn_str host;
	enum tn_judged j;

	while (n < 2 && n < r->s.n && is_slash(r->s.p[n], true))
		n++;
	r->i = n == 2 ? 2 : 0;
	if (n < 2)
		return read_path(r);
	for (from = r->i;
	     r->i < r->s.n && !is_slash(r->s.p[r->i], true) && !ends_path(r->s.p[r->i]);)
		r->i++;
	host = tn_sub(r->s, from, r->i);
	if (drive_letter(host)) {
		r->i = from;
		return read_path(r);
	}
	if (host.n) {
		j = read_host(r, host);
		if (j != TN_J_OK)
			return j;
		if (tn_str_eq(r->u->host, TN_STR("localhost")))
			r->u->host = TN_NO_DETAIL;
	}
	return read_path(r);
}

static enum tn_judged read_rest(struct reader *r)
{
	if (r->file)
		return read_file(r);
	if (r->special) {
		while (r->i < r->s.n && is_slash(r->s.p[r->i], true))
			r->i++;
		return read_authority(r);
	}
	if (r->s.n >= 2 && r->s.p[0] == '/' && r->s.p[1] == '/') {
		r->i = 2;
		return read_authority(r);
	}
	if (r->s.n && r->s.p[0] == '/')
		return read_path(r);
	return r->want_path ? opaque_path(r->s, r->b, &r->u->path) : TN_J_OK;
}

/* Leading and trailing controls and spaces go, tabs and line ends anywhere. */
static bool clean(struct tn_str *s, struct tn_buf *b)
{
	size_t from = b->n;

	while (s->n && (unsigned char)s->p[0] <= 0x20)
		*s = tn_sub(*s, 1, s->n);
	while (s->n && (unsigned char)s->p[s->n - 1] <= 0x20)
		s->n--;
	if (!s->n ||
	    (!memchr(s->p, '\t', s->n) && !memchr(s->p, '\n', s->n) && !memchr(s->p, '\r', s->n)))
		return true;
	for (size_t i = 0; i < s->n; i++)
		if (s->p[i] != '\t' && s->p[i] != '\n' && s->p[i] != '\r')
			tn_buf_put(b, s->p[i]);
	*s = (struct tn_str){ b->p + from, b->n - from };
	return !b->full;
}

/* Lower-case scheme, and the text behind its ':'. */
static enum tn_judged read_scheme(struct tn_str *s, struct tn_buf *b, struct tn_str *scheme)
{
	size_t n = 0, from = b->n;
	bool upper = false;

	for (; n < s->n && s->p[n] != ':'; n++) {
		unsigned char c = (unsigned char)s->p[n];

		if (!tn_is_alpha(c) &&
		    (n == 0 || !(tn_is_digit(c) || c == '+' || c == '-' || c == '.')))
			return TN_J_BAD;
		upper |= c >= 'A' && c <= 'Z';
	}
	if (n == 0 || n == s->n)
		return TN_J_BAD;
	*scheme = tn_sub(*s, 0, n);
	*s = tn_sub(*s, n + 1, s->n);
	if (!upper)
		return TN_J_OK;
	for (size_t i = 0; i < n; i++)
		tn_buf_put(b, (char)tn_lower((unsigned char)scheme->p[i]));
	*scheme = (struct tn_str){ b->p + from, b->n - from };
	return b->full ? TN_J_CANNOT : TN_J_OK;
}

enum tn_judged tn_url_read(struct tn_str text, struct tn_url_want want, struct tn_buf *b,
			   struct tn_url *u)
{
	struct reader r = { .want_path = want.path, .b = b, .u = u };
	enum tn_judged j;

	memset(u, 0, sizeof(*u));
	u->host = u->path = TN_NO_DETAIL;
	if (!clean(&text, b))
		return TN_J_CANNOT;
	u->scheme = want.scheme;
	if (!want.scheme.n) {
		j = read_scheme(&text, b, &u->scheme);
		if (j != TN_J_OK)
			return j;
	}
	r.s = text;
	r.special = tn_url_special(u->scheme);
	r.file = tn_str_eq(u->scheme, TN_STR("file"));
	u->port = (uint16_t)tn_url_default_port(u->scheme);
	return read_rest(&r);
}

enum tn_code tn_url_parse(struct tn_str text, char *scratch, size_t scratch_len, struct tn_url *u)
{
	struct tn_buf b = { scratch, 0, scratch_len, false };

	switch (tn_url_read(text, (struct tn_url_want){ .path = true }, &b, u)) {
	case TN_J_OK:
		return TN_OK;
	case TN_J_BAD:
		return TN_E_VALIDATION;
	case TN_J_CANNOT:
		break;
	}
	return b.full ? TN_E_TOO_LARGE : TN_E_NOT_YET;
}
