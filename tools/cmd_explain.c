/* SPDX-License-Identifier: Apache-2.0 */
/* explain: may it, why, and what instead.  Asks the functions that decide elsewhere; decides
 * nothing itself. */
#include "situation.h"
#include "operation.h"

#include <policy/json.h>
#include <policy/plan.h>
#include <string.h>

enum { O_TOOL = S_NROWS, O_ARGS, O_OP, NROWS };
/* clang-format off */
static const struct opt opts[] = {
	SITUATION_OPTS,
	[O_TOOL] = { .name = "tool", .kind = OPT_ONE, .arg = "TOOL", .help = "ask about a tool call" },
	[O_ARGS] = { .name = "args", .kind = OPT_ONE, .arg = "JSON", .help = "its arguments (default {})" },
	[O_OP] = { .name = "op", .kind = OPT_ONE, .arg = "KIND", .hint = HINT_WORDS, .words = OPERATION_WORDS,
		   .help = "ask about what a process does: " OPERATION_LIST },
};
/* clang-format on */

/* What both kinds of question are answered with. */
struct answer {
	enum tn_verdict verdict;
	enum tn_code code;
	const char *op, *object, *object2; /* of an operation */
	struct tn_str tool, arg;
	const struct tn_constraint *constraint;
	const char *reason, *nearest, *capability, *row, *mode;
	const char *layer; /* who holds this kind of operation at level 1 */
};

static void answer_json(struct ctx *c, const struct situation *s, const struct answer *a)
{
	struct json j = {0};
	const char *constraint = NULL;
	if (a->constraint &&
	    tnp_constraint_json(a->constraint, &c->arena, &constraint, &c->err) != TN_OK)
		constraint = NULL;
	j_open(&j, NULL, '{');
	j_text(&j, "verdict", a->verdict == TN_ALLOW ? "allow" : "deny");
	j_text(&j, "op", a->op);
	j_text(&j, "object", a->object);
	j_text(&j, "object2", a->object2);
	if (a->tool.n)
		j_str(&j, "tool", a->tool);
	if (a->arg.n)
		j_str(&j, "arg", a->arg);
	if (a->verdict == TN_DENY) {
		j_int(&j, "code", a->code);
		j_text(&j, "name", tn_code_name(a->code));
	}
	j_text(&j, "reason", a->reason);
	if (constraint)
		j_raw(&j, "constraint", constraint);
	j_text(&j, "nearest", a->nearest);
	j_text(&j, "capability", a->capability);
	j_text(&j, "baseline", a->row);
	j_text(&j, "mode", a->mode);
	j_text(&j, "layer", a->layer);
	j_text(&j, "warrant", show_id(c, s->chain.links[s->chain.n - 1]));
	j_int(&j, "expires_at", s->chain.links[s->chain.n - 1]->expires_at);
	j_text(&j, "caveat", situation_caveat(s));
	j_close(&j, '}');
	j_end();
}

static void answer_text(struct ctx *c, const struct situation *s, const struct answer *a)
{
	const tn_warrant *leaf = s->chain.links[s->chain.n - 1];
	paint(c, a->verdict == TN_ALLOW ? C_GREEN : C_RED, "%s",
	      a->verdict == TN_ALLOW ? "allowed" : "denied");
	printf(" %s%s%s%s%s\n", safe(c, a->tool), a->object ? " " : "",
	       a->object ? safe(c, tn_cstr(a->object)) : "", a->object2 ? " to " : "",
	       a->object2 ? safe(c, tn_cstr(a->object2)) : "");
	if (a->verdict == TN_DENY)
		field(c, "because", "%s (%d %s)", safe(c, tn_cstr(a->reason)), a->code,
		      tn_code_name(a->code));
	else if (a->row)
		field(c, "because", "baseline:%s", a->row);
	if (a->arg.n)
		field(c, "argument", "%s", safe(c, a->arg));
	if (a->constraint)
		field(c, "constraint", "%s", show_constraint(c, a->constraint));
	if (a->nearest && *a->nearest)
		field(c, "instead", "%s", safe(c, tn_cstr(a->nearest)));
	if (a->verdict == TN_DENY && a->capability && *a->capability)
		field(c, "to allow it", "%s", safe(c, tn_cstr(a->capability)));
	if (a->layer)
		field(c, "held by", "%s", safe(c, tn_cstr(a->layer)));
	if (a->mode)
		field(c, "mode", "%s", a->mode);
	field(c, "warrant", "%s, %s", show_id(c, leaf), show_left(c, leaf->expires_at, s->now));
	if (situation_caveat(s))
		field(c, "note", "%s", situation_caveat(s));
}

static int answer_print(struct ctx *c, const struct situation *s, const struct answer *a)
{
	if (c->args.json)
		answer_json(c, s, a);
	else
		answer_text(c, s, a);
	return a->verdict == TN_ALLOW ? EXIT_YES : EXIT_NO;
}

/* ---------------------------------------------------------------- a tool call */
static const char *tools_granted(struct ctx *c, const tn_warrant *leaf)
{
	const char *all = NULL;
	for (size_t i = 0; i < leaf->ntools; i++)
		all = xprintf(c, "%s%s%.*s", all ? all : "", all ? ", " : "",
			      (int)leaf->tools[i].name.n, leaf->tools[i].name.p);
	return all;
}

