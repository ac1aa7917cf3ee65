/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include "tn_fail.h"

struct row {
	enum tn_code code;
	const char *name, *sentence;
};
static const struct row rows[] = {
	{ TN_OK, "ok", "Everything is in order." },
#define TN_ROW(name, number, kebab, sentence) { TN_E_##name, kebab, sentence },
	TN_CODES(TN_ROW)
#undef TN_ROW
};

static const struct row *row(enum tn_code code)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].code == code)
			return &rows[i];
	return NULL;
}

const char *tn_code_name(enum tn_code code)
{
	const struct row *r = row(code);

	return r ? r->name : "unknown";
}

const char *tn_code_sentence(enum tn_code code)
{
	const struct row *r = row(code);

	return r ? r->sentence : "This code is not known.";
}

/* strerror takes locks and knows locales, strerrorname_np is glibc's alone. */
static const struct {
	int no;
	const char *words;
} errnos[] = {
	{ EPERM, "not permitted (EPERM)" },
	{ ENOENT, "no such file (ENOENT)" },
	{ EIO, "I/O error (EIO)" },
	{ EBADF, "bad descriptor (EBADF)" },
	{ EAGAIN, "try again (EAGAIN)" },
	{ ENOMEM, "no memory (ENOMEM)" },
	{ EACCES, "permission denied (EACCES)" },
	{ EBUSY, "busy (EBUSY)" },
	{ EEXIST, "exists already (EEXIST)" },
	{ ENOTDIR, "not a directory (ENOTDIR)" },
	{ EISDIR, "is a directory (EISDIR)" },
	{ EINVAL, "invalid argument (EINVAL)" },
	{ ENFILE, "too many open files (ENFILE)" },
	{ EMFILE, "too many open files (EMFILE)" },
	{ EFBIG, "file too large (EFBIG)" },
	{ ENOSPC, "no space left (ENOSPC)" },
	{ EROFS, "read-only file system (EROFS)" },
	{ EPIPE, "broken pipe (EPIPE)" },
	{ ENAMETOOLONG, "name too long (ENAMETOOLONG)" },
	{ ENOSYS, "not in this kernel (ENOSYS)" },
	{ ELOOP, "too many links (ELOOP)" },
	{ ENOEXEC, "not a program (ENOEXEC)" },
	{ ETXTBSY, "program busy (ETXTBSY)" },
	{ EXDEV, "across file systems (EXDEV)" },
	{ EOPNOTSUPP, "not supported (EOPNOTSUPP)" },
	{ E2BIG, "too long (E2BIG)" },
	{ EINTR, "interrupted (EINTR)" },
	{ ECONNREFUSED, "connection refused (ECONNREFUSED)" },
	{ ETIMEDOUT, "timed out (ETIMEDOUT)" },
};

static const char *errno_words(int no, char *buf, size_t cap)
{
	for (size_t i = 0; i < sizeof(errnos) / sizeof(errnos[0]); i++)
		if (errnos[i].no == no)
			return errnos[i].words;
	tn_fmt(buf, cap, "errno %d", no);
	return buf;
}

static void fill(struct tn_err *e, enum tn_code code, size_t offset, const char *fmt, va_list ap)
{
	*e = (struct tn_err){ .code = code, .link = -1, .offset = offset };
	tn_vfmt(e->msg, sizeof(e->msg), fmt, ap);
}

enum tn_code tn_fail(struct tn_err *e, enum tn_code code, const char *fmt, ...)
{
	va_list ap;

	if (!e)
		return code;
	va_start(ap, fmt);
	fill(e, code, SIZE_MAX, fmt, ap);
	va_end(ap);
	return code;
}

enum tn_code tn_fail_at(struct tn_err *e, enum tn_code code, size_t offset, const char *fmt, ...)
{
	va_list ap;

	if (!e)
		return code;
	va_start(ap, fmt);
	fill(e, code, offset, fmt, ap);
	va_end(ap);
	return code;
}

enum tn_code tn_fail_sys(struct tn_err *e, enum tn_code code, const char *fmt, ...)
{
	int saved = errno;
	char what[TN_MSG_MAX], number[24];
	va_list ap;

	if (!e)
		return code;
	va_start(ap, fmt);
	tn_vfmt(what, sizeof(what), fmt, ap);
	va_end(ap);
	*e = (struct tn_err){ .code = code, .sys_errno = saved, .link = -1, .offset = SIZE_MAX };
	tn_fmt(e->msg, sizeof(e->msg), "%s: %s", what, errno_words(saved, number, sizeof(number)));
	errno = saved;
	return code;
}

enum tn_code tn_wrap(struct tn_err *e, enum tn_code code, const char *fmt, ...)
{
	char context[TN_MSG_MAX], cause[TN_MSG_MAX];
	va_list ap;

	if (!e)
		return code;
	va_start(ap, fmt);
	tn_vfmt(context, sizeof(context), fmt, ap);
	va_end(ap);
	memcpy(cause, e->msg, sizeof(cause));
	tn_fmt(e->msg, sizeof(e->msg), "%s: %s", context, cause);
	return code;
}
