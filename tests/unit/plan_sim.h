/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_PLAN_SIM_H
#define TESTS_PLAN_SIM_H
/*
 * A small Landlock: what the kernel would answer under a plan's rules.  test_plan holds it against
 * decisions, tests/launcher/plan_live holds it against the kernel.
 */
#include <stdlib.h>
#include <string.h>
#include <policy/plan.h>

static inline bool within(struct tn_str path, struct tn_str tree)
{
	if (tree.n == 1)
		return true;
	return path.n >= tree.n && memcmp(path.p, tree.p, tree.n) == 0 &&
	       (path.n == tree.n || path.p[tree.n] == '/');
}

static inline bool given(const struct tnp_plan *plan, struct tn_str path, uint32_t right,
			 bool trees_only, bool exact_only)
{
	for (size_t i = 0; i < plan->nrules; i++) {
		const struct tnp_rule *r = &plan->rules[i];

		if (!(r->rights & right) || r->hold == TNP_ADVISORY ||
		    (exact_only && r->hold != TNP_EXACT))
			continue;
		if (r->tree ? within(path, r->path) : !trees_only && tn_str_eq(path, r->path))
			return true;
	}
	return false;
}

static inline struct tn_str parent_of(struct tn_str path)
{
	size_t n = path.n;

	while (n > 1 && path.p[n - 1] != '/')
		n--;
	return (struct tn_str){path.p, n > 1 ? n - 1 : 1};
}

/* What the kernel would ask for this operation. */
static inline bool simulate(const struct tnp_plan *plan, enum tnp_kind kind, struct tn_str path,
			    bool exact)
{
	struct tn_str dir = parent_of(path);

	switch ((int)kind) {
	case TNP_READ:
		return given(plan, path, TNP_R_READ, false, exact);
	case TNP_LIST:
		return given(plan, path, TNP_R_LIST, false, exact);
	case TNP_WRITE:
	case TNP_APPEND:
		return given(plan, path, TNP_R_WRITE, false, exact);
	case TNP_CREATE: /* the directory is asked for the new name, then the open asks to write */
		return given(plan, dir, TNP_R_CREATE, true, exact) &&
		       (exact || given(plan, path, TNP_R_WRITE, true, false));
	case TNP_MKDIR:
		return given(plan, dir, TNP_R_MKDIR, true, exact);
	case TNP_DELETE:
		return given(plan, dir, TNP_R_DELETE, true, exact);
	case TNP_EXEC:
		/* what is executed is opened for reading as well */
		return given(plan, path, TNP_R_EXEC | TNP_R_INTERP, false, exact) &&
		       (exact || given(plan, path, TNP_R_READ, false, false));
	default:
		abort(); /* no such operation here */
	}
}

#endif
