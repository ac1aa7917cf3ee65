/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The compiled configuration.  A list of sections in a fixed order, read strictly: it may come from a policy file of the
 * user through `compile-policy`, or from a session directory.  Lists of argument names are shared by many tools, so they
 * stand once, in front, and tools name them by number.
 */
#include "internal.h"
#include "tn_cbor.h"
#include "tn_fail.h"
#include "tn_wire.h"

enum { CONFIG_VERSION = 1, CONFIG_SECTIONS = 11, ROLLOUT_MAX = 10000, LOG_LEVEL_MAX = 1 };

/* ---------------------------------------------------------------- reading */
struct in {
	struct tn_reader r;
	struct tnp_config *c;
	const struct tnp_maptool *argsets; /* only their args are used */
	size_t nargsets;
};

static enum tn_code bad(struct in *in, const char *what)
{
	return tn_cbor_bad(&in->r.c, TN_E_CONFIG, what);
}

/* The head of a list and room for its elements. */
static enum tn_code list(struct in *in, size_t size, size_t *n, void *out)
{
	void *p;

	TN_TRY(tn_cbor_array(&in->r.c, n));
	p = tn_arena_array(in->r.a, *n ? *n : 1, size);
	if (!p)
		return tn_no_memory(in->r.c.err);
	memcpy(out, &p, sizeof(p));
	return TN_OK;
}

static enum tn_code tuple(struct in *in, size_t want)
{
	size_t n;

	TN_TRY(tn_cbor_array(&in->r.c, &n));
	return n == want ? TN_OK : bad(in, "a record of another length is expected");
}

static enum tn_code small(struct in *in, uint64_t max, unsigned *v)
{
	uint64_t u;

	TN_TRY(tn_cbor_uint(&in->r.c, max, &u));
	*v = (unsigned)u;
	return TN_OK;
}

static enum tn_code text(struct in *in, struct tn_str *s)
{
	TN_TRY(tn_cbor_text(&in->r.c, s));
	return s->n ? TN_OK : bad(in, "an empty name");
}

static enum tn_code read_args(struct in *in, struct tnp_maptool *t)
{
	struct tnp_maparg *args;
	unsigned ours;

	TN_TRY(list(in, sizeof(*args), &t->nargs, &args));
	for (size_t i = 0; i < t->nargs; i++) {
		TN_TRY(tuple(in, 2));
		TN_TRY(text(in, &args[i].theirs));
		TN_TRY(small(in, TNP_NOURS - 1, &ours));
		if (ours < TNP_A_PATH)
			return bad(in, "not a value that an operation has");
		args[i].ours = (enum tnp_ours)ours;
	}
	t->args = args;
	return TN_OK;
}

static enum tn_code read_argsets(struct in *in)
{
	struct tnp_maptool *sets;

	TN_TRY(list(in, sizeof(*sets), &in->nargsets, &sets));
	for (size_t i = 0; i < in->nargsets; i++)
		TN_TRY(read_args(in, &sets[i]));
	in->argsets = sets;
	return TN_OK;
}

static enum tn_code read_lits(struct in *in, struct tnp_maptool *t)
{
	struct tnp_maplit *lits;

	TN_TRY(list(in, sizeof(*lits), &t->nlits, &lits));
	for (size_t i = 0; i < t->nlits; i++) {
		TN_TRY(tuple(in, 2));
		TN_TRY(text(in, &lits[i].theirs));
		TN_TRY(tn_strs_read(&in->r, &lits[i].values));
		if (lits[i].values.n == 0)
			return bad(in, "a literal without values");
	}
	t->lits = lits;
	return TN_OK;
}

static enum tn_code read_tool(struct in *in, struct tnp_maptool *t)
{
	unsigned set;

	TN_TRY(tuple(in, 3));
	TN_TRY(text(in, &t->tool));
	TN_TRY(small(in, UINT32_MAX, &set));
	if (set >= in->nargsets)
		return bad(in, "no such list of arguments");
	t->args = in->argsets[set].args;
	t->nargs = in->argsets[set].nargs;
	return read_lits(in, t);
}

