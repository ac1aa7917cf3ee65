/* SPDX-License-Identifier: Apache-2.0 */
#include "operation.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <shim/elf.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

static struct tn_str str(const char *s)
{
	return (struct tn_str){s, strlen(s)};
}

/* ---------------------------------------------------------------- paths */
static const char *absolute(struct ctx *c, const char *path)
{
	char cwd[PATH_MAX];
	if (!*path)
		die(TN_E_BAD_OBJECT, "the path is empty");
	if (strlen(path) >= PATH_MAX)
		die(TN_E_BAD_OBJECT, "the path is longer than %d bytes", PATH_MAX - 1);
	if (*path == '/')
		return path;
	if (!getcwd(cwd, sizeof(cwd)))
		die_sys("cannot say where %s is", safe(c, tn_cstr(path)));
	return xprintf(c, "%s/%s", cwd, path);
}

static const char *resolve(struct ctx *c, const char *path, bool *is_dir)
{
	char out[PATH_MAX];
	*is_dir = false;
	if (tns_resolve_at(AT_FDCWD, path, out, sizeof(out), is_dir) <= 0)
		return NULL;
	return xprintf(c, "%s", out);
}

/*
 * A name that does not exist: the parent as the kernel resolves it, and the last component.  If the
 * parent is missing too, its parent, and so on: the kernel would say ENOENT, but the question
 * "would it be allowed" still has an answer.
 */
static const char *resolve_new(struct ctx *c, const char *path)
{
	bool dir;
	char *copy = tn_arena_dup(&c->arena, path, strlen(path));
	size_t n = strlen(path);
	if (!copy)
		die(TN_E_NO_MEMORY, "not enough memory");
	while (n > 1 && copy[n - 1] == '/')
		copy[--n] = '\0';
	char *slash = strrchr(copy, '/');
	const char *last = slash + 1;
	if (strcmp(last, ".") == 0 || strcmp(last, "..") == 0)
		die(TN_E_BAD_OBJECT, "%s does not exist and cannot be made",
		    safe(c, tn_cstr(path)));
	const char *dirname = slash == copy ? "/" : xprintf(c, "%.*s", (int)(slash - copy), copy);
	const char *parent = resolve(c, dirname, &dir);
	if (!parent)
		parent = resolve_new(c, dirname);
	return xprintf(c, "%s/%s", strcmp(parent, "/") == 0 ? "" : parent, last);
}

static const char *object(struct ctx *c, const char *path, bool *is_dir)
{
	const char *full = absolute(c, path);
	const char *is = resolve(c, full, is_dir);
	return is ? is : resolve_new(c, full);
}

/* unlink, rename and link act on the name itself, not on what a link there points to */
static const char *entry(struct ctx *c, const char *path, bool *is_dir)
{
	struct stat st;
	const char *full = absolute(c, path);
	*is_dir = lstat(full, &st) == 0 && S_ISDIR(st.st_mode);
	return *is_dir ? object(c, path, is_dir) : resolve_new(c, full);
}

static void read_path(struct ctx *c, struct operation *o)
{
	opt_operands(c, 1, 1, "the path");
	o->object = object(c, c->args.rest[0], &o->op.is_dir);
	o->op.path = str(o->object);
}

static void read_entry(struct ctx *c, struct operation *o)
{
	opt_operands(c, 1, 1, "the path");
	o->object = entry(c, c->args.rest[0], &o->op.is_dir);
	o->op.path = str(o->object);
}

static void read_two(struct ctx *c, struct operation *o)
{
	bool dir;
	struct stat st;
	opt_operands(c, 2, 2, "the new path");
	o->object = entry(c, c->args.rest[0], &o->op.is_dir);
	o->object2 = entry(c, c->args.rest[1], &dir);
	o->op.path = str(o->object);
	o->op.path2 = str(o->object2);
	o->op.over = lstat(o->object2, &st) == 0;
}

