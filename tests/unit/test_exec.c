/* SPDX-License-Identifier: Apache-2.0 */
#include "policy_test.h"

TestSuite(exec, .init = pt_setup, .fini = pt_teardown);

static const char *command(const char *program, const char *requested, bool standard, const struct tn_str *argv, size_t argc)
{
	static char text[512];
	struct tnp_exec x = { .requested = tn_cstr(requested), .argv = argv, .argc = argc, .system_file = standard, .standard_path = standard };
	struct tnp_op op = { .kind = TNP_EXEC, .path = tn_cstr(program), .exec = &x };
	long n = tnp_exec_command(&op, text, sizeof(text) - 1);

	if (n < 0)
		return NULL;
	text[n] = '\0';
	return text;
}
#define COMMAND(program, requested, standard, ...)                                                        \
	command(program, requested, standard, (const struct tn_str[]){ __VA_ARGS__ },                      \
		sizeof((const struct tn_str[]){ __VA_ARGS__ }) / sizeof(struct tn_str))
#define W(s) { (s), sizeof(s) - 1 }

Test(exec, argv0_is_never_believed)
{
	cr_assert_str_eq(COMMAND("/usr/bin/ls", "/usr/bin/ls", true, W("rm"), W("-la")), "ls -la");
	cr_assert_str_eq(COMMAND("/tmp/evil/ls", "/tmp/evil/ls", false, W("ls"), W("-la")), "/tmp/evil/ls -la");
}

Test(exec, the_short_name_is_the_requested_one_of_the_standard_path)
{
	cr_assert_str_eq(COMMAND("/usr/lib/node_modules/npm/bin/npm-cli.js", "/usr/bin/npm", true, W("npm"), W("i")), "npm i");
	cr_assert_str_eq(COMMAND("/usr/bin/rm", "/tmp/x/ls", false, W("ls")), "/usr/bin/rm");
}

Test(exec, words_are_quoted_as_a_shell_reads_them)
{
	cr_assert_str_eq(COMMAND("/usr/bin/echo", "echo", true, W("echo"), W("a b"), W(""), W("it's"), W("$(x)"), W("a=b/c:d")),
			 "echo 'a b' '' 'it'\"'\"'s' '$(x)' a=b/c:d");
}

Test(exec, what_is_not_text_has_no_command)
{
	cr_assert_null(COMMAND("/usr/bin/echo", "echo", true, W("echo"), W("\xff")));
	cr_assert_null(COMMAND("/usr/bin/echo", "echo", true, W("echo"), W("a\0b")));
	cr_assert_not_null(COMMAND("/usr/bin/echo", "echo", true, W("echo"), W("\xc3\xbf")));
}

Test(exec, a_command_that_does_not_fit_has_none)
{
	static char longer[600];

	memset(longer, 'x', sizeof(longer) - 1);
	const struct tn_str argv[] = { W("echo"), tn_cstr(longer) }, fits[] = { W("echo"), { longer, 400 } };

	cr_assert_null(command("/usr/bin/echo", "echo", true, argv, 2));
	cr_assert_not_null(command("/usr/bin/echo", "echo", true, fits, 2));
}

Test(exec, a_shells_string_is_the_command)
{
	cr_assert_str_eq(COMMAND("/usr/bin/dash", "/bin/sh", true, W("sh"), W("-c"), W("ls | wc")), "ls | wc");
	cr_assert_str_eq(COMMAND("/usr/bin/bash", "/bin/bash", true, W("bash"), W("-lc"), W("ls")), "ls");
	cr_assert_str_eq(COMMAND("/usr/bin/bash", "/bin/bash", true, W("bash"), W("-ec"), W("ls"), W("arg0")), "ls");
	cr_assert_str_eq(COMMAND("/usr/bin/bash", "/bin/bash", true, W("bash"), W("--norc"), W("-eo"), W("pipefail"), W("-c"), W("ls")), "ls");
}

Test(exec, other_shapes_of_a_shell_are_judged_as_they_stand)
{
	cr_assert_str_eq(COMMAND("/usr/bin/bash", "/bin/bash", true, W("bash"), W("x.sh"), W("-c"), W("ls")), "bash x.sh -c ls");
	cr_assert_str_eq(COMMAND("/usr/bin/bash", "/bin/bash", true, W("bash"), W("-c"), W("-x"), W("ls")), "bash -c -x ls");
	cr_assert_str_eq(COMMAND("/usr/bin/bash", "/bin/bash", true, W("bash"), W("--rcfile"), W("-c"), W("ls")), "bash --rcfile -c ls");
	cr_assert_str_eq(COMMAND("/usr/bin/bash", "/bin/bash", true, W("bash"), W("-sc"), W("ls")), "bash -sc ls");
	cr_assert_str_eq(COMMAND("/usr/bin/bash", "/bin/bash", true, W("bash"), W("-c")), "bash -c");
}

