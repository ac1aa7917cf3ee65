/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chain verification: the only maker of grants.
 *
 * MUST: whatever a grant's leaf allows, each warrant above it allows too (tools, arguments, time,
 * clearance, approvals). A comparison that cannot prove this refuses the chain.  Signatures were
 * checked when the links were decoded; a tn_warrant does not exist without.
 */
#include <string.h>
#include "tn_chain.h"
#include "tn_crypto.h"
#include "tn_fail.h"
#include "tn_gates.h"
#include "tn_text.h"
#include "tn_wire.h"

enum { SKEW_DEFAULT = 30 };
#define ANY_TOOL TN_STR("*")

/* ---- I1, I2, I3: who, where, when ---- */

static enum tn_code check_issuer(const tn_warrant *p, const tn_warrant *c, struct tn_err *e)
{
	uint8_t hash[32];

	if (memcmp(c->issuer, p->holder, sizeof(c->issuer)) != 0)
		return tn_fail(e, TN_E_CHAIN, "it is not signed by the holder of its parent");
	if (!c->has_parent_hash)
		return tn_fail(e, TN_E_CHAIN, "it names no parent");
	tn_sha256(p->payload.p, p->payload.n, hash);
	if (memcmp(hash, c->parent_hash, sizeof(hash)) != 0)
		return tn_fail(e, TN_E_PARENT_HASH, "it was made for another parent");
	return TN_OK;
}

static enum tn_code check_depth(const tn_warrant *p, const tn_warrant *c, struct tn_err *e)
{
	if (p->depth == UINT32_MAX || c->depth != p->depth + 1)
		return tn_fail(e, TN_E_DEPTH_VIOLATION,
			       "its depth %u does not follow the parent's %u", c->depth, p->depth);
	if (c->depth > p->max_depth)
		return tn_fail(e, TN_E_DEPTH_EXCEEDED,
			       "its depth %u is beyond the parent's limit %u", c->depth,
			       p->max_depth);
	if (c->max_depth > p->max_depth)
		return tn_fail(e, TN_E_DEPTH_EXCEEDED,
			       "its limit of depth %u is beyond the parent's %u", c->max_depth,
			       p->max_depth);
	return TN_OK;
}

static enum tn_code check_time(const tn_warrant *p, const tn_warrant *c, struct tn_err *e)
{
	if (c->issued_at < p->issued_at)
		return tn_fail(e, TN_E_CHAIN, "it is older than its parent");
	if (c->expires_at > p->expires_at)
		return tn_fail(e, TN_E_EXPANSION, "it outlives its parent");
	return TN_OK;
}

/* ---- I4: what ---- */

/* No clearance is less than any: what is absent above cannot appear below, so a link without one
 * ends it. */
static enum tn_code check_clearance(const tn_warrant *p, const tn_warrant *c, struct tn_err *e)
{
	if (!c->has_clearance)
		return TN_OK;
	if (!p->has_clearance || c->clearance > p->clearance)
		return tn_fail(e, TN_E_EXPANSION, "its clearance %u is more than the parent's",
			       c->clearance);
	return TN_OK;
}

static enum tn_code within(const struct tn_cset *parent, const struct tn_cset *child,
			   struct tn_str tool, struct tn_err *e)
{
	if (tn_cset_attenuates(parent, child, e) == TN_OK)
		return TN_OK;
	if (e)
		e->code = TN_E_INVALID_ATTENUATION;
	return tn_wrap(e, TN_E_INVALID_ATTENUATION, "tool %.*s", (int)tool.n, tool.p);
}

static enum tn_code not_parents(struct tn_str tool, struct tn_err *e)
{
	return tn_fail(e, TN_E_EXPANSION, "it grants %.*s, which its parent does not", (int)tool.n,
		       tool.p);
}

/* What the parent answers for a tool is its own entry, else "*": compare by that, not entry by
 * entry. */
static enum tn_code check_tool(const tn_warrant *p, const struct tn_tool *t, struct tn_err *e)
{
	const struct tn_tool *entry = tn_warrant_tool(p, t->name);

	if (!entry)
		entry = tn_warrant_tool(p, ANY_TOOL);
	return entry ? within(&entry->set, &t->set, t->name, e) : not_parents(t->name, e);
}

/* A child's "*" speaks for every tool it does not name, those the parent restricts by name among
 * them. */
static enum tn_code check_shadowed(const tn_warrant *p, const tn_warrant *c, struct tn_err *e)
{
	const struct tn_tool *any = tn_warrant_tool(c, ANY_TOOL);

	for (size_t i = 0; any && i < p->ntools; i++)
		if (!tn_warrant_tool(c, p->tools[i].name))
			TN_TRY(within(&p->tools[i].set, &any->set, p->tools[i].name, e));
	return TN_OK;
}

