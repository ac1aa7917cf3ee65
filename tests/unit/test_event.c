/* SPDX-License-Identifier: Apache-2.0 */
#include <cjson/cJSON.h>
#include "policy_test.h"

TestSuite(event, .init = pt_setup, .fini = pt_teardown);

static char line[TNP_EVENT_MAX];

static struct cJSON *parsed(const struct tnp_event *ev, size_t cap)
{
	size_t n = tnp_event_json(ev, line, cap);
	struct tn_err e = { 0 };
	struct cJSON *j;

	cr_assert_gt(n, 0);
	cr_assert_lt(n, cap);
	cr_assert_eq(line[n - 1], '\n');
	cr_assert_null(memchr(line, '\n', n - 1));
	cr_assert_eq(tnp_json_parse(line, n, &j, &e), TN_OK, "%s: %s", e.msg, line);
	return j;
}

static const char *text(const struct cJSON *j, const char *key)
{
	const struct cJSON *m = tnp_json_member(j, key);

	return m ? m->valuestring : NULL;
}

static struct tnp_event denial(const tnp_policy *p, const struct tnp_op *op, struct tnp_words *w)
{
	struct tnp_event ev = { .seq = 7, .sec = 1800000000, .nsec = 5, .session = "0123456789abcdef0123456789abcdef", .layer = TNP_L_LANDLOCK,
				.level = 1, .pid = 10, .tid = 11, .ppid = 9, .uid = 1000, .exe = TN_STR("/usr/bin/cat") };
	struct tnp_decision d = pt_decide(p, op);

	tnp_explain(p, op, &d, PT_NOW, w);
	tnp_event_from_decision(p, op, &d, w, &ev);
	return ev;
}

#define READ_DATA "{\"read_file\": {\"path\": {\"subpath\": \"/srv/data\"}}}"

Test(event, a_denial_carries_what_the_schema_names)
{
	struct tnp_op op = { .kind = TNP_READ, .path = TN_STR("/etc/shadow") };
	const tnp_policy *p = pt_policy(READ_DATA);
	struct tnp_words w;
	struct tnp_event ev = denial(p, &op, &w);
	struct cJSON *j = parsed(&ev, sizeof(line));

	cr_assert_str_eq(text(j, "schema"), "tenuo-shim.event.v1");
	cr_assert_str_eq(text(j, "time"), "2027-01-15T08:00:00.000000005Z");
	cr_assert_str_eq(text(j, "session"), "0123456789abcdef0123456789abcdef");
	cr_assert_str_eq(text(j, "type"), "decision");
	cr_assert_str_eq(text(j, "decision"), "deny");
	cr_assert_str_eq(text(j, "mode"), "enforce");
	cr_assert_str_eq(text(j, "layer"), "landlock");
	cr_assert_str_eq(text(j, "op"), "read");
	cr_assert_str_eq(text(j, "object"), "/etc/shadow");
	cr_assert_str_eq(text(j, "tool"), "read_file");
	cr_assert_str_eq(text(tnp_json_member(j, "args"), "path"), "/etc/shadow");
	cr_assert_str_eq(text(j, "reason"), "outside subpath /srv/data");
	cr_assert_str_eq(text(j, "constraint"), "subpath /srv/data");
	cr_assert_str_eq(text(j, "nearest"), "/srv/data");
	cr_assert_str_eq(text(j, "warrant"), p->warrant);
	cr_assert_str_eq(text(j, "exe"), "/usr/bin/cat");
	cr_assert_str_eq(text(j, "code"), "1501"); /* the text of the number: an integer */
	cr_assert_str_eq(text(j, "errno"), "13");
	cr_assert_str_eq(text(j, "level"), "1");
	cr_assert_str_eq(text(j, "seq"), "7");
	cr_assert_null(tnp_json_member(j, "object_b64"));
	tnp_json_free(j);
}

