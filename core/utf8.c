/* SPDX-License-Identifier: Apache-2.0 */
#include "tn_text.h"

/* Table 3-7 of the Unicode standard: the first byte decides length and range of the second. */
struct lead {
	uint8_t from, to, len, second_from, second_to;
};
static const struct lead leads[] = {
	{ 0xc2, 0xdf, 2, 0x80, 0xbf }, { 0xe0, 0xe0, 3, 0xa0, 0xbf }, { 0xe1, 0xec, 3, 0x80, 0xbf },
	{ 0xed, 0xed, 3, 0x80, 0x9f }, { 0xee, 0xef, 3, 0x80, 0xbf }, { 0xf0, 0xf0, 4, 0x90, 0xbf },
	{ 0xf1, 0xf3, 4, 0x80, 0xbf }, { 0xf4, 0xf4, 4, 0x80, 0x8f },
};

static bool tail_ok(const struct lead *l, const uint8_t *p)
{
	if (p[1] < l->second_from || p[1] > l->second_to)
		return false;
	for (size_t i = 2; i < l->len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return false;
	return true;
}

size_t tn_utf8_next(const uint8_t *p, size_t n)
{
	if (n == 0)
		return 0;
	if (p[0] < 0x80)
		return 1;
	for (size_t i = 0; i < sizeof(leads) / sizeof(leads[0]); i++) {
		const struct lead *l = &leads[i];

		if (p[0] >= l->from && p[0] <= l->to)
			return n >= l->len && tail_ok(l, p) ? l->len : 0;
	}
	return 0;
}

bool tn_utf8_valid(const void *text, size_t n)
{
	const uint8_t *p = text;

	while (n > 0) {
		size_t len = tn_utf8_next(p, n);

		if (len == 0)
			return false;
		p += len;
		n -= len;
	}
	return true;
}
