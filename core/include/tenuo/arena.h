/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TENUO_ARENA_H
#define TENUO_ARENA_H
/*
 * Bump allocator: everything the library hands out lives in the caller's arena and ends with it.
 * The library itself never calls malloc, so it can run inside a preloaded object (pages from
 * mmap), after fork, and in PAM hosts.
 */
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif
#ifdef TN_BUILDING_SHARED /* only libtenuo.so exports; inside another library these names stay hidden */
#pragma GCC visibility push(default)
#endif

struct tn_arena {
	void *(*more)(size_t size);             /* zeroed memory or NULL */
	void (*release)(void *p, size_t size);
	struct tn_chunk *chunks;                /* private */
	size_t total, limit;                    /* bytes taken; limit 0 = TN_ARENA_LIMIT */
};
#define TN_ARENA_LIMIT ((size_t)64 << 20)

extern const struct tn_arena TN_ARENA_MALLOC; /* initialiser: struct tn_arena a = TN_ARENA_MALLOC;  (not in the preload) */

void *tn_arena_alloc(struct tn_arena *a, size_t size);                 /* zeroed, 16-aligned; NULL = out of memory or limit */
void *tn_arena_array(struct tn_arena *a, size_t n, size_t size);       /* overflow-checked */
void *tn_arena_dup(struct tn_arena *a, const void *p, size_t n);       /* copy, NUL appended beyond n */
void tn_arena_free(struct tn_arena *a);                                /* everything at once; reusable after */

#ifdef TN_BUILDING_SHARED
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif
#endif
