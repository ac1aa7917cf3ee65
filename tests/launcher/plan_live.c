/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The small Landlock of the unit tests against the kernel's: random rules over a real tree, every
 * operation on every object, and the two must answer alike.  TAP on stdout.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <landlock.h>
#include "plan_sim.h"

#define ROUNDS 150
#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static const char *const DIRS[] = {"a", "a/b", "a/b/c", "d"};
static const char *const FILES[] = {"a/1", "a/b/2", "a/b/c/3", "d/4", "5"};
static const char *const NAMES[] = {"a/n", "a/b/n", "a/b/c/n", "d/n", "n"};

struct op {
	enum tnp_kind kind;
	const char *path;
};
static struct op ops[64];
static size_t nops;
static char top[64];

static void add_op(enum tnp_kind kind, const char *path)
{
	ops[nops++] = (struct op){kind, path};
}

/* In this order, so that none changes what a later one finds: deleting is last, files before
 * directories. */
static void list_ops(void)
{
	for (size_t i = 0; i < COUNT(FILES); i++) {
		add_op(TNP_READ, FILES[i]);
		add_op(TNP_WRITE, FILES[i]);
		add_op(TNP_EXEC, FILES[i]);
	}
	for (size_t i = 0; i < COUNT(DIRS); i++)
		add_op(TNP_LIST, DIRS[i]);
	for (size_t i = 0; i < COUNT(NAMES); i++)
		add_op(TNP_CREATE, NAMES[i]);
	for (size_t i = 0; i < COUNT(NAMES); i++)
		add_op(TNP_MKDIR, NAMES[i]); /* another name: attempt() */
	for (size_t i = 0; i < COUNT(FILES); i++)
		add_op(TNP_DELETE, FILES[i]);
}

static int opened(int fd)
{
	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static const char *mkdir_name(const char *path, char out[64])
{
	snprintf(out, 64, "%s-dir", path);
	return out;
}

/* 0 or errno */
static int attempt(const struct op *o)
{
	char dir[64];

	switch ((int)o->kind) {
	case TNP_READ:
		return opened(open(o->path, O_RDONLY));
	case TNP_WRITE:
		return opened(open(o->path, O_WRONLY));
	case TNP_LIST:
		return opened(open(o->path, O_RDONLY | O_DIRECTORY));
	case TNP_CREATE:
		return opened(open(o->path, O_WRONLY | O_CREAT | O_EXCL, 0600));
	case TNP_MKDIR:
		return mkdir(mkdir_name(o->path, dir), 0700) < 0 ? errno : 0;
	case TNP_EXEC: /* the file is empty: what may run is ENOEXEC */
		execv(o->path, (char *const[]){(char *)(uintptr_t)o->path, NULL});
		return errno == ENOEXEC ? 0 : errno;
	case TNP_DELETE:
		return unlink(o->path) < 0 ? errno : 0;
	default:
		abort();
	}
}

static int rm_one(const char *path, const struct stat *st, int flag, struct FTW *f)
{
	(void)st, (void)flag, (void)f;
	return remove(path);
}

static void make_tree(void)
{
	char path[128];

	if (chdir("/") < 0 ||
	    (nftw(top, rm_one, 16, FTW_DEPTH | FTW_PHYS) < 0 && errno != ENOENT) ||
	    mkdir(top, 0755) < 0 || chdir(top) < 0)
		abort();
	for (size_t i = 0; i < COUNT(DIRS); i++)
		if (mkdir(DIRS[i], 0755) < 0)
			abort();
	for (size_t i = 0; i < COUNT(FILES); i++) {
		snprintf(path, sizeof(path), "%s/%s", top, FILES[i]);
		if (opened(open(path, O_WRONLY | O_CREAT, 0755)) != 0)
			abort();
	}
}

static struct tn_str under_top(const char *rel, char out[128])
{
	int n = snprintf(out, 128, *rel ? "%s/%s" : "%s", top, rel);

	return (struct tn_str){out, (size_t)n};
}

static size_t random_rules(struct tnp_rule *r, char paths[][128])
{
	static const uint32_t RIGHTS[] = {TNP_R_READ,	TNP_R_EXEC,   TNP_R_WRITE, TNP_R_LIST,
					  TNP_R_CREATE, TNP_R_DELETE, TNP_R_MKDIR};
	size_t n = 1 + (size_t)rand() % 4;

	for (size_t i = 0; i < n; i++) {
		bool tree = rand() % 3 != 0;
		size_t k = (size_t)rand();
		const char *rel = !tree	       ? FILES[k % COUNT(FILES)]
				  : k % 5 == 4 ? ""
					       : DIRS[k % COUNT(DIRS)];

		r[i] = (struct tnp_rule){.path = under_top(rel, paths[i]),
					 .tree = tree,
					 .hold = rand() % 8 ? TNP_EXACT : TNP_ADVISORY};
		for (size_t m = 0; m < 3; m++)
			r[i].rights |= RIGHTS[(size_t)rand() % (tree ? 7 : 3)];
	}
	return n;
}

static int child(int rules, int out)
{
	unsigned char answers[64];
	struct tn_err e = {0};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || tns_landlock_enter(rules, &e) != TN_OK)
		return 1;
	for (size_t i = 0; i < nops; i++)
		answers[i] = (unsigned char)attempt(&ops[i]);
	return write(out, answers, nops) == (ssize_t)nops ? 0 : 1;
}

