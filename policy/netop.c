/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a connect supplies.  It has scheme candidates, a host and a port, but no path: a constraint on a url allows it only if it
 * would hold for every path.
 */
#include "internal.h"
#include "tn_fail.h"

/* ---------------------------------------------------------------- addresses as text */
static size_t ip4_text(const uint8_t *b, char *out, size_t cap)
{
	return tn_fmt(out, cap, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
}

/* RFC 5952: the first longest run of two or more zero groups is "::" */
static void longest_run(const unsigned g[8], size_t *start, size_t *len)
{
	*start = 8;
	*len = 1;
	for (size_t i = 0; i < 8; i++) {
		size_t n = 0;

		while (i + n < 8 && g[i + n] == 0)
			n++;
		if (n > *len) {
			*start = i;
			*len = n;
		}
	}
}

static size_t ip6_text(const uint8_t *b, char *out, size_t cap)
{
	size_t start, len, n = 0;
	unsigned g[8];

	for (size_t i = 0; i < 8; i++)
		g[i] = (unsigned)b[2 * i] << 8 | b[2 * i + 1];
	longest_run(g, &start, &len);
	for (size_t i = 0; i < 8; i++) {
		if (i == start) {
			n += tn_fmt(out + n, cap - n, "::");
			i += len - 1;
			continue;
		}
		n += tn_fmt(out + n, cap - n, "%s%x", i && i != start + len ? ":" : "", g[i]);
	}
	return n;
}

size_t tnp_ip_text(const struct tnp_net *n, char out[48])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (!n->ip6)
		return ip4_text(n->ip, out, 48);
	if (memcmp(n->ip, mapped, sizeof(mapped)) == 0) /* the caller should have unwrapped it; judged as IPv4 all the same */
		return ip4_text(n->ip + 12, out, 48);
	return ip6_text(n->ip, out, 48);
}

/* ---------------------------------------------------------------- schemes */
size_t tnp_schemes(const struct tnp_op *op, struct tn_str out[2])
{
	uint16_t port = op->kind == TNP_RESOLVE || !op->net ? 0 : op->net->port;

	out[0] = port == 80 ? TN_STR("http") : TN_STR("https");
	out[1] = TN_STR("http");
	return port == 80 || port == 443 ? 1 : 2;
}

static uint16_t default_port(struct tn_str scheme)
{
	return tn_str_eq(scheme, TN_STR("https")) ? 443 : 80;
}

/* ---------------------------------------------------------------- url constraints */
static enum tnp_m from_match(enum tn_match m)
{
	return m == TN_MATCH ? TNP_M_YES : m == TN_NO_MATCH ? TNP_M_NO : TNP_M_CANNOT;
}

/* "scheme://authority/rest": where the authority begins and ends in a pattern's text; false: it has no such shape */
static bool split_url(struct tn_str text, size_t *begin, size_t *end)
{
	for (size_t i = 0; i + 2 < text.n; i++) {
		if (memcmp(text.p + i, "://", 3) != 0)
			continue;
		*begin = i + 3;
		for (*end = *begin; *end < text.n && text.p[*end] != '/'; (*end)++)
			;
		return true;
	}
	return false;
}

/* The last ":digits" of an authority; 0: none. */
static uint16_t explicit_port(struct tn_str text)
{
	size_t begin, end, at;
	uint32_t port = 0;

	if (!split_url(text, &begin, &end))
		return 0;
	for (at = end; at > begin && text.p[at - 1] >= '0' && text.p[at - 1] <= '9'; at--)
		;
	if (at == end || at == begin || text.p[at - 1] != ':')
		return 0;
	for (; at < end && port <= UINT16_MAX; at++)
		port = port * 10 + (uint32_t)(text.p[at] - '0');
	return port <= UINT16_MAX ? (uint16_t)port : 0;
}

/* A name is asked for before the port is known: any port will do. */
static uint16_t port_for(const struct tnp_eval *ev, struct tn_str text)
{
	uint16_t port;

	if (ev->op->kind != TNP_RESOLVE)
		return ev->op->net->port;
	port = explicit_port(text);
	return port ? port : default_port(ev->scheme);
}

static size_t authority(const struct tnp_eval *ev, uint16_t port, char *out, size_t cap)
{
	bool v6 = !ev->host_is_name && memchr(ev->host.p, ':', ev->host.n);

	return tn_fmt(out, cap, port ? "%.*s://%s%.*s%s:%u" : "%.*s://%s%.*s%s", (int)ev->scheme.n, ev->scheme.p, v6 ? "[" : "",
		      (int)ev->host.n, ev->host.p, v6 ? "]" : "", (unsigned)port);
}

