/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One argument of one binding against what the operation supplies.  Mostly the token library's answer; three kinds of value are
 * judged more closely here: paths (bytes, from the kernel), commands (Shlex) and urls (no path known).
 */
#include "internal.h"
#include "tn_gates.h"
#include "tn_text.h"

static enum tnp_m from_match(enum tn_match m)
{
	return m == TN_MATCH ? TNP_M_YES : m == TN_NO_MATCH ? TNP_M_NO : TNP_M_CANNOT;
}

static enum tnp_m core_match(const struct tn_constraint *c, struct tn_value v)
{
	return from_match(tn_constraint_match(c, &v, NULL));
}

static struct tn_value text_value(struct tn_str s)
{
	return (struct tn_value){ .type = TN_V_TEXT, .s = s };
}

/* ---------------------------------------------------------------- All, Any, Not over a leaf of ours */
struct subject {
	struct tn_str text;
	enum tnp_m (*leaf)(const struct subject *s, const struct tn_constraint *c);
};

static enum tnp_m walk(const struct subject *s, const struct tn_constraint *c);

/* Left to right; the first answer that settles it ends it, "cannot say" among them: as the library does. */
static enum tnp_m walk_list(const struct subject *s, const struct tn_constraint *c)
{
	bool all = c->type == TN_C_ALL;

	if (all && !c->list.n)
		return TNP_M_CANNOT;
	for (size_t i = 0; i < c->list.n; i++) {
		enum tnp_m m = walk(s, &c->list.c[i]);

		if (m != (all ? TNP_M_YES : TNP_M_NO))
			return m;
	}
	return all ? TNP_M_YES : TNP_M_NO;
}

static enum tnp_m walk(const struct subject *s, const struct tn_constraint *c)
{
	enum tnp_m m;

	if (c->type == TN_C_ALL || c->type == TN_C_ANY)
		return walk_list(s, c);
	if (c->type != TN_C_NOT)
		return s->leaf(s, c);
	m = walk(s, &c->list.c[0]);
	return m == TNP_M_YES ? TNP_M_NO : m == TNP_M_NO ? TNP_M_YES : m;
}

/* ---------------------------------------------------------------- paths */
/* The path is plain, so "within" is a comparison of bytes; the root as written (upstream trims slashes at its end). */
static enum tnp_m subpath_bytes(const struct tn_constraint *c, struct tn_str path)
{
	struct tn_str root = c->subpath.root;

	while (root.n && root.p[root.n - 1] == '/')
		root.n--;
	if (!root.n)
		return TNP_M_YES;
	if (!tnp_path_within(path, root))
		return TNP_M_NO;
	/* "/data/" is never equal to "/data" */
	return path.n > root.n || (c->subpath.allow_equal && root.n == c->subpath.root.n) ? TNP_M_YES : TNP_M_NO;
}

static enum tnp_m subpath_match(const struct tn_constraint *c, struct tn_str path)
{
	enum tnp_m bytes = subpath_bytes(c, path), text;
	bool backslash = memchr(path.p, '\\', path.n) != NULL;

	if (c->subpath.case_sensitive && !backslash)
		return bytes;
	/* The library takes \ for a separator: /etc/x\..\..\data would be within /data.  Only what both say holds. */
	if (!tn_utf8_valid(path.p, path.n) || (backslash && !c->subpath.case_sensitive))
		return TNP_M_CANNOT;
	text = core_match(c, text_value(path));
	return !c->subpath.case_sensitive || text == bytes ? text : TNP_M_CANNOT;
}

static enum tnp_m path_leaf(const struct subject *s, const struct tn_constraint *c)
{
	if (c->type == TN_C_SUBPATH)
		return subpath_match(c, s->text);
	if (c->type == TN_C_WILDCARD)
		return TNP_M_YES;
	if (!tn_utf8_valid(s->text.p, s->text.n))
		return TNP_M_CANNOT;
	return core_match(c, text_value(s->text));
}

/* ---------------------------------------------------------------- commands */
static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Stricter than upstream, where /tmp/evil/ls passes for ls: our text has the short name where that is what runs. */
static bool first_word_is_listed(const struct tn_constraint *c, struct tn_str text)
{
	size_t begin = 0, end;

	while (begin < text.n && is_blank(text.p[begin]))
		begin++;
	for (end = begin; end < text.n && !is_blank(text.p[end]); end++)
		;
	for (size_t i = 0; i < c->shlex.n; i++) {
		if (tn_str_eq(c->shlex.v[i], (struct tn_str){ text.p + begin, end - begin }))
			return true;
	}
	return false;
}

static enum tnp_m command_leaf(const struct subject *s, const struct tn_constraint *c)
{
	enum tnp_m m = core_match(c, text_value(s->text));

	return c->type == TN_C_SHLEX && m == TNP_M_YES && !first_word_is_listed(c, s->text) ? TNP_M_NO : m;
}

