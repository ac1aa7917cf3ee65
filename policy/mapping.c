/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of tool names meets the tools of a warrant.
 *
 * A tool name is answered by its own entry, else by "*", as upstream does, and each name for itself.  With MCP prefixes a row has
 * endlessly many names (mcp__server__tool), so "*" then always answers one of them.  The same for action strings.
 */
#include "internal.h"
#include "tn_fail.h"
#include "tn_gates.h"
#include "tn_wire.h"

struct binder {
	const struct tnp_config *c;
	struct tnp_resolver *r;
	const struct tn_warrant *w;
	const struct tn_tool *star;
	enum tnp_maprow row;
	struct tnp_vec out; /* struct tnp_binding */
};

/* ---------------------------------------------------------------- names */
/* "mcp__*__": does `name` begin with it, the * being one server's name?  What follows is the tool. */
static bool strip_prefix(struct tn_str prefix, struct tn_str name, struct tn_str *tool)
{
	const char *star = memchr(prefix.p, '*', prefix.n);
	size_t head = star ? (size_t)(star - prefix.p) : prefix.n;
	struct tn_str tail = star ? (struct tn_str){ star + 1, prefix.n - head - 1 } : (struct tn_str){ prefix.p, 0 };
	size_t at = head;

	if (name.n < head || memcmp(name.p, prefix.p, head) != 0)
		return false;
	if (star) {
		if (!tail.n)
			return false;
		for (at = head + 1; at + tail.n <= name.n && memcmp(name.p + at, tail.p, tail.n) != 0; at++)
			;
		at += tail.n;
	}
	if (at >= name.n)
		return false;
	*tool = (struct tn_str){ name.p + at, name.n - at };
	return true;
}

/* What a grant's tool name means in the table: itself, or what follows an MCP prefix. */
static bool names_tool(const struct tnp_config *c, struct tn_str name, struct tn_str tool, bool *mcp)
{
	struct tn_str rest;

	*mcp = false;
	if (tn_str_eq(name, tool))
		return true;
	for (size_t i = 0; i < c->mcp.n && !c->strict_names; i++) {
		if (strip_prefix(c->mcp.v[i], name, &rest) && tn_str_eq(rest, tool))
			return *mcp = true;
	}
	return false;
}

static enum tnp_ours ours_of(const struct tnp_config *c, const struct tnp_maptool *t, struct tn_str theirs)
{
	for (size_t i = 0; i < t->nargs; i++) {
		enum tnp_ours o = t->args[i].ours;

		if (tn_str_eq(t->args[i].theirs, theirs) && (!c->strict_names || tn_str_eq(theirs, tn_cstr(tnp_ours_name(o)))))
			return o;
	}
	return TNP_A_NONE;
}

static const struct tnp_maplit *literal_of(const struct tnp_maptool *t, struct tn_str theirs)
{
	for (size_t i = 0; i < t->nlits; i++) {
		if (tn_str_eq(t->lits[i].theirs, theirs))
			return &t->lits[i];
	}
	return NULL;
}

/* ---------------------------------------------------------------- one binding */
/* Literals with several values make several calls; `variant` counts them in a mixed radix. */
static size_t variants(const struct tnp_maptool *t)
{
	size_t n = 1;

	for (size_t i = 0; i < t->nlits && n < 64; i++)
		n *= t->lits[i].values.n;
	return n;
}

static struct tn_str literal_value(const struct tnp_maptool *t, const struct tnp_maplit *lit, size_t variant)
{
	for (const struct tnp_maplit *l = t->lits; l != lit; l++)
		variant /= l->values.n;
	return lit->values.v[variant % lit->values.n];
}

static enum tn_code bind_arg(struct binder *b, const struct tnp_maptool *t, size_t variant, const struct tn_carg *from, struct tnp_barg *to)
{
	const struct tnp_maplit *lit = literal_of(t, from->name);

	*to = (struct tnp_barg){ .name = from->name, .orig = &from->c, .c = &from->c };
	if (lit) {
		to->ours = TNP_A_LITERAL;
		to->literal = literal_value(t, lit, variant);
		return TN_OK;
	}
	to->ours = ours_of(b->c, t, from->name);
	if (!tnp_ours_is_path(to->ours))
		return TN_OK;
	return tnp_resolve_constraint(b->r, &from->c, &to->c);
}

