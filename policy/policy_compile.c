/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A policy file, read strictly: every key is known, none is there twice.  It stands on the embedded default unless it says
 * "extends": "none".  The schema is docs/policy.schema.json.
 */
#include <cjson/cJSON.h>
#include <policy/json.h>
#include "internal.h"
#include "policy_compile.h"
#include "tn_fail.h"
#include "tn_wire.h"

struct ctx {
	struct tn_arena *a;
	struct tn_err *e;
	struct tnp_config *c;
};

#define BAD(x, ...) tn_fail((x)->e, TN_E_CONFIG, __VA_ARGS__)

typedef enum tn_code (*member_fn)(struct ctx *x, const cJSON *m, void *to);
struct member {
	const char *key;
	member_fn fn;
};

/* Each member by its row of the table; what has none is an error. */
static enum tn_code members(struct ctx *x, const cJSON *j, const char *what, const struct member *table, size_t n, void *to)
{
	const cJSON *m;

	if (!cJSON_IsObject(j))
		return BAD(x, "%s: an object is expected", what);
	cJSON_ArrayForEach(m, j) {
		size_t i = 0;

		while (i < n && strcmp(table[i].key, m->string) != 0)
			i++;
		if (i == n)
			return BAD(x, "%s: the key \"%s\" is not known", what, m->string);
		TN_TRY(table[i].fn(x, m, to));
	}
	return TN_OK;
}
#define MEMBERS(x, j, what, table, to) members(x, j, what, table, sizeof(table) / sizeof(*(table)), to)

static enum tn_code keep(struct ctx *x, const char *s, struct tn_str *out)
{
	size_t n = strlen(s);

	*out = (struct tn_str){ tn_arena_dup(x->a, s, n), n };
	return out->p ? TN_OK : tn_no_memory(x->e);
}

static enum tn_code name(struct ctx *x, const cJSON *j, const char *what, struct tn_str *out)
{
	if (!cJSON_IsString(j) || !*j->valuestring)
		return BAD(x, "%s: text is expected", what);
	return keep(x, j->valuestring, out);
}

static enum tn_code names(struct ctx *x, const cJSON *j, const char *what, struct tn_strs *out)
{
	struct tn_vec_strs { struct tn_str *v; } v = { NULL };
	const cJSON *item;

	if (!cJSON_IsArray(j))
		return BAD(x, "%s: a list of texts is expected", what);
	v.v = tn_arena_array(x->a, (size_t)cJSON_GetArraySize(j) + 1, sizeof(*v.v));
	if (!v.v)
		return tn_no_memory(x->e);
	out->n = 0;
	cJSON_ArrayForEach(item, j)
		TN_TRY(name(x, item, what, &v.v[out->n++]));
	out->v = v.v;
	return TN_OK;
}

static enum tn_code flag(struct ctx *x, const cJSON *j, bool *out)
{
	if (!cJSON_IsBool(j))
		return BAD(x, "%s: true or false is expected", j->string);
	*out = cJSON_IsTrue(j);
	return TN_OK;
}

/* ---------------------------------------------------------------- the table of tool names */
struct map_row {
	enum tnp_maprow row;
	bool named, replace, has_then;
	enum tnp_maprow then;
	struct tnp_maptool shared;   /* "args" of the row: for tools that have none of their own */
	const cJSON *tools;
};

static enum tn_code map_args(struct ctx *x, const cJSON *m, struct tnp_maptool *t)
{
	struct tnp_maparg *args = tn_arena_array(x->a, (size_t)cJSON_GetArraySize(m) + 1, sizeof(*args));
	const cJSON *a;
	size_t n = 0;

	if (!args)
		return tn_no_memory(x->e);
	if (!cJSON_IsObject(m))
		return BAD(x, "args: an object is expected");
	cJSON_ArrayForEach(a, m) {
		if (!cJSON_IsString(a) || !tnp_ours_parse(tn_cstr(a->valuestring), &args[n].ours))
			return BAD(x, "args: %s is not a value that an operation has", cJSON_IsString(a) ? a->valuestring : a->string);
		TN_TRY(keep(x, a->string, &args[n++].theirs));
	}
	t->args = args;
	t->nargs = n;
	return TN_OK;
}

static enum tn_code tool_name(struct ctx *x, const cJSON *m, void *to)
{
	struct tnp_maptool *t = to;

