/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICY_OUT_H
#define POLICY_OUT_H
/*
 * Writing text into a fixed buffer: no malloc, no stdio, safe in a signal handler.  Untrusted bytes are escaped, characters are
 * written whole, and what does not fit is cut with "..." where the caller can still see it.
 */
#include "internal.h"

struct tnp_out {
	char *p;
	size_t n, cap; /* cap: without the NUL that tnp_out_end() writes */
	bool full;
};
struct tnp_out tnp_out_over(char *p, size_t cap);
size_t tnp_out_end(struct tnp_out *o); /* NUL, and "..." in the last place if something did not fit; the length */

void tnp_out_raw(struct tnp_out *o, const char *p, size_t n); /* all or nothing */
void tnp_out_text(struct tnp_out *o, const char *s);          /* trusted text */
void tnp_out_int(struct tnp_out *o, int64_t v);
void tnp_out_uint(struct tnp_out *o, uint64_t v);
/* Stops before it would pass max bytes, and says so with "..."; for a terminal: \xNN, \u{NN}. */
void tnp_out_term(struct tnp_out *o, struct tn_str s, size_t max);
/* A JSON string in quotes of at most max bytes; NUL and bytes that are not UTF-8 become U+FFFD. */
void tnp_out_json(struct tnp_out *o, struct tn_str s, size_t max);

#endif
