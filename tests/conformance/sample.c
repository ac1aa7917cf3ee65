/* SPDX-License-Identifier: Apache-2.0 */
#include "sample.h"

#include <math.h>
#include <stdlib.h>

#define PICK(d, table) (table)[dice_roll(d, sizeof(table) / sizeof((table)[0]))]

uint32_t dice_roll(struct dice *d, uint32_t sides)
{
	if (d->bytes) {
		uint32_t v = d->nbytes ? *d->bytes : 0;

		d->bytes += d->nbytes > 0;
		d->nbytes -= d->nbytes > 0;
		return v % sides;
	}
	d->state ^= d->state << 13;
	d->state ^= d->state >> 7;
	d->state ^= d->state << 17;
	return (uint32_t)((d->state >> 11) % sides);
}

/* --- texts --- */
static const char *const GLOB_BITS[] = { "a", "b", "ab", "a]", "]", "-", "/", "/data/", "*", "*", "**", "**/", "?", "[ab]", "[!a]", "[ba]",
					 "[*]", "\xc3\xa9", "[", "x" };
static const char *const TEXT_BITS[] = { "a", "b", "ab", "]", "-", "/", "/data", "/data/", "x", "*", "\xc3\xa9", ".", "..", "" };
static const char *const HOSTS[] = { "example.com", "api.example.com", "EXAMPLE.com", "evil.com", "evil.com.", "localhost", "localhost.",
				     "a.localhost", "127.0.0.1", "10.1.2.3", "0x7f.1", "8.8.8.8", "[::1]", "[::]", "[::ffff:8.8.8.8]",
				     "[::ffff:10.0.0.1]", "[64:ff9b::7f00:1]", "[2001:db8::1]", "bücher.example",
				     "xn--bcher-kva.example", "metadata.google.internal", "\xe2\x98\x83.example", "u:p@example.com", "a%2eb",
				     "100.64.0.1", "", "*", "svc" };
static const char *const DOMAINS[] = { "example.com", "*.example.com", "api.example.com", "*.api.example.com", "evil.com", "*.com",
				       "bücher.example", "xn--bcher-kva.example", "8.8.8.8", "[::1]", "*", "bad domain",
				       "Example.COM", "evil.com." };
static const char *const SCHEMES[] = { "https", "http", "HTTPS", "ftp", "foo", "ws", "file" };
static const char *const PORTS[] = { "", "", ":80", ":443", ":8443", ":0" };
static const char *const URL_PATHS[] = { "", "/", "/api", "/api/", "/api/v1", "/api/../x", "/api/a%2fb", "/data/a", "/*", "/a b", "/a[b", "?q", "#f" };
static const char *const URLP_HOSTS[] = { "example.com", "*.example.com", "api.example.com", "*.api.example.com", "*", "[::1]", "8.8.8.8",
					  "u@*", "EXAMPLE.com", "bücher.example", "" };
static const char *const URLP_PATHS[] = { "", "/", "/*", "/api", "/api/*", "/api/v1/*", "/*.json", "/api/**", "/a**", "/[ab]/*", "/api/*/x", "/[" };
static const char *const IPS[] = { "10.0.0.1", "10.1.2.3", "10.1.255.255", "192.168.1.1", "::1", "2001:db8::1", "::ffff:10.0.0.1", "010.0.0.1",
				   "a", "0.0.0.0" };
static const char *const NETS[] = { "10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", "10.1.2.3/32", "0.0.0.0/0", "::/0", "2001:db8::/32",
				    "10.0.0.0/255.0.0.0", "192.168.0.0/16", "::ffff:10.0.0.0/104", "10.1.2.3/8" };
static const char *const ROOTS[] = { "/data", "/data/", "/data/sub", "/", "", "/DATA", "/data/../etc", "/d\xc3\xa9", "C:\\data", "C:/", "/data2" };
static const char *const PATHS[] = { "/data", "/data/x", "/DATA/x", "/data/sub/x", "/data/../etc/passwd", "/data/sub/../x", "/data2/x", "/",
				     "data/x", "/data\\x", "/d\xc3\xa9/x", "/D\xc3\x89/x", "C:\\data\\x", "C:/x", "//data//x", "/data/./x", "/data/.." };
