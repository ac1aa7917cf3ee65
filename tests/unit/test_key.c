/* SPDX-License-Identifier: Apache-2.0 */
#include "wire_test.h"
#include "tn_pem.h"

TestSuite(key, .init = open_arena, .fini = close_arena);

#define SEED_HEX "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
#define PUB_HEX "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"

static enum tn_code parse(const char *text, struct tn_key *k)
{
	return tn_key_parse(text, strlen(text), k, &err);
}

static enum tn_code parse_pub(const char *text, struct tn_pub *p)
{
	return tn_pub_parse(text, strlen(text), p, &err);
}

Test(key, rfc8032_vector)
{
	struct tn_key k;
	uint8_t sig[64];

	cr_code(parse(SEED_HEX, &k), TN_OK);
	cr_assert_eq(memcmp(k.pub.b, from_hex(PUB_HEX).p, 32), 0);
	cr_assert(tn_ed25519_sign((const uint8_t *)"", 0, k.sk, sig));
	cr_assert_eq(memcmp(sig, from_hex("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd"
					  "25bf5f0595bbe24655141438e7a100b").p, 64), 0);
	cr_assert(tn_ed25519_verify((const uint8_t *)"", 0, sig, k.pub.b));
	sig[0] ^= 1;
	cr_assert_not(tn_ed25519_verify((const uint8_t *)"", 0, sig, k.pub.b));
}

Test(key, all_forms_are_the_same_key)
{
	struct tn_key k, again;
	char text[512];

	cr_code(parse(SEED_HEX, &k), TN_OK);
	for (int form = TN_B64_STD; form <= TN_B64_URL; form++) {
		tn_b64_encode(k.seed, 32, (enum tn_b64)form, text, sizeof(text));
		cr_code(parse(text, &again), TN_OK);
		cr_assert_eq(memcmp(&k, &again, sizeof(k)), 0);
	}
	cr_code(parse(" \t" SEED_HEX "\r\n", &again), TN_OK);
	cr_code(tn_key_to_pem(&k, text, sizeof(text), &err), TN_OK);
	cr_code(parse(text, &again), TN_OK);
	cr_assert_eq(memcmp(&k, &again, sizeof(k)), 0);
	/* what OpenSSL writes: version 1, without the public key */
	cr_code(parse("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n",
		      &again), TN_OK);
	cr_assert_eq(memcmp(&k, &again, sizeof(k)), 0);
}

Test(key, bad_text_leaves_no_key)
{
	static const char *bad[] = {
		"", "abc", SEED_HEX "00", "9d61", "not a key at all, but long enough to be one...",
		"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
		"-----BEGIN PUBLIC KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PUBLIC KEY-----\n",
		"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n",
		"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VuBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n", /* X25519 */
		"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\nx",
	};
	static const struct tn_key none;

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct tn_key k;

		memset(&k, 0xff, sizeof(k));
		cr_assert_eq(parse(bad[i], &k), TN_E_BAD_KEY, "%s", bad[i]);
		cr_assert_eq(memcmp(&k, &none, sizeof(k)), 0);
	}
}

Test(key, a_pem_of_another_kind_or_with_another_public_half_is_refused)
{
	struct tn_key k;
	char text[512], *oid;

	cr_code(parse(SEED_HEX, &k), TN_OK);
	cr_code(tn_key_to_pem(&k, text, sizeof(text), &err), TN_OK);
	cr_assert_not_null(oid = strstr(text, "K2Vw"));
	oid[3] = 'u'; /* X25519, of the same length */
	cr_code(parse(text, &k), TN_E_BAD_KEY);
	cr_code(parse(SEED_HEX, &k), TN_OK);
	k.pub.b[5] ^= 1;
	cr_code(tn_key_to_pem(&k, text, sizeof(text), &err), TN_OK);
	cr_code(parse(text, &k), TN_E_BAD_KEY);
}

Test(key, public_forms)
{
	struct tn_key k;
	struct tn_pub p;
	char text[256];

	cr_code(parse(SEED_HEX, &k), TN_OK);
	cr_code(parse_pub(PUB_HEX, &p), TN_OK);
	cr_assert_eq(memcmp(&p, &k.pub, sizeof(p)), 0);
	tn_b64_encode(p.b, 32, TN_B64_URL, text, sizeof(text));
	cr_code(parse_pub(text, &p), TN_OK);
	cr_code(tn_pub_to_pem(&p, text, sizeof(text), &err), TN_OK);
	cr_assert_str_eq(text, "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n");
	cr_code(parse_pub(text, &p), TN_OK);
	cr_assert_eq(memcmp(&p, &k.pub, sizeof(p)), 0);
	cr_code(parse_pub("MCowBQYDK2VwAyEA", &p), TN_E_BAD_KEY);
	cr_code(parse_pub("-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VuAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n", &p),
		TN_E_BAD_KEY); /* X25519 */
	cr_code(tn_pub_to_pem(&p, text, 20, &err), TN_E_INTERNAL);
}

Test(key, small_order_and_unreduced_keys_are_weak)
{
	static const char *weak[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000080",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	};
	struct tn_pub p;

	for (size_t i = 0; i < COUNT(weak); i++) {
		cr_assert(tn_pub_weak(from_hex(weak[i]).p), "%s", weak[i]);
		cr_assert_eq(parse_pub(weak[i], &p), TN_E_BAD_KEY, "%s", weak[i]);
	}
	cr_assert_not(tn_pub_weak(from_hex(PUB_HEX).p));
	cr_assert_not(tn_pub_weak(from_hex("ebffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f").p)); /* p - 2 */
}

Test(key, verification_is_strict)
{
	/* A = R = the neutral point, s = 0 satisfies the bare equation for every message. */
	uint8_t sig[64] = { 1 }, a[32] = { 1 };

	cr_assert_not(tn_ed25519_verify((const uint8_t *)"any", 3, sig, a));
	/* s + L is the same number to the equation */
	static const uint8_t order[32] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
					   0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10 };
	unsigned carry = 0;

	cr_assert(tn_ed25519_sign((const uint8_t *)"m", 1, key(0)->sk, sig));
	cr_assert(tn_ed25519_verify((const uint8_t *)"m", 1, sig, key(0)->pub.b));
	for (size_t i = 0; i < 32; i++) {
		carry += (unsigned)sig[32 + i] + order[i];
		sig[32 + i] = (uint8_t)carry;
		carry >>= 8;
	}
	cr_assert_not(tn_ed25519_verify((const uint8_t *)"m", 1, sig, key(0)->pub.b));
}

Test(key, generated_keys_differ_and_wiping_wipes)
{
	static const struct tn_key none;
	struct tn_key a, b;

	cr_code(tn_key_generate(&a, &err), TN_OK);
	cr_code(tn_key_generate(&b, &err), TN_OK);
	cr_assert_neq(memcmp(a.seed, b.seed, 32), 0);
	cr_code(tn_key_from_seed(&b, a.seed, &err), TN_OK);
	cr_assert_eq(memcmp(&a, &b, sizeof(a)), 0);
	cr_code(tn_key_from_seed(&b, b.seed, &err), TN_OK); /* in place */
	cr_assert_eq(memcmp(&a, &b, sizeof(a)), 0);
	tn_key_wipe(&a);
	cr_assert_eq(memcmp(&a, &none, sizeof(a)), 0);
}

Test(key, sha256)
{
	uint8_t out[32];

	tn_sha256((const uint8_t *)"abc", 3, out);
	cr_assert_eq(memcmp(out, from_hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad").p, 32), 0);
}
