/* SPDX-License-Identifier: Apache-2.0 */
/* libc's own entry points: libc never calls itself through the symbol table, so each public name is a route. */
#include <dirent.h>
#include <ftw.h>
#include <glob.h>
#include <netdb.h>
#include <netinet/in.h>
#include <spawn.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include "../bypass.h"

static int stream_secret(FILE *f)
{
	char buf[16] = "";

	if (!f)
		return blocked();
	errno = 0;
	return escaped_if(fgets(buf, sizeof(buf), f) && !strncmp(buf, "SECRET", 6));
}

static int by_open(void) { return got_secret(open(at("out/secret"), O_RDONLY)); }
static int by_fopen(void) { return stream_secret(fopen(at("out/secret"), "r")); }
static int by_freopen(void) { return stream_secret(freopen(at("out/secret"), "r", stdin)); }
static int by_opendir(void)
{
	DIR *d = opendir(at("out"));

	return escaped_if(d && readdir(d));
}
static int by_scandir(void)
{
	struct dirent **names;

	return escaped_if(scandir(at("out"), &names, NULL, alphasort) > 2);
}
static int by_glob(void)
{
	glob_t g = {0};
	int r = glob(at("out/secre*"), 0, NULL, &g);

	errno = r == GLOB_NOMATCH ? EACCES : errno; /* glob skips what it may not list */
	return escaped_if(r == 0 && g.gl_pathc == 1);
}
static bool walked;
static int visit(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st, (void)type, (void)where;
	walked |= strstr(path, "/out/secret") != NULL;
	return 0;
}
static int by_nftw(void)
{
	int r = nftw(at("out"), visit, 8, FTW_PHYS);

	errno = r && errno ? errno : EACCES; /* an unreadable directory is FTW_DNR, not an error */
	return escaped_if(walked);
}
static int by_mkstemp(void)
{
	char name[4096];

	(void)snprintf(name, sizeof(name), "%s", at("out/tmpXXXXXX"));
	return escaped_if(mkstemp(name) >= 0);
}
static int by_remove(void) { return escaped_if(remove(at("out/victim")) == 0); }
static int by_truncate(void) { return escaped_if(truncate(at("out/victim"), 0) == 0); }
static int by_mkdir(void) { return escaped_if(mkdir(at("out/newdir"), 0700) == 0); }
static int by_rename_in(void)
{
	return rename(at("out/secret"), at("in/moved")) ? blocked() : got_secret(open(at("in/moved"), O_RDONLY));
}
static int by_link_in(void)
{
	return link(at("out/secret"), at("in/hl")) ? blocked() : got_secret(open(at("in/hl"), O_RDONLY));
}
ROUTE(l_open, "libc", "open", by_open);
ROUTE(l_fopen, "libc", "fopen", by_fopen);
ROUTE(l_freopen, "libc", "freopen", by_freopen);
ROUTE(l_opendir, "libc", "opendir", by_opendir);
ROUTE(l_scandir, "libc", "scandir", by_scandir);
ROUTE(l_glob, "libc", "glob", by_glob);
ROUTE(l_nftw, "libc", "nftw", by_nftw);
ROUTE(l_mkstemp, "libc", "mkstemp", by_mkstemp);
ROUTE(l_remove, "libc", "remove", by_remove);
ROUTE(l_truncate, "libc", "truncate", by_truncate);
ROUTE(l_mkdir, "libc", "mkdir", by_mkdir);
ROUTE(l_rename, "libc", "rename-in", by_rename_in);
ROUTE(l_link, "libc", "link-in", by_link_in);

