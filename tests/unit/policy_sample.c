/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <tenuo/tenuo.h>
#include "internal.h"
#include "policy_sample.h"

#define COUNT(a) ((uint32_t)(sizeof(a) / sizeof(*(a))))

/* ---------------------------------------------------------------- vocabulary */
static const char *const paths[] = { "/d", "/d/e", "/d/e/f", "/d/x.txt", "/d/e/x.txt", "/d\\e", "/dx", "/x", "/x/y", "/usr/bin/ls", "/bin/sh", "/" };
static const char *const patterns[] = { "/d/*", "/d/e/*", "*.txt", "/d/*.txt", "*", "/d/?", "/[dx]/*", "/d/**", "/usr/bin/*" };
static const char *const hosts[] = { "example.com", "www.example.com", "localhost", "evil.org" };
static const char *const urls[] = { "https://example.com/*", "https://*/*", "*", "http://example.com:8080/*", "https://example.com/api/*" };
static const char *const commands[] = { "ls", "ls *", "/d/e/f *", "*", "sh", "git *" };

static const struct { const char *tool, *args[3]; } tools[] = {
	{ "read_file", { "path" } }, { "Read", { "file_path" } }, { "cat", { "path", "filename" } }, { "list_directory", { "path" } },
	{ "write_file", { "path" } }, { "edit_file", { "path" } }, { "append_file", { "path" } }, { "create_directory", { "path" } },
	{ "set_file_info", { "path" } }, { "delete_file", { "path" } }, { "delete_directory", { "path" } },
	{ "move_file", { "source", "destination" } }, { "rename_file", { "from", "to" } },
	{ "str_replace_based_edit_tool", { "path", "command" } }, { "mcp__s__read_file", { "path" } }, { "mcp__s__write_file", { "path" } },
	{ "run_command", { "command", "cwd" } }, { "Bash", { "command" } }, { "exec", { "program", "argv" } },
	{ "web_fetch", { "url" } }, { "connect", { "host", "port" } }, { "http_get", { "url", "ip" } },
	{ "listen", { "ip", "port" } }, { "connect_unix", { "path" } }, { "*", { "path" } }, { "*", { NULL } }, { "read:docs", { "path" } },
};

static struct tn_str pick(struct dice *d, const char *const *v, uint32_t n)
{
	return tn_cstr(v[dice_roll(d, n)]);
}
#define PICK(d, v) pick(d, v, COUNT(v))

/* ---------------------------------------------------------------- constraints */
static bool is_one_of(const char *arg, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(arg, names[i]) == 0)
			return true;
	return false;
}

static struct tn_str word_for(struct dice *d, const char *arg, bool pattern)
{
	static const char *const net[] = { "host", "ip" }, *const cmd[] = { "command", "argv" };

	if (strcmp(arg, "url") == 0)
		return PICK(d, urls);
	if (is_one_of(arg, net, 2))
		return PICK(d, hosts);
	if (is_one_of(arg, cmd, 2))
		return PICK(d, commands);
	return pattern ? PICK(d, patterns) : PICK(d, paths);
}

static struct tn_constraint simple(struct dice *d, struct tn_arena *a, const char *arg, unsigned depth)
{
	struct tn_constraint c = { .type = TN_C_WILDCARD }, *parts;
	bool url = strcmp(arg, "url") == 0;

	switch (dice_roll(d, depth ? 8 : 6)) {
	case 0:
		c.type = url ? TN_C_URL_PATTERN : TN_C_EXACT;
		if (url)
			c.text = word_for(d, arg, false);
		else
			c.exact = (struct tn_value){ .type = TN_V_TEXT, .s = word_for(d, arg, false) };
		break;
	case 1:
		c.type = TN_C_PATTERN;
		c.text = word_for(d, arg, true);
		break;
	case 2:
		break;
	case 6:
	case 7:
		parts = tn_arena_array(a, 2, sizeof(*parts));
		parts[0] = simple(d, a, arg, depth - 1);
		parts[1] = simple(d, a, arg, depth - 1);
		c.type = dice_roll(d, 2) ? TN_C_ALL : TN_C_ANY;
		c.list.c = parts;
		c.list.n = 2;
		break;
	default:
		c.type = TN_C_SUBPATH;
		c.subpath.root = PICK(d, paths);
		c.subpath.case_sensitive = dice_roll(d, 8) != 0;
		c.subpath.allow_equal = dice_roll(d, 4) != 0;
	}
	return c;
}

