/* SPDX-License-Identifier: Apache-2.0 */
/*
 * THE decision.  Everything starts denied; ALLOW is written in allow() and nowhere else.
 *
 * Order: the end of the warrant's life, what the session may never touch, the baseline, the grant.  The grant allows if every link
 * of its chain does: what a child can do its parent can, whatever attenuation promised.
 */
#include "internal.h"
#include "tree.h"

enum { COMMAND_ROOM = 8192 };

struct judge {
	const struct tnp_policy *p;
	struct tnp_eval ev;
};
/* A part of an operation: rename and link have several. */
struct part {
	enum tnp_kind kind;
	struct tn_str path;
	bool is_dir;
};

static uint32_t right_of(enum tnp_kind k)
{
	static const uint32_t rights[TNP_NKINDS] = {
		[TNP_READ] = TNP_R_READ,   [TNP_LIST] = TNP_R_LIST,   [TNP_CREATE] = TNP_R_CREATE, [TNP_WRITE] = TNP_R_WRITE,
		[TNP_APPEND] = TNP_R_WRITE, [TNP_MKDIR] = TNP_R_MKDIR, [TNP_METADATA] = TNP_R_METADATA, [TNP_DELETE] = TNP_R_DELETE,
		[TNP_EXEC] = TNP_R_EXEC,
	};

	return (size_t)k < TNP_NKINDS ? rights[k] : 0;
}

static const struct tnp_row *baseline_row(const struct tnp_policy *p, enum tnp_kind k, struct tn_str path)
{
	uint32_t right = right_of(k);

	return right ? tnp_baseline_find(p, path, right) : NULL;
}

/* ---------------------------------------------------------------- one binding */
static enum tnp_why why_of(enum tnp_m m)
{
	switch (m) {
	case TNP_M_YES:
		return TNP_WHY_OK;
	case TNP_M_NO:
		return TNP_WHY_NO_MATCH;
	case TNP_M_NEEDS_URL:
		return TNP_WHY_NEEDS_URL;
	case TNP_M_MISSING:
		return TNP_WHY_MISSING_ARG;
	case TNP_M_CANNOT:
		break;
	}
	return TNP_WHY_CANNOT_SAY;
}

/* Each name that led to the address, else the address; each scheme it could be.  The first answer is the one that is told. */
static enum tnp_m match_net(struct tnp_eval *ev, const struct tnp_binding *b, const struct tnp_barg **arg)
{
	const struct tnp_net *net = ev->op->net;
	struct tn_str schemes[2];
	size_t ns = tnp_schemes(ev->op, schemes), nh = net->nnames ? net->nnames : 1;
	const struct tnp_barg *failed;
	enum tnp_m first = TNP_M_NO;

	for (size_t i = 0; i < nh * ns; i++) {
		ev->host_is_name = net->nnames > 0;
		ev->host = ev->host_is_name ? net->names[i / ns] : (struct tn_str){ ev->ip, ev->ip_len };
		ev->scheme = schemes[i % ns];
		enum tnp_m m = tnp_binding_match(ev, b, &failed);

		if (m == TNP_M_YES)
			return m;
		if (i == 0) {
			first = m;
			*arg = failed;
		}
	}
	return first;
}

static bool row_allows(struct judge *j, const struct tnp_link *l, enum tnp_maprow row, const struct tnp_binding **which);

static bool in_exec_dirs(const struct tnp_policy *p, struct tn_str path)
{
	for (size_t i = 0; i < p->exec_dirs.n; i++) {
		if (tnp_path_within(path, p->exec_dirs.v[i]))
			return true;
	}
	return false;
}

static bool link_reads(struct judge *j, const struct tnp_link *l)
{
	struct tnp_op op = { .kind = TNP_READ, .path = j->ev.path };
	struct judge sub = { .p = j->p, .ev = { .op = &op, .path = op.path } };
	const struct tnp_binding *which;

	return row_allows(&sub, l, TNP_ROW_READ, &which);
}

/* What a matching binding of the exec row does not say about the program. */
static enum tnp_why exec_rule(struct judge *j, const struct tnp_link *l, const struct tnp_binding *b)
{
	const struct tnp_exec *x = j->ev.op->exec;

