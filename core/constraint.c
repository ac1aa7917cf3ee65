/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One value against one constraint, and a set of arguments against a set of constraints.
 *
 * Three answers.  "Cannot say" denies, and MUST NOT become a match on its way up: All and Any read
 * left to right and stop at it, Not passes it on.  The containers are walked with a small stack of
 * our own, so the depth of a constraint costs no call frames.
 */
#include "tn_match.h"

/* --- values --- */
static enum tn_match same_at(const struct tn_value *a, const struct tn_value *b, unsigned depth);

static enum tn_match same_list(const struct tn_value *a, const struct tn_value *b, unsigned depth)
{
	enum tn_match m = TN_MATCH;

	if (a->list.n != b->list.n)
		return TN_NO_MATCH;
	for (size_t i = 0; i < a->list.n && m == TN_MATCH; i++)
		m = same_at(&a->list.v[i], &b->list.v[i], depth);
	return m;
}

static const struct tn_value *map_get(const struct tn_value *m, struct tn_str key)
{
	for (size_t i = 0; i < m->map.n; i++)
		if (tn_str_eq(m->map.v[i].key, key))
			return &m->map.v[i].val;
	return NULL;
}

static enum tn_match same_map(const struct tn_value *a, const struct tn_value *b, unsigned depth)
{
	enum tn_match m = TN_MATCH;

	if (a->map.n != b->map.n)
		return TN_NO_MATCH;
	for (size_t i = 0; i < a->map.n && m == TN_MATCH; i++) {
		/* both are sorted as a rule, so the same place is tried first */
		const struct tn_value *v = tn_str_eq(a->map.v[i].key, b->map.v[i].key)
						   ? &b->map.v[i].val
						   : map_get(b, a->map.v[i].key);

		m = v ? same_at(&a->map.v[i].val, v, depth) : TN_NO_MATCH;
	}
	return m;
}

static enum tn_match same_at(const struct tn_value *a, const struct tn_value *b, unsigned depth)
{
	bool eq = false;

	if (depth == 0)
		return TN_CANNOT_SAY;
	if (a->type != b->type)
		return TN_NO_MATCH;
	switch (a->type) {
	case TN_V_NULL:
		eq = true;
		break;
	case TN_V_BOOL:
		eq = a->b == b->b;
		break;
	case TN_V_INT:
		eq = a->i == b->i;
		break;
	case TN_V_FLOAT:
		eq = a->f == b->f;
		break;
	case TN_V_TEXT:
		eq = tn_str_eq(a->s, b->s);
		break;
	case TN_V_LIST:
		return same_list(a, b, depth - 1);
	case TN_V_MAP:
		return same_map(a, b, depth - 1);
	}
	return eq ? TN_MATCH : TN_NO_MATCH;
}

enum tn_match tn_value_same(const struct tn_value *a, const struct tn_value *b)
{
	return same_at(a, b, TN_CONSTRAINT_DEPTH + 1);
}

bool tn_value_eq(const struct tn_value *a, const struct tn_value *b)
{
	return tn_value_same(a, b) == TN_MATCH;
}

/* --- kinds without a file of their own --- */
static enum tn_match member(const struct tn_value *list, size_t n, const struct tn_value *v)
{
	for (size_t i = 0; i < n; i++) {
		enum tn_match m = tn_value_same(&list[i], v);

		if (m != TN_NO_MATCH)
			return m;
	}
	return TN_NO_MATCH;
}

static enum tn_match invert(enum tn_match m)
{
	if (m == TN_CANNOT_SAY)
		return m;
	return m == TN_MATCH ? TN_NO_MATCH : TN_MATCH;
}

/* Each of `wanted` is in `list`. */
static enum tn_match all_in(const struct tn_value *wanted, size_t nwanted,
			    const struct tn_value *list, size_t n)
{
	enum tn_match m = TN_MATCH;

	for (size_t i = 0; i < nwanted && m == TN_MATCH; i++)
		m = member(list, n, &wanted[i]);
	return m;
}

