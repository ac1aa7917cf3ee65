/* SPDX-License-Identifier: Apache-2.0 */
/* Values, constraints, payloads, envelopes: read and written. */
#include <stdio.h>
#include "wire_test.h"

TestSuite(wire, .init = open_arena, .fini = close_arena);

static enum tn_code read_constraint(const char *hex, struct tn_constraint *c)
{
	struct tn_reader r = { .c = tn_cbor_over(from_hex(hex), 0, &err), .a = &arena };

	memset(c, 0, sizeof(*c));
	TN_TRY(tn_constraint_read(&r, 0, c));
	return tn_cbor_end(&r.c);
}

static const char *write_constraint(const struct tn_constraint *c)
{
	struct tn_cborw w = { .p = tn_arena_alloc(&arena, 4096), .cap = 4096 };
	char *hex = tn_arena_alloc(&arena, 8193);

	tn_constraint_write(&w, c);
	tn_hex(w.p, w.n, hex);
	return hex;
}

/* [1, {"value": V}] around a value. */
static enum tn_code read_value(const char *hex, struct tn_constraint *c)
{
	char text[4096];

	snprintf(text, sizeof(text), "8201a16576616c7565%s", hex);
	return read_constraint(text, c);
}

/* All nine fields, two of them null. */
static const char url_safe[] = "8212a967736368656d6573816568747470736d616c6c6f775f646f6d61696e73f66c64656e795f646f6d61696e738165782e"
			       "6f72676b616c6c6f775f706f727473811901bb6d626c6f636b5f70726976617465f56e626c6f636b5f6c6f6f706261636bf4"
			       "6e626c6f636b5f6d65746164617461f56e626c6f636b5f7265736572766564f573626c6f636b5f696e7465726e616c5f746c6473f5";

Test(wire, canonical_constraints_come_back_byte_for_byte)
{
	static const char *rows[] = {
		"8201a16576616c75656178", "8202a1677061747465726e612a",
		"8203a4636d696ef90000636d6178fa47c350006d6d696e5f696e636c7573697665f56d6d61785f696e636c7573697665f4",
		"8203a4636d696ef6636d6178f66d6d696e5f696e636c7573697665f56d6d61785f696e636c7573697665f5",
		"8204a16676616c756573826161f5", "8205a1677061747465726e612e", "8207a1686578636c7564656481f6", "82086a31302e302e302e302f38",
		"82097568747470733a2f2f6578616d706c652e636f6d2f78", "820aa168726571756972656480", "820ba167616c6c6f77656480",
		"820ca16b636f6e73747261696e7473818210f6", "820da16b636f6e73747261696e747380", "820ea16a636f6e73747261696e748210f6",
		"820fa16a65787072657373696f6e6474727565", "820fa26a65787072657373696f6e617871706172656e745f65787072657373696f6e6179",
		"8210f6", "8211a364726f6f74622f616e636173655f73656e736974697665f56b616c6c6f775f657175616cf4",
		url_safe, "821880a165616c6c6f7781626c73", "821863420102", "820640",
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct tn_constraint c;

		cr_assert_eq(read_constraint(rows[i], &c), TN_OK, "%s: %s", rows[i], err.msg);
		cr_assert_str_eq(write_constraint(&c), rows[i]);
	}
}

Test(wire, defaults_of_absent_fields)
{
	struct tn_constraint c;

	cr_code(read_constraint("8211a164726f6f74622f61", &c), TN_OK);
	cr_assert(c.subpath.case_sensitive && c.subpath.allow_equal);
	cr_code(read_constraint("8212a0", &c), TN_OK);
	cr_assert_eq(c.url.schemes.n, 2);
	cr_assert(c.url.block_private && c.url.block_loopback && c.url.block_metadata && c.url.block_reserved);
	cr_assert_not(c.url.block_internal_tlds || c.url.has_allow || c.url.has_deny || c.url.has_ports);
	cr_code(read_constraint("8212a16b616c6c6f775f706f727473821901bb1850", &c), TN_OK);
	cr_assert(c.url.has_ports && c.url.nports == 2 && c.url.ports[0] == 443 && c.url.ports[1] == 80);
	cr_code(read_constraint("8203a26d6d696e5f696e636c7573697665f56d6d61785f696e636c7573697665f5", &c), TN_OK);
	cr_assert_not(c.range.has_min || c.range.has_max);
	cr_code(read_constraint("820fa26a65787072657373696f6e617871706172656e745f65787072657373696f6ef6", &c), TN_OK);
	cr_assert_not(c.cel.has_parent);
}