static bool has_list(struct tn_values v)
{
	for (size_t i = 0; i < v.n; i++) {
		if (v.v[i].type == TN_V_LIST)
			return true;
	}
	return false;
}

/*
 * Is the constraint on lists, so that only a list can match?  A negation never is: any list differs from the text it excludes, so
 * handing over a list would step around it.
 */
static bool on_lists(const struct tn_constraint *c)
{
	bool any = false;

	switch (c->type) {
	case TN_C_CONTAINS:
	case TN_C_SUBSET:
		return true;
	case TN_C_EXACT:
		return c->exact.type == TN_V_LIST;
	case TN_C_ONE_OF:
		return has_list(c->values);
	case TN_C_ALL:
	case TN_C_ANY:
		for (size_t i = 0; i < c->list.n; i++) {
			if (c->list.c[i].type == TN_C_NOT || c->list.c[i].type == TN_C_NOT_ONE_OF)
				return false;
			any |= on_lists(&c->list.c[i]);
		}
		return any;
	case TN_C_PATTERN:
	case TN_C_RANGE:
	case TN_C_REGEX:
	case TN_C_NOT_ONE_OF:
	case TN_C_CIDR:
	case TN_C_URL_PATTERN:
	case TN_C_NOT:
	case TN_C_CEL:
	case TN_C_WILDCARD:
	case TN_C_SUBPATH:
	case TN_C_URL_SAFE:
	case TN_C_SHLEX:
	case TN_C_UNKNOWN:
		break;
	}
	return false;
}

static bool argv_list(const struct tnp_op *op, size_t from, struct tn_value *list, size_t *n)
{
	const struct tnp_exec *x = op->exec;

	*n = 0;
	if (x->argc > TNP_LIST_MAX)
		return false;
	if (from == 0)
		list[(*n)++] = text_value(tnp_exec_name(op));
	for (size_t i = 1; i < x->argc; i++)
		list[(*n)++] = text_value(x->argv[i]);
	for (size_t i = 0; i < *n; i++) {
		if (!tn_utf8_valid(list[i].s.p, list[i].s.n))
			return false;
	}
	return true;
}

/* Not inlined: the list is two KiB of stack that only lists need. */
__attribute__((noinline)) static enum tnp_m list_match(const struct tnp_eval *ev, const struct tn_constraint *c, size_t from)
{
	struct tn_value list[TNP_LIST_MAX + 1];
	size_t n;

	if (!argv_list(ev->op, from, list, &n))
		return TNP_M_CANNOT;
	return core_match(c, (struct tn_value){ .type = TN_V_LIST, .list = { list, n } });
}

static enum tnp_m command_match(struct tnp_eval *ev, const struct tn_constraint *c)
{
	struct subject s = { .leaf = command_leaf };
	enum tnp_m m = TNP_M_CANNOT;

	if (c->type == TN_C_WILDCARD)
		return TNP_M_YES; /* whatever it is: it need not be text */
	if (tnp_command(ev, &s.text))
		m = walk(&s, c);
	return m != TNP_M_YES && on_lists(c) ? list_match(ev, c, 0) : m;
}

/* ---------------------------------------------------------------- values */
static bool path_value(const struct tnp_eval *ev, enum tnp_ours o, struct tn_str *s)
{
	const struct tnp_op *op = ev->op;

	*s = (struct tn_str){ NULL, 0 };
	switch (o) {
	case TNP_A_PATH:
	case TNP_A_PATHS:
	case TNP_A_SOURCE:
	case TNP_A_PROGRAM:
		*s = ev->path;
		break;
	case TNP_A_DESTINATION:
		*s = ev->path2;
		break;
	case TNP_A_CWD:
		if (op->exec)
			*s = op->exec->cwd;
		break;
	case TNP_A_NONE: case TNP_A_LITERAL: case TNP_A_COMMAND: case TNP_A_ARGV: case TNP_A_ARGS: case TNP_A_URL: case TNP_A_HOST:
	case TNP_A_IP: case TNP_A_PORT: case TNP_A_SCHEME: case TNP_NOURS:
		break;
	}
	return s->n > 0;
}

static enum tnp_m path_match(const struct tnp_eval *ev, enum tnp_ours o, const struct tn_constraint *c)
{
	struct subject s = { .leaf = path_leaf };
	struct tn_value one;

	if (!path_value(ev, o, &s.text))
		return TNP_M_MISSING;
	if (o != TNP_A_PATHS)
		return walk(&s, c);
	if (!tn_utf8_valid(s.text.p, s.text.n))
		return TNP_M_CANNOT;
	one = text_value(s.text);
	return core_match(c, (struct tn_value){ .type = TN_V_LIST, .list = { &one, 1 } });
}

