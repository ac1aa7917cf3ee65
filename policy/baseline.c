/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What any program needs, resolved for this session, in a table that is asked by path: one look per component, whatever the
 * number of rows.
 */
#include "internal.h"
#include "tn_fail.h"
#include "tn_wire.h"

/* ---------------------------------------------------------------- rows */
struct rows {
	struct tnp_policy *p;
	struct tnp_resolver *r;
	struct tnp_vec out; /* struct tnp_row */
};

static enum tn_code add_path(struct rows *b, const struct tnp_base_row *row, struct tn_str path)
{
	struct tnp_row *slot;
	struct tn_str real;
	bool exists;

	if (!tnp_path_plain(path))
		return TN_OK;
	TN_TRY(tnp_resolve_path(b->r, path, &real, &exists));
	if (!exists)
		return TN_OK; /* left out: what appears later under this name was not looked at */
	slot = tnp_vec_add(&b->out);
	if (!slot)
		return tn_no_memory(b->r->e);
	slot->path = real;
	slot->rights = row->rights;
	slot->tree = row->tree;
	memcpy(slot->row, row->row.p, row->row.n); /* config.c: shorter than the field */
	return TN_OK;
}

/* The launch facts behind a placeholder; several for $chain, $interp and $app. */
static size_t facts_of(const struct tnp_facts *f, struct tn_str name, struct tn_str out[16])
{
	const struct { struct tn_str name; const struct tn_str *v; size_t n; } one[] = {
		{ TN_STR("$program"), &f->program, 1 }, { TN_STR("$script"), &f->script, 1 },   { TN_STR("$chain"), f->chain, f->nchain },
		{ TN_STR("$interp"), f->interp, f->ninterp }, { TN_STR("$cwd"), &f->cwd_read, 1 }, { TN_STR("$tmpdir"), &f->tmpdir, 1 },
		{ TN_STR("$library"), &f->library, 1 }, { TN_STR("$session"), &f->session_dir, 1 }, { TN_STR("$tty"), &f->tty, 1 },
		{ TN_STR("$home"), &f->home, 1 },
	};
	bool exec = tn_str_eq(name, TN_STR("$app_exec"));
	size_t n = 0;

	for (size_t i = 0; i < sizeof(one) / sizeof(*one); i++) {
		for (size_t k = 0; tn_str_eq(one[i].name, name) && k < one[i].n && k < 16; k++)
			out[n++] = one[i].v[k];
	}
	for (size_t i = 0; (exec || tn_str_eq(name, TN_STR("$app"))) && i < f->napp && i < 16; i++) {
		if (!exec || f->app_exec[i])
			out[n++] = f->app_trees[i];
	}
	return n;
}

/* "$home/.gitconfig" */
static enum tn_code add_placeholder(struct rows *b, const struct tnp_base_row *row, struct tn_str text)
{
	const char *slash = memchr(text.p, '/', text.n);
	struct tn_str name = { text.p, slash ? (size_t)(slash - text.p) : text.n }, rest = { text.p + name.n, text.n - name.n };
	struct tn_str v[16];
	size_t n = facts_of(&b->p->facts, name, v);

	for (size_t i = 0; i < n; i++) {
		char *p = tn_arena_alloc(b->r->a, v[i].n + rest.n + 1);

		if (!p)
			return tn_no_memory(b->r->e);
		if (!v[i].n)
			continue;
		memcpy(p, v[i].p, v[i].n);
		if (rest.n)
			memcpy(p + v[i].n, rest.p, rest.n);
		TN_TRY(add_path(b, row, (struct tn_str){ p, v[i].n + rest.n }));
	}
	return TN_OK;
}

static enum tn_code add_row(struct rows *b, const struct tnp_base_row *row)
{
	for (size_t i = 0; i < row->paths.n; i++) {
		struct tn_str path = row->paths.v[i];

		if (path.n && path.p[0] == '$')
			TN_TRY(add_placeholder(b, row, path));
		else
			TN_TRY(add_path(b, row, path));
	}
	return TN_OK;
}

/* ---------------------------------------------------------------- the table */
#define HASH_SEED 2166136261u
static uint32_t hash_byte(uint32_t h, char c)
{
	return (h ^ (uint8_t)c) * 16777619u;
}

static uint32_t hash_path(struct tn_str s)
{
	uint32_t h = HASH_SEED;

	for (size_t i = 0; i < s.n; i++)
		h = hash_byte(h, s.p[i]);
	return h;
}

