/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The session's file: everything a later process needs to decide as the launcher would, and nothing
 * it would have to look up.
 *
 *   [1, SHA-256 of body, body]
 *   body = [id, level, mode, log_level, quiet, kernel_opens, log, token, config, facts, has_resolver,
 * resolutions]
 *
 * Paths are byte strings: the kernel promises no UTF-8.  What configured paths and constraint roots
 * resolved to is recorded, so that the policy built from it is the launcher's even after somebody
 * moved a link.
 *
 * The hash is against accidents (a cut or damaged file); against the session the file is held by a
 * read-only rule.
 */
#include <string.h>
#include <policy/plan.h>
#include <tn_cbor.h>
#include <tn_chain.h>
#include <tn_crypto.h>
#include <tn_fail.h>
#include <tn_text.h>
#include "internal.h"

#define VERSION 2
#define PATH_CAP 4096

/* ---- what names resolved to ---- */

enum answer { MISSING, IS_FILE, IS_DIR, UNKNOWN };
struct entry {
	struct tn_str asked, path;
	enum answer answer;
};
struct book {
	struct entry *v;
	size_t n, cap;
	struct tn_arena *a;
	long (*resolve)(void *ctx, struct tn_str path, char *out, size_t cap, bool *is_dir);
	void *ctx;
	bool failed;
};

static const struct entry *look_up(const struct book *b, struct tn_str path)
{
	for (size_t i = 0; i < b->n; i++)
		if (tn_str_eq(b->v[i].asked, path))
			return &b->v[i];
	return NULL;
}

static struct tn_str keep(struct book *b, struct tn_str s)
{
	char *p = tn_arena_dup(b->a, s.p, s.n);

	b->failed |= !p;
	return (struct tn_str){p, p ? s.n : 0};
}

static bool room(struct book *b)
{
	if (b->n < b->cap)
		return true;
	size_t cap = b->cap ? 2 * b->cap : 128;
	struct entry *v = tn_arena_array(b->a, cap, sizeof(*v));

	if (!v) {
		b->failed = true;
		return false;
	}
	if (b->n)
		memcpy(v, b->v, b->n * sizeof(*v));
	b->v = v;
	b->cap = cap;
	return true;
}

static long answer_of(const struct entry *e, char *out, size_t cap, bool *is_dir)
{
	if (e->answer == MISSING)
		return 0;
	if (e->answer == UNKNOWN || e->path.n >= cap)
		return -1;
	memcpy(out, e->path.p, e->path.n);
	out[e->path.n] = 0;
	if (is_dir)
		*is_dir = e->answer == IS_DIR;
	return (long)e->path.n;
}

/* Asked once, remembered: the launcher's policy and its plan see the same world. */
static long record(void *ctx, struct tn_str path, char *out, size_t cap, bool *is_dir)
{
	struct book *b = ctx;
	const struct entry *known = look_up(b, path);
	char buf[PATH_CAP];
	bool dir = false;

	if (known)
		return answer_of(known, out, cap, is_dir);
	long n = b->resolve(b->ctx, path, buf, sizeof(buf), &dir);

	if (!room(b))
		return -1;
	struct entry *e = &b->v[b->n++];

	*e = (struct entry){.asked = keep(b, path),
			    .answer = n < 0    ? UNKNOWN
				      : n == 0 ? MISSING
				      : dir    ? IS_DIR
					       : IS_FILE};
	if (n > 0)
		e->path = keep(b, (struct tn_str){buf, (size_t)n});
	return b->failed ? -1 : answer_of(e, out, cap, is_dir);
}

enum tn_code tnp_facts_record(struct tnp_facts *f, struct tn_arena *a, struct tn_err *e)
{
	struct book *b;

	if (!f->resolve || f->resolve == record)
		return TN_OK;
	if (!(b = tn_arena_alloc(a, sizeof(*b))))
		return tn_fail(e, TN_E_NO_MEMORY, "out of memory");
	*b = (struct book){.a = a, .resolve = f->resolve, .ctx = f->ctx};
	f->resolve = record;
	f->ctx = b;
	return TN_OK;
}

