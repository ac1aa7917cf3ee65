/* SPDX-License-Identifier: Apache-2.0 */
#include "policy_test.h"
#include "tn_gates.h"

TestSuite(decide, .init = pt_setup, .fini = pt_teardown);

#define READ_DATA "{\"read_file\": {\"path\": {\"subpath\": \"/srv/data\"}}}"
#define RW_DATA "{\"read_file\": {\"path\": {\"subpath\": \"/d\"}}, \"write_file\": {\"path\": {\"subpath\": \"/d\"}}, " \
		"\"delete_file\": {\"path\": {\"subpath\": \"/d\"}}}"

Test(decide, a_path_within_the_subpath_is_allowed_and_names_the_tool)
{
	struct tnp_decision d = pt_path(pt_policy(READ_DATA), TNP_READ, "/srv/data/a/b");

	PT_ALLOWED(d);
	PT_TOOL(d, "read_file");
	cr_assert_eq(d.code, TN_OK);
	cr_assert_eq(d.link, 0);
	cr_assert_null(d.row);
}

Test(decide, a_path_outside_says_which_constraint_refused)
{
	struct tnp_decision d = pt_path(pt_policy(READ_DATA), TNP_READ, "/srv/database");

	PT_DENIED(d, TNP_WHY_NO_MATCH);
	cr_assert_eq(d.code, TN_E_CONSTRAINT_VIOLATION);
	cr_assert(tn_str_eq(d.arg, TN_STR("path")));
	cr_assert_eq(d.constraint->type, TN_C_SUBPATH);
}

Test(decide, a_row_without_a_tool_of_the_grant_is_1500_under_its_canonical_name)
{
	struct tnp_decision d = pt_path(pt_policy(READ_DATA), TNP_WRITE, "/srv/data/a");

	PT_DENIED(d, TNP_WHY_NO_TOOL);
	cr_assert_eq(d.code, TN_E_TOOL_NOT_AUTHORIZED);
	PT_TOOL(d, "write_file");
}

Test(decide, at_expiry_nothing_is_allowed_any_more_and_a_second_before_it_is)
{
	const tnp_policy *p = pt_policy(READ_DATA);
	struct tnp_op op = { .kind = TNP_READ, .path = TN_STR("/srv/data/a") };
	struct tnp_decision d;

	tnp_decide(p, &op, PT_NOW + 719, &d);
	PT_ALLOWED(d);
	tnp_decide(p, &op, PT_NOW + 720, &d);
	PT_DENIED(d, TNP_WHY_EXPIRED);
	cr_assert_eq(d.code, TN_E_EXPIRED);
}

Test(decide, the_baseline_ends_with_the_warrant_too)
{
	const char *const chain[] = { READ_DATA, NULL };
	const tnp_policy *p = pt_policy_of(pt_chain(chain), NULL, NULL, TNP_ENFORCE);
	struct tnp_op op = { .kind = TNP_READ, .path = TN_STR("/dev/null") };
	struct tnp_decision d;

	tnp_decide(p, &op, PT_NOW, &d);
	PT_ALLOWED(d);
	cr_assert_str_eq(d.row, "B2");
	tnp_decide(p, &op, PT_NOW + 720, &d);
	PT_DENIED(d, TNP_WHY_EXPIRED);
}

Test(decide, without_a_warrant_only_the_baseline_allows)
{
	const tnp_policy *p = pt_policy_of(NULL, NULL, NULL, TNP_AUDIT);
	struct tnp_decision d = pt_path(p, TNP_READ, "/usr/lib/x.so");

	PT_ALLOWED(d);
	cr_assert_str_eq(d.row, "B0");
	d = pt_path(p, TNP_READ, "/home/u/x");
	PT_DENIED(d, TNP_WHY_NO_WARRANT);
	cr_assert_eq(d.code, TN_E_NO_WARRANT);
	cr_assert_eq(d.mode, TNP_AUDIT);
}

Test(decide, baseline_rights_are_those_of_the_row)
{
	const tnp_policy *p = pt_policy_of(NULL, NULL, NULL, TNP_ENFORCE);

	PT_ALLOWED(pt_path(p, TNP_LIST, "/usr/lib"));
	PT_ALLOWED(pt_path(p, TNP_READ, "/etc/passwd"));
	PT_ALLOWED(pt_path(p, TNP_WRITE, "/dev/null"));
	PT_DENIED(pt_path(p, TNP_WRITE, "/usr/lib/x.so"), TNP_WHY_NO_WARRANT);
	PT_DENIED(pt_path(p, TNP_READ, "/etc/passwd/x"), TNP_WHY_NO_WARRANT); /* a file row is no tree */
	PT_DENIED(pt_path(p, TNP_READ, "/etc/shadow"), TNP_WHY_NO_WARRANT);
	PT_DENIED(pt_path(p, TNP_READ, "/usr/libx"), TNP_WHY_NO_WARRANT);
}

