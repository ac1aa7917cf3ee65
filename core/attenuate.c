/* SPDX-License-Identifier: Apache-2.0 */
/*
 * May a child have this constraint where its parent has that one?
 *
 * Two promises.  Sound: what the child matches, the parent matches too, whatever the value; "cannot
 * say" is no match here.  Never wider than upstream: what we accept, other verifiers accept, so a
 * chain that we make is good everywhere.  Hence a table of understood pairs, and no for every
 * other.
 */
#include "tn_match.h"

struct pair {
	const struct tn_constraint *p, *c;
	struct tn_err *e;
};

static enum tn_code attenuates(struct pair a);

static enum tn_code refuse(const struct pair *a, const char *text)
{
	tn_why(a->e, TN_E_CONSTRAINT_VIOLATION, text, TN_NO_DETAIL);
	return TN_E_CONSTRAINT_VIOLATION;
}

static enum tn_code holds(const struct pair *a, bool ok, const char *text)
{
	return ok ? TN_OK : refuse(a, text);
}

/* --- values --- */
static bool has_value(struct tn_values list, const struct tn_value *v)
{
	for (size_t i = 0; i < list.n; i++)
		if (tn_value_eq(&list.v[i], v))
			return true;
	return false;
}

static bool values_within(struct tn_values narrow, struct tn_values wide)
{
	for (size_t i = 0; i < narrow.n; i++)
		if (!has_value(wide, &narrow.v[i]))
			return false;
	return true;
}

static enum tn_code exact_from_exact(const struct pair *a)
{
	return holds(a, tn_value_eq(&a->p->exact, &a->c->exact),
		     "the child's value is not the parent's");
}

static enum tn_code one_of(const struct pair *a)
{
	return holds(a, values_within(a->c->values, a->p->values),
		     "the child allows a value the parent does not");
}

static enum tn_code excluded(const struct pair *a)
{
	return holds(a, values_within(a->p->values, a->c->values),
		     "the child drops a value the parent excludes");
}

static enum tn_code contains(const struct pair *a)
{
	return holds(a, values_within(a->p->values, a->c->values),
		     "the child drops a value the parent requires");
}

/* --- numbers --- */
/* An upper bound within another.  A NaN on either side is not: it compares as false with
 * everything. */
static bool bound_within(bool has_p, double p, bool p_incl, bool has_c, double c, bool c_incl)
{
	if (!has_p)
		return true;
	return has_c && (c < p || (c == p && (p_incl || !c_incl)));
}

static enum tn_code range(const struct pair *a)
{
	const struct tn_constraint *p = a->p, *c = a->c;

	if (!bound_within(p->range.has_max, p->range.max, p->range.max_inclusive, c->range.has_max,
			  c->range.max, c->range.max_inclusive))
		return refuse(a, "the child's range ends above the parent's");
	return holds(a,
		     bound_within(p->range.has_min, -p->range.min, p->range.min_inclusive,
				  c->range.has_min, -c->range.min, c->range.min_inclusive),
		     "the child's range begins below the parent's");
}

/* --- texts --- */
static size_t count(struct tn_str s, char c)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == c;
	return n;
}

/*
 * Understood are "fixed*" and "*fixed".  Fixed text has to be plain: '?' and '[' are no text, and
 * in "*a]" the ']' may close a class of the child ("[ba]").  The child has at most one star itself,
 * on the same side.
 */
static bool glob_within(struct tn_str p, struct tn_str c)
{
	struct tn_str fixed;
	bool tail = p.n && p.p[0] == '*';

	if (tn_str_eq(p, c))
		return true;
	if (count(p, '*') != 1 || count(c, '*') > 1 || !tn_glob_valid(c))
		return false;
	if (!tail && p.p[p.n - 1] != '*')
		return false;
	/* "*" alone has both ends; upstream reads it as a beginning */
	tail = tail && p.n > 1;
	fixed = tail ? tn_sub(p, 1, p.n) : tn_sub(p, 0, p.n - 1);
	if (count(fixed, '?') || count(fixed, '[') || (tail && count(fixed, ']') && count(c, '[')))
		return false;
	if (count(c, '*') && c.p[tail ? 0 : c.n - 1] != '*')
		return false;
	return tail ? tn_str_ends(c, fixed) : tn_str_starts(c, fixed);
}

static enum tn_code glob(const struct pair *a)
{
	return holds(a, glob_within(a->p->text, a->c->text),
		     "the child's pattern is not understood to be within the parent's");
}

static enum tn_code same_text(const struct pair *a)
{
	return holds(a, tn_str_eq(a->p->text, a->c->text),
		     "the child's expression is not the parent's");
}

