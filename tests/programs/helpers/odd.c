/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program with bad manners.  odd WHAT WORK OUT: prints what it saw, one line each; exit 0 unless something is broken.
 * WORK is granted (if anything is), OUT is not.  Without a shim every line must come out too, so each run has its twin.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *work, *out, *self;

static const char *in(const char *dir, const char *name)
{
	static char ring[4][4096];
	static unsigned next;
	char *b = ring[next++ % 4];

	snprintf(b, 4096, "%s/%s", dir, name);
	return b;
}

static void say(const char *what, long r)
{
	if (r >= 0)
		printf("%s: ok\n", what);
	else
		printf("%s: %s\n", what, strerrorname_np(errno));
}

/* All descriptors closed, then new ones with the old numbers: what the shim says must not land in the user's files. */
static int close_all(void)
{
	int a, b, c, report;

	for (int fd = 0; fd < 1024; fd++)
		close(fd);
	a = open(in(work, "zero"), O_RDWR | O_CREAT, 0600);
	b = open(in(work, "one"), O_RDWR | O_CREAT, 0600);
	c = open(in(work, "two"), O_RDWR | O_CREAT, 0600);
	report = open(in(work, "report"), O_RDWR | O_CREAT | O_APPEND, 0600);
	for (int i = 0; i < 3; i++) {
		int fd = open(in(out, "secret"), O_RDONLY);

		dprintf(report, "secret: %s\n", fd < 0 ? strerrorname_np(errno) : "ok");
		close(fd);
	}
	dprintf(a, "0");
	dprintf(b, "1");
	dprintf(c, "2");
	dprintf(report, "numbers: %d %d %d\n", a, b, c);
	return 0;
}

static int file_on_stderr(void)
{
	close(2);
	say("two", open(in(work, "two"), O_RDWR | O_CREAT, 0600));
	say("secret", open(in(out, "secret"), O_RDONLY));
	dprintf(2, "mine");
	return 0;
}

static int new_environment(void)
{
	char *envp[] = {(char *)(uintptr_t) "TENUO_MODE=audit", (char *)(uintptr_t) "TENUO_WARRANT=bm90IGEgd2FycmFudA",
			(char *)(uintptr_t) "TENUO_TRUSTED_ROOTS=", (char *)(uintptr_t) "TENUO_DEV_MODE=1", (char *)(uintptr_t) "LD_PRELOAD=",
			NULL};
	char *argv[] = {(char *)(uintptr_t)self, (char *)(uintptr_t) "secret", (char *)(uintptr_t)work, (char *)(uintptr_t)out, NULL};

	fflush(stdout);
	execve(self, argv, envp);
	say("execve", -1);
	return 1;
}

static int set_environment(void)
{
	setenv("TENUO_MODE", "audit", 1);
	unsetenv("LD_PRELOAD");
	clearenv();
	say("secret", open(in(out, "secret"), O_RDONLY));
	say("file", open(in(work, "file"), O_RDONLY));
	return 0;
}

static int secret(void)
{
	say("secret", open(in(out, "secret"), O_RDONLY));
	say("file", open(in(work, "file"), O_RDONLY));
	return 0;
}

static int change_directory(void)
{
	say("chdir", chdir(out));
	say("secret", open("secret", O_RDONLY));
	say("up", open("../work" "/file", O_RDONLY));
	say("chdir", chdir(work));
	say("file", open("file", O_RDONLY));
	say("out", open("../out/secret", O_RDONLY));
	return 0;
}

static int deleted_directory(void)
{
	say("mkdir", mkdir(in(work, "gone"), 0700));
	say("chdir", chdir(in(work, "gone")));
	say("rmdir", rmdir(in(work, "gone")));
	say("open", open("file", O_RDONLY));
	say("absolute", open(in(work, "file"), O_RDONLY));
	return 0;
}

static int change_root(void)
{
	say("chroot", chroot(work));
	say("file", open(in(work, "file"), O_RDONLY));
	return 0;
}

static int many_children(void)
{
	int ok = 0, refused = 0, status;

	fflush(stdout);
	for (int i = 0; i < 200; i++) {
		if (fork() == 0) {
			int a = open(in(work, "file"), O_RDONLY), b = open(in(out, "secret"), O_RDONLY);

			_exit((a >= 0) | (b < 0 && errno == EACCES) << 1);
		}
	}
	while (wait(&status) > 0) {
		if (!WIFEXITED(status))
			return 1;
		ok += WEXITSTATUS(status) & 1;
		refused += WEXITSTATUS(status) >> 1;
	}
	printf("200 children: %d read, %d refused\n", ok, refused);
	return 0;
}

