/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UrlSafe: a URL that does not lead inside.  Upstream's rules in upstream's order, and behind them
 * our own, where a block flag is on and the spelling only hides what the flag names: a trailing
 * dot, a name below .localhost, an IPv4 address inside an IPv6 one, the special-purpose ranges of
 * the IANA registries.  What upstream refuses is "no match"; what only we refuse is "cannot say",
 * so that a Not around it does not turn our caution into permission.
 *
 * No DNS: names are judged as names (the connect is judged again by its address).
 */
#include "tn_match.h"

enum { PRIVATE = 1, LOOPBACK = 2, METADATA = 4, RESERVED = 8 };

/* extra: ours, not upstream's */
static const struct {
	uint8_t ip[16];
	uint8_t bits;
	bool v6;
	uint8_t flags;
	bool extra;
} RANGES[] = {
	{ { 0 }, 8, false, RESERVED, false },
	{ { 0 }, 32, false, LOOPBACK, true }, /* connects to this host */
	{ { 10 }, 8, false, PRIVATE, false },
	{ { 100, 64 }, 10, false, PRIVATE, true },             /* carrier-grade NAT */
	{ { 100, 100, 100, 200 }, 32, false, METADATA, true }, /* as text it is in NAMES */
	{ { 127 }, 8, false, LOOPBACK, false },
	{ { 169, 254 }, 16, false, METADATA, false },
	{ { 172, 16 }, 12, false, PRIVATE, false },
	{ { 192, 0, 0 }, 24, false, RESERVED, true },
	{ { 192, 168 }, 16, false, PRIVATE, false },
	{ { 198, 18 }, 15, false, RESERVED, true }, /* benchmarking */
	{ { 224 }, 4, false, RESERVED, false },     /* multicast */
	{ { 240 }, 4, false, RESERVED, true },      /* future use */
	{ { 255, 255, 255, 255 }, 32, false, RESERVED, false },
	{ { 0 }, 128, true, LOOPBACK | RESERVED, true }, /* [::] connects to this host */
	{ { [15] = 1 }, 128, true, LOOPBACK, false },
	{ { 0x00, 0x64, 0xff, 0x9b, 0x00, 0x01 }, 48, true, PRIVATE, true }, /* local-use NAT64 */
	{ { 0xfc }, 7, true, PRIVATE, false },                               /* unique local */
	{ { 0xfd, 0x00, 0x0e, 0xc2, [14] = 0x02, 0x54 }, 128, true, METADATA, true },
	{ { 0xfe, 0x80 }, 10, true, PRIVATE, false }, /* link-local */
	{ { 0xfe, 0xc0 }, 10, true, PRIVATE, true },  /* site-local */
	{ { 0xff }, 8, true, RESERVED, true },        /* multicast */
};

/* IPv6 prefixes that carry an IPv4 address, and where: mapped, compatible, NAT64, 6to4. */
static const struct {
	uint8_t ip[12];
	uint8_t bytes, at;
	bool extra;
} CARRIERS[] = {
	{ { [10] = 0xff, 0xff }, 12, 12, false },
	{ { 0 }, 12, 12, false },
	{ { 0x00, 0x64, 0xff, 0x9b }, 12, 12, true },
	{ { 0x20, 0x02 }, 2, 2, true },
};

static const struct {
	const char *name;
	uint8_t flags;
	bool extra;
} NAMES[] = {
	{ "localhost", LOOPBACK, false },
	{ "localhost.localdomain", LOOPBACK, false },
	{ "ip6-localhost", LOOPBACK, true },
	{ "ip6-loopback", LOOPBACK, true },
	{ "metadata.google.internal", METADATA, false },
	{ "metadata.goog", METADATA, false },
	{ "100.100.100.200", METADATA, false },
};

static const char *const INTERNAL_TLDS[] = {
	".internal", ".local", ".localhost", ".lan", ".corp", ".home", ".svc", ".default",
};
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* What the rules ask about: one request, however it came. */
struct target {
	struct tn_str scheme;
	struct tn_host host;
	unsigned port;
	bool port_known;
};

static unsigned active_flags(const struct tn_constraint *c)
{
	return (c->url.block_private ? PRIVATE : 0u) | (c->url.block_loopback ? LOOPBACK : 0u) |
	       (c->url.block_metadata ? METADATA : 0u) | (c->url.block_reserved ? RESERVED : 0u);
}

static struct tn_str without_dots(struct tn_str s)
{
	while (s.n && s.p[s.n - 1] == '.')
		s.n--;
	return s;
}

