/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TN_CHAIN_H
#define TN_CHAIN_H
#include <tenuo/tenuo.h>
#include "tn_types.h"

struct tn_grant {
	const tn_warrant *const *links;
	size_t n;
	int64_t expires_at;
};
/* Everything that tn_chain_verify asks, but whether the first issuer is trusted. */
enum tn_code tn_chain_check(const tn_warrant *const *links, size_t n, int64_t now, int64_t skew,
			    struct tn_err *e) TN_MUST_USE;
/* One link below another: I1-I5. */
enum tn_code tn_link_check(const tn_warrant *parent, const tn_warrant *child,
			   struct tn_err *e) TN_MUST_USE;
/*
 * A grant again, from a stack that tn_chain_verify accepted when the session began and that has
 * lain since where the session cannot write. Asks for no signature, no root and no time: only for
 * bytes with that history.
 */
enum tn_code tn_grant_reload(const uint8_t *stack, size_t n, struct tn_arena *a,
			     const tn_grant **grant, struct tn_err *e) TN_MUST_USE;

#endif
