/* SPDX-License-Identifier: Apache-2.0 */
#include "policy_test.h"

TestSuite(mapping, .init = pt_setup, .fini = pt_teardown);

static const tnp_policy *with(const char *caps, const char *config)
{
	const char *const chain[] = { caps, NULL };

	return pt_policy_of(pt_chain(chain), config, NULL, TNP_ENFORCE);
}

/* The table of the design, by tool: each alone allows its operation. */
static const struct { enum tnp_kind kind; const char *tools; } table[] = {
	{ TNP_READ, "read_file read_text_file read_media_file read_multiple_files read_many_files Read NotebookRead Grep grep" },
	{ TNP_READ, "search_file_content view cat get_file_contents" },
	{ TNP_LIST, "list_directory list_directory_with_sizes directory_tree list_files list_dir LS Glob glob search_files file_search read_file" },
	{ TNP_CREATE, "write_file create_file Write write_to_file edit_file apply_patch" },
	{ TNP_WRITE, "write_file edit_file Write Edit MultiEdit NotebookEdit notebook_edit replace replace_in_file apply_patch" },
	{ TNP_APPEND, "append_file write_file" },
	{ TNP_MKDIR, "create_directory make_directory mkdir create_file write_file" },
	{ TNP_METADATA, "set_file_info write_file" },
	{ TNP_DELETE, "delete_file remove_file file_delete rm unlink" },
	{ TNP_UNIX, "connect_unix" },
};

Test(mapping, each_tool_of_the_table_allows_its_operation)
{
	struct tn_str tools[16];
	char caps[200];

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		size_t n = pt_words(table[i].tools, tools);

		for (size_t k = 0; k < n; k++) {
			snprintf(caps, sizeof(caps), "{\"%.*s\": {\"path\": {\"subpath\": \"/d\"}}}", (int)tools[k].n, tools[k].p);
			cr_assert_eq(pt_path(pt_policy(caps), table[i].kind, "/d/x").verdict, TN_ALLOW, "%s %s", tnp_kind_name(table[i].kind), caps);
			cr_assert_eq(pt_path(pt_policy(caps), table[i].kind, "/x").verdict, TN_DENY, "%s %s", tnp_kind_name(table[i].kind), caps);
		}
	}
}

Test(mapping, rows_do_not_run_into_each_other)
{
	PT_DENIED(pt_path(pt_policy("{\"list_directory\": {}}"), TNP_READ, "/x"), TNP_WHY_NO_TOOL);
	PT_DENIED(pt_path(pt_policy("{\"create_file\": {}}"), TNP_WRITE, "/x"), TNP_WHY_NO_TOOL);
	PT_DENIED(pt_path(pt_policy("{\"append_file\": {}}"), TNP_WRITE, "/x"), TNP_WHY_NO_TOOL);
	PT_DENIED(pt_path(pt_policy("{\"write_file\": {}}"), TNP_READ, "/x"), TNP_WHY_NO_TOOL);
	PT_DENIED(pt_path(pt_policy("{\"write_file\": {}}"), TNP_DELETE, "/x"), TNP_WHY_NO_TOOL);
	PT_DENIED(pt_path(pt_policy("{\"search\": {}, \"send_email\": {}}"), TNP_READ, "/x"), TNP_WHY_NO_TOOL);
}

Test(mapping, arguments_have_their_spellings)
{
	static const char *const names[] = { "path", "file_path", "filePath", "filename", "file", "absolute_path", "target_file", "notebook_path" };
	char caps[200];

	for (size_t i = 0; i < 8; i++) {
		snprintf(caps, sizeof(caps), "{\"read_file\": {\"%s\": {\"subpath\": \"/d\"}}}", names[i]);
		PT_ALLOWED(pt_path(pt_policy(caps), TNP_READ, "/d/x"));
		PT_DENIED(pt_path(pt_policy(caps), TNP_READ, "/x"), TNP_WHY_NO_MATCH);
	}
	PT_ALLOWED(pt_path(pt_policy("{\"read_multiple_files\": {\"paths\": {\"subset\": [\"/a\", \"/b\"]}}}"), TNP_READ, "/b"));
	PT_DENIED(pt_path(pt_policy("{\"read_multiple_files\": {\"paths\": {\"subset\": [\"/a\", \"/b\"]}}}"), TNP_READ, "/c"), TNP_WHY_NO_MATCH);
	PT_DENIED(pt_path(pt_policy("{\"read_file\": {\"Path\": {\"subpath\": \"/d\"}}}"), TNP_READ, "/d/x"), TNP_WHY_MISSING_ARG);
}

