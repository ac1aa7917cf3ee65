/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SHIM_FACTS_H
#define SHIM_FACTS_H
/*
 * What the shim must know about a launch before it can say what the session may do: which file will
 * really run, what interprets and loads it, where it lives.  For the launcher, `plan` and
 * `explain`; not for the preload (it allocates and may run a version manager).
 */
#include <policy/policy.h>
#include <shim/elf.h>

struct tns_facts_opts {
	const char *path; /* PATH to search; NULL: the environment's, else the system's default */
	const char *home; /* NULL: $HOME */
	const char *const *app;
	size_t napp;				    /* --app DIR.. */
	bool cwd;				    /* --cwd */
	const char *tmpdir, *library, *session_dir; /* NULL: none; must exist */
	bool no_managers; /* take a version manager's shim as it is, run nothing */
};

struct tns_launch {
	struct tnp_facts facts; /* protect list empty: the caller's */
	/* for execve: absolute; a link stays a link, venvs find themselves by it */
	const char *path;
	const char *argv0; /* argv[0] for it: as given, but `path` where a shim was replaced */
	/* "pyenv" and the shim's path if `path` is what stands behind it, else NULL */
	const char *manager, *shim;
	/* directory to put first in PATH, so that children (env of a #! line) skip the shims */
	const char *path_front; /* NULL: none */
	/* the image that runs at the end of the #! chain; elf false: unknown */
	struct tns_elf elf;
};

/*
 * TN_E_SYSTEM with sys_errno ENOENT: no such program (exit 127); EACCES and others: cannot be
 * started (126). argv: NULL-terminated, at least one.
 */
enum tn_code tns_launch_facts(const char *const argv[], const struct tns_facts_opts *o,
			      struct tn_arena *a, struct tns_launch *l,
			      struct tn_err *e) TN_MUST_USE;
/* struct tnp_facts resolve; ctx unused */
long tns_facts_resolve(void *ctx, struct tn_str path, char *out, size_t cap, bool *is_dir);
/* struct tnp_facts chain_of; ctx unused */
long tns_facts_chain(void *ctx, struct tn_str program, char *out, size_t cap);
/* Facts without a launch (`plan` and `explain` without CMD): PATH, home, terminal, --app, resolve.
 */
enum tn_code tns_plain_facts(const struct tns_facts_opts *o, struct tn_arena *a,
			     struct tnp_facts *f, struct tn_err *e) TN_MUST_USE;

#endif
