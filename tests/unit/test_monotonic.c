/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The theorem: a chain that verifies only narrows.  Sampled parents, children that are relatives of
 * theirs, and calls that the child has reason to allow; whatever the leaf's grant allows, the grant
 * of each prefix allows too.
 */
#include <stdio.h>
#include "sample.h"
#include "wire_test.h"

TestSuite(monotonic, .init = open_arena, .fini = close_arena);

enum { PAIRS = 20000, CALLS = 24, ARGS = 2, TOOLS = 4 };
static const char *const tool_names[TOOLS] = { "*", "a", "read_file", "t" };
static const char *const arg_names[ARGS] = { "n", "path" };

/* Gates of t, u and "*" in several strengths; index 0: none */
static const char *const gate_maps[] = {
	NULL,
	NULL,
	NULL,
	"a0",
	"a16174a16461726773f6",
	"a1612aa16461726773f6",
	"a16174a16461726773a0",
	"a16174a16461726773a1617063616c6c",
	"a16174a16461726773a1616e63616c6c",
	"a2612aa16461726773f66174a16461726773a0",
	"a16161a16461726773a16470617468820"
	"1a16576616c75656178",
	"a16161a16461726773a164706174688202a1677061747465726e612a",
};

static struct tn_cset draw_set(struct dice *d)
{
	struct tn_carg *args = tn_arena_array(&arena, ARGS, sizeof(*args));
	size_t n = 0;

	for (size_t i = 0; i < ARGS; i++)
		if (dice_roll(d, 3))
			args[n++] = (struct tn_carg){
				tn_cstr(arg_names[i]),
				*sample_constraint(
					d, &arena,
					SAMPLE_TYPES[dice_roll(d, (uint32_t)SAMPLE_NTYPES)], 1)
			};
	return (struct tn_cset){ args, n, dice_roll(d, 4) == 0 };
}

/* Mostly the same names, with relatives of the constraints. */
static struct tn_cset relative_set(struct dice *d, const struct tn_cset *p)
{
	struct tn_carg *args = tn_arena_array(&arena, ARGS, sizeof(*args));
	size_t n = 0;

	if (dice_roll(d, 8) == 0)
		return draw_set(d);
	for (size_t i = 0; i < p->n; i++)
		if (dice_roll(d, 12))
			args[n++] = (struct tn_carg){
				p->args[i].name,
				dice_roll(d, 3) ? *sample_relative(d, &arena, &p->args[i].c, 1)
						: p->args[i].c
			};
	return (struct tn_cset){ args, n, p->allow_unknown && dice_roll(d, 2) };
}

static void draw_tools(struct dice *d, struct tn_warrant *w)
{
	struct tn_tool *t = tn_arena_array(&arena, TOOLS, sizeof(*t));

	w->ntools = 0;
	for (size_t i = 0; i < TOOLS; i++)
		if (dice_roll(d, 2))
			t[w->ntools++] = (struct tn_tool){ tn_cstr(tool_names[i]), draw_set(d) };
	w->tools = t;
}

static void relative_tools(struct dice *d, const tn_warrant *p, struct tn_warrant *w)
{
	struct tn_tool *t = tn_arena_array(&arena, TOOLS, sizeof(*t));

	w->ntools = 0;
	for (size_t i = 0; i < TOOLS; i++) {
		const struct tn_tool *own = tn_warrant_tool(p, tn_cstr(tool_names[i])),
				     *any = tn_warrant_tool(p, TN_STR("*"));
		const struct tn_tool *from = own ? own : any;

		if (from && dice_roll(d, own ? 5 : 2) > 0)
			t[w->ntools++] = (struct tn_tool){ tn_cstr(tool_names[i]),
							   relative_set(d, &from->set) };
	}
	w->tools = t;
}

static void draw_rest(struct dice *d, struct tn_warrant *w, struct tn_ext *x)
{
	const char *hex = gate_maps[dice_roll(d, COUNT(gate_maps))];

	w->next = 0;
	if (hex) {
		*x = (struct tn_ext){ TN_EXT_GATES, from_hex(hex) };
		w->ext = x;
		w->next = 1;
	}
	w->has_clearance = dice_roll(d, 6) == 0;
	w->clearance = (uint8_t)dice_roll(d, 3);
	w->max_depth = (uint8_t)(2 + dice_roll(d, 3));
}

