/* SPDX-License-Identifier: Apache-2.0 */
/* Ways to run what is not granted. */
#include <dlfcn.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include "../bypass.h"

static int copy_to_memfd(const char *path, unsigned flags)
{
	char buf[65536];
	int from = open(path, O_RDONLY), to = (int)syscall(SYS_memfd_create, "prog", flags);
	ssize_t n;

	while (from >= 0 && to >= 0 && (n = read(from, buf, sizeof(buf))) > 0)
		if (write(to, buf, (size_t)n) != n)
			return -1;
	return to;
}

static int reap(pid_t pid)
{
	int status;

	return pid > 0 && waitpid(pid, &status, 0) == pid ? ran("exec", status) : BROKEN;
}

static int exec_fd_path(void)
{
	char path[64], *argv[] = {path, NULL}, *envp[] = {NULL};
	int fd = copy_to_memfd(at("in/prog"), 0);
	pid_t pid;

	if (fd < 0)
		return blocked();
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	pid = fork();
	if (pid == 0) {
		RAW_3(SYS_execve, path, argv, envp);
		_exit(100 + errno);
	}
	return reap(pid);
}

static int execveat_empty_with(unsigned memfd_flags)
{
	char *argv[] = {(char *)(uintptr_t) "prog", NULL}, *envp[] = {NULL};
	int fd = copy_to_memfd(at("in/prog"), memfd_flags);
	pid_t pid;

	if (fd < 0)
		return blocked();
	pid = fork();
	if (pid == 0) {
		RAW_5(SYS_execveat, fd, "", argv, envp, AT_EMPTY_PATH);
		_exit(100 + errno);
	}
	return reap(pid);
}
static int execveat_empty(void) { return execveat_empty_with(0); }
static int execveat_memfd_exec(void) { return execveat_empty_with(0x10 /* MFD_EXEC */); }

/* The loader run as a program runs any file it may read: no execute right is asked of that file. */
static int through_loader(const char *file)
{
	const char *ldso = "/lib64/ld-linux-x86-64.so.2";
	char *argv[] = {(char *)(uintptr_t)ldso, (char *)(uintptr_t)file, NULL};
	pid_t pid = fork();

	if (pid == 0) {
		RAW_3(SYS_execve, ldso, argv, environ);
		_exit(100 + errno);
	}
	return reap(pid);
}
static int loader_readable(void) { return through_loader(at("in/dynprog")); }
static int loader_outside(void) { return through_loader(at("out/dynprog")); }
static int loader_libc(void)
{
	const char *ldso = "/lib64/ld-linux-x86-64.so.2", *file = at("in/dynprog");
	pid_t pid = fork();

	if (pid == 0) {
		execl(ldso, ldso, file, (char *)NULL);
		_exit(100 + errno);
	}
	return reap(pid);
}

static int own_tree(void) /* written now, run now */
{
	char *argv[] = {(char *)(uintptr_t) "prog", NULL};
	const char *p = at("in/prog");
	pid_t pid = fork();

	if (pid == 0) {
		execv(p, argv);
		_exit(100 + errno);
	}
	return reap(pid);
}

static int mmap_exec(void)
{
	int fd = open(at("in/file"), O_RDONLY);

	return escaped_if(fd >= 0 && mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) != MAP_FAILED);
}

#ifndef BYPASS_STATIC
static int dlopen_workspace(void)
{
	void *h = dlopen(at("in/lib.so"), RTLD_NOW);

	errno = EACCES;
	return escaped_if(h != NULL);
}
ROUTE(e_dlopen, "dlopen", "in-tree", dlopen_workspace);
static int dlopen_outside(void)
{
	void *h = dlopen(at("out/lib.so"), RTLD_NOW);

	errno = EACCES;
	return escaped_if(h != NULL);
}
ROUTE(e_dlopen_out, "dlopen", "outside", dlopen_outside);
#endif

static char stack[65536] __attribute__((aligned(16)));
static int shared_result;
static int shared_child(void *arg)
{
	char buf[8] = "";
	long fd = RAW_3(SYS_open, arg, O_RDONLY, 0);

	shared_result = fd >= 0 && read((int)fd, buf, 6) == 6 && !strncmp(buf, "SECRET", 6) ? ESCAPED : BLOCKED;
	return 0;
}
static int clone_vm(void)
{
	int status;
	pid_t pid = clone(shared_child, stack + sizeof(stack), CLONE_VM | SIGCHLD, (void *)(uintptr_t)at("out/secret"));

	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return blocked();
	errno = EACCES;
	return escaped_if(shared_result == ESCAPED);
}

static int suid_program(void)
{
	const char *p = at("bin/suid"); /* exits PROG_ESCAPED if its effective user differs from its real one */
	pid_t pid = fork();

	if (pid == 0) {
		execl(p, p, (char *)NULL);
		_exit(100 + errno);
	}
	return reap(pid);
}

/* The new image has no variable of ours: is it still held? */
static int opens_with(char *const envp[])
{
	char *argv[] = {(char *)(uintptr_t)world.self, (char *)(uintptr_t) "libc", (char *)(uintptr_t) "open", NULL};
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		dup2(2, 1);
		execve(world.self, argv, envp);
		_exit(100 + errno);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return BROKEN;
	errno = WEXITSTATUS(status) >= 100 ? WEXITSTATUS(status) - 100 : EACCES;
	return escaped_if(WEXITSTATUS(status) == ESCAPED);
}
static int empty_environment(void)
{
	char base[4096], *envp[] = {base, NULL};

	(void)snprintf(base, sizeof(base), "BYPASS_BASE=%s", world.base);
	return opens_with(envp);
}
static int audit_environment(void)
{
	char base[4096], *envp[] = {base, (char *)(uintptr_t) "TENUO_MODE=audit", (char *)(uintptr_t) "TENUO_SEALED=1",
				    (char *)(uintptr_t) "TENUO_SESSION=0123456789abcdef0123456789abcdef", NULL};

	(void)snprintf(base, sizeof(base), "BYPASS_BASE=%s", world.base);
	return opens_with(envp);
}

ROUTE(e_memfd, "memfd", "exec-path", exec_fd_path);
ROUTE(e_execveat, "memfd", "execveat-empty", execveat_empty);
ROUTE(e_memfd_exec, "memfd", "execveat-mfd-exec", execveat_memfd_exec);
ROUTE(e_loader_in, "loader", "readable-file", loader_readable);
ROUTE(e_loader_libc, "loader", "readable-file-libc", loader_libc);
ROUTE(e_loader_out, "loader", "outside-file", loader_outside);
ROUTE(e_own, "own-file", "exec", own_tree);
ROUTE(e_mmap, "mmap-exec", "in-tree", mmap_exec);
ROUTE(e_clone_vm, "clone-vm", "read", clone_vm);
ROUTE(e_suid, "setuid", "exec", suid_program);
ROUTE(e_empty_env, "empty-environment", "read", empty_environment);
ROUTE(e_audit_env, "audit-environment", "read", audit_environment);