	TN_TRY(name(x, m, "tool", &t->tool));
	return tn_str_eq(t->tool, TN_STR("*")) ? BAD(x, "tool: * is every tool already") : TN_OK;
}

static enum tn_code tool_args(struct ctx *x, const cJSON *m, void *to)
{
	return map_args(x, m, to);
}

static enum tn_code tool_literals(struct ctx *x, const cJSON *m, void *to)
{
	struct tnp_maptool *t = to;
	struct tnp_maplit *lits = tn_arena_array(x->a, (size_t)cJSON_GetArraySize(m) + 1, sizeof(*lits));
	const cJSON *l;

	if (!lits)
		return tn_no_memory(x->e);
	if (!cJSON_IsObject(m))
		return BAD(x, "literals: an object is expected");
	cJSON_ArrayForEach(l, m) {
		struct tnp_maplit *lit = &lits[t->nlits++];

		TN_TRY(keep(x, l->string, &lit->theirs));
		TN_TRY(names(x, l, "literals", &lit->values));
		if (!lit->values.n)
			return BAD(x, "literals: %s has no value", l->string);
	}
	t->lits = lits;
	return TN_OK;
}

static enum tn_code map_tool(struct ctx *x, const cJSON *j, const struct map_row *r, struct tnp_maptool *t)
{
	static const struct member table[] = { { "tool", tool_name }, { "args", tool_args }, { "literals", tool_literals } };

	*t = (struct tnp_maptool){ .args = r->shared.args, .nargs = r->shared.nargs };
	if (cJSON_IsString(j))
		return tool_name(x, j, t);
	TN_TRY(MEMBERS(x, j, "tool", table, t));
	return t->tool.n ? TN_OK : BAD(x, "a tool without a name");
}

static struct tnp_maptool *same_tool(struct tnp_maptool *tools, size_t n, struct tn_str tool)
{
	for (size_t i = 0; i < n; i++) {
		if (tn_str_eq(tools[i].tool, tool))
			return &tools[i];
	}
	return NULL;
}

/* New tools stand behind those of the default; one that is there already is replaced in its place. */
static enum tn_code map_tools(struct ctx *x, const struct map_row *r)
{
	struct tnp_map *map = &x->c->map[r->row];
	size_t old = r->replace ? 0 : map->ntools, n = old;
	struct tnp_maptool *tools = tn_arena_array(x->a, old + (size_t)cJSON_GetArraySize(r->tools) + 1, sizeof(*tools)), t, *same;
	const cJSON *item;

	if (!tools)
		return tn_no_memory(x->e);
	if (old)
		memcpy(tools, map->tools, old * sizeof(*tools));
	cJSON_ArrayForEach(item, r->tools) {
		TN_TRY(map_tool(x, item, r, &t));
		same = same_tool(tools, n, t.tool);
		if (same >= tools + old)
			return BAD(x, "%s: the tool %s is there twice", tnp_maprow_name(r->row), t.tool.p);
		if (same)
			*same = t;
		else
			tools[n++] = t;
	}
	map->tools = tools;
	map->ntools = n;
	if (r->has_then || r->replace)
		map->then = r->then;
	return TN_OK;
}

static enum tn_code row_op(struct ctx *x, const cJSON *m, void *to)
{
	struct map_row *r = to;

	r->named = cJSON_IsString(m) && tnp_maprow_parse(tn_cstr(m->valuestring), &r->row);
	return r->named ? TN_OK : BAD(x, "op: %s is not a row of the table", cJSON_IsString(m) ? m->valuestring : "that");
}

static enum tn_code row_replace(struct ctx *x, const cJSON *m, void *to)
{
	return flag(x, m, &((struct map_row *)to)->replace);
}

static enum tn_code row_then(struct ctx *x, const cJSON *m, void *to)
{
	struct map_row *r = to;

	r->has_then = true;
	r->then = TNP_ROW_NONE;
	if (cJSON_IsNull(m))
		return TN_OK;
	if (!cJSON_IsString(m) || !tnp_maprow_parse(tn_cstr(m->valuestring), &r->then))
		return BAD(x, "then: not a row of the table");
	return TN_OK;
}

static enum tn_code row_args(struct ctx *x, const cJSON *m, void *to)
{
	return map_args(x, m, &((struct map_row *)to)->shared);
}

static enum tn_code row_tools(struct ctx *x, const cJSON *m, void *to)
{
	((struct map_row *)to)->tools = m;
	return cJSON_IsArray(m) ? TN_OK : BAD(x, "tools: a list is expected");
}

