/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "rows.h"
#include "sample.h"

static struct tn_arena arena;

static void start(void) { arena = TN_ARENA_MALLOC; }
static void stop(void) { tn_arena_free(&arena); }
TestSuite(attenuate, .init = start, .fini = stop);

static bool ok(const char *parent, const char *child)
{
	return tn_constraint_attenuates(rows_c(&arena, parent), rows_c(&arena, child), NULL) == TN_OK;
}

struct row { const char *parent, *child; bool ok; };

static void check(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		cr_expect_eq(ok(rows[i].parent, rows[i].child), rows[i].ok, "%s -> %s", rows[i].parent, rows[i].child);
}
#define CHECK(rows) check(rows, sizeof(rows) / sizeof((rows)[0]))

Test(attenuate, globs_of_one_star)
{
	static const struct row rows[] = {
		{ "{\"pattern\":\"a*\"}", "{\"pattern\":\"ab*\"}", true },
		{ "{\"pattern\":\"a*\"}", "{\"pattern\":\"a?\"}", true },
		{ "{\"pattern\":\"a*\"}", "{\"pattern\":\"b*\"}", false },
		{ "{\"pattern\":\"a*\"}", "{\"pattern\":\"*a\"}", false },
		{ "{\"pattern\":\"a*\"}", "{\"pattern\":\"a*b\"}", false },
		{ "{\"pattern\":\"a*\"}", "{\"pattern\":\"a[\"}", false },
		{ "{\"pattern\":\"*a\"}", "{\"pattern\":\"*ba\"}", true },
		{ "{\"pattern\":\"*a\"}", "{\"pattern\":\"*ab\"}", false },
		{ "{\"pattern\":\"*a]\"}", "{\"pattern\":\"ba]\"}", true },
		{ "{\"pattern\":\"*a]\"}", "{\"pattern\":\"[ba]\"}", false }, /* gap 9 */
		{ "{\"pattern\":\"*]\"}", "{\"pattern\":\"[[]\"}", false },
		{ "{\"pattern\":\"a]*\"}", "{\"pattern\":\"a][b]*\"}", true }, /* at the beginning nothing is open yet */
		{ "{\"pattern\":\"[ab]*\"}", "{\"pattern\":\"[ab]c*\"}", false },
		{ "{\"pattern\":\"[ab]*\"}", "{\"pattern\":\"[ab]*\"}", true },
		{ "{\"pattern\":\"?*\"}", "{\"pattern\":\"?a*\"}", false },
		{ "{\"pattern\":\"*\"}", "{\"pattern\":\"a*\"}", true },
		{ "{\"pattern\":\"*\"}", "{\"pattern\":\"*a\"}", false }, /* upstream reads "*" as a beginning */
		{ "{\"pattern\":\"/a/**\"}", "{\"pattern\":\"/a/b\"}", false },
		{ "{\"pattern\":\"ab\"}", "{\"pattern\":\"ab\"}", true },
		{ "{\"pattern\":\"ab\"}", "{\"pattern\":\"a?\"}", false },
		{ "{\"pattern\":\"a*\"}", "\"ab\"", true },
		{ "{\"pattern\":\"a*\"}", "\"ba\"", false },
		{ "{\"pattern\":\"a**\"}", "\"ab\"", false },
	};

	CHECK(rows);
}

Test(attenuate, ranges)
{
	static const struct row rows[] = {
		{ "{\"range\":{\"min\":0,\"max\":9}}", "{\"range\":{\"min\":0,\"max\":9}}", true },
		{ "{\"range\":{\"min\":0,\"max\":9}}", "{\"range\":{\"min\":1,\"max\":8}}", true },
		{ "{\"range\":{\"min\":0,\"max\":9}}", "{\"range\":{\"min\":-1,\"max\":8}}", false },
		{ "{\"range\":{\"min\":0,\"max\":9}}", "{\"range\":{\"min\":1,\"max\":10}}", false },
		{ "{\"range\":{\"min\":0,\"max\":9}}", "{\"range\":{\"min\":1}}", false },
		{ "{\"range\":{\"min\":0,\"max\":9}}", "{\"range\":{\"max\":9}}", false },
		{ "{\"range\":{\"max\":9}}", "{\"range\":{\"min\":1,\"max\":9}}", true },
		{ "{\"range\":{\"min\":0,\"min_inclusive\":false}}", "{\"range\":{\"min\":0}}", false },
		{ "{\"range\":{\"min\":0,\"min_inclusive\":false}}", "{\"range\":{\"min\":0,\"min_inclusive\":false}}", true },
		{ "{\"range\":{\"min\":0}}", "{\"range\":{\"min\":0,\"min_inclusive\":false}}", true },
		{ "{\"range\":{\"max\":9,\"max_inclusive\":false}}", "{\"range\":{\"max\":9}}", false },
		{ "{\"range\":{\"max\":9}}", "{\"range\":{\"max\":9,\"max_inclusive\":false}}", true },
		{ "{\"range\":{\"max\":9}}", "9", true },
		{ "{\"range\":{\"max\":9}}", "9.5", false },
		{ "{\"range\":{\"max\":9}}", "\"9\"", false },
	};

	CHECK(rows);
}

