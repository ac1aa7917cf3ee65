/* SPDX-License-Identifier: Apache-2.0 */
/* What is granted and must keep working: a shim that stops everything would pass every other row. */
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include "../bypass.h"

static bool reads(const char *path)
{
	char buf[16] = "";
	int fd = open(path, O_RDONLY);

	return fd >= 0 && read(fd, buf, 7) == 7 && !strcmp(buf, "allowed") && !close(fd);
}
static bool works(void) { return reads(at("in/file")); }
static int control_read(void) { return escaped_if(works()); }
static int control_read_raw(void) { return escaped_if(RAW_3(SYS_open, at("in/file"), O_RDONLY, 0) >= 0); }
static int control_write(void)
{
	int fd = open(at("in/new"), O_RDWR | O_CREAT | O_EXCL, 0640);
	struct stat st;

	return escaped_if(fd >= 0 && write(fd, "abc", 3) == 3 && !ftruncate(fd, 1) && !fstat(fd, &st) && st.st_size == 1 &&
			  (st.st_mode & 0777) == 0640 && !rename(at("in/new"), at("in/sub/renamed")) && !unlink(at("in/sub/renamed")));
}
static int control_directories(void)
{
	return escaped_if(!mkdir(at("in/d"), 0700) && !symlink("file", at("in/d/l")) && !link(at("in/file"), at("in/d/hard")) &&
			  !unlink(at("in/d/l")) && !unlink(at("in/d/hard")) && !rmdir(at("in/d")));
}
static int control_through_links(void) /* links inside the tree: to a file, to a directory, to nothing yet */
{
	return escaped_if(!symlink("file", at("in/l1")) && open(at("in/l1"), O_RDWR) >= 0 && !symlink("sub", at("in/l2")) &&
			  open(at("in/l2/made"), O_WRONLY | O_CREAT, 0600) >= 0 && !symlink("not-yet", at("in/l3")) &&
			  open(at("in/l3"), O_WRONLY | O_CREAT, 0600) >= 0 && !access(at("in/not-yet"), F_OK));
}
static int control_truncate(void)
{
	struct stat st;

	return escaped_if(!truncate(at("in/file"), 3) && !stat(at("in/file"), &st) && st.st_size == 3);
}
static int control_chmod(void) { return escaped_if(!chmod(at("in/file"), 0600)); }
static int control_enoent(void) /* a policy answer never hides the kernel's: compilers and git probe for files */
{
	int fd = open(at("in/missing"), O_RDONLY);
	int a = errno, b;

	fd = fd < 0 ? open(at("in/file/below"), O_RDONLY) : fd;
	b = errno;
	errno = a == ENOENT ? b : a;
	return escaped_if(fd < 0 && a == ENOENT && b == ENOTDIR);
}
static int control_enoent_outside(void)
{
	int fd = open(at("out/missing"), O_RDONLY);

	return escaped_if(fd < 0 && errno == ENOENT);
}
static int control_connect(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)world.port_ok)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return escaped_if(fd >= 0 && !connect(fd, (struct sockaddr *)&a, sizeof(a)));
}
static int control_exec(void)
{
	const char *p = at("bin/prog");
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		execl(p, p, (char *)NULL);
		_exit(100);
	}
	errno = EACCES;
	return escaped_if(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
static int control_fifo(void)
{
	pid_t pid;

	if (mkfifo(at("in/fifo"), 0600))
		return blocked();
	pid = fork();
	if (pid == 0)
		_exit(open(at("in/fifo"), O_WRONLY) < 0);
	return escaped_if(open(at("in/fifo"), O_RDONLY) >= 0 && works());
}
static void tick(int sig) { (void)sig; }
static int control_signal_storm(void) /* an interrupted call must not be made twice */
{
	struct itimerval it = {{0, 200}, {0, 200}};
	struct sigaction sa = {.sa_handler = tick, .sa_flags = SA_RESTART};
	char name[32];

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(name, sizeof(name), "in/d%d", i);
		if (mkdir(at(name), 0700) || rmdir(at(name)))
			return blocked();
	}
	return escaped();
}
static void *open_often(void *path) /* at() has one buffer for all */
{
	for (int i = 0; i < 2000; i++)
		if (!reads(path))
			return (void *)1;
	return NULL;
}
static int control_threads(void)
{
	pthread_t t[4];
	void *r, *any = NULL;
	char path[4096];

	(void)snprintf(path, sizeof(path), "%s", at("in/file"));
	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, open_often, path);
	for (int i = 0; i < 4; i++) {
		pthread_join(t[i], &r);
		any = r ? r : any;
	}
	return escaped_if(!any);
}
static int control_own_signals(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		for (;;)
			pause();
	return escaped_if(!kill(pid, SIGTERM) && waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
}
static int control_tmp(void)
{
	const char *dir = getenv("TMPDIR");
	char name[4096];

	(void)snprintf(name, sizeof(name), "%s/bypass.XXXXXX", dir ? dir : "/tmp");
	return escaped_if(mkstemp(name) >= 0 && !unlink(name));
}

ROUTE(c_read, "control", "read", control_read);
ROUTE(c_read_raw, "control", "read-raw", control_read_raw);
ROUTE(c_write, "control", "create-write-delete", control_write);
ROUTE(c_dirs, "control", "directories", control_directories);
ROUTE(c_links, "control", "through-links", control_through_links);
ROUTE(c_truncate, "control", "truncate", control_truncate);
ROUTE(c_chmod, "control", "chmod", control_chmod);
ROUTE(c_enoent, "control", "errno-inside", control_enoent);
ROUTE(c_enoent_out, "control", "errno-outside", control_enoent_outside);
ROUTE(c_connect, "control", "connect", control_connect);
ROUTE(c_exec, "control", "exec", control_exec);
ROUTE(c_fifo, "control", "fifo", control_fifo);
ROUTE(c_storm, "control", "signal-storm", control_signal_storm);
ROUTE(c_threads, "control", "threads", control_threads);
ROUTE(c_signals, "control", "own-signals", control_own_signals);
ROUTE(c_tmp, "control", "tmpdir", control_tmp);
