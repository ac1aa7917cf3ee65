/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the fork to the program: everything is given up, in an order that matters.  Capabilities go before no_new_privs' absence could
 * matter, Landlock goes in before the filter (whose tests would also hold these calls), and nothing but execve follows.
 *
 * MUST: on any failure report and end; the program never runs less held than was planned.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <shim/session.h>
#include <tn_fail.h>
#include "launcher.h"

#define NR_CLOSE_RANGE 436

static _Noreturn void fail(int report, int status, const struct tn_err *e)
{
	struct tns_seal_error out = { .sys_errno = e->sys_errno, .status = status };

	memcpy(out.msg, e->msg, sizeof(out.msg));
	while (write(report, &out, sizeof(out)) < 0 && errno == EINTR)
		;
	_exit(status);
}

/* ---- descriptors ---- */

static int smallest_kept(const struct tns_job *j, int from)
{
	int best = -1;

	for (size_t i = 0; i < j->r->nkeep_fds; i++)
		if (j->r->keep_fds[i] >= from && (best < 0 || j->r->keep_fds[i] < best))
			best = j->r->keep_fds[i];
	return best;
}

static long close_range_cloexec(unsigned first, unsigned last)
{
	return syscall(NR_CLOSE_RANGE, first, last, 4 /* CLOSE_RANGE_CLOEXEC: our own stay until execve */);
}

/* Everything but 0-2 and what the operator named: an open descriptor is a right that no layer asks about again. */
static enum tn_code close_inherited(const struct tns_job *j, struct tn_err *e)
{
	unsigned from = 3;

	for (int keep; (keep = smallest_kept(j, (int)from)) >= 0; from = (unsigned)keep + 1) {
		if ((unsigned)keep > from && close_range_cloexec(from, (unsigned)keep - 1) < 0)
			return tn_fail_sys(e, TN_E_KERNEL_FEATURE, "inherited descriptors cannot be closed");
	}
	if (close_range_cloexec(from, ~0u) < 0)
		return tn_fail_sys(e, TN_E_KERNEL_FEATURE, "inherited descriptors cannot be closed");
	return TN_OK;
}

/* What was closed for the caller is closed for the program. */
static void restore_std(const struct tns_job *j)
{
	for (int fd = 0; fd <= 2; fd++)
		if (j->closed_std & (1u << fd))
			close(fd);
}

/* ---- privileges ---- */

/* Past the last capability the kernel answers EINVAL. */
static bool drop_bounding(void)
{
	for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1 && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			return false;
	return true;
}

/*
 * Without CAP_SETPCAP the bounding set stays; no_new_privs then keeps execve from giving anything back, since the permitted set is empty.
 */
static enum tn_code drop_privileges(struct tn_err *e)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { { 0 } };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return tn_fail_sys(e, TN_E_KERNEL_FEATURE, "no_new_privs is refused");
	if (!drop_bounding() && errno != EPERM)
		return tn_fail_sys(e, TN_E_SYSTEM, "capabilities cannot be dropped");
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return tn_fail_sys(e, TN_E_SYSTEM, "ambient capabilities cannot be dropped");
	if (syscall(SYS_capset, &head, none) < 0)
		return tn_fail_sys(e, TN_E_SYSTEM, "capabilities cannot be dropped");
	return TN_OK;
}

/* ---- the kernel's hold ---- */

static enum tn_code seal(const struct tns_job *j, pid_t front, pid_t keeper, struct tn_err *e)
{
	struct sock_filter prog[TNS_FILTER_MAX];
	struct tns_filter f = { .inet = j->plan->inet, .signal_scope = tns_landlock_signal_scope(&j->landlock), .ours = { keeper, front } };

	memcpy(f.id, j->places.id, sizeof(f.id));
	TN_TRY(tns_landlock_enter(j->rules, e));
	return tns_filter_load(prog, tns_filter_build(&f, prog, TNS_FILTER_MAX), e);
}

static enum tn_code give_up(const struct tns_job *j, pid_t front, pid_t keeper, struct tn_err *e)
{
	if (!j->enforce)
		return TN_OK;
	TN_TRY(close_inherited(j, e));
	TN_TRY(drop_privileges(e));
	return j->level >= 1 ? seal(j, front, keeper, e) : TN_OK;
}

static _Noreturn void execute(const struct tns_job *j, int report)
{
	char *argv0 = (char *)(uintptr_t)j->launch.argv0; /* execve writes to none of them */
	char **argv = (char **)(uintptr_t)j->r->argv;
	struct tn_err e = { 0 };

	argv[0] = argv0;
	restore_std(j);
	execve(j->launch.path, argv, j->env);
	int err = errno;

	errno = err;
	(void)tn_fail_sys(&e, TN_E_SYSTEM, "cannot start %s", j->launch.path);
	fail(report, err == ENOENT ? TNS_EXIT_NOTFOUND : TNS_EXIT_REFUSED, &e);
}

/* A signal to the program's group would still reach a keeper that has not left it. */
static enum tn_code keeper_has_left(pid_t keeper, struct tn_err *e)
{
	pid_t group;

	while ((group = getpgid(keeper)) != keeper) {
		if (group < 0)
			return tn_fail_sys(e, TN_E_SYSTEM, "the session's keeper has gone");
		sched_yield();
	}
	return TN_OK;
}

void tns_child(const struct tns_job *j, pid_t front, pid_t keeper, int report)
{
	struct tn_err e = { 0 };

	if (keeper_has_left(keeper, &e) != TN_OK || give_up(j, front, keeper, &e) != TN_OK)
		fail(report, TNS_EXIT_REFUSED, &e);
	execute(j, report);
}