static enum tn_match range_match(const struct tn_constraint *c, const struct tn_value *v)
{
	double n;

	if (v->type == TN_V_INT)
		n = (double)v->i;
	else if (v->type == TN_V_FLOAT)
		n = v->f;
	else
		return TN_NO_MATCH;
	/* written so that a NaN on either side is no match */
	if (n != n)
		return TN_NO_MATCH;
	if (c->range.has_min && !(c->range.min_inclusive ? n >= c->range.min : n > c->range.min))
		return TN_NO_MATCH;
	if (c->range.has_max && !(c->range.max_inclusive ? n <= c->range.max : n < c->range.max))
		return TN_NO_MATCH;
	return TN_MATCH;
}

/* --- one constraint that is no container --- */
static enum tn_match text_match(const struct tn_constraint *c, struct tn_str s, struct tn_err *why)
{
	enum tn_match m = TN_CANNOT_SAY;

	if (c->type == TN_C_PATTERN) {
		m = tn_glob_match(c->text, s);
		if (m == TN_CANNOT_SAY)
			tn_why(why, TN_E_CONSTRAINT_VIOLATION, "not a valid glob: ", c->text);
		else if (m == TN_NO_MATCH)
			tn_why(why, TN_E_CONSTRAINT_VIOLATION, "does not match pattern ", c->text);
	} else if (c->type == TN_C_SUBPATH) {
		m = tn_subpath_match(c, s);
		if (m != TN_MATCH)
			tn_why(why, TN_E_CONSTRAINT_VIOLATION, "outside subpath ", c->subpath.root);
	} else if (c->type == TN_C_SHLEX) {
		m = tn_shlex_match(c, s);
		if (m == TN_NO_MATCH)
			tn_why(why, TN_E_CONSTRAINT_VIOLATION,
			       "not a plain command with one of the allowed programs",
			       TN_NO_DETAIL);
	} else if (c->type == TN_C_URL_SAFE) {
		m = tn_url_safe_match(c, s, why);
	} else if (c->type == TN_C_URL_PATTERN) {
		m = tn_url_pattern_match(c->text, s, why);
	}
	return m;
}

/* Kinds that judge text; what is broken in the constraint itself is said for other values too. */
static enum tn_match textual(const struct tn_constraint *c, const struct tn_value *v,
			     struct tn_err *why)
{
	if (v->type == TN_V_TEXT)
		return text_match(c, v->s, why);
	if (c->type == TN_C_PATTERN && !tn_glob_valid(c->text)) {
		tn_why(why, TN_E_CONSTRAINT_VIOLATION, "not a valid glob: ", c->text);
		return TN_CANNOT_SAY;
	}
	tn_why(why, TN_E_CONSTRAINT_VIOLATION, "the value is not text", TN_NO_DETAIL);
	return TN_NO_MATCH;
}

static enum tn_match said(enum tn_match m, struct tn_err *why, const char *text)
{
	if (m != TN_MATCH)
		tn_why(why, TN_E_CONSTRAINT_VIOLATION,
		       m == TN_CANNOT_SAY ? "the value is nested too deep" : text, TN_NO_DETAIL);
	return m;
}

static enum tn_match exact_said(const struct tn_constraint *c, enum tn_match m, struct tn_err *why)
{
	if (m == TN_NO_MATCH && c->exact.type == TN_V_TEXT) {
		tn_why(why, TN_E_CONSTRAINT_VIOLATION, "not exactly ", c->exact.s);
		return m;
	}
	return said(m, why, "not exactly the value that is allowed");
}

static enum tn_match cannot(struct tn_err *why, const char *text)
{
	tn_why(why, TN_E_CONSTRAINT_VIOLATION, text, TN_NO_DETAIL);
	return TN_CANNOT_SAY;
}