	if (b->star && b->nargs == 0 && !b->resource)
		return TNP_WHY_OK; /* "*" without constraints opens everything, and plan says so */
	if (!tnp_binding_names_program(&j->ev, b) && tnp_link_may_write(j->p, l, j->ev.path))
		return TNP_WHY_WRITABLE_PROGRAM;
	if (!b->free_program || b->resource)
		return TNP_WHY_OK;
	if ((x->system_file && in_exec_dirs(j->p, j->ev.path)) || link_reads(j, l))
		return TNP_WHY_OK;
	return TNP_WHY_NOT_SYSTEM;
}

static const struct tnp_barg *underivable(const struct tnp_binding *b)
{
	for (size_t i = 0; i < b->nargs; i++) {
		if (b->args[i].ours == TNP_A_NONE)
			return &b->args[i];
	}
	return NULL;
}

static enum tnp_why judge_binding(struct judge *j, const struct tnp_link *l, const struct tnp_binding *b, const struct tnp_barg **arg)
{
	enum tnp_kind kind = j->ev.op->kind;
	enum tnp_m m;

	*arg = NULL;
	if (b->impossible) {
		*arg = underivable(b);
		return TNP_WHY_MISSING_ARG;
	}
	m = kind == TNP_CONNECT || kind == TNP_RESOLVE ? match_net(&j->ev, b, arg) : tnp_binding_match(&j->ev, b, arg);
	if (m != TNP_M_YES)
		return why_of(m);
	if (b->gated && tnp_gate_fires(&j->ev, l->w, b))
		return TNP_WHY_GATE;
	return kind == TNP_EXEC ? exec_rule(j, l, b) : TNP_WHY_OK;
}

/* ---------------------------------------------------------------- one row of one link */
static bool row_allows(struct judge *j, const struct tnp_link *l, enum tnp_maprow row, const struct tnp_binding **which)
{
	const struct tnp_barg *arg;

	if (row >= TNP_NROWS)
		return false;
	for (size_t i = 0; i < l->rows[row].n; i++) {
		if (judge_binding(j, l, &l->rows[row].b[i], &arg) == TNP_WHY_OK) {
			*which = &l->rows[row].b[i];
			return true;
		}
	}
	return false;
}

/* Baseline or this link; l NULL: no warrant. */
static bool part_allowed(const struct judge *j, const struct tnp_link *l, struct part part)
{
	struct tnp_op op = { .kind = part.kind, .path = part.path, .is_dir = part.is_dir };
	struct tnp_exec x = { .requested = part.path };
	struct judge sub = { .p = j->p, .ev = { .op = &op, .path = part.path, .text = j->ev.text, .text_cap = j->ev.text_cap,
						.command_len = TNP_COMMAND_UNMADE } };
	const struct tnp_binding *which;

	if (part.kind == TNP_EXEC)
		op.exec = &x;
	if (baseline_row(j->p, part.kind, part.path))
		return true;
	return l && row_allows(&sub, l, tnp_maprow_of(part.kind, part.is_dir), &which);
}

/* ---------------------------------------------------------------- could the session write there */
/* A rename onto it would do: what says nothing about the destination says yes. */
static bool moves_onto(const struct tnp_link *l, struct tn_str path)
{
	struct tnp_op op = { .kind = TNP_RENAME, .path = path, .path2 = path };
	struct tnp_eval ev = { .op = &op, .path = path, .path2 = path };
	const struct tnp_rowb *row = &l->rows[TNP_ROW_RENAME];

	for (size_t i = 0; i < row->n; i++) {
		bool onto = !row->b[i].impossible;

		for (size_t k = 0; onto && k < row->b[i].nargs; k++) {
			if (row->b[i].args[k].ours == TNP_A_DESTINATION)
				onto = tnp_arg_match(&ev, &row->b[i].args[k]) == TNP_M_YES;
		}
		if (onto)
			return true;
	}
	return false;
}

bool tnp_link_may_write(const struct tnp_policy *p, const struct tnp_link *l, struct tn_str path)
{
	static const enum tnp_kind kinds[] = { TNP_WRITE, TNP_CREATE, TNP_APPEND };
	const struct judge j = { .p = p };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (part_allowed(&j, l, (struct part){ kinds[i], path, false }))
			return true;
	}
	return l && moves_onto(l, path);
}

bool tnp_may_write(const struct tnp_policy *p, struct tn_str path)
{
	return tnp_link_may_write(p, tnp_leaf(p), path);
}

