/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "tn_match.h"

static enum tn_match ask(const char *pattern, const char *url) { return tn_url_pattern_match(tn_cstr(pattern), tn_cstr(url), NULL); }

#define YES(p, u) cr_expect_eq(ask(p, u), TN_MATCH, "%s should match %s", p, u)
#define NO(p, u) cr_expect_eq(ask(p, u), TN_NO_MATCH, "%s should not match %s", p, u)
#define MUTE(p, u) cr_expect_eq(ask(p, u), TN_CANNOT_SAY, "%s should not know about %s", p, u)

Test(url_pattern, schemes)
{
	YES("https://a.com/*", "HTTPS://a.com/x");
	NO("https://a.com/*", "http://a.com/x");
	YES("HTTPS://a.com", "https://a.com/");
	YES("*://a.com", "ftp://a.com/");
	YES("*://a.com", "foo://a.com/");
}

Test(url_pattern, hosts)
{
	YES("https://a.com", "https://A.COM/");
	NO("https://a.com", "https://b.com/");
	NO("https://a.com", "https://x.a.com/");
	YES("https://*.a.com", "https://a.com/");
	YES("https://*.a.com", "https://x.y.a.com/");
	NO("https://*.a.com", "https://xa.com/");
	NO("https://*.a.com", "https://a.com.evil.com/");
	NO("https://*.a.com", "https://a.com@evil.com/");
	YES("https://[::1]", "https://[0::1]/");
	NO("https://[::1]", "https://[::2]/");
	YES("https://127.0.0.1", "https://2130706433/");
	YES("https://b\xc3\xbc" "cher.example", "https://xn--bcher-kva.example/");
	YES("file:///x*", "file:///xy");
	YES("foo:///x*", "foo://any/xy");
}

Test(url_pattern, a_lone_star_is_no_host)
{
	NO("https://*/*", "https://a.com/x");
	NO("https://*", "https://a.com/");
	NO("https://*a.com", "https://xa.com/");
	NO("https://*@a.com/*.x", "https://a.com/");
	NO("file://*/x", "file://h/x");
	YES("file:///*", "file:///x");
	YES("foo:///*", "foo://h/x");
	YES("https://*@a.com", "https://a.com/");
}

/* Looser on the other side, so not a plain no. */
Test(url_pattern, where_upstream_is_looser_it_cannot_say)
{
	MUTE("https://u@*/", "https://a.com/");
	MUTE("https://u@*/", "https://[::1]/");
	MUTE("foo://A.com/", "foo://a.com/");
	YES("foo://A.com/", "foo://A.com/");
	NO("foo://A.com/", "foo://b.com/");
}

Test(url_pattern, ports)
{
	YES("https://a.com", "https://a.com:8443/");
	YES("https://a.com:443", "https://a.com:8443/"); /* the default is lost in parsing, on the other side too */
	YES("https://a.com:8443", "https://a.com:8443/");
	NO("https://a.com:8443", "https://a.com/");
	YES("*://a.com:80", "http://a.com/");
	NO("*://a.com:80", "https://a.com/");
	NO("*://a.com:80", "ws://a.com/");
}

Test(url_pattern, paths)
{
	YES("https://a.com", "https://a.com/any/thing");
	YES("https://a.com/", "https://a.com/any/thing");
	YES("https://a.com/*", "https://a.com/");
	YES("https://a.com/api", "https://a.com/api?q=/x");
	NO("https://a.com/api", "https://a.com/api/");
	NO("https://a.com/api/*", "https://a.com/api");
	YES("https://a.com/api/*", "https://a.com/api/v1/x");
	NO("https://a.com/api/*", "https://a.com/api/../admin");
	NO("https://a.com/api/*", "https://a.com/api/%2e%2e/admin");
	YES("https://a.com/a b", "https://a.com/a%20b");
	YES("https://a.com/[ab]", "https://a.com/b");
	YES("https://a.com/a**", "https://a.com/a**"); /* no glob: its own text */
	NO("https://a.com/a**", "https://a.com/ab");
	NO("https://a.com/*.json", "https://a.com/x.json");
	NO("https://a.com/x/*.json", "https://a.com/x/*.json");
	NO("file:///*.json", "file:///x.json");
	NO("foo:///*.json", "foo:///x.json");
	NO("https:////a.com/*.json", "https://a.com/x.json");
	YES("https://a.com/x?*.json", "https://a.com/x");
}

Test(url_pattern, what_is_no_url_cannot_be_judged)
{
	MUTE("https://a.com", "a.com");
	MUTE("https://a.com", "");
	MUTE("https://a.com", "https://\xe2\x98\x83/");
	MUTE("a.com", "https://a.com/");
}

Test(url_pattern, bad_patterns)
{
	static const char *const bad[] = { "", "a.com", "https:a.com", "https://", "https://a b/", "https://a.com:99999/", "://a.com",
					   "https://a.com/__tenuo_path_wildcard__", "https://__tenuo_host_wildcard__.com/", "**://a.com", "https://*.1.2.3/" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_not(tn_url_pattern_valid(tn_cstr(bad[i])), "%s", bad[i]);
	cr_expect(tn_url_pattern_valid(TN_STR("https://*.a.com/*")));
	cr_expect(tn_url_pattern_valid(TN_STR("https://\xe2\x98\x83/"))); /* not wrong, only not judged here */
}

static enum tn_match parts(const char *pattern, const char *scheme, const char *host, uint16_t port)
{
	struct tn_constraint c = { .type = TN_C_URL_PATTERN, .text = tn_cstr(pattern) };

	return tn_url_pattern_match_parts(&c, tn_cstr(scheme), tn_cstr(host), port, NULL);
}

Test(url_pattern, a_connection_has_no_path)
{
	cr_expect_eq(parts("https://*.a.com/*", "https", "x.a.com", 443), TN_MATCH);
	cr_expect_eq(parts("https://*.a.com", "https", "x.a.com", 8443), TN_MATCH);
	cr_expect_eq(parts("https://*.a.com:8443", "https", "x.a.com", 443), TN_NO_MATCH);
	cr_expect_eq(parts("https://*.a.com", "http", "x.a.com", 443), TN_NO_MATCH);
	cr_expect_eq(parts("https://*.a.com", "https", "b.com", 443), TN_NO_MATCH);
	cr_expect_eq(parts("https://*.a.com/api/*", "https", "x.a.com", 443), TN_CANNOT_SAY);
	cr_expect_eq(parts("https://*.a.com/api/*", "https", "b.com", 443), TN_NO_MATCH);
	cr_expect_eq(parts("https://[::1]/", "https", "::1", 443), TN_MATCH);
	cr_expect_eq(parts("https://10.0.0.1/", "https", "10.0.0.1", 443), TN_MATCH);
	cr_expect_eq(parts("https://*/*", "https", "a.com", 443), TN_NO_MATCH);
}

/* Long paths need room only when they have to be rewritten. */
Test(url_pattern, long_paths)
{
	static char url[6000] = "https://a.com/api/";

	memset(url + 18, 'x', 5000);
	YES("https://a.com/api/*", url);
	url[2000] = ' ';
	MUTE("https://a.com/api/*", url);
	YES("https://a.com", url);
}