Test(wire, schemes_left_to_the_default_are_written)
{
	struct tn_constraint c = { .type = TN_C_URL_SAFE }, again;
	const char *hex = write_constraint(&c);

	cr_code(read_constraint(hex, &again), TN_OK);
	cr_assert(again.url.schemes.n == 2 && tn_str_eq(again.url.schemes.v[1], TN_STR("https")));
	c.url.has_schemes = true; /* and none is none */
	cr_code(read_constraint(write_constraint(&c), &again), TN_OK);
	cr_assert_eq(again.url.schemes.n, 0);
}

Test(wire, constraints_that_are_refused)
{
	static const struct {
		const char *why, *hex;
	} rows[] = {
		{ "not a pair", "8101" }, { "three elements", "8301a16576616c75650100" }, { "the id is text", "826131a0" }, { "id 256", "8219010040" },
		{ "no value", "8201a0" }, { "unknown field", "8201a26576616c756501617801" }, { "field twice", "8201a26576616c7565016576616c756502" },
		{ "key is bytes", "8201a14576616c756501" }, { "value of bytes", "8201a16576616c75654101" },
		{ "range of integers", "8203a4636d696e00636d6178f66d6d696e5f696e636c7573697665f56d6d61785f696e636c7573697665f5" },
		{ "range without inclusiveness", "8203a2636d696ef6636d6178f6" },
		{ "range of NaN", "8203a4636d696ef97e00636d6178f66d6d696e5f696e636c7573697665f56d6d61785f696e636c7573697665f5" },
		{ "range of NaN in a list", "820ca16b636f6e73747261696e7473818203a4636d696ef97e00636d6178f66d6d696e5f696e636c7573697665f56d6d61785f696e636c7573697665f5" },
		{ "no CIDR in a list", "820ca16b636f6e73747261696e747381820863787878" },
		{ "range to infinity", "8203a4636d696ef6636d6178f97c006d6d696e5f696e636c7573697665f56d6d61785f696e636c7573697665f5" },
		{ "a CIDR in a map", "8208a164636964726a31302e302e302e302f38" }, { "no CIDR", "820863787878" }, { "wildcard of something", "821000" },
		{ "wildcard undefined", "8210f7" }, { "subpath without root", "8211a0" }, { "subpath null flag", "8211a264726f6f74612f6b616c6c6f775f657175616cf6" },
		{ "port 65536", "8212a16b616c6c6f775f706f727473811a00010000" }, { "schemes null", "8212a167736368656d6573f6" }, { "shlex without allow", "821880a0" },
		{ "unknown with a map", "821863a0" }, { "unknown with text", "8218636161" }, { "not without constraint", "820ea0" },
		{ "values no list", "8204a16676616c756573a0" }, { "a bad value", "8204a16676616c75657381f7" }, { "key is a number", "8201a10001" },
		{ "no list of constraints", "820ca16b636f6e73747261696e7473a0" }, { "a bad one in the list", "820ca16b636f6e73747261696e7473818101" },
		{ "ports no list", "8212a16b616c6c6f775f706f727473a0" }, { "domains of numbers", "8212a16d616c6c6f775f646f6d61696e738101" },
		{ "no array", "a0" }, { "fields no map", "820180" }, { "an unknown number beside", "82186300" },
	};
	struct tn_constraint c;

	for (size_t i = 0; i < COUNT(rows); i++)
		cr_assert_neq(read_constraint(rows[i].hex, &c), TN_OK, "%s", rows[i].why);
}

/* n times All([ ... ]) around a wildcard */
static const char *nested(unsigned n)
{
	char *text = tn_arena_alloc(&arena, 64 * (n + 1));

	for (unsigned i = 0; i < n; i++)
		strcat(text, "820ca16b636f6e73747261696e747381");
	return strcat(text, "8210f6");
}

