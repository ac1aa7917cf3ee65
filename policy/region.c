/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include "region.h"

#define MEET_MAX 65536 /* pairs; more is bounded by everything, which the launcher refuses */

/* ---- paths ---- */

struct tn_str tnp_path_dir(struct tn_str path)
{
	size_t n = path.n;

	while (n > 1 && path.p[n - 1] != '/')
		n--;
	return (struct tn_str){path.p, n > 1 ? n - 1 : n};
}

static struct tn_str no_trailing_slash(struct tn_str s)
{
	while (s.n > 1 && s.p[s.n - 1] == '/')
		s.n--;
	return s;
}

/* ---- unions ---- */

void tnp_region_push(struct tnp_regions *r, struct tnp_region g)
{
	if (r->n == r->cap) {
		size_t cap = r->cap ? 2 * r->cap : 8;
		struct tnp_region *v = tn_arena_array(r->a, cap, sizeof(*v));

		if (!v) {
			r->failed = true;
			return;
		}
		if (r->n)
			memcpy(v, r->v, r->n * sizeof(*v));
		r->v = v;
		r->cap = cap;
	}
	r->v[r->n++] = g;
}

void tnp_region_everything(struct tnp_regions *r, bool exact)
{
	tnp_region_push(r, (struct tnp_region){TN_STR("/"), TNP_TREE, exact});
}

bool tnp_region_has(const struct tnp_region *g, struct tn_str path)
{
	if (g->form == TNP_FILE)
		return tn_str_eq(g->path, path);
	return tnp_path_within(path, g->path) && (g->form == TNP_TREE || path.n > g->path.n);
}

static bool meet_one(const struct tnp_region *a, const struct tnp_region *b, struct tnp_region *out)
{
	const struct tnp_region *small = tnp_path_within(b->path, a->path) ? b : a;
	const struct tnp_region *large = small == a ? b : a;

	if (!tnp_path_within(small->path, large->path))
		return false;
	*out = *small;
	out->exact = a->exact && b->exact;
	if (a->path.n != b->path.n)
		return large->form != TNP_FILE;
	if (a->form == TNP_FILE || b->form == TNP_FILE) {
		out->form = TNP_FILE;
		return a->form != TNP_BELOW && b->form != TNP_BELOW;
	}
	out->form = a->form == TNP_BELOW || b->form == TNP_BELOW ? TNP_BELOW : TNP_TREE;
	return true;
}

void tnp_region_meet(struct tnp_regions *a, const struct tnp_regions *b)
{
	struct tnp_regions r = {.a = a->a, .failed = a->failed || b->failed};

	if (a->n && b->n > MEET_MAX / a->n) {
		tnp_region_everything(&r, false);
		*a = r;
		return;
	}
	for (size_t i = 0; i < a->n; i++)
		for (size_t j = 0; j < b->n; j++) {
			struct tnp_region g;

			if (meet_one(&a->v[i], &b->v[j], &g))
				tnp_region_push(&r, g);
		}
	*a = r;
}

/* ---- constraints ---- */

static void push_file(struct tnp_regions *out, struct tn_str path)
{
	if (path.n > 0 && path.p[0] == '/') /* another text is no object's path */
		tnp_region_push(out, (struct tnp_region){no_trailing_slash(path), TNP_FILE, true});
}

static void push_value(struct tnp_regions *out, const struct tn_value *v, enum tnp_shape shape)
{
	if (shape == TNP_SHAPE_TEXT && v->type == TN_V_TEXT)
		push_file(out, v->s);
	else if (shape == TNP_SHAPE_LIST && v->type == TN_V_LIST && v->list.n == 1 &&
		 v->list.v[0].type == TN_V_TEXT)
		push_file(out, v->list.v[0].s);
}

static bool is_meta(char c)
{
	return c == '*' || c == '?' || c == '[' || c == ']';
}

static size_t literal_len(struct tn_str s)
{
	size_t n = 0;

	while (n < s.n && !is_meta(s.p[n]))
		n++;
	return n;
}

static void pattern(const struct tn_constraint *c, struct tnp_regions *out)
{
	/* what may follow "D/" so that it matches all below D: the glob's `*` matches `/` too */
	static const struct tn_str ALL_BELOW[] = {{"*", 1}, {"**", 2}, {"**/*", 4}};
	struct tn_str s = c->text;
	size_t lit = literal_len(s);

	if (lit == s.n) {
		push_file(out, s);
		return;
	}
	if (tn_str_eq(s, TN_STR("*"))) {
		tnp_region_everything(out, true);
		return;
	}
	if (lit == 0 ||
	    s.p[0] != '/') { /* a literal beginning that is no '/' matches no path; a glob may */
		if (lit == 0)
			tnp_region_everything(out, false);
		return;
	}
	struct tn_str dir = tnp_path_dir((struct tn_str){s.p, lit});
	struct tn_str rest = {s.p + lit, s.n - lit};
	bool exact = false;

	for (size_t i = 0; s.p[lit - 1] == '/' && i < sizeof(ALL_BELOW) / sizeof(*ALL_BELOW); i++)
		exact |= tn_str_eq(rest, ALL_BELOW[i]);
	/* "/" is the one directory whose own name ends in the slash */
	tnp_region_push(out, (struct tnp_region){dir, dir.n == 1 ? TNP_TREE : TNP_BELOW, exact});
}

