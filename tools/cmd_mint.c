/* SPDX-License-Identifier: Apache-2.0 */
/* mint: a root warrant, signed by the issuer. */
#include "show.h"
#include "making.h"

enum { O_KEY, O_HOLDER, O_TTL, O_CAPABILITIES, O_OUT };
/* clang-format off */
static const struct opt opts[] = {
	[O_KEY] = { .name = "key", .kind = OPT_ONE, .arg = "KEY", .hint = HINT_FILE,
		    .help = "the issuer's secret key, or a file with it (default: TENUO_ISSUER_KEY)" },
	[O_HOLDER] = OPT_HOLDER,
	[O_TTL] = { .name = "ttl", .kind = OPT_ONE, .arg = "T", .help = "lifetime, like 90s, 10m, 2h, 1d (default 300s)" },
	[O_CAPABILITIES] = OPT_CAPABILITIES,
	[O_OUT] = OPT_MADE,
};
/* clang-format on */

static int run(struct ctx *c)
{
	opt_operands(c, 0, 0, "");
	struct tn_mint m = {.now = now_seconds()};
	struct chain ch = {NULL, 1};
	struct tn_key *k = key_memory();
	const tn_warrant *w;
	holder_read(c, opt_need(c, O_HOLDER), &m);
	capabilities_read(c, opt_need(c, O_CAPABILITIES), &m);
	m.ttl = opt_has(c, O_TTL) ? parse_ttl(opt_get(c, O_TTL)) : 0;
	issuer_key_read(c, opt_get(c, O_KEY), k);
	if (tn_mint(&m, k, &c->arena, &w, &c->err) != TN_OK)
		die_err(&c->err, "cannot mint");
	key_forget();
	ch.links = &w;
	show_made(c, &ch, opt_get(c, O_OUT));
	return EXIT_YES;
}

/* clang-format off */
const struct cmd cmd_mint = {
	.name = "mint",
	.synopsis = "--key KEY --holder KEY --capabilities FILE|JSON [--ttl T] [-o FILE]",
	.what = "Makes a root warrant: the holder may call these tools with these arguments until then.",
	.opts = opts, .nopts = sizeof(opts) / sizeof(*opts),
	.more = CAPABILITIES_HELP,
	.exits = "0 made, 1 error",
	.example = "tenuo-shim mint --key issuer.key --holder \"$(cat agent.pub)\" --ttl 15m -o agent.warrant \\\n"
		   "    --capabilities '{\"read_file\": {\"path\": {\"subpath\": \"/srv/data\"}}}'",
	.refused = EXIT_ERROR,
	.run = run,
};
/* clang-format on */
