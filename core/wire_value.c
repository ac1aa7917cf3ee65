/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include "tn_fail.h"
#include "tn_text.h"
#include "tn_wire.h"

_Static_assert(offsetof(struct tn_pair, key) == 0 && sizeof(struct tn_pair) % 8 == 0,
	       "tn_keys_sort");
_Static_assert(offsetof(struct tn_carg, name) == 0 && sizeof(struct tn_carg) % 8 == 0,
	       "tn_keys_sort");
_Static_assert(offsetof(struct tn_tool, name) == 0 && sizeof(struct tn_tool) % 8 == 0,
	       "tn_keys_sort");
_Static_assert(offsetof(struct tn_ext, key) == 0 && sizeof(struct tn_ext) % 8 == 0, "tn_keys_sort");

enum tn_code tn_no_memory(struct tn_err *e)
{
	return tn_fail(e, TN_E_NO_MEMORY, "out of memory");
}

static int key_cmp(const void *a, const void *b)
{
	const struct tn_str *x = a, *y = b;

	return tn_bytes_cmp(x->p, x->n, y->p, y->n);
}

bool tn_keys_sort(void *base, size_t n, size_t size)
{
	const char *p = base;

	tn_sort(base, n, size, key_cmp);
	for (size_t i = 1; i < n; i++)
		if (key_cmp(p + (i - 1) * size, p + i * size) == 0)
			return false;
	return true;
}

const void *tn_keys_find(const void *base, size_t n, size_t size, struct tn_str key)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const char *at = (const char *)base + mid * size;
		int c = key_cmp(&key, at);

		if (c == 0)
			return at;
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

static enum tn_code read_list(struct tn_reader *r, unsigned depth, struct tn_value *v)
{
	struct tn_value *items;
	size_t n;

	TN_TRY(tn_cbor_array(&r->c, &n));
	if (!(items = tn_arena_array(r->a, n, sizeof(*items))))
		return tn_no_memory(r->c.err);
	for (size_t i = 0; i < n; i++)
		TN_TRY(tn_value_read(r, depth + 1, &items[i]));
	v->type = TN_V_LIST;
	v->list.v = items;
	v->list.n = n;
	return TN_OK;
}

static enum tn_code read_map(struct tn_reader *r, unsigned depth, struct tn_value *v)
{
	struct tn_pair *pairs;
	size_t n;

	TN_TRY(tn_cbor_map(&r->c, &n));
	if (!(pairs = tn_arena_array(r->a, n, sizeof(*pairs))))
		return tn_no_memory(r->c.err);
	for (size_t i = 0; i < n; i++) {
		TN_TRY(tn_cbor_text(&r->c, &pairs[i].key));
		TN_TRY(tn_value_read(r, depth + 1, &pairs[i].val));
	}
	if (!tn_keys_sort(pairs, n, sizeof(*pairs)))
		return tn_cbor_bad(&r->c, TN_E_DESERIALIZATION, "a map has a key twice, it ends");
	v->type = TN_V_MAP;
	v->map.v = pairs;
	v->map.n = n;
	return TN_OK;
}

/* true, false, null or a float: the first byte tells. */
static enum tn_code read_simple(struct tn_reader *r, struct tn_value *v)
{
	if (tn_cbor_peek_null(&r->c)) {
		v->type = TN_V_NULL;
		return tn_cbor_null(&r->c);
	}
	if ((*r->c.p & 31) > 24) {
		v->type = TN_V_FLOAT;
		return tn_cbor_float(&r->c, &v->f);
	}
	v->type = TN_V_BOOL;
	return tn_cbor_bool(&r->c, &v->b);
}

enum tn_code tn_value_read(struct tn_reader *r, unsigned depth, struct tn_value *v)
{
	enum tn_major m;

	if (depth > TN_NEST_MAX)
		return tn_cbor_bad(&r->c, TN_E_VALUE_TOO_LARGE, "values are nested too deep");
	if (!tn_cbor_peek(&r->c, &m))
		return tn_cbor_bad(&r->c, TN_E_DESERIALIZATION,
				   "the data ends where a value should begin");
	switch (m) {
	case TN_UINT:
	case TN_NINT:
		v->type = TN_V_INT;
		return tn_cbor_int(&r->c, &v->i);
	case TN_TEXT:
		v->type = TN_V_TEXT;
		return tn_cbor_text(&r->c, &v->s);
	case TN_ARRAY:
		return read_list(r, depth, v);
	case TN_MAP:
		return read_map(r, depth, v);
	case TN_SIMPLE:
		return read_simple(r, v);
	case TN_BYTES:
	case TN_TAG:
		break;
	}
	return tn_cbor_bad(&r->c, TN_E_DESERIALIZATION,
			   "a value is neither null, boolean, number, text, list nor map");
}

static void write_map(struct tn_cborw *w, const struct tn_value *v)
{
	tn_cborw_map(w, v->map.n);
	for (size_t i = 0; i < v->map.n; i++) {
		tn_cborw_text(w, v->map.v[i].key);
		tn_value_write(w, &v->map.v[i].val);
	}
}

static void write_list(struct tn_cborw *w, const struct tn_value *v)
{
	tn_cborw_array(w, v->list.n);
	for (size_t i = 0; i < v->list.n; i++)
		tn_value_write(w, &v->list.v[i]);
}

void tn_value_write(struct tn_cborw *w, const struct tn_value *v)
{
	switch (v->type) {
	case TN_V_NULL:
		tn_cborw_null(w);
		break;
	case TN_V_BOOL:
		tn_cborw_bool(w, v->b);
		break;
	case TN_V_INT:
		tn_cborw_int(w, v->i);
		break;
	case TN_V_FLOAT:
		tn_cborw_float(w, v->f);
		break;
	case TN_V_TEXT:
		tn_cborw_text(w, v->s);
		break;
	case TN_V_LIST:
		write_list(w, v);
		break;
	case TN_V_MAP:
		write_map(w, v);
		break;
	}
}

enum tn_code tn_strs_read(struct tn_reader *r, struct tn_strs *s)
{
	struct tn_str *v;
	size_t n;

	TN_TRY(tn_cbor_array(&r->c, &n));
	if (!(v = tn_arena_array(r->a, n, sizeof(*v))))
		return tn_no_memory(r->c.err);
	for (size_t i = 0; i < n; i++)
		TN_TRY(tn_cbor_text(&r->c, &v[i]));
	*s = (struct tn_strs){ v, n };
	return TN_OK;
}

void tn_strs_write(struct tn_cborw *w, const struct tn_strs *s)
{
	tn_cborw_array(w, s->n);
	for (size_t i = 0; i < s->n; i++)
		tn_cborw_text(w, s->v[i]);
}
