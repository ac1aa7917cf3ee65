/* SPDX-License-Identifier: Apache-2.0 */
#include "wire_test.h"

TestSuite(mint, .init = open_arena, .fini = close_arena);
TestSuite(grant, .init = open_arena, .fini = close_arena);

static struct tn_mint plain(void)
{
	return (struct tn_mint){ .tools = tool_with("read_file", "path", subpath("/data")),
				 .ntools = 1,
				 .holder = key(1)->pub,
				 .has_holder = true,
				 .now = NOW };
}

static const tn_warrant *minted(const struct tn_mint *m)
{
	const tn_warrant *w;
	enum tn_code code = tn_mint(m, key(0), &arena, &w, &err);

	cr_assert_eq(code, TN_OK, "%s", err.msg);
	return w;
}

static enum tn_code try_mint(const struct tn_mint *m)
{
	const tn_warrant *w;
	enum tn_code code = tn_mint(m, key(0), &arena, &w, &err);

	cr_assert_eq(code == TN_OK, w != NULL);
	return code;
}

static enum tn_code child(const tn_warrant *p, const struct tn_mint *m, unsigned signer,
			  const tn_warrant **c)
{
	const tn_warrant *const *links;
	size_t n;
	enum tn_code code = tn_grant_child(&p, 1, m, key(signer), &arena, &links, &n, &err);

	cr_assert_eq(n, code == TN_OK ? 2 : 0);
	*c = n ? links[1] : NULL;
	return code;
}

Test(mint, defaults)
{
	struct tn_mint m = plain();

	m.has_holder = false;
	const tn_warrant *w = minted(&m);
	cr_assert_eq(memcmp(w->holder, key(0)->pub.b, 32), 0);
	cr_assert_eq(memcmp(w->issuer, key(0)->pub.b, 32), 0);
	cr_assert_eq(w->expires_at - w->issued_at, 300);
	cr_assert_eq(w->max_depth, 64);
	cr_assert_eq(w->depth, 0);
	cr_assert_not(w->has_parent_hash || w->has_clearance || w->next || w->issuer_type);
}

Test(mint, ids_are_uuid7_of_the_time)
{
	struct tn_mint m = plain();
	const tn_warrant *a = minted(&m), *b = minted(&m);
	uint64_t ms = 0;

	for (size_t i = 0; i < 6; i++)
		ms = ms << 8 | a->id[i];
	cr_assert_eq(ms, (uint64_t)NOW * 1000);
	cr_assert_eq(a->id[6] >> 4, 7);
	cr_assert_eq(a->id[8] >> 6, 2);
	cr_assert_neq(memcmp(a->id, b->id, 16), 0);
	m.has_id = true;
	memset(m.id, 0x42, 16);
	cr_assert_eq(memcmp(minted(&m)->id, m.id, 16), 0);
}

Test(mint, same_input_same_bytes)
{
	struct tn_mint m = plain();

	m.has_id = true;
	struct tn_bytes a = minted(&m)->envelope, b = minted(&m)->envelope;
	cr_assert_eq(a.n, b.n);
	cr_assert_eq(memcmp(a.p, b.p, a.n), 0);
}

Test(mint, tools_and_arguments_are_sorted)
{
	struct tn_carg args[2] = { { TN_STR("b"), exact_int(1) }, { TN_STR("a"), exact_int(2) } };
	struct tn_tool t[3] = { { TN_STR("z"), { args, 2, false } },
				{ TN_STR("aa"), { NULL, 0, true } },
				{ TN_STR("b"), { NULL, 0, false } } };
	struct tn_mint m = plain();

	m.tools = t;
	m.ntools = 3;
	const tn_warrant *w = minted(&m);
	cr_assert(tn_str_eq(w->tools[0].name, TN_STR("aa")));
	cr_assert(tn_str_eq(w->tools[2].name, TN_STR("z")));
	cr_assert(tn_str_eq(w->tools[2].set.args[0].name, TN_STR("a")));
	cr_assert(tn_str_eq(args[0].name, TN_STR("b"))); /* the caller's stay as they were */
	t[1].name = TN_STR("z");
	cr_code(try_mint(&m), TN_E_VALIDATION);
	t[1].name = TN_STR("aa");
	args[1].name = TN_STR("b");
	cr_code(try_mint(&m), TN_E_VALIDATION);
}

