/* SPDX-License-Identifier: Apache-2.0 */
#include "policy_test.h"

TestSuite(config, .init = pt_setup, .fini = pt_teardown);

static enum tn_code compile(const char *text, struct tn_bytes *cbor, struct tn_err *e)
{
	*e = (struct tn_err){ 0 };
	return tnp_policy_compile(text, strlen(text), &pt_arena, cbor, e);
}

Test(config, the_embedded_policy_has_every_row_and_preset)
{
	const tnp_config *c = pt_config(NULL);

	for (size_t i = 0; i < TNP_NROWS; i++)
		cr_assert_gt(c->map[i].ntools, 0, "%s", tnp_maprow_name((enum tnp_maprow)i));
	cr_assert_eq(c->npresets, 5);
	cr_assert_gt(c->nbase, 10);
	cr_assert_eq(c->mcp.n, 1);
	cr_assert_eq(tnp_config_log_level(c), 0);
}

Test(config, decoding_and_encoding_gives_the_same_bytes)
{
	struct tn_bytes one, two;
	const tnp_config *c;
	struct tn_err e;

	cr_assert_eq(compile("{\"modes\": {\"Bash\": \"AUDIT\"}, \"rollout\": 0.25, \"log_level\": \"all\", \"resources\": {\"docs\": {\"subpath\": "
			     "\"/d\"}, \"db\": {\"host\": \"db\", \"port\": 5432}}}", &one, &e), TN_OK, "%s", e.msg);
	cr_assert_eq(tnp_config_decode(one.p, one.n, &pt_arena, &c, &e), TN_OK);
	cr_assert_eq(c->rollout, 2500);
	cr_assert_eq(tnp_config_log_level(c), 1);
	cr_assert_eq(tnp_config_encode(c, &pt_arena, &two, &e), TN_OK);
	cr_assert_eq(one.n, two.n);
	cr_assert_eq(memcmp(one.p, two.p, one.n), 0);
}

Test(config, a_damaged_compiled_policy_is_refused)
{
	struct tn_bytes b;
	const tnp_config *c;
	struct tn_err e;

	cr_assert_eq(compile("{\"extends\": \"none\", \"mapping\": [{\"op\": \"read\", \"args\": {\"path\": \"path\"}, \"tools\": [\"r\"]}]}", &b, &e), TN_OK);
	cr_assert_eq(tnp_config_decode(b.p, b.n, &pt_arena, &c, &e), TN_OK);
	for (size_t n = 0; n < b.n; n++)
		cr_assert_eq(tnp_config_decode(b.p, n, &pt_arena, &c, &e), TN_E_CONFIG);
	uint8_t *more = tn_arena_dup(&pt_arena, b.p, b.n + 0);
	more[1] = 2; /* version */
	cr_assert_eq(tnp_config_decode(more, b.n, &pt_arena, &c, &e), TN_E_CONFIG);
	cr_assert(strstr(e.msg, "another version"), "%s", e.msg);
}

Test(config, mistakes_in_a_policy_file_are_errors)
{
	static const char *const bad[] = {
		"[]", "{\"unknown\": 1}", "{\"modes\": {}, \"modes\": {}}", "{\"format\": \"x\"}", "{\"extends\": \"me\"}", "{\"mapping\": {}}",
		"{\"mapping\": [{\"op\": \"read\"}]}", "{\"mapping\": [{\"op\": \"reed\", \"tools\": []}]}",
		"{\"mapping\": [{\"op\": \"read\", \"tools\": [\"a\", \"a\"]}]}", "{\"mapping\": [{\"op\": \"read\", \"tools\": [\"*\"]}]}",
		"{\"mapping\": [{\"op\": \"read\", \"tools\": [{\"args\": {}}]}]}", "{\"mapping\": [{\"op\": \"read\", \"args\": {\"a\": \"b\"}, \"tools\": []}]}",
		"{\"mapping\": [{\"op\": \"read\", \"args\": {\"a\": \"literal\"}, \"tools\": []}]}",
		"{\"mapping\": [{\"op\": \"read\", \"tools\": [{\"tool\": \"a\", \"literals\": {\"x\": []}}]}]}",
		"{\"mapping\": [{\"op\": \"read\", \"then\": \"list\", \"tools\": []}]}", /* list goes on with read */
		"{\"baseline\": \"some\"}", "{\"baseline\": {\"rows\": [{\"row\": \"X\", \"rights\": [\"read\"]}]}}",
		"{\"baseline\": {\"rows\": [{\"row\": \"X\", \"rights\": [\"reed\"], \"file\": [\"/a\"]}]}}",
		"{\"baseline\": {\"rows\": [{\"row\": \"X\", \"rights\": [\"read\"], \"file\": [\"a\"]}]}}",
		"{\"baseline\": {\"rows\": [{\"row\": \"X\", \"rights\": [\"read\"], \"file\": [\"/a/../b\"]}]}}",
		"{\"baseline\": {\"rows\": [{\"row\": \"X\", \"rights\": [\"read\"], \"file\": [\"$nothing\"]}]}}",
		"{\"baseline\": {\"rows\": [{\"row\": \"X\", \"rights\": [\"read\"], \"tree\": [\"$home\"]}]}}",
		"{\"baseline\": {\"rows\": [{\"row\": \"X\", \"rights\": [\"read\"], \"tree\": [\"/\"]}]}}",
		"{\"baseline\": {\"rows\": [{\"row\": \"X\", \"rights\": [\"read\"], \"tree\": [\"/a\"], \"file\": [\"/a\"]}]}}",
		"{\"baseline\": {\"rows\": [{\"row\": \"X\", \"rights\": [\"exec\", \"write\"], \"tree\": [\"/a\"]}]}}",
		"{\"baseline\": {\"rows\": [{\"row\": \"0123456789abcdef\", \"rights\": [\"read\"], \"tree\": [\"/a\"]}]}}",
		"{\"presets\": {\"x\": {\"rows\": [{\"row\": \"X\", \"rights\": [\"read\"], \"tree\": [\"/a\"]}]}}}", "{\"presets\": {\"longer-than-8\": {}}}",
		"{\"modes\": {\"a\": \"off\"}}", "{\"rollout\": 2}", "{\"rollout\": \"1\"}", "{\"log_level\": 1}", "{\"strict_names\": 1}",
		"{\"mcp_prefixes\": [\"*\"]}", "{\"mcp_prefixes\": [\"mcp__\"]}", "{\"mcp_prefixes\": [\"*__\"]}", "{\"mcp_prefixes\": [\"m*x*y\"]}",
		"{\"resources\": {\"a\": {\"subpat\": \"/a\"}}}", "{\"resources\": {\"*\": {\"subpath\": \"/a\"}}}", "{\"resources\": {\"a\": {\"host\": \"h\", \"x\": 1}}}",
	};
	struct tn_bytes b;
	struct tn_err e;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		cr_assert_neq(compile(bad[i], &b, &e), TN_OK, "%s", bad[i]);
		cr_assert_neq(e.msg[0], '\0');
	}
	cr_assert_eq(compile("{}", &b, &e), TN_OK);
}