static enum tn_code read_map(struct in *in, struct tnp_map *m)
{
	struct tnp_maptool *tools;
	unsigned then;

	TN_TRY(tuple(in, 2));
	TN_TRY(small(in, TNP_ROW_NONE, &then));
	m->then = (enum tnp_maprow)then;
	TN_TRY(list(in, sizeof(*tools), &m->ntools, &tools));
	for (size_t i = 0; i < m->ntools; i++)
		TN_TRY(read_tool(in, &tools[i]));
	m->tools = tools;
	return TN_OK;
}

/* "then the write row" may not come back to where it began. */
static enum tn_code check_then(struct in *in)
{
	for (size_t i = 0; i < TNP_NROWS; i++) {
		enum tnp_maprow r = (enum tnp_maprow)i;

		for (size_t steps = 0; r != TNP_ROW_NONE; steps++) {
			if (steps > TNP_NROWS)
				return bad(in, "rows that follow each other in a circle");
			r = in->c->map[r].then;
		}
	}
	return TN_OK;
}

static enum tn_code read_maps(struct in *in)
{
	TN_TRY(tuple(in, TNP_NROWS));
	for (size_t i = 0; i < TNP_NROWS; i++)
		TN_TRY(read_map(in, &in->c->map[i]));
	return check_then(in);
}

static enum tn_code read_base_row(struct in *in, struct tnp_base_row *b)
{
	unsigned rights;

	TN_TRY(tuple(in, 5));
	TN_TRY(text(in, &b->row));
	TN_TRY(tn_cbor_text(&in->r.c, &b->about));
	TN_TRY(small(in, 2 * TNP_R_INTERP - 1, &rights));
	TN_TRY(tn_cbor_bool(&in->r.c, &b->tree));
	TN_TRY(tn_strs_read(&in->r, &b->paths));
	b->rights = rights;
	return b->row.n < sizeof(((struct tnp_row *)0)->row) ? TN_OK : bad(in, "a row's name is too long");
}

static enum tn_code read_base_rows(struct in *in, const struct tnp_base_row **rows, size_t *n)
{
	struct tnp_base_row *v;

	TN_TRY(list(in, sizeof(*v), n, &v));
	for (size_t i = 0; i < *n; i++)
		TN_TRY(read_base_row(in, &v[i]));
	*rows = v;
	return TN_OK;
}

static enum tn_code read_base(struct in *in)
{
	return read_base_rows(in, &in->c->base, &in->c->nbase);
}

static enum tn_code read_presets(struct in *in)
{
	struct tnp_preset *v;

	TN_TRY(list(in, sizeof(*v), &in->c->npresets, &v));
	for (size_t i = 0; i < in->c->npresets; i++) {
		TN_TRY(tuple(in, 3));
		TN_TRY(text(in, &v[i].name));
		TN_TRY(tn_cbor_text(&in->r.c, &v[i].about));
		TN_TRY(read_base_rows(in, &v[i].rows, &v[i].nrows));
	}
	in->c->presets = v;
	return TN_OK;
}

static enum tn_code read_modes(struct in *in)
{
	struct tnp_tool_mode *v;
	unsigned mode;

	TN_TRY(list(in, sizeof(*v), &in->c->nmodes, &v));
	for (size_t i = 0; i < in->c->nmodes; i++) {
		TN_TRY(tuple(in, 2));
		TN_TRY(text(in, &v[i].tool));
		TN_TRY(small(in, TNP_PERMISSIVE, &mode));
		v[i].mode = (enum tnp_mode)mode;
	}
	in->c->modes = v;
	return TN_OK;
}

static enum tn_code read_optional(struct in *in, const struct tn_constraint **out)
{
	struct tn_constraint *c;

	if (tn_cbor_peek_null(&in->r.c))
		return tn_cbor_null(&in->r.c);
	c = tn_arena_alloc(in->r.a, sizeof(*c));
	if (!c)
		return tn_no_memory(in->r.c.err);
	TN_TRY(tn_constraint_read(&in->r, 0, c));
	*out = c;
	return TN_OK;
}

