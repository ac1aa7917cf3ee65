/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SHIM_SYS_RAW_H
#define SHIM_SYS_RAW_H
/*
 * System calls that no wrapper sees: the preload exports `open`, `syscall` and the rest under
 * libc's own names, so its own calls must not go through libc.  No errno: the kernel's answer,
 * negative on error.
 */
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

static inline long tns_raw6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}
static inline long tns_raw4(long nr, long a, long b, long c, long d)
{
	return tns_raw6(nr, a, b, c, d, 0, 0);
}
static inline long tns_raw3(long nr, long a, long b, long c)
{
	return tns_raw6(nr, a, b, c, 0, 0, 0);
}
static inline long tns_raw1(long nr, long a)
{
	return tns_raw6(nr, a, 0, 0, 0, 0, 0);
}
static inline long tns_ptr(const void *p)
{
	return (long)(intptr_t)p;
}

#endif
