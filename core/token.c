/* SPDX-License-Identifier: Apache-2.0 */
/* The forms in which warrants travel: raw CBOR, base64, PEM; one warrant or a stack of them. */
#include <string.h>
#include "tn_fail.h"
#include "tn_pem.h"
#include "tn_text.h"
#include "tn_wire.h"

#define LABEL_ONE TN_STR("TENUO WARRANT")
#define LABEL_CHAIN TN_STR("TENUO WARRANT CHAIN")
#define TEXT_MAX ((size_t)TN_STACK_MAX * 2) /* room for base64, line ends and armour */

/* Links found so far; root first. */
struct links {
	const tn_warrant *v[TN_CHAIN_MAX];
	size_t n;
	size_t bytes; /* of raw CBOR */
};

static enum tn_code add_link(struct tn_reader *r, struct links *l)
{
	if (l->n == TN_CHAIN_MAX)
		return tn_fail(r->c.err, TN_E_CHAIN_TOO_LONG, "there are more than %u links",
			       TN_CHAIN_MAX);
	enum tn_code code = tn_envelope_read(r, &l->v[l->n]);
	if (code != TN_OK) {
		tn_wrap(r->c.err, code, "link %zu", l->n);
		if (r->c.err)
			r->c.err->link = (int)l->n;
		return code;
	}
	l->n++;
	return TN_OK;
}

/* A stack is an array of arrays, an envelope begins with a number. */
static bool is_stack(struct tn_cbor c)
{
	enum tn_major m;
	size_t n;

	c.err = NULL;
	if (tn_cbor_array(&c, &n) != TN_OK || (n > 0 && !tn_cbor_peek(&c, &m)))
		return false;
	return n == 0 || m == TN_ARRAY;
}

static enum tn_code read_stack(struct tn_reader *r, struct links *l)
{
	size_t n;

	TN_TRY(tn_cbor_array(&r->c, &n));
	if (n == 0)
		return tn_fail(r->c.err, TN_E_CHAIN, "the stack is empty");
	while (n-- > 0)
		TN_TRY(add_link(r, l));
	return TN_OK;
}

static enum tn_code check_size(struct links *l, size_t more, struct tn_err *e)
{
	l->bytes += more;
	if (l->bytes > TN_STACK_MAX)
		return tn_fail(e, TN_E_TOO_LARGE, "the token is larger than %u bytes",
			       TN_STACK_MAX);
	return TN_OK;
}

enum form { EITHER, ONE, STACK };

static enum tn_code read_cbor(struct tn_bytes in, enum form want, struct tn_arena *a,
			      struct links *l, struct tn_err *e)
{
	struct tn_reader r = { .c = tn_cbor_over(in, 0, e), .a = a };
	bool stack;

	TN_TRY(check_size(l, in.n, e));
	stack = is_stack(r.c);
	if (want != EITHER && stack != (want == STACK))
		return tn_fail(e, TN_E_ENVELOPE,
			       stack ? "a stack where one warrant is expected"
				     : "one warrant where a stack is expected");
	TN_TRY(stack ? read_stack(&r, l) : add_link(&r, l));
	return tn_cbor_end(&r.c);
}

static enum tn_code read_base64(struct tn_str text, struct tn_arena *a, struct links *l,
				struct tn_err *e)
{
	uint8_t *buf = tn_arena_alloc(a, text.n);

	if (!buf)
		return tn_no_memory(e);
	long n = tn_b64_decode(text.p, text.n, buf, text.n);
	if (n <= 0)
		return tn_fail(e, TN_E_DESERIALIZATION,
			       "the token is neither CBOR, base64 nor PEM");
	return read_cbor((struct tn_bytes){ buf, (size_t)n }, EITHER, a, l, e);
}

static enum tn_code read_block(const struct tn_pem *b, struct tn_arena *a, struct links *l,
			       struct tn_err *e)
{
	bool chain = tn_str_eq(b->label, LABEL_CHAIN);

	if (!chain && !tn_str_eq(b->label, LABEL_ONE))
		return tn_fail(e, TN_E_DESERIALIZATION,
			       "a PEM block is a %.*s, not a TENUO WARRANT", (int)b->label.n,
			       b->label.p);
	if (chain && l->n > 0)
		return tn_fail(e, TN_E_DESERIALIZATION, "a PEM chain follows another warrant");
	uint8_t *buf = tn_arena_alloc(a, b->body.n);
	if (!buf)
		return tn_no_memory(e);
	long n = tn_pem_body(b->body, buf, b->body.n);
	if (n <= 0)
		return tn_fail(e, TN_E_DESERIALIZATION, "a PEM block does not hold base64");
	return read_cbor((struct tn_bytes){ buf, (size_t)n }, chain ? STACK : ONE, a, l, e);
}

static enum tn_code read_pem(struct tn_str text, struct tn_arena *a, struct links *l,
			     struct tn_err *e)
{
	bool chain = false;
	struct tn_pem b;

