/* SPDX-License-Identifier: Apache-2.0 */
/* The plan in words: one sentence, and a line for each kind of operation with who holds it. */
#include <stdarg.h>
#include <string.h>
#include <tn_fail.h>
#include "plan_int.h"

#define SHOWN 4 /* things named in one sentence; the rest is counted */

/* Text that grows in a fixed buffer and is cut with "..." */
struct text {
	char *p;
	size_t n, cap;
	bool cut;
};

static void say(struct text *t, const char *fmt, ...) TN_PRINTF(2, 3);
static void say(struct text *t, const char *fmt, ...)
{
	char buf[512];
	va_list ap;

	va_start(ap, fmt);
	size_t n = tn_vfmt(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	if (t->cut || t->cap < 4)
		return;
	if (t->n + n >= t->cap) {
		size_t at = t->n + 3 < t->cap ? t->n : t->cap - 4;

		memcpy(t->p + at, "...", 4);
		t->n = at + 3;
		t->cut = true;
		return;
	}
	memcpy(t->p + t->n, buf, n + 1);
	t->n += n;
}

/* ---- a thing ---- */

static bool is_root(struct tn_str path)
{
	return tn_str_eq(path, TN_STR("/"));
}

static size_t item_words(const struct tnp_item *it, char *out, size_t cap)
{
	char c[192];

	if (!it->g.exact && it->arg && it->arg->orig) {
		tnp_constraint_text(it->arg->orig, c, sizeof(c));
		return tn_fmt(out, cap, "%s", c);
	}
	if (is_root(it->g.path) && it->g.form != TNP_FILE)
		return tn_fmt(out, cap, "everything");
	return tn_fmt(out, cap, "%.*s%s%s", (int)it->g.path.n, it->g.path.p,
		      it->g.form == TNP_BELOW ? "/*" : "", it->missing ? " (does not exist)" : "");
}

static bool same_region(const struct tnp_item *a, const struct tnp_item *b)
{
	return a->g.form == b->g.form && a->g.exact == b->g.exact &&
	       tn_str_eq(a->g.path, b->g.path);
}

static bool listed(const struct tnp_items *items, const struct tnp_item *it)
{
	for (size_t i = 0; i < items->n; i++)
		if (same_region(&items->v[i], it))
			return true;
	return false;
}

/* ---- lists without repetition ---- */

struct list {
	struct text t;
	size_t shown, more;
};

static void list_add(struct list *l, const char *words)
{
	const char *at = strstr(l->t.p, words);
	size_t n = strlen(words);

	/* whole entries only: /data is not said by /data/x */
	for (; at; at = strstr(at + 1, words))
		if ((at == l->t.p || at[-1] == ' ') && (at[n] == 0 || at[n] == ','))
			return;
	if (l->shown == SHOWN) {
		l->more++;
		return;
	}
	say(&l->t, "%s%s", l->shown++ ? ", " : "", words);
}

static void list_items(struct list *l, const struct tnp_items *items,
		       const struct tnp_items *except)
{
	for (size_t i = 0; i < items->n; i++) {
		char words[320];

		if (except && listed(except, &items->v[i]))
			continue;
		item_words(&items->v[i], words, sizeof(words));
		list_add(l, words);
	}
}

static void list_end(struct list *l, const char *nothing)
{
	if (l->more)
		say(&l->t, " and %zu more", l->more);
	if (!l->shown)
		say(&l->t, "%s", nothing);
}

/* ---- lines ---- */

struct lines {
	struct tnp_build *b;
	struct tnp_line *v;
	size_t n, cap;
};

static struct tnp_line *new_line(struct lines *ls, enum tnp_kind kind, enum tnp_hold hold)
{
	void *v = ls->v;

	if (!tnp_grow(ls->b, &v, ls->n, &ls->cap, sizeof(*ls->v)))
		return NULL;
	ls->v = v;
	struct tnp_line *l = &ls->v[ls->n++];

	memset(l, 0, sizeof(*l));
	l->kind = kind;
	l->hold = ls->b->full->level == 0 ? TNP_ADVISORY : hold;
	return l;
}

static void layer(struct tnp_line *l, const char *kernel, struct tn_str bound)
{
	if (l->hold == TNP_EXACT)
		tn_fmt(l->layer, sizeof(l->layer), "%s", kernel);
	else if (l->hold == TNP_BOUNDED)
		tn_fmt(l->layer, sizeof(l->layer), "kernel, bounded by %.*s", (int)bound.n,
		       bound.p);
	else
		tn_fmt(l->layer, sizeof(l->layer), "preload only");
}

#define LANDLOCK "kernel (Landlock)"

struct verb {
	enum tnp_kind kind;
	enum tnp_maprow row,
	    except; /* what `except` says already is not said again; NONE: nothing */
	const char *verb;
	bool landlock;
};
/* clang-format off */
static const struct verb VERBS[] = {
	{ TNP_READ, TNP_ROW_READ, TNP_ROW_NONE, "reads", true },
	{ TNP_LIST, TNP_ROW_LIST, TNP_ROW_NONE, "lists", true },
	{ TNP_WRITE, TNP_ROW_WRITE, TNP_ROW_NONE, "writes", true },
	{ TNP_APPEND, TNP_ROW_APPEND, TNP_ROW_WRITE, "appends to", true },
	{ TNP_CREATE, TNP_ROW_CREATE, TNP_ROW_NONE, "creates", true },
	{ TNP_MKDIR, TNP_ROW_MKDIR, TNP_ROW_CREATE, "makes directories", true },
	{ TNP_METADATA, TNP_ROW_METADATA, TNP_ROW_NONE, "changes modes and times of", false },
	{ TNP_DELETE, TNP_ROW_DELETE, TNP_ROW_NONE, "deletes", true },
	{ TNP_DELETE, TNP_ROW_RMDIR, TNP_ROW_DELETE, "removes directories", true },
	{ TNP_RENAME, TNP_ROW_RENAME, TNP_ROW_NONE, "renames to", true },
};
/* clang-format on */

static void bounded_lines(struct lines *ls, const struct verb *v, const struct tnp_items *items,
			  const struct tnp_items *except)
{
	for (size_t i = 0; i < items->n; i++) {
		const struct tnp_item *it = &items->v[i];
		char words[320];

		if (!it->placed || it->hold != TNP_BOUNDED || (except && listed(except, it)))
			continue;
		struct tnp_line *l = new_line(ls, v->kind, TNP_BOUNDED);

		if (!l)
			return;
		item_words(it, words, sizeof(words));
		tn_fmt(l->text, sizeof(l->text), "%s %s", v->verb, words);
		layer(l, LANDLOCK, it->bound);
	}
}

static bool has_bounded(const struct tnp_items *items)
{
	for (size_t i = 0; i < items->n; i++)
		if (items->v[i].placed && items->v[i].hold == TNP_BOUNDED)
			return true;
	return false;
}

/* Everything the kernel holds as it is said goes into one line; what it bounds gets a line each. */
static void verb_lines(struct lines *ls, const struct verb *v)
{
	struct tnp_plan_full *full = ls->b->full;
	const struct tnp_items *items = &full->row[v->row],
			       *except = v->except == TNP_ROW_NONE ? NULL : &full->row[v->except];
	char buf[224];
	struct list l = {.t = {.p = buf, .cap = sizeof(buf)}};

	buf[0] = 0;
	for (size_t i = 0; i < items->n; i++) {
		char words[320];

		if ((items->v[i].placed && items->v[i].hold == TNP_BOUNDED) ||
		    (except && listed(except, &items->v[i])))
			continue;
		item_words(&items->v[i], words, sizeof(words));
		list_add(&l, words);
	}
	/* appends, directories and renames are only said where they add something */
	if (l.shown || (!except && v->kind != TNP_RENAME && !has_bounded(items))) {
		struct tnp_line *line =
		    new_line(ls, v->kind, v->landlock ? TNP_EXACT : TNP_ADVISORY);

		list_end(&l, "nothing");
		if (line) {
			tn_fmt(line->text, sizeof(line->text), "%s %s", v->verb, buf);
			layer(line, LANDLOCK, (struct tn_str){0});
		}
	}
	bounded_lines(ls, v, items, except);
}

/* ---- programs ---- */

static struct tn_str base_of(struct tn_str path)
{
	size_t n = path.n;

	while (n > 0 && path.p[n - 1] != '/')
		n--;
	return (struct tn_str){path.p + n, path.n - n};
}

static void programs(const struct tnp_policy *p, const struct tnp_plan_full *full, struct text *t)
{
	struct tn_str own = base_of(p->facts.program);
	struct list l = {
	    .t = {.p = t->p + t->n,
		  .cap = t->cap - t->n}}; /* repetition is looked for in this list alone */

	if (t->cut)
		return;
	l.t.p[0] = 0;
	if (full->pub.exec_any && full->any_program) {
		say(&l.t, "any program of the system");
	} else if (full->pub.exec_any) {
		for (size_t i = 0; i < full->programs.n; i++) {
			char w[256];

			tn_fmt(w, sizeof(w), "%.*s", (int)full->programs.v[i].n,
			       full->programs.v[i].p);
			list_add(&l, w);
		}
		list_end(&l, "nothing");
		if (full->shells)
			say(&l.t, " (also by sh -c)");
	} else if (own.n) {
		say(&l.t, "%.*s only", (int)own.n, own.p);
	} else {
		say(&l.t, "nothing else");
	}
	t->n += l.t.n;
	t->cut = l.t.cut;
}

static void exec_line(struct lines *ls)
{
	struct tnp_plan_full *full = ls->b->full;
	struct tnp_line *line =
	    new_line(ls, TNP_EXEC, full->pub.exec_any ? TNP_BOUNDED : TNP_EXACT);
	struct text t = {0};

	if (!line)
		return;
	t = (struct text){.p = line->text, .cap = sizeof(line->text)};
	say(&t, "runs ");
	programs(ls->b->p, full, &t);
	if (line->hold == TNP_BOUNDED)
		tn_fmt(line->layer, sizeof(line->layer),
		       "kernel: which files; arguments: preload only");
	else
		layer(line, LANDLOCK, (struct tn_str){0});
}

/* ---- network and sockets ---- */

static void net_words(const struct tnp_policy *p, enum tnp_maprow row, const char *any,
		      struct list *l)
{
	const struct tnp_rowb *r = tnp_leaf_row(p, row);

	for (size_t i = 0; r && i < r->n; i++) {
		const struct tnp_binding *bd = &r->b[i];

		if (!tnp_binding_usable(bd))
			continue;
		if (tnp_binding_free(bd)) {
			list_add(l, any);
			continue;
		}
		char one[320];
		struct text t = {.p = one, .cap = sizeof(one)};

		one[0] = 0;
		for (size_t k = 0; k < bd->nargs; k++) {
			char c[192];

			if (bd->args[k].ours == TNP_A_LITERAL ||
			    bd->args[k].c->type == TN_C_WILDCARD)
				continue;
			tnp_constraint_text(bd->args[k].orig, c, sizeof(c));
			say(&t, "%s%.*s %s", t.n ? " and " : "", (int)bd->args[k].name.n,
			    bd->args[k].name.p, c);
		}
		list_add(l, one);
	}
}

struct net {
	enum tnp_kind kind;
	enum tnp_maprow row;
	const char *label, *any, *none, *none_layer;
};
/* clang-format off */
static const struct net NETS[] = {
	{ TNP_CONNECT, TNP_ROW_CONNECT, "network: ", "any address", "none", "kernel (seccomp)" },
	{ TNP_LISTEN, TNP_ROW_LISTEN, "listens on: ", "any address", "nothing", "kernel (seccomp)" },
	{ TNP_UNIX, TNP_ROW_UNIX, "local sockets: ", "any", "none", NULL },
};
/* clang-format on */

static void net_line(struct lines *ls, const struct net *n)
{
	char buf[224];
	struct list l = {.t = {.p = buf, .cap = sizeof(buf)}};

	buf[0] = 0;
	net_words(ls->b->p, n->row, n->any, &l);
	/* without one INET socket nothing needs to be held */
	bool exact = !l.shown && n->none_layer && !ls->b->full->pub.inet;
	struct tnp_line *line = new_line(ls, n->kind, exact ? TNP_EXACT : TNP_ADVISORY);

	list_end(&l, n->none);
	if (!line)
		return;
	tn_fmt(line->text, sizeof(line->text), "%s%s", n->label, buf);
	layer(line, n->none_layer ? n->none_layer : "", (struct tn_str){0});
}

static void first_line(struct lines *ls)
{
	struct tnp_line *line = new_line(ls, TNP_READ, TNP_EXACT);

	if (!line)
		return;
	tn_fmt(line->text, sizeof(line->text),
	       "opens everything: the warrant grants * without constraints");
	tn_fmt(line->layer, sizeof(line->layer), "nothing to hold");
}

void tnp_plan_lines(struct tnp_build *b)
{
	struct lines ls = {.b = b};

	if (b->full->pub.opens_everything)
		first_line(&ls);
	for (size_t i = 0; i < sizeof(VERBS) / sizeof(*VERBS); i++)
		verb_lines(&ls, &VERBS[i]);
	exec_line(&ls);
	for (size_t i = 0; i < sizeof(NETS) / sizeof(*NETS); i++)
		net_line(&ls, &NETS[i]);
	b->full->pub.lines = ls.v;
	b->full->pub.nlines = ls.n;
}

/* ---- the sentence ---- */

static void time_left(struct text *t, int64_t left)
{
	if (left <= 0)
		say(t, "has ended");
	else if (left < 120)
		say(t, "ends in %lld s", (long long)left);
	else if (left < 7200)
		say(t, "ends in %lld min", (long long)(left / 60));
	else if (left < 172800)
		say(t, "ends in %lld h", (long long)(left / 3600));
	else
		say(t, "ends in %lld days", (long long)(left / 86400));
}

static void say_list(struct text *t, const char *verb, const struct tnp_plan_full *full,
		     enum tnp_maprow row, enum tnp_maprow also)
{
	char buf[512];
	struct list l = {.t = {.p = buf, .cap = sizeof(buf)}};

	buf[0] = 0;
	list_items(&l, &full->row[row], NULL);
	if (also != TNP_ROW_NONE)
		list_items(&l, &full->row[also], NULL);
	list_end(&l, "nothing");
	say(t, "%s %s", verb, buf);
}

size_t tnp_plan_sentence(const tnp_policy *p, const struct tnp_plan *plan, int64_t now, char *out,
			 size_t cap)
{
	const struct tnp_plan_full *full = (const struct tnp_plan_full *)(const void *)plan;
	struct text t = {.p = out, .cap = cap};
	char net[512];
	struct list l = {.t = {.p = net, .cap = sizeof(net)}};

	if (cap == 0)
		return 0;
	out[0] = net[0] = 0;
	if (plan->opens_everything)
		say(&t, "opens everything; ");
	say_list(&t, "reads", full, TNP_ROW_READ, TNP_ROW_NONE);
	say(&t, "; ");
	say_list(&t, "writes", full, TNP_ROW_WRITE, TNP_ROW_CREATE);
	if (full->row[TNP_ROW_DELETE].n) {
		say(&t, "; ");
		say_list(&t, "deletes", full, TNP_ROW_DELETE, TNP_ROW_NONE);
	}
	say(&t, "; runs ");
	programs(p, full, &t);
	net_words(p, TNP_ROW_CONNECT, "any", &l);
	list_end(&l, "none");
	say(&t, "; network: %s", net);
	if (tnp_policy_grant(p)) {
		say(&t, "; ");
		time_left(&t, tn_grant_expires(tnp_policy_grant(p)) - now);
	}
	return t.n;
}
