/* SPDX-License-Identifier: Apache-2.0 */
/* decide TOKEN ROOT OP PATH|PORT ITERATIONS: nanoseconds of one decision in process, and of verifying the chain. */
#include <policy/policy.h>
#include <tenuo/arena.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct tn_err err;

static void need(enum tn_code code, const char *what)
{
	if (code == TN_OK)
		return;
	fprintf(stderr, "%s: %s\n", what, err.msg);
	exit(1);
}

static double since(const struct timespec *a)
{
	struct timespec b;

	clock_gettime(CLOCK_MONOTONIC, &b);
	return (double)(b.tv_sec - a->tv_sec) * 1e9 + (double)(b.tv_nsec - a->tv_nsec);
}

static const tn_grant *grant(struct tn_arena *a, const char *token, const char *root, int64_t now)
{
	const tn_warrant *const *links;
	struct tn_pub pub;
	struct tn_verify_opts o = {.roots = &pub, .nroots = 1, .now = now};
	const tn_grant *g;
	size_t n;

	need(tn_init(&err), "init");
	need(tn_pub_parse(root, strlen(root), &pub, &err), "root");
	need(tn_token_decode(token, strlen(token), a, &links, &n, &err), "token");
	need(tn_chain_verify(links, n, &o, a, &g, &err), "chain");
	return g;
}

int main(int argc, char **argv)
{
	struct tn_arena a = TN_ARENA_MALLOC;
	struct tnp_facts facts = {0};
	struct tnp_net net = {.ip = {127, 0, 0, 1}};
	struct tn_str name = {"api.example.com", 15};
	struct tnp_op op = {0};
	struct tnp_decision d;
	const tnp_config *config;
	const tnp_policy *policy;
	struct timespec t;
	int64_t now = (int64_t)time(NULL);
	long n, allowed = 0;

	if (argc != 6)
		return 2;
	n = atol(argv[5]);
	need(tnp_config_default(&a, &config, &err), "configuration");
	need(tnp_policy_build(grant(&a, argv[1], argv[2], now), config, &facts, TNP_ENFORCE, &a, &policy, &err), "policy");
	if (!tnp_kind_parse((struct tn_str){argv[3], strlen(argv[3])}, &op.kind))
		return 2;
	if (op.kind == TNP_CONNECT) {
		net = (struct tnp_net){.ip = {93, 184, 215, 14}, .port = (uint16_t)atoi(argv[4]), .names = &name, .nnames = 1};
		op.net = &net;
	} else {
		op.path = (struct tn_str){argv[4], strlen(argv[4])};
	}
	clock_gettime(CLOCK_MONOTONIC, &t);
	for (long i = 0; i < n; i++) {
		tnp_decide(policy, &op, now, &d);
		allowed += d.verdict == TN_ALLOW;
	}
	printf("%.1f %s\n", since(&t) / (double)n, allowed == n ? "allowed" : "denied");
	return allowed != n;
}
