/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "rows.h"

static struct tn_arena arena;

static void start(void) { arena = TN_ARENA_MALLOC; }
static void stop(void) { tn_arena_free(&arena); }
TestSuite(cset, .init = start, .fini = stop);

static enum tn_match ask(const char *set, const char *args, struct tn_cset_why *why)
{
	const struct tn_value *v = rows_v(&arena, args);
	struct tn_cset s;

	cr_assert(rows_cset(rows_v(&arena, set), &arena, &s));
	return tn_cset_match(&s, v->map.v, v->map.n, why);
}

static void denied(const char *set, const char *args, int kind, const char *arg)
{
	struct tn_cset_why why;

	cr_expect_eq(ask(set, args, &why), kind == TN_SET_CANNOT_SAY ? TN_CANNOT_SAY : TN_NO_MATCH, "%s of %s", args, set);
	cr_expect_eq((int)why.kind, kind, "%s of %s: kind %d", args, set, (int)why.kind);
	cr_expect(tn_str_eq(why.arg, tn_cstr(arg)), "%s of %s: about %.*s", args, set, (int)why.arg.n, why.arg.p);
	cr_expect_eq(why.c == NULL, kind == TN_SET_UNKNOWN_ARG);
}

static void allowed(const char *set, const char *args)
{
	struct tn_cset_why why;

	cr_expect_eq(ask(set, args, &why), TN_MATCH, "%s of %s", args, set);
	cr_expect_eq((int)why.kind, TN_SET_OK);
	cr_expect_eq(ask(set, args, NULL), TN_MATCH);
}

Test(cset, an_empty_set_asks_nothing)
{
	allowed("{}", "{}");
	allowed("{}", "{\"x\":1}");
	allowed("{\"_allow_unknown\":true}", "{\"x\":1}");
}

Test(cset, the_world_is_closed)
{
	allowed("{\"a\":1}", "{\"a\":1}");
	denied("{\"a\":1}", "{\"a\":1,\"b\":2}", TN_SET_UNKNOWN_ARG, "b");
	allowed("{\"a\":1,\"_allow_unknown\":true}", "{\"a\":1,\"b\":2}");
}

/* A view into a larger array of arguments. */
Test(cset, the_set_ends_where_it_ends)
{
	const struct tn_value *args = rows_v(&arena, "{\"a\":1,\"b\":2}");
	struct tn_cset_why why;
	struct tn_cset s;

	cr_assert(rows_cset(rows_v(&arena, "{\"a\":1,\"b\":2}"), &arena, &s));
	cr_expect_eq(tn_cset_match(&s, args->map.v, 2, NULL), TN_MATCH);
	cr_expect_eq(tn_cset_match(&s, args->map.v, 1, &why), TN_NO_MATCH);
	cr_expect_eq((int)why.kind, TN_SET_MISSING_ARG);
	s.n = 1;
	cr_expect_eq(tn_cset_match(&s, args->map.v, 1, NULL), TN_MATCH);
	cr_expect_eq(tn_cset_match(&s, args->map.v, 2, &why), TN_NO_MATCH);
	cr_expect_eq((int)why.kind, TN_SET_UNKNOWN_ARG);
}

Test(cset, every_named_argument_must_be_there)
{
	denied("{\"a\":{\"wildcard\":true}}", "{}", TN_SET_MISSING_ARG, "a");
	allowed("{\"a\":{\"wildcard\":true}}", "{\"a\":null}");
	denied("{\"a\":1,\"_allow_unknown\":true}", "{\"b\":1}", TN_SET_MISSING_ARG, "a");
}

Test(cset, values_in_the_order_of_the_keys)
{
	denied("{\"a\":1,\"b\":2}", "{\"b\":3,\"a\":3}", TN_SET_NO_MATCH, "a");
	denied("{\"b\":2,\"a\":1}", "{\"b\":3,\"a\":1}", TN_SET_NO_MATCH, "b");
	denied("{\"a\":{\"regex\":\"x\"},\"b\":2}", "{\"a\":1,\"b\":3}", TN_SET_CANNOT_SAY, "a");
	allowed("{\"b\":2,\"a\":1}", "{\"b\":2,\"a\":1}");
}

Test(cset, unknown_comes_before_missing_before_wrong)
{
	denied("{\"a\":1,\"b\":2}", "{\"a\":9,\"c\":1}", TN_SET_UNKNOWN_ARG, "c");
	denied("{\"a\":1,\"b\":2}", "{\"a\":9}", TN_SET_MISSING_ARG, "b");
	denied("{\"a\":1,\"b\":2}", "{\"a\":9,\"b\":2}", TN_SET_NO_MATCH, "a");
}