/* Sorted, so binary search; what was never asked before has no answer. */
static long recall(void *ctx, struct tn_str path, char *out, size_t cap, bool *is_dir)
{
	const struct book *b = ctx;
	size_t lo = 0, hi = b->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct entry *e = &b->v[mid];
		int c = tn_bytes_cmp(path.p, path.n, e->asked.p, e->asked.n);

		if (c == 0)
			return answer_of(e, out, cap, is_dir);
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return -1;
}

static int by_asked(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;

	return tn_bytes_cmp(a->asked.p, a->asked.n, b->asked.p, b->asked.n);
}

/* ---- facts, by a table ---- */

#define OFF(m) offsetof(struct tnp_facts, m)
static const size_t STRINGS[] = {OFF(program), OFF(script),	 OFF(cwd_read), OFF(tmpdir),
				 OFF(library), OFF(session_dir), OFF(tty),	OFF(home)};
struct list {
	size_t at, count, max;
};
#define LIST(m, c)                                                                                 \
	{                                                                                          \
		OFF(m), OFF(c), sizeof(((struct tnp_facts *)0)->m) / sizeof(struct tn_str)         \
	}
static const struct list LISTS[] = {LIST(interp, ninterp), LIST(chain, nchain),
				    LIST(app_trees, napp), LIST(path_dirs, npath_dirs)};
#define N(a) (sizeof(a) / sizeof(*(a)))
#define FACTS_PARTS (N(STRINGS) + N(LISTS) + 3)

static const struct tn_str *str_at(const struct tnp_facts *f, size_t at)
{
	return (const struct tn_str *)(const void *)((const char *)f + at);
}
static size_t count_at(const struct tnp_facts *f, size_t at)
{
	return *(const size_t *)(const void *)((const char *)f + at);
}

static void put_path(struct tn_cborw *w, struct tn_str s)
{
	tn_cborw_bytes(w, (struct tn_bytes){(const uint8_t *)s.p, s.n});
}

static void put_protect(struct tn_cborw *w, const struct tnp_protect *o)
{
	tn_cborw_array(w, 4);
	put_path(w, o->path);
	tn_cborw_bool(w, o->tree);
	tn_cborw_bool(w, o->no_read);
	put_path(w, o->what ? tn_cstr(o->what) : TN_STR(""));
}

static void put_facts(struct tn_cborw *w, const struct tnp_facts *f)
{
	uint64_t exec = 0;

	tn_cborw_array(w, FACTS_PARTS);
	for (size_t i = 0; i < N(STRINGS); i++)
		put_path(w, *str_at(f, STRINGS[i]));
	for (size_t i = 0; i < N(LISTS); i++) {
		size_t n = count_at(f, LISTS[i].count);

		tn_cborw_array(w, n);
		for (size_t k = 0; k < n; k++)
			put_path(w, str_at(f, LISTS[i].at)[k]);
	}
	for (size_t i = 0; i < f->napp && i < N(f->app_exec); i++)
		exec |= (uint64_t)f->app_exec[i] << i;
	tn_cborw_uint(w, exec);
	tn_cborw_bool(w, f->allow_writable_program);
	tn_cborw_array(w, f->nprotect);
	for (size_t i = 0; i < f->nprotect; i++)
		put_protect(w, &f->protect[i]);
}

static enum tn_code get_path(struct tn_cbor *c, struct tn_str *s)
{
	struct tn_bytes b;

	TN_TRY(tn_cbor_bytes(c, &b));
	if (b.n >= PATH_CAP || (b.n && memchr(b.p, 0, b.n)))
		return tn_cbor_bad(c, TN_E_CONFIG, "a path that no object can have");
	*s = (struct tn_str){(const char *)b.p, b.n};
	return TN_OK;
}

/* The strings of facts are promised no NUL, but `what` is C text. */
static enum tn_code get_protect(struct tn_cbor *c, struct tn_arena *a, struct tnp_protect *o)
{
	struct tn_str what;
	size_t n;

