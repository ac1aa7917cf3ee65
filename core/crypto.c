/* SPDX-License-Identifier: Apache-2.0 */
#include <sodium.h>
#include <string.h>
#include "tn_crypto.h"
#include "tn_fail.h"

const uint8_t tn_sign_prefix[TN_SIGN_PREFIX_LEN] = { 't', 'e', 'n', 'u', 'o', '-', 'w', 'a', 'r',
						     'r', 'a', 'n', 't', '-', 'v', '1', 1 };

void tn_sha256(const uint8_t *p, size_t n, uint8_t out[32])
{
	crypto_hash_sha256(out, p, n);
}

bool tn_ed25519_verify(const uint8_t *msg, size_t n, const uint8_t sig[64], const uint8_t pub[32])
{
	return crypto_sign_verify_detached(sig, msg, n, pub) == 0;
}

/* y of the points of order 1, 2, 4 and 8; the sign of x is masked off before comparing. */
static const uint8_t small_order[][32] = {
	{ 0 },
	{ 1 },
	{ 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
	  0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
	  0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05 },
	{ 0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
	  0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
	  0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a },
	{ 0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
};

/* y >= 2^255 - 19 */
static bool not_reduced(const uint8_t y[32])
{
	for (size_t i = 1; i < 31; i++)
		if (y[i] != 0xff)
			return false;
	return y[31] == 0x7f && y[0] >= 0xed;
}

bool tn_pub_weak(const uint8_t pub[32])
{
	uint8_t y[32];

	memcpy(y, pub, sizeof(y));
	y[31] &= 0x7f;
	for (size_t i = 0; i < sizeof(small_order) / sizeof(small_order[0]); i++)
		if (memcmp(y, small_order[i], sizeof(y)) == 0)
			return true;
	return not_reduced(y);
}

bool tn_key_derive(const uint8_t seed[32], uint8_t pub[32], uint8_t sk[64])
{
	return crypto_sign_seed_keypair(pub, sk, seed) == 0;
}

void tn_wipe(void *p, size_t n)
{
	memset(p, 0, n);
	__asm__ volatile("" : : "r"(p) : "memory"); /* the stores above must happen */
}

#ifdef TN_CORE_PRELOAD
/* Verifying needs neither random numbers nor libsodium's choice of implementations, and a guest in
 * somebody else's process opens no /dev/urandom. */
enum tn_code tn_init(struct tn_err *e)
{
	(void)e;
	return TN_OK;
}
#else
enum tn_code tn_init(struct tn_err *e)
{
	return sodium_init() < 0 ? tn_fail(e, TN_E_INTERNAL, "libsodium does not start") : TN_OK;
}

bool tn_ed25519_sign(const uint8_t *msg, size_t n, const uint8_t sk[64], uint8_t sig[64])
{
	return crypto_sign_detached(sig, NULL, msg, n, sk) == 0;
}

void tn_random(void *p, size_t n)
{
	randombytes_buf(p, n);
}
#endif
