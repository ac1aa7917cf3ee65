/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICY_TEST_H
#define POLICY_TEST_H
/* Policies for tests: chains of capabilities in JSON under one key, operations in one line. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <policy/json.h>
#include <policy/policy.h>
#include "internal.h"

#define PT_NOW INT64_C(1800000000)
#define PT_UNUSED __attribute__((unused))

static struct tn_arena PT_UNUSED pt_arena;

static PT_UNUSED void pt_setup(void)
{
	struct tn_err e = { 0 };

	pt_arena = TN_ARENA_MALLOC;
	cr_assert_eq(tn_init(&e), TN_OK, "%s", e.msg);
}

static PT_UNUSED void pt_teardown(void)
{
	tn_arena_free(&pt_arena);
}

static PT_UNUSED const struct tn_tool *pt_caps(const char *json, size_t *n)
{
	const struct tn_tool *tools;
	struct tn_err e = { 0 };
	struct cJSON *j;

	cr_assert_eq(tnp_json_parse(json, strlen(json), &j, &e), TN_OK, "%s: %s", json, e.msg);
	cr_assert_eq(tnp_caps_parse(j, &pt_arena, &tools, n, &e), TN_OK, "%s: %s", json, e.msg);
	tnp_json_free(j);
	return tools;
}

/* root first; NULL ends */
static PT_UNUSED enum tn_code pt_try_grant(const char *const *caps, const tn_grant **g, struct tn_err *e)
{
	static const uint8_t seed[32] = { 1, 2, 3 };
	const tn_warrant *const *links;
	const tn_warrant *w;
	struct tn_key key;
	size_t n = 1;

	if (tn_key_from_seed(&key, seed, e) != TN_OK)
		return TN_E_INTERNAL;
	struct tn_mint m = { .now = PT_NOW, .ttl = 720 };
	m.tools = pt_caps(caps[0], &m.ntools);
	enum tn_code code = tn_mint(&m, &key, &pt_arena, &w, e);
	links = &w;
	for (size_t i = 1; code == TN_OK && caps[i]; i++) {
		m.tools = pt_caps(caps[i], &m.ntools);
		code = tn_grant_child(links, n, &m, &key, &pt_arena, &links, &n, e);
	}
	struct tn_verify_opts o = { .roots = &key.pub, .nroots = 1, .now = PT_NOW };
	return code == TN_OK ? tn_chain_verify(links, n, &o, &pt_arena, g, e) : code;
}

static PT_UNUSED const tn_grant *pt_chain(const char *const *caps)
{
	const tn_grant *g;
	struct tn_err e = { 0 };

	cr_assert_eq(pt_try_grant(caps, &g, &e), TN_OK, "%s: %s", caps[0], e.msg);
	return g;
}

static PT_UNUSED const tnp_config *pt_config(const char *json)
{
	const tnp_config *c;
	struct tn_bytes cbor;
	struct tn_err e = { 0 };

	if (!json) {
		cr_assert_eq(tnp_config_default(&pt_arena, &c, &e), TN_OK, "%s", e.msg);
		return c;
	}
	cr_assert_eq(tnp_policy_compile(json, strlen(json), &pt_arena, &cbor, &e), TN_OK, "%s: %s", json, e.msg);
	cr_assert_eq(tnp_config_decode(cbor.p, cbor.n, &pt_arena, &c, &e), TN_OK, "%s", e.msg);
	return c;
}

static PT_UNUSED const tnp_policy *pt_policy_of(const tn_grant *g, const char *config, const struct tnp_facts *f, enum tnp_mode mode)
{
	const tnp_policy *p;
	struct tn_err e = { 0 };

	cr_assert_eq(tnp_policy_build(g, pt_config(config), f, mode, &pt_arena, &p, &e), TN_OK, "%s", e.msg);
	return p;
}

/* no baseline, so that only the grant speaks */
#define PT_BARE "{\"baseline\": \"none\"}"

static PT_UNUSED const tnp_policy *pt_policy(const char *caps)
{
	const char *const chain[] = { caps, NULL };

	return pt_policy_of(pt_chain(chain), PT_BARE, NULL, TNP_ENFORCE);
}

static PT_UNUSED struct tnp_decision pt_decide(const tnp_policy *p, const struct tnp_op *op)
{
	struct tnp_decision d;

	tnp_decide(p, op, PT_NOW, &d);
	return d;
}

static PT_UNUSED struct tnp_decision pt_path(const tnp_policy *p, enum tnp_kind kind, const char *path)
{
	struct tnp_op op = { .kind = kind, .path = tn_cstr(path) };

	return pt_decide(p, &op);
}

static PT_UNUSED struct tnp_decision pt_two(const tnp_policy *p, enum tnp_kind kind, const char *path, const char *path2)
{
	struct tnp_op op = { .kind = kind, .path = tn_cstr(path), .path2 = tn_cstr(path2) };

	return pt_decide(p, &op);
}

