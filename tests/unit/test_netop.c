/* SPDX-License-Identifier: Apache-2.0 */
#include "policy_test.h"

TestSuite(netop, .init = pt_setup, .fini = pt_teardown);

static const char *ip6(const uint8_t b[16])
{
	static char out[48];
	struct tnp_net n = { .ip6 = true };

	memcpy(n.ip, b, 16);
	(void)tnp_ip_text(&n, out);
	return out;
}

Test(netop, addresses_are_written_in_their_canonical_form)
{
	cr_assert_str_eq(ip6((const uint8_t[16]){ [15] = 1 }), "::1");
	cr_assert_str_eq(ip6((const uint8_t[16]){ 0 }), "::");
	cr_assert_str_eq(ip6((const uint8_t[16]){ 0x20, 1, 0xd, 0xb8, [15] = 1 }), "2001:db8::1");
	cr_assert_str_eq(ip6((const uint8_t[16]){ 0xfe, 0x80 }), "fe80::");
	cr_assert_str_eq(ip6((const uint8_t[16]){ 0x20, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1 }), "2001:0:1::1:0:1");
	cr_assert_str_eq(ip6((const uint8_t[16]){ 0, 1, 0, 0, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7 }), "1:0:2:3:4:5:6:7");
	cr_assert_str_eq(ip6((const uint8_t[16]){ [10] = 0xff, [11] = 0xff, [12] = 10, [15] = 1 }), "10.0.0.1");
}

#define URL(c) "{\"web_fetch\": {\"url\": " c "}}"

Test(netop, url_safe_is_asked_by_name)
{
	const tnp_policy *p = pt_policy(URL("{\"url_safe\": {\"allow_domains\": [\"*.example.com\"]}}"));

	PT_ALLOWED(pt_connect(p, "93.184.216.34", 443, "www.example.com"));
	PT_ALLOWED(pt_connect(p, "93.184.216.34", 80, "www.example.com"));
	PT_DENIED(pt_connect(p, "93.184.216.34", 443, "example.org"), TNP_WHY_NO_MATCH);
	PT_DENIED(pt_connect(p, "93.184.216.34", 443, NULL), TNP_WHY_NO_MATCH); /* a literal is judged as one */
}

Test(netop, a_good_name_that_points_to_a_blocked_address_is_refused)
{
	const tnp_policy *p = pt_policy(URL("{\"url_safe\": {\"allow_domains\": [\"example.com\"]}}"));

	PT_DENIED(pt_connect(p, "127.0.0.1", 80, "example.com"), TNP_WHY_NO_MATCH);
	PT_DENIED(pt_connect(p, "169.254.169.254", 80, "example.com"), TNP_WHY_NO_MATCH);
	PT_DENIED(pt_connect(p, "10.1.2.3", 443, "example.com"), TNP_WHY_NO_MATCH);
	PT_ALLOWED(pt_connect(p, "93.184.216.34", 443, "example.com"));
	p = pt_policy(URL("{\"url_safe\": {\"allow_domains\": [\"example.com\"], \"block_private\": false}}"));
	PT_ALLOWED(pt_connect(p, "10.1.2.3", 443, "example.com"));
}

Test(netop, any_of_the_names_will_do)
{
	const tnp_policy *p = pt_policy(URL("{\"url_safe\": {\"allow_domains\": [\"good.example\"]}}"));
	const struct tn_str names[] = { TN_STR("evil.example"), TN_STR("good.example") };
	struct tnp_net n = pt_addr("93.184.216.34", 443);
	struct tnp_op op = { .kind = TNP_CONNECT, .net = &n };

	n.names = names;
	n.nnames = 2;
	PT_ALLOWED(pt_decide(p, &op));
	n.nnames = 1;
	PT_DENIED(pt_decide(p, &op), TNP_WHY_NO_MATCH);
}

