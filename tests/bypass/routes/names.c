/* SPDX-License-Identifier: Apache-2.0 */
/* Names that are not what they seem. */
#include <sys/stat.h>
#include "../bypass.h"

static int symlink_file(void) { return got_secret(open(at("in/link"), O_RDONLY)); }
static int symlink_dir(void) { return got_secret(open(at("in/dirlink/secret"), O_RDONLY)); }
static int dot_dot(void) { return got_secret(open(at("in/sub/../../out/secret"), O_RDONLY)); }
static int proc_self_root(void)
{
	char path[8192];

	(void)snprintf(path, sizeof(path), "/proc/self/root%s", at("out/secret"));
	return got_secret(open(path, O_RDONLY));
}
static int proc_pid_root(void)
{
	char path[8192];

	(void)snprintf(path, sizeof(path), "/proc/%d/root%s", world.victim, at("out/secret"));
	return got_secret(open(path, O_RDONLY));
}
static int proc_pid_fd(void) /* the runner gave the victim out/secret as descriptor 62 */
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/fd/62", world.victim);
	return got_secret(open(path, O_RDONLY));
}
static int proc_pid_cwd(void) /* the victim stands in out/ */
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/cwd/secret", world.victim);
	return got_secret(open(path, O_RDONLY));
}
static int opath_reopen(void)
{
	char path[64];
	int fd = open(at("out/secret"), O_PATH);

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return fd < 0 ? blocked() : got_secret(open(path, O_RDONLY));
}
static int opath_dir(void)
{
	int fd = open(at("out"), O_PATH | O_DIRECTORY);

	return fd < 0 ? blocked() : got_secret(openat(fd, "secret", O_RDONLY));
}
static int passed_dir(void) { return got_secret(openat(world.passed_dir, "secret", O_RDONLY)); }
static int passed_dir_raw(void) { return got_secret(RAW_3(SYS_openat, world.passed_dir, "secret", O_RDONLY)); }
static int passed_fd(void) { return got_secret(world.passed_fd); }
static int padded(void)
{
	static char path[4096];
	const char *end = at("out/secret");
	size_t pad = sizeof(path) - 2 - strlen(end);

	for (size_t i = 0; i + 1 < pad; i += 2)
		memcpy(path + i, "/.", 2);
	strcpy(path + (pad & ~(size_t)1), end);
	return got_secret(open(path, O_RDONLY));
}
static int slashes(void)
{
	char path[4096];

	(void)snprintf(path, sizeof(path), "//%s", at("in/sub//..///..//out//secret"));
	return got_secret(open(path, O_RDONLY));
}
static int chdir_relative(void) { return chdir(at("out")) ? blocked() : got_secret(open("secret", O_RDONLY)); }
static int fchdir_relative(void)
{
	int fd = open(at("out"), O_PATH);

	return fd < 0 || fchdir(fd) ? blocked() : got_secret(open("secret", O_RDONLY));
}
static int chroot_relative(void)
{
	return chroot(at("out")) ? blocked() : got_secret(open("/secret", O_RDONLY));
}
static int prelink(void) { return got_secret(open(at("in/prelink"), O_RDONLY)); }
static int symlink_made(void) /* made by the session itself, in its own tree */
{
	return symlink(at("out/secret"), at("in/mine")) ? blocked() : got_secret(open(at("in/mine"), O_RDONLY));
}
static int create_through_link(void) /* a dangling link: the new file would lie outside */
{
	if (symlink(at("out/new"), at("in/dangling")))
		return blocked();
	return escaped_if(open(at("in/dangling"), O_WRONLY | O_CREAT, 0600) >= 0);
}
static int write_through_link(void)
{
	int fd = symlink(at("out/victim"), at("in/wl")) ? -1 : open(at("in/wl"), O_WRONLY);

	return escaped_if(fd >= 0 && write(fd, "changed", 7) == 7);
}
static int delete_through_dirlink(void) { return escaped_if(unlink(at("in/dirlink/victim")) == 0); }
static int mkdir_through_dirlink(void) { return escaped_if(mkdir(at("in/dirlink/newdir"), 0700) == 0); }
static int dev_fd(void)
{
	char path[64];
	int fd = open(at("out/secret"), O_PATH);

	(void)snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	return fd < 0 ? blocked() : got_secret(open(path, O_RDONLY));
}
static int link_proc_fd(void) /* a new name for what an O_PATH descriptor holds */
{
	char path[64];
	int fd = open(at("out/secret"), O_PATH);

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fd < 0 || linkat(AT_FDCWD, path, AT_FDCWD, at("in/hl"), AT_SYMLINK_FOLLOW))
		return blocked();
	return got_secret(open(at("in/hl"), O_RDONLY));
}
static int link_empty_path(void)
{
	int fd = open(at("out/secret"), O_PATH);

	if (fd < 0 || linkat(fd, "", AT_FDCWD, at("in/hl"), AT_EMPTY_PATH))
		return blocked();
	return got_secret(open(at("in/hl"), O_RDONLY));
}
static int prefix_twin(void) { return got_secret(open(at("in-twin/secret"), O_RDONLY)); } /* "in" is its prefix as text */
static int case_twin(void) { return got_secret(open(at("IN/secret"), O_RDONLY)); }

ROUTE(n_symlink, "symlink", "read", symlink_file);
ROUTE(n_symlink_dir, "symlink-dir", "read", symlink_dir);
ROUTE(n_dotdot, "dot-dot", "read", dot_dot);
ROUTE(n_self_root, "proc-self-root", "read", proc_self_root);
ROUTE(n_pid_root, "proc-pid-root", "read", proc_pid_root);
ROUTE(n_pid_fd, "proc-pid-fd", "read", proc_pid_fd);
ROUTE(n_pid_cwd, "proc-pid-cwd", "read", proc_pid_cwd);
ROUTE(n_opath, "opath-reopen", "read", opath_reopen);
ROUTE(n_opath_dir, "opath-dir", "read", opath_dir);
ROUTE(n_dev_fd, "dev-fd", "read", dev_fd);
ROUTE(n_passed_dir, "passed-dir", "read", passed_dir);
ROUTE(n_passed_dir_raw, "passed-dir", "read-raw", passed_dir_raw);
ROUTE(n_passed_fd, "passed-fd", "read", passed_fd);
ROUTE(n_padded, "padded-path", "read", padded);
ROUTE(n_slashes, "slashes", "read", slashes);
ROUTE(n_chdir, "chdir-relative", "read", chdir_relative);
ROUTE(n_fchdir, "fchdir-relative", "read", fchdir_relative);
ROUTE(n_chroot, "chroot-relative", "read", chroot_relative);
ROUTE(n_prelink, "hard-link-before", "read", prelink);
ROUTE(n_symlink_made, "symlink-made", "read", symlink_made);
ROUTE(n_create_link, "symlink-made", "create", create_through_link);
ROUTE(n_write_link, "symlink-made", "write", write_through_link);
ROUTE(n_del_dirlink, "symlink-dir", "delete", delete_through_dirlink);
ROUTE(n_mkdir_dirlink, "symlink-dir", "mkdir", mkdir_through_dirlink);
ROUTE(n_link_fd, "link-proc-fd", "read", link_proc_fd);
ROUTE(n_link_empty, "link-empty-path", "read", link_empty_path);
ROUTE(n_prefix_twin, "prefix-twin", "read", prefix_twin);
ROUTE(n_case_twin, "case-twin", "read", case_twin);
