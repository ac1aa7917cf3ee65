/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A policy compiled to rules for trees and files.
 *
 * MUST: a rule called exact never lets through what tnp_decide denies; what decide allows, the
 * rules allow (else the kernel would stop what the warrant gives).  A rule that cannot be both is
 * bounded, and said to be.
 *
 * Every link of the chain is asked when deciding; the leaf alone is compiled, because verification
 * proved it to be within the others.
 */
#include <string.h>
#include <tn_fail.h>
#include <tn_text.h>
#include "plan_int.h"

bool tnp_grow(struct tnp_build *b, void **v, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return true;
	size_t more = *cap ? 2 * *cap : 16;
	void *w = tn_arena_array(b->a, more, size);

	if (!w) {
		b->failed = true;
		return false;
	}
	if (n)
		memcpy(w, *v, n * size);
	*v = w;
	*cap = more;
	return true;
}

void tnp_plan_rule(struct tnp_build *b, struct tn_str path, bool tree, uint32_t rights,
		   enum tnp_hold hold, struct tn_str source)
{
	void *v = b->rules;

	if (b->full->level == 0)
		hold = TNP_ADVISORY;
	if (!tnp_grow(b, &v, b->n, &b->cap, sizeof(*b->rules)))
		return;
	b->rules = v;
	b->rules[b->n++] = (struct tnp_rule){path, tree, rights, hold, source};
}

struct tn_str tnp_plan_source(struct tnp_build *b, const struct tnp_binding *bd,
			      const struct tnp_barg *arg)
{
	char text[192], buf[320];
	size_t n;

	if (arg && arg->orig) {
		tnp_constraint_text(arg->orig, text, sizeof(text));
		n = tn_fmt(buf, sizeof(buf), "%.*s %.*s %s", (int)bd->tool.n, bd->tool.p,
			   (int)arg->name.n, arg->name.p, text);
	} else {
		n = tn_fmt(buf, sizeof(buf), "%.*s%s without constraints", (int)bd->tool.n,
			   bd->tool.p, bd->star ? " (*)" : "");
	}
	char *p = tn_arena_dup(b->a, buf, n);

	b->failed |= !p;
	return (struct tn_str){p, p ? n : 0};
}

/* ---- what the grant gives a row ---- */

static bool literal_holds(const struct tnp_barg *arg)
{
	struct tn_value v = {.type = TN_V_TEXT, .s = arg->literal};

	return tn_constraint_match(arg->c, &v, NULL) == TN_MATCH;
}

bool tnp_binding_usable(const struct tnp_binding *bd)
{
	if (bd->impossible || bd->gated)
		return false;
	for (size_t i = 0; i < bd->nargs; i++)
		if (bd->args[i].ours == TNP_A_NONE ||
		    (bd->args[i].ours == TNP_A_LITERAL && !literal_holds(&bd->args[i])))
			return false;
	return true;
}

bool tnp_binding_free(const struct tnp_binding *bd)
{
	for (size_t i = 0; i < bd->nargs; i++)
		if (bd->args[i].ours != TNP_A_LITERAL && bd->args[i].c->type != TN_C_WILDCARD)
			return false;
	return !bd->resource_c;
}

static bool is_side(enum tnp_ours ours, enum tnp_ours side)
{
	return ours == side || ours == TNP_A_PATHS;
}

/*
 * The paths for which all arguments of one side hold.  side: PATH, or SOURCE or DESTINATION of a
 * rename.  False: an argument of another kind, which no operation on files supplies.
 */