Test(wire, constraints_nest_32_deep)
{
	struct tn_constraint c;

	cr_code(read_constraint(nested(32), &c), TN_OK);
	cr_assert_str_eq(write_constraint(&c), nested(32));
	cr_code(read_constraint(nested(33), &c), TN_E_CONSTRAINT_DEPTH);
	cr_code(read_constraint(nested(2000), &c), TN_E_CONSTRAINT_DEPTH);
}

Test(wire, values)
{
	struct tn_constraint c;

	cr_code(read_value("a2626262016161f5", &c), TN_OK); /* any order is read, bytewise order is kept */
	cr_assert(tn_str_eq(c.exact.map.v[0].key, TN_STR("a")));
	cr_code(read_value("a2616101616102", &c), TN_E_DESERIALIZATION);
	cr_code(read_value("82a2616101616102" "00", &c), TN_E_DESERIALIZATION); /* twice at any level */
	cr_code(read_value("a10102", &c), TN_E_DESERIALIZATION);
	cr_code(read_value("1b8000000000000000", &c), TN_E_DESERIALIZATION);
	cr_code(read_value("3b7fffffffffffffff", &c), TN_OK);
	cr_assert_eq(c.exact.i, INT64_MIN);
	cr_code(read_value("fb3ff199999999999a", &c), TN_OK);
	cr_assert_eq(c.exact.f, 1.1);
	cr_code(read_value("f7", &c), TN_E_DESERIALIZATION);
	cr_code(read_value("c000", &c), TN_E_DESERIALIZATION);
}

Test(wire, values_nest_32_deep)
{
	struct tn_constraint c;
	char text[128] = "";

	for (int i = 0; i < 32; i++)
		strcat(text, "81");
	strcat(text, "00");
	cr_code(read_value(text, &c), TN_OK);
	memmove(text + 2, text, strlen(text) + 1);
	memcpy(text, "81", 2);
	cr_code(read_value(text, &c), TN_E_VALUE_TOO_LARGE);
}

/* ---- payloads ---- */

/* A good payload with one field's bytes replaced (empty: dropped). */
static struct tn_bytes with_field(uint64_t at, const char *hex)
{
	struct tn_warrant fields = root_fields();
	struct tn_cbor c = tn_cbor_over(payload_of(&fields), 0, &err);
	struct tn_cborw w = { .p = tn_arena_alloc(&arena, 8192), .cap = 8192 };
	struct tn_bytes raw = from_hex(hex);
	uint64_t k;
	size_t n;

	cr_code(tn_cbor_map(&c, &n), TN_OK);
	bool there = at <= 8 || at == 18;
	tn_cborw_map(&w, n + !there - (raw.n == 0));
	if (!there) {
		tn_cborw_uint(&w, at);
		tn_cborw_raw(&w, raw);
	}
	while (n-- > 0) {
		const uint8_t *start = c.p;

		cr_code(tn_cbor_uint(&c, 99, &k), TN_OK);
		if (k == at)
			start = c.p;
		cr_code(tn_cbor_skip(&c), TN_OK);
		if (k == at && raw.n == 0)
			continue;
		if (k == at)
			tn_cborw_uint(&w, k);
		tn_cborw_raw(&w, k == at ? raw : (struct tn_bytes){ start, (size_t)(c.p - start) });
	}
	return (struct tn_bytes){ w.p, w.n };
}

static enum tn_code field(uint64_t at, const char *hex)
{
	const tn_warrant *w;

	return decode(seal(with_field(at, hex), key(0)), &w);
}

Test(wire, every_required_field_is_required)
{
	const tn_warrant *w;

	cr_code(decode(seal(with_field(6, "1a6553f100"), key(0)), &w), TN_OK); /* NOW: the twin */
	for (uint64_t k = 0; k <= 8; k++)
		cr_assert_eq(field(k, ""), TN_E_MISSING_FIELD, "field %d", (int)k);
	cr_code(field(18, ""), TN_OK);
}

