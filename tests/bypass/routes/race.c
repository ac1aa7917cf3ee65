/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory and names that change between check and use.  With BYPASS_NAIVE each route puts its own check before the call
 * and must still win: a racer that cannot beat check-then-continue proves nothing about what stops it.
 */
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "../bypass.h"

struct race {
	char *name;                 /* what flips, where a name flips */
	char good[2048], bad[2048]; /* of one length */
	void (*flip)(struct race *r, bool bad);
	volatile bool stop;
};

static void *flipper(void *arg)
{
	struct race *r = arg;

	while (!r->stop) {
		r->flip(r, true);
		r->flip(r, false);
	}
	return NULL;
}

static int raced(struct race *r, bool (*attempt)(struct race *r))
{
	double end = now() + world.race_seconds;
	bool won = false;
	pthread_t t;

	if (pthread_create(&t, NULL, flipper, r))
		return BROKEN;
	while (!won && now() < end)
		won = attempt(r);
	r->stop = true;
	pthread_join(t, NULL);
	errno = EACCES;
	return escaped_if(won);
}

static bool is_secret(int fd)
{
	char buf[8] = "";
	bool yes;

	if (fd < 0)
		return false;
	yes = read(fd, buf, 6) == 6 && !strncmp(buf, "SECRET", 6);
	close(fd);
	return yes;
}

/* ---- the path string itself: a thread, then another process through shared memory */
static void flip_string(struct race *r, bool bad)
{
	memcpy(r->name, bad ? r->bad : r->good, strlen(r->good));
}

static bool open_flipping(struct race *r)
{
	if (world.naive) {
		char seen[2048];

		memcpy(seen, r->name, sizeof(seen));
		if (strcmp(seen, r->good) != 0)
			return false;
	}
	return is_secret(open(r->name, O_RDONLY));
}

static void name_both(struct race *r)
{
	(void)snprintf(r->good, sizeof(r->good), "%s", at("in//secret")); /* the same length as out/secret */
	(void)snprintf(r->bad, sizeof(r->bad), "%s", at("out/secret"));
}

static int race_string(void)
{
	static char buf[2048];
	static struct race r = {.name = buf, .flip = flip_string};

	name_both(&r);
	strcpy(buf, r.good);
	return raced(&r, open_flipping);
}

static int race_shared(void)
{
	static struct race r = {.flip = flip_string};
	double end = now() + world.race_seconds;
	bool won = false;
	pid_t pid;

	name_both(&r);
	r.name = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (r.name == MAP_FAILED)
		return BROKEN;
	strcpy(r.name, r.good);
	pid = fork();
	if (pid == 0)
		while (now() < end + 5)
			r.flip(&r, true), r.flip(&r, false);
	while (!won && now() < end)
		won = open_flipping(&r);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	errno = EACCES;
	return escaped_if(won);
}

/* ---- a link, and a directory exchanged with a link, turned over in our own tree */
static void flip_link(struct race *r, bool bad)
{
	char tmp[2100];

	(void)snprintf(tmp, sizeof(tmp), "%s.new", r->name);
	unlink(tmp);
	if (!symlink(bad ? r->bad : r->good, tmp))
		rename(tmp, r->name);
}

static bool open_link(struct race *r)
{
	char target[2048];
	ssize_t n;

	if (world.naive) {
		n = readlink(r->name, target, sizeof(target) - 1);
		if (n < 0)
			return false;
		target[n] = 0;
		if (strcmp(target, r->good) != 0)
			return false;
	}
	return is_secret(open(r->name, O_RDONLY));
}

static int race_link(void)
{
	static char name[2048];
	static struct race r = {.name = name, .flip = flip_link};

	name_both(&r);
	strcpy(name, at("in/flip"));
	flip_link(&r, false);
	return raced(&r, open_link);
}

static void flip_exchange(struct race *r, bool bad)
{
	(void)bad;
	RAW_5(SYS_renameat2, AT_FDCWD, r->good, AT_FDCWD, r->bad, 2 /* RENAME_EXCHANGE */);
}

static bool open_exchanged(struct race *r)
{
	struct stat st;

	if (world.naive && (lstat(r->good, &st) || !S_ISDIR(st.st_mode)))
		return false;
	return is_secret(open(r->name, O_RDONLY));
}

static int race_exchange(void)
{
	static char name[2048];
	static struct race r = {.name = name, .flip = flip_exchange};

	strcpy(r.good, at("in/sub")); /* holds a harmless "secret" */
	strcpy(r.bad, at("in/dirlink"));
	strcpy(name, at("in/sub/secret"));
	return raced(&r, open_exchanged);
}

