/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TENUO_TENUO_H
#define TENUO_TENUO_H
/*
 * libtenuo: bytes in, verdicts out.  No I/O, no clock, no environment, no logging, no malloc.
 *
 * A tn_warrant is parsed and its own signature is good, but it is not trusted.  A tn_grant is a whole chain
 * that tn_chain_verify accepted; everything that acts takes a grant.  Both live in the caller's arena.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <tenuo/arena.h>
#include <tenuo/err.h>

#ifdef __cplusplus
extern "C" {
#endif
#ifdef TN_BUILDING_SHARED /* only libtenuo.so exports; inside another library these names stay hidden */
#pragma GCC visibility push(default)
#endif

#define TN_WARRANT_MAX 65536u  /* bytes of one envelope; wire format limits */
#define TN_STACK_MAX 262144u   /* bytes of a stack */
#define TN_CHAIN_MAX 65u       /* links: depth 0..64 */

typedef struct tn_warrant tn_warrant;
typedef struct tn_grant tn_grant;

/* ---- keys ---- */
struct tn_pub { uint8_t b[32]; };
struct tn_key { uint8_t seed[32]; struct tn_pub pub; uint8_t sk[64]; };
enum tn_code tn_init(struct tn_err *e) TN_MUST_USE;                        /* libsodium; idempotent, thread-safe */
enum tn_code tn_key_generate(struct tn_key *k, struct tn_err *e) TN_MUST_USE;
enum tn_code tn_key_from_seed(struct tn_key *k, const uint8_t seed[32], struct tn_err *e) TN_MUST_USE;
/* base64 (padded or not), base64url, hex (64 digits), PKCS#8 PEM for keys, SPKI PEM for public keys; surrounding white space ignored.
 * Small-order public keys are refused. */
enum tn_code tn_key_parse(const char *text, size_t len, struct tn_key *k, struct tn_err *e) TN_MUST_USE;
enum tn_code tn_pub_parse(const char *text, size_t len, struct tn_pub *p, struct tn_err *e) TN_MUST_USE;
void tn_key_wipe(struct tn_key *k);
/* outputs NUL-terminated; cap >= 45 for base64 of 32 bytes, 65 for hex */
enum tn_b64 { TN_B64_STD, TN_B64_STD_NOPAD, TN_B64_URL };                  /* URL is always unpadded */
size_t tn_b64_encode(const uint8_t *p, size_t n, enum tn_b64 alphabet, char *out, size_t cap); /* length, 0 = did not fit */
/* either alphabet, padded or not, no white space inside; strict (canonical trailing bits). Length or -1. */
long tn_b64_decode(const char *text, size_t len, uint8_t *out, size_t cap);
void tn_hex(const uint8_t *p, size_t n, char *out);                        /* 2n+1 bytes */
enum tn_code tn_key_to_pem(const struct tn_key *k, char *out, size_t cap, struct tn_err *e) TN_MUST_USE;
enum tn_code tn_pub_to_pem(const struct tn_pub *p, char *out, size_t cap, struct tn_err *e) TN_MUST_USE;

/* ---- tokens ---- */
/* Any form: raw CBOR (one warrant or a stack), base64url or padded base64 of either, PEM WARRANT, PEM WARRANT CHAIN, concatenated PEM;
 * white space around ignored.  Signature of each link is checked before its payload is used.  root first. */
enum tn_code tn_token_decode(const void *token, size_t len, struct tn_arena *a, const tn_warrant *const **links, size_t *n,
			     struct tn_err *e) TN_MUST_USE;
/* one envelope or one stack of raw CBOR */
enum tn_code tn_stack_decode(const uint8_t *cbor, size_t len, struct tn_arena *a, const tn_warrant *const **links, size_t *n,
			     struct tn_err *e) TN_MUST_USE;