Test(wire, fields_and_their_limits)
{
	static const struct {
		uint64_t at;
		const char *hex;
		enum tn_code want;
	} rows[] = {
		{ 0, "02", TN_E_PAYLOAD_VERSION }, { 0, "00", TN_E_PAYLOAD_VERSION }, { 0, "6131", TN_E_DESERIALIZATION },
		{ 1, "4f000102030405060708090a0b0c0d0e", TN_E_DESERIALIZATION }, { 1, "50000102030405060708090a0b0c0d0e0f", TN_OK },
		{ 1, "80", TN_E_DESERIALIZATION },
		{ 1, "7061616161616161616161616161616161", TN_E_DESERIALIZATION }, { 2, "00", TN_OK }, { 2, "02", TN_E_DESERIALIZATION }, { 2, "190100", TN_E_DESERIALIZATION },
		{ 2, "190101", TN_E_DESERIALIZATION }, { 2, "01", TN_E_VALIDATION }, { 2, "f4", TN_E_DESERIALIZATION },
		{ 3, "a0", TN_E_VALIDATION }, { 3, "a16161a0", TN_E_DESERIALIZATION }, { 3, "a16161a16b636f6e73747261696e7473a0", TN_OK },
		{ 3, "a26161a16b636f6e73747261696e7473a06161a16b636f6e73747261696e7473a0", TN_E_DESERIALIZATION },
		{ 3, "a16161a26b636f6e73747261696e7473a06d616c6c6f775f756e6b6e6f776ef5", TN_OK },
		{ 3, "a16161a26b636f6e73747261696e7473a06d616c6c6f775f756e6b6e6f776e01", TN_E_DESERIALIZATION },
		{ 3, "a16161a26b636f6e73747261696e7473a06161f5", TN_E_DESERIALIZATION },
		{ 3, "a16161a16d616c6c6f775f756e6b6e6f776ef5", TN_E_DESERIALIZATION },
		{ 3, "a100a16b636f6e73747261696e7473a0", TN_E_DESERIALIZATION }, { 3, "80", TN_E_DESERIALIZATION },
		{ 3, "a16161a16b636f6e73747261696e7473a16178820863787878", TN_E_VALIDATION }, /* x: no CIDR */
		 { 3, "a16161a0", TN_E_DESERIALIZATION },
		{ 3, "a16161a16b636f6e73747261696e7473a1008210f6", TN_E_DESERIALIZATION }, { 3, "a16161a16b636f6e73747261696e747380", TN_E_DESERIALIZATION },
		{ 3, "a16674656e756f3aa16b636f6e73747261696e7473a0", TN_E_RESERVED_TOOL }, { 3, "a16574656e756fa16b636f6e73747261696e7473a0", TN_OK },
		{ 3, "a16774656e756f3a78a16b636f6e73747261696e7473a0", TN_E_RESERVED_TOOL },
		{ 4, "820258200000000000000000000000000000000000000000000000000000000000000000", TN_E_ALGORITHM },
		{ 4, "820158200000000000000000000000000000000000000000000000000000000000000000", TN_E_VALIDATION },
		{ 4, "8201581f00000000000000000000000000000000000000000000000000000000000000", TN_E_KEY_LENGTH },
		{ 4, "8101", TN_E_DESERIALIZATION }, { 7, "1a6553f101", TN_OK }, { 7, "1a6553f100", TN_E_VALIDATION }, { 7, "00", TN_E_VALIDATION },
		{ 7, "1a65ca9800", TN_OK },              /* 90 days to the second */
		{ 7, "1a65ca9801", TN_E_INVALID_TTL }, { 7, "1b8000000000000000", TN_E_DESERIALIZATION }, { 7, "1b0000003afff44180", TN_E_DESERIALIZATION },
		{ 7, "1b7fffffffffffffff", TN_E_DESERIALIZATION }, { 8, "1840", TN_OK }, { 8, "1841", TN_E_DEPTH_EXCEEDED }, { 8, "190100", TN_E_DESERIALIZATION },
		{ 9, "58200101010101010101010101010101010101010101010101010101010101010101", TN_OK }, { 9, "40", TN_E_DESERIALIZATION },
		{ 9, "f6", TN_E_DESERIALIZATION }, { 10, "a0", TN_OK }, { 10, "80", TN_E_DESERIALIZATION }, { 10, "a1004101", TN_E_DESERIALIZATION }, { 10, "a161784101", TN_OK }, { 10, "a161788101", TN_OK }, { 10, "a161786101", TN_E_DESERIALIZATION },
		{ 10, "a2617840617840", TN_E_DESERIALIZATION }, { 10, "a17074656e756f2e73657373696f6e5f696441ff", TN_E_EXTENSION_VALUE },
		{ 10, "a17074656e756f2e73657373696f6e5f69644173", TN_OK }, { 11, "816161", TN_E_VALIDATION }, { 12, "00", TN_E_UNKNOWN_FIELD },
		{ 13, "00", TN_E_VALIDATION }, { 14, "a16b636f6e73747261696e7473a0", TN_E_VALIDATION }, { 15, "80", TN_OK }, { 15, "a0", TN_E_DESERIALIZATION },
		{ 15, "81820158200000000000000000000000000000000000000000000000000000000000000000", TN_E_VALIDATION }, { 16, "01", TN_OK },
		{ 16, "1b0000000100000000", TN_E_DESERIALIZATION }, { 17, "18ff", TN_OK }, { 17, "190100", TN_E_DESERIALIZATION }, { 17, "f6", TN_E_DESERIALIZATION },
		{ 18, "08", TN_OK }, { 18, "09", TN_E_DEPTH_EXCEEDED }, { 18, "1b0000000100000000", TN_E_DESERIALIZATION }, { 19, "00", TN_E_UNKNOWN_FIELD },
		{ 24, "00", TN_E_UNKNOWN_FIELD }, { 256, "00", TN_E_UNKNOWN_FIELD },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		enum tn_code got = field(rows[i].at, rows[i].hex);

		cr_assert_eq(got, rows[i].want, "field %d %s: %d (%s) for %d", (int)rows[i].at, rows[i].hex, (int)got, err.msg, (int)rows[i].want);
	}
}

