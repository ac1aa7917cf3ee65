/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The filter against its table: every number simulated, then issued raw in a process that has the filter; and rows for each test of
 * registers.  TAP.
 */
#include <errno.h>
#include <linux/audit.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <shim/session.h>
#include "bpf.h"
#include "filter.h"

static int count, bad;

static void ok(bool good, const char *what)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++count, what);
	bad += !good;
}

#define LAUNCHER 4242
#define LOGGER 4243
static struct sock_filter prog[TNS_FILTER_MAX];
static size_t len;

static void build(bool inet, bool scope)
{
	struct tns_filter f = { .inet = inet, .signal_scope = scope, .ours = { LOGGER, LAUNCHER } };

	for (size_t i = 0; i < sizeof(f.id); i++)
		f.id[i] = (uint8_t)(i * 16 + 15);
	len = tns_filter_build(&f, prog, TNS_FILTER_MAX);
}

static uint32_t answer(uint32_t arch, int nr, const uint64_t a[6])
{
	struct seccomp_data d = { .nr = nr, .arch = arch };

	for (int i = 0; i < 6; i++)
		d.args[i] = a ? a[i] : 0;
	return bpf_run(prog, len, &d);
}

static uint32_t errno_answer(int err) { return SECCOMP_RET_ERRNO | (uint32_t)err; }

/* ---- every number ---- */

static void simulated_numbers(void)
{
	int differ = 0;

	for (int nr = 0; nr <= 600; nr++) {
		bool known = (size_t)nr < tns_nsyscalls;
		uint32_t got = answer(AUDIT_ARCH_X86_64, nr, NULL);
		uint32_t want = !known ? errno_answer(ENOSYS) : tns_syscalls[nr].err ? errno_answer(tns_syscalls[nr].err) : SECCOMP_RET_ALLOW;

		if (known && tns_syscalls[nr].rule != TNS_RULE_NONE)
			continue; /* rows() */
		if (got != want) {
			printf("# %d %s: %08x, the table says %08x\n", nr, known ? tns_syscalls[nr].name : "-", got, want);
			differ++;
		}
	}
	ok(differ == 0, "numbers 0..600 answer what the table says (simulated)");
	ok(tns_nsyscalls == 470, "the table ends at 469");
}

static void strangers(void)
{
	int x32 = 0, i386 = 0;

	for (int nr = 0; nr <= 600; nr++) {
		x32 += answer(AUDIT_ARCH_X86_64, nr | 0x40000000, NULL) != errno_answer(ENOSYS);
		i386 += answer(AUDIT_ARCH_I386, nr, NULL) != SECCOMP_RET_KILL_PROCESS;
	}
	ok(x32 == 0, "x32 numbers are ENOSYS");
	ok(i386 == 0, "another architecture is killed");
	ok(answer(AUDIT_ARCH_X86_64, -1, NULL) == errno_answer(ENOSYS), "number -1 is ENOSYS");
}

static void magic(void)
{
	int wrong = 0;

	for (uint64_t k = 0; k < 300; k++) {
		uint64_t a[6] = { k };
		uint32_t want = k < 16 ? errno_answer(TNS_MAGIC_BYTE + (int)k * 16 + 15) :
				k == TNS_MAGIC_ASK ? errno_answer(TNS_SEALED_L1) : errno_answer(ENOSYS);

		wrong += answer(AUDIT_ARCH_X86_64, TNS_MAGIC_NR, a) != want;
	}
	ok(wrong == 0, "the magic number answers level and session id");
}

/* ---- tests of registers: each refusal with its passing twin ---- */