/* ---------------------------------------------------------------- rename and link */
static bool gains(const struct judge *j, const struct tnp_link *l, const struct tnp_op *op)
{
	static const enum tnp_kind kinds[] = { TNP_READ, TNP_WRITE, TNP_DELETE, TNP_EXEC };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (part_allowed(j, l, (struct part){ kinds[i], op->path2, op->is_dir }) &&
		    !part_allowed(j, l, (struct part){ kinds[i], op->path, op->is_dir }))
			return true;
		if (op->is_dir && tnp_tree_gains(j->p, l, kinds[i], op->path, op->path2))
			return true;
	}
	return false;
}

/* What a rename or link is made of besides move_file. */
static size_t parts_of(const struct tnp_op *op, struct part out[4])
{
	size_t n = 0;

	if (op->kind == TNP_RENAME)
		out[n++] = (struct part){ TNP_DELETE, op->path, op->is_dir };
	out[n++] = (struct part){ op->is_dir ? TNP_MKDIR : TNP_CREATE, op->path2, op->is_dir };
	out[n++] = (struct part){ TNP_READ, op->path, op->is_dir };
	if (op->kind == TNP_RENAME && op->over)
		out[n++] = (struct part){ TNP_DELETE, op->path2, op->is_dir };
	return n;
}

static bool parts_allowed(const struct judge *j, const struct tnp_link *l, const struct tnp_op *op, struct part *refused)
{
	struct part parts[4];
	size_t n = parts_of(op, parts);

	for (size_t i = 0; i < n; i++) {
		if (!part_allowed(j, l, parts[i])) {
			*refused = parts[i];
			return false;
		}
	}
	return true;
}

/* ---------------------------------------------------------------- what is written into the decision */
static void allow(struct tnp_decision *d, const char *row, struct tn_str tool, int link)
{
	d->verdict = TN_ALLOW;
	d->code = TN_OK;
	d->why = TNP_WHY_OK;
	d->row = row;
	d->tool = tool;
	d->link = link;
}

static enum tn_code code_of(enum tnp_why why)
{
	switch (why) {
	case TNP_WHY_NO_WARRANT:
		return TN_E_NO_WARRANT;
	case TNP_WHY_NO_TOOL:
		return TN_E_TOOL_NOT_AUTHORIZED;
	case TNP_WHY_UNKNOWN_ARG: case TNP_WHY_MISSING_ARG: case TNP_WHY_NO_MATCH: case TNP_WHY_CANNOT_SAY: case TNP_WHY_NEEDS_URL:
	case TNP_WHY_NOT_SYSTEM: case TNP_WHY_LOADER:
		return TN_E_CONSTRAINT_VIOLATION;
	case TNP_WHY_GATE:
		return TN_E_APPROVAL_REQUIRED;
	case TNP_WHY_GAIN:
		return TN_E_GAIN;
	case TNP_WHY_EXPIRED:
		return TN_E_EXPIRED;
	case TNP_WHY_PROTECTED:
		return TN_E_PROTECTED;
	case TNP_WHY_WRITABLE_PROGRAM:
		return TN_E_WRITABLE_PROGRAM;
	case TNP_WHY_BAD_OBJECT:
		return TN_E_BAD_OBJECT;
	case TNP_WHY_OK:
		break;
	}
	return TN_E_INTERNAL;
}

static void deny(struct tnp_decision *d, enum tnp_why why)
{
	d->verdict = TN_DENY;
	d->why = why;
	d->code = code_of(why);
}

static struct tn_str canonical(const struct tnp_policy *p, enum tnp_maprow row)
{
	const struct tnp_map *m;

	for (; row < TNP_NROWS; row = m->then) {
		m = &p->cfg->map[row];
		if (m->ntools)
			return m->tools[0].tool;
	}
	return (struct tn_str){ NULL, 0 };
}

/* The first tool of the row that the grant has by name, else "*". */
static const struct tnp_binding *told(const struct tnp_rowb *row)
{
	for (size_t i = 0; i < row->n; i++) {
		if (!row->b[i].star)
			return &row->b[i];
	}
	return row->n ? &row->b[0] : NULL;
}

static void deny_row(struct judge *j, const struct tnp_link *l, enum tnp_maprow row, struct tnp_decision *d)
{
	const struct tnp_binding *b = row < TNP_NROWS ? told(&l->rows[row]) : NULL;
	const struct tnp_barg *arg;

	d->tool = canonical(j->p, row);
	deny(d, TNP_WHY_NO_TOOL);
	if (!b)
		return;
	d->tool = b->tool;
	deny(d, judge_binding(j, l, b, &arg));
	if (!arg)
		return;
	d->arg = arg->name;
	d->constraint = arg->orig;
}