static enum tn_code read_resources(struct in *in)
{
	struct tnp_resource *v;

	TN_TRY(list(in, sizeof(*v), &in->c->nresources, &v));
	for (size_t i = 0; i < in->c->nresources; i++) {
		TN_TRY(tuple(in, 4));
		TN_TRY(text(in, &v[i].name));
		TN_TRY(read_optional(in, &v[i].path));
		TN_TRY(read_optional(in, &v[i].host));
		TN_TRY(read_optional(in, &v[i].port));
		if (!v[i].path == !v[i].host || (v[i].port && !v[i].host))
			return bad(in, "a resource is a path or a host");
	}
	in->c->resources = v;
	return TN_OK;
}

static enum tn_code read_rollout(struct in *in)
{
	unsigned share;

	if (tn_cbor_peek_null(&in->r.c))
		return tn_cbor_null(&in->r.c);
	TN_TRY(small(in, ROLLOUT_MAX, &share));
	in->c->has_rollout = true;
	in->c->rollout = share;
	return TN_OK;
}

static enum tn_code read_sections(struct in *in)
{
	unsigned version, level;

	TN_TRY(tuple(in, CONFIG_SECTIONS));
	TN_TRY(small(in, UINT32_MAX, &version));
	if (version != CONFIG_VERSION)
		return bad(in, "a compiled policy of another version");
	TN_TRY(read_argsets(in));
	TN_TRY(read_maps(in));
	TN_TRY(read_base(in));
	TN_TRY(read_presets(in));
	TN_TRY(read_modes(in));
	TN_TRY(read_resources(in));
	TN_TRY(tn_strs_read(&in->r, &in->c->mcp));
	TN_TRY(tn_cbor_bool(&in->r.c, &in->c->strict_names));
	TN_TRY(read_rollout(in));
	TN_TRY(small(in, LOG_LEVEL_MAX, &level));
	in->c->log_level = (int)level;
	return tn_cbor_end(&in->r.c);
}

enum tn_code tnp_config_decode(const uint8_t *cbor, size_t n, struct tn_arena *a, const tnp_config **c, struct tn_err *e)
{
	struct tnp_config *out = tn_arena_alloc(a, sizeof(*out));
	struct tn_bytes own = { tn_arena_dup(a, cbor, n), n };
	struct in in = { .c = out };

	if (!out || !own.p)
		return tn_no_memory(e);
	in.r = (struct tn_reader){ .c = tn_cbor_over(own, 0, e), .a = a };
	/* whatever the cursor complains about, to the caller it is a configuration that is not valid */
	if (read_sections(&in) != TN_OK)
		return e && e->code == TN_E_NO_MEMORY ? TN_E_NO_MEMORY : tn_wrap(e, TN_E_CONFIG, "compiled policy");
	*c = out;
	return TN_OK;
}

/* ---------------------------------------------------------------- writing */
/* The number of a list of arguments: lists are told apart by where they are. */
static size_t argset_of(const struct tnp_maptool *wanted, const struct tnp_maptool **all, size_t *n)
{
	for (size_t i = 0; i < *n; i++) {
		if (all[i]->args == wanted->args && all[i]->nargs == wanted->nargs)
			return i;
	}
	all[*n] = wanted;
	return (*n)++;
}

static size_t count_tools(const struct tnp_config *c)
{
	size_t n = 0;

	for (size_t i = 0; i < TNP_NROWS; i++)
		n += c->map[i].ntools;
	return n;
}

static void write_argsets(struct tn_cborw *w, const struct tnp_maptool *const *sets, size_t n)
{
	tn_cborw_array(w, n);
	for (size_t i = 0; i < n; i++) {
		tn_cborw_array(w, sets[i]->nargs);
		for (size_t k = 0; k < sets[i]->nargs; k++) {
			tn_cborw_array(w, 2);
			tn_cborw_text(w, sets[i]->args[k].theirs);
			tn_cborw_uint(w, sets[i]->args[k].ours);
		}
	}
}

