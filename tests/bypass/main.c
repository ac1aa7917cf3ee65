/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the named route and runs it; the helpers every route shares. */
#include <limits.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include "bypass.h"

struct world world;
extern const struct route __start_routes[], __stop_routes[];

const char *at(const char *relative)
{
	static char ring[8][PATH_MAX];
	static unsigned next;
	char *buf = ring[next++ % 8];

	(void)snprintf(buf, PATH_MAX, "%s/%s", world.base, relative);
	return buf;
}

int blocked(void)
{
	printf("blocked %s\n", errno ? strerrorname_np(errno) : "without an error");
	return BLOCKED;
}

int escaped(void)
{
	printf("escaped\n");
	return ESCAPED;
}

int skip(const char *why)
{
	printf("skip %s\n", why);
	return SKIPPED;
}

int escaped_if(bool yes)
{
	return yes ? escaped() : blocked();
}

int got_secret(long fd)
{
	char buf[16] = "";
	ssize_t n;

	if (fd < 0)
		return blocked();
	errno = 0;
	n = read((int)fd, buf, sizeof(buf) - 1);
	close((int)fd);
	return escaped_if(n > 0 && !strncmp(buf, "SECRET", 6));
}

int ran(const char *why, int wait_status)
{
	if (WIFSIGNALED(wait_status)) {
		printf("blocked %s\n", WTERMSIG(wait_status) == SIGSYS ? "SIGSYS" : strsignal(WTERMSIG(wait_status)));
		return BLOCKED;
	}
	if (WEXITSTATUS(wait_status) == PROG_ESCAPED)
		return escaped();
	if (WEXITSTATUS(wait_status) >= 100) /* the child's errno, see child_failed() in the routes */
		errno = WEXITSTATUS(wait_status) - 100;
	printf("blocked %s %s\n", strerrorname_np(errno) ? strerrorname_np(errno) : "?", why);
	return BLOCKED;
}

int in_child(int (*attempt)(void))
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		return BROKEN;
	if (pid == 0) {
		int r = attempt();

		fflush(stdout);
		_exit(r);
	}
	if (waitpid(pid, &status, 0) != pid)
		return BROKEN;
	if (WIFSIGNALED(status))
		return ran("child", status);
	return WEXITSTATUS(status);
}

double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static long number(const char *name)
{
	const char *v = getenv(name);

	return v ? strtol(v, NULL, 0) : -1;
}

/* Someone outside the session: holds a secret, ignores the signal that the routes send, ends with its pipe. */
static int be_victim(void)
{
	static char secret[] = "SECRET of the victim";
	char c;

	signal(SIGURG, SIG_IGN);
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	printf("%#lx\n", (unsigned long)secret);
	fflush(stdout);
	while (read(0, &c, 1) > 0)
		;
	return 0;
}

static int list(void)
{
	for (const struct route *r = __start_routes; r < __stop_routes; r++)
		printf("%s\t%s\n", r->name, r->op);
	return 0;
}

int main(int argc, char **argv)
{
	const char *seconds = getenv("BYPASS_RACE_SECONDS");

	if (argc == 2 && !strcmp(argv[1], "--list"))
		return list();
	if (argc == 2 && !strcmp(argv[1], "--victim"))
		return be_victim();
	world.base = getenv("BYPASS_BASE");
	if (argc != 3 || !world.base)
		return BROKEN;
	world.naive = getenv("BYPASS_NAIVE") != NULL;
	world.race_seconds = seconds ? strtod(seconds, NULL) : 2.0;
	world.port_ok = (int)number("BYPASS_PORT_OK");
	world.port_bad = (int)number("BYPASS_PORT_BAD");
	world.victim = (int)number("BYPASS_VICTIM");
	world.victim_addr = (uint64_t)number("BYPASS_VICTIM_ADDR");
	world.passed_dir = (int)number("BYPASS_DIR_FD");
	world.passed_fd = (int)number("BYPASS_FILE_FD");
	world.abstract = getenv("BYPASS_ABSTRACT");
	world.self = argv[0];
	for (const struct route *r = __start_routes; r < __stop_routes; r++)
		if (!strcmp(r->name, argv[1]) && !strcmp(r->op, argv[2]))
			return r->attempt();
	fprintf(stderr, "no such route: %s %s\n", argv[1], argv[2]);
	return BROKEN;
}