/* Arguments that the set has reason to match, with one missing or one too many now and then. */
static size_t draw_args(struct dice *d, const struct tn_cset *s, struct tn_pair *args)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		if (dice_roll(d, 8))
			args[n++] = (struct tn_pair){ s->args[i].name,
						      *sample_value(d, &arena, &s->args[i].c) };
	if (dice_roll(d, 6) == 0)
		args[n++] = (struct tn_pair){ TN_STR("zz"), { .type = TN_V_NULL } };
	if (s->n == 0 && dice_roll(d, 2))
		args[n++] = (struct tn_pair){ TN_STR("path"),
					      { .type = TN_V_TEXT, .s = TN_STR("/etc/shadow") } };
	return n;
}

static bool allows(const tn_grant *g, struct tn_str tool, const struct tn_pair *args, size_t n)
{
	struct tn_decision d;

	tn_allows(g, tool.p, tool.n, args, n, NOW, &d);
	return d.verdict == TN_ALLOW;
}

static size_t try_calls(struct dice *d, const tn_grant *child, const tn_grant *const *above,
			size_t nabove)
{
	static const char *const fresh[] = { "fresh", "" };
	const tn_warrant *leaf = tn_grant_leaf(child);
	size_t allowed = 0;

	for (size_t i = 0; i < CALLS; i++) {
		uint32_t r = dice_roll(d, TOOLS + 2);
		struct tn_str tool = tn_cstr(r < TOOLS ? tool_names[r] : fresh[r - TOOLS]);
		const struct tn_tool *t = tn_warrant_tool(leaf, tool);
		struct tn_pair args[ARGS + 2];

		t = t ? t : tn_warrant_tool(leaf, TN_STR("*"));
		size_t n = t ? draw_args(d, &t->set, args) : 0;
		if (!allows(child, tool, args, n))
			continue;
		allowed++;
		for (size_t k = 0; k < nabove; k++)
			cr_assert(allows(above[k], tool, args, n),
				  "link %zu does not allow %.*s that the leaf allows", k,
				  (int)tool.n, tool.p);
	}
	return allowed;
}

/* A chain of three; counts how many children verified and how many calls they allowed. */
static void try_chain(struct dice *d, size_t *verified, size_t *allowed)
{
	const tn_warrant *links[3];
	const tn_grant *grants[3];
	struct tn_ext x[3];
	struct tn_warrant f = root_fields();

	draw_tools(d, &f);
	draw_rest(d, &f, &x[0]);
	if (forge(&f, 0, &links[0]) != TN_OK || verify(links, 1, NOW, &grants[0]) != TN_OK)
		return;
	for (size_t n = 1; n < COUNT(links); n++) {
		struct tn_warrant c = child_fields(links[n - 1]);

		relative_tools(d, links[n - 1], &c);
		if (dice_roll(d, 3) == 0)
			draw_rest(d, &c, &x[n]);
		if (forge(&c, (unsigned)n, &links[n]) != TN_OK ||
		    verify(links, n + 1, NOW, &grants[n]) != TN_OK)
			return;
		++*verified;
		*allowed += try_calls(d, grants[n], grants, n);
	}
}

Test(monotonic, what_a_leaf_allows_every_link_allows, .timeout = 100)
{
	struct dice d = { .state = 20240229 };
	size_t verified = 0, allowed = 0;

	for (size_t i = 0; i < PAIRS; i++) {
		try_chain(&d, &verified, &allowed);
		tn_arena_free(&arena);
	}
	/* a test that compares nothing proves nothing */
	cr_assert_gt(verified, PAIRS / 12, "only %zu children verified", verified);
	cr_assert_gt(allowed, PAIRS / 2, "only %zu calls were allowed", allowed);
	fprintf(stderr, "# %zu children verified, %zu calls compared\n", verified, allowed);
}