Test(decide, objects_without_a_plain_path_are_refused)
{
	static const char *const bad[] = { "", "x", "./x", "/a//b", "/a/./b", "/a/../b", "/a/", "//a" };
	const tnp_policy *p = pt_policy("{\"*\": {}}");

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		PT_DENIED(pt_path(p, TNP_READ, bad[i]), TNP_WHY_BAD_OBJECT);
	PT_ALLOWED(pt_path(p, TNP_READ, "/"));
	PT_ALLOWED(pt_path(p, TNP_READ, "/a/..b/.c/..."));
}

Test(decide, a_nul_in_a_path_is_refused)
{
	struct tnp_op op = { .kind = TNP_READ, .path = TN_STR("/srv/data/a\0b") };

	PT_DENIED(pt_decide(pt_policy(READ_DATA), &op), TNP_WHY_BAD_OBJECT);
}

Test(decide, a_backslash_is_no_separator)
{
	const tnp_policy *p = pt_policy("{\"write_file\": {\"path\": {\"subpath\": \"/data\"}}}");

	/* upstream would read /data/x */
	PT_DENIED(pt_path(p, TNP_CREATE, "/etc/cron.d/x\\..\\..\\..\\data\\x"), TNP_WHY_CANNOT_SAY);
	PT_DENIED(pt_path(p, TNP_CREATE, "/data\\x"), TNP_WHY_CANNOT_SAY);
	PT_ALLOWED(pt_path(p, TNP_CREATE, "/data/a\\b"));
}

Test(decide, a_name_that_is_not_utf8_is_judged_by_trees_only)
{
	PT_ALLOWED(pt_path(pt_policy(READ_DATA), TNP_READ, "/srv/data/\xff"));
	PT_DENIED(pt_path(pt_policy(READ_DATA), TNP_READ, "/srv/\xff"), TNP_WHY_NO_MATCH);
	PT_DENIED(pt_path(pt_policy("{\"read_file\": {\"path\": {\"not_one_of\": [\"/x\"]}}}"), TNP_READ, "/\xff"), TNP_WHY_CANNOT_SAY);
}

Test(decide, a_root_with_a_slash_at_its_end_is_never_equal)
{
	/* the JSON reader normalises; a token need not */
	struct tnp_barg arg = { .ours = TNP_A_PATH };
	struct tn_constraint c = { .type = TN_C_SUBPATH, .subpath = { TN_STR("/data/"), true, true } };
	struct tnp_op op = { .kind = TNP_READ, .path = TN_STR("/data") };
	struct tnp_eval ev = { .op = &op, .path = op.path };

	arg.c = &c;
	cr_assert_eq(tnp_arg_match(&ev, &arg), TNP_M_NO);
	ev.path = TN_STR("/data/x");
	cr_assert_eq(tnp_arg_match(&ev, &arg), TNP_M_YES);
	c.subpath.root = TN_STR("/data");
	ev.path = TN_STR("/data");
	cr_assert_eq(tnp_arg_match(&ev, &arg), TNP_M_YES);
	c.subpath.allow_equal = false;
	cr_assert_eq(tnp_arg_match(&ev, &arg), TNP_M_NO);
}

Test(decide, an_operation_without_what_its_kind_needs_is_refused)
{
	const tnp_policy *p = pt_policy("{\"*\": {}}");
	struct tnp_net net = { .port = 80 };
	struct tn_str name = TN_STR("a.b");
	struct tnp_op op = { .kind = TNP_EXEC, .path = TN_STR("/bin/ls") };

	PT_DENIED(pt_decide(p, &op), TNP_WHY_BAD_OBJECT);
	op.kind = TNP_CONNECT;
	PT_DENIED(pt_decide(p, &op), TNP_WHY_BAD_OBJECT);
	op.net = &net;
	PT_ALLOWED(pt_decide(p, &op));
	op.kind = TNP_RESOLVE;
	PT_DENIED(pt_decide(p, &op), TNP_WHY_BAD_OBJECT);
	net.names = &name;
	net.nnames = 1;
	PT_ALLOWED(pt_decide(p, &op));
	op.kind = TNP_NKINDS;
	PT_DENIED(pt_decide(p, &op), TNP_WHY_BAD_OBJECT);
	PT_DENIED(pt_two(p, TNP_RENAME, "/a", "/b/"), TNP_WHY_BAD_OBJECT);
	PT_DENIED(pt_two(p, TNP_LINK, "/a", "b"), TNP_WHY_BAD_OBJECT);
	PT_DENIED(pt_two(p, TNP_RENAME, "a", "/b"), TNP_WHY_BAD_OBJECT);
	PT_ALLOWED(pt_two(p, TNP_RENAME, "/a", "/b"));
	PT_ALLOWED(pt_two(p, TNP_LINK, "/a", "/b"));
	PT_ALLOWED(pt_two(p, TNP_READ, "/a", "whatever"));
}

