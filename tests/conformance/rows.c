/* SPDX-License-Identifier: Apache-2.0 */
#include "rows.h"

#include <stdlib.h>

struct in { const char *p, *end; struct tn_arena *a; unsigned depth; };

static bool read_value(struct in *in, struct tn_value *v);

static void skip_space(struct in *in)
{
	while (in->p < in->end && strchr(" \t\r\n", *in->p))
		in->p++;
}

static bool take(struct in *in, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(in->end - in->p) < n || memcmp(in->p, word, n) != 0)
		return false;
	in->p += n;
	return true;
}

static bool hex4(struct in *in, uint32_t *c)
{
	char digits[5] = { 0 }, *stop;

	if (in->end - in->p < 4)
		return false;
	memcpy(digits, in->p, 4);
	*c = (uint32_t)strtoul(digits, &stop, 16);
	in->p += 4;
	return *stop == '\0';
}

static size_t put_utf8(uint32_t c, char *out)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 63));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 63));
		out[2] = (char)(0x80 | (c & 63));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 63));
	out[2] = (char)(0x80 | (c >> 6 & 63));
	out[3] = (char)(0x80 | (c & 63));
	return 4;
}

/* Behind "\u".  A surrogate without its other half becomes U+FFFD, as in the URL standard's strings. */
static bool unicode_escape(struct in *in, char *out, size_t *n)
{
	uint32_t hi, lo;

	if (!hex4(in, &hi))
		return false;
	if (hi >= 0xd800 && hi < 0xdc00 && in->end - in->p >= 6 && in->p[0] == '\\' && in->p[1] == 'u') {
		struct in ahead = { in->p + 2, in->end, NULL, 0 };

		if (hex4(&ahead, &lo) && lo >= 0xdc00 && lo < 0xe000) {
			in->p = ahead.p;
			hi = 0x10000 + ((hi - 0xd800) << 10) + (lo - 0xdc00);
		}
	}
	if (hi >= 0xd800 && hi < 0xe000)
		hi = 0xfffd;
	*n += put_utf8(hi, out + *n);
	return true;
}

static bool read_text(struct in *in, struct tn_str *s)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *quote = in->p, *at;
	size_t n = 0;
	char *out;

	while (quote < in->end && *quote != '"')
		quote += *quote == '\\' ? 2 : 1;
	if (quote >= in->end)
		return false;
	out = tn_arena_alloc(in->a, (size_t)(quote - in->p) + 1);
	while (out && *in->p != '"') {
		char c = *in->p++;

		if (c != '\\') {
			out[n++] = c;
			continue;
		}
		c = *in->p++;
		at = c ? strchr(from, c) : NULL;
		if (at)
			out[n++] = to[at - from];
		else if (c != 'u' || !unicode_escape(in, out, &n))
			return false;
	}
	in->p++;
	*s = (struct tn_str){ out, n };
	return out != NULL;
}

static bool read_number(struct in *in, struct tn_value *v)
{
	size_t n = 0;
	char text[64] = { 0 }, *stop;

	while (in->p < in->end && n < sizeof(text) - 1 && strchr("+-0123456789.eE", *in->p))
		text[n++] = *in->p++;
	if (n == 0)
		return false;
	if (strpbrk(text, ".eE")) {
		v->type = TN_V_FLOAT;
		v->f = strtod(text, &stop);
	} else {
		v->type = TN_V_INT;
		v->i = strtoll(text, &stop, 10);
	}
	return *stop == '\0';
}

/* Items of a list or a map, in one array that grows by doubling inside the arena. */
static bool read_items(struct in *in, struct tn_value *v, bool map)
{
	struct tn_pair *items = NULL;
	size_t n = 0, cap = 0;
	const char *close = map ? "}" : "]";

	skip_space(in);
	while (!take(in, close)) {
		if (n && !take(in, ","))
			return false;
		if (n == cap) {
			struct tn_pair *more = tn_arena_array(in->a, cap ? cap * 2 : 8, sizeof(*items));

			if (!more)
				return false;
			if (n)
				memcpy(more, items, n * sizeof(*items));
			items = more;
			cap = cap ? cap * 2 : 8;
		}
		skip_space(in);
		if (map) {
			if (!take(in, "\"") || !read_text(in, &items[n].key))
				return false;
			skip_space(in);
			if (!take(in, ":"))
				return false;
		}
		if (!read_value(in, &items[n++].val))
			return false;
		skip_space(in);
	}
	v->type = map ? TN_V_MAP : TN_V_LIST;
	if (map) {
		v->map.v = items;
		v->map.n = n;
		return true;
	}
	v->list.n = n;
	struct tn_value *list = tn_arena_array(in->a, n + 1, sizeof(*list));

	for (size_t i = 0; list && i < n; i++)
		list[i] = items[i].val;
	v->list.v = list;
	return list != NULL;
}

