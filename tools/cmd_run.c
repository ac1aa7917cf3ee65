/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run: reads what was asked for and hands it to the launcher, which does everything that touches
 * the kernel. Any error here is a program that does not start: exit 126, never a weaker session.
 */
#include "situation.h"
#include "config.h"
#include "self.h"

#include <errno.h>
#include <limits.h>
#include <shim/run.h>
#include <shim/session.h>
#include <stdlib.h>
#include <string.h>
#include <tn_fail.h>

enum {
	O_WARRANT,
	O_ROOT,
	O_MODE,
	O_LEVEL,
	O_OBSERVE,
	O_POLICY,
	O_LOG,
	O_PRESET,
	O_APP,
	O_CWD,
	O_TMPDIR,
	O_KEEP_FD,
	O_CREATE_ROOTS,
	O_ALLOW_MISSING,
	O_ALLOW_WRITABLE,
	O_ON_EXIT,
	O_LOG_LEVEL,
	O_QUIET,
	O_LATER,
};
#define LATER(option)                                                                              \
	{                                                                                          \
		.name = option, .later = true                                                      \
	}
/* clang-format off */
static const struct opt opts[] = {
	[O_WARRANT] = { .name = "warrant", .letter = 'w', .kind = OPT_ONE, .arg = "W", .hint = HINT_FILE,
			.help = "the warrant: a file, - or its text (default: TENUO_WARRANT, then TENUO_WARRANT_FILE)" },
	[O_ROOT] = { .name = "root", .kind = OPT_MANY, .arg = "KEY", .hint = HINT_FILE,
		     .help = "a trusted root's public key, or a file with it (default: TENUO_TRUSTED_ROOTS)" },
	[O_MODE] = { .name = "mode", .kind = OPT_ONE, .arg = "M", .hint = HINT_WORDS, .words = "enforce audit permissive",
		     .help = "enforce blocks; audit only records what would be denied; permissive also warns (default: TENUO_MODE, then "
			     "enforce)" },
	[O_LEVEL] = { .name = "level", .kind = OPT_ONE, .arg = "N", .hint = HINT_WORDS, .words = "0 1",
		      .help = "what enforces: 0 the preload only, 1 Landlock and seccomp too (default 1)" },
	[O_OBSERVE] = { .name = "observe", .kind = OPT_ONE, .arg = "HOW", .hint = HINT_WORDS, .words = "preload",
			.help = "how audit and permissive watch: preload (default)" },
	[O_POLICY] = { .name = "policy", .kind = OPT_ONE, .arg = "FILE", .hint = HINT_FILE,
		       .help = "the mapping and baseline to use (default: TENUO_POLICY, then the built-in one)" },
	[O_LOG] = { .name = "log", .kind = OPT_ONE, .arg = "FILE", .hint = HINT_FILE,
		    .help = "append events here: a path, stderr or fd:N (default: TENUO_AUDIT_LOG, then a file per session below "
			    "~/.local/state/tenuo-shim, root: /var/log/tenuo-shim)" },
	[O_PRESET] = { .name = "preset", .kind = OPT_MANY, .arg = "P,..", .hint = HINT_WORDS, .words = PRESET_WORDS,
		       .help = "add the baseline rows of these: " PRESET_LIST },
	[O_APP] = { .name = "app", .kind = OPT_MANY, .arg = "DIR", .hint = HINT_DIR,
		    .help = "the program's own tree: may be read and executed" },
	[O_CWD] = { .name = "cwd", .help = "the working directory may be read" },
	[O_TMPDIR] = { .name = "tmpdir", .kind = OPT_ONE, .arg = "keep", .hint = HINT_WORDS, .words = "keep",
		       .help = "keep: leave TMPDIR as it is, make no private one" },
	[O_KEEP_FD] = { .name = "keep-fd", .kind = OPT_MANY, .arg = "N", .help = "do not close this inherited descriptor" },
	[O_CREATE_ROOTS] = { .name = "create-roots", .help = "make the directories that the warrant names and that do not exist" },
	[O_ALLOW_MISSING] = { .name = "allow-missing-roots", .help = "start although a directory that the warrant names does not exist" },
	[O_ALLOW_WRITABLE] = { .name = "allow-writable-program", .help = "start although the session could write its own program" },
	[O_ON_EXIT] = { .name = "on-exit", .kind = OPT_ONE, .arg = "A", .hint = HINT_WORDS, .words = "keep kill wait",
			.help = "what becomes of processes left behind: keep (default), kill, wait" },
	[O_LOG_LEVEL] = { .name = "log-level", .kind = OPT_ONE, .arg = "L", .hint = HINT_WORDS, .words = "default all",
			  .help = "default: denials, execs, connects; all: every decision" },
	[O_QUIET] = { .name = "quiet", .help = "no sentences on stderr; the log has them all" },
	LATER("session-key"), LATER("holder-key-fd"), LATER("holder-sign"), LATER("grace"), LATER("trace-denials"), LATER("scan-links"),
	LATER("dns"), LATER("env"), LATER("strict-metadata"), LATER("receipts"), LATER("srl"),
};
/* clang-format on */