Test(wire, optional_fields_are_seen)
{
	const tn_warrant *w;

	cr_code(decode(seal(with_field(17, "07"), key(0)), &w), TN_OK);
	cr_assert(w->has_clearance && w->clearance == 7);
	cr_code(decode(seal(with_field(9, "58200101010101010101010101010101010101010101010101010101010101010101"), key(0)), &w), TN_OK);
	cr_assert(w->has_parent_hash && w->parent_hash[31] == 1);
	cr_code(decode(seal(with_field(16, "03"), key(0)), &w), TN_OK);
	cr_assert(w->has_min_approvals && w->min_approvals == 3);
	cr_code(decode(seal(with_field(10, "a16178820102"), key(0)), &w), TN_OK); /* an array of integers, as upstream writes it */
	cr_assert(w->next == 1 && w->ext[0].val.n == 2 && w->ext[0].val.p[1] == 2);
	cr_code(decode(seal(with_field(17, "07"), key(0)), &w), TN_OK);
	cr_assert_not(w->has_parent_hash || w->has_min_approvals || w->has_approvers || w->has_issuable || w->has_bounds || w->has_max_issue_depth);
}

Test(wire, fields_twice_and_keys_of_another_kind)
{
	struct tn_warrant fields = root_fields();
	struct tn_bytes p = payload_of(&fields);
	uint8_t *copy = tn_arena_alloc(&arena, p.n + 8);
	const tn_warrant *w;

	memcpy(copy, p.p, p.n);
	copy[0]++;
	memcpy(copy + p.n, "\x12\x00", 2); /* depth again */
	cr_code(decode(seal((struct tn_bytes){ copy, p.n + 2 }, key(0)), &w), TN_E_DESERIALIZATION);
	memcpy(copy + p.n, "\x61\x30\x00", 3);
	cr_code(decode(seal((struct tn_bytes){ copy, p.n + 3 }, key(0)), &w), TN_E_DESERIALIZATION);
	copy[0]--;
	cr_code(decode(seal((struct tn_bytes){ copy, p.n }, key(0)), &w), TN_OK);
	cr_code(decode(seal((struct tn_bytes){ copy, p.n + 1 }, key(0)), &w), TN_E_DESERIALIZATION); /* trailing */
}

