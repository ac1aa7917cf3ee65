/* SPDX-License-Identifier: Apache-2.0 */
/* What this machine gives, asked of the kernel and not of its version: containers refuse what the version has. */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>
#include <shim/session.h>
#include "launcher.h"

#define NR_CLONE3 435
#define NR_OPENAT2 437
#define NR_PIDFD_GETFD 438
#define ACTION_NOTIFY 0x7fc00000u /* SECCOMP_RET_USER_NOTIF, Linux 5.0 */

/* A call with nonsense in it: the kernel's complaint about the nonsense proves that the call is there. */
static bool there(long nr, long a, long b, long c, long d)
{
	return syscall(nr, a, b, c, d, 0, 0) >= 0 || (errno != ENOSYS && errno != EPERM);
}

static bool in_child(bool (*probe)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(probe() ? 0 : 1);
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool new_user_namespace(void) { return unshare(CLONE_NEWUSER) == 0; }
static bool be_traced(void) { return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0; }

static bool read_self(void)
{
	char from = 1, to = 0;
	struct iovec l = { &to, 1 }, r = { &from, 1 };

	return process_vm_readv(getpid(), &l, 1, &r, 1, 0) == 1;
}

static void yama(struct tns_machine *m)
{
	char c = 0;
	int fd = open("/proc/sys/kernel/yama/ptrace_scope", O_RDONLY | O_CLOEXEC);

	m->yama_known = fd >= 0 && read(fd, &c, 1) == 1 && c >= '0' && c <= '9';
	m->yama_scope = m->yama_known ? c - '0' : 0;
	if (fd >= 0)
		close(fd);
}

void tns_machine_read(struct tns_machine *m)
{
	struct utsname u;
	uint32_t notify = ACTION_NOTIFY, fail = SECCOMP_RET_ERRNO;

	memset(m, 0, sizeof(*m));
	if (uname(&u) == 0)
		memcpy(m->release, u.release, strnlen(u.release, sizeof(m->release) - 1));
	m->landlock_abi = tns_landlock_probe(&m->landlock_errno);
	m->seccomp_filter = syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &fail) == 0;
	m->seccomp_notify = syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &notify) == 0;
	yama(m);
	m->magic_answered = syscall(TNS_MAGIC_NR, TNS_MAGIC_ASK) < 0 && errno == TNS_SEALED_L1;
	m->user_namespaces = in_child(new_user_namespace);
	m->ptrace = in_child(be_traced);
	m->process_vm_readv = read_self();
	m->pidfd_getfd = there(NR_PIDFD_GETFD, -1, 0, 0, 0);
	m->openat2 = there(NR_OPENAT2, AT_FDCWD, 0, 0, 0);
	m->clone3 = there(NR_CLONE3, 0, 0, 0, 0);
}
