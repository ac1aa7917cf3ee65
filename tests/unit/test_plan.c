/* SPDX-License-Identifier: Apache-2.0 */
#include "plan_sim.h"
#include "plan_world.h"

static struct world w;

static void close_it(void)
{
	world_close(&w);
}
TestSuite(plan, .fini = close_it);

static const struct tnp_rule *rule_at(const char *path, uint32_t right)
{
	for (size_t i = 0; i < w.plan->nrules; i++) {
		const struct tnp_rule *r = &w.plan->rules[i];

		if (tn_str_eq(r->path, tn_cstr(path)) && (r->rights & right) &&
		    !tnp_source_is_baseline(r->source))
			return r;
	}
	return NULL;
}

#define EXPECT(path, right, want_tree, want_hold)                                                  \
	do {                                                                                       \
		const struct tnp_rule *r_ = rule_at(path, right);                                  \
		cr_assert_not_null(r_, "no rule for %s", path);                                    \
		cr_assert_eq(r_->tree, want_tree, "%s", path);                                     \
		cr_assert_eq(r_->hold, want_hold, "%s", path);                                     \
	} while (0)

/* ---------------------------------------------------------------- exactness, form by form */

Test(plan, subpath_is_exact)
{
	world_of(&w, "{\"read_file\":{\"path\":{\"subpath\":\"/data\"}}}");
	EXPECT("/data", TNP_R_READ, true, TNP_EXACT);
	EXPECT("/data", TNP_R_LIST, true, TNP_EXACT);
	cr_assert_null(rule_at("/data", TNP_R_WRITE));
	cr_assert_not(w.plan->refused_root || w.plan->inet || w.plan->exec_any ||
		      w.plan->opens_everything);
}

Test(plan, pattern_of_a_directory_is_exact_for_files_and_bounded_for_the_list_of_itself)
{
	world_of(&w, "{\"read_file\":{\"path\":{\"pattern\":\"/data/*\"}}}");
	EXPECT("/data", TNP_R_READ, true, TNP_EXACT);
	EXPECT("/data", TNP_R_LIST, true, TNP_BOUNDED);
}

Test(plan, subpath_without_its_root_likewise)
{
	world_of(
	    &w,
	    "{\"write_file\":{\"path\":{\"subpath\":{\"root\":\"/data\",\"allow_equal\":false}}}}");
	EXPECT("/data", TNP_R_WRITE, true, TNP_EXACT);
	EXPECT("/data", TNP_R_CREATE, true, TNP_EXACT);
}

Test(plan, exact_file_is_a_file_rule_and_nothing_beside_it_is_given)
{
	world_of(&w, "{\"write_file\":{\"path\":{\"exact\":\"/data/out.txt\"}}}");
	EXPECT("/data/out.txt", TNP_R_WRITE, false, TNP_EXACT);
	cr_assert_null(rule_at("/data", TNP_R_CREATE), "the name is there and stays there");
	cr_assert_null(rule_at("/data", TNP_R_WRITE));
}

Test(plan, a_name_that_is_not_there_is_bounded_by_its_directory)
{
	world_of(&w, "{\"write_file\":{\"path\":{\"exact\":\"/data/new.txt\"}}}");
	EXPECT("/data", TNP_R_CREATE, true, TNP_BOUNDED);
	EXPECT("/data", TNP_R_WRITE, true, TNP_BOUNDED);
	world_close(&w);
	/* or that can be freed */
	world_of(&w, "{\"write_file\":{\"path\":{\"exact\":\"/data/"
		     "out.txt\"}},\"delete_file\":{\"path\":{\"subpath\":\"/data\"}}}");
	EXPECT("/data", TNP_R_CREATE, true, TNP_BOUNDED);
	world_close(&w);
	world_of(&w, "{\"write_file\":{\"path\":{\"exact\":\"/data/"
		     "out.txt\"}},\"move_file\":{\"source\":{\"subpath\":\"/"
		     "data\"},\"destination\":{\"subpath\":\"/srv\"}}}");
	EXPECT("/data", TNP_R_CREATE, true, TNP_BOUNDED);
}

Test(plan, glob_in_the_middle_is_bounded_by_what_is_before_it)
{
	world_of(&w, "{\"read_file\":{\"path\":{\"pattern\":\"/srv/app/*.txt\"}}}");
	EXPECT("/srv/app", TNP_R_READ, true, TNP_BOUNDED);
	cr_assert_not(w.plan->refused_root);
}

