/* SPDX-License-Identifier: Apache-2.0 */
#include "wire_test.h"
#include "tn_pem.h"

TestSuite(pem, .init = open_arena, .fini = close_arena);

#define A "-----BEGIN A-----\n"
#define END_A "-----END A-----\n"

static enum tn_code next(const char *text, struct tn_str *rest, struct tn_pem *b)
{
	*rest = tn_cstr(text);
	return tn_pem_next(rest, b, &err);
}

Test(pem, written_in_64_columns_and_read_back)
{
	uint8_t bytes[200], out[400];
	struct tn_str rest;
	struct tn_pem b;
	char text[512];

	for (size_t n = 1; n < sizeof(bytes); n++) {
		memset(bytes, (int)n, sizeof(bytes));
		size_t len = tn_pem_write(TN_STR("A B"), bytes, n, TN_B64_URL, text, sizeof(text));

		cr_assert_gt(len, 0);
		cr_assert_lt(len, tn_pem_length(TN_STR("A B"), n));
		for (char *line = text, *eol; (eol = strchr(line, '\n')); line = eol + 1)
			cr_assert_leq(eol - line, 64);
		cr_code(next(text, &rest, &b), TN_OK);
		cr_assert(tn_str_eq(b.label, TN_STR("A B")));
		cr_assert_eq(tn_pem_body(b.body, out, sizeof(out)), (long)n);
		cr_assert_eq(memcmp(out, bytes, n), 0);
		cr_assert_eq(tn_trim(rest).n, 0);
	}
	cr_assert_eq(tn_pem_write(TN_STR("A"), bytes, 100, TN_B64_STD, text, 100), 0);
}

Test(pem, what_does_not_fit_is_not_written)
{
	uint8_t bytes[70] = { 1 };
	char text[256];
	size_t len = tn_pem_write(TN_STR("A"), bytes, sizeof(bytes), TN_B64_STD, text, sizeof(text));

	cr_assert_eq(len, strlen(text));
	for (size_t cap = 0; cap < len + 4; cap++) {
		memset(text, '#', sizeof(text));
		cr_assert_eq(tn_pem_write(TN_STR("A"), bytes, sizeof(bytes), TN_B64_STD, text, cap), cap > len ? len : 0);
		cr_assert_eq(text[cap], '#');
		cr_assert(cap <= len || text[len] == '\0');
	}
}

Test(pem, blocks_one_after_another)
{
	struct tn_str rest;
	struct tn_pem b;

	cr_code(next("\n" A "Zg\n" END_A "\n -----BEGIN B-----\r\nZm8=\r\n-----END B-----", &rest, &b), TN_OK);
	cr_assert(tn_str_eq(b.label, TN_STR("A")));
	cr_code(tn_pem_next(&rest, &b, &err), TN_OK);
	cr_assert(tn_str_eq(b.label, TN_STR("B")));
	cr_assert_eq(tn_trim(rest).n, 0);
	cr_code(tn_pem_next(&rest, &b, &err), TN_E_DESERIALIZATION);
}

Test(pem, refused)
{
	static const char *bad[] = {
		"", "x" A "Zg\n" END_A, A "Zg\n", A "Zg" END_A, A "Zg\n-----END B-----\n", "-----BEGIN A----\nZg\n" END_A, "-----BEGIN A\n-----\nZg\n" END_A,
		"----BEGIN A-----\nZg\n" END_A, A "Zg\n-----END A----",
	};
	struct tn_str rest;
	struct tn_pem b;

	for (size_t i = 0; i < COUNT(bad); i++)
		cr_assert_eq(next(bad[i], &rest, &b), TN_E_DESERIALIZATION, "%s", bad[i]);
	cr_code(next(A "Z!\n" END_A, &rest, &b), TN_OK);
	uint8_t out[16];
	cr_assert_eq(tn_pem_body(b.body, out, sizeof(out)), -1);
	cr_code(next(A "Zm9vYmFy\n" END_A, &rest, &b), TN_OK);
	cr_assert_eq(tn_pem_body(b.body, out, 4), -1); /* no room */
	cr_assert(tn_pem_is(TN_STR(" \n-----BEGIN")));
	cr_assert_not(tn_pem_is(TN_STR("gwFY")));
}
