/* SPDX-License-Identifier: Apache-2.0 */
#include "wire_test.h"

TestSuite(allows, .init = open_arena, .fini = close_arena);

static const tn_grant *grant(const struct tn_warrant *f)
{
	const tn_warrant *w = made(f);
	const tn_grant *g;

	cr_code(verify(&w, 1, NOW, &g), TN_OK);
	return g;
}

static struct tn_pair text_arg(const char *name, const char *v)
{
	struct tn_pair p = { .key = tn_cstr(name) };

	p.val.type = TN_V_TEXT;
	p.val.s = tn_cstr(v);
	return p;
}

static struct tn_decision ask(const tn_grant *g, const char *tool, const char *path)
{
	struct tn_pair arg = text_arg("path", path ? path : "");
	struct tn_decision d;

	memset(&d, 0xff, sizeof(d));
	tn_allows(g, tool, strlen(tool), &arg, path ? 1 : 0, NOW, &d);
	cr_assert_eq(d.verdict == TN_ALLOW, d.code == TN_OK);
	cr_assert(d.verdict == TN_ALLOW || d.reason[0]);
	return d;
}

Test(allows, within_and_without)
{
	struct tn_warrant f = root_fields();
	const tn_grant *g = grant(&f);
	struct tn_decision d = ask(g, "read_file", "/data/x");

	cr_assert_eq(d.verdict, TN_ALLOW);
	cr_assert_eq(strncmp(d.tool, "read_file", d.tool_len), 0);
	d = ask(g, "read_file", "/etc/shadow");
	cr_assert_eq(d.code, TN_E_CONSTRAINT_VIOLATION);
	cr_assert_eq(d.arg_len, 4);
	cr_assert_not_null(d.constraint);
	cr_assert_eq(ask(g, "write_file", "/data/x").code, TN_E_TOOL_NOT_AUTHORIZED);
	cr_assert_eq(ask(g, "read_fil", "/data/x").code, TN_E_TOOL_NOT_AUTHORIZED);
	cr_assert_eq(ask(g, "", "/data/x").code, TN_E_TOOL_NOT_AUTHORIZED);
	cr_assert_eq(ask(g, "read_file", NULL).code, TN_E_CONSTRAINT_VIOLATION); /* missing */
}

Test(allows, closed_world)
{
	struct tn_warrant f = root_fields();
	struct tn_pair args[2] = { text_arg("path", "/data/x"), text_arg("mode", "r") };
	struct tn_decision d;

	tn_allows(grant(&f), "read_file", 9, args, 2, NOW, &d);
	cr_assert_eq(d.code, TN_E_CONSTRAINT_VIOLATION);
	tn_allows(grant(&f), "read_file", 9, args, 1, NOW, &d);
	cr_assert_eq(d.verdict, TN_ALLOW);
}

Test(allows, expiry_has_no_tolerance)
{
	struct tn_warrant f = root_fields();
	const tn_grant *g = grant(&f);
	struct tn_pair arg = text_arg("path", "/data/x");
	struct tn_decision d;

	tn_allows(g, "read_file", 9, &arg, 1, NOW + 3599, &d);
	cr_assert_eq(d.verdict, TN_ALLOW);
	tn_allows(g, "read_file", 9, &arg, 1, NOW + 3600, &d);
	cr_assert_eq(d.code, TN_E_EXPIRED);
}

Test(allows, own_entry_before_wildcard)
{
	struct tn_warrant f = root_fields();
	struct tn_tool t[2] = { *tool_with("*", NULL, subpath("/")), *tool_with("read_file", "path", subpath("/data")) };

	f.tools = t;
	f.ntools = 2;
	const tn_grant *g = grant(&f);
	cr_assert_eq(ask(g, "anything", "/etc").verdict, TN_ALLOW);
	cr_assert_eq(ask(g, "anything", "/etc").tool[0], '*');
	cr_assert_eq(ask(g, "read_file", "/etc").verdict, TN_DENY);
	cr_assert_eq(ask(g, "read_file", "/data/x").verdict, TN_ALLOW);
}

Test(allows, an_issuer_cannot_act)
{
	struct tn_warrant f = root_fields();
	struct tn_str any = TN_STR("*");

	f.issuer_type = f.has_issuable = true;
	f.ntools = 0;
	f.issuable = (struct tn_strs){ &any, 1 };
	cr_assert_eq(ask(grant(&f), "read_file", "/data/x").code, TN_E_VALIDATION);
}

Test(allows, what_cannot_be_judged_is_denied)
{
	struct tn_warrant f = root_fields();
	struct tn_constraint regex = { .type = TN_C_REGEX };

	regex.text = TN_STR(".*");
	f.tools = tool_with("t", "path", regex);
	struct tn_decision d = ask(grant(&f), "t", "x");
	cr_assert_eq(d.code, TN_E_CONSTRAINT_VIOLATION);
	cr_assert(d.cannot_say);
	struct tn_constraint unknown = { .type = TN_C_UNKNOWN };
	unknown.unknown.id = 99;
	f.tools = tool_with("t", "path", unknown);
	cr_assert(ask(grant(&f), "t", "x").cannot_say);
}

/* ---- gates ---- */

static const tn_grant *gated(const char *tool, const char *hex)
{
	struct tn_warrant f = root_fields();
	struct tn_ext x = { TN_EXT_GATES, from_hex(hex) };

	f.tools = tool_with(tool, NULL, subpath("/"));
	f.ext = &x;
	f.next = 1;
	return grant(&f);
}

