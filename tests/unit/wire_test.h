/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WIRE_TEST_H
#define WIRE_TEST_H
/* Warrants that say anything at all, properly signed: what the library's own minting would never
 * write. */
#include <string.h>
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include "tn_cbor.h"
#include "tn_chain.h"
#include "tn_crypto.h"
#include "tn_fail.h"
#include "tn_gates.h"
#include "tn_text.h"
#include "tn_wire.h"

#define NOW INT64_C(1700000000)
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define BYTES(lit) ((struct tn_bytes){ (const uint8_t *)(lit), sizeof(lit) - 1 })

static struct tn_arena arena;
static struct tn_err err;

static inline void open_arena(void)
{
	arena = TN_ARENA_MALLOC;
	memset(&err, 0, sizeof(err));
	cr_assert_eq(tn_init(&err), TN_OK);
}

static inline void close_arena(void)
{
	tn_arena_free(&arena);
}

/* Key number i: the seed is 32 times i + 1. */
static inline const struct tn_key *key(unsigned i)
{
	static struct tn_key keys[16];
	uint8_t seed[32];

	memset(seed, (int)i + 1, sizeof(seed));
	cr_assert_eq(tn_key_from_seed(&keys[i], seed, NULL), TN_OK);
	return &keys[i];
}

static inline struct tn_bytes from_hex(const char *text)
{
	size_t n = strlen(text) / 2;
	uint8_t *p = tn_arena_alloc(&arena, n + 1);

	cr_assert(tn_hex_decode(text, strlen(text), p, n), "bad hex %s", text);
	return (struct tn_bytes){ p, n };
}

static inline struct tn_bytes seal(struct tn_bytes payload, const struct tn_key *k)
{
	uint8_t *space = tn_payload_space(&arena, payload.n), sig[64];
	struct tn_cborw w = { .p = tn_arena_alloc(&arena, payload.n + 128),
			      .cap = payload.n + 128 };

	memcpy(space, payload.p, payload.n);
	cr_assert(tn_ed25519_sign(space - TN_SIGN_PREFIX_LEN, TN_SIGN_PREFIX_LEN + payload.n, k->sk,
				  sig));
	tn_cborw_array(&w, 3);
	tn_cborw_uint(&w, 1);
	tn_cborw_bytes(&w, payload);
	tn_cborw_array(&w, 2);
	tn_cborw_uint(&w, 1);
	tn_cborw_bytes(&w, (struct tn_bytes){ sig, 64 });
	return (struct tn_bytes){ w.p, w.n };
}

static inline struct tn_bytes payload_of(const struct tn_warrant *w)
{
	struct tn_cborw count = { 0 };

	tn_payload_write(&count, w);
	struct tn_cborw out = { .p = tn_arena_alloc(&arena, count.n), .cap = count.n };
	tn_payload_write(&out, w);
	cr_assert_eq(out.n, count.n);
	return (struct tn_bytes){ out.p, out.n };
}

static inline enum tn_code decode(struct tn_bytes b, const tn_warrant **w)
{
	const tn_warrant *const *links = NULL;
	size_t n = 0;
	enum tn_code code = tn_stack_decode(b.p, b.n, &arena, &links, &n, &err);

	*w = n ? links[0] : NULL;
	return code;
}

/* One tool with one argument, or (arg NULL) none. */
static inline struct tn_tool *tool_with(const char *name, const char *arg, struct tn_constraint c)
{
	struct tn_tool *t = tn_arena_alloc(&arena, sizeof(*t));
	struct tn_carg *a = tn_arena_alloc(&arena, sizeof(*a));

	t->name = tn_cstr(name);
	if (arg) {
		*a = (struct tn_carg){ tn_cstr(arg), c };
		t->set = (struct tn_cset){ a, 1, false };
	}
	return t;
}

static inline struct tn_constraint subpath(const char *root)
{
	struct tn_constraint c = { .type = TN_C_SUBPATH };

	c.subpath.root = tn_cstr(root);
	c.subpath.case_sensitive = true;
	c.subpath.allow_equal = true;
	return c;
}

static inline struct tn_constraint exact_int(int64_t i)
{
	struct tn_constraint c = { .type = TN_C_EXACT };

	c.exact.type = TN_V_INT;
	c.exact.i = i;
	return c;
}

/* A root by key 0 for key 1: read_file(path in /data), an hour. */
static inline struct tn_warrant root_fields(void)
{
	struct tn_warrant w = { .issued_at = NOW, .expires_at = NOW + 3600, .max_depth = 8 };

	memset(w.id, 0xa0, sizeof(w.id));
	w.tools = tool_with("read_file", "path", subpath("/data"));
	w.ntools = 1;
	memcpy(w.issuer, key(0)->pub.b, 32);
	memcpy(w.holder, key(1)->pub.b, 32);
	return w;
}

/* A link below p, for the next key, that grants the same. */
static inline struct tn_warrant child_fields(const tn_warrant *p)
{
	struct tn_warrant w = *p;

	w.depth = p->depth + 1;
	w.id[15] = (uint8_t)w.depth;
	memcpy(w.issuer, p->holder, 32);
	memcpy(w.holder, key(w.depth + 1)->pub.b, 32);
	tn_sha256(p->payload.p, p->payload.n, w.parent_hash);
	w.has_parent_hash = true;
	return w;
}

static inline enum tn_code forge(const struct tn_warrant *fields, unsigned signer,
				 const tn_warrant **w)
{
	return decode(seal(payload_of(fields), key(signer)), w);
}

/* For fields that are good. */
static inline const tn_warrant *made(const struct tn_warrant *fields)
{
	const tn_warrant *w;
	enum tn_code code = forge(fields, fields->depth, &w);

	cr_assert_eq(code, TN_OK, "%s", err.msg);
	return w;
}

static inline const tn_warrant *root(void)
{
	struct tn_warrant w = root_fields();

	return made(&w);
}

static inline enum tn_code verify(const tn_warrant *const *links, size_t n, int64_t now,
				  const tn_grant **g)
{
	struct tn_verify_opts o = { .roots = &key(0)->pub, .nroots = 1, .now = now };

	return tn_chain_verify(links, n, &o, &arena, g, &err);
}

#define cr_code(got, want)                                                                         \
	do {                                                                                       \
		enum tn_code got_ = (got);                                                         \
		cr_assert_eq(got_, (want), "code %d (%s), expected %d: %s", (int)got_,             \
			     tn_code_name(got_), (int)(want), err.msg);                            \
	} while (0)

#endif