	TN_TRY(tn_cbor_array(c, &n));
	if (n != 4)
		return tn_cbor_bad(c, TN_E_CONFIG,
				   "a protected object has another number of parts");
	TN_TRY(get_path(c, &o->path));
	TN_TRY(tn_cbor_bool(c, &o->tree));
	TN_TRY(tn_cbor_bool(c, &o->no_read));
	TN_TRY(get_path(c, &what));
	o->what = tn_arena_dup(a, what.p, what.n);
	return o->what ? TN_OK : tn_fail(c->err, TN_E_NO_MEMORY, "out of memory");
}

static enum tn_code get_list(struct tn_cbor *c, struct tnp_facts *f, const struct list *l)
{
	struct tn_str *v = (struct tn_str *)(void *)((char *)f + l->at);
	size_t n;

	TN_TRY(tn_cbor_array(c, &n));
	if (n > l->max)
		return tn_cbor_bad(c, TN_E_CONFIG, "a list of facts is too long");
	for (size_t i = 0; i < n; i++)
		TN_TRY(get_path(c, &v[i]));
	*(size_t *)(void *)((char *)f + l->count) = n;
	return TN_OK;
}

static enum tn_code get_protects(struct tn_cbor *c, struct tn_arena *a, struct tnp_facts *f)
{
	struct tnp_protect *v;
	size_t n;

	TN_TRY(tn_cbor_array(c, &n));
	if (!(v = tn_arena_array(a, n + 1, sizeof(*v))))
		return tn_fail(c->err, TN_E_NO_MEMORY, "out of memory");
	for (size_t i = 0; i < n; i++)
		TN_TRY(get_protect(c, a, &v[i]));
	f->protect = v;
	f->nprotect = n;
	return TN_OK;
}

static enum tn_code get_facts(struct tn_cbor *c, struct tn_arena *a, struct tnp_facts *f)
{
	uint64_t exec;
	size_t n;

	TN_TRY(tn_cbor_array(c, &n));
	if (n != FACTS_PARTS)
		return tn_cbor_bad(c, TN_E_CONFIG, "facts have another number of parts");
	for (size_t i = 0; i < N(STRINGS); i++)
		TN_TRY(get_path(c, (struct tn_str *)(void *)((char *)f + STRINGS[i])));
	for (size_t i = 0; i < N(LISTS); i++)
		TN_TRY(get_list(c, f, &LISTS[i]));
	TN_TRY(tn_cbor_uint(c, UINT16_MAX, &exec));
	for (size_t i = 0; i < f->napp && i < N(f->app_exec); i++)
		f->app_exec[i] = (exec >> i) & 1;
	TN_TRY(tn_cbor_bool(c, &f->allow_writable_program));
	return get_protects(c, a, f);
}

/* ---- encode ---- */

struct body {
	const struct tnp_session *s;
	const struct tnp_facts *facts;
	const struct book *book; /* NULL: no resolver */
};

static void put_body(struct tn_cborw *w, const struct body *b)
{
	const struct tnp_session *s = b->s;

	tn_cborw_array(w, 12);
	tn_cborw_text(w, tn_cstr(s->id));
	tn_cborw_uint(w, (uint64_t)s->level);
	tn_cborw_uint(w, (uint64_t)s->mode);
	tn_cborw_int(w, s->log_level);
	tn_cborw_bool(w, s->quiet);
	tn_cborw_bool(w, s->kernel_opens);
	put_path(w, s->log);
	tn_cborw_bytes(w, s->token);
	tn_cborw_bytes(w, s->config);
	put_facts(w, b->facts);
	tn_cborw_bool(w, b->book != NULL);
	tn_cborw_array(w, b->book ? b->book->n : 0);
	for (size_t i = 0; b->book && i < b->book->n; i++) {
		const struct entry *e = &b->book->v[i];

		tn_cborw_array(w, 3);
		put_path(w, e->asked);
		tn_cborw_uint(w, (uint64_t)e->answer);
		put_path(w, e->path);
	}
}

static void put_all(struct tn_cborw *w, struct tn_bytes body)
{
	uint8_t hash[32];

	tn_sha256(body.p, body.n, hash);
	tn_cborw_array(w, 3);
	tn_cborw_uint(w, VERSION);
	tn_cborw_bytes(w, (struct tn_bytes){hash, sizeof(hash)});
	tn_cborw_bytes(w, body);
}

