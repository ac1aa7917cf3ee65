/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TN_TYPES_H
#define TN_TYPES_H
/*
 * The parsed forms.  In-tree only (core, policy, tools, tests): not installed.  All pointers are views
 * into the arena the object was decoded into; nothing here is freed on its own.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <tenuo/arena.h>
#include <tenuo/err.h>

struct tn_str { const char *p; size_t n; };           /* text, valid UTF-8 where it came from a token; no NUL promised */
struct tn_bytes { const uint8_t *p; size_t n; };
#define TN_STR(lit) ((struct tn_str){ (lit), sizeof(lit) - 1 })
static inline bool tn_str_eq(struct tn_str a, struct tn_str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}
static inline struct tn_str tn_cstr(const char *s) { return (struct tn_str){ s, strlen(s) }; }

/* --- values (arguments and the V of constraints) --- */
enum tn_vtype { TN_V_NULL, TN_V_BOOL, TN_V_INT, TN_V_FLOAT, TN_V_TEXT, TN_V_LIST, TN_V_MAP };
struct tn_pair;
struct tn_value {
	enum tn_vtype type;
	union {
		bool b;
		int64_t i;
		double f;
		struct tn_str s;
		struct { const struct tn_value *v; size_t n; } list;
		struct { const struct tn_pair *v; size_t n; } map; /* sorted bytewise by key, no duplicates */
	};
};
struct tn_pair { struct tn_str key; struct tn_value val; };
bool tn_value_eq(const struct tn_value *a, const struct tn_value *b); /* type-strict; NaN != NaN; map order irrelevant */

/* --- constraints --- */
enum tn_ctype {
	TN_C_EXACT = 1, TN_C_PATTERN = 2, TN_C_RANGE = 3, TN_C_ONE_OF = 4, TN_C_REGEX = 5, TN_C_NOT_ONE_OF = 7,
	TN_C_CIDR = 8, TN_C_URL_PATTERN = 9, TN_C_CONTAINS = 10, TN_C_SUBSET = 11, TN_C_ALL = 12, TN_C_ANY = 13,
	TN_C_NOT = 14, TN_C_CEL = 15, TN_C_WILDCARD = 16, TN_C_SUBPATH = 17, TN_C_URL_SAFE = 18, TN_C_SHLEX = 128,
	TN_C_UNKNOWN = 0xffff, /* any other id with a byte-string payload: never matches, never attenuates */
};
struct tn_values { const struct tn_value *v; size_t n; };
struct tn_strs { const struct tn_str *v; size_t n; };
struct tn_constraint {
	enum tn_ctype type;
	union {
		struct tn_value exact;
		struct tn_str text;            /* PATTERN, REGEX, CIDR, URL_PATTERN: the original text */
		struct { double min, max; bool has_min, has_max, min_inclusive, max_inclusive; } range;
		struct tn_values values;       /* ONE_OF, NOT_ONE_OF, CONTAINS, SUBSET */
		struct { const struct tn_constraint *c; size_t n; } list; /* ALL, ANY; NOT has n == 1 */
		struct { struct tn_str expression, parent_expression; bool has_parent; } cel;
		struct { struct tn_str root; bool case_sensitive, allow_equal; } subpath;
		struct {
			struct tn_strs schemes, allow_domains, deny_domains;
			const uint16_t *ports; size_t nports;
			bool has_schemes, has_allow, has_deny, has_ports;
			bool block_private, block_loopback, block_metadata, block_reserved, block_internal_tlds;
		} url;
		struct tn_strs shlex;
		struct { uint64_t id; struct tn_bytes payload; } unknown;
	};
};
struct tn_carg { struct tn_str name; struct tn_constraint c; };
struct tn_cset { const struct tn_carg *args; size_t n; bool allow_unknown; }; /* args sorted bytewise, no duplicates */
struct tn_tool { struct tn_str name; struct tn_cset set; };                    /* tools sorted bytewise */

/* Three-valued.  CANNOT denies and Not/Any never turn it into a match. */
enum tn_match { TN_NO_MATCH = 0, TN_MATCH = 1, TN_CANNOT_SAY = 2 };

