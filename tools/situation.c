/* SPDX-License-Identifier: Apache-2.0 */
#include "situation.h"
#include "config.h"

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
	s->token = token_find(c, opt_get(c, S_WARRANT), "-w W");
	s->now = opt_has(c, S_NOW) ? parse_time(opt_get(c, S_NOW)) : now_seconds();
	if (token_chain(c, &s->token, &s->chain) != TN_OK)
		die_err(&c->err, "that is not a warrant");
	trust_find(c, opt_all(c, S_ROOT), &s->trust);
	s->assumed = s->trust.n == 0;
	if (s->assumed)
		trust_assume(c, &s->chain, &s->trust);
	struct tn_verify_opts o = {.roots = s->trust.roots, .nroots = s->trust.n, .now = s->now};
	s->code = tn_chain_verify(s->chain.links, s->chain.n, &o, &c->arena, &s->grant, &c->err);
}

struct tn_bytes policy_compiled(struct ctx *c, const char *file)
{
	struct tn_bytes cbor = {0};
	if (!file)
		return cbor;
	struct text text = read_all(c, file, POLICY_TEXT_MAX);
	if (tnp_policy_compile(text.p, text.n, &c->arena, &cbor, &c->err) != TN_OK)
		die_err(&c->err, "the policy file %s", safe(c, tn_cstr(file)));
	return cbor;
}

const tnp_config *config_read(struct ctx *c, const char *file, struct optvals presets)
{
	const tnp_config *cfg;
	struct tn_bytes cbor = policy_compiled(c, file);
	enum tn_code code = file ? tnp_config_decode(cbor.p, cbor.n, &c->arena, &cfg, &c->err)
				 : tnp_config_default(&c->arena, &cfg, &c->err);
	if (code != TN_OK)
		die_err(&c->err, "the policy");
	for (size_t i = 0; i < presets.n; i++) {
		if (tnp_config_presets(cfg, tn_cstr(presets.v[i]), &c->arena, &cfg, &c->err) !=
		    TN_OK)
			die_err(&c->err, "--preset");
	}
	return cfg;
}

const char *policy_file(struct ctx *c, size_t row)
{
	const char *asked = opt_has(c, row) ? opt_get(c, row) : env_of("TENUO_POLICY");
	const char *set = config_get(c)->policy;
	/* nobody can say which of two policies is the stricter one */
	if (asked && set && strcmp(asked, set) != 0)
		die(TN_E_CONFIG, CONFIG_FILE " sets the policy %s", safe(c, tn_cstr(set)));
	return set ? set : asked;
}

enum tnp_mode mode_read(struct ctx *c, const char *option)
{
	const struct config *g = config_get(c);
	enum tnp_mode mode = g->has_mode ? g->mode : TNP_ENFORCE;
	const char *text = option ? option : env_of("TENUO_MODE");
	if (text && !tnp_mode_parse(tn_cstr(text), &mode))
		die(TN_E_CONFIG, "%s is one of enforce, audit, permissive",
		    option ? "--mode" : "TENUO_MODE");
	if (g->has_mode && g->mode == TNP_ENFORCE && mode != TNP_ENFORCE)
		die(TN_E_CONFIG, CONFIG_FILE " asks for enforce");
	return mode;
}

void situation_policy(struct ctx *c, struct situation *s, const struct tnp_facts *facts)
{
	s->config = config_read(c, policy_file(c, S_POLICY), opt_all(c, S_PRESET));
	s->mode = mode_read(c, NULL);
	if (tnp_policy_build(s->grant, s->config, facts, s->mode, &c->arena, &s->policy, &c->err) !=
	    TN_OK)
		die_err(&c->err, "this warrant cannot be applied here");
}

const char *situation_caveat(const struct situation *s)
{
	if (s->assumed)
		return "no trusted root is configured (--root): this holds only if the warrant's "
		       "issuer is one";
	return s->trust.dev
		   ? "development mode: the issuer key of the environment is trusted as a root"
		   : NULL;
}
