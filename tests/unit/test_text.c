/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <criterion/criterion.h>
#include <tenuo/tenuo.h>
#include "tn_text.h"
#include "tn_types.h"

static long decode(const char *s, uint8_t *out)
{
	return tn_b64_decode(s, strlen(s), out, 64);
}

Test(base64, rfc4648)
{
	static const struct {
		const char *plain, *padded, *bare;
	} rows[] = {
		{ "", "", "" }, { "f", "Zg==", "Zg" }, { "fo", "Zm8=", "Zm8" }, { "foo", "Zm9v", "Zm9v" },
		{ "foob", "Zm9vYg==", "Zm9vYg" }, { "fooba", "Zm9vYmE=", "Zm9vYmE" }, { "foobar", "Zm9vYmFy", "Zm9vYmFy" },
	};
	uint8_t out[64];
	char text[64];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const uint8_t *p = (const uint8_t *)rows[i].plain;
		size_t n = strlen(rows[i].plain);

		cr_assert_eq(tn_b64_encode(p, n, TN_B64_STD, text, sizeof(text)), strlen(rows[i].padded));
		cr_assert_str_eq(text, rows[i].padded);
		tn_b64_encode(p, n, TN_B64_URL, text, sizeof(text));
		cr_assert_str_eq(text, rows[i].bare);
		tn_b64_encode(p, n, TN_B64_STD_NOPAD, text, sizeof(text));
		cr_assert_str_eq(text, rows[i].bare);
		cr_assert_eq(decode(rows[i].padded, out), (long)n);
		cr_assert_eq(decode(rows[i].bare, out), (long)n);
		cr_assert_eq(memcmp(out, p, n), 0);
	}
}

Test(base64, alphabets)
{
	static const uint8_t bytes[] = { 0xfb, 0xff, 0xfe };
	uint8_t out[64];
	char text[8];

	tn_b64_encode(bytes, 3, TN_B64_STD, text, sizeof(text));
	cr_assert_str_eq(text, "+//+");
	tn_b64_encode(bytes, 3, TN_B64_URL, text, sizeof(text));
	cr_assert_str_eq(text, "-__-");
	cr_assert_eq(decode("+//+", out), 3);
	cr_assert_eq(decode("-__-", out), 3);
	cr_assert_eq(decode("+/_-", out), -1); /* a mixture is nobody's encoding */
}

Test(base64, refused)
{
	static const char *bad[] = {
		"Z", "Zm9vY", "Zh==", "Zm9=", "Zg=", "Zg===", "Zm8==", "=", "==", "====", "Zm9v=", "Zm9v====", "Z g==", "Zg==\n",
		"Zm9*", "Zg==Zg==", "Zm\xc3\xa9",
	};
	uint8_t out[64];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_eq(decode(bad[i], out), -1, "%s", bad[i]);
}

Test(base64, room)
{
	uint8_t out[4];
	char text[9];

	cr_assert_eq(tn_b64_encode((const uint8_t *)"foobar", 6, TN_B64_STD, text, 8), 0); /* no room for the NUL */
	cr_assert_eq(tn_b64_encode((const uint8_t *)"foobar", 6, TN_B64_STD, text, 9), 8);
	cr_assert_eq(tn_b64_decode("Zm9vYg", 6, out, 3), -1);
	cr_assert_eq(tn_b64_decode("Zm9vYg", 6, out, 4), 4);
}

Test(hex, both_ways)
{
	uint8_t out[3];
	char text[7];

	cr_assert(tn_hex_decode("00aBfF", 6, out, 3));
	tn_hex(out, 3, text);
	cr_assert_str_eq(text, "00abff");
	cr_assert_not(tn_hex_decode("00abf", 5, out, 3));
	cr_assert_not(tn_hex_decode("00abf", 5, out, 2));
	cr_assert_not(tn_hex_decode("00abfg", 6, out, 3));
	cr_assert_not(tn_hex_decode("00abff00", 8, out, 3));
}

static int by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

Test(sort, any_length_and_order)
{
	uint64_t v[64], state = 1;

	for (size_t n = 0; n < 64; n++)
		for (int kind = 0; kind < 3; kind++) {
			for (size_t i = 0; i < n; i++) {
				state = state * 6364136223846793005u + 1442695040888963407u;
				v[i] = kind == 0 ? i : kind == 1 ? n - i : state >> 60;
			}
			tn_sort(v, n, sizeof(v[0]), by_number);
			for (size_t i = 1; i < n; i++)
				cr_assert_leq(v[i - 1], v[i]);
		}
}

Test(bytes, order_is_memcmp_then_length)
{
	cr_assert_lt(tn_bytes_cmp("a", 1, "b", 1), 0);
	cr_assert_lt(tn_bytes_cmp("a", 1, "aa", 2), 0);
	cr_assert_gt(tn_bytes_cmp("b", 1, "aa", 2), 0); /* not RFC 8949's shortest first */
	cr_assert_gt(tn_bytes_cmp("\xff", 1, "a", 1), 0);
	cr_assert_eq(tn_bytes_cmp(NULL, 0, "", 0), 0);
}
