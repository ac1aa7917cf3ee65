/* SPDX-License-Identifier: Apache-2.0 */
/* Times and spans as people write and read them. */
#include "cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int64_t now_seconds(void)
{
	struct timespec ts;
	if (clock_gettime(CLOCK_REALTIME, &ts))
		die_sys("cannot read the clock");
	return ts.tv_sec;
}

/* Digits only, no sign, no space, no overflow; *end is what follows. */
static bool digits(const char *text, int64_t *v, const char **end)
{
	int64_t n = 0;
	const char *p = text;
	for (; *p >= '0' && *p <= '9'; p++) {
		if (n > (INT64_MAX - 9) / 10)
			return false;
		n = n * 10 + (*p - '0');
	}
	*v = n;
	*end = p;
	return p > text;
}

int64_t parse_ttl(const char *text)
{
	static const struct {
		char unit;
		int64_t seconds;
	} rows[] = {
	    {'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'\0', 1},
	};
	const char *end;
	int64_t n;
	if (digits(text, &n, &end) && n > 0 && (!*end || !end[1])) {
		for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
			if (rows[i].unit == *end && n <= INT64_MAX / rows[i].seconds)
				return n * rows[i].seconds;
		}
	}
	die(TN_E_USAGE, "a lifetime is a number and s, m, h or d, like 90s, 10m, 2h, 1d");
}

int64_t parse_time(const char *text)
{
	const char *end;
	int64_t n;
	struct tm tm = {0};
	if (digits(text, &n, &end) && !*end)
		return n;
	end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	if (end && strcmp(end, "Z") == 0)
		return timegm(&tm);
	die(TN_E_USAGE, "a time is Unix seconds or like 2026-11-23T12:00:00Z");
}

const char *time_text(struct ctx *c, int64_t t)
{
	time_t when = (time_t)t;
	struct tm tm;
	char text[64];
	if (!gmtime_r(&when, &tm) || !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm))
		return xprintf(c, "%lld", (long long)t);
	return xprintf(c, "%s", text);
}

const char *span_text(struct ctx *c, int64_t s)
{
	long long n = (long long)(s < 0 ? -s : s);
	if (n < 120)
		return xprintf(c, "%lld s", n);
	if (n < 7200)
		return xprintf(c, "%lld min", n / 60);
	if (n < 2 * 86400)
		return xprintf(c, n % 3600 < 60 ? "%lld h" : "%lld h %lld min", n / 3600,
			       n % 3600 / 60);
	return xprintf(c, n % 86400 < 3600 ? "%lld d" : "%lld d %lld h", n / 86400,
		       n % 86400 / 3600);
}
