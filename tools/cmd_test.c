/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test: tables of rows, one JSON object a line, each asked of the very code that decides elsewhere.
 *
 *   {constraint, value} {arg_constraints, args}     match | no-match | error
 *   {parent, child} {parent_args, child_args}       ok | reject
 *   {warrant, roots?, now}                          ok | reject
 *   {warrant, roots?, now, tool, args}              allow | deny    (proof of possession assumed)
 *   {cel, vars}                                     ok | error
 *
 * A row that cannot be read is an error with a reason and the next one goes on.  Unknown keys are
 * ignored.
 */
#include "show.h"

#include <errno.h>
#include <policy/json.h>
#include <stdlib.h>
#include <string.h>

struct row {
	struct tn_arena arena;
	const char *mark; /* what stands for NUL in this row's text, or NULL */
	struct cJSON *doc;
	size_t line;
	const char *result;	 /* the word */
	enum tn_code code;	 /* TN_OK: none */
	char reason[TN_MSG_MAX]; /* "" = none */
	struct tn_value id;
	bool has_id;
	struct tn_value expect;
	bool has_expect;
	bool unreadable;
};

struct tally {
	size_t rows, expected, differ, unreadable;
};

/* ---------------------------------------------------------------- answers */
static void answer(struct row *r, const char *result)
{
	r->result = result;
}

static void answer_why(struct row *r, const char *result, enum tn_code code, const char *reason)
{
	r->result = result;
	r->code = code;
	snprintf(r->reason, sizeof(r->reason), "%s", reason);
}

static void unreadable(struct row *r, enum tn_code code, const char *reason)
{
	answer_why(r, "error", code, reason);
	r->unreadable = true;
}

/* ---------------------------------------------------------------- NUL */
/*
 * The strict reader refuses \u0000, as it should where a policy is read.  A table must be able to
 * ask about it: in a row's text it is replaced by a character of the private use area that the row
 * does not have, and put back in values.
 */
enum { MARKS = 4 };

static void replace_nul(char *text, size_t n, char digit)
{
	for (size_t i = 0; i + 5 < n; i++) {
		if (text[i] != '\\')
			continue;
		if (memcmp(text + i + 1, "u0000", 5) == 0)
			memcpy(text + i + 1, (char[]){'u', 'e', '0', '0', digit}, 5);
		i++; /* the escaped character, be it a backslash */
	}
}

static const char *mark_nul(struct row *r, const char *text, size_t n)
{
	static const char utf8[MARKS][4] = {"\ue000", "\ue001", "\ue002", "\ue003"};
	char *copy = tn_arena_dup(&r->arena, text, n);
	if (!copy || !memmem(text, n, "\\u0000", 6))
		return text;
	for (char i = 0; i < MARKS; i++) {
		const char escape[] = {'\\', 'u', 'e', '0', '0', (char)('0' + i), '\0'};
		if (strcasestr(copy, escape) || memmem(copy, n, utf8[(size_t)i], 3))
			continue;
		replace_nul(copy, n, (char)('0' + i));
		r->mark = utf8[(size_t)i];
		return copy;
	}
	return text;
}

static void unmark_text(struct row *r, struct tn_str *s)
{
	char *out = tn_arena_dup(&r->arena, s->p, s->n);
	size_t n = 0;
	for (size_t i = 0; out && i < s->n;) {
		bool nul = i + 3 <= s->n && memcmp(s->p + i, r->mark, 3) == 0;
		out[n++] = nul ? '\0' : s->p[i];
		i += nul ? 3 : 1;
	}
	*s = (struct tn_str){out, n};
}

/* Values are made for this row alone: they may be changed in place. */
static void unmark(struct row *r, struct tn_value *v)
{
	if (!r->mark)
		return;
	if (v->type == TN_V_TEXT)
		unmark_text(r, &v->s);
	for (size_t i = 0; v->type == TN_V_LIST && i < v->list.n; i++) {
		struct tn_value *item;
		memcpy(&item, &(const struct tn_value *){&v->list.v[i]}, sizeof(item));
		unmark(r, item);
	}
	for (size_t i = 0; v->type == TN_V_MAP && i < v->map.n; i++) {
		struct tn_value *item;
		memcpy(&item, &(const struct tn_value *){&v->map.v[i].val}, sizeof(item));
		unmark(r, item);
	}
}

