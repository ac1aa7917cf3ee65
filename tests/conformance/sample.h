/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SAMPLE_H
#define SAMPLE_H
/*
 * Constraints and values to try them with.  Drawn from a small vocabulary on purpose: two draws are
 * often related, and the awkward spellings (classes, "**", trailing dots, mapped addresses, NaN) come up
 * in every run.  The choices come from a seed, or from bytes when a fuzzer drives.
 */
#include "tn_types.h"

struct dice { uint64_t state; const uint8_t *bytes; size_t nbytes; };
uint32_t dice_roll(struct dice *d, uint32_t sides);

extern const enum tn_ctype SAMPLE_TYPES[];
extern const size_t SAMPLE_NTYPES;
const struct tn_constraint *sample_constraint(struct dice *d, struct tn_arena *a, enum tn_ctype type, unsigned depth);
/* something like it: the same, narrowed, widened or bent */
const struct tn_constraint *sample_relative(struct dice *d, struct tn_arena *a, const struct tn_constraint *c, unsigned depth);
/* a value that c has reason to match */
const struct tn_value *sample_value(struct dice *d, struct tn_arena *a, const struct tn_constraint *c);

/* NULL if every value tried that child matches is matched by parent, else the first that is not; counts the matches */
const struct tn_value *sample_widening(struct dice *d, struct tn_arena *a, const struct tn_constraint *parent,
				       const struct tn_constraint *child, int tries, size_t *matches);
#endif
