/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include "wire_test.h"

TestSuite(token, .init = open_arena, .fini = close_arena);

static const tn_warrant *chain[2];

static void make_chain(void)
{
	chain[0] = root();
	struct tn_warrant c = child_fields(chain[0]);
	chain[1] = made(&c);
}

static const char *text_of(enum tn_token_form f, size_t n)
{
	const char *text;

	cr_code(tn_token_encode(chain, n, f, &arena, &text, &err), TN_OK);
	return text;
}

static size_t links_in(const void *token, size_t len, enum tn_code want)
{
	const tn_warrant *const *links;
	size_t n;

	cr_code(tn_token_decode(token, len, &arena, &links, &n, &err), want);
	cr_assert_eq(n > 0, want == TN_OK);
	cr_assert_eq(links != NULL, want == TN_OK);
	for (size_t i = 0; i < n; i++)
		cr_assert_eq(memcmp(links[i]->envelope.p, chain[n == 1 ? 0 : i]->envelope.p, links[i]->envelope.n), 0);
	return n;
}

static size_t read_text(const char *text, enum tn_code want)
{
	return links_in(text, strlen(text), want);
}

static const char *cat(const char *a, const char *b)
{
	char *out = tn_arena_alloc(&arena, strlen(a) + strlen(b) + 1);

	return strcat(strcpy(out, a), b);
}

Test(token, every_form_is_read)
{
	make_chain();
	char padded[4096];
	struct tn_bytes env = chain[0]->envelope;

	cr_assert_eq(links_in(env.p, env.n, TN_OK), 1);
	cr_assert_eq(read_text(text_of(TN_FORM_B64URL_ONE, 1), TN_OK), 1);
	cr_assert_eq(read_text(text_of(TN_FORM_B64_STACK, 2), TN_OK), 2);
	cr_assert_eq(read_text(text_of(TN_FORM_B64_STACK, 1), TN_OK), 1);
	cr_assert_eq(read_text(text_of(TN_FORM_PEM_ONE, 1), TN_OK), 1);
	cr_assert_eq(read_text(text_of(TN_FORM_PEM_CHAIN, 2), TN_OK), 2);
	for (int f = TN_B64_STD; f <= TN_B64_URL; f++) {
		cr_assert_gt(tn_b64_encode(env.p, env.n, (enum tn_b64)f, padded, sizeof(padded)), 0);
		cr_assert_eq(read_text(padded, TN_OK), 1);
	}
	cr_assert_eq(read_text(cat(" \n\t", cat(text_of(TN_FORM_B64_STACK, 2), "\r\n ")), TN_OK), 2);
	cr_assert_eq(read_text(cat("\n", text_of(TN_FORM_PEM_CHAIN, 2)), TN_OK), 2);
}

/* *_ONE writes the last link; a chain in single blocks is what upstream's users concatenate. */
Test(token, concatenated_pem_is_a_chain)
{
	make_chain();
	const char *first = text_of(TN_FORM_PEM_ONE, 1), *second = text_of(TN_FORM_PEM_ONE, 2), *all = text_of(TN_FORM_PEM_CHAIN, 2);

	cr_assert_eq(read_text(cat(first, second), TN_OK), 2);
	cr_assert_eq(read_text(cat(first, cat("\n\n", second)), TN_OK), 2);
	read_text(cat(first, all), TN_E_DESERIALIZATION);
	read_text(cat(all, first), TN_E_DESERIALIZATION);
	read_text(cat(first, "x"), TN_E_DESERIALIZATION);
	read_text(cat(first, cat("# a comment\n", second)), TN_E_DESERIALIZATION);
}

Test(token, a_block_holds_what_its_label_says)
{
	make_chain();
	char text[8192];
	const char *one = text_of(TN_FORM_PEM_ONE, 1);
	struct tn_bytes env = chain[0]->envelope;

	read_text(one, TN_OK);
	snprintf(text, sizeof(text), "-----BEGIN TENUO WARRANT CHAIN-----\n");
	tn_b64_encode(env.p, env.n, TN_B64_URL, text + strlen(text), 4096);
	strcat(text, "\n-----END TENUO WARRANT CHAIN-----\n");
	read_text(text, TN_E_ENVELOPE);
	snprintf(text, sizeof(text), "-----BEGIN TENUO WARRANT-----\n%s\n-----END TENUO WARRANT-----\n", text_of(TN_FORM_B64_STACK, 2));
	read_text(text, TN_E_ENVELOPE);
	snprintf(text, sizeof(text), "-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n", text_of(TN_FORM_B64URL_ONE, 1));
	read_text(text, TN_E_DESERIALIZATION);
}

Test(token, a_block_holds_base64)
{
	make_chain();
	read_text("-----BEGIN TENUO WARRANT-----\n!!!!\n-----END TENUO WARRANT-----\n", TN_E_DESERIALIZATION);
	read_text("-----BEGIN TENUO WARRANT-----\n\n-----END TENUO WARRANT-----\n", TN_E_DESERIALIZATION);
}

Test(token, text_beyond_all_limits_is_not_even_decoded)
{
	size_t len = (size_t)TN_STACK_MAX * 2 + 1;
	char *text = memset(tn_arena_alloc(&arena, len + 1), 'A', len);
	struct tn_arena none = { 0 };
	const tn_warrant *const *links;
	size_t n;

	cr_code(tn_token_decode(text, len, &none, &links, &n, &err), TN_E_TOO_LARGE);
}

