/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Capabilities as JSON.  One table of constraint kinds serves reading and writing.  Reading is as strict as it can be: an unknown key
 * is an error, for a constraint that was misspelt must not vanish.
 */
#include <cjson/cJSON.h>
#include <policy/json.h>
#include "internal.h"
#include "out.h"
#include "tn_fail.h"
#include "tn_wire.h"

struct ctx {
	struct tn_arena *a;
	struct tn_err *e;
	unsigned depth;
};

static enum tn_code bad(const struct ctx *x, const char *kind, const char *what)
{
	return tn_fail(x->e, TN_E_JSON, "%s: %s", kind, what);
}

static void *items_of(const struct ctx *x, const cJSON *j, size_t size, size_t *n)
{
	*n = (size_t)cJSON_GetArraySize(j);
	return tn_arena_array(x->a, *n + 1, size);
}

/* ---------------------------------------------------------------- reading one kind */
static enum tn_code parse(struct ctx *x, const cJSON *j, struct tn_constraint *c);

static enum tn_code text(struct ctx *x, const cJSON *j, const char *kind, struct tn_str *s)
{
	struct tn_value v;

	if (!cJSON_IsString(j))
		return bad(x, kind, "text is expected");
	TN_TRY(tnp_json_value(j, x->a, &v, x->e));
	*s = v.s;
	return TN_OK;
}

static enum tn_code texts(struct ctx *x, const cJSON *j, const char *kind, struct tn_strs *out)
{
	struct tn_str *v;
	const cJSON *item;
	size_t i = 0;

	if (!cJSON_IsArray(j))
		return bad(x, kind, "a list of texts is expected");
	v = items_of(x, j, sizeof(*v), &out->n);
	if (!v)
		return tn_no_memory(x->e);
	cJSON_ArrayForEach(item, j)
		TN_TRY(text(x, item, kind, &v[i++]));
	out->v = v;
	return TN_OK;
}

static enum tn_code in_exact(struct ctx *x, const cJSON *j, struct tn_constraint *c)
{
	return tnp_json_value(j, x->a, &c->exact, x->e);
}

static enum tn_code in_text(struct ctx *x, const cJSON *j, struct tn_constraint *c)
{
	return text(x, j, "pattern, regex, cidr or url_pattern", &c->text);
}

static enum tn_code in_values(struct ctx *x, const cJSON *j, struct tn_constraint *c)
{
	struct tn_value v;

	if (!cJSON_IsArray(j))
		return bad(x, "one_of, not_one_of, contains or subset", "a list is expected");
	TN_TRY(tnp_json_value(j, x->a, &v, x->e));
	c->values = (struct tn_values){ v.list.v, v.list.n };
	return TN_OK;
}

static enum tn_code bound(struct ctx *x, const cJSON *j, double *v, bool *has)
{
	struct tn_value n;

	if (cJSON_IsNull(j))
		return TN_OK;
	if (!cJSON_IsNumber(j))
		return bad(x, "range", "min and max are numbers");
	TN_TRY(tnp_json_value(j, x->a, &n, x->e));
	*has = true;
	*v = n.type == TN_V_INT ? (double)n.i : n.f;
	/* beyond 2^53 the next integer would be another bound */
	if (n.type == TN_V_INT && (n.i > INT64_C(9007199254740992) || n.i < -INT64_C(9007199254740992)))
		return bad(x, "range", "integers beyond 2^53 are not exact there");
	return TN_OK;
}

static enum tn_code flag(struct ctx *x, const cJSON *j, const char *kind, bool *v)
{
	if (!cJSON_IsBool(j))
		return bad(x, kind, "true or false is expected");
	*v = cJSON_IsTrue(j);
	return TN_OK;
}

static enum tn_code range_member(struct ctx *x, const cJSON *m, struct tn_constraint *c)
{
	if (strcmp(m->string, "min") == 0)
		return bound(x, m, &c->range.min, &c->range.has_min);
	if (strcmp(m->string, "max") == 0)
		return bound(x, m, &c->range.max, &c->range.has_max);
	if (strcmp(m->string, "min_inclusive") == 0)
		return flag(x, m, "range", &c->range.min_inclusive);
	if (strcmp(m->string, "max_inclusive") == 0)
		return flag(x, m, "range", &c->range.max_inclusive);
	return bad(x, "range", "keys are min, max, min_inclusive, max_inclusive");
}