static void write_tool(struct tn_cborw *w, const struct tnp_maptool *t, size_t set)
{
	tn_cborw_array(w, 3);
	tn_cborw_text(w, t->tool);
	tn_cborw_uint(w, set);
	tn_cborw_array(w, t->nlits);
	for (size_t i = 0; i < t->nlits; i++) {
		tn_cborw_array(w, 2);
		tn_cborw_text(w, t->lits[i].theirs);
		tn_strs_write(w, &t->lits[i].values);
	}
}

static void write_maps(struct tn_cborw *w, const struct tnp_config *c, const struct tnp_maptool **sets, size_t *nsets)
{
	tn_cborw_array(w, TNP_NROWS);
	for (size_t i = 0; i < TNP_NROWS; i++) {
		const struct tnp_map *m = &c->map[i];

		tn_cborw_array(w, 2);
		tn_cborw_uint(w, m->then);
		tn_cborw_array(w, m->ntools);
		for (size_t k = 0; k < m->ntools; k++)
			write_tool(w, &m->tools[k], argset_of(&m->tools[k], sets, nsets));
	}
}

static void write_base_rows(struct tn_cborw *w, const struct tnp_base_row *rows, size_t n)
{
	tn_cborw_array(w, n);
	for (size_t i = 0; i < n; i++) {
		tn_cborw_array(w, 5);
		tn_cborw_text(w, rows[i].row);
		tn_cborw_text(w, rows[i].about);
		tn_cborw_uint(w, rows[i].rights);
		tn_cborw_bool(w, rows[i].tree);
		tn_strs_write(w, &rows[i].paths);
	}
}

static void write_optional(struct tn_cborw *w, const struct tn_constraint *c)
{
	if (c)
		tn_constraint_write(w, c);
	else
		tn_cborw_null(w);
}

static void write_rest(struct tn_cborw *w, const struct tnp_config *c)
{
	write_base_rows(w, c->base, c->nbase);
	tn_cborw_array(w, c->npresets);
	for (size_t i = 0; i < c->npresets; i++) {
		tn_cborw_array(w, 3);
		tn_cborw_text(w, c->presets[i].name);
		tn_cborw_text(w, c->presets[i].about);
		write_base_rows(w, c->presets[i].rows, c->presets[i].nrows);
	}
	tn_cborw_array(w, c->nmodes);
	for (size_t i = 0; i < c->nmodes; i++) {
		tn_cborw_array(w, 2);
		tn_cborw_text(w, c->modes[i].tool);
		tn_cborw_uint(w, c->modes[i].mode);
	}
	tn_cborw_array(w, c->nresources);
	for (size_t i = 0; i < c->nresources; i++) {
		tn_cborw_array(w, 4);
		tn_cborw_text(w, c->resources[i].name);
		write_optional(w, c->resources[i].path);
		write_optional(w, c->resources[i].host);
		write_optional(w, c->resources[i].port);
	}
	tn_strs_write(w, &c->mcp);
	tn_cborw_bool(w, c->strict_names);
	if (c->has_rollout)
		tn_cborw_uint(w, c->rollout);
	else
		tn_cborw_null(w);
	tn_cborw_uint(w, (uint64_t)c->log_level);
}

static void write_all(struct tn_cborw *w, const struct tnp_config *c, const struct tnp_maptool **sets)
{
	struct tn_cborw dry = { 0 };
	size_t n = 0;

	write_maps(&dry, c, sets, &n); /* finds the lists */
	tn_cborw_array(w, CONFIG_SECTIONS);
	tn_cborw_uint(w, CONFIG_VERSION);
	write_argsets(w, sets, n);
	write_maps(w, c, sets, &n);
	write_rest(w, c);
}

enum tn_code tnp_config_encode(const struct tnp_config *c, struct tn_arena *a, struct tn_bytes *cbor, struct tn_err *e)
{
	const struct tnp_maptool **sets = tn_arena_array(a, count_tools(c) + 1, sizeof(const struct tnp_maptool *));
	struct tn_cborw w = { 0 };