static enum tn_code exec_to_exec(const tn_warrant *p, const tn_warrant *c, struct tn_err *e)
{
	for (size_t i = 0; i < c->ntools; i++)
		TN_TRY(check_tool(p, &c->tools[i], e));
	return check_shadowed(p, c, e);
}

static bool issuable(const tn_warrant *p, struct tn_str tool)
{
	for (size_t i = 0; i < p->issuable.n; i++)
		if (tn_str_eq(p->issuable.v[i], tool) || tn_str_eq(p->issuable.v[i], ANY_TOOL))
			return true;
	return false;
}

static enum tn_code check_issue_depth(const tn_warrant *p, const tn_warrant *c, struct tn_err *e)
{
	if (p->has_max_issue_depth && c->depth > p->max_issue_depth)
		return tn_fail(e, TN_E_DEPTH_EXCEEDED,
			       "its depth %u is beyond the issuer's limit %u", c->depth,
			       p->max_issue_depth);
	return TN_OK;
}

static enum tn_code issuer_to_issuer(const tn_warrant *p, const tn_warrant *c, struct tn_err *e)
{
	for (size_t i = 0; i < c->issuable.n; i++)
		if (!issuable(p, c->issuable.v[i]))
			return not_parents(c->issuable.v[i], e);
	if (p->has_max_issue_depth &&
	    (!c->has_max_issue_depth || c->max_issue_depth > p->max_issue_depth))
		return tn_fail(e, TN_E_EXPANSION, "it may issue deeper than its parent");
	if (!p->has_bounds)
		return TN_OK;
	if (!c->has_bounds)
		return tn_fail(e, TN_E_EXPANSION, "it drops the bounds of its parent");
	return within(&p->bounds, &c->bounds, TN_STR("(bounds)"), e);
}

static enum tn_code issuer_to_exec(const tn_warrant *p, const tn_warrant *c, struct tn_err *e)
{
	for (size_t i = 0; i < c->ntools; i++) {
		const struct tn_tool *t = &c->tools[i];

		if (!issuable(p, t->name))
			return not_parents(t->name, e);
		if (p->has_bounds)
			TN_TRY(within(&p->bounds, &t->set, t->name, e));
	}
	if (memcmp(c->holder, p->holder, sizeof(c->holder)) == 0 ||
	    memcmp(c->holder, p->issuer, sizeof(c->holder)) == 0)
		return tn_fail(e, TN_E_SELF_ISSUANCE, "an issuer issues to itself");
	return TN_OK;
}

static enum tn_code check_capabilities(const tn_warrant *p, const tn_warrant *c, struct tn_err *e)
{
	if (!p->issuer_type && c->issuer_type)
		return tn_fail(e, TN_E_CHAIN, "an execution warrant cannot make an issuer");
	if (!p->issuer_type)
		return exec_to_exec(p, c, e);
	TN_TRY(check_issue_depth(p, c, e));
	return c->issuer_type ? issuer_to_issuer(p, c, e) : issuer_to_exec(p, c, e);
}

/* ---- approvals ---- */

static bool has_approver(const tn_warrant *w, const uint8_t key[32])
{
	for (size_t i = 0; i < w->napprovers; i++)
		if (memcmp(w->approvers[i], key, 32) == 0)
			return true;
	return false;
}

static uint64_t threshold(const tn_warrant *w)
{
	bool fewer = w->has_min_approvals && w->min_approvals < w->napprovers;

	return fewer ? w->min_approvals : w->napprovers;
}

/* The same people, and at least as many of them: another set could be the delegate's own keys. */
static enum tn_code check_approvers(const tn_warrant *p, const tn_warrant *c, struct tn_err *e)
{
	bool same = c->has_approvers;

	if (!p->has_approvers && p->gates && c->has_approvers)
		return tn_fail(e, TN_E_EXPANSION, "it names approvers where its parent named none");
	if (!p->has_approvers)
		return TN_OK;
	for (size_t i = 0; i < p->napprovers; i++)
		same = same && has_approver(c, p->approvers[i]);
	for (size_t i = 0; i < c->napprovers; i++)
		same = same && has_approver(p, c->approvers[i]);
	if (!same)
		return tn_fail(e, TN_E_EXPANSION, "its approvers are not those of its parent");
	if (threshold(c) < threshold(p))
		return tn_fail(e, TN_E_EXPANSION, "it asks for fewer approvals than its parent");
	return TN_OK;
}

/* ---- links and chains ---- */