Test(decide, operations_of_several_parts_have_a_name_too)
{
	PT_TOOL(pt_two(pt_policy(RW_DATA), TNP_RENAME, "/d/a", "/d/b"), "move_file");
	PT_TOOL(pt_two(pt_policy(RW_DATA), TNP_LINK, "/d/a", "/d/b"), "write_file");
	PT_TOOL(pt_two(pt_policy("{\"move_file\": {}, \"read_file\": {\"path\": \"/b\"}}"), TNP_RENAME, "/a", "/b"), "move_file");
	PT_TOOL(pt_two(pt_policy("{\"write_file\": {\"path\": \"/b\"}, \"read_file\": {}}"), TNP_LINK, "/a", "/b"), "write_file");
	PT_DENIED(pt_two(pt_policy("{\"write_file\": {\"path\": \"/b\"}, \"read_file\": {}}"), TNP_LINK, "/a", "/b"), TNP_WHY_GAIN);
}

/* ---------------------------------------------------------------- any tool of the row */
Test(decide, one_tool_of_the_row_is_enough_and_order_decides_wording_only)
{
	const tnp_policy *p = pt_policy("{\"read_file\": {\"path\": {\"subpath\": \"/a\"}}, \"Read\": {\"file_path\": {\"subpath\": \"/b\"}}}");

	PT_TOOL(pt_path(p, TNP_READ, "/a/x"), "read_file");
	PT_TOOL(pt_path(p, TNP_READ, "/b/x"), "Read");
	PT_ALLOWED(pt_path(p, TNP_READ, "/b/x"));
	PT_DENIED(pt_path(p, TNP_READ, "/c"), TNP_WHY_NO_MATCH);
	PT_TOOL(pt_path(p, TNP_READ, "/c"), "read_file");
}

Test(decide, star_answers_each_name_the_grant_does_not_have)
{
	/* read_file is the grant's own and narrow; read_text_file falls to "*" */
	const tnp_policy *p = pt_policy("{\"*\": {\"path\": {\"subpath\": \"/b\"}}, \"read_file\": {\"path\": {\"subpath\": \"/a\"}}}");

	PT_ALLOWED(pt_path(p, TNP_READ, "/a/x"));
	PT_ALLOWED(pt_path(p, TNP_READ, "/b/x"));
	PT_TOOL(pt_path(p, TNP_READ, "/b/x"), "read_text_file");
	PT_DENIED(pt_path(p, TNP_READ, "/c"), TNP_WHY_NO_MATCH);
	PT_ALLOWED(pt_path(p, TNP_DELETE, "/b/x"));
	PT_DENIED(pt_path(p, TNP_DELETE, "/a/x"), TNP_WHY_NO_MATCH);
}

Test(decide, dropping_append_file_does_not_let_a_child_append)
{
	const char *const chain[] = {
		"{\"append_file\": {\"path\": {\"subpath\": \"/log\"}}, \"write_file\": {\"path\": {\"subpath\": \"/w\"}}}",
		"{\"write_file\": {\"path\": {\"subpath\": \"/w\"}}}", NULL };
	const tnp_policy *child = pt_policy_of(pt_chain(chain), PT_BARE, NULL, TNP_ENFORCE), *parent = pt_policy(chain[0]);

	PT_ALLOWED(pt_path(parent, TNP_APPEND, "/log/x"));
	PT_ALLOWED(pt_path(parent, TNP_APPEND, "/w/x"));
	PT_DENIED(pt_path(child, TNP_APPEND, "/log/x"), TNP_WHY_NO_MATCH);
	PT_ALLOWED(pt_path(child, TNP_APPEND, "/w/x"));
}

Test(decide, an_argument_no_operation_has_denies)
{
	const tnp_policy *p = pt_policy("{\"read_file\": {\"path\": {\"subpath\": \"/a\"}, \"encoding\": {\"wildcard\": true}}}");
	struct tnp_decision d = pt_path(p, TNP_READ, "/a/x");

	PT_DENIED(d, TNP_WHY_MISSING_ARG);
	cr_assert(tn_str_eq(d.arg, TN_STR("encoding")));
	PT_ALLOWED(pt_path(pt_policy("{\"read_file\": {\"path\": {\"subpath\": \"/a\"}}}"), TNP_READ, "/a/x"));
}

