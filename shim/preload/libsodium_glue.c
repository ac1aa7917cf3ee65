/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Debian's libsodium.a was built with fortify: the one symbol of it that musl lacks is defined here, hidden.
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
