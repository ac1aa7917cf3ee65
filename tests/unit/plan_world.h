/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_PLAN_WORLD_H
#define TESTS_PLAN_WORLD_H
/*
 * A policy from capabilities in JSON, over a file system that only exists here: names with a dot in
 * the last component are files, others directories, and what has "new" in it does not exist.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <criterion/criterion.h>
#include <policy/json.h>
#include <policy/plan.h>
#include <policy/policy.h>
#include <tenuo/tenuo.h>

#define NOW INT64_C(1700000000)

struct world {
	struct tn_arena a;
	struct tn_key root, holder;
	const tn_warrant *const *links;
	size_t nlinks;
	const tn_grant *grant;
	const tnp_config *cfg;
	struct tnp_facts facts;
	const tnp_policy *p;
	const struct tnp_plan *plan;
	struct tn_err e;
};

static inline struct tn_str last_name(struct tn_str path)
{
	size_t n = path.n;

	while (n > 0 && path.p[n - 1] != '/')
		n--;
	return (struct tn_str){path.p + n, path.n - n};
}

static inline bool world_is_file(struct tn_str path)
{
	struct tn_str name = last_name(path);

	return memchr(name.p, '.', name.n) != NULL || (name.n && strchr("_", name.p[0]));
}

static inline long world_resolve(void *ctx, struct tn_str path, char *out, size_t cap, bool *is_dir)
{
	static const char *const LINKS[][2] = {
	    {"/link", "/data/target"}, {"/bin", "/usr/bin"}, {"/sbin", "/usr/sbin"}};
	struct tn_str to = path;
	char buf[4096];

	(void)ctx;
	for (size_t i = 0; i < sizeof(LINKS) / sizeof(*LINKS); i++) {
		size_t n = strlen(LINKS[i][0]);

		if (path.n >= n && memcmp(path.p, LINKS[i][0], n) == 0 &&
		    (path.n == n || path.p[n] == '/')) {
			snprintf(buf, sizeof(buf), "%s%.*s", LINKS[i][1], (int)(path.n - n),
				 path.p + n);
			to = tn_cstr(buf);
		}
	}
	if (memmem(to.p, to.n, "new", 3) ||
	    (to.n > 9 && memcmp(to.p, "/usr/bin/", 9) && memmem(to.p, to.n, "/bin/", 5)) ||
	    to.n >= cap)
		return 0;
	memcpy(out, to.p, to.n);
	out[to.n] = 0;
	*is_dir = !world_is_file(to) && !(to.n > 9 && memcmp(to.p, "/usr/bin/", 9) == 0);
	return (long)to.n;
}

static inline void world_open(struct world *w)
{
	memset(w, 0, sizeof(*w));
	w->a = TN_ARENA_MALLOC;
	cr_assert_eq(tn_init(&w->e), TN_OK);
	cr_assert_eq(tn_key_from_seed(&w->root, (const uint8_t[32]){1}, &w->e), TN_OK);
	cr_assert_eq(tn_key_from_seed(&w->holder, (const uint8_t[32]){2}, &w->e), TN_OK);
	cr_assert_eq(tnp_config_default(&w->a, &w->cfg, &w->e), TN_OK, "%s", w->e.msg);
	w->facts.resolve = world_resolve;
	w->facts.program = TN_STR("/usr/bin/python3.11");
	w->facts.home = TN_STR("/home/u");
	w->facts.tmpdir = TN_STR("/tmp/private");
}

static inline void world_close(struct world *w)
{
	tn_arena_free(&w->a);
}

static inline void world_mint(struct world *w, const struct tn_tool *tools, size_t n)
{
	struct tn_mint m = {.tools = tools,
			    .ntools = n,
			    .holder = w->holder.pub,
			    .has_holder = true,
			    .now = NOW,
			    .ttl = 720};
	struct tn_verify_opts o = {.roots = &w->root.pub, .nroots = 1, .now = NOW};
	const tn_warrant *one;
	const tn_warrant **v = tn_arena_array(&w->a, 1, sizeof(*v));

	cr_assert_eq(tn_mint(&m, &w->root, &w->a, &one, &w->e), TN_OK, "%s", w->e.msg);
	v[0] = one;
	w->links = v;
	w->nlinks = 1;
	cr_assert_eq(tn_chain_verify(w->links, 1, &o, &w->a, &w->grant, &w->e), TN_OK, "%s",
		     w->e.msg);
}

static inline void world_build(struct world *w, int level)
{
	cr_assert_eq(
	    tnp_policy_build(w->grant, w->cfg, &w->facts, TNP_ENFORCE, &w->a, &w->p, &w->e), TN_OK,
	    "%s", w->e.msg);
	cr_assert_eq(tnp_plan_build(w->p, level, &w->a, &w->plan, &w->e), TN_OK, "%s", w->e.msg);
}

static inline void world_caps(struct world *w, const char *json)
{
	const struct tn_tool *tools;
	struct cJSON *j;
	size_t n;

	cr_assert_eq(tnp_json_parse(json, strlen(json), &j, &w->e), TN_OK, "%s", w->e.msg);
	cr_assert_eq(tnp_caps_parse(j, &w->a, &tools, &n, &w->e), TN_OK, "%s", w->e.msg);
	world_mint(w, tools, n);
	tnp_json_free(j);
}

/* the usual: capabilities -> level 1 */
static inline void world_of(struct world *w, const char *json)
{
	world_open(w);
	world_caps(w, json);
	world_build(w, 1);
}

static inline enum tn_verdict world_decide(const struct world *w, enum tnp_kind kind,
					   const char *path, bool is_dir)
{
	struct tnp_op op = {.kind = kind, .path = tn_cstr(path), .is_dir = is_dir};
	struct tnp_decision d;

	tnp_decide(w->p, &op, NOW, &d);
	return d.verdict;
}

#endif
