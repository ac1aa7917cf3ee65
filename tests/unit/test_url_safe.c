/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "rows.h"

static struct tn_arena arena;

static void start(void) { arena = TN_ARENA_MALLOC; }
static void stop(void) { tn_arena_free(&arena); }
TestSuite(url_safe, .init = start, .fini = stop);

static enum tn_match ask(const char *fields, const char *url)
{
	char json[512];
	struct tn_value v = { .type = TN_V_TEXT, .s = tn_cstr(url) };

	snprintf(json, sizeof(json), "{\"url_safe\":{%s}}", fields);
	return tn_constraint_match(rows_c(&arena, json), &v, NULL);
}

#define YES(f, u) cr_expect_eq(ask(f, u), TN_MATCH, "%s should allow %s", f, u)
#define NO(f, u) cr_expect_eq(ask(f, u), TN_NO_MATCH, "%s should refuse %s", f, u)
#define MUTE(f, u) cr_expect_eq(ask(f, u), TN_CANNOT_SAY, "%s should not know about %s", f, u)

Test(url_safe, schemes)
{
	YES("", "https://example.com/");
	YES("", "HTTP://example.com/");
	NO("", "ftp://example.com/");
	YES("\"schemes\":[\"FTP\"]", "ftp://example.com/");
	NO("\"schemes\":[]", "https://example.com/");
	NO("", "example.com");
	NO("", "");
}

/* Each address has the flag that holds it and the twin that passes without. */
Test(url_safe, addresses_by_flag)
{
	static const struct { const char *flag, *url; } rows[] = {
		{ "block_private", "http://10.0.0.1/" }, { "block_private", "http://172.16.0.1/" }, { "block_private", "http://172.31.255.255/" },
		{ "block_private", "http://192.168.255.1/" }, { "block_private", "http://[fc00::1]/" }, { "block_private", "http://[fdff::1]/" },
		{ "block_private", "http://[fe80::1]/" }, { "block_private", "http://[febf::1]/" }, { "block_private", "http://[::ffff:10.0.0.1]/" },
		{ "block_private", "http://[::10.0.0.1]/" }, { "block_loopback", "http://127.255.0.1/" }, { "block_loopback", "http://[::1]/" },
		{ "block_loopback", "http://localhost/" }, { "block_loopback", "http://LOCALHOST.localdomain/" },
		{ "block_loopback", "http://0x7f000001/" }, { "block_metadata", "http://169.254.169.254/" },
		{ "block_metadata", "http://169.254.0.1/" }, { "block_metadata", "http://metadata.goog/" },
		{ "block_metadata", "http://metadata.google.internal/" }, { "block_reserved", "http://0.1.2.3/" },
		{ "block_reserved", "http://224.0.0.1/" }, { "block_reserved", "http://239.255.255.255/" },
		{ "block_reserved", "http://255.255.255.255/" },
	};
	char off[64];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(off, sizeof(off), "\"%s\":false", rows[i].flag);
		NO("", rows[i].url);
		YES(off, rows[i].url);
	}
}

/* What only we refuse; cannot-say, so that a Not around it denies as well. */
Test(url_safe, other_spellings_by_flag)
{
	static const struct { const char *flag, *url; } rows[] = {
		{ "block_loopback", "http://localhost./" }, { "block_loopback", "http://a.localhost/" }, { "block_loopback", "http://a.localhost./" },
		{ "block_loopback", "http://ip6-localhost/" }, { "block_loopback", "http://[64:ff9b::127.0.0.1]/" },
		{ "block_loopback", "http://[2002:7f00:1::]/" }, { "block_metadata", "http://metadata.goog./" },
		{ "block_metadata", "http://[::ffff:100.100.100.200]/" }, { "block_private", "http://100.64.0.1/" },
		{ "block_private", "http://100.127.255.255/" }, { "block_private", "http://[fec0::1]/" },
		{ "block_private", "http://[64:ff9b::10.0.0.1]/" }, { "block_private", "http://[64:ff9b:1::1]/" },
		{ "block_private", "http://[2002:a00:1::]/" }, { "block_reserved", "http://192.0.0.1/" }, { "block_reserved", "http://198.18.0.1/" },
		{ "block_reserved", "http://198.19.255.255/" }, { "block_reserved", "http://240.0.0.1/" }, { "block_reserved", "http://[ff02::1]/" },
	};
	char off[64], not_json[256];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tn_value v = { .type = TN_V_TEXT, .s = tn_cstr(rows[i].url) };

		snprintf(off, sizeof(off), "\"%s\":false", rows[i].flag);
		MUTE("", rows[i].url);
		if (!strstr(rows[i].url, "100.100")) /* also in 100.64/10 */
			YES(off, rows[i].url);
		snprintf(not_json, sizeof(not_json), "{\"not\":{\"url_safe\":{}}}");
		cr_expect_eq(tn_constraint_match(rows_c(&arena, not_json), &v, NULL), TN_CANNOT_SAY);
	}
	MUTE("\"block_reserved\":false", "http://[::]/");
	MUTE("\"block_loopback\":false", "http://[::]/");
	YES("\"block_reserved\":false,\"block_loopback\":false", "http://[::]/");
	MUTE("\"block_reserved\":false", "http://0.0.0.0/");
	MUTE("\"block_private\":false,\"block_loopback\":false,\"block_reserved\":false", "http://[fd00:ec2::254]/");
}

