/* SPDX-License-Identifier: Apache-2.0 */
/* plan: what a session may do, in words, before it runs; then which layer holds each line of it. */
#include "situation.h"

#include <policy/plan.h>
#include <shim/facts.h>
#include <string.h>

enum { O_LEVEL = S_NROWS, O_APP, O_CWD, O_BASELINE, NROWS };
/* clang-format off */
static const struct opt opts[] = {
	SITUATION_OPTS,
	[O_LEVEL] = { .name = "level", .kind = OPT_ONE, .arg = "N", .hint = HINT_WORDS, .words = "0 1",
		      .help = "0 preload only, 1 Landlock and seccomp too (default 1)" },
	[O_APP] = { .name = "app", .kind = OPT_MANY, .arg = "DIR", .hint = HINT_DIR, .help = "as run's: the program's own tree" },
	[O_CWD] = { .name = "cwd", .help = "as run's: the working directory may be read" },
	[O_BASELINE] = { .name = "baseline", .help = "list the rows that any program gets, with what they name here" },
};
/* clang-format on */

struct planned {
	struct situation s;
	struct tns_launch launch;
	struct tnp_facts facts;
	const struct tnp_plan *plan;
	int level;
	char sentence[1024];
};

static int level_read(struct ctx *c)
{
	const char *text = opt_has(c, O_LEVEL) ? opt_get(c, O_LEVEL) : "1";
	if (strcmp(text, "2") == 0 || strcmp(text, "3") == 0)
		die(TN_E_NOT_YET, "level %s %s", text, later_words());
	if (strcmp(text, "0") != 0 && strcmp(text, "1") != 0)
		die(TN_E_USAGE, "--level is 0 or 1");
	return text[0] - '0';
}

static void facts_read(struct ctx *c, struct planned *p)
{
	struct optvals app = opt_all(c, O_APP);
	struct tns_facts_opts o = {.app = app.v, .napp = app.n, .cwd = opt_has(c, O_CWD)};
	enum tn_code code;
	if (c->args.nrest) {
		const char **argv = xalloc(c, (c->args.nrest + 1) * sizeof(*argv));
		memcpy(argv, c->args.rest, c->args.nrest * sizeof(*argv));
		code = tns_launch_facts(argv, &o, &c->arena, &p->launch, &c->err);
		p->facts = p->launch.facts;
	} else {
		code = tns_plain_facts(&o, &c->arena, &p->facts, &c->err);
	}
	if (code != TN_OK)
		die_err(&c->err, "cannot plan");
}

/* ---------------------------------------------------------------- in words */
static const char *const holds[] = {
    [TNP_EXACT] = "exact", [TNP_BOUNDED] = "bounded", [TNP_ADVISORY] = "advisory"};
static const enum colour hold_colour[] = {
    [TNP_EXACT] = C_GREEN, [TNP_BOUNDED] = C_YELLOW, [TNP_ADVISORY] = C_YELLOW};

static const struct {
	uint32_t bit;
	const char *word;
} rights[] = {
    {TNP_R_READ, "read"},	  {TNP_R_LIST, "list"},	    {TNP_R_WRITE, "write"},
    {TNP_R_CREATE, "create"},	  {TNP_R_DELETE, "delete"}, {TNP_R_MKDIR, "mkdir"},
    {TNP_R_METADATA, "metadata"}, {TNP_R_EXEC, "exec"},	    {TNP_R_INTERP, "interpreter"},
};

static const char *rights_text(struct ctx *c, uint32_t set)
{
	const char *all = "";
	for (size_t i = 0; i < sizeof(rights) / sizeof(*rights); i++) {
		if (set & rights[i].bit)
			all = xprintf(c, "%s%s%s", all, *all ? "," : "", rights[i].word);
	}
	return all;
}

static void say_lines(struct ctx *c, const struct planned *p)
{
	struct table *t = table_new(c, 3);
	for (size_t i = 0; i < p->plan->nlines; i++) {
		const struct tnp_line *l = &p->plan->lines[i];
		table_row(c, t, hold_colour[l->hold], safe(c, tn_cstr(l->text)), holds[l->hold],
			  safe(c, tn_cstr(l->layer)));
	}
	table_print(c, t, "  ");
}

static void say_rules(struct ctx *c, const struct planned *p)
{
	struct table *t = table_new(c, 3);
	for (size_t i = 0; i < p->plan->nrules; i++) {
		const struct tnp_rule *r = &p->plan->rules[i];
		if (r->source.n >= 9 && memcmp(r->source.p, "baseline:", 9) == 0)
			continue;
		table_row(c, t, hold_colour[r->hold],
			  xprintf(c, "%s%s", safe(c, r->path), r->tree ? " and below" : ""),
			  rights_text(c, r->rights), safe(c, r->source));
	}
	if (!t->nrows)
		return;
	printf("\nFiles, and the constraint that gives each:\n");
	table_print(c, t, "  ");
}

