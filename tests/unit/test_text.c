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

Test(base64, every_digit_there_and_back)
{
	static const char mixed[][5] = { "+AA_", "+AA-", "/AA_", "/AA-" };
	uint8_t bytes[48], out[64];
	char text[128];

	for (unsigned i = 0; i < 16; i++) { /* digits 4i .. 4i + 3 */
		unsigned v = (4 * i) << 18 | (4 * i + 1) << 12 | (4 * i + 2) << 6 | (4 * i + 3);

		bytes[3 * i] = (uint8_t)(v >> 16);
		bytes[3 * i + 1] = (uint8_t)(v >> 8);
		bytes[3 * i + 2] = (uint8_t)v;
	}
	for (int f = TN_B64_STD; f <= TN_B64_URL; f++) {
		cr_assert_eq(tn_b64_encode(bytes, 48, (enum tn_b64)f, text, sizeof(text)), 64);
		cr_assert_eq(strncmp(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 62), 0);
		cr_assert_eq(decode(text, out), 48);
		cr_assert_eq(memcmp(out, bytes, 48), 0);
	}
	for (size_t i = 0; i < 4; i++)
		cr_assert_eq(decode(mixed[i], out), -1);
	for (unsigned c = 1; c < 256; c++) {
		const char one[5] = { 'A', (char)c, 'A', 'A', '\0' };

		cr_assert_eq(decode(one, out) == 3, c < 128 && (strchr(text, (int)c) || c == '+' || c == '/'), "byte %u", c);
	}
}

Test(text, white_space)
{
	for (unsigned c = 0; c < 256; c++)
		cr_assert_eq(tn_is_space((unsigned char)c), c == ' ' || c == '\t' || c == '\n' || c == '\r');
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

Test(hex, every_byte)
{
	char lower[3], upper[3];
	uint8_t out;

	for (unsigned c = 0; c < 256; c++) {
		const uint8_t b = (uint8_t)c;

		tn_hex(&b, 1, lower);
		for (size_t i = 0; i < 3; i++)
			upper[i] = (char)(lower[i] >= 'a' ? lower[i] - 32 : lower[i]);
		cr_assert(tn_hex_decode(lower, 2, &out, 1) && out == b);
		cr_assert(tn_hex_decode(upper, 2, &out, 1) && out == b);
	}
	cr_assert_not(tn_hex_decode("0g", 2, &out, 1));
	cr_assert_not(tn_hex_decode("0G", 2, &out, 1));
	cr_assert_not(tn_hex_decode("/0", 2, &out, 1));
	cr_assert_not(tn_hex_decode("0:", 2, &out, 1));
	cr_assert_not(tn_hex_decode("@0", 2, &out, 1));
	cr_assert_not(tn_hex_decode("0`", 2, &out, 1));
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
