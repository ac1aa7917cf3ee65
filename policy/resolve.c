/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Constants of path constraints, resolved once: the object decides, not the name, so a warrant for /tmp/x has to hold where
 * /tmp is a link.  What is not a plain absolute path is left alone: upstream never matches it with a plain one, and resolving
 * "/data/../etc" would make it match more.
 */
#include "internal.h"
#include "tn_fail.h"
#include "tn_wire.h"

void *tnp_vec_add(struct tnp_vec *v)
{
	if (v->n == v->cap) {
		size_t cap = v->cap ? v->cap * 2 : 8;
		void *items = tn_arena_array(v->a, cap, v->size);

		if (!items)
			return NULL;
		if (v->n)
			memcpy(items, v->items, v->n * v->size);
		v->items = items;
		v->cap = cap;
	}
	return (char *)v->items + v->size * v->n++;
}

static struct tn_str trim_slash(struct tn_str s)
{
	while (s.n > 1 && s.p[s.n - 1] == '/')
		s.n--;
	return s;
}

/* dir resolved, and what of path lies below it */
static enum tn_code join(struct tnp_resolver *r, struct tn_str dir, struct tn_str rest, struct tn_str *out)
{
	char *p;

	if (dir.n == 1 && rest.n)
		dir.n = 0; /* rest begins with / */
	p = tn_arena_alloc(r->a, dir.n + rest.n + 1);
	if (!p)
		return tn_no_memory(r->e);
	if (dir.n)
		memcpy(p, dir.p, dir.n);
	if (rest.n)
		memcpy(p + dir.n, rest.p, rest.n);
	*out = (struct tn_str){ p, dir.n + rest.n };
	return TN_OK;
}

/* An error (no permission to look) is treated like absence: the rule then holds for the name as written. */
static bool resolve_one(const struct tnp_resolver *r, struct tn_str path, char *buf, size_t cap, struct tn_str *real)
{
	bool is_dir = false;
	long n = r->f->resolve(r->f->ctx, path, buf, cap, &is_dir);

	if (n <= 0 || (size_t)n >= cap)
		return false;
	*real = (struct tn_str){ buf, (size_t)n };
	return tnp_path_plain(*real);
}

/* What does not exist: the nearest directory that does, resolved, and the rest as it is. */
enum tn_code tnp_resolve_path(struct tnp_resolver *r, struct tn_str path, struct tn_str *out, bool *exists)
{
	struct tn_str dir = path, real;
	char buf[4096];

	*out = path;
	*exists = true;
	if (!r->f || !r->f->resolve || !tnp_path_plain(path))
		return TN_OK;
	while (!resolve_one(r, dir, buf, sizeof(buf), &real)) {
		*exists = false;
		if (dir.n == 1)
			return TN_OK;
		while (dir.p[dir.n - 1] != '/')
			dir.n--;
		dir = trim_slash(dir);
	}
	if (tn_str_eq(dir, real))
		return TN_OK;
	size_t cut = dir.n == 1 ? 0 : dir.n;
	return join(r, real, (struct tn_str){ path.p + cut, path.n - cut }, out);
}

static enum tn_code note_missing(struct tnp_resolver *r, struct tn_str root)
{
	const struct tnp_missing_root *have = r->missing.items;
	struct tnp_missing_root *m;

	for (size_t i = 0; i < r->missing.n; i++) {
		if (tn_str_eq(have[i].root, root))
			return TN_OK;
	}
	m = tnp_vec_add(&r->missing);
	if (!m)
		return tn_no_memory(r->e);
	*m = (struct tnp_missing_root){ r->tool, root };
	return TN_OK;
}

static enum tn_code resolve_root(struct tnp_resolver *r, struct tn_str root, bool wanted, struct tn_str *out)
{
	bool exists;

	TN_TRY(tnp_resolve_path(r, root, out, &exists));
	return exists || !wanted ? TN_OK : note_missing(r, root);
}

static void lower(char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = p[i] >= 'A' && p[i] <= 'Z' ? (char)(p[i] - 'A' + 'a') : p[i];
}

/* wanted: a root that ought to exist (false under Not) */
static enum tn_code subpath(struct tnp_resolver *r, const struct tn_constraint *in, bool wanted, struct tn_constraint *out)
{
	struct tn_str root = trim_slash(in->subpath.root);

	*out = *in;
	if (!tnp_path_plain(root) || root.n == 1)
		return TN_OK;
	TN_TRY(resolve_root(r, root, wanted, &out->subpath.root));
	if (root.n < in->subpath.root.n)
		out->subpath.allow_equal = false; /* "/data/" is never equal to "/data", and below it is the same */
	if (in->subpath.case_sensitive || out->subpath.root.p == root.p)
		return TN_OK;
	/* the value is lower-cased before it is compared, the root is not */
	char *low = tn_arena_dup(r->a, out->subpath.root.p, out->subpath.root.n);
	if (!low)
		return tn_no_memory(r->e);
	lower(low, out->subpath.root.n);
	out->subpath.root.p = low;
	return TN_OK;
}

static bool is_meta(char c)
{
	return c == '*' || c == '?' || c == '[';
}