/* Gap 6: every comparison with a NaN is false, so "not wider" must not be asked that way round. */
Test(attenuate, a_bound_that_is_no_number_never_attenuates)
{
	struct tn_constraint p = *rows_c(&arena, "{\"range\":{\"min\":0,\"max\":9}}"), c = p;

	cr_expect_eq(tn_constraint_attenuates(&p, &c, NULL), TN_OK);
	c.range.max = __builtin_nan("");
	cr_expect_neq(tn_constraint_attenuates(&p, &c, NULL), TN_OK);
	cr_expect_neq(tn_constraint_attenuates(&c, &p, NULL), TN_OK);
	c = p;
	c.range.min = __builtin_nan("");
	cr_expect_neq(tn_constraint_attenuates(&p, &c, NULL), TN_OK);
	cr_expect_neq(tn_constraint_attenuates(&c, &p, NULL), TN_OK);
}

Test(attenuate, lists_of_values)
{
	static const struct row rows[] = {
		{ "{\"one_of\":[1,\"a\"]}", "{\"one_of\":[\"a\"]}", true },
		{ "{\"one_of\":[1,\"a\"]}", "{\"one_of\":[]}", true },
		{ "{\"one_of\":[1,\"a\"]}", "{\"one_of\":[1.0]}", false },
		{ "{\"one_of\":[1,\"a\"]}", "1", true },
		{ "{\"one_of\":[1,\"a\"]}", "2", false },
		{ "{\"not_one_of\":[1]}", "{\"not_one_of\":[1,2]}", true },
		{ "{\"not_one_of\":[1,2]}", "{\"not_one_of\":[1]}", false },
		{ "{\"not_one_of\":[1]}", "2", false },
		{ "{\"contains\":[1]}", "{\"contains\":[1,2]}", true },
		{ "{\"contains\":[1,2]}", "{\"contains\":[1]}", false },
		{ "{\"subset\":[1,2]}", "{\"subset\":[1]}", true },
		{ "{\"subset\":[1]}", "{\"subset\":[1,2]}", false },
		{ "\"a\"", "\"a\"", true },
		{ "\"a\"", "\"b\"", false },
		{ "\"a\"", "{\"one_of\":[\"a\"]}", false },
		{ "{\"wildcard\":true}", "{\"one_of\":[1]}", true },
		{ "{\"one_of\":[1]}", "{\"wildcard\":true}", false },
	};

	CHECK(rows);
}

Test(attenuate, networks_paths_programs)
{
	static const struct row rows[] = {
		{ "{\"cidr\":\"10.0.0.0/8\"}", "{\"cidr\":\"10.1.0.0/16\"}", true },
		{ "{\"cidr\":\"10.1.0.0/16\"}", "{\"cidr\":\"10.0.0.0/8\"}", false },
		{ "{\"cidr\":\"10.0.0.0/8\"}", "{\"cidr\":\"11.0.0.0/16\"}", false },
		{ "{\"cidr\":\"10.0.0.0/8\"}", "{\"cidr\":\"::ffff:10.0.0.0/104\"}", false },
		{ "{\"cidr\":\"10.0.0.0/8\"}", "\"10.1.1.1\"", true },
		{ "{\"cidr\":\"10.0.0.0/8\"}", "\"name\"", false },
		{ "{\"subpath\":\"/data\"}", "{\"subpath\":\"/data/x\"}", true },
		{ "{\"subpath\":\"/data\"}", "{\"subpath\":\"/data2\"}", false },
		{ "{\"subpath\":\"/data\"}", "{\"subpath\":\"/data\"}", true },
		{ "{\"subpath\":{\"root\":\"/data\",\"allow_equal\":false}}", "{\"subpath\":\"/data/x\"}", false },
		{ "{\"subpath\":{\"root\":\"/data\",\"allow_equal\":false}}", "{\"subpath\":{\"root\":\"/data/x\",\"allow_equal\":false}}", true },
		{ "{\"subpath\":{\"root\":\"/data\",\"allow_equal\":false}}", "{\"subpath\":{\"root\":\"/data\",\"allow_equal\":false}}", false },
		{ "{\"subpath\":\"/data\"}", "{\"subpath\":{\"root\":\"/data\",\"case_sensitive\":false}}", false },
		{ "{\"subpath\":{\"root\":\"/data\",\"case_sensitive\":false}}", "{\"subpath\":\"/DATA/x\"}", true },
		{ "{\"subpath\":\"/data\"}", "\"/data/x\"", true },
		{ "{\"subpath\":\"/data\"}", "\"/data/../x\"", false },
		{ "{\"subpath\":\"/data\"}", "{\"pattern\":\"/data/*\"}", false },
		{ "{\"pattern\":\"/data/*\"}", "{\"subpath\":\"/data\"}", false },
		{ "{\"shlex\":[\"ls\",\"git\"]}", "{\"shlex\":[\"git\"]}", true },
		{ "{\"shlex\":[\"ls\"]}", "{\"shlex\":[\"git\"]}", false },
		{ "{\"shlex\":[\"ls\"]}", "\"ls -la\"", true },
		{ "{\"shlex\":[\"ls\"]}", "\"ls; rm\"", false },
	};

	CHECK(rows);
}

