/* SPDX-License-Identifier: Apache-2.0 */
/* inspect: shows a token, trusted or not. */
#include "judge.h"

static int run(struct ctx *c)
{
	struct judged v = {.code = TN_OK};
	judge(c, &v);
	if (v.chain.n == 0)
		die_err(&c->err, "that is not a warrant");
	if (c->args.json) {
		judged_json(c, &v, true);
		return EXIT_YES;
	}
	show_chain(c, &v.chain, v.now);
	if (v.code == TN_E_NO_ROOTS)
		printf("trust not checked: no trusted root is configured (--root KEY)\n");
	else
		judged_print(c, &v);
	return EXIT_YES;
}

/* clang-format off */
const struct cmd cmd_inspect = {
	.name = "inspect",
	.synopsis = "[--root KEY].. [--now T] [W]",
	.what = "Shows what a warrant says: its chain as a tree, who holds it, what it allows, how long it lives.",
	.opts = judge_opts, .nopts = NJUDGE_OPTS,
	.more = TOKEN_HELP " Showing is not trusting: signatures are checked, the rest only where a root is known.",
	.exits = "0 shown, 1 not a warrant, or error",
	.example = "tenuo-shim inspect agent.warrant",
	.operands = HINT_FILE,
	.refused = EXIT_ERROR,
	.run = run,
};
/* clang-format on */
