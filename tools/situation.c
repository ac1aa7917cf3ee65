/* SPDX-License-Identifier: Apache-2.0 */
#include "situation.h"

#include <policy/json.h>
#include <stdlib.h>
#include <string.h>

enum { POLICY_TEXT_MAX = 4 << 20 };

static const char *env_of(const char *name)
{
	const char *v = getenv(name);
	return v && *v ? v : NULL;
}

void situation_grant(struct ctx *c, struct situation *s)
{
	if (!token_find(c, opt_get(c, S_WARRANT), &s->token))
		die(TN_E_NO_WARRANT, "there is no warrant: -w W, or set TENUO_WARRANT or TENUO_WARRANT_FILE");
	s->now = opt_has(c, S_NOW) ? parse_time(opt_get(c, S_NOW)) : now_seconds();
	if (token_chain(c, &s->token, &s->chain) != TN_OK)
		die_err(&c->err, "that is not a warrant");
	trust_find(c, opt_all(c, S_ROOT), &s->trust);
	s->assumed = s->trust.n == 0;
	if (s->assumed)
		trust_assume(c, &s->chain, &s->trust);
	struct tn_verify_opts o = { .roots = s->trust.roots, .nroots = s->trust.n, .now = s->now };
	s->code = tn_chain_verify(s->chain.links, s->chain.n, &o, &c->arena, &s->grant, &c->err);
}

struct tn_bytes policy_compiled(struct ctx *c, const char *file)
{
	struct tn_bytes cbor = { 0 };
	if (!file)
		return cbor;
	struct text text = read_all(c, file, POLICY_TEXT_MAX);
	if (tnp_policy_compile(text.p, text.n, &c->arena, &cbor, &c->err) != TN_OK)
		die_err(&c->err, "the policy file %s", safe(c, tn_cstr(file)));
	return cbor;
}

static void config(struct ctx *c, struct situation *s)
{
	const char *file = opt_has(c, S_POLICY) ? opt_get(c, S_POLICY) : env_of("TENUO_POLICY");
	struct tn_bytes cbor = policy_compiled(c, file);
	enum tn_code code = file ? tnp_config_decode(cbor.p, cbor.n, &c->arena, &s->config, &c->err) :
				   tnp_config_default(&c->arena, &s->config, &c->err);
	if (code != TN_OK)
		die_err(&c->err, "the policy");
	struct optvals presets = opt_all(c, S_PRESET);
	for (size_t i = 0; i < presets.n; i++) {
		if (tnp_config_presets(s->config, tn_cstr(presets.v[i]), &c->arena, &s->config, &c->err) != TN_OK)
			die_err(&c->err, "--preset");
	}
}

static void mode(struct situation *s)
{
	const char *env = env_of("TENUO_MODE");
	s->mode = TNP_ENFORCE;
	if (env && !tnp_mode_parse(tn_cstr(env), &s->mode))
		die(TN_E_CONFIG, "TENUO_MODE is none of enforce, audit, permissive");
}

void situation_policy(struct ctx *c, struct situation *s, const struct tnp_facts *facts)
{
	config(c, s);
	mode(s);
	if (tnp_policy_build(s->grant, s->config, facts, s->mode, &c->arena, &s->policy, &c->err) != TN_OK)
		die_err(&c->err, "this warrant cannot be applied here");
}

const char *situation_caveat(const struct situation *s)
{
	if (s->assumed)
		return "no trusted root is configured (--root): this holds only if the warrant's issuer is one";
	return s->trust.dev ? "development mode: the issuer key of the environment is trusted as a root" : NULL;
}
