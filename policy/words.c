/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A decision in words, the same on every layer.  Nothing here decides; it runs only after a denial (or in explain), and like
 * everything beside it takes no memory.
 */
#include "internal.h"
#include "out.h"
#include "tn_fail.h"
#include "tn_text.h"

/* ---------------------------------------------------------------- constraints */
enum { VALUE_ROOM = 120 };

static void put_constraint(struct tnp_out *o, const struct tn_constraint *c);

static void put_value(struct tnp_out *o, const struct tn_value *v)
{
	switch (v->type) {
	case TN_V_NULL:
		tnp_out_text(o, "null");
		break;
	case TN_V_BOOL:
		tnp_out_text(o, v->b ? "true" : "false");
		break;
	case TN_V_INT:
		tnp_out_int(o, v->i);
		break;
	case TN_V_FLOAT: {
		char text[48];

		tnp_out_raw(o, text, tn_fmt(text, sizeof(text), "%g", v->f));
		break;
	}
	case TN_V_TEXT:
		tnp_out_term(o, v->s, VALUE_ROOM);
		break;
	case TN_V_LIST:
		tnp_out_text(o, "[");
		for (size_t i = 0; i < v->list.n && !o->full; i++) {
			tnp_out_text(o, i ? ", " : "");
			put_value(o, &v->list.v[i]); /* nests at most 32 deep */
		}
		tnp_out_text(o, "]");
		break;
	case TN_V_MAP:
		tnp_out_text(o, "{..}");
		break;
	}
}

static void put_values(struct tnp_out *o, const char *before, struct tn_values v)
{
	tnp_out_text(o, before);
	tnp_out_text(o, " (");
	for (size_t i = 0; i < v.n && !o->full; i++) {
		tnp_out_text(o, i ? ", " : "");
		put_value(o, &v.v[i]);
	}
	tnp_out_text(o, ")");
}

static void put_strs(struct tnp_out *o, struct tn_strs s)
{
	for (size_t i = 0; i < s.n && !o->full; i++) {
		tnp_out_text(o, i ? ", " : "");
		tnp_out_term(o, s.v[i], VALUE_ROOM);
	}
}

static void put_parts(struct tnp_out *o, const char *before, const struct tn_constraint *c)
{
	tnp_out_text(o, before);
	tnp_out_text(o, " (");
	for (size_t i = 0; i < c->list.n && !o->full; i++) {
		tnp_out_text(o, i ? "; " : "");
		put_constraint(o, &c->list.c[i]);
	}
	tnp_out_text(o, ")");
}

static void put_bound(struct tnp_out *o, const char *word, double v, bool inclusive)
{
	struct tn_value value = { .type = TN_V_FLOAT, .f = v };

	tnp_out_text(o, word);
	put_value(o, &value);
	tnp_out_text(o, inclusive ? "" : " (exclusive)");
}

static void put_range(struct tnp_out *o, const struct tn_constraint *c)
{
	tnp_out_text(o, "range");
	if (c->range.has_min)
		put_bound(o, " from ", c->range.min, c->range.min_inclusive);
	if (c->range.has_max)
		put_bound(o, " to ", c->range.max, c->range.max_inclusive);
}

static void put_url_safe(struct tnp_out *o, const struct tn_constraint *c)
{
	tnp_out_text(o, "url_safe");
	if (c->url.has_allow) {
		tnp_out_text(o, " (");
		put_strs(o, c->url.allow_domains);
		tnp_out_text(o, ")");
	}
	if (c->url.has_ports) {
		tnp_out_text(o, " ports");
		for (size_t i = 0; i < c->url.nports && !o->full; i++) {
			tnp_out_text(o, i ? ", " : " ");
			tnp_out_uint(o, c->url.ports[i]);
		}
	}
}

static void put_named(struct tnp_out *o, const char *name, struct tn_str text)
{
	tnp_out_text(o, name);
	tnp_out_term(o, text, VALUE_ROOM);
}

