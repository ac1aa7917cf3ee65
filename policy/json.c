/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one home of cJSON, made strict.
 *
 * cJSON by itself cuts strings at \u0000, keeps duplicate keys, takes any bytes for UTF-8 and every number for a double.  So a
 * reader of our own goes over the text first and refuses what cJSON would misread; then cJSON parses; then duplicate keys are
 * looked for.  MUST NOT be linked into the preload.
 */
#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <policy/json.h>
#include "internal.h"
#include "tn_fail.h"
#include "tn_text.h"
#include "tn_wire.h"

enum { JSON_MAX = 4 << 20, JSON_DEPTH = 32 };

/* ---------------------------------------------------------------- the reader that goes first */
struct scan {
	const char *p;
	size_t n, at;
	struct tn_err *e;
};

static enum tn_code bad(const struct scan *s, const char *what)
{
	return tn_fail_at(s->e, TN_E_JSON, s->at, "%s", what);
}

static int peek(const struct scan *s)
{
	return s->at < s->n ? (unsigned char)s->p[s->at] : -1;
}

static void blanks(struct scan *s)
{
	while (s->at < s->n && tn_is_space((unsigned char)s->p[s->at]))
		s->at++;
}

static enum tn_code scan_unicode(struct scan *s, unsigned *unit)
{
	*unit = 0;
	for (size_t i = 0; i < 4; i++, s->at++) {
		int digit = s->at < s->n ? tn_hex_digit((unsigned char)s->p[s->at]) : -1;

		if (digit < 0)
			return bad(s, "\\u needs four hexadecimal digits");
		*unit = *unit << 4 | (unsigned)digit;
	}
	return *unit ? TN_OK : bad(s, "\\u0000 in a string");
}

static enum tn_code scan_escape(struct scan *s)
{
	unsigned high, low;
	int c = peek(s);

	if (c < 0 || !memchr("\"\\/bfnrtu", c, 9))
		return bad(s, "an escape that JSON does not have");
	s->at++;
	if (c != 'u')
		return TN_OK;
	TN_TRY(scan_unicode(s, &high));
	if (high >= 0xdc00 && high <= 0xdfff)
		return bad(s, "half of a surrogate pair");
	if (high < 0xd800 || high > 0xdbff)
		return TN_OK;
	if (s->n - s->at < 2 || s->p[s->at] != '\\' || s->p[s->at + 1] != 'u')
		return bad(s, "half of a surrogate pair");
	s->at += 2;
	TN_TRY(scan_unicode(s, &low));
	return low >= 0xdc00 && low <= 0xdfff ? TN_OK : bad(s, "half of a surrogate pair");
}

static enum tn_code scan_string(struct scan *s)
{
	if (peek(s) != '"')
		return bad(s, "a string is expected");
	for (s->at++; peek(s) != '"';) {
		int c = peek(s);

		if (c < 0x20)
			return bad(s, c < 0 ? "the string does not end" : "a control character in a string");
		s->at++;
		if (c == '\\')
			TN_TRY(scan_escape(s));
	}
	s->at++;
	return TN_OK;
}

static size_t digits(struct scan *s)
{
	size_t from = s->at;

	while (peek(s) >= '0' && peek(s) <= '9')
		s->at++;
	return s->at - from;
}

static enum tn_code scan_number(struct scan *s)
{
	bool zero;

	s->at += peek(s) == '-';
	zero = peek(s) == '0';
	size_t n = digits(s);
	if (n == 0 || (zero && n > 1))
		return bad(s, "not a JSON number");
	if (peek(s) == '.') {
		s->at++;
		if (!digits(s))
			return bad(s, "not a JSON number");
	}
	if (peek(s) == 'e' || peek(s) == 'E') {
		s->at++;
		s->at += peek(s) == '+' || peek(s) == '-';
		if (!digits(s))
			return bad(s, "not a JSON number");
	}
	return TN_OK;
}

static enum tn_code scan_word(struct scan *s)
{
	static const char *const words[] = { "true", "false", "null" };

	for (size_t i = 0; i < 3; i++) {
		size_t n = strlen(words[i]);

		if (s->n - s->at >= n && memcmp(s->p + s->at, words[i], n) == 0) {
			s->at += n;
			return TN_OK;
		}
	}
	return bad(s, "not JSON");
}

static enum tn_code scan_value(struct scan *s, unsigned depth);