static void deny_part(struct judge *j, const struct tnp_link *l, struct part part, struct tnp_decision *d)
{
	struct tnp_op op = { .kind = part.kind, .path = part.path, .is_dir = part.is_dir };
	struct judge sub = { .p = j->p, .ev = { .op = &op, .path = part.path } };

	d->object = part.path;
	deny_row(&sub, l, tnp_maprow_of(part.kind, part.is_dir), d);
}

/* ---------------------------------------------------------------- every link */
/* Does this link allow the operation?  which: the binding that did, NULL where several did or the baseline. */
static bool link_allows(struct judge *j, const struct tnp_link *l, const struct tnp_binding **which)
{
	const struct tnp_op *op = j->ev.op;
	struct part refused;

	*which = NULL;
	if (op->kind != TNP_RENAME && op->kind != TNP_LINK)
		return row_allows(j, l, tnp_maprow_of(op->kind, op->is_dir), which);
	if (!(op->kind == TNP_RENAME && row_allows(j, l, TNP_ROW_RENAME, which)) && !parts_allowed(j, l, op, &refused))
		return false;
	return !gains(j, l, op);
}

static void deny_link(struct judge *j, const struct tnp_link *l, struct tnp_decision *d)
{
	const struct tnp_op *op = j->ev.op;
	const struct tnp_binding *which;
	struct part refused = { .path = { NULL, 0 } };
	bool moves = op->kind == TNP_RENAME && row_allows(j, l, TNP_ROW_RENAME, &which);

	if (op->kind != TNP_RENAME && op->kind != TNP_LINK) {
		deny_row(j, l, tnp_maprow_of(op->kind, op->is_dir), d);
	} else if (moves || parts_allowed(j, l, op, &refused)) {
		d->tool = canonical(j->p, op->kind == TNP_RENAME ? TNP_ROW_RENAME : TNP_ROW_CREATE);
		deny(d, TNP_WHY_GAIN);
	} else if (op->kind == TNP_RENAME && l->rows[TNP_ROW_RENAME].n) {
		deny_row(j, l, TNP_ROW_RENAME, d);
	} else {
		deny_part(j, l, refused, d);
	}
}

/* The link a refusal comes from is the first that has it: its children only kept it. */
static int origin(struct judge *j, size_t from)
{
	const struct tnp_binding *which;

	for (size_t i = 0; i < from; i++) {
		if (j->p->links[i].judges && !link_allows(j, &j->p->links[i], &which))
			return (int)i;
	}
	return (int)from;
}

static struct tn_str tool_of(const struct judge *j, const struct tnp_binding *which)
{
	const struct tnp_op *op = j->ev.op;

	if (which)
		return which->tool;
	return canonical(j->p, op->kind == TNP_LINK ? TNP_ROW_CREATE : tnp_maprow_of(op->kind, op->is_dir));
}

static void decide_grant(struct judge *j, struct tnp_decision *d)
{
	const struct tnp_policy *p = j->p;
	const struct tnp_binding *which = NULL, *leaf = NULL;

	for (size_t i = p->nlinks; i-- > 0;) {
		const struct tnp_link *l = &p->links[i];

		if (!l->judges)
			continue;
		if (!link_allows(j, l, &which)) {
			deny_link(j, l, d);
			d->link = origin(j, i);
			return;
		}
		leaf = i + 1 == p->nlinks ? which : leaf;
	}
	allow(d, NULL, tool_of(j, leaf), (int)p->nlinks - 1);
}

/* ---------------------------------------------------------------- the baseline */
static const struct tnp_row *baseline_parts(const struct judge *j, const struct tnp_op *op)
{
	const struct tnp_row *row = NULL;
	struct part parts[4];
	size_t n = parts_of(op, parts);

	for (size_t i = 0; i < n; i++) {
		row = baseline_row(j->p, parts[i].kind, parts[i].path);
		if (!row)
			return NULL;
	}
	return gains(j, tnp_leaf(j->p), op) ? NULL : row;
}

static const struct tnp_row *baseline_for(const struct judge *j)
{
	const struct tnp_op *op = j->ev.op;
	const struct tnp_row *row;

	if (op->kind == TNP_RENAME || op->kind == TNP_LINK)
		return baseline_parts(j, op);
	row = baseline_row(j->p, op->kind, op->path);
	if (row && op->kind == TNP_EXEC && !j->p->facts.allow_writable_program && tnp_may_write(j->p, op->path))
		return NULL;
	return row;
}

