/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SHIM_PRELOAD_H
#define SHIM_PRELOAD_H
/*
 * libtenuo-shim.so: a guest in somebody else's process.
 *
 * MUST NOT use malloc, stdio, locks held across a real call or thread-local storage; MUST keep errno; MUST work before its own
 * constructor, in signal handlers, after fork and between vfork and exec.  It is never a boundary: what it says "no" to, the kernel
 * holds at level 1, and nobody holds at level 0.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <policy/plan.h>
#include <policy/policy.h>
#include <shim/elf.h>
#include <shim/session.h>
#include "raw.h"

/* Only these names leave the library; the version script is made from symbols.tsv. */
#define TNS_EXPORT __attribute__((visibility("default")))

/* ---------------------------------------------------------------- state: written once by init, read-only after */
#define TNS_MAX_LINKS 12
#define TNS_MAX_ENV 24
struct tns_link { struct tn_str from, to; };
enum tns_log_to { TNS_LOG_NONE, TNS_LOG_SOCKET, TNS_LOG_FILE, TNS_LOG_STDERR, TNS_LOG_FD };
struct tns_known { uint64_t dev, ino; bool open; }; /* what a descriptor was when the image started */
struct tns_state {
	const tnp_policy *policy;
	struct tnp_session session;
	int level;                          /* 0 or 1 */
	enum tnp_mode mode;
	int64_t kernel_opens_until;         /* so long the kernel is asked first, and a refusal explained; 0: always judge first */
	enum tns_log_to log_to;
	char log_path[512];                 /* file, or the logger's socket */
	int log_fd;
	struct tns_link links[TNS_MAX_LINKS]; size_t nlinks; /* /lib -> /usr/lib and its kind */
	const char *inject[TNS_MAX_ENV]; size_t ninject;     /* "NAME=value" for every child, over whatever a caller passes */
	char preload[1024];                 /* LD_PRELOAD=<us>[:<others that were there>] */
	char library[512];                  /* our own file */
	char exe[512]; size_t exe_len;
	char script[512]; size_t script_len; /* what execve was asked for, where that is not the image itself: a #! script */
	struct tns_known stderr_as, log_as;
	char root[512]; size_t root_len;    /* after chroot: what the kernel calls "/" now, as everybody else calls it */
	uint64_t lost, seq;         /* events that could not be written (audit); numbers at level 0 */
};
extern struct tns_state tns_state;

