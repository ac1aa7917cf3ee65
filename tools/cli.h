/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_CLI_H
#define TOOLS_CLI_H
/*
 * What every subcommand of `tenuo-shim` shares.  A subcommand is one file with one `struct cmd`:
 * its option rows are the only source of parsing, --help and shell completions.
 *
 * Exit status: 0 yes, 1 error, 2 no.  `run` alone ends as its program does, and with 126 where it
 * refuses.
 */
#include <stdio.h>
#include <stdbool.h>
#include <tenuo/tenuo.h>
#include <tn_types.h>

enum { EXIT_YES = 0, EXIT_ERROR = 1, EXIT_NO = 2 };

/* ---------------------------------------------------------------- options */
enum opt_kind { OPT_FLAG, OPT_ONE, OPT_MANY };
enum opt_hint { HINT_NONE, HINT_FILE, HINT_DIR, HINT_WORDS, HINT_COMMAND };

struct opt {
	const char *name; /* without the dashes */
	char letter;	  /* short form, 0 = none */
	enum opt_kind kind;
	const char *arg;    /* what help calls the value; NULL for flags */
	const char *help;   /* starts small, no full stop */
	enum opt_hint hint; /* how a shell completes the value */
	const char *words;  /* HINT_WORDS: separated by spaces */
	bool later;	    /* of a later version: refused by name, not shown */
};

struct ctx;
struct cmd {
	const char *name;
	const char *synopsis; /* lines separated by '\n', without "tenuo-shim NAME" */
	const char *what;     /* one sentence */
	const struct opt *opts;
	size_t nopts;
	const char *more; /* a paragraph below the options, or NULL */
	const char *exits;
	const char *example;
	enum opt_hint operands;
	const char *words; /* how a shell completes the operands */
	bool tail;	   /* the first operand ends the options: a command line follows */
	bool hidden;	   /* for our own use: not listed */
	int refused;	   /* exit status of any error */
	int (*run)(struct ctx *c);
};
extern const struct cmd *const cmds[];
extern const size_t ncmds;
extern const struct opt common_opts[]; /* --json, --help: every subcommand has them */
extern const size_t ncommon_opts;

#define OPT_LIMIT 40
struct optvals {
	const char **v;
	size_t n;
};
struct args {
	struct optvals opt[OPT_LIMIT]; /* by row of cmd->opts */
	const char **rest;
	size_t nrest;
	bool json, json_given, help;
};

/* ---------------------------------------------------------------- output */
enum colour { C_PLAIN, C_BOLD, C_DIM, C_GREEN, C_RED, C_YELLOW };

struct ctx {
	const struct cmd *cmd;
	struct args args;
	bool colour;
	struct tn_arena arena;
	struct tn_err err;
};

void opt_parse(struct ctx *c, int argc, char **argv); /* dies on a bad line */
const char *opt_get(const struct ctx *c, size_t row); /* NULL = not given */
bool opt_has(const struct ctx *c, size_t row);
struct optvals opt_all(const struct ctx *c, size_t row);
const char *opt_need(struct ctx *c, size_t row); /* dies if not given */
void opt_operands(struct ctx *c, size_t min, size_t max, const char *what);
const char *nearest(const char *word, const char *const *list, size_t n); /* NULL = nothing alike */
void help_cmd(const struct ctx *c, const struct cmd *cmd);
void help_all(const struct ctx *c);
bool completion_print(const char *shell);

/* one sentence on stderr (with --json also {"error":..} on stdout); never returns */
_Noreturn void die(enum tn_code code, const char *fmt, ...) TN_PRINTF(2, 3);
_Noreturn void die_err(const struct tn_err *e, const char *fmt, ...) TN_PRINTF(2, 3);
_Noreturn void die_sys(const char *fmt, ...) TN_PRINTF(1, 2); /* adds strerror(errno) */
void note(const char *fmt, ...) TN_PRINTF(1, 2);	      /* one line on stderr */
const char *later_words(void);				      /* "is not in this version yet" */

void *xalloc(struct ctx *c, size_t n);
const char *xprintf(struct ctx *c, const char *fmt, ...) TN_PRINTF(2, 3);