Test(url_safe, neighbours_of_the_ranges_pass)
{
	static const char *const rows[] = { "http://9.255.255.255/", "http://11.0.0.0/", "http://172.15.0.1/", "http://172.32.0.1/", "http://192.167.0.1/",
					    "http://192.169.0.1/", "http://126.0.0.1/", "http://128.0.0.1/", "http://169.253.0.1/", "http://1.0.0.1/",
					    "http://223.255.255.255/", "http://100.63.255.255/", "http://100.128.0.1/", "http://192.0.1.1/",
					    "http://198.17.0.1/", "http://198.20.0.1/", "http://[2001:db8::1]/", "http://[64:ff9b::8.8.8.8]/",
					    "http://[2002:808:808::]/", "http://[::ffff:8.8.8.8]/", "http://localhost.example.com/",
					    "http://notlocalhost/", "http://[64:ff9b:2::1]/" };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		YES("", rows[i]);
}

Test(url_safe, internal_names_are_an_option)
{
	static const char *const tlds[] = { "internal", "local", "localhost", "lan", "corp", "home", "svc", "default" };
	char url[64];

	for (size_t i = 0; i < 8; i++) {
		snprintf(url, sizeof(url), "http://x.%s/", tlds[i]);
		NO("\"block_internal_tlds\":true", url);
		YES("\"block_loopback\":false", url);
		snprintf(url, sizeof(url), "http://%s/", tlds[i]);
		NO("\"block_internal_tlds\":true", url);
		snprintf(url, sizeof(url), "http://x.%s./", tlds[i]);
		MUTE("\"block_internal_tlds\":true,\"block_loopback\":false", url);
		snprintf(url, sizeof(url), "http://x%s/", tlds[i]);
		YES("\"block_internal_tlds\":true", url);
	}
}

Test(url_safe, allowed_domains)
{
	const char *f = "\"allow_domains\":[\"a.com\",\"*.b.com\",\"8.8.8.8\",\"[2001:db8::1]\"]";

	YES(f, "https://a.com/");
	YES(f, "https://A.com:8443/x");
	NO(f, "https://x.a.com/");
	NO(f, "https://a.com.evil.com/");
	NO(f, "https://evila.com/");
	NO(f, "https://a.com@evil.com/");
	NO(f, "https://a.com./");
	YES(f, "https://b.com/");
	YES(f, "https://x.y.b.com/");
	NO(f, "https://xb.com/");
	YES(f, "https://8.8.8.8/");
	NO(f, "https://8.8.4.4/");
	YES(f, "https://[2001:DB8:0::1]/");
	NO(f, "https://[2001:db8::2]/");
	NO("\"allow_domains\":[]", "https://a.com/");
	NO("\"allow_domains\":[\"10.0.0.1\"]", "https://10.0.0.1/");
}

Test(url_safe, domains_compare_in_canonical_form)
{
	YES("\"allow_domains\":[\"b\\u00fccher.example\"]", "https://xn--bcher-kva.example/");
	YES("\"allow_domains\":[\"xn--bcher-kva.example\"]", "https://b\xc3\xbc" "cher.example/");
	YES("\"allow_domains\":[\"*.B\\u00dcCHER.example\"]", "https://a.b\xc3\xbc" "cher.example/");
	NO("\"deny_domains\":[\"b\\u00fccher.example\"]", "https://xn--bcher-kva.example/");
}

Test(url_safe, denied_domains)
{
	const char *f = "\"deny_domains\":[\"a.com\",\"*.b.com\",\"8.8.8.8\"]";

	NO(f, "https://a.com/");
	YES(f, "https://x.a.com/");
	NO(f, "https://x.b.com/");
	NO(f, "https://8.8.8.8/");
	MUTE(f, "https://a.com./");
	MUTE(f, "https://[::ffff:8.8.8.8]/");
	YES(f, "https://c.com/");
	NO("\"allow_domains\":[\"a.com\"],\"deny_domains\":[\"a.com\"]", "https://a.com/");
	YES("\"allow_domains\":[\"a.com\"],\"deny_domains\":[]", "https://a.com/");
}

