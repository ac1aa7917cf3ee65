/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SHIM_SYS_LANDLOCK_H
#define SHIM_SYS_LANDLOCK_H
/*
 * A plan as one Landlock layer.  The kernel's numbers are ours: the headers of the oldest distribution we build on end at ABI 3.
 */
#include <policy/plan.h>

/* What one ABI handles here, and what a rule's rights are in it. */
struct tns_landlock { int abi; uint64_t handled, scoped; };
bool tns_landlock_signal_scope(const struct tns_landlock *l);

/* Landlock ABI, 0 = none and *sys_errno says why (ENOSYS not built in, EOPNOTSUPP switched off, else a sandbox around us) */
int tns_landlock_probe(int *sys_errno);
/* Pure.  ABI above what we know: as the newest we know. */
struct tns_landlock tns_landlock_of(int abi);
uint64_t tns_landlock_rights(const struct tns_landlock *l, uint32_t rights /* enum tnp_right */, bool is_dir);

/* TN_E_KERNEL_FEATURE names what is missing.  *fd: the rules; the launcher makes them, the child enters. */
enum tn_code tns_landlock_rules(const struct tnp_plan *plan, struct tns_landlock *l, int *fd, struct tn_err *e) TN_MUST_USE;
/* no_new_privs must be set */
enum tn_code tns_landlock_enter(int fd, struct tn_err *e) TN_MUST_USE;

#endif
