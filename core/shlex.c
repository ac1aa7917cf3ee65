/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A command line that is plain words: none of the characters with which a shell does more than run
 * one program, and a first word that is on the list by its whole text or by its last component.
 * Quotes are not understood on purpose: what is inside them is refused just the same.
 */
#include "tn_match.h"

static bool dangerous(unsigned char c)
{
	switch (c) {
	case 0:
	case '\n':
	case '\r':
	case 0x0b:
	case 0x0c:
	case 0x07:
	case 0x08:
	case 0x7f:
	case '$':
	case '`':
	case '|':
	case '&':
	case ';':
	case '<':
	case '>':
	case '(':
	case ')':
		return true;
	default:
		return false;
	}
}

/* Unicode White_Space beyond what dangerous() already refused. */
static bool is_space(uint32_t c)
{
	return c == ' ' || c == '\t' || c == 0x85 || c == 0xa0 || c == 0x1680 ||
	       (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
	       c == 0x205f || c == 0x3000;
}

static struct tn_str first_word(struct tn_str s)
{
	size_t i = 0, from, len;
	uint32_t c;

	while (i < s.n && (len = tn_utf8_char(s.p + i, s.n - i, &c), is_space(c)))
		i += len;
	from = i;
	while (i < s.n && (len = tn_utf8_char(s.p + i, s.n - i, &c), !is_space(c)))
		i += len;
	return tn_sub(s, from, i);
}

enum tn_match tn_shlex_match(const struct tn_constraint *c, struct tn_str cmd)
{
	struct tn_str word, base;

	for (size_t i = 0; i < cmd.n; i++)
		if (dangerous((unsigned char)cmd.p[i]))
			return TN_NO_MATCH;
	word = first_word(cmd);
	if (word.n == 0)
		return TN_NO_MATCH;
	base = word;
	for (size_t i = 0; i < word.n; i++) {
		if (i && word.p[i] == '.' && word.p[i - 1] == '.')
			return TN_NO_MATCH;
		if (word.p[i] == '/')
			base = tn_sub(word, i + 1, word.n);
	}
	for (size_t i = 0; i < c->shlex.n; i++)
		if (tn_str_eq(c->shlex.v[i], word) || tn_str_eq(c->shlex.v[i], base))
			return TN_MATCH;
	return TN_NO_MATCH;
}
