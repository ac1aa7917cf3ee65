/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host program: guest WHAT IN OUT.  IN is granted (if anything is), OUT is not.  Prints what it saw, one line each; without a shim the
 * same lines must come out but for what is refused, so each run has its twin.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/openat2.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char in_file[4096], in_dir[4096], in_new[4096], out_file[4096], out_new[4096], in_prog[4096], out_prog[4096], self[4096];
static char *nothing[] = { NULL };
extern char **environ;

static void say(const char *what, long r)
{
	printf("%s: %s\n", what, r >= 0 ? "ok" : strerrorname_np(errno));
}

/* ---------------------------------------------------------------- how much stack a call needs */
#define STACK (512 * 1024)
#define PAINT 0xa5

static void c_open(void) { close(open(out_file, O_RDONLY)); }
static void c_open_in(void) { close(open(in_file, O_RDONLY)); }
static void c_create(void) { close(open(out_new, O_RDWR | O_CREAT | O_EXCL, 0600)); }
static void c_fopen(void)
{
	FILE *f = fopen(out_file, "r");

	if (f)
		fclose(f);
}
static void c_opendir(void)
{
	DIR *d = opendir(out_file);

	if (d)
		closedir(d);
}
static void c_glob(void)
{
	glob_t g;

	if (glob(out_prog, 0, NULL, &g) == 0)
		globfree(&g);
}
static void c_rename(void) { rename(out_file, in_new); }
static void c_link(void) { link(out_file, in_new); }
static void c_unlink(void) { unlink(out_file); }
static void c_mkdir(void) { mkdir(out_file, 0700); }
static void c_chmod(void) { chmod(out_file, 0600); }
static void c_symlink(void) { symlink("x", out_new); }
static void c_truncate(void) { truncate(out_file, 7); }
static void c_execve(void) { execve(out_prog, (char *[]){ out_prog, NULL }, nothing); }
static void c_execvp(void) { execvp(out_prog, (char *[]){ out_prog, NULL }); }
static void c_execlp(void) { execlp("no-such-program-anywhere", "x", (char *)NULL); }
static void c_syscall(void) { close((int)syscall(SYS_openat, AT_FDCWD, out_file, O_RDONLY, 0)); }
static void c_spawn(void)
{
	pid_t pid;

	if (posix_spawn(&pid, out_prog, NULL, NULL, (char *[]){ out_prog, NULL }, nothing) == 0)
		waitpid(pid, NULL, 0);
}
static void c_connect(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	connect(fd, (struct sockaddr *)&to, sizeof(to));
	close(fd);
}
static void c_unix(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX, .sun_path = "/run/systemd/none" };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	connect(fd, (struct sockaddr *)&to, sizeof(to));
	close(fd);
}
static void c_host(void)
{
	struct addrinfo *r = NULL;

	if (getaddrinfo("localhost", NULL, NULL, &r) == 0)
		freeaddrinfo(r);
}

/* libc's own need natively is its own business: these are large already */
static const struct {
	const char *name;
	void (*call)(void);
	bool replaces;
} calls[] = {
	{ "open denied", c_open, false },   { "open", c_open_in, false },      { "create", c_create, false },   { "fopen", c_fopen, false },
	{ "opendir", c_opendir, false },    { "glob", c_glob, false },         { "rename", c_rename, false },   { "link", c_link, false },
	{ "unlink", c_unlink, false },      { "mkdir", c_mkdir, false },       { "chmod", c_chmod, false },     { "symlink", c_symlink, false },
	{ "truncate", c_truncate, false },  { "execve", c_execve, true },      { "execvp", c_execvp, true },    { "execlp", c_execlp, false },
	{ "syscall", c_syscall, false },    { "posix_spawn", c_spawn, false }, { "connect", c_connect, false }, { "unix", c_unix, false },
	{ "getaddrinfo", c_host, false },
};
#define NCALLS (sizeof(calls) / sizeof(calls[0]))

static void *call(void *which)
{
	calls[(size_t)which].call();
	return NULL;
}

static long deepest(size_t i)
{
	unsigned char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_attr_t a;
	pthread_t t;
	size_t untouched = 0;

	memset(stack, PAINT, STACK);
	pthread_attr_init(&a);
	pthread_attr_setstack(&a, stack, STACK);
	pthread_create(&t, &a, call, (void *)i);
	pthread_join(t, NULL);
	while (untouched < STACK && stack[untouched] == PAINT)
		untouched++;
	munmap(stack, STACK);
	return (long)(STACK - untouched);
}

