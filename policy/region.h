/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICY_REGION_H
#define POLICY_REGION_H
/*
 * The set of paths that a constraint matches, as far as trees can say it: a union of files and
 * trees.  An inexact region is a tree around the real set.  A set that is left out matches nothing
 * at all, so leaving out is only allowed where no absolute path can ever match.
 *
 * One difference remains: Subpath reads a backslash in a name as a separator and then may not
 * match; the tree holds the name.
 */
#include <stdbool.h>
#include <stddef.h>
#include <tn_types.h>
#include "internal.h" /* tnp_path_within(path, root) */

enum tnp_form {
	TNP_FILE,  /* this path alone */
	TNP_TREE,  /* this directory and all below */
	TNP_BELOW, /* all below, not the directory itself */
};
struct tnp_region {
	struct tn_str path;
	enum tnp_form form;
	bool exact;
};
struct tnp_regions {
	struct tn_arena *a;
	struct tnp_region *v;
	size_t n, cap;
	bool failed; /* out of memory: the caller stops */
};

/* How the mapping hands a path to this constraint: as text, or as a list of that one text. */
enum tnp_shape { TNP_SHAPE_TEXT, TNP_SHAPE_LIST };

/* Appends; c's roots and paths are resolved. */
void tnp_region_of(const struct tn_constraint *c, enum tnp_shape shape, struct tnp_regions *out);
void tnp_region_push(struct tnp_regions *r, struct tnp_region g);
void tnp_region_everything(struct tnp_regions *r, bool exact);
/* a := a ∩ b */
void tnp_region_meet(struct tnp_regions *a, const struct tnp_regions *b);
bool tnp_region_has(const struct tnp_region *g, struct tn_str path);
/* the directory of a path; "/" for "/" and its children */
struct tn_str tnp_path_dir(struct tn_str path);

#endif