static enum tn_code same_cel(const struct pair *a)
{
	return holds(a, tn_str_eq(a->p->cel.expression, a->c->cel.expression),
		     "the child's expression is not the parent's");
}

static enum tn_code cidr(const struct pair *a)
{
	return holds(a, tn_cidr_within(a->p->text, a->c->text),
		     "the child's network is not within the parent's");
}

static enum tn_code url_pattern(const struct pair *a)
{
	return holds(a, tn_url_pattern_attenuates(a->p->text, a->c->text),
		     "the child's URLs are not within the parent's");
}

static enum tn_code url_safe(const struct pair *a)
{
	const char *why;

	return tn_url_safe_attenuates(a->p, a->c, &why) ? TN_OK : refuse(a, why);
}

static enum tn_code subpath(const struct pair *a)
{
	if (a->p->subpath.case_sensitive && !a->c->subpath.case_sensitive)
		return refuse(a, "the child ignores case where the parent does not");
	if (!a->p->subpath.allow_equal && a->c->subpath.allow_equal)
		return refuse(a, "the child allows the root itself where the parent does not");
	return holds(a, tn_subpath_match(a->p, a->c->subpath.root) == TN_MATCH,
		     "the child's root is outside the parent's");
}

static enum tn_code shlex(const struct pair *a)
{
	for (size_t i = 0; i < a->c->shlex.n; i++) {
		size_t k = 0;

		while (k < a->p->shlex.n && !tn_str_eq(a->p->shlex.v[k], a->c->shlex.v[i]))
			k++;
		if (k == a->p->shlex.n)
			return refuse(a, "the child allows a program the parent does not");
	}
	return TN_OK;
}

/* One value: the parent itself says. */
static enum tn_code exact_value(const struct pair *a)
{
	return holds(a, tn_constraint_match(a->p, &a->c->exact, NULL) == TN_MATCH,
		     "the parent does not match the child's value");
}

static enum tn_code anything(const struct pair *a)
{
	(void)a;
	return TN_OK;
}

/* --- containers --- */
static enum tn_code part(const struct tn_constraint *p, const struct tn_constraint *c)
{
	return attenuates((struct pair){ p, c, NULL });
}

static enum tn_code all(const struct pair *a)
{
	if (a->p->list.n == 0 || a->c->list.n == 0)
		return refuse(a, "an empty All matches nothing and attenuates nothing");
	for (size_t i = 0; i < a->p->list.n; i++) {
		size_t k = 0;

		while (k < a->c->list.n && part(&a->p->list.c[i], &a->c->list.c[k]) != TN_OK)
			k++;
		if (k == a->c->list.n)
			return refuse(a, "the child drops a part that the parent requires");
	}
	return TN_OK;
}

/* Whether it answers every value with yes or no. */
static bool total(const struct tn_constraint *c)
{
	switch (c->type) {
	case TN_C_EXACT:
	case TN_C_RANGE:
	case TN_C_ONE_OF:
	case TN_C_NOT_ONE_OF:
	case TN_C_CONTAINS:
	case TN_C_SUBSET:
	case TN_C_WILDCARD:
	case TN_C_SHLEX:
		return true;
	case TN_C_SUBPATH:
		return c->subpath.case_sensitive;
	case TN_C_PATTERN:
		return tn_glob_valid(c->text);
	case TN_C_ALL:
	case TN_C_ANY:
	case TN_C_NOT:
		if (c->list.n == 0 && c->type != TN_C_ANY)
			return false;
		for (size_t i = 0; i < c->list.n; i++)
			if (!total(&c->list.c[i]))
				return false;
		return true;
	case TN_C_REGEX:
	case TN_C_CIDR:
	case TN_C_URL_PATTERN:
	case TN_C_CEL:
	case TN_C_URL_SAFE:
	case TN_C_UNKNOWN:
		break;
	}
	return false;
}

/* --- the same constraint, written the same way --- */
static bool same_texts(struct tn_strs a, struct tn_strs b)
{
	size_t i = 0;

	while (i < a.n && i < b.n && tn_str_eq(a.v[i], b.v[i]))
		i++;
	return i == a.n && i == b.n;
}

static bool same_values(struct tn_values a, struct tn_values b)
{
	size_t i = 0;

	while (i < a.n && i < b.n && tn_value_eq(&a.v[i], &b.v[i]))
		i++;
	return i == a.n && i == b.n;
}