Test(attenuate, expressions_only_letter_by_letter)
{
	static const struct row rows[] = {
		{ "{\"regex\":\"^a\"}", "{\"regex\":\"^a\"}", true },
		{ "{\"regex\":\"^a\"}", "{\"regex\":\"^ab\"}", false },
		{ "{\"regex\":\"^a\"}", "\"ab\"", false },
		{ "{\"cel\":\"x == 'a b'\"}", "{\"cel\":\"x == 'a b'\"}", true },
		{ "{\"cel\":\"x == 'a b'\"}", "{\"cel\":\"x == 'ab'\"}", false }, /* gap 8 */
		{ "{\"cel\":\"x\"}", "\"a\"", false },
	};

	CHECK(rows);
}

Test(attenuate, url_patterns)
{
	static const struct row rows[] = {
		{ "{\"url_pattern\":\"https://a.com/api/*\"}", "{\"url_pattern\":\"https://a.com/api/v1/*\"}", true },
		{ "{\"url_pattern\":\"https://a.com/api/*\"}", "{\"url_pattern\":\"https://a.com/api/x\"}", true },
		{ "{\"url_pattern\":\"https://a.com/api/*\"}", "{\"url_pattern\":\"https://a.com/api\"}", false },
		{ "{\"url_pattern\":\"https://a.com/api\"}", "{\"url_pattern\":\"https://a.com/api/*\"}", false }, /* gap 7 */
		{ "{\"url_pattern\":\"https://a.com/api\"}", "{\"url_pattern\":\"https://a.com/api\"}", true },
		{ "{\"url_pattern\":\"https://a.com/api\"}", "{\"url_pattern\":\"https://a.com/\"}", false },
		{ "{\"url_pattern\":\"https://a.com/[a]/*\"}", "{\"url_pattern\":\"https://a.com/[a]/b\"}", false },
		{ "{\"url_pattern\":\"https://a.com/*\"}", "{\"url_pattern\":\"https://a.com/\"}", false },
		{ "{\"url_pattern\":\"https://a.com/*\"}", "{\"url_pattern\":\"https://a.com/*\"}", true },
		{ "{\"url_pattern\":\"https://a.com/\"}", "{\"url_pattern\":\"https://a.com/*\"}", true },
		{ "{\"url_pattern\":\"https://*.a.com\"}", "{\"url_pattern\":\"https://a.com\"}", true },
		{ "{\"url_pattern\":\"https://*.a.com\"}", "{\"url_pattern\":\"https://*.b.a.com\"}", true },
		{ "{\"url_pattern\":\"https://*.a.com\"}", "{\"url_pattern\":\"https://ba.com\"}", false },
		{ "{\"url_pattern\":\"https://a.com\"}", "{\"url_pattern\":\"https://*.a.com\"}", false },
		{ "{\"url_pattern\":\"https://a.com:8443\"}", "{\"url_pattern\":\"https://a.com\"}", false },
		{ "{\"url_pattern\":\"https://a.com:8443\"}", "{\"url_pattern\":\"https://a.com:8443\"}", true },
		{ "{\"url_pattern\":\"https://a.com\"}", "{\"url_pattern\":\"https://a.com:8443\"}", true },
		{ "{\"url_pattern\":\"*://a.com\"}", "{\"url_pattern\":\"ftp://a.com\"}", true },
		{ "{\"url_pattern\":\"https://a.com\"}", "{\"url_pattern\":\"http://a.com\"}", false },
		{ "{\"url_pattern\":\"https://a.com\"}", "\"https://a.com/x\"", true },
		{ "{\"url_pattern\":\"https://a.com\"}", "\"https://b.com/x\"", false },
	};

	CHECK(rows);
}

