/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TN_FAIL_H
#define TN_FAIL_H
/*
 * Filling a tn_err, and the formatter behind it.
 *
 * The formatter allocates nothing, takes no lock, knows no locale and is async-signal-safe, so the
 * same words come out of a preloaded object and of the command.  It knows %s %.*s %c %d %u %x %zu
 * %ld %lu %lld %llu %g %%, widths with or without a leading 0, nothing else.  Text is escaped:
 * control bytes and bytes that are not UTF-8 become \xNN.  Too long: cut at a character, "..." at
 * the end.
 */
#include <stdarg.h>
#include <tenuo/err.h>

/* e may be NULL; keeps errno; returns code, so that `return tn_fail(...)` reads well. */
enum tn_code tn_fail(struct tn_err *e, enum tn_code code, const char *fmt, ...) TN_PRINTF(3, 4);
enum tn_code tn_fail_at(struct tn_err *e, enum tn_code code, size_t offset, const char *fmt, ...)
	TN_PRINTF(4, 5);
/* Adds errno and its name. */
enum tn_code tn_fail_sys(struct tn_err *e, enum tn_code code, const char *fmt, ...) TN_PRINTF(3, 4);
/* Puts "context: " before the message that is there; the code stays and is returned. */
enum tn_code tn_wrap(struct tn_err *e, enum tn_code code, const char *fmt, ...) TN_PRINTF(3, 4);

/* Length written, without the NUL (always written if cap > 0). */
size_t tn_fmt(char *out, size_t cap, const char *fmt, ...) TN_PRINTF(3, 4);
size_t tn_vfmt(char *out, size_t cap, const char *fmt, va_list ap);

#define TN_TRY(expr)                                  \
	do {                                          \
		enum tn_code tn_try_code_ = (expr);   \
		if (tn_try_code_ != TN_OK)            \
			return tn_try_code_;          \
	} while (0)

#endif