/* The IPv4 address an IPv6 one stands for; :: and ::1 are themselves. */
static bool carried_ip4(const uint8_t ip[16], bool extra, uint8_t out[4])
{
	static const uint8_t none[15];

	if (memcmp(ip, none, 15) == 0 && ip[15] <= 1)
		return false;
	for (size_t i = 0; i < COUNT(CARRIERS); i++)
		if (extra >= CARRIERS[i].extra &&
		    memcmp(ip, CARRIERS[i].ip, CARRIERS[i].bytes) == 0) {
			memcpy(out, ip + CARRIERS[i].at, 4);
			return true;
		}
	return false;
}

static bool in_range(size_t row, const uint8_t *ip)
{
	unsigned whole = RANGES[row].bits / 8, rest = RANGES[row].bits % 8;

	if (memcmp(ip, RANGES[row].ip, whole) != 0)
		return false;
	return rest == 0 || (ip[whole] ^ RANGES[row].ip[whole]) >> (8 - rest) == 0;
}

static bool ip_blocked(const uint8_t *ip, bool v6, unsigned flags, bool extra)
{
	for (size_t i = 0; i < COUNT(RANGES); i++)
		if (RANGES[i].v6 == v6 && (RANGES[i].flags & flags) && extra >= RANGES[i].extra &&
		    in_range(i, ip))
			return true;
	return false;
}

static bool address_blocked(const struct tn_host *h, unsigned flags, bool extra)
{
	uint8_t inner[4];

	if (ip_blocked(h->ip, h->ip6, flags, extra))
		return true;
	return h->ip6 && carried_ip4(h->ip, extra, inner) && ip_blocked(inner, false, flags, extra);
}

static bool name_blocked(struct tn_str name, unsigned flags, bool extra)
{
	for (size_t i = 0; i < COUNT(NAMES); i++)
		if ((NAMES[i].flags & flags) && extra >= NAMES[i].extra &&
		    tn_str_eq(name, tn_cstr(NAMES[i].name)))
			return true;
	return extra && (flags & LOOPBACK) && tn_str_ends(name, TN_STR(".localhost"));
}

static bool internal_name(struct tn_str name)
{
	for (size_t i = 0; i < COUNT(INTERNAL_TLDS); i++) {
		struct tn_str tld = tn_cstr(INTERNAL_TLDS[i]);

		if (tn_str_ends(name, tld) || tn_str_eq(name, tn_sub(tld, 1, tld.n)))
			return true;
	}
	return false;
}

static bool blocked(const struct tn_constraint *c, const struct tn_host *h, bool extra)
{
	unsigned flags = active_flags(c);
	struct tn_str name = extra ? without_dots(h->text) : h->text;

	if (name_blocked(name, flags, extra) || (c->url.block_internal_tlds && internal_name(name)))
		return true;
	return (h->ip4 || h->ip6) && address_blocked(h, flags, extra);
}

/* --- allow_domains, deny_domains --- */
struct entry {
	bool wild;
	struct tn_host host;
};
#define ENTRY_BUF 640

/* false: malformed or not judgeable; then the whole constraint cannot say anything. */
static bool read_entry(struct tn_str text, struct tn_buf *b, struct entry *e)
{
	e->wild = tn_str_starts(text, TN_STR("*."));
	if (e->wild)
		text = tn_sub(text, 2, text.n);
	if (text.n == 0 || tn_host_parse(text, true, b, &e->host) != TN_J_OK)
		return false;
	return !memchr(e->host.text.p, '*', e->host.text.n);
}

static bool below(struct tn_str name, struct tn_str domain)
{
	return name.n > domain.n && name.p[name.n - domain.n - 1] == '.' &&
	       tn_str_ends(name, domain);
}

static bool entry_holds(const struct entry *e, const struct tn_host *h)
{
	if (tn_host_eq(&e->host, h))
		return true;
	return e->wild && !h->ip4 && !h->ip6 && !e->host.ip4 && !e->host.ip6 &&
	       below(h->text, e->host.text);
}

/* The same host in another spelling: a trailing dot, an IPv6 form of an IPv4 address. */
static bool entry_shadows(const struct entry *e, const struct tn_host *h)
{
	struct tn_host plain = *h;
	struct entry bare = *e;
	uint8_t inner[4];

	plain.text = without_dots(h->text);
	bare.host.text = without_dots(e->host.text);
	if (entry_holds(&bare, &plain))
		return true;
	return h->ip6 && e->host.ip4 && carried_ip4(h->ip, true, inner) &&
	       memcmp(inner, e->host.ip, 4) == 0;
}

