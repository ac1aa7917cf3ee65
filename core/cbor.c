/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include "tn_cbor.h"
#include "tn_fail.h"
#include "tn_text.h"

enum {
	SIMPLE_FALSE = 20,
	SIMPLE_TRUE = 21,
	SIMPLE_NULL = 22,
	ARG_1 = 24,
	ARG_2 = 25,
	ARG_4 = 26,
	ARG_8 = 27
};

struct head {
	enum tn_major major;
	uint8_t info;
	uint64_t arg;
};

enum tn_code tn_cbor_bad(struct tn_cbor *c, enum tn_code code, const char *what)
{
	return tn_fail_at(c->err, code, tn_cbor_offset(c), "%s at byte %zu", what,
			  tn_cbor_offset(c));
}

static enum tn_code malformed(struct tn_cbor *c, const char *what)
{
	return tn_cbor_bad(c, TN_E_DESERIALIZATION, what);
}

bool tn_cbor_peek(const struct tn_cbor *c, enum tn_major *m)
{
	if (c->p == c->end)
		return false;
	*m = (enum tn_major)(*c->p >> 5);
	return true;
}

bool tn_cbor_peek_null(const struct tn_cbor *c)
{
	return c->p != c->end && *c->p == (TN_SIMPLE << 5 | SIMPLE_NULL);
}

/* The argument's bytes; integers must not fit a shorter form, floats may be any of the three. */
static enum tn_code read_arg(struct tn_cbor *c, struct head *h)
{
	size_t len = (size_t)1 << (h->info - ARG_1);

	if (len > tn_cbor_left(c))
		return malformed(c, "the data ends inside an item");
	h->arg = 0;
	for (size_t i = 0; i < len; i++)
		h->arg = h->arg << 8 | c->p[i];
	if (h->major != TN_SIMPLE && (len == 1 ? h->arg < ARG_1 : h->arg >> (4 * len) == 0))
		return malformed(c, "a number is not in its shortest form");
	c->p += len;
	return TN_OK;
}

static bool simple_known(uint8_t info)
{
	return (info >= SIMPLE_FALSE && info <= SIMPLE_NULL) || (info >= ARG_2 && info <= ARG_8);
}

/* A count the bytes left cannot hold is a lie; found here, before anybody takes memory for it. */
static enum tn_code check_count(struct tn_cbor *c, const struct head *h)
{
	size_t left = tn_cbor_left(c);

	switch (h->major) {
	case TN_BYTES:
	case TN_TEXT:
	case TN_ARRAY:
		return h->arg <= left ? TN_OK : malformed(c, "a length goes beyond the data");
	case TN_MAP:
		return h->arg <= left / 2 ? TN_OK : malformed(c, "a length goes beyond the data");
	case TN_UINT:
	case TN_NINT:
		return h->arg <= INT64_MAX
			       ? TN_OK
			       : malformed(c, "an integer is larger than 64 bits with a sign");
	case TN_TAG:
	case TN_SIMPLE:
		return TN_OK;
	}
	return malformed(c, "an item of no kind");
}

static enum tn_code read_head(struct tn_cbor *c, struct head *h)
{
	if (c->p == c->end)
		return malformed(c, "the data ends where an item should begin");
	h->major = (enum tn_major)(*c->p >> 5);
	h->info = *c->p & 31;
	h->arg = h->info;
	if (h->major == TN_TAG)
		return malformed(c, "a tag is not allowed");
	if (h->info > ARG_8)
		return malformed(c, "an indefinite length is not allowed");
	if (h->major == TN_SIMPLE && !simple_known(h->info))
		return malformed(c,
				 "a simple value other than true, false and null is not allowed");
	c->p++;
	if (h->info >= ARG_1)
		TN_TRY(read_arg(c, h));
	return check_count(c, h);
}

static enum tn_code expect(struct tn_cbor *c, enum tn_major m, const char *what, uint64_t *arg)
{
	struct tn_cbor at = *c;
	struct head h;

	TN_TRY(read_head(c, &h));
	if (h.major != m)
		return malformed(&at, what);
	*arg = h.arg;
	return TN_OK;
}

enum tn_code tn_cbor_uint(struct tn_cbor *c, uint64_t max, uint64_t *v)
{
	struct tn_cbor at = *c;

	TN_TRY(expect(c, TN_UINT, "an unsigned integer is expected", v));
	return *v <= max ? TN_OK : malformed(&at, "an integer is too large for its field");
}

enum tn_code tn_cbor_int(struct tn_cbor *c, int64_t *v)
{
	struct tn_cbor at = *c;
	struct head h;

	TN_TRY(read_head(c, &h));
	if (h.major != TN_UINT && h.major != TN_NINT)
		return malformed(&at, "an integer is expected");
	*v = h.major == TN_UINT ? (int64_t)h.arg : -1 - (int64_t)h.arg;
	return TN_OK;
}

static enum tn_code read_simple(struct tn_cbor *c, struct head *h, const char *what)
{
	struct tn_cbor at = *c;

	TN_TRY(read_head(c, h));
	return h->major == TN_SIMPLE ? TN_OK : malformed(&at, what);
}