static enum tn_code top_mapping(struct ctx *x, const cJSON *m, void *to)
{
	static const struct member table[] = {
		{ "op", row_op }, { "replace", row_replace }, { "then", row_then }, { "args", row_args }, { "tools", row_tools },
	};
	const cJSON *item;

	(void)to;
	if (!cJSON_IsArray(m))
		return BAD(x, "mapping: a list of rows is expected");
	cJSON_ArrayForEach(item, m) {
		struct map_row r = { .then = TNP_ROW_NONE };

		TN_TRY(MEMBERS(x, item, "mapping", table, &r));
		if (!r.named || !r.tools)
			return BAD(x, "mapping: a row has \"op\" and \"tools\"");
		TN_TRY(map_tools(x, &r));
	}
	return TN_OK;
}

/* ---------------------------------------------------------------- baseline rows and presets */
static enum tn_code base_name(struct ctx *x, const cJSON *m, void *to)
{
	struct tnp_base_row *b = to;

	TN_TRY(name(x, m, "row", &b->row));
	return b->row.n < sizeof(((struct tnp_row *)0)->row) ? TN_OK : BAD(x, "row: %s is longer than 15 bytes", b->row.p);
}

static enum tn_code base_about(struct ctx *x, const cJSON *m, void *to)
{
	return name(x, m, "about", &((struct tnp_base_row *)to)->about);
}

static enum tn_code base_rights(struct ctx *x, const cJSON *m, void *to)
{
	static const char *const rights[] = { "read", "list", "write", "create", "delete", "mkdir", "metadata", "exec", "interp" };
	struct tnp_base_row *b = to;
	struct tn_strs words;

	TN_TRY(names(x, m, "rights", &words));
	for (size_t i = 0; i < words.n; i++) {
		size_t k = 0;

		while (k < sizeof(rights) / sizeof(*rights) && !tn_str_eq(words.v[i], tn_cstr(rights[k])))
			k++;
		if (k == sizeof(rights) / sizeof(*rights))
			return BAD(x, "rights: there is no right %s", words.v[i].p);
		b->rights |= 1u << k;
	}
	return TN_OK;
}

static bool known_placeholder(struct tn_str path)
{
	static const char *const known[] = { "$program", "$chain", "$interp", "$script", "$app", "$app_exec", "$cwd",
					     "$tmpdir",  "$library", "$session", "$tty", "$home" };
	const char *slash = memchr(path.p, '/', path.n);
	struct tn_str word = { path.p, slash ? (size_t)(slash - path.p) : path.n };

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (tn_str_eq(word, tn_cstr(known[i])))
			return !slash || tnp_path_plain((struct tn_str){ slash, path.n - word.n });
	}
	return false;
}

static enum tn_code base_paths(struct ctx *x, const cJSON *m, struct tnp_base_row *b, bool tree)
{
	if (b->paths.v)
		return BAD(x, "a row has \"file\" or \"tree\", not both");
	TN_TRY(names(x, m, m->string, &b->paths));
	b->tree = tree;
	for (size_t i = 0; i < b->paths.n; i++) {
		struct tn_str p = b->paths.v[i];

		if (p.p[0] == '$' ? !known_placeholder(p) : !tnp_path_plain(p))
			return BAD(x, "%s is not a plain absolute path or a known placeholder", p.p);
		if (tree && (p.n == 1 || tn_str_eq(p, TN_STR("$home"))))
			return BAD(x, "%s as a whole is no baseline", p.p);
	}
	return TN_OK;
}

static enum tn_code base_file(struct ctx *x, const cJSON *m, void *to)
{
	return base_paths(x, m, to, false);
}

static enum tn_code base_tree(struct ctx *x, const cJSON *m, void *to)
{
	return base_paths(x, m, to, true);
}

struct base_rows {
	struct tnp_base_row *v;
	size_t n;
	struct tn_str forced; /* rows of a preset are all called preset:NAME */
	bool replace;
};

static enum tn_code base_row(struct ctx *x, const cJSON *j, const struct base_rows *rows, struct tnp_base_row *b)
{
	static const struct member table[] = {
		{ "about", base_about }, { "rights", base_rights }, { "file", base_file }, { "tree", base_tree }, { "row", base_name },
	};
	const uint32_t writes = TNP_R_WRITE | TNP_R_CREATE | TNP_R_DELETE | TNP_R_MKDIR | TNP_R_METADATA;