static enum tn_match leaf_match(const struct tn_constraint *c, const struct tn_value *v,
				struct tn_err *why)
{
	const struct tn_value *list = v->type == TN_V_LIST ? v->list.v : NULL;
	size_t n = v->type == TN_V_LIST ? v->list.n : 0;

	switch (c->type) {
	case TN_C_WILDCARD:
		return TN_MATCH;
	case TN_C_EXACT:
		return exact_said(c, tn_value_same(&c->exact, v), why);
	case TN_C_ONE_OF:
		return said(member(c->values.v, c->values.n, v), why,
			    "not one of the values that are allowed");
	case TN_C_NOT_ONE_OF:
		return said(invert(member(c->values.v, c->values.n, v)), why,
			    "one of the values that are excluded");
	case TN_C_RANGE:
		return said(range_match(c, v), why, "not a number in the range that is allowed");
	case TN_C_CONTAINS:
		if (v->type != TN_V_LIST)
			return said(TN_NO_MATCH, why, "the value is not a list");
		return said(all_in(c->values.v, c->values.n, list, n), why,
			    "the list lacks a value that is required");
	case TN_C_SUBSET:
		if (v->type != TN_V_LIST)
			return said(TN_NO_MATCH, why, "the value is not a list");
		return said(all_in(list, n, c->values.v, c->values.n), why,
			    "the list has a value that is not allowed");
	case TN_C_PATTERN:
	case TN_C_SUBPATH:
	case TN_C_SHLEX:
	case TN_C_URL_SAFE:
	case TN_C_URL_PATTERN:
		return textual(c, v, why);
	case TN_C_CIDR:
		return tn_cidr_match(c->text, v, why);
	case TN_C_REGEX:
		return cannot(why, "regular expressions are not judged in this version");
	case TN_C_CEL:
		return cannot(why, "CEL expressions are not judged in this version");
	case TN_C_UNKNOWN:
		return cannot(why, "a constraint of a kind this version does not know");
	case TN_C_ALL:
	case TN_C_ANY:
	case TN_C_NOT:
		break;
	}
	return cannot(why, "a constraint that cannot be judged");
}

/* --- containers --- */
struct frame {
	const struct tn_constraint *c;
	size_t next;
};

static bool is_container(const struct tn_constraint *c)
{
	return c->type == TN_C_ALL || c->type == TN_C_ANY || c->type == TN_C_NOT;
}

/* What an empty container answers, and a Not that does not hold exactly one. */
static enum tn_match empty_match(const struct tn_constraint *c, struct tn_err *why)
{
	if (c->type == TN_C_ANY)
		return said(TN_NO_MATCH, why, "none of no alternatives");
	return cannot(why, "an empty constraint list");
}

static bool hollow(const struct tn_constraint *c)
{
	return c->type == TN_C_NOT ? c->list.n != 1 : c->list.n == 0;
}

/* The part just judged answered m: is the container's own answer known now?  Then m becomes it. */
static bool settled(const struct frame *f, enum tn_match *m, struct tn_err *why)
{
	if (f->c->type == TN_C_NOT) {
		*m = said(invert(*m), *m == TN_CANNOT_SAY ? NULL : why,
			  "what must not be matched is matched");
		return true;
	}
	if (*m == TN_CANNOT_SAY || f->next == f->c->list.n)
		return true;
	return *m == (f->c->type == TN_C_ALL ? TN_NO_MATCH : TN_MATCH);
}

enum tn_match tn_constraint_match(const struct tn_constraint *c, const struct tn_value *v,
				  struct tn_err *why)
{
	struct frame stack[TN_CONSTRAINT_DEPTH];
	enum tn_match m;
	size_t depth = 0;