/* human text: untrusted bytes escaped, so that a tool name cannot drive the terminal */
const char *safe(struct ctx *c, struct tn_str s);
void paint(const struct ctx *c, enum colour col, const char *fmt, ...) TN_PRINTF(3, 4);
/* "key         text" */
void field(const struct ctx *c, const char *key, const char *fmt, ...) TN_PRINTF(3, 4);

struct table {
	const char **cell;
	enum colour *col;
	size_t ncols, nrows, cap;
};
struct table *table_new(struct ctx *c, size_t ncols);
/* ncols const char *; col is the last cell's */
void table_row(struct ctx *c, struct table *t, enum colour col, ...);
void table_print(const struct ctx *c, const struct table *t, const char *indent);

/* JSON to stdout; every value has its place, so no separator can be forgotten */
struct json {
	int depth;
	bool more[32];
};
void j_open(struct json *j, const char *key, char bracket);
void j_close(struct json *j, char bracket);
void j_str(struct json *j, const char *key, struct tn_str s);
void j_text(struct json *j, const char *key, const char *s); /* NULL: the member is left out */
void j_int(struct json *j, const char *key, int64_t v);
void j_bool(struct json *j, const char *key, bool v);
void j_raw(struct json *j, const char *key, const char *json);
void j_value(struct json *j, const char *key, const struct tn_value *v);
void j_end(void); /* the newline after a whole document */

/* ---------------------------------------------------------------- time */
int64_t now_seconds(void);
int64_t parse_ttl(const char *text);		 /* 90s 10m 2h 1d; dies */
int64_t parse_time(const char *text);		 /* Unix seconds or RFC 3339; dies */
const char *time_text(struct ctx *c, int64_t t); /* 2026-11-23T12:00:00Z */
const char *span_text(struct ctx *c, int64_t s); /* "12 min", "3 h 20 min" */

/* ---------------------------------------------------------------- input */
struct text {
	const char *p;
	size_t n;
};
struct text read_all(struct ctx *c, const char *path, size_t limit); /* "-" is stdin; dies */
enum tn_code read_try(struct ctx *c, const char *path, size_t limit,
		      struct text *out) TN_MUST_USE; /* fills c->err */
struct token {
	struct text text;
	const char *origin;
	const char *file; /* NULL: not from a file */
};
struct token token_read(struct ctx *c, const char *w); /* a path, "-", or the token itself; dies */
/* w (may be NULL), then TENUO_WARRANT, then TENUO_WARRANT_FILE */
struct token token_find(struct ctx *c, const char *w, const char *how); /* dies; how: "-w W" */
enum tn_code token_look(struct ctx *c, const char *w,
			struct token *t) TN_MUST_USE; /* fills c->err; TN_E_NO_WARRANT = none */

struct chain {
	const tn_warrant *const *links;
	size_t n;
};
enum tn_code token_chain(struct ctx *c, const struct token *t, struct chain *ch); /* fills c->err */

struct trust {
	struct tn_pub *roots;
	size_t n;
	const char *origin;
	bool dev;
};
void trust_find(struct ctx *c, struct optvals roots, struct trust *t); /* n 0 = none anywhere */
/* n 0: the chain's own first issuer stands in, and the caller says so */
void trust_assume(struct ctx *c, const struct chain *ch, struct trust *t);

/* keys: text in any form, or a file holding one.  The text is wiped from memory, also from argv. */
void key_read(struct ctx *c, const char *what, const char *text, struct tn_key *k);
void pub_read(struct ctx *c, const char *what, const char *text, struct tn_pub *p);
struct tn_key *
key_memory(void); /* one locked place; nobody may look into this process until key_forget */
void key_forget(void);

struct text
json_read(struct ctx *c,
	  const char *arg); /* JSON text itself if it starts with a bracket, else a file or "-" */

/* a file that holds something of worth: 0600, whole or not at all */
void write_private(struct ctx *c, const char *path, const char *text, size_t n);
void finish_stdout(void); /* dies if what was said could not be written */

#endif
