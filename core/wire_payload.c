/* SPDX-License-Identifier: Apache-2.0 */
/* The payload map: integer keys, one row each.  Anything unknown, double, missing or of the wrong
 * kind refuses the warrant. */
#include <string.h>
#include "tn_crypto.h"
#include "tn_fail.h"
#include "tn_gates.h"
#include "tn_text.h"
#include "tn_wire.h"

enum {
	K_VERSION,
	K_ID,
	K_TYPE,
	K_TOOLS,
	K_HOLDER,
	K_ISSUER,
	K_ISSUED_AT,
	K_EXPIRES_AT,
	K_MAX_DEPTH,
	K_PARENT_HASH,
	K_EXTENSIONS,
	K_ISSUABLE,
	K_REMOVED,
	K_MAX_ISSUE_DEPTH,
	K_BOUNDS,
	K_APPROVERS,
	K_MIN_APPROVALS,
	K_CLEARANCE,
	K_DEPTH,
	K_COUNT
};
enum { ALGORITHM = 1 };

static enum tn_code bad(struct tn_reader *r, enum tn_code code, const char *what)
{
	return tn_cbor_bad(&r->c, code, what);
}

/* [algorithm, bytes] */
enum tn_code tn_pub_read(struct tn_cbor *c, uint8_t pub[32])
{
	struct tn_bytes key;
	uint64_t algorithm;
	size_t n;

	TN_TRY(tn_cbor_array(c, &n));
	if (n != 2)
		return tn_cbor_bad(c, TN_E_DESERIALIZATION,
				   "a public key is not [algorithm, bytes]");
	TN_TRY(tn_cbor_uint(c, UINT64_MAX, &algorithm));
	if (algorithm != ALGORITHM)
		return tn_cbor_bad(c, TN_E_ALGORITHM, "a public key's algorithm is not Ed25519");
	TN_TRY(tn_cbor_bytes(c, &key));
	if (key.n != 32)
		return tn_cbor_bad(c, TN_E_KEY_LENGTH, "a public key is not 32 bytes long");
	memcpy(pub, key.p, 32);
	return TN_OK;
}

static enum tn_code read_strong_pub(struct tn_reader *r, uint8_t pub[32])
{
	TN_TRY(tn_pub_read(&r->c, pub));
	return tn_pub_weak(pub) ? bad(r, TN_E_VALIDATION, "a public key is of small order") : TN_OK;
}

static enum tn_code read_version(struct tn_reader *r, struct tn_warrant *w)
{
	uint64_t v;

	(void)w;
	TN_TRY(tn_cbor_uint(&r->c, UINT64_MAX, &v));
	return v == 1 ? TN_OK : bad(r, TN_E_PAYLOAD_VERSION, "the payload's version is not 1");
}

static enum tn_code read_id(struct tn_reader *r, struct tn_warrant *w)
{
	struct tn_bytes id;

	TN_TRY(tn_cbor_bytes(&r->c, &id));
	if (id.n != sizeof(w->id))
		return bad(r, TN_E_DESERIALIZATION, "the id is not 16 bytes long");
	memcpy(w->id, id.p, sizeof(w->id));
	return TN_OK;
}

static enum tn_code read_type(struct tn_reader *r, struct tn_warrant *w)
{
	uint64_t v;

	TN_TRY(tn_cbor_uint(&r->c, 1, &v)); /* not cut to eight bits: 256 is no type */
	w->issuer_type = v == 1;
	return TN_OK;
}

static enum tn_code read_tools(struct tn_reader *r, struct tn_warrant *w)
{
	struct tn_tool *tools;
	size_t n;

	TN_TRY(tn_cbor_map(&r->c, &n));
	if (n > TN_TOOLS_MAX)
		return bad(r, TN_E_TOO_MANY_TOOLS, "there are more than 256 tools");
	if (!(tools = tn_arena_array(r->a, n, sizeof(*tools))))
		return tn_no_memory(r->c.err);
	for (size_t i = 0; i < n; i++) {
		TN_TRY(tn_cbor_text(&r->c, &tools[i].name));
		TN_TRY(tn_cset_read(r, TN_ARGS_MAX, &tools[i].set));
	}
	if (!tn_keys_sort(tools, n, sizeof(*tools)))
		return bad(r, TN_E_DESERIALIZATION, "a tool is named twice in the map that ends");
	w->tools = tools;
	w->ntools = n;
	return TN_OK;
}

static enum tn_code read_holder(struct tn_reader *r, struct tn_warrant *w)
{
	return read_strong_pub(r, w->holder);
}

