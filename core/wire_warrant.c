/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The envelope [1, payload, [1, signature]] and what the format asks of the warrant inside.
 *
 * MUST: the signature is checked over the bytes as received, before anything but the issuer's key
 * is read from them.
 */
#include <string.h>
#include "tn_crypto.h"
#include "tn_fail.h"
#include "tn_text.h"
#include "tn_wire.h"

struct envelope {
	struct tn_bytes payload, signature;
	size_t payload_at;
};

static enum tn_code read_signature(struct tn_cbor *c, struct tn_bytes *sig)
{
	uint64_t algorithm;
	size_t n;

	TN_TRY(tn_cbor_array(c, &n));
	if (n != 2)
		return tn_cbor_bad(c, TN_E_ENVELOPE, "the signature is not [algorithm, bytes]");
	TN_TRY(tn_cbor_uint(c, UINT64_MAX, &algorithm));
	if (algorithm != 1)
		return tn_cbor_bad(c, TN_E_ALGORITHM, "the signature's algorithm is not Ed25519");
	TN_TRY(tn_cbor_bytes(c, sig));
	return sig->n == 64 ? TN_OK
			    : tn_cbor_bad(c, TN_E_SIGNATURE_LENGTH,
					  "the signature is not 64 bytes long");
}

static enum tn_code read_envelope(struct tn_cbor *c, struct envelope *v)
{
	uint64_t version;
	size_t n;

	TN_TRY(tn_cbor_array(c, &n));
	if (n != 3)
		return tn_cbor_bad(c, TN_E_ENVELOPE,
				   "an envelope is not [version, payload, signature]");
	TN_TRY(tn_cbor_uint(c, UINT64_MAX, &version));
	if (version != 1)
		return tn_cbor_bad(c, TN_E_ENVELOPE_VERSION, "the envelope's version is not 1");
	TN_TRY(tn_cbor_bytes(c, &v->payload));
	v->payload_at = tn_cbor_offset(c) - v->payload.n;
	return read_signature(c, &v->signature);
}

uint8_t *tn_payload_space(struct tn_arena *a, size_t n)
{
	uint8_t *p = tn_arena_alloc(a, TN_SIGN_PREFIX_LEN + n);

	if (!p)
		return NULL;
	memcpy(p, tn_sign_prefix, TN_SIGN_PREFIX_LEN);
	return p + TN_SIGN_PREFIX_LEN;
}

/* Looks at the payload's shape in any case: what reads it next takes memory by its counts. */
static enum tn_code check_signature(const struct envelope *v, const uint8_t *payload, bool vouched,
				    struct tn_err *e)
{
	struct tn_cbor c =
		tn_cbor_over((struct tn_bytes){ payload, v->payload.n }, v->payload_at, e);
	uint8_t issuer[32];

	TN_TRY(tn_payload_issuer(c, issuer));
	if (!vouched &&
	    !tn_ed25519_verify(payload - TN_SIGN_PREFIX_LEN, TN_SIGN_PREFIX_LEN + v->payload.n,
			       v->signature.p, issuer))
		return tn_fail_at(e, TN_E_SIGNATURE_INVALID, v->payload_at,
				  "the warrant's signature does not verify");
	return TN_OK;
}

static enum tn_code fill(struct tn_reader *r, const struct envelope *v, struct tn_bytes whole,
			 struct tn_warrant *w)
{
	uint8_t *payload = tn_payload_space(r->a, v->payload.n);
	uint8_t *copy = tn_arena_dup(r->a, whole.p, whole.n);

	if (!payload || !copy)
		return tn_no_memory(r->c.err);
	memcpy(payload, v->payload.p, v->payload.n);
	TN_TRY(check_signature(v, payload, r->vouched, r->c.err));
	memcpy(w->signature, v->signature.p, sizeof(w->signature));
	w->envelope = (struct tn_bytes){ copy, whole.n };
	w->payload = (struct tn_bytes){ payload, v->payload.n };
	struct tn_reader inner = { .c = tn_cbor_over(w->payload, v->payload_at, r->c.err),
				   .a = r->a };
	TN_TRY(tn_payload_read(&inner, w));
	return tn_warrant_check(w, r->c.err);
}

enum tn_code tn_envelope_read(struct tn_reader *r, const tn_warrant **out)
{
	const uint8_t *start = r->c.p;
	struct tn_warrant *w;
	struct envelope v;