/* The literal directory a pattern begins with; n 0: none.  A pattern without wildcards is a name: whole. */
static struct tn_str literal_dir(struct tn_str pattern)
{
	size_t i = 0, slash = 0;

	for (; i < pattern.n && !is_meta(pattern.p[i]); i++)
		slash = pattern.p[i] == '/' ? i : slash;
	return (struct tn_str){ pattern.p, i == pattern.n ? i : slash };
}

static enum tn_code pattern(struct tnp_resolver *r, const struct tn_constraint *in, bool wanted, struct tn_constraint *out)
{
	struct tn_str dir = literal_dir(in->text), real;
	size_t n = 0;
	char *p;

	*out = *in;
	if (!tnp_path_plain(dir) || dir.n == 1)
		return TN_OK;
	TN_TRY(resolve_root(r, dir, wanted && dir.n < in->text.n, &real));
	if (real.p == dir.p)
		return TN_OK;
	p = tn_arena_alloc(r->a, 3 * real.n + in->text.n + 1);
	if (!p)
		return tn_no_memory(r->e);
	for (size_t i = 0; i < real.n; i++) {
		bool meta = is_meta(real.p[i]);

		if (meta)
			p[n++] = '[';
		p[n++] = real.p[i];
		if (meta)
			p[n++] = ']';
	}
	if (real.n == 1)
		n = 0; /* what follows begins with / */
	memcpy(p + n, dir.p + dir.n, in->text.n - dir.n);
	out->text = (struct tn_str){ p, n + in->text.n - dir.n };
	return TN_OK;
}

static enum tn_code value(struct tnp_resolver *r, const struct tn_value *in, struct tn_value *out)
{
	struct tn_value *items;
	bool exists;

	*out = *in;
	if (in->type == TN_V_TEXT)
		return tnp_path_plain(in->s) ? tnp_resolve_path(r, in->s, &out->s, &exists) : TN_OK;
	if (in->type != TN_V_LIST || !in->list.n)
		return TN_OK;
	items = tn_arena_array(r->a, in->list.n, sizeof(*items));
	if (!items)
		return tn_no_memory(r->e);
	for (size_t i = 0; i < in->list.n; i++)
		TN_TRY(value(r, &in->list.v[i], &items[i])); /* nests at most 32 deep: the reader saw to it */
	out->list.v = items;
	return TN_OK;
}

static enum tn_code values(struct tnp_resolver *r, const struct tn_constraint *in, struct tn_constraint *out)
{
	struct tn_value *items = tn_arena_array(r->a, in->values.n + 1, sizeof(*items));

	*out = *in;
	if (!items)
		return tn_no_memory(r->e);
	for (size_t i = 0; i < in->values.n; i++)
		TN_TRY(value(r, &in->values.v[i], &items[i]));
	out->values.v = items;
	return TN_OK;
}

static enum tn_code walk(struct tnp_resolver *r, const struct tn_constraint *in, bool wanted, struct tn_constraint *out);

static enum tn_code parts(struct tnp_resolver *r, const struct tn_constraint *in, bool wanted, struct tn_constraint *out)
{
	struct tn_constraint *c = tn_arena_array(r->a, in->list.n + 1, sizeof(*c));

	*out = *in;
	if (!c)
		return tn_no_memory(r->e);
	for (size_t i = 0; i < in->list.n; i++)
		TN_TRY(walk(r, &in->list.c[i], wanted, &c[i]));
	out->list.c = c;
	return TN_OK;
}

static enum tn_code walk(struct tnp_resolver *r, const struct tn_constraint *in, bool wanted, struct tn_constraint *out)
{
	switch (in->type) {
	case TN_C_SUBPATH:
		return subpath(r, in, wanted, out);
	case TN_C_PATTERN:
		return pattern(r, in, wanted, out);
	case TN_C_EXACT:
		*out = *in;
		return value(r, &in->exact, &out->exact);
	case TN_C_ONE_OF:
	case TN_C_NOT_ONE_OF:
	case TN_C_CONTAINS:
	case TN_C_SUBSET:
		return values(r, in, out);
	case TN_C_ALL:
	case TN_C_ANY:
		return parts(r, in, wanted, out);
	case TN_C_NOT:
		return parts(r, in, false, out);
	case TN_C_RANGE:
	case TN_C_REGEX:
	case TN_C_CIDR:
	case TN_C_URL_PATTERN:
	case TN_C_CEL:
	case TN_C_WILDCARD:
	case TN_C_URL_SAFE:
	case TN_C_SHLEX:
	case TN_C_UNKNOWN:
		break;
	}
	*out = *in;
	return TN_OK;
}

enum tn_code tnp_resolve_constraint(struct tnp_resolver *r, const struct tn_constraint *in, const struct tn_constraint **out)
{
	struct tnp_resolved *have = r->done.items;
	struct tn_constraint *c;

	for (size_t i = 0; i < r->done.n; i++) {
		if (have[i].in == in) {
			*out = have[i].out;
			return TN_OK;
		}
	}
	c = tn_arena_alloc(r->a, sizeof(*c));
	have = tnp_vec_add(&r->done);
	if (!c || !have)
		return tn_no_memory(r->e);
	*have = (struct tnp_resolved){ in, c };
	*out = c;
	return walk(r, in, true, c);
}