Test(attenuate, url_safe)
{
	static const struct row rows[] = {
		{ "{\"url_safe\":{}}", "{\"url_safe\":{}}", true },
		{ "{\"url_safe\":{}}", "{\"url_safe\":{\"block_private\":false}}", false },
		{ "{\"url_safe\":{}}", "{\"url_safe\":{\"block_loopback\":false}}", false },
		{ "{\"url_safe\":{}}", "{\"url_safe\":{\"block_metadata\":false}}", false },
		{ "{\"url_safe\":{}}", "{\"url_safe\":{\"block_reserved\":false}}", false },
		{ "{\"url_safe\":{\"block_private\":false}}", "{\"url_safe\":{}}", true },
		{ "{\"url_safe\":{\"block_internal_tlds\":true}}", "{\"url_safe\":{}}", false },
		{ "{\"url_safe\":{}}", "{\"url_safe\":{\"schemes\":[\"HTTPS\"]}}", true },
		{ "{\"url_safe\":{}}", "{\"url_safe\":{\"schemes\":[\"ftp\"]}}", false },
		{ "{\"url_safe\":{\"schemes\":[\"https\"]}}", "{\"url_safe\":{}}", false },
		{ "{\"url_safe\":{\"allow_ports\":[443,80]}}", "{\"url_safe\":{\"allow_ports\":[80]}}", true },
		{ "{\"url_safe\":{\"allow_ports\":[443]}}", "{\"url_safe\":{\"allow_ports\":[80]}}", false },
		{ "{\"url_safe\":{\"allow_ports\":[443]}}", "{\"url_safe\":{}}", false },
		{ "{\"url_safe\":{\"allow_domains\":[\"*.a.com\"]}}", "{\"url_safe\":{\"allow_domains\":[\"a.com\",\"*.b.a.com\",\"c.A.com\"]}}", true },
		{ "{\"url_safe\":{\"allow_domains\":[\"*.a.com\"]}}", "{\"url_safe\":{\"allow_domains\":[\"ba.com\"]}}", false },
		{ "{\"url_safe\":{\"allow_domains\":[\"a.com\"]}}", "{\"url_safe\":{\"allow_domains\":[\"*.a.com\"]}}", false },
		{ "{\"url_safe\":{\"allow_domains\":[\"a.com\"]}}", "{\"url_safe\":{}}", false },
		{ "{\"url_safe\":{\"allow_domains\":[\"b\\u00fccher.de\"]}}", "{\"url_safe\":{\"allow_domains\":[\"xn--bcher-kva.de\"]}}", true },
		{ "{\"url_safe\":{\"deny_domains\":[\"a.com\"]}}", "{\"url_safe\":{\"deny_domains\":[\"*.a.com\"]}}", true },
		{ "{\"url_safe\":{\"deny_domains\":[\"*.a.com\"]}}", "{\"url_safe\":{\"deny_domains\":[\"a.com\"]}}", false },
		{ "{\"url_safe\":{\"deny_domains\":[\"a.com\"]}}", "{\"url_safe\":{}}", false },
		{ "{\"url_safe\":{}}", "{\"url_safe\":{\"allow_domains\":[\"*\"]}}", false },
		{ "{\"url_safe\":{}}", "\"https://a.com/\"", true },
		{ "{\"url_safe\":{}}", "\"http://localhost/\"", false },
	};

	CHECK(rows);
}

Test(attenuate, containers)
{
	static const struct row rows[] = {
		{ "{\"all\":[{\"pattern\":\"a*\"}]}", "{\"all\":[{\"pattern\":\"ab*\"},\"abc\"]}", true },
		{ "{\"all\":[{\"pattern\":\"a*\"},{\"pattern\":\"*b\"}]}", "{\"all\":[{\"pattern\":\"a*\"}]}", false },
		{ "{\"all\":[{\"pattern\":\"a*\"},{\"pattern\":\"*b\"}]}", "\"ab\"", true },
		{ "{\"all\":[{\"pattern\":\"a*\"},{\"pattern\":\"*b\"}]}", "\"ac\"", false },
		{ "{\"all\":[]}", "\"a\"", false }, /* gap 11 */
		{ "{\"all\":[]}", "{\"all\":[\"a\"]}", false },
		{ "{\"all\":[\"a\"]}", "{\"all\":[]}", false },
		{ "{\"any\":[\"a\",\"b\"]}", "{\"any\":[\"b\"]}", true },
		{ "{\"any\":[\"a\",\"b\"]}", "{\"any\":[\"b\",\"c\"]}", false },
		{ "{\"any\":[\"a\",\"b\"]}", "{\"any\":[]}", true },
		{ "{\"any\":[\"a\",\"b\"]}", "\"a\"", false },
		/* gap 12: the parent stops at the network for "a", the child would not */
		{ "{\"any\":[{\"cidr\":\"10.0.0.0/8\"},\"a\"]}", "{\"any\":[\"a\"]}", false },
		{ "{\"any\":[{\"cidr\":\"10.0.0.0/8\"},\"a\"]}", "{\"any\":[\"a\",{\"cidr\":\"10.0.0.0/8\"}]}", false },
		{ "{\"any\":[{\"cidr\":\"10.0.0.0/8\"},\"a\"]}", "{\"any\":[{\"cidr\":\"10.1.0.0/16\"},\"a\"]}", true },
		{ "{\"any\":[\"a\",{\"cidr\":\"10.0.0.0/8\"}]}", "{\"any\":[{\"cidr\":\"10.0.0.0/8\"},\"a\"]}", true },
		{ "{\"any\":[{\"url_safe\":{}},\"a\"]}", "{\"any\":[{\"url_safe\":{}},\"a\"]}", true },
		{ "{\"any\":[{\"url_safe\":{}},\"a\"]}", "{\"any\":[{\"url_safe\":{\"schemes\":[\"https\"]}},\"a\"]}", false },
		{ "{\"any\":[{\"url_safe\":{}},\"a\"]}", "{\"any\":[{\"url_safe\":{\"schemes\":[\"https\"]}}]}", true },
		{ "{\"not\":\"a\"}", "{\"not\":{\"one_of\":[\"a\"]}}", true },
		{ "{\"not\":{\"one_of\":[\"a\"]}}", "{\"not\":{\"one_of\":[\"a\",\"b\"]}}", true },
		{ "{\"not\":{\"one_of\":[\"a\",\"b\"]}}", "{\"not\":{\"one_of\":[\"a\"]}}", false },
		{ "{\"not\":{\"cidr\":\"10.1.0.0/16\"}}", "{\"not\":{\"cidr\":\"10.0.0.0/8\"}}", true },
		{ "{\"not\":{\"any\":[\"a\",{\"cidr\":\"10.0.0.0/8\"}]}}", "{\"not\":{\"any\":[\"a\",{\"cidr\":\"10.0.0.0/8\"}]}}", true },
		{ "{\"not\":{\"any\":[{\"cidr\":\"10.0.0.0/8\"}]}}", "{\"not\":{\"any\":[\"a\",{\"cidr\":\"10.0.0.0/8\"}]}}", false },
		{ "{\"wildcard\":true}", "{\"not\":\"a\"}", true },
	};

	CHECK(rows);
}