static void arguments(struct ctx *c, struct tn_value *v)
{
	const char *arg = opt_get(c, O_ARGS);
	struct cJSON *doc = NULL;
	*v = (struct tn_value){.type = TN_V_MAP};
	if (!arg)
		return;
	struct text text = json_read(c, arg);
	if (tnp_json_parse(text.p, text.n, &doc, &c->err) != TN_OK ||
	    tnp_json_value(doc, &c->arena, v, &c->err) != TN_OK)
		die_err(&c->err, "--args");
	tnp_json_free(doc);
	if (v->type != TN_V_MAP)
		die(TN_E_JSON, "--args is not a JSON object");
}

static int explain_tool(struct ctx *c, struct situation *s)
{
	struct tn_value args;
	struct tn_decision d = {.verdict = TN_DENY};
	struct tn_str tool = tn_cstr(opt_get(c, O_TOOL));
	opt_operands(c, 0, 0, "");
	arguments(c, &args);
	tn_allows(s->grant, tool.p, tool.n, args.map.v, args.map.n, s->now, &d);
	struct answer a = {.verdict = d.verdict,
			   .code = d.code,
			   .tool = tool,
			   .arg = {d.arg, d.arg_len},
			   .constraint = d.constraint,
			   .reason = d.verdict == TN_DENY ? d.reason : NULL};
	if (d.code == TN_E_TOOL_NOT_AUTHORIZED)
		a.nearest = tools_granted(c, tn_grant_leaf(s->grant));
	else if (d.constraint)
		a.nearest = show_constraint(c, d.constraint);
	return answer_print(c, s, &a);
}

/* ---------------------------------------------------------------- an operation */
/* As `plan` says it of the whole kind; a plan that cannot be built leaves it unsaid. */
static const char *layer_of(struct ctx *c, const struct situation *s, enum tnp_kind kind)
{
	const struct tnp_plan *plan;
	if (tnp_plan_build(s->policy, 1, &c->arena, &plan, &c->err) != TN_OK)
		return NULL;
	for (size_t i = 0; i < plan->nlines; i++) {
		if (plan->lines[i].kind == kind)
			return plan->lines[i].layer;
	}
	return NULL;
}

static int explain_op(struct ctx *c, struct situation *s)
{
	struct operation o;
	struct tnp_facts facts;
	struct tns_facts_opts fo = {0};
	struct tnp_decision d = {.verdict = TN_DENY};
	struct tnp_words w = {0};
	operation_read(c, opt_get(c, O_OP), &o);
	if (tns_plain_facts(&fo, &c->arena, &facts, &c->err) != TN_OK)
		die_err(&c->err, "cannot look at this machine");
	situation_policy(c, s, &facts);
	tnp_decide(s->policy, &o.op, s->now, &d);
	tnp_explain(s->policy, &o.op, &d, s->now, &w);
	if (o.op.kind == TNP_EXEC)
		o.object = w.object; /* the command as its constraint sees it */
	struct answer a = {.verdict = d.verdict,
			   .code = d.code,
			   .op = tnp_kind_name(o.op.kind),
			   .object = o.object,
			   .object2 = o.object2,
			   .tool = d.tool,
			   .arg = d.arg,
			   .constraint = d.constraint,
			   .reason = d.verdict == TN_DENY ? w.reason : NULL,
			   .nearest = *w.nearest ? w.nearest : NULL,
			   .capability = *w.capability ? w.capability : NULL,
			   .row = d.row,
			   .mode = d.mode == TNP_ENFORCE ? NULL : tnp_mode_name(d.mode),
			   .layer = layer_of(c, s, o.op.kind)};
	return answer_print(c, s, &a);
}

static int run(struct ctx *c)
{
	struct situation s = {0};
	if (opt_has(c, O_TOOL) == opt_has(c, O_OP))
		die(TN_E_USAGE,
		    "either --tool TOOL or --op KIND is needed; see tenuo-shim explain --help");
	if (opt_has(c, O_ARGS) && opt_has(c, O_OP))
		die(TN_E_USAGE, "--args belongs to --tool");
	situation_grant(c, &s);
	if (s.code != TN_OK) {
		struct answer a = {.verdict = TN_DENY,
				   .code = s.code,
				   .tool = tn_cstr(opt_has(c, O_TOOL) ? opt_get(c, O_TOOL) : ""),
				   .reason =
				       xprintf(c, "the warrant is not valid: %s", c->err.msg)};
		return answer_print(c, &s, &a);
	}
	return opt_has(c, O_TOOL) ? explain_tool(c, &s) : explain_op(c, &s);
}

/* clang-format off */
const struct cmd cmd_explain = {
	.name = "explain",
	.synopsis = "[-w W] [--root KEY].. --tool TOOL [--args JSON]\n"
		    "[-w W] [--root KEY].. --op KIND OBJECT..",
	.what = "Says whether a tool call or an operation is allowed, why, and what would be allowed instead.",
	.opts = opts, .nopts = sizeof(opts) / sizeof(*opts),
	.more = "OBJECT is a path (read, list, create, write, append, mkdir, metadata, delete, unix), two paths (rename, link), a "
		"command with its arguments, after -- if they begin with dashes (exec), a URL or HOST:PORT (connect), a host name "
		"(resolve), ADDRESS:PORT (listen). Paths are resolved as this machine's kernel would; no name is looked up in the DNS.",
	.exits = "0 allowed, 1 error, 2 denied",
	.example = "tenuo-shim explain -w agent.warrant --op read /etc/shadow",
	.operands = HINT_FILE,
	.refused = EXIT_ERROR,
	.run = run,
};
/* clang-format on */