/* ---------------------------------------------------------------- before any rule */
static bool is_net(enum tnp_kind k)
{
	return k == TNP_CONNECT || k == TNP_RESOLVE || k == TNP_LISTEN;
}

static bool well_formed(const struct tnp_op *op)
{
	if ((size_t)op->kind >= TNP_NKINDS)
		return false;
	if (is_net(op->kind))
		return op->net && (op->kind != TNP_RESOLVE || op->net->nnames);
	if (!tnp_path_plain(op->path) || (op->kind == TNP_EXEC && !op->exec))
		return false;
	return (op->kind != TNP_RENAME && op->kind != TNP_LINK) || tnp_path_plain(op->path2);
}

static enum tnp_why never(const struct tnp_policy *p, const struct tnp_op *op, int64_t now)
{
	if (p->grant && now >= p->expires)
		return TNP_WHY_EXPIRED;
	if (!well_formed(op))
		return TNP_WHY_BAD_OBJECT;
	if (!is_net(op->kind) && tnp_protected(p, op))
		return TNP_WHY_PROTECTED;
	if (op->kind == TNP_EXEC && !op->exec->launch && tnp_is_loader(p, op->path))
		return TNP_WHY_LOADER;
	return TNP_WHY_OK;
}

static struct tn_str row_name(const struct tnp_policy *p, const struct tnp_op *op)
{
	if ((size_t)op->kind >= TNP_NKINDS)
		return (struct tn_str){ NULL, 0 };
	return canonical(p, op->kind == TNP_LINK ? TNP_ROW_CREATE : tnp_maprow_of(op->kind, op->is_dir));
}

static void decide(struct judge *j, int64_t now, struct tnp_decision *d)
{
	const struct tnp_policy *p = j->p;
	const struct tnp_op *op = j->ev.op;
	enum tnp_why why = never(p, op, now);
	const struct tnp_row *row;

	d->tool = row_name(p, op);
	if (why != TNP_WHY_OK) {
		deny(d, why);
		return;
	}
	/* The launch is the operator's act.  What may run may be read by what runs it: node opens itself, a shell its script. */
	if ((op->kind == TNP_EXEC && op->exec->launch) || (op->kind == TNP_READ && op->own)) {
		allow(d, "B3", d->tool, -1);
		return;
	}
	row = baseline_for(j);
	if (row)
		allow(d, row->row, d->tool, -1);
	else if (!p->nlinks)
		deny(d, TNP_WHY_NO_WARRANT);
	else
		decide_grant(j, d);
	if (d->why == TNP_WHY_NO_TOOL && op->kind == TNP_EXEC && baseline_row(p, TNP_EXEC, op->path))
		deny(d, TNP_WHY_WRITABLE_PROGRAM); /* the baseline would have let it run */
}

/* Not inlined: only execs pay for the room. */
__attribute__((noinline)) static void decide_exec(struct judge *j, int64_t now, struct tnp_decision *d)
{
	char text[COMMAND_ROOM];

	j->ev.text = text;
	j->ev.text_cap = sizeof(text);
	decide(j, now, d);
}

void tnp_decide(const tnp_policy *p, const struct tnp_op *op, int64_t now, struct tnp_decision *d)
{
	struct judge j = { .p = p, .ev = { .op = op, .path = op->path, .path2 = op->path2, .command_len = TNP_COMMAND_UNMADE } };
	bool exec = op->kind == TNP_EXEC;

	*d = (struct tnp_decision){ .verdict = TN_DENY, .code = TN_E_INTERNAL, .why = TNP_WHY_BAD_OBJECT, .link = -1, .object = op->path };
	if (is_net(op->kind) && op->net)
		j.ev.ip_len = op->kind == TNP_RESOLVE ? 0 : tnp_ip_text(op->net, j.ev.ip);
	if (op->room) {
		j.ev.text = op->room;
		j.ev.text_cap = op->room_cap;
	} else if (exec && op->exec && op->exec->scratch) {
		j.ev.text = op->exec->scratch;
		j.ev.text_cap = op->exec->scratch_cap;
	}
	if (!j.ev.text && (exec || op->kind == TNP_RENAME || op->kind == TNP_LINK))
		decide_exec(&j, now, d);
	else
		decide(&j, now, d);
	d->mode = tnp_tool_mode_of(p->cfg, d->tool, p->mode);
}
