/* SPDX-License-Identifier: Apache-2.0 */
/* Other spellings of one call: syscall(), inline assembly, dlsym, private and second copies of libc, the i386 and x32 doors. */
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <linux/openat2.h>
#include "../bypass.h"

typedef long (*caller)(long nr, long a, long b, long c, long d, long e);

static long by_syscall(long nr, long a, long b, long c, long d, long e)
{
	return syscall(nr, a, b, c, d, e, 0L);
}

static long by_asm(long nr, long a, long b, long c, long d, long e)
{
	return raw6(nr, a, b, c, d, e, 0);
}

static long p(const char *relative)
{
	return (long)at(relative);
}

static int op_read(caller c)
{
	return got_secret(c(SYS_openat, AT_FDCWD, p("out/secret"), O_RDONLY | O_CLOEXEC, 0, 0));
}

static int op_old_open(caller c)
{
	return got_secret(c(SYS_open, p("out/secret"), O_RDONLY | O_CLOEXEC, 0, 0, 0));
}

static int op_list(caller c)
{
	char buf[4096];
	long fd = c(SYS_openat, AT_FDCWD, p("out"), O_RDONLY | O_DIRECTORY, 0, 0);

	return escaped_if(fd >= 0 && syscall(SYS_getdents64, fd, buf, sizeof(buf)) > 0);
}

static int op_create(caller c)
{
	return escaped_if(c(SYS_openat, AT_FDCWD, p("out/new"), O_WRONLY | O_CREAT | O_EXCL, 0600, 0) >= 0);
}

static int op_write(caller c)
{
	long fd = c(SYS_openat, AT_FDCWD, p("out/victim"), O_WRONLY, 0, 0);

	return escaped_if(fd >= 0 && write((int)fd, "changed", 7) == 7);
}

static int op_append(caller c)
{
	long fd = c(SYS_openat, AT_FDCWD, p("out/victim"), O_WRONLY | O_APPEND, 0, 0);

	return escaped_if(fd >= 0 && write((int)fd, "more", 4) == 4);
}

static int op_mkdir(caller c)
{
	return escaped_if(c(SYS_mkdir, p("out/newdir"), 0700, 0, 0, 0) == 0);
}

static int op_mkfifo(caller c)
{
	return escaped_if(c(SYS_mknod, p("out/fifo"), S_IFIFO | 0600, 0, 0, 0) == 0);
}

static int op_symlink(caller c)
{
	return escaped_if(c(SYS_symlink, p("in/file"), p("out/newlink"), 0, 0, 0) == 0);
}

static int op_link_in(caller c)
{
	if (c(SYS_linkat, AT_FDCWD, p("out/secret"), AT_FDCWD, p("in/hl"), 0))
		return blocked();
	return got_secret(open(at("in/hl"), O_RDONLY));
}

static int op_rename_in(caller c)
{
	if (c(SYS_renameat2, AT_FDCWD, p("out/secret"), AT_FDCWD, p("in/moved"), 0))
		return blocked();
	return got_secret(open(at("in/moved"), O_RDONLY));
}

static int op_rename_out(caller c)
{
	return escaped_if(c(SYS_rename, p("in/file"), p("out/moved"), 0, 0, 0) == 0);
}

static int op_exchange(caller c)
{
	if (c(SYS_renameat2, AT_FDCWD, p("out/secret"), AT_FDCWD, p("in/file"), 2 /* RENAME_EXCHANGE */))
		return blocked();
	return got_secret(open(at("in/file"), O_RDONLY));
}

static int op_delete(caller c)
{
	return escaped_if(c(SYS_unlinkat, AT_FDCWD, p("out/victim"), 0, 0, 0) == 0);
}

static int op_rmdir(caller c)
{
	return escaped_if(c(SYS_rmdir, p("out/dir"), 0, 0, 0, 0) == 0);
}

/* A file that may be read but not written: three ways to empty it. */
static bool emptied(void)
{
	struct stat st;

	return !stat(at("ro/file"), &st) && st.st_size == 0;
}

static int op_truncate(caller c)
{
	long r = c(SYS_truncate, p("ro/file"), 0, 0, 0, 0);

	return escaped_if(r == 0 && emptied());
}

static int op_open_trunc(caller c)
{
	long fd = c(SYS_openat, AT_FDCWD, p("ro/file"), O_RDONLY | O_TRUNC, 0, 0);

	return escaped_if(fd >= 0 && emptied());
}

static int op_mode3_trunc(caller c) /* neither for reading nor for writing, and yet it truncates */
{
	long fd = c(SYS_openat, AT_FDCWD, p("ro/file"), O_ACCMODE | O_TRUNC, 0, 0);

	return escaped_if(fd >= 0 && emptied());
}

static int op_openat2_trunc(caller c)
{
	struct open_how how = {.flags = O_RDONLY | O_TRUNC};
	long fd = c(SYS_openat2, AT_FDCWD, p("ro/file"), (long)&how, sizeof(how), 0);

	return escaped_if(fd >= 0 && emptied());
}