Test(decide, the_first_link_that_refuses_is_named)
{
	const char *const narrower[] = { "{\"read_file\": {\"path\": {\"subpath\": \"/d\"}}}", "{\"read_file\": {\"path\": {\"subpath\": \"/d/e\"}}}",
					 NULL };
	const tnp_policy *p = pt_policy_of(pt_chain(narrower), PT_BARE, NULL, TNP_ENFORCE);

	cr_assert_eq(pt_path(p, TNP_READ, "/d/x").link, 1);
	cr_assert_eq(pt_path(p, TNP_READ, "/x").link, 0);
	cr_assert_eq(pt_path(p, TNP_READ, "/d/e/x").link, 1);
	PT_ALLOWED(pt_path(p, TNP_READ, "/d/e/x"));
}

/* ---------------------------------------------------------------- rename and link */
Test(decide, rename_is_delete_create_and_read)
{
	PT_ALLOWED(pt_two(pt_policy(RW_DATA), TNP_RENAME, "/d/a", "/d/b"));
	PT_DENIED(pt_two(pt_policy(RW_DATA), TNP_RENAME, "/d/a", "/e"), TNP_WHY_NO_MATCH);
	PT_DENIED(pt_two(pt_policy(RW_DATA), TNP_RENAME, "/e", "/d/a"), TNP_WHY_NO_MATCH);
}

Test(decide, each_part_of_a_rename_counts)
{
	static const char *const without[] = {
		"{\"write_file\": {}, \"delete_file\": {}}", "{\"read_file\": {}, \"delete_file\": {}}", "{\"read_file\": {}, \"write_file\": {}}",
	};

	for (size_t i = 0; i < 3; i++)
		PT_DENIED(pt_two(pt_policy(without[i]), TNP_RENAME, "/a/x", "/b/x"), TNP_WHY_NO_TOOL);
	PT_ALLOWED(pt_two(pt_policy("{\"read_file\": {}, \"write_file\": {}, \"delete_file\": {}}"), TNP_RENAME, "/a/x", "/b/x"));
}

Test(decide, over_an_existing_name_that_one_may_be_deleted)
{
	const tnp_policy *p = pt_policy("{\"read_file\": {}, \"write_file\": {}, \"delete_file\": {\"path\": {\"subpath\": \"/a\"}}}");
	struct tnp_op op = { .kind = TNP_RENAME, .path = TN_STR("/a/x"), .path2 = TN_STR("/b/x") };

	PT_ALLOWED(pt_decide(p, &op));
	op.over = true;
	PT_DENIED(pt_decide(p, &op), TNP_WHY_NO_MATCH);
	cr_assert(tn_str_eq(pt_decide(p, &op).object, op.path2));
}

Test(decide, move_file_alone_renames)
{
	const tnp_policy *p = pt_policy("{\"move_file\": {\"source\": {\"subpath\": \"/a\"}, \"destination\": {\"subpath\": \"/b\"}}}");

	PT_ALLOWED(pt_two(p, TNP_RENAME, "/a/x", "/b/x"));
	PT_TOOL(pt_two(p, TNP_RENAME, "/a/x", "/b/x"), "move_file");
	PT_DENIED(pt_two(p, TNP_RENAME, "/b/x", "/a/x"), TNP_WHY_NO_MATCH);
	PT_DENIED(pt_path(p, TNP_DELETE, "/a/x"), TNP_WHY_NO_TOOL);
}

Test(decide, a_rename_that_would_gain_is_refused_though_every_part_is_allowed)
{
	static const char *const gains[] = { /* under /b: */
		"{\"move_file\": {}, \"read_file\": {\"path\": {\"subpath\": \"/b\"}}}",
		"{\"move_file\": {}, \"write_file\": {\"path\": {\"subpath\": \"/b\"}}}",
		"{\"move_file\": {}, \"delete_file\": {\"path\": {\"subpath\": \"/b\"}}}",
		"{\"move_file\": {}, \"run_command\": {\"program\": {\"exact\": \"/b/x\"}}}",
		"{\"move_file\": {}, \"run_command\": {\"command\": {\"exact\": \"/b/x\"}}}",
	};

	for (size_t i = 0; i < 5; i++) {
		struct tnp_decision d = pt_two(pt_policy(gains[i]), TNP_RENAME, "/a/x", "/b/x");

		PT_DENIED(d, TNP_WHY_GAIN);
		cr_assert_eq(d.code, TN_E_GAIN);
		PT_ALLOWED(pt_two(pt_policy(gains[i]), TNP_RENAME, "/b/x", "/a/x"));
		PT_ALLOWED(pt_two(pt_policy(gains[i]), TNP_RENAME, "/a/x", "/a/y"));
	}
}