Test(allows, a_gate_that_fires_denies)
{
	static const struct {
		const char *what, *gates, *tool, *path;
		enum tn_code want;
	} rows[] = {
		{ "whole tool", "a16174a16461726773f6", "t", "x", TN_E_APPROVAL_REQUIRED },
		{ "another tool", "a16175a16461726773f6", "t", "x", TN_OK },
		{ "under *", "a1612aa16461726773f6", "t", "x", TN_E_APPROVAL_REQUIRED },
		{ "its own entry, not *", "a2612aa16461726773f66174a16461726773a0", "t", "x", TN_OK },
		{ "all values", "a16174a16461726773a1647061746863616c6c", "t", "x", TN_E_APPROVAL_REQUIRED },
		{ "the value", "a16174a16461726773a164706174688201a16576616c75656178", "t", "x", TN_E_APPROVAL_REQUIRED },
		{ "another value", "a16174a16461726773a164706174688201a16576616c75656178", "t", "y", TN_OK },
		{ "argument absent", "a16174a16461726773a164706174688201a16576616c75656178", "t", NULL, TN_E_APPROVAL_REQUIRED },
		{ "exempt", "a16174a16461726773a16470617468a1666578656d70748201a16576616c75656178", "t", "x", TN_OK },
		{ "not exempt", "a16174a16461726773a16470617468a1666578656d70748201a16576616c75656178", "t", "y", TN_E_APPROVAL_REQUIRED },
		{ "cannot say", "a16174a16461726773a164706174688205a1677061747465726e612e", "t", "x", TN_E_CONSTRAINT_VIOLATION },
		{ "exempt, cannot say", "a16174a16461726773a16470617468a1666578656d70748205a1677061747465726e612e", "t", "x", TN_E_CONSTRAINT_VIOLATION },
		{ "no gates in it", "a0", "t", "x", TN_OK },
		{ "empty", "", "t", "x", TN_OK },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct tn_decision d = ask(gated("*", rows[i].gates), rows[i].tool, rows[i].path);

		cr_assert_eq(d.code, rows[i].want, "%s", rows[i].what);
		cr_assert_eq(d.cannot_say, rows[i].want == TN_E_CONSTRAINT_VIOLATION, "%s", rows[i].what);
	}
}

Test(allows, gates_that_are_not_well_formed_refuse_the_warrant)
{
	static const char *bad[] = {
		"80", "a16174f6", "a16174a0", "a16174a16178f6", "a16174a26461726773f66461726773f6", "a16174a26461726773f6617801",
		"a26174a16461726773f66174a16461726773f6", "a16174a16461726773a1647061746863616c73", "a16174a16461726773a16470617468a0",
		"a16174a16461726773a16470617468a166657865 6d70748210f6", "a16174a16461726773f600", "a16174a16461726773a16470617468f6", "a1",
		"a16174a16461726773a16470617468a164657865 6d8201a16576616c75656178",
		"a16174a16461726773a264706174 6863616c6c647061746863616c6c", "a16174a1646172677301", "ff",
		"a100a16461726773f6", "a16174a10000", "a16174a16461726773a10063616c6c", "a16174a26461726773f6676d65737361676500",
		"a16174a1646172677380", "a16174a16461726773a16170a1666578656d7074820863787878", "a16174a16461726773a16170820863787878",
		"a16174a16461726773a1617080", "a16174a16461726773a16170a1008201a16576616c75656178", "a1617480",
	};
	struct tn_warrant f = root_fields();
	const tn_warrant *w;

	for (size_t i = 0; i < COUNT(bad); i++) {
		char hex[200] = "";
		struct tn_ext x = { .key = TN_EXT_GATES };

		for (const char *p = bad[i]; *p; p++)
			if (*p != ' ')
				strncat(hex, p, 1);
		x.val = from_hex(hex);
		f.ext = &x;
		f.next = 1;
		cr_assert_neq(forge(&f, 0, &w), TN_OK, "%s", bad[i]);
	}
}

/* What an exemption may not be made of: it would never fire, or nobody could compare it. */
Test(allows, exemptions)
{
	static const struct {
		const char *c;
		bool good;
	} rows[] = { { "8210f6", false }, { "820da16b636f6e73747261696e747380", false }, { "820ea16a636f6e73747261696e748210f6", false },
		     { "820fa16a65787072657373696f6e6474727565", false }, { "821863420102", false }, { "8201a16576616c756561 78", true } };
	struct tn_warrant f = root_fields();
	const tn_warrant *w;

	for (size_t i = 0; i < COUNT(rows); i++) {
		char hex[200] = "a16174a16461726773a16470617468a1666578656d7074";
		struct tn_ext x = { .key = TN_EXT_GATES };

		for (const char *p = rows[i].c; *p; p++)
			if (*p != ' ')
				strncat(hex, p, 1);
		x.val = from_hex(hex);
		f.ext = &x;
		f.next = 1;
		cr_assert_eq(forge(&f, 0, &w) == TN_OK, rows[i].good, "%s", rows[i].c);
	}
}

Test(allows, untrusted_text_in_a_reason_is_escaped)
{
	struct tn_warrant f = root_fields();
	struct tn_decision d = ask(grant(&f), "evil\n\033[2J", "/data/x");

	cr_assert_null(strchr(d.reason, '\n'));
	cr_assert_null(strchr(d.reason, '\033'));
}