/* ---------------------------------------------------------------- reading members */
static const struct cJSON *get(const struct row *r, const char *key)
{
	return tnp_json_member(r->doc, key);
}

static bool get_value(struct row *r, const char *key, struct tn_value *v)
{
	struct tn_err e = {0};
	const struct cJSON *j = get(r, key);
	if (!j) {
		unreadable(r, TN_E_JSON, "a member is missing");
		snprintf(r->reason, sizeof(r->reason), "\"%s\" is missing", key);
		return false;
	}
	if (tnp_json_value(j, &r->arena, v, &e) == TN_OK) {
		unmark(r, v);
		return true;
	}
	unreadable(r, e.code, e.msg);
	return false;
}

static bool get_int(struct row *r, const char *key, int64_t *out)
{
	struct tn_value v;
	if (!get_value(r, key, &v))
		return false;
	if (v.type != TN_V_INT) {
		unreadable(r, TN_E_JSON, "");
		snprintf(r->reason, sizeof(r->reason), "\"%s\" is not an integer", key);
		return false;
	}
	*out = v.i;
	return true;
}

static bool get_text(struct row *r, const char *key, struct tn_str *out)
{
	struct tn_value v;
	if (!get_value(r, key, &v))
		return false;
	if (v.type != TN_V_TEXT) {
		unreadable(r, TN_E_JSON, "");
		snprintf(r->reason, sizeof(r->reason), "\"%s\" is not text", key);
		return false;
	}
	*out = v.s;
	return true;
}

/* args: an object, absent = none */
static bool get_args(struct row *r, const char *key, const struct tn_pair **args, size_t *n)
{
	struct tn_value v = {.type = TN_V_MAP};
	if (get(r, key) && !get_value(r, key, &v))
		return false;
	if (v.type != TN_V_MAP) {
		unreadable(r, TN_E_JSON, "");
		snprintf(r->reason, sizeof(r->reason), "\"%s\" is not an object", key);
		return false;
	}
	*args = v.map.v;
	*n = v.map.n;
	return true;
}

/* A constraint with NUL in it is not one that a table can be about. */
static bool has_nul(struct row *r, const struct tn_value *v)
{
	bool found = v->type == TN_V_TEXT && memmem(v->s.p, v->s.n, r->mark, 3);
	for (size_t i = 0; v->type == TN_V_LIST && i < v->list.n; i++)
		found |= has_nul(r, &v->list.v[i]);
	for (size_t i = 0; v->type == TN_V_MAP && i < v->map.n; i++)
		found |= memmem(v->map.v[i].key.p, v->map.v[i].key.n, r->mark, 3) ||
			 has_nul(r, &v->map.v[i].val);
	return found;
}

static bool no_nul(struct row *r, const struct cJSON *j)
{
	struct tn_value v;
	struct tn_err e = {0};
	if (!r->mark || !j || (tnp_json_value(j, &r->arena, &v, &e) == TN_OK && !has_nul(r, &v)))
		return true;
	unreadable(r, TN_E_JSON, "a constraint has NUL in it");
	return false;
}

static bool get_constraint(struct row *r, const char *key, struct tn_constraint *k)
{
	struct tn_err e = {0};
	const struct cJSON *j = get(r, key);
	if (!no_nul(r, j))
		return false;
	if (j && tnp_constraint_parse(j, &r->arena, k, &e) == TN_OK)
		return true;
	unreadable(r, j ? e.code : TN_E_JSON, j ? e.msg : "a constraint is missing");
	return false;
}

static bool get_cset(struct row *r, const char *key, struct tn_cset *s)
{
	struct tn_err e = {0};
	const struct cJSON *j = get(r, key);
	if (!no_nul(r, j))
		return false;
	if (j && tnp_cset_parse(j, &r->arena, s, &e) == TN_OK)
		return true;
	unreadable(r, j ? e.code : TN_E_JSON, j ? e.msg : "argument constraints are missing");
	return false;
}