static bool has_gate(const struct tn_warrant *w, struct tn_str tool)
{
	for (size_t i = 0; w->gates && i < w->gates->n; i++) {
		if (tn_str_eq(w->gates->v[i].tool, tool) || tn_str_eq(w->gates->v[i].tool, TN_STR("*")))
			return true;
	}
	return false;
}

static bool says_program(const struct tnp_barg *a)
{
	return (a->ours == TNP_A_COMMAND || a->ours == TNP_A_ARGV || a->ours == TNP_A_PROGRAM) && a->c->type != TN_C_WILDCARD;
}

static bool same_args(const struct tnp_binding *x, const struct tnp_binding *y)
{
	if (x->nargs != y->nargs)
		return false;
	for (size_t i = 0; i < x->nargs; i++) {
		if (x->args[i].ours != y->args[i].ours || !tn_str_eq(x->args[i].literal, y->args[i].literal))
			return false;
	}
	return true;
}

/* The same entry asked the same question under another name gives the same answer (gates are by name). */
static bool asked_already(const struct binder *b, const struct tnp_binding *nb)
{
	const struct tnp_binding *have = b->out.items;

	for (size_t i = 0; i < b->out.n; i++) {
		if (have[i].entry == nb->entry && have[i].resource == nb->resource && same_args(&have[i], nb) &&
		    (tn_str_eq(have[i].tool, nb->tool) || (!have[i].gated && !nb->gated)))
			return true;
	}
	return false;
}

static enum tn_code bind_variant(struct binder *b, struct tnp_binding nb, const struct tnp_maptool *t, size_t variant)
{
	const struct tn_cset *set = &nb.entry->set;
	struct tnp_barg *args = tn_arena_array(b->r->a, set->n + 1, sizeof(*args));
	struct tnp_binding *slot;

	if (!args)
		return tn_no_memory(b->r->e);
	b->r->tool = nb.tool;
	nb.args = args;
	nb.nargs = set->n;
	nb.free_program = true;
	for (size_t i = 0; i < set->n; i++) {
		TN_TRY(bind_arg(b, t, variant, &set->args[i], &args[i]));
		nb.impossible |= args[i].ours == TNP_A_NONE;
		nb.free_program &= !says_program(&args[i]);
	}
	if (asked_already(b, &nb))
		return TN_OK;
	slot = tnp_vec_add(&b->out);
	if (!slot)
		return tn_no_memory(b->r->e);
	*slot = nb;
	return TN_OK;
}

static enum tn_code bind_entry(struct binder *b, struct tn_str name, const struct tn_tool *entry, const struct tnp_maptool *t)
{
	struct tnp_binding nb = { .tool = name, .entry = entry, .star = entry == b->star, .gated = has_gate(b->w, name) };

	for (size_t v = 0; v < variants(t); v++)
		TN_TRY(bind_variant(b, nb, t, v));
	return TN_OK;
}

static enum tn_code bind_tool(struct binder *b, const struct tnp_maptool *t)
{
	bool own = false, mcp;

	for (size_t i = 0; i < b->w->ntools; i++) {
		const struct tn_tool *entry = &b->w->tools[i];

		if (entry == b->star || !names_tool(b->c, entry->name, t->tool, &mcp))
			continue;
		own |= !mcp;
		TN_TRY(bind_entry(b, entry->name, entry, t));
	}
	return b->star && !own ? bind_entry(b, t->tool, b->star, t) : TN_OK;
}

/* The row's endlessly many MCP names that the grant does not have are answered by "*". */
static enum tn_code bind_strangers(struct binder *b, const struct tnp_maptool *t)
{
	return b->star && b->c->mcp.n && !b->c->strict_names ? bind_entry(b, TN_STR("*"), b->star, t) : TN_OK;
}

/* ---------------------------------------------------------------- action strings */
static const struct verb {
	const char *name;
	uint32_t rows;
} verbs[] = {
	{ "read", 1u << TNP_ROW_READ | 1u << TNP_ROW_LIST },
	{ "write", 1u << TNP_ROW_CREATE | 1u << TNP_ROW_WRITE | 1u << TNP_ROW_APPEND | 1u << TNP_ROW_MKDIR },
	{ "delete", 1u << TNP_ROW_DELETE | 1u << TNP_ROW_RMDIR },
	{ "execute", 1u << TNP_ROW_EXEC },
	{ "access", 1u << TNP_ROW_CONNECT },
};

