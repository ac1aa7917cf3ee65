/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program's environment.  MUST NOT: carry any TENUO variable: keys and tokens are not the program's, and the rest is not read
 * inside a session, so leaving it would only mislead.
 */
#include <string.h>
#include <unistd.h>
#include <shim/session.h>
#include <tn_fail.h>
#include "launcher.h"

extern char **environ;

static bool is_name(const char *entry, const char *name)
{
	size_t n = strlen(name);

	return strncmp(entry, name, n) == 0 && entry[n] == '=';
}

static const char *value_of(const char *name)
{
	for (char **v = environ; v && *v; v++)
		if (is_name(*v, name))
			return *v + strlen(name) + 1;
	return NULL;
}

static bool is_ours(const char *entry)
{
	return strncmp(entry, "TENUO_", 6) == 0;
}

/* ISSUER_KEY, HOLDER_KEY, SIGNING_KEY, KEY_*, ROOT_KEY, API_KEY, CONNECT_TOKEN: a name that holds one of the words and is no file's. */
static bool is_secret(const char *entry)
{
	char name[128];
	size_t n = strcspn(entry, "=");

	if (!is_ours(entry) || n >= sizeof(name))
		return is_ours(entry);
	memcpy(name, entry, n);
	name[n] = 0;
	if (n > 5 && strcmp(name + n - 5, "_FILE") == 0)
		return false;
	return strstr(name, "KEY") || strstr(name, "TOKEN") || strstr(name, "SECRET");
}

void tns_env_wipe(void)
{
	for (char **v = environ; v && *v; v++)
		if (is_secret(*v)) {
			char *value = strchr(*v, '=');

			if (value)
				explicit_bzero(value + 1, strlen(value + 1));
		}
}

struct out { char **v; size_t n; struct tn_arena *a; bool failed; };

static void put(struct out *o, const char *name, const char *first, const char *between, const char *second)
{
	size_t n = strlen(name) + strlen(first) + strlen(between) + strlen(second) + 2;
	char *p = tn_arena_alloc(o->a, n);

	if (!p) {
		o->failed = true;
		return;
	}
	/* not tn_fmt: the environment is bytes, and tn_fmt escapes what is not text */
	char *end = stpcpy(stpcpy(p, name), "=");

	stpcpy(stpcpy(stpcpy(end, first), between), second);
	o->v[o->n++] = p;
}

/* Set in front of what is there: our library before another one, a version manager's real directory before its shims. */
static void put_front(struct out *o, const char *name, const char *front)
{
	const char *old = value_of(name);

	put(o, name, front, old && *old ? ":" : "", old ? old : "");
}

static const char *const TMP_NAMES[] = { "TMPDIR", "TMP", "TEMP" };

static bool replaced(const struct tns_job *j, const char *entry)
{
	if (is_ours(entry) || (j->preload && is_name(entry, "LD_PRELOAD")) || (j->launch.path_front && is_name(entry, "PATH")))
		return true;
	for (size_t i = 0; j->places.tmp[0] && i < 3; i++)
		if (is_name(entry, TMP_NAMES[i]))
			return true;
	return false;
}

/* The operator may have put our library there already. */
static void put_preload(struct out *o, const struct tns_job *j)
{
	const char *old = value_of("LD_PRELOAD");

	if (old && strstr(old, j->r->library))
		put(o, "LD_PRELOAD", old, "", "");
	else
		put_front(o, "LD_PRELOAD", j->r->library);
}

static void put_tmp(struct out *o, const struct tns_job *j)
{
	put(o, "TMPDIR", j->places.tmp, "", "");
	for (size_t i = 1; i < 3; i++)
		if (value_of(TMP_NAMES[i]))
			put(o, TMP_NAMES[i], j->places.tmp, "", "");
}

enum tn_code tns_env_make(struct tns_job *j, struct tn_err *e)
{
	size_t n = 0;
	struct out o = { .a = &j->a };

	while (environ && environ[n])
		n++;
	o.v = tn_arena_array(&j->a, n + 8, sizeof(*o.v));
	if (!o.v)
		return tn_fail(e, TN_E_NO_MEMORY, "out of memory");
	for (size_t i = 0; i < n; i++)
		if (!replaced(j, environ[i]))
			o.v[o.n++] = environ[i];
	if (j->preload)
		put_preload(&o, j);
	if (j->launch.path_front)
		put_front(&o, "PATH", j->launch.path_front);
	if (j->places.tmp[0])
		put_tmp(&o, j);
	if (j->level == 0)
		put(&o, TNS_ENV_SESSION, j->places.hex, "", "");
	j->env = o.v;
	return o.failed ? tn_fail(e, TN_E_NO_MEMORY, "out of memory") : TN_OK;
}