Test(mapping, a_literal_is_what_the_tool_would_have_been_told)
{
	const char *edits = "{\"str_replace_based_edit_tool\": {\"path\": {\"subpath\": \"/d\"}, \"command\": {\"one_of\": [\"insert\", \"view\"]}}}";
	const char *views = "{\"str_replace_based_edit_tool\": {\"path\": {\"subpath\": \"/d\"}, \"command\": {\"exact\": \"view\"}}}";

	PT_ALLOWED(pt_path(pt_policy(edits), TNP_WRITE, "/d/x"));
	PT_DENIED(pt_path(pt_policy(edits), TNP_WRITE, "/x"), TNP_WHY_NO_MATCH);
	PT_DENIED(pt_path(pt_policy(views), TNP_WRITE, "/d/x"), TNP_WHY_NO_MATCH);
	PT_ALLOWED(pt_path(pt_policy("{\"str_replace_based_edit_tool\": {}}"), TNP_WRITE, "/d/x"));
}

Test(mapping, mcp_names_are_tried_as_the_tool)
{
	const tnp_policy *p = pt_policy("{\"mcp__files__read_file\": {\"path\": {\"subpath\": \"/d\"}}}");

	PT_ALLOWED(pt_path(p, TNP_READ, "/d/x"));
	PT_TOOL(pt_path(p, TNP_READ, "/d/x"), "mcp__files__read_file");
	PT_DENIED(pt_path(p, TNP_READ, "/x"), TNP_WHY_NO_MATCH);
	PT_DENIED(pt_path(pt_policy("{\"mcp____read_file\": {}}"), TNP_READ, "/x"), TNP_WHY_NO_TOOL);
	PT_DENIED(pt_path(pt_policy("{\"xmcp__a__read_file\": {}}"), TNP_READ, "/x"), TNP_WHY_NO_TOOL);
	PT_DENIED(pt_path(with("{\"mcp__a__read_file\": {}}", "{\"baseline\": \"none\", \"mcp_prefixes\": []}"), TNP_READ, "/x"), TNP_WHY_NO_TOOL);
}

Test(mapping, strict_names_means_the_canonical_ones)
{
	const char *strict = "{\"baseline\": \"none\", \"strict_names\": true}";

	PT_ALLOWED(pt_path(with("{\"read_file\": {\"path\": {\"subpath\": \"/d\"}}}", strict), TNP_READ, "/d/x"));
	PT_ALLOWED(pt_path(with("{\"write_file\": {\"path\": {\"subpath\": \"/d\"}}}", strict), TNP_APPEND, "/d/x"));
	PT_DENIED(pt_path(with("{\"cat\": {}}", strict), TNP_READ, "/d/x"), TNP_WHY_NO_TOOL);
	PT_DENIED(pt_path(with("{\"mcp__a__read_file\": {}}", strict), TNP_READ, "/d/x"), TNP_WHY_NO_TOOL);
	PT_DENIED(pt_path(with("{\"read_file\": {\"file\": {\"subpath\": \"/d\"}}}", strict), TNP_READ, "/d/x"), TNP_WHY_MISSING_ARG);
}

