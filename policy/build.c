/* SPDX-License-Identifier: Apache-2.0 */
/* A grant, a configuration and the facts of one launch, laid out for deciding. */
#include "internal.h"
#include "tn_fail.h"
#include "tn_wire.h"

static enum tn_code bind_chain(struct tnp_policy *p, struct tnp_resolver *r)
{
	size_t n = tn_grant_links(p->grant);
	struct tnp_link *links = tn_arena_array(r->a, n, sizeof(*links));

	if (!links)
		return tn_no_memory(r->e);
	for (size_t i = 0; i < n; i++) {
		const struct tn_warrant *w = tn_grant_link(p->grant, i);

		if (i > 0)
			TN_TRY(tnp_recheck_links(p->cfg, r, links[i - 1].w, w, (int)i));
		/* roots that are missing are the leaf's affair: what a parent may have besides is not asked for */
		r->missing.n = 0;
		r->done.n = i + 1 == n ? 0 : r->done.n;
		TN_TRY(tnp_bind_link(p->cfg, r, w, &links[i]));
	}
	p->links = links;
	p->nlinks = n;
	p->missing = r->missing.items;
	p->nmissing = r->missing.n;
	return TN_OK;
}

static enum tn_code take_grant(struct tnp_policy *p, struct tnp_resolver *r)
{
	const struct tn_warrant *leaf;

	if (!p->grant)
		return TN_OK;
	leaf = tn_grant_leaf(p->grant);
	if (leaf->issuer_type)
		return tn_fail(r->e, TN_E_VALIDATION, "an issuer warrant may issue warrants, not act");
	p->expires = tn_grant_expires(p->grant);
	tn_id_text(leaf->id, p->warrant);
	return bind_chain(p, r);
}

static enum tn_code find_exec_dirs(struct tnp_policy *p, struct tnp_resolver *r)
{
	static const char *const system[] = { "/usr", "/bin", "/sbin", "/opt" };
	enum { NSYSTEM = sizeof(system) / sizeof(*system) };
	size_t more = p->facts.npath_dirs < 32 ? p->facts.npath_dirs : 32;
	struct tn_str *v = tn_arena_array(r->a, NSYSTEM + more, sizeof(*v));
	bool exists;

	if (!v)
		return tn_no_memory(r->e);
	for (size_t i = 0; i < NSYSTEM; i++)
		TN_TRY(tnp_resolve_path(r, tn_cstr(system[i]), &v[i], &exists));
	for (size_t i = 0; i < more; i++)
		v[NSYSTEM + i] = p->facts.path_dirs[i];
	p->exec_dirs = (struct tn_strs){ v, NSYSTEM + more };
	return TN_OK;
}

enum tn_code tnp_policy_build(const tn_grant *grant, const tnp_config *cfg, const struct tnp_facts *f, enum tnp_mode mode, struct tn_arena *a,
			      const tnp_policy **out, struct tn_err *e)
{
	struct tnp_policy *p = tn_arena_alloc(a, sizeof(*p));
	struct tnp_resolver r = { .a = a, .e = e, .missing = { .a = a, .size = sizeof(struct tnp_missing_root) },
				  .done = { .a = a, .size = sizeof(struct tnp_resolved) } };

	if (!p)
		return tn_no_memory(e);
	p->grant = grant;
	p->cfg = cfg;
	p->mode = mode;
	if (f)
		p->facts = *f;
	r.f = &p->facts;
	TN_TRY(tnp_baseline_build(p, &r));
	TN_TRY(find_exec_dirs(p, &r));
	TN_TRY(take_grant(p, &r));
	*out = p;
	return TN_OK;
}

size_t tnp_policy_missing_roots(const tnp_policy *p, const struct tnp_missing_root **v)
{
	*v = p->missing;
	return p->nmissing;
}

const tn_grant *tnp_policy_grant(const tnp_policy *p)
{
	return p->grant;
}

const struct tnp_row *tnp_policy_rows(const tnp_policy *p, size_t *n)
{
	*n = p->nrows;
	return p->rows;
}

enum tnp_mode tnp_policy_mode(const tnp_policy *p)
{
	return p->mode;
}
