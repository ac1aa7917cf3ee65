/* SPDX-License-Identifier: Apache-2.0 */
#include "wire_test.h"

TestSuite(cbor, .init = open_arena, .fini = close_arena);

static struct tn_cbor over(const char *hex)
{
	return tn_cbor_over(from_hex(hex), 0, &err);
}

Test(cbor, well_formed_items_are_skipped_whole)
{
	static const char *good[] = {
		"00", "17", "1818", "18ff", "190100", "1a00010000", "1b0000000100000000", "1b7fffffffffffffff", "20", "3b7fffffffffffffff",
		"40", "43010203", "60", "63616263", "80", "8301820203820405", "a0", "a201020304", "a16161820102", "f4", "f5", "f6",
		"f93c00", "fa3f800000", "fb3ff0000000000000", "f97e00", "9818000102030405060708090a0b0c0d0e0f1011121314151617",
	};

	for (size_t i = 0; i < COUNT(good); i++) {
		struct tn_cbor c = over(good[i]);

		cr_code(tn_cbor_skip(&c), TN_OK);
		cr_code(tn_cbor_end(&c), TN_OK);
	}
}

Test(cbor, what_no_field_may_contain)
{
	static const char *bad[] = {
		"",                                 /* nothing */
		"1817", "190017", "1900ff", "1a0000ffff", "1b00000000ffffffff", /* longer than needed */
		"3817", "5801aa", "780161", "980100", "b8010000",
		"1b8000000000000000", "1bffffffffffffffff", "3b8000000000000000", /* not i64 */
		"5f4101ff", "7f6161ff", "9f00ff", "bf0000ff", "ff",             /* indefinite */
		"c000", "c24101", "d81800", "d9d9f700",                         /* tags, bignum */
		"f7", "f0", "e0", "f820", "f8ff", "f3", "fc", "fd", "fe",       /* simple values */
		"18", "19ff", "1a0000", "1b00", "41", "4201", "61", "81", "8201", "a1", "a101", "a2010203", "f93c", "fa3f", "fb00", /* cut */
		"5bffffffffffffffff00", "7bffffffffffffffff00", "9bffffffffffffffff00", "bbffffffffffffffff00", /* lies */
		"828100", "a1018201", "82a10000",                               /* what is owed to two at once */
		"9affffffff00", "ba7fffffff0000", "1c", "1d", "1e", "1f", "3c", "5c", "7c", "9c", "bc",
	};

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct tn_cbor c = over(bad[i]);

		cr_assert_eq(tn_cbor_skip(&c), TN_E_DESERIALIZATION, "%s", bad[i]);
	}
}

Test(cbor, integers_and_their_limits)
{
	struct tn_cbor c = over("1903e8");
	uint64_t u;
	int64_t i;

	cr_code(tn_cbor_uint(&c, 1000, &u), TN_OK);
	cr_assert_eq(u, 1000);
	c = over("1903e8");
	cr_code(tn_cbor_uint(&c, 999, &u), TN_E_DESERIALIZATION);
	c = over("20");
	cr_code(tn_cbor_uint(&c, 9, &u), TN_E_DESERIALIZATION);
	c = over("3b7fffffffffffffff");
	cr_code(tn_cbor_int(&c, &i), TN_OK);
	cr_assert_eq(i, INT64_MIN);
	c = over("f93c00");
	cr_code(tn_cbor_int(&c, &i), TN_E_DESERIALIZATION);
	c = over("");
	cr_code(tn_cbor_int(&c, &i), TN_E_DESERIALIZATION);
}

Test(cbor, simple_values_are_not_mixed_up)
{
	static const char *items[] = { "f5", "f6", "f93c00", "01", "6131", "c0", "" };
	bool b;
	double f;

	for (size_t i = 0; i < COUNT(items); i++) {
		struct tn_cbor c = over(items[i]);

		cr_assert_eq(tn_cbor_bool(&c, &b) == TN_OK, i == 0);
		c = over(items[i]);
		cr_assert_eq(tn_cbor_null(&c) == TN_OK, i == 1);
		c = over(items[i]);
		cr_assert_eq(tn_cbor_float(&c, &f) == TN_OK, i == 2);
		c = over(items[i]);
		cr_assert_eq(tn_cbor_peek_null(&c), i == 1);
	}
}

Test(cbor, floats_of_all_three_widths)
{
	static const struct {
		const char *hex;
		double v;
	} rows[] = {
		{ "f90000", 0.0 }, { "f93c00", 1.0 }, { "f93e00", 1.5 }, { "f97bff", 65504.0 }, { "f90001", 0x1p-24 }, { "f90400", 0x1p-14 },
		{ "f903ff", 1023 * 0x1p-24 }, { "f9c400", -4.0 }, { "fa47c35000", 100000.0 }, { "fb3ff199999999999a", 1.1 }, { "fa3f800000", 1.0 },
		{ "fb3ff0000000000000", 1.0 }, { "f97c00", __builtin_inf() }, { "f9fc00", -__builtin_inf() },
	};
	double v;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct tn_cbor c = over(rows[i].hex);

		cr_code(tn_cbor_float(&c, &v), TN_OK);
		cr_assert_eq(memcmp(&v, &rows[i].v, sizeof(v)), 0, "%s", rows[i].hex);
	}
	struct tn_cbor c = over("f97e00");
	cr_code(tn_cbor_float(&c, &v), TN_OK);
	cr_assert(v != v);
	c = over("01");
	cr_code(tn_cbor_float(&c, &v), TN_E_DESERIALIZATION);
	c = over("f5");
	cr_code(tn_cbor_float(&c, &v), TN_E_DESERIALIZATION);
}

