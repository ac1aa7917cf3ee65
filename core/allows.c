/* SPDX-License-Identifier: Apache-2.0 */
/* Deciding a tool call.  Starts from DENY; ALLOW is written in one place, at the end.  Takes no
 * memory. */
#include <stdarg.h>
#include <string.h>
#include "tn_chain.h"
#include "tn_fail.h"
#include "tn_gates.h"

static void deny(struct tn_decision *d, enum tn_code code, const char *fmt, ...) TN_PRINTF(3, 4);
static void deny(struct tn_decision *d, enum tn_code code, const char *fmt, ...)
{
	va_list ap;

	d->verdict = TN_DENY;
	d->code = code;
	va_start(ap, fmt);
	tn_vfmt(d->reason, sizeof(d->reason), fmt, ap);
	va_end(ap);
}

/* Why the constraint did not hold, in its own words. */
static void say_constraint(struct tn_decision *d, const struct tn_cset_why *why,
			   const struct tn_pair *args, size_t nargs)
{
	struct tn_err words = { 0 };

	for (size_t i = 0; i < nargs; i++)
		if (tn_str_eq(args[i].key, why->arg))
			(void)tn_constraint_match(why->c, &args[i].val, &words);
	deny(d, TN_E_CONSTRAINT_VIOLATION, "%.*s: %s", (int)why->arg.n, why->arg.p,
	     words.msg[0]    ? words.msg
	     : d->cannot_say ? "the constraint cannot be judged here"
			     : "outside the constraint");
}

static void deny_set(struct tn_decision *d, const struct tn_cset_why *why,
		     const struct tn_pair *args, size_t nargs)
{
	d->arg = why->arg.p;
	d->arg_len = why->arg.n;
	d->constraint = why->c;
	d->cannot_say = why->kind == TN_SET_CANNOT_SAY;
	switch (why->kind) {
	case TN_SET_UNKNOWN_ARG:
		deny(d, TN_E_CONSTRAINT_VIOLATION, "the warrant does not know the argument %.*s",
		     (int)why->arg.n, why->arg.p);
		break;
	case TN_SET_MISSING_ARG:
		deny(d, TN_E_CONSTRAINT_VIOLATION, "the argument %.*s is missing", (int)why->arg.n,
		     why->arg.p);
		break;
	case TN_SET_NO_MATCH:
	case TN_SET_CANNOT_SAY:
		say_constraint(d, why, args, nargs);
		break;
	case TN_SET_OK:
		deny(d, TN_E_INTERNAL, "a set that did not match gave no reason");
		break;
	}
}

static bool pass_gates(const tn_warrant *w, struct tn_str tool, const struct tn_pair *args,
		       size_t nargs, struct tn_decision *d)
{
	struct tn_str arg;
	enum tn_match m = tn_gates_fire(w->gates, tool, args, nargs, &arg);

	if (m == TN_NO_MATCH)
		return true;
	d->arg = arg.p;
	d->arg_len = arg.n;
	d->cannot_say = m == TN_CANNOT_SAY;
	if (m == TN_CANNOT_SAY)
		deny(d, TN_E_CONSTRAINT_VIOLATION, "the approval gate on %.*s cannot be judged",
		     (int)arg.n, arg.p);
	else
		deny(d, TN_E_APPROVAL_REQUIRED, "the warrant asks for an approval of %.*s",
		     (int)tool.n, tool.p);
	return false;
}

static const struct tn_tool *entry_for(const tn_warrant *w, struct tn_str tool)
{
	const struct tn_tool *own = tn_warrant_tool(w, tool);

	return own ? own : tn_warrant_tool(w, TN_STR("*"));
}

static bool may_act(const tn_grant *g, int64_t now, struct tn_decision *d)
{
	if (now >= g->expires_at)
		deny(d, TN_E_EXPIRED, "the warrant has expired");
	else if (tn_grant_leaf(g)->issuer_type)
		deny(d, TN_E_VALIDATION, "an issuer warrant may issue, not act");
	else
		return true;
	return false;
}

void tn_allows(const tn_grant *g, const char *tool, size_t tool_len, const struct tn_pair *args,
	       size_t nargs, int64_t now, struct tn_decision *d)
{
	struct tn_str name = { tool, tool_len };
	struct tn_cset_why why = { 0 };

	*d = (struct tn_decision){ .verdict = TN_DENY, .code = TN_E_INTERNAL };
	if (!may_act(g, now, d))
		return;
	const tn_warrant *leaf = tn_grant_leaf(g);
	const struct tn_tool *t = entry_for(leaf, name);
	if (!t) {
		deny(d, TN_E_TOOL_NOT_AUTHORIZED, "the warrant does not grant %.*s", (int)name.n,
		     name.p);
		return;
	}
	d->tool = t->name.p;
	d->tool_len = t->name.n;
	if (tn_cset_match(&t->set, args, nargs, &why) != TN_MATCH) {
		deny_set(d, &why, args, nargs);
		return;
	}
	if (!pass_gates(leaf, name, args, nargs, d))
		return;
	d->code = TN_OK;
	d->verdict = TN_ALLOW;
}