static const char *const COMMANDS[] = { "ls", "ls -la", "/bin/ls", "/tmp/../ls", "git status", "npm", "ls;rm", "rm -rf /", " ls", "\xc2\xa0ls", "" };
static const char *const PROGRAMS[] = { "ls", "git", "npm", "/bin/ls", "rm" };
static const char *const CELS[] = { "x > 0", "x > 0 && true", "value == 'a b'", "value == 'ab'" };
static const char *const REGEXES[] = { "^a", "^a$", "b" };

static struct tn_str dup_text(struct tn_arena *a, const char *p, size_t n)
{
	return (struct tn_str){ tn_arena_dup(a, p, n), n };
}

static struct tn_str text(struct tn_arena *a, const char *s) { return dup_text(a, s, strlen(s)); }

struct build { char p[1024]; size_t n; };

static void add(struct build *b, const char *s)
{
	size_t n = strlen(s);

	if (n > sizeof(b->p) - b->n)
		return;
	memcpy(b->p + b->n, s, n);
	b->n += n;
}

static struct tn_str done(struct build *b, struct tn_arena *a) { return dup_text(a, b->p, b->n); }

static struct tn_str glob_text(struct dice *d, struct tn_arena *a)
{
	struct build b = { .n = 0 };
	uint32_t n = 1 + dice_roll(d, 4);

	if (dice_roll(d, 3) == 0) { /* the shapes attenuation understands */
		bool tail = dice_roll(d, 2);

		if (tail)
			add(&b, "*");
		for (uint32_t i = 0; i < n; i++)
			add(&b, PICK(d, TEXT_BITS));
		if (!tail)
			add(&b, "*");
		return done(&b, a);
	}
	for (uint32_t i = 0; i < n; i++)
		add(&b, PICK(d, GLOB_BITS));
	return done(&b, a);
}

/* Text that a glob has reason to match. */
static struct tn_str glob_instance(struct dice *d, struct tn_arena *a, struct tn_str g)
{
	struct build b = { .n = 0 };

	for (size_t i = 0; i < g.n; i++) {
		char one[2] = { g.p[i], 0 };

		if (g.p[i] == '*') {
			for (uint32_t k = dice_roll(d, 3); k > 0; k--)
				add(&b, PICK(d, TEXT_BITS));
		} else if (g.p[i] == '?') {
			add(&b, dice_roll(d, 2) ? "a" : "\xc3\xa9");
		} else if (g.p[i] == '[' && i + 2 < g.n) {
			const char *close = memchr(g.p + i + 2, ']', g.n - i - 2);

			if (!close)
				continue;
			one[0] = g.p[i + 1] == '!' ? 'b' : g.p[i + 1 + dice_roll(d, (uint32_t)(close - g.p - (long)i - 1))];
			add(&b, one);
			i = (size_t)(close - g.p);
		} else {
			add(&b, one);
		}
	}
	return done(&b, a);
}

static struct tn_str url_text(struct dice *d, struct tn_arena *a)
{
	struct build b = { .n = 0 };

	add(&b, PICK(d, SCHEMES));
	add(&b, dice_roll(d, 12) ? "://" : ":");
	add(&b, PICK(d, HOSTS));
	add(&b, PICK(d, PORTS));
	add(&b, PICK(d, URL_PATHS));
	return done(&b, a);
}

static struct tn_str url_pattern_text(struct dice *d, struct tn_arena *a)
{
	struct build b = { .n = 0 };

	add(&b, dice_roll(d, 3) ? PICK(d, SCHEMES) : "*");
	add(&b, "://");
	add(&b, PICK(d, URLP_HOSTS));
	add(&b, PICK(d, PORTS));
	add(&b, PICK(d, URLP_PATHS));
	return done(&b, a);
}

/* A URL for a pattern: its stars filled. */
static struct tn_str url_instance(struct dice *d, struct tn_arena *a, struct tn_str p)
{
	struct build b = { .n = 0 };
	static const char *const fills[] = { "api", "x", "https", "v1/x", "a.json", "", "API" };

