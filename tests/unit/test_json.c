/* SPDX-License-Identifier: Apache-2.0 */
#include "policy_test.h"

TestSuite(json, .init = pt_setup, .fini = pt_teardown);

static enum tn_code parse(const char *text, size_t n, struct tn_err *e)
{
	struct cJSON *j;
	enum tn_code code = tnp_json_parse(text, n, &j, e);

	cr_assert_eq(code == TN_OK, j != NULL);
	tnp_json_free(j);
	return code;
}
#define GOOD(text) cr_assert_eq(parse(text, sizeof(text) - 1, NULL), TN_OK, "%s", text)
#define BAD(text) cr_assert_eq(parse(text, sizeof(text) - 1, NULL), TN_E_JSON, "%s", text)

Test(json, ordinary_documents_are_read)
{
	GOOD("{}");
	GOOD(" [1, -2.5e3, \"a\\u00e9\\n\", true, false, null, {\"a\": {\"a\": []}}]\n");
	GOOD("\"\\ud83d\\ude00 \xf0\x9f\x98\x80\"");
	GOOD("0");
}

Test(json, what_cjson_would_let_through_is_refused)
{
	BAD("{\"a\": 1, \"a\": 2}");
	BAD("{\"x\": [{\"a\": 1, \"b\": 2, \"\\u0061\": 3}]}");
	BAD("\"a\\u0000b\"");
	BAD("\"a\0b\"");
	BAD("{} x");
	BAD("{}{}");
	BAD("\"\xff\"");
	BAD("\"\xed\xa0\x80\"");
	BAD("\"\\ud800\"");
	BAD("\"\\udc00\\ud800\"");
	BAD("\"a\nb\"");
	BAD("\xef\xbb\xbf{}");
	BAD("[1,]");
	BAD("{\"a\":1,}");
	BAD("[01]");
	BAD("[1.]");
	BAD("[.5]");
	BAD("[+1]");
	BAD("[1e]");
	BAD("[NaN]");
	BAD("{a: 1}");
	BAD("{\"a\" 1}");
	BAD("");
	BAD("   ");
	BAD("{} \0");
	BAD("// x\n{}");
	BAD("\"\\x\"");
	BAD("[tru]");
}

Test(json, depth_and_size_have_limits)
{
	static char deep[200];
	char *big = malloc((4 << 20) + 1);

	for (size_t n = 31; n <= 34; n++) {
		memset(deep, '[', n);
		memset(deep + n, ']', n);
		cr_assert_eq(parse(deep, 2 * n, NULL) == TN_OK, n <= 32, "%zu", n);
	}
	memset(big, ' ', (4 << 20) + 1);
	big[0] = '1';
	cr_assert_eq(parse(big, 4 << 20, NULL), TN_OK);
	cr_assert_eq(parse(big, (4 << 20) + 1, NULL), TN_E_JSON);
	free(big);
}

Test(json, errors_say_where)
{
	struct tn_err e = { 0 };

	cr_assert_eq(parse("{\"a\": nil}", 10, &e), TN_E_JSON);
	cr_assert_eq(e.offset, 6);
	cr_assert_eq(parse("{\"a\": 1, \"a\": 1}", 16, &e), TN_E_JSON);
	cr_assert(strstr(e.msg, "\"a\" is there twice"));
}

static struct tn_value value(const char *text, enum tn_code want)
{
	struct tn_value v = { .type = TN_V_NULL };
	struct cJSON *j;

	cr_assert_eq(tnp_json_parse(text, strlen(text), &j, NULL), TN_OK, "%s", text);
	cr_assert_eq(tnp_json_value(j, &pt_arena, &v, NULL), want, "%s", text);
	tnp_json_free(j);
	return v;
}

Test(json, integers_are_exact_to_their_last_digit)
{
	static const struct { const char *text; int64_t v; } rows[] = {
		{ "9007199254740993", INT64_C(9007199254740993) }, { "9223372036854775807", INT64_MAX },
		{ "-9223372036854775808", INT64_MIN }, { "0", 0 }, { "-0", 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct tn_value v = value(rows[i].text, TN_OK);

		cr_assert_eq(v.type, TN_V_INT);
		cr_assert_eq(v.i, rows[i].v);
	}
	(void)value("9223372036854775808", TN_E_JSON);
	(void)value("-9223372036854775809", TN_E_JSON);
	(void)value("1e999", TN_E_JSON);
}

Test(json, a_point_or_an_exponent_makes_a_float)
{
	struct tn_value v = value("42.0", TN_OK);

	cr_assert_eq(v.type, TN_V_FLOAT);
	cr_assert_eq(v.f, 42.0);
	v = value("1e3", TN_OK);
	cr_assert_eq(v.type, TN_V_FLOAT);
	cr_assert_eq(v.f, 1000.0);
}

/* The text of each number is found again by going over the document once more. */
Test(json, numbers_keep_their_own_text)
{
	struct tn_value v = value("{\"9\": [1, \"2\\\"3\", {\"-4\": 5}, 6.5], \"b7\": 8, \"c\": [\"\\\\\", 10]}", TN_OK);
	const struct tn_value *list = &v.map.v[0].val;

	cr_assert_eq(v.map.n, 3);
	cr_assert_eq(list->list.v[0].i, 1);
	cr_assert_eq(list->list.v[2].map.v[0].val.i, 5);
	cr_assert_eq(list->list.v[3].f, 6.5);
	cr_assert_eq(v.map.v[1].val.i, 8);
	cr_assert_eq(v.map.v[2].val.list.v[1].i, 10);
}

Test(json, members_and_items_are_found)
{
	const char *text = "{\"a\": [1, 2], \"A\": 3}";
	struct cJSON *j;

	cr_assert_eq(tnp_json_parse(text, strlen(text), &j, NULL), TN_OK);
	cr_assert_not_null(tnp_json_item(tnp_json_member(j, "a"), 1));
	cr_assert_null(tnp_json_item(tnp_json_member(j, "a"), 2));
	cr_assert_null(tnp_json_item(j, 0));
	cr_assert_null(tnp_json_member(j, "b"));
	cr_assert_null(tnp_json_member(NULL, "b"));
	cr_assert(tnp_json_is_object(j) && !tnp_json_is_object(tnp_json_member(j, "a")));
	tnp_json_free(j);
}