Test(mapping, a_deployment_adds_its_own_tools)
{
	const char *config = "{\"baseline\": \"none\", \"mapping\": [{\"op\": \"read\", \"args\": {\"where\": \"path\"}, \"tools\": [\"slurp\"]}]}";

	PT_ALLOWED(pt_path(with("{\"slurp\": {\"where\": {\"subpath\": \"/d\"}}}", config), TNP_READ, "/d/x"));
	PT_DENIED(pt_path(with("{\"slurp\": {\"path\": {\"subpath\": \"/d\"}}}", config), TNP_READ, "/d/x"), TNP_WHY_MISSING_ARG);
	PT_ALLOWED(pt_path(with("{\"cat\": {}}", config), TNP_READ, "/d/x"));
	PT_DENIED(pt_path(pt_policy("{\"slurp\": {\"where\": {\"subpath\": \"/d\"}}}"), TNP_READ, "/d/x"), TNP_WHY_NO_TOOL);
}

/* ---------------------------------------------------------------- action strings */
#define RESOURCES "{\"baseline\": \"none\", \"resources\": {\"documents\": {\"subpath\": \"/srv/docs\"}, \"db\": {\"host\": {\"pattern\": \"db*\"}, \"port\": 5432}}}"

Test(mapping, action_strings_stand_for_declared_resources)
{
	const tnp_policy *p = with("{\"read:documents\": {}, \"access:db\": {}}", RESOURCES);

	PT_ALLOWED(pt_path(p, TNP_READ, "/srv/docs/x"));
	PT_ALLOWED(pt_path(p, TNP_LIST, "/srv/docs"));
	PT_DENIED(pt_path(p, TNP_READ, "/srv/x"), TNP_WHY_NO_MATCH);
	PT_DENIED(pt_path(p, TNP_WRITE, "/srv/docs/x"), TNP_WHY_NO_TOOL);
	PT_ALLOWED(pt_connect(p, "10.0.0.1", 5432, "db1"));
	PT_DENIED(pt_connect(p, "10.0.0.1", 5433, "db1"), TNP_WHY_NO_MATCH);
	PT_DENIED(pt_connect(p, "10.0.0.1", 5432, "web"), TNP_WHY_NO_MATCH);
	PT_DENIED(pt_path(with("{\"read:documents\": {}}", PT_BARE), TNP_READ, "/srv/docs/x"), TNP_WHY_NO_TOOL);
}

Test(mapping, verbs_cover_their_operations)
{
	static const struct { const char *caps; enum tnp_kind kinds[4]; size_t n; } rows[] = {
		{ "{\"write:documents\": {}}", { TNP_CREATE, TNP_WRITE, TNP_APPEND, TNP_MKDIR }, 4 },
		{ "{\"delete:documents\": {}}", { TNP_DELETE }, 1 },
		{ "{\"read:*\": {}}", { TNP_READ, TNP_LIST }, 2 },
	};

	for (size_t i = 0; i < 3; i++) {
		const tnp_policy *p = with(rows[i].caps, RESOURCES);

		for (int k = TNP_READ; k <= TNP_DELETE; k++) {
			bool want = false;

			for (size_t j = 0; j < rows[i].n; j++)
				want |= rows[i].kinds[j] == (enum tnp_kind)k;
			cr_assert_eq(pt_path(p, (enum tnp_kind)k, "/srv/docs/x").verdict == TN_ALLOW, want, "%s %s", rows[i].caps,
				     tnp_kind_name((enum tnp_kind)k));
			cr_assert_eq(pt_path(p, (enum tnp_kind)k, "/srv/x").verdict, TN_DENY);
		}
	}
	PT_ALLOWED(pt_exec(with("{\"execute:documents\": {}}", RESOURCES), "/srv/docs/x", false, "x"));
	PT_DENIED(pt_exec(with("{\"execute:documents\": {}}", RESOURCES), "/usr/bin/ls", true, "ls"), TNP_WHY_NO_MATCH);
}

Test(mapping, the_constraints_of_an_action_string_hold_besides)
{
	const tnp_policy *p = with("{\"read:documents\": {\"path\": {\"pattern\": \"*.txt\"}}}", RESOURCES);

	PT_ALLOWED(pt_path(p, TNP_READ, "/srv/docs/x.txt"));
	PT_DENIED(pt_path(p, TNP_READ, "/srv/docs/x"), TNP_WHY_NO_MATCH);
	PT_DENIED(pt_path(p, TNP_READ, "/x.txt"), TNP_WHY_NO_MATCH);
}