	for (size_t i = 0; i < p.n; i++) {
		char one[2] = { p.p[i], 0 };

		add(&b, p.p[i] != '*' ? one : i == 0 ? "https" : PICK(d, fills));
	}
	return done(&b, a);
}

/* --- values --- */
static struct tn_value text_value(struct tn_str s) { return (struct tn_value){ .type = TN_V_TEXT, .s = s }; }

static struct tn_value scalar(struct dice *d, struct tn_arena *a)
{
	static const double floats[] = { 0.0, 1.0, 1.5, -1.0, 100.0, 9007199254740992.0 };

	switch (dice_roll(d, 10)) {
	case 0:
		return (struct tn_value){ .type = TN_V_NULL };
	case 1:
		return (struct tn_value){ .type = TN_V_BOOL, .b = dice_roll(d, 2) };
	case 2:
		return (struct tn_value){ .type = TN_V_INT, .i = (int64_t)dice_roll(d, 5) - 1 };
	case 3:
		return (struct tn_value){ .type = TN_V_INT, .i = INT64_C(9007199254740993) };
	case 4:
		return (struct tn_value){ .type = TN_V_FLOAT, .f = dice_roll(d, 8) ? PICK(d, floats) : NAN };
	case 5:
		return text_value(text(a, PICK(d, IPS)));
	case 6:
		return text_value(text(a, PICK(d, PATHS)));
	case 7:
		return text_value(url_text(d, a));
	case 8:
		return text_value(text(a, PICK(d, COMMANDS)));
	default:
		return text_value(text(a, PICK(d, TEXT_BITS)));
	}
}

static struct tn_values some_values(struct dice *d, struct tn_arena *a)
{
	size_t n = dice_roll(d, 4);
	struct tn_value *v = tn_arena_array(a, n + 1, sizeof(*v));

	for (size_t i = 0; i < n; i++)
		v[i] = dice_roll(d, 3) ? text_value(text(a, PICK(d, TEXT_BITS))) : scalar(d, a);
	return (struct tn_values){ v, n };
}

static struct tn_value any_value(struct dice *d, struct tn_arena *a)
{
	struct tn_values l;

	if (dice_roll(d, 8))
		return scalar(d, a);
	l = some_values(d, a);
	return (struct tn_value){ .type = TN_V_LIST, .list = { l.v, l.n } };
}

/* --- constraints --- */
const enum tn_ctype SAMPLE_TYPES[] = {
	TN_C_EXACT, TN_C_PATTERN, TN_C_RANGE, TN_C_ONE_OF, TN_C_REGEX, TN_C_NOT_ONE_OF, TN_C_CIDR, TN_C_URL_PATTERN, TN_C_CONTAINS,
	TN_C_SUBSET, TN_C_ALL, TN_C_ANY, TN_C_NOT, TN_C_CEL, TN_C_WILDCARD, TN_C_SUBPATH, TN_C_URL_SAFE, TN_C_SHLEX, TN_C_UNKNOWN,
};
const size_t SAMPLE_NTYPES = sizeof(SAMPLE_TYPES) / sizeof(SAMPLE_TYPES[0]);

static struct tn_strs texts_of(struct dice *d, struct tn_arena *a, const char *const *table, uint32_t ntable, uint32_t most)
{
	size_t n = dice_roll(d, most + 1);
	struct tn_str *s = tn_arena_array(a, n + 1, sizeof(*s));

	for (size_t i = 0; i < n; i++)
		s[i] = text(a, table[dice_roll(d, ntable)]);
	return (struct tn_strs){ s, n };
}

static void sample_range(struct dice *d, struct tn_constraint *c)
{
	static const double ends[] = { 0, 1, 1.5, 100, -1, 9007199254740992.0, INFINITY, -INFINITY };

	c->range.has_min = dice_roll(d, 3);
	c->range.has_max = dice_roll(d, 3);
	c->range.min = c->range.has_min ? PICK(d, ends) : 0;
	c->range.max = c->range.has_max ? PICK(d, ends) : 0;
	if (c->range.has_min && dice_roll(d, 20) == 0)
		c->range.min = NAN;
	if (c->range.has_max && dice_roll(d, 20) == 0)
		c->range.max = NAN;
	c->range.min_inclusive = dice_roll(d, 2);
	c->range.max_inclusive = dice_roll(d, 2);
}

