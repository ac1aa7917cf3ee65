/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "tn_match.h"

static enum tn_match in_opts(const char *root, struct tn_str path, bool cs, bool eq)
{
	struct tn_constraint c = { .type = TN_C_SUBPATH, .subpath = { tn_cstr(root), cs, eq } };

	return tn_subpath_match(&c, path);
}

static enum tn_match in(const char *root, const char *path) { return in_opts(root, tn_cstr(path), true, true); }

#define YES(r, p) cr_expect_eq(in(r, p), TN_MATCH, "%s should hold %s", r, p)
#define NO(r, p) cr_expect_eq(in(r, p), TN_NO_MATCH, "%s should not hold %s", r, p)

Test(subpath, components_not_prefixes)
{
	YES("/data", "/data/x");
	YES("/data", "/data");
	NO("/data", "/data2");
	NO("/data", "/dat");
	NO("/data", "/");
	NO("/data/sub", "/data");
	NO("/data/sub", "/data/subx/y");
	YES("/data/sub", "/data/sub/y");
}

Test(subpath, values_are_normalised)
{
	YES("/data", "//data///x");
	YES("/data", "/./data/./x");
	YES("/data", "/x/../data/y");
	NO("/data", "/data/../x");
	NO("/data", "/data/..");
	YES("/data", "/data/a/../b");
	YES("/data", "/../../data/x");
	NO("/data", "/data/a/../../x");
	YES("/data", "/..\\data\\x");
	NO("/data", "/data\\..\\x");
	YES("/a/b/c", "/a/b/x/../c/d");
	YES("/a/b", "/a/x/../../a/b/y");
	NO("/a/b", "/a/b/../../a/c");
	YES("/data", "/data/.hidden");
	YES("/data", "/data/...");
}

Test(subpath, dots_with_spaces_are_names)
{
	YES("/data", "/data/.. /x");
	YES("/data", "/data/ ..");
}

Test(subpath, relative_and_nul_are_outside)
{
	NO("/", "");
	NO("/", "x");
	NO("/", "./x");
	NO("/", "\\x");
	cr_expect_eq(in_opts("/", (struct tn_str){ "/a\0b", 4 }, true, true), TN_NO_MATCH);
	cr_expect_eq(in_opts("/", (struct tn_str){ "/a\0b", 2 }, true, true), TN_MATCH);
}

Test(subpath, the_root_is_text)
{
	YES("/", "/x");
	YES("/", "/");
	YES("", "/x");
	YES("///", "/x");
	YES("/data/", "/data/x");
	NO("/data/", "/data"); /* the text differs, and nothing is below */
	NO("/data/../data", "/data/x");
	NO("//data", "/data/x");
	NO("/data/./x", "/data/x");
	NO("data", "/data");
	NO("/a\\b", "/a/b");
}

Test(subpath, equality_is_an_option)
{
	cr_expect_eq(in_opts("/data", TN_STR("/data"), true, true), TN_MATCH);
	cr_expect_eq(in_opts("/data", TN_STR("/data"), true, false), TN_NO_MATCH);
	cr_expect_eq(in_opts("/data", TN_STR("/data/x/.."), true, false), TN_NO_MATCH);
	cr_expect_eq(in_opts("/data", TN_STR("/data/x"), true, false), TN_MATCH);
	cr_expect_eq(in_opts("/", TN_STR("/"), true, false), TN_MATCH);
}

Test(subpath, case_is_an_option)
{
	NO("/data", "/DATA/x");
	cr_expect_eq(in_opts("/data", TN_STR("/DATA/x"), false, true), TN_MATCH);
	cr_expect_eq(in_opts("/DATA", TN_STR("/DATA/x"), false, true), TN_NO_MATCH); /* such a root was not lower-cased by its maker */
}

/* The Kelvin sign folds to 'k': what is not ASCII is not guessed. */
Test(subpath, folding_beyond_ascii_cannot_be_judged)
{
	cr_expect_eq(in_opts("/k", TN_STR("/\xe2\x84\xaa/x"), false, true), TN_CANNOT_SAY);
	cr_expect_eq(in_opts("/\xc3\xbc", TN_STR("/\xc3\xbc/x"), false, true), TN_CANNOT_SAY);
	cr_expect_eq(in_opts("/\xc3\xbc", TN_STR("/\xc3\xbc/x"), true, true), TN_MATCH);
	cr_expect_eq(in_opts("/data", TN_STR("/DATA/\xc3\x9c"), false, true), TN_MATCH);
	cr_expect_eq(in_opts("/data", TN_STR("/\xc3\x9c/../Data/x"), false, true), TN_MATCH);
	cr_expect_eq(in_opts("/data", TN_STR("/x/y"), false, true), TN_NO_MATCH);
}

Test(subpath, drives)
{
	YES("C:\\data", "C:\\data\\x");
	NO("C:\\data", "D:\\data\\x");
	NO("C:\\data", "/data/x");
	NO("/data", "C:/data/x");
	YES("C:/", "C:/x");
	NO("C:/", "C:\\x");
	YES("C:\\", "C:\\");
	NO("C:\\", "C:\\x"); /* the other side compares "C:\" and another slash */
	NO("/", "C:/x");
}

static void norm(const char *path, const char *want)
{
	char out[64];
	long n = tn_subpath_normalize(tn_cstr(path), out, sizeof(out));

	if (!want) {
		cr_expect_lt(n, 0, "%s", path);
		return;
	}
	cr_assert_geq(n, 0, "%s", path);
	cr_expect_eq((size_t)n, strlen(want), "%s", path);
	cr_expect_arr_eq(out, want, strlen(want), "%s", path);
}

Test(subpath, normalisation)
{
	norm("/", "/");
	norm("//", "/");
	norm("/a//b/", "/a/b");
	norm("/a/./b/../c", "/a/c");
	norm("/..", "/");
	norm("/a/../..", "/");
	norm("/a\\b", "/a/b");
	norm("C:\\a\\..\\b", "C:\\b");
	norm("C:/a/b", "C:/a/b");
	norm("a", NULL);
	norm("", NULL);
}

Test(subpath, normalisation_needs_room)
{
	char out[4];

	cr_expect_eq(tn_subpath_normalize(TN_STR("/abc"), out, 4), 4);
	cr_expect_eq(tn_subpath_normalize(TN_STR("/abcd"), out, 4), -1);
	cr_expect_eq(tn_subpath_normalize((struct tn_str){ "/a\0b", 4 }, out, 4), -1);
}

/* Both ways of saying "inside" agree: compare the normal form, or walk. */
Test(subpath, the_walk_agrees_with_normalising)
{
	static const char *const bits[] = { "/", "a", "b", "..", ".", "\\", "/a", "/..", "ab" };
	uint32_t seed = 1;

	for (int i = 0; i < 20000; i++) {
		char path[64] = "/", out[64];
		struct tn_str p;
		bool inside;
		long n;

		for (int k = 0; k < 8; k++) {
			seed = seed * 1664525u + 1013904223u;
			strcat(path, bits[(seed >> 16) % 9]);
		}
		p = tn_cstr(path);
		n = tn_subpath_normalize(p, out, sizeof(out) - 1);
		cr_assert_geq(n, 0);
		out[n] = '\0';
		inside = !strcmp(out, "/a/b") || !strncmp(out, "/a/b/", 5);
		cr_assert_eq(in("/a/b", path), inside ? TN_MATCH : TN_NO_MATCH, "%s is %s", path, out);
	}
}