/* ---------------------------------------------------------------- exec */
static const char *search(struct ctx *c, const char *name)
{
	const char *path = getenv("PATH");
	if (strchr(name, '/'))
		return absolute(c, name);
	char *list = tn_arena_dup(&c->arena, path ? path : "", path ? strlen(path) : 0),
	     *save = NULL;
	for (char *dir = list ? strtok_r(list, ":", &save) : NULL; dir;
	     dir = strtok_r(NULL, ":", &save)) {
		const char *full = xprintf(c, "%s/%s", dir, name);
		if (access(full, X_OK) == 0)
			return absolute(c, full);
	}
	die(TN_E_SYSTEM, "there is no program %s in PATH", safe(c, tn_cstr(name)));
}

/* "git status" as one operand: words as a shell splits them, quotes understood, nothing expanded.
 */
static size_t split(char *line, const char **word, size_t max)
{
	size_t n = 0;
	char *in = line;
	while (n < max) {
		in += strspn(in, " \t\n");
		if (!*in)
			break;
		char *out = in, quote = 0;
		word[n++] = in;
		for (; *in && (quote || !strchr(" \t\n", *in)); in++) {
			if (quote ? *in == quote : (*in == '\'' || *in == '"')) {
				quote = quote ? 0 : *in;
				continue;
			}
			if (*in == '\\' && quote != '\'' && in[1])
				in++;
			*out++ = *in;
		}
		in += *in ? 1 : 0;
		*out = '\0';
	}
	return n;
}

static void words(struct ctx *c, const char ***argv, size_t *argc)
{
	enum { WORDS_MAX = 256 };
	const char *first;
	opt_operands(c, 1, SIZE_MAX, "the command");
	*argv = c->args.rest;
	*argc = c->args.nrest;
	first = c->args.rest[0];
	if (*argc > 1 || !strpbrk(first, " \t\n") || access(first, F_OK) == 0)
		return;
	*argv = xalloc(c, WORDS_MAX * sizeof(**argv));
	*argc = split(tn_arena_dup(&c->arena, first, strlen(first)), *argv, WORDS_MAX);
	if (*argc == 0)
		die(TN_E_BAD_OBJECT, "the command is empty");
}

static void read_exec(struct ctx *c, struct operation *o)
{
	const char **argv;
	char cwd[PATH_MAX];
	size_t argc;
	bool dir;
	words(c, &argv, &argc);
	const char *requested = search(c, argv[0]);
	struct tn_str *v = xalloc(c, argc * sizeof(*v));
	for (size_t i = 0; i < argc; i++)
		v[i] = str(argv[i]);
	o->object = resolve(c, requested, &dir);
	if (!o->object)
		die(TN_E_SYSTEM, "there is no program %s", safe(c, tn_cstr(requested)));
	o->exec =
	    (struct tnp_exec){.requested = str(requested),
			      .argv = v,
			      .argc = argc,
			      .system_file = tns_system_file(o->object),
			      .standard_path = tns_standard_path(AT_FDCWD, requested, o->object)};
	if (getcwd(cwd, sizeof(cwd)))
		o->exec.cwd = str(xprintf(c, "%s", cwd));
	o->op.path = str(o->object);
	o->op.exec = &o->exec;
}

/* ---------------------------------------------------------------- network */
struct target {
	char host[256];
	uint16_t port;
};

static uint16_t port_number(struct ctx *c, const char *text)
{
	char *end;
	errno = 0;
	unsigned long n = strtoul(text, &end, 10);
	if (errno || end == text || *end || *text == '-' || *text == '+' || n < 1 || n > 65535)
		die(TN_E_BAD_OBJECT, "%s is not a port", safe(c, tn_cstr(text)));
	return (uint16_t)n;
}

