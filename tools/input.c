/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the command is given: tokens, keys, roots, JSON.
 * MUST NOT echo key text, not even of a key that cannot be read: it may be a good key of the wrong
 * kind.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <policy/json.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <tn_fail.h>
#include <unistd.h>

enum {
	TOKEN_TEXT_MAX = 1 << 20, /* a stack of 256 KiB in PEM with room to spare */
	JSON_TEXT_MAX = 4 << 20,
	KEY_TEXT_MAX = 4096,
};

/* ---------------------------------------------------------------- bytes */
static int open_input(const char *path)
{
	if (strcmp(path, "-") == 0)
		return STDIN_FILENO;
	return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
}

/* Reads to the end or to one byte more than limit, which tells "too long". -1: errno. */
static ssize_t read_upto(int fd, char *buf, size_t limit)
{
	size_t have = 0;
	while (have <= limit) {
		ssize_t got = read(fd, buf + have, limit + 1 - have);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		have += (size_t)got;
	}
	return (ssize_t)have;
}

enum tn_code read_try(struct ctx *c, const char *path, size_t limit, struct text *out)
{
	const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
	int fd = open_input(path);
	if (fd < 0)
		return tn_fail(&c->err, TN_E_SYSTEM, "cannot open %s: %s", name, strerror(errno));
	char *buf = xalloc(c, limit + 2);
	ssize_t n = read_upto(fd, buf, limit);
	int cause = errno;
	if (fd != STDIN_FILENO)
		close(fd);
	if (n < 0)
		return tn_fail(&c->err, TN_E_SYSTEM, "cannot read %s: %s", name, strerror(cause));
	if ((size_t)n > limit)
		return tn_fail(&c->err, TN_E_TOO_LARGE, "%s is larger than %zu bytes", name, limit);
	*out = (struct text){buf, (size_t)n};
	return TN_OK;
}

struct text read_all(struct ctx *c, const char *path, size_t limit)
{
	struct text t = {0};
	if (read_try(c, path, limit, &t) != TN_OK)
		die(c->err.code, "%s", c->err.msg);
	return t;
}

static bool exists(const char *path)
{
	struct stat st;
	return *path && stat(path, &st) == 0;
}

/* ---------------------------------------------------------------- tokens */
/* A short word that is no file is far more likely a mistyped path than a token: the smallest
 * warrant has 300 characters. */
static bool looks_like_token(const char *w)
{
	return strlen(w) >= 100 || strncmp(w, "-----BEGIN ", 11) == 0;
}

static enum tn_code token_try(struct ctx *c, const char *w, struct token *t)
{
	if (strcmp(w, "-") == 0 || exists(w)) {
		t->origin = strcmp(w, "-") == 0 ? "standard input" : safe(c, tn_cstr(w));
		t->file = strcmp(w, "-") == 0 ? NULL : w;
		return read_try(c, w, TOKEN_TEXT_MAX, &t->text);
	}
	if (!*w)
		return tn_fail(&c->err, TN_E_NO_WARRANT, "the warrant is empty");
	if (!looks_like_token(w) && (errno == ENOENT || errno == ENOTDIR))
		return tn_fail(&c->err, TN_E_SYSTEM,
			       "there is no file %s, and it is not a warrant itself", w);
	if (!looks_like_token(w))
		return tn_fail(&c->err, TN_E_SYSTEM, "cannot read %s: %s", w, strerror(errno));
	*t = (struct token){{w, strlen(w)}, "the command line", NULL};
	return TN_OK;
}

struct token token_read(struct ctx *c, const char *w)
{
	struct token t = {0};
	if (token_try(c, w, &t) != TN_OK)
		die(c->err.code, "%s", c->err.msg);
	return t;
}

