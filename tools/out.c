/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the command says: text with colour on a terminal only, or one JSON document.
 * MUST escape: tool names, paths and ids come from tokens that anybody may have written.
 */
#include "cli.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <tn_text.h>

/* ---------------------------------------------------------------- UTF-8 */
/* Length of the character at p, 0 if these are not the bytes of one. */
static size_t character(const unsigned char *p, size_t n, uint32_t *cp)
{
	static const unsigned char lead_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	size_t len = tn_utf8_next(p, n);
	*cp = p[0] & lead_bits[len];
	for (size_t i = 1; i < len; i++)
		*cp = *cp << 6 | (p[i] & 0x3fu);
	return len;
}

/* Characters that move a cursor, change colours or turn the reading direction. */
static bool drives_terminal(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0x200e || cp == 0x200f ||
	       cp == 0x2028 || cp == 0x2029 || (cp >= 0x202a && cp <= 0x202e) ||
	       (cp >= 0x2066 && cp <= 0x2069) || cp == 0xfeff;
}

const char *safe(struct ctx *c, struct tn_str s)
{
	char *out = xalloc(c, s.n * 9 + 1),
	     *q = out; /* \u{10ffff} is 10 for 4 bytes, \xff 4 for one */
	const unsigned char *p = (const unsigned char *)s.p;
	for (size_t i = 0; i < s.n;) {
		uint32_t cp = 0;
		size_t len = character(p + i, s.n - i, &cp);
		if (!len || (len == 1 && drives_terminal(cp))) {
			q += sprintf(q, "\\x%02x", p[i]);
			i++;
			continue;
		}
		if (drives_terminal(cp)) {
			q += sprintf(q, "\\u{%x}", cp);
		} else {
			memcpy(q, p + i, len);
			q += len;
		}
		i += len;
	}
	*q = '\0';
	return out;
}

/* ---------------------------------------------------------------- text */
static const char *const codes[] = {
    [C_PLAIN] = "",	    [C_BOLD] = "\033[1m", [C_DIM] = "\033[2m",
    [C_GREEN] = "\033[32m", [C_RED] = "\033[31m", [C_YELLOW] = "\033[33m",
};

void paint(const struct ctx *c, enum colour col, const char *fmt, ...)
{
	bool on = c->colour && col != C_PLAIN;
	va_list ap;
	va_start(ap, fmt);
	fputs(on ? codes[col] : "", stdout);
	vprintf(fmt, ap);
	fputs(on ? "\033[0m" : "", stdout);
	va_end(ap);
}

void field(const struct ctx *c, const char *key, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	paint(c, C_DIM, "%-11s ", key);
	vprintf(fmt, ap);
	putchar('\n');
	va_end(ap);
}

void *xalloc(struct ctx *c, size_t n)
{
	void *p = tn_arena_alloc(&c->arena, n ? n : 1);
	if (!p)
		die(TN_E_NO_MEMORY, "not enough memory");
	return p;
}

const char *xprintf(struct ctx *c, const char *fmt, ...)
{
	va_list ap, again;
	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	char *out = xalloc(c, (size_t)(n < 0 ? 0 : n) + 1);
	if (n > 0)
		vsnprintf(out, (size_t)n + 1, fmt, again);
	va_end(again);
	va_end(ap);
	return out;
}

/* ---------------------------------------------------------------- tables */
struct table *table_new(struct ctx *c, size_t ncols)
{
	struct table *t = xalloc(c, sizeof(*t));
	t->ncols = ncols;
	return t;
}

void table_row(struct ctx *c, struct table *t, enum colour col, ...)
{
	if (t->nrows == t->cap) {
		size_t cap = t->cap ? t->cap * 2 : 16;
		const char **cell = xalloc(c, cap * t->ncols * sizeof(*cell));
		enum colour *cols = xalloc(c, cap * sizeof(*cols));
		if (t->nrows) {
			memcpy(cell, t->cell, t->nrows * t->ncols * sizeof(*cell));
			memcpy(cols, t->col, t->nrows * sizeof(*cols));
		}
		t->cell = cell;
		t->col = cols;
		t->cap = cap;
	}
	va_list ap;
	va_start(ap, col);
	for (size_t i = 0; i < t->ncols; i++)
		t->cell[t->nrows * t->ncols + i] = va_arg(ap, const char *);
	va_end(ap);
	t->col[t->nrows++] = col;
}

