/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The library on a pipe, for test scripts: one request a line (`command key=value ...`), one answer
 *a line.
 *
 *	decode t=TOKEN                                   ok N | err CODE NAME MESSAGE
 *	reencode t=TOKEN                                 same | differ: the payloads written again
 *from what was read payload t=TOKEN                                  HEX of the last payload verify
 *t=TOKEN roots=HEX,.. now=N                ok | err .. allows t=TOKEN roots=HEX,.. now=N tool=HEX
 *args=CBORHEX allow | deny CODE CANNOT REASON mint seed=HEX now=N [..] TOKEN | err .. grant
 *parent=TOKEN seed=HEX now=N [..]           TOKEN (a stack) | err .. sign seed=HEX payload=HEX HEX
 *of the envelope, whatever the payload says pem seed=HEX                                     HEX of
 *the private PEM, a blank, HEX of the public PEM key text=HEX | pub text=HEX HEX of the public key
 *| err .. form t=TOKEN as=0..3                             HEX of the token in another form
 *
 * TOKEN is base64 text or hex:BYTES; text values are hex.  Keys of mint and grant: id holder tools
 *(CBOR of the tools map) ttl inherit issuer issuable (HEX,..) bounds (CBOR of a set) clearance
 *maxdepth maxissue session agent.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tn_cbor.h"
#include "tn_crypto.h"
#include "tn_text.h"
#include "tn_wire.h"

enum { KEYS_MAX = 32 };
struct request {
	char *command;
	struct {
		char *key, *value;
	} kv[KEYS_MAX];
	size_t n;
};
static struct tn_arena arena;
static struct tn_err err;

static const char *get(const struct request *q, const char *key)
{
	for (size_t i = 0; i < q->n; i++)
		if (!strcmp(q->kv[i].key, key))
			return q->kv[i].value;
	return NULL;
}

static long long number(const struct request *q, const char *key, long long otherwise)
{
	const char *v = get(q, key);

	return v ? strtoll(v, NULL, 10) : otherwise;
}

static struct tn_bytes unhex(const char *text)
{
	size_t n = strlen(text) / 2;
	uint8_t *p = tn_arena_alloc(&arena, n + 1);

	if (!p || !tn_hex_decode(text, strlen(text), p, n)) {
		fprintf(stderr, "wirehelper: bad hex %s\n", text);
		exit(2);
	}
	return (struct tn_bytes){ p, n };
}

static void say_err(void)
{
	printf("err %d %s %s\n", (int)err.code, tn_code_name(err.code), err.msg);
}

static const tn_warrant *const *token(const struct request *q, const char *key, size_t *n)
{
	const tn_warrant *const *links;
	const char *t = get(q, key);
	enum tn_code code;

	if (!t) {
		fprintf(stderr, "wirehelper: %s= is missing\n", key);
		exit(2);
	}
	if (!strncmp(t, "hex:", 4)) {
		struct tn_bytes raw = unhex(t + 4);

		code = tn_token_decode(raw.p, raw.n, &arena, &links, n, &err);
	} else {
		code = tn_token_decode(t, strlen(t), &arena, &links, n, &err);
	}
	return code == TN_OK ? links : NULL;
}

static const tn_grant *grant_of(const struct request *q)
{
	struct tn_pub roots[8];
	struct tn_verify_opts o = { .roots = roots, .now = number(q, "now", 0) };
	const char *r = get(q, "roots");
	const tn_warrant *const *links;
	const tn_grant *g;
	size_t n;

	for (; r && *r && o.nroots < 8; r += r[64] == ',' ? 65 : 64)
		memcpy(roots[o.nroots++].b, unhex(strndup(r, 64)).p, 32);
	links = token(q, "t", &n);
	return links && tn_chain_verify(links, n, &o, &arena, &g, &err) == TN_OK ? g : NULL;
}

static void do_decode(const struct request *q)
{
	size_t n;

	if (token(q, "t", &n))
		printf("ok %zu\n", n);
	else
		say_err();
}

static bool same_again(const tn_warrant *w)
{
	struct tn_cborw count = { 0 };

	tn_payload_write(&count, w);
	struct tn_cborw out = { .p = tn_arena_alloc(&arena, count.n), .cap = count.n };
	tn_payload_write(&out, w);
	return out.n == w->payload.n && !memcmp(out.p, w->payload.p, out.n);
}

static void do_reencode(const struct request *q)
{
	bool same = true;
	size_t n;
	const tn_warrant *const *links = token(q, "t", &n);

	if (!links) {
		say_err();
		return;
	}
	for (size_t i = 0; i < n; i++)
		same = same && same_again(links[i]);
	puts(same ? "same" : "differ");
}

static void print_hex(struct tn_bytes b)
{
	char *text = tn_arena_alloc(&arena, 2 * b.n + 1);

	tn_hex(b.p, b.n, text);
	puts(text);
}