static int paths(void)
{
	static char name[5001];
	int fd;

	memset(name, 'a', 5000);
	say("empty", open("", O_RDONLY));
	say("5000 bytes", open(name, O_RDONLY));
	for (size_t i = 0; i < 4998; i += 2)
		memcpy(name + i, "./", 2);
	say("5000 bytes of dots", open(name, O_RDONLY));
	memset(name, 'a', 300), name[300] = 0;
	say("a name of 300", open(in(work, name), O_RDONLY));
	chdir(work);
	say("relative", open("file", O_RDONLY));
	say("dot", open(".", O_RDONLY | O_DIRECTORY));
	say("slashes", open(in(work, "///.//file"), O_RDONLY));
	say("below a file", open(in(work, "file/x"), O_RDONLY));
	say("missing", open(in(work, "missing"), O_RDONLY));
	say("missing outside", open(in(out, "missing"), O_RDONLY));
	say("missing below missing", open(in(out, "missing/x"), O_RDONLY));
	say("loop", symlink("loop", "loop"));
	say("through loop", open("loop", O_RDONLY));
	fd = open(in(work, "new line\n\x1b[31m\t\""), O_RDWR | O_CREAT, 0600);
	say("control characters", fd);
	say("removed", unlink(in(work, "new line\n\x1b[31m\t\"")));
	return 0;
}

static int not_utf8(void)
{
	say("create", open(in(work, "\xff\xfe\x80"), O_RDWR | O_CREAT, 0600));
	say("read", open(in(work, "\xff\xfe\x80"), O_RDONLY));
	say("outside", open(in(out, "\xff\xfe\x80"), O_RDONLY));
	say("unlink", unlink(in(work, "\xff\xfe\x80")));
	return 0;
}

/* Pointers that point nowhere: the kernel says EFAULT, and so must we. */
static int bad_pointers(void)
{
	char *bad = (char *)8;
	struct msghdr m = {.msg_name = bad, .msg_namelen = 16};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	say("open", open(bad, O_RDONLY));
	say("openat", openat(AT_FDCWD, bad, O_RDONLY));
	say("creat", creat(bad, 0600));
	say("unlink", unlink(bad));
	say("rename", rename(bad, bad + 8));
	say("mkdir", mkdir(bad, 0700));
	say("chmod", chmod(bad, 0700));
	say("truncate", truncate(bad, 0));
	say("symlink", symlink(bad, bad + 8));
	say("link", link(bad, in(work, "l")));
	say("chdir", chdir(bad));
	say("access", access(bad, R_OK));
	say("execve", execve(bad, (char *[]){bad + 8, NULL}, (char *[]){NULL}));
	say("execve argv", execve("/bin/true", (char **)bad, (char *[]){NULL}));
	say("execve argv word", execve("/bin/true", (char *[]){bad, NULL}, (char *[]){NULL}));
	say("execve envp", execve("/bin/true", (char *[]){(char *)(uintptr_t) "true", NULL}, (char **)bad));
	say("connect", connect(fd, (struct sockaddr *)bad, 16));
	say("bind", bind(fd, (struct sockaddr *)bad, 16));
	say("sendto", sendto(fd, "x", 1, 0, (struct sockaddr *)bad, 16));
	say("sendmsg", sendmsg(fd, &m, 0));
	say("sendmsg header", sendmsg(fd, (struct msghdr *)bad, 0));
	say("syscall open", syscall(SYS_open, bad, 0));
	say("syscall execve", syscall(SYS_execve, bad, bad + 8, bad + 16));
	say("bad descriptor", openat(999, "file", O_RDONLY));
	say("null", open(NULL, O_RDONLY));
	return 0;
}

static int bad_addresses(void)
{
	struct sockaddr_un u = {.sun_family = AF_UNIX};
	struct sockaddr_storage s = {0};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memset(u.sun_path, 'x', sizeof(u.sun_path)); /* no NUL at the end */
	say("unterminated", connect(fd, (struct sockaddr *)&u, sizeof(u)));
	say("too short", connect(fd, (struct sockaddr *)&u, 1));
	say("family only", connect(fd, (struct sockaddr *)&u, 2));
	say("too long", connect(fd, (struct sockaddr *)&s, 4096));
	say("unspecified", connect(fd, (struct sockaddr *)&s, sizeof(s)));
	say("bad descriptor", connect(999, (struct sockaddr *)&u, sizeof(u)));
	return 0;
}