static enum tn_code members(struct ctx *x, const cJSON *j, const char *kind, struct tn_constraint *c,
			    enum tn_code (*each)(struct ctx *, const cJSON *, struct tn_constraint *))
{
	const cJSON *m;

	if (!cJSON_IsObject(j))
		return bad(x, kind, "an object is expected");
	cJSON_ArrayForEach(m, j)
		TN_TRY(each(x, m, c));
	return TN_OK;
}

static enum tn_code in_range(struct ctx *x, const cJSON *j, struct tn_constraint *c)
{
	c->range.min_inclusive = c->range.max_inclusive = true;
	return members(x, j, "range", c, range_member);
}

static enum tn_code in_list(struct ctx *x, const cJSON *j, struct tn_constraint *c)
{
	struct tn_constraint *v;
	const cJSON *item;
	size_t n, i = 0;

	if (!cJSON_IsArray(j))
		return bad(x, "all or any", "a list of constraints is expected");
	v = items_of(x, j, sizeof(*v), &n);
	if (!v)
		return tn_no_memory(x->e);
	cJSON_ArrayForEach(item, j)
		TN_TRY(parse(x, item, &v[i++]));
	c->list.c = v;
	c->list.n = n;
	return TN_OK;
}

static enum tn_code in_not(struct ctx *x, const cJSON *j, struct tn_constraint *c)
{
	struct tn_constraint *inner = tn_arena_alloc(x->a, sizeof(*inner));

	if (!inner)
		return tn_no_memory(x->e);
	TN_TRY(parse(x, j, inner));
	c->list.c = inner;
	c->list.n = 1;
	return TN_OK;
}

static enum tn_code in_cel(struct ctx *x, const cJSON *j, struct tn_constraint *c)
{
	return text(x, j, "cel", &c->cel.expression);
}

static enum tn_code in_wildcard(struct ctx *x, const cJSON *j, struct tn_constraint *c)
{
	(void)c;
	return cJSON_IsTrue(j) ? TN_OK : bad(x, "wildcard", "true is the only value");
}

/* As upstream's constructor does: the root is stored normalised. */
static enum tn_code root(struct ctx *x, const cJSON *j, struct tn_constraint *c)
{
	struct tn_str s;
	char *out;
	long n;

	TN_TRY(text(x, j, "subpath", &s));
	out = tn_arena_alloc(x->a, s.n + 2);
	if (!out)
		return tn_no_memory(x->e);
	n = tn_subpath_normalize(s, out, s.n + 2);
	if (n <= 0)
		return bad(x, "subpath", "the root is an absolute path");
	c->subpath.root = (struct tn_str){ out, (size_t)n };
	return TN_OK;
}

static enum tn_code subpath_member(struct ctx *x, const cJSON *m, struct tn_constraint *c)
{
	if (strcmp(m->string, "root") == 0)
		return root(x, m, c);
	if (strcmp(m->string, "case_sensitive") == 0)
		return flag(x, m, "subpath", &c->subpath.case_sensitive);
	if (strcmp(m->string, "allow_equal") == 0)
		return flag(x, m, "subpath", &c->subpath.allow_equal);
	return bad(x, "subpath", "keys are root, case_sensitive, allow_equal");
}

static enum tn_code in_subpath(struct ctx *x, const cJSON *j, struct tn_constraint *c)
{
	c->subpath.case_sensitive = c->subpath.allow_equal = true;
	if (cJSON_IsString(j))
		return root(x, j, c);
	TN_TRY(members(x, j, "subpath", c, subpath_member));
	return c->subpath.root.n ? TN_OK : bad(x, "subpath", "there is no root");
}

static enum tn_code ports(struct ctx *x, const cJSON *j, struct tn_constraint *c)
{
	uint16_t *v;
	const cJSON *item;
	struct tn_value n;
	size_t i = 0;

	if (!cJSON_IsArray(j))
		return bad(x, "url_safe", "allow_ports is a list of ports");
	v = items_of(x, j, sizeof(*v), &c->url.nports);
	if (!v)
		return tn_no_memory(x->e);
	cJSON_ArrayForEach(item, j) {
		TN_TRY(tnp_json_value(item, x->a, &n, x->e));
		if (n.type != TN_V_INT || n.i < 0 || n.i > UINT16_MAX)
			return bad(x, "url_safe", "a port is an integer from 0 to 65535");
		v[i++] = (uint16_t)n.i;
	}
	c->url.ports = v;
	c->url.has_ports = true;
	return TN_OK;
}