Test(exec, a_file_that_is_merely_called_bash_is_no_shell)
{
	cr_assert_str_eq(COMMAND("/home/u/bash", "/home/u/bash", false, W("bash"), W("-c"), W("ls")), "/home/u/bash -c ls");
	cr_assert_str_eq(COMMAND("/usr/bin/env", "/usr/bin/env", true, W("env"), W("-c"), W("ls")), "env -c ls");
}

Test(exec, shlex_names_the_program_and_nothing_of_that_name)
{
	const tnp_policy *p = pt_policy("{\"run_command\": {\"command\": {\"shlex\": [\"ls\"]}}}");
	const struct tn_str pipe[] = { W("sh"), W("-c"), W("ls | wc") }, plain[] = { W("sh"), W("-c"), W("ls -l") };

	PT_ALLOWED(pt_exec(p, "/usr/bin/ls", true, "ls -la"));
	PT_DENIED(pt_exec(p, "/tmp/evil/ls", false, "ls -la"), TNP_WHY_NO_MATCH);
	PT_DENIED(pt_exec(p, "/usr/bin/cat", true, "ls -la"), TNP_WHY_NO_MATCH);
	PT_DENIED(pt_exec_argv(p, "/usr/bin/dash", true, pipe, 3), TNP_WHY_NO_MATCH);
	PT_ALLOWED(pt_exec_argv(p, "/usr/bin/dash", true, plain, 3));
}

Test(exec, a_pattern_lets_the_shell_start_and_not_what_it_runs_then)
{
	const tnp_policy *p = pt_policy("{\"run_command\": {\"command\": {\"pattern\": \"git *\"}}}");
	const struct tn_str argv[] = { W("sh"), W("-c"), W("git status && rm x") };

	PT_ALLOWED(pt_exec_argv(p, "/usr/bin/dash", true, argv, 3));
	PT_DENIED(pt_exec(p, "/usr/bin/rm", true, "rm x"), TNP_WHY_NO_MATCH);
	PT_ALLOWED(pt_exec(p, "/usr/bin/git", true, "git status"));
}

Test(exec, a_shell_the_session_can_write_does_not_start_under_another_name)
{
#define GIT_AND_WRITE(dir) "{\"run_command\": {\"command\": {\"pattern\": \"git *\"}}, \"write_file\": {\"path\": {\"subpath\": \"" dir "\"}}}"
	const struct tn_str argv[] = { W("sh"), W("-c"), W("git status") };

	PT_DENIED(pt_exec_argv(pt_policy(GIT_AND_WRITE("/usr/bin")), "/usr/bin/dash", true, argv, 3), TNP_WHY_WRITABLE_PROGRAM);
	PT_ALLOWED(pt_exec_argv(pt_policy(GIT_AND_WRITE("/home")), "/usr/bin/dash", true, argv, 3));
}

Test(exec, commands_on_lists_get_the_list)
{
	const tnp_policy *p = pt_policy("{\"run_command\": {\"command\": {\"subset\": [\"ls\", \"-l\", \"-a\"]}}}");

	PT_ALLOWED(pt_exec(p, "/usr/bin/ls", true, "evil -l -a"));
	PT_DENIED(pt_exec(p, "/usr/bin/ls", true, "ls -R"), TNP_WHY_NO_MATCH);
	PT_DENIED(pt_exec(p, "/tmp/ls", false, "ls -l"), TNP_WHY_NO_MATCH);
	PT_ALLOWED(pt_exec(pt_policy("{\"run_command\": {\"argv\": {\"exact\": [\"ls\", \"-l\"]}}}"), "/usr/bin/ls", true, "ls -l"));
}

Test(exec, a_negation_is_not_stepped_around_by_a_list)
{
	const tnp_policy *p = pt_policy("{\"run_command\": {\"command\": {\"all\": [{\"not_one_of\": [\"rm x\"]}, {\"any\": "
					"[{\"contains\": [\"x\"]}, {\"pattern\": \"*\"}]}]}}}");

	PT_DENIED(pt_exec(p, "/usr/bin/rm", true, "rm x"), TNP_WHY_NO_MATCH);
	PT_ALLOWED(pt_exec(p, "/usr/bin/rm", true, "rm y"));
}