Test(plan, a_bound_of_root_is_refused_and_named)
{
	world_of(&w, "{\"read_file\":{\"path\":{\"pattern\":\"/*.txt\"}}}");
	cr_assert(w.plan->refused_root);
	cr_assert_not_null(
	    memmem(w.plan->refused_source.p, w.plan->refused_source.n, "read_file", 9));
	cr_assert_null(rule_at("/", TNP_R_READ));
	world_close(&w);
	/* everything said plainly is no bound */
	world_of(&w, "{\"read_file\":{}}");
	cr_assert_not(w.plan->refused_root);
	EXPECT("/", TNP_R_READ, true, TNP_EXACT);
}

Test(plan, all_is_the_intersection_and_any_the_union)
{
	world_of(&w, "{\"read_file\":{\"path\":{\"all\":[{\"subpath\":\"/data\"},{\"pattern\":\"/"
		     "data/sub/*\"}]}}}");
	cr_assert_null(rule_at("/data", TNP_R_READ));
	EXPECT("/data/sub", TNP_R_READ, true, TNP_EXACT);
	world_close(&w);
	world_of(&w, "{\"read_file\":{\"path\":{\"any\":[{\"subpath\":\"/data\"},{\"exact\":\"/srv/"
		     "a.txt\"}]}}}");
	EXPECT("/data", TNP_R_READ, true, TNP_EXACT);
	EXPECT("/srv/a.txt", TNP_R_READ, false, TNP_EXACT);
	world_close(&w);
	world_of(&w, "{\"read_file\":{\"path\":{\"all\":[{\"subpath\":\"/"
		     "data\"},{\"pattern\":\"*.txt\"}]}}}");
	EXPECT("/data", TNP_R_READ, true, TNP_BOUNDED);
}

Test(plan, one_tool_of_a_row_is_enough_and_the_union_of_two_is_one_set)
{
	world_of(&w, "{\"read_file\":{\"path\":{\"subpath\":\"/"
		     "data\"}},\"cat\":{\"path\":{\"subpath\":\"/srv\"}}}");
	EXPECT("/data", TNP_R_READ, true, TNP_EXACT);
	EXPECT("/srv", TNP_R_READ, true, TNP_EXACT);
}

Test(plan, rules_are_merged_and_children_covered_by_parents_are_dropped)
{
	world_of(&w, "{\"read_file\":{\"path\":{\"any\":[{\"subpath\":\"/data\"},{\"subpath\":\"/"
		     "data/sub\"},{\"exact\":\"/data/x.txt\"}]}},"
		     "\"write_file\":{\"path\":{\"subpath\":\"/data/sub\"}}}");
	cr_assert_null(rule_at("/data/x.txt", TNP_R_READ));
	cr_assert_null(rule_at("/data/sub", TNP_R_READ));
	EXPECT("/data/sub", TNP_R_WRITE, true, TNP_EXACT);
	for (size_t i = 1; i < w.plan->nrules; i++)
		cr_assert_not(within(w.plan->rules[i - 1].path, w.plan->rules[i].path) &&
				  !tn_str_eq(w.plan->rules[i - 1].path, w.plan->rules[i].path),
			      "a parent comes after its child");
}

Test(plan, a_missing_root_gives_no_rule)
{
	world_of(&w, "{\"read_file\":{\"path\":{\"subpath\":\"/new\"}}}");
	cr_assert_null(rule_at("/new", TNP_R_READ));
	cr_assert_null(rule_at("/", TNP_R_READ));
}

Test(plan, a_link_is_its_target)
{
	world_of(&w, "{\"read_file\":{\"path\":{\"subpath\":\"/link\"}}}");
	EXPECT("/data/target", TNP_R_READ, true, TNP_EXACT);
	cr_assert_null(rule_at("/link", TNP_R_READ));
}

Test(plan, what_cannot_be_supplied_gives_no_rule)
{
	world_of(&w, "{\"read_file\":{\"path\":{\"subpath\":\"/data\"},\"encoding\":\"utf-8\"}}");
	cr_assert_null(rule_at("/data", TNP_R_READ));
}

