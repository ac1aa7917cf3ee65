/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The filter of one session: a head for architecture and x32, the tests of registers, the magic number, then what libseccomp
 * made of the constant rows (gen_filter.c).
 *
 * The tests are written out here because libseccomp 2.5.4 cannot say them: it has no masked "not equal" and no answer of
 * its own per call, and a comparison of all 64 bits is wrong where the kernel looks at 32 (a request of
 * 0x100005412 is TIOCSTI).
 *
 * MUST: a register rule ends in a return on every way through.  MUST NOT: read memory the program can change; a filter cannot.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <shim/session.h>
#include <tn_fail.h>
#include "filter.h"

#define X32_BIT 0x40000000u
#define DENY(err) (SECCOMP_RET_ERRNO | (unsigned)(err))
#define ALLOW SECCOMP_RET_ALLOW

/* Numbers of the kernel, not of the installed headers. */
#define K_O_ACCMODE 3u
#define K_O_TRUNC 01000u
#define K_MFD_NOEXEC_SEAL 8u
#define K_CLONE_NEWTIME 0x80u
#define K_SOCK_TYPE 15u
#define K_F_SETOWN 8u
#define K_F_SETOWN_EX 15u
#define K_PRIO_USER 2u
#define K_IOPRIO_WHO_USER 3u
#define K_NETLINK_ROUTE 0u

static const struct sock_filter CONSTANT[] = {
#include "filter_constant.h"
};

struct prog {
	const struct tns_filter *f;
	struct sock_filter *v;
	size_t n, cap;
};

static void emit(struct prog *p, uint16_t code, uint32_t k, uint8_t jt, uint8_t jf)
{
	if (p->n < p->cap)
		p->v[p->n] = (struct sock_filter){ code, jt, jf, k };
	p->n++; /* beyond the capacity: counted, so that the end notices */
}

static void load(struct prog *p, size_t offset)
{
	emit(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

#define ARG(i) (offsetof(struct seccomp_data, args) + (size_t)(i) * 8) /* low 32 bits: little endian */
static void load_arg(struct prog *p, int i) { load(p, ARG(i)); }
static void mask(struct prog *p, uint32_t bits) { emit(p, BPF_ALU | BPF_AND | BPF_K, bits, 0, 0); }
static void answer(struct prog *p, uint32_t what) { emit(p, BPF_RET | BPF_K, what, 0, 0); }

/* one test and its answer; otherwise on */
static void if_equal(struct prog *p, uint32_t k, uint32_t what)
{
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, k, 0, 1);
	answer(p, what);
}
static void unless_equal(struct prog *p, uint32_t k, uint32_t what)
{
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, k, 1, 0);
	answer(p, what);
}
static void if_any_bit(struct prog *p, uint32_t bits, uint32_t what)
{
	emit(p, BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1);
	answer(p, what);
}

/* A block that is skipped unless the accumulator equals k. */
static size_t block_begin(struct prog *p, uint32_t k)
{
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, k, 0, 0);
	return p->n - 1;
}
static void block_end(struct prog *p, size_t at)
{
	size_t len = p->n - at - 1;

	if (len > 255)
		p->n = p->cap + 1; /* does not fit, as if too long */
	else if (at < p->cap)
		p->v[at].jf = (uint8_t)len;
}

static void deny_ours(struct prog *p, uint32_t what)
{
	for (size_t i = 0; i < sizeof(p->f->ours) / sizeof(*p->f->ours); i++)
		if (p->f->ours[i] > 0)
			if_equal(p, (uint32_t)p->f->ours[i], what);
}

/* ---- the tests, by enum tns_rule; the accumulator is free ---- */

/*
 * TRUNCATE is not a right that we handle (landlock.c says why), so O_TRUNC needs write access, which Landlock holds.  Access mode 3 asks
 * for neither reading nor writing, Landlock asks for nothing, and yet O_TRUNC truncates: it is refused whole.
 */
static void open_flags(struct prog *p, int arg)
{
	load_arg(p, arg);
	mask(p, K_O_ACCMODE | K_O_TRUNC);
	if_equal(p, K_O_TRUNC, DENY(EACCES));
	mask(p, K_O_ACCMODE);
	if_equal(p, K_O_ACCMODE, DENY(EACCES));
	answer(p, ALLOW);
}
static void rule_open(struct prog *p) { open_flags(p, 1); }
static void rule_openat(struct prog *p) { open_flags(p, 2); }

