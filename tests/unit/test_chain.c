/* SPDX-License-Identifier: Apache-2.0 */
/* Each rule of the chain: the child that breaks it and the twin that keeps to it. */
#include "wire_test.h"

TestSuite(chain, .init = open_arena, .fini = close_arena);

static enum tn_code verify2(const tn_warrant *p, const struct tn_warrant *child)
{
	const tn_warrant *links[2] = { p, NULL };
	const tn_grant *g;
	enum tn_code code = forge(child, child->depth, &links[1]);

	return code == TN_OK ? verify(links, 2, NOW + 10, &g) : code;
}

static const struct tn_tool *tools(size_t n, ...)
{
	struct tn_tool *t = tn_arena_array(&arena, n, sizeof(*t));
	va_list ap;

	va_start(ap, n);
	for (size_t i = 0; i < n; i++)
		t[i] = *va_arg(ap, const struct tn_tool *);
	va_end(ap);
	cr_assert(tn_keys_sort(t, n, sizeof(*t)));
	return t;
}

Test(chain, a_child_that_grants_the_same_is_fine)
{
	const tn_warrant *p = root();
	struct tn_warrant c = child_fields(p);
	const tn_warrant *links[2] = { p, made(&c) };
	const tn_grant *g;

	cr_code(verify(links, 2, NOW + 10, &g), TN_OK);
	cr_assert_eq(tn_grant_links(g), 2);
	cr_assert_eq(tn_grant_link(g, 0), links[0]);
	cr_assert_eq(tn_grant_leaf(g), links[1]);
	cr_assert_null(tn_grant_link(g, 2));
	cr_assert_eq(tn_grant_expires(g), NOW + 3600);
}

Test(chain, an_error_record_is_optional)
{
	const tn_warrant *p = root();
	struct tn_warrant c = child_fields(p);
	struct tn_verify_opts o = { .roots = &key(0)->pub, .nroots = 1, .now = NOW };
	const tn_grant *g;

	c.tools = tool_with("other", NULL, subpath("/"));
	const tn_warrant *links[2] = { p, made(&c) };
	cr_assert_eq(tn_chain_verify(links, 1, &o, &arena, &g, NULL), TN_OK);
	cr_assert_eq(tn_chain_verify(links, 2, &o, &arena, &g, NULL), TN_E_EXPANSION);
	o.now = NOW + 3600;
	cr_assert_eq(tn_chain_verify(links, 1, &o, &arena, &g, NULL), TN_E_EXPIRED);
}

Test(chain, no_memory_is_no_grant)
{
	const tn_warrant *p = root();
	struct tn_verify_opts o = { .roots = &key(0)->pub, .nroots = 1, .now = NOW };
	struct tn_arena none = { 0 };
	const tn_grant *g;

	cr_code(tn_chain_verify(&p, 1, &o, &none, &g, &err), TN_E_NO_MEMORY);
	cr_assert_null(g);
}

Test(chain, trust)
{
	const tn_warrant *p = root();
	struct tn_pub roots[2] = { key(5)->pub, key(0)->pub };
	struct tn_verify_opts o = { .roots = roots, .nroots = 2, .now = NOW };
	const tn_grant *g;

	cr_code(tn_chain_verify(&p, 1, &o, &arena, &g, &err), TN_OK);
	o.nroots = 1;
	cr_code(tn_chain_verify(&p, 1, &o, &arena, &g, &err), TN_E_UNTRUSTED_ROOT);
	cr_assert_null(g);
	o.nroots = 0;
	cr_code(tn_chain_verify(&p, 1, &o, &arena, &g, &err), TN_E_NO_ROOTS);
	cr_code(verify(&p, 0, NOW, &g), TN_E_CHAIN);
}