Test(plan, appending_is_bounded_unless_writing_is_granted)
{
	world_of(&w, "{\"append_file\":{\"path\":{\"subpath\":\"/data\"}}}");
	EXPECT("/data", TNP_R_WRITE, true, TNP_BOUNDED);
	world_close(&w);
	world_of(&w, "{\"append_file\":{\"path\":{\"subpath\":\"/"
		     "data\"}},\"write_file\":{\"path\":{\"subpath\":\"/data\"}}}");
	EXPECT("/data", TNP_R_WRITE, true, TNP_EXACT);
	for (size_t i = 0; i < w.plan->nrules; i++)
		cr_assert(w.plan->rules[i].hold == TNP_EXACT,
			  "what is exact anyway is not bounded as well");
}

static bool holds_opens(const char *caps, int level)
{
	world_close(&w);
	world_open(&w);
	world_caps(&w, caps);
	world_build(&w, level);
	return tnp_plan_holds_opens(w.plan);
}

Test(plan, the_kernel_holds_opens_only_where_every_file_rule_is_an_exact_tree)
{
	const char *const tree = "{\"read_file\":{\"path\":{\"subpath\":\"/data\"}}}";

	world_open(&w);
	cr_assert(holds_opens(tree, 1));
	cr_assert(holds_opens("{\"write_file\":{\"path\":{\"subpath\":\"/data\"}}}", 1));
	cr_assert_not(holds_opens(tree, 0), "nothing is held at level 0");
	cr_assert_not(holds_opens("{\"read_file\":{\"path\":{\"pattern\":\"/data/*.txt\"}}}", 1));
	cr_assert_not(holds_opens("{\"append_file\":{\"path\":{\"subpath\":\"/data\"}}}", 1));
	cr_assert_not(holds_opens("{\"read_file\":{\"path\":{\"exact\":\"/data/a\"}}}", 1),
		      "another link of the file would be open too");
	cr_assert_not(holds_opens("{\"run_command\":{}}", 1), "programs can be read as well");
}

Test(plan, level_0_holds_nothing)
{
	world_open(&w);
	world_caps(&w, "{\"read_file\":{\"path\":{\"pattern\":\"/*.txt\"}}}");
	world_build(&w, 0);
	cr_assert_not(w.plan->refused_root);
	for (size_t i = 0; i < w.plan->nrules; i++)
		cr_assert_eq(w.plan->rules[i].hold, TNP_ADVISORY);
	for (size_t i = 0; i < w.plan->nlines; i++)
		cr_assert_eq(w.plan->lines[i].hold, TNP_ADVISORY);
}

/* ---------------------------------------------------------------- programs */

static bool executes(const char *path)
{
	return given(w.plan, tn_cstr(path), TNP_R_EXEC, false, false);
}

Test(plan, without_an_exec_row_only_the_program_itself)
{
	world_of(&w, "{\"read_file\":{\"path\":{\"subpath\":\"/data\"}}}");
	cr_assert_not(w.plan->exec_any);
	cr_assert(executes("/usr/bin/python3.11"));
	cr_assert_not(executes("/usr/bin/ls"));
	cr_assert_not(executes("/usr/bin/dash"));
}

Test(plan, shlex_names_programs_of_the_standard_path_and_the_shells)
{
	world_of(&w, "{\"run_command\":{\"command\":{\"shlex\":[\"ls\",\"git\"]}}}");
	cr_assert(w.plan->exec_any);
	cr_assert(executes("/usr/bin/ls") && executes("/usr/bin/git") && executes("/usr/bin/sh"));
	cr_assert_not(executes("/usr/bin/rm"));
	cr_assert_not(executes("/opt/ls"));
}

Test(plan, the_first_word_of_a_pattern_names_a_program)
{
	world_of(&w, "{\"run_command\":{\"command\":{\"pattern\":\"git *\"}}}");
	cr_assert(executes("/usr/bin/git"));
	cr_assert_not(executes("/usr/bin/ls"));
	world_close(&w);
	world_of(&w,
		 "{\"run_command\":{\"command\":{\"one_of\":[\"ls -la\",\"/opt/tool.bin x\"]}}}");
	cr_assert(executes("/usr/bin/ls") && executes("/opt/tool.bin"));
	cr_assert_not(executes("/usr/bin/git"));
	world_close(&w);
	/* not told: programs of the system */
	world_of(&w, "{\"run_command\":{\"command\":{\"pattern\":\"git*\"}}}");
	cr_assert(executes("/usr/bin/ls"));
	cr_assert_not(executes("/data/tool.bin"));
}