static bool binding_region(struct tnp_build *b, const struct tnp_binding *bd, enum tnp_ours side,
			   struct tnp_regions *out, const struct tnp_barg **words)
{
	*words = NULL;
	tnp_region_everything(out, true);
	for (size_t i = 0; i < bd->nargs; i++) {
		const struct tnp_barg *arg = &bd->args[i];
		struct tnp_regions one = {.a = b->a};

		if (arg->ours == TNP_A_LITERAL)
			continue;
		if (side != TNP_A_PATH && arg->ours >= TNP_A_SOURCE &&
		    arg->ours <= TNP_A_DESTINATION && arg->ours != side)
			continue;
		if (!is_side(arg->ours, side))
			return false;
		tnp_region_of(arg->c, arg->ours == TNP_A_PATHS ? TNP_SHAPE_LIST : TNP_SHAPE_TEXT,
			      &one);
		tnp_region_meet(out, &one);
		if (!*words || arg->c->type != TN_C_WILDCARD)
			*words = arg;
	}
	if (bd->resource_c) {
		struct tnp_regions one = {.a = b->a};

		tnp_region_of(bd->resource_c, TNP_SHAPE_TEXT, &one);
		tnp_region_meet(out, &one);
	}
	b->failed |= out->failed;
	return true;
}

static void add_item(struct tnp_build *b, struct tnp_items *items, struct tnp_item it)
{
	void *v = items->v;

	for (size_t i = 0; i < items->n; i++) { /* two tools of a row often say the same */
		const struct tnp_item *o = &items->v[i];

		if (o->g.form == it.g.form && o->g.exact == it.g.exact &&
		    tn_str_eq(o->g.path, it.g.path) && it.g.exact)
			return;
		if (i == 256)
			break; /* long lists are not compared with themselves */
	}
	if (!tnp_grow(b, &v, items->n, &items->cap, sizeof(*items->v)))
		return;
	items->v = v;
	items->v[items->n++] = it;
}

static void gather(struct tnp_build *b, enum tnp_maprow row, enum tnp_ours side,
		   struct tnp_items *items)
{
	const struct tnp_rowb *r = tnp_leaf_row(b->p, row);

	for (size_t i = 0; r && i < r->n; i++) {
		struct tnp_regions g = {.a = b->a};
		const struct tnp_barg *arg;

		if (!tnp_binding_usable(&r->b[i]) || !binding_region(b, &r->b[i], side, &g, &arg))
			continue;
		for (size_t k = 0; k < g.n; k++)
			add_item(b, items,
				 (struct tnp_item){.g = g.v[k], .b = &r->b[i], .arg = arg});
	}
}

/* ---- where the kernel can hold it ---- */

enum tnp_what tnp_plan_look(const struct tnp_build *b, struct tn_str path, bool tree)
{
	char out[4096];
	bool is_dir = false;
	long n;

	if (!b->p->facts.resolve)
		return tree ? TNP_IS_DIR : TNP_IS_FILE;
	n = b->p->facts.resolve(b->p->facts.ctx, path, out, sizeof(out), &is_dir);
	/* a link that appeared after the roots were resolved is no place for a rule */
	if (n <= 0 || !tn_str_eq(path, (struct tn_str){out, (size_t)n}))
		return TNP_NOTHING;
	return is_dir ? TNP_IS_DIR : TNP_IS_FILE;
}

/* What a right of the kernel's is asked of: the object, or the directory that its name is in. */
enum at { AT_FILE, AT_DIR, AT_PARENT };

struct compile {
	enum tnp_maprow row;
	enum tnp_ours side;
	uint32_t rights;
	enum at at;
	bool weak;   /* the kernel's right gives more than the row does */
	bool silent; /* only what another row of this table needs to work */
};
/* clang-format off */
static const struct compile COMPILE[] = {
	{ TNP_ROW_READ, TNP_A_PATH, TNP_R_READ, AT_FILE, false, false },
	{ TNP_ROW_LIST, TNP_A_PATH, TNP_R_LIST, AT_DIR, false, false },
	{ TNP_ROW_WRITE, TNP_A_PATH, TNP_R_WRITE, AT_FILE, false, false },
	{ TNP_ROW_APPEND, TNP_A_PATH, TNP_R_WRITE, AT_FILE, true, false },    /* there is no append-only */
	{ TNP_ROW_CREATE, TNP_A_PATH, TNP_R_CREATE, AT_PARENT, false, false },
	{ TNP_ROW_CREATE, TNP_A_PATH, TNP_R_WRITE, AT_PARENT, true, true },  /* the open that creates also asks to write */
	{ TNP_ROW_MKDIR, TNP_A_PATH, TNP_R_MKDIR, AT_PARENT, false, false },
	{ TNP_ROW_DELETE, TNP_A_PATH, TNP_R_DELETE, AT_PARENT, false, false },
	{ TNP_ROW_RMDIR, TNP_A_PATH, TNP_R_DELETE, AT_PARENT, true, false },  /* one right removes files as well */
	{ TNP_ROW_RENAME, TNP_A_SOURCE, TNP_R_DELETE, AT_PARENT, true, false },
	{ TNP_ROW_RENAME, TNP_A_DESTINATION, TNP_R_CREATE | TNP_R_MKDIR | TNP_R_DELETE, AT_PARENT, true, false }, /* or over what is there */
};
/* clang-format on */

