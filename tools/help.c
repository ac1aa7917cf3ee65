/* SPDX-License-Identifier: Apache-2.0 */
/* --help and the shell completions, both written from the option rows. */
#include "cli.h"

#include <string.h>

static void wrap(const char *text, int indent, int column)
{
	const int width = 96;
	int at = column;
	while (*text) {
		int len = (int)strcspn(text, " \n");
		if (at > indent && at + 1 + len > width) {
			printf("\n%*s", indent, "");
			at = indent;
		}
		at += printf("%s%.*s", at > indent ? " " : "", len, text);
		text += len;
		if (*text == '\n') {
			printf("\n%*s", indent, "");
			at = indent;
		}
		text += *text ? 1 : 0;
	}
	putchar('\n');
}

static void option_row(const struct ctx *c, const struct opt *o)
{
	const int indent = 30;
	char left[64];
	int n = o->letter ? snprintf(left, sizeof(left), "-%c, ", o->letter)
			  : snprintf(left, sizeof(left), "    ");
	n += snprintf(left + n, sizeof(left) - (size_t)n, "--%s%s%s", o->name, o->arg ? " " : "",
		      o->arg ? o->arg : "");
	printf("  ");
	paint(c, C_BOLD, "%s", left);
	if (n + 2 >= indent - 1)
		printf("\n%*s", indent, "");
	else
		printf("%*s", indent - 2 - n, "");
	wrap(o->help, indent, indent);
}

static void synopsis(const struct cmd *cmd)
{
	const char *line = cmd->synopsis, *lead = "Usage:";
	do { /* a command without operands still has a line */
		int len = (int)strcspn(line, "\n");
		printf("%s tenuo-shim %s%s%.*s\n", lead, cmd->name, len ? " " : "", len, line);
		line += len + (line[len] == '\n');
		lead = "      ";
	} while (*line);
}

void help_cmd(const struct ctx *c, const struct cmd *cmd)
{
	synopsis(cmd);
	putchar('\n');
	wrap(cmd->what, 0, 0);
	printf("\nOptions:\n");
	for (size_t i = 0; i < cmd->nopts; i++) {
		if (!cmd->opts[i].later)
			option_row(c, &cmd->opts[i]);
	}
	for (size_t i = 0; i < ncommon_opts; i++)
		option_row(c, &common_opts[i]);
	if (cmd->more) {
		putchar('\n');
		wrap(cmd->more, 0, 0);
	}
	printf("\nExit status:\n  ");
	wrap(cmd->exits, 2, 2);
	printf("\nExample:\n  ");
	for (const char *p = cmd->example; *p; p++) /* to be copied as it is */
		printf(*p == '\n' ? "\n  " : "%c", *p);
	putchar('\n');
}

void help_all(const struct ctx *c)
{
	printf("Usage: tenuo-shim COMMAND [OPTION].. [OPERAND]..\n\n"
	       "Runs programs under a Tenuo warrant and holds their file, exec and network "
	       "operations to it.\n\n"
	       "Commands:\n");
	for (size_t i = 0; i < ncmds; i++) {
		if (cmds[i]->hidden)
			continue;
		printf("  ");
		paint(c, C_BOLD, "%-12s", cmds[i]->name);
		wrap(cmds[i]->what, 14, 14);
	}
	printf("\nEach has --help, which is its manual, and --json.\n"
	       "Exit status: 0 yes, 1 error, 2 no; `run` ends as its program does (126 refused, "
	       "127 not found).\n");
}

/* ---------------------------------------------------------------- completions */
/* One bash `case` arm for options that take a value: what may follow them. */
static void bash_arm(const struct cmd *cmd, const struct opt *o)
{
	const char *action = "return 0"; /* a free text: nothing to offer */
	if (o->hint == HINT_FILE)
		action = "COMPREPLY=($(compgen -f -- \"$cur\")); return 0";
	if (o->hint == HINT_DIR)
		action = "COMPREPLY=($(compgen -d -- \"$cur\")); return 0";
	printf("\t%s:--%s", cmd->name, o->name);
	if (o->letter)
		printf("|%s:-%c", cmd->name, o->letter);
	if (o->hint == HINT_WORDS)
		printf(") COMPREPLY=($(compgen -W \"%s\" -- \"$cur\")); return 0 ;;\n", o->words);
	else
		printf(") %s ;;\n", action);
}

