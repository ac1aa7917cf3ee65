/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROWS_H
#define ROWS_H
/*
 * Test rows: JSON to values and constraints.  Only for tests.  Unlike the product's reader it lets NUL
 * characters through (some rows are about them) and keeps 42 and 42.0 apart.
 */
#include "tn_types.h"

bool rows_parse(const char *text, size_t n, struct tn_arena *a, struct tn_value *v); /* one value, nothing behind it */
const struct tn_value *rows_get(const struct tn_value *map, const char *key);
bool rows_constraint(const struct tn_value *v, struct tn_arena *a, struct tn_constraint *c);
bool rows_cset(const struct tn_value *v, struct tn_arena *a, struct tn_cset *s);

/* a literal in a unit test: rows_c(arena, "{\"pattern\": \"a*\"}"); aborts on a mistake in the test */
const struct tn_constraint *rows_c(struct tn_arena *a, const char *json);
const struct tn_value *rows_v(struct tn_arena *a, const char *json);
#endif
