/* SPDX-License-Identifier: Apache-2.0 */
/* Other processes: the victim is one outside the session, of the same user, that holds a secret. */
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include "../bypass.h"

static int attach(void)
{
	long r = RAW_4(SYS_ptrace, PTRACE_SEIZE, world.victim, 0, 0);

	if (r == 0)
		RAW_4(SYS_ptrace, PTRACE_DETACH, world.victim, 0, 0);
	return escaped_if(r == 0);
}

static struct iovec here, there;
static char seen[8];
static void vectors(void)
{
	here = (struct iovec){seen, 6};
	there = (struct iovec){(void *)(uintptr_t)world.victim_addr, 6};
}
static int vm_read(void)
{
	vectors();
	return escaped_if(raw6(SYS_process_vm_readv, world.victim, (long)&here, 1, (long)&there, 1, 0) == 6 && !strcmp(seen, "SECRET"));
}
static int vm_write(void)
{
	vectors();
	memcpy(seen, "SECRET", 6);
	return escaped_if(raw6(SYS_process_vm_writev, world.victim, (long)&here, 1, (long)&there, 1, 0) == 6);
}
static int proc_file(const char *name, int flags)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", world.victim, name);
	return open(path, flags);
}
static int proc_mem(void)
{
	int fd = proc_file("mem", O_RDONLY);

	return escaped_if(fd >= 0 && pread(fd, seen, 6, (off_t)world.victim_addr) == 6 && !strcmp(seen, "SECRET"));
}
static int proc_environ(void)
{
	int fd = proc_file("environ", O_RDONLY);

	return escaped_if(fd >= 0 && read(fd, seen, 6) > 0);
}
static int proc_maps(void)
{
	int fd = proc_file("maps", O_RDONLY);

	return escaped_if(fd >= 0 && read(fd, seen, 6) > 0);
}
static int steal_fd(void)
{
	long pid = RAW_2(SYS_pidfd_open, world.victim, 0);

	return got_secret(pid < 0 ? -1 : RAW_3(SYS_pidfd_getfd, pid, 62, 0));
}
static int kill_victim(void) { return escaped_if(RAW_2(SYS_kill, world.victim, SIGURG) == 0); }
static int tgkill_victim(void) { return escaped_if(RAW_3(SYS_tgkill, world.victim, world.victim, SIGURG) == 0); }
static int pidfd_signal_victim(void)
{
	long pid = RAW_2(SYS_pidfd_open, world.victim, 0);

	return escaped_if(pid >= 0 && RAW_4(SYS_pidfd_send_signal, pid, SIGURG, NULL, 0) == 0);
}
static int kill_parent(void) { return escaped_if(RAW_2(SYS_kill, getppid(), SIGURG) == 0); } /* inside `run`: the launcher */
static int sigqueue_parent(void)
{
	siginfo_t si = {.si_signo = SIGURG, .si_code = SI_QUEUE};

	return escaped_if(RAW_3(SYS_rt_sigqueueinfo, getppid(), SIGURG, &si) == 0);
}
static int limit_victim(void)
{
	struct {
		uint64_t soft, hard;
	} l = {1024, 1024};

	return escaped_if(RAW_4(SYS_prlimit64, world.victim, 7 /* RLIMIT_NOFILE */, &l, NULL) == 0);
}

static int daemonised(void)
{
	int fds[2];
	char c = BLOCKED;

	if (pipe(fds))
		return BROKEN;
	if (fork() == 0) {
		setsid();
		if (fork() == 0) {
			long fd = RAW_3(SYS_open, at("out/secret"), O_RDONLY, 0);

			c = fd >= 0 ? ESCAPED : BLOCKED;
			_exit(write(fds[1], &c, 1) != 1);
		}
		_exit(0);
	}
	if (read(fds[0], &c, 1) != 1)
		return BROKEN;
	errno = EACCES;
	return escaped_if(c == ESCAPED);
}
static int many(void) /* 64 at once: none may slip through */
{
	int status, won = 0;

	for (int i = 0; i < 64; i++)
		if (fork() == 0)
			_exit(open(at("out/secret"), O_RDONLY) >= 0 ? ESCAPED : BLOCKED);
	while (wait(&status) > 0)
		won += WIFEXITED(status) && WEXITSTATUS(status) == ESCAPED;
	errno = EACCES;
	return escaped_if(won > 0);
}

ROUTE(p_ptrace, "ptrace", "attach", attach);
ROUTE(p_vm_read, "process_vm", "readv", vm_read);
ROUTE(p_vm_write, "process_vm", "writev", vm_write);
ROUTE(p_mem, "proc-pid", "mem", proc_mem);
ROUTE(p_environ, "proc-pid", "environ", proc_environ);
ROUTE(p_maps, "proc-pid", "maps", proc_maps);
ROUTE(p_getfd, "pidfd_getfd", "read", steal_fd);
ROUTE(p_kill, "signal", "kill", kill_victim);
ROUTE(p_tgkill, "signal", "tgkill", tgkill_victim);
ROUTE(p_pidfd, "signal", "pidfd", pidfd_signal_victim);
ROUTE(p_parent, "signal", "kill-parent", kill_parent);
ROUTE(p_sigqueue, "signal", "sigqueue-parent", sigqueue_parent);
ROUTE(p_prlimit, "prlimit", "victim", limit_victim);
ROUTE(p_daemon, "daemonise", "read", daemonised);
ROUTE(p_many, "flood", "read", many);
