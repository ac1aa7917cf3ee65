/* SPDX-License-Identifier: Apache-2.0 */
#include "policy_test.h"

TestSuite(words, .init = pt_setup, .fini = pt_teardown);

static char line[2048];

static const char *sentence(const tnp_policy *p, const struct tnp_op *op, int64_t now)
{
	struct tnp_decision d;
	size_t n;

	tnp_decide(p, op, now, &d);
	n = tnp_sentence(p, op, &d, now, line, sizeof(line));
	cr_assert_eq(n, strlen(line));
	return line;
}

static const char *about(const tnp_policy *p, enum tnp_kind kind, const char *path)
{
	struct tnp_op op = { .kind = kind, .path = tn_cstr(path) };

	return sentence(p, &op, PT_NOW);
}

static struct tnp_words explain(const tnp_policy *p, const struct tnp_op *op)
{
	struct tnp_decision d = pt_decide(p, op);
	struct tnp_words w;

	tnp_explain(p, op, &d, PT_NOW, &w);
	return w;
}

static struct tnp_words explain_path(const tnp_policy *p, enum tnp_kind kind, const char *path)
{
	struct tnp_op op = { .kind = kind, .path = tn_cstr(path) };

	return explain(p, &op);
}

#define READ_DATA "{\"read_file\": {\"path\": {\"subpath\": \"/srv/data\"}}}"

Test(words, the_sentence_is_the_one_of_the_readme)
{
	const tnp_policy *p = pt_policy(READ_DATA);
	char want[256];

	snprintf(want, sizeof(want), "tenuo-shim: denied read_file /etc/shadow: outside subpath /srv/data (warrant %s, expires in 12 min); "
		 "allowed: /srv/data\n", p->warrant);
	cr_assert_eq(strlen(p->warrant), TN_ID_TEXT_LEN);
	cr_assert_str_eq(about(p, TNP_READ, "/etc/shadow"), want);
}

Test(words, a_mode_that_does_not_block_says_so)
{
	const char *const chain[] = { READ_DATA, NULL };

	cr_assert(strstr(about(pt_policy_of(pt_chain(chain), PT_BARE, NULL, TNP_PERMISSIVE), TNP_READ, "/x"), "tenuo-shim: would deny read_file /x: "));
	cr_assert_str_eq(about(pt_policy_of(NULL, PT_BARE, NULL, TNP_AUDIT), TNP_READ, "/x"), "tenuo-shim: would deny read_file /x: no warrant\n");
	cr_assert(strstr(about(pt_policy(READ_DATA), TNP_READ, "/srv/data/x"), "tenuo-shim: allowed read_file /srv/data/x: allowed by the warrant"));
}

Test(words, time_left_is_told_in_the_unit_that_fits)
{
	const tnp_policy *p = pt_policy(READ_DATA);
	struct tnp_op op = { .kind = TNP_READ, .path = TN_STR("/x") };

	cr_assert(strstr(sentence(p, &op, PT_NOW + 719), "expires in 1 s)"));
	cr_assert(strstr(sentence(p, &op, PT_NOW + 601), "expires in 119 s)"));
	cr_assert(strstr(sentence(p, &op, PT_NOW + 600), "expires in 2 min)"));
	cr_assert(strstr(sentence(p, &op, PT_NOW + 720), "the warrant has expired (warrant "));
	cr_assert(strstr(sentence(p, &op, PT_NOW + 720), ", expired)"));
	cr_assert(strstr(sentence(p, &op, PT_NOW - 7200), "expires in 2 h)"));
	cr_assert(strstr(sentence(p, &op, PT_NOW - 172800), "expires in 2 days)"));
}

Test(words, untrusted_bytes_do_not_reach_the_terminal)
{
	const char *text = about(pt_policy(READ_DATA), TNP_READ, "/a\x1b[2J\nb\xff\xc2\x9b" "c\xe2\x80\xae\\");

	cr_assert(strstr(text, "/a\\x1b[2J\\x0ab\\xff\\u{009b}c\\u{202e}\\\\"), "%s", text);
	cr_assert_eq(strchr(text, '\n') - text, (long)strlen(text) - 1);
}

