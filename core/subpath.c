/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lexical containment in a directory.  The value is normalised as it is read: '/' and '\' separate,
 * "" and "." are dropped, ".." takes the last component away but never leaves the top.  No symbolic
 * links (callers hand in what the kernel resolved), no percent-decoding, no "~".
 *
 * The root is compared as the text that it is, as upstream does with a decoded one: a root that is
 * not in normal form holds nothing, an empty one or "/" everything that is absolute.
 */
#include "tn_match.h"

static bool is_sep(char c)
{
	return c == '/' || c == '\\';
}

/* Length of what is in front of the first component: "/" or "C:\"; 0: not absolute. */
static size_t head_len(struct tn_str p)
{
	if (p.n >= 1 && p.p[0] == '/')
		return 1;
	if (p.n >= 3 && tn_is_alpha((unsigned char)p.p[0]) && p.p[1] == ':' && is_sep(p.p[2]))
		return 3;
	return 0;
}

long tn_subpath_normalize(struct tn_str path, char *out, size_t cap)
{
	struct tn_buf b = { out, 0, cap, false };
	size_t head = head_len(path), i = head;

	if (head == 0 || memchr(path.p, '\0', path.n))
		return -1;
	tn_buf_add(&b, path.p, head);
	while (i < path.n && !b.full) {
		size_t from = i, n;

		while (i < path.n && !is_sep(path.p[i]))
			i++;
		n = i++ - from;
		if (n == 0 || (n == 1 && path.p[from] == '.'))
			continue;
		if (n == 2 && path.p[from] == '.' && path.p[from + 1] == '.') {
			while (b.n > head && b.p[b.n - 1] != '/')
				b.n--;
			b.n -= b.n > head; /* the separator */
			continue;
		}
		if (b.n > head)
			tn_buf_put(&b, '/');
		tn_buf_add(&b, path.p + from, n);
	}
	return b.full ? -1 : (long)b.n;
}

/*
 * The walk: how many components the value has so far (depth), how many leading ones are the root's
 * (held) and where in the root those end (at).  Equality is only ever lost above `held`, so no copy
 * of the path is needed however long it is.
 */
struct walk {
	struct tn_str root; /* behind its head, without trailing '/' */
	bool fold, unsure;
	size_t depth, held, at;
};

static struct tn_str root_next(const struct walk *w)
{
	size_t from = w->at ? w->at + 1 : 0, to = from;

	while (to < w->root.n && w->root.p[to] != '/')
		to++;
	return from < w->root.n ? tn_sub(w->root, from, to) : TN_NO_DETAIL;
}

static bool is_ascii(struct tn_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

/* With case folding only ASCII is known; anything else may be equal by rules we do not carry. */
static bool same_name(struct walk *w, struct tn_str root, struct tn_str value)
{
	if (!w->fold)
		return tn_str_eq(root, value);
	if (!is_ascii(value) || !is_ascii(root)) {
		w->unsure = true;
		return false;
	}
	if (root.n != value.n)
		return false;
	for (size_t i = 0; i < root.n; i++)
		if ((unsigned char)root.p[i] != tn_lower((unsigned char)value.p[i]))
			return false;
	return true;
}

static void walk_push(struct walk *w, struct tn_str name)
{
	struct tn_str want;

	if (w->held == w->depth) {
		want = root_next(w);
		if (want.n && same_name(w, want, name)) {
			w->held++;
			w->at = (size_t)(want.p - w->root.p) + want.n;
		}
	}
	w->depth++;
}

static void walk_pop(struct walk *w)
{
	if (w->depth == 0)
		return;
	w->depth--;
	if (w->held <= w->depth)
		return;
	w->held--;
	while (w->at > 0 && w->root.p[w->at - 1] != '/')
		w->at--;
	w->at -= w->at > 0;
}

static void walk_path(struct walk *w, struct tn_str p, size_t i)
{
	while (i < p.n) {
		size_t from = i, n;

		while (i < p.n && !is_sep(p.p[i]))
			i++;
		n = i++ - from;
		if (n == 0 || (n == 1 && p.p[from] == '.'))
			continue;
		if (n == 2 && p.p[from] == '.' && p.p[from + 1] == '.')
			walk_pop(w);
		else
			walk_push(w, tn_sub(p, from, from + n));
	}
}

/* "/", or the drive of a root like "C:\data": it has to be the value's own. */
static bool same_head(struct tn_str root, size_t rh, struct tn_str path, size_t ph, bool fold)
{
	if (rh != ph)
		return false;
	if (rh == 1)
		return true;
	return root.p[0] == (fold ? (char)tn_lower((unsigned char)path.p[0]) : path.p[0]) &&
	       root.p[2] == path.p[2];
}

enum tn_match tn_subpath_match(const struct tn_constraint *c, struct tn_str path)
{
	struct tn_str root = c->subpath.root;
	struct walk w = { .fold = !c->subpath.case_sensitive };
	size_t rh, ph = head_len(path), trimmed = root.n;
	bool below;

	if (ph == 0 || memchr(path.p, '\0', path.n))
		return TN_NO_MATCH;
	while (trimmed > 0 && root.p[trimmed - 1] == '/')
		trimmed--;
	if (trimmed == 0)
		return ph == 1 ? TN_MATCH : TN_NO_MATCH;
	rh = head_len(root);
	if (rh == 0 || !same_head(root, rh, path, ph, w.fold))
		return TN_NO_MATCH;
	w.root = trimmed > rh ? tn_sub(root, rh, trimmed) : TN_NO_DETAIL;
	walk_path(&w, path, ph);
	if (root_next(&w).n || (w.root.n && w.at != w.root.n))
		return w.unsure ? TN_CANNOT_SAY : TN_NO_MATCH;
	/* "C:\" itself: nothing begins with its text and another '/', so only equality is left */
	below = w.depth > w.held && !(rh == 3 && w.root.n == 0 && root.p[2] == '\\');
	if (below || (w.depth == w.held && c->subpath.allow_equal && trimmed == root.n))
		return TN_MATCH;
	if (rh == 3 && w.root.n == 0 && root.p[2] == '/')
		return TN_MATCH; /* "C:/": as with "/", the root is its own prefix */
	return w.unsure ? TN_CANNOT_SAY : TN_NO_MATCH;
}
