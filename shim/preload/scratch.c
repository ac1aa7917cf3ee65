/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Big buffers that are not on the caller's stack (threads may have 16 KiB).  A fixed pool, claimed by one atomic each: usable in signal
 * handlers and after fork (a claim that another thread held at fork stays lost in the child; then pages are mapped for the one call).
 */
#include <sys/mman.h>
#include "preload.h"

#define TNS_POOL 8
static struct tns_scratch pool[TNS_POOL]; /* .bss: pages exist only once touched */
enum { TNS_FREE, TNS_BUSY, TNS_MAPPED };

struct tns_scratch *tns_scratch_get(void)
{
	for (size_t i = 0; i < TNS_POOL; i++) {
		int want = TNS_FREE;

		if (__atomic_compare_exchange_n(&pool[i].busy, &want, TNS_BUSY, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			return &pool[i];
	}
	long p = tns_raw6(SYS_mmap, 0, sizeof(struct tns_scratch), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p < 0 && p > -4096)
		return NULL;
	struct tns_scratch *s = (struct tns_scratch *)(intptr_t)p;

	s->busy = TNS_MAPPED;
	return s;
}

void tns_scratch_put(struct tns_scratch *s)
{
	if (s->busy == TNS_MAPPED)
		tns_raw3(SYS_munmap, tns_ptr(s), sizeof(*s), 0);
	else
		__atomic_store_n(&s->busy, TNS_FREE, __ATOMIC_RELEASE);
}