Test(chain, the_first_link_is_a_root)
{
	const tn_warrant *p = root();
	struct tn_warrant c = child_fields(p);
	const tn_grant *g;

	memcpy(c.issuer, key(0)->pub.b,
	       32); /* signed by a trusted root, and still not the whole chain */
	const tn_warrant *w;
	cr_code(forge(&c, 0, &w), TN_OK);
	cr_code(verify(&w, 1, NOW, &g), TN_E_CHAIN);
	c.depth = 0;
	cr_code(forge(&c, 0, &w), TN_OK);
	cr_code(verify(&w, 1, NOW, &g), TN_E_CHAIN);
	c.has_parent_hash = false;
	c.depth = 1;
	cr_code(forge(&c, 0, &w), TN_OK);
	cr_code(verify(&w, 1, NOW, &g), TN_E_CHAIN);
	c.depth = 0;
	cr_code(forge(&c, 0, &w), TN_OK);
	cr_code(verify(&w, 1, NOW, &g), TN_OK);
}

Test(chain, time_to_the_second)
{
	const tn_warrant *p = root();
	struct tn_verify_opts o = { .roots = &key(0)->pub, .nroots = 1 };
	static const struct {
		int64_t now, skew;
		enum tn_code want;
	} rows[] = {
		{ NOW, 0, TN_OK },
		{ NOW + 3599, 0, TN_OK },
		{ NOW + 3600, 0, TN_E_EXPIRED },
		{ NOW + 4000, 0, TN_E_EXPIRED },
		{ NOW - 30, 0, TN_OK },
		{ NOW - 31, 0, TN_E_ISSUED_IN_FUTURE },
		{ NOW - 1, -1, TN_E_ISSUED_IN_FUTURE },
		{ NOW, -1, TN_OK },
		{ NOW - 5, 5, TN_OK },
		{ NOW - 6, 5, TN_E_ISSUED_IN_FUTURE },
		{ -1, 0, TN_E_VALIDATION },
		{ INT64_MAX, 0, TN_E_VALIDATION },
		{ INT64_MIN, 0, TN_E_VALIDATION },
	};
	const tn_grant *g;

	for (size_t i = 0; i < COUNT(rows); i++) {
		o.now = rows[i].now;
		o.skew = rows[i].skew;
		cr_assert_eq(tn_chain_verify(&p, 1, &o, &arena, &g, &err), rows[i].want,
			     "row %zu: %s", i, err.msg);
	}
}

Test(chain, an_expired_parent_ends_its_child)
{
	struct tn_warrant f = root_fields();

	f.expires_at = NOW + 5;
	const tn_warrant *p = made(&f);
	struct tn_warrant c = child_fields(p);
	const tn_warrant *links[2] = { p, made(&c) };
	const tn_grant *g;

	cr_code(verify(links, 2, NOW + 4, &g), TN_OK);
	cr_code(verify(links, 2, NOW + 5, &g), TN_E_EXPIRED);
	cr_assert_eq(err.link, 0);
}

Test(chain, i1_the_parents_holder_signs)
{
	const tn_warrant *p = root();
	struct tn_warrant c = child_fields(p);

	cr_code(verify2(p, &c), TN_OK);
	memcpy(c.issuer, key(2)->pub.b, 32);
	const tn_warrant *links[2] = { p, NULL };
	const tn_grant *g;
	cr_code(forge(&c, 2, &links[1]), TN_OK);
	cr_code(verify(links, 2, NOW, &g), TN_E_CHAIN);
}

Test(chain, i5_the_parent_is_this_one)
{
	const tn_warrant *p = root();
	struct tn_warrant c = child_fields(p);

	c.parent_hash[31] ^= 1;
	cr_code(verify2(p, &c), TN_E_PARENT_HASH);
	c.parent_hash[31] ^= 1;
	cr_code(verify2(p, &c), TN_OK);
	c.has_parent_hash = false;
	cr_code(verify2(p, &c), TN_E_CHAIN);
}