/* One malformed entry and the constraint says nothing about anything, not even about what is no URL. */
Test(url_safe, malformed_domains_silence_the_constraint)
{
	static const char *const bad[] = { "*", "", "*.", "a b", "https://a.com", "a.com:80", "a/b", "*.*.com", "a*b.com", "::1", "%2a.com", "1.2.3.4.5" };
	char f[128];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(f, sizeof(f), "\"allow_domains\":[\"a.com\",\"%s\"]", bad[i]);
		MUTE(f, "https://a.com/");
		snprintf(f, sizeof(f), "\"deny_domains\":[\"%s\"]", bad[i]);
		MUTE(f, "https://a.com/");
		MUTE(f, "no url");
	}
}

Test(url_safe, ports)
{
	YES("\"allow_ports\":[443]", "https://a.com/");
	YES("\"allow_ports\":[443]", "http://a.com:443/");
	NO("\"allow_ports\":[443]", "http://a.com/");
	NO("\"allow_ports\":[443]", "https://a.com:8443/");
	NO("\"allow_ports\":[]", "https://a.com/");
	YES("\"allow_ports\":[443],\"schemes\":[\"foo\"]", "foo://a.com/");
	NO("\"allow_ports\":[443],\"schemes\":[\"foo\"]", "foo://a.com:80/");
}

Test(url_safe, nul_is_refused)
{
	struct tn_value v = { .type = TN_V_TEXT, .s = { "https://a.com/\0x", 16 } };

	cr_expect_eq(tn_constraint_match(rows_c(&arena, "{\"url_safe\":{}}"), &v, NULL), TN_NO_MATCH);
}

Test(url_safe, hosts_of_unknown_schemes_only_in_plain_spelling)
{
	const char *f = "\"schemes\":[\"foo\"]";

	YES(f, "foo://example.com/");
	YES(f, "foo://8.8.8.8/");
	NO(f, "foo://127.0.0.1/");
	NO(f, "foo://[::1]/");
	NO(f, "foo://localhost/");
	MUTE(f, "foo://2130706433/");
	MUTE(f, "foo://010.0.0.1/");
	MUTE(f, "foo://0x7f000001/");
	MUTE(f, "foo://loc%61lhost/");
	NO(f, "foo:///x");
	NO(f, "foo:x");
}

Test(url_safe, a_connection_is_judged_by_its_parts)
{
	const struct tn_constraint *c = rows_c(&arena, "{\"url_safe\":{\"allow_domains\":[\"*.a.com\",\"8.8.8.8\",\"[2001:db8::1]\"],\"allow_ports\":[443]}}");

	cr_expect_eq(tn_url_safe_match_parts(c, TN_STR("https"), TN_STR("x.a.com"), 443, NULL), TN_MATCH);
	cr_expect_eq(tn_url_safe_match_parts(c, TN_STR("https"), TN_STR("x.a.com"), 80, NULL), TN_NO_MATCH);
	cr_expect_eq(tn_url_safe_match_parts(c, TN_STR("ftp"), TN_STR("x.a.com"), 443, NULL), TN_NO_MATCH);
	cr_expect_eq(tn_url_safe_match_parts(c, TN_STR("https"), TN_STR("b.com"), 443, NULL), TN_NO_MATCH);
	cr_expect_eq(tn_url_safe_match_parts(c, TN_STR("https"), TN_STR("8.8.8.8"), 443, NULL), TN_MATCH);
	cr_expect_eq(tn_url_safe_match_parts(c, TN_STR("https"), TN_STR("2001:db8::1"), 443, NULL), TN_MATCH);
	cr_expect_eq(tn_url_safe_match_parts(c, TN_STR("https"), TN_STR("::1"), 443, NULL), TN_NO_MATCH);
	cr_expect_eq(tn_url_safe_match_parts(c, TN_STR("https"), TN_STR("127.0.0.1"), 443, NULL), TN_NO_MATCH);
	cr_expect_eq(tn_url_safe_match_parts(c, TN_STR("https"), TN_STR(""), 443, NULL), TN_NO_MATCH);
	cr_expect_eq(tn_url_safe_match_parts(c, TN_STR("https"), TN_STR("\xe2\x98\x83.a.com"), 443, NULL), TN_CANNOT_SAY);
}

Test(url_safe, reasons_are_words)
{
	struct tn_value v = { .type = TN_V_TEXT, .s = TN_STR("http://10.0.0.1/") };
	struct tn_err e = { 0 };

	(void)tn_constraint_match(rows_c(&arena, "{\"url_safe\":{}}"), &v, &e);
	cr_expect_eq(e.code, TN_E_CONSTRAINT_VIOLATION);
	cr_expect(strstr(e.msg, "10.0.0.1") != NULL, "%s", e.msg);
}