enum { NPROTECT = 6 };
struct asked {
	struct tns_run run;
	struct token token;
	struct chain chain;
	struct trust trust;
	struct tnp_protect protect[NPROTECT];
};

static const char *env_of(const char *name)
{
	const char *v = getenv(name);
	return v && *v ? v : NULL;
}

/* ---------------------------------------------------------------- small options */
struct word {
	const char *word;
	int value;
};

static int word_of(const char *option, const char *text, const struct word *rows, size_t n)
{
	const char *all = "";
	char list[128] = "";
	for (size_t i = 0; i < n; i++) {
		if (strcmp(rows[i].word, text) == 0)
			return rows[i].value;
		all = i ? ", " : "";
		strncat(list, all, sizeof(list) - strlen(list) - 1);
		strncat(list, rows[i].word, sizeof(list) - strlen(list) - 1);
	}
	die(TN_E_USAGE, "--%s is one of %s", option, list);
}

static int level_read(struct ctx *c)
{
	static const struct word rows[] = {{"0", 0}, {"1", 1}};
	const char *text = opt_get(c, O_LEVEL);
	if (!text)
		return -1;
	if (strcmp(text, "2") == 0 || strcmp(text, "3") == 0)
		die(TN_E_NOT_YET, "--level %s %s; --level 1 is the strongest there is", text,
		    later_words());
	return word_of("level", text, rows, 2);
}

static const char *observe_read(struct ctx *c)
{
	static const struct word rows[] = {{"preload", 0}};
	const char *text = opt_get(c, O_OBSERVE);
	if (!text)
		return NULL;
	if (strcmp(text, "all") == 0)
		die(TN_E_NOT_YET, "--observe all %s; --observe preload is there", later_words());
	word_of("observe", text, rows, 1);
	return text;
}

static void mode_and_level(struct ctx *c, struct tns_run *r)
{
	r->mode = mode_read(c, opt_get(c, O_MODE));
	r->level = level_read(c);
	r->observe = observe_read(c);
	if (r->mode == TNP_ENFORCE && r->observe)
		die(TN_E_USAGE,
		    "--observe is for --mode audit and permissive; --level says how enforce holds");
	if (r->mode == TNP_ENFORCE && r->level >= 0 && r->level < config_get(c)->level)
		die(TN_E_CONFIG, CONFIG_FILE " asks for level %d", config_get(c)->level);
	if (r->mode != TNP_ENFORCE && r->level >= 0)
		die(TN_E_USAGE,
		    "--level is for --mode enforce; --observe says how audit and permissive watch");
}

static void descriptors(struct ctx *c, struct tns_run *r)
{
	struct optvals v = opt_all(c, O_KEEP_FD);
	int *fds = xalloc(c, (v.n + 1) * sizeof(*fds));
	for (size_t i = 0; i < v.n; i++) {
		char *end;
		errno = 0;
		long n = strtol(v.v[i], &end, 10);
		if (errno || end == v.v[i] || *end || n < 0 || n > 1 << 20)
			die(TN_E_USAGE, "--keep-fd is the number of a descriptor");
		fds[i] = (int)n;
	}
	r->keep_fds = fds;
	r->nkeep_fds = v.n;
}