static int op_openat2(caller c)
{
	struct open_how how = {.flags = O_RDONLY};

	return got_secret(c(SYS_openat2, AT_FDCWD, p("out/secret"), (long)&how, sizeof(how), 0));
}

static int op_chmod(caller c)
{
	return escaped_if(c(SYS_fchmodat, AT_FDCWD, p("out/victim"), 0777, 0, 0) == 0);
}

static int op_exec(caller c)
{
	char *argv[] = {(char *)(uintptr_t)p("out/prog"), NULL}, *envp[] = {NULL};
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		c(SYS_execve, (long)argv[0], (long)argv, (long)envp, 0, 0);
		_exit(100 + errno);
	}
	return waitpid(pid, &status, 0) == pid ? ran("exec", status) : BROKEN;
}

static struct sockaddr_in loopback(int port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return a;
}

static int op_connect(caller c)
{
	struct sockaddr_in a = loopback(world.port_bad);
	long fd = c(SYS_socket, AF_INET, SOCK_STREAM, 0, 0, 0);

	return escaped_if(fd >= 0 && c(SYS_connect, fd, (long)&a, sizeof(a), 0, 0) == 0);
}

static int op_listen(caller c)
{
	struct sockaddr_in a = loopback(0);
	long fd = c(SYS_socket, AF_INET, SOCK_STREAM, 0, 0, 0);

	return escaped_if(fd >= 0 && c(SYS_bind, fd, (long)&a, sizeof(a), 0, 0) == 0 && c(SYS_listen, fd, 1, 0, 0, 0) == 0);
}

static int op_unix(caller c)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	long fd = c(SYS_socket, AF_UNIX, SOCK_STREAM, 0, 0, 0);

	(void)snprintf(a.sun_path, sizeof(a.sun_path), "%s", at("out/sock"));
	return escaped_if(fd >= 0 && c(SYS_connect, fd, (long)&a, sizeof(a), 0, 0) == 0);
}

#define SPELL(op, word)                                                                                                \
	static int syscall_##op(void) { return op_##op(by_syscall); }                                                  \
	static int asm_##op(void) { return op_##op(by_asm); }                                                          \
	ROUTE(syscall_##op, "syscall", word, syscall_##op);                                                            \
	ROUTE(asm_##op, "asm", word, asm_##op)

SPELL(read, "read");
SPELL(old_open, "old-open");
SPELL(list, "list");
SPELL(create, "create");
SPELL(write, "write");
SPELL(append, "append");
SPELL(mkdir, "mkdir");
SPELL(mkfifo, "mkfifo");
SPELL(symlink, "symlink");
SPELL(link_in, "link-in");
SPELL(rename_in, "rename-in");
SPELL(rename_out, "rename-out");
SPELL(exchange, "exchange");
SPELL(delete, "delete");
SPELL(rmdir, "rmdir");
SPELL(truncate, "truncate");
SPELL(open_trunc, "open-trunc");
SPELL(mode3_trunc, "mode3-trunc");
SPELL(openat2_trunc, "openat2-trunc");
SPELL(openat2, "openat2");
SPELL(chmod, "chmod");
SPELL(exec, "exec");
SPELL(connect, "connect");
SPELL(listen, "listen");
SPELL(unix, "unix");

/* int 0x80 reaches the i386 table, whose numbers mean other calls; its pointers have 32 bits. */
static long int80(long nr, long a, long b, long c)
{
	long ret;

	__asm__ volatile("int $0x80" : "=a"(ret) : "a"(nr), "b"(a), "c"(b), "d"(c) : "memory", "r8", "r9", "r10", "r11");
	if (ret < 0 && ret > -4096) {
		errno = (int)-ret;
		return -1;
	}
	return ret;
}

static char *low_path(const char *relative)
{
	char *m = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	return m == MAP_FAILED ? NULL : strcpy(m, at(relative));
}

static int i386_read(void)
{
	char *path = low_path("out/secret");

	return path ? got_secret(int80(5 /* open */, (long)path, O_RDONLY, 0)) : skip("no memory below 4 GiB");
}

static int i386_delete(void)
{
	char *path = low_path("out/victim");

	return path ? escaped_if(int80(10 /* unlink */, (long)path, 0, 0) == 0) : skip("no memory below 4 GiB");
}

static int i386_read_child(void) { return in_child(i386_read); }
static int i386_delete_child(void) { return in_child(i386_delete); }
ROUTE(i386_read, "int80", "read", i386_read_child);
ROUTE(i386_delete, "int80", "delete", i386_delete_child);

static int x32_read(void)
{
	return got_secret(raw6(0x40000000 + SYS_open, (long)at("out/secret"), O_RDONLY, 0, 0, 0, 0));
}

static int x32_read_child(void) { return in_child(x32_read); }
ROUTE(x32_read, "x32", "read", x32_read_child);