static void put(struct tnp_build *b, const struct compile *c, struct tnp_item *it,
		struct tn_str path, bool tree, bool exact)
{
	enum tnp_hold hold = exact && !c->weak ? TNP_EXACT : TNP_BOUNDED;

	tnp_plan_rule(b, path, tree, c->rights, hold, tnp_plan_source(b, it->b, it->arg));
	if (c->silent)
		return;
	it->placed = true;
	it->hold = b->full->level == 0 ? TNP_ADVISORY : hold;
	it->bound = path;
}

/* Could the session make this name free, so that creating it means something again? */
static bool may_go(const struct tnp_build *b, struct tn_str path)
{
	for (size_t i = 0; i < 2; i++)
		for (size_t k = 0; k < b->gone[i].n; k++)
			if (tnp_region_has(&b->gone[i].v[k].g, path))
				return true;
	return tnp_baseline_find(b->p, path, TNP_R_DELETE) != NULL;
}

/*
 * A rule on a name that is not there yet has only its directory to stand on.  A name that is there
 * and stays there needs none: opening it to write is the rule on the file, and nothing else in its
 * directory is given away.
 */
static void place_new(struct tnp_build *b, const struct compile *c, struct tnp_item *it,
		      bool exists)
{
	struct tn_str dir = tnp_path_dir(it->g.path);
	bool makes = c->row == TNP_ROW_CREATE || c->row == TNP_ROW_MKDIR;

	if (makes && exists && !may_go(b, it->g.path)) {
		it->placed = true;
		it->hold = b->full->level == 0 ? TNP_ADVISORY : TNP_EXACT;
	} else if (tnp_plan_look(b, dir, true) == TNP_IS_DIR) {
		put(b, c, it, dir, true, false);
	} else {
		it->missing = true;
	}
}

static void place_file(struct tnp_build *b, const struct compile *c, struct tnp_item *it)
{
	enum tnp_what what = tnp_plan_look(b, it->g.path, false);

	if (c->at == AT_PARENT)
		place_new(b, c, it, what != TNP_NOTHING);
	else if (what == TNP_IS_FILE && c->at == AT_FILE)
		put(b, c, it, it->g.path, false, it->g.exact);
	else if (what == TNP_IS_DIR && c->at == AT_DIR)
		put(b, c, it, it->g.path, true,
		    false); /* a rule on a directory is for all below it */
	else
		it->missing = what == TNP_NOTHING && (c->rights & (TNP_R_READ | TNP_R_LIST));
}

static void place(struct tnp_build *b, const struct compile *c, struct tnp_item *it)
{
	if (it->g.form == TNP_FILE) {
		place_file(b, c, it);
		return;
	}
	enum tnp_what what = tnp_plan_look(b, it->g.path, true);

	if (what == TNP_IS_FILE && it->g.form == TNP_TREE) { /* Subpath of a file: itself */
		it->g.form = TNP_FILE;
		place_file(b, c, it);
		return;
	}
	if (what != TNP_IS_DIR) {
		it->missing = true;
		return;
	}
	put(b, c, it, it->g.path, true,
	    it->g.exact && !(c->at == AT_DIR && it->g.form == TNP_BELOW));
}