static enum tn_code url_list(struct ctx *x, const cJSON *m, struct tn_strs *v, bool *has)
{
	*has = true;
	return texts(x, m, "url_safe", v);
}

static enum tn_code url_member(struct ctx *x, const cJSON *m, struct tn_constraint *c)
{
	const struct { const char *name; bool *flag; } flags[] = {
		{ "block_private", &c->url.block_private }, { "block_loopback", &c->url.block_loopback },
		{ "block_metadata", &c->url.block_metadata }, { "block_reserved", &c->url.block_reserved },
		{ "block_internal_tlds", &c->url.block_internal_tlds },
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		if (strcmp(m->string, flags[i].name) == 0)
			return flag(x, m, "url_safe", flags[i].flag);
	}
	if (strcmp(m->string, "schemes") == 0)
		return url_list(x, m, &c->url.schemes, &c->url.has_schemes);
	if (strcmp(m->string, "allow_domains") == 0)
		return cJSON_IsNull(m) ? TN_OK : url_list(x, m, &c->url.allow_domains, &c->url.has_allow);
	if (strcmp(m->string, "deny_domains") == 0)
		return cJSON_IsNull(m) ? TN_OK : url_list(x, m, &c->url.deny_domains, &c->url.has_deny);
	if (strcmp(m->string, "allow_ports") == 0)
		return cJSON_IsNull(m) ? TN_OK : ports(x, m, c);
	return tn_fail(x->e, TN_E_JSON, "url_safe: there is no field %s", m->string);
}

static enum tn_code in_url_safe(struct ctx *x, const cJSON *j, struct tn_constraint *c)
{
	static const struct tn_str schemes[] = { { "http", 4 }, { "https", 5 } };

	c->url.schemes = (struct tn_strs){ schemes, 2 };
	c->url.has_schemes = true;
	c->url.block_private = c->url.block_loopback = c->url.block_metadata = c->url.block_reserved = true;
	return members(x, j, "url_safe", c, url_member);
}

static enum tn_code in_shlex(struct ctx *x, const cJSON *j, struct tn_constraint *c)
{
	return texts(x, j, "shlex", &c->shlex);
}

/* ---------------------------------------------------------------- the kinds */
static const struct kind {
	const char *name;
	enum tn_ctype type;
	enum tn_code (*in)(struct ctx *, const cJSON *, struct tn_constraint *);
} kinds[] = {
	{ "exact", TN_C_EXACT, in_exact },           { "pattern", TN_C_PATTERN, in_text },
	{ "regex", TN_C_REGEX, in_text },            { "one_of", TN_C_ONE_OF, in_values },
	{ "not_one_of", TN_C_NOT_ONE_OF, in_values }, { "range", TN_C_RANGE, in_range },
	{ "cidr", TN_C_CIDR, in_text },              { "url_pattern", TN_C_URL_PATTERN, in_text },
	{ "contains", TN_C_CONTAINS, in_values },    { "subset", TN_C_SUBSET, in_values },
	{ "all", TN_C_ALL, in_list },                { "any", TN_C_ANY, in_list },
	{ "not", TN_C_NOT, in_not },                 { "cel", TN_C_CEL, in_cel },
	{ "wildcard", TN_C_WILDCARD, in_wildcard },  { "subpath", TN_C_SUBPATH, in_subpath },
	{ "url_safe", TN_C_URL_SAFE, in_url_safe },  { "shlex", TN_C_SHLEX, in_shlex },
};
enum { NKINDS = sizeof(kinds) / sizeof(*kinds) };

static enum tn_code parse(struct ctx *x, const cJSON *j, struct tn_constraint *c)
{
	*c = (struct tn_constraint){ .type = TN_C_EXACT };
	if (cJSON_IsArray(j))
		return tn_fail(x->e, TN_E_JSON, "a constraint is a scalar or an object like {\"subpath\": \"/data\"}, not a list");
	if (!cJSON_IsObject(j))
		return in_exact(x, j, c);
	if (cJSON_GetArraySize(j) != 1)
		return tn_fail(x->e, TN_E_JSON, "a constraint has one key, like {\"subpath\": \"/data\"}");
	if (++x->depth > TN_NEST_MAX + 1)
		return tn_fail(x->e, TN_E_CONSTRAINT_DEPTH, "constraints nested more than 32 deep");
	for (size_t i = 0; i < NKINDS; i++) {
		if (strcmp(kinds[i].name, j->child->string) != 0)
			continue;
		c->type = kinds[i].type;
		TN_TRY(kinds[i].in(x, j->child, c));
		x->depth--;
		return TN_OK;
	}
	return tn_fail(x->e, TN_E_JSON, "there is no constraint %s", j->child->string);
}