	TN_TRY(MEMBERS(x, j, "baseline row", table, b));
	if (rows->forced.n && b->row.n)
		return BAD(x, "a row of a preset has no name of its own");
	b->row = rows->forced.n ? rows->forced : b->row;
	if (!b->row.n || !b->rights || !b->paths.v)
		return BAD(x, "a baseline row has \"row\", \"rights\" and \"file\" or \"tree\"");
	if ((b->rights & TNP_R_EXEC) && (b->rights & writes))
		return BAD(x, "%s: what may be written may not be executed", b->row.p);
	return TN_OK;
}

static enum tn_code base_list(struct ctx *x, const cJSON *m, void *to)
{
	struct base_rows *rows = to;
	const cJSON *item;

	if (!cJSON_IsArray(m))
		return BAD(x, "rows: a list is expected");
	rows->v = tn_arena_array(x->a, (size_t)cJSON_GetArraySize(m) + 1, sizeof(*rows->v));
	if (!rows->v)
		return tn_no_memory(x->e);
	cJSON_ArrayForEach(item, m)
		TN_TRY(base_row(x, item, rows, &rows->v[rows->n++]));
	return TN_OK;
}

static enum tn_code ignore_text(struct ctx *x, const cJSON *m, void *to)
{
	(void)to;
	return cJSON_IsString(m) ? TN_OK : BAD(x, "%s: text is expected", m->string);
}

static enum tn_code base_replace(struct ctx *x, const cJSON *m, void *to)
{
	return flag(x, m, &((struct base_rows *)to)->replace);
}

static enum tn_code add_base(struct ctx *x, const struct base_rows *rows)
{
	size_t old = rows->replace ? 0 : x->c->nbase;
	struct tnp_base_row *v = tn_arena_array(x->a, old + rows->n + 1, sizeof(*v));

	if (!v)
		return tn_no_memory(x->e);
	if (old)
		memcpy(v, x->c->base, old * sizeof(*v));
	if (rows->n)
		memcpy(v + old, rows->v, rows->n * sizeof(*v));
	x->c->base = v;
	x->c->nbase = old + rows->n;
	return TN_OK;
}

static enum tn_code top_baseline(struct ctx *x, const cJSON *m, void *to)
{
	static const struct member table[] = { { "format", ignore_text }, { "replace", base_replace }, { "rows", base_list } };
	struct base_rows rows = { .v = NULL };

	(void)to;
	if (cJSON_IsString(m) && strcmp(m->valuestring, "none") == 0) {
		x->c->nbase = 0;
		return TN_OK;
	}
	TN_TRY(MEMBERS(x, m, "baseline", table, &rows));
	return add_base(x, &rows);
}

struct preset_in {
	struct tnp_preset p;
	struct base_rows rows;
};

static enum tn_code preset_about(struct ctx *x, const cJSON *m, void *to)
{
	return name(x, m, "about", &((struct preset_in *)to)->p.about);
}

static enum tn_code preset_rows(struct ctx *x, const cJSON *m, void *to)
{
	return base_list(x, m, &((struct preset_in *)to)->rows);
}

static enum tn_code one_preset(struct ctx *x, const cJSON *m, const char *called, struct tnp_preset *out)
{
	static const struct member table[] = {
		{ "format", ignore_text }, { "name", ignore_text }, { "about", preset_about }, { "rows", preset_rows },
	};
	struct preset_in in = { .p = { .rows = NULL } };
	char row[64];

	TN_TRY(keep(x, called, &in.p.name));
	(void)tn_fmt(row, sizeof(row), "preset:%s", called);
	if (strlen(row) >= sizeof(((struct tnp_row *)0)->row))
		return BAD(x, "preset %s: the name is longer than 8 bytes", called);
	TN_TRY(keep(x, row, &in.rows.forced));
	TN_TRY(MEMBERS(x, m, "preset", table, &in));
	in.p.rows = in.rows.v;
	in.p.nrows = in.rows.n;
	*out = in.p;
	return TN_OK;
}

static enum tn_code add_preset(struct ctx *x, const cJSON *m, const char *called)
{
	struct tnp_preset *v = tn_arena_array(x->a, x->c->npresets + 1, sizeof(*v));
	size_t at = 0;

	if (!v)
		return tn_no_memory(x->e);
	if (x->c->npresets)
		memcpy(v, x->c->presets, x->c->npresets * sizeof(*v));
	while (at < x->c->npresets && !tn_str_eq(v[at].name, tn_cstr(called)))
		at++;
	TN_TRY(one_preset(x, m, called, &v[at]));
	x->c->presets = v;
	x->c->npresets += at == x->c->npresets;
	return TN_OK;
}

