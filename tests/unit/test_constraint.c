/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <math.h>
#include <stdlib.h>
#include <ucontext.h>

#include "rows.h"
#include "sample.h"

static struct tn_arena arena;

static void start(void) { arena = TN_ARENA_MALLOC; }
static void stop(void) { tn_arena_free(&arena); }
TestSuite(constraint, .init = start, .fini = stop);

static enum tn_match ask(const char *c, const char *v) { return tn_constraint_match(rows_c(&arena, c), rows_v(&arena, v), NULL); }

#define YES(c, v) cr_expect_eq(ask(c, v), TN_MATCH, "%s should match %s", c, v)
#define NO(c, v) cr_expect_eq(ask(c, v), TN_NO_MATCH, "%s should not match %s", c, v)
#define MUTE(c, v) cr_expect_eq(ask(c, v), TN_CANNOT_SAY, "%s should not know about %s", c, v)

Test(constraint, values_are_equal_only_within_their_type)
{
	static const char *const all[] = { "null", "true", "false", "0", "1", "1.0", "1.5", "\"\"", "\"1\"", "[]", "[1]", "[1.0]", "[1,2]", "{}",
					   "{\"a\":1}", "{\"a\":2}", "{\"b\":1}", "{\"a\":1,\"b\":2}" };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		for (size_t k = 0; k < sizeof(all) / sizeof(all[0]); k++)
			cr_expect_eq(tn_value_eq(rows_v(&arena, all[i]), rows_v(&arena, all[k])), i == k, "%s and %s", all[i], all[k]);
	cr_expect(tn_value_eq(rows_v(&arena, "{\"a\":1,\"b\":2}"), rows_v(&arena, "{\"b\":2,\"a\":1}")));
	cr_expect_not(tn_value_eq(rows_v(&arena, "{\"a\":1,\"b\":2}"), rows_v(&arena, "{\"b\":1,\"a\":2}")));
}

Test(constraint, nan_equals_nothing)
{
	struct tn_value nan = { .type = TN_V_FLOAT, .f = NAN };
	struct tn_constraint c = { .type = TN_C_EXACT, .exact = nan };

	cr_expect_not(tn_value_eq(&nan, &nan));
	cr_expect_eq(tn_constraint_match(&c, &nan, NULL), TN_NO_MATCH);
}

/* Views into larger arrays: what lies behind the end does not count. */
Test(constraint, lists_and_maps_end_where_they_end)
{
	const struct tn_value *twelve = rows_v(&arena, "[1,2]"), *thirteen = rows_v(&arena, "[1,3]"), *ab = rows_v(&arena, "{\"a\":1,\"b\":2}");
	struct tn_value one = *twelve, other = *thirteen, a = *ab;

	one.list.n = other.list.n = 1;
	cr_expect(tn_value_eq(&one, &other));
	cr_expect_not(tn_value_eq(twelve, thirteen));
	a.map.n = 1;
	cr_expect_not(tn_value_eq(rows_v(&arena, "{\"b\":2}"), &a));
	cr_expect(tn_value_eq(rows_v(&arena, "{\"a\":1}"), &a));
}

/* Deeper than any reader lets through: not "different", which NotOneOf would take for a match. */
Test(constraint, values_nested_too_deep_cannot_be_judged)
{
	char text[200] = { 0 }, json[300];

	memset(text, '[', 40);
	memset(text + 40, ']', 40);
	snprintf(json, sizeof(json), "{\"not_one_of\":[%s]}", text);
	MUTE(json, text);
	snprintf(json, sizeof(json), "{\"one_of\":[%s]}", text);
	MUTE(json, text);
	YES("{\"not_one_of\":[[[1]]]}", "[[2]]");
	NO("{\"not_one_of\":[[[1]]]}", "[[1]]");
}

Test(constraint, lists_of_values)
{
	YES("{\"one_of\":[1,\"a\"]}", "\"a\"");
	NO("{\"one_of\":[1,\"a\"]}", "1.0");
	NO("{\"one_of\":[]}", "1");
	YES("{\"not_one_of\":[1]}", "1.0");
	NO("{\"not_one_of\":[1]}", "1");
	YES("{\"not_one_of\":[]}", "null");
	YES("{\"contains\":[1,2]}", "[3,2,1]");
	NO("{\"contains\":[1,2]}", "[1]");
	YES("{\"contains\":[]}", "[]");
	NO("{\"contains\":[]}", "1");
	YES("{\"subset\":[1,2]}", "[2,2]");
	YES("{\"subset\":[1,2]}", "[]");
	NO("{\"subset\":[1,2]}", "[3]");
	NO("{\"subset\":[1,2]}", "1");
	YES("{\"wildcard\":true}", "null");
}

