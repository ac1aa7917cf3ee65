/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The globs of Rust's `glob` 0.3 with default options, on the whole string: '*' and '?' match '/'
 * and leading dots too; "[a-c]", "[!x]" (a ']' right after the opening is a member); no escapes;
 * "**" only as a whole path component, where it takes the '/' after it along and stands for
 * nothing, for anything that ends in '/', or for all the rest.  Everything else with "**" or an
 * open '[' is an error.
 *
 * MUST NOT be exponential: only the last star is ever retried.  That is enough because what follows
 * a star has a fixed length, and the places where the next star may begin to match only shrink when
 * this one takes more (a "**" always stands behind a '/', so its places are "here", "after a later
 * '/'" and "the end").  Worst case |pattern| * |text|.
 */
#include "tn_match.h"

struct class
{
	size_t from, to, next;
	bool negated;
};

/* The class that opens at i: members [from, to), next behind the ']'.  false: never closed. */
static bool find_class(struct tn_str p, size_t i, struct class *k)
{
	const char *close;
	uint32_t c;

	k->negated = i + 1 < p.n && p.p[i + 1] == '!';
	k->from = i + (k->negated ? 2 : 1);
	if (k->from >= p.n)
		return false;
	i = k->from +
	    tn_utf8_char(p.p + k->from, p.n - k->from, &c); /* the first member may be ']' */
	close = i < p.n ? memchr(p.p + i, ']', p.n - i) : NULL;
	if (!close)
		return false;
	k->to = (size_t)(close - p.p);
	k->next = k->to + 1;
	return true;
}

static bool in_class(struct tn_str p, const struct class *k, uint32_t c)
{
	size_t i = k->from;

	while (i < k->to) {
		uint32_t lo, hi;

		i += tn_utf8_char(p.p + i, k->to - i, &lo);
		hi = lo;
		if (i + 1 < k->to && p.p[i] == '-')
			i += 1 + tn_utf8_char(p.p + i + 1, k->to - i - 1, &hi);
		if (c >= lo && c <= hi)
			return !k->negated;
	}
	return k->negated;
}

/* A run of stars at *i; moves behind it (and behind the '/' that "**" takes along). */
static bool valid_stars(struct tn_str p, size_t *i)
{
	size_t from = *i, run;

	while (*i < p.n && p.p[*i] == '*')
		(*i)++;
	run = *i - from;
	if (run == 1)
		return true;
	if (run > 2 || (from > 0 && p.p[from - 1] != '/'))
		return false;
	if (*i == p.n)
		return true;
	if (p.p[*i] != '/')
		return false;
	(*i)++;
	return true;
}

bool tn_glob_valid(struct tn_str p)
{
	struct class k;
	size_t i = 0;

	while (i < p.n) {
		if (p.p[i] == '*') {
			if (!valid_stars(p, &i))
				return false;
		} else if (p.p[i] == '[') {
			if (!find_class(p, i, &k))
				return false;
			i = k.next;
		} else {
			i++;
		}
	}
	return true;
}

/* One token that takes exactly one character; both positions move on success.  t is not at its end.
 */
static bool step(struct tn_str p, size_t *pi, struct tn_str t, size_t *ti)
{
	struct class k;
	uint32_t c;
	size_t len;

	if (p.p[*pi] != '?' && p.p[*pi] != '[') {
		if (p.p[*pi] != t.p[*ti])
			return false;
		(*pi)++;
		(*ti)++;
		return true;
	}
	len = tn_utf8_char(t.p + *ti, t.n - *ti, &c);
	if (p.p[*pi] == '?') {
		(*pi)++;
	} else {
		if (!find_class(p, *pi, &k) || !in_class(p, &k, c))
			return false;
		*pi = k.next;
	}
	*ti += len;
	return true;
}

struct star {
	bool seen, tree;
	size_t p, t;
}; /* pattern behind it; text from where it was last tried */

static void take_star(struct tn_str p, size_t *pi, size_t ti, struct star *s)
{
	s->seen = true;
	s->tree = *pi + 1 < p.n && p.p[*pi + 1] == '*';
	*pi += s->tree ? 2 : 1;
	if (s->tree && *pi < p.n)
		(*pi)++; /* valid: this is the '/' */
	s->p = *pi;
	s->t = ti;
}

/* Let the star take more, to the next place worth trying.  false: there is none. */
static bool grow_star(struct tn_str p, struct tn_str t, struct star *s)
{
	const char *at;
	uint32_t c;

	if (!s->seen || s->t >= t.n)
		return false;
	if (s->tree) {
		at = memchr(t.p + s->t, '/', t.n - s->t);
		s->t = at ? (size_t)(at - t.p) + 1 : t.n;
		return true;
	}
	s->t += tn_utf8_char(t.p + s->t, t.n - s->t, &c);
	if (s->p < p.n && p.p[s->p] != '?' && p.p[s->p] != '[' && p.p[s->p] != '*') {
		at = s->t < t.n ? memchr(t.p + s->t, p.p[s->p], t.n - s->t) : NULL;
		if (!at)
			return false;
		s->t = (size_t)(at - t.p);
	}
	return true;
}

enum tn_match tn_glob_match(struct tn_str p, struct tn_str t)
{
	struct star s = { false, false, 0, 0 };
	size_t pi = 0, ti = 0;

	if (!tn_glob_valid(p))
		return TN_CANNOT_SAY;
	for (;;) {
		if (pi < p.n && p.p[pi] == '*') {
			take_star(p, &pi, ti, &s);
			if (pi == p.n)
				return TN_MATCH;
			continue;
		}
		if (pi == p.n && ti == t.n)
			return TN_MATCH;
		if (pi < p.n && ti == t.n)
			return TN_NO_MATCH; /* a star that takes more leaves even less */
		if (pi < p.n && step(p, &pi, t, &ti))
			continue;
		if (!grow_star(p, t, &s))
			return TN_NO_MATCH;
		pi = s.p;
		ti = s.t;
	}
}