Test(plan, a_program_constraint_is_exact)
{
	world_of(&w, "{\"run_command\":{\"program\":{\"exact\":\"/opt/tool.bin\"}}}");
	EXPECT("/opt/tool.bin", TNP_R_EXEC, false, TNP_EXACT);
	cr_assert_not(executes("/usr/bin/sh"));
	world_close(&w);
	world_of(&w, "{\"run_command\":{\"program\":{\"subpath\":\"/opt/"
		     "tools\"},\"command\":{\"pattern\":\"* --safe\"}}}");
	EXPECT("/opt/tools", TNP_R_EXEC, true, TNP_BOUNDED);
	cr_assert_not(executes("/usr/bin/ls"));
}

Test(plan, unconstrained_exec_is_the_system_and_what_may_be_read_but_not_written)
{
	world_open(&w);
	w.facts.path_dirs[0] = TN_STR("/srv/tools");
	w.facts.npath_dirs = 1;
	world_caps(&w, "{\"run_command\":{},\"read_file\":{\"path\":{\"any\":[{\"subpath\":\"/"
		       "data\"},{\"subpath\":\"/proj\"}]}},"
		       "\"write_file\":{\"path\":{\"subpath\":\"/proj\"}}}");
	world_build(&w, 1);
	cr_assert(executes("/usr/bin/ls") && executes("/opt/x.bin") &&
		  executes("/srv/tools/y.bin") && executes("/data/z.bin"));
	cr_assert_not(executes("/proj/z.bin"), "the session could write it");
	cr_assert_not(executes("/home/u/z.bin"));
}

static long fake_chain(void *ctx, struct tn_str program, char *out, size_t cap)
{
	static const char ENTRIES[] = "x/usr/bin/node\0l/usr/lib64/ld.so";

	(void)ctx, (void)cap;
	if (!tn_str_eq(program, TN_STR("/usr/bin/npm")))
		return 0;
	memcpy(out, ENTRIES, sizeof(ENTRIES));
	return sizeof(ENTRIES);
}

Test(plan, a_named_script_brings_its_interpreter_and_loader)
{
	world_open(&w);
	w.facts.chain_of = fake_chain;
	world_caps(&w, "{\"run_command\":{\"command\":{\"shlex\":[\"npm\"]}}}");
	world_build(&w, 1);
	cr_assert(executes("/usr/bin/npm") && executes("/usr/bin/node"));
	cr_assert_not(executes("/usr/lib64/ld.so"));
	cr_assert(given(w.plan, TN_STR("/usr/lib64/ld.so"), TNP_R_INTERP, false, false));
}

/* ---------------------------------------------------------------- network and the rest */

Test(plan, inet_sockets_only_with_a_connect_or_listen_row)
{
	world_of(&w,
		 "{\"web_fetch\":{\"url\":{\"url_safe\":{\"allow_domains\":[\"example.com\"]}}}}");
	cr_assert(w.plan->inet && !w.plan->inet_free);
	world_close(&w);
	world_of(&w, "{\"web_fetch\":{}}");
	cr_assert(w.plan->inet && w.plan->inet_free);
	world_close(&w);
	world_of(&w, "{\"listen\":{}}");
	cr_assert(w.plan->inet && !w.plan->inet_free);
	world_close(&w);
	world_of(&w, "{\"read_file\":{}}");
	cr_assert_not(w.plan->inet);
}

Test(plan, tools_without_a_row_are_the_frameworks)
{
	world_of(&w,
		 "{\"send_email\":{},\"search\":{\"query\":{\"pattern\":\"*\"}},\"read_file\":{}}");
	cr_assert_eq(w.plan->nframework_only, 2);
	cr_assert(tn_str_eq(w.plan->framework_only[0], TN_STR("search")));
	cr_assert(tn_str_eq(w.plan->framework_only[1], TN_STR("send_email")));
}