Test(wire, limits_of_count_and_size)
{
	struct tn_warrant fields = root_fields();
	const tn_warrant *w;
	static char names[300][8];
	struct tn_tool *tools = tn_arena_array(&arena, 300, sizeof(*tools));
	struct tn_carg *args = tn_arena_array(&arena, 300, sizeof(*args));
	struct tn_ext *ext = tn_arena_array(&arena, 300, sizeof(*ext));

	for (size_t i = 0; i < 300; i++) {
		snprintf(names[i], sizeof(names[i]), "t%03zu", i);
		tools[i].name = tn_cstr(names[i]);
		args[i] = (struct tn_carg){ tn_cstr(names[i]), { .type = TN_C_WILDCARD } };
		ext[i].key = tn_cstr(names[i]);
	}
	fields.tools = tools;
	fields.ntools = 256;
	cr_code(forge(&fields, 0, &w), TN_OK);
	fields.ntools = 257;
	cr_code(forge(&fields, 0, &w), TN_E_TOO_MANY_TOOLS);
	fields.ntools = 1;
	tools[0].set = (struct tn_cset){ args, 64, false };
	cr_code(forge(&fields, 0, &w), TN_OK);
	tools[0].set.n = 65;
	cr_code(forge(&fields, 0, &w), TN_E_CONSTRAINT_DEPTH);
	tools[0].set.n = 0;
	fields.ext = ext;
	fields.next = 64;
	cr_code(forge(&fields, 0, &w), TN_OK);
	fields.next = 65;
	cr_code(forge(&fields, 0, &w), TN_E_VALIDATION);
	fields.next = 1;
	ext[0].val = (struct tn_bytes){ tn_arena_alloc(&arena, 9000), 8192 };
	cr_code(forge(&fields, 0, &w), TN_OK);
	ext[0].val.n = 8193;
	cr_code(forge(&fields, 0, &w), TN_E_EXTENSION_TOO_LARGE);
	ext[0].val.n = 0;
	ext[0].key = (struct tn_str){ memset(tn_arena_alloc(&arena, 256), 'k', 256), 255 };
	cr_code(forge(&fields, 0, &w), TN_OK);
	ext[0].key.n = 256;
	cr_code(forge(&fields, 0, &w), TN_E_EXTENSION_TOO_LARGE);
}

Test(wire, approvers_and_their_number)
{
	struct tn_warrant fields = root_fields();
	uint8_t keys[2][32];
	const tn_warrant *w;

	memcpy(keys[0], key(5)->pub.b, 32);
	memcpy(keys[1], key(6)->pub.b, 32);
	fields.approvers = (const uint8_t (*)[32])keys;
	fields.napprovers = 2;
	fields.has_approvers = fields.has_min_approvals = true;
	fields.min_approvals = 2;
	cr_code(forge(&fields, 0, &w), TN_OK);
	cr_assert_eq(w->napprovers, 2);
	fields.min_approvals = 3;
	cr_code(forge(&fields, 0, &w), TN_E_VALIDATION);
	fields.min_approvals = 0;
	cr_code(forge(&fields, 0, &w), TN_E_VALIDATION);
	fields.min_approvals = 1;
	cr_code(forge(&fields, 0, &w), TN_OK);
}

Test(wire, issuer_warrants)
{
	struct tn_warrant fields = root_fields();
	struct tn_str names[257] = { TN_STR("a") };
	const tn_warrant *w;

	fields.issuer_type = true;
	fields.ntools = 0;
	cr_code(forge(&fields, 0, &w), TN_E_VALIDATION); /* nothing to issue */
	fields.has_issuable = true;
	cr_code(forge(&fields, 0, &w), TN_E_VALIDATION);
	fields.issuable = (struct tn_strs){ names, 1 };
	cr_code(forge(&fields, 0, &w), TN_OK);
	fields.ntools = 1;
	cr_code(forge(&fields, 0, &w), TN_E_VALIDATION); /* tools of its own */
	fields.ntools = 0;
	fields.has_max_issue_depth = true;
	fields.max_issue_depth = 8;
	cr_code(forge(&fields, 0, &w), TN_OK);
	fields.max_issue_depth = 9;
	cr_code(forge(&fields, 0, &w), TN_E_DEPTH_EXCEEDED);
	fields.max_issue_depth = 1;
	names[0] = TN_STR("tenuo:x");
	cr_code(forge(&fields, 0, &w), TN_E_RESERVED_TOOL);
	for (size_t i = 0; i < COUNT(names); i++)
		names[i] = TN_STR("a");
	fields.issuable.n = 256;
	cr_code(forge(&fields, 0, &w), TN_OK);
	fields.issuable.n = 257;
	cr_code(forge(&fields, 0, &w), TN_E_TOO_MANY_TOOLS);
}