/* Is there a policy to ask?  Initialises on the first call.  False: pass through (inert, or init is under way in this very thread). */
bool tns_on(void);
/* The way out for a program that may not start: one sentence on fd 2, exit 126. */
void tns_refuse(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
struct tn_arena tns_arena(void); /* pages from mmap */
int64_t tns_now(void);           /* Unix seconds */

/* ---------------------------------------------------------------- scratch */
#define TNS_ARGS 1024
struct tns_scratch {
	struct tn_str args[TNS_ARGS];
	char path[4096], path2[4096]; /* the caller's names, read once */
	char norm[4352], object[4352], object2[4352], link[4352]; /* PATH_MAX and a component more */
	char text[8192];
	char command[8192]; /* what a command constraint is judged on: not on the caller's stack */
	uint8_t packed[TNP_EVENT_MAX];
	struct tnp_words words;
	struct tnp_event event;
	int slot; /* in the pool; -1: mapped for this one call */
};
struct tns_scratch *tns_scratch_get(void); /* NULL: no memory, deny */
void tns_scratch_put(struct tns_scratch *s);
/* fn(s, args) on the scratch's own stack; keeps errno.  Without memory: denied where denying is the mode. */
int tns_on_scratch(struct tns_scratch *s, long (*fn)(struct tns_scratch *s, const void *args), const void *args); /* one that is held */
int tns_with_scratch(long (*fn)(struct tns_scratch *s, const void *args), const void *args);
/* distinct denials of this process; empty again in a forked child.  NULL: no memory */
#define TNS_SEEN 512 /* power of two */
struct tns_seen { uint64_t key; uint32_t count, told, at, n; }; /* at, n: the event as packed, 0 = not kept */
struct tns_seen *tns_seen_table(void);
/* Room beside the table, never given back; false: used up. */
uint8_t *tns_keep(size_t n, uint32_t *at);
const uint8_t *tns_kept(uint32_t at);
/* What was counted and not told yet: before the image ends. */
void tns_flush(void);
/* s->event again, from its packed form, with another count */
bool tns_record_again(struct tns_scratch *s, const uint8_t *packed, size_t n, uint32_t repeat);

/*
 * A caller's name is read once: another thread may change it between looking and acting.  p is the copy (p2 of a second name); without a
 * policy, and for pointers that can only be EFAULT, the caller's own.  Negative errno: the answer.
 */
struct tns_name { struct tns_scratch *s; const char *p, *p2; };
int tns_take(struct tns_name *n, const char *path, const char *path2) TN_MUST_USE;
void tns_give(struct tns_name *n); /* keeps errno */
/* Below the lowest address that anything can be mapped at: the kernel answers EFAULT, and so must we. */
static inline bool tns_nowhere(const void *p) { return (uintptr_t)p < 65536; }

/* ---------------------------------------------------------------- paths (path.c) */
/* chroot is about to change what names mean: remember where it goes.  False: cannot be known. */
bool tns_root_moves(const char *path, char *out, size_t cap, size_t *len);
enum tns_norm { TNS_NORM_SURE, TNS_NORM_UNSURE, TNS_NORM_BAD };
/*
 * Lexically: absolute, distribution links replaced.  UNSURE: the name has a ".." behind a component that could be a link, or starts at
 * a descriptor that cannot be named.  BAD: empty, too long, unreadable (the kernel's own errno is the answer).
 */
enum tns_norm tns_normalize(int dirfd, const char *path, char *out, size_t cap, size_t *len);
/* The object behind a name: 0 and `out`, or a negative errno.  create: the last component need not exist (parent resolved + it). */
int tns_object(int dirfd, const char *path, bool follow, bool create, char *out, size_t cap, size_t *len, bool *is_dir, bool *exists);
/* An object that exists, held by O_PATH, and its name: descriptor or negative errno. */
int tns_pin(int dirfd, const char *path, bool follow, char *out, size_t cap, size_t *len, bool *is_dir);
/* What a descriptor is: length, 0 if it has no name (pipe, socket, deleted), negative if that cannot be known (no /proc). */
long tns_fd_name(int fd, char *out, size_t cap);

/* ---------------------------------------------------------------- judging (judge.c) */
/* 0 = go on; negative errno = the answer.  Decides, records, says.  s holds the strings of op. */
int tns_judge(struct tns_scratch *s, const struct tnp_op *op, enum tnp_layer layer);
/* the same; *denied also where audit goes on */
int tns_judge_told(struct tns_scratch *s, const struct tnp_op *op, enum tnp_layer layer, bool *denied);
/* silently: the verdict alone, for looking before an exact answer is known */
bool tns_would_allow(const struct tnp_op *op);

/* One name: before the call.  dirfd/path as the caller gave them. */
int tns_check(enum tnp_kind kind, int dirfd, const char *path, unsigned how);
#define TNS_NOFOLLOW 1u /* the operation is on a link itself */
#define TNS_NEW 2u      /* the name may not exist yet */
#define TNS_DIR 4u      /* rmdir */
#define TNS_AFTER 8u    /* the kernel has refused already: say why, if it was the warrant */
/* an object by a descriptor of it */
int tns_check_fd(enum tnp_kind kind, int fd);
/* rename, link; 1: denied, but the mode lets it go on */
int tns_check2(enum tnp_kind kind, int fd1, const char *old, int fd2, const char *new_name, unsigned how);
/* open: which operation is it?  0, negative errno; level 0 may have opened it already (*fd >= 0) */
int tns_check_open(int dirfd, const char *path, int flags, unsigned mode, int *fd);

/* what every wrapper ends with */
static inline int tns_fail(int negative_errno)
{
	errno = -negative_errno;
	return -1;
}
/* After a real call: was it the kernel holding the warrant?  Keeps errno. */
static inline bool tns_kernel_refused(void) { return tns_state.level >= 1 && errno == EACCES; }

/* ---------------------------------------------------------------- exec (w_exec.c), net (w_net.c), the record (report.c) */
int tns_check_exec(int dirfd, const char *path, char *const argv[], int flags);
struct sockaddr;
int tns_check_addr(enum tnp_kind kind, int fd, const struct sockaddr *addr, unsigned len);
/* true: written (or nothing to write to).  *first: say the sentence. */
bool tns_record(struct tns_scratch *s, const struct tnp_op *op, const struct tnp_decision *d, enum tnp_layer layer, int err, bool *first);
void tns_say(const char *text, size_t n);
bool tns_know(int fd, struct tns_known *k);
/* s->event, which is about the session; LD_PRELOAD alone */
bool tns_record_start(struct tns_scratch *s);

/* ---------------------------------------------------------------- libc behind us */
/*
 * Looked up all at once when we start: dlsym takes the loader's lock, which a child of fork may find held for ever, and which is not for
 * signal handlers.  What this libc lacks, and what is called before that, is looked up by the call.
 */
extern const char *gnu_get_libc_version(void) __attribute__((weak)); /* NULL: another libc */
struct tns_real { const char *name; void *f; };
void *tns_next(struct tns_real *r);
void tns_find_all(void);
#define TNS_REAL(ret, name, ...)                                                        \
	static ret (*real_##name(void))(__VA_ARGS__)                                    \
	{                                                                               \
		static struct tns_real r __attribute__((section("tns_real"), used)) = { #name, NULL }; \
		union { void *p; ret (*f)(__VA_ARGS__); } u = { tns_next(&r) };         \
		return u.f;                                                             \
	}

#endif
