/* SPDX-License-Identifier: Apache-2.0 */
/*
 * micro OP ITERATIONS PATH [PORT]: makes one kind of call many times and prints nanoseconds per call.
 * Start-up is not in it: the clock runs around the loop alone, after one call that lets every lazy thing happen.
 * micro spawn ITERATIONS CMD...: the same for a whole program, started from within the session that we run in.
 */
#include <fcntl.h>
#include <netinet/in.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *path;
static int port;

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void open_close(void)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		fail("open");
	close(fd);
}

static void refused_open(void)
{
	if (open(path, O_RDONLY | O_CLOEXEC) >= 0)
		exit(2);
}

static void get_stat(void)
{
	struct stat st;

	if (stat(path, &st))
		fail("stat");
}

static void connect_udp(void)
{
	static int fd = -1;
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd = fd < 0 ? socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0) : fd;
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)))
		fail("connect");
}

static void connect_tcp(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)))
		fail("connect");
	close(fd);
}

static void fork_exec(void)
{
	char *argv[] = {strdup(path), NULL};
	pid_t pid = vfork();
	int status;

	if (pid == 0) {
		execve(path, argv, environ);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		fail("exec");
	free(argv[0]);
}

static char **command;

static void spawn(void)
{
	pid_t pid;
	int status;

	if (posix_spawnp(&pid, command[0], NULL, NULL, command, environ) || waitpid(pid, &status, 0) != pid || status)
		fail(command[0]);
}

/* Private memory of this process: what the shim costs each one. */
static void memory(void)
{
	char line[256];
	long kib, dirty = 0;
	FILE *f = fopen("/proc/self/smaps_rollup", "r");

	if (!f)
		fail("smaps_rollup");
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "Private_Dirty: %ld kB", &kib) == 1)
			dirty = kib;
	printf("%ld\n", dirty * 1024);
	exit(0);
}

static const struct {
	const char *name;
	void (*call)(void);
} ops[] = {{"open", open_close}, {"refused-open", refused_open}, {"stat", get_stat}, {"connect-udp", connect_udp},
	   {"connect-tcp", connect_tcp}, {"exec", fork_exec}, {"memory", memory}, {"spawn", spawn}};

static void run(void (*call)(void), long n)
{
	struct timespec a, b;

	call();
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (long i = 0; i < n; i++)
		call();
	clock_gettime(CLOCK_MONOTONIC, &b);
	printf("%.1f\n", ((double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec)) / (double)n);
}

int main(int argc, char **argv)
{
	if (argc < 4)
		return 2;
	path = argv[3];
	command = argv + 3;
	port = argc > 4 ? atoi(argv[4]) : 0;
	for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++)
		if (!strcmp(ops[i].name, argv[1])) {
			run(ops[i].call, atol(argv[2]));
			return 0;
		}
	return 2;
}
