/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_SITUATION_H
#define TOOLS_SITUATION_H
/* A warrant, this machine and a configuration: what explain and plan talk about. */
#include "show.h"

#include <policy/policy.h>

struct situation {
	struct token token;
	struct chain chain;
	struct trust trust;
	bool assumed; /* no root is configured: judged as if the warrant's issuer were one */
	int64_t now;
	enum tn_code code; /* TN_OK: the grant holds; else c->err says why not */
	const tn_grant *grant;
	const tnp_config *config;
	enum tnp_mode mode;
	const tnp_policy *policy;
};

/* the rows that both commands have, first in their tables and in this order */
enum { S_WARRANT, S_ROOT, S_NOW, S_POLICY, S_PRESET, S_NROWS };
/* clang-format off */
#define SITUATION_OPTS                                                                                          \
	[S_WARRANT] = { .name = "warrant", .letter = 'w', .kind = OPT_ONE, .arg = "W", .hint = HINT_FILE,       \
			.help = "the warrant: a file, - or its text (default: TENUO_WARRANT, then TENUO_WARRANT_FILE)" }, \
	[S_ROOT] = { .name = "root", .kind = OPT_MANY, .arg = "KEY", .hint = HINT_FILE,                         \
		     .help = "a trusted root's public key, or a file with it (default: TENUO_TRUSTED_ROOTS)" }, \
	[S_NOW] = { .name = "now", .kind = OPT_ONE, .arg = "T",                                                 \
		    .help = "judge as of this time: Unix seconds or like 2026-11-23T12:00:00Z" },              \
	[S_POLICY] = { .name = "policy", .kind = OPT_ONE, .arg = "FILE", .hint = HINT_FILE,                     \
		       .help = "the mapping and baseline to use (default: TENUO_POLICY, then the built-in one)" }, \
	[S_PRESET] = { .name = "preset", .kind = OPT_MANY, .arg = "P,..", .hint = HINT_WORDS,                   \
		       .words = PRESET_WORDS, .help = "add the baseline rows of these: " PRESET_LIST }
/* clang-format on */
#define PRESET_WORDS "git python node npm cc"
#define PRESET_LIST "git, python, node, npm, cc"

void situation_grant(
    struct ctx *c, struct situation *s); /* token, roots, verification; dies if there is no token */
void situation_policy(struct ctx *c, struct situation *s, const struct tnp_facts *facts);
/* what is said beside every answer: roots assumed, development mode */
const char *situation_caveat(const struct situation *s);

/* also for run */
struct tn_bytes policy_compiled(struct ctx *c,
				const char *file); /* NULL: empty, the built-in one */
const tnp_config *config_read(struct ctx *c, const char *file, struct optvals presets);
const char *policy_file(struct ctx *c,
			size_t row); /* the configuration, the option, TENUO_POLICY, NULL */
enum tnp_mode mode_read(struct ctx *c,
			const char *option); /* NULL: TENUO_MODE, configuration, enforce; dies */

#endif