Test(constraint, ranges)
{
	YES("{\"range\":{\"min\":1,\"max\":2}}", "1");
	YES("{\"range\":{\"min\":1,\"max\":2}}", "2.0");
	NO("{\"range\":{\"min\":1,\"max\":2}}", "2.1");
	NO("{\"range\":{\"min\":1,\"max\":2}}", "0");
	NO("{\"range\":{\"min\":1,\"min_inclusive\":false}}", "1");
	YES("{\"range\":{\"min\":1,\"min_inclusive\":false}}", "1.5");
	NO("{\"range\":{\"max\":1,\"max_inclusive\":false}}", "1");
	YES("{\"range\":{\"max\":1,\"max_inclusive\":false}}", "-5");
	YES("{\"range\":{}}", "5");
	NO("{\"range\":{}}", "\"5\"");
	NO("{\"range\":{}}", "true");
}

Test(constraint, a_range_and_nan)
{
	struct tn_value nan = { .type = TN_V_FLOAT, .f = NAN }, one = { .type = TN_V_INT, .i = 1 };
	struct tn_constraint c = { .type = TN_C_RANGE };

	cr_expect_eq(tn_constraint_match(&c, &nan, NULL), TN_NO_MATCH);
	cr_expect_eq(tn_constraint_match(&c, &one, NULL), TN_MATCH);
	c.range.has_min = true;
	c.range.min = NAN;
	c.range.min_inclusive = true;
	cr_expect_eq(tn_constraint_match(&c, &one, NULL), TN_NO_MATCH);
}

Test(constraint, text_kinds_refuse_other_values)
{
	static const char *const kinds[] = { "{\"pattern\":\"*\"}", "{\"subpath\":\"/\"}", "{\"shlex\":[\"ls\"]}", "{\"url_safe\":{}}",
					     "{\"url_pattern\":\"https://a.com\"}", "{\"cidr\":\"0.0.0.0/0\"}" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		NO(kinds[i], "5");
		NO(kinds[i], "[\"/\"]");
		NO(kinds[i], "null");
	}
	MUTE("{\"pattern\":\"[\"}", "5"); /* a broken glob is broken for every value */
	MUTE("{\"pattern\":\"[\"}", "\"a\"");
}

Test(constraint, what_is_not_judged_yet_cannot_say)
{
	struct tn_constraint unknown = { .type = TN_C_UNKNOWN };

	struct tn_constraint zeroed = { 0 };

	cr_expect_eq(tn_constraint_match(&zeroed, rows_v(&arena, "1"), NULL), TN_CANNOT_SAY);
	MUTE("{\"regex\":\".*\"}", "\"a\"");
	MUTE("{\"cel\":\"true\"}", "\"a\"");
	cr_expect_eq(tn_constraint_match(&unknown, rows_v(&arena, "1"), NULL), TN_CANNOT_SAY);
}

Test(constraint, all_reads_left_to_right_and_stops)
{
	YES("{\"all\":[{\"range\":{\"min\":0}},{\"range\":{\"max\":9}}]}", "5");
	NO("{\"all\":[{\"range\":{\"min\":0}},{\"range\":{\"max\":9}}]}", "10");
	NO("{\"all\":[\"x\",{\"regex\":\"a\"}]}", "\"a\"");
	MUTE("{\"all\":[{\"regex\":\"a\"},\"x\"]}", "\"a\"");
	MUTE("{\"all\":[\"a\",{\"regex\":\"a\"}]}", "\"a\"");
	MUTE("{\"all\":[]}", "1");
}

Test(constraint, any_reads_left_to_right_and_stops)
{
	YES("{\"any\":[\"a\",{\"regex\":\"a\"}]}", "\"a\"");
	MUTE("{\"any\":[{\"regex\":\"a\"},\"a\"]}", "\"a\"");
	MUTE("{\"any\":[\"b\",{\"regex\":\"a\"},\"a\"]}", "\"a\"");
	YES("{\"any\":[\"b\",\"a\"]}", "\"a\"");
	NO("{\"any\":[\"b\",\"c\"]}", "\"a\"");
	NO("{\"any\":[]}", "1");
}