Test(chain, i2_depth)
{
	struct tn_warrant f = root_fields();

	f.max_depth = 1;
	const tn_warrant *p = made(&f);
	struct tn_warrant c = child_fields(p);

	cr_code(verify2(p, &c), TN_OK);
	c.max_depth = 2;
	cr_code(verify2(p, &c), TN_E_DEPTH_EXCEEDED); /* a wider limit */
	f.max_depth = 0;
	p = made(&f);
	c = child_fields(p);
	c.max_depth = 1;
	cr_code(verify2(p, &c), TN_E_DEPTH_EXCEEDED); /* the parent is terminal */
	p = root();
	c = child_fields(p);
	c.max_depth = 1;
	cr_code(verify2(p, &c), TN_OK);
	const tn_warrant *links[2] = { p, NULL };
	const tn_grant *g;
	c = child_fields(p);
	for (c.depth = 0; c.depth < 4; c.depth++) {
		cr_code(forge(&c, 1, &links[1]), TN_OK);
		cr_code(verify(links, 2, NOW, &g), c.depth == 1 ? TN_OK : TN_E_DEPTH_VIOLATION);
	}
}

Test(chain, i3_time_only_narrows)
{
	const tn_warrant *p = root();
	struct tn_warrant c = child_fields(p);

	c.expires_at--;
	cr_code(verify2(p, &c), TN_OK);
	c.expires_at = p->expires_at + 1;
	cr_code(verify2(p, &c), TN_E_EXPANSION);
	c = child_fields(p);
	c.issued_at--;
	cr_code(verify2(p, &c), TN_E_CHAIN);
	c.issued_at += 2;
	cr_code(verify2(p, &c), TN_OK);
}

Test(chain, ids_are_unique)
{
	const tn_warrant *p = root();
	struct tn_warrant c = child_fields(p);

	memcpy(c.id, p->id, sizeof(c.id));
	cr_code(verify2(p, &c), TN_E_CHAIN);
	c.id[0] ^= 1;
	cr_code(verify2(p, &c), TN_OK);
}

Test(chain, i4_tools)
{
	const tn_warrant *p = root();
	struct tn_warrant c = child_fields(p);

	c.tools = tool_with("read_file", "path", subpath("/data/x"));
	cr_code(verify2(p, &c), TN_OK);
	c.tools = tool_with("read_file", "path", subpath("/"));
	cr_code(verify2(p, &c), TN_E_INVALID_ATTENUATION);
	c.tools = tool_with("read_file", NULL, subpath("/"));
	cr_code(verify2(p, &c), TN_E_INVALID_ATTENUATION);
	c.tools = tool_with("write_file", "path", subpath("/data/x"));
	cr_code(verify2(p, &c), TN_E_EXPANSION);
	c.tools = tool_with("*", "path", subpath("/data/x"));
	cr_code(verify2(p, &c), TN_E_EXPANSION);
}

Test(chain, i4_wildcard_tools)
{
	struct tn_warrant f = root_fields();
	const struct tn_tool *any = tool_with("*", NULL, subpath("/")),
			     *data = tool_with("read_file", "path", subpath("/data"));

	f.tools = tools(2, any, data);
	f.ntools = 2;
	const tn_warrant *p = made(&f);
	struct tn_warrant c = child_fields(p);
	cr_code(verify2(p, &c), TN_OK);
	c.tools = any;
	c.ntools = 1;
	cr_code(verify2(p, &c), TN_E_INVALID_ATTENUATION); /* "*" would now answer for read_file */
	c.tools = tool_with("*", "path", subpath("/data/x"));
	cr_code(verify2(p, &c), TN_OK); /* within both entries */
	c.tools = tools(2, any, tool_with("read_file", "path", subpath("/etc")));
	c.ntools = 2;
	cr_code(verify2(p, &c), TN_E_INVALID_ATTENUATION); /* its own entry, not "*" */
	c.tools = tools(2, any, tool_with("read_file", "path", subpath("/data/x")));
	cr_code(verify2(p, &c), TN_OK);
	c.tools = tool_with("other", "x", exact_int(1));
	c.ntools = 1;
	cr_code(verify2(p, &c), TN_OK); /* through the parent's "*" */
}