static enum tn_code top_presets(struct ctx *x, const cJSON *m, void *to)
{
	const cJSON *p;

	(void)to;
	if (!cJSON_IsObject(m))
		return BAD(x, "presets: an object is expected");
	cJSON_ArrayForEach(p, m)
		TN_TRY(add_preset(x, p, p->string));
	return TN_OK;
}

/* ---------------------------------------------------------------- the rest */
static enum tn_code top_format(struct ctx *x, const cJSON *m, void *to)
{
	(void)to;
	if (!cJSON_IsString(m) || strcmp(m->valuestring, "tenuo-shim.policy.v1") != 0)
		return BAD(x, "format: tenuo-shim.policy.v1 is expected");
	return TN_OK;
}

static enum tn_code top_modes(struct ctx *x, const cJSON *m, void *to)
{
	struct tnp_tool_mode *v = tn_arena_array(x->a, (size_t)cJSON_GetArraySize(m) + 1, sizeof(*v));
	const cJSON *t;
	size_t n = 0;

	(void)to;
	if (!v)
		return tn_no_memory(x->e);
	if (!cJSON_IsObject(m))
		return BAD(x, "modes: an object is expected");
	cJSON_ArrayForEach(t, m) {
		if (!cJSON_IsString(t) || !tnp_mode_parse(tn_cstr(t->valuestring), &v[n].mode))
			return BAD(x, "modes: %s is enforce, audit or permissive", t->string);
		TN_TRY(keep(x, t->string, &v[n++].tool));
	}
	x->c->modes = v;
	x->c->nmodes = n;
	return TN_OK;
}

static enum tn_code top_rollout(struct ctx *x, const cJSON *m, void *to)
{
	(void)to;
	if (!cJSON_IsNumber(m) || !(m->valuedouble >= 0 && m->valuedouble <= 1))
		return BAD(x, "rollout: a share from 0 to 1 is expected");
	x->c->has_rollout = true;
	x->c->rollout = (uint32_t)(m->valuedouble * 10000 + 0.5);
	return TN_OK;
}

static enum tn_code top_log_level(struct ctx *x, const cJSON *m, void *to)
{
	(void)to;
	if (!cJSON_IsString(m) || (strcmp(m->valuestring, "default") != 0 && strcmp(m->valuestring, "all") != 0))
		return BAD(x, "log_level: default or all is expected");
	x->c->log_level = strcmp(m->valuestring, "all") == 0;
	return TN_OK;
}

static enum tn_code top_strict(struct ctx *x, const cJSON *m, void *to)
{
	(void)to;
	return flag(x, m, &x->c->strict_names);
}

static enum tn_code top_mcp(struct ctx *x, const cJSON *m, void *to)
{
	(void)to;
	TN_TRY(names(x, m, "mcp_prefixes", &x->c->mcp));
	for (size_t i = 0; i < x->c->mcp.n; i++) {
		struct tn_str p = x->c->mcp.v[i];
		const char *star = memchr(p.p, '*', p.n);

		/* "*" alone would make every tool mean any tool that it ends with */
		if (!star || star == p.p || star == p.p + p.n - 1 || memchr(star + 1, '*', p.n - (size_t)(star + 1 - p.p)))
			return BAD(x, "mcp_prefixes: %s is not like mcp__*__", p.p);
	}
	return TN_OK;
}

static enum tn_code resource_constraint(struct ctx *x, const cJSON *m, const struct tn_constraint **out)
{
	struct tn_constraint *c = tn_arena_alloc(x->a, sizeof(*c));

	if (!c)
		return tn_no_memory(x->e);
	*out = c;
	return tnp_constraint_parse(m, x->a, c, x->e);
}

static enum tn_code resource_host(struct ctx *x, const cJSON *m, void *to)
{
	return resource_constraint(x, m, &((struct tnp_resource *)to)->host);
}

static enum tn_code resource_port(struct ctx *x, const cJSON *m, void *to)
{
	return resource_constraint(x, m, &((struct tnp_resource *)to)->port);
}

static enum tn_code top_resources(struct ctx *x, const cJSON *m, void *to)
{
	static const struct member net[] = { { "host", resource_host }, { "port", resource_port } };
	struct tnp_resource *v = tn_arena_array(x->a, (size_t)cJSON_GetArraySize(m) + 1, sizeof(*v));
	const cJSON *r;
	size_t n = 0;

