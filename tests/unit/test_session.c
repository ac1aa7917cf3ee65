/* SPDX-License-Identifier: Apache-2.0 */
#include <policy/plan.h>
#include "plan_world.h"

static struct world w;
static struct tnp_session s;
static struct tn_bytes file;

static struct tn_bytes raw_stack(void)
{
	static uint8_t buf[TN_STACK_MAX];
	const char *t;

	cr_assert_eq(tn_token_encode(w.links, w.nlinks, TN_FORM_B64_STACK, &w.a, &t, &w.e), TN_OK);
	long n = tn_b64_decode(t, strlen(t), buf, sizeof(buf));

	cr_assert_gt(n, 0);
	return (struct tn_bytes){buf, (size_t)n};
}

static struct tnp_protect PROTECT[] = {{{"/data/key.pem", 13}, false, true, "key"},
				       {{"/data/log", 9}, true, false, "log"}};

static void make(const char *caps, bool recorded)
{
	static const char POLICY[] = "{}";

	world_open(&w);
	if (recorded)
		cr_assert_eq(tnp_facts_record(&w.facts, &w.a, &w.e), TN_OK);
	w.facts.protect = PROTECT;
	w.facts.nprotect = 2;
	w.facts.chain[0] = TN_STR("/usr/bin/env");
	w.facts.nchain = 1;
	w.facts.app_trees[0] = TN_STR("/opt/app");
	w.facts.app_exec[0] = true;
	w.facts.napp = 1;
	w.facts.allow_writable_program = true;
	world_caps(&w, caps);
	memset(&s, 0, sizeof(s));
	strcpy(s.id, "0123456789abcdef0123456789abcdef");
	s.level = 1;
	s.mode = TNP_ENFORCE;
	s.log = TN_STR("socket");
	s.token = raw_stack();
	cr_assert_eq(tnp_policy_compile(POLICY, strlen(POLICY), &w.a, &s.config, &w.e), TN_OK, "%s",
		     w.e.msg);
	cr_assert_eq(tnp_config_decode(s.config.p, s.config.n, &w.a, &w.cfg, &w.e), TN_OK);
	world_build(&w, 1);
	s.facts = &w.facts;
	cr_assert_eq(tnp_session_encode(&s, w.p, &w.a, &file, &w.e), TN_OK, "%s", w.e.msg);
}

static void close_it(void)
{
	world_close(&w);
}
TestSuite(session, .fini = close_it);

static const char CAPS[] =
    "{\"read_file\":{\"path\":{\"any\":[{\"subpath\":\"/link\"},{\"pattern\":\"/srv/*.txt\"}]}},"
    "\"write_file\":{\"path\":{\"subpath\":\"/"
    "data\"}},\"run_command\":{\"command\":{\"shlex\":[\"git\"]}}}";

static void same_decisions(const tnp_policy *other)
{
	static const char *const P[] = {"/data/target/a.txt", "/data/a.txt",   "/link/a.txt",
					"/srv/a.txt",	      "/srv/a.log",    "/data/key.pem",
					"/data/log/x",	      "/usr/lib/x.so", "/opt/app/x.py",
					"/tmp/private/new",   "/etc/shadow_",  "/dev/null",
					"/home/u/.gitconfig"};
	size_t allowed = 0;

	for (size_t i = 0; i < sizeof(P) / sizeof(*P); i++)
		for (int k = TNP_READ; k <= TNP_DELETE; k++) {
			struct tnp_op op = {.kind = (enum tnp_kind)k, .path = tn_cstr(P[i])};
			struct tnp_decision a, b;

			tnp_decide(w.p, &op, NOW, &a);
			tnp_decide(other, &op, NOW, &b);
			cr_assert_eq(a.verdict, b.verdict, "%s %s", tnp_kind_name(op.kind), P[i]);
			cr_assert_eq(a.code, b.code);
			cr_assert_eq(a.why, b.why);
			cr_assert((!a.row && !b.row) ||
				  (a.row && b.row && strcmp(a.row, b.row) == 0));
			cr_assert(tn_str_eq(a.tool, b.tool) && tn_str_eq(a.arg, b.arg));
			allowed += a.verdict == TN_ALLOW;
		}
	cr_assert_gt(allowed, 10);
}

