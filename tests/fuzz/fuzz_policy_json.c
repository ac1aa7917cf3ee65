/* SPDX-License-Identifier: Apache-2.0 */
/* The policy file: whatever is accepted compiles to something that decodes, encodes to the same bytes and can be decided with. */
#include <stdlib.h>
#include <string.h>
#include <policy/json.h>
#include "fuzz.h"
#include "internal.h"

static void expect(bool ok)
{
	if (!ok)
		abort();
}

static void use(const tnp_config *c, struct tn_arena *a)
{
	struct tnp_op op = { .kind = TNP_READ, .path = TN_STR("/etc/passwd") };
	struct tnp_decision d;
	const tnp_policy *p;

	expect(tnp_policy_build(NULL, c, NULL, TNP_ENFORCE, a, &p, NULL) == TN_OK);
	tnp_decide(p, &op, 0, &d);
	expect(d.verdict != TN_ALLOW || d.row);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tn_arena a = TN_ARENA_MALLOC;
	struct tn_bytes one, two;
	const tnp_config *c;

	if (tnp_policy_compile((const char *)data, size, &a, &one, NULL) == TN_OK) {
		expect(tnp_config_decode(one.p, one.n, &a, &c, NULL) == TN_OK);
		expect(tnp_config_encode(c, &a, &two, NULL) == TN_OK);
		expect(one.n == two.n && memcmp(one.p, two.p, one.n) == 0);
		use(c, &a);
	}
	if (tnp_config_decode(data, size, &a, &c, NULL) == TN_OK) /* the compiled form from a stranger */
		use(c, &a);
	tn_arena_free(&a);
	return 0;
}
