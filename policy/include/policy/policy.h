/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H
/*
 * A verified grant + a configuration (tool mapping, baseline, modes) -> decisions about operations.
 * No system calls, no clock, no malloc: everything lives in the caller's arena, deciding allocates nothing,
 * takes no lock and uses <= 16 KiB of stack, so the same function runs inside a preloaded object, in the
 * supervisor, in `explain` and in `test`.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <tenuo/tenuo.h>
#include <tn_types.h>

/* ---------------------------------------------------------------- operations */
enum tnp_kind {
	TNP_READ, TNP_LIST, TNP_CREATE, TNP_WRITE, TNP_APPEND, TNP_MKDIR, TNP_METADATA, TNP_DELETE, TNP_RENAME, TNP_LINK,
	TNP_EXEC, TNP_CONNECT, TNP_RESOLVE, TNP_LISTEN, TNP_UNIX,
	TNP_NKINDS
};
const char *tnp_kind_name(enum tnp_kind k);                /* "read" ... "unix"; the `op` of events */
bool tnp_kind_parse(struct tn_str s, enum tnp_kind *k);

struct tnp_exec {
	struct tn_str requested;          /* the name as the caller gave it (argv[0] proves nothing and is not this) */
	const struct tn_str *argv; size_t argc;
	struct tn_str cwd;
	bool system_file;                 /* regular file; it and every parent root-owned, not group/world-writable */
	bool standard_path;               /* system_file, and the *requested name's* directory (resolved) is one of the standard PATH:
	                                   * /usr/local/sbin .. /bin.  /tmp/x/ls -> /usr/bin/rm must not be called ls. tns_standard_path() */
	char *scratch; size_t scratch_cap; /* caller's memory for the command text; NULL: 8 KiB of the stack, longer commands cannot be judged */
	bool launch;                      /* the operator's launch command itself: granted as baseline:B3 */
};
struct tnp_net {
	bool ip6; uint8_t ip[16];         /* v4-mapped already unwrapped (ip6 false, first 4 bytes) */
	uint16_t port;                    /* 0 = any (resolve) */
	bool udp;
	const struct tn_str *names; size_t nnames; /* host names that this session resolved to ip (lower-case); for resolve: the name asked */
};
struct tnp_op {
	enum tnp_kind kind;
	struct tn_str path;               /* what the kernel resolved: absolute, no . .. // or links; exec: the program; unix: socket path */
	struct tn_str path2;              /* rename, link: the new name, same form */
	bool is_dir;                      /* the object is a directory (delete: rmdir; create: never) */
	bool over;                        /* rename: over an existing name */
	bool own;                         /* read: the object is the image that this process runs, or the script execve started it for */
	const struct tnp_exec *exec;
	const struct tnp_net *net;
	char *room; size_t room_cap;      /* exec, rename, link: caller's memory for a command's text, as exec->scratch; NULL: the stack */
};

/* ---------------------------------------------------------------- configuration (policy file, compiled) */
enum tnp_mode { TNP_ENFORCE, TNP_AUDIT, TNP_PERMISSIVE };
const char *tnp_mode_name(enum tnp_mode m);
bool tnp_mode_parse(struct tn_str s, enum tnp_mode *m);    /* exact lower-case words after lower-casing ASCII */
typedef struct tnp_config tnp_config;
/* what `decode` reads, presets included: for the session's file */
enum tn_code tnp_config_encode(const tnp_config *c, struct tn_arena *a, struct tn_bytes *cbor, struct tn_err *e) TN_MUST_USE;
/* The compiled form is CBOR (docs/ARCHITECTURE): what gen-policy embeds and `tenuo-shim compile-policy` prints. */
enum tn_code tnp_config_default(struct tn_arena *a, const tnp_config **c, struct tn_err *e) TN_MUST_USE; /* embedded */
enum tn_code tnp_config_decode(const uint8_t *cbor, size_t n, struct tn_arena *a, const tnp_config **c, struct tn_err *e) TN_MUST_USE;
/* a preset adds baseline rows; unknown name is an error that lists the known ones. names: comma list */
enum tn_code tnp_config_presets(const tnp_config *base, struct tn_str names, struct tn_arena *a, const tnp_config **c, struct tn_err *e) TN_MUST_USE;

/* the policy file's log level (0 default, 1 all) and its share of sessions that enforce first: the mode this session gets */
int tnp_config_log_level(const tnp_config *c);
enum tnp_mode tnp_config_rollout(const tnp_config *c, enum tnp_mode asked, const uint8_t session_id[16]);