Test(exec, program_and_cwd_are_paths)
{
	const tnp_policy *p = pt_policy("{\"exec\": {\"program\": {\"subpath\": \"/opt/tools\"}, \"cwd\": {\"subpath\": \"/work\"}}}");

	PT_ALLOWED(pt_exec(p, "/opt/tools/x", false, "x"));
	PT_DENIED(pt_exec(p, "/opt/x", false, "x"), TNP_WHY_NO_MATCH);
	PT_DENIED(pt_exec(pt_policy("{\"exec\": {\"cwd\": {\"subpath\": \"/home\"}}}"), "/usr/bin/ls", true, "ls"), TNP_WHY_NO_MATCH);
}

/* ---------------------------------------------------------------- unconstrained */
Test(exec, unconstrained_means_programs_of_the_system)
{
	const tnp_policy *p = pt_policy("{\"run_command\": {}}");

	PT_ALLOWED(pt_exec(p, "/usr/bin/ls", true, "ls"));
	PT_ALLOWED(pt_exec(p, "/opt/x/bin/y", true, "y"));
	PT_DENIED(pt_exec(p, "/usr/local/bin/x", false, "x"), TNP_WHY_NOT_SYSTEM); /* not root's */
	PT_DENIED(pt_exec(p, "/home/u/x", true, "x"), TNP_WHY_NOT_SYSTEM);         /* root's, elsewhere */
}

Test(exec, unconstrained_takes_the_launchers_path_too)
{
	const char *const chain[] = { "{\"run_command\": {}}", NULL };
	struct tnp_facts f = { .path_dirs = { TN_STR("/nix/bin") }, .npath_dirs = 1 };

	PT_ALLOWED(pt_exec(pt_policy_of(pt_chain(chain), PT_BARE, &f, TNP_ENFORCE), "/nix/bin/x", true, "x"));
	PT_DENIED(pt_exec(pt_policy("{\"run_command\": {}}"), "/nix/bin/x", true, "x"), TNP_WHY_NOT_SYSTEM);
}

Test(exec, unconstrained_takes_what_the_warrant_lets_read_and_not_write)
{
	const char *read = "{\"run_command\": {}, \"read_file\": {\"path\": {\"subpath\": \"/data\"}}}";
	const char *write = "{\"run_command\": {}, \"read_file\": {\"path\": {\"subpath\": \"/data\"}}, "
			    "\"write_file\": {\"path\": {\"subpath\": \"/data\"}}}";

	PT_ALLOWED(pt_exec(pt_policy(read), "/data/x.sh", false, "x.sh"));
	PT_DENIED(pt_exec(pt_policy(write), "/data/x.sh", false, "x.sh"), TNP_WHY_WRITABLE_PROGRAM);
}

Test(exec, only_the_working_directory_constrained_is_unconstrained_as_to_the_program)
{
	const tnp_policy *p = pt_policy("{\"run_command\": {\"cwd\": {\"subpath\": \"/work\"}}}");

	PT_ALLOWED(pt_exec(p, "/usr/bin/ls", true, "ls"));
	PT_DENIED(pt_exec(p, "/home/u/x", false, "x"), TNP_WHY_NOT_SYSTEM);
}

Test(exec, a_program_the_session_can_write_runs_only_if_it_is_named)
{
	static const struct { const char *run; bool ok; } rows[] = {
		{ "{\"program\": {\"exact\": \"/data/x\"}}", true },      { "{\"program\": {\"pattern\": \"/data/*\"}}", false },
		{ "{\"program\": {\"subpath\": \"/data\"}}", false },     { "{\"command\": {\"exact\": \"/data/x -a\"}}", true },
		{ "{\"command\": {\"pattern\": \"/data/x *\"}}", true },  { "{\"command\": {\"pattern\": \"*\"}}", false },
		{ "{\"command\": {\"not_one_of\": [\"rm\"]}}", false },   { "{\"command\": {\"shlex\": [\"/data/x\"]}}", true },
		{ "{\"command\": {\"any\": [\"/data/x -a\", {\"pattern\": \"*\"}]}}", false },
		{ "{\"command\": {\"all\": [\"/data/x -a\", {\"pattern\": \"*\"}]}}", true },
	};
	char caps[300];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		snprintf(caps, sizeof(caps), "{\"run_command\": %s, \"write_file\": {\"path\": {\"subpath\": \"/data\"}}}", rows[i].run);
		struct tnp_decision d = pt_exec(pt_policy(caps), "/data/x", false, "x -a");

		cr_assert_eq(d.verdict == TN_ALLOW, rows[i].ok, "%s: why %d", rows[i].run, (int)d.why);
		snprintf(caps, sizeof(caps), "{\"run_command\": %s}", rows[i].run);
		PT_ALLOWED(pt_exec(pt_policy(caps), "/data/x", false, "x -a"));
	}
}