static void round_trip(bool recorded)
{
	struct tn_arena a = TN_ARENA_MALLOC;
	struct tnp_session t;
	struct tn_err e = {0};
	const tnp_policy *p;

	make(CAPS, recorded);
	cr_assert_eq(tnp_session_decode(file.p, file.n, &a, &t, &p, &e), TN_OK, "%s", e.msg);
	cr_assert_str_eq(t.id, s.id);
	cr_assert_eq(t.level, 1);
	cr_assert_eq(t.mode, TNP_ENFORCE);
	cr_assert_eq(t.kernel_opens, s.kernel_opens);
	cr_assert(tn_str_eq(t.log, s.log));
	cr_assert(tn_str_eq(t.facts->chain[0], w.facts.chain[0]));
	cr_assert_eq(t.facts->nprotect, 2);
	cr_assert(t.facts->allow_writable_program && t.facts->app_exec[0]);
	cr_assert_str_eq(t.facts->protect[1].what, "log");
	same_decisions(p);
	tn_arena_free(&a);
}

Test(session, a_round_trip_decides_alike)
{
	round_trip(true);
}

Test(session, also_where_nothing_was_recorded_before)
{
	round_trip(false);
}

Test(session, without_a_warrant_too)
{
	struct tn_arena a = TN_ARENA_MALLOC;
	struct tnp_session t;
	struct tn_err e = {0};
	const tnp_policy *p;

	make(CAPS, true);
	w.grant = NULL;
	s.token = (struct tn_bytes){0};
	s.mode = TNP_AUDIT;
	cr_assert_eq(tnp_policy_build(NULL, w.cfg, &w.facts, TNP_AUDIT, &w.a, &w.p, &w.e), TN_OK);
	cr_assert_eq(tnp_session_encode(&s, w.p, &w.a, &file, &w.e), TN_OK);
	cr_assert_eq(tnp_session_decode(file.p, file.n, &a, &t, &p, &e), TN_OK, "%s", e.msg);
	cr_assert_eq(t.mode, TNP_AUDIT);
	cr_assert_null(tnp_policy_grant(p));
	tn_arena_free(&a);
}

static enum tn_code decode(const uint8_t *p, size_t n)
{
	struct tn_arena a = TN_ARENA_MALLOC;
	struct tnp_session t;
	struct tn_err e = {0};
	const tnp_policy *pol;
	enum tn_code code = tnp_session_decode(p, n, &a, &t, &pol, &e);

	cr_assert((code == TN_OK) == (pol != NULL));
	tn_arena_free(&a);
	return code;
}

Test(session, every_truncation_is_refused)
{
	make(CAPS, true);
	cr_assert_eq(decode(file.p, file.n), TN_OK);
	for (size_t n = 0; n < file.n; n += n < 200 ? 1 : 37)
		cr_assert_neq(decode(file.p, n), TN_OK, "%zu bytes", n);
}

Test(session, every_flipped_bit_is_refused)
{
	uint8_t *copy;

	make(CAPS, true);
	copy = tn_arena_dup(&w.a, file.p, file.n);
	for (size_t i = 0; i < file.n; i += i < 200 ? 1 : 61) {
		copy[i] ^= (uint8_t)(1u << (i % 8));
		cr_assert_neq(decode(copy, file.n), TN_OK, "byte %zu", i);
		copy[i] = file.p[i];
	}
	cr_assert_eq(decode(copy, file.n), TN_OK);
}

Test(session, what_follows_is_refused)
{
	uint8_t *longer;

	make(CAPS, true);
	longer = tn_arena_alloc(&w.a, file.n + 1);
	memcpy(longer, file.p, file.n);
	cr_assert_neq(decode(longer, file.n + 1), TN_OK);
}

Test(session, a_bad_id_is_not_written)
{
	make(CAPS, true);
	strcpy(s.id, "short");
	cr_assert_neq(tnp_session_encode(&s, w.p, &w.a, &file, &w.e), TN_OK);
}
