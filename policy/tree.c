/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

/* ---------------------------------------------------------------- constraints */
static size_t literal_len(struct tn_str pattern)
{
	size_t i = 0;

	while (i < pattern.n && !memchr("*?[", pattern.p[i], 3))
		i++;
	return i;
}

/* May a text that begins with `head` lie in the tree?  head and "dir/" agree as far as both go. */
static bool head_meets(struct tn_str head, struct tn_str dir)
{
	size_t n = head.n < dir.n ? head.n : dir.n;

	if (dir.n == 1)
		return !head.n || head.p[0] == '/';
	if (n && memcmp(head.p, dir.p, n) != 0)
		return false;
	return head.n <= dir.n || head.p[dir.n] == '/';
}

/* "D/<star>": every path below D, since * takes slashes too */
static bool pattern_all(struct tn_str pattern, struct tn_str dir)
{
	size_t n = literal_len(pattern);

	if (tn_str_eq(pattern, TN_STR("*")) || tn_str_eq(pattern, TN_STR("/*")))
		return true;
	if (n + 1 != pattern.n || pattern.p[n] != '*' || n < 2 || pattern.p[n - 1] != '/')
		return false;
	return tnp_path_within(dir, (struct tn_str){ pattern.p, n - 1 });
}

static bool values_could(struct tn_values v, struct tn_str dir)
{
	for (size_t i = 0; i < v.n; i++) {
		if (v.v[i].type != TN_V_TEXT || head_meets(v.v[i].s, dir))
			return true;
	}
	return false;
}

static bool words_could(struct tn_strs words, struct tn_str dir)
{
	for (size_t i = 0; i < words.n; i++) {
		if (words.v[i].n && words.v[i].p[0] == '/' && head_meets(words.v[i], dir))
			return true;
	}
	return false;
}

/* yes to `each` for every part (All) or for one (Any) */
static bool parts(const struct tn_constraint *c, struct tn_str dir, bool (*each)(const struct tn_constraint *, struct tn_str))
{
	bool all = c->type == TN_C_ALL;

	for (size_t i = 0; i < c->list.n; i++) {
		if (each(&c->list.c[i], dir) != all)
			return !all;
	}
	return all;
}

bool tnp_tree_could(const struct tn_constraint *c, struct tn_str dir)
{
	switch (c->type) {
	case TN_C_SUBPATH:
		return !c->subpath.case_sensitive || tnp_path_within(dir, c->subpath.root) || tnp_path_within(c->subpath.root, dir) ||
		       !tnp_path_plain(c->subpath.root);
	case TN_C_PATTERN:
		return head_meets((struct tn_str){ c->text.p, literal_len(c->text) }, dir);
	case TN_C_EXACT:
		return c->exact.type != TN_V_TEXT || head_meets(c->exact.s, dir);
	case TN_C_ONE_OF:
		return values_could(c->values, dir);
	case TN_C_SHLEX:
		return words_could(c->shlex, dir);
	case TN_C_ALL:
	case TN_C_ANY:
		return parts(c, dir, tnp_tree_could);
	case TN_C_NOT:
		return !tnp_tree_all(&c->list.c[0], dir);
	case TN_C_RANGE:
	case TN_C_REGEX:
	case TN_C_NOT_ONE_OF:
	case TN_C_CIDR:
	case TN_C_URL_PATTERN:
	case TN_C_CONTAINS:
	case TN_C_SUBSET:
	case TN_C_CEL:
	case TN_C_WILDCARD:
	case TN_C_URL_SAFE:
	case TN_C_UNKNOWN:
		break;
	}
	return true;
}

bool tnp_tree_all(const struct tn_constraint *c, struct tn_str dir)
{
	switch (c->type) {
	case TN_C_WILDCARD:
		return true;
	case TN_C_SUBPATH:
		if (c->subpath.root.n <= 1 && (!c->subpath.root.n || c->subpath.root.p[0] == '/'))
			return true;
		return c->subpath.case_sensitive && tnp_path_plain(c->subpath.root) && tnp_path_within(dir, c->subpath.root);
	case TN_C_PATTERN:
		return pattern_all(c->text, dir);
	case TN_C_ALL:
		return c->list.n && parts(c, dir, tnp_tree_all);
	case TN_C_ANY:
		return parts(c, dir, tnp_tree_all);
	case TN_C_NOT:
		return !tnp_tree_could(&c->list.c[0], dir);
	case TN_C_EXACT:
	case TN_C_ONE_OF:
	case TN_C_SHLEX:
	case TN_C_RANGE:
	case TN_C_REGEX:
	case TN_C_NOT_ONE_OF:
	case TN_C_CIDR:
	case TN_C_URL_PATTERN:
	case TN_C_CONTAINS:
	case TN_C_SUBSET:
	case TN_C_CEL:
	case TN_C_URL_SAFE:
	case TN_C_UNKNOWN:
		break;
	}
	return false;
}

