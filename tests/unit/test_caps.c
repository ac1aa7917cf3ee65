/* SPDX-License-Identifier: Apache-2.0 */
#include "policy_test.h"

TestSuite(caps, .init = pt_setup, .fini = pt_teardown);

static enum tn_code read_caps(const char *text, const struct tn_tool **tools, size_t *n, struct tn_err *e)
{
	struct cJSON *j;
	enum tn_code code;

	cr_assert_eq(tnp_json_parse(text, strlen(text), &j, e), TN_OK, "%s", text);
	code = tnp_caps_parse(j, &pt_arena, tools, n, e);
	tnp_json_free(j);
	return code;
}

static const char *const kinds[] = {
	"{\"exact\":\"/a\"}", "{\"exact\":5}", "{\"exact\":5.0}", "{\"exact\":-9223372036854775808}", "{\"exact\":[1,\"a\",null,{\"k\":true}]}",
	"{\"pattern\":\"*.c\"}", "{\"regex\":\"^a\"}", "{\"one_of\":[\"a\",1]}", "{\"not_one_of\":[]}",
	"{\"range\":{\"min\":1.0,\"min_inclusive\":true,\"max_inclusive\":false}}", "{\"cidr\":\"10.0.0.0/8\"}",
	"{\"url_pattern\":\"https://example.com/*\"}", "{\"contains\":[\"a\"]}", "{\"subset\":[\"a\",\"b\"]}",
	"{\"all\":[{\"subpath\":\"/a\"},{\"not\":{\"pattern\":\"*.key\"}}]}", "{\"any\":[{\"exact\":1},{\"exact\":2}]}", "{\"cel\":\"size(x) < 3\"}",
	"{\"wildcard\":true}", "{\"subpath\":\"/data\"}", "{\"subpath\":{\"root\":\"/data\",\"case_sensitive\":false,\"allow_equal\":true}}",
	("{\"url_safe\":{\"schemes\":[\"https\"],\"allow_domains\":[\"a.org\"],\"deny_domains\":[\"b.org\"],\"allow_ports\":[443],"
	 "\"block_private\":true,\"block_loopback\":false,\"block_metadata\":true,\"block_reserved\":true,\"block_internal_tlds\":true}}"),
	"{\"shlex\":[\"ls\",\"cat\"]}", "{\"exact\":\"\\u001b\\\"\\\\\xc3\xa9\"}",
};

Test(caps, each_kind_is_written_as_it_is_read)
{
	char text[600], want[600];

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		const struct tn_tool *tools;
		struct tn_err e = { 0 };
		const char *out;
		size_t n;

		snprintf(want, sizeof(want), "{\"t\":{\"a\":%s}}", kinds[i]);
		memcpy(text, want, sizeof(text));
		cr_assert_eq(read_caps(text, &tools, &n, &e), TN_OK, "%s: %s", text, e.msg);
		cr_assert_eq(tnp_caps_json(tools, n, &pt_arena, &out, &e), TN_OK);
		cr_assert_str_eq(out, want);
		cr_assert_eq(tnp_constraint_json(&tools[0].set.args[0].c, &pt_arena, &out, &e), TN_OK);
		cr_assert_str_eq(out, kinds[i]);
	}
}

Test(caps, a_scalar_is_exact)
{
	size_t n;
	const struct tn_tool *t = pt_caps("{\"t\": {\"a\": \"x\", \"b\": 1, \"c\": true, \"d\": null}, \"ping\": {}}", &n);

	cr_assert_eq(n, 2);
	cr_assert(tn_str_eq(t[0].name, TN_STR("ping")));
	cr_assert_eq(t[0].set.n, 0);
	cr_assert_eq(t[1].set.args[0].c.type, TN_C_EXACT);
	cr_assert_eq(t[1].set.args[0].c.exact.type, TN_V_TEXT);
	cr_assert_eq(t[1].set.args[3].c.exact.type, TN_V_NULL);
}

