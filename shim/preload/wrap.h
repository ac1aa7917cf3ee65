/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SHIM_WRAP_H
#define SHIM_WRAP_H
/* What the wrapper files share. */
#include "preload.h"

/* Declares and starts an exported function; libc's own prototypes may differ in attributes, not in types. */
#define TNS_WRAP(ret, name, params) \
	TNS_EXPORT ret name params; \
	TNS_EXPORT ret name params

/* open for every spelling; the real call included */
int tns_open(int dirfd, const char *path, int flags, unsigned mode);
void tns_explain_open(int dirfd, const char *path, int flags);
/* "/proc/self/fd/N" */
void tns_fd_path(int fd, char out[40]);
/* dir followed by name; false: does not fit */
bool tns_join(char *out, size_t cap, const char *dir, const char *name);

/* exec: the environment a child gets (w_exec.c) */
int tns_execve(int dirfd, const char *path, char *const argv[], char *const envp[], int flags);
extern char **environ;

/* network (w_net.c): the wrappers that `syscall` shares */
int tns_connect(int fd, const void *addr, unsigned len);

#endif