Test(cbor, shortest_float_is_written)
{
	static const struct {
		double v;
		const char *hex;
	} rows[] = {
		{ 0.0, "f90000" }, { -0.0, "f98000" }, { 1.5, "f93e00" }, { 65504.0, "f97bff" }, { 65505.0, "fa477fe100" }, { 65536.0, "fa47800000" },
		{ 0x1p-24, "f90001" }, { 0x1p-25, "fa33000000" }, { 0x1p-14, "f90400" }, { 3 * 0x1p-24, "f90003" }, { 1023 * 0x1p-24, "f903ff" },
		{ 1.1, "fb3ff199999999999a" }, { 100000.0, "fa47c35000" }, { 1e300, "fb7e37e43c8800759c" }, { 0x1p-149, "fa00000001" },
		{ 100.0, "f95640" }, { 0.1f, "fa3dcccccd" }, { 0x1.004p0, "f93c01" }, { 0x1.002p0, "fa3f801000" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t buf[16];
		char hex[40];
		struct tn_cborw w = { .p = buf, .cap = sizeof(buf) };
		struct tn_cbor c;
		double back;

		tn_cborw_float(&w, rows[i].v);
		tn_hex(buf, w.n, hex);
		cr_assert_str_eq(hex, rows[i].hex);
		c = tn_cbor_over((struct tn_bytes){ buf, w.n }, 0, &err);
		cr_code(tn_cbor_float(&c, &back), TN_OK);
		cr_assert_eq(memcmp(&back, &rows[i].v, sizeof(back)), 0);
	}
}

Test(cbor, text_is_utf8)
{
	struct tn_str s;
	struct tn_cbor c = over("63616263");

	cr_code(tn_cbor_text(&c, &s), TN_OK);
	cr_assert(tn_str_eq(s, TN_STR("abc")));
	c = over("62c3a9");
	cr_code(tn_cbor_text(&c, &s), TN_OK);
	c = over("62c328");
	cr_code(tn_cbor_text(&c, &s), TN_E_DESERIALIZATION);
	c = over("43616263");
	cr_code(tn_cbor_text(&c, &s), TN_E_DESERIALIZATION);
}

Test(cbor, octets_in_both_forms)
{
	struct tn_bytes b;
	struct tn_cbor c = over("430102ff");

	cr_code(tn_cbor_octets(&c, &arena, 3, &b), TN_OK);
	cr_assert_eq(b.n, 3);
	c = over("83010218ff");
	cr_code(tn_cbor_octets(&c, &arena, 3, &b), TN_OK);
	cr_assert_eq(b.n, 3);
	cr_assert_eq(b.p[2], 255);
	c = over("430102ff");
	cr_code(tn_cbor_octets(&c, &arena, 2, &b), TN_E_VALUE_TOO_LARGE);
	c = over("83010218ff");
	cr_code(tn_cbor_octets(&c, &arena, 2, &b), TN_E_VALUE_TOO_LARGE);
	c = over("8301021901ff"); /* 511 is no octet */
	cr_code(tn_cbor_octets(&c, &arena, 3, &b), TN_E_DESERIALIZATION);
	c = over("8120");
	cr_code(tn_cbor_octets(&c, &arena, 3, &b), TN_E_DESERIALIZATION);
}

Test(cbor, offsets_are_those_of_the_whole_input)
{
	struct tn_cbor c = tn_cbor_over(from_hex("00f7"), 100, &err);
	uint64_t v;

	cr_code(tn_cbor_uint(&c, 9, &v), TN_OK);
	cr_code(tn_cbor_skip(&c), TN_E_DESERIALIZATION);
	cr_assert_eq(err.offset, 101);
}

Test(cbor, a_writer_without_room_counts)
{
	struct tn_cborw w = { 0 };
	uint8_t buf[4];

	tn_cborw_text(&w, TN_STR("hello"));
	cr_assert_eq(w.n, 6);
	w = (struct tn_cborw){ .p = buf, .cap = sizeof(buf) };
	tn_cborw_text(&w, TN_STR("hello"));
	tn_cborw_uint(&w, 1);
	cr_assert_eq(w.n, 7);
	memset(buf, 0, sizeof(buf));
	w = (struct tn_cborw){ .p = buf, .cap = 2 };
	tn_cborw_uint(&w, 24);
	cr_assert_eq(memcmp(buf, "\x18\x18\0", 3), 0); /* what just fits is there */
	tn_cborw_null(&w);
	cr_assert_eq(buf[2], 0);
}

Test(cbor, heads_are_shortest)
{
	static const struct {
		uint64_t v;
		const char *hex;
	} rows[] = { { 0, "00" }, { 23, "17" }, { 24, "1818" }, { 255, "18ff" }, { 256, "190100" }, { 65535, "19ffff" },
		     { 65536, "1a00010000" }, { UINT32_MAX, "1affffffff" }, { 1ULL << 32, "1b0000000100000000" } };

	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t buf[16];
		char hex[40];
		struct tn_cborw w = { .p = buf, .cap = sizeof(buf) };

		tn_cborw_uint(&w, rows[i].v);
		tn_hex(buf, w.n, hex);
		cr_assert_str_eq(hex, rows[i].hex);
	}
	uint8_t buf[16];
	char hex[40];
	struct tn_cborw w = { .p = buf, .cap = sizeof(buf) };
	tn_cborw_int(&w, INT64_MIN);
	tn_cborw_int(&w, 0);
	tn_cborw_float(&w, __builtin_nan(""));
	tn_cborw_float(&w, -__builtin_inf());
	tn_hex(buf, w.n, hex);
	cr_assert_str_eq(hex, "3b7fffffffffffffff00f97e00f9fc00");
}