Test(words, long_things_are_cut_where_it_can_be_seen)
{
	char path[5001];

	memset(path, 'x', sizeof(path) - 1);
	path[0] = '/';
	path[5000] = '\0';
	struct tnp_words w = explain_path(pt_policy(READ_DATA), TNP_READ, path);

	cr_assert_lt(strlen(w.object), sizeof(w.object));
	cr_assert_str_eq(w.object + strlen(w.object) - 3, "...");
	cr_assert_str_eq(w.capability, ""); /* half a capability would be another one */
	cr_assert_str_eq(w.nearest, "/srv/data");
}

Test(words, a_small_buffer_still_ends_its_line)
{
	const tnp_policy *p = pt_policy(READ_DATA);
	struct tnp_op op = { .kind = TNP_READ, .path = TN_STR("/etc/shadow") };
	struct tnp_decision d = pt_decide(p, &op);
	char small[64];

	for (size_t cap = 8; cap <= sizeof(small); cap++) {
		size_t n = tnp_sentence(p, &op, &d, PT_NOW, small, cap);

		cr_assert_lt(n, cap);
		cr_assert_eq(small[n - 1], '\n');
		cr_assert_eq(small[n], '\0');
		cr_assert_eq(memcmp(small + n - 4, "...", 3), 0);
	}
}

Test(words, the_nearest_is_the_constraint_with_most_in_common_of_any_tool_of_the_row)
{
	const tnp_policy *p = pt_policy("{\"read_file\": {\"path\": {\"subpath\": \"/srv\"}}, \"Read\": {\"file_path\": {\"any\": [{\"subpath\": "
					"\"/home/u/a\"}, {\"pattern\": \"/home/u/b/*\"}]}}}");

	cr_assert_str_eq(explain_path(p, TNP_READ, "/home/u/b").nearest, "/home/u/b/*");
	cr_assert_str_eq(explain_path(p, TNP_READ, "/home/u/aa").nearest, "/home/u/a");
	cr_assert_str_eq(explain_path(p, TNP_READ, "/srx").nearest, "/srv");
	cr_assert_str_eq(explain_path(p, TNP_WRITE, "/srv/x").nearest, "");
	cr_assert_str_eq(explain_path(p, TNP_READ, "/srv/x").nearest, "");
}

Test(words, hosts_are_compared_from_their_end)
{
	const tnp_policy *p = pt_policy("{\"web_fetch\": {\"url\": {\"any\": [{\"url_safe\": {\"allow_domains\": [\"a.org\", \"b.org\"]}}, "
					"{\"url_safe\": {\"allow_domains\": [\"*.example.com\"]}}]}}}");
	struct tnp_net n = pt_addr("93.184.216.34", 443);
	struct tn_str name = TN_STR("www.example.net");
	struct tnp_op op = { .kind = TNP_CONNECT, .net = &n };

	n.names = &name;
	n.nnames = 1;
	struct tnp_words w = explain(p, &op);

	cr_assert_str_eq(w.object, "93.184.216.34:443 (www.example.net)");
	cr_assert_str_eq(w.nearest, "a.org, b.org");
	name = TN_STR("x.sample.com");
	cr_assert_str_eq(explain(p, &op).nearest, "*.example.com");
	cr_assert_str_eq(explain(p, &op).capability, "{\"connect\":{\"host\":{\"exact\":\"x.sample.com\"},\"port\":{\"exact\":443}}}");
}

/* What is suggested has to allow exactly that, in the words of the same policy. */
static void suggestion_works(const char *caps, const struct tnp_op *op)
{
	const tnp_policy *p = pt_policy(caps);
	struct tnp_words w = explain(p, op);

	cr_assert_eq(pt_decide(p, op).verdict, TN_DENY);
	cr_assert_neq(w.capability[0], '\0');
	cr_assert_eq(pt_decide(pt_policy(w.capability), op).verdict, TN_ALLOW, "%s", w.capability);
}