/* core/constraint.c.  No allocation, no locks; <= 4 KiB of stack.  why may be NULL (hot path): a reason in words otherwise. */
enum tn_match tn_constraint_match(const struct tn_constraint *c, const struct tn_value *v, struct tn_err *why);
/* structural validity that upstream checks at decode (cidr and url_pattern parse, depth <= 32); TN_OK or a code */
enum tn_code tn_constraint_check(const struct tn_constraint *c, struct tn_err *e) TN_MUST_USE;

/* core/attenuate.c.  TN_OK iff everything child allows parent allows (sound: may say no too often, never yes wrongly). */
enum tn_code tn_constraint_attenuates(const struct tn_constraint *parent, const struct tn_constraint *child, struct tn_err *e) TN_MUST_USE;
enum tn_code tn_cset_attenuates(const struct tn_cset *parent, const struct tn_cset *child, struct tn_err *e) TN_MUST_USE;

/* The set: unknown argument first, then missing, then values in key order.  args sorted or not; names unique. */
struct tn_cset_why { enum { TN_SET_OK, TN_SET_UNKNOWN_ARG, TN_SET_MISSING_ARG, TN_SET_NO_MATCH, TN_SET_CANNOT_SAY } kind;
		     struct tn_str arg; const struct tn_constraint *c; };
enum tn_match tn_cset_match(const struct tn_cset *s, const struct tn_pair *args, size_t nargs, struct tn_cset_why *why);

/* core/url.c: the WHATWG URL parse as far as hosts, ports and paths matter (what upstream's url crate answers). */
struct tn_url { /* views into scratch, or into the text where it is canonical already */
	struct tn_str scheme, host, path;  /* canonical: lower case, IDNA, IPs canonical, v6 without brackets; path normalised */
	uint16_t port; bool has_port;      /* has_port false: the scheme's default or none; port = default if known, else 0 */
	bool host_is_ip4, host_is_ip6; uint8_t ip[16];
};
enum tn_code tn_url_parse(struct tn_str text, char *scratch, size_t scratch_len, struct tn_url *u) TN_MUST_USE;
/* UrlSafe on a connect whose path is unknown: scheme/host/port given apart (host lower-case text or IP literal without brackets). */
enum tn_match tn_url_safe_match_parts(const struct tn_constraint *c, struct tn_str scheme, struct tn_str host, uint16_t port, struct tn_err *why);
/* UrlPattern likewise: MATCH only if it would hold for every path; CANNOT_SAY if its path part restricts. */
enum tn_match tn_url_pattern_match_parts(const struct tn_constraint *c, struct tn_str scheme, struct tn_str host, uint16_t port, struct tn_err *why);
/* core/subpath.c: lexical normalisation as upstream (splits on / and \).  Returns length or -1 (not absolute, NUL, too long). */
long tn_subpath_normalize(struct tn_str path, char *out, size_t cap);
/* core/glob.c: Rust glob 0.3 default options on the whole string. */
enum tn_match tn_glob_match(struct tn_str pattern, struct tn_str text);

/* --- warrants --- */
struct tn_ext { struct tn_str key; struct tn_bytes val; };
struct tn_warrant {
	struct tn_bytes envelope, payload;   /* exactly as received (copied into the arena) */
	uint8_t signature[64];
	uint8_t id[16];
	bool issuer_type;                    /* warrant_type 1 */
	const struct tn_tool *tools; size_t ntools;
	uint8_t holder[32], issuer[32];
	int64_t issued_at, expires_at;       /* Unix seconds; larger values on the wire are refused */
	uint8_t max_depth; uint32_t depth;
	bool has_parent_hash; uint8_t parent_hash[32];
	const struct tn_ext *ext; size_t next;
	bool has_issuable; struct tn_strs issuable;
	bool has_max_issue_depth; uint32_t max_issue_depth;
	bool has_bounds; struct tn_cset bounds;
	const uint8_t (*approvers)[32]; size_t napprovers; bool has_approvers;
	bool has_min_approvals; uint32_t min_approvals;
	bool has_clearance; uint8_t clearance;
	const struct tn_gates *gates;        /* core/gates.c's; NULL = none */
};
const struct tn_tool *tn_warrant_tool(const struct tn_warrant *w, struct tn_str name); /* literal name only, else NULL */
#define TN_ID_TEXT_LEN 40 /* "tnu_wrt_" + 32 hex */
void tn_id_text(const uint8_t id[16], char out[TN_ID_TEXT_LEN + 1]);

#endif
