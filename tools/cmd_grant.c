/* SPDX-License-Identifier: Apache-2.0 */
/* grant: the holder of a warrant makes a narrower one for somebody else. */
#include "show.h"
#include "making.h"

enum { O_PARENT, O_KEY, O_HOLDER, O_TTL, O_CAPABILITIES, O_INHERIT, O_OUT };
/* clang-format off */
static const struct opt opts[] = {
	[O_PARENT] = { .name = "parent", .kind = OPT_ONE, .arg = "W", .hint = HINT_FILE,
		       .help = "the warrant to narrow: a file, - or its text" },
	[O_KEY] = { .name = "key", .kind = OPT_ONE, .arg = "KEY", .hint = HINT_FILE,
		    .help = "the secret key of the parent's holder, or a file with it" },
	[O_HOLDER] = OPT_HOLDER,
	[O_TTL] = { .name = "ttl", .kind = OPT_ONE, .arg = "T",
		    .help = "lifetime, like 90s, 10m, 2h, 1d (default 300s, or the parent's end if sooner)" },
	[O_CAPABILITIES] = OPT_CAPABILITIES,
	[O_INHERIT] = { .name = "inherit", .help = "take the parent's capabilities unchanged" },
	[O_OUT] = OPT_MADE,
};
/* clang-format on */

static void lifetime(struct ctx *c, const tn_warrant *parent, struct tn_mint *m)
{
	if (parent->expires_at <= m->now)
		die(TN_E_EXPIRED, "the parent %s", show_left(c, parent->expires_at, m->now));
	if (!opt_has(c, O_TTL))
		return;
	m->ttl = parse_ttl(opt_get(c, O_TTL));
	if (m->ttl > parent->expires_at - m->now)
		die(TN_E_INVALID_TTL, "--ttl is longer than the parent lives (%s)",
		    show_left(c, parent->expires_at, m->now));
}

static void capabilities(struct ctx *c, struct tn_mint *m)
{
	m->inherit = opt_has(c, O_INHERIT);
	if (m->inherit && opt_has(c, O_CAPABILITIES))
		die(TN_E_USAGE, "--inherit and --capabilities exclude each other");
	if (!m->inherit && !opt_has(c, O_CAPABILITIES))
		die(TN_E_USAGE, "--capabilities FILE|JSON or --inherit is needed");
	if (!m->inherit)
		capabilities_read(c, opt_get(c, O_CAPABILITIES), m);
}

static int run(struct ctx *c)
{
	opt_operands(c, 0, 0, "");
	struct tn_mint m = {.now = now_seconds()};
	struct token t = token_read(c, opt_need(c, O_PARENT));
	struct chain parent, made;
	struct tn_key *k = key_memory();
	if (token_chain(c, &t, &parent) != TN_OK)
		die_err(&c->err, "--parent");
	holder_read(c, opt_need(c, O_HOLDER), &m);
	capabilities(c, &m);
	lifetime(c, parent.links[parent.n - 1], &m);
	key_read(c, "--key", opt_need(c, O_KEY), k);
	if (tn_grant_child(parent.links, parent.n, &m, k, &c->arena, &made.links, &made.n,
			   &c->err) != TN_OK)
		die_err(&c->err, "cannot grant");
	key_forget();
	show_made(c, &made, opt_get(c, O_OUT));
	return EXIT_YES;
}

/* clang-format off */
const struct cmd cmd_grant = {
	.name = "grant",
	.synopsis = "--parent W --key KEY --holder KEY --capabilities JSON|FILE [OPTION]..\n"
		    "--parent W --key KEY --holder KEY --inherit [OPTION]..",
	.what = "Makes a narrower warrant below one that you hold, and prints the whole stack.",
	.opts = opts, .nopts = sizeof(opts) / sizeof(*opts),
	.more = CAPABILITIES_HELP,
	.exits = "0 made, 1 error (wider or longer than the parent, not the parent's holder)",
	.example = "tenuo-shim grant --parent agent.warrant --key agent.key --holder \"$(cat helper.pub)\" \\\n"
		   "    --capabilities '{\"read_file\": {\"path\": {\"subpath\": \"/srv/data/public\"}}}' -o helper.warrant",
	.refused = EXIT_ERROR,
	.run = run,
};
/* clang-format on */
