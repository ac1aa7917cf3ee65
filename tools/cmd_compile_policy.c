/* SPDX-License-Identifier: Apache-2.0 */
/* compile-policy: what the preload runs once when it is given a JSON policy, since it carries no
 * JSON reader itself. */
#include "situation.h"

#include <unistd.h>

static int run(struct ctx *c)
{
	opt_operands(c, 1, 1, "FILE");
	struct tn_bytes cbor = policy_compiled(c, c->args.rest[0]);
	if (isatty(STDOUT_FILENO))
		die(TN_E_USAGE, "the compiled form is binary: not to a terminal");
	fwrite(cbor.p, 1, cbor.n, stdout);
	return EXIT_YES;
}

/* clang-format off */
const struct cmd cmd_compile_policy = {
	.name = "compile-policy",
	.synopsis = "FILE",
	.what = "Compiles a policy file to the form that the preload reads (CBOR, to standard output).",
	.exits = "0 compiled, 1 error",
	.example = "tenuo-shim compile-policy policy.json > policy.cbor",
	.operands = HINT_FILE,
	.hidden = true,
	.refused = EXIT_ERROR,
	.run = run,
};
/* clang-format on */