static void say_baseline(struct ctx *c, const struct planned *p)
{
	size_t n;
	const struct tnp_row *rows = tnp_policy_rows(p->s.policy, &n);
	struct table *t = table_new(c, 3);
	for (size_t i = 0; i < n; i++)
		table_row(
		    c, t, C_PLAIN, rows[i].row,
		    xprintf(c, "%s%s", safe(c, rows[i].path), rows[i].tree ? " and below" : ""),
		    rights_text(c, rows[i].rights));
	printf("\nBaseline, what any program gets here:\n");
	table_print(c, t, "  ");
}

static void say_bindings(struct ctx *c, const struct planned *p)
{
	struct table *t = table_new(c, 2);
	const tn_warrant *leaf = tn_grant_leaf(p->s.grant);
	for (size_t i = 0; i < leaf->ntools; i++) {
		const char *kinds = "";
		for (enum tnp_kind k = 0; k < TNP_NKINDS; k++) {
			if (tnp_policy_binds(p->s.policy, leaf->tools[i].name, k))
				kinds = xprintf(c, "%s%s%s", kinds, *kinds ? ", " : "",
						tnp_kind_name(k));
		}
		table_row(c, t, *kinds ? C_PLAIN : C_DIM, safe(c, leaf->tools[i].name),
			  *kinds ? kinds : "checked by the framework, not by the system");
	}
	printf("\nTools, and the operations they stand for:\n");
	table_print(c, t, "  ");
}

static void say_missing(struct ctx *c, const struct planned *p)
{
	const struct tnp_missing_root *v;
	size_t n = tnp_policy_missing_roots(p->s.policy, &v);
	for (size_t i = 0; i < n; i++) {
		paint(c, C_YELLOW, "%s does not exist", safe(c, v[i].root));
		printf(" (%s): run refuses, unless --create-roots or --allow-missing-roots\n",
		       safe(c, v[i].tool));
	}
}

static void say_program(struct ctx *c, const struct planned *p)
{
	if (!c->args.nrest)
		return;
	field(c, "program", "%s", safe(c, tn_cstr(p->launch.path)));
	if (p->launch.manager)
		field(c, "", "stands behind the shim %s of %s", safe(c, tn_cstr(p->launch.shim)),
		      p->launch.manager);
	if (p->facts.script.n)
		field(c, "script", "%s", safe(c, p->facts.script));
	if (p->launch.elf.elf && !tns_elf_preloadable(&p->launch.elf))
		field(c, "",
		      "cannot load the library: only what the kernel holds is held, and its "
		      "denials have no sentence");
}

static void say(struct ctx *c, const struct planned *p)
{
	const tn_warrant *leaf = tn_grant_leaf(p->s.grant);
	if (p->plan->opens_everything)
		paint(c, C_RED, "This warrant opens everything: it has * without constraints.\n");
	paint(c, C_BOLD, "%s\n", safe(c, tn_cstr(p->sentence)));
	field(c, "warrant", "%s, %s", show_id(c, leaf), show_left(c, leaf->expires_at, p->s.now));
	if (situation_caveat(&p->s))
		field(c, "note", "%s", situation_caveat(&p->s));
	say_program(c, p);
	field(c, "level", "%d%s", p->level,
	      p->level ? " (Landlock, seccomp and the preload)"
		       : " (the preload only: nothing is held by the kernel)");
	printf("\nWho holds what:\n");
	say_lines(c, p);
	say_rules(c, p);
	say_bindings(c, p);
	if (opt_has(c, O_BASELINE))
		say_baseline(c, p);
	say_missing(c, p);
	if (p->plan->refused_root && p->level > 0)
		printf("run refuses this at level %d: %s is only bounded by /\n", p->level,
		       safe(c, p->plan->refused_source));
}

/* ---------------------------------------------------------------- as JSON */
static void json_rights(struct json *j, uint32_t set)
{
	j_open(j, "rights", '[');
	for (size_t i = 0; i < sizeof(rights) / sizeof(*rights); i++) {
		if (set & rights[i].bit)
			j_text(j, NULL, rights[i].word);
	}
	j_close(j, ']');
}

static void json_lines(struct json *j, const struct planned *p)
{
	j_open(j, "lines", '[');
	for (size_t i = 0; i < p->plan->nlines; i++) {
		const struct tnp_line *l = &p->plan->lines[i];
		j_open(j, NULL, '{');
		j_text(j, "op", tnp_kind_name(l->kind));
		j_text(j, "text", l->text);
		j_text(j, "hold", holds[l->hold]);
		j_text(j, "layer", l->layer);
		j_close(j, '}');
	}
	j_close(j, ']');
}

static void json_rules(struct json *j, const struct planned *p)
{
	j_open(j, "rules", '[');
	for (size_t i = 0; i < p->plan->nrules; i++) {
		const struct tnp_rule *r = &p->plan->rules[i];
		j_open(j, NULL, '{');
		j_str(j, "path", r->path);
		j_bool(j, "tree", r->tree);
		json_rights(j, r->rights);
		j_text(j, "hold", holds[r->hold]);
		j_str(j, "source", r->source);
		j_close(j, '}');
	}
	j_close(j, ']');
}

