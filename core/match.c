/* SPDX-License-Identifier: Apache-2.0 */
/* Small things the judging files share. */
#include "match_int.h"

int tn_hexval(unsigned char c)
{
	if (tn_is_digit(c))
		return c - '0';
	c = tn_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool tn_str_ieq(struct tn_str a, struct tn_str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (tn_lower((unsigned char)a.p[i]) != tn_lower((unsigned char)b.p[i]))
			return false;
	return true;
}

bool tn_str_starts(struct tn_str s, struct tn_str prefix)
{
	return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

bool tn_str_ends(struct tn_str s, struct tn_str suffix)
{
	return s.n >= suffix.n && (suffix.n == 0 || memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) == 0);
}

static size_t utf8_len(unsigned char lead, uint32_t *bits, uint32_t *least)
{
	if (lead >= 0xc2 && lead <= 0xdf) {
		*bits = lead & 0x1fu;
		*least = 0x80;
		return 2;
	}
	if ((lead & 0xf0) == 0xe0) {
		*bits = lead & 0x0fu;
		*least = 0x800;
		return 3;
	}
	if (lead >= 0xf0 && lead <= 0xf4) {
		*bits = lead & 0x07u;
		*least = 0x10000;
		return 4;
	}
	return 0;
}

size_t tn_utf8_char(const char *p, size_t n, uint32_t *c)
{
	const unsigned char *s = (const unsigned char *)p;
	uint32_t v, least;
	size_t len;

	if (s[0] < 0x80) {
		*c = s[0];
		return 1;
	}
	*c = TN_NOT_UTF8 | s[0];
	len = utf8_len(s[0], &v, &least);
	if (len == 0 || len > n)
		return 1;
	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 1;
		v = v << 6 | (s[i] & 0x3fu);
	}
	if (v < least || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
		return 1;
	*c = v;
	return len;
}

void tn_buf_put(struct tn_buf *b, char c)
{
	if (b->n >= b->cap) {
		b->full = true;
		return;
	}
	b->p[b->n++] = c;
}

void tn_buf_add(struct tn_buf *b, const char *p, size_t n)
{
	if (n > b->cap - b->n) {
		b->full = true;
		return;
	}
	if (n)
		memcpy(b->p + b->n, p, n);
	b->n += n;
}

void tn_why(struct tn_err *e, enum tn_code code, const char *text, struct tn_str detail)
{
	struct tn_buf b;

	if (!e)
		return;
	b = (struct tn_buf){ e->msg, 0, sizeof(e->msg) - 1, false };
	e->code = code;
	e->sys_errno = 0;
	e->link = -1;
	e->offset = SIZE_MAX;
	tn_buf_add(&b, text, strlen(text));
	if (detail.n > b.cap - b.n) {
		tn_buf_add(&b, detail.p, b.cap - b.n);
		memcpy(e->msg + b.cap - 3, "...", 3);
	} else {
		tn_buf_add(&b, detail.p, detail.n);
	}
	e->msg[b.n] = '\0';
}
