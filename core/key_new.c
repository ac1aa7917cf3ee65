/* SPDX-License-Identifier: Apache-2.0 */
/* Needs random numbers, so it is left out of the preload's build. */
#include "tn_crypto.h"
#include "tn_fail.h"

enum tn_code tn_key_generate(struct tn_key *k, struct tn_err *e)
{
	uint8_t seed[32];

	TN_TRY(tn_init(e));
	tn_random(seed, sizeof(seed));
	enum tn_code code = tn_key_from_seed(k, seed, e);
	tn_wipe(seed, sizeof(seed));
	return code;
}
