/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls one row of shim/preload/symbols.tsv on an object that the warrant does not grant.
 *
 *	symbols NAME BASE PORT    BASE/out: file dir/ sub prog; prints "refused ERRNO" or "done"
 *
 * Which of the two it should be is the driver's business: the same call is made natively, in enforce and in audit.
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
#include <netinet/in.h>
#include <resolv.h>
#include <semaphore.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <utime.h>
#include <wordexp.h>

/* Exported, but no header of this libc declares them: what older or fortified programs import. */
int __open(const char *, int, ...);
int __open64(const char *, int, ...);
int __open_2(const char *, int);
int __open64_2(const char *, int);
int __openat_2(int, const char *, int);
int __openat64_2(int, const char *, int);
int __xmknod(int, const char *, mode_t, dev_t *);
int __xmknodat(int, int, const char *, mode_t, dev_t *);
int __connect(int, const struct sockaddr *, socklen_t);
#undef res_query
#undef res_search
#undef res_nquery
#undef res_nsearch
int res_query(const char *, int, int, unsigned char *, int);
int res_search(const char *, int, int, unsigned char *, int);
int res_nquery(res_state, const char *, int, int, unsigned char *, int);
int res_nsearch(res_state, const char *, int, int, unsigned char *, int);

static const char *base;
static char F[4096], D[4096], N[4096], T[4096], T2[4096], G[4096], P[4096], W[4200], SHM[64], SHM_THERE[64], SEM_THERE[64];
static char *DS[2] = { D, NULL }, *ARGV[2] = { P, NULL };
static int PFD, FD;
static const char *HOST = "localhost";
static struct sockaddr_in peer;
#define PEER ((struct sockaddr *)&peer)

static void *list;
static glob64_t glob_result;
#define globbed (&glob_result)
static int walked(void) { return 0; }
static dev_t device;
static pid_t pid;
static wordexp_t words;
static struct addrinfo *info;
static struct hostent host, *hostp;
static char buffer[4096];
static int herr;
static unsigned char answer[512];

static FILE *tmp_stream(void) { return fopen("/dev/null", "r"); }
static int sock(int type) { return socket(AF_INET, type, 0); }
static posix_spawn_file_actions_t *actions(void)
{
	static posix_spawn_file_actions_t a;

	posix_spawn_file_actions_init(&a);
	return &a;
}
static struct mmsghdr *messages(void)
{
	static struct iovec iov = { .iov_base = answer, .iov_len = 1 };
	static struct mmsghdr m;

	m.msg_hdr = (struct msghdr){ .msg_name = &peer, .msg_namelen = sizeof(peer), .msg_iov = &iov, .msg_iovlen = 1 };
	return &m;
}
static struct msghdr *message(void) { return &messages()->msg_hdr; }

#define X(symbol, operation, error, call) \
	static int call_##symbol(void) { return call; }
#include "calls.h"
#undef X
static const struct {
	const char *name;
	int (*refused)(void);
} CALLS[] = {
#define X(symbol, operation, error, call) { #symbol, call_##symbol },
#include "calls.h"
#undef X
};

static void name(char *out, size_t cap, const char *below)
{
	if (snprintf(out, cap, "%s/out/%s", base, below) >= (int)cap)
		exit(2);
}

static void names(void)
{
	name(F, sizeof(F), "file");
	name(D, sizeof(D), "dir");
	name(N, sizeof(N), "new");
	name(T, sizeof(T), "tXXXXXX");
	name(T2, sizeof(T2), "tXXXXXX.c");
	name(G, sizeof(G), "*");
	name(P, sizeof(P), "prog");
	snprintf(W, sizeof(W), "$(%s)", P);
	snprintf(SHM, sizeof(SHM), "/tenuo-new-%s", strrchr(base, '/') + 1);
	snprintf(SHM_THERE, sizeof(SHM_THERE), "/tenuo-shm-%s", strrchr(base, '/') + 1);
	snprintf(SEM_THERE, sizeof(SEM_THERE), "/tenuo-sem-%s", strrchr(base, '/') + 1);
}

static int say(int refused, int err)
{
	char text[64];
	int n = refused ? snprintf(text, sizeof(text), "pid %d refused %s\n", (int)getpid(), err ? strerrorname_np(err) : "0")
			: snprintf(text, sizeof(text), "pid %d done\n", (int)getpid());

	return write(1, text, (size_t)n) == n ? 0 : 2;
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	base = argv[2];
	names();
	peer = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[3])),
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	/* descriptors that a warrant would not give: opened by the driver, as a shell redirection would */
	FD = 8;
	PFD = 9;
	for (size_t i = 0; i < sizeof(CALLS) / sizeof(CALLS[0]); i++) {
		if (strcmp(CALLS[i].name, argv[1]) != 0)
			continue;
		errno = 0;
		int refused = CALLS[i].refused();

		return say(refused, errno);
	}
	return 2;
}