static void bash_words(const struct cmd *cmd)
{
	printf("\t%s) words=\"", cmd->name);
	for (size_t i = 0; i < cmd->nopts; i++) {
		const struct opt *o = &cmd->opts[i];
		if (o->later)
			continue;
		printf("--%s ", o->name);
		if (o->letter)
			printf("-%c ", o->letter);
	}
	for (size_t i = 0; i < ncommon_opts; i++)
		printf("--%s%s", common_opts[i].name, i + 1 < ncommon_opts ? " " : "");
	printf("%s%s\"; operands=%s ;;\n", cmd->words ? " " : "", cmd->words ? cmd->words : "",
	       cmd->operands == HINT_FILE      ? "-f"
	       : cmd->operands == HINT_COMMAND ? "-c"
					       : "");
}

static void bash_all(void)
{
	printf("# SPDX-License-Identifier: Apache-2.0\n# made by `tenuo-shim completion "
	       "bash`\n_tenuo_shim()\n{\n"
	       "\tlocal cur=\"${COMP_WORDS[COMP_CWORD]}\" prev=\"${COMP_WORDS[COMP_CWORD-1]}\" "
	       "cmd=\"${COMP_WORDS[1]}\" words= operands=\n"
	       "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n\t\tCOMPREPLY=($(compgen -W \"");
	for (size_t i = 0; i < ncmds; i++) {
		if (!cmds[i]->hidden)
			printf("%s ", cmds[i]->name);
	}
	printf("--help --version\" -- \"$cur\"))\n\t\treturn 0\n\tfi\n\tcase \"$cmd:$prev\" in\n");
	for (size_t i = 0; i < ncmds; i++) {
		for (size_t k = 0; k < cmds[i]->nopts && !cmds[i]->hidden; k++) {
			if (cmds[i]->opts[k].kind != OPT_FLAG && !cmds[i]->opts[k].later)
				bash_arm(cmds[i], &cmds[i]->opts[k]);
		}
	}
	printf("\tesac\n\tcase \"$cmd\" in\n");
	for (size_t i = 0; i < ncmds; i++) {
		if (!cmds[i]->hidden)
			bash_words(cmds[i]);
	}
	printf("\tesac\n\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	       "\tif [ -n \"$operands\" ] && [[ \"$cur\" != -* ]]; then\n"
	       "\t\tCOMPREPLY+=($(compgen \"$operands\" -- \"$cur\"))\n\tfi\n\treturn 0\n}\n"
	       "complete -o filenames -F _tenuo_shim tenuo-shim\n");
}

/* zsh's _arguments and fish both want one quoted description per option. */
static void quoted(const char *text, const char *special)
{
	for (; *text; text++) {
		if (*text == '\'')
			printf("'\\''");
		else if (strchr(special, *text))
			printf("\\%c", *text);
		else
			putchar(*text);
	}
}

static void zsh_value(const struct opt *o)
{
	if (o->kind == OPT_FLAG)
		return;
	putchar(':');
	quoted(o->arg, ":[]");
	if (o->hint == HINT_FILE)
		printf(":_files");
	else if (o->hint == HINT_DIR)
		printf(":_files -/");
	else if (o->hint == HINT_WORDS)
		printf(":(%s)", o->words);
	else
		printf(": ");
}

static void zsh_row(const struct opt *o)
{
	const char *star = o->kind == OPT_MANY ? "*" : "";
	if (o->letter) {
		printf(" \\\n\t\t'%s-%c[", star, o->letter);
		quoted(o->help, "[]:");
		printf("]");
		zsh_value(o);
		putchar('\'');
	}
	printf(" \\\n\t\t'%s--%s[", star, o->name);
	quoted(o->help, "[]:");
	printf("]");
	zsh_value(o);
	putchar('\'');
}

static void zsh_cmd(const struct cmd *cmd)
{
	printf("\t%s)\n\t\t_arguments -s", cmd->name);
	for (size_t i = 0; i < cmd->nopts; i++) {
		if (!cmd->opts[i].later)
			zsh_row(&cmd->opts[i]);
	}
	for (size_t i = 0; i < ncommon_opts; i++)
		zsh_row(&common_opts[i]);
	if (cmd->operands == HINT_FILE)
		printf(" \\\n\t\t'*:file:_files'");
	if (cmd->operands == HINT_COMMAND)
		printf(" \\\n\t\t'*::command:_normal'");
	if (cmd->words)
		printf(" \\\n\t\t'1:word:(%s)'", cmd->words);
	printf(" ;;\n");
}

static void zsh_all(void)
{
	printf("#compdef tenuo-shim\n# SPDX-License-Identifier: Apache-2.0\n# made by `tenuo-shim "
	       "completion zsh`\n"
	       "_tenuo_shim() {\n\tlocal -a commands=(\n");
	for (size_t i = 0; i < ncmds; i++) {
		if (cmds[i]->hidden)
			continue;
		printf("\t\t'%s:", cmds[i]->name);
		quoted(cmds[i]->what, "");
		printf("'\n");
	}
	printf(
	    "\t)\n\tif (( CURRENT == 2 )); then\n\t\t_describe command commands\n\t\treturn\n\tfi\n"
	    "\tlocal cmd=$words[2]\n\tshift words\n\t(( CURRENT-- ))\n\tcase $cmd in\n");
	for (size_t i = 0; i < ncmds; i++) {
		if (!cmds[i]->hidden)
			zsh_cmd(cmds[i]);
	}
	printf("\tesac\n}\n_tenuo_shim \"$@\"\n");
}

static void fish_row(const struct cmd *cmd, const struct opt *o)
{
	printf("complete -c tenuo-shim -n '__fish_seen_subcommand_from %s' -l %s", cmd->name,
	       o->name);
	if (o->letter)
		printf(" -s %c", o->letter);
	if (o->hint == HINT_FILE || o->hint == HINT_DIR)
		printf(" -rF");
	else if (o->kind != OPT_FLAG)
		printf(" -x");
	if (o->hint == HINT_WORDS)
		printf(" -a '%s'", o->words);
	printf(" -d '");
	quoted(o->help, "");
	printf("'\n");
}

static void fish_cmd(const struct cmd *cmd)
{
	printf("complete -c tenuo-shim -n __fish_use_subcommand -f -a %s -d '", cmd->name);
	quoted(cmd->what, "");
	printf("'\n");
	for (size_t i = 0; i < cmd->nopts; i++) {
		if (!cmd->opts[i].later)
			fish_row(cmd, &cmd->opts[i]);
	}
	for (size_t i = 0; i < ncommon_opts; i++)
		fish_row(cmd, &common_opts[i]);
	if (cmd->words)
		printf("complete -c tenuo-shim -n '__fish_seen_subcommand_from %s' -f -a '%s'\n",
		       cmd->name, cmd->words);
	if (cmd->operands == HINT_COMMAND)
		printf("complete -c tenuo-shim -n '__fish_seen_subcommand_from %s' -a "
		       "'(__fish_complete_command)'\n",
		       cmd->name);
}

static void fish_all(void)
{
	printf("# SPDX-License-Identifier: Apache-2.0\n# made by `tenuo-shim completion fish`\n");
	for (size_t i = 0; i < ncmds; i++) {
		if (!cmds[i]->hidden)
			fish_cmd(cmds[i]);
	}
}

bool completion_print(const char *shell)
{
	static const struct {
		const char *shell;
		void (*print)(void);
	} rows[] = {
	    {"bash", bash_all},
	    {"zsh", zsh_all},
	    {"fish", fish_all},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (strcmp(rows[i].shell, shell) == 0) {
			rows[i].print();
			return true;
		}
	}
	return false;
}
