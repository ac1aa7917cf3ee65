/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every wrapped symbol once, on an object of its own.  symtest DIR: DIR/SYMBOL holds a file f, a directory d and a program p.
 * One line per symbol: name, operation, wanted errno, pid, how it ended (failed, done, replaced, signal N), errno.
 * The rows are made from shim/preload/symbols.tsv; what their last column names is defined here.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <ftw.h>
#include <glob.h>
#include <mntent.h>
#include <netdb.h>
#include <resolv.h>
#include <semaphore.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <utime.h>
#include <wordexp.h>

/* Exported by libc, declared nowhere. */
int __open(const char *, int, ...);
int __open64(const char *, int, ...);
int __open_2(const char *, int);
int __open64_2(const char *, int);
int __openat_2(int, const char *, int);
int __openat64_2(int, const char *, int);
int __xmknod(int, const char *, mode_t, dev_t *);
int __xmknodat(int, int, const char *, mode_t, dev_t *);
int __connect(int, const struct sockaddr *, socklen_t);

/* A descriptor that somebody else handed us: opened past every wrapper. */
static int unseen_open(const char *path)
{
	long r;
	register long r10 __asm__("r10") = 0;

	__asm__ volatile("syscall" : "=a"(r) : "a"(SYS_openat), "D"(AT_FDCWD), "S"(path), "d"(O_RDONLY | O_CLOEXEC), "r"(r10)
			 : "rcx", "r11", "memory");
	return (int)r;
}

/* ---------------------------------------------------------------- what the rows name */
static char F[4096], D[4096], N[4096], T[4096], T2[4096], P[4096], W[4200], G[4200];
static char SHM[300], SHM_THERE[300], SEM_THERE[300];
static char *ARGV[] = { P, NULL }, *DS[] = { D, NULL };
static const char HOST[] = "localhost";
static int PFD, FD;
static struct sockaddr_in peer = { .sin_family = AF_INET };
#define PEER ((struct sockaddr *)&peer)

static void *list;
static struct addrinfo *info;
static struct gaicb **asked(void)
{
	static struct gaicb one = { .ar_name = HOST }, *all[] = { &one };

	return all;
}
static struct hostent host, *hostp;
static int herr;
static char buffer[4096];
static unsigned char answer[512];
static wordexp_t words;
static pid_t pid;
static dev_t device;

static glob64_t globbed[1];

static int walked(void)
{
	return 0;
}

static int sock(int type)
{
	return socket(AF_INET, type, 0);
}

static struct msghdr *message(void)
{
	static struct iovec data = { .iov_base = answer, .iov_len = 1 };
	static struct msghdr m = { .msg_name = &peer, .msg_namelen = sizeof(peer), .msg_iov = &data, .msg_iovlen = 1 };

	return &m;
}

static struct mmsghdr *messages(void)
{
	static struct mmsghdr m;

	m.msg_hdr = *message();
	return &m;
}

static FILE *tmp_stream(void)
{
	return fdopen(open("/dev/null", O_RDWR), "r+");
}

static posix_spawn_file_actions_t *actions(void)
{
	static posix_spawn_file_actions_t a;

	posix_spawn_file_actions_init(&a);
	return &a;
}

/* ---------------------------------------------------------------- the calls */
#define X(symbol, operation, err, call) \
	static int call_##symbol(void) { return (call) ? 1 : 0; }
#include "symbol-calls.h"
#undef X

static const struct {
	const char *name, *operation;
	int err;
	int (*call)(void);
} rows[] = {
#define X(symbol, operation, err, call) { #symbol, operation, err, call_##symbol },
#include "symbol-calls.h"
#undef X
};

static void name_objects(const char *dir, size_t i)
{
	const char *s = rows[i].name;

	snprintf(F, sizeof(F), "%s/%s/f", dir, s);
	snprintf(D, sizeof(D), "%s/%s/d", dir, s);
	snprintf(N, sizeof(N), "%s/%s/new", dir, s);
	snprintf(T, sizeof(T), "%s/%s/tXXXXXX", dir, s);
	snprintf(T2, sizeof(T2), "%s/%s/tXXXXXX.c", dir, s);
	snprintf(P, sizeof(P), "%s/%s/p", dir, s);
	snprintf(W, sizeof(W), "$(%s)", P);
	snprintf(G, sizeof(G), "%s/*", D);
	snprintf(SHM, sizeof(SHM), "/tns-symtest-%s-new", s);
	snprintf(SHM_THERE, sizeof(SHM_THERE), "/tns-symtest-%s", s);
	snprintf(SEM_THERE, sizeof(SEM_THERE), "/tns-symtest-%s", s);
	peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	peer.sin_port = htons((uint16_t)(20000 + i));
	PFD = open(P, O_PATH | O_CLOEXEC);
	FD = unseen_open(F);
}

struct result {
	int done, failed, err;
};

static void run(const char *dir, size_t i, struct result *r)
{
	int status;

	*r = (struct result){ 0 };
	fflush(stdout);
	pid_t child = fork();

	if (child == 0) {
		name_objects(dir, i);
		alarm(20);
		errno = 0;
		int failed = rows[i].call();

		*r = (struct result){ 1, failed, errno };
		_exit(0);
	}
	waitpid(child, &status, 0);
	printf("%s\t%s\t%s\t%d\t", rows[i].name, rows[i].operation, strerrorname_np(rows[i].err), child);
	if (WIFSIGNALED(status))
		printf("signal %d\t-\n", WTERMSIG(status));
	else if (!r->done)
		printf("replaced %d\t-\n", WEXITSTATUS(status));
	else
		printf("%s\t%s\n", r->failed ? "failed" : "done", r->failed && r->err ? strerrorname_np(r->err) : "-");
}

int main(int argc, char **argv)
{
	struct result *r = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (argc != 2 || r == MAP_FAILED)
		return 1;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		run(argv[1], i, r);
	return 0;
}