Test(decide, a_directory_takes_along_names_that_would_gain)
{
	const tnp_policy *p = pt_policy("{\"*\": {\"path\": {\"subpath\": \"/none\"}}, \"move_file\": {}, "
					"\"read_file\": {\"path\": {\"pattern\": \"/pub/*.txt\"}}}");
	struct tnp_op op = { .kind = TNP_RENAME, .path = TN_STR("/a/dir"), .path2 = TN_STR("/pub/dir"), .is_dir = true };

	PT_DENIED(pt_decide(p, &op), TNP_WHY_GAIN); /* /pub/dir/secret.txt */
	op.path2 = TN_STR("/a/other");
	PT_ALLOWED(pt_decide(p, &op));
	op.is_dir = false;
	op.path2 = TN_STR("/pub/file");
	PT_ALLOWED(pt_decide(p, &op));
}

Test(decide, a_directory_moves_within_a_tree)
{
	const tnp_policy *p = pt_policy("{\"read_file\": {\"path\": {\"subpath\": \"/d\"}}, \"write_file\": {\"path\": {\"subpath\": \"/d\"}}, "
					"\"delete_file\": {\"path\": {\"subpath\": \"/d\"}}}");
	struct tnp_op op = { .kind = TNP_RENAME, .path = TN_STR("/d/a"), .path2 = TN_STR("/d/b/c"), .is_dir = true };

	PT_ALLOWED(pt_decide(p, &op));
	op.path2 = TN_STR("/x");
	PT_DENIED(pt_decide(p, &op), TNP_WHY_NO_MATCH);
}

Test(decide, link_reads_its_target_creates_its_name_and_gains_nothing)
{
	const char *caps = "{\"read_file\": {\"path\": {\"subpath\": \"/r\"}}, \"write_file\": {\"path\": {\"subpath\": \"/r/w\"}}}";

	PT_ALLOWED(pt_two(pt_policy(caps), TNP_LINK, "/r/w/x", "/r/w/y"));
	PT_DENIED(pt_two(pt_policy(caps), TNP_LINK, "/r/x", "/r/w/y"), TNP_WHY_GAIN); /* it could write /r/x as /r/w/y */
	PT_DENIED(pt_two(pt_policy(caps), TNP_LINK, "/x", "/r/w/y"), TNP_WHY_NO_MATCH);
	PT_DENIED(pt_two(pt_policy(caps), TNP_LINK, "/r/w/x", "/r/y"), TNP_WHY_NO_MATCH);
}

Test(decide, rmdir_has_tools_of_its_own_and_those_of_delete)
{
	const tnp_policy *p = pt_policy("{\"delete_directory\": {\"path\": {\"subpath\": \"/d\"}}}");
	struct tnp_op op = { .kind = TNP_DELETE, .path = TN_STR("/d/x"), .is_dir = true };

	PT_ALLOWED(pt_decide(p, &op));
	PT_TOOL(pt_decide(p, &op), "delete_directory");
	PT_ALLOWED(pt_decide(pt_policy("{\"rm\": {}}"), &op));
	op.is_dir = false;
	PT_DENIED(pt_decide(p, &op), TNP_WHY_NO_TOOL);
}