/* ---------------------------------------------------------------- baseline, resolved for this session */
enum tnp_right { /* the file rights of baseline rows and plan rules */
	TNP_R_READ = 1, TNP_R_LIST = 2, TNP_R_WRITE = 4, TNP_R_CREATE = 8, TNP_R_DELETE = 16, TNP_R_MKDIR = 32, TNP_R_METADATA = 64,
	TNP_R_EXEC = 128,
	TNP_R_INTERP = 256, /* may be mapped as PT_INTERP, never executed as a program */
};
struct tnp_row { struct tn_str path; uint32_t rights; bool tree; char row[16]; }; /* path resolved; row: "B0".."B4" or "preset:git" */
struct tnp_protect { struct tn_str path; bool tree; bool no_read; const char *what; }; /* never writable, optionally never readable, by the session */

/*
 * What the shim knows about this launch; paths resolved.  Filled by shim (launch facts need system calls).
 */
struct tnp_facts {
	/* resolve a configured path (baseline, constraint root) to the object it names now.  Returns length, 0 = does not exist, -1 = error.
	 * is_dir set.  NULL: paths are taken as they are (tests, explain on another machine). */
	long (*resolve)(void *ctx, struct tn_str path, char *out, size_t cap, bool *is_dir);
	void *ctx;
	/* What else the kernel executes when it executes `program` (resolved): entries of one letter, path, NUL; 'x' an interpreter that a #!
	 * line names, 'l' a loader.  Bytes written, -1 = unknown.  NULL: nothing is known. */
	long (*chain_of)(void *ctx, struct tn_str program, char *out, size_t cap);
	struct tn_str program, script, interp[8]; size_t ninterp;     /* B3; empty if unknown. interp: PT_INTERP of program and chain */
	struct tn_str chain[4]; size_t nchain;                        /* B3: the interpreters of the program's #! lines */
	struct tn_str app_trees[16]; size_t napp;                     /* venv, node_modules, prefix/lib, --app (READ|LIST, --app also EXEC) */
	bool app_exec[16];
	struct tn_str cwd_read;                                       /* --cwd */
	struct tn_str tmpdir, library, session_dir, tty;              /* B4, B2 */
	struct tn_str home;                                           /* $home of presets */
	struct tn_str path_dirs[32]; size_t npath_dirs;               /* launcher's PATH, resolved, only those root-owned and not writable by others */
	const struct tnp_protect *protect; size_t nprotect;
	bool allow_writable_program;                                  /* --allow-writable-program: for what the baseline lets run */
};

/* ---------------------------------------------------------------- policy */
typedef struct tnp_policy tnp_policy;
struct tnp_missing_root { struct tn_str tool, root; };
/*
 * grant NULL: no warrant (audit/permissive judge by the baseline alone).
 * Constraint roots are resolved here once; a child's root that resolves outside its parent's is refused (code 1405 text names both).
 */
enum tn_code tnp_policy_build(const tn_grant *grant, const tnp_config *cfg, const struct tnp_facts *f, enum tnp_mode mode, struct tn_arena *a,
			      const tnp_policy **p, struct tn_err *e) TN_MUST_USE;
size_t tnp_policy_missing_roots(const tnp_policy *p, const struct tnp_missing_root **v); /* roots of path constraints that do not exist */
const tn_grant *tnp_policy_grant(const tnp_policy *p);
const struct tnp_row *tnp_policy_rows(const tnp_policy *p, size_t *n); /* baseline as resolved */
enum tnp_mode tnp_policy_mode(const tnp_policy *p);
/* does this entry of the leaf stand for operations of this kind (by a row of the table of tool names)? "*" stands for all */
bool tnp_policy_binds(const tnp_policy *p, struct tn_str tool, enum tnp_kind k);