enum tn_code tnp_constraint_parse(const struct cJSON *j, struct tn_arena *a, struct tn_constraint *c, struct tn_err *e)
{
	struct ctx x = { .a = a, .e = e };

	TN_TRY(parse(&x, j, c));
	return tn_constraint_check(c, e);
}

/* ---------------------------------------------------------------- sets and tools */
static enum tn_code name(struct ctx *x, const cJSON *j, struct tn_str *s)
{
	size_t n = strlen(j->string);

	*s = (struct tn_str){ tn_arena_dup(x->a, j->string, n), n };
	if (!s->p)
		return tn_no_memory(x->e);
	return n ? TN_OK : tn_fail(x->e, TN_E_JSON, "an empty name");
}

static enum tn_code set_members(struct ctx *x, const cJSON *j, struct tn_carg *args, struct tn_cset *s)
{
	const cJSON *m;

	cJSON_ArrayForEach(m, j) {
		if (strcmp(m->string, "_allow_unknown") == 0) {
			TN_TRY(flag(x, m, "_allow_unknown", &s->allow_unknown));
			continue;
		}
		TN_TRY(name(x, m, &args[s->n].name));
		if (tnp_constraint_parse(m, x->a, &args[s->n].c, x->e) != TN_OK)
			return tn_wrap(x->e, TN_E_JSON, "%s", m->string);
		s->n++;
	}
	return TN_OK;
}

enum tn_code tnp_cset_parse(const struct cJSON *j, struct tn_arena *a, struct tn_cset *s, struct tn_err *e)
{
	struct ctx x = { .a = a, .e = e };
	struct tn_carg *args;
	size_t n;

	*s = (struct tn_cset){ 0 };
	if (!cJSON_IsObject(j))
		return tn_fail(e, TN_E_JSON, "an object of arguments is expected");
	args = items_of(&x, j, sizeof(*args), &n);
	if (!args)
		return tn_no_memory(e);
	TN_TRY(set_members(&x, j, args, s));
	if (!tn_keys_sort(args, s->n, sizeof(*args)))
		return tn_fail(e, TN_E_JSON, "an argument is there twice");
	s->args = args;
	return TN_OK;
}

enum tn_code tnp_caps_parse(const struct cJSON *j, struct tn_arena *a, const struct tn_tool **tools, size_t *n, struct tn_err *e)
{
	struct ctx x = { .a = a, .e = e };
	struct tn_tool *v;
	const cJSON *m;
	size_t i = 0;

	if (!cJSON_IsObject(j))
		return tn_fail(e, TN_E_JSON, "capabilities are an object like {\"read_file\": {\"path\": {\"subpath\": \"/data\"}}}");
	v = items_of(&x, j, sizeof(*v), n);
	if (!v)
		return tn_no_memory(e);
	cJSON_ArrayForEach(m, j) {
		TN_TRY(name(&x, m, &v[i].name));
		if (tnp_cset_parse(m, a, &v[i++].set, e) != TN_OK)
			return tn_wrap(e, TN_E_JSON, "%s", m->string);
	}
	if (!tn_keys_sort(v, *n, sizeof(*v)))
		return tn_fail(e, TN_E_JSON, "a tool is there twice");
	*tools = v;
	return TN_OK;
}

/* ---------------------------------------------------------------- writing */
static cJSON *out_value(const struct tn_value *v);

static cJSON *out_text(struct tn_str s)
{
	size_t cap = 6 * s.n + 3;
	char *quoted = cJSON_malloc(cap + 1);
	struct tnp_out o;
	cJSON *j;

	/* not CreateString: text of a token may contain a NUL, where cJSON would end it */
	if (!quoted)
		return NULL;
	o = tnp_out_over(quoted, cap + 1);
	tnp_out_json(&o, s, SIZE_MAX);
	(void)tnp_out_end(&o);
	j = cJSON_CreateRaw(quoted);
	cJSON_free(quoted);
	return j;
}

static cJSON *out_int(int64_t v)
{
	char text[24];

	(void)tn_fmt(text, sizeof(text), "%lld", (long long)v);
	return cJSON_CreateRaw(text);
}