static void do_payload(const struct request *q)
{
	size_t n;
	const tn_warrant *const *links = token(q, "t", &n);

	if (links)
		print_hex(links[n - 1]->payload);
	else
		say_err();
}

static void do_verify(const struct request *q)
{
	if (grant_of(q))
		puts("ok");
	else
		say_err();
}

static void do_allows(const struct request *q)
{
	struct tn_bytes tool = unhex(get(q, "tool")), raw = unhex(get(q, "args"));
	struct tn_reader r = { .c = tn_cbor_over(raw, 0, &err), .a = &arena };
	struct tn_value args = { 0 };
	struct tn_decision d;
	const tn_grant *g = grant_of(q);

	if (!g || tn_value_read(&r, 0, &args) != TN_OK || args.type != TN_V_MAP) {
		printf("deny %d 0 %s\n", (int)err.code, err.msg);
		return;
	}
	tn_allows(g, (const char *)tool.p, tool.n, args.map.v, args.map.n, number(q, "now", 0), &d);
	if (d.verdict == TN_ALLOW)
		puts("allow");
	else
		printf("deny %d %d %s\n", (int)d.code, d.cannot_say, d.reason);
}

/* ---- making ---- */

static void read_tools(const struct request *q, struct tn_mint *m)
{
	struct tn_reader r = { .a = &arena };
	struct tn_tool *tools;
	size_t n;

	if (!get(q, "tools"))
		return;
	r.c = tn_cbor_over(unhex(get(q, "tools")), 0, &err);
	if (tn_cbor_map(&r.c, &n) != TN_OK)
		exit(2);
	tools = tn_arena_array(&arena, n, sizeof(*tools));
	for (size_t i = 0; i < n; i++)
		if (tn_cbor_text(&r.c, &tools[i].name) != TN_OK ||
		    tn_cset_read(&r, 64, &tools[i].set) != TN_OK) {
			fprintf(stderr, "wirehelper: tools: %s\n", err.msg);
			exit(2);
		}
	m->tools = tools;
	m->ntools = n;
}

static const char *hex_text(const struct request *q, const char *key)
{
	const char *v = get(q, key);

	return v ? tn_arena_dup(&arena, unhex(v).p, strlen(v) / 2) : NULL;
}

static void read_issuer(const struct request *q, struct tn_mint *m)
{
	static const char *names[64];
	static struct tn_cset bounds;
	char *list = get(q, "issuable") ? strdup(get(q, "issuable")) : NULL;

	m->issuer_type = get(q, "issuer") != NULL;
	for (char *p = list ? strtok(list, ",") : NULL; p && m->nissuable < 64;
	     p = strtok(NULL, ","))
		names[m->nissuable++] = tn_arena_dup(&arena, unhex(p).p, strlen(p) / 2);
	m->issuable = names;
	if (get(q, "bounds")) {
		struct tn_reader r = { .c = tn_cbor_over(unhex(get(q, "bounds")), 0, &err),
				       .a = &arena };

		if (tn_cset_read(&r, 64, &bounds) != TN_OK)
			exit(2);
		m->bounds = &bounds;
	}
	m->has_max_issue_depth = get(q, "maxissue") != NULL;
	m->max_issue_depth = (uint32_t)number(q, "maxissue", 0);
}

static struct tn_mint read_mint(const struct request *q, struct tn_key *key)
{
	struct tn_mint m = { .now = number(q, "now", 0),
			     .ttl = number(q, "ttl", 0),
			     .inherit = get(q, "inherit") != NULL };

	if (tn_key_from_seed(key, unhex(get(q, "seed")).p, &err) != TN_OK)
		exit(2);
	if (get(q, "id")) {
		memcpy(m.id, unhex(get(q, "id")).p, 16);
		m.has_id = true;
	}
	if (get(q, "holder")) {
		memcpy(m.holder.b, unhex(get(q, "holder")).p, 32);
		m.has_holder = true;
	}
	m.has_max_depth = get(q, "maxdepth") != NULL;
	m.max_depth = (uint8_t)number(q, "maxdepth", 0);
	m.has_clearance = get(q, "clearance") != NULL;
	m.clearance = (uint8_t)number(q, "clearance", 0);
	m.session_id = hex_text(q, "session");
	m.agent_id = hex_text(q, "agent");
	read_tools(q, &m);
	read_issuer(q, &m);
	return m;
}

static void print_token(const tn_warrant *const *links, size_t n)
{
	const char *text;

	if (tn_token_encode(links, n, n == 1 ? TN_FORM_B64URL_ONE : TN_FORM_B64_STACK, &arena,
			    &text, &err) == TN_OK)
		puts(text);
	else
		say_err();
}

