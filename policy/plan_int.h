/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICY_PLAN_INT_H
#define POLICY_PLAN_INT_H
/* What plan.c, plan_exec.c and plan_words.c share. */
#include <policy/plan.h>
#include "internal.h"
#include "region.h"

/* One thing the grant gives a row of the table, and how the kernel holds it. */
struct tnp_item {
	struct tnp_region g;
	const struct tnp_binding *b;
	const struct tnp_barg *arg; /* the constraint the words come from; NULL: unconstrained */
	bool missing;		    /* does not exist: no rule */
	bool placed;
	enum tnp_hold hold;
	struct tn_str bound; /* BOUNDED: the tree that the kernel holds */
};
struct tnp_items {
	struct tnp_item *v;
	size_t n, cap;
};

struct tnp_texts {
	struct tn_str *v;
	size_t n, cap;
};

struct tnp_plan_full {
	struct tnp_plan pub; /* first: what callers see */
	int level;
	struct tnp_items row[TNP_NROWS];
	struct tnp_texts programs; /* base names of what exec constraints name */
	bool any_program;	   /* an exec entry that names none */
	bool shells;
};

struct tnp_build {
	const tnp_policy *p;
	struct tn_arena *a;
	struct tnp_plan_full *full;
	struct tnp_rule *rules;
	size_t n, cap;
	struct tnp_items gone[2]; /* what the grant lets the session delete, and rename away */
	uint32_t standard; /* which directories of the standard PATH are there, each once; bit 31:
			      known */
	bool failed;	   /* out of memory */
};

/* plan.c */
bool tnp_grow(struct tnp_build *b, void **v, size_t n, size_t *cap, size_t size);
void tnp_plan_rule(struct tnp_build *b, struct tn_str path, bool tree, uint32_t rights,
		   enum tnp_hold hold, struct tn_str source);
struct tn_str tnp_plan_source(struct tnp_build *b, const struct tnp_binding *bd,
			      const struct tnp_barg *arg);
bool tnp_binding_usable(const struct tnp_binding *bd);
bool tnp_binding_free(const struct tnp_binding *bd); /* no argument of it is held to anything */
enum tnp_what { TNP_NOTHING, TNP_IS_FILE, TNP_IS_DIR };
enum tnp_what tnp_plan_look(const struct tnp_build *b, struct tn_str path, bool tree);
/* plan_exec.c */
void tnp_plan_exec(struct tnp_build *b);
/* plan_words.c */
void tnp_plan_lines(struct tnp_build *b);

#endif