/* each call in a child of its own; the numbers are for the driver */
static int stack_use(void)
{
	for (size_t i = 0; i < NCALLS; i++) {
		fflush(stdout);
		if (fork() == 0) {
			if (calls[i].replaces)
				chmod(out_prog, 0600);
			printf("%s: %ld\n", calls[i].name, deepest(i));
			fflush(stdout);
			_exit(0);
		}
		wait(NULL);
	}
	return 0;
}

/* the smallest stack a thread may have: what ran natively must run */
static int tiny_stacks(void)
{
	for (size_t i = 0; i < NCALLS; i++) {
		int status;

		if (calls[i].call == c_host || calls[i].call == c_glob)
			continue; /* libc alone overflows it */
		fflush(stdout);
		if (fork() == 0) {
			pthread_attr_t a;
			pthread_t t;

			if (calls[i].replaces)
				chmod(out_prog, 0600);
			pthread_attr_init(&a);
			pthread_attr_setstacksize(&a, 16384);
			if (pthread_create(&t, &a, call, (void *)i) != 0)
				_exit(9);
			pthread_join(t, NULL);
			_exit(0);
		}
		wait(&status);
		printf("%s: %s %d\n", calls[i].name, WIFSIGNALED(status) ? "signal" : "exit", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	}
	return 0;
}

/* ---------------------------------------------------------------- everything at once */
static volatile int stop;
static unsigned long wrong;

static void handler(int sig)
{
	int kept = errno, fd = open(out_file, O_RDONLY);

	(void)sig;
	if (fd >= 0)
		close(fd);
	errno = kept;
}

static void *opener(void *name)
{
	while (!stop) {
		int fd = open(in_file, O_RDONLY);

		if (fd < 0)
			__atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
		else
			close(fd);
		fd = open(name, O_RDONLY);
		if (fd >= 0)
			close(fd);
		errno = 4711;
		close(open(in_file, O_RDONLY));
		if (errno != 4711)
			__atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void *forker(void *x)
{
	(void)x;
	while (!stop) {
		int status;
		pid_t pid = fork();

		if (pid == 0) {
			int a = open(in_file, O_RDONLY), b = open(out_file, O_RDONLY);

			_exit(a >= 0 ? b >= 0 ? 1 : 0 : 3);
		}
		if (pid > 0 && (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) > 1))
			__atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void *vforker(void *x)
{
	(void)x;
	while (!stop) {
		int status;
		pid_t pid = vfork();

		if (pid == 0) {
			execl(out_prog, "prog", (char *)NULL);
			_exit(errno == EACCES ? 0 : 3);
		}
		if (pid > 0 && (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0))
			__atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static int hammer(void)
{
	struct itimerval it = { { 0, 500 }, { 0, 500 } };
	struct sigaction sa = { .sa_handler = handler, .sa_flags = SA_RESTART };
	static char names[4][4200];
	pthread_t t[6];

	sigaction(SIGALRM, &sa, NULL);
	for (size_t i = 0; i < 4; i++) {
		snprintf(names[i], sizeof(names[i]), "%s%s", out_file, i ? "" : "/../missing");
		pthread_create(&t[i], NULL, opener, names[i]);
	}
	pthread_create(&t[4], NULL, forker, NULL);
	pthread_create(&t[5], NULL, vforker, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
	for (time_t end = time(NULL) + 5; time(NULL) < end;)
		usleep(100000);
	stop = 1;
	setitimer(ITIMER_REAL, &(struct itimerval){ 0 }, NULL);
	for (size_t i = 0; i < 6; i++)
		pthread_join(t[i], NULL);
	printf("wrong: %lu\n", wrong);
	return 0;
}

/* the first calls of all come from several threads at once, one of them forking */
static int first_calls(void)
{
	pthread_t t[4];

	for (size_t i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, opener, out_file);
	pthread_create(&t[3], NULL, forker, NULL);
	usleep(200000);
	stop = 1;
	for (size_t i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	printf("wrong: %lu\n", wrong);
	return 0;
}

/* ---------------------------------------------------------------- children and their environment */
static void seen_by(const char *how, char *const argv[], char *const envp[], bool with_vfork)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = with_vfork ? vfork() : fork();
	if (pid == 0) {
		execve(argv[0], argv, envp);
		_exit(100);
	}
	waitpid(pid, &status, 0);
	printf("%s: %d\n", how, WEXITSTATUS(status));
}

/* child: 0 = the secret is refused, 1 = it can be read */
static int child(void)
{
	return open(out_file, O_RDONLY) >= 0;
}

static int spawned(char *const argv[], char *const envp[])
{
	pid_t pid;
	int status = -1;

	fflush(stdout);
	if (posix_spawn(&pid, argv[0], NULL, NULL, argv, envp) == 0)
		waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

static int environments(char **argv)
{
	char library[5000], line[13000];
	char *lies[] = { library, (char *)(uintptr_t)"TENUO_MODE=audit", (char *)(uintptr_t)"TENUO_WARRANT=", NULL };
	char *args[] = { self, (char *)(uintptr_t)"child", argv[2], argv[3], NULL };

	snprintf(library, sizeof(library), "LD_PRELOAD=%s", "/nonexistent.so");
	seen_by("no environment", args, nothing, false);
	seen_by("NULL environment", args, NULL, false);
	seen_by("lies", args, lies, false);
	seen_by("no environment, vfork", args, nothing, true);
	printf("posix_spawn: %d\n", spawned(args, nothing));
	unsetenv("LD_PRELOAD");
	seen_by("LD_PRELOAD unset", args, environ, false);
	setenv("LD_PRELOAD", "", 1);
	setenv("TENUO_MODE", "audit", 1);
	seen_by("LD_PRELOAD empty", args, environ, true);
	clearenv();
	snprintf(line, sizeof(line), "exec %s child %s %s", self, argv[2], argv[3]);
	fflush(stdout);
	printf("system: %d\n", WEXITSTATUS(system(line)));
	FILE *p = popen(line, "r");

	printf("popen: %d\n", p ? WEXITSTATUS(pclose(p)) : -1);
	environ = NULL;
	printf("environ NULL: %d\n", spawned(args, environ));
	return 0;
}

/* Values of LD_PRELOAD that only look as if our library was in them, everything else as it should be. */
static int lookalikes(char **argv)
{
	const char *library = getenv("LD_PRELOAD");
	char *args[] = { self, (char *)(uintptr_t)"child", argv[2], argv[3], NULL };
	static char *env[256];
	char value[9000], other[9000];
	size_t n = 0, at = 0;

	for (; environ[n] && n < 250; n++) {
		env[n] = environ[n];
		if (strncmp(environ[n], "LD_PRELOAD=", 11) == 0)
			at = n;
	}
	env[at] = value;
	snprintf(value, sizeof(value), "LD_PRELOAD=%s.not", library);
	seen_by("longer", args, env, false);
	snprintf(value, sizeof(value), "LD_PRELOAD=/tmp%s", library);
	seen_by("below", args, env, false);
	snprintf(value, sizeof(value), "LD_PRELOAD=%s", library);
	snprintf(other, sizeof(other), "LD_PRELOAD=%s", "/nonexistent.so");
	env[n] = other;
	seen_by("twice", args, env, false);
	for (size_t i = 0; i < n; i++)
		if (strncmp(env[i], "TENUO_MODE=", 11) == 0)
			env[i] = (char *)(uintptr_t)"TENUO_MODE=audit";
	env[n] = NULL;
	seen_by("another mode", args, env, false);
	return 0;
}

/* who else was preloaded: libother.so answers this */
char *other_is_here(void) __attribute__((weak));
static int other(char **argv)
{
	char *args[] = { self, (char *)(uintptr_t)"other-child", argv[2], argv[3], NULL };
	int r;

	printf("self: %s\n", other_is_here ? "other" : "none");
	r = spawned(args, nothing);
	printf("child: %s\n", r == 7 ? "other" : "none");
	return 0;
}

/* A name is relative to where the child will be. */
static int spawn_in_directory(char **argv)
{
	posix_spawn_file_actions_t a;
	pid_t pid;
	int status = 0, r;

	posix_spawn_file_actions_init(&a);
	posix_spawn_file_actions_addchdir_np(&a, argv[3]);
	r = posix_spawn(&pid, "./prog", &a, NULL, (char *[]){ (char *)(uintptr_t)"prog", NULL }, environ);
	if (r == 0)
		waitpid(pid, &status, 0);
	printf("relative program: %s\n", r ? strerrorname_np(r) : WEXITSTATUS(status) ? "failed" : "0");
	r = posix_spawn_file_actions_addopen(&a, 5, "file", O_RDONLY, 0);
	if (r == 0)
		r = posix_spawn(&pid, self, &a, NULL, (char *[]){ self, (char *)(uintptr_t)"nothing", argv[2], argv[3], NULL }, environ);
	if (r == 0)
		waitpid(pid, &status, 0);
	printf("relative file: %s\n", r ? strerrorname_np(r) : WEXITSTATUS(status) != 2 ? "failed" : "0");
	return 0;
}

/* keys that came in: where they can still be seen from inside */
static int keys(void)
{
	static char text[65536];
	int fd = open("/proc/self/environ", O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text) - 1);

	for (ssize_t i = 0; i < n; i++)
		if (!text[i])
			text[i] = '\n';
	printf("environ: %d\n", strstr(text, "seCret") != NULL);
	printf("getenv: %d %d\n", getenv("TENUO_ISSUER_KEY") != NULL, getenv("TENUO_KEY_ANY") != NULL);
	for (char **e = environ; *e; e++)
		if (strstr(*e, "seCret"))
			printf("left: %s\n", *e);
	return 0;
}

/* ---------------------------------------------------------------- cancellation */
static void *blocks(void *name)
{
	open(name, O_RDONLY); /* a fifo without a writer */
	return NULL;
}

static int cancel(void)
{
	pthread_t t;
	void *r = NULL;

	if (mkfifo(in_new, 0600) != 0)
		return 1;
	pthread_create(&t, NULL, blocks, in_new);
	usleep(200000);
	pthread_cancel(t);
	usleep(200000);
	struct timespec end = { .tv_sec = time(NULL) + 3 };
	int joined = pthread_timedjoin_np(t, &r, &end);

	printf("cancelled: %d\n", joined == 0 && r == PTHREAD_CANCELED);
	/* nothing of ours is still held: more of them than there are buffers */
	for (int i = 0; joined == 0 && i < 20; i++) {
		pthread_create(&t, NULL, blocks, in_new);
		usleep(10000);
		pthread_cancel(t);
		pthread_join(t, &r);
	}
	say("file", open(in_file, O_RDONLY));
	unlink(in_new);
	return 0;
}

/* ---------------------------------------------------------------- addresses and streams */
static int connected(in_addr_t ip)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = ip };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	connect(fd, (struct sockaddr *)&to, sizeof(to));
	close(fd);
	return errno;
}

/* More names than anybody remembers: the last one still counts.  Numbers are names that need no server. */
static int many_names(void)
{
	struct addrinfo *r, hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM };
	char name[16];
	int bad = 0;

	for (unsigned i = 0; i < 1500; i++) {
		snprintf(name, sizeof(name), "%u", INADDR_LOOPBACK + 1 + i);
		if (getaddrinfo(name, NULL, &hints, &r) != 0) {
			bad++;
			continue;
		}
		if (i % 100 == 99)
			bad += connected(htonl(INADDR_LOOPBACK + 1 + i)) != ECONNREFUSED;
		freeaddrinfo(r);
	}
	printf("wrong: %d\n", bad);
	printf("never asked for: %s\n", strerrorname_np(connected(inet_addr("127.9.9.9"))));
	return 0;
}

/* sendto and bind take an address without a family for one of their own */
static int without_family(void)
{
	struct sockaddr_in to = { .sin_family = AF_UNSPEC, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in any = { .sin_family = AF_UNSPEC, .sin_port = htons(23456) };
	struct iovec data = { .iov_base = self, .iov_len = 1 };
	struct msghdr m = { .msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = &data, .msg_iovlen = 1 };
	struct mmsghdr mm = { .msg_hdr = m };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	say("sendto", sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)));
	close(fd);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	say("sendmsg", sendmsg(fd, &m, 0));
	close(fd);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	say("sendmmsg", sendmmsg(fd, &mm, 1, 0));
	close(fd);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	say("bind", bind(fd, (struct sockaddr *)&any, sizeof(any)));
	say("dissolve", connect(fd, (struct sockaddr *)&to, sizeof(to)));
	return 0;
}

/* what was opened for reading only, again and for writing */
static int reopen(void)
{
	char name[4200];
	FILE *f;

	snprintf(name, sizeof(name), "%s-readable", out_file);
	f = fopen(name, "r");
	say("fopen", f ? 0 : -1);
	f = f ? freopen(NULL, "r", f) : NULL;
	say("again", f ? 0 : -1);
	f = f ? freopen(NULL, "r+", f) : NULL;
	say("for writing", f ? 0 : -1);
	return 0;
}

/* The kernel is told that another directory is the root: the name means something else. */
static int in_root(char **argv)
{
	struct open_how how = { .flags = O_RDONLY, .resolve = RESOLVE_IN_ROOT };
	int root = open(argv[3], O_PATH | O_DIRECTORY);

	say("in root", syscall(SYS_openat2, root, in_file, &how, sizeof(how)));
	say("nowhere", syscall(SYS_openat2, root, in_file, (void *)8, sizeof(how)));
	how.resolve = 0;
	say("allowed", syscall(SYS_openat2, root, in_file, &how, sizeof(how)));
	say("denied", syscall(SYS_openat2, root, "file", &how, sizeof(how)));
	return 0;
}

static int simple(void)
{
	say("in", open(in_file, O_RDONLY));
	say("out", open(out_file, O_RDONLY));
	return 0;
}

/* 13 denials here, 3 in a child that starts to count anew */
static int repeats(void)
{
	for (int i = 0; i < 13; i++)
		open(out_file, O_RDONLY);
	pid_t pid = fork();

	for (int i = 0; pid == 0 && i < 3; i++)
		open(out_file, O_RDONLY);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return 0; /* by exit: that is when the rest is told */
}

static void *new_thread(void *x)
{
	*(int *)x = open(in_file, O_RDONLY);
	return NULL;
}

/* a little of everything, for valgrind */
static int walk(void)
{
	pthread_t t;
	int fd = -1;

	for (size_t i = 0; i < NCALLS; i++)
		if (!calls[i].replaces)
			calls[i].call();
	pthread_create(&t, NULL, new_thread, &fd);
	pthread_join(t, NULL);
	say("thread", fd);
	return 0;
}

static int closed(void)
{
	closefrom(0);
	int fd = open(in_file, O_RDONLY), no = open(out_file, O_RDONLY), data = open(in_new, O_RDWR | O_CREAT, 0600);

	dprintf(data, "%d %s %d\n", fd, no < 0 ? strerrorname_np(errno) : "ok", no >= 0 ? data - 1 : data);
	return 0;
}

int main(int argc, char **argv)
{
	const struct {
		const char *name;
		int (*what)(void);
	} table[] = { { "stack", stack_use }, { "tiny", tiny_stacks }, { "hammer", hammer }, { "first", first_calls }, { "child", child },
		      { "keys", keys },       { "cancel", cancel },    { "simple", simple }, { "repeats", repeats }, { "walk", walk },	       { "closed", closed },
		      { "names", many_names }, { "no-family", without_family }, { "reopen", reopen } };

	if (argc != 4 || readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return 2;
	snprintf(in_file, sizeof(in_file), "%s/file", argv[2]);
	snprintf(in_new, sizeof(in_new), "%s/new", argv[2]);
	snprintf(in_dir, sizeof(in_dir), "%s", argv[2]);
	snprintf(in_prog, sizeof(in_prog), "%s/prog", argv[2]);
	snprintf(out_file, sizeof(out_file), "%s/file", argv[3]);
	snprintf(out_new, sizeof(out_new), "%s/new", argv[3]);
	snprintf(out_prog, sizeof(out_prog), "%s/prog", argv[3]);
	if (strcmp(argv[1], "environments") == 0)
		return environments(argv);
	if (strcmp(argv[1], "in-root") == 0)
		return in_root(argv);
	if (strcmp(argv[1], "lookalike") == 0)
		return lookalikes(argv);
	if (strcmp(argv[1], "other") == 0)
		return other(argv);
	if (strcmp(argv[1], "other-child") == 0)
		return other_is_here ? 7 : 0;
	if (strcmp(argv[1], "spawn-chdir") == 0)
		return spawn_in_directory(argv);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strcmp(table[i].name, argv[1]) == 0)
			return table[i].what();
	return 2;
}