enum tn_token_form { TN_FORM_B64URL_ONE, TN_FORM_B64_STACK, TN_FORM_PEM_ONE, TN_FORM_PEM_CHAIN };
/* NUL-terminated text in the arena.  *_ONE writes the last link. */
enum tn_code tn_token_encode(const tn_warrant *const *links, size_t n, enum tn_token_form f, struct tn_arena *a, const char **text,
			     struct tn_err *e) TN_MUST_USE;

/* ---- verification ---- */
struct tn_verify_opts {
	const struct tn_pub *roots; size_t nroots; /* none: nothing is trusted */
	int64_t now;                               /* Unix seconds */
	int64_t skew;                              /* tolerance for issued_at in the future, seconds; 0 means the default 30, -1 none. Expiry has none. */
};
/* The only maker of grants. The whole chain is required: links[0] is signed by a root and has depth 0. */
enum tn_code tn_chain_verify(const tn_warrant *const *links, size_t n, const struct tn_verify_opts *o, struct tn_arena *a,
			     const tn_grant **grant, struct tn_err *e) TN_MUST_USE;
size_t tn_grant_links(const tn_grant *g);
const tn_warrant *tn_grant_link(const tn_grant *g, size_t i); /* 0 = root */
const tn_warrant *tn_grant_leaf(const tn_grant *g);
int64_t tn_grant_expires(const tn_grant *g);                  /* min over the chain = the leaf's */

/* ---- deciding a tool call ---- */
struct tn_pair;
struct tn_constraint;
struct tn_decision {
	enum tn_verdict verdict;      /* DENY unless everything held */
	enum tn_code code;            /* why not: 1300, 1500, 1501, 1707 ...; TN_OK when allowed */
	const char *tool; size_t tool_len;   /* the entry that decided: the tool's own or "*" */
	const char *arg; size_t arg_len;     /* the argument that failed, len 0 if none */
	const struct tn_constraint *constraint; /* that failed, or NULL */
	bool cannot_say;              /* the constraint could not answer (regex, cel, not an IP ...) */
	char reason[TN_MSG_MAX];
};
/* Never fails: an input it cannot judge is a denial. Proof of possession is the caller's business. An approval gate on the tool that fires denies (1707). */
void tn_allows(const tn_grant *g, const char *tool, size_t tool_len, const struct tn_pair *args, size_t nargs, int64_t now,
	       struct tn_decision *d);

/* ---- making warrants ---- */
struct tn_cset;
struct tn_tool;
struct tn_mint {                         /* zeroed = defaults */
	bool issuer_type;
	const struct tn_tool *tools; size_t ntools; /* any order; sorted on writing */
	struct tn_pub holder; bool has_holder;      /* default: the issuer */
	int64_t now, ttl;                           /* seconds; ttl 0 = 300, for a grant the parent's end if sooner */
	uint8_t id[16]; bool has_id;                /* default: fresh UUIDv7 of `now` (libsodium random) */
	bool has_max_depth; uint8_t max_depth;      /* default 64, for a grant the parent's */
	bool has_clearance; uint8_t clearance;
	bool inherit;                               /* grant: take the parent's tools unchanged instead of `tools` */
	/* issuer warrants */
	const char *const *issuable; size_t nissuable;
	bool has_max_issue_depth; uint32_t max_issue_depth;
	const struct tn_cset *bounds;
	const char *session_id, *agent_id;          /* extensions tenuo.session_id, tenuo.agent_id; NULL = none (grant: inherited) */
};
enum tn_code tn_mint(const struct tn_mint *m, const struct tn_key *issuer, struct tn_arena *a, const tn_warrant **w, struct tn_err *e) TN_MUST_USE;
/* signer must be the parent's holder; the result is links + the child, verified as tn_chain_verify would (roots apart). */
enum tn_code tn_grant_child(const tn_warrant *const *parents, size_t n, const struct tn_mint *m, const struct tn_key *signer, struct tn_arena *a,
			    const tn_warrant *const **links, size_t *nlinks, struct tn_err *e) TN_MUST_USE;

#ifdef TN_BUILDING_SHARED
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif
#endif