/* An alternative that always answers may go, one that may not has to stay. */
Test(attenuate, alternatives_that_always_answer)
{
	static const struct row rows[] = {
		{ "{\"any\":[{\"all\":[\"x\"]},\"a\"]}", "{\"any\":[\"a\"]}", true },
		{ "{\"any\":[{\"all\":[\"x\",{\"regex\":\"x\"}]},\"a\"]}", "{\"any\":[\"a\"]}", false },
		{ "{\"any\":[{\"all\":[]},\"a\"]}", "{\"any\":[\"a\"]}", false },
		{ "{\"any\":[{\"any\":[]},\"a\"]}", "{\"any\":[\"a\"]}", true },
		{ "{\"any\":[{\"not\":\"b\"},\"a\"]}", "{\"any\":[\"a\"]}", true },
		{ "{\"any\":[{\"not\":{\"cel\":\"x\"}},\"a\"]}", "{\"any\":[\"a\"]}", false },
		{ "{\"any\":[{\"pattern\":\"b*\"},\"a\"]}", "{\"any\":[\"a\"]}", true },
		{ "{\"any\":[{\"pattern\":\"b[\"},\"a\"]}", "{\"any\":[\"a\"]}", false },
		{ "{\"any\":[{\"subpath\":\"/x\"},\"a\"]}", "{\"any\":[\"a\"]}", true },
		{ "{\"any\":[{\"subpath\":{\"root\":\"/x\",\"case_sensitive\":false}},\"a\"]}", "{\"any\":[\"a\"]}", false },
		{ "{\"any\":[{\"url_pattern\":\"https://a.com\"},\"a\"]}", "{\"any\":[\"a\"]}", false },
		{ "{\"any\":[{\"url_safe\":{}},\"a\"]}", "{\"any\":[\"a\"]}", false },
		{ "{\"any\":[{\"range\":{}},{\"one_of\":[1]},{\"shlex\":[]},{\"subset\":[1]},{\"contains\":[1]},{\"not_one_of\":[\"a\"]},\"a\"]}",
		  "{\"any\":[\"a\"]}", true },
		{ "{\"any\":[\"b\",{\"regex\":\"x\"},\"a\"]}", "{\"any\":[\"b\"]}", true },
		{ "{\"any\":[\"b\",{\"regex\":\"x\"},\"a\"]}", "{\"any\":[\"b\",{\"regex\":\"x\"},\"a\"]}", true },
		{ "{\"any\":[\"b\",{\"regex\":\"x\"},\"a\"]}", "{\"any\":[{\"regex\":\"x\"},\"a\"]}", false },
		{ "{\"any\":[{\"cidr\":\"10.0.0.0/8\"},\"a\"]}", "{\"any\":[\"a\",\"a\"]}", false },
		{ "{\"any\":[{\"cidr\":\"10.0.0.0/8\"},{\"cidr\":\"11.0.0.0/8\"}]}", "{\"any\":[{\"cidr\":\"11.1.0.0/16\"}]}", true },
		{ "{\"any\":[{\"cidr\":\"10.0.0.0/8\"},{\"regex\":\"x\"},{\"cidr\":\"11.0.0.0/8\"}]}", "{\"any\":[{\"cidr\":\"11.1.0.0/16\"}]}", false },
	};

	CHECK(rows);
}

/*
 * Kept means: written the same way.  Each second form is within the first and differs in one thing, so as a
 * first alternative that may not answer it does not count as kept.
 */
