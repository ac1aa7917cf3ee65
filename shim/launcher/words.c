/* SPDX-License-Identifier: Apache-2.0 */
/* What session.start and session.end say: JSON members without braces. */
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <tn_fail.h>
#include "launcher.h"
#include <tenuo/tenuo.h>

struct out { char *p; size_t n, cap; size_t limit; unsigned omitted; };

/* What lists may take of TNS_WORDS_MAX; the other members take less than 5000 bytes together. */
enum { SHARE_ARGV = 2560, SHARE_ROOTS = 768, SHARE_LINES = 1536, SHARE_FEW = 256 };

static void raw(struct out *o, const char *text)
{
	size_t n = strlen(text);

	if (o->n + n + 1 > o->cap)
		return; /* everything but lists is small, and lists have their shares of TNS_WORDS_MAX */
	memcpy(o->p + o->n, text, n + 1);
	o->n += n;
}

/* tn_fmt escapes what is not printable text as \xNN: only quote and backslash are left to do. */
static void text(struct out *o, const char *s, size_t n)
{
	char safe[512];
	size_t len = tn_fmt(safe, sizeof(safe), "%.*s", (int)(n < sizeof(safe) ? n : sizeof(safe)), s);

	raw(o, "\"");
	for (size_t i = 0; i < len; i++) {
		const char c[3] = { safe[i] == '"' || safe[i] == '\\' ? '\\' : safe[i], safe[i] == '"' || safe[i] == '\\' ? safe[i] : 0, 0 };

		raw(o, c);
	}
	raw(o, "\"");
}

static void name(struct out *o, const char *member)
{
	if (o->n)
		raw(o, ",");
	text(o, member, strlen(member));
	raw(o, ":");
}

static void string(struct out *o, const char *member, const char *value)
{
	name(o, member);
	text(o, value, strlen(value));
}

static void number(struct out *o, const char *member, long long value)
{
	char digits[32];

	name(o, member);
	tn_fmt(digits, sizeof(digits), "%lld", value);
	raw(o, digits);
}

static void begin_list(struct out *o, const char *member, size_t share)
{
	name(o, member);
	raw(o, "[");
	o->limit = o->n + share;
	o->omitted = 0;
}

/* Whole, or counted. */
static void item(struct out *o, const char *s, size_t n)
{
	size_t before = o->n;

	if (!o->omitted) {
		if (o->p[o->n - 1] != '[')
			raw(o, ",");
		text(o, s, n);
	}
	if (o->omitted || o->n > o->limit) {
		o->n = before;
		o->p[o->n] = 0;
		o->omitted++;
	}
}

static void end_list(struct out *o, const char *member)
{
	char more[48];

	raw(o, "]");
	if (!o->omitted)
		return;
	tn_fmt(more, sizeof(more), "%s_omitted", member);
	number(o, more, o->omitted);
}

static void list(struct out *o, const char *member, const char *const *v, size_t n, size_t share)
{
	begin_list(o, member, share);
	for (size_t i = 0; i < n; i++)
		item(o, v[i], strlen(v[i]));
	end_list(o, member);
}

static void warrant(struct out *o, const struct tns_job *j)
{
	char id[48];

	if (!j->r->grant) {
		string(o, "no_warrant", j->r->no_warrant ? j->r->no_warrant : "no warrant");
		return;
	}
	tn_id_text(tn_grant_leaf(j->r->grant)->id, id);
	string(o, "warrant", id);
	number(o, "chain", (long long)tn_grant_links(j->r->grant));
	number(o, "expires_at", tn_grant_expires(j->r->grant));
	list(o, "trusted_roots", j->r->root_texts, j->r->nroot_texts, SHARE_ROOTS);
	string(o, "holder_proof", "none"); /* an unprivileged run gives nothing that the user did not have */
	string(o, "receipts", "none");
}

/* Which lines of the plan the kernel does not hold, in its own words. */
static void held(struct out *o, const struct tns_job *j)
{
	static const char *const holds[] = { [TNP_EXACT] = "exact", [TNP_BOUNDED] = "bounded", [TNP_ADVISORY] = "advisory" };

	for (size_t h = 0; h < 3; h++) {
		begin_list(o, holds[h], SHARE_LINES);
		for (size_t i = 0; i < j->plan->nlines; i++)
			if (j->plan->lines[i].hold == (enum tnp_hold)h)
				item(o, j->plan->lines[i].text, strlen(j->plan->lines[i].text));
		end_list(o, holds[h]);
	}
}

static void absent(struct out *o, const struct tns_job *j)
{
	begin_list(o, "absent_features", SHARE_FEW);
	for (size_t i = 0; i < tns_landlock_nfeatures; i++)
		if (j->landlock.abi < tns_landlock_features[i].abi)
			item(o, tns_landlock_features[i].name, strlen(tns_landlock_features[i].name));
	end_list(o, "absent_features");
}

size_t tns_words_start(const struct tns_job *j, pid_t program, char *out, size_t cap)
{
	static const char *const layers[] = { "preload", "landlock", "seccomp" };
	struct out o = { .p = out, .cap = cap };
	char sentence[512];

	out[0] = 0;
	warrant(&o, j);
	if (program)
		number(&o, "program_pid", program);
	string(&o, "program", j->launch.path);
	begin_list(&o, "argv", SHARE_ARGV);
	for (size_t i = 0; j->r->argv[i]; i++)
		item(&o, j->r->argv[i], strlen(j->r->argv[i]));
	end_list(&o, "argv");
	list(&o, "layers", layers + (j->preload ? 0 : 1), (j->level >= 1 ? 3u : 1u) - (j->preload ? 0u : 1u), SHARE_FEW);
	if (!j->enforce)
		string(&o, "observe", "preload");
	if (j->level >= 1) {
		number(&o, "landlock_abi", j->landlock.abi);
		absent(&o, j);
	}
	held(&o, j);
	tnp_plan_sentence(j->policy, j->plan, j->started, sentence, sizeof(sentence));
	string(&o, "plan", sentence);
	return o.n;
}

size_t tns_words_end(const struct tns_job *j, const struct tns_record *r, int status, bool expired, char *out, size_t cap)
{
	struct out o = { .p = out, .cap = cap };
	uint64_t denied, distinct, lost, total;
	struct timespec now;

	out[0] = 0;
	tns_record_decision_counts(r, &denied, &distinct, &lost, &total);
	clock_gettime(CLOCK_REALTIME, &now);
	if (WIFEXITED(status))
		number(&o, "exit", WEXITSTATUS(status));
	else
		number(&o, "signal", WTERMSIG(status));
	name(&o, "expired");
	raw(&o, expired ? "true" : "false");
	number(&o, j->enforce ? "denied" : "would_deny", (long long)denied);
	number(&o, "distinct", (long long)distinct);
	number(&o, "lost", (long long)lost);
	number(&o, "seconds", now.tv_sec - j->started);
	if (!j->preload)
		string(&o, "unseen", "the program does not load the library: what the kernel refused it has no event");
	return o.n;
}
