/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include "tn_fail.h"
#include "tn_gates.h"
#include "tn_wire.h"

_Static_assert(offsetof(struct tn_tool_gate, tool) == 0 && sizeof(struct tn_tool_gate) % 8 == 0,
	       "tn_keys_sort");
_Static_assert(offsetof(struct tn_arg_gate, arg) == 0 && sizeof(struct tn_arg_gate) % 8 == 0,
	       "tn_keys_sort");

static enum tn_code bad(struct tn_reader *r, const char *what)
{
	return tn_cbor_bad(&r->c, TN_E_EXTENSION_VALUE, what);
}

/* ---- reading ---- */

/* Inside an exemption these would make a gate that never fires or that nobody can compare. */
static bool may_exempt(enum tn_ctype t)
{
	return t != TN_C_WILDCARD && t != TN_C_ANY && t != TN_C_NOT && t != TN_C_CEL &&
	       t != TN_C_UNKNOWN;
}

static enum tn_code read_all(struct tn_reader *r, struct tn_arg_gate *g)
{
	struct tn_str word;

	TN_TRY(tn_cbor_text(&r->c, &word));
	g->kind = TN_GATE_ALL;
	return tn_str_eq(word, TN_STR("all")) ? TN_OK
					      : bad(r, "an approval gate is a word other than all");
}

static enum tn_code read_exempt(struct tn_reader *r, struct tn_arg_gate *g)
{
	struct tn_str key;
	size_t n;

	TN_TRY(tn_cbor_map(&r->c, &n));
	if (n != 1)
		return bad(r, "an exempting approval gate has not exactly one key");
	TN_TRY(tn_cbor_text(&r->c, &key));
	if (!tn_str_eq(key, TN_STR("exempt")))
		return bad(r,
			   "an exempting approval gate has a key that this version does not know");
	TN_TRY(tn_constraint_read(r, 0, &g->c));
	g->kind = TN_GATE_EXEMPT;
	return may_exempt(g->c.type)
		       ? TN_OK
		       : bad(r, "this constraint may not exempt from an approval gate");
}

static enum tn_code read_arg_gate(struct tn_reader *r, struct tn_arg_gate *g)
{
	enum tn_major m = TN_SIMPLE;
	enum tn_code code;

	TN_TRY(tn_cbor_text(&r->c, &g->arg));
	g->raw.p = r->c.p;
	if (tn_cbor_peek(&r->c, &m) && m == TN_TEXT) {
		code = read_all(r, g);
	} else if (m == TN_MAP) {
		code = read_exempt(r, g);
	} else {
		g->kind = TN_GATE_MATCH;
		code = tn_constraint_read(r, 0, &g->c);
	}
	g->raw.n = (size_t)(r->c.p - g->raw.p);
	return code;
}

static enum tn_code read_args(struct tn_reader *r, struct tn_tool_gate *t)
{
	struct tn_arg_gate *v;
	size_t n;

	if (tn_cbor_peek_null(&r->c)) {
		t->whole = true;
		return tn_cbor_null(&r->c);
	}
	TN_TRY(tn_cbor_map(&r->c, &n));
	if (!(v = tn_arena_array(r->a, n, sizeof(*v))))
		return tn_no_memory(r->c.err);
	for (size_t i = 0; i < n; i++)
		TN_TRY(read_arg_gate(r, &v[i]));
	if (!tn_keys_sort(v, n, sizeof(*v)))
		return bad(r, "an argument is gated twice");
	t->args = v;
	t->nargs = n;
	return TN_OK;
}

/* {"args": ..., "message"?: text}; the message is for people and compares with nothing. */
static enum tn_code read_tool_gate(struct tn_reader *r, struct tn_tool_gate *t)
{
	bool args = false, message = false;
	struct tn_str key, text;
	size_t n;

	TN_TRY(tn_cbor_text(&r->c, &t->tool));
	TN_TRY(tn_cbor_map(&r->c, &n));
	while (n-- > 0) {
		TN_TRY(tn_cbor_text(&r->c, &key));
		bool is_args = tn_str_eq(key, TN_STR("args")),
		     is_message = tn_str_eq(key, TN_STR("message"));

		if ((!is_args && !is_message) || (is_args && args) || (is_message && message))
			return bad(r, "an approval gate has a key twice or one that this version "
				      "does not know");
		args |= is_args;
		message |= is_message;
		if (is_args)
			TN_TRY(read_args(r, t));
		else
			TN_TRY(tn_cbor_text(&r->c, &text));
	}
	return args ? TN_OK : bad(r, "an approval gate lacks its args");
}

static enum tn_code read_gates(struct tn_reader *r, struct tn_gates *g)
{
	struct tn_cbor shape = r->c;
	struct tn_tool_gate *v;
	size_t n;

	/* Like a payload: the shape first, so that every count below is one the bytes bear out. */
	TN_TRY(tn_cbor_skip(&shape));
	TN_TRY(tn_cbor_end(&shape));
	TN_TRY(tn_cbor_map(&r->c, &n));
	if (!(v = tn_arena_array(r->a, n, sizeof(*v))))
		return tn_no_memory(r->c.err);
	for (size_t i = 0; i < n; i++)
		TN_TRY(read_tool_gate(r, &v[i]));
	if (!tn_keys_sort(v, n, sizeof(*v)))
		return bad(r, "a tool is gated twice");
	*g = (struct tn_gates){ v, n };
	return TN_OK;
}