Test(constraint, not_keeps_cannot_say)
{
	YES("{\"not\":\"a\"}", "\"b\"");
	NO("{\"not\":\"a\"}", "\"a\"");
	YES("{\"not\":{\"not\":\"a\"}}", "\"a\"");
	MUTE("{\"not\":{\"regex\":\"a\"}}", "\"a\"");
	MUTE("{\"not\":{\"all\":[]}}", "\"a\"");
	MUTE("{\"not\":{\"any\":[{\"cidr\":\"10.0.0.0/8\"}]}}", "\"a\"");
	YES("{\"not\":{\"any\":[]}}", "\"a\"");
	YES("{\"not\":{\"all\":[\"x\",{\"cidr\":\"10.0.0.0/8\"}]}}", "\"a\"");
	MUTE("{\"not\":{\"all\":[{\"cidr\":\"10.0.0.0/8\"},\"x\"]}}", "\"a\"");
}

static const struct tn_constraint *nest(enum tn_ctype type, unsigned depth, const struct tn_constraint *c)
{
	while (depth-- > 0) {
		struct tn_constraint *outer = tn_arena_alloc(&arena, sizeof(*outer));

		outer->type = type;
		outer->list.c = c;
		outer->list.n = 1;
		c = outer;
	}
	return c;
}

Test(constraint, depth_is_limited_to_32)
{
	const struct tn_constraint *a = rows_c(&arena, "\"a\"");
	const struct tn_value *v = rows_v(&arena, "\"a\"");

	cr_expect_eq(tn_constraint_match(nest(TN_C_ALL, 32, a), v, NULL), TN_MATCH);
	cr_expect_eq(tn_constraint_match(nest(TN_C_NOT, 32, a), v, NULL), TN_MATCH);
	cr_expect_eq(tn_constraint_match(nest(TN_C_ALL, 33, a), v, NULL), TN_CANNOT_SAY);
	cr_expect_eq(tn_constraint_match(nest(TN_C_NOT, 33, a), v, NULL), TN_CANNOT_SAY);
	cr_expect_eq(tn_constraint_check(nest(TN_C_ANY, 32, a), NULL), TN_OK);
	cr_expect_eq(tn_constraint_check(nest(TN_C_ANY, 33, a), NULL), TN_E_CONSTRAINT_DEPTH);
}

Test(constraint, check_finds_what_cannot_be_parsed)
{
	struct tn_err e = { 0 };

	cr_expect_eq(tn_constraint_check(rows_c(&arena, "{\"cidr\":\"10.0.0.0/8\"}"), &e), TN_OK);
	cr_expect_eq(e.code, TN_OK);
	cr_expect_eq(tn_constraint_check(rows_c(&arena, "{\"cidr\":\"10.0.0/8\"}"), &e), TN_E_VALIDATION);
	cr_expect_eq(e.code, TN_E_VALIDATION);
	cr_expect_eq(tn_constraint_check(rows_c(&arena, "{\"url_pattern\":\"a.com\"}"), NULL), TN_E_VALIDATION);
	cr_expect_eq(tn_constraint_check(rows_c(&arena, "{\"all\":[\"a\",{\"not\":{\"cidr\":\"x\"}}]}"), NULL), TN_E_VALIDATION);
	cr_expect_eq(tn_constraint_check(rows_c(&arena, "{\"all\":[\"a\",{\"not\":{\"cidr\":\"::/0\"}},{\"any\":[]}]}"), NULL), TN_OK);
	cr_expect_eq(tn_constraint_check(rows_c(&arena, "{\"pattern\":\"[\"}"), NULL), TN_OK); /* the other side accepts it and denies later */
}

Test(constraint, every_denial_has_a_reason_and_a_match_leaves_none)
{
	static const char *const rows[][2] = {
		{ "\"a\"", "\"b\"" }, { "1", "2" }, { "{\"one_of\":[1]}", "2" }, { "{\"not_one_of\":[2]}", "2" }, { "{\"range\":{\"max\":1}}", "2" },
		{ "{\"pattern\":\"a*\"}", "\"b\"" }, { "{\"pattern\":\"[\"}", "\"b\"" }, { "{\"subpath\":\"/data\"}", "\"/x\"" },
		{ "{\"shlex\":[\"ls\"]}", "\"rm\"" }, { "{\"url_safe\":{}}", "\"x\"" }, { "{\"url_pattern\":\"https://a.com\"}", "\"http://a.com\"" },
		{ "{\"url_pattern\":\"https://a.com\"}", "\"x\"" }, { "{\"cidr\":\"10.0.0.0/8\"}", "\"x\"" }, { "{\"cidr\":\"10.0.0.0/8\"}", "1" }, { "{\"cidr\":\"10.0.0.0/8\"}", "\"11.0.0.0\"" },
		{ "{\"contains\":[1]}", "[]" },
		{ "{\"subset\":[1]}", "[2]" }, { "{\"contains\":[1]}", "2" }, { "{\"subset\":[1]}", "2" }, { "{\"all\":[]}", "1" }, { "{\"any\":[]}", "1" },
		{ "{\"not\":\"a\"}", "\"a\"" }, { "{\"regex\":\"a\"}", "\"a\"" }, { "{\"cel\":\"a\"}", "\"a\"" }, { "{\"pattern\":\"a\"}", "1" },
	};
	struct tn_err e;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		e = (struct tn_err){ 0 };
		cr_expect_neq(tn_constraint_match(rows_c(&arena, rows[i][0]), rows_v(&arena, rows[i][1]), &e), TN_MATCH);
		cr_expect(e.code != TN_OK && e.msg[0], "%s on %s gives no reason", rows[i][0], rows[i][1]);
	}
	e = (struct tn_err){ 0 };
	cr_expect_eq(tn_constraint_match(rows_c(&arena, "{\"subpath\":\"/data\"}"), rows_v(&arena, "\"/x\""), &e), TN_NO_MATCH);
	cr_expect_str_eq(e.msg, "outside subpath /data");
	e = (struct tn_err){ 0 };
	cr_expect_eq(tn_constraint_match(rows_c(&arena, "\"a\""), rows_v(&arena, "\"a\""), &e), TN_MATCH);
	cr_expect_eq(e.code, TN_OK);
}