/* The members of an object or the items of a list, after the opening bracket. */
static enum tn_code scan_items(struct scan *s, unsigned depth, char end)
{
	s->at++;
	blanks(s);
	if (peek(s) == end) {
		s->at++;
		return TN_OK;
	}
	for (;;) {
		if (end == '}') {
			TN_TRY(scan_string(s));
			blanks(s);
			if (peek(s) != ':')
				return bad(s, "a colon is expected");
			s->at++;
		}
		TN_TRY(scan_value(s, depth));
		if (peek(s) != ',' && peek(s) != end)
			return bad(s, end == '}' ? "a comma or } is expected" : "a comma or ] is expected");
		if (s->p[s->at++] == end)
			return TN_OK;
		blanks(s);
	}
}

static enum tn_code scan_value(struct scan *s, unsigned depth)
{
	int c;

	blanks(s);
	c = peek(s);
	if (depth == JSON_DEPTH && (c == '{' || c == '['))
		return bad(s, "nested more than 32 deep");
	if (c == '{')
		TN_TRY(scan_items(s, depth + 1, '}'));
	else if (c == '[')
		TN_TRY(scan_items(s, depth + 1, ']'));
	else if (c == '"')
		TN_TRY(scan_string(s));
	else if (c == '-' || (c >= '0' && c <= '9'))
		TN_TRY(scan_number(s));
	else
		TN_TRY(scan_word(s));
	blanks(s);
	return TN_OK;
}

static size_t first_bad_utf8(const char *p, size_t n)
{
	size_t at = 0;

	while (at < n) {
		size_t len = tn_utf8_next((const uint8_t *)p + at, n - at);

		if (!len)
			break;
		at += len;
	}
	return at;
}

static enum tn_code scan_document(const char *text, size_t n, struct tn_err *e)
{
	struct scan s = { .p = text, .n = n, .e = e };

	if (n > JSON_MAX)
		return tn_fail(e, TN_E_JSON, "the text is longer than 4 MiB");
	s.at = first_bad_utf8(text, n);
	if (s.at < n)
		return bad(&s, "not UTF-8");
	s.at = 0;
	TN_TRY(scan_value(&s, 0));
	return s.at == n ? TN_OK : bad(&s, "something follows the document");
}

/* ---------------------------------------------------------------- duplicate keys */
static int by_key(const void *a, const void *b)
{
	return strcmp((*(const cJSON *const *)a)->string, (*(const cJSON *const *)b)->string);
}

static enum tn_code keys_unique(const cJSON *object, struct tn_err *e)
{
	size_t n = (size_t)cJSON_GetArraySize(object), i = 0;
	const cJSON **keys = calloc(n + 1, sizeof(const cJSON *)), *item;
	enum tn_code code = TN_OK;

	if (!keys)
		return tn_no_memory(e);
	cJSON_ArrayForEach(item, object)
		keys[i++] = item;
	qsort(keys, n, sizeof(*keys), by_key);
	for (i = 1; i < n && code == TN_OK; i++) {
		if (strcmp(keys[i - 1]->string, keys[i]->string) == 0)
			code = tn_fail(e, TN_E_JSON, "the key \"%s\" is there twice", keys[i]->string);
	}
	free(keys);
	return code;
}

static enum tn_code tree_unique(const cJSON *j, struct tn_err *e)
{
	const cJSON *item;

	if (cJSON_IsObject(j))
		TN_TRY(keys_unique(j, e));
	cJSON_ArrayForEach(item, j) /* the members of an object too */
		TN_TRY(tree_unique(item, e)); /* 32 deep at most: scanned */
	return TN_OK;
}

/*
 * Integers: cJSON keeps only a double, so what was written is put beside it.  The n-th number of the document is the n-th
 * number of the tree, in the same order.
 */
static bool is_integer(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '.' || p[i] == 'e' || p[i] == 'E')
			return false;
	}
	return true;
}

/* valuestring of a number is not used by cJSON: the text of the number goes there, and cJSON frees it with the tree. */
static enum tn_code keep_number(struct scan *s, cJSON *j)
{
	size_t from = s->at;
	char *text;

	TN_TRY(scan_number(s));
	text = cJSON_malloc(s->at - from + 1);
	if (!text)
		return tn_no_memory(s->e);
	memcpy(text, s->p + from, s->at - from);
	text[s->at - from] = '\0';
	j->valuestring = text;
	return TN_OK;
}

static enum tn_code skip_to_number(struct scan *s)
{
	while (s->at < s->n && !(peek(s) == '-' || (peek(s) >= '0' && peek(s) <= '9'))) {
		if (peek(s) == '"')
			TN_TRY(scan_string(s));
		else
			s->at++;
	}
	return s->at < s->n ? TN_OK : bad(s, "a number got lost");
}

static enum tn_code keep_numbers(struct scan *s, cJSON *j)
{
	cJSON *item;

	if (cJSON_IsNumber(j)) {
		TN_TRY(skip_to_number(s));
		return keep_number(s, j);
	}
	cJSON_ArrayForEach(item, j)
		TN_TRY(keep_numbers(s, item));
	return TN_OK;
}

