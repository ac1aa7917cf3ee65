/* SPDX-License-Identifier: Apache-2.0 */
/* What a child is allowed, its parent is: on operations, thousands of sampled triples. */
#include "policy_sample.h"
#include "policy_test.h"

TestSuite(inherit, .init = pt_setup, .fini = pt_teardown);

struct tally { size_t pairs, allowed[TNP_NKINDS], narrower; };

static const tnp_policy *policy(const tn_grant *g)
{
	return pt_policy_of(g, "{\"baseline\": \"none\", \"resources\": {\"docs\": {\"subpath\": \"/d\"}}}", NULL, TNP_ENFORCE);
}

static void compare(struct dice *d, const struct sample_pair *pair, struct tally *t)
{
	const tnp_policy *parent = policy(pair->parent), *child = policy(pair->child);

	for (int i = 0; i < 40; i++) {
		struct tnp_op op;
		struct tnp_words w;

		sample_op(d, &pt_arena, dice_roll(d, 2) ? pair->child : pair->parent, &op);
		struct tnp_decision c = pt_decide(child, &op), p = pt_decide(parent, &op);

		t->narrower += c.verdict != TN_ALLOW && p.verdict == TN_ALLOW;
		tnp_explain(child, &op, &c, PT_NOW, &w);
		cr_assert_eq(c.verdict == TN_ALLOW, c.code == TN_OK);
		if (c.verdict != TN_ALLOW)
			continue;
		t->allowed[op.kind]++;
		cr_assert_eq(p.verdict, TN_ALLOW, "%s %s: the child may by %.*s, the parent may not (why %d)", tnp_kind_name(op.kind), w.object,
			     (int)c.tool.n, c.tool.p, (int)p.why);
	}
}

Test(inherit, a_child_is_never_allowed_what_its_parent_is_not, .timeout = 100)
{
	struct dice d = { .state = 20260101 };
	struct tally t = { 0 };
	struct sample_pair pair;

	for (int i = 0; i < 20000; i++) {
		if (sample_pair(&d, &pt_arena, PT_NOW, &pair)) {
			t.pairs++;
			compare(&d, &pair, &t);
		}
		tn_arena_free(&pt_arena);
	}
	/* the samples must say something about every kind, or they prove nothing */
	cr_assert_gt(t.pairs, 1000, "%zu pairs", t.pairs);
	cr_assert_gt(t.narrower, 1000, "%zu times the child was narrower", t.narrower);
	for (int k = 0; k < TNP_NKINDS; k++)
		cr_assert_gt(t.allowed[k], 20, "%s was allowed %zu times", tnp_kind_name((enum tnp_kind)k), t.allowed[k]);
}