static const struct tn_tool *action_entry(const struct binder *b, const char *verb, struct tn_str resource, struct tn_str *name)
{
	size_t n = strlen(verb);
	char *text = tn_arena_alloc(b->r->a, n + 1 + resource.n + 1);

	if (!text)
		return NULL;
	memcpy(text, verb, n);
	text[n] = ':';
	memcpy(text + n + 1, resource.p, resource.n);
	*name = (struct tn_str){ text, n + 1 + resource.n };
	return tn_warrant_tool(b->w, *name);
}

/* Arguments of an action string have the canonical names. */
#define ACTION_ARG(name, ours) { { (name), sizeof(name) - 1 }, (ours) }
static const struct tnp_maparg action_args[] = {
	ACTION_ARG("path", TNP_A_PATH), ACTION_ARG("program", TNP_A_PROGRAM), ACTION_ARG("command", TNP_A_COMMAND),
	ACTION_ARG("host", TNP_A_HOST), ACTION_ARG("port", TNP_A_PORT), ACTION_ARG("ip", TNP_A_IP), ACTION_ARG("url", TNP_A_URL),
};
static const struct tnp_maptool action_tool = { .args = action_args, .nargs = sizeof(action_args) / sizeof(*action_args) };

static enum tn_code bind_action(struct binder *b, const struct verb *verb, const struct tnp_resource *res)
{
	struct tnp_binding nb = { .resource = res };
	struct tn_str any;

	nb.entry = action_entry(b, verb->name, res->name, &nb.tool);
	if (!nb.entry)
		nb.entry = action_entry(b, verb->name, TN_STR("*"), &any);
	nb.entry = nb.entry ? nb.entry : b->star;
	if (!nb.entry)
		return TN_OK;
	if (!nb.tool.n)
		return tn_no_memory(b->r->e);
	nb.star = nb.entry == b->star;
	nb.gated = has_gate(b->w, nb.tool);
	if (res->path)
		TN_TRY(tnp_resolve_constraint(b->r, res->path, &nb.resource_c));
	return bind_variant(b, nb, &action_tool, 0);
}

static enum tn_code bind_actions(struct binder *b)
{
	for (size_t v = 0; v < sizeof(verbs) / sizeof(*verbs); v++) {
		for (size_t i = 0; i < b->c->nresources && (verbs[v].rows & 1u << b->row); i++) {
			const struct tnp_resource *res = &b->c->resources[i];

			if (!res->path == (b->row == TNP_ROW_CONNECT))
				TN_TRY(bind_action(b, &verbs[v], res));
		}
	}
	return TN_OK;
}

/* ---------------------------------------------------------------- rows and links */
static enum tn_code each_tool(struct binder *b, enum tn_code (*bind)(struct binder *, const struct tnp_maptool *))
{
	for (enum tnp_maprow r = b->row; r != TNP_ROW_NONE; r = b->c->map[r].then) {
		const struct tnp_map *m = &b->c->map[r];
		size_t n = b->c->strict_names && m->ntools ? 1 : m->ntools;

		for (size_t i = 0; i < n; i++)
			TN_TRY(bind(b, &m->tools[i]));
	}
	return TN_OK;
}

static enum tn_code bind_row(struct binder *b, struct tnp_rowb *out)
{
	b->out = (struct tnp_vec){ .a = b->r->a, .size = sizeof(struct tnp_binding) };
	TN_TRY(each_tool(b, bind_tool));
	TN_TRY(each_tool(b, bind_strangers));
	TN_TRY(bind_actions(b));
	out->b = b->out.items;
	out->n = b->out.n;
	return TN_OK;
}

enum tn_code tnp_bind_link(const struct tnp_config *c, struct tnp_resolver *r, const struct tn_warrant *w, struct tnp_link *l)
{
	struct binder b = { .c = c, .r = r, .w = w, .star = tn_warrant_tool(w, TN_STR("*")) };

	l->w = w;
	l->judges = !w->issuer_type;
	for (size_t i = 0; l->judges && i < TNP_NROWS; i++) {
		b.row = (enum tnp_maprow)i;
		TN_TRY(bind_row(&b, &l->rows[i]));
	}
	return TN_OK;
}