enum { INET = 1, SCOPE = 2 };
static const struct row { const char *what; int nr; uint64_t a[6]; int err[4]; } ROWS[] = {
	/* answers for: nothing, INET, SCOPE, INET and SCOPE */
	{ "openat for reading", SYS_openat, { 0, 0, 0 }, { 0 } },
	{ "openat write, create, truncate", SYS_openat, { 0, 0, 01 | 0100 | 01000 }, { 0 } },
	{ "openat read-write, truncate", SYS_openat, { 0, 0, 02 | 01000 }, { 0 } },
	{ "openat read-only, truncate", SYS_openat, { 0, 0, 01000 }, { EACCES, EACCES, EACCES, EACCES } },
	{ "openat access mode 3", SYS_openat, { 0, 0, 03 }, { EACCES, EACCES, EACCES, EACCES } },
	{ "openat access mode 3, truncate", SYS_openat, { 0, 0, 03 | 01000 }, { EACCES, EACCES, EACCES, EACCES } },
	{ "openat read-only, truncate, high bits set", SYS_openat, { 0, 0, 0xffffffff00000000u | 01000 }, { EACCES, EACCES, EACCES, EACCES } },
	{ "open write, truncate", SYS_open, { 0, 01 | 01000 }, { 0 } },
	{ "open read-only, truncate", SYS_open, { 0, 01000 }, { EACCES, EACCES, EACCES, EACCES } },
	{ "creat", SYS_creat, { 0, 0644 }, { 0 } },
	{ "ioctl TCGETS", SYS_ioctl, { 0, 0x5401 }, { 0 } },
	{ "ioctl TIOCSTI", SYS_ioctl, { 0, 0x5412 }, { EPERM, EPERM, EPERM, EPERM } },
	{ "ioctl TIOCSTI, high bits set", SYS_ioctl, { 0, 0x100005412u }, { EPERM, EPERM, EPERM, EPERM } },
	{ "ioctl TIOCLINUX", SYS_ioctl, { 0, 0x541c }, { EPERM, EPERM, EPERM, EPERM } },
	{ "ioctl FIOSETOWN", SYS_ioctl, { 0, 0x8901 }, { EPERM, EPERM, 0, 0 } },
	{ "socket unix stream", SYS_socket, { AF_UNIX, SOCK_STREAM }, { 0 } },
	{ "socket unix datagram", SYS_socket, { AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC }, { 0 } },
	{ "socket inet stream", SYS_socket, { AF_INET, SOCK_STREAM }, { EAFNOSUPPORT, 0, EAFNOSUPPORT, 0 } },
	{ "socket inet, high bits set", SYS_socket, { 0x100000002u, SOCK_STREAM }, { EAFNOSUPPORT, 0, EAFNOSUPPORT, 0 } },
	{ "socket inet6 datagram", SYS_socket, { AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK }, { EAFNOSUPPORT, 0, EAFNOSUPPORT, 0 } },
	{ "socket inet raw", SYS_socket, { AF_INET, SOCK_RAW }, { EAFNOSUPPORT, EAFNOSUPPORT, EAFNOSUPPORT, EAFNOSUPPORT } },
	{ "socket inet packet", SYS_socket, { AF_INET, SOCK_PACKET }, { EAFNOSUPPORT, EAFNOSUPPORT, EAFNOSUPPORT, EAFNOSUPPORT } },
	{ "socket netlink route", SYS_socket, { AF_NETLINK, SOCK_RAW, 0 }, { 0 } },
	{ "socket netlink audit", SYS_socket, { AF_NETLINK, SOCK_RAW, 9 }, { EAFNOSUPPORT, EAFNOSUPPORT, EAFNOSUPPORT, EAFNOSUPPORT } },
	{ "socket packet", SYS_socket, { AF_PACKET, SOCK_RAW }, { EAFNOSUPPORT, EAFNOSUPPORT, EAFNOSUPPORT, EAFNOSUPPORT } },
	{ "socket vsock", SYS_socket, { AF_VSOCK, SOCK_STREAM }, { EAFNOSUPPORT, EAFNOSUPPORT, EAFNOSUPPORT, EAFNOSUPPORT } },
	{ "socket alg", SYS_socket, { AF_ALG, SOCK_SEQPACKET }, { EAFNOSUPPORT, EAFNOSUPPORT, EAFNOSUPPORT, EAFNOSUPPORT } },
	{ "socketpair", SYS_socketpair, { AF_UNIX, SOCK_STREAM }, { 0 } },
	{ "memfd_create sealed against exec", SYS_memfd_create, { 0, 8 | 1 }, { 0 } },
	{ "memfd_create", SYS_memfd_create, { 0, 1 }, { EACCES, EACCES, EACCES, EACCES } },
	{ "memfd_create to execute", SYS_memfd_create, { 0, 0x10 }, { EACCES, EACCES, EACCES, EACCES } },
	{ "clone a thread", SYS_clone, { 0x3d0f00 }, { 0 } },
	{ "clone a user namespace", SYS_clone, { 0x10000000 | SIGCHLD }, { EPERM, EPERM, EPERM, EPERM } },
	{ "clone a mount namespace", SYS_clone, { 0x00020000 | SIGCHLD }, { EPERM, EPERM, EPERM, EPERM } },
	{ "clone a cgroup namespace", SYS_clone, { 0x02000000 | SIGCHLD }, { EPERM, EPERM, EPERM, EPERM } },
	{ "clone a network namespace", SYS_clone, { 0x40000000 | SIGCHLD }, { EPERM, EPERM, EPERM, EPERM } },
	{ "clone3", SYS_clone3, { 0 }, { ENOSYS, ENOSYS, ENOSYS, ENOSYS } },
	{ "unshare files", SYS_unshare, { 0x400 }, { 0 } },
	{ "unshare a time namespace", SYS_unshare, { 0x80 }, { EPERM, EPERM, EPERM, EPERM } },
	{ "unshare a user namespace", SYS_unshare, { 0x10000000 }, { EPERM, EPERM, EPERM, EPERM } },
	{ "prlimit own", SYS_prlimit64, { 0, 7, 1, 0 }, { 0 } },
	{ "prlimit look at another", SYS_prlimit64, { 99, 7, 0, 1 }, { 0 } },
	{ "prlimit another", SYS_prlimit64, { 99, 7, 1, 0 }, { EPERM, EPERM, EPERM, EPERM } },
	{ "prlimit another, limit above 4 GiB", SYS_prlimit64, { 99, 7, 0x7fff00000000u, 0 }, { EPERM, EPERM, EPERM, EPERM } },
	{ "kill a stranger", SYS_kill, { 99, 9 }, { 0 } },
	{ "kill the group", SYS_kill, { 0, 15 }, { 0 } },
	{ "kill everybody", SYS_kill, { (uint32_t)-1, 9 }, { EPERM, EPERM, 0, 0 } },
	{ "kill everybody, 64 bits", SYS_kill, { (uint64_t)-1, 9 }, { EPERM, EPERM, 0, 0 } },
	{ "kill the launcher", SYS_kill, { LAUNCHER, 9 }, { EPERM, EPERM, 0, 0 } },
	{ "kill the logger", SYS_kill, { LOGGER, 9 }, { EPERM, EPERM, 0, 0 } },
	{ "tkill the logger", SYS_tkill, { LOGGER, 9 }, { EPERM, EPERM, 0, 0 } },
	{ "tgkill a stranger", SYS_tgkill, { 99, 99, 9 }, { 0 } },
	{ "tgkill the logger", SYS_tgkill, { LOGGER, LOGGER, 9 }, { EPERM, EPERM, 0, 0 } },
	{ "tgkill the logger by its thread", SYS_tgkill, { 99, LOGGER, 9 }, { EPERM, EPERM, 0, 0 } },
	{ "rt_sigqueueinfo to the launcher", SYS_rt_sigqueueinfo, { LAUNCHER, 9 }, { EPERM, EPERM, 0, 0 } },
	{ "rt_tgsigqueueinfo to the launcher", SYS_rt_tgsigqueueinfo, { LAUNCHER, LAUNCHER, 9 }, { EPERM, EPERM, 0, 0 } },
	{ "pidfd_send_signal", 424, { 3, 9 }, { EPERM, EPERM, 0, 0 } },
	{ "fcntl F_GETFL", SYS_fcntl, { 0, 3 }, { 0 } },
	{ "fcntl F_SETOWN", SYS_fcntl, { 0, 8, LOGGER }, { EPERM, EPERM, 0, 0 } },
	{ "fcntl F_SETOWN_EX", SYS_fcntl, { 0, 15 }, { EPERM, EPERM, 0, 0 } },
	{ "sched_setaffinity own", SYS_sched_setaffinity, { 0 }, { 0 } },
	{ "sched_setaffinity of the logger", SYS_sched_setaffinity, { LOGGER }, { EPERM, EPERM, EPERM, EPERM } },
	{ "setpriority own", SYS_setpriority, { 0, 0, 5 }, { 0 } },
	{ "setpriority of the logger", SYS_setpriority, { 0, LOGGER, 19 }, { EPERM, EPERM, EPERM, EPERM } },
	{ "setpriority of the user", SYS_setpriority, { 2, 0, 19 }, { EPERM, EPERM, EPERM, EPERM } },
	{ "ioprio_set of the logger", SYS_ioprio_set, { 1, LOGGER, 0 }, { EPERM, EPERM, EPERM, EPERM } },
};