static enum tn_code read_issuer(struct tn_reader *r, struct tn_warrant *w)
{
	return read_strong_pub(r, w->issuer);
}

static enum tn_code read_time(struct tn_reader *r, int64_t *t)
{
	uint64_t v;

	TN_TRY(tn_cbor_uint(&r->c, (uint64_t)TN_TIME_MAX, &v));
	*t = (int64_t)v;
	return TN_OK;
}

static enum tn_code read_issued_at(struct tn_reader *r, struct tn_warrant *w)
{
	return read_time(r, &w->issued_at);
}

static enum tn_code read_expires_at(struct tn_reader *r, struct tn_warrant *w)
{
	return read_time(r, &w->expires_at);
}

static enum tn_code read_max_depth(struct tn_reader *r, struct tn_warrant *w)
{
	uint64_t v;

	TN_TRY(tn_cbor_uint(&r->c, UINT8_MAX, &v));
	w->max_depth = (uint8_t)v;
	return TN_OK;
}

static enum tn_code read_parent_hash(struct tn_reader *r, struct tn_warrant *w)
{
	struct tn_bytes hash;

	TN_TRY(tn_cbor_octets(&r->c, r->a, sizeof(w->parent_hash), &hash));
	if (hash.n != sizeof(w->parent_hash))
		return bad(r, TN_E_DESERIALIZATION, "the parent's hash is not 32 bytes long");
	memcpy(w->parent_hash, hash.p, hash.n);
	w->has_parent_hash = true;
	return TN_OK;
}

static enum tn_code read_extension(struct tn_reader *r, struct tn_ext *x)
{
	TN_TRY(tn_cbor_text(&r->c, &x->key));
	if (x->key.n > TN_EXT_KEY_MAX)
		return bad(r, TN_E_EXTENSION_TOO_LARGE,
			   "an extension's name is longer than 255 bytes");
	enum tn_code code = tn_cbor_octets(&r->c, r->a, TN_EXT_VALUE_MAX, &x->val);
	if (code == TN_E_VALUE_TOO_LARGE)
		return bad(r, TN_E_EXTENSION_TOO_LARGE,
			   "an extension's value is longer than 8192 bytes");
	return code;
}

static enum tn_code interpret_extension(struct tn_reader *r, struct tn_warrant *w,
					const struct tn_ext *x)
{
	bool text = tn_str_eq(x->key, TN_EXT_SESSION) || tn_str_eq(x->key, TN_EXT_AGENT);

	if (text && !tn_utf8_valid(x->val.p, x->val.n))
		return bad(r, TN_E_EXTENSION_VALUE, "a session or agent id is not UTF-8");
	if (tn_str_eq(x->key, TN_EXT_GATES))
		return tn_gates_read(x->val, r->a, &w->gates, r->c.err);
	return TN_OK;
}

static enum tn_code read_extensions(struct tn_reader *r, struct tn_warrant *w)
{
	struct tn_ext *ext;
	size_t n;

	TN_TRY(tn_cbor_map(&r->c, &n));
	if (n > TN_EXT_MAX)
		return bad(r, TN_E_VALIDATION, "there are more than 64 extensions");
	if (!(ext = tn_arena_array(r->a, n, sizeof(*ext))))
		return tn_no_memory(r->c.err);
	for (size_t i = 0; i < n; i++) {
		TN_TRY(read_extension(r, &ext[i]));
		TN_TRY(interpret_extension(r, w, &ext[i]));
	}
	if (!tn_keys_sort(ext, n, sizeof(*ext)))
		return bad(r, TN_E_DESERIALIZATION,
			   "an extension is there twice in the map that ends");
	w->ext = ext;
	w->next = n;
	return TN_OK;
}

static enum tn_code read_issuable(struct tn_reader *r, struct tn_warrant *w)
{
	w->has_issuable = true;
	return tn_strs_read(r, &w->issuable);
}

static enum tn_code read_u32(struct tn_reader *r, bool *has, uint32_t *out)
{
	uint64_t v;

	TN_TRY(tn_cbor_uint(&r->c, UINT32_MAX, &v));
	*has = true;
	*out = (uint32_t)v;
	return TN_OK;
}

static enum tn_code read_max_issue_depth(struct tn_reader *r, struct tn_warrant *w)
{
	return read_u32(r, &w->has_max_issue_depth, &w->max_issue_depth);
}

static enum tn_code read_bounds(struct tn_reader *r, struct tn_warrant *w)
{
	w->has_bounds = true;
	return tn_cset_read(r, SIZE_MAX, &w->bounds);
}

