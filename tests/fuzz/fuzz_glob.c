/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Input: pattern, NUL, text.  Oracles: a slow matcher that follows the definition (small inputs only), the
 * classes of answers do not depend on the text, and no pair takes long.
 */
#include <stdlib.h>
#include <time.h>

#include "fuzz.h"
#include "tn_match.h"

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool is_ascii(struct tn_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

/* By definition, with all the backtracking there is.  The pattern is valid and has neither class nor '?'. */
static bool slow(struct tn_str p, struct tn_str t)
{
	if (p.n == 0)
		return t.n == 0;
	if (p.p[0] != '*')
		return t.n && t.p[0] == p.p[0] && slow(tn_sub(p, 1, p.n), tn_sub(t, 1, t.n));
	if (p.n > 1 && p.p[1] == '*') {
		struct tn_str rest = tn_sub(p, p.n > 2 ? 3 : 2, p.n);

		for (size_t i = 0; i <= t.n; i++)
			if ((i == 0 || i == t.n || t.p[i - 1] == '/') && slow(rest, tn_sub(t, i, t.n)))
				return true;
		return false;
	}
	for (size_t i = 0; i <= t.n; i++)
		if (slow(tn_sub(p, 1, p.n), tn_sub(t, i, t.n)))
			return true;
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data, *nul = size ? memchr(s, '\0', size) : NULL;
	struct tn_str p = { s, nul ? (size_t)(nul - s) : size };
	struct tn_str t = { nul ? nul + 1 : s, nul ? size - p.n - 1 : 0 };
	double began = seconds();
	enum tn_match m = tn_glob_match(p, t);

	if (size < 65536 && seconds() - began > 1.0)
		abort();
	if ((m == TN_CANNOT_SAY) == tn_glob_valid(p))
		abort();
	if (m == TN_CANNOT_SAY || p.n > 10 || t.n > 10 || (p.n && (memchr(p.p, '[', p.n) || memchr(p.p, '?', p.n))))
		return 0;
	/* a stray byte in a pattern is a character; the slow one compares bytes */
	if (is_ascii(p) && (m == TN_MATCH) != slow(p, t))
		abort();
	return 0;
}