/*
 * A Pattern holds for every path if it is PREFIX/<star> and PREFIX matches scheme and authority: what follows the slash is then
 * free.  The default port is written or left out in a URL; either spelling may be what the pattern means.
 */
static enum tnp_m pattern_match(const struct tnp_eval *ev, struct tn_str text)
{
	uint16_t port = port_for(ev, text);
	enum tn_match m = TN_NO_MATCH;
	size_t begin, end, n;
	char url[400];

	if (tn_str_eq(text, TN_STR("*")))
		return TNP_M_YES;
	if (!split_url(text, &begin, &end) || text.n - end != 2 || text.p[end + 1] != '*')
		return TNP_M_NEEDS_URL;
	if (ev->host.n > 255)
		return TNP_M_CANNOT;
	if (port == default_port(ev->scheme)) {
		n = authority(ev, 0, url, sizeof(url));
		m = tn_glob_match((struct tn_str){ text.p, end }, (struct tn_str){ url, n });
	}
	if (m == TN_NO_MATCH) {
		n = authority(ev, port, url, sizeof(url));
		m = tn_glob_match((struct tn_str){ text.p, end }, (struct tn_str){ url, n });
	}
	return from_match(m);
}

/* The address too has to be one that the constraint does not block: a name may be made to point anywhere. */
static enum tnp_m safe_match(const struct tnp_eval *ev, const struct tn_constraint *c)
{
	struct tn_constraint address;
	uint16_t port = port_for(ev, TN_STR(""));
	enum tnp_m m;

	address = *c;
	if (ev->op->kind == TNP_RESOLVE) {
		address.url.has_ports = false;
		return from_match(tn_url_safe_match_parts(&address, ev->scheme, ev->host, port, NULL));
	}
	m = from_match(tn_url_safe_match_parts(c, ev->scheme, ev->host, port, NULL));
	if (m != TNP_M_YES || !ev->host_is_name)
		return m;
	address.url.has_allow = address.url.has_deny = false;
	address.url.allow_domains = address.url.deny_domains = (struct tn_strs){ 0 };
	return from_match(tn_url_safe_match_parts(&address, ev->scheme, (struct tn_str){ ev->ip, ev->ip_len }, port, NULL));
}

static enum tnp_m url_pattern_match(const struct tnp_eval *ev, const struct tn_constraint *c)
{
	enum tn_match m = tn_url_pattern_match_parts(c, ev->scheme, ev->host, port_for(ev, c->text), NULL);

	/* here it always parses, so what it cannot say is about the path */
	return m == TN_CANNOT_SAY ? TNP_M_NEEDS_URL : from_match(m);
}

/* Left to right, as for any value; a part that waits for a path does not hide a part that says no (All) or yes (Any). */
static enum tnp_m list_match(const struct tnp_eval *ev, const struct tn_constraint *c)
{
	bool all = c->type == TN_C_ALL, waits = false;

	if (all && !c->list.n)
		return TNP_M_CANNOT;
	for (size_t i = 0; i < c->list.n; i++) {
		enum tnp_m m = tnp_url_match(ev, &c->list.c[i]);

		if (m == TNP_M_CANNOT || m == (all ? TNP_M_NO : TNP_M_YES))
			return m;
		waits |= m == TNP_M_NEEDS_URL;
	}
	return waits ? TNP_M_NEEDS_URL : all ? TNP_M_YES : TNP_M_NO;
}

enum tnp_m tnp_url_match(const struct tnp_eval *ev, const struct tn_constraint *c)
{
	switch (c->type) {
	case TN_C_WILDCARD:
		return TNP_M_YES;
	case TN_C_URL_SAFE:
		return safe_match(ev, c);
	case TN_C_URL_PATTERN:
		return url_pattern_match(ev, c);
	case TN_C_PATTERN:
		return pattern_match(ev, c->text);
	case TN_C_ALL:
	case TN_C_ANY:
		return list_match(ev, c); /* nests at most 32 deep */
	case TN_C_EXACT:
	case TN_C_ONE_OF:
	case TN_C_NOT_ONE_OF:
	case TN_C_NOT:
	case TN_C_REGEX:
	case TN_C_CEL:
		return TNP_M_NEEDS_URL;
	case TN_C_RANGE:
	case TN_C_CONTAINS:
	case TN_C_SUBSET:
	case TN_C_SUBPATH:
	case TN_C_SHLEX:
		return TNP_M_NO; /* never true of a URL */
	case TN_C_CIDR:
	case TN_C_UNKNOWN:
		break;
	}
	return TNP_M_CANNOT;
}
