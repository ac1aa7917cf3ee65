/* SPDX-License-Identifier: Apache-2.0 */
/* tenuo-shim: finds the subcommand, reads its options, ends with its answer. */
#include "cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef TENUO_SHIM_VERSION
#error "the build names the version"
#endif

extern const struct cmd cmd_compile_policy, cmd_completion, cmd_doctor, cmd_explain, cmd_grant,
    cmd_inspect, cmd_keygen, cmd_mint, cmd_plan, cmd_run, cmd_test, cmd_verify;

/* clang-format off */
const struct cmd *const cmds[] = {
	&cmd_run, &cmd_keygen, &cmd_mint, &cmd_grant, &cmd_inspect, &cmd_verify, &cmd_explain, &cmd_test, &cmd_plan, &cmd_doctor,
	&cmd_completion, &cmd_compile_policy,
};
/* clang-format on */
const size_t ncmds = sizeof(cmds) / sizeof(*cmds);

/* Parts of the command that a later version has; named, so that nobody takes them for a typing
 * error. */
static const char *const later_cmds[] = {"report", "suggest", "why",	  "whoami",
					 "status", "renew",   "receipts", "srl"};

static struct ctx the; /* die() must know how to speak from anywhere */

const char *later_words(void)
{
	return "is not in this version yet";
}

/* ---------------------------------------------------------------- ending */
static void complain(enum tn_code code, const char *msg)
{
	fprintf(stderr, "tenuo-shim%s%s: %s\n", the.cmd ? " " : "", the.cmd ? the.cmd->name : "",
		msg);
	if (!the.args.json)
		return;
	struct json j = {0};
	j_open(&j, NULL, '{');
	j_open(&j, "error", '{');
	j_int(&j, "code", code);
	j_text(&j, "name", tn_code_name(code));
	j_text(&j, "message", msg);
	j_close(&j, '}');
	j_close(&j, '}');
	j_end();
	fflush(stdout);
}

_Noreturn static void end_with_error(enum tn_code code, const char *msg)
{
	complain(code, msg);
	key_forget();
	_exit(the.cmd ? the.cmd->refused : EXIT_ERROR);
}

_Noreturn void die(enum tn_code code, const char *fmt, ...)
{
	char msg[1024];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	end_with_error(code, msg);
}

_Noreturn void die_sys(const char *fmt, ...)
{
	int cause = errno;
	char msg[768], whole[1024];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	snprintf(whole, sizeof(whole), "%s: %s", msg, strerror(cause));
	end_with_error(TN_E_SYSTEM, whole);
}

_Noreturn void die_err(const struct tn_err *e, const char *fmt, ...)
{
	char msg[512], whole[1024];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	snprintf(whole, sizeof(whole), "%s: %s (%d %s)", msg, e->msg, e->code,
		 tn_code_name(e->code));
	end_with_error(e->code, whole);
}

void note(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fputs("tenuo-shim: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
}

/* ---------------------------------------------------------------- starting */
static const struct cmd *find_cmd(const char *name)
{
	for (size_t i = 0; i < ncmds; i++) {
		if (strcmp(cmds[i]->name, name) == 0)
			return cmds[i];
	}
	return NULL;
}

_Noreturn static void unknown_cmd(const char *name)
{
	const char *names[32];
	size_t n = 0;
	for (size_t i = 0; i < sizeof(later_cmds) / sizeof(*later_cmds); i++) {
		if (strcmp(later_cmds[i], name) == 0)
			die(TN_E_NOT_YET, "%s %s", name, later_words());
	}
	for (size_t i = 0; i < ncmds; i++) {
		if (!cmds[i]->hidden)
			names[n++] = cmds[i]->name;
	}
	const char *word = safe(&the, tn_cstr(name));
	const char *like = nearest(name, names, n);
	if (like)
		die(TN_E_USAGE, "there is no command %s; did you mean %s?", word, like);
	die(TN_E_USAGE, "there is no command %s; see tenuo-shim --help", word);
}

static int help(const char *name)
{
	const struct cmd *cmd = name ? find_cmd(name) : NULL;
	if (name && !cmd)
		unknown_cmd(name);
	if (cmd)
		help_cmd(&the, cmd);
	else
		help_all(&the);
	return EXIT_YES;
}

static int run_cmd(int argc, char **argv)
{
	the.cmd = find_cmd(argv[1]);
	if (!the.cmd)
		unknown_cmd(argv[1]);
	opt_parse(&the, argc - 2, argv + 2);
	if (the.args.help) {
		help_cmd(&the, the.cmd);
		return EXIT_YES;
	}
	return the.cmd->run(&the);
}

static int start(int argc, char **argv)
{
	if (argc < 2)
		die(TN_E_USAGE, "a command is missing; see tenuo-shim --help");
	if (strcmp(argv[1], "--version") == 0) {
		printf("tenuo-shim %s\n", TENUO_SHIM_VERSION);
		return EXIT_YES;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return help(NULL);
	if (strcmp(argv[1], "help") == 0)
		return help(argc > 2 ? argv[2] : NULL);
	return run_cmd(argc, argv);
}

static bool wants_colour(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
	return isatty(STDOUT_FILENO) && !(no && *no) && !(term && strcmp(term, "dumb") == 0);
}

int main(int argc, char **argv)
{
	the.arena = TN_ARENA_MALLOC;
	the.colour = wants_colour();
	if (tn_init(&the.err) != TN_OK)
		die_err(&the.err, "cannot start");
	int answer = start(argc, argv);
	finish_stdout();
	key_forget();
	tn_arena_free(&the.arena);
	return answer;
}
