/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>
#include <string.h>
#include <tenuo/arena.h>

enum { ALIGN = 16, CHUNK_MIN = 16384, PAGE = 4096 };

struct tn_chunk {
	struct tn_chunk *next;
	size_t size, used; /* of the whole chunk, this header included */
};
_Static_assert(sizeof(struct tn_chunk) <= 2 * ALIGN, "the header takes two units");

static bool round_up(size_t n, size_t unit, size_t *out)
{
	if (__builtin_add_overflow(n, unit - 1, out))
		return false;
	*out &= ~(unit - 1);
	return true;
}

static struct tn_chunk *grow(struct tn_arena *a, size_t need)
{
	size_t limit = a->limit ? a->limit : TN_ARENA_LIMIT;
	size_t size, total;

	if (!a->more || __builtin_add_overflow(need, 2 * ALIGN, &size) ||
	    !round_up(size, PAGE, &size))
		return NULL;
	if (size < CHUNK_MIN)
		size = CHUNK_MIN;
	if (__builtin_add_overflow(a->total, size, &total) || total > limit)
		return NULL;
	struct tn_chunk *c = a->more(size);
	if (!c)
		return NULL;
	*c = (struct tn_chunk){ .next = a->chunks, .size = size, .used = 2 * ALIGN };
	a->chunks = c;
	a->total = total;
	return c;
}

void *tn_arena_alloc(struct tn_arena *a, size_t size)
{
	struct tn_chunk *c = a->chunks;

	if (!round_up(size ? size : 1, ALIGN, &size))
		return NULL;
	if (!c || size > c->size - c->used)
		c = grow(a, size);
	if (!c)
		return NULL;
	void *p = (unsigned char *)c + c->used;
	c->used += size;
	return p;
}

void *tn_arena_array(struct tn_arena *a, size_t n, size_t size)
{
	size_t bytes;

	return __builtin_mul_overflow(n, size, &bytes) ? NULL : tn_arena_alloc(a, bytes);
}

void *tn_arena_dup(struct tn_arena *a, const void *p, size_t n)
{
	size_t bytes;
	char *copy;

	if (__builtin_add_overflow(n, 1, &bytes) || !(copy = tn_arena_alloc(a, bytes)))
		return NULL;
	if (n)
		memcpy(copy, p, n);
	return copy; /* the byte beyond n is zero: fresh memory */
}

void tn_arena_free(struct tn_arena *a)
{
	struct tn_chunk *c = a->chunks;

	a->chunks = NULL;
	a->total = 0;
	while (c) {
		struct tn_chunk *next = c->next;

		a->release(c, c->size);
		c = next;
	}
}