/* ---------------------------------------------------------------- the kinds of rows */
static void answer_match(struct row *r, enum tn_match m, const char *reason)
{
	static const char *const words[] = {
	    [TN_NO_MATCH] = "no-match", [TN_MATCH] = "match", [TN_CANNOT_SAY] = "error"};
	if (m == TN_MATCH)
		answer(r, words[m]);
	else
		answer_why(r, words[m], TN_E_CONSTRAINT_VIOLATION, reason);
}

static void row_constraint(struct row *r)
{
	struct tn_constraint k;
	struct tn_value v;
	struct tn_err why = {0};
	if (!get_constraint(r, "constraint", &k) || !get_value(r, "value", &v))
		return;
	enum tn_match m = tn_constraint_match(&k, &v, &why);
	answer_match(r, m, why.msg);
}

static void row_arg_constraints(struct row *r)
{
	static const char *const kinds[] = {
	    [TN_SET_OK] = "",
	    [TN_SET_UNKNOWN_ARG] = "is not an argument it knows",
	    [TN_SET_MISSING_ARG] = "is missing",
	    [TN_SET_NO_MATCH] = "is outside its constraint",
	    [TN_SET_CANNOT_SAY] = "cannot be judged by its constraint",
	};
	struct tn_cset s;
	struct tn_cset_why why = {0};
	const struct tn_pair *args;
	size_t n;
	if (!get_cset(r, "arg_constraints", &s) || !get_args(r, "args", &args, &n))
		return;
	enum tn_match m = tn_cset_match(&s, args, n, &why);
	answer_match(r, m, "");
	if (m != TN_MATCH)
		snprintf(r->reason, sizeof(r->reason), "%.*s %s",
			 (int)(why.arg.n < 64 ? why.arg.n : 64), why.arg.p, kinds[why.kind]);
}

static void answer_code(struct row *r, enum tn_code code, const struct tn_err *e, const char *yes,
			const char *no)
{
	if (code == TN_OK)
		answer(r, yes);
	else
		answer_why(r, no, code, e->msg);
}

static void row_attenuation(struct row *r)
{
	struct tn_constraint parent, child;
	struct tn_err e = {0};
	if (!get_constraint(r, "parent", &parent) || !get_constraint(r, "child", &child))
		return;
	enum tn_code code = tn_constraint_attenuates(&parent, &child, &e);
	answer_code(r, code, &e, "ok", "reject");
}

static void row_attenuation_args(struct row *r)
{
	struct tn_cset parent, child;
	struct tn_err e = {0};
	if (!get_cset(r, "parent_args", &parent) || !get_cset(r, "child_args", &child))
		return;
	enum tn_code code = tn_cset_attenuates(&parent, &child, &e);
	answer_code(r, code, &e, "ok", "reject");
}

/* No roots: the first issuer is trusted. */
static bool get_roots(struct row *r, const struct chain *ch, struct tn_verify_opts *o)
{
	const struct cJSON *list = get(r, "roots");
	struct tn_pub *roots;
	size_t n = 0;
	while (list && tnp_json_item(list, n))
		n++;
	roots = tn_arena_array(&r->arena, n + 1, sizeof(*roots));
	if (!roots) {
		unreadable(r, TN_E_NO_MEMORY, "not enough memory");
		return false;
	}
	o->roots = roots;
	o->nroots = list ? n : 1;
	if (!list)
		memcpy(roots[0].b, ch->links[0]->issuer, sizeof(roots[0].b));
	for (size_t i = 0; i < n; i++) {
		struct tn_value v;
		struct tn_err e = {0};
		if (tnp_json_value(tnp_json_item(list, i), &r->arena, &v, &e) != TN_OK ||
		    v.type != TN_V_TEXT || tn_pub_parse(v.s.p, v.s.n, &roots[i], &e) != TN_OK) {
			unreadable(r, TN_E_BAD_KEY, "an entry of \"roots\" is not a public key");
			return false;
		}
	}
	return true;
}