Test(chain, clearance_only_goes_down)
{
	static const struct {
		int parent, child; /* -1: none */
		enum tn_code want;
	} rows[] = {
		{ -1, -1, TN_OK },	   { 5, -1, TN_OK },	     { 5, 5, TN_OK },
		{ 5, 4, TN_OK },	   { 5, 6, TN_E_EXPANSION }, { -1, 0, TN_E_EXPANSION },
		{ -1, 9, TN_E_EXPANSION }, { 0, 0, TN_OK },	     { 0, 1, TN_E_EXPANSION },
		{ 255, 255, TN_OK },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct tn_warrant f = root_fields();

		f.has_clearance = rows[i].parent >= 0;
		f.clearance = (uint8_t)rows[i].parent;
		const tn_warrant *p = made(&f);
		struct tn_warrant c = child_fields(p);
		c.has_clearance = rows[i].child >= 0;
		c.clearance = (uint8_t)rows[i].child;
		cr_assert_eq(verify2(p, &c), rows[i].want, "row %zu", i);
	}
}

/* ---- issuers ---- */

static const struct tn_str names_ab[] = { { "a", 1 }, { "b", 1 } }, names_any[] = { { "*", 1 } };

static struct tn_warrant issuer_fields(void)
{
	struct tn_warrant f = root_fields();

	f.issuer_type = true;
	f.ntools = 0;
	f.has_issuable = true;
	f.issuable = (struct tn_strs){ names_ab, 2 };
	return f;
}

/* What an issuer with these fields may make: an execution warrant for tool `name`. */
static enum tn_code issue(const struct tn_warrant *f, const struct tn_tool *t)
{
	const tn_warrant *p = made(f);
	struct tn_warrant c = child_fields(p);

	c.issuer_type = c.has_issuable = c.has_bounds = c.has_max_issue_depth = false;
	c.tools = t;
	c.ntools = 1;
	return verify2(p, &c);
}

Test(chain, issuer_to_execution)
{
	struct tn_warrant f = issuer_fields();

	cr_code(issue(&f, tool_with("a", NULL, subpath("/"))), TN_OK);
	cr_code(issue(&f, tool_with("c", NULL, subpath("/"))), TN_E_EXPANSION);
	cr_code(issue(&f, tool_with("*", NULL, subpath("/"))), TN_E_EXPANSION);
	f.issuable = (struct tn_strs){ names_any, 1 };
	cr_code(issue(&f, tool_with("c", NULL, subpath("/"))), TN_OK);
	cr_code(issue(&f, tool_with("*", NULL, subpath("/"))), TN_OK);
	f.bounds = tool_with("", "path", subpath("/data"))->set;
	f.has_bounds = true;
	cr_code(issue(&f, tool_with("a", "path", subpath("/data/x"))), TN_OK);
	cr_code(issue(&f, tool_with("a", "path", subpath("/etc"))), TN_E_INVALID_ATTENUATION);
	cr_code(issue(&f, tool_with("a", NULL, subpath("/"))), TN_E_INVALID_ATTENUATION);
	cr_code(issue(&f, tool_with("*", NULL, subpath("/"))), TN_E_INVALID_ATTENUATION);
}

Test(chain, an_issuer_does_not_issue_to_itself)
{
	struct tn_warrant f = issuer_fields();
	const tn_warrant *p = made(&f);
	struct tn_warrant c = child_fields(p);

	c.issuer_type = c.has_issuable = false;
	c.tools = tool_with("a", NULL, subpath("/"));
	c.ntools = 1;
	cr_code(verify2(p, &c), TN_OK);
	memcpy(c.holder, p->holder, 32);
	cr_code(verify2(p, &c), TN_E_SELF_ISSUANCE);
	memcpy(c.holder, p->issuer, 32);
	cr_code(verify2(p, &c), TN_E_SELF_ISSUANCE);
}

Test(chain, execution_makes_no_issuer)
{
	const tn_warrant *p = root();
	struct tn_warrant c = issuer_fields(), same = child_fields(p);

	c.depth = 1;
	memcpy(c.id, same.id, 16);
	memcpy(c.issuer, same.issuer, 32);
	memcpy(c.parent_hash, same.parent_hash, 32);
	c.has_parent_hash = true;
	cr_code(verify2(p, &c), TN_E_CHAIN);
}