static bool read_value(struct in *in, struct tn_value *v)
{
	bool ok;

	if (++in->depth > 200)
		return false;
	skip_space(in);
	if (take(in, "null")) {
		v->type = TN_V_NULL;
		ok = true;
	} else if (take(in, "true") || take(in, "false")) {
		v->type = TN_V_BOOL;
		v->b = in->p[-2] == 'u';
		ok = true;
	} else if (take(in, "\"")) {
		v->type = TN_V_TEXT;
		ok = read_text(in, &v->s);
	} else if (take(in, "[")) {
		ok = read_items(in, v, false);
	} else if (take(in, "{")) {
		ok = read_items(in, v, true);
	} else {
		ok = read_number(in, v);
	}
	in->depth--;
	return ok;
}

bool rows_parse(const char *text, size_t n, struct tn_arena *a, struct tn_value *v)
{
	struct in in = { text, text + n, a, 0 };

	if (!read_value(&in, v))
		return false;
	skip_space(&in);
	return in.p == in.end;
}

const struct tn_value *rows_get(const struct tn_value *map, const char *key)
{
	for (size_t i = 0; map && map->type == TN_V_MAP && i < map->map.n; i++)
		if (tn_str_eq(map->map.v[i].key, tn_cstr(key)))
			return &map->map.v[i].val;
	return NULL;
}

/* --- constraints --- */
static bool texts(const struct tn_value *v, struct tn_arena *a, struct tn_strs *out)
{
	struct tn_str *s;

	if (!v || v->type != TN_V_LIST)
		return false;
	s = tn_arena_array(a, v->list.n + 1, sizeof(*s));
	for (size_t i = 0; s && i < v->list.n; i++) {
		if (v->list.v[i].type != TN_V_TEXT)
			return false;
		s[i] = v->list.v[i].s;
	}
	*out = (struct tn_strs){ s, v->list.n };
	return s != NULL;
}

static bool optional_texts(const struct tn_value *v, struct tn_arena *a, bool *has, struct tn_strs *out)
{
	*has = v && v->type == TN_V_LIST;
	return !*has || texts(v, a, out);
}

static bool flag(const struct tn_value *map, const char *key, bool preset)
{
	const struct tn_value *v = rows_get(map, key);

	return v && v->type == TN_V_BOOL ? v->b : preset;
}

static bool url_safe(const struct tn_value *v, struct tn_arena *a, struct tn_constraint *c)
{
	const struct tn_value *ports = rows_get(v, "allow_ports");
	uint16_t *p;

	c->url.block_private = flag(v, "block_private", true);
	c->url.block_loopback = flag(v, "block_loopback", true);
	c->url.block_metadata = flag(v, "block_metadata", true);
	c->url.block_reserved = flag(v, "block_reserved", true);
	c->url.block_internal_tlds = flag(v, "block_internal_tlds", false);
	c->url.has_ports = ports && ports->type == TN_V_LIST;
	if (c->url.has_ports) {
		p = tn_arena_array(a, ports->list.n + 1, sizeof(*p));
		for (size_t i = 0; p && i < ports->list.n; i++)
			p[i] = (uint16_t)ports->list.v[i].i;
		c->url.ports = p;
		c->url.nports = ports->list.n;
	}
	return optional_texts(rows_get(v, "schemes"), a, &c->url.has_schemes, &c->url.schemes) &&
	       optional_texts(rows_get(v, "allow_domains"), a, &c->url.has_allow, &c->url.allow_domains) &&
	       optional_texts(rows_get(v, "deny_domains"), a, &c->url.has_deny, &c->url.deny_domains);
}

static bool bound(const struct tn_value *v, bool *has, double *out)
{
	*has = v && v->type != TN_V_NULL;
	if (*has)
		*out = v->type == TN_V_INT ? (double)v->i : v->f;
	return !*has || v->type == TN_V_INT || v->type == TN_V_FLOAT;
}

static bool range(const struct tn_value *v, struct tn_constraint *c)
{
	c->range.min_inclusive = flag(v, "min_inclusive", true);
	c->range.max_inclusive = flag(v, "max_inclusive", true);
	return bound(rows_get(v, "min"), &c->range.has_min, &c->range.min) &&
	       bound(rows_get(v, "max"), &c->range.has_max, &c->range.max);
}

/* The constructor of the other side normalises the root; tokens carry the result. */
static bool subpath(const struct tn_value *v, struct tn_arena *a, struct tn_constraint *c)
{
	const struct tn_value *root = v->type == TN_V_MAP ? rows_get(v, "root") : v;
	char *out;
	long n;

	c->subpath.case_sensitive = flag(v, "case_sensitive", true);
	c->subpath.allow_equal = flag(v, "allow_equal", true);
	if (!root || root->type != TN_V_TEXT)
		return false;
	out = tn_arena_alloc(a, root->s.n + 1);
	n = out ? tn_subpath_normalize(root->s, out, root->s.n + 1) : -1;
	c->subpath.root = n < 0 ? root->s : (struct tn_str){ out, (size_t)n };
	return out != NULL;
}

