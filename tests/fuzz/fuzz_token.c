/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The token reader and what follows it.  The first byte chooses:
 *	0  the rest is a token in any form
 *	1  the rest is a payload: signed here, so that the reader behind the signature is reached
 *	2  the rest is a list of edits (two bytes where, one byte what) to a good payload, then
 *signed 3  the same to the payload of a child, which is verified below its parent
 *
 * Oracles: refused means no links and no grant; what is accepted comes back the same from every
 *form; written again from what was read, it is accepted and means the same; what a child's grant
 *allows, its parent's does.
 */
#include <stdlib.h>
#include <string.h>
#include "fuzz.h"
#include "sample.h"
#include "tn_chain.h"
#include "tn_crypto.h"
#include "tn_wire.h"

enum { NOW = 1700000000, CALLS = 8 };
static struct tn_arena arena;
static struct tn_key keys[3];

#define HOLDS(x)                 \
	do {                     \
		if (!(x))        \
			abort(); \
	} while (0)

static struct tn_bytes seal(struct tn_bytes payload, const struct tn_key *k)
{
	uint8_t *space = tn_payload_space(&arena, payload.n), sig[64];
	struct tn_cborw w = { .p = tn_arena_alloc(&arena, payload.n + 128),
			      .cap = payload.n + 128 };

	if (payload.n)
		memcpy(space, payload.p, payload.n);
	HOLDS(tn_ed25519_sign(space - TN_SIGN_PREFIX_LEN, TN_SIGN_PREFIX_LEN + payload.n, k->sk,
			      sig));
	tn_cborw_array(&w, 3);
	tn_cborw_uint(&w, 1);
	tn_cborw_bytes(&w, payload);
	tn_cborw_array(&w, 2);
	tn_cborw_uint(&w, 1);
	tn_cborw_bytes(&w, (struct tn_bytes){ sig, 64 });
	return (struct tn_bytes){ w.p, w.n };
}

static struct tn_bytes written(const tn_warrant *w)
{
	struct tn_cborw count = { 0 };

	tn_payload_write(&count, w);
	struct tn_cborw out = { .p = tn_arena_alloc(&arena, count.n), .cap = count.n };
	tn_payload_write(&out, w);
	return (struct tn_bytes){ out.p, out.n };
}

static const tn_warrant *decode(struct tn_bytes env)
{
	const tn_warrant *const *links;
	struct tn_err e;
	size_t n;

	if (tn_stack_decode(env.p, env.n, &arena, &links, &n, &e) == TN_OK) {
		HOLDS(n >= 1 && links);
		return links[0];
	}
	HOLDS(!links && n == 0 && e.msg[0] && memchr(e.msg, '\0', sizeof(e.msg)));
	return NULL;
}

static bool same_bytes(struct tn_bytes a, struct tn_bytes b)
{
	return a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
}

static void forms_agree(const tn_warrant *const *links, size_t n)
{
	for (int f = TN_FORM_B64URL_ONE; f <= TN_FORM_PEM_CHAIN; f++) {
		bool one = f == TN_FORM_B64URL_ONE || f == TN_FORM_PEM_ONE;
		const tn_warrant *const *again;
		const char *text;
		size_t m;

		if (tn_token_encode(links, n, (enum tn_token_form)f, &arena, &text, NULL) != TN_OK)
			continue; /* larger than a stack may be */
		HOLDS(tn_token_decode(text, strlen(text), &arena, &again, &m, NULL) == TN_OK);
		HOLDS(m == (one ? 1 : n));
		for (size_t i = 0; i < m; i++)
			HOLDS(same_bytes(again[i]->envelope, links[one ? n - 1 : i]->envelope));
	}
}

/* Signed by whom does not matter to writing; only the keys we have can be tried again. */
static void means_the_same_again(const tn_warrant *w, const struct tn_key *k)
{
	struct tn_bytes once = written(w);
	const tn_warrant *again = decode(seal(once, k));

	HOLDS(again);
	HOLDS(same_bytes(written(again), once));
}

static const tn_grant *grant_of(const tn_warrant *const *links, size_t n)
{
	struct tn_verify_opts o = { .roots = &keys[0].pub, .nroots = 1, .now = NOW };
	const tn_grant *g;
	enum tn_code code = tn_chain_verify(links, n, &o, &arena, &g, NULL);

	HOLDS((code == TN_OK) == (g != NULL));
	return g;
}

static struct tn_decision ask(const tn_grant *g, struct tn_str tool, const struct tn_pair *args,
			      size_t n)
{
	struct tn_decision d;

	tn_allows(g, tool.p, tool.n, args, n, NOW, &d);
	HOLDS((d.verdict == TN_ALLOW) == (d.code == TN_OK));
	HOLDS(d.verdict == TN_ALLOW || d.reason[0]);
	return d;
}

