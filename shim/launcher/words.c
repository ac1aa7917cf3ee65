/* SPDX-License-Identifier: Apache-2.0 */
/* What session.start and session.end say: JSON members without braces. */
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <tn_fail.h>
#include "launcher.h"
#include <tenuo/tenuo.h>

struct out { char *p; size_t n, cap; };

static void raw(struct out *o, const char *text)
{
	size_t n = strlen(text);

	if (o->n + n + 1 > o->cap)
		return; /* members are small and bounded; cap is chosen for all of them */
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

static void begin_list(struct out *o, const char *member)
{
	name(o, member);
	raw(o, "[");
}

static void item(struct out *o, const char *s, size_t n)
{
	if (o->p[o->n - 1] != '[')
		raw(o, ",");
	text(o, s, n);
}

static void list(struct out *o, const char *member, const char *const *v, size_t n)
{
	begin_list(o, member);
	for (size_t i = 0; i < n; i++)
		item(o, v[i], strlen(v[i]));
	raw(o, "]");
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
	list(o, "trusted_roots", j->r->root_texts, j->r->nroot_texts);
	string(o, "holder_proof", "none"); /* an unprivileged run gives nothing that the user did not have */
	string(o, "receipts", "none");
}

/* Which lines of the plan the kernel does not hold, in its own words. */
static void held(struct out *o, const struct tns_job *j)
{
	static const char *const holds[] = { [TNP_EXACT] = "exact", [TNP_BOUNDED] = "bounded", [TNP_ADVISORY] = "advisory" };

	for (size_t h = 0; h < 3; h++) {
		begin_list(o, holds[h]);
		for (size_t i = 0; i < j->plan->nlines; i++)
			if (j->plan->lines[i].hold == (enum tnp_hold)h)
				item(o, j->plan->lines[i].text, strlen(j->plan->lines[i].text));
		raw(o, "]");
	}
}

static void absent(struct out *o, const struct tns_job *j)
{
	begin_list(o, "absent_features");
	for (size_t i = 0; i < tns_landlock_nfeatures; i++)
		if (j->landlock.abi < tns_landlock_features[i].abi)
			item(o, tns_landlock_features[i].name, strlen(tns_landlock_features[i].name));
	raw(o, "]");
}

size_t tns_words_start(const struct tns_job *j, pid_t program, char *out, size_t cap)
{
	static const char *const layers[] = { "preload", "landlock", "seccomp" };
	struct out o = { out, 0, cap };
	char sentence[512];

	out[0] = 0;
	warrant(&o, j);
	if (program)
		number(&o, "program_pid", program);
	string(&o, "program", j->launch.path);
	begin_list(&o, "argv");
	for (size_t i = 0; j->r->argv[i] && i < 32; i++)
		item(&o, j->r->argv[i], strlen(j->r->argv[i]));
	raw(&o, "]");
	list(&o, "layers", layers + (j->preload ? 0 : 1), (j->level >= 1 ? 3u : 1u) - (j->preload ? 0u : 1u));
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
	struct out o = { out, 0, cap };
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