/* Whole numbers keep their point, so that they are read as what they are. */
static cJSON *out_float(double v)
{
	char text[40];

	if (v != v || v - v != 0)
		return cJSON_CreateNull();
	if (!(v < 1e15 && v > -1e15) || v != (double)(int64_t)v)
		return cJSON_CreateNumber(v);
	(void)tn_fmt(text, sizeof(text), "%lld.0", (long long)v);
	return cJSON_CreateRaw(text);
}

static bool add(cJSON *to, struct tn_str key, cJSON *item)
{
	char *text = cJSON_malloc(key.n + 1);
	bool ok = false;

	for (size_t i = 0; text && i < key.n; i++)
		text[i] = key.p[i] ? key.p[i] : '?'; /* only a hostile token has a NUL in a name; cJSON would end it there */
	if (text)
		text[key.n] = '\0';
	if (text && item)
		ok = cJSON_AddItemToObject(to, text, item);
	if (!ok)
		cJSON_Delete(item);
	cJSON_free(text);
	return ok;
}

static bool push(cJSON *to, cJSON *item)
{
	if (item && cJSON_AddItemToArray(to, item))
		return true;
	cJSON_Delete(item);
	return false;
}

static cJSON *finish(cJSON *j, bool ok)
{
	if (ok)
		return j;
	cJSON_Delete(j);
	return NULL;
}

static cJSON *out_values(const struct tn_value *v, size_t n)
{
	cJSON *j = cJSON_CreateArray();
	bool ok = j != NULL;

	for (size_t i = 0; ok && i < n; i++)
		ok = push(j, out_value(&v[i]));
	return finish(j, ok);
}

static cJSON *out_map(const struct tn_value *v)
{
	cJSON *j = cJSON_CreateObject();
	bool ok = j != NULL;

	for (size_t i = 0; ok && i < v->map.n; i++)
		ok = add(j, v->map.v[i].key, out_value(&v->map.v[i].val));
	return finish(j, ok);
}

static cJSON *out_value(const struct tn_value *v)
{
	switch (v->type) {
	case TN_V_NULL:
		break;
	case TN_V_BOOL:
		return cJSON_CreateBool(v->b);
	case TN_V_INT:
		return out_int(v->i);
	case TN_V_FLOAT:
		return out_float(v->f);
	case TN_V_TEXT:
		return out_text(v->s);
	case TN_V_LIST:
		return out_values(v->list.v, v->list.n);
	case TN_V_MAP:
		return out_map(v);
	}
	return cJSON_CreateNull();
}

static cJSON *out_texts(struct tn_strs s)
{
	cJSON *j = cJSON_CreateArray();
	bool ok = j != NULL;

	for (size_t i = 0; ok && i < s.n; i++)
		ok = push(j, out_text(s.v[i]));
	return finish(j, ok);
}

static cJSON *out_range(const struct tn_constraint *c)
{
	cJSON *j = cJSON_CreateObject();
	bool ok = j != NULL;

	if (c->range.has_min)
		ok = ok && add(j, TN_STR("min"), out_float(c->range.min));
	if (c->range.has_max)
		ok = ok && add(j, TN_STR("max"), out_float(c->range.max));
	ok = ok && add(j, TN_STR("min_inclusive"), cJSON_CreateBool(c->range.min_inclusive));
	ok = ok && add(j, TN_STR("max_inclusive"), cJSON_CreateBool(c->range.max_inclusive));
	return finish(j, ok);
}

static cJSON *out_subpath(const struct tn_constraint *c)
{
	cJSON *j;
	bool ok;

	if (c->subpath.case_sensitive && c->subpath.allow_equal)
		return out_text(c->subpath.root);
	j = cJSON_CreateObject();
	ok = j && add(j, TN_STR("root"), out_text(c->subpath.root)) &&
	     add(j, TN_STR("case_sensitive"), cJSON_CreateBool(c->subpath.case_sensitive)) &&
	     add(j, TN_STR("allow_equal"), cJSON_CreateBool(c->subpath.allow_equal));
	return finish(j, ok);
}

static cJSON *out_ports(const struct tn_constraint *c)
{
	cJSON *j = cJSON_CreateArray();
	bool ok = j != NULL;

	for (size_t i = 0; ok && i < c->url.nports; i++)
		ok = push(j, out_int(c->url.ports[i]));
	return finish(j, ok);
}

