/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <criterion/criterion.h>
#include <shim/facts.h>

static char dir[64];
static char home[128];
static struct tn_arena arena;

static const char *at(const char *rel)
{
	static char buf[8][512];
	static unsigned next;
	char *out = buf[next++ % 8];

	snprintf(out, 512, "%s/%s", dir, rel);
	return out;
}

static void make_parents(const char *path)
{
	char buf[512];

	snprintf(buf, sizeof(buf), "%s", path);
	for (char *p = strchr(buf + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = 0;
		mkdir(buf, 0755);
		*p = '/';
	}
}

static void put(const char *rel, const char *text, mode_t mode)
{
	const char *path = at(rel);
	FILE *f;

	make_parents(path);
	f = fopen(path, "w");
	cr_assert_not_null(f, "%s", path);
	fputs(text, f);
	fclose(f);
	cr_assert_eq(chmod(path, mode), 0);
}

static void link_to(const char *target, const char *rel)
{
	make_parents(at(rel));
	cr_assert_eq(symlink(target, at(rel)), 0);
}

static void setup(void)
{
	char name[] = "/tmp/test-facts-XXXXXX", real[4096];

	cr_assert_not_null(mkdtemp(name));
	cr_assert_not_null(realpath(name, real));
	snprintf(dir, sizeof(dir), "%.60s", real);
	snprintf(home, sizeof(home), "%s/home", dir);
	cr_assert_eq(mkdir(home, 0755), 0);
	cr_assert_eq(chdir(dir), 0);
	unsetenv("PYENV_ROOT");
	arena = TN_ARENA_MALLOC;
}

static int rm_one(const char *path, const struct stat *st, int flag, struct FTW *f)
{
	(void)st, (void)flag, (void)f;
	return remove(path);
}

static void teardown(void)
{
	tn_arena_free(&arena);
	cr_assert_eq(chdir("/"), 0);
	nftw(dir, rm_one, 16, FTW_DEPTH | FTW_PHYS);
}

TestSuite(facts, .init = setup, .fini = teardown);

static enum tn_code launch_with(struct tns_facts_opts *o, struct tns_launch *l, struct tn_err *e,
				const char *const argv[])
{
	o->home = home;
	return tns_launch_facts(argv, o, &arena, l, e);
}

static struct tns_launch launch(const char *path, const char *const argv[])
{
	struct tns_facts_opts o = {.path = path};
	struct tns_launch l;
	struct tn_err e = {0};

	cr_assert_eq(launch_with(&o, &l, &e, argv), TN_OK, "%s", e.msg);
	return l;
}

#define ARGV(...) ((const char *const[]){__VA_ARGS__, NULL})

static bool is(struct tn_str s, const char *want)
{
	return tn_str_eq(s, tn_cstr(want));
}

static bool has_tree(const struct tns_launch *l, const char *want, bool exec)
{
	for (size_t i = 0; i < l->facts.napp; i++)
		if (is(l->facts.app_trees[i], want))
			return l->facts.app_exec[i] == exec;
	return false;
}

static const char *real_sh(void)
{
	static char out[4096];

	cr_assert_not_null(realpath("/bin/sh", out));
	return out;
}

Test(facts, a_program_of_the_path_is_found_and_resolved)
{
	struct tns_launch l = launch("/nowhere:/usr/bin:/bin", ARGV("sh", "-c", "true"));

	cr_assert(is(l.facts.program, real_sh()));
	cr_assert_str_eq(l.path, "/usr/bin/sh");
	cr_assert_str_eq(l.argv0, "sh");
	cr_assert_eq(l.facts.ninterp, 1);
	cr_assert_eq(l.facts.nchain, 0);
	cr_assert_eq(l.facts.script.n, 0);
	cr_assert(tns_elf_preloadable(&l.elf));
	cr_assert_null(l.manager);
}

Test(facts, the_empty_element_of_the_path_is_the_working_directory)
{
	put("mine", "#!/bin/sh\n", 0755);
	struct tns_launch l = launch("/nowhere::/bin", ARGV("mine"));

	cr_assert(is(l.facts.program, at("mine")));
}

Test(facts, what_cannot_be_started_says_why)
{
	struct tns_facts_opts o = {.path = "/usr/bin"};
	struct tns_launch l;
	struct tn_err e = {0};

	cr_assert_eq(launch_with(&o, &l, &e, ARGV("no-such-program")), TN_E_SYSTEM);
	cr_assert_eq(e.sys_errno, ENOENT);
	put("plain", "text", 0644);
	cr_assert_eq(launch_with(&o, &l, &e, ARGV("./plain")), TN_E_SYSTEM);
	cr_assert_eq(e.sys_errno, EACCES);
	cr_assert_eq(launch_with(&o, &l, &e, ARGV("/usr")), TN_E_SYSTEM);
	cr_assert_eq(e.sys_errno, EACCES);
	cr_assert_eq(launch_with(&o, &l, &e, ARGV("")), TN_E_SYSTEM);
	cr_assert_eq(e.sys_errno, ENOENT);
	cr_assert_eq(launch_with(&o, &l, &e, ARGV("sh")), TN_OK);
}

Test(facts, the_shebang_chain_is_followed_to_the_image)
{
	put("inner", "#!/bin/sh\n", 0755);
	char text[600];

	snprintf(text, sizeof(text), "#! %s arg\n", at("inner"));
	put("outer", text, 0755);
	struct tns_launch l = launch("/usr/bin:/bin", ARGV("./outer"));

	cr_assert(is(l.facts.program, at("outer")));
	cr_assert_eq(l.facts.nchain, 2);
	cr_assert(is(l.facts.chain[0], at("inner")));
	cr_assert(is(l.facts.chain[1], real_sh()));
	cr_assert_eq(l.facts.ninterp, 1);
	cr_assert(l.elf.elf);
}

Test(facts, a_shebang_loop_ends)
{
	char text[600];

	snprintf(text, sizeof(text), "#!%s\n", at("loop"));
	put("loop", text, 0755);
	struct tns_launch l = launch("/usr/bin:/bin", ARGV("./loop"));

	cr_assert_leq(l.facts.nchain, 4);
	cr_assert_not(l.elf.elf);
}

Test(facts, env_in_a_shebang_is_looked_through)
{
	char path[256];

	put("bin/myinterp", "#!/bin/sh\n", 0755);
	snprintf(path, sizeof(path), "%s:/usr/bin:/bin", at("bin"));
	put("s1", "#!/usr/bin/env myinterp\n", 0755);
	put("s2", "#!/usr/bin/env -S myinterp --flag\n", 0755);
	put("s3", "#!/usr/bin/env X=1 myinterp\n", 0755);
	struct tns_launch l = launch(path, ARGV("./s1"));

	cr_assert_eq(l.facts.nchain, 3);
	cr_assert(is(l.facts.chain[0], "/usr/bin/env"));
	cr_assert(is(l.facts.chain[1], at("bin/myinterp")));
	cr_assert(is(l.facts.chain[2], real_sh()));
	l = launch(path, ARGV("./s2"));
	cr_assert(is(l.facts.chain[1], at("bin/myinterp")));
	l = launch(path, ARGV("./s3"));
	cr_assert_eq(l.facts.nchain, 1, "more than a lookup: env alone is granted");
}

Test(facts, the_script_is_the_first_file_after_the_options)
{
	put("s.py", "", 0644);
	put("data", "", 0644);
	put("bin/python3.11", "#!/bin/sh\n", 0755);
	char path[256];

	snprintf(path, sizeof(path), "%s:/usr/bin", at("bin"));
	cr_assert(is(launch(path, ARGV("python3.11", "s.py", "data")).facts.script, at("s.py")));
	cr_assert(is(launch(path, ARGV("python3.11", "-W", "data", "-u", "s.py")).facts.script,
		     at("s.py")));
	cr_assert(is(launch(path, ARGV("python3.11", "--", "s.py")).facts.script, at("s.py")));
	cr_assert_eq(launch(path, ARGV("python3.11", "-c", "pass", "data")).facts.script.n, 0);
	cr_assert_eq(launch(path, ARGV("python3.11", "-m", "mod", "data")).facts.script.n, 0);
	cr_assert_eq(launch(path, ARGV("python3.11", "missing.py")).facts.script.n, 0);
	cr_assert_eq(launch(path, ARGV("cat", "data")).facts.script.n, 0, "cat interprets nothing");
}

Test(facts, a_virtual_environment_is_read_by_the_name_it_is_called)
{
	put("venv/pyvenv.cfg", "home = /usr/bin\n", 0644);
	link_to(real_sh(), "venv/bin/python3");
	struct tns_launch l = launch("/usr/bin", ARGV(at("venv/bin/python3")));

	cr_assert(is(l.facts.program, real_sh()));
	cr_assert_str_eq(l.path, at("venv/bin/python3"),
			 "the link itself is started, or the venv is lost");
	cr_assert(has_tree(&l, at("venv"), false));
	/* a console script of the venv finds it through its interpreter too */
	char text[600];

	snprintf(text, sizeof(text), "#!%s\n", at("venv/bin/python3"));
	put("elsewhere/tool", text, 0755);
	l = launch("/usr/bin", ARGV(at("elsewhere/tool")));
	cr_assert(has_tree(&l, at("venv"), false));
}

Test(facts, node_modules_is_taken_at_its_top)
{
	put("p/node_modules/a/node_modules/b/cli.js", "#!/bin/sh\n", 0755);
	link_to("../a/node_modules/b/cli.js", "p/node_modules/.bin/b");
	struct tns_launch l = launch("/usr/bin", ARGV(at("p/node_modules/.bin/b")));

	cr_assert(has_tree(&l, at("p/node_modules"), false));
	cr_assert_not(has_tree(&l, at("p"), false));
}

Test(facts, lib_beside_bin_is_read_but_not_of_wide_prefixes)
{
	put("opt/tool/lib/x", "", 0644);
	put("opt/tool/bin/tool", "#!/bin/sh\n", 0755);
	put("home/lib/x", "", 0644);
	put("home/bin/tool", "#!/bin/sh\n", 0755);
	put("home/.local/lib/x", "", 0644);
	put("home/.local/bin/tool", "#!/bin/sh\n", 0755);
	struct tns_launch l = launch("/usr/bin", ARGV(at("opt/tool/bin/tool")));

	cr_assert(has_tree(&l, at("opt/tool/lib"), false));
	cr_assert_eq(launch("/usr/bin", ARGV(at("home/bin/tool"))).facts.napp, 0);
	cr_assert_eq(launch("/usr/bin", ARGV(at("home/.local/bin/tool"))).facts.napp, 0);
	cr_assert_eq(launch("/usr/bin:/bin", ARGV("cat")).facts.napp, 0, "/usr/lib is B0's");
}

Test(facts, a_home_directory_is_never_a_tree)
{
	put("home/pyvenv.cfg", "", 0644);
	put("home/bin/tool", "#!/bin/sh\n", 0755);
	cr_assert_eq(launch("/usr/bin", ARGV(at("home/bin/tool"))).facts.napp, 0);
}

Test(facts, app_trees_come_from_the_option)
{
	const char *app[] = {at("app")};
	struct tns_facts_opts o = {.path = "/usr/bin:/bin", .app = app, .napp = 1};
	struct tns_launch l;
	struct tn_err e = {0};

	cr_assert_eq(launch_with(&o, &l, &e, ARGV("cat")), TN_E_USAGE);
	put("app/x", "", 0644);
	cr_assert_eq(launch_with(&o, &l, &e, ARGV("cat")), TN_OK);
	cr_assert(has_tree(&l, at("app"), true));
	app[0] = "/";
	cr_assert_eq(launch_with(&o, &l, &e, ARGV("cat")), TN_E_USAGE);
}

Test(facts, cwd_only_with_the_option)
{
	struct tns_facts_opts o = {.path = "/usr/bin:/bin"};
	struct tns_launch l;
	struct tn_err e = {0};

	cr_assert_eq(launch_with(&o, &l, &e, ARGV("cat")), TN_OK);
	cr_assert_eq(l.facts.cwd_read.n, 0);
	o.cwd = true;
	cr_assert_eq(launch_with(&o, &l, &e, ARGV("cat")), TN_OK);
	cr_assert(is(l.facts.cwd_read, dir));
}

Test(facts, only_roots_directories_of_the_path_count)
{
	char path[256];

	put("bin/x", "", 0755);
	snprintf(path, sizeof(path), "%s:/usr/bin:/bin:relative:/nowhere", at("bin"));
	struct tns_launch l = launch(path, ARGV("cat"));

	cr_assert(is(l.facts.path_dirs[0], "/usr/bin"));
	for (size_t i = 0; i < l.facts.npath_dirs; i++)
		cr_assert_not(is(l.facts.path_dirs[i], at("bin")));
}

/* ---- version managers ---- */

static void fake_pyenv(const char *which)
{
	char text[600];

	snprintf(
	    text, sizeof(text),
	    "#!/bin/sh\n[ \"$1\" = which ] || exit 9\n[ -z \"$TENUO_ISSUER_KEY\" ] || exit 8\n%s\n",
	    which);
	put("home/.pyenv/bin/pyenv", text, 0755);
	put("home/.pyenv/shims/python3", "#!/bin/sh\nexit 7\n", 0755);
	put("home/.pyenv/versions/3.1/bin/python3", "#!/bin/sh\n", 0755);
	put("home/.pyenv/versions/3.1/lib/os.py", "", 0644);
}

static char *shims_path(void)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s:/usr/bin:/bin", at("home/.pyenv/shims"));
	return path;
}