/* ---- exec family: the program is out/prog, which exits PROG_ESCAPED */
static int wait_for(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid ? ran("exec", status) : BROKEN;
}
static int forked(void (*run)(const char *prog))
{
	pid_t pid = fork();

	if (pid == 0) {
		run(at("out/prog"));
		_exit(100 + errno);
	}
	return wait_for(pid);
}
static void with_execv(const char *p) { execv(p, (char *[]){(char *)(uintptr_t)p, NULL}); }
static void with_execl(const char *p) { execl(p, p, (char *)NULL); }
static void with_execvp(const char *p) { execvp(p, (char *[]){(char *)(uintptr_t)p, NULL}); }
static void with_fexecve(const char *p)
{
	int fd = open(p, O_PATH | O_CLOEXEC);

	fexecve(fd, (char *[]){(char *)(uintptr_t)p, NULL}, (char *[]){NULL});
}
static void with_vfork(const char *p)
{
	int status;
	pid_t pid = vfork();

	if (pid == 0) {
		RAW_3(SYS_execve, p, ((char *[]){(char *)(uintptr_t)p, NULL}), ((char *[]){NULL}));
		_exit(100 + errno);
	}
	waitpid(pid, &status, 0);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 100);
}
static int by_execv(void) { return forked(with_execv); }
static int by_execl(void) { return forked(with_execl); }
static int by_execvp(void) { return forked(with_execvp); }
static int by_fexecve(void) { return forked(with_fexecve); }
static int by_vfork(void) { return forked(with_vfork); }
static int by_posix_spawn(void)
{
	const char *p = at("out/prog");
	pid_t pid;
	int r = posix_spawn(&pid, p, NULL, NULL, (char *[]){(char *)(uintptr_t)p, NULL}, (char *[]){NULL});

	errno = r;
	return r ? blocked() : wait_for(pid);
}
/* A shell is not granted either: what must not happen is that out/prog runs. */
static int by_system(void)
{
	int status = system(at("out/prog"));

	errno = errno ? errno : EACCES;
	return escaped_if(WIFEXITED(status) && WEXITSTATUS(status) == PROG_ESCAPED);
}
static int by_popen(void)
{
	FILE *f = popen(at("out/prog"), "r");
	int status = f ? pclose(f) : 0;

	errno = errno ? errno : EACCES;
	return escaped_if(WIFEXITED(status) && WEXITSTATUS(status) == PROG_ESCAPED);
}
static int by_spawn_file_action(void)
{
	posix_spawn_file_actions_t fa;
	const char *p = at("bin/cat");
	int fds[2], status;
	pid_t pid;

	if (pipe(fds) || posix_spawn_file_actions_init(&fa) ||
	    posix_spawn_file_actions_addopen(&fa, 0, at("out/secret"), O_RDONLY, 0) ||
	    posix_spawn_file_actions_adddup2(&fa, fds[1], 1))
		return blocked();
	errno = posix_spawn(&pid, p, &fa, NULL, (char *[]){(char *)(uintptr_t)p, NULL}, (char *[]){NULL});
	if (errno)
		return blocked();
	waitpid(pid, &status, 0);
	close(fds[1]);
	return got_secret(fds[0]);
}
ROUTE(l_execv, "libc", "execv", by_execv);
ROUTE(l_execl, "libc", "execl", by_execl);
ROUTE(l_execvp, "libc", "execvp", by_execvp);
ROUTE(l_fexecve, "libc", "fexecve", by_fexecve);
ROUTE(l_vfork, "vfork-raw", "exec", by_vfork);
ROUTE(l_posix_spawn, "libc", "posix_spawn", by_posix_spawn);
ROUTE(l_system, "libc", "system", by_system);
ROUTE(l_popen, "libc", "popen", by_popen);
ROUTE(l_file_action, "libc", "spawn-file-action", by_spawn_file_action);