	TN_TRY(read_envelope(&r->c, &v));
	struct tn_bytes whole = { start, (size_t)(r->c.p - start) };
	if (whole.n > TN_WARRANT_MAX)
		return tn_fail(r->c.err, TN_E_TOO_LARGE,
			       "a warrant of %zu bytes is larger than 65536", whole.n);
	if (!(w = tn_arena_alloc(r->a, sizeof(*w))))
		return tn_no_memory(r->c.err);
	TN_TRY(fill(r, &v, whole, w));
	*out = w;
	return TN_OK;
}

/* ---- rules of a single warrant ---- */

static enum tn_code check_times(const struct tn_warrant *w, struct tn_err *e)
{
	if (w->expires_at <= w->issued_at)
		return tn_fail(e, TN_E_VALIDATION, "the warrant ends before it begins");
	if (w->expires_at - w->issued_at > TN_TTL_MAX)
		return tn_fail(e, TN_E_INVALID_TTL, "the warrant lives for more than 90 days");
	return TN_OK;
}

static enum tn_code check_depths(const struct tn_warrant *w, struct tn_err *e)
{
	if (w->max_depth > TN_DEPTH_MAX)
		return tn_fail(e, TN_E_DEPTH_EXCEEDED, "max_depth %u is beyond the format's 64",
			       w->max_depth);
	if (w->depth > w->max_depth)
		return tn_fail(e, TN_E_DEPTH_EXCEEDED, "depth %u is beyond max_depth %u", w->depth,
			       w->max_depth);
	if (w->has_max_issue_depth && w->max_issue_depth > w->max_depth)
		return tn_fail(e, TN_E_DEPTH_EXCEEDED, "max_issue_depth %u is beyond max_depth %u",
			       w->max_issue_depth, w->max_depth);
	return TN_OK;
}

static enum tn_code check_name(struct tn_str name, struct tn_err *e)
{
	if (name.n >= 6 && memcmp(name.p, "tenuo:", 6) == 0)
		return tn_fail(e, TN_E_RESERVED_TOOL, "the tool name %.*s is reserved", (int)name.n,
			       name.p);
	return TN_OK;
}

static enum tn_code check_execution(const struct tn_warrant *w, struct tn_err *e)
{
	if (w->ntools == 0)
		return tn_fail(e, TN_E_VALIDATION, "an execution warrant names no tool");
	if (w->has_issuable || w->has_max_issue_depth || w->has_bounds)
		return tn_fail(e, TN_E_VALIDATION,
			       "an execution warrant has fields of an issuer warrant");
	for (size_t i = 0; i < w->ntools; i++)
		TN_TRY(check_name(w->tools[i].name, e));
	return TN_OK;
}

static enum tn_code check_issuer(const struct tn_warrant *w, struct tn_err *e)
{
	if (w->ntools != 0)
		return tn_fail(e, TN_E_VALIDATION, "an issuer warrant has tools of its own");
	if (!w->has_issuable || w->issuable.n == 0)
		return tn_fail(e, TN_E_VALIDATION,
			       "an issuer warrant names no tool that it may issue");
	if (w->issuable.n > TN_TOOLS_MAX)
		return tn_fail(e, TN_E_TOO_MANY_TOOLS, "there are more than 256 tools");
	for (size_t i = 0; i < w->issuable.n; i++)
		TN_TRY(check_name(w->issuable.v[i], e));
	return TN_OK;
}

static enum tn_code check_approvers(const struct tn_warrant *w, struct tn_err *e)
{
	if (!w->has_approvers || !w->has_min_approvals)
		return TN_OK;
	if (w->min_approvals == 0 || w->min_approvals > w->napprovers)
		return tn_fail(e, TN_E_VALIDATION, "min_approvals %u does not fit %zu approvers",
			       w->min_approvals, w->napprovers);
	return TN_OK;
}

enum tn_code tn_warrant_check(const struct tn_warrant *w, struct tn_err *e)
{
	TN_TRY(check_times(w, e));
	TN_TRY(check_depths(w, e));
	TN_TRY(check_approvers(w, e));
	return w->issuer_type ? check_issuer(w, e) : check_execution(w, e);
}

const struct tn_tool *tn_warrant_tool(const struct tn_warrant *w, struct tn_str name)
{
	return tn_keys_find(w->tools, w->ntools, sizeof(*w->tools), name);
}

void tn_id_text(const uint8_t id[16], char out[TN_ID_TEXT_LEN + 1])
{
	memcpy(out, "tnu_wrt_", 8);
	tn_hex(id, 16, out + 8);
}
