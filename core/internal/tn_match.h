/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TN_MATCH_H
#define TN_MATCH_H
/*
 * What the files that judge one value share: constraint, attenuate, glob, url, idna, cidr, subpath,
 * shlex, url_safe, url_pattern.  Everything here runs inside a preloaded object, in the middle of
 * somebody else's system call: no allocation, no stdio, no locale, little stack.
 */
#include "tn_types.h"

#define TN_CONSTRAINT_DEPTH 32u

/* --- bytes --- */
static inline bool tn_is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}
static inline bool tn_is_alpha(unsigned char c)
{
	return (unsigned char)((c | 0x20) - 'a') < 26;
}
static inline unsigned char tn_lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c | 0x20) : c;
}
bool tn_str_ieq(struct tn_str a, struct tn_str b); /* ASCII case ignored */
bool tn_str_starts(struct tn_str s, struct tn_str prefix);
bool tn_str_ends(struct tn_str s, struct tn_str suffix);
static inline struct tn_str tn_sub(struct tn_str s, size_t from, size_t to)
{
	return (struct tn_str){ s.p + from, to - from };
}

/*
 * One character at p (n > 0).  A byte that is not part of valid UTF-8 is a character of its own
 * above U+10FFFF, so that file names which are no text still compare in one well-defined way.
 */
size_t tn_utf8_char(const char *p, size_t n, uint32_t *c);
#define TN_NOT_UTF8 0x110000u

/* A bounded output; full stays set once something did not fit. */
struct tn_buf {
	char *p;
	size_t n, cap;
	bool full;
};
void tn_buf_put(struct tn_buf *b, char c);
void tn_buf_add(struct tn_buf *b, const char *p, size_t n);

/* --- reasons: text and what it is about, escaped and cut visibly; e may be NULL --- */
void tn_why(struct tn_err *e, enum tn_code code, const char *text, struct tn_str detail);
#define TN_NO_DETAIL ((struct tn_str){ "", 0 })

/* --- addresses (cidr.c) --- */
struct tn_ip {
	bool v6;
	uint8_t b[16]; /* v4 in b[0..3] */
};
bool tn_ip4_parse(struct tn_str s, uint8_t out[4]);  /* a.b.c.d, no leading zeros */
bool tn_ip6_parse(struct tn_str s, uint8_t out[16]); /* no brackets, no zone */
bool tn_ip_parse(struct tn_str s, struct tn_ip *ip);
#define TN_IP_TEXT 40 /* longest text of either family, no NUL */
size_t tn_ip4_text(const uint8_t ip[4], char *out);
size_t tn_ip6_text(const uint8_t ip[16], char *out); /* RFC 5952 but never with a dotted tail */
struct tn_cidr {
	struct tn_ip net;
	unsigned prefix;
};
bool tn_cidr_parse(struct tn_str s, struct tn_cidr *c);
bool tn_cidr_holds(const struct tn_cidr *c, const struct tn_ip *ip);
enum tn_match tn_cidr_match(struct tn_str cidr, const struct tn_value *v, struct tn_err *why);
bool tn_cidr_within(struct tn_str parent, struct tn_str child);

/* --- names (idna.c) --- */
enum tn_judged {
	TN_J_OK,
	TN_J_BAD,    /* the standard refuses it */
	TN_J_CANNOT, /* we do not know */
};
/* One label that is not plain lower-case ASCII: appended in its xn-- form.  UTF-8 in. */
enum tn_judged tn_idna_label(struct tn_str label, struct tn_buf *out);

/* --- URLs (url.c) --- */
struct tn_host {
	struct tn_str text;
	bool ip4, ip6;
	uint8_t ip[16];
};
#define TN_HOST_MAX 255u /* longer than any DNS name: cannot say */
enum tn_judged tn_host_parse(struct tn_str raw, bool special, struct tn_buf *b, struct tn_host *h);
/* an IP address without brackets, or a name */
enum tn_judged tn_host_literal(struct tn_str text, struct tn_buf *b, struct tn_host *h);
bool tn_host_eq(const struct tn_host *a, const struct tn_host *b);
struct tn_url_want {
	bool path;
	struct tn_str scheme; /* given: the text begins behind "scheme:" */
};
enum tn_judged tn_url_read(struct tn_str text, struct tn_url_want want, struct tn_buf *b,
			   struct tn_url *u);
unsigned tn_url_default_port(struct tn_str scheme); /* 0: none known */
bool tn_url_special(struct tn_str scheme);
void tn_url_host(const struct tn_url *u, struct tn_host *h);

/* --- one function per kind --- */
bool tn_glob_valid(struct tn_str pattern);
enum tn_match tn_subpath_match(const struct tn_constraint *c, struct tn_str path);
enum tn_match tn_shlex_match(const struct tn_constraint *c, struct tn_str cmd);
enum tn_match tn_url_safe_match(const struct tn_constraint *c, struct tn_str url,
				struct tn_err *why);
bool tn_url_safe_attenuates(const struct tn_constraint *parent, const struct tn_constraint *child,
			    const char **why);
enum tn_match tn_url_pattern_match(struct tn_str pattern, struct tn_str url, struct tn_err *why);
bool tn_url_pattern_valid(struct tn_str pattern);
bool tn_url_pattern_attenuates(struct tn_str parent, struct tn_str child);

/* Equality that can also give up (nested deeper than any reader lets through). */
enum tn_match tn_value_same(const struct tn_value *a, const struct tn_value *b);

#endif
