/* SPDX-License-Identifier: Apache-2.0 */
/* What session events say: members of JSON, written here because the event writer takes them as they are. */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <tn_fail.h>
#include <tn_text.h>
#include "launcher.h"

struct js { char *p; size_t n, cap; bool more, full; size_t limit, omitted; };

/* What a list may take of TNS_WORDS_MAX. */
enum { SHARE_ARGV = 2560, SHARE_ROOTS = 768, SHARE_LINES = 1536, SHARE_FEW = 256 };

/* A member is written whole or not at all: what would not fit is left out, and the rest stays JSON. */
static void raw(struct js *s, const char *text, size_t n)
{
	if (s->full || s->n + n + 1 > s->cap) {
		s->full = true;
		return;
	}
	memcpy(s->p + s->n, text, n);
	s->n += n;
	s->p[s->n] = 0;
}

static void lit(struct js *s, const char *text) { raw(s, text, strlen(text)); }

static void string(struct js *s, struct tn_str v)
{
	bool utf8 = tn_utf8_valid(v.p, v.n);
	char esc[8];

	lit(s, "\"");
	for (size_t i = 0; i < v.n; i++) {
		unsigned char c = (unsigned char)v.p[i];

		if (c == '"' || c == '\\')
			raw(s, esc, (size_t)snprintf(esc, sizeof(esc), "\\%c", c));
		else if (c < 0x20 || c == 0x7f || (c >= 0x80 && !utf8))
			raw(s, esc, (size_t)snprintf(esc, sizeof(esc), "\\u%04x", c));
		else
			raw(s, &v.p[i], 1);
	}
	lit(s, "\"");
}

static void key(struct js *s, const char *name)
{
	if (s->more)
		lit(s, ",");
	s->more = true;
	if (!name)
		return;
	string(s, tn_cstr(name));
	lit(s, ":");
}

static void text(struct js *s, const char *name, const char *v)
{
	if (!v || !*v)
		return;
	key(s, name);
	string(s, tn_cstr(v));
}

static void number(struct js *s, const char *name, long long v)
{
	char buf[24];

	key(s, name);
	raw(s, buf, (size_t)snprintf(buf, sizeof(buf), "%lld", v));
}

static void boolean(struct js *s, const char *name, bool v)
{
	key(s, name);
	lit(s, v ? "true" : "false");
}

static void open_(struct js *s, const char *name, const char *bracket)
{
	key(s, name);
	lit(s, bracket);
	s->more = false;
}

static void close_(struct js *s, const char *bracket)
{
	lit(s, bracket);
	s->more = true;
}

static void list(struct js *s, const char *name, size_t share)
{
	open_(s, name, "[");
	s->limit = s->n + share;
	s->omitted = 0;
}

/* Whole, or counted. */
static void item(struct js *s, struct tn_str v)
{
	size_t n = s->n;
	bool more = s->more;

	if (!s->omitted) {
		key(s, NULL);
		string(s, v);
	}
	if (!s->omitted && !s->full && s->n <= s->limit)
		return;
	s->n = n;
	s->more = more;
	s->full = false;
	s->omitted++;
}

static void end_list(struct js *s, const char *name)
{
	char more[48];

	close_(s, "]");
	if (!s->omitted)
		return;
	snprintf(more, sizeof(more), "%s_omitted", name);
	number(s, more, (long long)s->omitted);
}

/* Runs fill; if it did not fit, nothing of it stays. */
static void whole(struct js *s, const struct tns_job *j, void (*fill)(struct js *, const struct tns_job *))
{
	size_t n = s->n;
	bool more = s->more;

	fill(s, j);
	if (!s->full)
		return;
	s->n = n;
	s->more = more;
	s->full = false;
	s->p[n] = 0;
}

/* ---- session.start ---- */

static void what_holds(struct js *s, const struct tns_job *j)
{
	text(s, "mode", tnp_mode_name(j->mode));
	number(s, "level", j->level);
	list(s, "layers", SHARE_FEW);
	if (j->preload)
		item(s, TN_STR("preload"));
	if (j->level >= 1) {
		item(s, TN_STR("landlock"));
		item(s, TN_STR("seccomp"));
	}
	end_list(s, "layers");
	if (!j->enforce)
		text(s, "observe", "preload");
	text(s, "holder_proof", "none");
	text(s, "receipts", "none");
	if (j->r->dev_mode)
		boolean(s, "dev_mode", true);
}