struct hits {
	bool plain, shadow;
};

/* h NULL: only whether the list can be judged. */
static bool ask_list(struct tn_strs list, const struct tn_host *h, struct hits *hits)
{
	char scratch[ENTRY_BUF];

	*hits = (struct hits){ false, false };
	for (size_t i = 0; i < list.n; i++) {
		struct tn_buf b = { scratch, 0, sizeof(scratch), false };
		struct entry e;

		if (!read_entry(list.v[i], &b, &e))
			return false;
		if (h && !hits->plain)
			hits->plain = entry_holds(&e, h);
		if (h && !hits->shadow)
			hits->shadow = entry_shadows(&e, h);
	}
	return true;
}

/* --- the decision --- */
static const struct tn_str DEFAULT_SCHEMES[] = { { "http", 4 }, { "https", 5 } };

static struct tn_strs schemes_of(const struct tn_constraint *c)
{
	return c->url.has_schemes ? c->url.schemes
				  : (struct tn_strs){ DEFAULT_SCHEMES, COUNT(DEFAULT_SCHEMES) };
}

static bool has_scheme(struct tn_strs list, struct tn_str scheme)
{
	for (size_t i = 0; i < list.n; i++)
		if (tn_str_ieq(list.v[i], scheme))
			return true;
	return false;
}

static bool has_port(const struct tn_constraint *c, unsigned port)
{
	for (size_t i = 0; i < c->url.nports; i++)
		if (c->url.ports[i] == port)
			return true;
	return false;
}

static enum tn_match no(struct tn_err *why, const char *text, struct tn_str detail)
{
	tn_why(why, TN_E_CONSTRAINT_VIOLATION, text, detail);
	return TN_NO_MATCH;
}

static enum tn_match judge_target(const struct tn_constraint *c, const struct target *t,
				  struct hits allow, struct hits deny, struct tn_err *why)
{
	if (!has_scheme(schemes_of(c), t->scheme))
		return no(why, "the scheme is not allowed: ", t->scheme);
	if (t->host.text.n == 0)
		return no(why, "the URL has no host", TN_NO_DETAIL);
	if (c->url.has_ports && t->port_known && !has_port(c, t->port))
		return no(why, "the port is not allowed at ", t->host.text);
	if (blocked(c, &t->host, false))
		return no(why, "a private, loopback, metadata, reserved or internal host: ",
			  t->host.text);
	if (c->url.has_allow && !allow.plain)
		return no(why, "not one of the allowed domains: ", t->host.text);
	if (c->url.has_deny && deny.plain)
		return no(why, "a denied domain: ", t->host.text);
	if (blocked(c, &t->host, true) || (c->url.has_deny && deny.shadow)) {
		tn_why(why, TN_E_CONSTRAINT_VIOLATION,
		       "another spelling of a host that is blocked: ", t->host.text);
		return TN_CANNOT_SAY;
	}
	return TN_MATCH;
}

/* t NULL: the text is no URL, but a malformed list still comes first. */
static enum tn_match judge(const struct tn_constraint *c, const struct target *t,
			   struct tn_err *why)
{
	const struct tn_host *h = t ? &t->host : NULL;
	struct hits allow, deny;

	if (!ask_list(c->url.allow_domains, h, &allow) ||
	    !ask_list(c->url.deny_domains, h, &deny)) {
		tn_why(why, TN_E_CONSTRAINT_VIOLATION,
		       "a domain in the constraint is not one that can be judged", TN_NO_DETAIL);
		return TN_CANNOT_SAY;
	}
	return t ? judge_target(c, t, allow, deny, why) : no(why, "not a URL", TN_NO_DETAIL);
}

/*
 * The host of a scheme the URL standard does not know came through as it was written.  What a
 * client makes of it is unknown, so only an address or name in its one plain spelling is judged.
 */
static bool plain_opaque(struct tn_host *h, struct tn_buf *b)
{
	struct tn_str raw = h->text;
	struct tn_ip ip;

	if (h->ip6 || raw.n == 0)
		return true;
	if (memchr(raw.p, '%', raw.n) || tn_host_parse(raw, true, b, h) != TN_J_OK)
		return false;
	return !h->ip4 || tn_ip_parse(raw, &ip);
}

enum tn_match tn_url_safe_match(const struct tn_constraint *c, struct tn_str url,
				struct tn_err *why)
{
	char scratch[1024];
	struct tn_buf b = { scratch, 0, sizeof(scratch), false };
	enum tn_judged j = TN_J_BAD;
	struct target t;
	struct tn_url u;