static enum tn_code read_approvers(struct tn_reader *r, struct tn_warrant *w)
{
	uint8_t (*keys)[32];
	size_t n;

	TN_TRY(tn_cbor_array(&r->c, &n));
	if (!(keys = tn_arena_array(r->a, n, sizeof(*keys))))
		return tn_no_memory(r->c.err);
	for (size_t i = 0; i < n; i++)
		TN_TRY(read_strong_pub(r, keys[i]));
	w->approvers = (const uint8_t (*)[32])keys;
	w->napprovers = n;
	w->has_approvers = true;
	return TN_OK;
}

static enum tn_code read_min_approvals(struct tn_reader *r, struct tn_warrant *w)
{
	return read_u32(r, &w->has_min_approvals, &w->min_approvals);
}

static enum tn_code read_clearance(struct tn_reader *r, struct tn_warrant *w)
{
	uint64_t v;

	TN_TRY(tn_cbor_uint(&r->c, UINT8_MAX, &v));
	w->has_clearance = true;
	w->clearance = (uint8_t)v;
	return TN_OK;
}

static enum tn_code read_depth(struct tn_reader *r, struct tn_warrant *w)
{
	bool has;

	return read_u32(r, &has, &w->depth);
}

static const struct {
	const char *name;
	enum tn_code (*read)(struct tn_reader *r, struct tn_warrant *w);
	bool required;
} fields[K_COUNT] = {
	[K_VERSION] = { "version", read_version, true },
	[K_ID] = { "id", read_id, true },
	[K_TYPE] = { "warrant_type", read_type, true },
	[K_TOOLS] = { "tools", read_tools, true },
	[K_HOLDER] = { "holder", read_holder, true },
	[K_ISSUER] = { "issuer", read_issuer, true },
	[K_ISSUED_AT] = { "issued_at", read_issued_at, true },
	[K_EXPIRES_AT] = { "expires_at", read_expires_at, true },
	[K_MAX_DEPTH] = { "max_depth", read_max_depth, true },
	[K_PARENT_HASH] = { "parent_hash", read_parent_hash, false },
	[K_EXTENSIONS] = { "extensions", read_extensions, false },
	[K_ISSUABLE] = { "issuable_tools", read_issuable, false },
	[K_MAX_ISSUE_DEPTH] = { "max_issue_depth", read_max_issue_depth, false },
	[K_BOUNDS] = { "constraint_bounds", read_bounds, false },
	[K_APPROVERS] = { "required_approvers", read_approvers, false },
	[K_MIN_APPROVALS] = { "min_approvals", read_min_approvals, false },
	[K_CLEARANCE] = { "clearance", read_clearance, false },
	[K_DEPTH] = { "depth", read_depth, false }, /* absent: 0 */
};

enum tn_code tn_payload_issuer(struct tn_cbor c, uint8_t issuer[32])
{
	struct tn_cbor shape = c;
	uint64_t key;
	size_t n;

	TN_TRY(tn_cbor_skip(&shape));
	TN_TRY(tn_cbor_end(&shape));
	TN_TRY(tn_cbor_map(&c, &n));
	while (n-- > 0) {
		TN_TRY(tn_cbor_uint(&c, UINT64_MAX, &key));
		if (key == K_ISSUER)
			return tn_pub_read(&c, issuer);
		TN_TRY(tn_cbor_skip(&c));
	}
	return tn_cbor_bad(&c, TN_E_MISSING_FIELD, "the warrant has no issuer");
}

static enum tn_code read_row(struct tn_reader *r, struct tn_warrant *w, uint32_t *seen)
{
	struct tn_cbor before = r->c;
	uint64_t key;

	TN_TRY(tn_cbor_uint(&r->c, UINT64_MAX, &key));
	if (key >= K_COUNT || !fields[key].read)
		return tn_cbor_bad(&before, TN_E_UNKNOWN_FIELD,
				   "the warrant has a field that this version does not know");
	if (*seen >> key & 1)
		return tn_cbor_bad(&before, TN_E_DESERIALIZATION, "the warrant has a field twice");
	*seen |= 1u << key;
	enum tn_code code = fields[key].read(r, w);
	return code == TN_OK ? TN_OK : tn_wrap(r->c.err, code, "%s", fields[key].name);
}

enum tn_code tn_payload_read(struct tn_reader *r, struct tn_warrant *w)
{
	uint32_t seen = 0;
	size_t n;

