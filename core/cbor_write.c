/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include "tn_cbor.h"

static void put(struct tn_cborw *w, const void *p, size_t n)
{
	if (n && w->n <= w->cap && n <= w->cap - w->n)
		memcpy(w->p + w->n, p, n);
	w->n += n;
}

static void put_be(struct tn_cborw *w, enum tn_major m, unsigned info, uint64_t v, size_t len)
{
	uint8_t out[9] = { (uint8_t)((unsigned)m << 5 | info) };

	for (size_t i = 0; i < len; i++)
		out[len - i] = (uint8_t)(v >> 8 * i);
	put(w, out, len + 1);
}

void tn_cborw_head(struct tn_cborw *w, enum tn_major m, uint64_t arg)
{
	if (arg < 24)
		put_be(w, m, (unsigned)arg, 0, 0);
	else if (arg <= UINT8_MAX)
		put_be(w, m, 24, arg, 1);
	else if (arg <= UINT16_MAX)
		put_be(w, m, 25, arg, 2);
	else if (arg <= UINT32_MAX)
		put_be(w, m, 26, arg, 4);
	else
		put_be(w, m, 27, arg, 8);
}

void tn_cborw_uint(struct tn_cborw *w, uint64_t v)
{
	tn_cborw_head(w, TN_UINT, v);
}

void tn_cborw_int(struct tn_cborw *w, int64_t v)
{
	if (v < 0)
		tn_cborw_head(w, TN_NINT, (uint64_t)(-1 - v));
	else
		tn_cborw_head(w, TN_UINT, (uint64_t)v);
}

void tn_cborw_bool(struct tn_cborw *w, bool v)
{
	put_be(w, TN_SIMPLE, v ? 21 : 20, 0, 0);
}

void tn_cborw_null(struct tn_cborw *w)
{
	put_be(w, TN_SIMPLE, 22, 0, 0);
}

/* The half that is exactly this float, if there is one. */
static bool half_bits(uint32_t f, uint16_t *half)
{
	uint32_t sign = f >> 16 & 0x8000, mant = f & 0x7fffff;
	int exp = (int)(f >> 23 & 255);

	/* infinities and NaN; zero (subnormal singles are too small for a half) */
	if (exp == 255 || exp == 0) {
		*half = (uint16_t)(sign | (exp ? 0x7c00 : 0) | mant >> 13);
		return exp ? (mant & 0x1fff) == 0 : mant == 0;
	}
	exp -= 127;
	if (exp > 15 || exp < -24)
		return false;
	if (exp >= -14) {
		*half = (uint16_t)(sign | (uint32_t)(exp + 15) << 10 | mant >> 13);
		return (mant & 0x1fff) == 0;
	}
	unsigned shift = (unsigned)(-exp - 1); /* 14 for 2^-15 up to 23 for 2^-24 */
	mant |= 0x800000;
	*half = (uint16_t)(sign | mant >> shift);
	return (mant & ((1u << shift) - 1)) == 0;
}

void tn_cborw_float(struct tn_cborw *w, double v)
{
	float f = (float)v;
	double back = (double)f;
	uint64_t bits;
	uint32_t single;
	uint16_t half;

	memcpy(&bits, &v, sizeof(bits));
	memcpy(&single, &f, sizeof(single));
	if (memcmp(&back, &v, sizeof(v)) != 0)
		put_be(w, TN_SIMPLE, 27, bits, 8);
	else if (!half_bits(single, &half))
		put_be(w, TN_SIMPLE, 26, single, 4);
	else
		put_be(w, TN_SIMPLE, 25, half, 2);
}

void tn_cborw_bytes(struct tn_cborw *w, struct tn_bytes v)
{
	tn_cborw_head(w, TN_BYTES, v.n);
	put(w, v.p, v.n);
}

void tn_cborw_text(struct tn_cborw *w, struct tn_str v)
{
	tn_cborw_head(w, TN_TEXT, v.n);
	put(w, v.p, v.n);
}

void tn_cborw_array(struct tn_cborw *w, size_t n)
{
	tn_cborw_head(w, TN_ARRAY, n);
}

void tn_cborw_map(struct tn_cborw *w, size_t n)
{
	tn_cborw_head(w, TN_MAP, n);
}

void tn_cborw_octets(struct tn_cborw *w, struct tn_bytes v)
{
	tn_cborw_array(w, v.n);
	for (size_t i = 0; i < v.n; i++)
		tn_cborw_uint(w, v.p[i]);
}

void tn_cborw_raw(struct tn_cborw *w, struct tn_bytes v)
{
	put(w, v.p, v.n);
}
