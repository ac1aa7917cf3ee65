/* SPDX-License-Identifier: Apache-2.0 */
/* verify: says whether a token holds. */
#include "judge.h"

static int run(struct ctx *c)
{
	struct judged v = {.code = TN_OK};
	judge(c, &v);
	if (c->args.json)
		judged_json(c, &v, false);
	else
		judged_print(c, &v);
	return v.code == TN_OK ? EXIT_YES : EXIT_NO;
}

/* clang-format off */
const struct cmd cmd_verify = {
	.name = "verify",
	.synopsis = "[--root KEY].. [--now T] [W]",
	.what = "Says whether a warrant is valid: the whole chain, from a trusted root, now.",
	.opts = judge_opts, .nopts = NJUDGE_OPTS,
	.more = TOKEN_HELP,
	.exits = "0 valid, 1 error, 2 not valid",
	.example = "tenuo-shim verify --root \"$(cat issuer.pub)\" agent.warrant",
	.operands = HINT_FILE,
	.refused = EXIT_ERROR,
	.run = run,
};
/* clang-format on */
