/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which files the session may execute.  The kernel holds files, never arguments: what a constraint
 * on a command line says beyond its first word is held by the preload alone, so such rules are
 * bounded by the files they name.
 */
#include <string.h>
#include <tn_fail.h>
#include "plan_int.h"

#define PATH_CAP 4096

#define LIT(s)                                                                                     \
	{                                                                                          \
		(s), sizeof(s) - 1                                                                 \
	}
static const struct tn_str STANDARD[] = {
    LIT("/usr/local/sbin"), LIT("/usr/local/bin"), LIT("/usr/sbin"),
    LIT("/usr/bin"),	    LIT("/sbin"),	   LIT("/bin"),
};
/* where an exec entry that names no program may find one */
static const struct tn_str SYSTEM_TREES[] = {LIT("/usr"), LIT("/bin"), LIT("/sbin"), LIT("/opt")};
/* A command line may come as `sh -c LINE`, which is judged as LINE: the shell itself must start. */
static const struct tn_str SHELLS[] = {LIT("sh"),    LIT("dash"), LIT("bash"), LIT("ksh"),
				       LIT("ksh93"), LIT("mksh"), LIT("zsh")};

static void note_program(struct tnp_build *b, struct tn_str name)
{
	struct tnp_texts *t = &b->full->programs;
	void *v = t->v;

	for (size_t i = 0; i < t->n; i++)
		if (tn_str_eq(t->v[i], name))
			return;
	if (!tnp_grow(b, &v, t->n, &t->cap, sizeof(*t->v)))
		return;
	t->v = v;
	t->v[t->n++] = name;
}

static struct tn_str base_of(struct tn_str path)
{
	size_t n = path.n;

	while (n > 0 && path.p[n - 1] != '/')
		n--;
	return (struct tn_str){path.p + n, path.n - n};
}

static struct tn_str keep(struct tnp_build *b, const char *p, size_t n)
{
	char *q = tn_arena_dup(b->a, p, n);

	b->failed |= !q;
	return (struct tn_str){q, q ? n : 0};
}

/* ---- one program ---- */

/* The kernel opens what it executes for reading, and asks for that right too: more than the row
 * gives, so bounded. */
static void run_rule(struct tnp_build *b, struct tn_str path, bool tree, uint32_t right,
		     enum tnp_hold hold, struct tn_str source)
{
	tnp_plan_rule(b, path, tree, right, hold, source);
	tnp_plan_rule(b, path, tree, TNP_R_READ, TNP_BOUNDED, source);
}

static void chain_rules(struct tnp_build *b, struct tn_str program, enum tnp_hold hold,
			struct tn_str source)
{
	char buf[8192];
	const struct tnp_facts *f = &b->p->facts;
	long n = f->chain_of ? f->chain_of(f->ctx, program, buf, sizeof(buf)) : 0;

	for (long i = 0; i < n;) {
		size_t len = strlen(buf + i + 1);

		run_rule(b, keep(b, buf + i + 1, len), false,
			 buf[i] == 'l' ? TNP_R_INTERP : TNP_R_EXEC, hold, source);
		i += (long)len + 2;
	}
}

static void program_rule(struct tnp_build *b, struct tn_str path, enum tnp_hold hold,
			 struct tn_str source)
{
	run_rule(b, path, false, TNP_R_EXEC, hold, source);
	chain_rules(b, path, hold, source);
}

/* /bin -> usr/bin would be searched twice */
static uint32_t standard_dirs(struct tnp_build *b)
{
	if (!b->standard)
		for (size_t i = 0; i < sizeof(STANDARD) / sizeof(*STANDARD); i++)
			if (tnp_plan_look(b, STANDARD[i], true) == TNP_IS_DIR)
				b->standard |= 1u << i;
	return b->standard |= 1u << 31;
}

static bool has_rule(const struct tnp_build *b, const char *path, size_t n, struct tn_str source)
{
	for (size_t i = b->n; i-- > 0;)
		if (b->rules[i].source.p == source.p &&
		    tn_str_eq(b->rules[i].path, (struct tn_str){path, n}))
			return true;
	return false;
}

/* A name wherever the standard PATH has it: each of them would be judged by this name. */
static void standard_program(struct tnp_build *b, struct tn_str name, enum tnp_hold hold,
			     struct tn_str source)
{
	uint32_t dirs = standard_dirs(b);

	for (size_t i = 0; i < sizeof(STANDARD) / sizeof(*STANDARD); i++) {
		if (!(dirs & 1u << i))
			continue;
		char in[PATH_CAP], out[PATH_CAP];
		size_t n = tn_fmt(in, sizeof(in), "%.*s/%.*s", (int)STANDARD[i].n, STANDARD[i].p,
				  (int)name.n, name.p);
		const struct tnp_facts *f = &b->p->facts;
		bool dir = false;
		long len = (long)n;

		if (f->resolve)
			len = f->resolve(f->ctx, (struct tn_str){in, n}, out, sizeof(out), &dir);
		else
			memcpy(out, in, n);
		if (len > 0 && !dir && !has_rule(b, out, (size_t)len, source))
			program_rule(b, keep(b, out, (size_t)len), hold, source);
	}
}

