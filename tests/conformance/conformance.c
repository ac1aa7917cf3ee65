/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conformance DATA STRICTER.TSV OWN.JSONL: every row of the constraint tables, the glob oracle and the
 * URL tests in DATA, and of our own table beside them.  A row agrees with what upstream answers, or stands in STRICTER with both answers and the reason.  The
 * list is checked too: an entry that is not needed, names the wrong answer or would make us laxer fails.
 *
 * conformance --never-laxer ROWS.JSONL [--dump]: rows with fresh answers of the other side; being stricter is fine.
 */
#include "rows.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

struct exception { char *id, *upstream, *ours; bool used; };
static struct exception exceptions[512];
static size_t nexceptions, agreed, listed, failed;
static size_t stricter;
static bool dump;        /* print deviations as rows for the list */
static bool never_laxer; /* there is no list: only laxer answers fail */

static char *slurp(const char *path, size_t *n)
{
	FILE *f = fopen(path, "rb");
	char *p = NULL;
	size_t cap = 0;

	*n = 0;
	if (!f)
		return NULL;
	do {
		cap = cap ? cap * 2 : 65536;
		p = realloc(p, cap + 1);
		if (!p)
			exit(1);
		*n += fread(p + *n, 1, cap - *n, f);
	} while (*n == cap);
	p[*n] = '\0';
	fclose(f);
	return p;
}

static void read_exceptions(const char *path)
{
	size_t n;
	char *text = slurp(path, &n), *line, *save = NULL;

	if (!text) {
		fprintf(stderr, "%s: cannot be read\n", path);
		exit(1);
	}
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct exception *x = &exceptions[nexceptions];
		char *reason;

		if (line[0] == '#')
			continue;
		x->id = strsep(&line, "\t");
		x->upstream = strsep(&line, "\t");
		x->ours = strsep(&line, "\t");
		reason = strsep(&line, "\t");
		if (!reason || !*reason || line || ++nexceptions == sizeof(exceptions) / sizeof(exceptions[0])) {
			fprintf(stderr, "%s: bad row or too many: %s\n", path, x->id);
			exit(1);
		}
	}
}

/*
 * Whether ours may stand beside theirs: equal apart, a denial for a match, but no plain "no-match", which a
 * Not around it would turn into permission; and "error" for "no-match".
 */
static bool may_differ(const char *upstream, const char *ours)
{
	return !strcmp(ours, "error") || (!strcmp(ours, "reject") && !strcmp(upstream, "ok"));
}

static void judge(const char *id, const char *upstream, const char *ours, const char *about)
{
	if (!strcmp(upstream, ours)) {
		agreed++;
		return;
	}
	if (dump) {
		printf("%s\t%s\t%s\t%s\n", id, upstream, ours, about);
		return;
	}
	if (never_laxer && may_differ(upstream, ours)) {
		stricter++;
		return;
	}
	for (size_t i = 0; i < nexceptions; i++) {
		struct exception *x = &exceptions[i];

		if (strcmp(x->id, id) != 0 || strcmp(x->upstream, upstream) != 0 || strcmp(x->ours, ours) != 0)
			continue;
		if (!may_differ(upstream, ours))
			break;
		x->used = true;
		listed++;
		return;
	}
	fprintf(stderr, "not ok %s: upstream %s, ours %s: %s\n", id, upstream, ours, about);
	failed++;
}

static const char *match_word(enum tn_match m)
{
	return m == TN_MATCH ? "match" : m == TN_NO_MATCH ? "no-match" : "error";
}

static const char *constraint_row(const struct tn_value *row, struct tn_arena *a)
{
	const struct tn_value *c = rows_get(row, "constraint"), *set = rows_get(row, "arg_constraints");
	const struct tn_value *parent = rows_get(row, "parent"), *parents = rows_get(row, "parent_args");
	const struct tn_value *args = rows_get(row, "args");
	struct tn_constraint x, y;
	struct tn_cset s, t;

	if (c)
		return !rows_constraint(c, a, &x) || tn_constraint_check(&x, NULL) != TN_OK
			       ? "error" : match_word(tn_constraint_match(&x, rows_get(row, "value"), NULL));
	if (set)
		return rows_cset(set, a, &s) ? match_word(tn_cset_match(&s, args->map.v, args->map.n, NULL)) : "error";
	if (parent)
		return rows_constraint(parent, a, &x) && rows_constraint(rows_get(row, "child"), a, &y) &&
				       tn_constraint_attenuates(&x, &y, NULL) == TN_OK ? "ok" : "reject";
	return parents && rows_cset(parents, a, &s) && rows_cset(rows_get(row, "child_args"), a, &t) &&
			       tn_cset_attenuates(&s, &t, NULL) == TN_OK ? "ok" : "reject";
}