enum tn_code tn_gates_read(struct tn_bytes raw, struct tn_arena *a, const struct tn_gates **out,
			   struct tn_err *e)
{
	struct tn_reader r = { .c = tn_cbor_over(raw, 0, e), .a = a };
	struct tn_gates *g;

	*out = NULL;
	if (raw.n == 0)
		return TN_OK;
	if (!(g = tn_arena_alloc(a, sizeof(*g))))
		return tn_no_memory(e);
	enum tn_code code = read_gates(&r, g);
	if (code != TN_OK)
		return tn_wrap(e, code, "tenuo.approval_gates");
	*out = g;
	return TN_OK;
}

/* ---- deciding ---- */

static const struct tn_tool_gate *gate_of(const struct tn_gates *g, struct tn_str tool)
{
	if (!g)
		return NULL;
	const struct tn_tool_gate *own = tn_keys_find(g->v, g->n, sizeof(*g->v), tool);

	return own ? own : tn_keys_find(g->v, g->n, sizeof(*g->v), TN_STR("*"));
}

static const struct tn_value *find_arg(const struct tn_pair *args, size_t nargs, struct tn_str name)
{
	for (size_t i = 0; i < nargs; i++)
		if (tn_str_eq(args[i].key, name))
			return &args[i].val;
	return NULL;
}

/* An argument that is not there may mean anything to the tool, so its gate fires. */
static enum tn_match arg_fires(const struct tn_arg_gate *g, const struct tn_value *v)
{
	if (!v || g->kind == TN_GATE_ALL)
		return TN_MATCH;
	enum tn_match m = tn_constraint_match(&g->c, v, NULL);

	if (g->kind == TN_GATE_MATCH || m == TN_CANNOT_SAY)
		return m;
	return m == TN_MATCH ? TN_NO_MATCH : TN_MATCH;
}

enum tn_match tn_gates_fire(const struct tn_gates *g, struct tn_str tool,
			    const struct tn_pair *args, size_t nargs, struct tn_str *arg)
{
	const struct tn_tool_gate *t = gate_of(g, tool);

	*arg = (struct tn_str){ NULL, 0 };
	if (!t)
		return TN_NO_MATCH;
	if (t->whole)
		return TN_MATCH;
	for (size_t i = 0; i < t->nargs; i++) {
		enum tn_match m = arg_fires(&t->args[i], find_arg(args, nargs, t->args[i].arg));

		if (m != TN_NO_MATCH) {
			*arg = t->args[i].arg;
			return m;
		}
	}
	return TN_NO_MATCH;
}

/* ---- attenuation ---- */

static bool same_gate(const struct tn_arg_gate *a, const struct tn_arg_gate *b)
{
	return a->raw.n == b->raw.n && memcmp(a->raw.p, b->raw.p, a->raw.n) == 0;
}

/* Each gated argument of the parent is gated the same way, or always.  Comparing constraints for
 * "fires at least as often" is where upstream went wrong (it accepted the narrower gate), so only
 * the same bytes count as the same. */
static bool covers(const struct tn_tool_gate *parent, const struct tn_tool_gate *child)
{
	if (!child || parent->whole)
		return child && child->whole;
	if (child->whole)
		return true;
	for (size_t i = 0; i < parent->nargs; i++) {
		const struct tn_arg_gate *p = &parent->args[i];
		const struct tn_arg_gate *c =
			tn_keys_find(child->args, child->nargs, sizeof(*c), p->arg);

		if (!c || (c->kind != TN_GATE_ALL && !same_gate(p, c)))
			return false;
	}
	return true;
}

static bool callable(const struct tn_warrant *w, struct tn_str tool)
{
	if (w->issuer_type)
		return true;
	return tn_warrant_tool(w, tool) || tn_warrant_tool(w, TN_STR("*"));
}

static enum tn_code check_tool(const struct tn_warrant *parent, const struct tn_warrant *child,
			       struct tn_str tool, struct tn_err *e)
{
	const struct tn_tool_gate *p = gate_of(parent->gates, tool);

	if (!p || !callable(child, tool) || covers(p, gate_of(child->gates, tool)))
		return TN_OK;
	return tn_fail(e, TN_E_EXPANSION, "the parent's approval gate of %.*s is weakened",
		       (int)tool.n, tool.p);
}

/* Every name that some entry mentions.  The names that none does share the gate under "*", which is
 * one of them. */
enum tn_code tn_gates_attenuate(const struct tn_warrant *parent, const struct tn_warrant *child,
				struct tn_err *e)
{
	if (!parent->gates)
		return TN_OK;
	for (size_t i = 0; i < parent->gates->n; i++)
		TN_TRY(check_tool(parent, child, parent->gates->v[i].tool, e));
	for (size_t i = 0; i < child->ntools; i++)
		TN_TRY(check_tool(parent, child, child->tools[i].name, e));
	for (size_t i = 0; child->gates && i < child->gates->n; i++)
		TN_TRY(check_tool(parent, child, child->gates->v[i].tool, e));
	return TN_OK;
}