static void put_constraint(struct tnp_out *o, const struct tn_constraint *c)
{
	switch (c->type) {
	case TN_C_EXACT:
		tnp_out_text(o, "exactly ");
		put_value(o, &c->exact);
		break;
	case TN_C_PATTERN:
		put_named(o, "pattern ", c->text);
		break;
	case TN_C_REGEX:
		put_named(o, "regex ", c->text);
		break;
	case TN_C_CIDR:
		put_named(o, "cidr ", c->text);
		break;
	case TN_C_URL_PATTERN:
		put_named(o, "url_pattern ", c->text);
		break;
	case TN_C_SUBPATH:
		put_named(o, "subpath ", c->subpath.root);
		break;
	case TN_C_CEL:
		put_named(o, "cel ", c->cel.expression);
		break;
	case TN_C_RANGE:
		put_range(o, c);
		break;
	case TN_C_ONE_OF:
		put_values(o, "one of", c->values);
		break;
	case TN_C_NOT_ONE_OF:
		put_values(o, "none of", c->values);
		break;
	case TN_C_CONTAINS:
		put_values(o, "a list with", c->values);
		break;
	case TN_C_SUBSET:
		put_values(o, "a list out of", c->values);
		break;
	case TN_C_ALL:
		put_parts(o, "all of", c);
		break;
	case TN_C_ANY:
		put_parts(o, "any of", c);
		break;
	case TN_C_NOT:
		put_parts(o, "not", c);
		break;
	case TN_C_WILDCARD:
		tnp_out_text(o, "anything");
		break;
	case TN_C_URL_SAFE:
		put_url_safe(o, c);
		break;
	case TN_C_SHLEX:
		tnp_out_text(o, "shlex (");
		put_strs(o, c->shlex);
		tnp_out_text(o, ")");
		break;
	case TN_C_UNKNOWN:
		tnp_out_text(o, "a constraint this version does not know");
		break;
	}
}

size_t tnp_constraint_text(const struct tn_constraint *c, char *out, size_t cap)
{
	struct tnp_out o = tnp_out_over(out, cap);

	put_constraint(&o, c);
	return tnp_out_end(&o);
}

/* ---------------------------------------------------------------- the object */
static void put_address(struct tnp_out *o, const struct tnp_op *op)
{
	char ip[48];
	size_t n = tnp_ip_text(op->net, ip);
	bool v6 = memchr(ip, ':', n) != NULL;

	tnp_out_text(o, v6 ? "[" : "");
	tnp_out_raw(o, ip, n);
	tnp_out_text(o, v6 ? "]:" : ":");
	tnp_out_uint(o, op->net->port);
	if (!op->net->nnames)
		return;
	tnp_out_text(o, " (");
	put_strs(o, (struct tn_strs){ op->net->names, op->net->nnames });
	tnp_out_text(o, ")");
}

static void put_object(struct tnp_out *o, const struct tnp_op *op)
{
	size_t room = op->kind == TNP_RENAME || op->kind == TNP_LINK ? 250 : 500;

	if (op->kind == TNP_RESOLVE && op->net) {
		put_strs(o, (struct tn_strs){ op->net->names, op->net->nnames });
	} else if ((op->kind == TNP_CONNECT || op->kind == TNP_LISTEN) && op->net) {
		put_address(o, op);
	} else if (op->kind == TNP_EXEC && op->exec) {
		tnp_exec_words(o, op);
	} else {
		tnp_out_term(o, op->path, room);
		if (op->kind == TNP_RENAME || op->kind == TNP_LINK) {
			tnp_out_text(o, " -> ");
			tnp_out_term(o, op->path2, room);
		}
	}
}

/* ---------------------------------------------------------------- the reason */
static bool is_plain_arg(struct tn_str arg)
{
	static const char *const plain[] = { "path", "file_path", "filePath", "filename", "file", "absolute_path", "target_file",
					     "notebook_path", "paths", "files", "command", "cmd", "url" };

	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++) {
		if (tn_str_eq(arg, tn_cstr(plain[i])))
			return true;
	}
	return false;
}

