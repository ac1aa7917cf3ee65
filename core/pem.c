/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include "tn_crypto.h"
#include "tn_fail.h"
#include "tn_pem.h"
#include "tn_text.h"

#define BEGIN TN_STR("-----BEGIN ")
#define END TN_STR("-----END ")
#define DASHES TN_STR("-----")
enum { COLUMNS = 64 };

struct tn_str tn_trim(struct tn_str s)
{
	while (s.n && tn_is_space((unsigned char)s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n && tn_is_space((unsigned char)s.p[s.n - 1]))
		s.n--;
	return s;
}

static bool starts_with(struct tn_str s, struct tn_str prefix)
{
	return s.n >= prefix.n && memcmp(s.p, prefix.p, prefix.n) == 0;
}

static struct tn_str drop(struct tn_str s, size_t n)
{
	return (struct tn_str){ s.p + n, s.n - n };
}

bool tn_pem_is(struct tn_str text)
{
	return starts_with(tn_trim(text), DASHES);
}

/* "-----WHAT label-----" at the front of *s. */
static bool take_line(struct tn_str *s, struct tn_str what, struct tn_str *label)
{
	if (!starts_with(*s, what))
		return false;
	struct tn_str rest = drop(*s, what.n);
	size_t n = 0;

	while (n < rest.n && rest.p[n] != '-' && rest.p[n] != '\n')
		n++;
	*label = (struct tn_str){ rest.p, n };
	rest = drop(rest, n);
	if (!starts_with(rest, DASHES))
		return false;
	*s = drop(rest, DASHES.n);
	return true;
}

/* The body has '-' in it (base64url), so its end is a line that starts with "-----END ". */
static bool take_body(struct tn_str *s, struct tn_str *body)
{
	for (size_t n = 0; n < s->n; n++) {
		bool line = n > 0 && s->p[n - 1] == '\n';

		if (line && starts_with(drop(*s, n), END)) {
			*body = (struct tn_str){ s->p, n };
			*s = drop(*s, n);
			return true;
		}
	}
	return false;
}

enum tn_code tn_pem_next(struct tn_str *rest, struct tn_pem *b, struct tn_err *e)
{
	struct tn_str s = tn_trim(*rest), end;

	if (!take_line(&s, BEGIN, &b->label))
		return tn_fail(e, TN_E_DESERIALIZATION,
			       "a PEM block does not begin with a BEGIN line");
	if (!take_body(&s, &b->body) || !take_line(&s, END, &end))
		return tn_fail(e, TN_E_DESERIALIZATION, "a PEM block has no END line");
	if (!tn_str_eq(b->label, end))
		return tn_fail(e, TN_E_DESERIALIZATION,
			       "the BEGIN and END lines of a PEM block differ");
	*rest = s;
	return TN_OK;
}

long tn_pem_body(struct tn_str body, uint8_t *buf, size_t cap)
{
	size_t n = 0;

	for (size_t i = 0; i < body.n; i++) {
		if (tn_is_space((unsigned char)body.p[i]))
			continue;
		if (n == cap)
			return -1;
		buf[n++] = (uint8_t)body.p[i];
	}
	/* In place: the output never overtakes the input. */
	return tn_b64_decode((const char *)buf, n, buf, cap);
}

size_t tn_pem_length(struct tn_str label, size_t n)
{
	size_t digits = n / 3 * 4 + 4;

	return digits + digits / COLUMNS + 2 * label.n + 64;
}

struct out {
	char *p;
	size_t n, cap;
};

static void add(struct out *o, const char *p, size_t n)
{
	if (o->n < o->cap && n < o->cap - o->n)
		memcpy(o->p + o->n, p, n);
	o->n += n;
}

static void add_line(struct out *o, struct tn_str what, struct tn_str label)
{
	add(o, what.p, what.n);
	add(o, label.p, label.n);
	add(o, "-----\n", 6);
}

size_t tn_pem_write(struct tn_str label, const uint8_t *p, size_t n, enum tn_b64 alphabet,
		    char *out, size_t cap)
{
	enum { BYTES = COLUMNS / 4 * 3 };
	struct out o = { out, 0, cap };
	char line[COLUMNS + 1];

	add_line(&o, BEGIN, label);
	for (size_t i = 0; i < n; i += BYTES) {
		size_t len = tn_b64_encode(p + i, n - i < BYTES ? n - i : BYTES, alphabet, line,
					   sizeof(line));

		add(&o, line, len);
		add(&o, "\n", 1);
	}
	tn_wipe(line, sizeof(line)); /* it may have been a key */
	add_line(&o, END, label);
	if (o.n >= cap)
		return 0;
	out[o.n] = '\0';
	return o.n;
}