static void rows(void)
{
	for (size_t i = 0; i < sizeof(ROWS) / sizeof(*ROWS); i++) {
		const struct row *r = &ROWS[i];
		bool good = true;

		for (int v = 0; v < 4; v++) {
			build(v & INET, v & SCOPE);
			uint32_t want = r->err[v] ? errno_answer(r->err[v]) : SECCOMP_RET_ALLOW, got = answer(AUDIT_ARCH_X86_64, r->nr, r->a);

			if (got != want)
				printf("# %s, variant %d: %08x, expected %08x\n", r->what, v, got, want);
			good &= got == want;
		}
		ok(good, r->what);
	}
}

static void capacity(void)
{
	struct tns_filter f = { .inet = true, .ours = { 1, 2 } };
	size_t full = tns_filter_build(&f, prog, TNS_FILTER_MAX);

	ok(full > 0, "the filter fits");
	ok(tns_filter_build(&f, prog, full - 1) == 0, "one instruction less does not");
}

/* ---- live: numbers 0..600, raw, each in a process of its own ---- */

struct result { int err; bool came_back; };

static void issue(int nr, bool with_filter, struct result *r)
{
	struct tn_err e = { 0 };

	setpgid(0, 0); /* kill(0) and the like stay here */
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (with_filter && tns_filter_load(prog, len, &e) != TN_OK)
		_exit(99);
	errno = 0;
	long rc = syscall(nr, -1L, -1L, -1L, -1L, -1L, -1L);

	r->err = rc < 0 ? errno : 0;
	r->came_back = true;
	_exit(0);
}