static void reason(const char *c, const char *v, const char *want)
{
	struct tn_err e = { 0 };

	(void)tn_constraint_match(rows_c(&arena, c), rows_v(&arena, v), &e);
	cr_expect_str_eq(e.msg, want);
}

Test(constraint, reasons_name_what_is_allowed)
{
	char deep[100] = { 0 }, json[200];

	reason("\"a\"", "\"b\"", "not exactly a");
	reason("1", "2", "not exactly the value that is allowed");
	reason("{\"one_of\":[1]}", "2", "not one of the values that are allowed");
	reason("{\"pattern\":\"a*\"}", "\"b\"", "does not match pattern a*");
	reason("{\"cidr\":\"10.0.0.0/8\"}", "\"11.0.0.0\"", "outside network 10.0.0.0/8");
	memset(deep, '[', 40);
	memset(deep + 40, ']', 40);
	snprintf(json, sizeof(json), "{\"one_of\":[%s]}", deep);
	reason(json, deep, "the value is nested too deep");
}

Test(constraint, long_reasons_are_cut_visibly)
{
	static char root[400] = "{\"subpath\":\"/";
	struct tn_err e = { 0 };

	memset(root + 13, 'x', 300);
	strcpy(root + 313, "\"}");
	cr_expect_eq(tn_constraint_match(rows_c(&arena, root), rows_v(&arena, "\"/a\""), &e), TN_NO_MATCH);
	cr_expect_eq(strlen(e.msg), TN_MSG_MAX - 1);
	cr_expect_str_eq(e.msg + TN_MSG_MAX - 4, "...");
}

/* --- the stack: matching runs on whatever stack the program's call came with --- */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__)
static ucontext_t back, there;
static const struct tn_constraint *stack_c;
static const struct tn_value *stack_v;

static void on_small_stack(void) { (void)tn_constraint_match(stack_c, stack_v, NULL); }

static size_t stack_used(const struct tn_constraint *c, const struct tn_value *v)
{
	static uint8_t stack[65536];
	size_t i = 0;

	memset(stack, 0xa5, sizeof(stack));
	getcontext(&there);
	there.uc_stack.ss_sp = stack;
	there.uc_stack.ss_size = sizeof(stack);
	there.uc_link = &back;
	stack_c = c;
	stack_v = v;
	on_small_stack(); /* lazy binding, which needs a stack of its own, is over after this */
	makecontext(&there, on_small_stack, 0);
	swapcontext(&back, &there);
	while (i < sizeof(stack) && stack[i] == 0xa5)
		i++;
	return sizeof(stack) - i;
}

Test(constraint, four_kilobytes_of_stack_are_enough)
{
	struct dice d = { .state = 7 };
	size_t most = 0;

	for (int i = 0; i < 3000; i++) {
		struct tn_arena a = TN_ARENA_MALLOC;
		const struct tn_constraint *c = sample_constraint(&d, &a, SAMPLE_TYPES[dice_roll(&d, (uint32_t)SAMPLE_NTYPES)], 0);
		size_t used = stack_used(c, sample_value(&d, &a, c));

		most = used > most ? used : most;
		tn_arena_free(&a);
	}
	cr_expect_gt(most, 1000); /* it did measure something */
	cr_expect_leq(most, 4096, "%zu bytes", most);
}
#endif
