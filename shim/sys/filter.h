/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SHIM_SYS_FILTER_H
#define SHIM_SYS_FILTER_H
/*
 * The static filter of level 1.  syscalls.tsv says what becomes of each number; numbers above its last row and x32 numbers
 * are ENOSYS, another architecture kills, TNS_MAGIC_NR answers.
 */
#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <tenuo/err.h>

enum tns_class {
	TNS_CLASS_LANDLOCK, TNS_CLASS_STATIC, TNS_CLASS_NOTIFY_EMULATE, TNS_CLASS_NOTIFY_REGISTERS, TNS_CLASS_VERIFY_AT_EXEC,
	TNS_CLASS_FREE
};
enum tns_rule { /* tests of registers; filter.c has one function for each */
	TNS_RULE_NONE, TNS_RULE_OPEN, TNS_RULE_OPENAT, TNS_RULE_IOCTL, TNS_RULE_SOCKET, TNS_RULE_MEMFD, TNS_RULE_CLONE,
	TNS_RULE_UNSHARE, TNS_RULE_PRLIMIT, TNS_RULE_KILL, TNS_RULE_TKILL, TNS_RULE_TGKILL, TNS_RULE_PIDFD_SIGNAL, TNS_RULE_FCNTL,
	TNS_RULE_SCHED, TNS_RULE_SETPRIORITY, TNS_RULE_IOPRIO,
	TNS_NRULES
};
struct tns_syscall { const char *name; enum tns_class cls; int err; enum tns_rule rule; }; /* err 0 without a rule: allowed */
extern const struct tns_syscall tns_syscalls[]; /* by number */
extern const size_t tns_nsyscalls;

#define TNS_OURS_LOGGER 0
struct tns_filter {            /* what differs between sessions */
	uint8_t id[16];
	bool inet;             /* a connect, resolve or listen row: INET sockets may be made */
	bool signal_scope;     /* Landlock keeps signals inside; else the filter keeps them from `ours` */
	pid_t ours[2];         /* logger, which leads a process group, and launcher; 0: none */
};
#define TNS_FILTER_MAX 1200    /* instructions */

/* Pure.  Number of instructions, 0 = did not fit. */
size_t tns_filter_build(const struct tns_filter *f, struct sock_filter *out, size_t cap);
/* no_new_privs must be set */
enum tn_code tns_filter_load(struct sock_filter *prog, size_t n, struct tn_err *e) TN_MUST_USE;

#endif