static struct result try_number(int nr, bool with_filter)
{
	static struct result *r;
	int status;

	if (!r)
		r = mmap(NULL, sizeof(*r), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	*r = (struct result){ 0 };
	pid_t pid = fork();

	if (pid == 0)
		issue(nr, with_filter, r);
	for (int i = 0; i < 200; i++) { /* pause(2) and friends do not come back */
		struct timespec ms = { .tv_nsec = 2000000 };

		if (waitpid(pid, &status, WNOHANG) == pid)
			return *r;
		if (i > 5 || !r->came_back)
			nanosleep(&ms, NULL);
		if (i == 50)
			break;
	}
	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return *r;
}

static bool live_number(int nr)
{
	uint64_t ones[6] = { ~0ull, ~0ull, ~0ull, ~0ull, ~0ull, ~0ull };
	uint32_t want = answer(AUDIT_ARCH_X86_64, nr, ones);
	struct result got = try_number(nr, true), native = { 0 };

	if ((want & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO)
		return got.came_back && got.err == (int)(want & SECCOMP_RET_DATA);
	native = try_number(nr, false); /* only what the filter lets through is tried without it */
	if (got.came_back == native.came_back && got.err == native.err)
		return true;
	printf("# %d: errno %d with the filter, %d without\n", nr, got.err, native.err);
	return false;
}

static void live_numbers(void)
{
	int differ = 0;

	build(false, true);
	for (int nr = 0; nr <= 600; nr++) {
		/* forks, a long disk flush, and what would leave an IPC object of key -1 behind */
		if (nr == SYS_fork || nr == SYS_vfork || nr == SYS_clone || nr == SYS_sync || nr == SYS_msgget || nr == SYS_shmget ||
		    nr == SYS_semget)
			continue;
		if (!live_number(nr)) {
			printf("# %d %s differs\n", nr, (size_t)nr < tns_nsyscalls ? tns_syscalls[nr].name : "-");
			differ++;
		}
	}
	ok(differ == 0, "numbers 0..600, issued raw, answer what the table says");
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	build(false, false);
	ok(len > 0, "the filter is built");
	simulated_numbers();
	strangers();
	magic();
	rows();
	capacity();
	live_numbers();
	printf("1..%d\n", count);
	return bad ? 1 : 0;
}