enum tn_code token_look(struct ctx *c, const char *w, struct token *t)
{
	const char *env = getenv("TENUO_WARRANT"), *file = getenv("TENUO_WARRANT_FILE");
	*t = (struct token){0};
	if (w)
		return token_try(c, w, t);
	if (env && *env) {
		*t = (struct token){{env, strlen(env)}, "TENUO_WARRANT", NULL};
		return TN_OK;
	}
	if (file && *file) {
		*t = (struct token){{NULL, 0}, "TENUO_WARRANT_FILE", file};
		return read_try(c, file, TOKEN_TEXT_MAX, &t->text);
	}
	return tn_fail(&c->err, TN_E_NO_WARRANT, "there is no warrant");
}

struct token token_find(struct ctx *c, const char *w, const char *how)
{
	struct token t;
	enum tn_code code = token_look(c, w, &t);
	if (code == TN_E_NO_WARRANT && !w)
		die(code, "there is no warrant: %s, or set TENUO_WARRANT or TENUO_WARRANT_FILE",
		    how);
	if (code != TN_OK)
		die(code, "%s", c->err.msg);
	return t;
}

enum tn_code token_chain(struct ctx *c, const struct token *t, struct chain *ch)
{
	return tn_token_decode(t->text.p, t->text.n, &c->arena, &ch->links, &ch->n, &c->err);
}

/* ---------------------------------------------------------------- keys */
struct secret_text {
	char buf[KEY_TEXT_MAX + 2];
	size_t n;
};

static void wipe(void *p, size_t n)
{
	memset(p, 0, n);
	__asm__ volatile(""
			 :
			 : "r"(p)
			 : "memory"); /* the memory is not read again: keep the store */
}

/* Best effort: a small RLIMIT_MEMLOCK must not stop an unprivileged user. */
static void lock_memory(void *p, size_t n)
{
	if (mlock(p, n))
		errno = 0;
}

static struct tn_key the_key;
static int dumpable_before = -1;

struct tn_key *key_memory(void)
{
	lock_memory(&the_key, sizeof(the_key));
	if (dumpable_before < 0)
		dumpable_before = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
	prctl(PR_SET_DUMPABLE, 0, 0, 0,
	      0); /* no core dump and no debugger of the same user sees the key */
	return &the_key;
}

void key_forget(void)
{
	tn_key_wipe(&the_key);
	if (dumpable_before == 1)
		prctl(PR_SET_DUMPABLE, 1, 0, 0,
		      0); /* the launcher's own /proc must be its own again */
	dumpable_before = -1;
}

static struct secret_text *secret_memory(void)
{
	static struct secret_text text;
	lock_memory(&text, sizeof(text));
	return &text;
}

static void check_owner_only(int fd, const char *what, bool is_public)
{
	struct stat st;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return;
	/*
	 * keygen's file and a public key look alike: 32 bytes of base64.  A warrant carries its
	 * holder's key in the clear, so a secret taken for a public key would be published; only
	 * the mode tells them apart.
	 */
	if (is_public && (st.st_mode & 077) == 0)
		die(TN_E_BAD_KEY,
		    "%s: only its owner may read that file, so it looks like a secret key; if it "
		    "is a public key, "
		    "make the file readable or give its text",
		    what);
	if (!is_public && (st.st_mode & 07) != 0)
		note("warning: %s: everybody may read that key file", what);
}

static void key_text(struct ctx *c, const char *what, const char *arg, bool is_public,
		     struct secret_text *out)
{
	if (strcmp(arg, "-") != 0 && !exists(arg)) {
		out->n = strlen(arg);
		if (out->n > KEY_TEXT_MAX)
			die(TN_E_BAD_KEY, "%s: that is too long for a key", what);
		memcpy(out->buf, arg, out->n);
		return;
	}
	int fd = open_input(arg);
	if (fd < 0)
		die_sys("%s: cannot open %s", what, safe(c, tn_cstr(arg)));
	check_owner_only(fd, what, is_public);
	ssize_t n = read_upto(fd, out->buf, KEY_TEXT_MAX);
	if (n < 0)
		die_sys("%s: cannot read %s", what, safe(c, tn_cstr(arg)));
	if (n > KEY_TEXT_MAX)
		die(TN_E_BAD_KEY, "%s: that file is too long for a key", what);
	out->n = (size_t)n;
	if (fd != STDIN_FILENO)
		close(fd);
}

