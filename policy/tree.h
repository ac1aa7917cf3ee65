/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICY_TREE_H
#define POLICY_TREE_H
/*
 * Constraints about whole directories: a directory that is renamed takes along names that nobody lists.  "could": some path in the
 * tree may be allowed (never wrongly no); "all": every path in it is (never wrongly yes).
 */
#include "internal.h"

bool tnp_tree_could(const struct tn_constraint *c, struct tn_str dir);
bool tnp_tree_all(const struct tn_constraint *c, struct tn_str dir);
/* Under the new name, may this link (with the baseline) allow `kind` somewhere below where it did not everywhere before? */
bool tnp_tree_gains(const struct tnp_policy *p, const struct tnp_link *l, enum tnp_kind kind, struct tn_str old_dir, struct tn_str new_dir);

#endif