static void sample_url_safe(struct dice *d, struct tn_arena *a, struct tn_constraint *c)
{
	static const uint16_t ports[] = { 443, 80, 8443, 0 };

	c->url.has_schemes = dice_roll(d, 2);
	if (c->url.has_schemes)
		c->url.schemes = texts_of(d, a, SCHEMES, 7, 4);
	c->url.has_allow = dice_roll(d, 2);
	if (c->url.has_allow)
		c->url.allow_domains = texts_of(d, a, DOMAINS, dice_roll(d, 4) ? 10 : 14, 4);
	c->url.has_deny = dice_roll(d, 3) == 0;
	if (c->url.has_deny)
		c->url.deny_domains = texts_of(d, a, DOMAINS, 10, 2);
	c->url.has_ports = dice_roll(d, 3) == 0;
	c->url.ports = ports;
	c->url.nports = c->url.has_ports ? dice_roll(d, 5) : 0;
	c->url.block_private = dice_roll(d, 2);
	c->url.block_loopback = dice_roll(d, 2);
	c->url.block_metadata = dice_roll(d, 2);
	c->url.block_reserved = dice_roll(d, 2);
	c->url.block_internal_tlds = dice_roll(d, 4) == 0;
}

static enum tn_ctype any_type(struct dice *d) { return SAMPLE_TYPES[dice_roll(d, (uint32_t)SAMPLE_NTYPES)]; }

static void sample_list(struct dice *d, struct tn_arena *a, struct tn_constraint *c, unsigned depth)
{
	size_t n = c->type == TN_C_NOT ? 1 : dice_roll(d, 4);
	struct tn_constraint *list = tn_arena_array(a, n + 1, sizeof(*list));

	for (size_t i = 0; i < n; i++)
		list[i] = *sample_constraint(d, a, any_type(d), depth + 1);
	c->list.c = list;
	c->list.n = n;
}

const struct tn_constraint *sample_constraint(struct dice *d, struct tn_arena *a, enum tn_ctype type, unsigned depth)
{
	struct tn_constraint *c = tn_arena_alloc(a, sizeof(*c));

	if (depth > 2 && (type == TN_C_ALL || type == TN_C_ANY || type == TN_C_NOT))
		type = TN_C_EXACT;
	c->type = type;
	switch (type) {
	case TN_C_EXACT:
		c->exact = any_value(d, a);
		break;
	case TN_C_PATTERN:
		c->text = glob_text(d, a);
		break;
	case TN_C_RANGE:
		sample_range(d, c);
		break;
	case TN_C_ONE_OF: case TN_C_NOT_ONE_OF: case TN_C_CONTAINS: case TN_C_SUBSET:
		c->values = some_values(d, a);
		break;
	case TN_C_REGEX:
		c->text = text(a, PICK(d, REGEXES));
		break;
	case TN_C_CIDR:
		c->text = text(a, PICK(d, NETS));
		break;
	case TN_C_URL_PATTERN:
		c->text = url_pattern_text(d, a);
		break;
	case TN_C_ALL: case TN_C_ANY: case TN_C_NOT:
		sample_list(d, a, c, depth);
		break;
	case TN_C_CEL:
		c->cel.expression = text(a, PICK(d, CELS));
		break;
	case TN_C_SUBPATH:
		c->subpath.root = text(a, PICK(d, ROOTS));
		c->subpath.case_sensitive = dice_roll(d, 3);
		c->subpath.allow_equal = dice_roll(d, 2);
		break;
	case TN_C_URL_SAFE:
		sample_url_safe(d, a, c);
		break;
	case TN_C_SHLEX:
		c->shlex = texts_of(d, a, PROGRAMS, 5, 3);
		break;
	case TN_C_WILDCARD: case TN_C_UNKNOWN:
		break;
	}
	return c;
}