static void compile_rows(struct tnp_build *b)
{
	gather(b, TNP_ROW_DELETE, TNP_A_PATH, &b->gone[0]);
	gather(b, TNP_ROW_RENAME, TNP_A_SOURCE, &b->gone[1]);
	for (size_t i = 0; i < sizeof(COMPILE) / sizeof(*COMPILE); i++) {
		const struct compile *c = &COMPILE[i];
		struct tnp_items fresh = {0};
		bool again =
		    i > 0 && COMPILE[i - 1].row == c->row && COMPILE[i - 1].side == c->side;
		struct tnp_items *items = again ? &b->full->row[c->row] : &fresh;

		if (!again)
			gather(b, c->row, c->side, items);
		for (size_t k = 0; k < items->n; k++)
			place(b, c, &items->v[k]);
		/* the words of a rename come from where things go to */
		b->full->row[c->row] = *items;
	}
	gather(b, TNP_ROW_METADATA, TNP_A_PATH,
	       &b->full->row[TNP_ROW_METADATA]); /* no kernel holds it: for the words */
}

/* ---- the baseline ---- */

static struct tn_str row_source(struct tnp_build *b, const struct tnp_row *r)
{
	char buf[48];
	bool plain = strchr(r->row, ':') || r->row[0] == '-';
	size_t n = tn_fmt(buf, sizeof(buf), "%s%s", plain ? "" : "baseline:", r->row);
	char *p = tn_arena_dup(b->a, buf, n);

	b->failed |= !p;
	return (struct tn_str){p, p ? n : 0};
}

static void baseline(struct tnp_build *b)
{
	size_t n;
	const struct tnp_row *rows = tnp_policy_rows(b->p, &n);

	for (size_t i = 0; i < n; i++)
		tnp_plan_rule(b, rows[i].path, rows[i].tree, rows[i].rights, TNP_EXACT,
			      row_source(b, &rows[i]));
}

/* ---- merging ---- */

/* '/' before every other byte, so that what lies below a directory follows it directly. */
static int path_cmp(struct tn_str a, struct tn_str b)
{
	size_t n = a.n < b.n ? a.n : b.n;

	for (size_t i = 0; i < n; i++)
		if (a.p[i] != b.p[i]) {
			unsigned char x = a.p[i] == '/' ? 0 : (unsigned char)a.p[i],
				      y = b.p[i] == '/' ? 0 : (unsigned char)b.p[i];

			return x < y ? -1 : 1;
		}
	return a.n < b.n ? -1 : a.n > b.n;
}

static int rule_cmp(const void *pa, const void *pb)
{
	const struct tnp_rule *a = pa, *b = pb;
	int c = path_cmp(a->path, b->path);

	if (c)
		return c;
	if (a->tree != b->tree)
		return a->tree ? -1 : 1;
	return (int)a->hold - (int)b->hold;
}

static struct tn_str join_sources(struct tnp_build *b, struct tn_str x, struct tn_str y)
{
	char buf[400];

	if (x.n >= y.n && memmem(x.p, x.n, y.p, y.n))
		return x;
	if (x.n + y.n + 2 >= sizeof(buf))
		return x;
	size_t n = tn_fmt(buf, sizeof(buf), "%.*s; %.*s", (int)x.n, x.p, (int)y.n, y.p);
	char *p = tn_arena_dup(b->a, buf, n);

	b->failed |= !p;
	return p ? (struct tn_str){p, n} : x;
}

static void join_equals(struct tnp_build *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++) {
		if (n > 0 && rule_cmp(&b->rules[n - 1], &b->rules[i]) == 0) {
			struct tnp_rule *last = &b->rules[n - 1];

			if ((last->rights | b->rules[i].rights) != last->rights)
				last->source = join_sources(b, last->source, b->rules[i].source);
			last->rights |= b->rules[i].rights;
			continue;
		}
		b->rules[n++] = b->rules[i];
	}
	b->n = n;
}