Test(plan, a_star_opens_everything)
{
	world_of(&w, "{\"*\":{}}");
	cr_assert(w.plan->opens_everything && w.plan->inet && w.plan->inet_free &&
		  !w.plan->refused_root);
	cr_assert(executes("/anything.bin"));
	EXPECT("/", TNP_R_WRITE, true, TNP_EXACT);
	world_close(&w);
	world_of(&w, "{\"*\":{\"path\":{\"subpath\":\"/data\"}}}");
	cr_assert_not(w.plan->opens_everything);
}

/* ---------------------------------------------------------------- what the session must not touch
 */

static bool clash(const char *caps, struct tnp_protect o)
{
	struct tnp_clash c;
	bool yes;

	world_of(&w, caps);
	yes = tnp_plan_clash(w.plan, &o, 1, &c);
	world_close(&w);
	return yes;
}

Test(plan, protected_objects_in_granted_trees_clash)
{
	static const char WRITE[] = "{\"write_file\":{\"path\":{\"subpath\":\"/proj\"}}}",
			  READ[] = "{\"read_file\":{\"path\":{\"subpath\":\"/proj\"}}}";
	static const char NEW[] = "{\"write_file\":{\"path\":{\"exact\":\"/proj/new.txt\"}}}";
	static const char EXACT[] = "{\"write_file\":{\"path\":{\"exact\":\"/proj/a.txt\"}}}",
			  DEL[] = "{\"delete_file\":{\"path\":{\"subpath\":\"/proj\"}}}";
	struct tnp_protect log = {TN_STR("/proj/log/s.jsonl"), false, false, "log"},
			   key = {TN_STR("/proj/k.key"), false, true, "key"};
	struct tnp_protect other = {TN_STR("/projects/k.key"), false, true, "key"},
			   dir = {TN_STR("/proj/a.txt"), false, false, "warrant"};
	struct tnp_protect tmp = {TN_STR("/tmp/private/w.tok"), false, false, "warrant"};

	cr_assert(clash(WRITE, log));
	cr_assert_not(clash(READ, log), "reading the log is no harm");
	cr_assert(clash(READ, key));
	cr_assert(clash(DEL, log), "what can be deleted can be replaced");
	cr_assert_not(clash(WRITE, other) || clash(READ, other), "a name that only begins alike");
	cr_assert(clash(EXACT, dir));
	/* creating one name is bounded by its directory at this level: so is the danger */
	cr_assert(clash(NEW, key));
	cr_assert_not(clash(EXACT, key));
	cr_assert(clash(READ, tmp), "the private directory is writable by the baseline");
}

Test(plan, a_program_that_the_session_could_write_clashes_unless_named)
{
	struct tnp_clash c;
	struct tnp_protect o;

	world_open(&w);
	w.facts.program = TN_STR("/proj/tool.bin");
	world_caps(&w, "{\"write_file\":{\"path\":{\"subpath\":\"/proj\"}}}");
	world_build(&w, 1);
	cr_assert(tnp_plan_writable_program(w.plan, &w.facts, &c, &o));
	cr_assert_str_eq(c.object->what, "program");
	world_close(&w);
	world_open(&w);
	w.facts.program = TN_STR("/proj/tool.bin");
	world_caps(&w, "{\"write_file\":{\"path\":{\"subpath\":\"/"
		       "proj\"}},\"run_command\":{\"program\":{\"exact\":\"/proj/tool.bin\"}}}");
	world_build(&w, 1);
	cr_assert_not(tnp_plan_writable_program(w.plan, &w.facts, &c, &o));
	world_close(&w);
	world_open(&w);
	w.facts.app_trees[0] = TN_STR("/proj/venv");
	w.facts.napp = 1;
	world_caps(&w, "{\"write_file\":{\"path\":{\"subpath\":\"/proj\"}}}");
	world_build(&w, 1);
	cr_assert(tnp_plan_writable_program(w.plan, &w.facts, &c, &o));
	world_close(&w);
	world_of(&w, "{\"write_file\":{\"path\":{\"subpath\":\"/proj\"}}}");
	cr_assert_not(tnp_plan_writable_program(w.plan, &w.facts, &c, &o));
}

/* ---------------------------------------------------------------- the oracle */