static void shell_rules(struct tnp_build *b, struct tn_str source)
{
	b->full->shells = true;
	for (size_t i = 0; i < sizeof(SHELLS) / sizeof(*SHELLS); i++)
		standard_program(b, SHELLS[i], TNP_BOUNDED, source);
}

/* ---- which programs a command line can begin with ---- */

static bool plain_word(struct tn_str w)
{
	for (size_t i = 0; i < w.n; i++)
		if (strchr("*?[]{}'\"\\$`|&;<>()!#~=", w.p[i]) || (unsigned char)w.p[i] < 0x21)
			return false;
	return w.n > 0;
}

static struct tn_str first_word(struct tn_str s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] != ' ')
		n++;
	return (struct tn_str){s.p, n};
}

static bool add_word(struct tnp_build *b, struct tn_str w, struct tnp_texts *out)
{
	void *v = out->v;

	if (!plain_word(w) || !tnp_grow(b, &v, out->n, &out->cap, sizeof(*out->v)))
		return false;
	out->v = v;
	out->v[out->n++] = w;
	return true;
}

static bool add_value(struct tnp_build *b, const struct tn_value *v, struct tnp_texts *out)
{
	if (v->type == TN_V_TEXT)
		return add_word(b, first_word(v->s), out);
	if (v->type == TN_V_LIST && v->list.n > 0 && v->list.v[0].type == TN_V_TEXT)
		return add_word(b, v->list.v[0].s, out);
	return true; /* another type is no command line and matches none */
}

/* "git *" begins with git; "git*" does not say with what */
static bool add_pattern(struct tnp_build *b, struct tn_str s, struct tnp_texts *out)
{
	struct tn_str w = first_word(s);

	return add_word(b, w, out);
}

static bool words_of(struct tnp_build *b, const struct tn_constraint *c, struct tnp_texts *out);

/* All must hold, so the words of any one are enough: the fewest. */
static bool words_of_all(struct tnp_build *b, const struct tn_constraint *c, struct tnp_texts *out)
{
	struct tnp_texts best = {0};
	bool found = false;

	for (size_t i = 0; i < c->list.n; i++) {
		struct tnp_texts one = {0};

		if (words_of(b, &c->list.c[i], &one) && (!found || one.n < best.n)) {
			best = one;
			found = true;
		}
	}
	for (size_t i = 0; i < best.n; i++)
		add_word(b, best.v[i], out);
	return found;
}

static bool words_of_any(struct tnp_build *b, const struct tn_constraint *c, struct tnp_texts *out)
{
	for (size_t i = 0; i < c->list.n; i++)
		if (!words_of(b, &c->list.c[i], out))
			return false;
	return true;
}

static bool words_of_values(struct tnp_build *b, const struct tn_values *values,
			    struct tnp_texts *out)
{
	for (size_t i = 0; i < values->n; i++)
		if (!add_value(b, &values->v[i], out))
			return false;
	return true;
}

/* Every command line that c allows begins with one of the words in out.  False: cannot be told. */
static bool words_of(struct tnp_build *b, const struct tn_constraint *c, struct tnp_texts *out)
{
	switch (c->type) {
	case TN_C_SHLEX:
		for (size_t i = 0; i < c->shlex.n; i++)
			if (!add_word(b, c->shlex.v[i], out))
				return false;
		return true;
	case TN_C_EXACT:
		return add_value(b, &c->exact, out);
	case TN_C_ONE_OF:
		return words_of_values(b, &c->values, out);
	case TN_C_PATTERN:
		return add_pattern(b, c->text, out);
	case TN_C_ALL:
		return words_of_all(b, c, out);
	case TN_C_ANY:
		return words_of_any(b, c, out);
	case TN_C_REGEX: /* these match no command line */
	case TN_C_CEL:
	case TN_C_UNKNOWN:
	case TN_C_RANGE:
	case TN_C_CIDR:
	case TN_C_URL_PATTERN:
	case TN_C_URL_SAFE:
		return true;
	case TN_C_NOT:
	case TN_C_NOT_ONE_OF:
	case TN_C_CONTAINS:
	case TN_C_SUBSET:
	case TN_C_WILDCARD:
	case TN_C_SUBPATH:
		return false;
	}
	return false;
}

static void word_rules(struct tnp_build *b, const struct tnp_texts *words, struct tn_str source)
{
	for (size_t i = 0; i < words->n; i++) {
		struct tn_str w = words->v[i];

		note_program(b, base_of(w));
		if (w.p[0] == '/') {
			if (tnp_plan_look(b, w, false) == TNP_IS_FILE)
				program_rule(b, w, TNP_BOUNDED, source);
			continue;
		}
		if (!memchr(w.p, '/', w.n))
			standard_program(b, w, TNP_BOUNDED, source);
	}
	shell_rules(b, source);
}

/* ---- an entry ---- */