Test(event, audit_says_would_deny_and_has_no_errno)
{
	const char *const chain[] = { READ_DATA, NULL };
	struct tnp_op op = { .kind = TNP_READ, .path = TN_STR("/etc/shadow") };
	struct tnp_words w;
	struct tnp_event ev = denial(pt_policy_of(pt_chain(chain), PT_BARE, NULL, TNP_AUDIT), &op, &w);
	struct cJSON *j = parsed(&ev, sizeof(line));

	cr_assert_str_eq(text(j, "decision"), "would_deny");
	cr_assert_null(tnp_json_member(j, "errno"));
	tnp_json_free(j);
}

Test(event, bytes_that_are_not_utf8_are_there_in_base64)
{
	struct tnp_op op = { .kind = TNP_READ, .path = TN_STR("/\xff\x01\"") };
	struct tnp_words w;
	struct tnp_event ev = denial(pt_policy(READ_DATA), &op, &w);
	struct cJSON *j = parsed(&ev, sizeof(line));

	cr_assert_str_eq(text(j, "object"), "/\xef\xbf\xbd\x01\"");
	cr_assert_str_eq(text(j, "object_b64"), "L/8BIg==");
	cr_assert(strstr(line, "\\u0001"));
	tnp_json_free(j);
}

Test(event, addresses_have_ip_and_port_and_a_rename_two_names)
{
	struct tnp_net n = { .ip6 = true, .ip = { [15] = 1 }, .port = 80 };
	struct tnp_op op = { .kind = TNP_CONNECT, .net = &n };
	struct tn_str name = TN_STR("localhost");
	struct tnp_words w;
	struct tnp_event ev;
	struct cJSON *j;

	n.names = &name;
	n.nnames = 1;
	ev = denial(pt_policy(READ_DATA), &op, &w);
	j = parsed(&ev, sizeof(line));
	cr_assert_str_eq(text(j, "object"), "[::1]:80");
	cr_assert_str_eq(text(tnp_json_member(j, "args"), "ip"), "::1");
	cr_assert_str_eq(text(tnp_json_member(j, "args"), "port"), "80");
	tnp_json_free(j);
	op = (struct tnp_op){ .kind = TNP_RENAME, .path = TN_STR("/a"), .path2 = TN_STR("/b") };
	ev = denial(pt_policy("{\"move_file\": {}, \"read_file\": {\"path\": \"/b\"}}"), &op, &w);
	j = parsed(&ev, sizeof(line));
	cr_assert_str_eq(text(j, "object2"), "/b");
	cr_assert_str_eq(text(tnp_json_member(j, "args"), "destination"), "/b");
	cr_assert_str_eq(text(j, "errno"), "18"); /* EXDEV */
	tnp_json_free(j);
}

Test(event, the_longest_values_fit_the_smallest_line)
{
	static char big[70000];
	static const size_t caps[] = { 4096, 5000, TNP_EVENT_MAX };

	for (int fill = 0; fill < 3; fill++) {
		/* a control becomes six bytes, a bad byte six, a letter one */
		memset(big, fill == 0 ? '\x01' : fill == 1 ? '\xff' : 'x', sizeof(big));
		struct tn_str s = { big, sizeof(big) };
		struct tnp_event ev = { .type = "decision", .seq = UINT64_MAX, .sec = INT64_MAX, .nsec = UINT32_MAX, .op = TN_STR("read"),
					.object = s, .object2 = s, .tool = s, .arg = s, .reason = s, .constraint = s, .nearest = s, .capability = s,
					.baseline_row = s, .exe = s, .code = -1, .link = -1, .depth = 64, .err = 13, .repeat = UINT32_MAX,
					.level = 1, .pid = 1 << 30, .tid = 1 << 30, .ppid = 1 << 30, .uid = UINT32_MAX, .reported_by = "process",
					.extra = TN_STR("\"x\":1") };

		memset(ev.session, 'a', 32);
		memset(ev.warrant, '\x02', 47);
		for (size_t i = 0; i < 3; i++) {
			struct cJSON *j = parsed(&ev, caps[i]);

			cr_assert_str_eq(text(j, "reported_by"), "process");
			cr_assert_str_eq(text(j, "x"), "1");
			tnp_json_free(j);
		}
	}
}

