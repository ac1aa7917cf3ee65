/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_OPERATION_H
#define TOOLS_OPERATION_H
/* An operation as a person names it -> the record that is decided on. */
#include "cli.h"

#include <policy/policy.h>
#include <shim/facts.h>

#define OPERATION_WORDS                                                                            \
	"read list create write append mkdir metadata delete rename link exec connect resolve "    \
	"listen unix"
#define OPERATION_LIST                                                                             \
	"read, list, create, write, append, mkdir, metadata, delete, rename, link, exec, "         \
	"connect, resolve, listen, unix"

struct operation {
	struct tnp_op op;
	struct tnp_exec exec;
	struct tnp_net net;
	struct tn_str name;	      /* net.names */
	const char *object, *object2; /* as resolved, for people */
};
void operation_read(struct ctx *c, const char *kind,
		    struct operation *o); /* operands are the object; dies */

#endif
