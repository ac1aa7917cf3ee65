/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TN_GATES_H
#define TN_GATES_H
/*
 * Approval gates: which calls need a human's signature besides the warrant.
 *
 * The gate of a tool is its own entry, else the one under "*".  Upstream never consults "*"; asking
 * there too can only ask for more approvals.
 */
#include "tn_types.h"

enum tn_gate_kind { TN_GATE_ALL, TN_GATE_MATCH, TN_GATE_EXEMPT };
struct tn_arg_gate {
	struct tn_str arg;
	enum tn_gate_kind kind;
	struct tn_constraint c; /* MATCH: fires when it matches; EXEMPT: when it does not */
	struct tn_bytes raw;    /* as on the wire, for "the same gate" */
};
struct tn_tool_gate {
	struct tn_str tool;
	bool whole; /* every call */
	const struct tn_arg_gate *args;
	size_t nargs;
};
struct tn_gates {
	const struct tn_tool_gate *v;
	size_t n;
};

/* raw may be empty: no gates, *g NULL */
enum tn_code tn_gates_read(struct tn_bytes raw, struct tn_arena *a, const struct tn_gates **g,
			   struct tn_err *e) TN_MUST_USE;
/* MATCH = fires, CANNOT_SAY = a gate could not be judged; arg is the one that fired */
enum tn_match tn_gates_fire(const struct tn_gates *g, struct tn_str tool,
			    const struct tn_pair *args, size_t nargs, struct tn_str *arg);
/* Does every call of any of the child's tools that fires a gate of the parent fire one of the
 * child? */
enum tn_code tn_gates_attenuate(const struct tn_warrant *parent, const struct tn_warrant *child,
				struct tn_err *e) TN_MUST_USE;

#endif