/* --- relatives --- */
static const struct tn_constraint *bend_list(struct dice *d, struct tn_arena *a, const struct tn_constraint *c, unsigned depth)
{
	struct tn_constraint *r = tn_arena_dup(a, c, sizeof(*c));
	struct tn_constraint *list = tn_arena_array(a, c->list.n + 2, sizeof(*list));
	size_t n = 0;

	for (size_t i = 0; i < c->list.n; i++) {
		if (c->type != TN_C_NOT && dice_roll(d, 4) == 0)
			continue; /* one dropped */
		list[n++] = *sample_relative(d, a, &c->list.c[i], depth + 1);
	}
	if (c->type != TN_C_NOT && dice_roll(d, 5) == 0)
		list[n++] = *sample_constraint(d, a, any_type(d), depth + 1);
	r->list.c = list;
	r->list.n = n;
	return r;
}

static const struct tn_constraint *bend_text(struct dice *d, struct tn_arena *a, const struct tn_constraint *c)
{
	struct tn_constraint *r = tn_arena_dup(a, c, sizeof(*c));
	struct build b = { .n = 0 };
	size_t at = dice_roll(d, (uint32_t)c->text.n + 1);

	/* something put in at a random place, often right before or behind the star */
	for (size_t i = 0; i < c->text.n; i++) {
		char one[2] = { c->text.p[i], 0 };

		if (i == at || (one[0] == '*' && dice_roll(d, 3) == 0))
			add(&b, PICK(d, GLOB_BITS));
		if (one[0] != '*' || dice_roll(d, 4))
			add(&b, one);
	}
	r->text = done(&b, a);
	return r;
}

static const struct tn_constraint *bend_url_safe(struct dice *d, struct tn_arena *a, const struct tn_constraint *c)
{
	struct tn_constraint *r = tn_arena_dup(a, c, sizeof(*c));
	const struct tn_constraint *other = sample_constraint(d, a, TN_C_URL_SAFE, 0);

	r->url.block_private |= dice_roll(d, 2);
	r->url.block_loopback |= dice_roll(d, 2);
	if (dice_roll(d, 2)) {
		r->url.has_allow = other->url.has_allow;
		r->url.allow_domains = other->url.allow_domains;
	}
	if (dice_roll(d, 3) == 0) {
		r->url.has_deny = other->url.has_deny;
		r->url.deny_domains = other->url.deny_domains;
	}
	if (dice_roll(d, 3) == 0) {
		r->url.has_schemes = other->url.has_schemes;
		r->url.schemes = other->url.schemes;
	}
	if (c->url.has_ports && c->url.nports)
		r->url.nports -= dice_roll(d, 2);
	return r;
}

const struct tn_constraint *sample_relative(struct dice *d, struct tn_arena *a, const struct tn_constraint *c, unsigned depth)
{
	struct tn_constraint *r;

	switch (dice_roll(d, 5)) {
	case 0:
		return c;
	case 1:
		return sample_constraint(d, a, c->type, depth);
	case 2:
		r = tn_arena_alloc(a, sizeof(*r));
		r->type = TN_C_EXACT;
		r->exact = *sample_value(d, a, c);
		return r;
	default:
		break;
	}
	if (c->type == TN_C_ALL || c->type == TN_C_ANY || c->type == TN_C_NOT)
		return bend_list(d, a, c, depth);
	if (c->type == TN_C_PATTERN || c->type == TN_C_URL_PATTERN)
		return bend_text(d, a, c);
	if (c->type == TN_C_URL_SAFE)
		return bend_url_safe(d, a, c);
	return sample_constraint(d, a, c->type, depth);
}

/* --- a value for a constraint --- */
static struct tn_value list_value(struct dice *d, struct tn_arena *a, struct tn_values from)
{
	struct tn_value *v = tn_arena_array(a, from.n + 2, sizeof(*v));
	size_t n = 0;

	for (size_t i = 0; i < from.n; i++)
		if (dice_roll(d, 5))
			v[n++] = from.v[i];
	if (dice_roll(d, 3) == 0)
		v[n++] = scalar(d, a);
	return (struct tn_value){ .type = TN_V_LIST, .list = { v, n } };
}

static struct tn_str below_root(struct dice *d, struct tn_arena *a, struct tn_str root)
{
	static const char *const tails[] = { "", "/", "/x", "/../x", "x", "/X/y", "\\x", "/./x/..", "/\xc3\x89" };
	struct build b = { .n = 0 };
	char copy[64] = { 0 };