/* ---------------------------------------------------------------- attenuation, once more on what paths name */
static const struct tnp_maptool *in_table(const struct tnp_config *c, struct tn_str name)
{
	bool mcp;

	for (size_t r = 0; r < TNP_NROWS; r++) {
		for (size_t i = 0; i < c->map[r].ntools; i++) {
			if (names_tool(c, name, c->map[r].tools[i].tool, &mcp))
				return &c->map[r].tools[i];
		}
	}
	return NULL;
}

/* "*": an argument is a path if any tool of the table takes it for one */
static bool arg_is_path(const struct tnp_config *c, const struct tnp_maptool *t, struct tn_str arg)
{
	if (t)
		return tnp_ours_is_path(ours_of(c, t, arg));
	for (size_t r = 0; r < TNP_NROWS; r++) {
		for (size_t i = 0; i < c->map[r].ntools; i++) {
			if (tnp_ours_is_path(ours_of(c, &c->map[r].tools[i], arg)))
				return true;
		}
	}
	return false;
}

struct recheck {
	const struct tnp_config *c;
	struct tnp_resolver *r;
	const struct tnp_maptool *t;
	int link;
};

static enum tn_code say_wider(const struct recheck *k, struct tn_str tool, struct tn_str arg, const struct tn_constraint *p,
			      const struct tn_constraint *c)
{
	char wide[64], narrow[64];

	(void)tnp_constraint_text(p, wide, sizeof(wide));
	(void)tnp_constraint_text(c, narrow, sizeof(narrow));
	(void)tn_fail(k->r->e, TN_E_CHAIN, "%.*s %.*s: %s is outside the parent's %s once links are followed", (int)tool.n, tool.p,
		      (int)arg.n, arg.p, narrow, wide);
	if (k->r->e)
		k->r->e->link = k->link;
	return TN_E_CHAIN;
}

static enum tn_code recheck_arg(const struct recheck *k, struct tn_str tool, const struct tn_carg *p, const struct tn_carg *c)
{
	const struct tn_constraint *rp, *rc;

	if (!arg_is_path(k->c, k->t, c->name))
		return TN_OK;
	TN_TRY(tnp_resolve_constraint(k->r, &p->c, &rp));
	TN_TRY(tnp_resolve_constraint(k->r, &c->c, &rc));
	if (tn_constraint_attenuates(rp, rc, NULL) == TN_OK)
		return TN_OK;
	/* A chain that never held as written was refused before this; what differs now is what the names lead to. */
	return say_wider(k, tool, c->name, rp, rc);
}

static enum tn_code recheck_tool(struct recheck *k, const struct tn_tool *p, const struct tn_tool *c, struct tn_str name)
{
	k->t = in_table(k->c, name);
	if (!k->t && !tn_str_eq(name, TN_STR("*")))
		return TN_OK; /* nothing to a process */
	for (size_t i = 0; i < c->set.n; i++) {
		for (size_t j = 0; j < p->set.n; j++) {
			if (tn_str_eq(p->set.args[j].name, c->set.args[i].name))
				TN_TRY(recheck_arg(k, name, &p->set.args[j], &c->set.args[i]));
		}
	}
	return TN_OK;
}

enum tn_code tnp_recheck_links(const struct tnp_config *c, struct tnp_resolver *r, const struct tn_warrant *parent, const struct tn_warrant *child,
			       int link)
{
	const struct tn_tool *pstar = tn_warrant_tool(parent, TN_STR("*")), *cstar = tn_warrant_tool(child, TN_STR("*"));
	struct recheck k = { .c = c, .r = r, .link = link };

	for (size_t i = 0; i < child->ntools; i++) {
		const struct tn_tool *p = tn_warrant_tool(parent, child->tools[i].name);

		p = p ? p : pstar;
		if (p)
			TN_TRY(recheck_tool(&k, p, &child->tools[i], child->tools[i].name));
	}
	/* names the parent has and the child's "*" answers */
	for (size_t i = 0; cstar && i < parent->ntools; i++) {
		if (!tn_warrant_tool(child, parent->tools[i].name))
			TN_TRY(recheck_tool(&k, &parent->tools[i], cstar, parent->tools[i].name));
	}
	return TN_OK;
}