/* Key text on a command line shows in `ps`; once read it has no business staying there. */
static void wipe_argument(const char *arg)
{
	char *p;
	memcpy(&p, &arg, sizeof(p)); /* argv's own memory, writable by the C standard */
	if (!exists(arg) && strcmp(arg, "-") != 0)
		wipe(p, strlen(p));
}

void key_read(struct ctx *c, const char *what, const char *arg, struct tn_key *k)
{
	struct secret_text *t = secret_memory();
	key_text(c, what, arg, false, t);
	enum tn_code code = tn_key_parse(t->buf, t->n, k, &c->err);
	wipe(t, sizeof(*t));
	wipe_argument(arg);
	if (code != TN_OK)
		die(TN_E_BAD_KEY,
		    "%s is neither a usable secret key (base64, base64url, hex, PEM) nor a file "
		    "with one",
		    what);
}

void pub_read(struct ctx *c, const char *what, const char *arg, struct tn_pub *p)
{
	struct secret_text *t = secret_memory();
	key_text(c, what, arg, true, t);
	enum tn_code code = tn_pub_parse(t->buf, t->n, p, &c->err);
	wipe(t, sizeof(*t));
	if (code != TN_OK)
		die(TN_E_BAD_KEY,
		    "%s is neither a usable public key (base64, base64url, hex, PEM) nor a file "
		    "with one",
		    what);
}

/* ---------------------------------------------------------------- trusted roots */
static void trust_add(struct ctx *c, struct trust *t, const char *what, const char *text)
{
	struct tn_pub *bigger = xalloc(c, (t->n + 1) * sizeof(*bigger));
	if (t->n)
		memcpy(bigger, t->roots, t->n * sizeof(*bigger));
	t->roots = bigger;
	pub_read(c, what, text, &t->roots[t->n]);
	t->n++;
}

/* "a, b,,c": blanks and empty items mean nothing, as upstream reads it */
static void trust_env(struct ctx *c, struct trust *t, const char *env)
{
	char *list = tn_arena_dup(&c->arena, env, strlen(env)), *save = NULL;
	if (!list)
		die(TN_E_NO_MEMORY, "not enough memory");
	for (char *item = strtok_r(list, ", \t\n", &save); item;
	     item = strtok_r(NULL, ", \t\n", &save))
		trust_add(c, t, "an entry of TENUO_TRUSTED_ROOTS", item);
	t->origin = "TENUO_TRUSTED_ROOTS";
}

static bool env_true(const char *name)
{
	const char *v = getenv(name);
	return v &&
	       (strcmp(v, "1") == 0 || strcasecmp(v, "true") == 0 || strcasecmp(v, "yes") == 0);
}

static void trust_dev(struct ctx *c, struct trust *t)
{
	const char *env = getenv("TENUO_ISSUER_KEY");
	if (!env_true("TENUO_DEV_MODE") || !env || !*env)
		return;
	if (config_get(c)->no_dev_mode)
		die(TN_E_CONFIG, "TENUO_DEV_MODE: " CONFIG_FILE " does not allow it");
	struct tn_key *k = key_memory();
	key_read(c, "TENUO_ISSUER_KEY", env, k);
	t->roots = xalloc(c, sizeof(*t->roots));
	t->roots[0] = k->pub;
	t->n = 1;
	t->dev = true;
	t->origin = "TENUO_DEV_MODE: the public half of TENUO_ISSUER_KEY";
	key_forget();
}

