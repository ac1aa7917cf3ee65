/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Internationalised labels, as far as they can be judged without Unicode tables: letters for which
 * the mapping of UTS 46 is plain lower-casing (or nothing) and normalisation changes nothing.  No
 * combining marks, no right-to-left scripts, no joiners, so none of the contextual rules applies.
 * Anything else is "cannot say", which denies; it is never guessed.
 */
#include "tn_match.h"

#define LABEL_CHARS 63u /* a longer label cannot be looked up in the DNS */

/* The letter a letter maps to; 0: not one of ours. */
static uint32_t map_latin(uint32_t c)
{
	if (c >= 0xdf && c <= 0xff)
		return c == 0xf7 ? 0 : c; /* sharp s .. y diaeresis, not the division sign */
	if (c >= 0xc0 && c <= 0xde)
		return c == 0xd7 ? 0 : c + 0x20; /* not the multiplication sign */
	switch (c) {
	case 0x130:
	case 0x132:
	case 0x133:
	case 0x13f:
	case 0x140:
	case 0x149:
	case 0x17f:
		return 0; /* dotted I, ligatures, middle dots, long s: more than a letter */
	case 0x131:
	case 0x138:
		return c;
	case 0x178:
		return 0xff;
	default:
		break;
	}
	if (c < 0x100 || c > 0x17e)
		return 0;
	if ((c >= 0x139 && c <= 0x148) || c >= 0x179)
		return c & 1 ? c + 1 : c;
	return c & 1 ? c : c + 1;
}

static uint32_t map_greek(uint32_t c)
{
	if (c >= 0x3ac && c <= 0x3ce)
		return c;
	if (c >= 0x391 && c <= 0x3ab)
		return c == 0x3a2 ? 0 : c + 0x20;
	if (c >= 0x388 && c <= 0x38a)
		return c + 0x25;
	switch (c) {
	case 0x386:
		return 0x3ac;
	case 0x38c:
		return 0x3cc;
	case 0x38e:
	case 0x38f:
		return c + 0x3f;
	default:
		return 0;
	}
}

static uint32_t map_cyrillic(uint32_t c)
{
	if (c >= 0x430 && c <= 0x45f)
		return c;
	if (c >= 0x410 && c <= 0x42f)
		return c + 0x20;
	return c >= 0x400 && c <= 0x40f ? c + 0x50 : 0;
}

static uint32_t map_east_asian(uint32_t c)
{
	bool known = (c >= 0x3041 && c <= 0x3096) || (c >= 0x30a1 && c <= 0x30fa) || c == 0x30fc ||
		     (c >= 0x4e00 && c <= 0x9fa5) || (c >= 0xac00 && c <= 0xd7a3);

	return known ? c : 0;
}

static uint32_t map_char(uint32_t c)
{
	if (c < 0x80) {
		c = tn_lower((unsigned char)c);
		return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ? c
												: 0;
	}
	if (c < 0x180)
		return map_latin(c);
	if (c < 0x400)
		return map_greek(c);
	return c < 0x460 ? map_cyrillic(c) : map_east_asian(c);
}

/* --- punycode (RFC 3492) --- */
enum { BASE = 36, TMIN = 1, TMAX = 26, SKEW = 38, DAMP = 700, BIAS = 72, FIRST = 0x80 };

static uint32_t adapt(uint32_t delta, uint32_t points, bool first)
{
	uint32_t k = 0;

	delta = first ? delta / DAMP : delta / 2;
	delta += delta / points;
	for (; delta > (BASE - TMIN) * TMAX / 2; k += BASE)
		delta /= BASE - TMIN;
	return k + (BASE - TMIN + 1) * delta / (delta + SKEW);
}

static uint32_t threshold(uint32_t k, uint32_t bias)
{
	if (k <= bias + TMIN)
		return TMIN;
	return k >= bias + TMAX ? TMAX : k - bias;
}

static void put_digit(struct tn_buf *b, uint32_t d)
{
	tn_buf_put(b, (char)(d < 26 ? 'a' + d : '0' + (d - 26)));
}

static void put_delta(struct tn_buf *b, uint32_t delta, uint32_t bias)
{
	uint32_t q = delta, t;

	for (uint32_t k = BASE;; k += BASE) {
		t = threshold(k, bias);
		if (q < t)
			break;
		put_digit(b, t + (q - t) % (BASE - t));
		q = (q - t) / (BASE - t);
	}
	put_digit(b, q);
}