/* ---- sockets */
static struct sockaddr_in bad_port(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)world.port_bad)};

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return a;
}
static int by_connect(void)
{
	struct sockaddr_in a = bad_port();
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return escaped_if(fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0);
}
static int by_sendto(void)
{
	struct sockaddr_in a = bad_port();
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	return escaped_if(fd >= 0 && sendto(fd, "x", 1, 0, (struct sockaddr *)&a, sizeof(a)) == 1);
}
static int by_sendmsg(void)
{
	struct sockaddr_in a = bad_port();
	struct iovec v = {(char *)(uintptr_t) "x", 1};
	struct msghdr m = {.msg_name = &a, .msg_namelen = sizeof(a), .msg_iov = &v, .msg_iovlen = 1};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	return escaped_if(fd >= 0 && sendmsg(fd, &m, 0) == 1);
}
static int by_sendmmsg(void)
{
	struct sockaddr_in a = bad_port();
	struct iovec v = {(char *)(uintptr_t) "x", 1};
	struct mmsghdr m = {.msg_hdr = {.msg_name = &a, .msg_namelen = sizeof(a), .msg_iov = &v, .msg_iovlen = 1}};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	return escaped_if(fd >= 0 && sendmmsg(fd, &m, 1, 0) == 1);
}
static int by_udp_connect(void)
{
	struct sockaddr_in a = bad_port();
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	return escaped_if(fd >= 0 && !connect(fd, (struct sockaddr *)&a, sizeof(a)) && send(fd, "x", 1, 0) == 1);
}
static int by_bind(void)
{
	struct sockaddr_in a = bad_port();
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	a.sin_port = 0;
	return escaped_if(fd >= 0 && !bind(fd, (struct sockaddr *)&a, sizeof(a)) && !listen(fd, 1));
}
static int by_listen_alone(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return escaped_if(fd >= 0 && !listen(fd, 1)); /* the kernel binds a port by itself */
}
static int by_unix(int type, bool abstract)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type, 0);
	socklen_t n = sizeof(a);

	if (abstract) {
		(void)snprintf(a.sun_path + 1, sizeof(a.sun_path) - 1, "%s%s", world.abstract, type == SOCK_DGRAM ? "d" : "s");
		n = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(a.sun_path + 1));
	} else {
		(void)snprintf(a.sun_path, sizeof(a.sun_path), "%s", at(type == SOCK_DGRAM ? "out/dsock" : "out/sock"));
	}
	return escaped_if(fd >= 0 && !connect(fd, (struct sockaddr *)&a, n) && (type == SOCK_STREAM || send(fd, "x", 1, 0) == 1));
}
static int by_unix_stream(void) { return by_unix(SOCK_STREAM, false); }
static int by_unix_dgram(void) { return by_unix(SOCK_DGRAM, false); }
static int by_abstract_stream(void) { return by_unix(SOCK_STREAM, true); }
static int by_abstract_dgram(void) { return by_unix(SOCK_DGRAM, true); }
#ifndef BYPASS_STATIC /* there glibc would dlopen its name service, another route */
static int by_getaddrinfo(void)
{
	struct addrinfo *r = NULL, hint = {.ai_family = AF_INET};
	int e = getaddrinfo("localhost", "80", &hint, &r);

	errno = e == EAI_SYSTEM ? errno : EACCES;
	return escaped_if(e == 0);
}
ROUTE(l_getaddrinfo, "libc", "getaddrinfo", by_getaddrinfo);
#endif
ROUTE(l_connect, "libc", "connect", by_connect);
ROUTE(l_sendto, "libc", "sendto", by_sendto);
ROUTE(l_sendmsg, "libc", "sendmsg", by_sendmsg);
ROUTE(l_sendmmsg, "libc", "sendmmsg", by_sendmmsg);
ROUTE(l_udp_connect, "libc", "udp-connect", by_udp_connect);
ROUTE(l_bind, "libc", "bind", by_bind);
ROUTE(l_listen, "libc", "listen-alone", by_listen_alone);
ROUTE(l_unix_stream, "libc", "unix-stream", by_unix_stream);
ROUTE(l_unix_dgram, "libc", "unix-dgram", by_unix_dgram);
ROUTE(l_abs_stream, "libc", "abstract-stream", by_abstract_stream);
ROUTE(l_abs_dgram, "libc", "abstract-dgram", by_abstract_dgram);

/* ---- metadata */
static int by_stat(void)
{
	struct stat st;

	return escaped_if(stat(at("out/secret"), &st) == 0);
}
ROUTE(l_stat, "libc", "stat", by_stat);