static void small_options(struct ctx *c, struct tns_run *r)
{
	static const struct word exits[] = {
	    {"keep", TNS_KEEP}, {"kill", TNS_KILL}, {"wait", TNS_WAIT}};
	static const struct word tmpdirs[] = {{"keep", 1}};
	const char *on_exit = opt_get(c, O_ON_EXIT), *tmpdir = opt_get(c, O_TMPDIR);
	struct optvals app = opt_all(c, O_APP);
	r->app = app.v;
	r->napp = app.n;
	r->cwd_read = opt_has(c, O_CWD);
	r->create_roots = opt_has(c, O_CREATE_ROOTS);
	r->allow_missing_roots = opt_has(c, O_ALLOW_MISSING);
	r->allow_writable_program = opt_has(c, O_ALLOW_WRITABLE);
	r->quiet = opt_has(c, O_QUIET);
	r->keep_tmpdir = tmpdir && word_of("tmpdir", tmpdir, tmpdirs, 1);
	r->on_exit = on_exit ? (enum tns_on_exit)word_of("on-exit", on_exit, exits, 3) : TNS_KEEP;
	descriptors(c, r);
}

static void record(struct ctx *c, struct tns_run *r)
{
	static const struct word levels[] = {{"default", 0}, {"all", 1}};
	const char *level = opt_get(c, O_LOG_LEVEL);
	r->log = opt_has(c, O_LOG) ? opt_get(c, O_LOG) : env_of("TENUO_AUDIT_LOG");
	if (!r->log)
		r->log = config_get(c)->log;
	r->log_named = r->log;
	if (r->log && !*r->log)
		die(TN_E_USAGE, "--log is empty");
	if (r->log && (strcmp(r->log, "syslog") == 0 || strcmp(r->log, "journal") == 0))
		die(TN_E_NOT_YET, "the log %s %s; a path, stderr or fd:N is", r->log,
		    later_words());
	r->log_level =
	    level ? word_of("log-level", level, levels, 2) : tnp_config_log_level(r->cfg);
}

/* ---------------------------------------------------------------- policy */
static void policy(struct ctx *c, struct tns_run *r)
{
	r->cfg = config_read(c, policy_file(c, O_POLICY), opt_all(c, O_PRESET));
	if (tnp_config_encode(r->cfg, &c->arena, &r->config, &c->err) != TN_OK)
		die_err(&c->err, "the policy");
}

