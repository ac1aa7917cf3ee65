/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an exec is judged on.  argv[0] is chosen by the caller and proves nothing, so it is never looked at: the program is what the
 * kernel resolved, and it has a short name only if root put that name into a directory of the standard PATH.
 */
#include "internal.h"
#include "out.h"
#include "tn_text.h"

static struct tn_str last_component(struct tn_str path)
{
	size_t i = path.n;

	while (i > 0 && path.p[i - 1] != '/')
		i--;
	return (struct tn_str){ path.p + i, path.n - i };
}

static bool any_of(struct tn_str s, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (tn_str_eq(s, tn_cstr(names[i])))
			return true;
	}
	return false;
}

struct tn_str tnp_exec_name(const struct tnp_op *op)
{
	struct tn_str short_name = last_component(op->exec->requested);

	return op->exec->standard_path && short_name.n ? short_name : op->path;
}

/* ---------------------------------------------------------------- sh -c STRING */
static bool is_shell(const struct tnp_op *op)
{
	static const char *const shells[] = { "sh", "dash", "bash", "ksh", "ksh93", "mksh", "zsh" };

	/* A file of the session's own that is called bash is no shell. */
	return op->exec->system_file && any_of(last_component(op->path), shells, sizeof(shells) / sizeof(*shells));
}

enum shell_word { SHELL_OTHER, SHELL_FLAG, SHELL_FLAG_ARG, SHELL_COMMAND };

/* Only shapes that every shell reads alike; anything else is judged as it stands. */
static enum shell_word shell_word(struct tn_str w)
{
	static const char *const longs[] = { "--noprofile", "--norc", "--login", "--posix" };
	bool command = false, option = false;

	if (any_of(w, longs, sizeof(longs) / sizeof(*longs)))
		return SHELL_FLAG;
	if (w.n < 2 || w.p[0] != '-')
		return SHELL_OTHER;
	for (size_t i = 1; i < w.n; i++) {
		if (!memchr("abefhiklmnprtuvxBCEHPTco", w.p[i], 24) || option)
			return SHELL_OTHER;
		command |= w.p[i] == 'c';
		option = w.p[i] == 'o'; /* takes the next word, so it has to be the last letter */
	}
	if (command)
		return option ? SHELL_OTHER : SHELL_COMMAND;
	return option ? SHELL_FLAG_ARG : SHELL_FLAG;
}

bool tnp_exec_shell_string(const struct tnp_op *op, struct tn_str *string)
{
	const struct tnp_exec *x = op->exec;

	if (!is_shell(op))
		return false;
	for (size_t i = 1; i < x->argc; i++) {
		enum shell_word w = shell_word(x->argv[i]);

		if (w == SHELL_OTHER)
			return false;
		i += w == SHELL_FLAG_ARG;
		if (w != SHELL_COMMAND)
			continue;
		if (i + 1 >= x->argc || (x->argv[i + 1].n && memchr("-+", x->argv[i + 1].p[0], 2)))
			return false;
		*string = x->argv[i + 1];
		return true;
	}
	return false;
}

/* ---------------------------------------------------------------- the text */
struct sink {
	char *p;
	size_t n, cap;
	bool full;
};

static void put(struct sink *s, const char *p, size_t n)
{
	if (s->full || n > s->cap - s->n) {
		s->full = true;
		return;
	}
	if (n)
		memcpy(s->p + s->n, p, n);
	s->n += n;
}

static bool is_safe(struct tn_str w)
{
	for (size_t i = 0; i < w.n; i++) {
		unsigned char c = (unsigned char)w.p[i];
		bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';

		if (!letter && !(c >= '0' && c <= '9') && !(c && memchr("@%+=:,./_-", c, 10)))
			return false;
	}
	return w.n > 0;
}

/* As Python's shlex.quote: in single quotes, a single quote as '"'"' */
static void put_word(struct sink *s, struct tn_str w)
{
	size_t from = 0;

	if (is_safe(w)) {
		put(s, w.p, w.n);
		return;
	}
	put(s, "'", 1);
	for (size_t i = 0; i < w.n; i++) {
		if (w.p[i] != '\'')
			continue;
		put(s, w.p + from, i - from);
		put(s, "'\"'\"'", 5);
		from = i + 1;
	}
	put(s, w.p + from, w.n - from);
	put(s, "'", 1);
}

