/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SHIM_RUN_H
#define SHIM_RUN_H
/*
 * `run`: a program under a grant.  The command reads options, warrant, roots and policy; this does everything that
 * touches the kernel.  Linux 5.19 or newer for level 1 (Landlock ABI 2).
 */
#include <policy/plan.h>
#include <policy/policy.h>

enum tns_on_exit { TNS_KEEP, TNS_KILL, TNS_WAIT }; /* processes left behind when the program ends */

struct tns_run {
	/* what holds */
	const tn_grant *grant;          /* NULL: no warrant (audit and permissive only) */
	const char *no_warrant;         /* then: why, one sentence */
	struct tn_bytes token;          /* raw CBOR stack of the grant */
	struct tn_bytes config;         /* compiled policy, presets applied */
	const tnp_config *cfg;          /* the same, decoded */
	enum tnp_mode mode;
	int level;                      /* 0 or 1; -1 = the default of the mode */
	const char *observe;            /* NULL or "preload" */
	const char *const *root_texts; size_t nroot_texts; /* trusted roots as text, for session.start */
	bool dev_mode;                  /* TENUO_DEV_MODE made the issuer the root: said in every output */

	/* what runs */
	char *const *argv;              /* NULL-terminated */
	const char *library;            /* libtenuo-shim.so, NULL = not found */
	const char *const *app; size_t napp;
	bool cwd_read, allow_writable_program, create_roots, allow_missing_roots, keep_tmpdir, quiet;
	const int *keep_fds; size_t nkeep_fds;
	enum tns_on_exit on_exit;

	/* files the session must not reach: warrant, policy, keys (paths as given; log and program are added here) */
	const struct tnp_protect *protect; size_t nprotect;

	/* the record */
	const char *log;                /* NULL = default place; path, "stderr", "fd:N" */
	bool log_named;                 /* named by the user: if unusable, refuse */
	int log_level;                  /* 0 default, 1 all */
};
/* The exit status `tenuo-shim run` must end with; a program that died of a signal makes this process die of the same. */
int tns_run(const struct tns_run *r);

/* ---- for doctor and tests: what this machine gives ---- */
struct tns_machine {
	char release[65];
	int landlock_abi;               /* 0 = none (not built in, not enabled, or refused by a filter) */
	int landlock_errno;
	bool seccomp_filter, seccomp_notify, yama_known;
	int yama_scope;
	bool magic_answered;            /* we are inside a session ourselves */
	bool user_namespaces, ptrace, pidfd_getfd, process_vm_readv, openat2, clone3;
};
void tns_machine_read(struct tns_machine *m);
/* rows of the optional Landlock features: name and the ABI and kernel that brought them */
struct tns_feature { const char *name; int abi; const char *kernel; const char *without; };
extern const struct tns_feature tns_landlock_features[];
extern const size_t tns_landlock_nfeatures;
#define TNS_LANDLOCK_MIN_ABI 2

#endif
