/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "tn_match.h"

static enum tn_match run(struct tn_str cmd)
{
	static const struct tn_str allow[] = { { "ls", 2 }, { "/usr/bin/git", 12 }, { "caf\xc3\xa9", 5 } };
	struct tn_constraint c = { .type = TN_C_SHLEX, .shlex = { allow, 3 } };

	return tn_shlex_match(&c, cmd);
}

#define YES(s) cr_expect_eq(run(TN_STR(s)), TN_MATCH, "%s", s)
#define NO(s) cr_expect_eq(run(TN_STR(s)), TN_NO_MATCH, "%s", s)

Test(shlex, first_word_decides)
{
	YES("ls");
	YES("ls -la /etc");
	YES("  ls\t-la");
	NO("lsx");
	NO("l");
	NO("echo ls");
	YES("caf\xc3\xa9 x");
}

Test(shlex, a_path_counts_by_itself_or_by_its_last_part)
{
	YES("/bin/ls");
	YES("/usr/bin/git status");
	NO("git status");
	NO("/bin/git status");
	NO("/bin/ls/");
	NO("");
	NO("   ");
}

Test(shlex, parents_in_the_program_are_refused)
{
	NO("../ls");
	NO("/bin/../ls");
	NO("..ls");
	YES("ls ../x");
	YES("./ls");
}

Test(shlex, each_character_a_shell_acts_on_is_refused)
{
	static const char bad[] = "\n\r\x0b\x0c\x07\x08\x7f$`|&;<>()";

	for (size_t i = 0; i < sizeof(bad); i++) { /* the NUL at the end too */
		char cmd[] = "ls x?y";

		cmd[4] = bad[i];
		cr_expect_eq(run((struct tn_str){ cmd, 6 }), TN_NO_MATCH, "byte %d", bad[i]);
	}
	YES("ls 'a' \"b\" *.c ~ {a,b} # ! = [x] \\ %");
}

Test(shlex, every_kind_of_space_separates)
{
	YES("ls\xc2\xa0-la");
	YES("\xe3\x80\x80ls");
	YES("ls\xe2\x80\x83x");
	NO("ls\xe2\x80\x8bx"); /* a zero-width space is no space */
}