/* Programs of the system, and what the warrant lets the session read but not write. */
static void anywhere(struct tnp_build *b, struct tn_str source)
{
	const struct tnp_facts *f = &b->p->facts;
	size_t n = b->n;

	b->full->any_program = true;
	if (b->full->pub.opens_everything) {
		run_rule(b, TN_STR("/"), true, TNP_R_EXEC, TNP_BOUNDED, source);
		return;
	}
	for (size_t i = 0; i < sizeof(SYSTEM_TREES) / sizeof(*SYSTEM_TREES); i++)
		if (tnp_plan_look(b, SYSTEM_TREES[i], true) ==
		    TNP_IS_DIR) /* /bin -> usr/bin answers with another name */
			run_rule(b, SYSTEM_TREES[i], true, TNP_R_EXEC, TNP_BOUNDED, source);
	for (size_t i = 0; i < f->npath_dirs; i++)
		run_rule(b, f->path_dirs[i], true, TNP_R_EXEC, TNP_BOUNDED, source);
	for (size_t i = 0; i < n; i++) {
		const struct tnp_rule r = b->rules[i];

		if ((r.rights & TNP_R_READ) && !tnp_source_is_baseline(r.source) &&
		    !tnp_may_write(b->p, r.path))
			tnp_plan_rule(b, r.path, r.tree, TNP_R_EXEC, TNP_BOUNDED, source);
	}
}

static const struct tnp_barg *find_arg(const struct tnp_binding *bd, enum tnp_ours ours,
				       size_t *from)
{
	for (size_t i = from ? *from : 0; i < bd->nargs; i++)
		if (bd->args[i].ours == ours && bd->args[i].c->type != TN_C_WILDCARD) {
			if (from)
				*from = i + 1;
			return &bd->args[i];
		}
	return NULL;
}

static bool only_program(const struct tnp_binding *bd)
{
	for (size_t i = 0; i < bd->nargs; i++)
		if (bd->args[i].ours != TNP_A_PROGRAM && bd->args[i].ours != TNP_A_LITERAL &&
		    bd->args[i].c->type != TN_C_WILDCARD)
			return false;
	return true;
}

static void region_rule(struct tnp_build *b, const struct tnp_region *g, enum tnp_hold hold,
			struct tn_str source)
{
	enum tnp_what what = tnp_plan_look(b, g->path, g->form != TNP_FILE);

	if (what == TNP_IS_FILE && g->form != TNP_BELOW)
		program_rule(b, g->path, g->exact ? hold : TNP_BOUNDED, source);
	else if (what == TNP_IS_DIR && g->form != TNP_FILE)
		run_rule(b, g->path, true, TNP_R_EXEC, g->exact ? hold : TNP_BOUNDED, source);
}

static void meet_with(struct tnp_regions *r, const struct tn_constraint *c)
{
	struct tnp_regions one = {.a = r->a};

	tnp_region_of(c, TNP_SHAPE_TEXT, &one);
	tnp_region_meet(r, &one);
}

static bool by_program(struct tnp_build *b, const struct tnp_binding *bd)
{
	struct tnp_regions r = {.a = b->a}, said = {.a = b->a};
	const struct tnp_barg *arg, *last = NULL;
	size_t i = 0;

	tnp_region_everything(&r, true);
	tnp_region_everything(&said, true);
	while ((arg = find_arg(bd, TNP_A_PROGRAM, &i))) {
		meet_with(&r, arg->c);
		meet_with(&said, arg->orig);
		last = arg;
	}
	b->failed |= r.failed || said.failed;
	if (!last)
		return false;
	struct tn_str source = tnp_plan_source(b, bd, last);

	for (size_t k = 0; k < r.n; k++)
		if (!r.v[k].exact && tn_str_eq(r.v[k].path, TN_STR("/"))) {
			anywhere(b, source);
			return true;
		}
	for (size_t k = 0; k < said.n; k++) /* gcc, not what the link of that name leads to */
		note_program(b,
			     said.v[k].form == TNP_FILE ? base_of(said.v[k].path) : said.v[k].path);
	for (size_t k = 0; k < r.n; k++)
		region_rule(b, &r.v[k], only_program(bd) ? TNP_EXACT : TNP_BOUNDED, source);
	return true;
}

static bool by_command(struct tnp_build *b, const struct tnp_binding *bd)
{
	static const enum tnp_ours FIRST[] = {TNP_A_COMMAND, TNP_A_ARGV};

	for (size_t i = 0; i < sizeof(FIRST) / sizeof(*FIRST); i++) {
		const struct tnp_barg *arg = find_arg(bd, FIRST[i], NULL);
		struct tnp_texts words = {0};

		if (!arg || !words_of(b, arg->c, &words))
			continue;
		word_rules(b, &words, tnp_plan_source(b, bd, arg));
		return true;
	}
	return false;
}

void tnp_plan_exec(struct tnp_build *b)
{
	const struct tnp_rowb *r = tnp_leaf_row(b->p, TNP_ROW_EXEC);

	for (size_t i = 0; r && i < r->n; i++) {
		const struct tnp_binding *bd = &r->b[i];

		if (!tnp_binding_usable(bd))
			continue;
		b->full->pub.exec_any = true;
		if (!by_program(b, bd) && !by_command(b, bd))
			anywhere(b, tnp_plan_source(b, bd, bd->nargs ? &bd->args[0] : NULL));
	}
}
