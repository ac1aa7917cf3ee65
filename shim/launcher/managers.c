/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <shim/elf.h>
#include <tn_fail.h>
#include "managers.h"

#define PATH_CAP 4096
#define ENV_MAX 4096
#define WHICH_MS 15000

extern char **environ;

/* nvm has no row: it puts the real programs' directory into PATH.  volta's and mise's shims are
 * links to themselves. */
/* clang-format off */
static const struct tns_manager MANAGERS[] = {
	{ "pyenv", "PYENV_ROOT", ".pyenv", "shims" },
	{ "rbenv", "RBENV_ROOT", ".rbenv", "shims" },
	{ "nodenv", "NODENV_ROOT", ".nodenv", "shims" },
	{ "asdf", "ASDF_DATA_DIR", ".asdf", "shims" },
	{ "mise", "MISE_DATA_DIR", ".local/share/mise", "shims" },
	{ "volta", "VOLTA_HOME", ".volta", "bin" },
};
/* clang-format on */

static bool root_of(const struct tns_manager *m, const char *home, char *out, size_t cap)
{
	const char *env = getenv(m->root_env);
	int n;

	if (env && env[0] == '/')
		n = snprintf(out, cap, "%s", env);
	else if (home && home[0] == '/')
		n = snprintf(out, cap, "%s/%s", home, m->root);
	else
		return false;
	return n > 0 && (size_t)n < cap;
}

static bool resolved_dir_of(const char *path, char *out, size_t cap)
{
	char dir[PATH_CAP];
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) : 0;

	if (n == 0 || n >= sizeof(dir))
		return false;
	memcpy(dir, path, n);
	dir[n] = 0;
	return tns_resolve_at(AT_FDCWD, dir, out, cap, NULL) > 0;
}

static bool is_shim_of(const struct tns_manager *m, const char *path, const char *dir,
		       const char *home)
{
	char root[PATH_CAP], shims[PATH_CAP + 64], real[PATH_CAP];

	if (!root_of(m, home, root, sizeof(root)))
		return false;
	snprintf(shims, sizeof(shims), "%s/%s", root, m->shims);
	if (tns_resolve_at(AT_FDCWD, shims, real, sizeof(real), NULL) <= 0 ||
	    strcmp(dir, real) != 0)
		return false;
	/* volta's own command lies among its shims */
	return strcmp(strrchr(path, '/') + 1, m->name) != 0;
}

static const struct tns_manager *manager_at(const char *path, const char *home)
{
	char dir[PATH_CAP];

	if (!resolved_dir_of(path, dir, sizeof(dir)))
		return NULL;
	for (size_t i = 0; i < sizeof(MANAGERS) / sizeof(*MANAGERS); i++)
		if (is_shim_of(&MANAGERS[i], path, dir, home))
			return &MANAGERS[i];
	return NULL;
}

const struct tns_manager *tns_manager_of(const char *path, const char *home)
{
	const struct tns_manager *m = manager_at(path, home);
	char real[PATH_CAP];

	if (m)
		return m;
	/* /usr/local/bin/python3 may be a link to a shim */
	return tns_resolve_at(AT_FDCWD, path, real, sizeof(real), NULL) > 0 ? manager_at(real, home)
									    : NULL;
}

bool tns_manager_tool(const struct tns_manager *m, const char *home, char *out, size_t cap)
{
	char root[PATH_CAP];
	int n;

	if (!root_of(m, home, root, sizeof(root)))
		return false;
	n = snprintf(out, cap, "%s/bin/%s", root, m->name);
	return n > 0 && (size_t)n < cap && access(out, X_OK) == 0;
}

/* A helper has no business with keys and tokens, and must not be watched itself. */
static char **plain_environ(char *out[ENV_MAX])
{
	size_t n = 0;

	for (char **v = environ; v && *v && n + 1 < ENV_MAX; v++)
		if (strncmp(*v, "TENUO_", 6) != 0 && strncmp(*v, "LD_PRELOAD=", 11) != 0)
			out[n++] = *v;
	out[n] = NULL;
	return out;
}

static int start(const char *tool, const char *program, int out_fd, pid_t *pid)
{
	char which[] = "which", *env[ENV_MAX];
	char *argv[] = {(char *)(uintptr_t)tool, which, (char *)(uintptr_t)program,
			NULL}; /* exec does not write to them */
	posix_spawn_file_actions_t fa;
	int err = posix_spawn_file_actions_init(&fa);

	if (err)
		return err;
	err = posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDONLY, 0);
	if (!err)
		err = posix_spawn_file_actions_adddup2(&fa, out_fd, 1);
	if (!err)
		err = posix_spawn(pid, tool, &fa, NULL, argv, plain_environ(env));
	posix_spawn_file_actions_destroy(&fa);
	return err;
}

/* To the end of file, with a limit on time and size; length or -1 with errno. */
static long read_all(int fd, char *out, size_t cap)
{
	size_t n = 0;

	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		int ready = poll(&p, 1, WHICH_MS);
		ssize_t got;

		if (ready == 0)
			errno = ETIMEDOUT;
		if (ready <= 0 && errno != EINTR)
			return -1;
		got = ready > 0 ? read(fd, out + n, cap - n) : -1;
		if (got == 0)
			return (long)n;
		if (got < 0 && errno != EINTR)
			return -1;
		n += got > 0 ? (size_t)got : 0;
		if (n == cap) {
			errno = ENAMETOOLONG;
			return -1;
		}
	}
}

static bool reap(pid_t pid, bool kill_it)
{
	int status = 0;

	if (kill_it)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

enum tn_code tns_manager_which(const struct tns_manager *m, const char *tool, const char *program,
			       char *out, size_t cap, struct tn_err *e)
{
	int p[2];
	pid_t pid;

	if (pipe2(p, O_CLOEXEC) < 0)
		return tn_fail_sys(e, TN_E_SYSTEM, "pipe");
	int err = start(tool, program, p[1], &pid);

	close(p[1]);
	if (err) {
		close(p[0]);
		errno = err;
		return tn_fail_sys(e, TN_E_SYSTEM, "cannot start %s", tool);
	}
	long n = read_all(p[0], out, cap);
	int read_err = errno;

	close(p[0]);
	bool ok = reap(pid, n < 0);

	if (n < 0) {
		errno = read_err;
		return tn_fail_sys(e, TN_E_SYSTEM, "%s which %s", m->name, program);
	}
	while (n > 0 && (out[n - 1] == '\n' || out[n - 1] == '\r'))
		n--;
	out[n] = 0;
	if (!ok || out[0] != '/' || memchr(out, '\n', (size_t)n) || strlen(out) != (size_t)n) {
		errno = ENOENT;
		return tn_fail_sys(e, TN_E_SYSTEM, "%s does not know which program %s is", m->name,
				   program);
	}
	return TN_OK;
}