Test(config, rows_are_extended_or_replaced)
{
	const tnp_config *d = pt_config(NULL);
	const tnp_config *c = pt_config("{\"mapping\": [{\"op\": \"read\", \"args\": {\"where\": \"path\"}, \"tools\": [\"slurp\", \"cat\"]}]}");

	cr_assert_eq(c->map[TNP_ROW_READ].ntools, d->map[TNP_ROW_READ].ntools + 1);
	cr_assert(tn_str_eq(c->map[TNP_ROW_READ].tools[0].tool, TN_STR("read_file")));
	c = pt_config("{\"mapping\": [{\"op\": \"list\", \"replace\": true, \"args\": {\"where\": \"path\"}, \"tools\": [\"slurp\"]}]}");
	cr_assert_eq(c->map[TNP_ROW_LIST].ntools, 1);
	cr_assert_eq(c->map[TNP_ROW_LIST].then, TNP_ROW_NONE);
	c = pt_config("{\"extends\": \"none\", \"mapping\": [{\"op\": \"read\", \"tools\": [\"r\"]}]}");
	cr_assert_eq(c->map[TNP_ROW_WRITE].ntools, 0);
	cr_assert_eq(c->nbase, 0);
}

Test(config, presets_add_rows_once_and_strangers_are_told_the_names)
{
	const tnp_config *d = pt_config(NULL), *c;
	struct tn_err e = { 0 };
	size_t one;

	cr_assert_eq(tnp_config_presets(d, TN_STR("git"), &pt_arena, &c, &e), TN_OK);
	one = c->nbase;
	cr_assert_gt(one, d->nbase);
	cr_assert(tn_str_eq(c->base[d->nbase].row, TN_STR("preset:git")));
	cr_assert_eq(tnp_config_presets(d, TN_STR("git, git,"), &pt_arena, &c, &e), TN_OK);
	cr_assert_eq(c->nbase, one);
	cr_assert_eq(tnp_config_presets(d, TN_STR("git,python"), &pt_arena, &c, &e), TN_OK);
	cr_assert_gt(c->nbase, one);
	cr_assert_eq(tnp_config_presets(d, TN_STR("gti"), &pt_arena, &c, &e), TN_E_CONFIG);
	cr_assert(strstr(e.msg, "gti") && strstr(e.msg, "git") && strstr(e.msg, "npm"), "%s", e.msg);
}

Test(config, modes_are_read_as_the_words_say)
{
	enum tnp_mode m;

	cr_assert(tnp_mode_parse(TN_STR("Audit"), &m) && m == TNP_AUDIT);
	cr_assert(tnp_mode_parse(TN_STR("ENFORCE"), &m) && m == TNP_ENFORCE);
	cr_assert(!tnp_mode_parse(TN_STR("enforce "), &m));
	cr_assert(!tnp_mode_parse(TN_STR(""), &m));
	cr_assert(!tnp_mode_parse(TN_STR("permissive-and-more-of-it"), &m));
}

Test(config, a_share_of_sessions_enforces_first)
{
	const tnp_config *c = pt_config("{\"rollout\": 0.25}"), *none = pt_config("{\"rollout\": 0}"), *all = pt_config("{\"rollout\": 1}");
	uint8_t id[16] = { 0 };
	int n = 0;

	for (int i = 0; i < 4000; i++) {
		memcpy(id, &i, sizeof(i));
		n += tnp_config_rollout(c, TNP_ENFORCE, id) == TNP_ENFORCE;
		cr_assert_eq(tnp_config_rollout(c, TNP_ENFORCE, id), tnp_config_rollout(c, TNP_ENFORCE, id));
		cr_assert_eq(tnp_config_rollout(none, TNP_ENFORCE, id), TNP_AUDIT);
		cr_assert_eq(tnp_config_rollout(all, TNP_ENFORCE, id), TNP_ENFORCE);
		cr_assert_eq(tnp_config_rollout(c, TNP_PERMISSIVE, id), TNP_PERMISSIVE);
	}
	cr_assert(n > 800 && n < 1200, "%d of 4000", n);
}