Test(facts, a_shim_is_replaced_by_the_program_behind_it)
{
	setenv("TENUO_ISSUER_KEY", "secret", 1);
	fake_pyenv("echo \"$HOME_UNDER_TEST/.pyenv/versions/3.1/bin/$2\"");
	setenv("HOME_UNDER_TEST", home, 1);
	struct tns_launch l = launch(shims_path(), ARGV("python3", "-V"));

	cr_assert_str_eq(l.manager, "pyenv");
	cr_assert_str_eq(l.shim, at("home/.pyenv/shims/python3"));
	cr_assert_str_eq(l.path, at("home/.pyenv/versions/3.1/bin/python3"));
	cr_assert_str_eq(l.argv0, l.path);
	cr_assert_str_eq(l.path_front, at("home/.pyenv/versions/3.1/bin"));
	cr_assert(has_tree(&l, at("home/.pyenv/versions/3.1/lib"), false));
}

Test(facts, a_link_to_a_shim_is_a_shim)
{
	fake_pyenv("echo \"$HOME_UNDER_TEST/.pyenv/versions/3.1/bin/$2\"");
	setenv("HOME_UNDER_TEST", home, 1);
	link_to(at("home/.pyenv/shims/python3"), "bin/python3");
	struct tns_launch l = launch("/usr/bin:/bin", ARGV(at("bin/python3")));

	cr_assert_str_eq(l.manager, "pyenv");
}

