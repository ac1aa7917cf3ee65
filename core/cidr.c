/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IP addresses as text (the strict forms only: no leading zeros, no short or hex forms, no port, no
 * zone) and networks: "addr/prefix", "a.b.c.d/mask", a bare address.  Host bits may be set; they
 * are masked.  An IPv4-mapped IPv6 address is not in an IPv4 network.
 */
#include "tn_match.h"
#include "tn_text.h"

bool tn_ip4_parse(struct tn_str s, uint8_t out[4])
{
	size_t i = 0;

	for (int part = 0; part < 4; part++) {
		unsigned v = 0;
		size_t from;

		if (part && (i >= s.n || s.p[i++] != '.'))
			return false;
		for (from = i; i < s.n && tn_is_digit((unsigned char)s.p[i]) && i - from < 3; i++)
			v = v * 10 + (unsigned)(s.p[i] - '0');
		if (i == from || v > 255 || (i - from > 1 && s.p[from] == '0'))
			return false;
		out[part] = (uint8_t)v;
	}
	return i == s.n;
}

/* Up to four hex digits at *i; returns how many. */
static size_t hex_group(struct tn_str s, size_t *i, unsigned *v)
{
	size_t d = 0;

	for (*v = 0; d < 4 && *i < s.n && tn_hex_digit((unsigned char)s.p[*i]) >= 0; d++, (*i)++)
		*v = *v << 4 | (unsigned)tn_hex_digit((unsigned char)s.p[*i]);
	return d;
}

/* Groups into out, count in *n; the place of "::" in *gap (-1: none). */
static bool ip6_groups(struct tn_str s, uint8_t out[16], size_t *n, long *gap)
{
	size_t i = 0;

	if (s.n >= 2 && s.p[0] == ':' && s.p[1] == ':') {
		*gap = 0;
		i = 2;
	}
	while (i < s.n) {
		unsigned v;
		size_t d = hex_group(s, &i, &v);

		if (d == 0 || *n == 8)
			return false;
		if (i < s.n && s.p[i] == '.') {
			if (*n > 6 || !tn_ip4_parse(tn_sub(s, i - d, s.n), out + *n * 2))
				return false;
			*n += 2;
			return true;
		}
		out[*n * 2] = (uint8_t)(v >> 8);
		out[*n * 2 + 1] = (uint8_t)v;
		(*n)++;
		if (i == s.n)
			return true;
		if (s.p[i++] != ':' || i == s.n)
			return false;
		if (s.p[i] == ':') {
			if (*gap >= 0)
				return false;
			*gap = (long)*n;
			i++;
		}
	}
	return true;
}

bool tn_ip6_parse(struct tn_str s, uint8_t out[16])
{
	size_t n = 0, tail;
	long gap = -1;

	memset(out, 0, 16);
	if (!ip6_groups(s, out, &n, &gap))
		return false;
	if (gap < 0)
		return n == 8;
	if (n > 7)
		return false; /* "::" stands for at least one group */
	tail = (n - (size_t)gap) * 2;
	memmove(out + 16 - tail, out + gap * 2, tail);
	memset(out + gap * 2, 0, 16 - tail - (size_t)gap * 2);
	return true;
}

bool tn_ip_parse(struct tn_str s, struct tn_ip *ip)
{
	memset(ip, 0, sizeof(*ip));
	if (tn_ip4_parse(s, ip->b))
		return true;
	ip->v6 = tn_ip6_parse(s, ip->b);
	return ip->v6;
}

static size_t put_dec(char *out, unsigned v)
{
	size_t n = 0;

	if (v >= 100)
		out[n++] = (char)('0' + v / 100);
	if (v >= 10)
		out[n++] = (char)('0' + v / 10 % 10);
	out[n++] = (char)('0' + v % 10);
	return n;
}

size_t tn_ip4_text(const uint8_t ip[4], char *out)
{
	size_t n = 0;

	for (int i = 0; i < 4; i++) {
		if (i)
			out[n++] = '.';
		n += put_dec(out + n, ip[i]);
	}
	return n;
}

static unsigned group(const uint8_t ip[16], int i)
{
	return (unsigned)ip[i * 2] << 8 | ip[i * 2 + 1];
}

