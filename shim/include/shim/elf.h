/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SHIM_ELF_H
#define SHIM_ELF_H
/*
 * What a file is to execve, and whose it is.  Raw system calls only, no malloc, no stdio, no errno:
 * the preload's exec wrappers call these between vfork and exec.
 */
#include <stdbool.h>
#include <stddef.h>

#define TNS_INTERP_MAX 256 /* the kernel reads that much of a "#!" line */

struct tns_elf {
	bool elf;     /* an x86 ELF executable or shared object */
	bool class32; /* 32-bit code (i386 or x32): a 64-bit library cannot be preloaded */
	bool static_; /* no PT_INTERP: the loader never runs */
	bool musl;    /* PT_INTERP is musl's */
	bool setid; /* set-user-id, set-group-id or file capabilities: the loader ignores LD_PRELOAD
		     */
	char interp[TNS_INTERP_MAX]; /* PT_INTERP, "" if none */
};
/* fd: readable.  False: not an ELF file (all members false). */
bool tns_elf_read(int fd, struct tns_elf *e);
/* May the loader of this file take our library? */
bool tns_elf_preloadable(const struct tns_elf *e);

struct tns_shebang {
	char interp[TNS_INTERP_MAX]; /* as written; may be relative (to the working directory) */
	char arg[TNS_INTERP_MAX];    /* the one optional argument, "" if none */
};
/* The kernel's rules (fs/binfmt_script.c).  False: no "#!" line that the kernel would follow. */
bool tns_shebang_read(int fd, struct tns_shebang *s);

/* What `path` (relative to dirfd) names now, links followed.  Length, 0 = does not exist, -1 =
 * error.  out NUL-terminated. */
long tns_resolve_at(int dirfd, const char *path, char *out, size_t cap, bool *is_dir);

/* path absolute and resolved.  Is it, and every parent, root's and writable by root alone?  A link
 * anywhere answers no. */
bool tns_root_chain(const char *path);
/* struct tnp_exec system_file: a regular file with a root chain */
bool tns_system_file(const char *resolved);
/*
 * struct tnp_exec standard_path: `requested` (the path handed to execve, after the PATH search)
 * lies in a directory of the standard PATH, and what it names is a system file.  The directory of
 * the *name* counts, not the target's: /tmp/x/ls -> /usr/bin/rm must not be called `ls`, while
 * /usr/bin/npm -> ../lib/node_modules/npm/bin/npm-cli.js was called `npm` by root.
 */
bool tns_standard_path(int dirfd, const char *requested, const char *resolved);

#endif