/* false: the row is answered (it could not be read, or the chain does not hold) */
static bool verify(struct row *r, const tn_grant **g, int64_t *now, const char *no)
{
	struct tn_err e = {0};
	struct tn_str text;
	struct chain ch = {0};
	struct tn_verify_opts o = {0};
	if (!get_text(r, "warrant", &text) || !get_int(r, "now", now))
		return false;
	enum tn_code code = tn_token_decode(text.p, text.n, &r->arena, &ch.links, &ch.n, &e);
	if (code == TN_OK && !get_roots(r, &ch, &o))
		return false;
	o.now = *now;
	if (code == TN_OK)
		code = tn_chain_verify(ch.links, ch.n, &o, &r->arena, g, &e);
	if (code != TN_OK)
		answer_why(r, no, code, e.msg);
	return code == TN_OK;
}

static void row_chain(struct row *r)
{
	const tn_grant *g;
	int64_t now;
	if (verify(r, &g, &now, "reject"))
		answer(r, "ok");
}

static void row_call(struct row *r)
{
	const tn_grant *g;
	const struct tn_pair *args;
	struct tn_decision d = {.verdict = TN_DENY};
	struct tn_str tool;
	size_t n;
	int64_t now;
	if (!get_text(r, "tool", &tool) || !get_args(r, "args", &args, &n) ||
	    !verify(r, &g, &now, "deny"))
		return;
	tn_allows(g, tool.p, tool.n, args, n, now, &d);
	if (d.verdict == TN_ALLOW)
		answer(r, "allow");
	else
		answer_why(r, "deny", d.code, d.reason);
}

static void row_cel(struct row *r)
{
	answer_why(r, "error", TN_E_NOT_YET, "CEL is not in this version yet");
}

static const struct {
	const char *key;
	void (*ask)(struct row *r);
} kinds[] = {
    {"cel", row_cel},
    {"constraint", row_constraint},
    {"arg_constraints", row_arg_constraints},
    {"parent", row_attenuation},
    {"parent_args", row_attenuation_args},
    {"tool", row_call},
    {"warrant", row_chain},
};

static void ask(struct row *r, const char *text, size_t n)
{
	struct tn_err e = {0};
	if (tnp_json_parse(mark_nul(r, text, n), n, &r->doc, &e) != TN_OK) {
		unreadable(r, e.code, e.msg);
		return;
	}
	if (!tnp_json_is_object(r->doc)) {
		unreadable(r, TN_E_JSON, "a row is a JSON object");
		return;
	}
	r->has_id = get(r, "id") && tnp_json_value(get(r, "id"), &r->arena, &r->id, &e) == TN_OK;
	r->has_expect = get(r, "expect") &&
			tnp_json_value(get(r, "expect"), &r->arena, &r->expect, &e) == TN_OK;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (get(r, kinds[i].key)) {
			kinds[i].ask(r);
			return;
		}
	}
	unreadable(r, TN_E_JSON,
		   "a row has constraint and value, parent and child, warrant and now, or cel");
}

/* ---------------------------------------------------------------- comparing and telling */
/* "error" and "no-match" both deny: one of them is expected wherever the other is. */
static const char *class_of(const char *word)
{
	return strcmp(word, "no-match") == 0 ? "error" : word;
}

static bool differs(struct ctx *c, const struct row *r)
{
	if (!r->has_expect)
		return false;
	if (r->expect.type != TN_V_TEXT)
		return true;
	const char *expect = xprintf(c, "%.*s", (int)r->expect.s.n, r->expect.s.p);
	return strcmp(class_of(expect), class_of(r->result)) != 0;
}

static void tell_json(const struct row *r)
{
	struct json j = {0};
	j_open(&j, NULL, '{');
	if (r->has_id)
		j_value(&j, "id", &r->id);
	else
		j_int(&j, "id", (int64_t)r->line);
	j_text(&j, "result", r->result);
	if (r->code != TN_OK)
		j_int(&j, "code", r->code);
	if (*r->reason)
		j_text(&j, "reason", r->reason);
	j_close(&j, '}');
	j_end();
}