/* The configuration's roots are all there are; what was asked for can only choose among them. */
static void trust_narrow(struct ctx *c, struct trust *t)
{
	const struct config *g = config_get(c);
	struct tn_pub *kept = xalloc(c, (g->nroots + 1) * sizeof(*kept));
	size_t n = 0;
	for (size_t i = 0; i < g->nroots; i++) {
		bool asked = !t->origin;
		for (size_t k = 0; k < t->n; k++)
			asked |= memcmp(t->roots[k].b, g->roots[i].b, sizeof(kept->b)) == 0;
		if (asked)
			kept[n++] = g->roots[i];
	}
	t->roots = kept;
	t->n = n;
	t->origin = t->origin ? xprintf(c, "%s within " CONFIG_FILE, t->origin) : CONFIG_FILE;
}

static void trust_asked(struct ctx *c, struct optvals roots, struct trust *t)
{
	const char *env = getenv("TENUO_TRUSTED_ROOTS");
	for (size_t i = 0; i < roots.n; i++)
		trust_add(c, t, "--root", roots.v[i]);
	if (roots.n)
		t->origin = "--root";
	else if (env && *env)
		trust_env(c, t, env);
}

void trust_find(struct ctx *c, struct optvals roots, struct trust *t)
{
	*t = (struct trust){0};
	/* A list that is not looked at would be a weaker policy than the one that was asked for. */
	if (getenv("TENUO_REVOCATION_LIST") && *getenv("TENUO_REVOCATION_LIST"))
		die(TN_E_NOT_YET, "TENUO_REVOCATION_LIST %s; unset it", later_words());
	trust_asked(c, roots, t);
	if (config_get(c)->has_roots)
		trust_narrow(c, t);
	else if (t->n == 0)
		trust_dev(c, t);
	if (t->dev)
		note("development mode: the issuer key of the environment is trusted as a root");
}

void trust_assume(struct ctx *c, const struct chain *ch, struct trust *t)
{
	t->roots = xalloc(c, sizeof(*t->roots));
	memcpy(t->roots[0].b, ch->links[0]->issuer, sizeof(t->roots[0].b));
	t->n = 1;
	t->origin = "assumed: the warrant's own issuer";
}

/* ---------------------------------------------------------------- JSON */
struct text json_read(struct ctx *c, const char *arg)
{
	const char *p = arg + strspn(arg, " \t\r\n");
	if (*p == '{' || *p == '[')
		return (struct text){arg, strlen(arg)};
	if (strcmp(arg, "-") != 0 && !exists(arg))
		die(TN_E_JSON, "there is no file %s, and it is not JSON itself",
		    safe(c, tn_cstr(arg)));
	return read_all(c, arg, JSON_TEXT_MAX);
}

/* ---------------------------------------------------------------- private files */
static void write_fd(int fd, const char *path, const char *temporary, const char *text, size_t n)
{
	for (size_t done = 0; done < n;) {
		ssize_t put = write(fd, text + done, n - done);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0) {
			int cause = errno;
			unlink(temporary);
			errno = cause;
			die_sys("cannot write %s", path);
		}
		done += (size_t)put;
	}
	if (fchmod(fd, 0600) || fsync(fd) || close(fd)) {
		int cause = errno;
		unlink(temporary);
		errno = cause;
		die_sys("cannot write %s", path);
	}
}

void write_private(struct ctx *c, const char *path, const char *text, size_t n)
{
	const char *name = safe(c, tn_cstr(path));
	const char *slash = strrchr(path, '/');
	struct stat st;
	/* The rename below would put a plain file where a device, a pipe or a link was. */
	if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode))
		die(TN_E_SYSTEM, "%s is not a plain file", name);
	int dir = slash ? (int)(slash - path) + 1 : 0;
	const char *fixed = xprintf(c, "%.*s.tenuo-shim-XXXXXX", dir, path);
	char *temporary = tn_arena_dup(&c->arena, fixed, strlen(fixed));
	int fd = temporary ? mkostemp(temporary, O_CLOEXEC) : -1;
	if (fd < 0)
		die_sys("cannot write %s", name);
	write_fd(fd, name, temporary, text, n);
	if (rename(temporary, path)) {
		int cause = errno;
		unlink(temporary);
		errno = cause;
		die_sys("cannot write %s", name);
	}
}