static void put_mismatch(struct tnp_out *o, const struct tnp_decision *d)
{
	const struct tn_constraint *c = d->constraint;
	const char *how = "not within ";

	if (d->arg.n && !is_plain_arg(d->arg)) {
		tnp_out_term(o, d->arg, 40);
		tnp_out_text(o, ": ");
	}
	if (!c) {
		tnp_out_text(o, "outside the policy's resource");
		return;
	}
	if (c->type == TN_C_SUBPATH || c->type == TN_C_CIDR || c->type == TN_C_RANGE)
		how = "outside ";
	else if (c->type == TN_C_EXACT || c->type == TN_C_ONE_OF)
		how = "not ";
	else if (c->type == TN_C_PATTERN || c->type == TN_C_URL_PATTERN || c->type == TN_C_REGEX)
		how = "does not match ";
	tnp_out_text(o, how);
	put_constraint(o, c);
}

static void put_about_arg(struct tnp_out *o, const char *before, const struct tnp_decision *d, const char *after)
{
	tnp_out_text(o, before);
	tnp_out_term(o, d->arg, 40);
	tnp_out_text(o, after);
}

static void put_reason(struct tnp_out *o, const tnp_policy *p, const struct tnp_op *op, const struct tnp_decision *d)
{
	const struct tnp_protect *protect;

	switch (d->why) {
	case TNP_WHY_OK:
		tnp_out_text(o, d->row ? "allowed by the baseline" : "allowed by the warrant");
		break;
	case TNP_WHY_NO_WARRANT:
		tnp_out_text(o, "no warrant");
		break;
	case TNP_WHY_NO_TOOL:
		tnp_out_text(o, "the warrant does not grant ");
		tnp_out_term(o, d->tool, 64);
		break;
	case TNP_WHY_UNKNOWN_ARG:
		put_about_arg(o, "the warrant does not know the argument ", d, "");
		break;
	case TNP_WHY_MISSING_ARG:
		put_about_arg(o, "the warrant constrains ", d, ", which an operation of the system does not have");
		break;
	case TNP_WHY_NO_MATCH:
		put_mismatch(o, d);
		break;
	case TNP_WHY_CANNOT_SAY:
		tnp_out_text(o, "cannot be judged by ");
		if (d->constraint)
			put_constraint(o, d->constraint);
		else
			tnp_out_text(o, "the policy's resource");
		break;
	case TNP_WHY_NEEDS_URL:
		if (d->constraint)
			put_constraint(o, d->constraint);
		tnp_out_text(o, " needs a layer that sees URLs");
		break;
	case TNP_WHY_GATE:
		tnp_out_text(o, "the warrant asks for an approval");
		break;
	case TNP_WHY_GAIN:
		tnp_out_text(o, "the new name would allow what the old one does not");
		break;
	case TNP_WHY_EXPIRED:
		tnp_out_text(o, "the warrant has expired");
		break;
	case TNP_WHY_PROTECTED:
		protect = tnp_protected(p, op);
		tnp_out_text(o, "the session may not touch ");
		tnp_out_text(o, protect && protect->what ? protect->what : "what holds it");
		break;
	case TNP_WHY_WRITABLE_PROGRAM:
		tnp_out_text(o, "the session could write the program it would run, and no run_command constraint names it");
		break;
	case TNP_WHY_NOT_SYSTEM:
		tnp_out_text(o, "not a program of the system, and the warrant does not let the session read it");
		break;
	case TNP_WHY_LOADER:
		tnp_out_text(o, "the loader may not be run as a program");
		break;
	case TNP_WHY_BAD_OBJECT:
		tnp_out_text(o, "the object has no name that can be judged");
		break;
	}
}

/* ---------------------------------------------------------------- the nearest thing that would be allowed */
struct nearest {
	struct tn_str object;   /* what candidates are compared with */
	bool from_end;          /* hosts: example.com is near www.example.com */
	size_t best;            /* bytes in common + 1; 0: no candidate yet */
	struct tn_str text;     /* the best */
	const struct tn_constraint *list; /* or a whole list: shlex, allow_domains */
};