/* ---- the address of a connect: UDP, so nothing has to answer, and the kernel tells which port it took */
static struct sockaddr_in flipping_address;

static void flip_port(struct race *r, bool bad)
{
	(void)r;
	flipping_address.sin_port = htons((uint16_t)(bad ? world.port_bad : world.port_ok));
}

static bool connect_flipping(struct race *r)
{
	struct sockaddr_in got = {0};
	socklen_t n = sizeof(got);
	bool won = false;
	int fd;

	(void)r;
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0)
		return false;
	if (!world.naive || *(volatile uint16_t *)&flipping_address.sin_port == htons((uint16_t)world.port_ok))
		won = !connect(fd, (struct sockaddr *)&flipping_address, sizeof(flipping_address)) &&
		      !getpeername(fd, (struct sockaddr *)&got, &n) && got.sin_port == htons((uint16_t)world.port_bad);
	close(fd);
	return won;
}

static int race_sockaddr(void)
{
	static struct race r = {.flip = flip_port};

	flipping_address.sin_family = AF_INET;
	flipping_address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	flip_port(&r, false);
	return raced(&r, connect_flipping);
}

/* ---- the path of an execve, and the descriptor of an execveat turned onto a memfd */
static bool exec_flipping(struct race *r)
{
	char *argv[] = {r->good, NULL};
	int status = 0;
	pid_t pid;

	if (world.naive) {
		char seen[2048];

		memcpy(seen, r->name, sizeof(seen));
		if (strcmp(seen, r->good) != 0)
			return false;
	}
	pid = vfork();
	if (pid == 0) {
		execv(r->name, argv);
		_exit(1);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == PROG_ESCAPED;
}

static int race_exec(void)
{
	static char name[2048];
	static struct race r = {.name = name, .flip = flip_string};

	strcpy(r.good, at("bin/prog"));
	strcpy(r.bad, at("out/prog"));
	strcpy(name, r.good);
	return raced(&r, exec_flipping);
}

static int good_fd, bad_fd;
#define FLIPPING_FD 50

static void flip_fd(struct race *r, bool bad)
{
	(void)r;
	dup2(bad ? bad_fd : good_fd, FLIPPING_FD);
}

/* The child shares our descriptor table, so the number may turn until the kernel looks at it. */
static int exec_descriptor(void *unused)
{
	char *argv[] = {(char *)(uintptr_t) "prog", NULL}, *envp[] = {NULL};

	(void)unused;
	RAW_5(SYS_execveat, FLIPPING_FD, "", argv, envp, AT_EMPTY_PATH);
	_exit(1);
}

static bool execveat_flipping(struct race *r)
{
	static char stack[65536] __attribute__((aligned(16)));
	struct stat want, got;
	int status = 0;
	pid_t pid;

	(void)r;
	if (world.naive && (fstat(good_fd, &want) || fstat(FLIPPING_FD, &got) || want.st_ino != got.st_ino))
		return false;
	pid = clone(exec_descriptor, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | CLONE_FILES | SIGCHLD, NULL);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == PROG_ESCAPED;
}

static int memfd_of(const char *path)
{
	char buf[65536];
	int from = open(path, O_RDONLY), to = (int)syscall(SYS_memfd_create, "prog", 0);
	ssize_t n;

	while (from >= 0 && to >= 0 && (n = read(from, buf, sizeof(buf))) > 0)
		if (write(to, buf, (size_t)n) != n)
			return -1;
	close(from);
	return to;
}

static int race_execveat(void)
{
	static struct race r = {.flip = flip_fd};

	good_fd = open(at("bin/prog"), O_PATH);
	bad_fd = memfd_of(at("in/prog"));
	if (good_fd < 0 || bad_fd < 0)
		return blocked(); /* no executable memfd exists to race with */
	flip_fd(&r, false);
	return raced(&r, execveat_flipping);
}

ROUTE(r_string, "race-path", "read", race_string);
ROUTE(r_shared, "race-shared-path", "read", race_shared);
ROUTE(r_link, "race-symlink", "read", race_link);
ROUTE(r_exchange, "race-dir-exchange", "read", race_exchange);
ROUTE(r_sockaddr, "race-sockaddr", "connect", race_sockaddr);
ROUTE(r_exec, "race-exec-path", "exec", race_exec);
ROUTE(r_execveat, "race-execveat-fd", "exec", race_execveat);