Test(netop, the_scheme_follows_from_the_port)
{
	const tnp_policy *p = pt_policy(URL("{\"url_safe\": {\"schemes\": [\"https\"]}}"));

	PT_ALLOWED(pt_connect(p, "93.184.216.34", 443, NULL));
	PT_DENIED(pt_connect(p, "93.184.216.34", 80, NULL), TNP_WHY_NO_MATCH);
	PT_ALLOWED(pt_connect(p, "93.184.216.34", 8443, NULL)); /* may be either */
	p = pt_policy(URL("{\"url_safe\": {\"schemes\": [\"http\"]}}"));
	PT_DENIED(pt_connect(p, "93.184.216.34", 443, NULL), TNP_WHY_NO_MATCH);
	PT_ALLOWED(pt_connect(p, "93.184.216.34", 8443, NULL));
}

Test(netop, only_what_holds_for_every_path_allows_a_connect)
{
	static const struct { const char *c; enum tnp_why why; } rows[] = {
		{ "{\"url_pattern\": \"https://example.com\"}", TNP_WHY_OK },
		{ "{\"url_pattern\": \"https://example.com/*\"}", TNP_WHY_OK },
		{ "{\"url_pattern\": \"https://example.com/api/*\"}", TNP_WHY_NEEDS_URL },
		{ "{\"url_pattern\": \"https://other.com/*\"}", TNP_WHY_NO_MATCH },
		{ "{\"pattern\": \"https://example.com/*\"}", TNP_WHY_OK },
		{ "{\"pattern\": \"https://example.com:443/*\"}", TNP_WHY_OK },
		{ "{\"pattern\": \"https://*.com/*\"}", TNP_WHY_OK },
		{ "{\"pattern\": \"https://other.com/*\"}", TNP_WHY_NO_MATCH },
		{ "{\"pattern\": \"https://example.com/a/*\"}", TNP_WHY_NEEDS_URL },
		{ "{\"pattern\": \"https://example.com*\"}", TNP_WHY_NEEDS_URL },
		{ "{\"pattern\": \"https://example.com/\"}", TNP_WHY_NEEDS_URL },
		{ "{\"exact\": \"https://example.com/\"}", TNP_WHY_NEEDS_URL },
		{ "{\"one_of\": [\"https://example.com/\"]}", TNP_WHY_NEEDS_URL },
		{ "{\"not_one_of\": [\"https://evil.com/\"]}", TNP_WHY_NEEDS_URL },
		{ "{\"not\": {\"url_pattern\": \"https://evil.com\"}}", TNP_WHY_NEEDS_URL },
		{ "{\"regex\": \"example\"}", TNP_WHY_NEEDS_URL },
		{ "{\"cel\": \"true\"}", TNP_WHY_NEEDS_URL },
		{ "{\"all\": [{\"url_safe\": {}}, {\"url_pattern\": \"https://example.com\"}]}", TNP_WHY_OK },
		{ "{\"all\": [{\"url_safe\": {}}, {\"regex\": \"x\"}]}", TNP_WHY_NEEDS_URL },
		{ "{\"all\": [{\"regex\": \"x\"}, {\"url_pattern\": \"https://other.com\"}]}", TNP_WHY_NO_MATCH },
		{ "{\"any\": [{\"regex\": \"x\"}, {\"url_pattern\": \"https://example.com\"}]}", TNP_WHY_OK },
		{ "{\"any\": [{\"exact\": \"x\"}, {\"url_pattern\": \"https://other.com\"}]}", TNP_WHY_NEEDS_URL },
		{ "{\"any\": [{\"cidr\": \"10.0.0.0/8\"}, {\"url_safe\": {}}]}", TNP_WHY_CANNOT_SAY },
		{ "{\"wildcard\": true}", TNP_WHY_OK },
	};
	char caps[300];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		snprintf(caps, sizeof(caps), URL("%s"), rows[i].c);
		struct tnp_decision d = pt_connect(pt_policy(caps), "93.184.216.34", 443, "example.com");

		cr_assert_eq(d.why, rows[i].why, "%s: %d", rows[i].c, (int)d.why);
		cr_assert_eq(d.verdict == TN_ALLOW, rows[i].why == TNP_WHY_OK);
	}
}

