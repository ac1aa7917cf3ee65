/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Debian's libsodium.a was built with fortify: the one symbol of it that musl lacks is defined here, hidden.  So are the heap and
 * assert, which its parts that nobody calls refer to: this library cannot allocate, not even by accident.
 */
#include <stddef.h>
#include "preload.h"

void __explicit_bzero_chk(void *p, size_t n, size_t room);
void __explicit_bzero_chk(void *p, size_t n, size_t room)
{
	volatile unsigned char *b = p;

	if (n > room)
		__builtin_trap();
	while (n--)
		*b++ = 0;
}

/* libc's own declarations carry attributes that a heap without memory does not have. */
void *tns_no_malloc(size_t n) __asm__("malloc");
void *tns_no_malloc(size_t n)
{
	(void)n;
	errno = ENOMEM;
	return NULL;
}

void tns_no_free(void *p) __asm__("free");
void tns_no_free(void *p)
{
	(void)p;
}

void tns_no_assert(const char *what, const char *file, unsigned line, const char *function) __asm__("__assert_fail");
void tns_no_assert(const char *what, const char *file, unsigned line, const char *function)
{
	(void)what;
	(void)file;
	(void)line;
	(void)function;
	__builtin_trap();
}