	while (tn_trim(text).n > 0) {
		if (chain)
			return tn_fail(e, TN_E_DESERIALIZATION, "something follows a PEM chain");
		TN_TRY(tn_pem_next(&text, &b, e));
		TN_TRY(read_block(&b, a, l, e));
		chain = tn_str_eq(b.label, LABEL_CHAIN);
	}
	return TN_OK;
}

static enum tn_code hand_out(const struct links *l, struct tn_arena *a,
			     const tn_warrant *const **links, size_t *n, struct tn_err *e)
{
	const tn_warrant **v = tn_arena_array(a, l->n, sizeof(*v));

	if (!v)
		return tn_no_memory(e);
	memcpy(v, l->v, l->n * sizeof(*v));
	*links = (const tn_warrant *const *)v;
	*n = l->n;
	return TN_OK;
}

enum tn_code tn_stack_decode(const uint8_t *cbor, size_t len, struct tn_arena *a,
			     const tn_warrant *const **links, size_t *n, struct tn_err *e)
{
	struct links l = { .n = 0 };

	*links = NULL;
	*n = 0;
	TN_TRY(read_cbor((struct tn_bytes){ cbor, len }, EITHER, a, &l, e));
	return hand_out(&l, a, links, n, e);
}

enum tn_code tn_token_decode(const void *token, size_t len, struct tn_arena *a,
			     const tn_warrant *const **links, size_t *n, struct tn_err *e)
{
	struct tn_str text = { token, len };
	struct links l = { .n = 0 };

	*links = NULL;
	*n = 0;
	/* No text begins with such a byte, and no byte of raw CBOR may be taken for white space. */
	if (len > 0 && text.p[0] & 0x80)
		return tn_stack_decode(token, len, a, links, n, e);
	text = tn_trim(text);
	if (text.n == 0)
		return tn_fail(e, TN_E_NO_WARRANT, "the token is empty");
	if (text.n > TEXT_MAX)
		return tn_fail(e, TN_E_TOO_LARGE, "the token is larger than the format allows");
	TN_TRY(tn_pem_is(text) ? read_pem(text, a, &l, e) : read_base64(text, a, &l, e));
	return hand_out(&l, a, links, n, e);
}

/* ---- writing ---- */

static struct tn_bytes one_bytes(const tn_warrant *const *links, size_t n)
{
	return links[n - 1]->envelope;
}

static enum tn_code stack_bytes(const tn_warrant *const *links, size_t n, struct tn_arena *a,
				struct tn_bytes *out, struct tn_err *e)
{
	struct tn_cborw w = { 0 };
	size_t len = 9;
	uint8_t *buf;

	for (size_t i = 0; i < n; i++)
		len += links[i]->envelope.n;
	if (len > TN_STACK_MAX)
		return tn_fail(e, TN_E_TOO_LARGE, "the token would be larger than %u bytes",
			       TN_STACK_MAX);
	if (!(buf = tn_arena_alloc(a, len)))
		return tn_no_memory(e);
	w = (struct tn_cborw){ .p = buf, .cap = len };
	tn_cborw_array(&w, n);
	for (size_t i = 0; i < n; i++)
		tn_cborw_raw(&w, links[i]->envelope);
	*out = (struct tn_bytes){ buf, w.n };
	return TN_OK;
}

static size_t write_text(enum tn_token_form f, struct tn_bytes b, char *out, size_t cap)
{
	switch (f) {
	case TN_FORM_B64URL_ONE:
		return tn_b64_encode(b.p, b.n, TN_B64_URL, out, cap);
	case TN_FORM_B64_STACK:
		return tn_b64_encode(b.p, b.n, TN_B64_STD, out, cap);
	case TN_FORM_PEM_ONE:
		return tn_pem_write(LABEL_ONE, b.p, b.n, TN_B64_URL, out, cap);
	case TN_FORM_PEM_CHAIN:
		return tn_pem_write(LABEL_CHAIN, b.p, b.n, TN_B64_URL, out, cap);
	}
	return 0;
}

enum tn_code tn_token_encode(const tn_warrant *const *links, size_t n, enum tn_token_form f,
			     struct tn_arena *a, const char **text, struct tn_err *e)
{
	bool one = f == TN_FORM_B64URL_ONE || f == TN_FORM_PEM_ONE;
	struct tn_bytes b = { 0 };

	*text = NULL;
	if (n == 0 || n > TN_CHAIN_MAX)
		return tn_fail(e, TN_E_CHAIN_TOO_LONG, "%zu links cannot be written", n);
	if (one)
		b = one_bytes(links, n);
	else
		TN_TRY(stack_bytes(links, n, a, &b, e));
	size_t cap = tn_pem_length(LABEL_CHAIN, b.n);
	char *out = tn_arena_alloc(a, cap);
	if (!out)
		return tn_no_memory(e);
	if (write_text(f, b, out, cap) == 0)
		return tn_fail(e, TN_E_INTERNAL, "the token did not fit its buffer");
	*text = out;
	return TN_OK;
}