Test(mint, limits)
{
	struct tn_mint m = plain();

	m.ttl = 90 * 86400;
	cr_code(try_mint(&m), TN_OK);
	m.ttl++;
	cr_code(try_mint(&m), TN_E_INVALID_TTL);
	m.ttl = -1;
	cr_code(try_mint(&m), TN_E_INVALID_TTL);
	m = plain();
	m.ntools = 0;
	cr_code(try_mint(&m), TN_E_VALIDATION);
	m = plain();
	m.has_max_depth = true;
	m.max_depth = 65;
	cr_code(try_mint(&m), TN_E_DEPTH_EXCEEDED);
	m.max_depth = 0;
	cr_code(try_mint(&m), TN_OK);
	m = plain();
	m.now = -1;
	cr_code(try_mint(&m), TN_E_VALIDATION);
	m.now = INT64_MAX;
	cr_code(try_mint(&m), TN_E_VALIDATION);
	m = plain();
	m.tools = tool_with("t", "p", subpath(memset(tn_arena_alloc(&arena, 70001), 'a', 70000)));
	cr_code(try_mint(&m), TN_E_TOO_LARGE);
	m = plain();
	m.inherit = true;
	cr_code(try_mint(&m), TN_E_USAGE);
	m = plain();
	m.tools = tool_with("tenuo:x", NULL, subpath("/"));
	cr_code(try_mint(&m), TN_E_RESERVED_TOOL);
	m = plain();
	memset(&m.holder, 0, sizeof(m.holder)); /* small order */
	cr_code(try_mint(&m), TN_E_VALIDATION);
}

Test(mint, names_of_session_and_agent)
{
	struct tn_mint m = plain();

	m.session_id = "s";
	m.agent_id = "me";
	const tn_warrant *w = minted(&m), *c;
	cr_assert_eq(w->next, 2);
	cr_assert(tn_str_eq(w->ext[0].key, TN_EXT_AGENT));
	struct tn_mint g = plain();
	g.inherit = true;
	cr_code(child(w, &g, 1, &c), TN_OK);
	cr_assert_eq(c->next, 2);
	g.session_id = "t";
	cr_code(child(w, &g, 1, &c), TN_OK);
	cr_assert_eq(c->ext[1].val.p[0], 't');
	m.session_id = "\xff";
	cr_code(try_mint(&m), TN_E_EXTENSION_VALUE);
}

Test(grant, only_the_holder_delegates)
{
	struct tn_mint m = plain();
	const tn_warrant *p = minted(&m), *c;

	m.holder = key(2)->pub;
	cr_code(child(p, &m, 1, &c), TN_OK);
	cr_assert_eq(c->depth, 1);
	cr_assert_eq(c->max_depth, 64);
	cr_code(child(p, &m, 0, &c), TN_E_SELF_ISSUANCE);
	cr_code(child(p, &m, 2, &c), TN_E_SELF_ISSUANCE);
}

Test(grant, nothing_wider_comes_out)
{
	struct tn_mint m = plain();
	const tn_warrant *p = minted(&m), *c;

	m.tools = tool_with("read_file", "path", subpath("/"));
	cr_code(child(p, &m, 1, &c), TN_E_INVALID_ATTENUATION);
	m.tools = tool_with("write_file", "path", subpath("/data"));
	cr_code(child(p, &m, 1, &c), TN_E_EXPANSION);
	m.tools = tool_with("read_file", "path", subpath("/data/x"));
	cr_code(child(p, &m, 1, &c), TN_OK);
	m.has_clearance = true;
	m.clearance = 1;
	cr_code(child(p, &m, 1, &c), TN_E_EXPANSION);
}

Test(grant, lifetimes)
{
	struct tn_mint m = plain();
	const tn_warrant *c;

	m.ttl = 1000;
	const tn_warrant *p = minted(&m);
	m.ttl = 0;
	cr_code(child(p, &m, 1, &c), TN_OK);
	cr_assert_eq(c->expires_at, NOW + 300);
	m.now = NOW + 900;
	cr_code(child(p, &m, 1, &c), TN_OK);
	cr_assert_eq(c->expires_at, NOW + 1000); /* the parent's end is sooner */
	m.ttl = 100;
	cr_code(child(p, &m, 1, &c), TN_OK);
	m.ttl = 101;
	cr_code(child(p, &m, 1, &c), TN_E_INVALID_TTL);
	m.now = NOW + 1000;
	m.ttl = 0;
	cr_code(child(p, &m, 1, &c), TN_E_EXPIRED);
	m.now = NOW - 10; /* the parent's clock is ahead */
	cr_code(child(p, &m, 1, &c), TN_OK);
	cr_assert_eq(c->issued_at, NOW);
	m.now = NOW - 31;
	cr_code(child(p, &m, 1, &c), TN_E_ISSUED_IN_FUTURE);
}