static void rule_ioctl(struct prog *p)
{
	load_arg(p, 1);
	if_equal(p, TIOCSTI, DENY(EPERM));
	if_equal(p, TIOCLINUX, DENY(EPERM));
	if (!p->f->signal_scope) {
		if_equal(p, FIOSETOWN, DENY(EPERM));
		if_equal(p, SIOCSPGRP, DENY(EPERM));
	}
	answer(p, ALLOW);
}

static void inet_types(struct prog *p)
{
	load_arg(p, 1);
	mask(p, K_SOCK_TYPE);
	if_equal(p, SOCK_STREAM, ALLOW);
	if_equal(p, SOCK_DGRAM, ALLOW); /* level 1 keeps datagrams */
}

static void rule_socket(struct prog *p)
{
	size_t at;

	load_arg(p, 0);
	if_equal(p, AF_UNIX, ALLOW);
	at = block_begin(p, AF_NETLINK); /* capabilities are gone: it can only ask */
	load_arg(p, 2);
	if_equal(p, K_NETLINK_ROUTE, ALLOW);
	answer(p, DENY(EAFNOSUPPORT));
	block_end(p, at);
	for (size_t i = 0; p->f->inet && i < 2; i++) {
		at = block_begin(p, i ? AF_INET6 : AF_INET);
		inet_types(p);
		answer(p, DENY(EAFNOSUPPORT));
		block_end(p, at);
	}
	answer(p, DENY(EAFNOSUPPORT));
}

static void rule_memfd(struct prog *p)
{
	load_arg(p, 1);
	if_any_bit(p, K_MFD_NOEXEC_SEAL, ALLOW);
	answer(p, DENY(EACCES)); /* what vm.memfd_noexec=2 answers */
}

#define NAMESPACES (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)

static void rule_clone(struct prog *p)
{
	load_arg(p, 0);
	if_any_bit(p, NAMESPACES, DENY(EPERM));
	answer(p, ALLOW);
}

/* What stays is a list: a flag that a later kernel adds is refused. */
static void rule_unshare(struct prog *p)
{
	load_arg(p, 0);
	if_any_bit(p, ~(uint32_t)(CLONE_FS | CLONE_FILES | CLONE_SYSVSEM), DENY(EPERM));
	answer(p, ALLOW);
}

/* Reading anybody's limits, and setting one's own. */
static void rule_prlimit(struct prog *p)
{
	load_arg(p, 0);
	if_equal(p, 0, ALLOW);
	load_arg(p, 2);
	unless_equal(p, 0, DENY(EPERM));
	load(p, ARG(2) + 4);
	unless_equal(p, 0, DENY(EPERM));
	answer(p, ALLOW);
}

static void rule_tkill(struct prog *p)
{
	load_arg(p, 0);
	if (!p->f->signal_scope)
		deny_ours(p, DENY(EPERM));
	answer(p, ALLOW);
}

/* kill(-1) reaches everybody, and the logger leads a group of its own.  The launcher is in the program's, and may die with it. */
static void rule_kill(struct prog *p)
{
	load_arg(p, 0);
	if (!p->f->signal_scope) {
		if_equal(p, (uint32_t)-1, DENY(EPERM));
		if (p->f->ours[TNS_OURS_LOGGER] > 0)
			if_equal(p, (uint32_t)-p->f->ours[TNS_OURS_LOGGER], DENY(EPERM));
	}
	rule_tkill(p);
}

static void rule_tgkill(struct prog *p)
{
	if (!p->f->signal_scope) {
		load_arg(p, 1);
		deny_ours(p, DENY(EPERM));
	}
	rule_tkill(p);
}

static void rule_pidfd_signal(struct prog *p)
{
	answer(p, p->f->signal_scope ? ALLOW : DENY(EPERM));
}

/* With F_SETOWN and F_SETSIG the kernel sends any signal to anybody of the same user. */
static void rule_fcntl(struct prog *p)
{
	if (!p->f->signal_scope) {
		load_arg(p, 1);
		if_equal(p, K_F_SETOWN, DENY(EPERM));
		if_equal(p, K_F_SETOWN_EX, DENY(EPERM));
	}
	answer(p, ALLOW);
}

static void rule_sched(struct prog *p)
{
	load_arg(p, 0);
	deny_ours(p, DENY(EPERM));
	answer(p, ALLOW);
}

static void priority_of(struct prog *p, uint32_t everybody)
{
	load_arg(p, 0);
	if_equal(p, everybody, DENY(EPERM));
	load_arg(p, 1);
	deny_ours(p, DENY(EPERM));
	answer(p, ALLOW);
}
static void rule_setpriority(struct prog *p) { priority_of(p, K_PRIO_USER); }
static void rule_ioprio(struct prog *p) { priority_of(p, K_IOPRIO_WHO_USER); }

