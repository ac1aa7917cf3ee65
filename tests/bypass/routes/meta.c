/* SPDX-License-Identifier: Apache-2.0 */
/* Metadata of things outside: Landlock knows nothing of it. */
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/xattr.h>
#include <utime.h>
#include "../bypass.h"

static int change_mode(void) { return escaped_if(chmod(at("out/victim"), 0777) == 0); }
static int change_mode_fd(void) /* O_PATH and /proc: chmod without ever opening the file */
{
	char path[64];
	int fd = open(at("out/victim"), O_PATH);

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return escaped_if(fd >= 0 && chmod(path, 0777) == 0);
}
static int change_time(void)
{
	struct utimbuf t = {1000000000, 1000000000};

	return escaped_if(utime(at("out/victim"), &t) == 0);
}
static int change_owner(void) { return escaped_if(chown(at("out/victim"), getuid(), getgid()) == 0); }
static int set_attribute(void) { return escaped_if(setxattr(at("out/victim"), "user.bypass", "x", 1, 0) == 0); }
static int change_time_raw(void)
{
	struct timespec t[2] = {{1000000000, 0}, {1000000000, 0}};

	return escaped_if(RAW_4(SYS_utimensat, AT_FDCWD, at("out/victim"), t, 0) == 0);
}
static int read_link(void)
{
	char buf[4096];

	return escaped_if(readlink(at("out/oldlink"), buf, sizeof(buf)) > 0);
}

ROUTE(m_chmod, "chmod", "outside", change_mode);
ROUTE(m_chmod_fd, "chmod", "through-proc-fd", change_mode_fd);
ROUTE(m_utime, "utime", "outside", change_time);
ROUTE(m_utimensat, "utime", "raw", change_time_raw);
ROUTE(m_chown, "chown", "outside", change_owner);
ROUTE(m_xattr, "setxattr", "outside", set_attribute);
ROUTE(m_readlink, "readlink", "outside", read_link);
