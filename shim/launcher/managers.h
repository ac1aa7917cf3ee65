/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SHIM_MANAGERS_H
#define SHIM_MANAGERS_H
/* Version managers that put small scripts (shims) in PATH in place of programs. */
#include <stdbool.h>
#include <stddef.h>
#include <tenuo/err.h>

struct tns_manager {
	const char *name;     /* command; `NAME which PROGRAM` prints the real program */
	const char *root_env; /* variable that names its root */
	const char *root;     /* else below the home directory */
	const char *shims;    /* directory of the shims in the root */
};
/* Is this path (as found, links not followed) a shim?  NULL: no. */
const struct tns_manager *tns_manager_of(const char *path, const char *home);
bool tns_manager_tool(const struct tns_manager *m, const char *home, char *out, size_t cap);
enum tn_code tns_manager_which(const struct tns_manager *m, const char *tool, const char *program,
			       char *out, size_t cap, struct tn_err *e) TN_MUST_USE;

#endif
