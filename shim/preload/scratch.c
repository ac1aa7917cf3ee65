/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Big buffers that are not on the caller's stack (threads may have 16 KiB).  A fixed pool, claimed by one atomic each: usable in signal
 * handlers and after fork (a claim that another thread held at fork stays lost in the child; then pages are mapped for the one call).
 */
#include <string.h>
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

static int copy(char *to, const char *from)
{
	size_t n = strnlen(from, 4096);

	if (n == 4096)
		return -ENAMETOOLONG; /* the kernel's limit is on what the caller passes */
	memcpy(to, from, n);
	to[n] = '\0';
	return 0;
}

int tns_take(struct tns_name *n, const char *path, const char *path2)
{
	*n = (struct tns_name){ NULL, path, path2 };
	if (tns_nowhere(path) || (path2 && tns_nowhere(path2)) || !tns_on())
		return 0;
	n->s = tns_scratch_get();
	if (!n->s)
		return tns_state.mode == TNP_ENFORCE ? -ENOMEM : 0;
	int r = copy(n->s->path, path);

	if (r == 0 && path2)
		r = copy(n->s->path2, path2);
	if (r < 0) {
		tns_scratch_put(n->s);
		return r;
	}
	n->p = n->s->path;
	if (path2)
		n->p2 = n->s->path2;
	return 0;
}

void tns_give(struct tns_name *n)
{
	int kept = errno;

	if (n->s)
		tns_scratch_put(n->s);
	errno = kept;
}