static void constraint_file(const char *path)
{
	size_t n;
	char *text = slurp(path, &n), *line, *save = NULL;

	for (line = text ? strtok_r(text, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save)) {
		struct tn_arena a = TN_ARENA_MALLOC;
		const struct tn_value *id, *expect;
		struct tn_value row;

		if (!rows_parse(line, strlen(line), &a, &row)) {
			fprintf(stderr, "not ok: a row of %s is not JSON\n", path);
			failed++;
			continue;
		}
		id = rows_get(&row, "id");
		expect = rows_get(&row, "expect");
		judge(id->s.p, expect->s.p, constraint_row(&row, &a), line);
		tn_arena_free(&a);
	}
	free(text);
}

static bool text_is(const struct tn_value *row, const char *key, struct tn_str got)
{
	const struct tn_value *v = rows_get(row, key);

	return v && v->type == TN_V_TEXT && tn_str_eq(v->s, got);
}

static bool same_url(const struct tn_value *row, const struct tn_url *u)
{
	char port[8], scheme[32], host[300];
	const struct tn_value *want = rows_get(row, "port");

	snprintf(port, sizeof(port), "%u", u->port);
	snprintf(scheme, sizeof(scheme), "%.*s:", (int)u->scheme.n, u->scheme.p);
	snprintf(host, sizeof(host), u->host_is_ip6 ? "[%.*s]" : "%.*s", (int)u->host.n, u->host.p);
	if (want && want->s.n ? !(u->has_port && tn_str_eq(want->s, tn_cstr(port))) : u->has_port)
		return false;
	return text_is(row, "protocol", tn_cstr(scheme)) && text_is(row, "hostname", tn_cstr(host)) &&
	       text_is(row, "pathname", u->path);
}

static const char *url_row(const struct tn_value *row)
{
	static char scratch[65536], said[400];
	const struct tn_value *input = rows_get(row, "input");
	struct tn_url u;

	if (tn_url_parse(input->s, scratch, sizeof(scratch), &u) != TN_OK)
		return "error";
	if (rows_get(row, "failure") || same_url(row, &u))
		return "match";
	snprintf(said, sizeof(said), "%.*s|%.*s|%u|%.*s", (int)u.scheme.n, u.scheme.p, (int)u.host.n, u.host.p,
		 u.has_port ? u.port : 0u, (int)u.path.n, u.path.p);
	return said;
}

static void url_file(const char *dir, const char *name)
{
	struct tn_arena a = TN_ARENA_MALLOC;
	char path[4096], id[128];
	struct tn_value all;
	char *text;
	size_t n;

	snprintf(path, sizeof(path), "%s/url/%s", dir, name);
	text = slurp(path, &n);
	if (!text || !rows_parse(text, n, &a, &all) || all.type != TN_V_LIST) {
		fprintf(stderr, "not ok: %s is not a JSON list\n", path);
		failed++;
		return;
	}
	for (size_t i = 0; i < all.list.n; i++) {
		const struct tn_value *row = &all.list.v[i], *base = rows_get(row, "base"), *input = rows_get(row, "input");

		if (!input || (base && base->type != TN_V_NULL))
			continue;
		snprintf(id, sizeof(id), "%s:%zu", name, i);
		judge(id, rows_get(row, "failure") ? "error" : "match", url_row(row), input->s.p);
	}
	free(text);
	tn_arena_free(&a);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_table(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 6 && !strcmp(d->d_name + n - 6, ".jsonl") &&
	       (!strncmp(d->d_name, "constraints-", 12) || !strcmp(d->d_name, "glob-oracle.jsonl"));
}

/* Shows how often we are merely stricter: too often would mean that the rows say little. */
static int against(const char *path)
{
	never_laxer = true;
	constraint_file(path);
	printf("conformance: %zu rows agree, %zu are stricter, %zu are laxer\n", agreed, stricter, failed);
	return failed || agreed == 0 ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct dirent **names = NULL;
	char path[4096];
	int n;

	if (argc >= 3 && !strcmp(argv[1], "--never-laxer")) {
		dump = argc > 3;
		return against(argv[2]);
	}
	if (argc < 4) {
		fprintf(stderr, "usage: conformance DATA STRICTER.TSV OWN.JSONL [--dump]\n");
		return 1;
	}
	dump = argc > 4;
	read_exceptions(argv[2]);
	n = scandir(argv[1], &names, is_table, by_name);
	if (n <= 0) {
		printf("conformance: skipped: no test data in %s\n", argv[1]);
		return 77;
	}
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", argv[1], names[i]->d_name);
		constraint_file(path);
		free(names[i]);
	}
	free(names);
	constraint_file(argv[3]);
	url_file(argv[1], "urltestdata.rust-url-2.5.8.json");
	url_file(argv[1], "urltestdata.json");
	for (size_t i = 0; !dump && i < nexceptions; i++)
		if (!exceptions[i].used) {
			fprintf(stderr, "not ok %s: listed as stricter but it is not, or not so\n", exceptions[i].id);
			failed++;
		}
	printf("conformance: %zu rows agree, %zu are listed as stricter, %zu fail\n", agreed, listed, failed);
	return failed ? 1 : 0;
}
