/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TENUO_ERR_H
#define TENUO_ERR_H
/*
 * Result codes and the error record.
 *
 * 1000-2199 are the numbers of the wire format's appendix and keep its names; 3000 and up are ours
 * (resources, system, kernel lacks a feature, configuration).  A number is never reused.
 * A denial is not an error: deciding functions return a tn_code for "could I decide?" and put the
 * verdict elsewhere; a caller treats everything but TN_OK as a denial.
 */
#include <stddef.h>
#include <stdint.h>
#include <tenuo/codes.h> /* X-macro TN_CODES(X): X(NAME, number, "kebab-name", "One sentence.") */

#ifdef __cplusplus
extern "C" {
#endif
#ifdef TN_BUILDING_SHARED /* only libtenuo.so exports; inside another library these names stay hidden */
#pragma GCC visibility push(default)
#endif

enum tn_code {
	TN_OK = 0,
#define TN_CODE_ENUM(name, number, kebab, sentence) TN_E_##name = (number),
	TN_CODES(TN_CODE_ENUM)
#undef TN_CODE_ENUM
};

/* Zeroed memory denies. */
enum tn_verdict { TN_DENY = 0, TN_ALLOW = 1 };

#define TN_MSG_MAX 160

/* Caller-owned, fixed size, no heap; last parameter, may be NULL, untouched on success. */
struct tn_err {
	enum tn_code code;
	int sys_errno;       /* 0 if no system call was involved */
	int link;            /* 0-based link of the chain (0 = root), -1 if not about one */
	size_t offset;       /* byte offset in the input, SIZE_MAX if not about one */
	char msg[TN_MSG_MAX]; /* one sentence without a full stop; truncated visibly with "..." */
};

#define TN_MUST_USE __attribute__((warn_unused_result))
#define TN_PRINTF(f, a) __attribute__((format(printf, f, a)))

const char *tn_code_name(enum tn_code code);     /* kebab-case; "unknown" for a stranger */
const char *tn_code_sentence(enum tn_code code); /* one sentence */

#ifdef TN_BUILDING_SHARED
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif
#endif
