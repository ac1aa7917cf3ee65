/* SPDX-License-Identifier: Apache-2.0 */
/* Base64, hex, white space, sorting. */
#include <string.h>
#include <tenuo/tenuo.h>
#include "tn_text.h"

static const char std_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

bool tn_is_space(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t encoded_length(size_t n, bool padded)
{
	return padded ? (n + 2) / 3 * 4 : n / 3 * 4 + (n % 3 ? n % 3 + 1 : 0);
}

size_t tn_b64_encode(const uint8_t *p, size_t n, enum tn_b64 alphabet, char *out, size_t cap)
{
	const char *digits = alphabet == TN_B64_URL ? url_digits : std_digits;
	size_t len;

	if (n > SIZE_MAX / 2 || (len = encoded_length(n, alphabet == TN_B64_STD)) >= cap)
		return 0;
	for (size_t o = 0; o < len; o++) {
		size_t bit = o * 6, at = bit / 8;
		unsigned pair = at < n ? (unsigned)p[at] << 8 : 0;

		if (at + 1 < n)
			pair |= p[at + 1];
		out[o] = at < n ? digits[pair >> (10 - bit % 8) & 63] : '=';
	}
	out[len] = '\0';
	return len;
}

static int digit_value(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '-')
		return 62;
	return c == '/' || c == '_' ? 63 : -1;
}

/* One alphabet per text: a mixture is nobody's encoding. */
static bool one_alphabet(const char *text, size_t len)
{
	bool std = memchr(text, '+', len) || memchr(text, '/', len);
	bool url = memchr(text, '-', len) || memchr(text, '_', len);

	return !(std && url);
}

/* Padding is all that is needed or absent. */
static bool strip_padding(const char *text, size_t *len)
{
	size_t pad = 0;

	while (pad < 2 && pad < *len && text[*len - 1 - pad] == '=')
		pad++;
	if (pad && *len % 4 != 0)
		return false;
	*len -= pad;
	return *len % 4 != 1 && (pad == 0 || pad == (4 - *len % 4) % 4);
}

long tn_b64_decode(const char *text, size_t len, uint8_t *out, size_t cap)
{
	uint32_t acc = 0;
	unsigned bits = 0;
	size_t n = 0;

	if (len == 0 || !one_alphabet(text, len) || !strip_padding(text, &len))
		return len == 0 ? 0 : -1;
	for (size_t i = 0; i < len; i++) {
		int v = digit_value((unsigned char)text[i]);

		if (v < 0)
			return -1;
		acc = acc << 6 | (uint32_t)v;
		bits += 6;
		if (bits < 8)
			continue;
		if (n == cap)
			return -1;
		bits -= 8;
		out[n++] = (uint8_t)(acc >> bits);
		acc &= (1u << bits) - 1;
	}
	return acc == 0 ? (long)n : -1; /* left-over bits are zero in the one canonical form */
}

void tn_hex(const uint8_t *p, size_t n, char *out)
{
	for (size_t i = 0; i < n; i++) {
		out[2 * i] = "0123456789abcdef"[p[i] >> 4];
		out[2 * i + 1] = "0123456789abcdef"[p[i] & 15];
	}
	out[2 * n] = '\0';
}

int tn_hex_digit(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool tn_hex_decode(const char *text, size_t len, uint8_t *out, size_t n)
{
	if (len / 2 != n || len % 2)
		return false;
	for (size_t i = 0; i < n; i++) {
		int hi = tn_hex_digit((unsigned char)text[2 * i]),
		    lo = tn_hex_digit((unsigned char)text[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		out[i] = (uint8_t)(hi << 4 | lo);
	}
	return true;
}

int tn_bytes_cmp(const void *a, size_t an, const void *b, size_t bn)
{
	size_t n = an < bn ? an : bn;
	int c = n ? memcmp(a, b, n) : 0;

	return c ? c : (an > bn) - (an < bn);
}

static void swap(uint64_t *a, uint64_t *b, size_t words)
{
	for (size_t i = 0; i < words; i++) {
		uint64_t t = a[i];

		a[i] = b[i];
		b[i] = t;
	}
}

static void sift(char *base, size_t root, size_t n, size_t size,
		 int (*cmp)(const void *, const void *))
{
	for (size_t child; (child = 2 * root + 1) < n; root = child) {
		if (child + 1 < n && cmp(base + child * size, base + (child + 1) * size) < 0)
			child++;
		if (cmp(base + root * size, base + child * size) >= 0)
			return;
		swap((void *)(base + root * size), (void *)(base + child * size), size / 8);
	}
}

static bool sorted(const char *base, size_t n, size_t size, int (*cmp)(const void *, const void *))
{
	for (size_t i = 1; i < n; i++)
		if (cmp(base + (i - 1) * size, base + i * size) > 0)
			return false;
	return true;
}

void tn_sort(void *base, size_t n, size_t size, int (*cmp)(const void *, const void *))
{
	if (sorted(base, n, size, cmp)) /* the usual case: written by a careful encoder */
		return;
	for (size_t i = n / 2; i-- > 0;)
		sift(base, i, n, size, cmp);
	for (size_t i = n; i-- > 1;) {
		swap(base, (void *)((char *)base + i * size), size / 8);
		sift(base, 0, i, size, cmp);
	}
}
