/* SPDX-License-Identifier: Apache-2.0 */
/* Input: a URL, and what follows "http://".  Oracle: what was parsed, written out and parsed again, is the same. */
#include <stdlib.h>

#include "fuzz.h"
#include "tn_match.h"

static void put(struct tn_buf *b, struct tn_str s) { tn_buf_add(b, s.p, s.n); }

static bool write_url(const struct tn_url *u, struct tn_buf *b)
{
	char digits[6];
	size_t n = 0;

	put(b, u->scheme);
	put(b, TN_STR("://"));
	if (u->host_is_ip6)
		tn_buf_put(b, '[');
	put(b, u->host);
	if (u->host_is_ip6)
		tn_buf_put(b, ']');
	for (unsigned v = u->port; u->has_port && (v || n == 0); v /= 10)
		digits[n++] = (char)('0' + v % 10);
	if (n)
		tn_buf_put(b, ':');
	while (n)
		tn_buf_put(b, digits[--n]);
	put(b, u->path);
	return !b->full;
}

static bool same(const struct tn_url *a, const struct tn_url *b)
{
	return tn_str_eq(a->scheme, b->scheme) && tn_str_eq(a->host, b->host) && tn_str_eq(a->path, b->path) && a->has_port == b->has_port &&
	       a->port == b->port && a->host_is_ip4 == b->host_is_ip4 && a->host_is_ip6 == b->host_is_ip6 && !memcmp(a->ip, b->ip, 16);
}

static void round_trip(struct tn_str url)
{
	static char one[1 << 16], two[1 << 16], text[1 << 16];
	struct tn_buf b = { text, 0, sizeof(text), false };
	struct tn_url u, v;

	if (tn_url_parse(url, one, sizeof(one), &u) != TN_OK)
		return;
	if (u.host.n == 0 || !write_url(&u, &b))
		return; /* opaque paths and hostless URLs have other spellings */
	if (tn_url_parse((struct tn_str){ b.p, b.n }, two, sizeof(two), &v) != TN_OK || !same(&u, &v))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char text[1 << 16] = "http://";
	size_t n = size < sizeof(text) - 7 ? size : sizeof(text) - 7;

	round_trip((struct tn_str){ (const char *)data, size });
	if (n)
		memcpy(text + 7, data, n);
	round_trip((struct tn_str){ text, n + 7 });
	return 0;
}