/* The first longest run of at least two zero groups. */
static int zero_run(const uint8_t ip[16], int *len)
{
	int best = -1;

	*len = 1;
	for (int i = 0; i < 8; i++) {
		int n = 0;

		while (i + n < 8 && group(ip, i + n) == 0)
			n++;
		if (n > *len) {
			best = i;
			*len = n;
		}
	}
	return best;
}

size_t tn_ip6_text(const uint8_t ip[16], char *out)
{
	static const char hex[] = "0123456789abcdef";
	int len, run = zero_run(ip, &len);
	size_t n = 0;

	for (int i = 0; i < 8; i++) {
		unsigned v = group(ip, i);

		if (i == run) {
			out[n++] = ':';
			if (i == 0)
				out[n++] = ':';
			i += len - 1;
			continue;
		}
		for (int shift = 12; shift >= 0; shift -= 4)
			if (v >> shift || shift == 0)
				out[n++] = hex[v >> shift & 15];
		if (i < 7)
			out[n++] = ':';
	}
	return n;
}

/* Decimal prefix, or for IPv4 a mask of leading ones. */
static bool parse_prefix(struct tn_str s, bool v6, unsigned *prefix)
{
	uint8_t m[4];
	uint32_t mask;
	unsigned v = 0;

	if (s.n >= 1 && s.n <= 3) {
		for (size_t i = 0; i < s.n; i++) {
			if (!tn_is_digit((unsigned char)s.p[i]))
				return false;
			v = v * 10 + (unsigned)(s.p[i] - '0');
		}
		*prefix = v;
		return v <= (v6 ? 128u : 32u);
	}
	if (v6 || !tn_ip4_parse(s, m))
		return false;
	mask = (uint32_t)m[0] << 24 | (uint32_t)m[1] << 16 | (uint32_t)m[2] << 8 | m[3];
	if ((~mask & (~mask + 1)) != 0)
		return false; /* a one behind a zero */
	for (*prefix = 0; mask; mask <<= 1)
		++*prefix;
	return true;
}

bool tn_cidr_parse(struct tn_str s, struct tn_cidr *c)
{
	const char *slash = s.n ? memchr(s.p, '/', s.n) : NULL;
	size_t n = slash ? (size_t)(slash - s.p) : s.n;

	if (!tn_ip_parse(tn_sub(s, 0, n), &c->net))
		return false;
	c->prefix = c->net.v6 ? 128 : 32;
	return !slash || parse_prefix(tn_sub(s, n + 1, s.n), c->net.v6, &c->prefix);
}

bool tn_cidr_holds(const struct tn_cidr *c, const struct tn_ip *ip)
{
	unsigned whole = c->prefix / 8, rest = c->prefix % 8;

	if (c->net.v6 != ip->v6 || memcmp(c->net.b, ip->b, whole) != 0)
		return false;
	return rest == 0 || (c->net.b[whole] ^ ip->b[whole]) >> (8 - rest) == 0;
}

enum tn_match tn_cidr_match(struct tn_str cidr, const struct tn_value *v, struct tn_err *why)
{
	struct tn_cidr c;
	struct tn_ip ip;

	if (!tn_cidr_parse(cidr, &c)) {
		tn_why(why, TN_E_VALIDATION, "not a network: ", cidr);
		return TN_CANNOT_SAY;
	}
	if (v->type != TN_V_TEXT) {
		tn_why(why, TN_E_CONSTRAINT_VIOLATION, "the value is not text", TN_NO_DETAIL);
		return TN_NO_MATCH;
	}
	if (!tn_ip_parse(v->s, &ip)) {
		tn_why(why, TN_E_CONSTRAINT_VIOLATION,
		       "not an IP address, so it cannot be in network ", cidr);
		return TN_CANNOT_SAY;
	}
	if (tn_cidr_holds(&c, &ip))
		return TN_MATCH;
	tn_why(why, TN_E_CONSTRAINT_VIOLATION, "outside network ", cidr);
	return TN_NO_MATCH;
}

bool tn_cidr_within(struct tn_str parent, struct tn_str child)
{
	struct tn_cidr p, c;

	return tn_cidr_parse(parent, &p) && tn_cidr_parse(child, &c) && c.prefix >= p.prefix &&
	       tn_cidr_holds(&p, &c.net);
}