Test(netop, host_ip_and_port_are_arguments_too)
{
	const tnp_policy *p = pt_policy("{\"connect\": {\"ip\": {\"cidr\": \"10.0.0.0/8\"}, \"port\": {\"one_of\": [5432]}}}");

	PT_ALLOWED(pt_connect(p, "10.1.2.3", 5432, NULL));
	PT_ALLOWED(pt_connect(p, "10.1.2.3", 5432, "db.internal"));
	PT_DENIED(pt_connect(p, "10.1.2.3", 5433, NULL), TNP_WHY_NO_MATCH);
	PT_DENIED(pt_connect(p, "11.1.2.3", 5432, NULL), TNP_WHY_NO_MATCH);
	p = pt_policy("{\"connect\": {\"hostname\": {\"exact\": \"10.1.2.3\"}}}");
	PT_ALLOWED(pt_connect(p, "10.1.2.3", 1, NULL));
	PT_DENIED(pt_connect(p, "10.1.2.3", 1, "evil.example"), TNP_WHY_NO_MATCH);
}

Test(netop, a_name_may_be_asked_if_some_port_of_it_is_allowed)
{
	static const struct { const char *c; enum tnp_why why; } rows[] = {
		{ "{\"url_safe\": {\"allow_domains\": [\"example.com\"], \"allow_ports\": [8443]}}", TNP_WHY_OK },
		{ "{\"url_safe\": {\"allow_domains\": [\"other.com\"]}}", TNP_WHY_NO_MATCH },
		{ "{\"url_pattern\": \"https://example.com:8443/*\"}", TNP_WHY_OK },
		{ "{\"url_pattern\": \"http://example.com/*\"}", TNP_WHY_OK },
		{ "{\"url_pattern\": \"https://other.com:8443/*\"}", TNP_WHY_NO_MATCH },
		{ "{\"pattern\": \"https://example.com:8443/*\"}", TNP_WHY_OK },
		{ "{\"pattern\": \"https://other.com:8443/*\"}", TNP_WHY_NO_MATCH },
	};
	char caps[300];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		snprintf(caps, sizeof(caps), URL("%s"), rows[i].c);
		cr_assert_eq(pt_net(pt_policy(caps), TNP_RESOLVE, "0.0.0.0", 0, "example.com").why, rows[i].why, "%s", rows[i].c);
	}
	PT_ALLOWED(pt_net(pt_policy("{\"connect\": {\"host\": {\"exact\": \"a.b\"}, \"port\": 443}}"), TNP_RESOLVE, "0.0.0.0", 0, "a.b"));
	PT_DENIED(pt_net(pt_policy("{\"connect\": {\"host\": {\"exact\": \"a.b\"}, \"port\": 443}}"), TNP_RESOLVE, "0.0.0.0", 0, "b.a"),
		  TNP_WHY_NO_MATCH);
	PT_DENIED(pt_net(pt_policy("{\"connect\": {\"ip\": {\"exact\": \"1.2.3.4\"}}}"), TNP_RESOLVE, "0.0.0.0", 0, "a.b"), TNP_WHY_MISSING_ARG);
}

Test(netop, ip6_literals_have_brackets_in_urls_only)
{
	struct tnp_net n = { .ip6 = true, .ip = { 0x20, 1, 0xd, 0xb8, [15] = 1 }, .port = 443 };
	struct tnp_op op = { .kind = TNP_CONNECT, .net = &n };

	PT_ALLOWED(pt_decide(pt_policy(URL("{\"pattern\": \"https://[[]2001:db8::1]/*\"}")), &op));
	PT_ALLOWED(pt_decide(pt_policy("{\"connect\": {\"host\": \"2001:db8::1\"}}"), &op));
	PT_DENIED(pt_decide(pt_policy("{\"connect\": {\"host\": \"[2001:db8::1]\"}}"), &op), TNP_WHY_NO_MATCH);
}
