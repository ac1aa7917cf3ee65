/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SHIM_LAUNCHER_H
#define SHIM_LAUNCHER_H
/*
 * `run`, in three processes.
 *
 *   front    what the caller started: passes signals on, stops and continues with the program, ends as it ended
 *   keeper   its child, in a session of its own: parent of the program and subreaper of what it leaves behind, owner of the
 *            session's socket, the only writer of the log, and the one who ends the session when the warrant expires
 *   program  the keeper's child, in the front's process group, so that terminal and shell see one job
 *
 * The keeper is out of the session's reach (Landlock's signal scope, else the filter), is in no process group with it, and does not
 * depend on the front: where that is killed, the session stays held.
 */
#include <signal.h>
#include <sys/types.h>
#include <shim/facts.h>
#include <shim/run.h>
#include "filter.h"
#include "landlock.h"

#define TNS_PATH 4096

/* ---- the log ---- */
struct tns_log {
	int fd;                 /* -1: none */
	bool terminal;          /* stderr or fd:N: shared with others, nothing to protect */
	bool made;              /* we created it */
	char path[TNS_PATH];    /* as the kernel names it; "" for terminal */
	char why_none[192];     /* no log, because */
};
/* A named log that cannot be used is an error; an unnamed one leaves fd -1. */
enum tn_code tns_log_open(const struct tns_run *r, const char id[33], struct tns_log *log, struct tn_err *e) TN_MUST_USE;
void tns_log_drop(struct tns_log *log, const char *why); /* also removes what it created */

/* ---- the session's places ---- */
struct tns_places {
	uint8_t id[16];
	char hex[33];
	char dir[TNS_PATH];     /* session directory, "" not made */
	char tmp[TNS_PATH];     /* private TMPDIR, "" not made */
};
enum tn_code tns_places_make(struct tns_places *p, bool want_tmp, struct tn_err *e) TN_MUST_USE;
enum tn_code tns_places_plan(const struct tns_places *p, struct tn_bytes plan, struct tn_err *e) TN_MUST_USE;
enum tn_code tns_places_listen(const struct tns_places *p, int *fd, struct tn_err *e) TN_MUST_USE;
void tns_places_remove(const struct tns_places *p);
enum tn_code tns_make_dirs(const char *path, mode_t mode, struct tn_err *e) TN_MUST_USE; /* mkdir -p */

/* ---- the job ---- */
struct tns_job {
	const struct tns_run *r;
	struct tn_arena a;
	enum tnp_mode mode;     /* what was asked for, or audit where the policy's rollout leaves this session out */
	int level;              /* what the kernel holds: 0 or 1 */
	bool enforce;
	struct tns_places places;
	struct tns_log log;
	struct tns_launch launch;
	struct tnp_protect *protect; size_t nprotect;
	const tnp_policy *policy;
	const struct tnp_plan *plan;
	struct tns_landlock landlock;
	int rules;              /* Landlock rule set, -1: none */
	int listener;
	bool preload;           /* the program's loader takes our library */
	char *const *env;
	sigset_t signals;       /* the caller's mask, for the program */
	bool sigchld_ignored;   /* so was the caller's SIGCHLD */
	uint8_t closed_std;     /* bit n: descriptor n was closed when we started */
	int64_t expires;        /* Unix seconds; 0: no end */
	int64_t started;        /* CLOCK_REALTIME in ns */
	int64_t started_boot;   /* CLOCK_BOOTTIME at the same moment, ns */
};

/* run.c */
void tns_say(const char *fmt, ...) TN_PRINTF(1, 2); /* one line on stderr: "tenuo-shim run: ..." */

/* prepare.c: everything before the first fork.  TN_E_SYSTEM with ENOENT: the program does not exist. */
enum tn_code tns_prepare(struct tns_job *j, struct tn_err *e) TN_MUST_USE;
/* env.c */
enum tn_code tns_env_make(struct tns_job *j, struct tn_err *e) TN_MUST_USE;
void tns_env_wipe(void); /* keys and tokens in our own environment, in place: /proc/PID/environ shows that memory */

/* ---- the program's side, after fork ---- */
struct tns_seal_error { int sys_errno; int status; char msg[TN_MSG_MAX]; }; /* what the child writes to its pipe if it cannot start */
_Noreturn void tns_child(const struct tns_job *j, pid_t front, pid_t keeper, int report);

/* ---- between keeper and front: one struct per message ---- */
enum tns_word {
	TNS_W_STARTED,  /* keeper: number = pid of the program */
	TNS_W_FAILED,   /* keeper: could not start; number = exit status, text = why */
	TNS_W_STOPPED,  /* keeper: number = signal */
	TNS_W_ENDED,    /* keeper: number = wait status, text = closing lines */
	TNS_W_DONE,     /* keeper: nothing is left of the session */
	TNS_W_SIGNAL,   /* front: number = signal to send to the program */
};
#define TNS_CLOSING 2048
struct tns_message { enum tns_word word; int number; char text[TNS_CLOSING]; };

_Noreturn void tns_keeper(struct tns_job *j, int front_sock, pid_t front);
/* The exit status, or death by the program's own signal. */
int tns_front(struct tns_job *j, int keeper_sock, pid_t keeper);
/* Closes every descriptor above 2 but these: what the caller lent to the program must not be held open by us. */
void tns_close_others(int *keep, size_t n);
void tns_std_to_null(int first, int last);

/* ---- tree.c: the processes of a session ---- */
/* Signal to all descendants of `root` (not root itself).  Number of processes found. */
size_t tns_tree_signal(pid_t root, int sig);
/* Is `pid` a descendant of root? */
bool tns_tree_has(pid_t root, pid_t pid);
/* Freeze, then kill, until none is left.  reap: collects children that have ended, without waiting. */
void tns_tree_end(pid_t root, void (*reap)(void *ctx), void *ctx);

/* ---- record.c: the session's record; in the keeper only ---- */
struct tns_record;
struct tns_record *tns_record_new(const struct tns_job *j);
int tns_record_epoll(const struct tns_record *r);     /* readable: call tns_record_serve */
void tns_record_serve(struct tns_record *r, bool drain); /* drain: until nothing is waiting */
bool tns_record_session(struct tns_record *r, const char *type, const char *extra); /* extra: JSON members; false: not written */
void tns_record_never_wait(void); /* from here on a pipe or terminal that takes nothing for a second is a log that cannot be written */
struct tns_counts { uint64_t total, denied, distinct, lost; };
struct tns_counts tns_record_counts(const struct tns_record *r);
/* At most five lines, "" if nothing was denied. */
size_t tns_record_closing(const struct tns_record *r, bool failed, char *out, size_t cap);

/* ---- words.c: the members of session events ---- */
#define TNS_WORDS_MAX (TNP_EVENT_MAX - 2048) /* with the names and numbers of every event it is still one line */
void tns_words_start(const struct tns_job *j, char *out, size_t cap);
void tns_words_expiring(const struct tns_job *j, int64_t grace_ms, char *out, size_t cap);
void tns_words_end(const struct tns_job *j, const struct tns_record *r, int status, bool expired, char *out, size_t cap);

#endif
