/* SPDX-License-Identifier: Apache-2.0 */
/* completion: what the shells need, from the same rows as the help. */
#include "cli.h"

static int run(struct ctx *c)
{
	opt_operands(c, 1, 1, "bash, zsh or fish");
	if (!completion_print(c->args.rest[0]))
		die(TN_E_USAGE, "there are completions for bash, zsh and fish only");
	return EXIT_YES;
}

/* clang-format off */
const struct cmd cmd_completion = {
	.name = "completion",
	.synopsis = "bash|zsh|fish",
	.what = "Prints the completion script of a shell.",
	.exits = "0 printed, 1 error",
	.example = "source <(tenuo-shim completion bash)",
	.words = "bash zsh fish",
	.refused = EXIT_ERROR,
	.run = run,
};
/* clang-format on */