static void calls_narrow(const tn_grant *child, const tn_grant *parent, struct dice *d)
{
	const tn_warrant *leaf = tn_grant_leaf(child);

	for (size_t i = 0; i < CALLS && leaf->ntools; i++) {
		const struct tn_tool *t = &leaf->tools[dice_roll(d, (uint32_t)leaf->ntools)];
		struct tn_str tool = dice_roll(d, 4) ? t->name : TN_STR("fresh");
		struct tn_pair *args = tn_arena_array(&arena, t->set.n, sizeof(*args));

		for (size_t k = 0; k < t->set.n; k++)
			args[k] = (struct tn_pair){ t->set.args[k].name,
						    *sample_value(d, &arena, &t->set.args[k].c) };
		if (ask(child, tool, args, t->set.n).verdict == TN_ALLOW)
			HOLDS(!parent || ask(parent, tool, args, t->set.n).verdict == TN_ALLOW);
	}
}

/* ---- good payloads to start from ---- */

static struct tn_constraint *constraints(struct dice *d, size_t n)
{
	struct tn_constraint *c = tn_arena_array(&arena, n, sizeof(*c));

	for (size_t i = 0; i < n; i++)
		c[i] = *sample_constraint(d, &arena,
					  SAMPLE_TYPES[dice_roll(d, (uint32_t)SAMPLE_NTYPES)], 2);
	return c;
}

static const tn_warrant *good(struct dice *d)
{
	struct tn_constraint *c = constraints(d, 2);
	struct tn_carg args[2] = { { TN_STR("n"), c[0] }, { TN_STR("path"), c[1] } };
	struct tn_tool tools[2] = { { TN_STR("*"), { NULL, 0, false } },
				    { TN_STR("read_file"), { args, 2, dice_roll(d, 2) == 0 } } };
	struct tn_mint m = { .tools = tools + dice_roll(d, 2),
			     .ntools = 1,
			     .holder = keys[1].pub,
			     .has_holder = true,
			     .now = NOW,
			     .has_id = true,
			     .session_id = "s",
			     .has_clearance = dice_roll(d, 2) == 0,
			     .clearance = 2 };
	const tn_warrant *w;

	return tn_mint(&m, &keys[0], &arena, &w, NULL) == TN_OK ? w : NULL;
}

static struct tn_bytes edited(struct tn_bytes p, const uint8_t *edits, size_t size)
{
	uint8_t *copy = tn_arena_dup(&arena, p.p, p.n);

	for (size_t i = 0; i + 3 <= size; i += 3)
		copy[(size_t)(edits[i] << 8 | edits[i + 1]) % p.n] = edits[i + 2];
	return (struct tn_bytes){ copy, p.n };
}

/* ---- the four ---- */

static void any_token(const uint8_t *data, size_t size)
{
	const tn_warrant *const *links;
	struct tn_err e;
	size_t n;

	if (tn_token_decode(data, size, &arena, &links, &n, &e) == TN_OK)
		forms_agree(links, n);
	else
		HOLDS(!links && n == 0);
}

static void payload(struct tn_bytes p, struct dice *d)
{
	const tn_warrant *w = decode(seal(p, &keys[0]));

	if (!w)
		return;
	forms_agree(&w, 1);
	means_the_same_again(w, &keys[0]);
	const tn_grant *g = grant_of(&w, 1);
	if (g)
		calls_narrow(g, NULL, d);
}

static void child_payload(const uint8_t *data, size_t size, struct dice *d)
{
	struct tn_mint m = {
		.inherit = true, .holder = keys[2].pub, .has_holder = true, .now = NOW
	};
	const tn_warrant *parent = good(d), *links[2] = { parent };
	const tn_warrant *const *made;
	size_t n;

	if (!parent || tn_grant_child(&parent, 1, &m, &keys[1], &arena, &made, &n, NULL) != TN_OK)
		return;
	links[1] = decode(seal(edited(made[1]->payload, data, size), &keys[1]));
	if (!links[1])
		return;
	const tn_grant *child = grant_of(links, 2), *above = grant_of(links, 1);
	HOLDS(!child || above);
	if (child)
		calls_narrow(child, above, d);
}

static void start(void)
{
	static bool ready;
	uint8_t seed[32];

	for (size_t i = 0; i < 3 && !ready; i++) {
		memset(seed, (int)i + 1, sizeof(seed));
		HOLDS(tn_key_from_seed(&keys[i], seed, NULL) == TN_OK);
	}
	ready = true;
}

static uint64_t digest(const uint8_t *data, size_t size)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < size; i++)
		h = (h ^ data[i]) * 0x100000001b3u;
	return h | 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dice d = { .state = digest(data, size) };

	if (size == 0)
		return 0;
	arena = TN_ARENA_MALLOC;
	start();
	const tn_warrant *w;
	switch (data[0] % 4) {
	case 0:
		any_token(data + 1, size - 1);
		break;
	case 1:
		payload((struct tn_bytes){ data + 1, size - 1 }, &d);
		break;
	case 2:
		if ((w = good(&d)))
			payload(edited(w->payload, data + 1, size - 1), &d);
		break;
	default:
		child_payload(data + 1, size - 1, &d);
	}
	tn_arena_free(&arena);
	return 0;
}
