/* SPDX-License-Identifier: Apache-2.0 */
/* Small things the judging files share. */
#include "tn_fail.h"
#include "tn_match.h"
#include "tn_text.h"

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
	return s.n >= suffix.n &&
	       (suffix.n == 0 || memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) == 0);
}

size_t tn_utf8_char(const char *p, size_t n, uint32_t *c)
{
	static const uint8_t lead_bits[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	const uint8_t *s = (const uint8_t *)p;
	size_t len;

	if (s[0] < 0x80) {
		*c = s[0];
		return 1;
	}
	len = tn_utf8_next(s, n);
	if (len == 0) {
		*c = TN_NOT_UTF8 | s[0];
		return 1;
	}
	*c = s[0] & lead_bits[len];
	for (size_t i = 1; i < len; i++)
		*c = *c << 6 | (s[i] & 0x3fu);
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
	if (e)
		(void)tn_fail(e, code, "%s%.*s", text,
			      detail.n > TN_MSG_MAX ? TN_MSG_MAX : (int)detail.n, detail.p);
}
