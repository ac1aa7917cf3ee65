/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TN_PEM_H
#define TN_PEM_H
/* PEM armour.  Strict: nothing but white space outside of blocks, the labels of a block agree. */
#include <tenuo/tenuo.h>
#include "tn_types.h"

struct tn_pem {
	struct tn_str label, body;
};
struct tn_str tn_trim(struct tn_str s);
bool tn_pem_is(struct tn_str text); /* starts like PEM; white space in front allowed */
/* Takes the next block off *rest. */
enum tn_code tn_pem_next(struct tn_str *rest, struct tn_pem *b, struct tn_err *e) TN_MUST_USE;
/* Bytes of the body, white space dropped.  buf holds body.n bytes; length or -1. */
long tn_pem_body(struct tn_str body, uint8_t *buf, size_t cap);
/* Text with 64 columns, NUL-terminated; 0 = did not fit. */
size_t tn_pem_write(struct tn_str label, const uint8_t *p, size_t n, enum tn_b64 alphabet,
		    char *out, size_t cap);
size_t tn_pem_length(struct tn_str label, size_t n); /* enough room for tn_pem_write */

#endif