static bool same_url_safe(const struct tn_constraint *a, const struct tn_constraint *b)
{
	return a->url.has_schemes == b->url.has_schemes && a->url.has_allow == b->url.has_allow &&
	       a->url.has_deny == b->url.has_deny && a->url.has_ports == b->url.has_ports &&
	       a->url.nports == b->url.nports &&
	       (a->url.nports == 0 ||
		memcmp(a->url.ports, b->url.ports, a->url.nports * sizeof(*a->url.ports)) == 0) &&
	       a->url.block_private == b->url.block_private &&
	       a->url.block_loopback == b->url.block_loopback &&
	       a->url.block_metadata == b->url.block_metadata &&
	       a->url.block_reserved == b->url.block_reserved &&
	       a->url.block_internal_tlds == b->url.block_internal_tlds &&
	       same_texts(a->url.schemes, b->url.schemes) &&
	       same_texts(a->url.allow_domains, b->url.allow_domains) &&
	       same_texts(a->url.deny_domains, b->url.deny_domains);
}

static bool same_range(const struct tn_constraint *a, const struct tn_constraint *b)
{
	return a->range.has_min == b->range.has_min && a->range.has_max == b->range.has_max &&
	       (!a->range.has_min || (a->range.min == b->range.min &&
				      a->range.min_inclusive == b->range.min_inclusive)) &&
	       (!a->range.has_max ||
		(a->range.max == b->range.max && a->range.max_inclusive == b->range.max_inclusive));
}

static bool same(const struct tn_constraint *a, const struct tn_constraint *b)
{
	if (a->type != b->type)
		return false;
	switch (a->type) {
	case TN_C_EXACT:
		return tn_value_eq(&a->exact, &b->exact);
	case TN_C_RANGE:
		return same_range(a, b);
	case TN_C_ONE_OF:
	case TN_C_NOT_ONE_OF:
	case TN_C_CONTAINS:
	case TN_C_SUBSET:
		return same_values(a->values, b->values);
	case TN_C_PATTERN:
	case TN_C_REGEX:
	case TN_C_URL_PATTERN:
	case TN_C_CIDR:
		return tn_str_eq(a->text, b->text);
	case TN_C_CEL:
		return tn_str_eq(a->cel.expression, b->cel.expression);
	case TN_C_SUBPATH:
		return tn_str_eq(a->subpath.root, b->subpath.root) &&
		       a->subpath.case_sensitive == b->subpath.case_sensitive &&
		       a->subpath.allow_equal == b->subpath.allow_equal;
	case TN_C_URL_SAFE:
		return same_url_safe(a, b);
	case TN_C_SHLEX:
		return same_texts(a->shlex, b->shlex);
	case TN_C_WILDCARD:
		return true;
	case TN_C_ALL:
	case TN_C_ANY:
	case TN_C_NOT:
		if (a->list.n != b->list.n)
			return false;
		for (size_t i = 0; i < a->list.n; i++)
			if (!same(&a->list.c[i], &b->list.c[i]))
				return false;
		return true;
	case TN_C_UNKNOWN:
		break;
	}
	return false;
}

/* Wherever a cannot say, b cannot either. */
static bool silent_with(const struct tn_constraint *a, const struct tn_constraint *b)
{
	struct tn_cidr net;

	if (total(a) || same(a, b))
		return true;
	if (a->type == TN_C_CIDR && b->type == TN_C_CIDR)
		return tn_cidr_parse(a->text, &net); /* each is silent on text that is no address */
	return false;
}

/*
 * The parent's alternatives are asked from the left and one that cannot say ends it.  So if the
 * child's j-th alternative lies within the parent's i-th, the parent must get as far as its i-th:
 * each one before it answers always, or stands at the same place in the child, which got past it
 * (or matched, and so did answer).
 */
static bool parent_gets_there(const struct pair *a, size_t i, size_t j)
{
	for (size_t k = 0; k < i; k++)
		if (!total(&a->p->list.c[k]) &&
		    (k > j || !silent_with(&a->p->list.c[k], &a->c->list.c[k])))
			return false;
	return true;
}

static enum tn_code any(const struct pair *a)
{
	for (size_t j = 0; j < a->c->list.n; j++) {
		size_t i = 0;

		while (i < a->p->list.n && part(&a->p->list.c[i], &a->c->list.c[j]) != TN_OK)
			i++;
		if (i == a->p->list.n)
			return refuse(a, "the child has an alternative the parent does not");
		if (!parent_gets_there(a, i, j))
			return refuse(a, "the child drops an alternative before which the parent "
					 "could not say");
	}
	return TN_OK;
}

/* The other way round inside; and the parent must have an answer wherever the child has one. */
static enum tn_code not_within(const struct pair *a)
{
	const struct tn_constraint *p, *c;

	if (a->p->list.n != 1 || a->c->list.n != 1)
		return refuse(a, "a Not without exactly one constraint");
	p = &a->p->list.c[0];
	c = &a->c->list.c[0];
	if (part(c, p) != TN_OK)
		return refuse(a, "the child excludes less than the parent");
	return holds(a, silent_with(p, c), "the parent cannot say where the child can");
}

