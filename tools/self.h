/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_SELF_H
#define TOOLS_SELF_H
/* Where this command lies, and what lies beside it: the tree can be moved as a whole. */
#include "cli.h"

const char *self_path(struct ctx *c);	 /* /proc/self/exe; dies */
const char *self_library(struct ctx *c); /* resolved path of libtenuo-shim.so, NULL = not found */

#endif