	for (;;) {
		while (is_container(c) && !hollow(c)) {
			if (depth == TN_CONSTRAINT_DEPTH)
				return cannot(why, "constraints are nested too deep");
			stack[depth++] = (struct frame){ c, 1 };
			c = &c->list.c[0];
		}
		m = is_container(c) ? empty_match(c, why) : leaf_match(c, v, why);
		while (depth > 0 && settled(&stack[depth - 1], &m, why))
			depth--;
		if (depth == 0)
			return m;
		c = &stack[depth - 1].c->list.c[stack[depth - 1].next++];
	}
}

/* --- structure --- */
static enum tn_code check_leaf(const struct tn_constraint *c, struct tn_err *e)
{
	struct tn_cidr net;

	if (c->type == TN_C_CIDR && !tn_cidr_parse(c->text, &net)) {
		tn_why(e, TN_E_VALIDATION, "not a network: ", c->text);
		return TN_E_VALIDATION;
	}
	if (c->type == TN_C_URL_PATTERN && !tn_url_pattern_valid(c->text)) {
		tn_why(e, TN_E_VALIDATION, "not a URL pattern: ", c->text);
		return TN_E_VALIDATION;
	}
	return TN_OK;
}

enum tn_code tn_constraint_check(const struct tn_constraint *c, struct tn_err *e)
{
	struct frame stack[TN_CONSTRAINT_DEPTH];
	enum tn_code code;
	size_t depth = 0;

	for (;;) {
		while (is_container(c) && c->list.n > 0) {
			if (depth == TN_CONSTRAINT_DEPTH) {
				tn_why(e, TN_E_CONSTRAINT_DEPTH,
				       "constraints are nested more than 32 deep", TN_NO_DETAIL);
				return TN_E_CONSTRAINT_DEPTH;
			}
			stack[depth++] = (struct frame){ c, 1 };
			c = &c->list.c[0];
		}
		code = check_leaf(c, e);
		if (code != TN_OK)
			return code;
		while (depth > 0 && stack[depth - 1].next == stack[depth - 1].c->list.n)
			depth--;
		if (depth == 0)
			return TN_OK;
		c = &stack[depth - 1].c->list.c[stack[depth - 1].next++];
	}
}

/* --- the set --- */
static bool names_arg(const struct tn_cset *s, struct tn_str name)
{
	for (size_t i = 0; i < s->n; i++)
		if (tn_str_eq(s->args[i].name, name))
			return true;
	return false;
}

static const struct tn_value *find_arg(const struct tn_pair *args, size_t n, struct tn_str name)
{
	for (size_t i = 0; i < n; i++)
		if (tn_str_eq(args[i].key, name))
			return &args[i].val;
	return NULL;
}

enum tn_match tn_cset_match(const struct tn_cset *s, const struct tn_pair *args, size_t nargs,
			    struct tn_cset_why *why)
{
	struct tn_cset_why w = { TN_SET_OK, TN_NO_DETAIL, NULL };
	enum tn_match m = TN_MATCH;

	for (size_t i = 0; s->n && !s->allow_unknown && w.kind == TN_SET_OK && i < nargs; i++)
		if (!names_arg(s, args[i].key))
			w = (struct tn_cset_why){ TN_SET_UNKNOWN_ARG, args[i].key, NULL };
	for (size_t i = 0; w.kind == TN_SET_OK && i < s->n; i++)
		if (!find_arg(args, nargs, s->args[i].name))
			w = (struct tn_cset_why){ TN_SET_MISSING_ARG, s->args[i].name,
						  &s->args[i].c };
	if (w.kind != TN_SET_OK)
		m = TN_NO_MATCH;
	for (size_t i = 0; m == TN_MATCH && i < s->n; i++) {
		m = tn_constraint_match(&s->args[i].c, find_arg(args, nargs, s->args[i].name),
					NULL);
		if (m != TN_MATCH)
			w = (struct tn_cset_why){ m == TN_NO_MATCH ? TN_SET_NO_MATCH
								   : TN_SET_CANNOT_SAY,
						  s->args[i].name, &s->args[i].c };
	}
	if (why)
		*why = w;
	return m;
}