static size_t common(const struct nearest *n, struct tn_str s)
{
	size_t max = s.n < n->object.n ? s.n : n->object.n, i = 0;

	if (n->from_end)
		while (i < max && s.p[s.n - 1 - i] == n->object.p[n->object.n - 1 - i])
			i++;
	else
		while (i < max && s.p[i] == n->object.p[i])
			i++;
	return i;
}

static void offer(struct nearest *n, struct tn_str s, const struct tn_constraint *list)
{
	size_t score = common(n, s) + 1;

	if (!s.n || score <= n->best)
		return;
	n->best = score;
	n->text = s;
	n->list = list;
}

static void offer_values(struct nearest *n, struct tn_values v)
{
	for (size_t i = 0; i < v.n; i++) {
		if (v.v[i].type == TN_V_TEXT)
			offer(n, v.v[i].s, NULL);
	}
}

static void offer_strs(struct nearest *n, struct tn_strs v, const struct tn_constraint *c)
{
	for (size_t i = 0; i < v.n; i++)
		offer(n, v.v[i], c);
}

static void offer_constraint(struct nearest *n, const struct tn_constraint *c)
{
	switch (c->type) {
	case TN_C_SUBPATH:
		offer(n, c->subpath.root, NULL);
		break;
	case TN_C_PATTERN:
	case TN_C_CIDR:
	case TN_C_URL_PATTERN:
		offer(n, c->text, NULL);
		break;
	case TN_C_EXACT:
		if (c->exact.type == TN_V_TEXT)
			offer(n, c->exact.s, NULL);
		break;
	case TN_C_ONE_OF:
		offer_values(n, c->values);
		break;
	case TN_C_SHLEX:
		offer_strs(n, c->shlex, c);
		break;
	case TN_C_URL_SAFE:
		offer_strs(n, c->url.allow_domains, c);
		break;
	case TN_C_ALL:
	case TN_C_ANY:
		for (size_t i = 0; i < c->list.n; i++)
			offer_constraint(n, &c->list.c[i]);
		break;
	case TN_C_RANGE:
	case TN_C_REGEX:
	case TN_C_NOT_ONE_OF:
	case TN_C_CONTAINS:
	case TN_C_SUBSET:
	case TN_C_NOT:
	case TN_C_CEL:
	case TN_C_WILDCARD:
	case TN_C_UNKNOWN:
		break;
	}
}

static bool about_object(enum tnp_ours o, bool second)
{
	if (o == TNP_A_SOURCE || o == TNP_A_DESTINATION)
		return second == (o == TNP_A_DESTINATION);
	return o == TNP_A_PATH || o == TNP_A_PATHS || o == TNP_A_COMMAND || o == TNP_A_PROGRAM || o == TNP_A_URL || o == TNP_A_HOST ||
	       o == TNP_A_IP;
}

/* The row whose constraints would have had to hold: of a rename or link that of the name that was refused. */
static enum tnp_maprow asked_row(const tnp_policy *p, const struct tnp_op *op, bool second)
{
	const struct tnp_rowb *moves = tnp_leaf_row(p, TNP_ROW_RENAME);

	if (op->kind == TNP_RENAME && moves && moves->n)
		return TNP_ROW_RENAME;
	if (op->kind == TNP_RENAME || op->kind == TNP_LINK)
		return second ? TNP_ROW_CREATE : op->kind == TNP_LINK ? TNP_ROW_READ : tnp_maprow_of(TNP_DELETE, op->is_dir);
	return tnp_maprow_of(op->kind, op->is_dir);
}

static struct tn_str compared(const struct tnp_op *op, const struct tnp_decision *d, const char *shown)
{
	bool net = op->kind == TNP_CONNECT || op->kind == TNP_RESOLVE || op->kind == TNP_LISTEN;

	if (net && op->net && op->net->nnames)
		return op->net->names[0];
	if (net || op->kind == TNP_EXEC)
		return tn_cstr(shown);
	return d->object;
}