/* Rights that a rule before this one gives anyway: its parents, or itself with a better hold. */
#define STACK 512
static void drop_covered(struct tnp_build *b)
{
	struct {
		struct tn_str path;
		bool tree;
		uint32_t exact, any;
	} up[STACK];
	size_t depth = 0, n = 0;

	for (size_t i = 0; i < b->n; i++) {
		struct tnp_rule r = b->rules[i];

		while (depth > 0 &&
		       !(up[depth - 1].tree ? tnp_path_within(r.path, up[depth - 1].path)
					    : tn_str_eq(r.path, up[depth - 1].path)))
			depth--;
		uint32_t exact = depth ? up[depth - 1].exact : 0,
			 any = depth ? up[depth - 1].any : 0;
		uint32_t rights = r.rights;

		r.rights &= ~(r.hold == TNP_EXACT ? exact : any);
		if (depth < STACK && r.hold != TNP_ADVISORY) {
			up[depth].path = r.path;
			up[depth].tree = r.tree;
			up[depth].exact = exact | (r.hold == TNP_EXACT ? rights : 0);
			up[depth].any = any | rights;
			depth++;
		}
		if (r.rights)
			b->rules[n++] = r;
	}
	b->n = n;
}

static void refuse_root(struct tnp_build *b)
{
	struct tnp_plan *plan = &b->full->pub;
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++) {
		const struct tnp_rule *r = &b->rules[i];

		/* execute is never exact, and bounded by everything it still needs a file that the
		 * session may read */
		if (r->hold == TNP_BOUNDED && r->tree && (r->rights & ~(uint32_t)TNP_R_EXEC) &&
		    tn_str_eq(r->path, TN_STR("/"))) {
			if (!plan->refused_root)
				plan->refused_source = r->source;
			plan->refused_root = true;
			continue;
		}
		b->rules[n++] = *r;
	}
	b->n = n;
}

/* ---- the rest ---- */

static bool row_granted(const tnp_policy *p, enum tnp_maprow row, bool *unconstrained)
{
	const struct tnp_rowb *r = tnp_leaf_row(p, row);
	bool any = false;

	for (size_t i = 0; r && i < r->n; i++) {
		if (!tnp_binding_usable(&r->b[i]))
			continue;
		any = true;
		if (unconstrained && tnp_binding_free(&r->b[i]))
			*unconstrained = true;
	}
	return any;
}

static void network(struct tnp_build *b)
{
	struct tnp_plan *plan = &b->full->pub;
	bool connect = row_granted(b->p, TNP_ROW_CONNECT, &plan->inet_free);
	bool listen = row_granted(b->p, TNP_ROW_LISTEN, NULL);

	plan->inet = connect || listen;
}

static bool bound_anywhere(const tnp_policy *p, const struct tn_tool *t)
{
	for (int row = 0; row < TNP_NROWS; row++) {
		const struct tnp_rowb *r = tnp_leaf_row(p, (enum tnp_maprow)row);

		for (size_t i = 0; r && i < r->n; i++)
			if (r->b[i].entry == t)
				return true;
	}
	return false;
}

static void framework(struct tnp_build *b)
{
	const struct tnp_link *leaf = tnp_leaf(b->p);
	size_t n = leaf ? leaf->w->ntools : 0, k = 0;
	struct tn_str *v = tn_arena_array(b->a, n + 1, sizeof(*v));

	b->failed |= !v;
	for (size_t i = 0; v && i < n; i++) {
		const struct tn_tool *t = &leaf->w->tools[i];

		if (tn_str_eq(t->name, TN_STR("*"))) {
			b->full->pub.opens_everything = t->set.n == 0;
			continue;
		}
		if (!bound_anywhere(b->p, t))
			v[k++] = t->name;
	}
	b->full->pub.framework_only = v;
	b->full->pub.nframework_only = k;
}

enum tn_code tnp_plan_build(const tnp_policy *p, int level, struct tn_arena *a,
			    const struct tnp_plan **plan, struct tn_err *e)
{
	struct tnp_plan_full *full = tn_arena_alloc(a, sizeof(*full));
	struct tnp_build b = {.p = p, .a = a, .full = full};

	*plan = NULL;
	if (!full)
		return tn_fail(e, TN_E_NO_MEMORY, "out of memory");
	full->level = level;
	framework(&b);
	baseline(&b);
	compile_rows(&b);
	tnp_plan_exec(&b);
	network(&b);
	if (b.n)
		tn_sort(b.rules, b.n, sizeof(*b.rules), rule_cmp);
	join_equals(&b);
	drop_covered(&b);
	refuse_root(&b);
	full->pub.rules = b.rules;
	full->pub.nrules = b.n;
	tnp_plan_lines(&b);
	if (b.failed)
		return tn_fail(e, TN_E_NO_MEMORY, "out of memory");
	*plan = &full->pub;
	return TN_OK;
}

