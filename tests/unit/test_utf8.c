/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <criterion/criterion.h>
#include "tn_text.h"

static size_t next(const char *s)
{
	return tn_utf8_next((const uint8_t *)s, strlen(s));
}

Test(utf8, lengths)
{
	cr_assert_eq(next("a"), 1);
	cr_assert_eq(next("\xc2\x80"), 2);
	cr_assert_eq(next("\xdf\xbf"), 2);
	cr_assert_eq(next("\xe0\xa0\x80"), 3);
	cr_assert_eq(next("\xed\x9f\xbf"), 3);
	cr_assert_eq(next("\xee\x80\x80"), 3);
	cr_assert_eq(next("\xf0\x90\x80\x80"), 4);
	cr_assert_eq(next("\xf4\x8f\xbf\xbf"), 4);
	cr_assert_eq(tn_utf8_next((const uint8_t *)"", 0), 0);
	cr_assert_eq(tn_utf8_next((const uint8_t *)"", 1), 1); /* NUL is a character */
}

Test(utf8, refused)
{
	static const char *bad[] = {
		"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf",
		"\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xc2", "\xe1\x80", "\xf1\x80\x80", "\xc2\x20", "\xe1\x80\x20",
		"\xf1\x80\x80\x20", "\xc2\xc0",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cr_assert_eq(next(bad[i]), 0, "row %zu", i);
		cr_assert_not(tn_utf8_valid(bad[i], strlen(bad[i])), "row %zu", i);
	}
}

Test(utf8, whole_texts)
{
	cr_assert(tn_utf8_valid("", 0));
	cr_assert(tn_utf8_valid("d\xc3\xa9j\xc3\xa0 vu", 9));
	cr_assert_not(tn_utf8_valid("ok\xff", 3));
	cr_assert_not(tn_utf8_valid("d\xc3\xa9", 2)); /* cut in a character */
}