static const char *row_name(struct ctx *c, const struct row *r)
{
	if (r->has_id && r->id.type == TN_V_TEXT)
		return safe(c, r->id.s);
	return xprintf(c, "row %zu", r->line);
}

static void tell(struct ctx *c, const struct row *r, bool differ)
{
	if (r->has_expect && !differ)
		return; /* what is as expected needs no line */
	printf("%s: ", row_name(c, r));
	paint(c, differ ? C_RED : C_PLAIN, "%s", r->result);
	if (differ && r->expect.type == TN_V_TEXT)
		printf(", expected %s", safe(c, r->expect.s));
	if (*r->reason)
		printf(" (%s)", safe(c, tn_cstr(r->reason)));
	putchar('\n');
}

static void do_row(struct ctx *c, struct tally *t, size_t line, const char *text, size_t n)
{
	struct row r = {.arena = TN_ARENA_MALLOC, .line = line, .result = "error"};
	ask(&r, text, n);
	bool differ = differs(c, &r);
	if (c->args.json)
		tell_json(&r);
	else
		tell(c, &r, differ);
	t->rows++;
	t->expected += r.has_expect;
	t->differ += differ;
	t->unreadable += r.unreadable && !r.has_expect;
	tnp_json_free(r.doc);
	tn_arena_free(&r.arena);
}

static void do_file(struct ctx *c, struct tally *t, const char *path)
{
	const char *name = safe(c, tn_cstr(path));
	FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	char *line = NULL;
	size_t cap = 0, number = 0;
	ssize_t n;
	if (!f)
		die_sys("cannot open %s", name);
	while (errno = 0, (n = getline(&line, &cap, f)) > 0) {
		number++;
		if (strspn(line, " \t\r\n") < (size_t)n)
			do_row(c, t, number, line, (size_t)n);
	}
	if (ferror(f) || errno)
		die_sys("cannot read %s", name);
	free(line);
	if (f != stdin)
		fclose(f);
}

static int run(struct ctx *c)
{
	struct tally t = {0};
	opt_operands(c, 1, SIZE_MAX, "FILE.jsonl");
	for (size_t i = 0; i < c->args.nrest; i++)
		do_file(c, &t, c->args.rest[i]);
	if (!c->args.json) {
		printf("%zu row%s: %zu as expected, ", t.rows, t.rows == 1 ? "" : "s",
		       t.expected - t.differ);
		paint(c, t.differ ? C_RED : C_GREEN, "%zu differ", t.differ);
		printf(", %zu without expectation\n", t.rows - t.expected);
	}
	if (t.differ)
		return EXIT_NO;
	return t.unreadable ? EXIT_ERROR : EXIT_YES;
}

/* clang-format off */
const struct cmd cmd_test = {
	.name = "test",
	.synopsis = "FILE.jsonl ...",
	.what = "Asks the rows of a table and compares the answers with what the rows expect.",
	.more = "One JSON object a line: {\"constraint\", \"value\"} or {\"arg_constraints\", \"args\"} answer match, no-match or error; "
		"{\"parent\", \"child\"} and {\"parent_args\", \"child_args\"} answer ok or reject; {\"warrant\", \"now\"} answers ok or "
		"reject, with \"tool\" and \"args\" allow or deny. \"roots\" lists trusted keys (default: the warrant's first issuer), "
		"\"now\" is Unix seconds, \"expect\" is compared (error and no-match count as one), \"id\" names the row, other keys are "
		"ignored. With --json one object a row, in order: {\"id\", \"result\", \"code\", \"reason\"}.",
	.exits = "0 all as expected, 1 error (a file or a row cannot be read), 2 a row differs",
	.example = "echo '{\"constraint\": {\"subpath\": \"/data\"}, \"value\": \"/data/x\", \"expect\": \"match\"}' \\\n"
		   "    | tenuo-shim test -",
	.operands = HINT_FILE,
	.refused = EXIT_ERROR,
	.run = run,
};
/* clang-format on */