long tnp_exec_command(const struct tnp_op *op, char *out, size_t cap)
{
	struct sink s = { .p = out, .cap = cap };
	struct tn_str string;

	if (!op->exec)
		return -1;
	if (tnp_exec_shell_string(op, &string)) {
		put(&s, string.p, string.n);
	} else {
		put_word(&s, tnp_exec_name(op));
		for (size_t i = 1; i < op->exec->argc; i++) {
			put(&s, " ", 1);
			put_word(&s, op->exec->argv[i]);
		}
	}
	if (s.full || (s.n && memchr(s.p, '\0', s.n)) || !tn_utf8_valid(s.p, s.n))
		return -1;
	return (long)s.n;
}

/* Words are quoted in pieces of fixed size: what is shown is cut anyway. */
void tnp_exec_words(struct tnp_out *o, const struct tnp_op *op)
{
	for (size_t i = 0; i == 0 || i < op->exec->argc; i++) {
		char word[512];
		struct sink s = { .p = word, .cap = sizeof(word) };
		struct tn_str w = i ? op->exec->argv[i] : tnp_exec_name(op);

		if (w.n > 240)
			w.n = 240;
		put_word(&s, w);
		tnp_out_text(o, i ? " " : "");
		tnp_out_term(o, (struct tn_str){ word, s.full ? 0 : s.n }, 480);
		tnp_out_text(o, i && w.n < op->exec->argv[i].n ? "..." : "");
	}
}

bool tnp_command(struct tnp_eval *ev, struct tn_str *out)
{
	struct tn_str string;

	if (ev->command_len == TNP_COMMAND_UNMADE) {
		ev->command_len = tnp_exec_command(ev->op, ev->text, ev->text_cap);
		ev->unwrapped = ev->op->exec && tnp_exec_shell_string(ev->op, &string);
	}
	*out = (struct tn_str){ ev->text, ev->command_len < 0 ? 0 : (size_t)ev->command_len };
	return ev->command_len >= 0;
}

/* ---------------------------------------------------------------- which programs */
static bool starts(struct tn_str s, struct tn_str with)
{
	return s.n >= with.n && memcmp(s.p, with.p, with.n) == 0;
}

/* `ld.so PROGRAM` runs PROGRAM by mapping it: it would beat every rule about execution. */
bool tnp_is_loader(const struct tnp_policy *p, struct tn_str path)
{
	static const char *const loaders[] = { "ld-linux", "ld-musl-", "ld.so", "ld64.so" };
	struct tn_str name = last_component(path);

	for (size_t i = 0; i < sizeof(loaders) / sizeof(*loaders); i++) {
		if (starts(name, tn_cstr(loaders[i])))
			return true;
	}
	return tnp_baseline_find(p, path, TNP_R_INTERP) != NULL;
}

/* Is the first word of the pattern text?  "git *" names git, "*" and "/opt/<star>/x" name nothing. */
static bool names_first_word(struct tn_str pattern)
{
	for (size_t i = 0; i < pattern.n; i++) {
		if (pattern.p[i] == ' ')
			return i > 0;
		if (memchr("*?[", pattern.p[i], 3))
			return false;
	}
	return pattern.n > 0;
}

static bool names(const struct tn_constraint *c)
{
	bool all = c->type == TN_C_ALL;

	switch (c->type) {
	case TN_C_EXACT:
	case TN_C_ONE_OF:
	case TN_C_SHLEX:
		return true;
	case TN_C_PATTERN:
		return names_first_word(c->text);
	case TN_C_ALL: /* one part that names is enough */
	case TN_C_ANY: /* each part may be the one that matched */
		for (size_t i = 0; i < c->list.n; i++) {
			if (names(&c->list.c[i]) == all)
				return all;
		}
		return !all && c->list.n > 0;
	case TN_C_RANGE:
	case TN_C_REGEX:
	case TN_C_NOT_ONE_OF:
	case TN_C_CIDR:
	case TN_C_URL_PATTERN:
	case TN_C_CONTAINS:
	case TN_C_SUBSET:
	case TN_C_NOT:
	case TN_C_CEL:
	case TN_C_WILDCARD:
	case TN_C_SUBPATH:
	case TN_C_URL_SAFE:
	case TN_C_UNKNOWN:
		break;
	}
	return false;
}

bool tnp_binding_names_program(const struct tnp_eval *ev, const struct tnp_binding *b)
{
	if (b->resource_c && names(b->resource_c))
		return true;
	for (size_t i = 0; i < b->nargs; i++) {
		enum tnp_ours o = b->args[i].ours;

		/* the STRING of sh -c names other programs, not the shell */
		if ((o == TNP_A_PROGRAM || o == TNP_A_ARGV || (o == TNP_A_COMMAND && !ev->unwrapped)) && names(b->args[i].c))
			return true;
	}
	return false;
}