Test(facts, a_shim_that_env_would_find_is_looked_through)
{
	fake_pyenv("echo \"$HOME_UNDER_TEST/.pyenv/versions/3.1/bin/$2\"");
	setenv("HOME_UNDER_TEST", home, 1);
	put("script", "#!/usr/bin/env python3\n", 0755);
	struct tns_launch l = launch(shims_path(), ARGV("./script"));

	cr_assert_null(l.manager, "the program is the script");
	cr_assert_str_eq(l.argv0, "./script");
	cr_assert_str_eq(l.path_front, at("home/.pyenv/versions/3.1/bin"));
	cr_assert(is(l.facts.chain[1], at("home/.pyenv/versions/3.1/bin/python3")));
	cr_assert(has_tree(&l, at("home/.pyenv/versions/3.1/lib"), false));
}

Test(facts, a_manager_that_does_not_know_is_an_error)
{
	struct tns_facts_opts o = {.path = shims_path()};
	struct tns_launch l;
	struct tn_err e = {0};
	static const char *const BAD[] = {"exit 1",
					  "echo relative",
					  "echo",
					  "echo /usr/bin/cat; echo /usr/bin/ls",
					  "echo /no/such/file",
					  "echo $0/../../shims/python3"};

	for (size_t i = 0; i < sizeof(BAD) / sizeof(*BAD); i++) {
		fake_pyenv(BAD[i]);
		cr_assert_eq(launch_with(&o, &l, &e, ARGV("python3")), TN_E_SYSTEM, "%s", BAD[i]);
	}
	fake_pyenv("echo /usr/bin/cat");
	cr_assert_eq(launch_with(&o, &l, &e, ARGV("python3")), TN_OK);
}