static enum tnp_m exec_match(struct tnp_eval *ev, enum tnp_ours o, const struct tn_constraint *c)
{
	if (!ev->op->exec)
		return TNP_M_MISSING;
	if (o == TNP_A_COMMAND)
		return command_match(ev, c);
	return list_match(ev, c, o == TNP_A_ARGV ? 0 : 1);
}

static struct tn_str net_text(const struct tnp_eval *ev, enum tnp_ours o)
{
	return o == TNP_A_IP ? (struct tn_str){ ev->ip, ev->ip_len } : o == TNP_A_HOST ? ev->host : ev->scheme;
}

static enum tnp_m net_match(const struct tnp_eval *ev, enum tnp_ours o, const struct tn_constraint *c)
{
	bool resolve = ev->op->kind == TNP_RESOLVE;

	if (!ev->op->net)
		return TNP_M_MISSING;
	if (o == TNP_A_PORT)
		return resolve ? TNP_M_YES : core_match(c, (struct tn_value){ .type = TN_V_INT, .i = ev->op->net->port });
	if (net_text(ev, o).n == 0)
		return TNP_M_MISSING;
	if (o == TNP_A_URL)
		return tnp_url_match(ev, c);
	return core_match(c, text_value(net_text(ev, o)));
}

enum tnp_m tnp_arg_match(struct tnp_eval *ev, const struct tnp_barg *arg)
{
	switch (arg->ours) {
	case TNP_A_LITERAL:
		return core_match(arg->c, text_value(arg->literal));
	case TNP_A_PATH: case TNP_A_PATHS: case TNP_A_SOURCE: case TNP_A_DESTINATION: case TNP_A_PROGRAM: case TNP_A_CWD:
		return path_match(ev, arg->ours, arg->c);
	case TNP_A_COMMAND: case TNP_A_ARGV: case TNP_A_ARGS:
		return exec_match(ev, arg->ours, arg->c);
	case TNP_A_URL: case TNP_A_HOST: case TNP_A_IP: case TNP_A_PORT: case TNP_A_SCHEME:
		return net_match(ev, arg->ours, arg->c);
	case TNP_A_NONE: case TNP_NOURS:
		break;
	}
	return TNP_M_MISSING;
}

/* ---------------------------------------------------------------- a whole call */
static enum tnp_m resource_match(struct tnp_eval *ev, const struct tnp_binding *b)
{
	enum tnp_m m;

	if (b->resource_c)
		return path_match(ev, TNP_A_PATH, b->resource_c);
	m = net_match(ev, TNP_A_HOST, b->resource->host);
	return m == TNP_M_YES && b->resource->port ? net_match(ev, TNP_A_PORT, b->resource->port) : m;
}

enum tnp_m tnp_binding_match(struct tnp_eval *ev, const struct tnp_binding *b, const struct tnp_barg **failed)
{
	enum tnp_m m = b->resource ? resource_match(ev, b) : TNP_M_YES;

	*failed = NULL;
	for (size_t i = 0; m == TNP_M_YES && i < b->nargs; i++) {
		m = tnp_arg_match(ev, &b->args[i]);
		if (m != TNP_M_YES)
			*failed = &b->args[i];
	}
	return m;
}

/* ---------------------------------------------------------------- approval gates */
/* false: left out, and a gate on an argument that is absent fires */
static bool gate_value(struct tnp_eval *ev, const struct tnp_barg *a, struct tn_value *v)
{
	struct tn_str s = { NULL, 0 };

	if (a->ours == TNP_A_LITERAL)
		s = a->literal;
	else if (tnp_ours_is_path(a->ours) && a->ours != TNP_A_PATHS)
		(void)path_value(ev, a->ours, &s);
	else if (a->ours == TNP_A_COMMAND)
		(void)tnp_command(ev, &s);
	else if (a->ours == TNP_A_HOST || a->ours == TNP_A_IP || a->ours == TNP_A_SCHEME)
		s = net_text(ev, a->ours);
	else if (a->ours == TNP_A_PORT && ev->op->kind != TNP_RESOLVE) {
		*v = (struct tn_value){ .type = TN_V_INT, .i = ev->op->net->port };
		return true;
	}
	*v = text_value(s);
	return s.n > 0 && tn_utf8_valid(s.p, s.n);
}

__attribute__((noinline)) bool tnp_gate_fires(struct tnp_eval *ev, const struct tn_warrant *w, const struct tnp_binding *b)
{
	struct tn_pair args[16];
	struct tn_str arg;
	size_t n = 0;

	for (size_t i = 0; i < b->nargs && n < sizeof(args) / sizeof(*args); i++) {
		args[n].key = b->args[i].name;
		n += gate_value(ev, &b->args[i], &args[n].val);
	}
	return tn_gates_fire(w->gates, b->tool, args, n, &arg) != TN_NO_MATCH;
}