Test(decide, baseline_and_grant_together_make_a_rename)
{
	struct tnp_facts f = { .tmpdir = TN_STR("/tmp/t") };
	const char *const chain[] = { "{\"write_file\": {\"path\": {\"subpath\": \"/d\"}}, \"read_file\": {\"path\": {\"subpath\": \"/d\"}}}", NULL };
	const tnp_policy *p = pt_policy_of(pt_chain(chain), NULL, &f, TNP_ENFORCE);
	struct tnp_op op = { .kind = TNP_RENAME, .path = TN_STR("/tmp/t/x"), .path2 = TN_STR("/d/x") };
	struct tnp_decision d = pt_decide(p, &op);

	PT_ALLOWED(d); /* delete and read by B4, create by the grant */
	cr_assert_null(d.row);
	d = pt_two(p, TNP_RENAME, "/d/x", "/tmp/t/x");
	PT_DENIED(d, TNP_WHY_NO_TOOL); /* it may not be deleted from /d */
	PT_TOOL(d, "delete_file");
	d = pt_two(p, TNP_RENAME, "/tmp/t/x", "/tmp/t/y");
	PT_ALLOWED(d);
	cr_assert_str_eq(d.row, "B4");
	d = pt_two(p, TNP_LINK, "/tmp/t/x", "/tmp/t/y");
	PT_ALLOWED(d);
	cr_assert_str_eq(d.row, "B4");
	PT_ALLOWED(pt_two(pt_policy_of(NULL, NULL, &f, TNP_ENFORCE), TNP_RENAME, "/tmp/t/x", "/tmp/t/y"));
	PT_DENIED(pt_two(pt_policy_of(NULL, NULL, &f, TNP_ENFORCE), TNP_RENAME, "/x", "/tmp/t/x"), TNP_WHY_NO_WARRANT);
	PT_DENIED(pt_two(pt_policy_of(NULL, NULL, &f, TNP_ENFORCE), TNP_LINK, "/tmp/t/x", "/x"), TNP_WHY_NO_WARRANT);
	PT_DENIED(pt_two(pt_policy_of(NULL, NULL, &f, TNP_ENFORCE), TNP_RENAME, "/tmp/t/x", "/x"), TNP_WHY_NO_WARRANT);
}

Test(decide, what_the_baseline_runs_is_not_gained_by_a_name)
{
	struct tnp_facts f = { .program = TN_STR("/d/prog") };
	const char *const chain[] = { "{\"move_file\": {}}", NULL };
	const tnp_policy *p = pt_policy_of(pt_chain(chain), NULL, &f, TNP_ENFORCE);

	PT_DENIED(pt_two(p, TNP_RENAME, "/d/x", "/d/prog"), TNP_WHY_GAIN);
	PT_DENIED(pt_two(p, TNP_RENAME, "/d/x", "/dev/null"), TNP_WHY_GAIN);
	PT_ALLOWED(pt_two(p, TNP_RENAME, "/d/x", "/d/y"));
}

/* ---------------------------------------------------------------- approval gates */
static const tnp_policy *gated(const char *caps, const struct tn_gates *gates)
{
	const char *const chain[] = { caps, NULL };
	const tn_grant *g = pt_chain(chain);

	/* as if the token had said so: the token's own reader has its own tests */
	((struct tn_warrant *)(uintptr_t)tn_grant_leaf(g))->gates = gates;
	return pt_policy_of(g, PT_BARE, NULL, TNP_ENFORCE);
}

Test(decide, an_approval_gate_that_fires_denies_and_another_tool_may_still_allow)
{
	struct tn_arg_gate prod = { .arg = TN_STR("path"), .kind = TN_GATE_MATCH,
				    .c = { .type = TN_C_SUBPATH, .subpath = { TN_STR("/srv/data/prod"), true, true } } };
	struct tn_tool_gate one = { .tool = TN_STR("read_file"), .args = &prod, .nargs = 1 }, whole = { .tool = TN_STR("read_file"), .whole = true };
	struct tn_gates gates = { &one, 1 };
	const tnp_policy *p = gated(READ_DATA, &gates);

	PT_ALLOWED(pt_path(p, TNP_READ, "/srv/data/x"));
	PT_DENIED(pt_path(p, TNP_READ, "/srv/data/prod/x"), TNP_WHY_GATE);
	cr_assert_eq(pt_path(p, TNP_READ, "/srv/data/prod/x").code, TN_E_APPROVAL_REQUIRED);
	PT_DENIED(pt_path(p, TNP_READ, "/x"), TNP_WHY_NO_MATCH);
	gates.v = &whole;
	PT_DENIED(pt_path(gated(READ_DATA, &gates), TNP_READ, "/srv/data/x"), TNP_WHY_GATE);
	PT_ALLOWED(pt_path(gated("{\"read_file\": {}, \"Read\": {}}", &gates), TNP_READ, "/x"));
	prod.kind = TN_GATE_EXEMPT;
	gates.v = &one;
	PT_ALLOWED(pt_path(gated(READ_DATA, &gates), TNP_READ, "/srv/data/prod/x"));
	PT_DENIED(pt_path(gated(READ_DATA, &gates), TNP_READ, "/srv/data/x"), TNP_WHY_GATE);
}

