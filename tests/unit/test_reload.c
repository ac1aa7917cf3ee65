/* SPDX-License-Identifier: Apache-2.0 */
/* A session's chain read again: no signature, no root, no time; everything else. */
#include "wire_test.h"

TestSuite(reload, .init = open_arena, .fini = close_arena);

static struct tn_bytes stack_of(const struct tn_bytes *envelopes, size_t n)
{
	struct tn_cborw w = { .p = tn_arena_alloc(&arena, 65536), .cap = 65536 };

	tn_cborw_array(&w, n);
	for (size_t i = 0; i < n; i++)
		tn_cborw_raw(&w, envelopes[i]);
	return (struct tn_bytes){ w.p, w.n };
}

static enum tn_code reload(struct tn_bytes b, const tn_grant **g)
{
	enum tn_code code = tn_grant_reload(b.p, b.n, &arena, g, &err);

	cr_assert_eq(code == TN_OK, *g != NULL);
	return code;
}

Test(reload, a_verified_chain_is_the_same_grant)
{
	const tn_warrant *p = root();
	struct tn_warrant c = child_fields(p);
	const tn_warrant *links[2] = { p, made(&c) };
	const struct tn_bytes both[2] = { p->envelope, links[1]->envelope };
	const tn_grant *g;

	cr_code(reload(stack_of(both, 2), &g), TN_OK);
	cr_assert_eq(tn_grant_links(g), 2);
	cr_assert_eq(tn_grant_expires(g), NOW + 3600);
	cr_assert_eq(memcmp(tn_grant_leaf(g)->id, links[1]->id, 16), 0);
	cr_code(reload(stack_of(both, 1), &g), TN_OK);
	cr_code(reload(p->envelope, &g), TN_OK); /* one warrant, as it is */
	cr_assert_eq(tn_grant_links(g), 1);
}

Test(reload, what_is_no_chain_is_no_grant)
{
	const tn_warrant *p = root();
	struct tn_warrant c = child_fields(p);
	const tn_grant *g;

	c.tools = tool_with("write_file", "path", subpath("/data"));
	const struct tn_bytes wider[2] = { p->envelope, made(&c)->envelope };
	cr_code(reload(stack_of(wider, 2), &g), TN_E_EXPANSION);
	cr_code(reload(stack_of(wider + 1, 1), &g), TN_E_CHAIN);
	cr_code(reload(stack_of(wider, 0), &g), TN_E_CHAIN);
	struct tn_bytes cut = stack_of(wider, 1);
	cut.n--;
	cr_assert_neq(reload(cut, &g), TN_OK);
	cut.n += 2;
	cr_assert_neq(reload(cut, &g), TN_OK);
}

Test(reload, fields_are_judged_as_ever)
{
	struct tn_warrant f = root_fields();
	const tn_grant *g;

	cr_code(reload(seal(payload_of(&f), key(0)), &g), TN_OK);
	f.max_depth = 65;
	cr_code(reload(seal(payload_of(&f), key(0)), &g), TN_E_DEPTH_EXCEEDED);
}
