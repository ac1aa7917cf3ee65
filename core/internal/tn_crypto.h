/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TN_CRYPTO_H
#define TN_CRYPTO_H
/* What this library needs of libsodium; crypto.c alone knows sodium.h. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <tenuo/tenuo.h>

/* A warrant's signature is over these 17 bytes (context, envelope version) and the payload. */
#define TN_SIGN_PREFIX_LEN 17
extern const uint8_t tn_sign_prefix[TN_SIGN_PREFIX_LEN];

void tn_sha256(const uint8_t *p, size_t n, uint8_t out[32]);
/* Strict: small-order and non-canonical keys and R, and non-canonical s, do not verify. */
bool tn_ed25519_verify(const uint8_t *msg, size_t n, const uint8_t sig[64], const uint8_t pub[32]);
/* Small order, or y not reduced: a key that more than one secret, or none, belongs to. */
bool tn_pub_weak(const uint8_t pub[32]);
bool tn_key_derive(const uint8_t seed[32], uint8_t pub[32], uint8_t sk[64]);
void tn_wipe(void *p, size_t n);
/* Not in the preload's build. */
bool tn_ed25519_sign(const uint8_t *msg, size_t n, const uint8_t sk[64], uint8_t sig[64]);
void tn_random(void *p, size_t n);

#endif