Test(token, refused)
{
	make_chain();
	const char *good = text_of(TN_FORM_B64URL_ONE, 1);
	struct tn_bytes env = chain[0]->envelope;

	read_text("", TN_E_NO_WARRANT);
	read_text(" \n", TN_E_NO_WARRANT);
	read_text("hello", TN_E_DESERIALIZATION);
	read_text(cat(good, "A"), TN_E_DESERIALIZATION);
	read_text(cat(good, " x"), TN_E_DESERIALIZATION);
	read_text("gA", TN_E_CHAIN);   /* an empty stack */
	read_text("gYA", TN_E_ENVELOPE); /* a stack of an empty array */
	read_text("oA", TN_E_DESERIALIZATION);
	/* raw CBOR may end in a byte that looks like white space, so nothing is trimmed there */
	uint8_t *more = tn_arena_dup(&arena, env.p, env.n + 0);
	uint8_t *tail = tn_arena_alloc(&arena, env.n + 1);
	memcpy(tail, more, env.n);
	tail[env.n] = '\n';
	links_in(tail, env.n + 1, TN_E_DESERIALIZATION);
	links_in(tail, env.n, TN_OK);
}

Test(token, sizes)
{
	make_chain();
	uint8_t *big = tn_arena_alloc(&arena, TN_STACK_MAX + 16);
	struct tn_warrant fields = root_fields();
	struct tn_ext ext[5];
	const tn_warrant *w;

	memset(big, 0x81, TN_STACK_MAX + 16);
	links_in(big, TN_STACK_MAX + 1, TN_E_TOO_LARGE);
	/* one warrant: 65536 bytes and not one more; a byte from 24 up takes two, those of the last extension one */
	for (size_t i = 0; i < COUNT(ext); i++) {
		static const char names[] = "abcde";
		uint8_t *v = tn_arena_alloc(&arena, TN_EXT_VALUE_MAX);

		memset(v, i == 4 ? 0 : 200, TN_EXT_VALUE_MAX);
		ext[i] = (struct tn_ext){ { names + i, 1 }, { v, i < 3 ? TN_EXT_VALUE_MAX : i == 3 ? 4000 : 7000 } };
	}
	fields.ext = ext;
	fields.next = COUNT(ext);
	ext[4].val.n += TN_WARRANT_MAX - seal(payload_of(&fields), key(0)).n;
	cr_assert_eq(seal(payload_of(&fields), key(0)).n, TN_WARRANT_MAX);
	cr_code(decode(seal(payload_of(&fields), key(0)), &w), TN_OK);
	ext[4].val.n++;
	cr_code(decode(seal(payload_of(&fields), key(0)), &w), TN_E_TOO_LARGE);
}

Test(token, sixty_five_links_and_not_one_more)
{
	make_chain();
	struct tn_cborw w = { .p = tn_arena_alloc(&arena, TN_STACK_MAX), .cap = TN_STACK_MAX };
	const tn_warrant *const *links;
	size_t n;

	for (size_t count = 65; count <= 66; count++) {
		w.n = 0;
		tn_cborw_array(&w, count);
		for (size_t i = 0; i < count; i++)
			tn_cborw_raw(&w, chain[0]->envelope);
		cr_code(tn_stack_decode(w.p, w.n, &arena, &links, &n, &err), count == 65 ? TN_OK : TN_E_CHAIN_TOO_LONG);
	}
}

Test(token, a_bad_link_is_named)
{
	make_chain();
	struct tn_cborw w = { .p = tn_arena_alloc(&arena, 4096), .cap = 4096 };
	const tn_warrant *const *links;
	size_t n;

	tn_cborw_array(&w, 2);
	tn_cborw_raw(&w, chain[0]->envelope);
	tn_cborw_raw(&w, chain[1]->envelope);
	w.p[w.n - 1] ^= 1;
	cr_code(tn_stack_decode(w.p, w.n, &arena, &links, &n, &err), TN_E_SIGNATURE_INVALID);
	cr_assert_eq(err.link, 1);
	cr_assert_null(links);
}

Test(token, nothing_to_write)
{
	const char *text;

	make_chain();
	const tn_warrant *many[66];

	for (size_t i = 0; i < COUNT(many); i++)
		many[i] = chain[0];
	cr_code(tn_token_encode(many, 65, TN_FORM_B64_STACK, &arena, &text, &err), TN_OK);
	cr_code(tn_token_encode(many, 66, TN_FORM_B64_STACK, &arena, &text, &err), TN_E_CHAIN_TOO_LONG);
	struct tn_warrant large = *chain[0];
	large.envelope.n = TN_WARRANT_MAX;
	for (size_t i = 0; i < 4; i++)
		many[i] = &large;
	cr_code(tn_token_encode(many, 4, TN_FORM_B64_STACK, &arena, &text, &err), TN_E_TOO_LARGE); /* what nobody could read */
	cr_code(tn_token_encode(chain, 0, TN_FORM_B64_STACK, &arena, &text, &err), TN_E_CHAIN_TOO_LONG);
	cr_assert_null(text);
}
