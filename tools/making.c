/* SPDX-License-Identifier: Apache-2.0 */
#include "making.h"

#include <policy/json.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Opaque holder names come later; a key file that does not exist must not become one silently. */
void holder_read(struct ctx *c, const char *arg, struct tn_mint *m)
{
	struct tn_pub pub;
	bool is_file = access(arg, F_OK) == 0 || strcmp(arg, "-") == 0;
	if (!is_file && tn_pub_parse(arg, strlen(arg), &pub, &c->err) != TN_OK)
		die(TN_E_BAD_KEY,
		    "--holder is neither a public key (32 bytes in base64, base64url or hex, or "
		    "PEM) nor a file with "
		    "one; a holder that is only a name %s",
		    later_words());
	pub_read(c, "--holder", arg, &m->holder);
	m->has_holder = true;
}

void capabilities_read(struct ctx *c, const char *arg, struct tn_mint *m)
{
	struct text text = json_read(c, arg);
	struct cJSON *doc = NULL;
	if (tnp_json_parse(text.p, text.n, &doc, &c->err) != TN_OK)
		die_err(&c->err, "--capabilities");
	if (tnp_caps_parse(doc, &c->arena, &m->tools, &m->ntools, &c->err) != TN_OK)
		die_err(&c->err, "--capabilities");
	tnp_json_free(doc);
}

void issuer_key_read(struct ctx *c, const char *arg, struct tn_key *k)
{
	const char *env = getenv("TENUO_ISSUER_KEY");
	if (arg)
		key_read(c, "--key", arg, k);
	else if (env && *env)
		key_read(c, "TENUO_ISSUER_KEY", env, k);
	else
		die(TN_E_USAGE, "--key KEY is needed; see tenuo-shim %s --help", c->cmd->name);
}