static const char *const OBJECTS[] = {
    "/data/a.txt",
    "/data/b.bin",
    "/data/sub/a.txt",
    "/data/sub/deep/c.txt",
    "/data",
    "/data/sub",
    "/data/sub/deep",
    "/srv/a.txt",
    "/srv/app",
    "/srv/app/a.txt",
    "/srv/app/b.log",
    "/database/a.txt",
    "/etc/passwd_",
    "/etc/shadow_",
    "/proj/a.txt",
    "/proj",
    "/usr/lib/x.so",
    "/tmp/private/x.txt",
    "/tmp/private",
    "/dev/null",
    "/home/u/.gitconfig",
};
static const char *const NAMES[] = {
    "/data/new.txt", "/data/sub/new.txt", "/srv/new.txt",	  "/srv/app/new.log",
    "/proj/new",     "/etc/new.txt",	  "/tmp/private/new.txt", "/data/sub/deep/new",
};
#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static struct tn_value text(const char *s)
{
	return (struct tn_value){.type = TN_V_TEXT, .s = tn_cstr(s)};
}

static struct tn_constraint random_constraint(struct tn_arena *a, unsigned depth)
{
	static const char *const PATTERNS[] = {
	    "/data/*",	   "/data/*.txt", "/srv/app/*",	 "/srv/**",
	    "/data/sub/*", "/proj/?.txt", "/data/a.txt", "*"};
	static const char *const ROOTS[] = {"/data", "/data/sub", "/srv",
					    "/proj", "/srv/app",  "/data/a.txt"};
	int kind = rand() % (depth ? 7 : 4);

	if (kind == 0)
		return (struct tn_constraint){.type = TN_C_PATTERN,
					      .text = tn_cstr(PATTERNS[rand() % 8])};
	if (kind == 1)
		return (struct tn_constraint){
		    .type = TN_C_SUBPATH,
		    .subpath = {tn_cstr(ROOTS[rand() % 6]), true, rand() % 3 != 0}};
	if (kind == 2)
		return (struct tn_constraint){
		    .type = TN_C_EXACT,
		    .exact = text(rand() % 2 ? OBJECTS[(size_t)rand() % COUNT(OBJECTS)]
					     : NAMES[(size_t)rand() % COUNT(NAMES)])};
	if (kind == 3) {
		struct tn_value *v = tn_arena_array(a, 2, sizeof(*v));

		v[0] = text(OBJECTS[(size_t)rand() % COUNT(OBJECTS)]);
		v[1] = text(NAMES[(size_t)rand() % COUNT(NAMES)]);
		return (struct tn_constraint){.type = TN_C_ONE_OF, .values = {v, 2}};
	}
	size_t n = kind == 4 ? 1 : 2;
	struct tn_constraint *c = tn_arena_array(a, n, sizeof(*c));

	for (size_t i = 0; i < n; i++)
		c[i] = random_constraint(a, depth - 1);
	if (kind == 4) { /* all but something, inside a tree */
		struct tn_constraint *all = tn_arena_array(a, 2, sizeof(*all));

		all[0] = (struct tn_constraint){
		    .type = TN_C_SUBPATH, .subpath = {tn_cstr(ROOTS[rand() % 5]), true, true}};
		all[1] = (struct tn_constraint){.type = TN_C_NOT, .list = {c, 1}};
		return (struct tn_constraint){.type = TN_C_ALL, .list = {all, 2}};
	}
	return (struct tn_constraint){.type = kind == 5 ? TN_C_ALL : TN_C_ANY, .list = {c, n}};
}