/* ---------------------------------------------------------------- bindings, rows, the baseline */
static bool about_object(enum tnp_ours o)
{
	return o == TNP_A_PATH || o == TNP_A_PATHS || o == TNP_A_PROGRAM || o == TNP_A_COMMAND || o == TNP_A_ARGV;
}

static bool binding_could(const struct tnp_binding *b, struct tn_str dir)
{
	bool could = !b->impossible && (!b->resource_c || tnp_tree_could(b->resource_c, dir));

	for (size_t i = 0; could && i < b->nargs; i++)
		could = !about_object(b->args[i].ours) || tnp_tree_could(b->args[i].c, dir);
	return could;
}

static bool literal_holds(const struct tnp_barg *a)
{
	struct tn_value v = { .type = TN_V_TEXT, .s = a->literal };

	return a->ours == TNP_A_LITERAL && tn_constraint_match(a->c, &v, NULL) == TN_MATCH;
}

static bool binding_all(const struct tnp_binding *b, struct tn_str dir)
{
	bool all = !b->impossible && !b->gated && (!b->resource_c || tnp_tree_all(b->resource_c, dir));

	for (size_t i = 0; all && i < b->nargs; i++) {
		if (b->args[i].ours == TNP_A_PATH || b->args[i].ours == TNP_A_PROGRAM)
			all = tnp_tree_all(b->args[i].c, dir);
		else
			all = b->args[i].c->type == TN_C_WILDCARD || literal_holds(&b->args[i]);
	}
	return all;
}

static bool row_any(const struct tnp_link *l, enum tnp_maprow row, struct tn_str dir, bool (*each)(const struct tnp_binding *, struct tn_str))
{
	for (size_t i = 0; l && i < l->rows[row].n; i++) {
		if (each(&l->rows[row].b[i], dir))
			return true;
	}
	return false;
}

/* A program that no constraint names runs where the session reads and cannot write. */
static bool free_exec_could(const struct tnp_link *l, struct tn_str dir)
{
	return row_any(l, TNP_ROW_READ, dir, binding_could) && !row_any(l, TNP_ROW_CREATE, dir, binding_all);
}

static bool exec_could(const struct tnp_link *l, struct tn_str dir)
{
	const struct tnp_rowb *row = &l->rows[TNP_ROW_EXEC];

	for (size_t i = 0; i < row->n; i++) {
		const struct tnp_binding *b = &row->b[i];
		bool opens_all = b->star && b->nargs == 0 && !b->resource;

		if (opens_all || (b->free_program && !b->resource ? free_exec_could(l, dir) : binding_could(b, dir)))
			return true;
	}
	return false;
}

static bool exec_all(const struct tnp_link *l)
{
	const struct tnp_rowb *row = &l->rows[TNP_ROW_EXEC];

	for (size_t i = 0; i < row->n; i++) {
		if (row->b[i].star && row->b[i].nargs == 0 && !row->b[i].resource && !row->b[i].gated)
			return true;
	}
	return false;
}

static bool base_any(const struct tnp_policy *p, uint32_t right, struct tn_str dir, bool all)
{
	for (size_t i = 0; i < p->nrows; i++) {
		const struct tnp_row *r = &p->rows[i];

		if (!(r->rights & right))
			continue;
		if ((r->tree && tnp_path_within(dir, r->path)) || (!all && tnp_path_within(r->path, dir)))
			return true;
	}
	return false;
}

bool tnp_tree_gains(const struct tnp_policy *p, const struct tnp_link *l, enum tnp_kind kind, struct tn_str old_dir, struct tn_str new_dir)
{
	uint32_t right = kind == TNP_READ ? TNP_R_READ : kind == TNP_WRITE ? TNP_R_WRITE : kind == TNP_DELETE ? TNP_R_DELETE : TNP_R_EXEC;
	enum tnp_maprow row = tnp_maprow_of(kind, false);
	bool could = base_any(p, right, new_dir, false), all = base_any(p, right, old_dir, true);

	if (l && kind == TNP_EXEC) {
		could |= exec_could(l, new_dir);
		all |= exec_all(l);
	} else if (l) {
		could |= row_any(l, row, new_dir, binding_could);
		all |= row_any(l, row, old_dir, binding_all);
	}
	return could && !all;
}
