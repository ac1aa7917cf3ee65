/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Big buffers and a stack of our own: threads may have 16 KiB in all, and deciding may take as much.  A small pool of mapped blocks,
 * each claimed by one compare-and-swap; nothing here waits.  A claim that never comes back (a signal handler that jumps out of a call)
 * costs a block of the pool; with none left a call maps its own.
 */
#include <string.h>
#include <sys/mman.h>
#include "preload.h"

enum { POOL = 16, GUARD = 4096, STACK = 128 * 1024, KEPT = 48 * 1024 };
#define BLOCK (GUARD + STACK + ((sizeof(struct tns_scratch) + 4095) & ~(size_t)4095))

/*
 * Zeroed in a forked child, where the other threads' claims have died with them and nothing has been denied yet; not in a vfork child,
 * which works on its parent's memory.
 */
struct wiped {
	int claimed[POOL];
	uint32_t kept_n;
	struct tns_seen seen[TNS_SEEN];
	uint8_t kept[KEPT];
};
static struct wiped *wiped;
static void *blocks[POOL];

static void *map(size_t n)
{
	long p = tns_raw6(SYS_mmap, 0, (long)n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p < 0 && p > -4096 ? NULL : (void *)(intptr_t)p;
}

static struct wiped *shared(void)
{
	struct wiped *w = __atomic_load_n(&wiped, __ATOMIC_ACQUIRE), *none = NULL;

	if (__builtin_expect(w != NULL, 1))
		return w;
	w = map(sizeof(*w));
	if (!w)
		return NULL;
	tns_raw3(SYS_madvise, tns_ptr(w), sizeof(*w), MADV_WIPEONFORK);
	if (__atomic_compare_exchange_n(&wiped, &none, w, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return w;
	tns_raw3(SYS_munmap, tns_ptr(w), sizeof(*w), 0);
	return none;
}

struct tns_seen *tns_seen_table(void)
{
	struct wiped *w = shared();

	return w ? w->seen : NULL;
}

uint8_t *tns_keep(size_t n, uint32_t *at)
{
	struct wiped *w = shared();

	if (!w || n > KEPT)
		return NULL;
	uint32_t end = __atomic_add_fetch(&w->kept_n, (uint32_t)n, __ATOMIC_RELAXED);

	if (end > KEPT) {
		__atomic_sub_fetch(&w->kept_n, (uint32_t)n, __ATOMIC_RELAXED);
		return NULL;
	}
	*at = end - (uint32_t)n;
	return w->kept + *at;
}

const uint8_t *tns_kept(uint32_t at)
{
	return wiped->kept + at;
}

/* guard | stack, growing down | scratch */
static void *map_block(void)
{
	void *p = map(BLOCK);

	if (p)
		tns_raw3(SYS_mprotect, tns_ptr(p), GUARD, PROT_NONE);
	return p;
}

static struct tns_scratch *in_block(void *block, int slot)
{
	struct tns_scratch *s = (struct tns_scratch *)(void *)((char *)block + GUARD + STACK);

	s->slot = slot;
	return s;
}

static struct tns_scratch *claim(struct wiped *w, int i)
{
	int unclaimed = 0;

	if (!__atomic_compare_exchange_n(&w->claimed[i], &unclaimed, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return NULL;
	if (!blocks[i]) /* ours until it is given back */
		blocks[i] = map_block();
	if (blocks[i])
		return in_block(blocks[i], i);
	__atomic_store_n(&w->claimed[i], 0, __ATOMIC_RELEASE);
	return NULL;
}

struct tns_scratch *tns_scratch_get(void)
{
	struct wiped *w = shared();

	for (int i = 0; w && i < POOL; i++) {
		struct tns_scratch *s = claim(w, i);

		if (s)
			return s;
	}
	void *block = map_block();

	return block ? in_block(block, -1) : NULL;
}

void tns_scratch_put(struct tns_scratch *s)
{
	if (s->slot < 0)
		tns_raw3(SYS_munmap, tns_ptr((char *)s - STACK - GUARD), BLOCK, 0);
	else
		__atomic_store_n(&wiped->claimed[s->slot], 0, __ATOMIC_RELEASE);
}

/* fn(s, args) on the stack that ends at top */
long tns_switch_stack(long (*fn)(struct tns_scratch *, const void *), struct tns_scratch *s, const void *args, void *top)
	__attribute__((visibility("hidden")));
__asm__("	.text\n"
	"	.p2align 4\n"
	"	.globl tns_switch_stack\n"
	"	.hidden tns_switch_stack\n"
	"	.type tns_switch_stack, @function\n"
	"tns_switch_stack:\n"
	"	.cfi_startproc\n"
	"	endbr64\n"
	"	push %rbp\n"
	"	.cfi_def_cfa_offset 16\n"
	"	.cfi_offset %rbp, -16\n"
	"	mov %rsp, %rbp\n"
	"	.cfi_def_cfa_register %rbp\n"
	"	mov %rcx, %rsp\n"
	"	mov %rdi, %rax\n"
	"	mov %rsi, %rdi\n"
	"	mov %rdx, %rsi\n"
	"	call *%rax\n"
	"	mov %rbp, %rsp\n"
	"	pop %rbp\n"
	"	.cfi_def_cfa %rsp, 8\n"
	"	ret\n"
	"	.cfi_endproc\n"
	"	.size tns_switch_stack, .-tns_switch_stack\n");

int tns_on_scratch(struct tns_scratch *s, long (*fn)(struct tns_scratch *s, const void *args), const void *args)
{
	int kept = errno;
	/* the scratch is page-aligned, so the stack below it begins 16-aligned */
	int r = (int)tns_switch_stack(fn, s, args, s);

	errno = kept;
	return r;
}

int tns_with_scratch(long (*fn)(struct tns_scratch *s, const void *args), const void *args)
{
	struct tns_scratch *s = tns_scratch_get();

	if (!s)
		return tns_state.mode == TNP_ENFORCE ? -ENOMEM : 0;
	int r = tns_on_scratch(s, fn, args);

	tns_scratch_put(s);
	return r;
}

/* ---------------------------------------------------------------- a caller's names, read once */
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
