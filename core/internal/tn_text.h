/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TN_TEXT_H
#define TN_TEXT_H
/* UTF-8, base64 and sorting: what every reader of text needs. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Length (1-4) of the well-formed UTF-8 sequence at p, 0 if there is none (surrogates, overlong
 * forms, > U+10FFFF). */
size_t tn_utf8_next(const uint8_t *p, size_t n);
bool tn_utf8_valid(const void *p, size_t n);

/* -1 if not a hex digit */
int tn_hex_digit(unsigned char c);
/* exactly 2n digits, either case */
bool tn_hex_decode(const char *text, size_t len, uint8_t *out, size_t n);

bool tn_is_space(unsigned char c); /* blank, \t, \n, \r */

/* In place, n log n, no memory (qsort of glibc allocates).  size is a multiple of 8. */
void tn_sort(void *base, size_t n, size_t size, int (*cmp)(const void *, const void *));
/* memcmp order, the shorter first: the order of map keys on the wire */
int tn_bytes_cmp(const void *a, size_t an, const void *b, size_t bn);

#endif
