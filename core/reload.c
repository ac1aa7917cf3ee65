/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session's chain, read again by each of its processes.  The launcher verified it and wrote it
 * where the session can only read; what costs 100 us a link is not done again for every fork of a
 * shell script.
 */
#include "tn_chain.h"
#include "tn_fail.h"
#include "tn_wire.h"

enum tn_code tn_grant_reload(const uint8_t *stack, size_t n, struct tn_arena *a,
			     const tn_grant **grant, struct tn_err *e)
{
	struct tn_reader r = {
	    .c = tn_cbor_over((struct tn_bytes){stack, n}, 0, e), .a = a, .vouched = true};
	struct tn_cbor peek = r.c;
	enum tn_major first = TN_ARRAY;
	size_t links;

	*grant = NULL;
	if (n > TN_STACK_MAX)
		return tn_fail(e, TN_E_TOO_LARGE, "the token is larger than %u bytes",
			       TN_STACK_MAX);
	TN_TRY(tn_cbor_array(&peek, &links));
	if (tn_cbor_peek(&peek, &first) && first == TN_UINT)
		links = 1; /* an envelope alone: it begins with its version */
	else
		r.c = peek;
	if (links == 0 || links > TN_CHAIN_MAX)
		return tn_fail(e, TN_E_CHAIN, "a stack of %zu links", links);
	const tn_warrant **v = tn_arena_array(a, links, sizeof(*v));
	struct tn_grant *g = tn_arena_alloc(a, sizeof(*g));

	if (!v || !g)
		return tn_no_memory(e);
	for (size_t i = 0; i < links; i++)
		TN_TRY(tn_envelope_read(&r, &v[i]));
	TN_TRY(tn_cbor_end(&r.c));
	/* It still has to be a chain: cheap without signatures.  The time is the caller's business.
	 */
	TN_TRY(tn_chain_check((const tn_warrant *const *)v, links, v[links - 1]->issued_at,
			      TN_TIME_MAX, e));
	*g = (struct tn_grant){(const tn_warrant *const *)v, links, v[links - 1]->expires_at};
	*grant = g;
	return TN_OK;
}