static cJSON *out_url_safe(const struct tn_constraint *c)
{
	cJSON *j = cJSON_CreateObject();
	bool ok = j && add(j, TN_STR("schemes"), out_texts(c->url.schemes));

	if (c->url.has_allow)
		ok = ok && add(j, TN_STR("allow_domains"), out_texts(c->url.allow_domains));
	if (c->url.has_deny)
		ok = ok && add(j, TN_STR("deny_domains"), out_texts(c->url.deny_domains));
	if (c->url.has_ports)
		ok = ok && add(j, TN_STR("allow_ports"), out_ports(c));
	ok = ok && add(j, TN_STR("block_private"), cJSON_CreateBool(c->url.block_private)) &&
	     add(j, TN_STR("block_loopback"), cJSON_CreateBool(c->url.block_loopback)) &&
	     add(j, TN_STR("block_metadata"), cJSON_CreateBool(c->url.block_metadata)) &&
	     add(j, TN_STR("block_reserved"), cJSON_CreateBool(c->url.block_reserved)) &&
	     add(j, TN_STR("block_internal_tlds"), cJSON_CreateBool(c->url.block_internal_tlds));
	return finish(j, ok);
}

static cJSON *out_constraint(const struct tn_constraint *c);

static cJSON *out_list(const struct tn_constraint *c)
{
	cJSON *j = cJSON_CreateArray();
	bool ok = j != NULL;

	for (size_t i = 0; ok && i < c->list.n; i++)
		ok = push(j, out_constraint(&c->list.c[i]));
	return finish(j, ok);
}

static cJSON *out_body(const struct tn_constraint *c)
{
	switch (c->type) {
	case TN_C_EXACT:
		return out_value(&c->exact);
	case TN_C_PATTERN:
	case TN_C_REGEX:
	case TN_C_CIDR:
	case TN_C_URL_PATTERN:
		return out_text(c->text);
	case TN_C_RANGE:
		return out_range(c);
	case TN_C_ONE_OF:
	case TN_C_NOT_ONE_OF:
	case TN_C_CONTAINS:
	case TN_C_SUBSET:
		return out_values(c->values.v, c->values.n);
	case TN_C_ALL:
	case TN_C_ANY:
		return out_list(c);
	case TN_C_NOT:
		return out_constraint(&c->list.c[0]);
	case TN_C_CEL:
		return out_text(c->cel.expression);
	case TN_C_WILDCARD:
		return cJSON_CreateTrue();
	case TN_C_SUBPATH:
		return out_subpath(c);
	case TN_C_URL_SAFE:
		return out_url_safe(c);
	case TN_C_SHLEX:
		return out_texts(c->shlex);
	case TN_C_UNKNOWN:
		break;
	}
	return out_int((int64_t)c->unknown.id);
}

static cJSON *out_constraint(const struct tn_constraint *c)
{
	cJSON *j = cJSON_CreateObject();
	const char *kind = "unknown";

	for (size_t i = 0; i < NKINDS; i++) {
		if (kinds[i].type == c->type)
			kind = kinds[i].name;
	}
	return finish(j, j && add(j, tn_cstr(kind), out_body(c)));
}

static cJSON *out_tool(const struct tn_tool *t)
{
	cJSON *j = cJSON_CreateObject();
	bool ok = j != NULL;

	for (size_t i = 0; ok && i < t->set.n; i++)
		ok = add(j, t->set.args[i].name, out_constraint(&t->set.args[i].c));
	if (t->set.allow_unknown)
		ok = ok && add(j, TN_STR("_allow_unknown"), cJSON_CreateTrue());
	return finish(j, ok);
}

static enum tn_code print(cJSON *j, struct tn_arena *a, const char **out, struct tn_err *e)
{
	char *printed = j ? cJSON_PrintUnformatted(j) : NULL;

	*out = printed ? tn_arena_dup(a, printed, strlen(printed)) : NULL;
	cJSON_free(printed);
	cJSON_Delete(j);
	return *out ? TN_OK : tn_no_memory(e);
}

enum tn_code tnp_constraint_json(const struct tn_constraint *c, struct tn_arena *a, const char **out, struct tn_err *e)
{
	return print(out_constraint(c), a, out, e);
}

enum tn_code tnp_caps_json(const struct tn_tool *tools, size_t n, struct tn_arena *a, const char **out, struct tn_err *e)
{
	cJSON *j = cJSON_CreateObject();
	bool ok = j != NULL;

	for (size_t i = 0; ok && i < n; i++)
		ok = add(j, tools[i].name, out_tool(&tools[i]));
	return print(finish(j, ok), a, out, e);
}