Test(grant, depth_ends)
{
	struct tn_mint m = plain();
	const tn_warrant *c;

	m.has_max_depth = true;
	m.max_depth = 0;
	const tn_warrant *p = minted(&m);
	m.has_max_depth = false;
	cr_code(child(p, &m, 1, &c), TN_E_DEPTH_EXCEEDED);
	m.has_max_depth = true;
	m.max_depth = 1;
	p = minted(&m);
	cr_code(child(p, &m, 1, &c), TN_OK);
	m.max_depth = 2;
	cr_code(child(p, &m, 1, &c), TN_E_DEPTH_EXCEEDED);
}

Test(grant, clearance_is_delegated_but_not_issued)
{
	static const char *const names[] = { "read_file" };
	struct tn_mint m = plain(), e = plain();
	const tn_warrant *c;

	m.has_clearance = true;
	m.clearance = 4;
	e.holder = key(2)->pub;
	cr_code(child(minted(&m), &e, 1, &c), TN_OK);
	cr_assert(c->has_clearance && c->clearance == 4);
	struct tn_mint i = { .issuer_type = true,
			     .issuable = names,
			     .nissuable = 1,
			     .holder = key(1)->pub,
			     .has_holder = true,
			     .now = NOW,
			     .has_clearance = true,
			     .clearance = 4,
			     .has_max_issue_depth = true,
			     .max_issue_depth = 3 };
	const tn_warrant *p = minted(&i);
	cr_assert(p->has_max_issue_depth && p->max_issue_depth == 3);
	cr_code(child(p, &e, 1, &c), TN_OK);
	cr_assert_not(c->has_clearance);
	e.has_clearance = true;
	e.clearance = 5;
	cr_code(child(p, &e, 1, &c), TN_E_EXPANSION);
	e.clearance = 4;
	cr_code(child(p, &e, 1, &c), TN_OK);
}

Test(grant, issuers)
{
	static const char *const names[] = { "read_file", "a" };
	struct tn_cset bounds = tool_with("", "path", subpath("/data"))->set;
	struct tn_mint m = { .issuer_type = true,
			     .issuable = names,
			     .nissuable = 2,
			     .bounds = &bounds,
			     .holder = key(1)->pub,
			     .has_holder = true,
			     .now = NOW };
	const tn_warrant *p = minted(&m), *c;

	cr_assert(tn_str_eq(p->issuable.v[0], TN_STR("a")));
	struct tn_mint e = plain();
	cr_code(child(p, &e, 1, &c), TN_E_SELF_ISSUANCE);
	e.holder = key(2)->pub;
	cr_code(child(p, &e, 1, &c), TN_OK);
	cr_assert_not(c->issuer_type);
	e.inherit = true;
	cr_code(child(p, &e, 1, &c), TN_E_USAGE);
	struct tn_mint i = { .issuer_type = true,
			     .inherit = true,
			     .holder = key(2)->pub,
			     .has_holder = true,
			     .now = NOW };
	cr_code(child(p, &i, 1, &c), TN_OK);
	cr_assert(c->issuer_type && c->has_bounds && c->issuable.n == 2);
	m = plain();
	p = minted(&m);
	cr_code(child(p, &i, 1, &c), TN_E_CHAIN);
	m.issuer_type = true;
	m.ntools = 0;
	cr_code(try_mint(&m), TN_E_VALIDATION);
}

Test(grant, gates_and_approvers_come_along)
{
	struct tn_warrant f = root_fields();
	struct tn_ext x = { TN_EXT_GATES, from_hex("a169726561645f66696c65a16461726773f6") };
	uint8_t approver[1][32];

	memcpy(approver[0], key(7)->pub.b, 32);
	f.ext = &x;
	f.next = 1;
	f.approvers = (const uint8_t (*)[32])approver;
	f.napprovers = 1;
	f.has_approvers = true;
	const tn_warrant *p = made(&f), *c;
	struct tn_mint m = plain();
	m.inherit = true;
	cr_code(child(p, &m, 1, &c), TN_OK);
	cr_assert_not_null(c->gates);
	cr_assert_eq(c->napprovers, 1);
}

Test(grant, an_unverifiable_parent_is_not_extended)
{
	const tn_warrant *p = root(), *c;
	struct tn_warrant f = child_fields(p);
	struct tn_mint m = plain();

	cr_code(forge(&f, 1, &c), TN_OK); /* a leaf without its chain */
	const tn_warrant *const *links;
	size_t n;
	cr_code(tn_grant_child(&c, 1, &m, key(2), &arena, &links, &n, &err), TN_E_CHAIN);
	const tn_warrant *both[2] = { p, c };
	cr_code(tn_grant_child(both, 0, &m, key(0), &arena, &links, &n, &err), TN_E_CHAIN);
	cr_code(tn_grant_child(both, 2, &m, key(2), &arena, &links, &n, &err), TN_OK);
	cr_assert_eq(n, 3);
}