	memcpy(copy, root.p, root.n < sizeof(copy) - 1 ? root.n : sizeof(copy) - 1);
	for (char *p = copy; *p && dice_roll(d, 4) == 0; p++)
		*p = *p >= 'a' && *p <= 'z' ? (char)(*p - 32) : *p;
	add(&b, copy);
	add(&b, PICK(d, tails));
	return done(&b, a);
}

static struct tn_str url_of(struct dice *d, struct tn_arena *a, const struct tn_constraint *c)
{
	struct build b = { .n = 0 };
	struct tn_str domain;
	char host[64] = { 0 };

	if (!c->url.has_allow || c->url.allow_domains.n == 0 || dice_roll(d, 3) == 0)
		return url_text(d, a);
	domain = c->url.allow_domains.v[dice_roll(d, (uint32_t)c->url.allow_domains.n)];
	memcpy(host, domain.p, domain.n < 63 ? domain.n : 63);
	add(&b, PICK(d, SCHEMES));
	add(&b, "://");
	add(&b, host[0] == '*' ? (dice_roll(d, 2) ? "api" : "x.y") : "");
	add(&b, host[0] == '*' ? host + 1 : host);
	add(&b, PICK(d, PORTS));
	add(&b, "/x");
	return done(&b, a);
}

static struct tn_value derived(struct dice *d, struct tn_arena *a, const struct tn_constraint *c)
{
	switch (c->type) {
	case TN_C_EXACT:
		return c->exact;
	case TN_C_PATTERN:
		return text_value(glob_instance(d, a, c->text));
	case TN_C_URL_PATTERN:
		return text_value(dice_roll(d, 3) ? url_instance(d, a, c->text) : url_text(d, a));
	case TN_C_URL_SAFE:
		return text_value(url_of(d, a, c));
	case TN_C_RANGE:
		if (dice_roll(d, 2))
			return (struct tn_value){ .type = TN_V_FLOAT, .f = dice_roll(d, 2) ? c->range.min : c->range.max };
		return (struct tn_value){ .type = TN_V_INT, .i = (int64_t)dice_roll(d, 101) };
	case TN_C_ONE_OF: case TN_C_NOT_ONE_OF:
		return c->values.n && dice_roll(d, 3) ? c->values.v[dice_roll(d, (uint32_t)c->values.n)] : any_value(d, a);
	case TN_C_CONTAINS: case TN_C_SUBSET:
		return list_value(d, a, c->values);
	case TN_C_CIDR:
		return text_value(text(a, PICK(d, IPS)));
	case TN_C_SUBPATH:
		return text_value(dice_roll(d, 3) ? below_root(d, a, c->subpath.root) : text(a, PICK(d, PATHS)));
	case TN_C_SHLEX:
		return text_value(text(a, PICK(d, COMMANDS)));
	case TN_C_ALL: case TN_C_ANY: case TN_C_NOT:
		if (c->list.n)
			return *sample_value(d, a, &c->list.c[dice_roll(d, (uint32_t)c->list.n)]);
		break;
	case TN_C_REGEX: case TN_C_CEL: case TN_C_WILDCARD: case TN_C_UNKNOWN:
		break;
	}
	return any_value(d, a);
}

const struct tn_value *sample_value(struct dice *d, struct tn_arena *a, const struct tn_constraint *c)
{
	struct tn_value *v = tn_arena_alloc(a, sizeof(*v));

	*v = dice_roll(d, 6) ? derived(d, a, c) : any_value(d, a);
	return v;
}

const struct tn_value *sample_widening(struct dice *d, struct tn_arena *a, const struct tn_constraint *parent,
				       const struct tn_constraint *child, int tries, size_t *matches)
{
	for (int i = 0; i < tries; i++) {
		const struct tn_value *v = sample_value(d, a, i % 4 == 3 ? parent : child);

		if (tn_constraint_match(child, v, NULL) != TN_MATCH)
			continue;
		++*matches;
		if (tn_constraint_match(parent, v, NULL) != TN_MATCH)
			return v;
	}
	return NULL;
}
