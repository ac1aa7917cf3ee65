/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_JUDGE_H
#define TOOLS_JUDGE_H
/* A token against the trusted roots at a time: what inspect and verify ask. */
#include "show.h"

struct judged {
	struct token token;
	struct chain chain; /* n 0: the bytes are no warrant */
	struct trust trust;
	int64_t now;
	enum tn_code code; /* TN_OK: valid; else c->err has the reason and the link */
	const tn_grant *grant;
};
extern const struct opt judge_opts[];
enum { NJUDGE_OPTS = 3 };

void judge(struct ctx *c, struct judged *v); /* operand, --root, --now */
void judged_print(struct ctx *c, const struct judged *v);
void judged_json(struct ctx *c, const struct judged *v, bool with_chain);

#define TOKEN_HELP                                                                                 \
	"W is a file, - for standard input, or the token text; without W: TENUO_WARRANT, then "    \
	"TENUO_WARRANT_FILE."

#endif