Test(chain, issuer_to_issuer)
{
	struct tn_warrant f = issuer_fields();

	f.bounds = tool_with("", "path", subpath("/data"))->set;
	f.has_bounds = f.has_max_issue_depth = true;
	f.max_issue_depth = 4;
	const tn_warrant *p = made(&f);
	struct tn_warrant c = child_fields(p);

	cr_code(verify2(p, &c), TN_OK);
	c.issuable.n = 1;
	cr_code(verify2(p, &c), TN_OK);
	c.issuable = (struct tn_strs){ names_any, 1 };
	cr_code(verify2(p, &c), TN_E_EXPANSION);
	c = child_fields(p);
	c.has_bounds = false;
	cr_code(verify2(p, &c), TN_E_EXPANSION);
	c.has_bounds = true;
	c.bounds = tool_with("", "path", subpath("/"))->set;
	cr_code(verify2(p, &c), TN_E_INVALID_ATTENUATION);
	c.bounds = tool_with("", "path", subpath("/data/x"))->set;
	cr_code(verify2(p, &c), TN_OK);
	c.max_issue_depth = 5;
	cr_code(verify2(p, &c), TN_E_EXPANSION);
	c.has_max_issue_depth = false;
	cr_code(verify2(p, &c), TN_E_EXPANSION);
	f.has_max_issue_depth = false;
	p = made(&f);
	c = child_fields(p);
	c.has_max_issue_depth = true;
	c.max_issue_depth = 8;
	cr_code(verify2(p, &c), TN_OK); /* a limit where there was none */
}

Test(chain, issue_depth)
{
	struct tn_warrant f = issuer_fields();

	f.has_max_issue_depth = true;
	f.max_issue_depth = 1;
	cr_code(issue(&f, tool_with("a", NULL, subpath("/"))), TN_OK);
	f.max_issue_depth = 0;
	cr_code(issue(&f, tool_with("a", NULL, subpath("/"))), TN_E_DEPTH_EXCEEDED);
}

/* ---- approvals ---- */

/* Gates in the words of the extension: {"t": {"args": null}} */
#define GATE_WHOLE "a16174a16461726773f6"
#define GATE_ARG_ALL "a16174a16461726773a1617063616c6c"
#define GATE_EXACT "a16174a16461726773a1617082" "01a16576616c7565" "6178"
#define GATE_EXACT_Y "a16174a16461726773a1617082" "01a16576616c7565" "6179"
#define GATE_TWO_ARGS "a16174a16461726773a2617082" "01a16576616c7565" "6178" "617163616c6c"
#define GATE_STAR "a1612aa16461726773f6"
#define GATE_NONE "a0"
#define GATE_EMPTY_ARGS "a16174a16461726773a0"
#define GATE_MESSAGE "a16174a26461726773f6676d657373616765626869"

static struct tn_ext *gate_ext(const char *hex)
{
	struct tn_ext *x = tn_arena_alloc(&arena, sizeof(*x));

	*x = (struct tn_ext){ TN_EXT_GATES, from_hex(hex) };
	return x;
}

static enum tn_code gates(const char *parent, const char *child)
{
	struct tn_warrant f = root_fields();

	f.tools = tools(2, tool_with("t", NULL, subpath("/")), tool_with("u", NULL, subpath("/")));
	f.ntools = 2;
	f.ext = parent ? gate_ext(parent) : NULL;
	f.next = parent != NULL;
	const tn_warrant *p = made(&f);
	struct tn_warrant c = child_fields(p);
	c.ext = child ? gate_ext(child) : NULL;
	c.next = child != NULL;
	return verify2(p, &c);
}