static bool may_help(enum tnp_why why)
{
	return why == TNP_WHY_NO_TOOL || why == TNP_WHY_NO_MATCH || why == TNP_WHY_CANNOT_SAY || why == TNP_WHY_NEEDS_URL ||
	       why == TNP_WHY_MISSING_ARG || why == TNP_WHY_NOT_SYSTEM || why == TNP_WHY_WRITABLE_PROGRAM || why == TNP_WHY_NO_WARRANT;
}

static void put_nearest(struct tnp_out *o, const tnp_policy *p, const struct tnp_op *op, const struct tnp_decision *d, const char *shown)
{
	bool second = (op->kind == TNP_RENAME || op->kind == TNP_LINK) && tn_str_eq(d->object, op->path2);
	enum tnp_maprow asked = asked_row(p, op, second);
	const struct tnp_rowb *row = asked < TNP_NROWS ? tnp_leaf_row(p, asked) : NULL;
	struct nearest n = { .object = compared(op, d, shown), .from_end = op->net && op->net->nnames };

	for (size_t i = 0; row && i < row->n; i++) {
		for (size_t k = 0; !row->b[i].impossible && k < row->b[i].nargs; k++) {
			if (about_object(row->b[i].args[k].ours, second))
				offer_constraint(&n, row->b[i].args[k].orig);
		}
		if (row->b[i].resource && row->b[i].resource->path)
			offer_constraint(&n, row->b[i].resource->path);
	}
	if (n.list)
		put_strs(o, n.list->type == TN_C_SHLEX ? n.list->shlex : n.list->url.allow_domains);
	else
		tnp_out_term(o, n.text, 250);
}

/* ---------------------------------------------------------------- the capability to ask for */
static void put_exact(struct tnp_out *o, const char *before, struct tn_str arg, struct tn_str value)
{
	tnp_out_text(o, before);
	tnp_out_json(o, arg, 100);
	tnp_out_text(o, ":{\"exact\":");
	tnp_out_json(o, value, SIZE_MAX);
	tnp_out_text(o, "}");
}

static void put_port(struct tnp_out *o, uint16_t port)
{
	tnp_out_text(o, ",\"port\":{\"exact\":");
	tnp_out_uint(o, port);
	tnp_out_text(o, "}");
}

static void put_net_capability(struct tnp_out *o, const struct tnp_op *op)
{
	char ip[48];
	struct tn_str address = { ip, tnp_ip_text(op->net, ip) };
	bool listen = op->kind == TNP_LISTEN;

	tnp_out_text(o, listen ? "{\"listen\":{" : "{\"connect\":{");
	put_exact(o, "", listen ? TN_STR("ip") : TN_STR("host"), !listen && op->net->nnames ? op->net->names[0] : address);
	if (op->kind != TNP_RESOLVE)
		put_port(o, op->net->port);
	tnp_out_text(o, "}}");
}

static void put_exec_capability(struct tnp_out *o, const struct tnp_op *op, struct tn_str tool)
{
	char text[300];
	long n = tnp_exec_command(op, text, sizeof(text));

	if (n < 0) {
		o->full = true;
		return;
	}
	tnp_out_text(o, "{");
	tnp_out_json(o, tool, 100);
	put_exact(o, ":{", TN_STR("command"), (struct tn_str){ text, (size_t)n });
	tnp_out_text(o, "}}");
}

static void put_two(struct tnp_out *o, const struct tnp_op *op)
{
	if (op->kind == TNP_RENAME) {
		put_exact(o, "{\"move_file\":{", TN_STR("source"), op->path);
		put_exact(o, ",", TN_STR("destination"), op->path2);
	} else {
		put_exact(o, "{\"read_file\":{", TN_STR("path"), op->path);
		put_exact(o, "},\"write_file\":{", TN_STR("path"), op->path2);
	}
	tnp_out_text(o, "}}");
}

