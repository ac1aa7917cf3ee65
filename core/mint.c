/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making warrants.  What is written is read back by the decoder and, below a parent, by the chain
 * verifier: nothing leaves here that a strict verifier would refuse.
 */
#include <string.h>
#include "tn_chain.h"
#include "tn_crypto.h"
#include "tn_fail.h"
#include "tn_text.h"
#include "tn_wire.h"

enum { TTL_DEFAULT = 300, EXT_OURS = 3, SKEW = 30 };

struct maker {
	const struct tn_mint *m;
	const tn_warrant *parent; /* NULL for a root */
	const struct tn_key *key;
	struct tn_arena *a;
	struct tn_err *e;
	struct tn_warrant w;
	struct tn_ext ext[EXT_OURS];
};

/* ---- fields ---- */

static void put_be48(uint8_t *p, uint64_t v)
{
	for (size_t i = 0; i < 6; i++)
		p[i] = (uint8_t)(v >> 8 * (5 - i));
}

/* UUID version 7 (RFC 9562): milliseconds, then 74 random bits. */
static void set_id(struct maker *k)
{
	if (k->m->has_id) {
		memcpy(k->w.id, k->m->id, sizeof(k->w.id));
		return;
	}
	tn_random(k->w.id, sizeof(k->w.id));
	put_be48(k->w.id, (uint64_t)k->m->now * 1000);
	k->w.id[6] = (uint8_t)(0x70 | (k->w.id[6] & 0x0f));
	k->w.id[8] = (uint8_t)(0x80 | (k->w.id[8] & 0x3f));
}

static enum tn_code set_times(struct maker *k)
{
	const tn_warrant *p = k->parent;
	int64_t now = k->m->now, ttl = k->m->ttl ? k->m->ttl : TTL_DEFAULT;

	if (now < 0 || now > TN_TIME_MAX - TN_TTL_MAX)
		return tn_fail(k->e, TN_E_VALIDATION, "the time of issue is not one");
	if (ttl < 0 || ttl > TN_TTL_MAX)
		return tn_fail(k->e, TN_E_INVALID_TTL,
			       "a lifetime of %ld s is not between 1 s and 90 days", ttl);
	/* The parent's clock may be a little ahead; a child is never older than its parent. */
	k->w.issued_at = p && p->issued_at > now ? p->issued_at : now;
	k->w.expires_at = now + ttl;
	if (!p || k->w.expires_at <= p->expires_at)
		return TN_OK;
	if (k->m->ttl)
		return tn_fail(k->e, TN_E_INVALID_TTL,
			       "a lifetime of %ld s is longer than the parent's, %ld s", ttl,
			       p->expires_at - now);
	k->w.expires_at = p->expires_at;
	return TN_OK;
}

static enum tn_code set_depths(struct maker *k)
{
	const tn_warrant *p = k->parent;

	k->w.max_depth = k->m->has_max_depth ? k->m->max_depth : p ? p->max_depth : TN_DEPTH_MAX;
	if (!p)
		return TN_OK;
	if (p->depth >= p->max_depth)
		return tn_fail(k->e, TN_E_DEPTH_EXCEEDED,
			       "the parent may not be delegated any further");
	k->w.depth = p->depth + 1;
	tn_sha256(p->payload.p, p->payload.n, k->w.parent_hash);
	k->w.has_parent_hash = true;
	return TN_OK;
}

/* A copy with its keys in the order of the wire. */
static enum tn_code sort_set(struct maker *k, const struct tn_cset *from, struct tn_cset *to)
{
	struct tn_carg *args = tn_arena_array(k->a, from->n, sizeof(*args));

	if (!args)
		return tn_no_memory(k->e);
	if (from->n)
		memcpy(args, from->args, from->n * sizeof(*args));
	if (!tn_keys_sort(args, from->n, sizeof(*args)))
		return tn_fail(k->e, TN_E_VALIDATION, "an argument is constrained twice");
	*to = (struct tn_cset){ args, from->n, from->allow_unknown };
	return TN_OK;
}

static enum tn_code set_tools(struct maker *k)
{
	const struct tn_mint *m = k->m;
	struct tn_tool *tools;