static struct tn_constraint constraint(struct dice *d, struct tn_arena *a, const char *arg)
{
	if (dice_roll(d, 3))
		return simple(d, a, arg, 1);
	return *sample_constraint(d, a, SAMPLE_TYPES[dice_roll(d, (uint32_t)SAMPLE_NTYPES)], 1);
}

/* ---------------------------------------------------------------- tools */
static int by_key(const void *a, const void *b)
{
	const struct tn_str *x = a, *y = b;
	int c = memcmp(x->p, y->p, x->n < y->n ? x->n : y->n);

	return c ? c : (x->n > y->n) - (x->n < y->n);
}

static struct tn_tool tool(struct dice *d, struct tn_arena *a)
{
	uint32_t i = dice_roll(d, COUNT(tools));
	struct tn_carg *args = tn_arena_array(a, 3, sizeof(*args));
	struct tn_tool t = { .name = tn_cstr(tools[i].tool) };

	if (dice_roll(d, 6) == 0)
		return t; /* unconstrained */
	for (size_t k = 0; k < 3 && tools[i].args[k]; k++)
		args[t.set.n++] = (struct tn_carg){ tn_cstr(tools[i].args[k]), constraint(d, a, tools[i].args[k]) };
	qsort(args, t.set.n, sizeof(*args), by_key);
	t.set.args = args;
	return t;
}

static bool has(const struct tn_tool *v, size_t n, struct tn_str name)
{
	for (size_t i = 0; i < n; i++)
		if (tn_str_eq(v[i].name, name))
			return true;
	return false;
}

static void add(struct tn_tool *v, size_t *n, struct tn_tool t)
{
	if (!has(v, *n, t.name))
		v[(*n)++] = t;
}

/* The same, something like it, or something else under the same name. */
static struct tn_tool narrowed(struct dice *d, struct tn_arena *a, const struct tn_tool *from)
{
	struct tn_carg *args = tn_arena_array(a, from->set.n + 1, sizeof(*args));
	struct tn_tool t = *from;

	if (!from->set.n)
		return dice_roll(d, 2) ? *from : tool(d, a);
	for (size_t i = 0; i < from->set.n; i++) {
		char name[64];

		args[i] = from->set.args[i];
		memcpy(name, args[i].name.p, args[i].name.n);
		name[args[i].name.n] = '\0';
		switch (dice_roll(d, 3)) {
		case 0:
			args[i].c = *sample_relative(d, a, &args[i].c, 1);
			break;
		case 1:
			args[i].c = simple(d, a, name, 1);
			break;
		default:
			break;
		}
	}
	t.set.args = args;
	return t;
}

static size_t children(struct dice *d, struct tn_arena *a, const struct tn_tool *parent, size_t n, struct tn_tool *out)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		if (dice_roll(d, 3))
			add(out, &count, narrowed(d, a, &parent[i]));
	if (dice_roll(d, 3) == 0 || !count)
		add(out, &count, tool(d, a)); /* a name that only "*" answers in the parent, or the fresh one that is refused */
	return count;
}