Test(facts, without_managers_the_shim_is_taken_as_it_is)
{
	struct tns_facts_opts o = {.path = shims_path(), .no_managers = true};
	struct tns_launch l;
	struct tn_err e = {0};

	fake_pyenv("exit 1");
	cr_assert_eq(launch_with(&o, &l, &e, ARGV("python3")), TN_OK);
	cr_assert(is(l.facts.program, at("home/.pyenv/shims/python3")));
}

Test(facts, the_kernels_chain_of_a_program_stops_at_env)
{
	char out[8192], script[200];
	long n;

	put("s1", "#!/bin/sh\n", 0755);
	put("s2", "#!/usr/bin/env sh\n", 0755);
	snprintf(script, sizeof(script), "%s", at("s1"));
	n = tns_facts_chain(NULL, tn_cstr(script), out, sizeof(out));
	cr_assert_gt(n, 0);
	cr_assert_eq(out[0], 'x');
	cr_assert_str_eq(out + 1, real_sh());
	size_t second = strlen(out) + 1;

	cr_assert_eq(out[second], 'l', "and its loader");
	cr_assert_eq((size_t)n, second + strlen(out + second) + 1);
	snprintf(script, sizeof(script), "%s", at("s2"));
	cr_assert_gt(tns_facts_chain(NULL, tn_cstr(script), out, sizeof(out)), 0);
	cr_assert_str_eq(out, "x/usr/bin/env", "what env looks up is env's own exec");
	cr_assert_eq(tns_facts_chain(NULL, tn_cstr(script), out, 5), -1,
		     "what does not fit is unknown");
	cr_assert_eq(tns_facts_chain(NULL, TN_STR("/no/such"), out, sizeof(out)), 0);
}

Test(facts, names_that_no_path_can_have_are_not_resolved)
{
	char out[4096], longer[5001];
	bool d;

	memset(longer, 'a', sizeof(longer));
	longer[0] = '/';
	cr_assert_eq(tns_facts_resolve(NULL, (struct tn_str){longer, 5000}, out, sizeof(out), &d),
		     -1);
	cr_assert_eq(tns_facts_resolve(NULL, (struct tn_str){"/etc\0x", 6}, out, sizeof(out), &d),
		     -1);
	cr_assert_eq(tns_facts_resolve(NULL, TN_STR("etc"), out, sizeof(out), &d), -1);
	cr_assert_eq(tns_facts_resolve(NULL, TN_STR(""), out, sizeof(out), &d), -1);
	cr_assert_eq(tns_facts_resolve(NULL, TN_STR("/no/such"), out, sizeof(out), &d), 0);
	cr_assert_eq(tns_facts_resolve(NULL, TN_STR("/etc"), out, sizeof(out), &d), 4);
	cr_assert(d);
}
