/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <time.h>

#include "tn_types.h"

static enum tn_match glob(const char *pattern, const char *text) { return tn_glob_match(tn_cstr(pattern), tn_cstr(text)); }

#define YES(p, t) cr_expect_eq(glob(p, t), TN_MATCH, "%s should match %s", p, t)
#define NO(p, t) cr_expect_eq(glob(p, t), TN_NO_MATCH, "%s should not match %s", p, t)
#define BAD(p) cr_expect_eq(glob(p, "a"), TN_CANNOT_SAY, "%s is no glob", p)

Test(glob, literals_match_the_whole_text)
{
	YES("", "");
	NO("", "a");
	YES("abc", "abc");
	NO("abc", "abcd");
	NO("abc", "ab");
	NO("abc", "ABC");
}

Test(glob, star_and_question_mark_cross_slashes)
{
	YES("/data/*", "/data/a/b");
	YES("/data/*", "/data/");
	NO("/data/*", "/data");
	YES("a?b", "a/b");
	YES("*.txt", ".txt");
	NO("a?b", "ab");
	YES("*a*b*", "xaxbx");
	NO("*a*b*", "bbba");
	YES("a*a", "aa");
	NO("a*a", "a");
	YES("*ab", "aab");
}

Test(glob, question_mark_is_a_character_not_a_byte)
{
	YES("?", "\xc3\xa9");
	NO("?", "ee");
	YES("*?", "\xe2\x98\x83");
	NO("??", "\xc3\xa9");
	YES("[\xc3\xa9]", "\xc3\xa9");
	YES("[!a]", "\xc3\xa9");
	NO("[\xc3\xa8-\xc3\xaa]", "e");
	YES("[\xc3\xa8-\xc3\xaa]", "\xc3\xa9");
}

/* File names need not be text. */
Test(glob, stray_bytes_are_characters_of_their_own)
{
	YES("a?b", "a\xff" "b");
	YES("*\xff", "a\xff");
	NO("a?b", "a\xff\xfe" "b");
	YES("[\xff]", "\xff");
	NO("[\xff]", "\xfe");
}

Test(glob, classes)
{
	YES("[abc]", "b");
	NO("[abc]", "d");
	YES("[a-c]", "b");
	NO("[a-c]", "-");
	YES("[!a-c]", "-");
	NO("[!a-c]", "b");
	YES("[]]", "]");
	YES("[]-a]", "^");
	YES("[a-]", "-");
	YES("[!]]", "a");
	NO("[!]]", "]");
	YES("[*]", "*");
	NO("[*]", "a");
	YES("[!!]", "a");
	NO("[!!]", "!");
	YES("[^a]", "^"); /* only '!' negates */
	BAD("[");
	BAD("[]");
	BAD("[!]");
	BAD("[!");
	BAD("a[b");
	BAD("*[a");
}

Test(glob, trees)
{
	YES("**", "");
	YES("**", "a/b");
	YES("**/b", "b");
	YES("**/b", "a/b");
	NO("**/b", "ab");
	YES("a/**", "a/");
	YES("a/**", "a/b/c");
	NO("a/**", "a");
	YES("a/**/b", "a/b");
	YES("a/**/b", "a/x/y/b");
	NO("a/**/b", "a/xb");
	YES("**/**/b", "a/b");
	YES("**/*", "a");
	BAD("a**");
	BAD("**a");
	BAD("a/**b");
	BAD("***");
	BAD("a***b");
	BAD("a/b**/c");
}

Test(glob, only_the_last_star_is_retried)
{
	YES("*ab*ab", "abxabab");
	NO("*ab*abc", "ababab");
	YES("a/**/b/**/c", "a/b/b/c/c");
	NO("a/**/b/**/c", "a/c/b/d");
	YES("**/a/*b", "x/a/a/b");
}

/* An exponential matcher needs longer than the age of the machine for each of these. */
Test(glob, no_pattern_is_exponential, .timeout = 20)
{
	static char pattern[2048], text[4096];
	struct tn_str p = { pattern, 0 }, t = { text, sizeof(text) };

	memset(text, 'a', sizeof(text));
	for (p.n = 0; p.n + 2 <= 1024; p.n += 2)
		memcpy(pattern + p.n, "*a", 2);
	pattern[p.n++] = 'b';
	cr_expect_eq(tn_glob_match(p, t), TN_NO_MATCH);
	for (p.n = 0; p.n + 4 <= 1024; p.n += 4)
		memcpy(pattern + p.n, "**/?", 4);
	/* "**" right behind '?' is no component */
	cr_expect_eq(tn_glob_match(p, t), TN_CANNOT_SAY);
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = i % 2 ? '/' : 'a';
	for (p.n = 0; p.n + 5 <= 1024; p.n += 5)
		memcpy(pattern + p.n, "**/a/", 5);
	pattern[p.n++] = 'b';
	cr_expect_eq(tn_glob_match(p, t), TN_NO_MATCH);
}
