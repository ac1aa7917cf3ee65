/* SPDX-License-Identifier: Apache-2.0 */
/* The oracle is the constraint itself: a region is exact only if it answers as the constraint does
 * on every path. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <criterion/criterion.h>
#include <region.h>

static struct tn_arena arena;

static void setup(void)
{
	arena = TN_ARENA_MALLOC;
}
static void teardown(void)
{
	tn_arena_free(&arena);
}
TestSuite(region, .init = setup, .fini = teardown);

static struct tn_value text(const char *s)
{
	return (struct tn_value){.type = TN_V_TEXT, .s = tn_cstr(s)};
}
static struct tn_constraint pattern(const char *s)
{
	return (struct tn_constraint){.type = TN_C_PATTERN, .text = tn_cstr(s)};
}
static struct tn_constraint subpath(const char *root, bool case_sensitive, bool allow_equal)
{
	return (struct tn_constraint){.type = TN_C_SUBPATH,
				      .subpath = {tn_cstr(root), case_sensitive, allow_equal}};
}
static struct tn_constraint exact(const char *s)
{
	return (struct tn_constraint){.type = TN_C_EXACT, .exact = text(s)};
}

static const char *const PATHS[] = {
    "/",	  "/data",     "/data/x",	 "/data/x/y",	  "/data/x.txt", "/data/sub/x.txt",
    "/database",  "/data2/x",  "/DATA/x",	 "/Data",	  "/srv",	 "/srv/a",
    "/srv/a/b/c", "/srv/*",    "/etc/shadow",	 "/data/.hidden", "/data/a b",	 "/data/x/data",
    "/d",	  "/data/[x]", "/data/\xc3\xa4", "/x.txt",	  "/srv/data",	 "/srv/data/x",
    "/1/2",	  "/1/2/3",
};

static bool in_any(const struct tnp_regions *r, const char *path, bool exact_only)
{
	for (size_t i = 0; i < r->n; i++)
		if ((!exact_only || r->v[i].exact) && tnp_region_has(&r->v[i], tn_cstr(path)))
			return true;
	return false;
}

static const char *show(const struct tn_constraint *c)
{
	static char buf[4096];
	static int depth;
	char one[512] = "";

	if (depth == 0)
		buf[0] = 0;
	depth++;
	switch ((int)c->type) {
	case TN_C_PATTERN:
		snprintf(one, sizeof(one), "pattern %.*s ", (int)c->text.n, c->text.p);
		break;
	case TN_C_SUBPATH:
		snprintf(one, sizeof(one), "subpath %.*s%s%s ", (int)c->subpath.root.n,
			 c->subpath.root.p, c->subpath.case_sensitive ? "" : " any case",
			 c->subpath.allow_equal ? "" : " below");
		break;
	case TN_C_EXACT:
		snprintf(one, sizeof(one), "exact %.*s ", (int)c->exact.s.n, c->exact.s.p);
		break;
	default:
		snprintf(one, sizeof(one), "type %d(", (int)c->type);
	}
	strncat(buf, one, sizeof(buf) - strlen(buf) - 1);
	if (c->type == TN_C_ALL || c->type == TN_C_ANY || c->type == TN_C_NOT)
		for (size_t i = 0; i < c->list.n; i++)
			show(&c->list.c[i]);
	depth--;
	if (one[strlen(one) - 1] == '(')
		strncat(buf, ") ", sizeof(buf) - strlen(buf) - 1);
	return buf;
}

/* Both directions; returns whether all of it was exact. */
static bool check(const struct tn_constraint *c)
{
	struct tnp_regions r = {.a = &arena};
	bool all_exact = true;

	tnp_region_of(c, TNP_SHAPE_TEXT, &r);
	cr_assert_not(r.failed);
	for (size_t i = 0; i < r.n; i++)
		all_exact &= r.v[i].exact;
	for (size_t i = 0; i < sizeof(PATHS) / sizeof(*PATHS); i++) {
		struct tn_value v = text(PATHS[i]);
		bool match = tn_constraint_match(c, &v, NULL) == TN_MATCH;

		cr_assert(!match || in_any(&r, PATHS[i], false),
			  "%s matches %s, which its region leaves out", show(c), PATHS[i]);
		cr_assert(match || !in_any(&r, PATHS[i], true),
			  "%s does not match %s, which its exact region holds", show(c), PATHS[i]);
	}
	return all_exact;
}

Test(region, exact_is_what_trees_can_say)
{
	static const struct {
		const char *p;
		bool exact;
	} P[] = {
	    {"/data/*", true},	  {"/data/**", true},
	    {"/data/**/*", true}, {"*", true},
	    {"/*", true},	  {"/data/x", true},
	    {"/data*", false},	  {"/data/*.txt", false},
	    {"/data/?", false},	  {"/*/x", false},
	    {"**", false},	  {"*x", false},
	    {"/data/[x]", false}, {"/data/[[]x[]]", false},
	    {"/data/*/x", false}, {"/data/**/x", false},
	    {"data/*", true},	  {"/srv/[*]", false},
	    {"/data/x*", false},  {"/d?ta/*", false},
	    {"", true},
	};

	for (size_t i = 0; i < sizeof(P) / sizeof(*P); i++) {
		struct tn_constraint c = pattern(P[i].p);

		cr_expect_eq(check(&c), P[i].exact, "pattern %s", P[i].p);
	}
	struct tn_constraint s[] = {subpath("/data", true, true),   subpath("/data", true, false),
				    subpath("/data/", true, true),  subpath("/", true, true),
				    subpath("/data", false, true),  subpath("/1/2", false, true),
				    subpath("/", true, false),	    subpath("/data//x", true, true),
				    subpath("/data\\x", true, true)};
	static const bool WANT[] = {true, true, true, true, false, true, true, true, true};

	for (size_t i = 0; i < sizeof(s) / sizeof(*s); i++)
		cr_expect_eq(check(&s[i]), WANT[i], "subpath %zu", i);
	struct tn_constraint e = exact("/data/x"), n = exact("relative"),
			     w = {.type = TN_C_WILDCARD};

	cr_assert(check(&e));
	cr_assert(check(&n));
	cr_assert(check(&w));
}

