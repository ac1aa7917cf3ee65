/* SPDX-License-Identifier: Apache-2.0 */
#include "show.h"

#include <policy/json.h>
#include <string.h>

const char *show_id(struct ctx *c, const tn_warrant *w)
{
	char *text = xalloc(c, TN_ID_TEXT_LEN + 1);
	tn_id_text(w->id, text);
	return text;
}

const char *show_pub(struct ctx *c, const uint8_t key[32])
{
	char *text = xalloc(c, 48);
	tn_b64_encode(key, 32, TN_B64_STD, text, 48);
	return text;
}

const char *show_left(struct ctx *c, int64_t end, int64_t now)
{
	if (now < end)
		return xprintf(c, "%s left", span_text(c, end - now));
	return xprintf(c, "ended %s ago", span_text(c, now - end));
}

const char *show_constraint(struct ctx *c, const struct tn_constraint *k)
{
	char text[4096];
	size_t n = tnp_constraint_text(k, text, sizeof(text));
	return safe(c, (struct tn_str){text, n < sizeof(text) ? n : sizeof(text) - 1});
}

/* ---------------------------------------------------------------- in words */
static void arguments(struct ctx *c, struct table *t, const char *tool, const struct tn_cset *set)
{
	if (set->n == 0)
		table_row(c, t, C_YELLOW, tool, "", "any arguments");
	for (size_t i = 0; i < set->n; i++)
		table_row(c, t, C_PLAIN, i ? "" : tool, safe(c, set->args[i].name),
			  show_constraint(c, &set->args[i].c));
	if (set->n && set->allow_unknown)
		table_row(c, t, C_YELLOW, "", "", "and any other argument");
}

static const char *names(struct ctx *c, const struct tn_strs *v)
{
	const char *all = "";
	for (size_t i = 0; i < v->n; i++)
		all = xprintf(c, "%s%s%s", all, i ? ", " : "", safe(c, v->v[i]));
	return all;
}

static void may(struct ctx *c, const tn_warrant *w, const char *indent)
{
	struct table *t = table_new(c, 3);
	for (size_t i = 0; i < w->ntools; i++)
		arguments(c, t, safe(c, w->tools[i].name), &w->tools[i].set);
	if (w->has_issuable)
		table_row(c, t, C_PLAIN, "may issue", "", names(c, &w->issuable));
	if (w->has_bounds)
		arguments(c, t, "within", &w->bounds);
	table_print(c, t, indent);
}

static void link_facts(struct ctx *c, const tn_warrant *w, const char *indent, int64_t now)
{
	bool live = now < w->expires_at;
	printf("%sholder  %s\n", indent, show_pub(c, w->holder));
	printf("%suntil   %s, ", indent, time_text(c, w->expires_at));
	paint(c, live ? C_GREEN : C_RED, "%s", show_left(c, w->expires_at, now));
	putchar('\n');
	if (w->has_clearance)
		printf("%sclearance %u\n", indent, w->clearance);
	for (size_t i = 0; i < w->next; i++)
		printf("%swith    extension %s, %zu bytes\n", indent, safe(c, w->ext[i].key),
		       w->ext[i].val.n);
	may(c, w, indent);
}

/*
 * issuer KEY
 * └─ tnu_wrt_1
 *    │  holder ..
 *    └─ tnu_wrt_2
 */
void show_chain(struct ctx *c, const struct chain *ch, int64_t now)
{
	printf("issuer %s\n", show_pub(c, ch->links[0]->issuer));
	for (size_t i = 0; i < ch->n; i++) {
		const tn_warrant *w = ch->links[i];
		const int in = (int)i * 3;
		const char *bar = i + 1 < ch->n ? "│" : " ";
		printf("%*s└─ ", in, "");
		paint(c, C_BOLD, "%s", show_id(c, w));
		printf("  %s, depth %u of %u\n", w->issuer_type ? "may issue, not act" : "may act",
		       w->depth, w->max_depth);
		link_facts(c, w, xprintf(c, "%*s%s  ", in + 3, "", bar), now);
	}
}

/* ---------------------------------------------------------------- as JSON */
static void caps_json(struct ctx *c, struct json *j, const tn_warrant *w)
{
	const char *text;
	if (tnp_caps_json(w->tools, w->ntools, &c->arena, &text, &c->err) != TN_OK)
		die_err(&c->err, "cannot write the capabilities");
	j_raw(j, "capabilities", text);
}

static void issuing_json(struct json *j, const tn_warrant *w)
{
	if (!w->has_issuable)
		return;
	j_open(j, "issuable_tools", '[');
	for (size_t i = 0; i < w->issuable.n; i++)
		j_str(j, NULL, w->issuable.v[i]);
	j_close(j, ']');
}

static void link_json(struct ctx *c, struct json *j, const tn_warrant *w, int64_t now)
{
	j_open(j, NULL, '{');
	j_text(j, "id", show_id(c, w));
	j_text(j, "type", w->issuer_type ? "issuer" : "execution");
	j_text(j, "issuer", show_pub(c, w->issuer));
	j_text(j, "holder", show_pub(c, w->holder));
	j_int(j, "depth", w->depth);
	j_int(j, "max_depth", w->max_depth);
	j_int(j, "issued_at", w->issued_at);
	j_int(j, "expires_at", w->expires_at);
	j_int(j, "seconds_left", now < w->expires_at ? w->expires_at - now : 0);
	if (w->has_clearance)
		j_int(j, "clearance", w->clearance);
	caps_json(c, j, w);
	issuing_json(j, w);
	j_open(j, "extensions", '[');
	for (size_t i = 0; i < w->next; i++)
		j_str(j, NULL, w->ext[i].key);
	j_close(j, ']');
	j_close(j, '}');
}

void show_chain_json(struct ctx *c, struct json *j, const char *key, const struct chain *ch,
		     int64_t now)
{
	j_open(j, key, '[');
	for (size_t i = 0; i < ch->n; i++)
		link_json(c, j, ch->links[i], now);
	j_close(j, ']');
}

/* ---------------------------------------------------------------- mint and grant */
static void made_json(struct ctx *c, const struct chain *ch, const char *file, const char *text)
{
	const tn_warrant *leaf = ch->links[ch->n - 1];
	struct json j = {0};
	j_open(&j, NULL, '{');
	j_text(&j, "id", show_id(c, leaf));
	j_int(&j, "expires_at", leaf->expires_at);
	j_text(&j, "holder", show_pub(c, leaf->holder));
	j_int(&j, "depth", leaf->depth);
	j_text(&j, "file", file);
	j_text(&j, "warrant", file ? NULL : text);
	j_close(&j, '}');
	j_end();
}

void show_made(struct ctx *c, const struct chain *ch, const char *out_file)
{
	/* One warrant is base64url, a stack padded base64: the two forms that upstream reads. */
	enum tn_token_form form = ch->n == 1 ? TN_FORM_B64URL_ONE : TN_FORM_B64_STACK;
	const char *text;
	if (tn_token_encode(ch->links, ch->n, form, &c->arena, &text, &c->err) != TN_OK)
		die_err(&c->err, "cannot write the warrant");
	const char *line = xprintf(c, "%s\n", text);
	if (out_file && strcmp(out_file, "-") == 0)
		out_file = NULL;
	if (out_file)
		write_private(c, out_file, line, strlen(line));
	if (c->args.json)
		made_json(c, ch, out_file, text);
	else if (!out_file)
		fputs(line, stdout);
}
