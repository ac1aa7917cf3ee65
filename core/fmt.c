/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include "tn_fail.h"
#include "tn_text.h"

struct sink {
	char *p;
	size_t n, cap; /* cap leaves room for the NUL */
	bool cut;
};

struct spec {
	char conv;
	bool zero, has_precision;
	int width, precision;
	int longs; /* l's; z counts as one */
};

static void put(struct sink *s, const char *text, size_t n)
{
	/* A character is written whole or not at all, so that a cut never leaves half of one. */
	if (s->cut || n > s->cap - s->n) {
		s->cut = true;
		return;
	}
	memcpy(s->p + s->n, text, n);
	s->n += n;
}

static void put_escaped(struct sink *s, unsigned char c)
{
	static const char digits[] = "0123456789abcdef";
	const char text[4] = { '\\', 'x', digits[c >> 4], digits[c & 15] };

	put(s, text, sizeof(text));
}

static void put_text(struct sink *s, const char *text, size_t n)
{
	const uint8_t *p = (const uint8_t *)text;

	while (n > 0 && !s->cut) {
		size_t len = tn_utf8_next(p, n);

		if (len == 0 || p[0] < 0x20 || p[0] == 0x7f) {
			put_escaped(s, p[0]);
			len = 1;
		} else {
			put(s, (const char *)p, len);
		}
		p += len;
		n -= len;
	}
}

static void put_number(struct sink *s, unsigned long long v, bool minus, unsigned base,
		       const struct spec *f)
{
	char digits[24];
	size_t at = sizeof(digits);
	int width = f->width < 20 ? f->width : 20;

	do {
		digits[--at] = "0123456789abcdef"[v % base];
		v /= base;
	} while (v);
	while (f->zero && (int)(sizeof(digits) - at) < width - minus)
		digits[--at] = '0';
	if (minus)
		digits[--at] = '-';
	while ((int)(sizeof(digits) - at) < width)
		digits[--at] = ' ';
	put(s, digits + at, sizeof(digits) - at);
}

/* Up to six digits behind the point; exact for the integers of JSON.  Enough for words, not for
 * round trips. */
static void put_float(struct sink *s, double v)
{
	const struct spec plain = { .conv = 'u' }, six = { .conv = 'u', .zero = true, .width = 6 };
	bool minus = v < 0;
	char frac[8];
	struct sink f = { .p = frac, .cap = sizeof(frac) };

	v = minus ? -v : v;
	if (!(v < 1e18)) {
		put_text(s, v != v ? "NaN" : minus ? "-huge" : "huge", v != v ? 3 : minus ? 5 : 4);
		return;
	}
	unsigned long long whole = (unsigned long long)v;
	unsigned long long parts = (unsigned long long)((v - (double)whole) * 1e6 + 0.5);
	if (parts >= 1000000) {
		whole++;
		parts = 0;
	}
	put_number(s, whole, minus, 10, &plain);
	if (parts == 0)
		return;
	put_number(&f, parts, false, 10, &six);
	while (f.n > 0 && frac[f.n - 1] == '0')
		f.n--;
	put(s, ".", 1);
	put(s, frac, f.n);
}

static const char *parse_spec(const char *fmt, struct spec *f, va_list *ap)
{
	*f = (struct spec){ 0 };
	if (*fmt == '0') {
		f->zero = true;
		fmt++;
	}
	for (; *fmt >= '0' && *fmt <= '9'; fmt++)
		f->width = f->width * 10 + (*fmt - '0');
	if (fmt[0] == '.' && fmt[1] == '*') {
		f->precision = va_arg(*ap, int);
		f->has_precision = true;
		fmt += 2;
	}
	for (; *fmt == 'l' || *fmt == 'z'; fmt++)
		f->longs++;
	f->conv = *fmt;
	return *fmt ? fmt + 1 : fmt;
}

static void put_string(struct sink *s, const struct spec *f, const char *text)
{
	size_t max = f->has_precision && f->precision >= 0 ? (size_t)f->precision : SIZE_MAX;

	if (!text)
		text = "(null)";
	put_text(s, text, max == SIZE_MAX ? strlen(text) : strnlen(text, max));
}

static void put_signed(struct sink *s, const struct spec *f, long long v)
{
	put_number(s, v < 0 ? 0ULL - (unsigned long long)v : (unsigned long long)v, v < 0, 10, f);
}

static void put_spec(struct sink *s, const struct spec *f, va_list *ap)
{
	char c;

	switch (f->conv) {
	case 's':
		put_string(s, f, va_arg(*ap, const char *));
		break;
	case 'c':
		c = (char)va_arg(*ap, int);
		put_text(s, &c, 1);
		break;
	case 'd':
		put_signed(s, f,
			   f->longs == 0   ? va_arg(*ap, int)
			   : f->longs == 1 ? va_arg(*ap, long)
					   : va_arg(*ap, long long));
		break;
	case 'u':
	case 'x':
		put_number(s,
			   f->longs == 0   ? va_arg(*ap, unsigned int)
			   : f->longs == 1 ? va_arg(*ap, unsigned long)
					   : va_arg(*ap, unsigned long long),
			   false, f->conv == 'x' ? 16 : 10, f);
		break;
	case 'g':
		put_float(s, va_arg(*ap, double));
		break;
	default:
		put(s, "%", 1);
	}
}

static size_t finish(struct sink *s)
{
	/* cap has three bytes set aside for the dots */
	if (s->cut) {
		memcpy(s->p + s->n, "...", 3);
		s->n += 3;
	}
	s->p[s->n] = '\0';
	return s->n;
}

static void run(struct sink *s, const char *fmt, va_list *ap)
{
	struct spec f;

	while (*fmt && !s->cut) {
		size_t plain = strcspn(fmt, "%");

		for (size_t i = 0; i < plain; i++)
			put(s, fmt + i, 1);
		fmt += plain;
		if (*fmt) {
			fmt = parse_spec(fmt + 1, &f, ap);
			put_spec(s, &f, ap);
		}
	}
}

size_t tn_vfmt(char *out, size_t cap, const char *fmt, va_list ap)
{
	struct sink s = { .p = out };
	va_list args;

	if (cap == 0)
		return 0;
	/* First try with the whole room; only what does not fit pays for the dots. */
	s.cap = cap - 1;
	va_copy(args, ap);
	run(&s, fmt, &args);
	va_end(args);
	if (!s.cut || cap < 4) {
		s.cut = false;
		return finish(&s);
	}
	s = (struct sink){ .p = out, .cap = cap - 4 };
	va_copy(args, ap);
	run(&s, fmt, &args);
	va_end(args);
	s.cut = true;
	return finish(&s);
}

size_t tn_fmt(char *out, size_t cap, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	size_t n = tn_vfmt(out, cap, fmt, ap);
	va_end(ap);
	return n;
}