/* https://user@HOST[:PORT]/path, HOST:PORT, [v6]:PORT.  default_port 0: one must be given. */
static void target(struct ctx *c, const char *text, uint16_t default_port, struct target *t)
{
	const char *scheme = strstr(text, "://");
	if (scheme) {
		size_t n = (size_t)(scheme - text);
		if (n == 5 && strncasecmp(text, "https", n) == 0)
			default_port = 443;
		else if (n == 4 && strncasecmp(text, "http", n) == 0)
			default_port = 80;
		text = scheme + 3;
	}
	const char *authority = xprintf(c, "%.*s", (int)strcspn(text, "/?#"), text);
	const char *at = strrchr(authority, '@');
	const char *host = at ? at + 1 : authority;
	const char *after = host + strcspn(host, ":");
	size_t n = (size_t)(after - host);
	if (*host == '[') {
		after = strchr(host, ']');
		if (!after)
			die(TN_E_BAD_OBJECT, "an IPv6 address is written [ADDRESS]:PORT");
		n = (size_t)(++after - ++host) - 1;
	}
	if (n == 0 || n >= sizeof(t->host) || (*after && *after != ':'))
		die(TN_E_BAD_OBJECT, "%s names no host", safe(c, tn_cstr(text)));
	for (size_t i = 0; i < n; i++)
		t->host[i] = (char)(host[i] >= 'A' && host[i] <= 'Z' ? host[i] + 32 : host[i]);
	t->host[n] = '\0';
	t->port = *after ? port_number(c, after + 1) : default_port;
	if (!t->port)
		die(TN_E_BAD_OBJECT, "%s names no port", safe(c, tn_cstr(text)));
}

static bool literal(const char *host, struct tnp_net *net)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	if (inet_pton(AF_INET, host, net->ip) == 1)
		return true;
	if (inet_pton(AF_INET6, host, net->ip) != 1)
		return false;
	net->ip6 = memcmp(net->ip, mapped, sizeof(mapped)) != 0;
	if (!net->ip6)
		memmove(net->ip, net->ip + 12, 4);
	return true;
}

/*
 * A name is judged as if it stood for an ordinary public address: `explain` asks no resolver, so
 * that its answer is the same everywhere.  The address is one that no blocked range contains.
 */
static void address(struct operation *o, const char *host)
{
	static const uint8_t ordinary[4] = {1, 1, 1, 1};
	if (literal(host, &o->net))
		return;
	memcpy(o->net.ip, ordinary, sizeof(ordinary));
	o->name = str(host);
	o->net.names = &o->name;
	o->net.nnames = 1;
}

static void read_connect(struct ctx *c, struct operation *o)
{
	struct target *t = xalloc(c, sizeof(*t));
	opt_operands(c, 1, 1, "the URL");
	target(c, c->args.rest[0], 0, t);
	address(o, t->host);
	o->net.port = t->port;
	o->op.net = &o->net;
	o->object = xprintf(c, strchr(t->host, ':') ? "[%s]:%u" : "%s:%u", t->host, t->port);
}

static void read_resolve(struct ctx *c, struct operation *o)
{
	struct target *t = xalloc(c, sizeof(*t));
	opt_operands(c, 1, 1, "the host name");
	target(c, c->args.rest[0], 1, t);
	address(o, t->host);
	o->op.net = &o->net;
	o->object = t->host;
}

static void read_listen(struct ctx *c, struct operation *o)
{
	struct target *t = xalloc(c, sizeof(*t));
	opt_operands(c, 1, 1, "the address");
	target(c, c->args.rest[0], 0, t);
	if (!literal(t->host, &o->net))
		die(TN_E_BAD_OBJECT, "%s is not an address; listen takes ADDRESS:PORT",
		    safe(c, tn_cstr(t->host)));
	o->net.port = t->port;
	o->op.net = &o->net;
	o->object = xprintf(c, strchr(t->host, ':') ? "[%s]:%u" : "%s:%u", t->host, t->port);
}

static void (*const readers[TNP_NKINDS])(struct ctx *c, struct operation *o) = {
    [TNP_READ] = read_path,	  [TNP_LIST] = read_path,     [TNP_CREATE] = read_entry,
    [TNP_WRITE] = read_path,	  [TNP_APPEND] = read_path,   [TNP_MKDIR] = read_entry,
    [TNP_METADATA] = read_path,	  [TNP_DELETE] = read_entry,  [TNP_RENAME] = read_two,
    [TNP_LINK] = read_two,	  [TNP_EXEC] = read_exec,     [TNP_CONNECT] = read_connect,
    [TNP_RESOLVE] = read_resolve, [TNP_LISTEN] = read_listen, [TNP_UNIX] = read_path,
};

void operation_read(struct ctx *c, const char *kind, struct operation *o)
{
	*o = (struct operation){0};
	if (!tnp_kind_parse(tn_cstr(kind), &o->op.kind))
		die(TN_E_USAGE, "--op is one of " OPERATION_LIST);
	readers[o->op.kind](c, o);
}
