/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The processes of a session: the descendants of the keeper, which is subreaper, so that nothing falls out of the tree by
 * daemonising.  Found through /proc; no cgroup is needed, and containers rarely have one to give.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <tn_fail.h>
#include "launcher.h"

#define NR_PIDFD_OPEN 434
#define NR_PIDFD_SEND_SIGNAL 424

struct proc { pid_t pid, ppid; bool in; };
struct procs { struct proc *v; size_t n, cap; };

#define THREADS_AFTER_PPID 16 /* in /proc/PID/stat */

/* A process whose first thread has ended is shown as a zombie, and runs on in its others. */
static bool runs(const char *state)
{
	const char *p = state + 2;

	if (*state != 'Z' && *state != 'X')
		return true;
	for (int i = 0; p && i < THREADS_AFTER_PPID; i++) {
		p = strchr(p, ' ');
		p += p != NULL;
	}
	return p && strtol(p, NULL, 10) > 1;
}

/* "pid (name) state ppid ..."; a name may hold anything, also ')'. */
static pid_t parent_of(pid_t pid)
{
	char path[64], buf[512];
	ssize_t n;
	int fd;
	const char *p;

	tn_fmt(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);
	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return -1;
	buf[n] = 0;
	p = strrchr(buf, ')');
	if (!p || strlen(p) < 5 || !runs(p + 2))
		return -1; /* it has ended: nothing to signal, and its children have another parent already */
	return (pid_t)strtol(p + 4, NULL, 10);
}

static bool add(struct procs *t, pid_t pid)
{
	if (t->n == t->cap) {
		size_t cap = t->cap ? 2 * t->cap : 256;
		struct proc *v = realloc(t->v, cap * sizeof(*v));

		if (!v)
			return false;
		t->v = v;
		t->cap = cap;
	}
	t->v[t->n++] = (struct proc){ .pid = pid, .ppid = parent_of(pid) };
	return true;
}

static void read_all(struct procs *t)
{
	DIR *d = opendir("/proc");
	struct dirent *de;

	while (d && (de = readdir(d)))
		if (de->d_name[0] >= '1' && de->d_name[0] <= '9' && !add(t, (pid_t)strtol(de->d_name, NULL, 10)))
			break;
	if (d)
		closedir(d);
}

/* Marks until nothing is added: order of numbers says nothing about who came first. */
static size_t mark(struct procs *t, pid_t root)
{
	size_t found = 0;
	bool more = true;

	while (more) {
		more = false;
		for (size_t i = 0; i < t->n; i++) {
			struct proc *p = &t->v[i];
			bool child = p->ppid == root;

			for (size_t k = 0; !child && k < t->n && p->ppid > 0; k++)
				child = t->v[k].in && t->v[k].pid == p->ppid;
			if (p->in || !child)
				continue;
			p->in = more = true;
			found++;
		}
	}
	return found;
}

/* By a pidfd that is checked once more: the number may have become another process meanwhile. */
static void signal_one(const struct proc *p, int sig)
{
	int fd = (int)syscall(NR_PIDFD_OPEN, p->pid, 0);

	if (fd < 0)
		return;
	if (parent_of(p->pid) == p->ppid)
		syscall(NR_PIDFD_SEND_SIGNAL, fd, sig, NULL, 0);
	close(fd);
}

size_t tns_tree_signal(pid_t root, int sig)
{
	struct procs t = { 0 };
	size_t n;

	read_all(&t);
	n = mark(&t, root);
	for (size_t i = 0; sig && i < t.n; i++)
		if (t.v[i].in)
			signal_one(&t.v[i], sig);
	free(t.v);
	return n;
}

bool tns_tree_has(pid_t root, pid_t pid)
{
	for (int up = 0; pid > 1 && up < 4096; up++) {
		pid = parent_of(pid);
		if (pid == root)
			return true;
	}
	return false;
}

static void breathe(void)
{
	struct timespec t = { .tv_nsec = 2000000 };

	nanosleep(&t, NULL);
}

/* A tree that forks as fast as we count is stopped first; a stopped process cannot fork. */
static void freeze(pid_t root)
{
	size_t before = 0;

	for (int i = 0; i < 1000; i++) {
		size_t n = tns_tree_signal(root, SIGSTOP);

		if (n == before)
			return;
		before = n;
	}
}

void tns_tree_end(pid_t root, void (*reap)(void *ctx), void *ctx)
{
	freeze(root);
	while (tns_tree_signal(root, SIGKILL) > 0) {
		breathe();
		reap(ctx);
	}
	reap(ctx);
}
