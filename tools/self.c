/* SPDX-License-Identifier: Apache-2.0 */
#include "self.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef TENUO_LIBDIR_FROM_BINDIR
#error "the build says where the library lies as seen from the command"
#endif

/* As seen from the command's own directory: installed, installed elsewhere, in the build folder. */
static const char *const places[] = {TENUO_LIBDIR_FROM_BINDIR, "../lib/x86_64-linux-gnu",
				     "../lib64", "../lib", "../shim/preload"};

const char *self_path(struct ctx *c)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path));
	if (n <= 0 || (size_t)n >= sizeof(path))
		die_sys("cannot say where this command lies (/proc/self/exe)");
	return xprintf(c, "%.*s", (int)n, path);
}

const char *self_library(struct ctx *c)
{
	const char *exe = self_path(c);
	int dir = (int)(strrchr(exe, '/') - exe);
	char resolved[PATH_MAX];
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		const char *path = xprintf(c, "%.*s/%s/libtenuo-shim.so", dir, exe, places[i]);
		if (realpath(path, resolved) && access(resolved, R_OK) == 0)
			return xprintf(c, "%s", resolved);
	}
	return NULL;
}
