/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICY_SAMPLE_H
#define POLICY_SAMPLE_H
/*
 * Parents, children and operations, drawn so that they often meet: what a child is allowed its parent has to be allowed too.
 * Choices come from a seed or from a fuzzer's bytes.
 */
#include <policy/policy.h>
#include "sample.h"

struct sample_pair { const tn_grant *parent, *child; };
/* false: this child was refused, as many are */
bool sample_pair(struct dice *d, struct tn_arena *a, int64_t now, struct sample_pair *out);
/* everything it points to is in the arena */
void sample_op(struct dice *d, struct tn_arena *a, const tn_grant *about, struct tnp_op *op);
#endif