	if (!sets)
		return tn_no_memory(e);
	write_all(&w, c, sets);
	w = (struct tn_cborw){ .p = tn_arena_alloc(a, w.n), .cap = w.n };
	if (!w.p)
		return tn_no_memory(e);
	write_all(&w, c, sets);
	*cbor = (struct tn_bytes){ w.p, w.n };
	return TN_OK;
}

/* ---------------------------------------------------------------- presets */
static const struct tnp_preset *preset_named(const struct tnp_config *c, struct tn_str name)
{
	for (size_t i = 0; i < c->npresets; i++) {
		if (tn_str_eq(c->presets[i].name, name))
			return &c->presets[i];
	}
	return NULL;
}

static enum tn_code unknown_preset(const struct tnp_config *c, struct tn_str name, struct tn_err *e)
{
	char known[TN_MSG_MAX];
	size_t n = 0;

	known[0] = '\0';
	for (size_t i = 0; i < c->npresets; i++)
		n += tn_fmt(known + n, sizeof(known) - n, "%s%.*s", i ? ", " : "", (int)c->presets[i].name.n, c->presets[i].name.p);
	return tn_fail(e, TN_E_CONFIG, "no preset is called %.*s; there are %s", (int)name.n, name.p, known);
}

static enum tn_code add_preset(struct tnp_config *c, const struct tnp_preset *p, struct tn_arena *a, struct tn_err *e)
{
	struct tnp_base_row *rows = tn_arena_array(a, c->nbase + p->nrows, sizeof(*rows));

	if (!rows)
		return tn_no_memory(e);
	if (c->nbase)
		memcpy(rows, c->base, c->nbase * sizeof(*rows));
	if (p->nrows)
		memcpy(rows + c->nbase, p->rows, p->nrows * sizeof(*rows));
	c->base = rows;
	c->nbase += p->nrows;
	return TN_OK;
}

/* The next name of a comma list; blanks around it do not count. */
static struct tn_str next_name(struct tn_str *list)
{
	struct tn_str name = *list;
	const char *comma = list->n ? memchr(list->p, ',', list->n) : NULL;

	if (comma) {
		name.n = (size_t)(comma - list->p);
		*list = (struct tn_str){ comma + 1, list->n - name.n - 1 };
	} else {
		*list = (struct tn_str){ list->p + list->n, 0 };
	}
	while (name.n && name.p[0] == ' ')
		name = (struct tn_str){ name.p + 1, name.n - 1 };
	while (name.n && name.p[name.n - 1] == ' ')
		name.n--;
	return name;
}

static bool has_rows_of(const struct tnp_config *c, const struct tnp_preset *p)
{
	for (size_t i = 0; i < c->nbase; i++) {
		if (p->nrows && tn_str_eq(c->base[i].row, p->rows[0].row))
			return true;
	}
	return false;
}

enum tn_code tnp_config_presets(const tnp_config *base, struct tn_str names, struct tn_arena *a, const tnp_config **c, struct tn_err *e)
{
	struct tnp_config *out = tn_arena_alloc(a, sizeof(*out));

	if (!out)
		return tn_no_memory(e);
	*out = *base;
	while (names.n) {
		struct tn_str name = next_name(&names);
		const struct tnp_preset *p = preset_named(base, name);

		if (!name.n)
			continue;
		if (!p)
			return unknown_preset(base, name, e);
		if (!has_rows_of(out, p)) /* twice is once */
			TN_TRY(add_preset(out, p, a, e));
	}
	*c = out;
	return TN_OK;
}

int tnp_config_log_level(const tnp_config *c)
{
	return c->log_level;
}

/* The draw is a hash of the session's id: the same session always draws the same. */
enum tnp_mode tnp_config_rollout(const tnp_config *c, enum tnp_mode asked, const uint8_t id[16])
{
	uint32_t draw = 2166136261u;

	if (!c->has_rollout || asked != TNP_ENFORCE)
		return asked;
	for (size_t i = 0; i < 16; i++)
		draw = (draw ^ id[i]) * 16777619u;
	return draw % ROLLOUT_MAX < c->rollout ? TNP_ENFORCE : TNP_AUDIT;
}