static int tool_cmp(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void random_world(void)
{
	static const char *const TOOLS[] = {
	    "read_file",   "list_directory",   "write_file",  "edit_file",
	    "append_file", "create_directory", "delete_file", "delete_directory",
	    "move_file",   "create_file",      "cat",	      "rm",
	    "mkdir"};
	const char *names[4];
	size_t n = 1 + (size_t)rand() % 4, k = 0;

	world_open(&w);
	for (size_t i = 0; i < n; i++)
		names[i] = TOOLS[(size_t)rand() % COUNT(TOOLS)];
	qsort(names, n, sizeof(*names), tool_cmp);
	struct tn_tool *tools = tn_arena_array(&w.a, n, sizeof(*tools));

	for (size_t i = 0; i < n; i++) {
		if (i > 0 && strcmp(names[i], names[i - 1]) == 0)
			continue;
		bool move = strcmp(names[i], "move_file") == 0;
		struct tn_carg *args = tn_arena_array(&w.a, 2, sizeof(*args));

		args[0] = (struct tn_carg){tn_cstr(move ? "destination" : "path"),
					   random_constraint(&w.a, 2)};
		args[1] = (struct tn_carg){TN_STR("source"), random_constraint(&w.a, 2)};
		tools[k++] = (struct tn_tool){tn_cstr(names[i]), {args, move ? 2 : 1, false}};
	}
	world_mint(&w, tools, k);
	world_build(&w, 1);
}

/* The root of a tree is removed by a right on the directory above it, which the tree does not give.
 */
static bool is_a_root(struct tn_str path)
{
	for (size_t i = 0; i < w.plan->nrules; i++)
		if (w.plan->rules[i].tree && tn_str_eq(w.plan->rules[i].path, path))
			return true;
	return false;
}

static size_t allowed, denied, held, renamed;

static void compare(enum tnp_kind kind, const char *path, bool is_dir)
{
	struct tn_str p = tn_cstr(path);
	bool decide = world_decide(&w, kind, path, is_dir) == TN_ALLOW;
	bool kernel = simulate(w.plan, kind, p, false), exact = simulate(w.plan, kind, p, true);

	if ((kind == TNP_DELETE || kind == TNP_MKDIR || kind == TNP_CREATE) && is_a_root(p))
		return;
	if (!w.plan->refused_root)
		cr_assert(!decide || kernel, "%s %s: allowed, but no rule", tnp_kind_name(kind),
			  path);
	cr_assert(!exact || decide, "%s %s: an exact rule gives what is denied",
		  tnp_kind_name(kind), path);
	allowed += decide;
	denied += !decide;
	held += decide && exact;
}

/* The kernel asks to remove the old name and to make the new one, where a decision asks for tools.
 */
static void compare_rename(const char *from, const char *to, bool over)
{
	bool dir = !world_is_file(tn_cstr(from));
	struct tnp_op op = {.kind = TNP_RENAME,
			    .path = tn_cstr(from),
			    .path2 = tn_cstr(to),
			    .is_dir = dir,
			    .over = over};
	struct tnp_decision d;
	struct tn_str old = parent_of(op.path), new = parent_of(op.path2);

	tnp_decide(w.p, &op, NOW, &d);
	if (w.plan->refused_root || d.verdict != TN_ALLOW || is_a_root(op.path) ||
	    is_a_root(op.path2))
		return;
	cr_assert(given(w.plan, old, TNP_R_DELETE, true, false),
		  "rename %s %s: nothing removes the old name", from, to);
	cr_assert(given(w.plan, new, dir ? TNP_R_MKDIR : TNP_R_CREATE, true, false),
		  "rename %s %s: nothing makes the new name", from, to);
	cr_assert(!over || given(w.plan, new, TNP_R_DELETE, true, false),
		  "rename %s %s: nothing removes what was there", from, to);
	renamed++;
}

Test(plan, rules_and_decisions_agree, .timeout = 100)
{
	srand(11);
	for (int i = 0; i < 1500; i++) {
		random_world();
		for (size_t k = 0; k < COUNT(OBJECTS); k++) {
			bool dir = !world_is_file(tn_cstr(OBJECTS[k])) &&
				   strncmp(OBJECTS[k], "/dev/", 5) != 0;

			if (dir) {
				compare(TNP_LIST, OBJECTS[k], true);
				compare(TNP_DELETE, OBJECTS[k], true);
				continue;
			}
			compare(TNP_READ, OBJECTS[k], false);
			compare(TNP_WRITE, OBJECTS[k], false);
			compare(TNP_APPEND, OBJECTS[k], false);
			compare(TNP_DELETE, OBJECTS[k], false);
		}
		for (size_t k = 0; k < COUNT(NAMES); k++) {
			compare(TNP_CREATE, NAMES[k], false);
			compare(TNP_MKDIR, NAMES[k], true);
			for (size_t m = 0; m < COUNT(OBJECTS); m++)
				compare_rename(OBJECTS[m], NAMES[k], false);
		}
		compare_rename("/data/a.txt", "/data/b.bin", true);
		compare_rename("/data/sub/a.txt", "/data/a.txt", true);
		world_close(&w);
	}
	/* the property says nothing if one side never happens */
	cr_assert(allowed > 5000 && denied > 5000 && held > 2000 && renamed > 500,
		  "%zu allowed, %zu denied, %zu held exactly, %zu renamed", allowed, denied, held,
		  renamed);
	world_open(&w);
}

/* ---------------------------------------------------------------- and for programs */

struct call {
	const char *path;
	struct tn_str argv[3];
	size_t argc;
};
static const struct call CALLS[] = {
    {"/usr/bin/git", {{"git", 3}, {"status", 6}}, 2},
    {"/usr/bin/ls", {{"ls", 2}, {"-la", 3}}, 2},
    {"/usr/bin/sh", {{"sh", 2}, {"-c", 2}, {"git status", 10}}, 3},
    {"/usr/bin/bash", {{"bash", 4}, {"-c", 2}, {"ls -la", 6}}, 3},
    {"/usr/bin/rm", {{"rm", 2}, {"x", 1}}, 2},
    {"/usr/bin/sh", {{"sh", 2}, {"script.sh", 9}}, 2},
    {"/opt/tool.bin", {{"tool", 4}}, 1},
    {"/data/tool.bin", {{"tool", 4}}, 1},
    {"/proj/tool.bin", {{"git", 3}, {"status", 6}}, 2},
};

static size_t compare_exec(const struct call *c)
{
	bool standard = strncmp(c->path, "/usr/bin/", 9) == 0;
	struct tnp_exec x = {.requested = tn_cstr(c->path),
			     .argv = c->argv,
			     .argc = c->argc,
			     .cwd = TN_STR("/proj"),
			     .standard_path = standard,
			     .system_file = standard || strncmp(c->path, "/opt/", 5) == 0};
	struct tnp_op op = {.kind = TNP_EXEC, .path = tn_cstr(c->path), .exec = &x};
	struct tnp_decision d;

	tnp_decide(w.p, &op, NOW, &d);
	cr_assert(d.verdict == TN_DENY || simulate(w.plan, TNP_EXEC, op.path, false),
		  "%s is allowed, but no rule", c->path);
	cr_assert(d.verdict == TN_ALLOW || !simulate(w.plan, TNP_EXEC, op.path, true),
		  "%s is denied, but an exact rule gives it", c->path);
	return d.verdict == TN_ALLOW;
}

Test(plan, what_may_run_has_a_rule)
{
	static const char *const CAPS[] = {
	    "{\"run_command\":{}}",
	    "{\"run_command\":{\"command\":{\"shlex\":[\"git\",\"ls\"]}}}",
	    "{\"Bash\":{\"command\":{\"pattern\":\"git *\"}}}",
	    "{\"run_command\":{\"command\":\"ls -la\"}}",
	    "{\"run_command\":{\"command\":{\"one_of\":[\"ls -la\",\"rm x\",\"/data/tool.bin\"]}}}",
	    "{\"run_command\":{\"program\":{\"exact\":\"/opt/tool.bin\"}}}",
	    "{\"run_command\":{\"program\":{\"subpath\":\"/data\"}}}",
	    "{\"run_command\":{\"argv\":{\"exact\":[\"git\",\"status\"]}}}",
	    "{\"run_command\":{\"command\":{\"any\":[{\"pattern\":\"git "
	    "*\"},{\"shlex\":[\"ls\"]}]}}}",
	    "{\"run_command\":{\"command\":{\"all\":[{\"pattern\":\"* status\"},{\"pattern\":\"git "
	    "*\"}]}}}",
	    "{\"*\":{}}",
	    "{\"run_command\":{\"command\":{\"pattern\":\"git "
	    "*\"},\"cwd\":{\"subpath\":\"/proj\"}}}",
	    "{\"run_command\":{},\"read_file\":{\"path\":{\"subpath\":\"/data\"}}}",
	};
	size_t ran = 0;

	for (size_t i = 0; i < COUNT(CAPS); i++) {
		size_t here = 0;

		world_of(&w, CAPS[i]);
		for (size_t k = 0; k < COUNT(CALLS); k++)
			here += compare_exec(&CALLS[k]);
		cr_assert_gt(here, 0, "%s lets nothing run", CAPS[i]);
		ran += here;
		world_close(&w);
	}
	cr_assert_lt(ran, COUNT(CAPS) * COUNT(CALLS), "everything runs");
	world_open(&w);
}
