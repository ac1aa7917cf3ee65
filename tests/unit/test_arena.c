/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <string.h>
#include <criterion/criterion.h>
#include <tenuo/arena.h>

Test(arena, zeroed_aligned_and_apart)
{
	struct tn_arena a = TN_ARENA_MALLOC;
	unsigned char *last = NULL;

	for (size_t n = 0; n < 200; n++) {
		unsigned char *p = tn_arena_alloc(&a, n);

		cr_assert_not_null(p);
		cr_assert_eq((uintptr_t)p % 16, 0);
		cr_assert_neq(p, last);
		for (size_t i = 0; i < n; i++)
			cr_assert_eq(p[i], 0);
		memset(p, 0xff, n);
		last = p;
	}
	tn_arena_free(&a);
}

Test(arena, larger_than_a_chunk)
{
	struct tn_arena a = TN_ARENA_MALLOC;
	char *p = tn_arena_alloc(&a, 1 << 20);

	cr_assert_not_null(p);
	memset(p, 1, 1 << 20);
	cr_assert_geq(a.total, 1 << 20);
	tn_arena_free(&a);
	cr_assert_eq(a.total, 0);
	cr_assert_not_null(tn_arena_alloc(&a, 1)); /* reusable */
	tn_arena_free(&a);
}

Test(arena, limit_holds)
{
	struct tn_arena a = TN_ARENA_MALLOC;

	a.limit = 65536;
	cr_assert_null(tn_arena_alloc(&a, 65536)); /* the chunk's own header does not fit any more */
	cr_assert_not_null(tn_arena_alloc(&a, 60000));
	cr_assert_null(tn_arena_alloc(&a, 60000));
	tn_arena_free(&a);
}

Test(arena, overflow_is_no_memory)
{
	struct tn_arena a = TN_ARENA_MALLOC;

	cr_assert_null(tn_arena_alloc(&a, SIZE_MAX));
	cr_assert_null(tn_arena_alloc(&a, SIZE_MAX - 15));
	cr_assert_null(tn_arena_array(&a, SIZE_MAX / 2, 3));
	cr_assert_null(tn_arena_dup(&a, "", SIZE_MAX));
	cr_assert_not_null(tn_arena_array(&a, 3, 100));
	tn_arena_free(&a);
}

Test(arena, without_a_source_there_is_none)
{
	struct tn_arena a = { 0 };

	cr_assert_null(tn_arena_alloc(&a, 1));
	tn_arena_free(&a);
}

Test(arena, dup_ends_with_nul)
{
	struct tn_arena a = TN_ARENA_MALLOC;

	cr_assert_str_eq(tn_arena_dup(&a, "abcdef", 3), "abc");
	cr_assert_str_eq(tn_arena_dup(&a, NULL, 0), "");
	tn_arena_free(&a);
}
