/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BYPASS_H
#define BYPASS_H
/*
 * The bypass corpus: every route is one function that tries one forbidden act and says what became of it.
 *
 * The same functions are linked twice, dynamically and statically, and each attempt is a process of its own:
 *
 *	bypass-dyn ROUTE OP     exit 0 "escaped", 1 "blocked ERRNO", 77 "skip WHY", anything else: broken
 *
 * A route never decides what should happen; expected.tsv does.  It must be able to escape: the runner first runs each
 * one outside any shim and demands that it does.
 *
 * Layout of BYPASS_BASE (made anew by the runner for each attempt):
 *	in/   file secret sub/ link->../out/secret dirlink->../out prelink(=out/hard) prog    granted: everything but exec
 *	ro/   file                                                                    granted: read
 *	bin/  prog suid                                                               granted: exec (profile exec)
 *	out/  secret hard victim dir/ prog                                            granted: nothing
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ESCAPED = 0, BLOCKED = 1, SKIPPED = 77, BROKEN = 3 };
#define PROG_ESCAPED 42 /* exit status of a program that must not have run */

struct route {
	const char *name, *op;
	int (*attempt)(void);
};
/* Routes collect themselves in a section, so a new file is a new route and no list can forget it. */
#define ROUTE(id, name, op, fn)                                                                                        \
	static const struct route route_##id __attribute__((used, section("routes"), aligned(8))) = {name, op, fn}

struct world {
	const char *base;
	bool naive;          /* race proof: check the value ourselves, then call; only run outside the shim */
	double race_seconds;
	int port_ok, port_bad; /* two listeners on 127.0.0.1, TCP and UDP */
	int victim;          /* a process outside, same user */
	uint64_t victim_addr;/* its secret's address */
	int passed_dir, passed_fd; /* descriptors of out/ and out/secret that whoever started us left open */
	const char *abstract;  /* name of an abstract socket someone listens on */
	const char *self;    /* our own executable */
};
extern struct world world;

const char *at(const char *relative);       /* BYPASS_BASE/relative, in one of eight rotating buffers */
int blocked(void);                          /* says "blocked ERRNO" */
int escaped(void);
int skip(const char *why);
int escaped_if(bool yes);                   /* else blocked with errno */
int got_secret(long fd);                    /* reads; closes */
int ran(const char *why, int wait_status);  /* did the child exit with PROG_ESCAPED? */
int in_child(int (*attempt)(void));         /* what a forked child's attempt came to */
double now(void);

/* The kernel's own calling convention: what no libc wrapper ever sees. */
static inline long raw6(long nr, long a, long b, long c, long d, long e, long f)
{
	long ret;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;

	__asm__ volatile("syscall" : "=a"(ret) : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	if (ret < 0 && ret > -4096) {
		errno = (int)-ret;
		return -1;
	}
	return ret;
}
#define RAW_1(nr, a) raw6(nr, (long)(a), 0, 0, 0, 0, 0)
#define RAW_2(nr, a, b) raw6(nr, (long)(a), (long)(b), 0, 0, 0, 0)
#define RAW_3(nr, a, b, c) raw6(nr, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define RAW_4(nr, a, b, c, d) raw6(nr, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define RAW_5(nr, a, b, c, d, e) raw6(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)

#endif