Test(decide, a_gate_on_what_a_connect_does_not_have_fires)
{
	struct tn_arg_gate url = { .arg = TN_STR("url"), .kind = TN_GATE_MATCH, .c = { .type = TN_C_EXACT } };
	struct tn_arg_gate port = { .arg = TN_STR("port"), .kind = TN_GATE_MATCH, .c = { .type = TN_C_EXACT, .exact = { .type = TN_V_INT, .i = 22 } } };
	struct tn_tool_gate gate = { .tool = TN_STR("connect"), .args = &url, .nargs = 1 };
	const struct tn_gates gates = { &gate, 1 };
	const char *caps = "{\"connect\": {\"url\": {\"wildcard\": true}, \"port\": {\"wildcard\": true}}}";

	PT_DENIED(pt_connect(gated(caps, &gates), "10.0.0.1", 443, NULL), TNP_WHY_GATE);
	gate.args = &port;
	PT_ALLOWED(pt_connect(gated(caps, &gates), "10.0.0.1", 443, NULL));
	PT_DENIED(pt_connect(gated(caps, &gates), "10.0.0.1", 22, NULL), TNP_WHY_GATE);
}

/* ---------------------------------------------------------------- what holds the session */
static const struct tnp_protect protect[] = {
	{ { "/d/log", sizeof("/d/log") - 1 }, false, false, "its log" }, { { "/d/keys", sizeof("/d/keys") - 1 }, true, true, "a key" },
};

Test(decide, what_holds_the_session_is_not_touched_whatever_the_warrant_says)
{
	struct tnp_facts f = { .protect = protect, .nprotect = 2 };
	const char *const chain[] = { "{\"*\": {}}", NULL };
	const tnp_policy *p = pt_policy_of(pt_chain(chain), PT_BARE, &f, TNP_ENFORCE);
	static const enum tnp_kind writes[] = { TNP_CREATE, TNP_WRITE, TNP_APPEND, TNP_METADATA, TNP_DELETE };

	for (size_t i = 0; i < 5; i++) {
		PT_DENIED(pt_path(p, writes[i], "/d/log"), TNP_WHY_PROTECTED);
		PT_DENIED(pt_path(p, writes[i], "/d/keys/a"), TNP_WHY_PROTECTED);
		PT_ALLOWED(pt_path(p, writes[i], "/d/log2"));
	}
	PT_ALLOWED(pt_path(p, TNP_READ, "/d/log"));
	PT_DENIED(pt_path(p, TNP_READ, "/d/keys/a"), TNP_WHY_PROTECTED);
	PT_DENIED(pt_two(p, TNP_RENAME, "/x", "/d/log"), TNP_WHY_PROTECTED);
	PT_DENIED(pt_two(p, TNP_LINK, "/d/log", "/x"), TNP_WHY_PROTECTED);
	PT_DENIED(pt_two(p, TNP_RENAME, "/d", "/e"), TNP_WHY_PROTECTED); /* what contains it */
	PT_ALLOWED(pt_two(p, TNP_RENAME, "/x", "/y"));
}

Test(decide, a_mode_of_a_tool_applies_to_its_operations_only)
{
	const char *const chain[] = { READ_DATA, NULL };
	const tnp_policy *p = pt_policy_of(pt_chain(chain), "{\"baseline\": \"none\", \"modes\": {\"read_file\": \"audit\"}}", NULL, TNP_ENFORCE);

	cr_assert_eq(pt_path(p, TNP_READ, "/x").mode, TNP_AUDIT);
	cr_assert_eq(pt_path(p, TNP_WRITE, "/x").mode, TNP_ENFORCE);
}

/* ---------------------------------------------------------------- links on disk */
static long resolve(void *ctx, struct tn_str path, char *out, size_t cap, bool *is_dir)
{
	static const char *const map[][2] = { { "/tmp/x", "/private/x" }, { "/data", "/data" }, { "/data/sub", "/data/sub" },
					      { "/data/link", "/etc" }, { "/", "/" } };

	(void)ctx;
	for (size_t i = 0; i < sizeof(map) / sizeof(*map); i++) {
		if (!tn_str_eq(path, tn_cstr(map[i][0])))
			continue;
		*is_dir = true;
		cr_assert_lt(strlen(map[i][1]), cap);
		strcpy(out, map[i][1]);
		return (long)strlen(out);
	}
	return 0;
}
static const struct tnp_facts disk = { .resolve = resolve };

Test(decide, roots_hold_for_what_they_lead_to)
{
	const char *const chain[] = { "{\"read_file\": {\"path\": {\"any\": [{\"subpath\": \"/tmp/x\"}, {\"pattern\": \"/tmp/x/*.c\"}]}}}", NULL };
	const tnp_policy *p = pt_policy_of(pt_chain(chain), PT_BARE, &disk, TNP_ENFORCE);

	PT_ALLOWED(pt_path(p, TNP_READ, "/private/x/f"));
	PT_DENIED(pt_path(p, TNP_READ, "/tmp/x/f"), TNP_WHY_NO_MATCH); /* the kernel never says so */
}