/* At most 63 characters below U+D7A4: delta stays far from wrapping. */
static void puny_encode(const uint32_t *c, size_t n, struct tn_buf *b)
{
	uint32_t next = FIRST, delta = 0, bias = BIAS;
	size_t basic = 0, done;

	for (size_t i = 0; i < n; i++)
		if (c[i] < FIRST) {
			tn_buf_put(b, (char)c[i]);
			basic++;
		}
	if (basic)
		tn_buf_put(b, '-');
	for (done = basic; done < n; delta++, next++) {
		uint32_t least = UINT32_MAX;

		for (size_t i = 0; i < n; i++)
			if (c[i] >= next && c[i] < least)
				least = c[i];
		delta += (least - next) * (uint32_t)(done + 1);
		next = least;
		for (size_t i = 0; i < n; i++) {
			delta += c[i] < next;
			if (c[i] != next)
				continue;
			put_delta(b, delta, bias);
			bias = adapt(delta, (uint32_t)done + 1, done == basic);
			delta = 0;
			done++;
		}
	}
}

/* One variable-length integer at *i, added to *pos. */
static bool get_delta(struct tn_str s, size_t *i, uint32_t bias, uint32_t *pos)
{
	uint64_t w = 1, at = *pos;

	for (uint32_t k = BASE;; k += BASE) {
		uint32_t d, t = threshold(k, bias);
		unsigned char c;

		if (*i == s.n)
			return false;
		c = (unsigned char)s.p[(*i)++];
		if (c >= 'a' && c <= 'z')
			d = c - 'a';
		else if (tn_is_digit(c))
			d = c - '0' + 26u;
		else
			return false;
		at += d * w;
		if (at > UINT32_MAX)
			return false;
		if (d < t)
			break;
		w *= BASE - t;
		if (w > UINT32_MAX)
			return false;
	}
	*pos = (uint32_t)at;
	return true;
}

/* s is lower-case.  Number of characters, -1: not punycode, -2: longer than we look at. */
static int puny_decode(struct tn_str s, uint32_t out[LABEL_CHARS])
{
	uint32_t c = FIRST, pos = 0, bias = BIAS;
	size_t n = 0, i = 0, dash = s.n;

	while (dash > 0 && s.p[dash - 1] != '-')
		dash--;
	if (dash > LABEL_CHARS)
		return -2;
	for (; dash && n < dash - 1; n++)
		out[n] = (unsigned char)s.p[n];
	for (i = dash; i < s.n; n++, pos++) {
		uint32_t old = pos;

		if (n == LABEL_CHARS)
			return -2;
		if (!get_delta(s, &i, bias, &pos))
			return -1;
		bias = adapt(pos - old, (uint32_t)n + 1, old == 0);
		if (pos / (n + 1) > 0x10ffff - c)
			return -1;
		c += (uint32_t)(pos / (n + 1));
		pos %= (uint32_t)n + 1;
		memmove(out + pos + 1, out + pos, (n - pos) * sizeof(*out));
		out[pos] = c;
	}
	return (int)n;
}

/* "xn--..." in any case: it has to decode to something that would have been written that way. */
static enum tn_judged ace_label(struct tn_str label, uint32_t c[LABEL_CHARS], struct tn_buf *out)
{
	size_t from = out->n;
	bool ascii = true;
	int n;

	for (size_t i = 0; i < label.n; i++)
		tn_buf_put(out, (char)tn_lower((unsigned char)label.p[i]));
	if (out->full)
		return TN_J_CANNOT;
	n = puny_decode((struct tn_str){ out->p + from + 4, label.n - 4 }, c);
	if (n < 0)
		return n == -1 ? TN_J_BAD : TN_J_CANNOT;
	for (int i = 0; i < n; i++) {
		ascii &= c[i] < FIRST;
		if (map_char(c[i]) != c[i])
			return TN_J_CANNOT;
	}
	if (n >= 4 && c[0] == 'x' && c[1] == 'n' && c[2] == '-' && c[3] == '-')
		return TN_J_BAD;
	return ascii ? TN_J_BAD : TN_J_OK;
}

enum tn_judged tn_idna_label(struct tn_str label, struct tn_buf *out)
{
	uint32_t c[LABEL_CHARS];
	size_t n = 0;

	if (label.n >= 4 && tn_str_ieq(tn_sub(label, 0, 4), TN_STR("xn--"))) {
		for (size_t i = 0; i < label.n; i++)
			if ((unsigned char)label.p[i] >= FIRST)
				return TN_J_BAD;
		return ace_label(label, c, out);
	}
	for (size_t i = 0; i < label.n; n++) {
		uint32_t ch;

		if (n == LABEL_CHARS)
			return TN_J_CANNOT;
		i += tn_utf8_char(label.p + i, label.n - i, &ch);
		if (ch >= TN_NOT_UTF8)
			return TN_J_BAD;
		c[n] = map_char(ch);
		if (c[n] == 0)
			return TN_J_CANNOT;
	}
	tn_buf_add(out, "xn--", 4);
	puny_encode(c, n, out);
	return out->full ? TN_J_CANNOT : TN_J_OK;
}