Test(exec, a_move_onto_the_program_is_a_way_to_write_it)
{
#define RUN_AND_MOVE(to) "{\"run_command\": {}, \"move_file\": {\"source\": {\"wildcard\": true}, \"destination\": {\"subpath\": \"" to "\"}}}"
	PT_DENIED(pt_exec(pt_policy(RUN_AND_MOVE("/usr/bin")), "/usr/bin/ls", true, "ls"), TNP_WHY_WRITABLE_PROGRAM);
	PT_ALLOWED(pt_exec(pt_policy(RUN_AND_MOVE("/data")), "/usr/bin/ls", true, "ls"));
}

Test(exec, star_without_constraints_runs_everything_but_the_loader)
{
	const tnp_policy *p = pt_policy("{\"*\": {}}");

	PT_ALLOWED(pt_exec(p, "/home/u/x", false, "x"));
	PT_DENIED(pt_exec(p, "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", true, "ld.so /bin/ls"), TNP_WHY_LOADER);
	PT_DENIED(pt_exec(p, "/lib/ld-musl-x86_64.so.1", true, "ld.so /bin/ls"), TNP_WHY_LOADER);
}

/* ---------------------------------------------------------------- baseline */
Test(exec, the_launch_is_the_operators_act)
{
	struct tnp_exec x = { .requested = TN_STR("/home/u/x"), .launch = true };
	struct tnp_op op = { .kind = TNP_EXEC, .path = TN_STR("/home/u/x"), .exec = &x };
	struct tnp_decision d = pt_decide(pt_policy("{\"read_file\": {}}"), &op);

	PT_ALLOWED(d);
	cr_assert_str_eq(d.row, "B3");
	x.launch = false;
	PT_DENIED(pt_decide(pt_policy("{\"read_file\": {}}"), &op), TNP_WHY_NO_TOOL);
}

Test(exec, the_baselines_program_runs_again_unless_it_could_be_written)
{
	struct tnp_facts f = { .program = TN_STR("/home/u/x"), .interp = { TN_STR("/lib64/loader") }, .ninterp = 1 };
	const char *const reads[] = { "{\"read_file\": {}}", NULL }, *const writes[] = { "{\"write_file\": {}}", NULL };

	PT_ALLOWED(pt_exec(pt_policy_of(pt_chain(reads), NULL, &f, TNP_ENFORCE), "/home/u/x", false, "x"));
	PT_DENIED(pt_exec(pt_policy_of(pt_chain(writes), NULL, &f, TNP_ENFORCE), "/home/u/x", false, "x"), TNP_WHY_WRITABLE_PROGRAM);
	PT_DENIED(pt_exec(pt_policy_of(pt_chain(reads), NULL, &f, TNP_ENFORCE), "/lib64/loader", true, "loader x"), TNP_WHY_LOADER);
	f.allow_writable_program = true;
	PT_ALLOWED(pt_exec(pt_policy_of(pt_chain(writes), NULL, &f, TNP_ENFORCE), "/home/u/x", false, "x"));
}

Test(exec, long_commands_need_the_callers_room)
{
	static char longer[20000], room[32768];
	const tnp_policy *p = pt_policy("{\"run_command\": {\"command\": {\"pattern\": \"cc *\"}}}");
	struct tnp_exec x = { .requested = TN_STR("/usr/bin/cc"), .system_file = true, .standard_path = true };
	struct tnp_op op = { .kind = TNP_EXEC, .path = TN_STR("/usr/bin/cc"), .exec = &x };

	memset(longer, 'x', sizeof(longer));
	const struct tn_str argv[] = { W("cc"), { longer, sizeof(longer) } };
	x.argv = argv;
	x.argc = 2;
	PT_DENIED(pt_decide(p, &op), TNP_WHY_CANNOT_SAY);
	x.scratch = room;
	x.scratch_cap = sizeof(room);
	PT_ALLOWED(pt_decide(p, &op));
	x.scratch = NULL;
	PT_ALLOWED(pt_decide(pt_policy("{\"run_command\": {}}"), &op)); /* nobody asks for its text */
}