Test(attenuate, what_counts_as_the_same)
{
#define U(fields) "{\"url_safe\":{" fields "}}"
#define ALL_U "\"schemes\":[\"http\",\"https\"],\"allow_domains\":[\"a.com\",\"b.com\"],\"deny_domains\":[\"c.com\"],\"allow_ports\":[80,443]"
#define OFF_U "\"block_private\":false,\"block_loopback\":false,\"block_metadata\":false,\"block_reserved\":false"
	static const struct { const char *one, *other; } rows[] = {
		{ "\"a\"", NULL },
		{ "{\"wildcard\":true}", "\"a\"" },
		{ "{\"pattern\":\"a*\"}", "{\"pattern\":\"ab*\"}" },
		{ "{\"regex\":\"a\"}", NULL },
		{ "{\"cel\":\"a\"}", NULL },
		{ "{\"cidr\":\"10.0.0.0/8\"}", "{\"cidr\":\"10.1.0.0/16\"}" },
		{ "{\"url_pattern\":\"https://*.a.com\"}", "{\"url_pattern\":\"https://a.com\"}" },
		{ "{\"range\":{\"min\":1,\"max\":9}}", "{\"range\":{\"min\":2,\"max\":9}}" },
		{ "{\"range\":{\"min\":1,\"max\":9}}", "{\"range\":{\"min\":1,\"max\":8}}" },
		{ "{\"range\":{\"min\":1,\"max\":9}}", "{\"range\":{\"min\":1,\"max\":9,\"min_inclusive\":false}}" },
		{ "{\"range\":{\"min\":1,\"max\":9}}", "{\"range\":{\"min\":1,\"max\":9,\"max_inclusive\":false}}" },
		{ "{\"range\":{\"min\":0}}", "{\"range\":{\"min\":0,\"max\":0}}" },
		{ "{\"range\":{\"max\":0}}", "{\"range\":{\"min\":0,\"max\":0}}" },
		{ "{\"range\":{}}", NULL },
		{ "{\"one_of\":[1,2]}", "{\"one_of\":[1]}" },
		{ "{\"one_of\":[1,2]}", "{\"one_of\":[2,1]}" },
		{ "{\"one_of\":[]}", NULL },
		{ "{\"not_one_of\":[1]}", "{\"not_one_of\":[1,2]}" },
		{ "{\"contains\":[1]}", "{\"contains\":[1,2]}" },
		{ "{\"subset\":[1,2]}", "{\"subset\":[1]}" },
		{ "{\"shlex\":[\"ls\",\"rm\"]}", "{\"shlex\":[\"ls\"]}" },
		{ "{\"shlex\":[\"ls\",\"rm\"]}", "{\"shlex\":[\"rm\",\"ls\"]}" },
		{ "{\"shlex\":[\"ls\"]}", "{\"shlex\":[\"ls\",\"ls\"]}" },
		{ "{\"subpath\":\"/data\"}", "{\"subpath\":\"/data/x\"}" },
		{ "{\"subpath\":\"/data\"}", "{\"subpath\":{\"root\":\"/data\",\"allow_equal\":false}}" },
		{ "{\"subpath\":{\"root\":\"/data\",\"case_sensitive\":false}}", "{\"subpath\":\"/data\"}" },
		{ "{\"all\":[\"a\"]}", "{\"all\":[\"a\",\"b\"]}" },
		{ "{\"any\":[\"a\",\"b\"]}", "{\"any\":[\"b\",\"a\"]}" },
		{ "{\"not\":\"a\"}", NULL },
		{ "{\"not\":{\"one_of\":[1]}}", "{\"not\":{\"one_of\":[1,2]}}" },
		{ U(ALL_U), U("\"schemes\":[\"https\"],\"allow_domains\":[\"a.com\",\"b.com\"],\"deny_domains\":[\"c.com\"],\"allow_ports\":[80,443]") },
		{ U(ALL_U), U("\"schemes\":[\"http\",\"https\"],\"allow_domains\":[\"a.com\"],\"deny_domains\":[\"c.com\"],\"allow_ports\":[80,443]") },
		{ U(ALL_U), U("\"schemes\":[\"http\",\"https\"],\"allow_domains\":[\"a.com\",\"b.com\"],\"deny_domains\":[\"c.com\",\"d.com\"],\"allow_ports\":[80,443]") },
		{ U(ALL_U), U("\"schemes\":[\"http\",\"https\"],\"allow_domains\":[\"a.com\",\"b.com\"],\"deny_domains\":[\"c.com\"],\"allow_ports\":[443,80]") },
		{ U(ALL_U), U("\"schemes\":[\"http\",\"https\"],\"allow_domains\":[\"a.com\",\"b.com\"],\"deny_domains\":[\"c.com\"],\"allow_ports\":[80]") },
		{ U(""), U("\"schemes\":[]") }, { U(""), U("\"allow_domains\":[]") }, { U(""), U("\"deny_domains\":[]") }, { U(""), U("\"allow_ports\":[]") },
		{ U(OFF_U), U("\"block_private\":true,\"block_loopback\":false,\"block_metadata\":false,\"block_reserved\":false") },
		{ U(OFF_U), U("\"block_private\":false,\"block_loopback\":true,\"block_metadata\":false,\"block_reserved\":false") },
		{ U(OFF_U), U("\"block_private\":false,\"block_loopback\":false,\"block_metadata\":true,\"block_reserved\":false") },
		{ U(OFF_U), U("\"block_private\":false,\"block_loopback\":false,\"block_metadata\":false,\"block_reserved\":true") },
		{ U(""), U("\"block_internal_tlds\":true") },
	};
	static const char *const shape = "{\"any\":[{\"all\":[%s,{\"regex\":\"r\"}]},\"last\"]}";
	char one[1024], other[1024];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(one, sizeof(one), shape, rows[i].one);
		cr_expect(ok(one, one), "%s is not the same as itself", rows[i].one);
		if (!rows[i].other)
			continue;
		snprintf(other, sizeof(other), "{\"all\":[%s]}", rows[i].one);
		snprintf(one, sizeof(one), "{\"all\":[%s]}", rows[i].other);
		cr_expect(ok(other, one), "%s is not within %s", rows[i].other, rows[i].one);
		snprintf(one, sizeof(one), shape, rows[i].one);
		snprintf(other, sizeof(other), shape, rows[i].other);
		cr_expect_not(ok(one, other), "%s counts as %s", rows[i].other, rows[i].one);
	}
}