Test(region, bound_is_the_literal_directory)
{
	static const struct {
		const char *p, *bound;
	} P[] = {
	    {"/data/*.txt", "/data"}, {"/data/sub/x*/y", "/data/sub"},
	    {"/data*", "/"},	      {"*/x", "/"},
	    {"/srv/a[b]/c", "/srv"},
	};

	for (size_t i = 0; i < sizeof(P) / sizeof(*P); i++) {
		struct tnp_regions r = {.a = &arena};
		struct tn_constraint c = pattern(P[i].p);

		tnp_region_of(&c, TNP_SHAPE_TEXT, &r);
		cr_assert_eq(r.n, 1);
		cr_assert(tn_str_eq(r.v[0].path, tn_cstr(P[i].bound)), "%s", P[i].p);
		cr_assert_not(r.v[0].exact);
	}
}

Test(region, a_list_holds_one_path)
{
	struct tn_value x = text("/data/x"), two[] = {text("/data/x"), text("/data/y")};
	struct tn_value lists[] = {{.type = TN_V_LIST, .list = {&x, 1}},
				   {.type = TN_V_LIST, .list = {two, 2}}};
	struct tn_constraint c[] = {
	    {.type = TN_C_SUBSET, .values = {two, 2}},
	    {.type = TN_C_CONTAINS, .values = {&x, 1}},
	    {.type = TN_C_CONTAINS, .values = {two, 2}},
	    {.type = TN_C_CONTAINS},
	    {.type = TN_C_EXACT, .exact = lists[0]},
	    {.type = TN_C_EXACT, .exact = lists[1]},
	    {.type = TN_C_ONE_OF, .values = {lists, 2}},
	    subpath("/data", true, true),
	    pattern("/data/*"),
	};

	for (size_t i = 0; i < sizeof(c) / sizeof(*c); i++) {
		struct tnp_regions r = {.a = &arena};

		tnp_region_of(&c[i], TNP_SHAPE_LIST, &r);
		for (size_t k = 0; k < sizeof(PATHS) / sizeof(*PATHS); k++) {
			struct tn_value p = text(PATHS[k]),
					v = {.type = TN_V_LIST, .list = {&p, 1}};

			cr_assert_eq(tn_constraint_match(&c[i], &v, NULL) == TN_MATCH,
				     in_any(&r, PATHS[k], false), "%zu %s", i, PATHS[k]);
		}
	}
}

/* ---- any nesting of them ---- */

static struct tn_constraint random_constraint(unsigned depth)
{
	static const char *const PATTERNS[] = {"/data/*", "*",	       "/data/*.txt", "/srv/**",
					       "/*",	  "/data/x/*", "*x",	      "/data/x"};
	static const char *const ROOTS[] = {"/data", "/data/x", "/srv", "/", "/Data"};
	int kind = rand() % (depth ? 8 : 5);

	if (kind == 0)
		return pattern(PATTERNS[rand() % 8]);
	if (kind == 1)
		return subpath(ROOTS[rand() % 5], rand() % 4 != 0, rand() % 2);
	if (kind == 2)
		return exact(PATHS[rand() % 26]);
	if (kind == 3) {
		struct tn_value *v = tn_arena_array(&arena, 3, sizeof(*v));

		for (int i = 0; i < 3; i++)
			v[i] = text(PATHS[rand() % 26]);
		return (struct tn_constraint){.type = rand() % 2 ? TN_C_ONE_OF : TN_C_NOT_ONE_OF,
					      .values = {v, 3}};
	}
	if (kind == 4)
		return (struct tn_constraint){.type = rand() % 2 ? TN_C_WILDCARD : TN_C_REGEX,
					      .text = TN_STR("^/data")};
	size_t n = kind == 5 ? 1 : 1 + (size_t)rand() % 3;
	struct tn_constraint *c = tn_arena_array(&arena, n, sizeof(*c));

	for (size_t i = 0; i < n; i++)
		c[i] = random_constraint(depth - 1);
	return (struct tn_constraint){.type = kind == 5	  ? TN_C_NOT
					      : kind == 6 ? TN_C_ALL
							  : TN_C_ANY,
				      .list = {c, n}};
}

Test(region, any_nesting_is_within_its_region)
{
	size_t exact_ones = 0;

	srand(7);
	for (int i = 0; i < 20000; i++) {
		struct tn_constraint c = random_constraint(3);

		exact_ones += check(&c);
		if (i % 500 == 0) {
			tn_arena_free(&arena);
			arena = TN_ARENA_MALLOC;
		}
	}
	cr_assert_gt(exact_ones, 2000, "the property says nothing if hardly any is exact");
}
