/* SPDX-License-Identifier: Apache-2.0 */
/* The table of tool names, the baseline and the presets of policy/data, compiled by gen_policy.c. */
#include "internal.h"

static const uint8_t embedded[] = {
#include "policy_default.inc"
};

enum tn_code tnp_config_default(struct tn_arena *a, const tnp_config **c, struct tn_err *e)
{
	return tnp_config_decode(embedded, sizeof(embedded), a, c, e);
}