/* ---- envelopes ---- */

Test(wire, the_signature_covers_every_byte)
{
	struct tn_warrant fields = root_fields();
	struct tn_bytes env = seal(payload_of(&fields), key(0));
	uint8_t *copy = tn_arena_dup(&arena, env.p, env.n);
	const tn_warrant *w;

	cr_code(decode(env, &w), TN_OK);
	for (size_t i = 0; i < env.n; i++)
		for (unsigned bit = 1; bit < 256; bit <<= 1) {
			copy[i] ^= (uint8_t)bit;
			cr_assert_neq(decode((struct tn_bytes){ copy, env.n }, &w), TN_OK, "bit %u of byte %zu", bit, i);
			cr_assert_null(w);
			copy[i] ^= (uint8_t)bit;
		}
	for (size_t n = 0; n < env.n; n++)
		cr_assert_neq(decode((struct tn_bytes){ copy, n }, &w), TN_OK, "cut at %zu", n);
	cr_code(forge(&fields, 1, &w), TN_E_SIGNATURE_INVALID); /* good, but another key's */
}

Test(wire, envelopes_of_another_shape)
{
	struct tn_warrant fields = root_fields();
	struct tn_bytes env = seal(payload_of(&fields), key(0));
	uint8_t *copy = tn_arena_alloc(&arena, env.n + 2);
	const tn_warrant *w;

	memcpy(copy, env.p, env.n);
	copy[1] = 2;
	cr_code(decode((struct tn_bytes){ copy, env.n }, &w), TN_E_ENVELOPE_VERSION);
	copy[1] = 1;
	copy[0] = 0x82;
	cr_code(decode((struct tn_bytes){ copy, env.n }, &w), TN_E_ENVELOPE);
	copy[0] = 0x84;
	cr_code(decode((struct tn_bytes){ copy, env.n + 1 }, &w), TN_E_ENVELOPE);
	copy[0] = 0x83;
	cr_code(decode((struct tn_bytes){ copy, env.n + 1 }, &w), TN_E_DESERIALIZATION); /* trailing */
	copy[env.n - 67] = 2; /* the signature's algorithm */
	cr_code(decode((struct tn_bytes){ copy, env.n }, &w), TN_E_ALGORITHM);
	copy[env.n - 67] = 1;
	cr_code(decode((struct tn_bytes){ copy, env.n }, &w), TN_OK);
}

Test(wire, the_signature_is_looked_at_before_the_payload)
{
	struct tn_bytes bad_payload = with_field(2, "190100");
	const tn_warrant *w;

	cr_code(decode(seal(bad_payload, key(1)), &w), TN_E_SIGNATURE_INVALID);
	cr_code(decode(seal(bad_payload, key(0)), &w), TN_E_DESERIALIZATION);
}

Test(wire, what_was_read_is_written_again)
{
	struct tn_warrant fields = root_fields();
	const tn_warrant *w = made(&fields);
	struct tn_bytes again = payload_of(w);

	cr_assert_eq(again.n, w->payload.n);
	cr_assert_eq(memcmp(again.p, w->payload.p, again.n), 0);
}

Test(wire, a_small_arena_is_out_of_memory_never_a_crash)
{
	struct tn_warrant fields = root_fields();
	struct tn_bytes env = seal(payload_of(&fields), key(0));
	const tn_warrant *const *links;
	size_t n;

	for (size_t limit = 1; limit < 20000; limit += 4095) {
		struct tn_arena small = TN_ARENA_MALLOC;

		small.limit = limit;
		enum tn_code code = tn_stack_decode(env.p, env.n, &small, &links, &n, &err);
		cr_assert(code == TN_OK || code == TN_E_NO_MEMORY);
		cr_assert_eq(n, code == TN_OK ? 1 : 0);
		tn_arena_free(&small);
	}
}

Test(wire, id_text)
{
	static const uint8_t id[16] = { 1, 0x9a, 0xff };
	char text[TN_ID_TEXT_LEN + 1];

	tn_id_text(id, text);
	cr_assert_str_eq(text, "tnu_wrt_019aff00000000000000000000000000");
}
