/* SPDX-License-Identifier: Apache-2.0 */
/* The names of things, and what a plain path is. */
#include "internal.h"

#define NAMES(arr) ((const struct names){ (arr), sizeof(arr) / sizeof(*(arr)) })
struct names {
	const char *const *v;
	size_t n;
};

static const char *const kinds[TNP_NKINDS] = {
	[TNP_READ] = "read",     [TNP_LIST] = "list",         [TNP_CREATE] = "create", [TNP_WRITE] = "write",
	[TNP_APPEND] = "append", [TNP_MKDIR] = "mkdir",       [TNP_METADATA] = "metadata", [TNP_DELETE] = "delete",
	[TNP_RENAME] = "rename", [TNP_LINK] = "link",         [TNP_EXEC] = "exec",     [TNP_CONNECT] = "connect",
	[TNP_RESOLVE] = "resolve", [TNP_LISTEN] = "listen",   [TNP_UNIX] = "unix",
};
static const char *const maprows[TNP_NROWS] = {
	[TNP_ROW_READ] = "read",     [TNP_ROW_LIST] = "list",       [TNP_ROW_CREATE] = "create", [TNP_ROW_WRITE] = "write",
	[TNP_ROW_APPEND] = "append", [TNP_ROW_MKDIR] = "mkdir",     [TNP_ROW_METADATA] = "metadata",
	[TNP_ROW_DELETE] = "delete", [TNP_ROW_RMDIR] = "rmdir",     [TNP_ROW_RENAME] = "rename", [TNP_ROW_EXEC] = "exec",
	[TNP_ROW_CONNECT] = "connect", [TNP_ROW_LISTEN] = "listen", [TNP_ROW_UNIX] = "unix",
};
static const char *const ours[TNP_NOURS] = {
	[TNP_A_NONE] = "none",       [TNP_A_LITERAL] = "literal", [TNP_A_PATH] = "path",       [TNP_A_PATHS] = "paths",
	[TNP_A_SOURCE] = "source",   [TNP_A_DESTINATION] = "destination", [TNP_A_COMMAND] = "command", [TNP_A_ARGV] = "argv",
	[TNP_A_ARGS] = "args",       [TNP_A_PROGRAM] = "program", [TNP_A_CWD] = "cwd",         [TNP_A_URL] = "url",
	[TNP_A_HOST] = "host",       [TNP_A_IP] = "ip",           [TNP_A_PORT] = "port",       [TNP_A_SCHEME] = "scheme",
};
static const char *const modes[] = { [TNP_ENFORCE] = "enforce", [TNP_AUDIT] = "audit", [TNP_PERMISSIVE] = "permissive" };

static const char *name_of(struct names names, size_t i)
{
	return i < names.n ? names.v[i] : "unknown";
}

static bool parse(struct names names, struct tn_str s, size_t first, size_t *i)
{
	for (size_t k = first; k < names.n; k++) {
		if (tn_str_eq(s, tn_cstr(names.v[k]))) {
			*i = k;
			return true;
		}
	}
	return false;
}

const char *tnp_kind_name(enum tnp_kind k)
{
	return name_of(NAMES(kinds), (size_t)k);
}

bool tnp_kind_parse(struct tn_str s, enum tnp_kind *k)
{
	size_t i;

	if (!parse(NAMES(kinds), s, 0, &i))
		return false;
	*k = (enum tnp_kind)i;
	return true;
}

const char *tnp_maprow_name(enum tnp_maprow r)
{
	return name_of(NAMES(maprows), (size_t)r);
}

bool tnp_maprow_parse(struct tn_str s, enum tnp_maprow *r)
{
	size_t i;

	if (!parse(NAMES(maprows), s, 0, &i))
		return false;
	*r = (enum tnp_maprow)i;
	return true;
}

const char *tnp_ours_name(enum tnp_ours o)
{
	return name_of(NAMES(ours), (size_t)o);
}

bool tnp_ours_parse(struct tn_str s, enum tnp_ours *o)
{
	size_t i;

	if (!parse(NAMES(ours), s, TNP_A_PATH, &i)) /* a policy file cannot say none or literal here */
		return false;
	*o = (enum tnp_ours)i;
	return true;
}

const char *tnp_mode_name(enum tnp_mode m)
{
	return name_of(NAMES(modes), (size_t)m);
}

bool tnp_mode_parse(struct tn_str s, enum tnp_mode *m)
{
	char low[16];
	size_t i;

	if (s.n > sizeof(low))
		return false;
	for (i = 0; i < s.n; i++)
		low[i] = s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] - 'A' + 'a') : s.p[i];
	if (!parse(NAMES(modes), (struct tn_str){ low, s.n }, 0, &i))
		return false;
	*m = (enum tnp_mode)i;
	return true;
}

enum tnp_maprow tnp_maprow_of(enum tnp_kind k, bool is_dir)
{
	static const enum tnp_maprow rows[TNP_NKINDS] = {
		[TNP_READ] = TNP_ROW_READ,       [TNP_LIST] = TNP_ROW_LIST,     [TNP_CREATE] = TNP_ROW_CREATE,
		[TNP_WRITE] = TNP_ROW_WRITE,     [TNP_APPEND] = TNP_ROW_APPEND, [TNP_MKDIR] = TNP_ROW_MKDIR,
		[TNP_METADATA] = TNP_ROW_METADATA, [TNP_DELETE] = TNP_ROW_DELETE, [TNP_RENAME] = TNP_ROW_RENAME,
		[TNP_LINK] = TNP_ROW_NONE,       [TNP_EXEC] = TNP_ROW_EXEC,     [TNP_CONNECT] = TNP_ROW_CONNECT,
		[TNP_RESOLVE] = TNP_ROW_CONNECT, [TNP_LISTEN] = TNP_ROW_LISTEN, [TNP_UNIX] = TNP_ROW_UNIX,
	};

	if ((size_t)k >= TNP_NKINDS)
		return TNP_ROW_NONE;
	return k == TNP_DELETE && is_dir ? TNP_ROW_RMDIR : rows[k];
}

static bool plain_component(const char *p, size_t n)
{
	return n > 0 && !(n == 1 && p[0] == '.') && !(n == 2 && p[0] == '.' && p[1] == '.');
}

bool tnp_path_plain(struct tn_str path)
{
	size_t start = 1;

	if (path.n == 0 || path.n > UINT16_MAX || path.p[0] != '/')
		return false;
	if (path.n == 1)
		return true;
	for (size_t i = 1; i <= path.n; i++) {
		if (i < path.n && path.p[i] == '\0')
			return false;
		if (i < path.n && path.p[i] != '/')
			continue;
		if (!plain_component(path.p + start, i - start))
			return false;
		start = i + 1;
	}
	return true;
}

bool tnp_path_within(struct tn_str path, struct tn_str root)
{
	if (root.n == 1 && root.p[0] == '/')
		return true;
	return path.n >= root.n && memcmp(path.p, root.p, root.n) == 0 && (path.n == root.n || path.p[root.n] == '/');
}

enum tnp_mode tnp_tool_mode_of(const struct tnp_config *c, struct tn_str tool, enum tnp_mode session)
{
	for (size_t i = 0; i < c->nmodes; i++) {
		if (tn_str_eq(c->modes[i].tool, tool))
			return c->modes[i].mode;
	}
	return session;
}
