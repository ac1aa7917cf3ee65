/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes choose a parent, a child and values.  Oracles: what an accepted child matches, its parent
 * matches; Not of a cannot-say is a cannot-say; a reason is given for every denial.
 */
#include <stdlib.h>

#include "fuzz.h"
#include "sample.h"

static void answers_agree(const struct tn_constraint *c, const struct tn_value *v)
{
	struct tn_constraint not = { .type = TN_C_NOT, .list = { c, 1 } };
	struct tn_err e = { 0 };
	enum tn_match m = tn_constraint_match(c, v, &e), n = tn_constraint_match(&not, v, NULL);

	if (m != TN_MATCH && (e.code == TN_OK || !e.msg[0]))
		abort();
	if (m == TN_CANNOT_SAY ? n != TN_CANNOT_SAY : n != (m == TN_MATCH ? TN_NO_MATCH : TN_MATCH))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dice d = { .bytes = data, .nbytes = size };
	struct tn_arena a = TN_ARENA_MALLOC;
	const struct tn_constraint *p = sample_constraint(&d, &a, SAMPLE_TYPES[dice_roll(&d, (uint32_t)SAMPLE_NTYPES)], 0);
	const struct tn_constraint *c = sample_relative(&d, &a, p, 0);
	size_t matches = 0;

	(void)!tn_constraint_check(p, NULL);
	answers_agree(c, sample_value(&d, &a, c));
	if (tn_constraint_attenuates(p, c, NULL) == TN_OK && sample_widening(&d, &a, p, c, 8, &matches))
		abort();
	tn_arena_free(&a);
	return 0;
}