static const struct tnp_slot *slot_of(const struct tnp_policy *p, uint32_t hash, struct tn_str path)
{
	for (uint32_t i = hash & p->slot_mask;; i = (i + 1) & p->slot_mask) {
		const struct tnp_slot *s = &p->slots[i];

		if (!s->first || (s->hash == hash && tn_str_eq(p->rows[s->first - 1].path, path)))
			return s;
	}
}

static enum tn_code build_table(struct tnp_policy *p, struct tn_arena *a, struct tn_err *e)
{
	uint32_t size = 16, *next = tn_arena_array(a, p->nrows + 1, sizeof(*next));
	struct tnp_slot *slots;

	while (size < 2 * p->nrows + 1)
		size *= 2;
	slots = tn_arena_array(a, size, sizeof(*slots));
	if (!slots || !next)
		return tn_no_memory(e);
	p->slots = slots;
	p->slot_mask = size - 1;
	p->row_next = next;
	/* from the last, so that the first of the file is the first to be found */
	for (size_t i = p->nrows; i-- > 0;) {
		uint32_t hash = hash_path(p->rows[i].path);
		struct tnp_slot *s = &slots[slot_of(p, hash, p->rows[i].path) - slots];

		next[i] = s->first;
		*s = (struct tnp_slot){ hash, (uint32_t)i + 1 };
	}
	return TN_OK;
}

enum tn_code tnp_baseline_build(struct tnp_policy *p, struct tnp_resolver *r)
{
	struct rows b = { .p = p, .r = r, .out = { .a = r->a, .size = sizeof(struct tnp_row) } };

	for (size_t i = 0; i < p->cfg->nbase; i++)
		TN_TRY(add_row(&b, &p->cfg->base[i]));
	if (b.out.n > UINT32_MAX / 4)
		return tn_fail(r->e, TN_E_CONFIG, "too many baseline rows");
	p->rows = b.out.items;
	p->nrows = b.out.n;
	return build_table(p, r->a, r->e);
}

static const struct tnp_row *row_with(const struct tnp_policy *p, uint32_t hash, struct tn_str path, uint32_t right, bool whole)
{
	for (uint32_t i = slot_of(p, hash, path)->first; i; i = p->row_next[i - 1]) {
		const struct tnp_row *row = &p->rows[i - 1];

		if ((row->rights & right) && (whole || row->tree))
			return row;
	}
	return NULL;
}

const struct tnp_row *tnp_baseline_find(const struct tnp_policy *p, struct tn_str path, uint32_t right)
{
	const struct tnp_row *row = NULL;
	uint32_t h = HASH_SEED;

	if (!p->nrows || !path.n)
		return NULL;
	for (size_t i = 0; i < path.n && !row; i++) {
		if (i > 0 && path.p[i] == '/')
			row = row_with(p, h, (struct tn_str){ path.p, i }, right, false);
		h = hash_byte(h, path.p[i]);
		if (i == 0 && path.n > 1 && !row) /* a row for "/" itself */
			row = row_with(p, h, (struct tn_str){ path.p, 1 }, right, false);
	}
	return row ? row : row_with(p, h, path, right, true);
}

/* ---------------------------------------------------------------- what the session may not touch */
static bool covers(const struct tnp_protect *t, struct tn_str path)
{
	return t->tree ? tnp_path_within(path, t->path) : tn_str_eq(path, t->path);
}

/* To move or remove a directory is to move or remove what is in it. */
static bool takes_away(enum tnp_kind k)
{
	return k == TNP_DELETE || k == TNP_RENAME;
}

static bool touches(const struct tnp_protect *t, const struct tnp_op *op)
{
	static const uint32_t writers = 1u << TNP_CREATE | 1u << TNP_WRITE | 1u << TNP_APPEND | 1u << TNP_MKDIR | 1u << TNP_METADATA |
					1u << TNP_DELETE | 1u << TNP_RENAME | 1u << TNP_LINK;
	static const uint32_t readers = 1u << TNP_READ | 1u << TNP_LIST;
	uint32_t kind = 1u << op->kind;
	bool two = op->kind == TNP_RENAME || op->kind == TNP_LINK;

	if (!(kind & writers) && !(t->no_read && (kind & readers)))
		return false;
	if (covers(t, op->path) || (two && covers(t, op->path2)))
		return true;
	return takes_away(op->kind) && (tnp_path_within(t->path, op->path) || (two && tnp_path_within(t->path, op->path2)));
}

const struct tnp_protect *tnp_protected(const struct tnp_policy *p, const struct tnp_op *op)
{
	for (size_t i = 0; i < p->facts.nprotect; i++) {
		if (touches(&p->facts.protect[i], op))
			return &p->facts.protect[i];
	}
	return NULL;
}