static bool cased(unsigned char b)
{
	return (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || b >= 0x80;
}

/* Any spelling of the root counts: the tree around is the part of it that has only one. */
static struct tn_str caseless_prefix(struct tn_str root)
{
	size_t n = 0;

	while (n < root.n && !cased((unsigned char)root.p[n]))
		n++;
	return n == root.n ? root : tnp_path_dir((struct tn_str){root.p, n ? n : 1});
}

/* The root is compared as the text it is: not in normal form it holds nothing, "/" and "" hold
 * everything. */
static void subpath(const struct tn_constraint *c, struct tnp_regions *out)
{
	struct tn_str root = c->subpath.root, plain = root;

	while (plain.n > 0 && plain.p[plain.n - 1] == '/')
		plain.n--;
	if (plain.n == 0) {
		tnp_region_everything(out, true);
		return;
	}
	if (!tnp_path_plain(plain) || memchr(plain.p, '\\', plain.n))
		return;
	enum tnp_form form = c->subpath.allow_equal && plain.n == root.n ? TNP_TREE : TNP_BELOW;
	struct tn_str around = c->subpath.case_sensitive ? plain : caseless_prefix(plain);
	bool exact = tn_str_eq(around, plain);

	tnp_region_push(out, (struct tnp_region){around, exact ? form : TNP_TREE, exact});
}

/* CONTAINS asks the list to hold all of these: with one path in it, at most one. */
static void contains(const struct tn_constraint *c, struct tnp_regions *out)
{
	if (c->values.n == 0) {
		tnp_region_everything(out, true);
		return;
	}
	for (size_t i = 1; i < c->values.n; i++)
		if (!tn_value_eq(&c->values.v[0], &c->values.v[i]))
			return;
	if (c->values.v[0].type == TN_V_TEXT)
		push_file(out, c->values.v[0].s);
}

static void subset(const struct tn_constraint *c, struct tnp_regions *out)
{
	for (size_t i = 0; i < c->values.n; i++)
		if (c->values.v[i].type == TN_V_TEXT)
			push_file(out, c->values.v[i].s);
}

static void all_of(const struct tn_constraint *c, enum tnp_shape shape, struct tnp_regions *out)
{
	struct tnp_regions r = {.a = out->a};

	if (c->list.n == 0) /* cannot say */
		return;
	tnp_region_everything(&r, true);
	for (size_t i = 0; i < c->list.n; i++) {
		struct tnp_regions one = {.a = out->a};

		tnp_region_of(&c->list.c[i], shape, &one);
		tnp_region_meet(&r, &one);
	}
	for (size_t i = 0; i < r.n; i++)
		tnp_region_push(out, r.v[i]);
	out->failed |= r.failed;
}

/* Could it answer "cannot say" about some path?  Rather yes. */
static bool may_not_say(const struct tn_constraint *c)
{
	switch (c->type) {
	case TN_C_EXACT:
	case TN_C_ONE_OF:
	case TN_C_NOT_ONE_OF:
	case TN_C_WILDCARD:
	case TN_C_CONTAINS:
	case TN_C_SUBSET:
		return false;
	case TN_C_PATTERN:
		return tn_glob_match(c->text, TN_STR("/")) == TN_CANNOT_SAY; /* not a glob */
	case TN_C_SUBPATH:
		return !c->subpath.case_sensitive;
	case TN_C_ALL:
	case TN_C_ANY:
	case TN_C_NOT:
		for (size_t i = 0; i < c->list.n; i++)
			if (may_not_say(&c->list.c[i]))
				return true;
		return c->type == TN_C_NOT ? c->list.n != 1 : c->type == TN_C_ALL && c->list.n == 0;
	case TN_C_RANGE:
	case TN_C_REGEX:
	case TN_C_CIDR:
	case TN_C_URL_PATTERN:
	case TN_C_URL_SAFE:
	case TN_C_SHLEX:
	case TN_C_CEL:
	case TN_C_UNKNOWN:
		return true;
	}
	return true;
}

/* In order: a part that cannot say ends the question, and what follows it is only sometimes asked.
 */
static void any_of(const struct tn_constraint *c, enum tnp_shape shape, struct tnp_regions *out)
{
	bool certain = true;

	for (size_t i = 0; i < c->list.n; i++) {
		size_t first = out->n;

		tnp_region_of(&c->list.c[i], shape, out);
		for (size_t k = first; !certain && k < out->n; k++)
			out->v[k].exact = false;
		certain = certain && !may_not_say(&c->list.c[i]);
	}
}

void tnp_region_of(const struct tn_constraint *c, enum tnp_shape shape, struct tnp_regions *out)
{
	bool text = shape == TNP_SHAPE_TEXT;

	switch (c->type) {
	case TN_C_EXACT:
		push_value(out, &c->exact, shape);
		return;
	case TN_C_ONE_OF:
		for (size_t i = 0; i < c->values.n; i++)
			push_value(out, &c->values.v[i], shape);
		return;
	case TN_C_PATTERN:
		if (text)
			pattern(c, out);
		return;
	case TN_C_SUBPATH:
		if (text)
			subpath(c, out);
		return;
	case TN_C_CONTAINS:
		if (!text)
			contains(c, out);
		return;
	case TN_C_SUBSET:
		if (!text)
			subset(c, out);
		return;
	case TN_C_ALL:
		all_of(c, shape, out);
		return;
	case TN_C_ANY:
		any_of(c, shape, out);
		return;
	case TN_C_WILDCARD:
		tnp_region_everything(out, true);
		return;
	case TN_C_NOT:
		if (c->list.n == 1)
			tnp_region_everything(out, false);
		return;
	case TN_C_NOT_ONE_OF:
	case TN_C_SHLEX:
		tnp_region_everything(out, false);
		return;
	case TN_C_RANGE: /* of numbers, addresses, URLs: no absolute path is one */
	case TN_C_CIDR:
	case TN_C_URL_PATTERN:
	case TN_C_URL_SAFE:
	case TN_C_REGEX: /* "cannot say" until there is a matcher, which denies */
	case TN_C_CEL:
	case TN_C_UNKNOWN:
		return;
	}
	tnp_region_everything(out, false); /* a type from the future */
}