enum tn_code tn_link_check(const tn_warrant *p, const tn_warrant *c, struct tn_err *e)
{
	static enum tn_code (*const rules[])(const tn_warrant *, const tn_warrant *,
					     struct tn_err *) = {
		check_issuer,    check_depth,        check_time,      check_capabilities,
		check_clearance, tn_gates_attenuate, check_approvers,
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		TN_TRY(rules[i](p, c, e));
	return TN_OK;
}

static enum tn_code check_root(const tn_warrant *root, struct tn_err *e)
{
	if (root->depth != 0 || root->has_parent_hash)
		return tn_fail(e, TN_E_CHAIN,
			       "the chain is not whole: the parent of its first warrant is missing");
	return TN_OK;
}

static enum tn_code check_unique(const tn_warrant *const *links, size_t n, struct tn_err *e)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1; j < n; j++)
			if (memcmp(links[i]->id, links[j]->id, sizeof(links[i]->id)) == 0)
				return tn_fail(e, TN_E_CHAIN, "links %zu and %zu have the same id",
					       i, j);
	return TN_OK;
}

static enum tn_code check_now(const tn_warrant *w, int64_t now, int64_t skew, struct tn_err *e)
{
	if (now >= w->expires_at)
		return tn_fail(e, TN_E_EXPIRED, "the warrant expired %ld s ago",
			       now - w->expires_at);
	if (w->issued_at - now > skew) /* both are small enough: now < expires_at <= TN_TIME_MAX */
		return tn_fail(e, TN_E_ISSUED_IN_FUTURE, "the warrant begins in %ld s",
			       w->issued_at - now);
	return TN_OK;
}

/* Says which link a complaint is about. */
static enum tn_code about(enum tn_code code, size_t link, struct tn_err *e)
{
	if (code == TN_OK || !e)
		return code;
	tn_wrap(e, code, "link %zu", link);
	e->link = (int)link;
	return code;
}

enum tn_code tn_chain_check(const tn_warrant *const *links, size_t n, int64_t now, int64_t skew,
			    struct tn_err *e)
{
	if (n == 0)
		return tn_fail(e, TN_E_CHAIN, "the chain is empty");
	if (n > TN_CHAIN_MAX)
		return tn_fail(e, TN_E_CHAIN_TOO_LONG, "there are more than %u links",
			       TN_CHAIN_MAX);
	if (now < 0 || now > TN_TIME_MAX)
		return tn_fail(e, TN_E_VALIDATION, "the time to judge by is not one");
	TN_TRY(about(check_root(links[0], e), 0, e));
	TN_TRY(check_unique(links, n, e));
	for (size_t i = 0; i < n; i++)
		TN_TRY(about(check_now(links[i], now, skew, e), i, e));
	for (size_t i = 1; i < n; i++)
		TN_TRY(about(tn_link_check(links[i - 1], links[i], e), i, e));
	return TN_OK;
}

static enum tn_code check_trust(const tn_warrant *root, const struct tn_verify_opts *o,
				struct tn_err *e)
{
	if (o->nroots == 0)
		return tn_fail(e, TN_E_NO_ROOTS, "no trusted root is configured");
	for (size_t i = 0; i < o->nroots; i++)
		if (memcmp(o->roots[i].b, root->issuer, sizeof(root->issuer)) == 0)
			return TN_OK;
	return about(tn_fail(e, TN_E_UNTRUSTED_ROOT, "its issuer is not a trusted root"), 0, e);
}

enum tn_code tn_chain_verify(const tn_warrant *const *links, size_t n,
			     const struct tn_verify_opts *o, struct tn_arena *a,
			     const tn_grant **grant, struct tn_err *e)
{
	int64_t skew = o->skew == 0 ? SKEW_DEFAULT : o->skew < 0 ? 0 : o->skew;

	*grant = NULL;
	if (n == 0)
		return tn_fail(e, TN_E_CHAIN, "the chain is empty");
	TN_TRY(check_trust(links[0], o, e));
	TN_TRY(tn_chain_check(links, n, o->now, skew, e));

	struct tn_grant *g = tn_arena_alloc(a, sizeof(*g));
	const tn_warrant **copy = tn_arena_array(a, n, sizeof(*copy));
	if (!g || !copy)
		return tn_no_memory(e);
	memcpy(copy, links, n * sizeof(*copy));
	/* Each link ends no later than the one above it, so the leaf's end is the chain's. */
	*g = (struct tn_grant){ (const tn_warrant *const *)copy, n, links[n - 1]->expires_at };
	*grant = g;
	return TN_OK;
}

size_t tn_grant_links(const tn_grant *g)
{
	return g->n;
}

const tn_warrant *tn_grant_link(const tn_grant *g, size_t i)
{
	return i < g->n ? g->links[i] : NULL;
}

const tn_warrant *tn_grant_leaf(const tn_grant *g)
{
	return g->links[g->n - 1];
}

int64_t tn_grant_expires(const tn_grant *g)
{
	return g->expires_at;
}