/* --- the table --- */
static const struct {
	enum tn_ctype parent, child;
	enum tn_code (*rule)(const struct pair *a);
} RULES[] = {
	{ TN_C_EXACT, TN_C_EXACT, exact_from_exact },
	{ TN_C_PATTERN, TN_C_PATTERN, glob },
	{ TN_C_PATTERN, TN_C_EXACT, exact_value },
	{ TN_C_RANGE, TN_C_RANGE, range },
	{ TN_C_RANGE, TN_C_EXACT, exact_value },
	{ TN_C_ONE_OF, TN_C_ONE_OF, one_of },
	{ TN_C_ONE_OF, TN_C_EXACT, exact_value },
	{ TN_C_REGEX, TN_C_REGEX, same_text },
	{ TN_C_NOT_ONE_OF, TN_C_NOT_ONE_OF, excluded },
	{ TN_C_CIDR, TN_C_CIDR, cidr },
	{ TN_C_CIDR, TN_C_EXACT, exact_value },
	{ TN_C_URL_PATTERN, TN_C_URL_PATTERN, url_pattern },
	{ TN_C_URL_PATTERN, TN_C_EXACT, exact_value },
	{ TN_C_CONTAINS, TN_C_CONTAINS, contains },
	{ TN_C_SUBSET, TN_C_SUBSET, one_of },
	{ TN_C_ALL, TN_C_ALL, all },
	{ TN_C_ALL, TN_C_EXACT, exact_value },
	{ TN_C_ANY, TN_C_ANY, any },
	{ TN_C_NOT, TN_C_NOT, not_within },
	{ TN_C_CEL, TN_C_CEL, same_cel },
	{ TN_C_SUBPATH, TN_C_SUBPATH, subpath },
	{ TN_C_SUBPATH, TN_C_EXACT, exact_value },
	{ TN_C_URL_SAFE, TN_C_URL_SAFE, url_safe },
	{ TN_C_URL_SAFE, TN_C_EXACT, exact_value },
	{ TN_C_SHLEX, TN_C_SHLEX, shlex },
	{ TN_C_SHLEX, TN_C_EXACT, exact_value },
};

static enum tn_code attenuates(struct pair a)
{
	if (a.c->type == TN_C_UNKNOWN)
		return refuse(&a, "the child has a constraint of an unknown kind");
	if (a.p->type == TN_C_WILDCARD)
		return anything(&a);
	for (size_t i = 0; i < sizeof(RULES) / sizeof(RULES[0]); i++)
		if (RULES[i].parent == a.p->type && RULES[i].child == a.c->type)
			return RULES[i].rule(&a);
	return refuse(&a, "a constraint of this kind cannot stand below the parent's kind");
}

enum tn_code tn_constraint_attenuates(const struct tn_constraint *parent,
				      const struct tn_constraint *child, struct tn_err *e)
{
	enum tn_code code = tn_constraint_check(parent, e);

	if (code == TN_OK)
		code = tn_constraint_check(child, e); /* depth too: everything below recurses */
	return code == TN_OK ? attenuates((struct pair){ parent, child, e }) : code;
}

/* --- the set --- */
static const struct tn_constraint *arg_of(const struct tn_cset *s, struct tn_str name)
{
	for (size_t i = 0; i < s->n; i++)
		if (tn_str_eq(s->args[i].name, name))
			return &s->args[i].c;
	return NULL;
}

static enum tn_code set_fail(struct tn_err *e, const char *text, struct tn_str name)
{
	tn_why(e, TN_E_CONSTRAINT_VIOLATION, text, name);
	return TN_E_CONSTRAINT_VIOLATION;
}

enum tn_code tn_cset_attenuates(const struct tn_cset *parent, const struct tn_cset *child,
				struct tn_err *e)
{
	if (child->allow_unknown && !parent->allow_unknown)
		return set_fail(e, "the child lets unknown arguments through", TN_NO_DETAIL);
	for (size_t i = 0; i < parent->n; i++) {
		const struct tn_constraint *c = arg_of(child, parent->args[i].name);
		enum tn_code code;

		if (!c)
			return set_fail(e, "the child drops the argument ", parent->args[i].name);
		code = tn_constraint_attenuates(&parent->args[i].c, c, e);
		if (code != TN_OK)
			return code;
	}
	for (size_t i = 0; parent->n && i < child->n; i++)
		if (!arg_of(parent, child->args[i].name))
			return set_fail(e, "the child adds the argument ", child->args[i].name);
	return TN_OK;
}