Test(words, the_capability_that_is_suggested_allows_it)
{
	const struct tn_str argv[] = { TN_STR("ls"), TN_STR("-l \"x\"") };
	struct tnp_exec x = { .requested = TN_STR("/usr/bin/ls"), .argv = argv, .argc = 2, .system_file = true, .standard_path = true };
	struct tnp_net net = pt_addr("10.0.0.1", 5432);
	struct tnp_op op = { .path = TN_STR("/a\"b\\c"), .path2 = TN_STR("/d"), .exec = &x };

	for (int k = 0; k < TNP_NKINDS; k++) {
		op.kind = (enum tnp_kind)k;
		op.net = k == TNP_CONNECT || k == TNP_LISTEN ? &net : NULL;
		if (k == TNP_LINK || k == TNP_RESOLVE || k == TNP_RENAME)
			continue; /* link: both names gain from each other; rename and resolve below */
		if (k == TNP_EXEC)
			op.path = TN_STR("/usr/bin/ls");
		suggestion_works("{\"ping\": {}}", &op);
		op.path = TN_STR("/a\"b\\c");
	}
	op = (struct tnp_op){ .kind = TNP_RENAME, .path = TN_STR("/a"), .path2 = TN_STR("/b") };
	suggestion_works("{\"ping\": {}}", &op);
	op = (struct tnp_op){ .kind = TNP_DELETE, .path = TN_STR("/a"), .is_dir = true };
	suggestion_works("{\"ping\": {}}", &op);
	op = (struct tnp_op){ .kind = TNP_READ, .path = TN_STR("/a") };
	suggestion_works("{\"Read\": {\"file_path\": {\"exact\": \"/b\"}}}", &op);
}

Test(words, nothing_is_suggested_where_no_capability_would_help)
{
	struct tnp_op op = { .kind = TNP_READ, .path = TN_STR("/a/../b") };

	cr_assert_str_eq(explain(pt_policy(READ_DATA), &op).capability, "");
	op.path = TN_STR("/\xff");
	cr_assert_str_eq(explain(pt_policy(READ_DATA), &op).capability, "");
	op = (struct tnp_op){ .kind = TNP_RENAME, .path = TN_STR("/a"), .path2 = TN_STR("/b") };
	cr_assert_str_eq(explain(pt_policy("{\"move_file\": {}, \"read_file\": {\"path\": \"/b\"}}"), &op).capability, "");
}

Test(words, each_constraint_has_words)
{
	static const char *const rows[][2] = {
		{ "\"/a\"", "exactly /a" },
		{ "5", "exactly 5" },
		{ "{\"pattern\": \"/a/*\"}", "pattern /a/*" },
		{ "{\"one_of\": [\"a\", 1, true]}", "one of (a, 1, true)" },
		{ "{\"not_one_of\": [\"a\"]}", "none of (a)" },
		{ "{\"range\": {\"min\": 1, \"max\": 2, \"max_inclusive\": false}}", "range from 1 to 2 (exclusive)" },
		{ "{\"cidr\": \"10.0.0.0/8\"}", "cidr 10.0.0.0/8" },
		{ "{\"any\": [{\"subpath\": \"/a\"}, {\"subpath\": \"/b\"}]}", "any of (subpath /a; subpath /b)" },
		{ "{\"all\": [{\"subpath\": \"/a\"}, {\"not\": {\"pattern\": \"*x\"}}]}", "all of (subpath /a; not (pattern *x))" },
		{ "{\"shlex\": [\"ls\", \"cat\"]}", "shlex (ls, cat)" },
		{ "{\"url_safe\": {\"allow_domains\": [\"a.org\"], \"allow_ports\": [443]}}", "url_safe (a.org) ports 443" },
		{ "{\"wildcard\": true}", "anything" },
		{ "{\"contains\": [\"a\"]}", "a list with (a)" },
		{ "{\"exact\": [1, [\"a\"]]}", "exactly [1, [a]]" },
	};
	char caps[200], text[200];
	size_t n;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		snprintf(caps, sizeof(caps), "{\"t\": {\"a\": %s}}", rows[i][0]);
		(void)tnp_constraint_text(&pt_caps(caps, &n)->set.args[0].c, text, sizeof(text));
		cr_assert_str_eq(text, rows[i][1]);
	}
}

Test(words, reasons_name_an_argument_that_is_not_the_object)
{
	const tnp_policy *p = pt_policy("{\"connect\": {\"ip\": {\"wildcard\": true}, \"port\": {\"exact\": 443}}}");
	struct tnp_net n = pt_addr("10.0.0.1", 80);
	struct tnp_op op = { .kind = TNP_CONNECT, .net = &n };

	cr_assert_str_eq(explain(p, &op).reason, "port: not exactly 443");
	cr_assert_str_eq(explain_path(pt_policy("{\"read_file\": {\"path\": {\"pattern\": \"/a*\"}}}"), TNP_READ, "/b").reason,
			 "does not match pattern /a*");
	cr_assert_str_eq(explain_path(pt_policy("{\"ping\": {}}"), TNP_READ, "/b").reason, "the warrant does not grant read_file");
}