	if (!url.n || !memchr(url.p, '\0', url.n))
		j = tn_url_read(url, (struct tn_url_want){ .path = false }, &b, &u);
	if (j == TN_J_BAD)
		return judge(c, NULL, why);
	if (j == TN_J_OK) {
		t.scheme = u.scheme;
		tn_url_host(&u, &t.host);
		t.port = u.port;
		t.port_known = u.has_port || tn_url_default_port(u.scheme) != 0;
		if (tn_url_special(u.scheme) || plain_opaque(&t.host, &b))
			return judge(c, &t, why);
	}
	tn_why(why, TN_E_CONSTRAINT_VIOLATION, "the host is not one that can be judged",
	       TN_NO_DETAIL);
	return TN_CANNOT_SAY;
}

enum tn_match tn_url_safe_match_parts(const struct tn_constraint *c, struct tn_str scheme,
				      struct tn_str host, uint16_t port, struct tn_err *why)
{
	char scratch[1024];
	struct tn_buf b = { scratch, 0, sizeof(scratch), false };
	struct target t = { .scheme = scheme, .port = port, .port_known = true };

	switch (tn_host_literal(host, &b, &t.host)) {
	case TN_J_OK:
		return judge(c, &t, why);
	case TN_J_BAD:
		return judge(c, NULL, why);
	case TN_J_CANNOT:
		break;
	}
	tn_why(why, TN_E_CONSTRAINT_VIOLATION, "the host is not one that can be judged",
	       TN_NO_DETAIL);
	return TN_CANNOT_SAY;
}

/* --- attenuation --- */
static bool covers(struct tn_str parent, struct tn_str child)
{
	char ps[ENTRY_BUF], cs[ENTRY_BUF];
	struct tn_buf pb = { ps, 0, sizeof(ps), false }, cb = { cs, 0, sizeof(cs), false };
	struct entry p, c;

	if (!read_entry(parent, &pb, &p) || !read_entry(child, &cb, &c))
		return false;
	if (c.wild && !p.wild)
		return false;
	return entry_holds(&p, &c.host);
}

/* Each of `narrow` lies within one of `wide`. */
static bool all_covered(struct tn_strs wide, struct tn_strs narrow)
{
	for (size_t i = 0; i < narrow.n; i++) {
		size_t k = 0;

		while (k < wide.n && !covers(wide.v[k], narrow.v[i]))
			k++;
		if (k == wide.n)
			return false;
	}
	return true;
}

static bool valid(const struct tn_constraint *c)
{
	struct hits none;

	return ask_list(c->url.allow_domains, NULL, &none) &&
	       ask_list(c->url.deny_domains, NULL, &none);
}

static bool flags_kept(const struct tn_constraint *parent, const struct tn_constraint *child)
{
	return !(active_flags(parent) & ~active_flags(child)) &&
	       (!parent->url.block_internal_tlds || child->url.block_internal_tlds);
}

static bool schemes_within(const struct tn_constraint *parent, const struct tn_constraint *child)
{
	struct tn_strs list = schemes_of(child);

	for (size_t i = 0; i < list.n; i++)
		if (!has_scheme(schemes_of(parent), list.v[i]))
			return false;
	return true;
}

static bool ports_within(const struct tn_constraint *parent, const struct tn_constraint *child)
{
	if (!parent->url.has_ports)
		return true;
	if (!child->url.has_ports)
		return false;
	for (size_t i = 0; i < child->url.nports; i++)
		if (!has_port(parent, child->url.ports[i]))
			return false;
	return true;
}

bool tn_url_safe_attenuates(const struct tn_constraint *parent, const struct tn_constraint *child,
			    const char **why)
{
	const char *reason = NULL;

	if (!valid(parent) || !valid(child))
		reason = "a domain in the URL constraint cannot be judged";
	else if (!schemes_within(parent, child))
		reason = "the child allows a scheme the parent does not";
	else if (!flags_kept(parent, child))
		reason = "the child lifts a block of the parent";
	else if (!ports_within(parent, child))
		reason = "the child allows a port the parent does not";
	else if (parent->url.has_allow &&
		 (!child->url.has_allow ||
		  !all_covered(parent->url.allow_domains, child->url.allow_domains)))
		reason = "the child allows a domain the parent does not";
	else if (parent->url.has_deny &&
		 (!child->url.has_deny ||
		  !all_covered(child->url.deny_domains, parent->url.deny_domains)))
		reason = "the child drops a domain the parent denies";
	*why = reason;
	return !reason;
}
