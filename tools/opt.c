/* SPDX-License-Identifier: Apache-2.0 */
/* Option rows -> parsed arguments.  The same rows make --help and the completions (help.c). */
#include "cli.h"

#include <stdlib.h>
#include <string.h>

/* clang-format off */
const struct opt common_opts[] = {
	{ .name = "json", .help = "print one JSON document instead of text" },
	{ .name = "help", .letter = 'h', .help = "print this help and exit" },
};
/* clang-format on */
const size_t ncommon_opts = sizeof(common_opts) / sizeof(*common_opts);

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;
	return m < c ? m : c;
}

/* Levenshtein distance of two short words; anything long is "far". */
static size_t distance(const char *a, const char *b)
{
	enum { LONGEST = 40 };
	size_t row[LONGEST + 1], la = strlen(a), lb = strlen(b);
	if (la > LONGEST || lb > LONGEST)
		return LONGEST;
	for (size_t j = 0; j <= lb; j++)
		row[j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			size_t up = row[j];
			row[j] = min3(up + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = up;
		}
	}
	return row[lb];
}

const char *nearest(const char *word, const char *const *list, size_t n)
{
	const char *best = NULL;
	size_t best_distance = strlen(word) / 2 + 1; /* half of it wrong is another word */
	for (size_t i = 0; i < n; i++) {
		size_t d = distance(word, list[i]);
		if (strncmp(word, list[i], strlen(word)) == 0 && strlen(word) > 1)
			d = 0;
		if (d < best_distance) {
			best_distance = d;
			best = list[i];
		}
	}
	return best;
}

/* Rows are numbered: the command's own first, then the common ones. */
static size_t nrows(const struct cmd *cmd)
{
	return cmd->nopts + ncommon_opts;
}

static const struct opt *row_at(const struct cmd *cmd, size_t i)
{
	return i < cmd->nopts ? &cmd->opts[i] : &common_opts[i - cmd->nopts];
}

_Noreturn static void unknown_option(const struct cmd *cmd, const char *given, size_t len)
{
	const char *names[OPT_LIMIT + 2];
	char word[64];
	size_t n = 0;
	for (size_t i = 0; i < nrows(cmd); i++) {
		if (!row_at(cmd, i)->later)
			names[n++] = row_at(cmd, i)->name;
	}
	snprintf(word, sizeof(word), "%.*s", (int)(len < 60 ? len : 60), given);
	const char *like = nearest(word, names, n);
	if (like)
		die(TN_E_USAGE, "there is no option --%s; did you mean --%s?", word, like);
	die(TN_E_USAGE, "there is no option --%s; see tenuo-shim %s --help", word, cmd->name);
}

static size_t find_long(const struct cmd *cmd, const char *name, size_t len)
{
	for (size_t i = 0; i < nrows(cmd); i++) {
		const struct opt *o = row_at(cmd, i);
		if (strlen(o->name) == len && memcmp(o->name, name, len) == 0)
			return i;
	}
	unknown_option(cmd, name, len);
}

static size_t find_letter(const struct cmd *cmd, char letter)
{
	for (size_t i = 0; i < nrows(cmd); i++) {
		if (row_at(cmd, i)->letter == letter)
			return i;
	}
	die(TN_E_USAGE, "there is no option -%c; see tenuo-shim %s --help", letter, cmd->name);
}

static void append(struct ctx *c, struct optvals *v, const char *value)
{
	const char **bigger = xalloc(c, (v->n + 1) * sizeof(*bigger));
	if (v->n)
		memcpy(bigger, v->v, v->n * sizeof(*bigger));
	bigger[v->n] = value;
	v->v = bigger;
	v->n++;
}

static void set(struct ctx *c, size_t row, const char *value)
{
	const struct opt *o = row_at(c->cmd, row);
	if (row >= c->cmd->nopts) {
		*(row == c->cmd->nopts ? &c->args.json_given : &c->args.help) = true;
		return;
	}
	/* A second value that silently replaced the first could widen what the caller meant. */
	if (o->kind == OPT_ONE && c->args.opt[row].n)
		die(TN_E_USAGE, "--%s is given twice", o->name);
	append(c, &c->args.opt[row], value);
}

/* One option at argv[i]; returns how many words it took. */
static int option(struct ctx *c, int argc, char **argv, int i)
{
	const char *word = argv[i], *value = NULL;
	size_t row;
	if (word[1] == '-') {
		size_t len = strcspn(word + 2, "=");
		row = find_long(c->cmd, word + 2, len);
		value = word[2 + len] == '=' ? word + 3 + len : NULL;
	} else {
		row = find_letter(c->cmd, word[1]);
		value = word[2] ? word + 2 : NULL;
	}
	const struct opt *o = row_at(c->cmd, row);
	if (o->later)
		die(TN_E_NOT_YET, "--%s %s", o->name, later_words());
	if (o->kind == OPT_FLAG && value)
		die(TN_E_USAGE, "--%s takes no value", o->name);
	if (o->kind == OPT_FLAG) {
		set(c, row, "");
		return 1;
	}
	if (value) {
		set(c, row, value);
		return 1;
	}
	if (i + 1 >= argc || strcmp(argv[i + 1], "--") == 0)
		die(TN_E_USAGE, "--%s needs a value: %s", o->name, o->arg);
	set(c, row, argv[i + 1]);
	return 2;
}

/* "-" is a file name and PEM text begins with dashes: neither is an option. */
static bool is_option(const char *word)
{
	return word[0] == '-' && word[1] && strncmp(word, "-----BEGIN ", 11) != 0;
}

/* A refusal of the very first option must already know how to speak: guess before anything can
 * fail, parsing settles it. */
static bool seems_json(int argc, char **argv)
{
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--json") == 0)
			return true;
	}
	return false;
}

void opt_parse(struct ctx *c, int argc, char **argv)
{
	struct optvals rest = {0};
	int i = 0;
	c->args.json = seems_json(argc, argv);
	while (i < argc) {
		if (strcmp(argv[i], "--") == 0) {
			i++;
			break;
		}
		if (is_option(argv[i])) {
			i += option(c, argc, argv, i);
			continue;
		}
		if (c->cmd->tail)
			break;
		append(c, &rest, argv[i++]);
	}
	while (i < argc)
		append(c, &rest, argv[i++]);
	c->args.json = c->args.json_given;
	c->args.rest = rest.v;
	c->args.nrest = rest.n;
}

const char *opt_get(const struct ctx *c, size_t row)
{
	const struct optvals *v = &c->args.opt[row];
	return v->n ? v->v[v->n - 1] : NULL;
}

bool opt_has(const struct ctx *c, size_t row)
{
	return c->args.opt[row].n > 0;
}

struct optvals opt_all(const struct ctx *c, size_t row)
{
	return c->args.opt[row];
}

const char *opt_need(struct ctx *c, size_t row)
{
	const char *v = opt_get(c, row);
	if (!v)
		die(TN_E_USAGE, "--%s %s is needed; see tenuo-shim %s --help",
		    c->cmd->opts[row].name, c->cmd->opts[row].arg, c->cmd->name);
	return v;
}

void opt_operands(struct ctx *c, size_t min, size_t max, const char *what)
{
	if (c->args.nrest < min)
		die(TN_E_USAGE, "%s is missing; see tenuo-shim %s --help", what, c->cmd->name);
	if (c->args.nrest > max)
		die(TN_E_USAGE, "one word too many: %s", safe(c, tn_cstr(c->args.rest[max])));
}