/* ---------------------------------------------------------------- the warrant */
/* A refusal ends with what to do about it. */
static const char *way_out(enum tn_code code)
{
	static const struct {
		enum tn_code code;
		const char *text;
	} rows[] = {
	    {TN_E_NO_WARRANT, "give one with -w W or TENUO_WARRANT"},
	    {TN_E_NO_ROOTS, "name the issuer's public key with --root KEY or TENUO_TRUSTED_ROOTS"},
	    {TN_E_EXPIRED, "ask its issuer for a new one"},
	    {TN_E_UNTRUSTED_ROOT, "if you trust its issuer, name that key with --root KEY"},
	    {TN_E_SYSTEM, "give one that can be read with -w W"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (rows[i].code == code)
			return rows[i].text;
	}
	return "see tenuo-shim inspect W";
}

/* The stack as raw bytes: what later processes of the session decode. */
static struct tn_bytes stack_bytes(struct ctx *c, const struct chain *ch)
{
	size_t n = 0, total = 2;
	for (size_t i = 0; i < ch->n; i++)
		total += ch->links[i]->envelope.n;
	uint8_t *p = xalloc(c, total);
	if (ch->n >= 24) /* TN_CHAIN_MAX is 65: one byte of length is enough */
		p[n++] = 0x98;
	p[n++] = (uint8_t)(ch->n >= 24 ? ch->n : 0x80 | ch->n);
	for (size_t i = 0; i < ch->n; i++) {
		memcpy(p + n, ch->links[i]->envelope.p, ch->links[i]->envelope.n);
		n += ch->links[i]->envelope.n;
	}
	return (struct tn_bytes){p, n};
}

static enum tn_code verify(struct ctx *c, struct asked *a)
{
	struct tn_verify_opts o = {
	    .roots = a->trust.roots, .nroots = a->trust.n, .now = now_seconds()};
	TN_TRY(token_look(c, opt_get(c, O_WARRANT), &a->token));
	TN_TRY(token_chain(c, &a->token, &a->chain));
	if (a->trust.n == 0)
		return tn_fail(&c->err, TN_E_NO_ROOTS, "no trusted root is configured");
	TN_TRY(tn_chain_verify(a->chain.links, a->chain.n, &o, &c->arena, &a->run.grant, &c->err));
	a->run.token = stack_bytes(c, &a->chain);
	return TN_OK;
}

static void warrant(struct ctx *c, struct asked *a)
{
	enum tn_code code = verify(c, a);
	if (code == TN_OK)
		return;
	const char *why = code == TN_E_NO_WARRANT ? xprintf(c, "%s", c->err.msg)
						  : xprintf(c, "no valid warrant: %s", c->err.msg);
	if (a->run.mode == TNP_ENFORCE)
		die(code, "%s (%d); %s, or watch with --mode audit", why, code, way_out(code));
	a->run.grant = NULL;
	a->run.no_warrant = why;
	note("%s; %s mode goes on and judges by the baseline alone", why,
	     tnp_mode_name(a->run.mode));
}

static void roots(struct ctx *c, struct asked *a)
{
	trust_find(c, opt_all(c, O_ROOT), &a->trust);
	const char **texts = xalloc(c, (a->trust.n + 1) * sizeof(*texts));
	for (size_t i = 0; i < a->trust.n; i++)
		texts[i] = show_pub(c, a->trust.roots[i].b);
	a->run.root_texts = texts;
	a->run.nroot_texts = a->trust.n;
	a->run.dev_mode = a->trust.dev;
}

/* ---------------------------------------------------------------- what the session must not reach
 */
static void protect(struct ctx *c, struct asked *a, const char *path, bool no_read,
		    const char *what)
{
	char resolved[PATH_MAX];
	if (!path || a->run.nprotect == NPROTECT)
		return;
	if (!realpath(path, resolved))
		snprintf(resolved, sizeof(resolved), "%s", path);
	a->protect[a->run.nprotect++] = (struct tnp_protect){
	    .path = tn_cstr(xprintf(c, "%s", resolved)), .no_read = no_read, .what = what};
}

static void protect_all(struct ctx *c, struct asked *a)
{
	a->run.protect = a->protect;
	protect(c, a, a->token.file, false, "the warrant");
	protect(c, a, policy_file(c, O_POLICY), false, "the policy");
	protect(c, a, env_of("TENUO_HOLDER_KEY_FILE"), true, "the holder's key");
	protect(c, a, env_of("TENUO_RECEIPT_KEY_FILE"), true, "the receipt key");
	protect(c, a, CONFIG_FILE, false, "the configuration");
}

/* ---------------------------------------------------------------- */
static char *const *command(struct ctx *c)
{
	char **argv = xalloc(c, (c->args.nrest + 1) * sizeof(*argv));
	for (size_t i = 0; i < c->args.nrest; i++) {
		argv[i] = tn_arena_dup(&c->arena, c->args.rest[i], strlen(c->args.rest[i]));
		if (!argv[i])
			die(TN_E_NO_MEMORY, "not enough memory");
	}
	return argv;
}

static int run(struct ctx *c)
{
	struct asked *a = xalloc(c, sizeof(*a));
	opt_operands(c, 1, SIZE_MAX, "the command to run");
	mode_and_level(c, &a->run);
	small_options(c, &a->run);
	policy(c, &a->run);
	record(c, &a->run);
	roots(c, a);
	warrant(c, a);
	protect_all(c, a);
	a->run.argv = command(c);
	a->run.library = self_library(c);
	return tns_run(&a->run);
}

/* clang-format off */
const struct cmd cmd_run = {
	.name = "run",
	.synopsis = "[-w W] [--root KEY].. [--mode M] [OPTION].. -- CMD..",
	.what = "Runs CMD and everything it starts under a warrant, and holds them to it.",
	.opts = opts, .nopts = sizeof(opts) / sizeof(*opts),
	.more = "Standard output belongs to CMD; what the shim says goes to standard error. What level 1 cannot hold in the kernel "
		"(arguments of programs, hosts, unix sockets, metadata) is advisory: `tenuo-shim plan` shows it line by line.",
	.exits = "CMD's own, or death of the same signal; 126 refused to start; 127 CMD not found",
	.example = "tenuo-shim run -w agent.warrant --root \"$(cat issuer.pub)\" -- python3 agent.py",
	.operands = HINT_COMMAND,
	.tail = true,
	.refused = TNS_EXIT_REFUSED,
	.run = run,
};
/* clang-format on */