	(void)to;
	if (!v)
		return tn_no_memory(x->e);
	if (!cJSON_IsObject(m))
		return BAD(x, "resources: an object is expected");
	cJSON_ArrayForEach(r, m) {
		struct tnp_resource *res = &v[n++];

		TN_TRY(keep(x, r->string, &res->name));
		if (!res->name.n || tn_str_eq(res->name, TN_STR("*")))
			return BAD(x, "resources: %s is no name", r->string);
		if (cJSON_GetObjectItemCaseSensitive(r, "host"))
			TN_TRY(MEMBERS(x, r, "resources", net, res));
		else
			TN_TRY(resource_constraint(x, r, &res->path));
	}
	x->c->resources = v;
	x->c->nresources = n;
	return TN_OK;
}

static enum tn_code top_extends(struct ctx *x, const cJSON *m, void *to)
{
	(void)x;
	(void)m;
	(void)to; /* read before everything else */
	return TN_OK;
}

static const struct member top[] = {
	{ "format", top_format },       { "extends", top_extends },     { "mapping", top_mapping },
	{ "baseline", top_baseline },   { "presets", top_presets },     { "modes", top_modes },
	{ "rollout", top_rollout },     { "log_level", top_log_level }, { "strict_names", top_strict },
	{ "mcp_prefixes", top_mcp },    { "resources", top_resources },
};

static void empty(struct tnp_config *c)
{
	*c = (struct tnp_config){ .log_level = 0 };
	for (size_t i = 0; i < TNP_NROWS; i++)
		c->map[i].then = TNP_ROW_NONE;
}

static enum tn_code start(struct ctx *x, const cJSON *j)
{
	const cJSON *extends = cJSON_GetObjectItemCaseSensitive(j, "extends");
	const tnp_config *base;

	if (extends && cJSON_IsString(extends) && strcmp(extends->valuestring, "none") == 0) {
		empty(x->c);
		return TN_OK;
	}
	if (extends && (!cJSON_IsString(extends) || strcmp(extends->valuestring, "default") != 0))
		return BAD(x, "extends: default or none is expected");
	TN_TRY(tnp_config_default(x->a, &base, x->e));
	*x->c = *base;
	return TN_OK;
}

static enum tn_code with_json(struct ctx *x, const char *json, size_t n, enum tn_code (*fn)(struct ctx *, const cJSON *, const char *),
			      const char *arg)
{
	cJSON *j;
	enum tn_code code;

	TN_TRY(tnp_json_parse(json, n, &j, x->e));
	code = cJSON_IsObject(j) ? fn(x, j, arg) : BAD(x, "an object is expected");
	tnp_json_free(j);
	return code;
}

static enum tn_code policy(struct ctx *x, const cJSON *j, const char *arg)
{
	(void)arg;
	TN_TRY(start(x, j));
	return MEMBERS(x, j, "policy", top, NULL);
}

static enum tn_code baseline(struct ctx *x, const cJSON *j, const char *arg)
{
	(void)arg;
	return top_baseline(x, j, NULL);
}

enum tn_code tnp_compile_policy(const char *json, size_t n, struct tn_arena *a, struct tnp_config *c, struct tn_err *e)
{
	return with_json(&(struct ctx){ a, e, c }, json, n, policy, NULL);
}

enum tn_code tnp_compile_baseline(const char *json, size_t n, struct tn_arena *a, struct tnp_config *c, struct tn_err *e)
{
	return with_json(&(struct ctx){ a, e, c }, json, n, baseline, NULL);
}

enum tn_code tnp_compile_preset(const char *json, size_t n, const char *called, struct tn_arena *a, struct tnp_config *c, struct tn_err *e)
{
	return with_json(&(struct ctx){ a, e, c }, json, n, add_preset, called);
}

enum tn_code tnp_policy_compile(const char *json, size_t n, struct tn_arena *a, struct tn_bytes *cbor, struct tn_err *e)
{
	struct tnp_config c;
	const tnp_config *check;

	TN_TRY(tnp_compile_policy(json, n, a, &c, e));
	TN_TRY(tnp_config_encode(&c, a, cbor, e));
	/* what we print has to be what the strict reader takes: it knows rules of its own (rows in a circle) */
	return tnp_config_decode(cbor->p, cbor->n, a, &check, e);
}