Test(attenuate, a_not_holds_exactly_one)
{
	const struct tn_constraint *good = rows_c(&arena, "{\"not\":\"a\"}");

	for (size_t n = 0; n < 4; n++) {
		struct tn_constraint bent = *rows_c(&arena, "{\"any\":[\"a\",\"a\",\"a\"]}");

		bent.type = TN_C_NOT;
		bent.list.n = n;
		cr_expect_eq(tn_constraint_attenuates(good, &bent, NULL) == TN_OK, n == 1);
		cr_expect_eq(tn_constraint_attenuates(&bent, good, NULL) == TN_OK, n == 1);
	}
}

Test(attenuate, networks_fall_silent_together)
{
	/* Not: the parent has to answer where the child does */
	cr_expect(ok("{\"not\":{\"cidr\":\"10.1.0.0/16\"}}", "{\"not\":{\"cidr\":\"10.0.0.0/8\"}}"));
	cr_expect_not(ok("{\"not\":{\"cidr\":\"10.1.0.0/16\"}}", "{\"not\":{\"wildcard\":true}}"));
	cr_expect_not(ok("{\"not\":\"10.1.0.0\"}", "{\"not\":{\"pattern\":\"1[\"}}"));
}

/* A view into a longer text. */
Test(attenuate, patterns_end_where_they_end)
{
	struct tn_constraint p = { .type = TN_C_PATTERN, .text = { "a**", 2 } }, c = { .type = TN_C_PATTERN, .text = { "ab**", 3 } };

	cr_expect_eq(tn_constraint_attenuates(&p, &c, NULL), TN_OK);
}

Test(attenuate, an_unknown_kind_stands_nowhere)
{
	struct tn_constraint unknown = { .type = TN_C_UNKNOWN };

	cr_expect_neq(tn_constraint_attenuates(rows_c(&arena, "{\"wildcard\":true}"), &unknown, NULL), TN_OK);
	cr_expect_neq(tn_constraint_attenuates(&unknown, &unknown, NULL), TN_OK);
	cr_expect_neq(tn_constraint_attenuates(&unknown, rows_c(&arena, "\"a\""), NULL), TN_OK);
}

static const struct tn_constraint *nested(unsigned depth)
{
	const struct tn_constraint *c = rows_c(&arena, "\"a\"");

	while (depth-- > 0) {
		struct tn_constraint *outer = tn_arena_alloc(&arena, sizeof(*outer));

		outer->type = TN_C_ALL;
		outer->list.c = c;
		outer->list.n = 1;
		c = outer;
	}
	return c;
}

Test(attenuate, depth_is_limited)
{
	cr_expect_eq(tn_constraint_attenuates(nested(32), nested(32), NULL), TN_OK);
	cr_expect_neq(tn_constraint_attenuates(nested(33), nested(33), NULL), TN_OK);
}

Test(attenuate, both_sides_are_checked_first)
{
	const struct tn_constraint *wide = rows_c(&arena, "{\"wildcard\":true}");

	cr_expect_eq(tn_constraint_attenuates(wide, nested(32), NULL), TN_OK);
	cr_expect_eq(tn_constraint_attenuates(wide, nested(33), NULL), TN_E_CONSTRAINT_DEPTH);
	cr_expect_eq(tn_constraint_attenuates(nested(33), rows_c(&arena, "\"a\""), NULL), TN_E_CONSTRAINT_DEPTH);
	cr_expect_eq(tn_constraint_attenuates(wide, rows_c(&arena, "{\"cidr\":\"10\"}"), NULL), TN_E_VALIDATION);
}