	if (m->inherit && k->parent) {
		k->w.tools = k->parent->tools;
		k->w.ntools = k->parent->ntools;
		return TN_OK;
	}
	if (!(tools = tn_arena_array(k->a, m->ntools, sizeof(*tools))))
		return tn_no_memory(k->e);
	for (size_t i = 0; i < m->ntools; i++) {
		tools[i].name = m->tools[i].name;
		TN_TRY(sort_set(k, &m->tools[i].set, &tools[i].set));
	}
	if (!tn_keys_sort(tools, m->ntools, sizeof(*tools)))
		return tn_fail(k->e, TN_E_VALIDATION, "a tool is named twice");
	k->w.tools = tools;
	k->w.ntools = m->ntools;
	return TN_OK;
}

static int str_cmp(const void *a, const void *b)
{
	const struct tn_str *x = a, *y = b;

	return tn_bytes_cmp(x->p, x->n, y->p, y->n);
}

static enum tn_code set_issuable(struct maker *k)
{
	const struct tn_mint *m = k->m;
	struct tn_str *v;

	k->w.has_issuable = true;
	if (m->inherit && k->parent) {
		k->w.issuable = k->parent->issuable;
		return TN_OK;
	}
	if (!(v = tn_arena_array(k->a, m->nissuable, sizeof(*v))))
		return tn_no_memory(k->e);
	for (size_t i = 0; i < m->nissuable; i++)
		v[i] = tn_cstr(m->issuable[i]);
	tn_sort(v, m->nissuable, sizeof(*v), str_cmp);
	k->w.issuable = (struct tn_strs){ v, m->nissuable };
	return TN_OK;
}

static enum tn_code set_issuer_part(struct maker *k)
{
	const struct tn_mint *m = k->m;
	const tn_warrant *p = k->parent;

	TN_TRY(set_issuable(k));
	k->w.has_max_issue_depth = m->has_max_issue_depth || (p && p->has_max_issue_depth);
	k->w.max_issue_depth = p ? p->max_issue_depth : 0;
	if (m->has_max_issue_depth)
		k->w.max_issue_depth = m->max_issue_depth;
	k->w.has_bounds = m->bounds || (p && p->has_bounds);
	if (m->bounds)
		return sort_set(k, m->bounds, &k->w.bounds);
	if (k->w.has_bounds)
		k->w.bounds = p->bounds;
	return TN_OK;
}

/* Delegated along, but not issued: what an issuer hands out it says. */
static void set_clearance(struct maker *k)
{
	bool same_kind = k->parent && k->parent->issuer_type == k->m->issuer_type;
	const tn_warrant *p = same_kind ? k->parent : NULL;

	k->w.has_clearance = k->m->has_clearance || (p && p->has_clearance);
	k->w.clearance = k->m->has_clearance ? k->m->clearance : p ? p->clearance : 0;
}

/* A gate the parent has cannot be dropped, so it comes along with those who may open it. */
static void inherit_approvals(struct maker *k)
{
	const tn_warrant *p = k->parent;

	if (!p)
		return;
	k->w.has_approvers = p->has_approvers;
	k->w.approvers = p->approvers;
	k->w.napprovers = p->napprovers;
	k->w.has_min_approvals = p->has_min_approvals;
	k->w.min_approvals = p->min_approvals;
}

static void add_ext(struct maker *k, struct tn_str key, const char *ours)
{
	const tn_warrant *p = k->parent;
	const struct tn_ext *theirs = p ? tn_keys_find(p->ext, p->next, sizeof(*theirs), key) : NULL;
	struct tn_ext x = { .key = key };

	if (!ours && !theirs)
		return;
	if (ours)
		x.val = (struct tn_bytes){ (const uint8_t *)ours, strlen(ours) };
	else
		x.val = theirs->val;
	k->ext[k->w.next++] = x;
	k->w.ext = k->ext;
}

static void set_extensions(struct maker *k)
{
	add_ext(k, TN_EXT_AGENT, k->m->agent_id); /* in the order of the wire */
	add_ext(k, TN_EXT_GATES, NULL);
	add_ext(k, TN_EXT_SESSION, k->m->session_id);
}

/* ---- writing ---- */

/* [1, payload, [1, signature]] */
static void write_envelope(struct tn_cborw *w, struct tn_bytes payload, const uint8_t sig[64])
{
	tn_cborw_array(w, 3);
	tn_cborw_uint(w, 1);
	tn_cborw_bytes(w, payload);
	tn_cborw_array(w, 2);
	tn_cborw_uint(w, 1);
	tn_cborw_bytes(w, (struct tn_bytes){ sig, 64 });
}

static enum tn_code write_payload(struct maker *k, struct tn_bytes *payload)
{
	struct tn_cborw count = { 0 };