#define OPENS (TNP_R_READ | TNP_R_LIST | TNP_R_WRITE | TNP_R_CREATE)

bool tnp_plan_holds_opens(const struct tnp_plan *plan)
{
	for (size_t i = 0; i < plan->nrules; i++) {
		const struct tnp_rule *r = &plan->rules[i];

		if (!(r->rights & OPENS))
			continue;
		/* A rule on a file is on the inode: another link of it is another name, which the
		 * warrant does not give. */
		if (r->hold != TNP_EXACT || (!r->tree && !tnp_source_is_baseline(r->source)))
			return false;
	}
	return true;
}

bool tnp_plan_may_write(const tnp_policy *p, struct tn_str path)
{
	return tnp_may_write(p, path);
}

/* ---- what the session may never touch ---- */

#define CHANGES (TNP_R_WRITE | TNP_R_CREATE | TNP_R_DELETE | TNP_R_MKDIR)

static bool rule_reaches(const struct tnp_rule *r, const struct tnp_protect *o)
{
	if (r->tree && tnp_path_within(o->path, r->path))
		return true;
	return o->tree ? tnp_path_within(r->path, o->path) : tn_str_eq(r->path, o->path);
}

bool tnp_plan_clash(const struct tnp_plan *plan, const struct tnp_protect *v, size_t n,
		    struct tnp_clash *out)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < plan->nrules; k++) {
			const struct tnp_rule *r = &plan->rules[k];
			bool write = (r->rights & CHANGES) != 0,
			     read = v[i].no_read && (r->rights & TNP_R_READ) != 0;

			if (r->hold == TNP_ADVISORY || (!write && !read) || !rule_reaches(r, &v[i]))
				continue;
			*out = (struct tnp_clash){&v[i], r, write};
			return true;
		}
	return false;
}

/* A constraint names this file as a program. */
static bool named(const struct tnp_plan *plan, struct tn_str path)
{
	for (size_t k = 0; k < plan->nrules; k++) {
		const struct tnp_rule *r = &plan->rules[k];

		if (!r->tree && (r->rights & TNP_R_EXEC) && tn_str_eq(r->path, path) &&
		    !tnp_source_is_baseline(r->source))
			return true;
	}
	return false;
}

static bool program_clash(const struct tnp_plan *plan, struct tn_str path, bool tree,
			  const char *what, struct tnp_clash *out, struct tnp_protect *o)
{
	*o = (struct tnp_protect){path, tree, false, what};
	return path.n > 0 && !named(plan, path) && tnp_plan_clash(plan, o, 1, out);
}

bool tnp_plan_writable_program(const struct tnp_plan *plan, const struct tnp_facts *f,
			       struct tnp_clash *out, struct tnp_protect *object)
{
	if (plan->opens_everything) /* said in the plan's first line; there is nothing left to keep
				       apart */
		return false;
	if (program_clash(plan, f->program, false, "program", out, object) ||
	    program_clash(plan, f->script, false, "script", out, object))
		return true;
	for (size_t i = 0; i < f->nchain; i++)
		if (program_clash(plan, f->chain[i], false, "interpreter", out, object))
			return true;
	for (size_t i = 0; i < f->ninterp; i++)
		if (program_clash(plan, f->interp[i], false, "loader", out, object))
			return true;
	for (size_t i = 0; i < f->napp; i++)
		if (program_clash(plan, f->app_trees[i], true, "program's directory", out, object))
			return true;
	return false;
}

bool tnp_source_is_baseline(struct tn_str s)
{
	static const char *const OURS[] = {"baseline:", "preset:", "--"};

	for (size_t i = 0; i < sizeof(OURS) / sizeof(*OURS); i++)
		if (s.n >= strlen(OURS[i]) && memcmp(s.p, OURS[i], strlen(OURS[i])) == 0)
			return true;
	return false;
}