/* Columns of a terminal, near enough: one per character. */
static size_t width(const char *s)
{
	size_t n = 0;
	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

void table_print(const struct ctx *c, const struct table *t, const char *indent)
{
	enum { WIDEST = 60 }; /* one long cell must not push all others off the screen */
	size_t widths[8] = {0};
	for (size_t r = 0; r < t->nrows; r++) {
		for (size_t i = 0; i + 1 < t->ncols && i < 8; i++) {
			size_t w = width(t->cell[r * t->ncols + i]);
			if (w <= WIDEST && w > widths[i])
				widths[i] = w;
		}
	}
	for (size_t r = 0; r < t->nrows; r++) {
		fputs(indent, stdout);
		for (size_t i = 0; i < t->ncols; i++) {
			const char *cell = t->cell[r * t->ncols + i];
			size_t w = width(cell);
			bool last = i + 1 == t->ncols;
			paint(c, last ? t->col[r] : C_PLAIN, "%s", cell);
			if (!last)
				printf("%*s", (int)(w < widths[i] ? widths[i] - w : 0) + 2, "");
		}
		putchar('\n');
	}
}

/* ---------------------------------------------------------------- JSON */
static void quote(struct tn_str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	putchar('"');
	for (size_t i = 0; i < s.n;) {
		uint32_t cp = 0;
		size_t len = character(p + i, s.n - i, &cp);
		if (!len) {
			fputs("\\ufffd", stdout);
			i++;
			continue;
		}
		if (cp == '"' || cp == '\\')
			printf("\\%c", (char)cp);
		else if (drives_terminal(cp))
			printf("\\u%04x", cp);
		else
			fwrite(p + i, 1, len, stdout);
		i += len;
	}
	putchar('"');
}

static void member(struct json *j, const char *key)
{
	if (j->more[j->depth])
		putchar(',');
	j->more[j->depth] = true;
	if (key) {
		quote(tn_cstr(key));
		putchar(':');
	}
}

void j_open(struct json *j, const char *key, char bracket)
{
	member(j, key);
	putchar(bracket);
	if (j->depth + 1 >= (int)(sizeof(j->more) / sizeof(*j->more)))
		die(TN_E_INTERNAL, "the answer is nested too deep");
	j->more[++j->depth] = false;
}

void j_close(struct json *j, char bracket)
{
	putchar(bracket);
	j->depth--;
}

void j_str(struct json *j, const char *key, struct tn_str s)
{
	member(j, key);
	quote(s);
}

void j_text(struct json *j, const char *key, const char *s)
{
	if (s)
		j_str(j, key, tn_cstr(s));
}

void j_int(struct json *j, const char *key, int64_t v)
{
	member(j, key);
	printf("%lld", (long long)v);
}

void j_bool(struct json *j, const char *key, bool v)
{
	member(j, key);
	fputs(v ? "true" : "false", stdout);
}

void j_raw(struct json *j, const char *key, const char *json)
{
	member(j, key);
	fputs(json, stdout);
}

static void j_float(struct json *j, const char *key, double f)
{
	char text[32];
	if (!isfinite(f)) { /* JSON has no word for it */
		j_raw(j, key, "null");
		return;
	}
	snprintf(text, sizeof(text), "%.17g", f);
	if (!strpbrk(text, ".e"))
		strcat(text, ".0");
	j_raw(j, key, text);
}

static void j_list(struct json *j, const char *key, const struct tn_value *v)
{
	j_open(j, key, '[');
	for (size_t i = 0; i < v->list.n; i++)
		j_value(j, NULL, &v->list.v[i]);
	j_close(j, ']');
}

static void j_map(struct json *j, const char *key, const struct tn_value *v)
{
	j_open(j, key, '{');
	for (size_t i = 0; i < v->map.n; i++) {
		member(j, NULL);
		quote(v->map.v[i].key);
		putchar(':');
		j->more[j->depth] =
		    false; /* the value that follows is this member's, not the next one */
		j_value(j, NULL, &v->map.v[i].val);
	}
	j_close(j, '}');
}

void j_value(struct json *j, const char *key, const struct tn_value *v)
{
	switch (v->type) {
	case TN_V_NULL:
		j_raw(j, key, "null");
		return;
	case TN_V_BOOL:
		j_bool(j, key, v->b);
		return;
	case TN_V_INT:
		j_int(j, key, v->i);
		return;
	case TN_V_FLOAT:
		j_float(j, key, v->f);
		return;
	case TN_V_TEXT:
		j_str(j, key, v->s);
		return;
	case TN_V_LIST:
		j_list(j, key, v);
		return;
	case TN_V_MAP:
		j_map(j, key, v);
		return;
	}
}

void j_end(void)
{
	putchar('\n');
}

void finish_stdout(void)
{
	if (fflush(stdout) || ferror(stdout))
		die_sys("cannot write the answer");
}