static void kernel(struct js *s, const struct tns_job *j)
{
	if (j->level < 1)
		return;
	number(s, "landlock_abi", j->landlock.abi);
	list(s, "absent", SHARE_FEW);
	for (size_t i = 0; i < tns_landlock_nfeatures; i++)
		if (j->landlock.abi < tns_landlock_features[i].abi)
			item(s, tn_cstr(tns_landlock_features[i].name));
	end_list(s, "absent");
}

static void warrant(struct js *s, const struct tns_job *j)
{
	char id[TN_ID_TEXT_LEN + 1];

	if (!j->r->grant) {
		text(s, "no_warrant", j->r->no_warrant ? j->r->no_warrant : "none");
		return;
	}
	tn_id_text(tn_grant_leaf(j->r->grant)->id, id);
	text(s, "warrant", id);
	number(s, "depth", (long long)tn_grant_links(j->r->grant) - 1);
	number(s, "expires_at", tn_grant_expires(j->r->grant));
}

static void roots(struct js *s, const struct tns_job *j)
{
	list(s, "roots", SHARE_ROOTS);
	for (size_t i = 0; i < j->r->nroot_texts; i++)
		item(s, tn_cstr(j->r->root_texts[i]));
	end_list(s, "roots");
}

static void program(struct js *s, const struct tns_job *j)
{
	key(s, "program");
	string(s, j->launch.facts.program);
	if (j->launch.manager) {
		text(s, "manager", j->launch.manager);
		text(s, "shim", j->launch.shim);
	}
	if (!j->preload)
		boolean(s, "seen_by_preload", false);
	text(s, "tmpdir", j->places.tmp);
}

static void sentence(struct js *s, const struct tns_job *j)
{
	char words[1024];

	tnp_plan_sentence(j->policy, j->plan, j->started / 1000000000, words, sizeof(words));
	text(s, "plan", words);
	if (j->plan && j->plan->opens_everything) /* not on stderr: under such a warrant nothing of the program's changes */
		boolean(s, "opens_everything", true);
}

static void arguments(struct js *s, const struct tns_job *j)
{
	list(s, "argv", SHARE_ARGV);
	for (size_t i = 0; j->r->argv[i]; i++)
		item(s, tn_cstr(j->r->argv[i]));
	end_list(s, "argv");
}

static void lines_of(struct js *s, const struct tns_job *j, const char *name, enum tnp_hold hold)
{
	list(s, name, SHARE_LINES);
	for (size_t i = 0; j->plan && i < j->plan->nlines; i++)
		if (j->plan->lines[i].hold == hold)
			item(s, tn_cstr(j->plan->lines[i].text));
	end_list(s, name);
}

static void exact(struct js *s, const struct tns_job *j) { lines_of(s, j, "exact", TNP_EXACT); }
static void bounded(struct js *s, const struct tns_job *j) { lines_of(s, j, "bounded", TNP_BOUNDED); }
static void advisory(struct js *s, const struct tns_job *j) { lines_of(s, j, "advisory", TNP_ADVISORY); }

void tns_words_start(const struct tns_job *j, char *out, size_t cap)
{
	static void (*const parts[])(struct js *, const struct tns_job *) = {
		what_holds, kernel, warrant, roots, program, sentence, advisory, bounded, exact, arguments,
	};
	struct js s = { .p = out, .cap = cap };

	*out = 0;
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		whole(&s, j, parts[i]);
}

/* ---- the others ---- */

void tns_words_expiring(const struct tns_job *j, int64_t left_ms, char *out, size_t cap)
{
	struct js s = { .p = out, .cap = cap };

	*out = 0;
	number(&s, "expires_at", j->expires);
	number(&s, "left_ms", left_ms);
	number(&s, "signal", SIGTERM);
}

void tns_words_end(const struct tns_job *j, const struct tns_record *r, int status, bool expired, char *out, size_t cap)
{
	struct js s = { .p = out, .cap = cap };
	struct tns_counts c = tns_record_counts(r);

	*out = 0;
	text(&s, "mode", tnp_mode_name(j->mode));
	number(&s, "level", j->level);
	if (WIFSIGNALED(status))
		number(&s, "signal", WTERMSIG(status));
	else
		number(&s, "exit", WEXITSTATUS(status));
	if (expired)
		boolean(&s, "expired", true);
	number(&s, "events", (long long)c.total);
	number(&s, j->enforce ? "denied" : "would_deny", (long long)c.denied);
	number(&s, "distinct", (long long)c.distinct);
	number(&s, "lost", (long long)c.lost);
	/* as far as is known: the launched program; what it starts is seen by the preload or by nobody */
	number(&s, "not_seen_by_preload", j->preload ? 0 : 1);
}
