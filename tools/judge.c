/* SPDX-License-Identifier: Apache-2.0 */
#include "judge.h"

#include <string.h>

enum { O_ROOT, O_NOW, O_SRL };
/* clang-format off */
const struct opt judge_opts[] = {
	[O_ROOT] = { .name = "root", .kind = OPT_MANY, .arg = "KEY", .hint = HINT_FILE,
		     .help = "a trusted root's public key, or a file with it (default: TENUO_TRUSTED_ROOTS)" },
	[O_NOW] = { .name = "now", .kind = OPT_ONE, .arg = "T",
		    .help = "judge as of this time: Unix seconds or like 2026-11-23T12:00:00Z" },
	[O_SRL] = { .name = "srl", .kind = OPT_ONE, .arg = "FILE", .later = true },
};
/* clang-format on */

_Static_assert(sizeof(judge_opts) / sizeof(*judge_opts) == NJUDGE_OPTS, "judge.h counts the rows");

static const char *what_token(struct ctx *c)
{
	opt_operands(c, 0, 1, "the warrant");
	return c->args.nrest ? c->args.rest[0] : NULL;
}

void judge(struct ctx *c, struct judged *v)
{
	v->token = token_find(c, what_token(c), "name one");
	v->now = opt_has(c, O_NOW) ? parse_time(opt_get(c, O_NOW)) : now_seconds();
	trust_find(c, opt_all(c, O_ROOT), &v->trust);
	v->code = token_chain(c, &v->token, &v->chain);
	if (v->code != TN_OK)
		return;
	if (v->trust.n == 0) {
		v->code = c->err.code = TN_E_NO_ROOTS;
		c->err.link = -1;
		snprintf(
		    c->err.msg, sizeof(c->err.msg),
		    "no trusted root is configured, so no warrant is valid; name one with --root");
		return;
	}
	struct tn_verify_opts o = {.roots = v->trust.roots, .nroots = v->trust.n, .now = v->now};
	v->code = tn_chain_verify(v->chain.links, v->chain.n, &o, &c->arena, &v->grant, &c->err);
}

/* Which link broke, if the error is about one. */
static const char *failing_link(struct ctx *c, const struct judged *v)
{
	if (v->code == TN_OK || c->err.link < 0 || (size_t)c->err.link >= v->chain.n)
		return NULL;
	return show_id(c, v->chain.links[c->err.link]);
}

void judged_json(struct ctx *c, const struct judged *v, bool with_chain)
{
	struct json j = {0};
	j_open(&j, NULL, '{');
	if (with_chain && v->code == TN_E_NO_ROOTS)
		j_raw(&j, "valid", "null"); /* inspect was not asked whom to trust */
	else
		j_bool(&j, "valid", v->code == TN_OK);
	if (v->code != TN_OK) {
		j_int(&j, "code", v->code);
		j_text(&j, "name", tn_code_name(v->code));
		j_text(&j, "reason", c->err.msg);
	}
	if (failing_link(c, v)) {
		j_int(&j, "link", c->err.link);
		j_text(&j, "failing", failing_link(c, v));
	}
	if (v->chain.n) {
		const tn_warrant *leaf = v->chain.links[v->chain.n - 1];
		j_text(&j, "warrant", show_id(c, leaf));
		j_int(&j, "expires_at", leaf->expires_at);
		j_int(&j, "links", (int64_t)v->chain.n);
	}
	j_text(&j, "roots", v->trust.origin);
	j_bool(&j, "dev_mode", v->trust.dev);
	if (with_chain && v->chain.n)
		show_chain_json(c, &j, "chain", &v->chain, v->now);
	j_close(&j, '}');
	j_end();
}

void judged_print(struct ctx *c, const struct judged *v)
{
	if (v->code == TN_OK) {
		const tn_warrant *leaf = v->chain.links[v->chain.n - 1];
		paint(c, C_GREEN, "valid");
		printf(": %s, %zu link%s, %s (root by %s)\n", show_id(c, leaf), v->chain.n,
		       v->chain.n == 1 ? "" : "s", show_left(c, leaf->expires_at, v->now),
		       v->trust.origin);
		return;
	}
	paint(c, C_RED, "not valid");
	printf(": %s (%d %s)\n", c->err.msg, v->code, tn_code_name(v->code));
	if (failing_link(c, v))
		printf("the link that fails is %s, depth %d\n", failing_link(c, v), c->err.link);
}