static bool list_of(const struct tn_value *v, struct tn_arena *a, struct tn_constraint *c)
{
	struct tn_constraint *list;

	if (v->type != TN_V_LIST)
		return false;
	list = tn_arena_array(a, v->list.n + 1, sizeof(*list));
	for (size_t i = 0; list && i < v->list.n; i++)
		if (!rows_constraint(&v->list.v[i], a, &list[i]))
			return false;
	c->list.c = list;
	c->list.n = v->list.n;
	return list != NULL;
}

static bool one_of(const struct tn_value *v, struct tn_arena *a, struct tn_constraint *c)
{
	struct tn_constraint *one = tn_arena_alloc(a, sizeof(*one));

	c->list.c = one;
	c->list.n = 1;
	return one && rows_constraint(v, a, one);
}

static const struct { const char *key; enum tn_ctype type; } KINDS[] = {
	{ "exact", TN_C_EXACT }, { "pattern", TN_C_PATTERN }, { "range", TN_C_RANGE }, { "one_of", TN_C_ONE_OF },
	{ "regex", TN_C_REGEX }, { "not_one_of", TN_C_NOT_ONE_OF }, { "cidr", TN_C_CIDR }, { "url_pattern", TN_C_URL_PATTERN },
	{ "contains", TN_C_CONTAINS }, { "subset", TN_C_SUBSET }, { "all", TN_C_ALL }, { "any", TN_C_ANY }, { "not", TN_C_NOT },
	{ "cel", TN_C_CEL }, { "wildcard", TN_C_WILDCARD }, { "subpath", TN_C_SUBPATH }, { "url_safe", TN_C_URL_SAFE },
	{ "shlex", TN_C_SHLEX },
};

static bool fill(const struct tn_value *v, struct tn_arena *a, struct tn_constraint *c)
{
	switch (c->type) {
	case TN_C_EXACT:
		c->exact = *v;
		return true;
	case TN_C_PATTERN: case TN_C_REGEX: case TN_C_CIDR: case TN_C_URL_PATTERN:
		c->text = v->s;
		return v->type == TN_V_TEXT;
	case TN_C_RANGE:
		return range(v, c);
	case TN_C_ONE_OF: case TN_C_NOT_ONE_OF: case TN_C_CONTAINS: case TN_C_SUBSET:
		c->values = (struct tn_values){ v->list.v, v->list.n };
		return v->type == TN_V_LIST;
	case TN_C_ALL: case TN_C_ANY:
		return list_of(v, a, c);
	case TN_C_NOT:
		return one_of(v, a, c);
	case TN_C_CEL:
		c->cel.expression = v->s;
		return v->type == TN_V_TEXT;
	case TN_C_WILDCARD:
		return true;
	case TN_C_SUBPATH:
		return subpath(v, a, c);
	case TN_C_URL_SAFE:
		return url_safe(v, a, c);
	case TN_C_SHLEX:
		return texts(v, a, &c->shlex);
	case TN_C_UNKNOWN:
		break;
	}
	return false;
}

bool rows_constraint(const struct tn_value *v, struct tn_arena *a, struct tn_constraint *c)
{
	memset(c, 0, sizeof(*c));
	if (v->type != TN_V_MAP) { /* a scalar is exact */
		c->type = TN_C_EXACT;
		c->exact = *v;
		return v->type != TN_V_LIST;
	}
	if (v->map.n != 1)
		return false;
	for (size_t i = 0; i < sizeof(KINDS) / sizeof(KINDS[0]); i++)
		if (tn_str_eq(v->map.v[0].key, tn_cstr(KINDS[i].key))) {
			c->type = KINDS[i].type;
			return fill(&v->map.v[0].val, a, c);
		}
	return false;
}

bool rows_cset(const struct tn_value *v, struct tn_arena *a, struct tn_cset *s)
{
	struct tn_carg *args = tn_arena_array(a, v->map.n + 1, sizeof(*args));

	*s = (struct tn_cset){ args, 0, flag(v, "_allow_unknown", false) };
	for (size_t i = 0; args && i < v->map.n; i++) {
		size_t at = s->n;

		if (tn_str_eq(v->map.v[i].key, TN_STR("_allow_unknown")))
			continue;
		/* sorted bytewise, as the contract asks */
		while (at > 0 && strcmp(args[at - 1].name.p, v->map.v[i].key.p) > 0) {
			args[at] = args[at - 1];
			at--;
		}
		args[at].name = v->map.v[i].key;
		if (!rows_constraint(&v->map.v[i].val, a, &args[at].c))
			return false;
		s->n++;
	}
	return args != NULL;
}

const struct tn_value *rows_v(struct tn_arena *a, const char *json)
{
	struct tn_value *v = tn_arena_alloc(a, sizeof(*v));

	if (!v || !rows_parse(json, strlen(json), a, v))
		abort();
	return v;
}

const struct tn_constraint *rows_c(struct tn_arena *a, const char *json)
{
	struct tn_constraint *c = tn_arena_alloc(a, sizeof(*c));

	if (!c || !rows_constraint(rows_v(a, json), a, c))
		abort();
	return c;
}