static void do_mint(const struct request *q)
{
	struct tn_key key;
	struct tn_mint m = read_mint(q, &key);
	const tn_warrant *w;

	if (tn_mint(&m, &key, &arena, &w, &err) == TN_OK)
		print_token(&w, 1);
	else
		say_err();
}

static void do_grant(const struct request *q)
{
	struct tn_key key;
	struct tn_mint m = read_mint(q, &key);
	const tn_warrant *const *links;
	size_t n;
	const tn_warrant *const *parents = token(q, "parent", &n);

	if (parents && tn_grant_child(parents, n, &m, &key, &arena, &links, &n, &err) == TN_OK)
		print_token(links, n);
	else
		say_err();
}

static void do_sign(const struct request *q)
{
	struct tn_bytes payload = unhex(get(q, "payload"));
	uint8_t *space = tn_payload_space(&arena, payload.n), sig[64];
	struct tn_key key;

	if (tn_key_from_seed(&key, unhex(get(q, "seed")).p, &err) != TN_OK)
		exit(2);
	memcpy(space, payload.p, payload.n);
	tn_ed25519_sign(space - TN_SIGN_PREFIX_LEN, TN_SIGN_PREFIX_LEN + payload.n, key.sk, sig);
	struct tn_cborw w = { .p = tn_arena_alloc(&arena, payload.n + 128),
			      .cap = payload.n + 128 };
	tn_cborw_array(&w, 3);
	tn_cborw_uint(&w, 1);
	tn_cborw_bytes(&w, payload);
	tn_cborw_array(&w, 2);
	tn_cborw_uint(&w, 1);
	tn_cborw_bytes(&w, (struct tn_bytes){ sig, 64 });
	print_hex((struct tn_bytes){ w.p, w.n });
}

static void do_pem(const struct request *q)
{
	char text[512], both[2048];
	struct tn_key key;

	if (tn_key_from_seed(&key, unhex(get(q, "seed")).p, &err) != TN_OK ||
	    tn_key_to_pem(&key, text, sizeof(text), &err) != TN_OK)
		exit(2);
	tn_hex((uint8_t *)text, strlen(text), both);
	if (tn_pub_to_pem(&key.pub, text, sizeof(text), &err) != TN_OK)
		exit(2);
	printf("%s ", both);
	tn_hex((uint8_t *)text, strlen(text), both);
	puts(both);
}

static void do_key(const struct request *q)
{
	struct tn_bytes text = unhex(get(q, "text"));
	struct tn_key key;

	if (tn_key_parse((const char *)text.p, text.n, &key, &err) == TN_OK)
		print_hex((struct tn_bytes){ key.pub.b, 32 });
	else
		say_err();
}

static void do_pub(const struct request *q)
{
	struct tn_bytes text = unhex(get(q, "text"));
	struct tn_pub pub;

	if (tn_pub_parse((const char *)text.p, text.n, &pub, &err) == TN_OK)
		print_hex((struct tn_bytes){ pub.b, 32 });
	else
		say_err();
}

static void do_form(const struct request *q)
{
	const char *text;
	size_t n;
	const tn_warrant *const *links = token(q, "t", &n);

	if (links && tn_token_encode(links, n, (enum tn_token_form)number(q, "as", 0), &arena,
				     &text, &err) == TN_OK)
		print_hex((struct tn_bytes){ (const uint8_t *)text, strlen(text) });
	else
		say_err();
}

static const struct {
	const char *name;
	void (*run)(const struct request *q);
} commands[] = {
	{ "decode", do_decode }, { "reencode", do_reencode }, { "payload", do_payload },
	{ "verify", do_verify }, { "allows", do_allows },     { "mint", do_mint },
	{ "grant", do_grant },	 { "sign", do_sign },	      { "pem", do_pem },
	{ "key", do_key },	 { "pub", do_pub },	      { "form", do_form },
};

static struct request parse(char *line)
{
	struct request q = { .command = strtok(line, " \n") };

	for (char *w; q.command && (w = strtok(NULL, " \n")) && q.n < KEYS_MAX; q.n++) {
		char *eq = strchr(w, '=');

		if (!eq)
			exit(2);
		*eq = '\0';
		q.kv[q.n].key = w;
		q.kv[q.n].value = eq + 1;
	}
	return q;
}

static void answer(const struct request *q)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (q->command && !strcmp(q->command, commands[i].name)) {
			commands[i].run(q);
			return;
		}
	fprintf(stderr, "wirehelper: no such command\n");
	exit(2);
}

int main(void)
{
	char *line = NULL;
	size_t cap = 0;

	if (tn_init(&err) != TN_OK)
		return 2;
	while (getline(&line, &cap, stdin) > 0) {
		arena = TN_ARENA_MALLOC;
		struct request q = parse(line);

		answer(&q);
		fflush(stdout);
		tn_arena_free(&arena);
	}
	free(line);
	return 0;
}