/* The answers that building this policy asks for: those recorded, else by building it once more. */
static enum tn_code find_book(const struct tnp_session *s, const tnp_policy *p, struct tn_arena *a,
			      struct book **out, struct tn_err *e)
{
	struct tnp_facts f = *s->facts;
	const tnp_config *cfg;
	const tnp_policy *again;

	*out = NULL;
	if (!f.resolve)
		return TN_OK;
	if (f.resolve != record) {
		TN_TRY(tnp_facts_record(&f, a, e));
		TN_TRY(tnp_config_decode(s->config.p, s->config.n, a, &cfg, e));
		TN_TRY(tnp_policy_build(tnp_policy_grant(p), cfg, &f, s->mode, a, &again, e));
	}
	*out = f.ctx;
	if ((*out)->failed)
		return tn_fail(e, TN_E_NO_MEMORY, "out of memory");
	tn_sort((*out)->v, (*out)->n, sizeof(struct entry), by_asked);
	return TN_OK;
}

static enum tn_code check_session(const struct tnp_session *s, struct tn_err *e)
{
	if (strlen(s->id) != 32 || s->level < 0 || s->level > 3 ||
	    (unsigned)s->mode > TNP_PERMISSIVE)
		return tn_fail(e, TN_E_INTERNAL, "the session's id, level or mode is not one");
	for (size_t i = 0; i < N(LISTS); i++)
		if (count_at(s->facts, LISTS[i].count) > LISTS[i].max)
			return tn_fail(e, TN_E_INTERNAL, "a list of facts is too long");
	return TN_OK;
}

enum tn_code tnp_session_encode(const struct tnp_session *s, const tnp_policy *p,
				struct tn_arena *a, struct tn_bytes *out, struct tn_err *e)
{
	struct body b = {.s = s, .facts = s->facts};
	struct tn_cborw w = {0};
	struct book *book;
	uint8_t *body, *all;

	TN_TRY(check_session(s, e));
	TN_TRY(find_book(s, p, a, &book, e));
	b.book = book;
	put_body(&w, &b);
	if (!(body = tn_arena_alloc(a, w.n)))
		return tn_fail(e, TN_E_NO_MEMORY, "out of memory");
	w = (struct tn_cborw){.p = body, .cap = w.n};
	put_body(&w, &b);
	size_t n = w.n;

	w = (struct tn_cborw){0};
	put_all(&w, (struct tn_bytes){body, n});
	if (!(all = tn_arena_alloc(a, w.n)))
		return tn_fail(e, TN_E_NO_MEMORY, "out of memory");
	w = (struct tn_cborw){.p = all, .cap = w.n};
	put_all(&w, (struct tn_bytes){body, n});
	*out = (struct tn_bytes){all, w.n};
	return TN_OK;
}

/* ---- decode ---- */

static enum tn_code open_file(const uint8_t *cbor, size_t n, struct tn_bytes *body,
			      struct tn_err *e)
{
	struct tn_cbor c = tn_cbor_over((struct tn_bytes){cbor, n}, 0, e);
	struct tn_bytes hash;
	uint8_t real[32];
	uint64_t version;
	size_t parts;

	TN_TRY(tn_cbor_array(&c, &parts));
	TN_TRY(tn_cbor_uint(&c, UINT64_MAX, &version));
	if (parts != 3 || version != VERSION)
		return tn_cbor_bad(&c, TN_E_CONFIG, "the session's plan is of another version");
	TN_TRY(tn_cbor_bytes(&c, &hash));
	TN_TRY(tn_cbor_bytes(&c, body));
	TN_TRY(tn_cbor_end(&c));
	tn_sha256(body->p, body->n, real);
	if (hash.n != sizeof(real) || memcmp(hash.p, real, sizeof(real)) != 0)
		return tn_fail(e, TN_E_CONFIG, "the session's plan is damaged");
	return TN_OK;
}

static bool hex_id(struct tn_str id)
{
	for (size_t i = 0; i < id.n; i++)
		if (!strchr("0123456789abcdef", id.p[i]) || !id.p[i])
			return false;
	return id.n == 32;
}

static enum tn_code get_head(struct tn_cbor *c, struct tnp_session *s)
{
	struct tn_str id;
	uint64_t level, mode;
	int64_t log_level;