Test(event, a_process_adds_no_members_of_its_own)
{
	uint8_t buf[TNP_EVENT_MAX];
	struct tnp_event ev = { .type = "decision", .op = TN_STR("read"), .object = TN_STR("/a") }, back;
	struct tn_err e = { 0 };

	cr_assert_eq(tnp_event_unpack(buf, tnp_event_pack(&ev, buf, sizeof(buf)), &back, &e), TN_OK);
	ev.extra = TN_STR("\"x\":1}\n{\"type\":\"session.end\"");
	cr_assert_eq(tnp_event_unpack(buf, tnp_event_pack(&ev, buf, sizeof(buf)), &back, &e), TN_E_DESERIALIZATION);
}

Test(event, dates_are_right_at_their_edges)
{
	static const struct { int64_t sec; const char *text; } rows[] = {
		{ 0, "1970-01-01T00:00:00" }, { -1, "1969-12-31T23:59:59" }, { 951782400, "2000-02-29T00:00:00" },
		{ 4107542400, "2100-03-01T00:00:00" }, { INT64_MAX, "9999-12-31T23:59:59" }, { INT64_MIN, "0001-01-01T00:00:00" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct tnp_event ev = { .type = "session.start", .sec = rows[i].sec };
		struct cJSON *j = parsed(&ev, 4096);

		cr_assert_eq(strncmp(text(j, "time"), rows[i].text, 19), 0, "%s", text(j, "time"));
		cr_assert_null(tnp_json_member(j, "decision"));
		tnp_json_free(j);
	}
}

Test(event, what_is_packed_comes_back_as_it_was)
{
	struct tnp_op op = { .kind = TNP_READ, .path = TN_STR("/etc/sha\xff") };
	struct tnp_words w;
	struct tnp_event ev = denial(pt_policy(READ_DATA), &op, &w), back;
	static char again[TNP_EVENT_MAX];
	uint8_t buf[4096];
	struct tn_err e = { 0 };

	ev.reported_by = "process";
	ev.repeat = 4;
	size_t n = tnp_event_pack(&ev, buf, sizeof(buf));

	cr_assert_gt(n, 0);
	cr_assert_eq(tnp_event_unpack(buf, n, &back, &e), TN_OK, "%s", e.msg);
	(void)tnp_event_json(&ev, line, sizeof(line));
	(void)tnp_event_json(&back, again, sizeof(again));
	cr_assert_str_eq(again, line);
	cr_assert_eq(tnp_event_pack(&ev, buf, n - 1), 0);
}

Test(event, a_message_that_was_tampered_with_is_refused_or_harmless)
{
	struct tnp_op op = { .kind = TNP_READ, .path = TN_STR("/etc/shadow") };
	struct tnp_words w;
	struct tnp_event ev = denial(pt_policy(READ_DATA), &op, &w), back;
	uint8_t buf[4096];
	size_t n = tnp_event_pack(&ev, buf, sizeof(buf));

	for (size_t cut = 0; cut < n; cut++)
		cr_assert_neq(tnp_event_unpack(buf, cut, &back, NULL), TN_OK);
	buf[n] = 0;
	cr_assert_neq(tnp_event_unpack(buf, n + 1, &back, NULL), TN_OK);
	for (size_t i = 0; i < n; i++) {
		for (int bit = 0; bit < 8; bit++) {
			buf[i] ^= (uint8_t)(1 << bit);
			if (tnp_event_unpack(buf, n, &back, NULL) == TN_OK)
				tnp_json_free(parsed(&back, 4096)); /* still one line of JSON */
			buf[i] ^= (uint8_t)(1 << bit);
		}
	}
}

Test(event, denials_execs_and_connects_are_wanted_the_rest_on_demand)
{
	struct tnp_decision allow = { .verdict = TN_ALLOW }, deny = { .verdict = TN_DENY };
	struct tnp_op read = { .kind = TNP_READ }, exec = { .kind = TNP_EXEC }, connect = { .kind = TNP_CONNECT };

	cr_assert(tnp_event_wanted(&read, &deny, 0));
	cr_assert(!tnp_event_wanted(&read, &allow, 0));
	cr_assert(tnp_event_wanted(&read, &allow, 1));
	cr_assert(tnp_event_wanted(&exec, &allow, 0));
	cr_assert(tnp_event_wanted(&connect, &allow, 0));
}