Test(caps, allow_unknown_stands_beside_the_arguments)
{
	const char *out;
	size_t n;
	const struct tn_tool *t = pt_caps("{\"t\": {\"_allow_unknown\": true, \"a\": 1}}", &n);

	cr_assert(t->set.allow_unknown);
	cr_assert_eq(t->set.n, 1);
	cr_assert_eq(tnp_caps_json(t, n, &pt_arena, &out, NULL), TN_OK);
	cr_assert_str_eq(out, "{\"t\":{\"a\":{\"exact\":1},\"_allow_unknown\":true}}");
}

Test(caps, defaults_are_those_of_the_format)
{
	size_t n;
	const struct tn_constraint *c = &pt_caps("{\"t\": {\"a\": {\"url_safe\": {}}}}", &n)->set.args[0].c;

	cr_assert_eq(c->url.schemes.n, 2);
	cr_assert(c->url.block_private && c->url.block_loopback && c->url.block_metadata && c->url.block_reserved && !c->url.block_internal_tlds);
	cr_assert(!c->url.has_allow && !c->url.has_deny && !c->url.has_ports);
	c = &pt_caps("{\"t\": {\"a\": {\"subpath\": \"/a/./b//c/../\"}}}", &n)->set.args[0].c;
	cr_assert(tn_str_eq(c->subpath.root, TN_STR("/a/b")));
	cr_assert(c->subpath.allow_equal && c->subpath.case_sensitive);
}

Test(caps, mistakes_are_errors_and_name_their_place)
{
	static const char *const bad[] = {
		"[]", "{\"t\": []}", "{\"t\": {\"a\": []}}", "{\"t\": {\"a\": {}}}", "{\"t\": {\"a\": {\"subpat\": \"/a\"}}}",
		"{\"t\": {\"a\": {\"subpath\": \"/a\", \"pattern\": \"*\"}}}", "{\"t\": {\"a\": {\"subpath\": \"relative\"}}}",
		"{\"t\": {\"a\": {\"subpath\": {\"allow_equal\": true}}}}", "{\"t\": {\"a\": {\"subpath\": {\"root\": \"/a\", \"x\": 1}}}}",
		"{\"t\": {\"a\": {\"one_of\": \"x\"}}}", "{\"t\": {\"a\": {\"pattern\": 5}}}", "{\"t\": {\"a\": {\"range\": {\"min\": \"1\"}}}}",
		"{\"t\": {\"a\": {\"range\": {\"minimum\": 1}}}}", "{\"t\": {\"a\": {\"range\": {\"min\": 9007199254740993}}}}",
		"{\"t\": {\"a\": {\"cidr\": \"10.0.0.0/99\"}}}", "{\"t\": {\"a\": {\"wildcard\": false}}}", "{\"t\": {\"a\": {\"shlex\": [1]}}}",
		"{\"t\": {\"a\": {\"url_safe\": {\"ports\": [1]}}}}", "{\"t\": {\"a\": {\"url_safe\": {\"allow_ports\": [65536]}}}}",
		"{\"t\": {\"a\": {\"all\": {}}}}", "{\"t\": {\"_allow_unknown\": 1}}", "{\"\": {}}", "{\"t\": {\"\": 1}}",
	};
	const struct tn_tool *tools;
	struct tn_err e;
	size_t n;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		e = (struct tn_err){ 0 };
		cr_assert_neq(read_caps(bad[i], &tools, &n, &e), TN_OK, "%s", bad[i]);
		cr_assert_neq(e.msg[0], '\0');
	}
	cr_assert_neq(read_caps("{\"tool\": {\"arg\": {\"subpat\": \"/a\"}}}", &tools, &n, &e), TN_OK);
	cr_assert(strstr(e.msg, "tool: arg: "), "%s", e.msg);
}

Test(caps, a_nul_in_a_tokens_text_is_shown_not_cut)
{
	struct tn_constraint c = { .type = TN_C_EXACT, .exact = { .type = TN_V_TEXT, .s = TN_STR("a\0b") } };
	const char *out;

	cr_assert_eq(tnp_constraint_json(&c, &pt_arena, &out, NULL), TN_OK);
	cr_assert_str_eq(out, "{\"exact\":\"a\\ufffdb\"}");
}