struct tnp_decision {
	enum tn_verdict verdict;
	enum tn_code code;
	enum tnp_mode mode;                      /* the mode that applies: the tool's override or the session's */
	const char *row;                         /* baseline row that allowed, or NULL */
	struct tn_str tool;                      /* first tool that allowed; a denial: first of the row that the grant has, else the canonical name */
	struct tn_str object;                    /* the path that was judged: of a rename or link the one that was refused */
	struct tn_str arg;                       /* argument that failed, n 0 if none */
	const struct tn_constraint *constraint;  /* that failed, as the warrant says it, or NULL */
	int link;                                /* a denial: the first link that refuses (its children only kept that); -1 none */
	enum tnp_why { TNP_WHY_OK, TNP_WHY_NO_WARRANT, TNP_WHY_NO_TOOL, TNP_WHY_UNKNOWN_ARG, TNP_WHY_MISSING_ARG, TNP_WHY_NO_MATCH, TNP_WHY_CANNOT_SAY,
		TNP_WHY_NEEDS_URL, TNP_WHY_GATE, TNP_WHY_GAIN, TNP_WHY_EXPIRED, TNP_WHY_PROTECTED, TNP_WHY_WRITABLE_PROGRAM, TNP_WHY_NOT_SYSTEM,
		TNP_WHY_LOADER, TNP_WHY_BAD_OBJECT } why;
};
/* THE decision function.  Preload, supervisor, explain and test all call this one.  now: Unix seconds. */
void tnp_decide(const tnp_policy *p, const struct tnp_op *op, int64_t now, struct tnp_decision *d);

/* The text a `command` constraint is judged on (shell-quoted argv, argv[0] replaced; `sh -c STRING` is STRING). Length or -1 (too long / not UTF-8). */
long tnp_exec_command(const struct tnp_op *op, char *out, size_t cap);

/* ---------------------------------------------------------------- words (the same on every layer) */
struct tnp_words {
	char op[32];            /* tool name as shown: "read_file" */
	char object[512];       /* escaped for a terminal, cut visibly */
	char reason[192];       /* "outside subpath /srv/data" */
	char constraint[192];   /* "subpath /srv/data" */
	char nearest[256];      /* "/srv/data", "" if nothing would be allowed */
	char warrant[48];       /* tnu_wrt_... or "" */
	char capability[384];   /* JSON capability that would allow exactly this: {"read_file":{"path":{"exact":"/etc/x"}}} */
};
void tnp_explain(const tnp_policy *p, const struct tnp_op *op, const struct tnp_decision *d, int64_t now, struct tnp_words *w);
/* "tenuo-shim: denied read_file /etc/shadow: outside subpath /srv/data (warrant tnu_wrt_..., expires in 12 min); allowed: /srv/data\n" */
size_t tnp_sentence(const tnp_policy *p, const struct tnp_op *op, const struct tnp_decision *d, int64_t now, char *out, size_t cap);
size_t tnp_constraint_text(const struct tn_constraint *c, char *out, size_t cap); /* "subpath /srv/data", "any of (..)" */

/* ---------------------------------------------------------------- events */
enum tnp_layer { TNP_L_PRELOAD, TNP_L_LANDLOCK, TNP_L_SECCOMP, TNP_L_NOTIFY, TNP_L_NET, TNP_L_LAUNCHER };
enum tnp_outcome { TNP_O_ALLOW, TNP_O_DENY, TNP_O_WOULD_DENY };
struct tnp_event {
	const char *type;       /* "decision", "session.start", "session.end", "session.expiring", ... */
	uint64_t seq; int64_t sec; uint32_t nsec;
	char session[33];       /* 32 hex */
	enum tnp_outcome outcome; enum tnp_mode mode; enum tnp_layer layer; int level;
	const char *reported_by; /* "process" or NULL */
	struct tn_str op, object, object2, tool, arg, reason, constraint, nearest, capability, baseline_row; /* n 0 = absent; arg: the argument that failed */
	int code, link, depth; char warrant[48];
	int pid, tid, ppid; unsigned uid; struct tn_str exe;
	int err; uint32_t repeat;
	struct tn_str extra;    /* session events: more members, already JSON, without braces; trusted text only */
};
#define TNP_EVENT_MAX 16384
/* One JSON line with '\n', schema tenuo-shim.event.v1; untrusted bytes escaped, object_b64 added where not UTF-8; values cut visibly so that it always fits cap >= 4096. */
size_t tnp_event_json(const struct tnp_event *ev, char *out, size_t cap);
/* What a process sends to the logger: CBOR; unpack is strict and returns views into buf. */
size_t tnp_event_pack(const struct tnp_event *ev, uint8_t *out, size_t cap);
enum tn_code tnp_event_unpack(const uint8_t *buf, size_t n, struct tnp_event *ev, struct tn_err *e) TN_MUST_USE;
/* is this decision written by default? log_level: 0 default (denials, execs, connects), 1 all */
bool tnp_event_wanted(const struct tnp_op *op, const struct tnp_decision *d, int log_level);
/* fills every decision field from (p, op, d, w); strings are views into op and w */
void tnp_event_from_decision(const tnp_policy *p, const struct tnp_op *op, const struct tnp_decision *d, const struct tnp_words *w, struct tnp_event *ev);

#endif
