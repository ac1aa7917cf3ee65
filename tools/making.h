/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_MAKING_H
#define TOOLS_MAKING_H
/* What mint and grant share. */
#include "cli.h"

void holder_read(struct ctx *c, const char *arg, struct tn_mint *m);
void capabilities_read(struct ctx *c, const char *arg, struct tn_mint *m);
void issuer_key_read(struct ctx *c, const char *arg, struct tn_key *k); /* NULL: TENUO_ISSUER_KEY */

/* clang-format off */
#define OPT_HOLDER                                                                                             \
	{ .name = "holder", .kind = OPT_ONE, .arg = "KEY", .hint = HINT_FILE,                                  \
	  .help = "the public key of whoever may use it, or a file with it" }
#define OPT_CAPABILITIES                                                                                       \
	{ .name = "capabilities", .kind = OPT_ONE, .arg = "FILE|JSON", .hint = HINT_FILE,                      \
	  .help = "the tools and their argument constraints: JSON text, a file, or - for standard input" }
#define OPT_MADE                                                                                               \
	{ .name = "output", .letter = 'o', .kind = OPT_ONE, .arg = "FILE", .hint = HINT_FILE,                  \
	  .help = "write it here (mode 0600, whole or not at all) instead of to standard output" }
#define CAPABILITIES_HELP                                                                                      \
	"Capabilities are {\"tool\": {\"argument\": constraint}}; a constraint is a plain value (exact) or one of {\"subpath\": " \
	"P}, {\"pattern\": G}, {\"one_of\": [..]}, {\"not_one_of\": [..]}, {\"range\": {\"min\": N, \"max\": N}}, {\"cidr\": C}, "   \
	"{\"url_pattern\": U}, {\"url_safe\": {..}}, {\"shlex\": [..]}, {\"contains\": [..]}, {\"subset\": [..]}, {\"all\": [..]}, " \
	"{\"any\": [..]}, {\"not\": C}, {\"regex\": R}, {\"cel\": E}, {\"wildcard\": true}. A tool with {} takes any arguments; " \
	"\"_allow_unknown\": true beside the arguments lets others pass."
/* clang-format on */

#endif
