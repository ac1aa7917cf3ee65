/* SPDX-License-Identifier: Apache-2.0 */
/* Which operations a tool of the warrant stands for: told by `plan`, decided nowhere. */
#include "internal.h"

static bool row_has(const struct tnp_policy *p, enum tnp_maprow r, struct tn_str tool)
{
	if (r == TNP_ROW_NONE)
		return false;
	const struct tnp_rowb *row = tnp_leaf_row(p, r);
	for (size_t i = 0; row && i < row->n; i++) {
		if (tn_str_eq(row->b[i].entry->name, tool))
			return true;
	}
	return false;
}

bool tnp_policy_binds(const tnp_policy *p, struct tn_str tool, enum tnp_kind k)
{
	/* rmdir has a row of its own */
	return row_has(p, tnp_maprow_of(k, false), tool) || row_has(p, tnp_maprow_of(k, true), tool);
}