static int no_arguments(void) /* argc 0; newer kernels make it 1 with an empty name */
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		execve(self, (char *[]){NULL}, (char *[]){NULL});
		_exit(9);
	}
	waitpid(pid, &status, 0);
	printf("argc 0: %s %d\n", WIFEXITED(status) ? "exit" : "signal", WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	return 0;
}

static void *on_small_stack(void *arg)
{
	for (int i = 0; i < 20; i++) {
		close(open(in(work, "file"), O_RDONLY));
		close(open(in(out, "secret"), O_RDONLY));
	}
	return arg;
}

static int small_stack(void)
{
	pthread_attr_t a;
	pthread_t t;
	void *r = NULL;

	pthread_attr_init(&a);
	pthread_attr_setstacksize(&a, 65536);
	say("thread", -pthread_create(&t, &a, on_small_stack, &out));
	pthread_join(t, &r);
	printf("came back: %d\n", r == &out);
	return 0;
}

static volatile sig_atomic_t handled;
static void opens(int sig)
{
	int saved = errno, fd = open("/dev/null", O_RDONLY);

	(void)sig;
	if (fd >= 0)
		close(fd);
	handled++;
	errno = saved;
}

static int in_signal_handlers(void)
{
	struct itimerval it = {{0, 300}, {0, 300}};
	struct sigaction sa = {.sa_handler = opens, .sa_flags = SA_RESTART};
	int bad = 0;

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
	for (int i = 0; i < 3000 || (handled < 20 && i < 1000000); i++) {
		int a = open(in(work, "file"), O_RDONLY), b = open(in(out, "missing"), O_RDONLY);

		bad += a < 0 || b >= 0 || errno != ENOENT;
		close(a);
	}
	printf("wrong: %d\n", bad);
	return 0;
}

static int no_descriptors(void) /* EMFILE is the program's own business */
{
	struct rlimit l = {8, 8};
	int last = 0;

	setrlimit(RLIMIT_NOFILE, &l);
	while (last >= 0)
		last = open(in(work, "file"), O_RDONLY);
	printf("file: %s\n", strerrorname_np(errno));
	last = open(in(out, "secret"), O_RDONLY);
	printf("secret: %s\n", last >= 0 ? "ok" : "refused");
	return 0;
}

static int vfork_child(void)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = vfork();
	if (pid == 0) {
		execl("/nonexistent/program", "program", (char *)NULL);
		_exit(errno == ENOENT ? 5 : 6);
	}
	waitpid(pid, &status, 0);
	printf("vfork: %d\n", WEXITSTATUS(status));
	return 0;
}

static int exec_errors(void)
{
	execl(in(work, "file"), "file", (char *)NULL);
	printf("not executable: %s\n", strerrorname_np(errno));
	execl(work, "directory", (char *)NULL);
	printf("a directory: %s\n", strerrorname_np(errno));
	execl(in(work, "file/x"), "x", (char *)NULL);
	printf("below a file: %s\n", strerrorname_np(errno));
	execlp("no-such-program-anywhere", "x", (char *)NULL);
	printf("execlp: %s\n", strerrorname_np(errno));
	return 0;
}

static const struct {
	const char *name;
	int (*run)(void);
} modes[] = {
	{"close-all", close_all}, {"file-on-stderr", file_on_stderr}, {"new-environment", new_environment},
	{"set-environment", set_environment}, {"secret", secret}, {"chdir", change_directory}, {"deleted-directory", deleted_directory},
	{"chroot", change_root}, {"children", many_children}, {"paths", paths}, {"not-utf8", not_utf8}, {"bad-pointers", bad_pointers},
	{"bad-addresses", bad_addresses}, {"no-arguments", no_arguments}, {"small-stack", small_stack},
	{"signal-handlers", in_signal_handlers}, {"no-descriptors", no_descriptors}, {"vfork", vfork_child}, {"exec-errors", exec_errors},
};

int main(int argc, char **argv)
{
	if (argc < 4)
		return 7;
	self = argv[0], work = argv[2], out = argv[3];
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++)
		if (!strcmp(modes[i].name, argv[1]))
			return modes[i].run();
	return 3;
}