static void json_tools(struct json *j, const struct planned *p)
{
	const tn_warrant *leaf = tn_grant_leaf(p->s.grant);
	j_open(j, "tools", '[');
	for (size_t i = 0; i < leaf->ntools; i++) {
		j_open(j, NULL, '{');
		j_str(j, "tool", leaf->tools[i].name);
		j_open(j, "ops", '[');
		for (enum tnp_kind k = 0; k < TNP_NKINDS; k++) {
			if (tnp_policy_binds(p->s.policy, leaf->tools[i].name, k))
				j_text(j, NULL, tnp_kind_name(k));
		}
		j_close(j, ']');
		j_close(j, '}');
	}
	j_close(j, ']');
	j_open(j, "framework_only", '[');
	for (size_t i = 0; i < p->plan->nframework_only; i++)
		j_str(j, NULL, p->plan->framework_only[i]);
	j_close(j, ']');
}

static void json_baseline(struct json *j, const struct planned *p)
{
	size_t n;
	const struct tnp_row *rows = tnp_policy_rows(p->s.policy, &n);
	j_open(j, "baseline", '[');
	for (size_t i = 0; i < n; i++) {
		j_open(j, NULL, '{');
		j_text(j, "row", rows[i].row);
		j_str(j, "path", rows[i].path);
		j_bool(j, "tree", rows[i].tree);
		json_rights(j, rows[i].rights);
		j_close(j, '}');
	}
	j_close(j, ']');
}

static void json_missing(struct json *j, const struct planned *p)
{
	const struct tnp_missing_root *v;
	size_t n = tnp_policy_missing_roots(p->s.policy, &v);
	j_open(j, "missing_roots", '[');
	for (size_t i = 0; i < n; i++) {
		j_open(j, NULL, '{');
		j_str(j, "tool", v[i].tool);
		j_str(j, "root", v[i].root);
		j_close(j, '}');
	}
	j_close(j, ']');
}

static void say_json(struct ctx *c, const struct planned *p)
{
	struct json j = {0};
	const tn_warrant *leaf = tn_grant_leaf(p->s.grant);
	j_open(&j, NULL, '{');
	j_text(&j, "sentence", p->sentence);
	j_int(&j, "level", p->level);
	j_text(&j, "warrant", show_id(c, leaf));
	j_int(&j, "expires_at", leaf->expires_at);
	j_text(&j, "caveat", situation_caveat(&p->s));
	j_bool(&j, "opens_everything", p->plan->opens_everything);
	j_bool(&j, "refused_root", p->plan->refused_root);
	j_bool(&j, "inet", p->plan->inet);
	j_text(&j, "program", c->args.nrest ? p->launch.path : NULL);
	json_lines(&j, p);
	json_rules(&j, p);
	json_tools(&j, p);
	json_missing(&j, p);
	if (opt_has(c, O_BASELINE))
		json_baseline(&j, p);
	j_close(&j, '}');
	j_end();
}

/* ---------------------------------------------------------------- */
static void invalid(struct ctx *c)
{
	struct json j = {0};
	if (!c->args.json) {
		paint(c, C_RED, "not valid");
		printf(": %s (%d %s)\n", c->err.msg, c->err.code, tn_code_name(c->err.code));
		return;
	}
	j_open(&j, NULL, '{');
	j_bool(&j, "valid", false);
	j_int(&j, "code", c->err.code);
	j_text(&j, "name", tn_code_name(c->err.code));
	j_text(&j, "reason", c->err.msg);
	j_close(&j, '}');
	j_end();
}

static int run(struct ctx *c)
{
	struct planned *p = xalloc(c, sizeof(*p));
	p->level = level_read(c);
	situation_grant(c, &p->s);
	if (p->s.code != TN_OK) {
		invalid(c);
		return EXIT_NO; /* not an error: run would refuse this warrant, and that is what was
				   asked */
	}
	facts_read(c, p);
	situation_policy(c, &p->s, &p->facts);
	if (tnp_plan_build(p->s.policy, p->level, &c->arena, &p->plan, &c->err) != TN_OK)
		die_err(&c->err, "cannot plan");
	tnp_plan_sentence(p->s.policy, p->plan, p->s.now, p->sentence, sizeof(p->sentence));
	if (c->args.json)
		say_json(c, p);
	else
		say(c, p);
	return p->plan->refused_root && p->level > 0 ? EXIT_NO : EXIT_YES;
}

/* clang-format off */
const struct cmd cmd_plan = {
	.name = "plan",
	.synopsis = "[-w W] [--root KEY].. [OPTION].. [-- CMD..]",
	.what = "Says in words what a session may do before it runs, and which layer holds each line.",
	.opts = opts, .nopts = sizeof(opts) / sizeof(*opts),
	.more = "exact: the kernel holds just that. bounded: the kernel holds the larger tree that is named, the preload the rest. "
		"advisory: only the preload, which a static or hostile program gets past. With CMD the program's own rows are there too.",
	.exits = "0 planned, 1 error, 2 run would refuse this warrant",
	.example = "tenuo-shim plan -w agent.warrant --root \"$(cat issuer.pub)\" -- python3 agent.py",
	.operands = HINT_COMMAND,
	.tail = true,
	.refused = EXIT_ERROR,
	.run = run,
};
/* clang-format on */