static void put_capability(struct tnp_out *o, const struct tnp_op *op, const struct tnp_decision *d)
{
	if ((op->kind == TNP_CONNECT || op->kind == TNP_RESOLVE || op->kind == TNP_LISTEN) && op->net) {
		put_net_capability(o, op);
	} else if (op->kind == TNP_EXEC && op->exec) {
		put_exec_capability(o, op, d->tool);
	} else if (!tn_utf8_valid(op->path.p, op->path.n)) {
		o->full = true; /* no text can name it */
	} else if (op->kind == TNP_RENAME || op->kind == TNP_LINK) {
		put_two(o, op);
	} else {
		tnp_out_text(o, "{");
		tnp_out_json(o, d->tool, 100);
		put_exact(o, ":{", d->arg.n && is_plain_arg(d->arg) ? d->arg : TN_STR("path"), op->path);
		tnp_out_text(o, "}}");
	}
}

/* ---------------------------------------------------------------- all of it */
void tnp_explain(const tnp_policy *p, const struct tnp_op *op, const struct tnp_decision *d, int64_t now, struct tnp_words *w)
{
	struct tnp_out o;

	(void)now;
	o = tnp_out_over(w->op, sizeof(w->op));
	tnp_out_term(&o, d->tool, sizeof(w->op) - 1);
	(void)tnp_out_end(&o);
	o = tnp_out_over(w->object, sizeof(w->object));
	put_object(&o, op);
	(void)tnp_out_end(&o);
	o = tnp_out_over(w->reason, sizeof(w->reason));
	put_reason(&o, p, op, d);
	(void)tnp_out_end(&o);
	w->constraint[0] = '\0';
	if (d->constraint)
		(void)tnp_constraint_text(d->constraint, w->constraint, sizeof(w->constraint));
	o = tnp_out_over(w->nearest, sizeof(w->nearest));
	if (d->verdict != TN_ALLOW && may_help(d->why))
		put_nearest(&o, p, op, d, w->object);
	(void)tnp_out_end(&o);
	memcpy(w->warrant, p->warrant, sizeof(w->warrant));
	o = tnp_out_over(w->capability, sizeof(w->capability));
	if (d->verdict != TN_ALLOW && may_help(d->why))
		put_capability(&o, op, d);
	if (o.full)
		o.n = 0; /* half a capability would be another one */
	o.full = false;
	(void)tnp_out_end(&o);
}

static void put_left(struct tnp_out *o, int64_t left)
{
	static const struct { int64_t below, unit; const char *name; } steps[] = {
		{ 120, 1, " s" }, { 7200, 60, " min" }, { 172800, 3600, " h" }, { INT64_MAX, 86400, " days" },
	};
	size_t i = 0;

	if (left <= 0) {
		tnp_out_text(o, ", expired)");
		return;
	}
	while (left >= steps[i].below && i < 3)
		i++;
	tnp_out_text(o, ", expires in ");
	tnp_out_int(o, left / steps[i].unit);
	tnp_out_text(o, steps[i].name);
	tnp_out_text(o, ")");
}

size_t tnp_sentence(const tnp_policy *p, const struct tnp_op *op, const struct tnp_decision *d, int64_t now, char *out, size_t cap)
{
	struct tnp_out o = tnp_out_over(out, cap ? cap - 1 : 0); /* one for the end of the line */
	struct tnp_words w;
	size_t n;

	if (cap < 2)
		return 0;
	tnp_explain(p, op, d, now, &w);
	tnp_out_text(&o, "tenuo-shim: ");
	tnp_out_text(&o, d->verdict == TN_ALLOW ? "allowed " : d->mode == TNP_ENFORCE ? "denied " : "would deny ");
	tnp_out_text(&o, w.op);
	tnp_out_text(&o, " ");
	tnp_out_text(&o, w.object);
	tnp_out_text(&o, ": ");
	tnp_out_text(&o, w.reason);
	if (w.warrant[0]) {
		tnp_out_text(&o, " (warrant ");
		tnp_out_text(&o, w.warrant);
		put_left(&o, p->expires - now);
	}
	if (w.nearest[0]) {
		tnp_out_text(&o, "; allowed: ");
		tnp_out_text(&o, w.nearest);
	}
	n = tnp_out_end(&o);
	out[n] = '\n';
	out[n + 1] = '\0';
	return n + 1;
}