/* Views into longer lists. */
Test(attenuate, lists_end_where_they_end)
{
	struct tn_constraint p = *rows_c(&arena, "{\"any\":[\"a\",\"c\"]}");
	const struct tn_constraint *c = rows_c(&arena, "{\"any\":[\"c\"]}");
	struct tn_cset sp, sc;

	cr_expect_eq(tn_constraint_attenuates(&p, c, NULL), TN_OK);
	p.list.n = 1;
	cr_expect_neq(tn_constraint_attenuates(&p, c, NULL), TN_OK);
	cr_expect_neq(tn_constraint_attenuates(&p, rows_c(&arena, "{\"any\":[\"z\"]}"), NULL), TN_OK);
	cr_assert(rows_cset(rows_v(&arena, "{\"a\":1,\"b\":1}"), &arena, &sp));
	cr_assert(rows_cset(rows_v(&arena, "{\"a\":1,\"b\":1}"), &arena, &sc));
	cr_expect_eq(tn_cset_attenuates(&sp, &sc, NULL), TN_OK);
	sp.n = 1;
	cr_expect_neq(tn_cset_attenuates(&sp, &sc, NULL), TN_OK);
	sp.n = 2;
	sc.n = 1;
	cr_expect_neq(tn_cset_attenuates(&sp, &sc, NULL), TN_OK);
}

Test(attenuate, reason_is_given)
{
	struct tn_err e = { 0 };

	cr_expect_eq(tn_constraint_attenuates(rows_c(&arena, "\"a\""), rows_c(&arena, "\"b\""), &e), TN_E_CONSTRAINT_VIOLATION);
	cr_expect_eq(e.code, TN_E_CONSTRAINT_VIOLATION);
	cr_expect_str_eq(e.msg, "the child's value is not the parent's");
}

/* --- the theorem: attenuates(p, c) and match(c, v) implies match(p, v) --- */
#define PAIRS 12000

static const struct tn_constraint *child_of(struct dice *d, struct tn_arena *a, const struct tn_constraint *p)
{
	if (dice_roll(d, 4) == 0)
		return sample_constraint(d, a, SAMPLE_TYPES[dice_roll(d, (uint32_t)SAMPLE_NTYPES)], 0);
	return sample_relative(d, a, p, 0);
}

static void theorem(enum tn_ctype type, size_t *accepted, size_t *matches)
{
	struct dice d = { .state = 0x9e3779b97f4a7c15u ^ (uint64_t)type << 32 };

	for (int i = 0; i < PAIRS; i++) {
		struct tn_arena a = TN_ARENA_MALLOC;
		const struct tn_constraint *p = sample_constraint(&d, &a, type, 0), *c = child_of(&d, &a, p);
		const struct tn_value *v = NULL;

		if (tn_constraint_attenuates(p, c, NULL) == TN_OK) {
			++*accepted;
			v = sample_widening(&d, &a, p, c, 24, matches);
		}
		cr_expect_null(v, "parent kind %d, child kind %d, pair %d: the child matches a value its parent does not (%.*s)", (int)p->type,
			       (int)c->type, i, v && v->type == TN_V_TEXT ? (int)v->s.n : 0, v && v->type == TN_V_TEXT ? v->s.p : "");
		tn_arena_free(&a);
	}
}

Test(attenuate, what_a_child_matches_its_parent_matches, .timeout = 100)
{
	for (size_t i = 0; i < SAMPLE_NTYPES; i++) {
		enum tn_ctype type = SAMPLE_TYPES[i];
		bool mute = type == TN_C_REGEX || type == TN_C_CEL || type == TN_C_UNKNOWN;
		size_t accepted = 0, matches = 0;

		theorem(type, &accepted, &matches);
		/* the samples have to reach the point, or the test says nothing */
		cr_expect(type == TN_C_UNKNOWN ? accepted == 0 : accepted > 100, "kind %d: %zu pairs accepted", (int)type, accepted);
		cr_expect(mute ? matches == 0 : matches > 300, "kind %d: %zu matches", (int)type, matches);
	}
}

/* --- sets --- */
static bool set_ok(const char *parent, const char *child)
{
	struct tn_cset p, c;

	cr_assert(rows_cset(rows_v(&arena, parent), &arena, &p) && rows_cset(rows_v(&arena, child), &arena, &c));
	return tn_cset_attenuates(&p, &c, NULL) == TN_OK;
}

Test(attenuate, sets_have_the_same_keys)
{
	cr_expect(set_ok("{\"a\":1,\"b\":{\"pattern\":\"x*\"}}", "{\"b\":\"xy\",\"a\":1}"));
	cr_expect_not(set_ok("{\"a\":1,\"b\":2}", "{\"a\":1}"));
	cr_expect_not(set_ok("{\"a\":1}", "{\"a\":1,\"b\":2}"));
	cr_expect_not(set_ok("{\"a\":1,\"_allow_unknown\":true}", "{\"a\":1,\"b\":2}"));
	cr_expect(set_ok("{}", "{\"a\":1,\"b\":2}"));
	cr_expect(set_ok("{}", "{}"));
	cr_expect_not(set_ok("{\"a\":1}", "{}"));
	cr_expect_not(set_ok("{\"a\":1}", "{\"a\":2}"));
}

Test(attenuate, sets_do_not_open_themselves)
{
	cr_expect(set_ok("{\"a\":1,\"_allow_unknown\":true}", "{\"a\":1}"));
	cr_expect(set_ok("{\"a\":1,\"_allow_unknown\":true}", "{\"a\":1,\"_allow_unknown\":true}"));
	cr_expect_not(set_ok("{\"a\":1}", "{\"a\":1,\"_allow_unknown\":true}"));
}