	TN_TRY(tn_cbor_text(c, &id));
	if (!hex_id(id))
		return tn_cbor_bad(c, TN_E_CONFIG, "a session id that is not one");
	memcpy(s->id, id.p, id.n);
	TN_TRY(tn_cbor_uint(c, 3, &level));
	TN_TRY(tn_cbor_uint(c, TNP_PERMISSIVE, &mode));
	TN_TRY(tn_cbor_int(c, &log_level));
	TN_TRY(tn_cbor_bool(c, &s->quiet));
	TN_TRY(tn_cbor_bool(c, &s->kernel_opens));
	TN_TRY(get_path(c, &s->log));
	TN_TRY(tn_cbor_bytes(c, &s->token));
	TN_TRY(tn_cbor_bytes(c, &s->config));
	s->level = (int)level;
	s->mode = (enum tnp_mode)mode;
	s->log_level = log_level > 9 ? 9 : log_level < 0 ? 0 : (int)log_level;
	return TN_OK;
}

static enum tn_code get_entry(struct tn_cbor *c, struct book *b)
{
	struct entry *e = &b->v[b->n];
	uint64_t answer;
	size_t n;

	TN_TRY(tn_cbor_array(c, &n));
	if (n != 3)
		return tn_cbor_bad(c, TN_E_CONFIG, "a resolution has another number of parts");
	TN_TRY(get_path(c, &e->asked));
	TN_TRY(tn_cbor_uint(c, UNKNOWN, &answer));
	TN_TRY(get_path(c, &e->path));
	e->answer = (enum answer)answer;
	if (b->n > 0 && by_asked(&b->v[b->n - 1], e) >= 0)
		return tn_cbor_bad(c, TN_E_CONFIG, "resolutions are not in order");
	b->n++;
	return TN_OK;
}

static enum tn_code get_book(struct tn_cbor *c, struct tn_arena *a, struct tnp_facts *f)
{
	struct book *b = tn_arena_alloc(a, sizeof(*b));
	bool resolver;
	size_t n;

	TN_TRY(tn_cbor_bool(c, &resolver));
	TN_TRY(tn_cbor_array(c, &n));
	if (!b || !(b->v = tn_arena_array(a, n + 1, sizeof(*b->v))))
		return tn_fail(c->err, TN_E_NO_MEMORY, "out of memory");
	for (size_t i = 0; i < n; i++)
		TN_TRY(get_entry(c, b));
	if (resolver) {
		f->resolve = recall;
		f->ctx = b;
	}
	return TN_OK;
}

static enum tn_code get_body(struct tn_bytes body, struct tn_arena *a, struct tnp_session *s,
			     struct tnp_facts *f, struct tn_err *e)
{
	struct tn_cbor c = tn_cbor_over(body, 0, e);
	size_t n;

	TN_TRY(tn_cbor_array(&c, &n));
	if (n != 12)
		return tn_cbor_bad(&c, TN_E_CONFIG,
				   "the session's plan has another number of parts");
	TN_TRY(get_head(&c, s));
	TN_TRY(get_facts(&c, a, f));
	TN_TRY(get_book(&c, a, f));
	return tn_cbor_end(&c);
}

enum tn_code tnp_session_decode(const uint8_t *cbor, size_t n, struct tn_arena *a,
				struct tnp_session *s, const tnp_policy **p, struct tn_err *e)
{
	struct tnp_facts *f = tn_arena_alloc(a, sizeof(*f));
	const tn_grant *grant = NULL;
	const tnp_config *cfg;
	struct tn_bytes body;

	*p = NULL;
	memset(s, 0, sizeof(*s));
	if (!f)
		return tn_fail(e, TN_E_NO_MEMORY, "out of memory");
	TN_TRY(open_file(cbor, n, &body, e));
	TN_TRY(get_body(body, a, s, f, e));
	if (s->token.n)
		TN_TRY(tn_grant_reload(s->token.p, s->token.n, a, &grant, e));
	TN_TRY(tnp_config_decode(s->config.p, s->config.n, a, &cfg, e));
	TN_TRY(tnp_policy_build(grant, cfg, f, s->mode, a, p, e));
	s->facts = f;
	return TN_OK;
}