Test(chain, gates_stay_or_grow)
{
	static const struct {
		const char *parent, *child;
		enum tn_code want;
	} rows[] = {
		{ NULL, NULL, TN_OK },
		{ NULL, GATE_WHOLE, TN_OK },
		{ GATE_WHOLE, GATE_WHOLE, TN_OK },
		{ GATE_WHOLE, NULL, TN_E_EXPANSION },
		{ GATE_WHOLE, GATE_NONE, TN_E_EXPANSION },
		{ GATE_WHOLE, GATE_ARG_ALL, TN_E_EXPANSION },
		{ GATE_ARG_ALL, GATE_WHOLE, TN_OK },
		{ GATE_EXACT, GATE_EXACT, TN_OK },
		{ GATE_EXACT, GATE_EXACT_Y, TN_E_EXPANSION },
		{ GATE_EXACT, GATE_ARG_ALL, TN_OK },
		{ GATE_ARG_ALL, GATE_EXACT, TN_E_EXPANSION },
		{ GATE_EXACT, GATE_TWO_ARGS, TN_OK },
		{ GATE_TWO_ARGS, GATE_EXACT, TN_E_EXPANSION },
		{ GATE_STAR, GATE_STAR, TN_OK },
		{ GATE_STAR, NULL, TN_E_EXPANSION },
		{ GATE_STAR, GATE_WHOLE, TN_E_EXPANSION }, /* u is free */
		{ GATE_WHOLE, GATE_STAR, TN_OK },
		{ GATE_STAR, GATE_EMPTY_ARGS, TN_E_EXPANSION },
		{ GATE_EMPTY_ARGS, NULL, TN_E_EXPANSION },
		{ GATE_WHOLE, GATE_MESSAGE, TN_OK },
		{ GATE_MESSAGE, GATE_WHOLE, TN_OK },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		cr_assert_eq(gates(rows[i].parent, rows[i].child), rows[i].want, "row %zu: %s", i,
			     err.msg);
}

static enum tn_code gates_of_any_tool(const char *parent, const char *child)
{
	struct tn_warrant f = root_fields();

	f.tools = tool_with("*", NULL, subpath("/"));
	f.ext = gate_ext(parent);
	f.next = 1;
	const tn_warrant *p = made(&f);
	struct tn_warrant c = child_fields(p);
	c.ext = child ? gate_ext(child) : NULL;
	c.next = child != NULL;
	return verify2(p, &c);
}

Test(chain, gates_of_tools_that_only_a_wildcard_reaches)
{
	cr_code(gates_of_any_tool(GATE_WHOLE, GATE_WHOLE), TN_OK);
	cr_code(gates_of_any_tool(GATE_WHOLE, NULL), TN_E_EXPANSION);
	cr_code(gates_of_any_tool(GATE_STAR, GATE_STAR), TN_OK);
	cr_code(gates_of_any_tool(GATE_STAR, NULL), TN_E_EXPANSION);
	/* an entry of its own, for a tool nobody else names, that asks for less */
	cr_code(gates_of_any_tool(GATE_STAR, "a2612aa16461726773f6617aa16461726773a0"),
		TN_E_EXPANSION);
	cr_code(gates_of_any_tool(GATE_STAR, "a2612aa16461726773f6617aa16461726773f6"), TN_OK);
}

Test(chain, an_issuers_gates_bind_what_it_issues)
{
	struct tn_warrant f = issuer_fields();

	f.ext = gate_ext("a16161a16461726773f6"); /* a */
	f.next = 1;
	const tn_warrant *p = made(&f);
	struct tn_warrant c = child_fields(p);
	c.issuer_type = c.has_issuable = false;
	c.tools = tool_with("a", NULL, subpath("/"));
	c.ntools = 1;
	cr_code(verify2(p, &c), TN_OK);
	c.next = 0;
	cr_code(verify2(p, &c), TN_E_EXPANSION);
	c = child_fields(p);
	c.next = 0;
	cr_code(verify2(p, &c), TN_E_EXPANSION); /* an issuer below could issue it */
	c.next = 1;
	cr_code(verify2(p, &c), TN_OK);
}

Test(chain, a_gate_goes_with_its_tool)
{
	struct tn_warrant f = root_fields();

	f.tools = tools(2, tool_with("t", NULL, subpath("/")), tool_with("u", NULL, subpath("/")));
	f.ntools = 2;
	f.ext = gate_ext(GATE_WHOLE);
	f.next = 1;
	const tn_warrant *p = made(&f);
	struct tn_warrant c = child_fields(p);
	c.next = 0;
	c.tools = tool_with("u", NULL, subpath("/"));
	c.ntools = 1;
	cr_code(verify2(p, &c), TN_OK); /* t is gone, and its gate with it */
	c.tools = tool_with("t", NULL, subpath("/"));
	cr_code(verify2(p, &c), TN_E_EXPANSION);
}

static enum tn_code approvers(unsigned parent, int parent_min, unsigned child, int child_min,
			      bool gated)
{
	static uint8_t keys[3][32];
	static uint8_t picked[2][3][32];
	struct tn_warrant f = root_fields();

	for (unsigned i = 0; i < 3; i++)
		memcpy(keys[i], key(i + 5)->pub.b, 32);
	f.tools = tool_with("t", NULL, subpath("/"));
	f.ext = gated ? gate_ext(GATE_WHOLE) : NULL;
	f.next = gated;
	const tn_warrant *p = NULL;
	struct tn_warrant c;
	for (int who = 0; who < 2; who++) {
		struct tn_warrant *w = who ? &c : &f;
		unsigned set = who ? child : parent;
		int min = who ? child_min : parent_min;

		if (who) {
			p = made(&f);
			c = child_fields(p);
		}
		w->napprovers = 0;
		for (unsigned i = 0; i < 3; i++)
			if (set >> i & 1)
				memcpy(picked[who][w->napprovers++], keys[i], 32);
		w->approvers = (const uint8_t (*)[32])picked[who];
		w->has_approvers = set != 0;
		w->has_min_approvals = min > 0;
		w->min_approvals = min > 0 ? (uint32_t)min : 0;
	}
	return verify2(p, &c);
}

Test(chain, approvers_stay_the_same)
{
	cr_code(approvers(3, 1, 3, 1, true), TN_OK);
	cr_code(approvers(3, 1, 3, 2, true), TN_OK);
	cr_code(approvers(3, 1, 3, 0, true), TN_OK); /* no number: all of them */
	cr_code(approvers(3, 2, 3, 1, true), TN_E_EXPANSION);
	cr_code(approvers(3, 0, 3, 1, true), TN_E_EXPANSION);
	cr_code(approvers(3, 1, 4, 1, true), TN_E_EXPANSION);
	cr_code(approvers(3, 1, 7, 1, true), TN_E_EXPANSION);
	cr_code(approvers(3, 1, 1, 1, true), TN_E_EXPANSION);
	cr_code(approvers(3, 1, 0, 0, true), TN_E_EXPANSION);
	cr_code(approvers(0, 0, 4, 1, true),
		TN_E_EXPANSION); /* the delegate names itself where nobody was */
	cr_code(approvers(0, 0, 4, 1, false), TN_OK);
}

/* ---- long chains ---- */

Test(chain, sixty_five_links)
{
	struct tn_warrant f = root_fields();
	const tn_warrant *links[66];
	const tn_grant *g;

	f.max_depth = 64;
	memcpy(f.holder, key(0)->pub.b, 32); /* one key all the way down */
	links[0] = made(&f);
	for (unsigned i = 1; i < 65; i++) {
		struct tn_warrant c = *links[i - 1];

		c.depth = i;
		c.id[15] = (uint8_t)i;
		tn_sha256(links[i - 1]->payload.p, links[i - 1]->payload.n, c.parent_hash);
		c.has_parent_hash = true;
		cr_code(forge(&c, 0, &links[i]), TN_OK);
	}
	links[65] = links[64];
	cr_code(verify(links, 65, NOW, &g), TN_OK);
	cr_code(verify(links, 66, NOW, &g), TN_E_CHAIN_TOO_LONG);
	/* the same links in another order are no chain */
	const tn_warrant *swapped[3] = { links[0], links[2], links[1] };
	cr_assert_neq(verify(swapped, 3, NOW, &g), TN_OK);
	cr_assert_neq(verify(links + 1, 2, NOW, &g), TN_OK);
	const tn_warrant *hole[2] = { links[0], links[2] };
	cr_assert_neq(verify(hole, 2, NOW, &g), TN_OK);
}
