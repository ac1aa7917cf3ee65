/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <criterion/criterion.h>
#include "tn_fail.h"
#include "tn_text.h"

static const char *fmt(const char *f, ...) TN_PRINTF(1, 2);
static const char *fmt(const char *f, ...)
{
	static char buf[64];
	va_list ap;

	va_start(ap, f);
	size_t n = tn_vfmt(buf, sizeof(buf), f, ap);
	va_end(ap);
	cr_assert_eq(n, strlen(buf));
	return buf;
}

Test(fmt, numbers)
{
	cr_assert_str_eq(fmt("%d %d %d", 0, -7, 2147483647), "0 -7 2147483647");
	cr_assert_str_eq(fmt("%ld", INT64_MIN), "-9223372036854775808");
	cr_assert_str_eq(fmt("%zu %lu", (size_t)SIZE_MAX, 7UL), "18446744073709551615 7");
	cr_assert_str_eq(fmt("%llu %lld", 1ULL, -1LL), "1 -1");
	cr_assert_str_eq(fmt("%x %02x %5u|%05d", 0xbeefu, 7u, 42u, -42), "beef 07    42|-0042");
	cr_assert_str_eq(fmt("100%% %c", 'x'), "100% x");
}

Test(fmt, floats)
{
	cr_assert_str_eq(fmt("%g %g %g", 0.0, 10.0, -2.5), "0 10 -2.5");
	cr_assert_str_eq(fmt("%g %g", 0.000001, 1.9999999), "0.000001 2");
	cr_assert_str_eq(fmt("%g", 9007199254740992.0), "9007199254740992");
	cr_assert_str_eq(fmt("%g %g", 1e30, -1e30), "huge -huge");
	cr_assert_str_eq(fmt("%g", __builtin_nan("")), "NaN");
}

Test(fmt, text_is_escaped)
{
	cr_assert_str_eq(fmt("%s", "a\n\033[31mb\x7f"), "a\\x0a\\x1b[31mb\\x7f");
	cr_assert_str_eq(fmt("%s", "\xff\xc3\xa9"), "\\xff\xc3\xa9");
	cr_assert_str_eq(fmt("%.*s|", 3, "abcdef"), "abc|");
	cr_assert_str_eq(fmt("%.*s|", 30, "abc"), "abc|"); /* a terminator ends it, as in C */
}

Test(fmt, cut_visibly_and_between_characters)
{
	char small[8];

	cr_assert_eq(tn_fmt(small, sizeof(small), "1234567"), 7);
	cr_assert_str_eq(small, "1234567");
	cr_assert_eq(tn_fmt(small, sizeof(small), "12345678"), 7);
	cr_assert_str_eq(small, "1234...");
	tn_fmt(small, sizeof(small), "%s", "123\xc3\xa9gh1");
	cr_assert_str_eq(small, "123...");
	cr_assert_eq(tn_fmt(small, 1, "x"), 0);
	cr_assert_str_eq(small, "");
	cr_assert_eq(tn_fmt(small, 0, "x"), 0);
}

Test(err, null_is_allowed_and_the_code_comes_back)
{
	cr_assert_eq(tn_fail(NULL, TN_E_EXPIRED, "x"), TN_E_EXPIRED);
	cr_assert_eq(tn_fail_at(NULL, TN_E_EXPIRED, 3, "x"), TN_E_EXPIRED);
	cr_assert_eq(tn_fail_sys(NULL, TN_E_SYSTEM, "x"), TN_E_SYSTEM);
	cr_assert_eq(tn_wrap(NULL, TN_E_CHAIN, "x"), TN_E_CHAIN);
}

Test(err, fields)
{
	struct tn_err e;

	tn_fail_at(&e, TN_E_CHAIN, 17, "no %s", "good");
	cr_assert_eq(e.code, TN_E_CHAIN);
	cr_assert_eq(e.offset, 17);
	cr_assert_eq(e.link, -1);
	cr_assert_eq(e.sys_errno, 0);
	tn_wrap(&e, e.code, "link %d", 2);
	cr_assert_str_eq(e.msg, "link 2: no good");
	tn_fail(&e, TN_E_CHAIN, "plain");
	cr_assert_eq(e.offset, SIZE_MAX);
}

Test(err, errno_is_kept_and_named)
{
	struct tn_err e;

	errno = EACCES;
	tn_fail_sys(&e, TN_E_SYSTEM, "open %s", "/x");
	cr_assert_eq(errno, EACCES);
	cr_assert_eq(e.sys_errno, EACCES);
	cr_assert_str_eq(e.msg, "open /x: permission denied (EACCES)");
	errno = 4095;
	tn_fail_sys(&e, TN_E_SYSTEM, "x");
	cr_assert_str_eq(e.msg, "x: errno 4095");
}

Test(err, a_long_cause_is_cut_visibly)
{
	struct tn_err e;
	char many[400];

	memset(many, 'x', sizeof(many));
	tn_fail(&e, TN_E_CHAIN, "%.*s", (int)sizeof(many), many);
	cr_assert_eq(strlen(e.msg), TN_MSG_MAX - 1);
	cr_assert_str_eq(e.msg + TN_MSG_MAX - 4, "...");
	tn_wrap(&e, e.code, "front");
	cr_assert_eq(strncmp(e.msg, "front: xxx", 10), 0);
	cr_assert_str_eq(e.msg + TN_MSG_MAX - 4, "...");
}

Test(codes, unique_kebab_and_in_their_range)
{
	static const struct {
		int number;
		const char *name, *sentence;
	} all[] = {
#define ROW(n, number, kebab, sentence) { number, kebab, sentence },
		TN_CODES(ROW)
#undef ROW
	};
	size_t n = sizeof(all) / sizeof(all[0]);

	for (size_t i = 0; i < n; i++) {
		cr_assert_str_eq(tn_code_name((enum tn_code)all[i].number), all[i].name);
		cr_assert_str_eq(tn_code_sentence((enum tn_code)all[i].number), all[i].sentence);
		cr_assert_eq(strspn(all[i].name, "abcdefghijklmnopqrstuvwxyz-"), strlen(all[i].name));
		cr_assert_eq(all[i].sentence[strlen(all[i].sentence) - 1], '.');
		cr_assert((all[i].number >= 1000 && all[i].number < 2200) || (all[i].number >= 3000 && all[i].number < 3100));
		for (size_t j = 0; j < i; j++) {
			cr_assert_neq(all[i].number, all[j].number);
			cr_assert_str_neq(all[i].name, all[j].name);
		}
	}
	cr_assert_str_eq(tn_code_name((enum tn_code)12345), "unknown");
	cr_assert_str_eq(tn_code_name(TN_OK), "ok");
}
