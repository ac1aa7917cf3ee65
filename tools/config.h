/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_CONFIG_H
#define TOOLS_CONFIG_H
/*
 * /etc/tenuo-shim/config.json: what root has set for everybody.  Where it sets something, options
 * and environment may only be stricter.  {"trusted_roots": [KEY..], "mode": M, "level": N,
 * "policy": FILE, "log": L, "dev_mode": false}
 */
#include "cli.h"

#include <policy/policy.h>

#define CONFIG_FILE "/etc/tenuo-shim/config.json"

struct config {
	bool present;
	const struct tn_pub *roots;
	size_t nroots;
	bool has_roots;
	bool has_mode;
	enum tnp_mode mode;	  /* the least that is allowed */
	int level;		  /* the least that is allowed; -1 = not set */
	const char *policy, *log; /* NULL = not set */
	bool no_dev_mode;
};
const struct config *
config_get(struct ctx *c); /* read once; dies if it is there and not as it must be */

#endif