Test(decide, files_that_do_not_exist_yet_are_named_by_their_directory)
{
	const char *const chain[] = { "{\"write_file\": {\"path\": {\"one_of\": [\"/tmp/x/new/f\", \"/data/f\"]}}}", NULL };
	const tnp_policy *p = pt_policy_of(pt_chain(chain), PT_BARE, &disk, TNP_ENFORCE);
	const struct tnp_missing_root *v;

	PT_ALLOWED(pt_path(p, TNP_CREATE, "/private/x/new/f"));
	PT_ALLOWED(pt_path(p, TNP_CREATE, "/data/f"));
	PT_DENIED(pt_path(p, TNP_CREATE, "/private/x/f"), TNP_WHY_NO_MATCH);
	cr_assert_eq(tnp_policy_missing_roots(p, &v), 0);
}

Test(decide, roots_that_do_not_exist_are_listed)
{
	const char *const chain[] = { "{\"read_file\": {\"path\": {\"subpath\": \"/nowhere\"}}, \"write_file\": {\"path\": {\"subpath\": \"/data\"}}}",
				      NULL };
	const tnp_policy *p = pt_policy_of(pt_chain(chain), PT_BARE, &disk, TNP_ENFORCE);
	const struct tnp_missing_root *v;

	cr_assert_eq(tnp_policy_missing_roots(p, &v), 1);
	cr_assert(tn_str_eq(v[0].root, TN_STR("/nowhere")));
	cr_assert(tn_str_eq(v[0].tool, TN_STR("read_file")));
}

Test(decide, a_link_inside_the_parents_tree_does_not_widen_the_child)
{
	const char *const bad[] = { "{\"read_file\": {\"path\": {\"subpath\": \"/data\"}}}", "{\"read_file\": {\"path\": {\"subpath\": \"/data/link\"}}}",
				    NULL };
	const char *const good[] = { bad[0], "{\"read_file\": {\"path\": {\"subpath\": \"/data/sub\"}}}", NULL };
	const tnp_policy *p;
	struct tn_err e = { 0 };

	cr_assert_eq(tnp_policy_build(pt_chain(bad), pt_config(PT_BARE), &disk, TNP_ENFORCE, &pt_arena, &p, &e), TN_E_CHAIN);
	cr_assert(strstr(e.msg, "subpath /etc") && strstr(e.msg, "subpath /data"), "%s", e.msg);
	cr_assert_eq(e.link, 1);
	p = pt_policy_of(pt_chain(good), PT_BARE, &disk, TNP_ENFORCE);
	PT_ALLOWED(pt_path(p, TNP_READ, "/data/sub/x"));
	PT_DENIED(pt_path(p, TNP_READ, "/data/x"), TNP_WHY_NO_MATCH);
}

/* ---------------------------------------------------------------- listen, unix */
Test(decide, listen_and_unix_sockets_have_rows)
{
	const tnp_policy *p = pt_policy("{\"listen\": {\"port\": {\"range\": {\"min\": 8000, \"max\": 8999}}}, "
					"\"connect_unix\": {\"path\": {\"exact\": \"/run/x.sock\"}}}");

	PT_ALLOWED(pt_net(p, TNP_LISTEN, "127.0.0.1", 8080, NULL));
	PT_DENIED(pt_net(p, TNP_LISTEN, "127.0.0.1", 80, NULL), TNP_WHY_NO_MATCH);
	PT_ALLOWED(pt_path(p, TNP_UNIX, "/run/x.sock"));
	PT_DENIED(pt_path(p, TNP_UNIX, "/run/y.sock"), TNP_WHY_NO_MATCH);
	PT_DENIED(pt_connect(p, "127.0.0.1", 8080, NULL), TNP_WHY_NO_TOOL);
}

Test(decide, what_runs_a_script_may_read_it_and_nothing_else)
{
	const tnp_policy *p = pt_policy(READ_DATA);
	struct tnp_op op = { .kind = TNP_READ, .path = TN_STR("/usr/bin/script"), .own = true };
	struct tnp_decision d;

	tnp_decide(p, &op, PT_NOW, &d);
	PT_ALLOWED(d);
	cr_assert_str_eq(d.row, "B3");
	op.own = false;
	tnp_decide(p, &op, PT_NOW, &d);
	PT_DENIED(d, TNP_WHY_NO_MATCH);
	op.own = true;
	op.kind = TNP_WRITE; /* its own program is no more writable than any other */
	tnp_decide(p, &op, PT_NOW, &d);
	PT_DENIED(d, TNP_WHY_NO_TOOL);
}
