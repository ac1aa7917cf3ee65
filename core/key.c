/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include "tn_crypto.h"
#include "tn_fail.h"
#include "tn_pem.h"
#include "tn_text.h"

#define LABEL_KEY TN_STR("PRIVATE KEY")
#define LABEL_PUB TN_STR("PUBLIC KEY")
enum { LEN = 32 };

/* RFC 8410.  Ed25519 keys have one length, so these are constants around the key, not something to
 * parse. */
static const uint8_t spki[] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
				0x2b, 0x65, 0x70, 0x03, 0x21, 0x00 };
static const uint8_t pkcs8_v1[] = { 0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
				    0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20 };
static const uint8_t pkcs8_v2[] = { 0x30, 0x51, 0x02, 0x01, 0x01, 0x30, 0x05, 0x06,
				    0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20 };
static const uint8_t pkcs8_pub[] = { 0x81, 0x21, 0x00 };
enum {
	PKCS8_PUB_AT = sizeof(pkcs8_v2) + LEN,
	PKCS8_V2_LEN = PKCS8_PUB_AT + sizeof(pkcs8_pub) + LEN
};

enum tn_code tn_key_from_seed(struct tn_key *k, const uint8_t seed[LEN], struct tn_err *e)
{
	uint8_t copy[LEN]; /* seed may be k->seed */

	memcpy(copy, seed, LEN);
	tn_key_wipe(k);
	memcpy(k->seed, copy, LEN);
	tn_wipe(copy, sizeof(copy));
	return tn_key_derive(k->seed, k->pub.b, k->sk)
		       ? TN_OK
		       : tn_fail(e, TN_E_BAD_KEY, "the key cannot be derived");
}

void tn_key_wipe(struct tn_key *k)
{
	tn_wipe(k, sizeof(*k));
}

/* 32 bytes in hex or either base64. */
static bool parse_raw(struct tn_str s, uint8_t out[LEN])
{
	if (tn_hex_decode(s.p, s.n, out, LEN))
		return true;
	return tn_b64_decode(s.p, s.n, out, LEN) == LEN;
}

/* The one PEM block of the text, decoded; the length or -1. */
static long parse_pem(struct tn_str text, struct tn_str label, uint8_t *der, size_t cap)
{
	struct tn_pem b;

	if (tn_pem_next(&text, &b, NULL) != TN_OK || tn_trim(text).n != 0 ||
	    !tn_str_eq(b.label, label))
		return -1;
	return tn_pem_body(b.body, der, cap);
}

static bool has_at(const uint8_t *der, size_t at, const uint8_t *want, size_t n)
{
	return memcmp(der + at, want, n) == 0;
}

/* Version 2 carries the public key too; it has to be this key's. */
static bool seed_from_der(const uint8_t *der, long len, struct tn_key *k)
{
	bool v1 = len == (long)sizeof(pkcs8_v1) + LEN && has_at(der, 0, pkcs8_v1, sizeof(pkcs8_v1));
	bool v2 = len == PKCS8_V2_LEN && has_at(der, 0, pkcs8_v2, sizeof(pkcs8_v2)) &&
		  has_at(der, PKCS8_PUB_AT, pkcs8_pub, sizeof(pkcs8_pub));

	if ((!v1 && !v2) || tn_key_from_seed(k, der + sizeof(pkcs8_v1), NULL) != TN_OK)
		return false;
	return v1 || has_at(der, PKCS8_PUB_AT + sizeof(pkcs8_pub), k->pub.b, LEN);
}

enum tn_code tn_key_parse(const char *text, size_t len, struct tn_key *k, struct tn_err *e)
{
	struct tn_str s = tn_trim((struct tn_str){ text, len });
	uint8_t buf[256] = { 0 };
	bool ok;

	if (tn_pem_is(s))
		ok = seed_from_der(buf, parse_pem(s, LABEL_KEY, buf, sizeof(buf)), k);
	else
		ok = parse_raw(s, buf) && tn_key_from_seed(k, buf, NULL) == TN_OK;
	tn_wipe(buf, sizeof(buf));
	if (ok)
		return TN_OK;
	tn_key_wipe(k);
	return tn_fail(e, TN_E_BAD_KEY,
		       "not a signing key: 32 bytes in base64 or hex, or PKCS#8 PEM, are expected");
}

enum tn_code tn_pub_parse(const char *text, size_t len, struct tn_pub *p, struct tn_err *e)
{
	struct tn_str s = tn_trim((struct tn_str){ text, len });
	uint8_t buf[256] = { 0 };
	const uint8_t *key = buf;
	bool ok;

	if (tn_pem_is(s)) {
		long n = parse_pem(s, LABEL_PUB, buf, sizeof(buf));

		ok = n == (long)sizeof(spki) + LEN && has_at(buf, 0, spki, sizeof(spki));
		key = buf + sizeof(spki);
	} else {
		ok = parse_raw(s, buf);
	}
	if (!ok)
		return tn_fail(
			e, TN_E_BAD_KEY,
			"not a public key: 32 bytes in base64 or hex, or SPKI PEM, are expected");
	if (tn_pub_weak(key))
		return tn_fail(e, TN_E_BAD_KEY,
			       "the public key is of small order: anybody could sign for it");
	memcpy(p->b, key, LEN);
	return TN_OK;
}

static enum tn_code no_room(struct tn_err *e)
{
	return tn_fail(e, TN_E_INTERNAL, "the buffer for a PEM text is too small");
}

enum tn_code tn_key_to_pem(const struct tn_key *k, char *out, size_t cap, struct tn_err *e)
{
	uint8_t der[PKCS8_V2_LEN];

	memcpy(der, pkcs8_v2, sizeof(pkcs8_v2));
	memcpy(der + sizeof(pkcs8_v2), k->seed, LEN);
	memcpy(der + PKCS8_PUB_AT, pkcs8_pub, sizeof(pkcs8_pub));
	memcpy(der + PKCS8_PUB_AT + sizeof(pkcs8_pub), k->pub.b, LEN);
	size_t n = tn_pem_write(LABEL_KEY, der, sizeof(der), TN_B64_STD, out, cap);
	tn_wipe(der, sizeof(der));
	return n ? TN_OK : no_room(e);
}

enum tn_code tn_pub_to_pem(const struct tn_pub *p, char *out, size_t cap, struct tn_err *e)
{
	uint8_t der[sizeof(spki) + LEN];

	memcpy(der, spki, sizeof(spki));
	memcpy(der + sizeof(spki), p->b, LEN);
	return tn_pem_write(LABEL_PUB, der, sizeof(der), TN_B64_STD, out, cap) ? TN_OK : no_room(e);
}