static void (*const RULES[TNS_NRULES])(struct prog *) = {
	[TNS_RULE_OPEN] = rule_open, [TNS_RULE_OPENAT] = rule_openat, [TNS_RULE_IOCTL] = rule_ioctl,
	[TNS_RULE_SOCKET] = rule_socket, [TNS_RULE_MEMFD] = rule_memfd, [TNS_RULE_CLONE] = rule_clone,
	[TNS_RULE_UNSHARE] = rule_unshare, [TNS_RULE_PRLIMIT] = rule_prlimit, [TNS_RULE_KILL] = rule_kill,
	[TNS_RULE_TKILL] = rule_tkill, [TNS_RULE_TGKILL] = rule_tgkill, [TNS_RULE_PIDFD_SIGNAL] = rule_pidfd_signal,
	[TNS_RULE_FCNTL] = rule_fcntl, [TNS_RULE_SCHED] = rule_sched, [TNS_RULE_SETPRIORITY] = rule_setpriority,
	[TNS_RULE_IOPRIO] = rule_ioprio,
};

/* With a signal scope fcntl needs no test, and stays among the calls that the kernel lets through without asking us. */
static bool tested(const struct prog *p, const struct tns_syscall *s)
{
	static const bool only_without_scope[TNS_NRULES] = {
		[TNS_RULE_KILL] = true, [TNS_RULE_TKILL] = true, [TNS_RULE_TGKILL] = true, [TNS_RULE_PIDFD_SIGNAL] = true,
		[TNS_RULE_FCNTL] = true,
	};

	return s->rule != TNS_RULE_NONE && !(p->f->signal_scope && only_without_scope[s->rule]);
}

static void rule(struct prog *p, uint32_t nr)
{
	const struct tns_syscall *s = &tns_syscalls[nr];
	size_t at;

	if (s->rule == TNS_RULE_NONE)
		return;
	at = block_begin(p, nr);
	if (tested(p, s))
		RULES[s->rule](p);
	else
		answer(p, ALLOW);
	block_end(p, at);
}

static void rules(struct prog *p)
{
	rule(p, SYS_openat); /* first: no other call with a test is as common */
	for (uint32_t nr = 0; nr < tns_nsyscalls; nr++)
		if (nr != SYS_openat)
			rule(p, nr);
}

/* "Am I sealed, and which session is it?"  <shim/session.h> */
static void magic(struct prog *p)
{
	size_t at = block_begin(p, TNS_MAGIC_NR);

	load_arg(p, 0);
	if_equal(p, TNS_MAGIC_ASK, DENY(TNS_SEALED_L1));
	for (uint32_t i = 0; i < sizeof(p->f->id); i++)
		if_equal(p, i, DENY(TNS_MAGIC_BYTE + p->f->id[i]));
	answer(p, DENY(ENOSYS));
	block_end(p, at);
}

/* An x32 number has a bit of its own; it is not another architecture. */
static void head(struct prog *p)
{
	load(p, offsetof(struct seccomp_data, arch));
	unless_equal(p, AUDIT_ARCH_X86_64, SECCOMP_RET_KILL_PROCESS);
	load(p, offsetof(struct seccomp_data, nr));
	emit(p, BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1);
	answer(p, DENY(ENOSYS));
}

size_t tns_filter_build(const struct tns_filter *f, struct sock_filter *out, size_t cap)
{
	struct prog p = { .f = f, .v = out, .cap = cap };

	head(&p);
	rules(&p);
	magic(&p);
	for (size_t i = 0; i < sizeof(CONSTANT) / sizeof(*CONSTANT); i++)
		emit(&p, CONSTANT[i].code, CONSTANT[i].k, CONSTANT[i].jt, CONSTANT[i].jf);
	return p.n <= cap ? p.n : 0;
}

enum tn_code tns_filter_load(struct sock_filter *prog, size_t n, struct tn_err *e)
{
	struct sock_fprog fp = { .len = (unsigned short)n, .filter = prog };

	if (n == 0 || n > TNS_FILTER_MAX)
		return tn_fail(e, TN_E_INTERNAL, "the filter has %zu instructions", n);
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &fp) < 0)
		return tn_fail_sys(e, TN_E_KERNEL_FEATURE, "the kernel refuses a seccomp filter");
	return TN_OK;
}