	tn_payload_write(&count, &k->w);
	if (count.n > TN_WARRANT_MAX)
		return tn_fail(k->e, TN_E_TOO_LARGE,
			       "the warrant would be larger than 65536 bytes");
	uint8_t *p = tn_payload_space(k->a, count.n);
	if (!p)
		return tn_no_memory(k->e);
	struct tn_cborw w = { .p = p, .cap = count.n };
	tn_payload_write(&w, &k->w);
	*payload = (struct tn_bytes){ p, w.n };
	return TN_OK;
}

static enum tn_code seal(struct maker *k, const tn_warrant **out)
{
	struct tn_bytes payload;
	struct tn_cborw w = { 0 };
	uint8_t sig[64];

	TN_TRY(write_payload(k, &payload));
	if (!tn_ed25519_sign(payload.p - TN_SIGN_PREFIX_LEN, TN_SIGN_PREFIX_LEN + payload.n,
			     k->key->sk, sig))
		return tn_fail(k->e, TN_E_INTERNAL, "signing failed");
	write_envelope(&w, payload, sig);
	w = (struct tn_cborw){ .p = tn_arena_alloc(k->a, w.n), .cap = w.n };
	if (!w.p)
		return tn_no_memory(k->e);
	write_envelope(&w, payload, sig);
	struct tn_reader r = { .c = tn_cbor_over((struct tn_bytes){ w.p, w.n }, 0, k->e),
			       .a = k->a };
	return tn_envelope_read(&r, out);
}

static enum tn_code make(struct maker *k, const tn_warrant **out)
{
	TN_TRY(tn_init(k->e));
	set_id(k);
	TN_TRY(set_times(k));
	TN_TRY(set_depths(k));
	k->w.issuer_type = k->m->issuer_type;
	memcpy(k->w.issuer, k->key->pub.b, sizeof(k->w.issuer));
	memcpy(k->w.holder, k->m->has_holder ? k->m->holder.b : k->key->pub.b, sizeof(k->w.holder));
	TN_TRY(k->m->issuer_type ? set_issuer_part(k) : set_tools(k));
	set_clearance(k);
	inherit_approvals(k);
	set_extensions(k);
	return seal(k, out);
}

enum tn_code tn_mint(const struct tn_mint *m, const struct tn_key *issuer, struct tn_arena *a,
		     const tn_warrant **w, struct tn_err *e)
{
	struct maker k = { .m = m, .key = issuer, .a = a, .e = e };

	*w = NULL;
	if (m->inherit)
		return tn_fail(e, TN_E_USAGE, "a root has nothing to inherit from");
	return make(&k, w);
}

static enum tn_code check_signer(const tn_warrant *p, const struct tn_key *signer, struct tn_err *e)
{
	if (memcmp(p->holder, signer->pub.b, sizeof(p->holder)) != 0)
		return tn_fail(e, TN_E_SELF_ISSUANCE,
			       "only the parent's holder can delegate it; this is another key");
	return TN_OK;
}

static enum tn_code check_kind(const tn_warrant *p, const struct tn_mint *m, struct tn_err *e)
{
	if (!p->issuer_type && m->issuer_type)
		return tn_fail(e, TN_E_CHAIN, "an execution warrant cannot make an issuer");
	if (p->issuer_type && !m->issuer_type && m->inherit)
		return tn_fail(e, TN_E_USAGE,
			       "an issuer warrant has no tools to inherit: name them");
	return TN_OK;
}

enum tn_code tn_grant_child(const tn_warrant *const *parents, size_t n, const struct tn_mint *m,
			    const struct tn_key *signer, struct tn_arena *a,
			    const tn_warrant *const **links, size_t *nlinks, struct tn_err *e)
{
	struct maker k = { .m = m, .key = signer, .a = a, .e = e };
	const tn_warrant **all;

	*links = NULL;
	*nlinks = 0;
	TN_TRY(tn_chain_check(parents, n, m->now, SKEW, e));
	k.parent = parents[n - 1];
	TN_TRY(check_signer(k.parent, signer, e));
	TN_TRY(check_kind(k.parent, m, e));
	if (!(all = tn_arena_array(a, n + 1, sizeof(*all))))
		return tn_no_memory(e);
	memcpy(all, parents, n * sizeof(*all));
	TN_TRY(make(&k, &all[n]));
	TN_TRY(tn_chain_check((const tn_warrant *const *)all, n + 1, m->now, SKEW, e));
	*links = (const tn_warrant *const *)all;
	*nlinks = n + 1;
	return TN_OK;
}