enum tn_code tnp_json_parse(const char *text, size_t n, struct cJSON **out, struct tn_err *e)
{
	struct scan s = { .p = text, .n = n, .e = e };
	enum tn_code code;
	cJSON *j;

	*out = NULL;
	TN_TRY(scan_document(text, n, e));
	j = cJSON_ParseWithLengthOpts(text, n, NULL, 0);
	if (!j)
		return tn_fail(e, TN_E_JSON, "not JSON");
	code = tree_unique(j, e);
	if (code == TN_OK)
		code = keep_numbers(&s, j);
	if (code != TN_OK) {
		cJSON_Delete(j);
		return code;
	}
	*out = j;
	return TN_OK;
}

void tnp_json_free(struct cJSON *j)
{
	cJSON_Delete(j);
}

const struct cJSON *tnp_json_member(const struct cJSON *object, const char *key)
{
	return cJSON_IsObject(object) ? cJSON_GetObjectItemCaseSensitive(object, key) : NULL;
}

const struct cJSON *tnp_json_item(const struct cJSON *list, size_t i)
{
	return cJSON_IsArray(list) && i <= INT32_MAX ? cJSON_GetArrayItem(list, (int)i) : NULL;
}

bool tnp_json_is_object(const struct cJSON *j)
{
	return cJSON_IsObject(j);
}

/* ---------------------------------------------------------------- values */
static enum tn_code number_value(const cJSON *j, struct tn_value *v, struct tn_err *e)
{
	const char *text = j->valuestring;
	char *end;

	if (text && is_integer(text, strlen(text))) {
		errno = 0;
		v->type = TN_V_INT;
		v->i = strtoll(text, &end, 10);
		return errno == 0 && !*end ? TN_OK : tn_fail(e, TN_E_JSON, "the number %s does not fit into 64 bits", text);
	}
	v->type = TN_V_FLOAT;
	v->f = j->valuedouble;
	return isfinite(v->f) ? TN_OK : tn_fail(e, TN_E_JSON, "the number %s is too large", text ? text : "");
}

static enum tn_code text_value(const cJSON *j, struct tn_arena *a, struct tn_str *s, struct tn_err *e)
{
	size_t n = strlen(j->valuestring);

	*s = (struct tn_str){ tn_arena_dup(a, j->valuestring, n), n };
	return s->p ? TN_OK : tn_no_memory(e);
}

static enum tn_code list_value(const cJSON *j, struct tn_arena *a, struct tn_value *v, struct tn_err *e)
{
	size_t n = (size_t)cJSON_GetArraySize(j), i = 0;
	struct tn_value *items = tn_arena_array(a, n + 1, sizeof(*items));
	const cJSON *item;

	if (!items)
		return tn_no_memory(e);
	cJSON_ArrayForEach(item, j)
		TN_TRY(tnp_json_value(item, a, &items[i++], e));
	v->type = TN_V_LIST;
	v->list.v = items;
	v->list.n = n;
	return TN_OK;
}

static enum tn_code map_value(const cJSON *j, struct tn_arena *a, struct tn_value *v, struct tn_err *e)
{
	size_t n = (size_t)cJSON_GetArraySize(j), i = 0;
	struct tn_pair *items = tn_arena_array(a, n + 1, sizeof(*items));
	const cJSON *item;

	if (!items)
		return tn_no_memory(e);
	cJSON_ArrayForEach(item, j) {
		size_t len = strlen(item->string);

		items[i].key = (struct tn_str){ tn_arena_dup(a, item->string, len), len };
		if (!items[i].key.p)
			return tn_no_memory(e);
		TN_TRY(tnp_json_value(item, a, &items[i++].val, e));
	}
	if (!tn_keys_sort(items, n, sizeof(*items)))
		return tn_fail(e, TN_E_JSON, "a key is there twice");
	v->type = TN_V_MAP;
	v->map.v = items;
	v->map.n = n;
	return TN_OK;
}

enum tn_code tnp_json_value(const struct cJSON *j, struct tn_arena *a, struct tn_value *v, struct tn_err *e)
{
	*v = (struct tn_value){ .type = TN_V_NULL };
	if (cJSON_IsBool(j)) {
		v->type = TN_V_BOOL;
		v->b = cJSON_IsTrue(j);
	} else if (cJSON_IsNumber(j)) {
		return number_value(j, v, e);
	} else if (cJSON_IsString(j)) {
		v->type = TN_V_TEXT;
		return text_value(j, a, &v->s, e);
	} else if (cJSON_IsArray(j)) {
		return list_value(j, a, v, e);
	} else if (cJSON_IsObject(j)) {
		return map_value(j, a, v, e);
	}
	return TN_OK;
}