/* words separated by blanks; program: what the kernel resolved; system: root's, and found in the standard PATH */
static PT_UNUSED struct tnp_decision pt_exec_argv(const tnp_policy *p, const char *program, bool system, const struct tn_str *argv, size_t argc)
{
	struct tnp_exec x = { .requested = tn_cstr(program), .argv = argv, .argc = argc, .cwd = TN_STR("/work"), .system_file = system,
			      .standard_path = system };
	struct tnp_op op = { .kind = TNP_EXEC, .path = tn_cstr(program), .exec = &x };

	return pt_decide(p, &op);
}

static PT_UNUSED size_t pt_words(const char *line, struct tn_str out[16])
{
	size_t n = 0;

	while (*line && n < 16) {
		size_t len = strcspn(line, " ");

		out[n++] = (struct tn_str){ line, len };
		line += len + (line[len] == ' ');
	}
	return n;
}

static PT_UNUSED struct tnp_decision pt_exec(const tnp_policy *p, const char *program, bool system, const char *line)
{
	struct tn_str argv[16];

	return pt_exec_argv(p, program, system, argv, pt_words(line, argv));
}

static PT_UNUSED struct tnp_net pt_addr(const char *ip, uint16_t port)
{
	struct tnp_net n = { .port = port };
	unsigned b[4];

	cr_assert_eq(sscanf(ip, "%u.%u.%u.%u", &b[0], &b[1], &b[2], &b[3]), 4);
	for (int i = 0; i < 4; i++)
		n.ip[i] = (uint8_t)b[i];
	return n;
}

static PT_UNUSED struct tnp_decision pt_net(const tnp_policy *p, enum tnp_kind kind, const char *ip, uint16_t port, const char *name)
{
	struct tnp_net n = pt_addr(ip, port);
	struct tn_str names = tn_cstr(name ? name : "");
	struct tnp_op op = { .kind = kind, .net = &n };

	if (name) {
		n.names = &names;
		n.nnames = 1;
	}
	return pt_decide(p, &op);
}

static PT_UNUSED struct tnp_decision pt_connect(const tnp_policy *p, const char *ip, uint16_t port, const char *name)
{
	return pt_net(p, TNP_CONNECT, ip, port, name);
}

static PT_UNUSED enum tn_code pt_code(enum tnp_why why)
{
	static const enum tn_code codes[] = {
		[TNP_WHY_OK] = TN_OK, [TNP_WHY_NO_WARRANT] = TN_E_NO_WARRANT, [TNP_WHY_NO_TOOL] = TN_E_TOOL_NOT_AUTHORIZED,
		[TNP_WHY_UNKNOWN_ARG] = TN_E_CONSTRAINT_VIOLATION, [TNP_WHY_MISSING_ARG] = TN_E_CONSTRAINT_VIOLATION,
		[TNP_WHY_NO_MATCH] = TN_E_CONSTRAINT_VIOLATION, [TNP_WHY_CANNOT_SAY] = TN_E_CONSTRAINT_VIOLATION,
		[TNP_WHY_NEEDS_URL] = TN_E_CONSTRAINT_VIOLATION, [TNP_WHY_GATE] = TN_E_APPROVAL_REQUIRED, [TNP_WHY_GAIN] = TN_E_GAIN,
		[TNP_WHY_EXPIRED] = TN_E_EXPIRED, [TNP_WHY_PROTECTED] = TN_E_PROTECTED, [TNP_WHY_WRITABLE_PROGRAM] = TN_E_WRITABLE_PROGRAM,
		[TNP_WHY_NOT_SYSTEM] = TN_E_CONSTRAINT_VIOLATION, [TNP_WHY_LOADER] = TN_E_CONSTRAINT_VIOLATION,
		[TNP_WHY_BAD_OBJECT] = TN_E_BAD_OBJECT,
	};

	return codes[why];
}

#define PT_ALLOWED(d) cr_assert_eq((d).verdict, TN_ALLOW, "denied, why %d", (int)(d).why)
#define PT_DENIED(d, w)                                                                             \
	do {                                                                                        \
		struct tnp_decision pt_d_ = (d);                                                    \
		cr_assert_eq(pt_d_.verdict, TN_DENY, "allowed by %.*s", (int)pt_d_.tool.n, pt_d_.tool.p); \
		cr_assert_eq(pt_d_.why, (w), "why %d", (int)pt_d_.why);                             \
		cr_assert_eq(pt_d_.code, pt_code(w), "code %d", (int)pt_d_.code);                   \
	} while (0)
#define PT_TOOL(d, name) cr_assert(tn_str_eq((d).tool, TN_STR(name)), "tool %.*s", (int)(d).tool.n, (d).tool.p)

#endif
