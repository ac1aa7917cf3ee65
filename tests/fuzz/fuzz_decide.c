/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole decision: the bytes draw a parent, a child and operations.  What the child is allowed the parent has to be; a packed
 * event comes back; nothing that is said about a denial is more than a line.
 */
#include <stdlib.h>
#include <string.h>
#include <policy/policy.h>
#include "fuzz.h"
#include "internal.h"
#include "policy_sample.h"

#define NOW INT64_C(1800000000)

static void expect(bool ok)
{
	if (!ok)
		abort();
}

static void speak(const tnp_policy *p, const struct tnp_op *op, const struct tnp_decision *d)
{
	static char line[TNP_EVENT_MAX];
	static uint8_t packed[TNP_EVENT_MAX];
	struct tnp_words w;
	struct tnp_event ev = { .seq = 1 }, back;
	size_t n;

	tnp_explain(p, op, d, NOW, &w);
	tnp_event_from_decision(p, op, d, &w, &ev);
	n = tnp_sentence(p, op, d, NOW, line, 1024);
	expect(n > 0 && memchr(line, '\n', n) == line + n - 1);
	n = tnp_event_json(&ev, line, 4096);
	expect(n > 0 && n < 4096 && memchr(line, '\n', n) == line + n - 1);
	n = tnp_event_pack(&ev, packed, sizeof(packed));
	expect(n > 0 && tnp_event_unpack(packed, n, &back, NULL) == TN_OK);
	expect(back.outcome == ev.outcome && back.object.n == ev.object.n);
}

static void one(struct dice *d, struct tn_arena *a, const tnp_policy *parent, const tnp_policy *child, const tn_grant *about)
{
	struct tnp_decision c, p;
	struct tnp_op op;

	sample_op(d, a, about, &op);
	tnp_decide(child, &op, NOW, &c);
	tnp_decide(parent, &op, NOW, &p);
	expect(c.verdict != TN_ALLOW || p.verdict == TN_ALLOW);
	expect((c.verdict == TN_ALLOW) == (c.code == TN_OK) && (c.verdict == TN_ALLOW) == (c.why == TNP_WHY_OK));
	speak(child, &op, &c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dice d = { .state = size, .bytes = data, .nbytes = size };
	struct tn_arena a = TN_ARENA_MALLOC;
	const tnp_policy *parent, *child;
	struct sample_pair pair;
	const tnp_config *cfg;

	if (tn_init(NULL) != TN_OK || tnp_config_default(&a, &cfg, NULL) != TN_OK)
		abort();
	struct tnp_config bare = *cfg;
	bare.nbase = 0; /* the baseline allows whatever the warrant says */
	if (sample_pair(&d, &a, NOW, &pair) && tnp_policy_build(pair.parent, &bare, NULL, TNP_ENFORCE, &a, &parent, NULL) == TN_OK &&
	    tnp_policy_build(pair.child, &bare, NULL, TNP_ENFORCE, &a, &child, NULL) == TN_OK) {
		for (int i = 0; i < 8; i++)
			one(&d, &a, parent, child, pair.child);
	}
	tn_arena_free(&a);
	return 0;
}
