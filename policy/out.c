/* SPDX-License-Identifier: Apache-2.0 */
#include "out.h"
#include "tn_text.h"

struct tnp_out tnp_out_over(char *p, size_t cap)
{
	return (struct tnp_out){ .p = p, .cap = cap ? cap - 1 : 0, .full = cap == 0 };
}

/* Room for the dots, at the beginning of a character. */
static size_t dots_at(const struct tnp_out *o)
{
	size_t n = o->n;

	if (o->n + 3 <= o->cap)
		return n;
	n = o->cap - 3 < o->n ? o->cap - 3 : o->n;
	while (n > 0 && ((unsigned char)o->p[n] & 0xc0) == 0x80)
		n--;
	return n;
}

size_t tnp_out_end(struct tnp_out *o)
{
	if (!o->cap)
		return 0;
	if (o->full && o->cap >= 3) {
		o->n = dots_at(o);
		memcpy(o->p + o->n, "...", 3);
		o->n += 3;
	}
	o->p[o->n] = '\0';
	return o->n;
}

void tnp_out_raw(struct tnp_out *o, const char *p, size_t n)
{
	if (o->full || n > o->cap - o->n) {
		o->full = true;
		return;
	}
	if (n)
		memcpy(o->p + o->n, p, n);
	o->n += n;
}

void tnp_out_text(struct tnp_out *o, const char *s)
{
	tnp_out_raw(o, s, strlen(s));
}

void tnp_out_uint(struct tnp_out *o, uint64_t v)
{
	char digits[24];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	tnp_out_raw(o, digits + at, sizeof(digits) - at);
}

void tnp_out_int(struct tnp_out *o, int64_t v)
{
	if (v < 0)
		tnp_out_raw(o, "-", 1);
	tnp_out_uint(o, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

/* ---------------------------------------------------------------- untrusted text */
static uint32_t code_point(const uint8_t *p, size_t n)
{
	switch (n) {
	case 1:
		return p[0];
	case 2:
		return (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
	case 3:
		return (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
	default:
		return (p[0] & 0x07u) << 18 | (p[1] & 0x3fu) << 12 | (p[2] & 0x3fu) << 6 | (p[3] & 0x3fu);
	}
}

/* Controls, and what makes a line read otherwise than it is: separators, marks and overrides of direction. */
static bool is_treacherous(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

static size_t put_hex(char *out, uint32_t v, size_t digits)
{
	for (size_t i = 0; i < digits; i++)
		out[i] = "0123456789abcdef"[v >> 4 * (digits - 1 - i) & 15];
	return digits;
}

/* One character as it is shown; 16 bytes are enough.  Length; *used: bytes of the input. */
static size_t term_char(const uint8_t *p, size_t n, char *out, size_t *used)
{
	size_t len = tn_utf8_next(p, n);
	uint32_t c = len ? code_point(p, len) : 0;

	*used = len ? len : 1;
	if (!len || c < 0x20 || c == 0x7f) {
		memcpy(out, "\\x", 2);
		return 2 + put_hex(out + 2, p[0], 2);
	}
	if (is_treacherous(c)) {
		memcpy(out, "\\u{", 3);
		put_hex(out + 3, c, 4);
		out[7] = '}';
		return 8;
	}
	if (c == '\\') {
		memcpy(out, "\\\\", 2);
		return 2;
	}
	memcpy(out, p, len);
	return len;
}

static size_t json_short(uint32_t c, char *out)
{
	static const char plain[] = "\"\\\n\t\r\b\f", escaped[] = "\"\\ntrbf";
	const char *at = c && c < 0x80 ? strchr(plain, (int)c) : NULL;

	if (!at)
		return 0;
	out[0] = '\\';
	out[1] = escaped[at - plain];
	return 2;
}

static size_t json_char(const uint8_t *p, size_t n, char *out, size_t *used)
{
	size_t len = tn_utf8_next(p, n);
	uint32_t c = len ? code_point(p, len) : 0xfffd;
	size_t done = json_short(c, out);

	*used = len ? len : 1;
	if (done)
		return done;
	if (!len || is_treacherous(c)) {
		memcpy(out, "\\u", 2);
		return 2 + put_hex(out + 2, c ? c : 0xfffd, 4); /* \u0000 is what our own reader refuses */
	}
	memcpy(out, p, len);
	return len;
}

/* max counts what is written, the dots included. */
static void put_all(struct tnp_out *o, struct tn_str s, size_t max, size_t (*one)(const uint8_t *, size_t, char *, size_t *))
{
	const uint8_t *p = (const uint8_t *)s.p;
	size_t start = o->n, safe = o->n, used;
	char buf[16];

	while (s.n && !o->full) {
		size_t n = one(p, s.n, buf, &used);

		if (o->n + n - start > max) {
			o->n = safe; /* the last place that leaves room for the dots */
			tnp_out_raw(o, "...", 3);
			return;
		}
		tnp_out_raw(o, buf, n);
		if (o->n - start + 3 <= max)
			safe = o->n;
		p += used;
		s.n -= used;
	}
}

void tnp_out_term(struct tnp_out *o, struct tn_str s, size_t max)
{
	put_all(o, s, max, term_char);
}

void tnp_out_json(struct tnp_out *o, struct tn_str s, size_t max)
{
	tnp_out_raw(o, "\"", 1);
	put_all(o, s, max, json_char);
	tnp_out_raw(o, "\"", 1);
}
