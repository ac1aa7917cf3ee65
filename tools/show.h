/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_SHOW_H
#define TOOLS_SHOW_H
/* A chain in words and as JSON: what inspect, verify, mint and grant print. */
#include "cli.h"

void show_chain(struct ctx *c, const struct chain *ch, int64_t now);
void show_chain_json(struct ctx *c, struct json *j, const char *key, const struct chain *ch,
		     int64_t now);
const char *show_id(struct ctx *c, const tn_warrant *w);
const char *show_pub(struct ctx *c, const uint8_t key[32]); /* padded base64, as keygen prints it */
const char *show_left(struct ctx *c, int64_t end, int64_t now); /* "12 min left", "ended 3 s ago" */
const char *show_constraint(struct ctx *c, const struct tn_constraint *k);

/* what mint and grant made: to -o or stdout, or both told in JSON */
void show_made(struct ctx *c, const struct chain *ch, const char *out_file);

#endif
