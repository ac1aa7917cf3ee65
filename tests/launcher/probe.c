/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe WORD [ARG].. [-- WORD [ARG]..]..: tries one thing after the other and prints a line for each: "ok" or the errno's name.  Built
 * static, so that no library can answer in the kernel's place.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static long number(const char *s) { return s ? strtol(s, NULL, 0) : 0; }

static int open_as(const char *path, int flags)
{
	int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0600);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? -1 : 0;
}

static int try_read(char **a) { return open_as(a[0], O_RDONLY); }
static int try_list(char **a) { return open_as(a[0], O_RDONLY | O_DIRECTORY); }
static int try_write(char **a) { return open_as(a[0], O_WRONLY); }
static int try_create(char **a) { return open_as(a[0], O_WRONLY | O_CREAT | O_EXCL); }
static int try_openflags(char **a) { return open_as(a[0], (int)number(a[1])); }
static int try_truncate(char **a) { return (int)syscall(SYS_truncate, a[0], 0L); }
static int try_openat2(char **a)
{
	unsigned long how[3] = { (unsigned long)number(a[1]), 0, 0 };

	return syscall(437, AT_FDCWD, a[0], how, sizeof(how)) < 0 ? -1 : 0;
}
static int try_unlink(char **a) { return unlink(a[0]); }
static int try_rename(char **a) { return rename(a[0], a[1]); }
static int try_mkdir(char **a) { return mkdir(a[0], 0700); }
static int try_kill(char **a) { return kill((pid_t)number(a[0]), (int)number(a[1])); }
static int try_killparent(char **a) { return kill(getppid(), (int)number(a[0])); }
static int try_setown(char **a) { return fcntl(0, F_SETOWN, (int)number(a[0])); }
static int try_prlimit(char **a)
{
	struct rlimit r = { 64, 64 };

	return prlimit((pid_t)number(a[0]), RLIMIT_NOFILE, &r, NULL);
}
static int try_socket(char **a) { return socket((int)number(a[0]), (int)number(a[1]), (int)number(a[2])) < 0 ? -1 : 0; }
static int try_memfd(char **a) { return syscall(SYS_memfd_create, "x", number(a[0])) < 0 ? -1 : 0; }
static int try_unshare(char **a) { return unshare((int)number(a[0])); }
static int try_abstract(char **a)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(sa.sun_path + 1, a[0], strlen(a[0]));
	return connect(fd, (struct sockaddr *)&sa, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(a[0])));
}
static int try_exec(char **a)
{
	char *argv[] = { a[0], a[1], NULL };
	int status;
	pid_t pid = vfork();

	if (pid == 0) {
		execv(a[0], argv);
		_exit(errno);
	}
	waitpid(pid, &status, 0);
	errno = WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
	return errno ? -1 : 0;
}

static const struct word { const char *name; int (*try)(char **); } WORDS[] = {
	{ "read", try_read }, { "list", try_list }, { "write", try_write }, { "create", try_create }, { "openflags", try_openflags },
	{ "truncate", try_truncate }, { "openat2", try_openat2 }, { "unlink", try_unlink }, { "rename", try_rename }, { "mkdir", try_mkdir },
	{ "kill", try_kill }, { "killparent", try_killparent }, { "setown", try_setown }, { "prlimit", try_prlimit },
	{ "socket", try_socket }, { "memfd", try_memfd }, { "unshare", try_unshare }, { "abstract", try_abstract }, { "exec", try_exec },
};

static void status_line(const char *key)
{
	char line[256];
	FILE *f = fopen("/proc/self/status", "r");

	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, key, strlen(key)) == 0)
			printf("%s", line);
	if (f)
		fclose(f);
}

static void descriptors(void)
{
	for (int fd = 0; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			printf("%d ", fd);
	puts("");
}

static bool shown(char **a)
{
	if (strcmp(a[0], "status") == 0)
		status_line(a[1]);
	else if (strcmp(a[0], "fds") == 0)
		descriptors();
	else if (strcmp(a[0], "env") == 0)
		puts(getenv(a[1]) ? getenv(a[1]) : "unset");
	else
		return false;
	return true;
}

static void one(char **a)
{
	if (shown(a))
		return;
	for (size_t i = 0; i < sizeof(WORDS) / sizeof(*WORDS); i++)
		if (strcmp(WORDS[i].name, a[0]) == 0) {
			int rc = WORDS[i].try(a + 1);

			puts(rc < 0 ? strerrorname_np(errno) : "ok");
			return;
		}
	printf("no word %s\n", a[0]);
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	for (int i = 1; i < argc; i++) {
		int from = i;

		while (i < argc && strcmp(argv[i], "--") != 0)
			i++;
		if (i < argc)
			argv[i] = NULL;
		one(argv + from);
	}
	return 0;
}
