/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TN_CBOR_H
#define TN_CBOR_H
/*
 * A strict CBOR cursor and a writer.  No memory is taken, nothing recurses.
 *
 * The cursor itself refuses, so that no reader of a field can forget it: indefinite lengths,
 * numbers not in their shortest form, integers outside i64, tags, undefined and other simple
 * values, text that is not UTF-8, and counts that the bytes left could not hold.  Duplicate keys
 * are the business of whoever reads a map (tn_sort, tn_bytes_cmp).
 */
#include <stdbool.h>
#include "tn_types.h"

enum tn_major { TN_UINT, TN_NINT, TN_BYTES, TN_TEXT, TN_ARRAY, TN_MAP, TN_TAG, TN_SIMPLE };

struct tn_cbor {
	const uint8_t *start, *p, *end;
	size_t origin;      /* of start in the caller's input, for error offsets */
	struct tn_err *err; /* may be NULL */
};

static inline struct tn_cbor tn_cbor_over(struct tn_bytes in, size_t origin, struct tn_err *e)
{
	return (struct tn_cbor){ in.p, in.p, in.p + in.n, origin, e };
}
static inline size_t tn_cbor_offset(const struct tn_cbor *c)
{
	return c->origin + (size_t)(c->p - c->start);
}
static inline size_t tn_cbor_left(const struct tn_cbor *c) { return (size_t)(c->end - c->p); }

/* The kind of the next item, without moving; false at the end. */
bool tn_cbor_peek(const struct tn_cbor *c, enum tn_major *m);
bool tn_cbor_peek_null(const struct tn_cbor *c);

/* Each reads one item; the cursor has not moved past a bad one in any useful way: give up. */
enum tn_code tn_cbor_uint(struct tn_cbor *c, uint64_t max, uint64_t *v) TN_MUST_USE;
enum tn_code tn_cbor_int(struct tn_cbor *c, int64_t *v) TN_MUST_USE;
enum tn_code tn_cbor_bool(struct tn_cbor *c, bool *v) TN_MUST_USE;
enum tn_code tn_cbor_null(struct tn_cbor *c) TN_MUST_USE;
enum tn_code tn_cbor_float(struct tn_cbor *c, double *v) TN_MUST_USE;
enum tn_code tn_cbor_bytes(struct tn_cbor *c, struct tn_bytes *v) TN_MUST_USE;
enum tn_code tn_cbor_text(struct tn_cbor *c, struct tn_str *v) TN_MUST_USE;
enum tn_code tn_cbor_array(struct tn_cbor *c, size_t *n) TN_MUST_USE;
enum tn_code tn_cbor_map(struct tn_cbor *c, size_t *n) TN_MUST_USE; /* pairs */
/* A byte string or an array of integers 0-255: the two forms the wire has for raw bytes. */
enum tn_code tn_cbor_octets(struct tn_cbor *c, struct tn_arena *a, size_t max,
			    struct tn_bytes *v) TN_MUST_USE;
/* One item of any kind with all it contains. */
enum tn_code tn_cbor_skip(struct tn_cbor *c) TN_MUST_USE;
enum tn_code tn_cbor_end(struct tn_cbor *c) TN_MUST_USE; /* nothing may follow */
/* A complaint about the item at the cursor. */
enum tn_code tn_cbor_bad(struct tn_cbor *c, enum tn_code code, const char *what) TN_MUST_USE;

/* Writes what fits and counts all: run it once with cap 0 to learn the length. */
struct tn_cborw {
	uint8_t *p;
	size_t n, cap;
};
void tn_cborw_head(struct tn_cborw *w, enum tn_major m, uint64_t arg);
void tn_cborw_uint(struct tn_cborw *w, uint64_t v);
void tn_cborw_int(struct tn_cborw *w, int64_t v);
void tn_cborw_bool(struct tn_cborw *w, bool v);
void tn_cborw_null(struct tn_cborw *w);
/* The shortest of f16, f32 and f64 that keeps every bit. */
void tn_cborw_float(struct tn_cborw *w, double v);
void tn_cborw_bytes(struct tn_cborw *w, struct tn_bytes v);
void tn_cborw_text(struct tn_cborw *w, struct tn_str v);
void tn_cborw_array(struct tn_cborw *w, size_t n);
void tn_cborw_map(struct tn_cborw *w, size_t n);
void tn_cborw_octets(struct tn_cborw *w, struct tn_bytes v); /* as an array of integers */
void tn_cborw_raw(struct tn_cborw *w, struct tn_bytes v);

#endif
