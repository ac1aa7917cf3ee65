/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICY_PLAN_H
#define POLICY_PLAN_H
/*
 * A policy compiled to what the kernel can hold, and the words about it.  Pure: no system calls.
 * Exactness (design section 7): a rule the kernel cannot express exactly is `bounded` by the smallest tree
 * around it and said to be; a bound of "/" is refused by the launcher.  Nothing is over-granted silently.
 */
#include <policy/policy.h>

enum tnp_hold { TNP_EXACT, TNP_BOUNDED, TNP_ADVISORY }; /* held by the kernel | the kernel holds a larger tree | only the preload */

struct tnp_rule {
	struct tn_str path;     /* resolved object or tree */
	bool tree;
	uint32_t rights;        /* enum tnp_right */
	enum tnp_hold hold;
	struct tn_str source;   /* "read_file path subpath /data" or "baseline:B1" */
};
struct tnp_line {           /* one line of `plan`: in words, then who holds it */
	enum tnp_kind kind; enum tnp_hold hold;
	char text[256];         /* "reads /data" */
	char layer[64];         /* "kernel (Landlock)", "kernel, bounded by /srv", "preload only" */
};
struct tnp_plan {
	const struct tnp_rule *rules; size_t nrules;   /* merged per object; parents before children */
	bool inet;              /* a connect, resolve or listen row exists: INET sockets may be made */
	bool inet_free;         /* connect row without constraints */
	bool exec_any;          /* an exec row exists */
	bool opens_everything;  /* "*" without constraints: plan's first line says so */
	bool refused_root;      /* some file rule is only bounded by "/" : launcher refuses unless --level 0 */
	struct tn_str refused_source;
	const struct tnp_line *lines; size_t nlines;
	const struct tn_str *framework_only; size_t nframework_only; /* tools that mean nothing to a process */
};
enum tn_code tnp_plan_build(const tnp_policy *p, int level, struct tn_arena *a, const struct tnp_plan **plan, struct tn_err *e) TN_MUST_USE;
/* one sentence: "reads /data; writes nothing; runs python3 only; network: none; ends in 12 min" */
size_t tnp_plan_sentence(const tnp_policy *p, const struct tnp_plan *plan, int64_t now, char *out, size_t cap);
/*
 * What must not be: the kernel's rules would let the session change an object of the list, or read one that it may not (design
 * section 9: log, warrant, key, policy).  The launcher refuses to start.  Level 0 has no rules and never clashes.
 */
struct tnp_clash { const struct tnp_protect *object; const struct tnp_rule *rule; bool write; };
bool tnp_plan_clash(const struct tnp_plan *plan, const struct tnp_protect *v, size_t n, struct tnp_clash *out);
/* The same for program, script, interpreters, loaders and the trees they live in, but for a program file that an exec constraint names
 * (--allow-writable-program does not ask).  object: storage for out->object. */
bool tnp_plan_writable_program(const struct tnp_plan *plan, const struct tnp_facts *f, struct tnp_clash *out, struct tnp_protect *object);
bool tnp_source_is_baseline(struct tn_str source); /* a rule's source: baseline, preset or option, not the warrant */
/* would the plan let the session write or create here? (rename/replace included); `path` resolved */
bool tnp_plan_may_write(const tnp_policy *p, struct tn_str path);

/*
 * The session's compiled plan as later generations of processes read it (CBOR, file `plan` in the session directory):
 * chain, compiled configuration, resolved facts, mode, level, session id.  The result points into `cbor`, which must stay.  Decoding rebuilds a tnp_policy without verifying signatures
 * (the launcher did, and the file is read-only for the session).
 */
struct tnp_session {
	char id[33];
	int level; enum tnp_mode mode; int log_level; bool quiet;
	struct tn_str log;      /* "socket" (the session directory's), a path (appended by each process), "stderr", or "" none */
	struct tn_bytes token;  /* raw CBOR stack; empty = no warrant */
	struct tn_bytes config; /* compiled policy with presets applied */
	bool kernel_opens;      /* the kernel's rules hold every open exactly: who asks it first need not decide first */
	const struct tnp_facts *facts;
};
/* Does the kernel hold every rule about files exactly?  For tnp_session's kernel_opens. */
bool tnp_plan_holds_opens(const struct tnp_plan *plan);
/* Call before tnp_policy_build: makes f->resolve remember its answers, which the session's file needs (else encoding asks all again). */
enum tn_code tnp_facts_record(struct tnp_facts *f, struct tn_arena *a, struct tn_err *e) TN_MUST_USE;
enum tn_code tnp_session_encode(const struct tnp_session *s, const tnp_policy *p, struct tn_arena *a, struct tn_bytes *out, struct tn_err *e) TN_MUST_USE;
enum tn_code tnp_session_decode(const uint8_t *cbor, size_t n, struct tn_arena *a, struct tnp_session *s, const tnp_policy **p, struct tn_err *e) TN_MUST_USE;
#endif