static bool run_child(int rules, unsigned char *answers)
{
	int p[2], status;
	pid_t pid;

	if (pipe(p) < 0 || (pid = fork()) < 0)
		abort();
	if (pid == 0)
		_exit(child(rules, p[1]));
	close(p[1]);
	ssize_t n = read(p[0], answers, nops);

	close(p[0]);
	return waitpid(pid, &status, 0) == pid && status == 0 && n == (ssize_t)nops;
}

/* Number of differences. */
static int compare(const struct tnp_plan *plan, const unsigned char *answers, size_t *yes,
		   size_t *no)
{
	int wrong = 0;

	for (size_t i = 0; i < nops; i++) {
		char path[128], dir[64];
		const char *rel =
		    ops[i].kind == TNP_MKDIR ? mkdir_name(ops[i].path, dir) : ops[i].path;
		bool want = simulate(plan, ops[i].kind, under_top(rel, path), false);

		*(answers[i] == 0 ? yes : no) += 1;
		if (answers[i] == (want ? 0 : EACCES))
			continue;
		printf("# %s %s: the simulator says %s, the kernel %s\n",
		       tnp_kind_name(ops[i].kind), rel, want ? "yes" : "no",
		       answers[i] ? strerror(answers[i]) : "yes");
		wrong++;
	}
	return wrong;
}

static int one_round(size_t *yes, size_t *no, struct tn_err *e)
{
	struct tnp_rule rules[4];
	char paths[4][128];
	struct tnp_plan plan = {.rules = rules, .nrules = random_rules(rules, paths)};
	unsigned char answers[64];
	struct tns_landlock l;
	int fd, wrong;

	make_tree();
	if (tns_landlock_rules(&plan, &l, &fd, e) != TN_OK)
		return -1;
	wrong = run_child(fd, answers) ? compare(&plan, answers, yes, no) : 1;
	close(fd);
	return wrong;
}

int main(void)
{
	size_t yes = 0, no = 0;
	struct tn_err e = {0};
	int wrong = 0;

	printf("1..2\n");
	snprintf(top, sizeof(top), "/tmp/plan-live-%d", (int)getpid());
	list_ops();
	srand(5);
	for (int i = 0; i < ROUNDS && wrong >= 0; i++) {
		int n = one_round(&yes, &no, &e);

		wrong = n < 0 ? n : wrong + n;
	}
	if (wrong < 0)
		printf("# %s\n", e.msg);
	printf("%s 1 - the simulator answers as the kernel\n", wrong ? "not ok" : "ok");
	printf("%s 2 - both answers happen (%zu yes, %zu no)\n",
	       yes > 500 && no > 500 ? "ok" : "not ok", yes, no);
	if (chdir("/") == 0)
		nftw(top, rm_one, 16, FTW_DEPTH | FTW_PHYS);
	return wrong != 0 || yes <= 500 || no <= 500;
}