bool sample_pair(struct dice *d, struct tn_arena *a, int64_t now, struct sample_pair *out)
{
	static const uint8_t seed[32] = { 7 };
	struct tn_tool *p = tn_arena_array(a, 8, sizeof(*p)), *c = tn_arena_array(a, 16, sizeof(*c));
	const tn_warrant *const *links, *w;
	struct tn_mint m = { .now = now, .ttl = 300, .tools = p };
	size_t n;
	struct tn_key key;

	if (tn_key_from_seed(&key, seed, NULL) != TN_OK)
		return false;
	struct tn_verify_opts o = { .roots = &key.pub, .nroots = 1, .now = now };
	for (uint32_t k = 1 + dice_roll(d, 4); k; k--)
		add(p, &m.ntools, tool(d, a));
	if (tn_mint(&m, &key, a, &w, NULL) != TN_OK || tn_chain_verify(&w, 1, &o, a, &out->parent, NULL) != TN_OK)
		return false;
	m.ntools = children(d, a, p, m.ntools, c);
	m.tools = c;
	return tn_grant_child(&w, 1, &m, &key, a, &links, &n, NULL) == TN_OK && tn_chain_verify(links, n, &o, a, &out->child, NULL) == TN_OK;
}

/* ---------------------------------------------------------------- operations */
static struct tn_str path_for(struct dice *d, struct tn_arena *a, const tn_grant *g)
{
	const struct tn_warrant *w = tn_grant_leaf(g);

	if (dice_roll(d, 2) && w->ntools) {
		const struct tn_cset *s = &w->tools[dice_roll(d, (uint32_t)w->ntools)].set;
		const struct tn_value *v = s->n ? sample_value(d, a, &s->args[dice_roll(d, (uint32_t)s->n)].c) : NULL;

		if (v && v->type == TN_V_TEXT && tnp_path_plain(v->s))
			return v->s;
	}
	return PICK(d, paths);
}

static void exec(struct dice *d, struct tn_arena *a, struct tnp_op *op)
{
	static const char *const words[] = { "ls", "-l", "-c", "git status", "x", "sh" };
	struct tnp_exec *x = tn_arena_alloc(a, sizeof(*x));
	struct tn_str *argv = tn_arena_array(a, 4, sizeof(*argv));

	for (uint32_t n = dice_roll(d, 4); n; n--)
		argv[x->argc++] = PICK(d, words);
	x->requested = op->path;
	x->argv = argv;
	x->cwd = PICK(d, paths);
	x->system_file = dice_roll(d, 2);
	x->standard_path = x->system_file && dice_roll(d, 2);
	op->exec = x;
}

static void net(struct dice *d, struct tn_arena *a, struct tnp_op *op)
{
	static const uint16_t ports[] = { 80, 443, 8080, 8443, 22 };
	static const uint8_t ips[][4] = { { 127, 0, 0, 1 }, { 10, 0, 0, 1 }, { 93, 184, 216, 34 }, { 192, 168, 1, 1 } };
	struct tnp_net *n = tn_arena_alloc(a, sizeof(*n));
	struct tn_str *names = tn_arena_array(a, 2, sizeof(*names));

	memcpy(n->ip, ips[dice_roll(d, COUNT(ips))], 4);
	n->port = op->kind == TNP_RESOLVE ? 0 : ports[dice_roll(d, COUNT(ports))];
	for (uint32_t k = dice_roll(d, 3); k || (op->kind == TNP_RESOLVE && !n->nnames); k -= k > 0)
		names[n->nnames++] = PICK(d, hosts);
	n->names = names;
	op->net = n;
}

void sample_op(struct dice *d, struct tn_arena *a, const tn_grant *about, struct tnp_op *op)
{
	*op = (struct tnp_op){ .kind = (enum tnp_kind)dice_roll(d, TNP_NKINDS), .is_dir = dice_roll(d, 4) == 0, .over = dice_roll(d, 2) };
	/* renames are where rules meet */
	if (dice_roll(d, 4) == 0)
		op->kind = TNP_RENAME;
	op->path = path_for(d, a, about);
	op->path2 = path_for(d, a, about);
	if (op->kind == TNP_EXEC)
		exec(d, a, op);
	if (op->kind == TNP_CONNECT || op->kind == TNP_RESOLVE || op->kind == TNP_LISTEN)
		net(d, a, op);
}
