/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TN_WIRE_H
#define TN_WIRE_H
/* Reading and writing the parts of a warrant.  One table per record serves both directions. */
#include <tenuo/tenuo.h>
#include "tn_cbor.h"
#include "tn_types.h"

enum {
	TN_TOOLS_MAX = 256,
	TN_ARGS_MAX = 64,        /* constraints of one tool */
	TN_EXT_MAX = 64,
	TN_EXT_KEY_MAX = 255,
	TN_EXT_VALUE_MAX = 8192,
	TN_NEST_MAX = 32,        /* constraints in constraints; values in values */
	TN_DEPTH_MAX = 64,       /* delegation */
};
#define TN_TTL_MAX ((int64_t)90 * 86400)
/* The last second of the year 9999: sums with it never wrap. */
#define TN_TIME_MAX INT64_C(253402300799)
#define TN_EXT_SESSION TN_STR("tenuo.session_id")
#define TN_EXT_AGENT TN_STR("tenuo.agent_id")
#define TN_EXT_GATES TN_STR("tenuo.approval_gates")

struct tn_reader {
	struct tn_cbor c;
	struct tn_arena *a;
	bool vouched; /* tn_grant_reload: the signature was checked when the session began */
};
enum tn_code tn_no_memory(struct tn_err *e) TN_MUST_USE;

/* Elements begin with their key (a tn_str).  Sorts bytewise; false if a key is there twice. */
bool tn_keys_sort(void *base, size_t n, size_t size);
/* The element with this key in a sorted array, or NULL. */
const void *tn_keys_find(const void *base, size_t n, size_t size, struct tn_str key);

enum tn_code tn_value_read(struct tn_reader *r, unsigned depth, struct tn_value *v) TN_MUST_USE;
void tn_value_write(struct tn_cborw *w, const struct tn_value *v);
enum tn_code tn_strs_read(struct tn_reader *r, struct tn_strs *s) TN_MUST_USE;
void tn_strs_write(struct tn_cborw *w, const struct tn_strs *s);

/* depth of the first call is 0; the constraint that comes back passed tn_constraint_check */
enum tn_code tn_constraint_read(struct tn_reader *r, unsigned depth,
				struct tn_constraint *c) TN_MUST_USE;
void tn_constraint_write(struct tn_cborw *w, const struct tn_constraint *c);
enum tn_code tn_cset_read(struct tn_reader *r, size_t max_args, struct tn_cset *s) TN_MUST_USE;
void tn_cset_write(struct tn_cborw *w, const struct tn_cset *s);

enum tn_code tn_pub_read(struct tn_cbor *c, uint8_t pub[32]) TN_MUST_USE;
/* The issuer alone, after a look at the shape of the whole: takes no memory, trusts nothing. */
enum tn_code tn_payload_issuer(struct tn_cbor c, uint8_t issuer[32]) TN_MUST_USE;
enum tn_code tn_payload_read(struct tn_reader *r, struct tn_warrant *w) TN_MUST_USE;
void tn_payload_write(struct tn_cborw *w, const struct tn_warrant *x);
/* What the format asks of a single warrant, whatever the clock says. */
enum tn_code tn_warrant_check(const struct tn_warrant *w, struct tn_err *e) TN_MUST_USE;

/* One envelope at the cursor: shape, signature, payload, in this order. */
enum tn_code tn_envelope_read(struct tn_reader *r, const tn_warrant **w) TN_MUST_USE;
/* The payload with the prefix that is signed in front of it, in the arena. */
uint8_t *tn_payload_space(struct tn_arena *a, size_t n);

#endif