	TN_TRY(tn_cbor_map(&r->c, &n));
	while (n-- > 0)
		TN_TRY(read_row(r, w, &seen));
	for (size_t i = 0; i < K_COUNT; i++)
		if (fields[i].required && !(seen >> i & 1))
			return tn_fail(r->c.err, TN_E_MISSING_FIELD, "the warrant has no %s",
				       fields[i].name);
	return tn_cbor_end(&r->c);
}

/* ---- writing ---- */

static void write_pub(struct tn_cborw *w, const uint8_t pub[32])
{
	tn_cborw_array(w, 2);
	tn_cborw_uint(w, ALGORITHM);
	tn_cborw_bytes(w, (struct tn_bytes){ pub, 32 });
}

static void write_tools(struct tn_cborw *w, const struct tn_warrant *x)
{
	tn_cborw_uint(w, K_TOOLS);
	tn_cborw_map(w, x->ntools);
	for (size_t i = 0; i < x->ntools; i++) {
		tn_cborw_text(w, x->tools[i].name);
		tn_cset_write(w, &x->tools[i].set);
	}
}

static void write_time(struct tn_cborw *w, uint64_t key, int64_t t)
{
	tn_cborw_uint(w, key);
	tn_cborw_int(w, t);
}

static void write_extensions(struct tn_cborw *w, const struct tn_warrant *x)
{
	if (x->next == 0)
		return;
	tn_cborw_uint(w, K_EXTENSIONS);
	tn_cborw_map(w, x->next);
	for (size_t i = 0; i < x->next; i++) {
		tn_cborw_text(w, x->ext[i].key);
		tn_cborw_octets(w, x->ext[i].val);
	}
}

static void write_u32(struct tn_cborw *w, bool has, uint64_t key, uint32_t v)
{
	if (!has)
		return;
	tn_cborw_uint(w, key);
	tn_cborw_uint(w, v);
}

static void write_issuer_part(struct tn_cborw *w, const struct tn_warrant *x)
{
	if (x->has_issuable) {
		tn_cborw_uint(w, K_ISSUABLE);
		tn_strs_write(w, &x->issuable);
	}
	write_u32(w, x->has_max_issue_depth, K_MAX_ISSUE_DEPTH, x->max_issue_depth);
	if (x->has_bounds) {
		tn_cborw_uint(w, K_BOUNDS);
		tn_cset_write(w, &x->bounds);
	}
}

static void write_approvers(struct tn_cborw *w, const struct tn_warrant *x)
{
	if (!x->has_approvers)
		return;
	tn_cborw_uint(w, K_APPROVERS);
	tn_cborw_array(w, x->napprovers);
	for (size_t i = 0; i < x->napprovers; i++)
		write_pub(w, x->approvers[i]);
}

static size_t count_fields(const struct tn_warrant *x)
{
	return 10u + x->has_parent_hash + (x->next > 0) + x->has_issuable + x->has_max_issue_depth +
	       x->has_bounds + x->has_approvers + x->has_min_approvals + x->has_clearance;
}

void tn_payload_write(struct tn_cborw *w, const struct tn_warrant *x)
{
	tn_cborw_map(w, count_fields(x));
	tn_cborw_uint(w, K_VERSION);
	tn_cborw_uint(w, 1);
	tn_cborw_uint(w, K_ID);
	tn_cborw_bytes(w, (struct tn_bytes){ x->id, sizeof(x->id) });
	tn_cborw_uint(w, K_TYPE);
	tn_cborw_uint(w, x->issuer_type);
	write_tools(w, x);
	tn_cborw_uint(w, K_HOLDER);
	write_pub(w, x->holder);
	tn_cborw_uint(w, K_ISSUER);
	write_pub(w, x->issuer);
	write_time(w, K_ISSUED_AT, x->issued_at);
	write_time(w, K_EXPIRES_AT, x->expires_at);
	tn_cborw_uint(w, K_MAX_DEPTH);
	tn_cborw_uint(w, x->max_depth);
	if (x->has_parent_hash) {
		tn_cborw_uint(w, K_PARENT_HASH);
		tn_cborw_octets(w, (struct tn_bytes){ x->parent_hash, sizeof(x->parent_hash) });
	}
	write_extensions(w, x);
	write_issuer_part(w, x);
	write_approvers(w, x);
	write_u32(w, x->has_min_approvals, K_MIN_APPROVALS, x->min_approvals);
	write_u32(w, x->has_clearance, K_CLEARANCE, x->clearance);
	tn_cborw_uint(w, K_DEPTH);
	tn_cborw_uint(w, x->depth);
}
