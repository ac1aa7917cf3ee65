/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MUST be root's alone: whoever may write it says whom everybody trusts.
 * MUST NOT skip what it does not know: an administrator's wish that is ignored is a weaker policy.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <policy/json.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CONFIG_TEXT_MAX = 1 << 20 };

static _Noreturn void wrong(const char *why)
{
	die(TN_E_CONFIG, CONFIG_FILE ": %s", why);
}

static const char *text_of(struct ctx *c, const struct tn_value *v)
{
	if (v->type != TN_V_TEXT || v->s.n == 0 || memchr(v->s.p, 0, v->s.n))
		wrong("a value that must be text is not");
	return xprintf(c, "%.*s", (int)v->s.n, v->s.p);
}

static void set_roots(struct ctx *c, const struct tn_value *v, struct config *g)
{
	if (v->type != TN_V_LIST)
		wrong("trusted_roots is not a list");
	struct tn_pub *roots = xalloc(c, (v->list.n + 1) * sizeof(*roots));
	for (size_t i = 0; i < v->list.n; i++) {
		const char *text = text_of(c, &v->list.v[i]);
		if (tn_pub_parse(text, strlen(text), &roots[i], &c->err) != TN_OK)
			wrong("an entry of trusted_roots is not a public key");
	}
	g->roots = roots;
	g->nroots = v->list.n;
	g->has_roots = true;
}

static void set_mode(struct ctx *c, const struct tn_value *v, struct config *g)
{
	g->has_mode = true;
	if (!tnp_mode_parse(tn_cstr(text_of(c, v)), &g->mode))
		wrong("mode is none of enforce, audit, permissive");
}

static void set_level(struct ctx *c, const struct tn_value *v, struct config *g)
{
	(void)c;
	if (v->type != TN_V_INT || v->i < 0 || v->i > 3)
		wrong("level is none of 0, 1, 2, 3");
	if (v->i > 1)
		die(TN_E_NOT_YET, CONFIG_FILE ": level %d %s", (int)v->i, later_words());
	g->level = (int)v->i;
}

static void set_policy(struct ctx *c, const struct tn_value *v, struct config *g)
{
	g->policy = text_of(c, v);
}

static void set_log(struct ctx *c, const struct tn_value *v, struct config *g)
{
	g->log = text_of(c, v);
}

static void set_dev_mode(struct ctx *c, const struct tn_value *v, struct config *g)
{
	(void)c;
	if (v->type != TN_V_BOOL)
		wrong("dev_mode is neither true nor false");
	g->no_dev_mode = !v->b;
}

static void set_proof(struct ctx *c, const struct tn_value *v, struct config *g)
{
	(void)c;
	(void)g;
	if (v->type != TN_V_BOOL)
		wrong("require_holder_proof is neither true nor false");
	if (v->b)
		die(TN_E_NOT_YET, CONFIG_FILE ": require_holder_proof %s", later_words());
}

static void set_revocation(struct ctx *c, const struct tn_value *v, struct config *g)
{
	(void)c;
	(void)v;
	(void)g;
	die(TN_E_NOT_YET, CONFIG_FILE ": revocation_list %s", later_words());
}

static const struct {
	const char *key;
	void (*set)(struct ctx *c, const struct tn_value *v, struct config *g);
} keys[] = {
    {"trusted_roots", set_roots},
    {"mode", set_mode},
    {"level", set_level},
    {"policy", set_policy},
    {"log", set_log},
    {"dev_mode", set_dev_mode},
    {"require_holder_proof", set_proof},
    {"revocation_list", set_revocation},
};

static void set(struct ctx *c, const struct tn_pair *p, struct config *g)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		if (tn_str_eq(p->key, tn_cstr(keys[i].key))) {
			keys[i].set(c, &p->val, g);
			return;
		}
	}
	die(TN_E_CONFIG, CONFIG_FILE ": there is no setting \"%s\"", safe(c, p->key));
}

static void parse(struct ctx *c, const char *text, size_t n, struct config *g)
{
	struct cJSON *doc = NULL;
	struct tn_value v;
	if (tnp_json_parse(text, n, &doc, &c->err) != TN_OK ||
	    tnp_json_value(doc, &c->arena, &v, &c->err) != TN_OK)
		die_err(&c->err, CONFIG_FILE);
	tnp_json_free(doc);
	if (v.type != TN_V_MAP)
		wrong("it is not a JSON object");
	for (size_t i = 0; i < v.map.n; i++)
		set(c, &v.map.v[i], g);
}

/* The file, and the directory it lies in: either would let somebody else put another file there. */
static bool roots_alone(const struct stat *st)
{
	return st->st_uid == 0 && (st->st_mode & 022) == 0;
}

static int open_checked(void)
{
	struct stat dir, file;
	int d = open("/etc/tenuo-shim", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (d < 0 && errno == ENOENT)
		return -1;
	int fd =
	    d < 0 ? -1 : openat(d, "config.json", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && d >= 0 && errno == ENOENT) {
		close(d);
		return -1;
	}
	if (fd < 0 || fstat(d, &dir) || fstat(fd, &file))
		die_sys("cannot open " CONFIG_FILE);
	if (!S_ISREG(file.st_mode) || !roots_alone(&file) || !roots_alone(&dir))
		wrong("only root may be able to write it and its directory");
	close(d);
	return fd;
}

const struct config *config_get(struct ctx *c)
{
	static struct config g = {.level = -1};
	static bool read_once;
	if (read_once)
		return &g;
	read_once = true;
	int fd = open_checked();
	if (fd < 0)
		return &g;
	char *text = xalloc(c, CONFIG_TEXT_MAX + 1);
	size_t n = 0;
	for (ssize_t got;
	     n <= CONFIG_TEXT_MAX && (got = read(fd, text + n, CONFIG_TEXT_MAX + 1 - n)) != 0;
	     n += (size_t)got) {
		if (got < 0)
			die_sys("cannot read " CONFIG_FILE);
	}
	close(fd);
	if (n > CONFIG_TEXT_MAX)
		wrong("it is too large");
	g.present = true;
	parse(c, text, n, &g);
	return &g;
}