enum tn_code tn_cbor_bool(struct tn_cbor *c, bool *v)
{
	struct tn_cbor at = *c;
	struct head h;

	TN_TRY(read_simple(c, &h, "true or false is expected"));
	if (h.info != SIMPLE_TRUE && h.info != SIMPLE_FALSE)
		return malformed(&at, "true or false is expected");
	*v = h.info == SIMPLE_TRUE;
	return TN_OK;
}

enum tn_code tn_cbor_null(struct tn_cbor *c)
{
	struct tn_cbor at = *c;
	struct head h;

	TN_TRY(read_simple(c, &h, "null is expected"));
	return h.info == SIMPLE_NULL ? TN_OK : malformed(&at, "null is expected");
}

/* Built from bits: ldexp lives in libm, which this library does not link. */
static double half_value(uint64_t half)
{
	uint64_t exp = half >> 10 & 31, mant = half & 1023, sign = half >> 15 & 1;
	uint64_t bits = sign << 63 | (exp == 31 ? 2047 : exp + 1023 - 15) << 52 | mant << 42;
	double v;

	if (exp == 0)
		return (sign ? -0x1p-24 : 0x1p-24) * (double)mant;
	memcpy(&v, &bits, sizeof(v));
	return v;
}

static double single_value(uint64_t bits)
{
	uint32_t raw = (uint32_t)bits;
	float f;

	memcpy(&f, &raw, sizeof(f));
	return (double)f;
}

enum tn_code tn_cbor_float(struct tn_cbor *c, double *v)
{
	struct tn_cbor at = *c;
	struct head h;

	TN_TRY(read_simple(c, &h, "a float is expected"));
	if (h.info < ARG_2)
		return malformed(&at, "a float is expected");
	if (h.info == ARG_8)
		memcpy(v, &h.arg, sizeof(*v));
	else
		*v = h.info == ARG_4 ? single_value(h.arg) : half_value(h.arg);
	return TN_OK;
}

enum tn_code tn_cbor_bytes(struct tn_cbor *c, struct tn_bytes *v)
{
	uint64_t n;

	TN_TRY(expect(c, TN_BYTES, "a byte string is expected", &n));
	*v = (struct tn_bytes){ c->p, (size_t)n };
	c->p += n;
	return TN_OK;
}

enum tn_code tn_cbor_text(struct tn_cbor *c, struct tn_str *v)
{
	struct tn_cbor at = *c;
	uint64_t n;

	TN_TRY(expect(c, TN_TEXT, "text is expected", &n));
	if (!tn_utf8_valid(c->p, (size_t)n))
		return malformed(&at, "text is not UTF-8");
	*v = (struct tn_str){ (const char *)c->p, (size_t)n };
	c->p += n;
	return TN_OK;
}

enum tn_code tn_cbor_array(struct tn_cbor *c, size_t *n)
{
	uint64_t count;

	TN_TRY(expect(c, TN_ARRAY, "an array is expected", &count));
	*n = (size_t)count;
	return TN_OK;
}

enum tn_code tn_cbor_map(struct tn_cbor *c, size_t *n)
{
	uint64_t count;

	TN_TRY(expect(c, TN_MAP, "a map is expected", &count));
	*n = (size_t)count;
	return TN_OK;
}

enum tn_code tn_cbor_octets(struct tn_cbor *c, struct tn_arena *a, size_t max, struct tn_bytes *v)
{
	enum tn_major m;
	uint64_t octet;
	size_t n;

	if (tn_cbor_peek(c, &m) && m == TN_BYTES) {
		TN_TRY(tn_cbor_bytes(c, v));
		return v->n <= max
			       ? TN_OK
			       : tn_cbor_bad(c, TN_E_VALUE_TOO_LARGE, "a byte string is too long");
	}
	TN_TRY(tn_cbor_array(c, &n));
	if (n > max)
		return tn_cbor_bad(c, TN_E_VALUE_TOO_LARGE, "a byte string is too long");
	uint8_t *p = tn_arena_alloc(a, n);
	if (!p)
		return tn_fail(c->err, TN_E_NO_MEMORY, "out of memory");
	for (size_t i = 0; i < n; i++) {
		TN_TRY(tn_cbor_uint(c, UINT8_MAX, &octet));
		p[i] = (uint8_t)octet;
	}
	*v = (struct tn_bytes){ p, n };
	return TN_OK;
}

enum tn_code tn_cbor_skip(struct tn_cbor *c)
{
	uint64_t owed = 1; /* items still to come, never more than bytes are left */
	struct head h;

	while (owed > 0) {
		TN_TRY(read_head(c, &h));
		owed--;
		if (h.major == TN_ARRAY || h.major == TN_MAP)
			owed += h.major == TN_MAP ? 2 * h.arg : h.arg;
		if (h.major == TN_BYTES || h.major == TN_TEXT)
			c->p += h.arg;
		if (owed > tn_cbor_left(c))
			return malformed(c, "a length goes beyond the data");
	}
	return TN_OK;
}

enum tn_code tn_cbor_end(struct tn_cbor *c)
{
	return c->p == c->end ? TN_OK : malformed(c, "there is something behind the end");
}
