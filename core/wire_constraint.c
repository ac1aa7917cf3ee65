/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A constraint is [id, value]; the value of most is a map with text keys.  One row per field says
 * name, kind, place and whether it may be absent; the same rows read and write, in the order in
 * which the wire format writes them.
 *
 * A field that is not in the table is refused: it may be a restriction that a later version
 * understands.
 */
#include <stddef.h>
#include "tn_fail.h"
#include "tn_text.h"
#include "tn_wire.h"

enum kind { TEXT, BOOL, FLOAT, VALUE, VALUES, STRS, PORTS, CONSTRAINT, CONSTRAINTS };
enum presence {
	REQUIRED,
	DEFAULT,  /* may be absent: the default stays; null is refused */
	NULLABLE, /* may be absent or null; null is written */
	OMITTED,  /* may be absent or null; left out when there is none */
};
struct field {
	const char *name;
	enum kind kind;
	enum presence presence;
	size_t at;  /* in tn_constraint */
	size_t has; /* the flag of NULLABLE and OMITTED */
};
enum form { MAP, BARE_TEXT, BARE_NULL, OPAQUE };
struct shape {
	enum tn_ctype type;
	enum form form;
	const struct field *fields;
	size_t n;
};

#define AT(m) offsetof(struct tn_constraint, m)
#define F(name, kind, presence, at) { name, kind, presence, at, 0 }
#define H(name, kind, presence, at, has) { name, kind, presence, at, has }

static const struct field f_exact[] = { F("value", VALUE, REQUIRED, AT(exact)) };
static const struct field f_pattern[] = { F("pattern", TEXT, REQUIRED, AT(text)) };
static const struct field f_range[] = {
	H("min", FLOAT, NULLABLE, AT(range.min), AT(range.has_min)),
	H("max", FLOAT, NULLABLE, AT(range.max), AT(range.has_max)),
	F("min_inclusive", BOOL, REQUIRED, AT(range.min_inclusive)),
	F("max_inclusive", BOOL, REQUIRED, AT(range.max_inclusive)),
};
static const struct field f_one_of[] = { F("values", VALUES, REQUIRED, AT(values)) };
static const struct field f_not_one_of[] = { F("excluded", VALUES, REQUIRED, AT(values)) };
static const struct field f_contains[] = { F("required", VALUES, REQUIRED, AT(values)) };
static const struct field f_subset[] = { F("allowed", VALUES, REQUIRED, AT(values)) };
static const struct field f_list[] = { F("constraints", CONSTRAINTS, REQUIRED, AT(list)) };
static const struct field f_not[] = { F("constraint", CONSTRAINT, REQUIRED, AT(list)) };
static const struct field f_cel[] = {
	F("expression", TEXT, REQUIRED, AT(cel.expression)),
	H("parent_expression", TEXT, OMITTED, AT(cel.parent_expression), AT(cel.has_parent)),
};
static const struct field f_subpath[] = {
	F("root", TEXT, REQUIRED, AT(subpath.root)),
	F("case_sensitive", BOOL, DEFAULT, AT(subpath.case_sensitive)),
	F("allow_equal", BOOL, DEFAULT, AT(subpath.allow_equal)),
};
static const struct field f_url_safe[] = {
	F("schemes", STRS, DEFAULT, AT(url.schemes)),
	H("allow_domains", STRS, NULLABLE, AT(url.allow_domains), AT(url.has_allow)),
	H("deny_domains", STRS, NULLABLE, AT(url.deny_domains), AT(url.has_deny)),
	H("allow_ports", PORTS, NULLABLE, AT(url.ports), AT(url.has_ports)),
	F("block_private", BOOL, DEFAULT, AT(url.block_private)),
	F("block_loopback", BOOL, DEFAULT, AT(url.block_loopback)),
	F("block_metadata", BOOL, DEFAULT, AT(url.block_metadata)),
	F("block_reserved", BOOL, DEFAULT, AT(url.block_reserved)),
	F("block_internal_tlds", BOOL, DEFAULT, AT(url.block_internal_tlds)),
};
static const struct field f_shlex[] = { F("allow", STRS, REQUIRED, AT(shlex)) };

#define ROW(type, fields) { type, MAP, fields, sizeof(fields) / sizeof((fields)[0]) }
static const struct shape shapes[] = {
	ROW(TN_C_EXACT, f_exact),
	ROW(TN_C_PATTERN, f_pattern),
	ROW(TN_C_RANGE, f_range),
	ROW(TN_C_ONE_OF, f_one_of),
	ROW(TN_C_REGEX, f_pattern),
	ROW(TN_C_NOT_ONE_OF, f_not_one_of),
	{ TN_C_CIDR, BARE_TEXT, NULL, 0 },
	{ TN_C_URL_PATTERN, BARE_TEXT, NULL, 0 },
	ROW(TN_C_CONTAINS, f_contains),
	ROW(TN_C_SUBSET, f_subset),
	ROW(TN_C_ALL, f_list),
	ROW(TN_C_ANY, f_list),
	ROW(TN_C_NOT, f_not),
	ROW(TN_C_CEL, f_cel),
	{ TN_C_WILDCARD, BARE_NULL, NULL, 0 },
	ROW(TN_C_SUBPATH, f_subpath),
	ROW(TN_C_URL_SAFE, f_url_safe),
	ROW(TN_C_SHLEX, f_shlex),
};
static const struct shape opaque = { TN_C_UNKNOWN, OPAQUE, NULL, 0 };

static const struct shape *shape_of(uint64_t id)
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		if ((uint64_t)shapes[i].type == id)
			return &shapes[i];
	return &opaque;
}

static void *at(struct tn_constraint *c, size_t offset)
{
	return (char *)c + offset;
}

static const void *at_const(const struct tn_constraint *c, size_t offset)
{
	return (const char *)c + offset;
}

static const struct tn_str web[] = { { "http", 4 }, { "https", 5 } };
static const struct tn_strs default_schemes = { web, 2 };

static void set_defaults(struct tn_constraint *c)
{
	if (c->type == TN_C_SUBPATH) {
		c->subpath.case_sensitive = true;
		c->subpath.allow_equal = true;
	}
	if (c->type == TN_C_URL_SAFE) {
		c->url.schemes = default_schemes;
		c->url.has_schemes = true;
		c->url.block_private = true;
		c->url.block_loopback = true;
		c->url.block_metadata = true;
		c->url.block_reserved = true;
	}
}

/* ---- reading ---- */

static enum tn_code read_values(struct tn_reader *r, struct tn_values *out)
{
	struct tn_value list = { 0 };
	enum tn_major m;

	if (!tn_cbor_peek(&r->c, &m) || m != TN_ARRAY)
		return tn_cbor_bad(&r->c, TN_E_DESERIALIZATION, "a list of values is expected");
	TN_TRY(tn_value_read(r, 0, &list));
	*out = (struct tn_values){ list.list.v, list.list.n };
	return TN_OK;
}

static enum tn_code read_ports(struct tn_reader *r, struct tn_constraint *c)
{
	uint64_t port;
	uint16_t *p;
	size_t n;

	TN_TRY(tn_cbor_array(&r->c, &n));
	if (!(p = tn_arena_array(r->a, n, sizeof(*p))))
		return tn_no_memory(r->c.err);
	for (size_t i = 0; i < n; i++) {
		TN_TRY(tn_cbor_uint(&r->c, UINT16_MAX, &port));
		p[i] = (uint16_t)port;
	}
	c->url.ports = p;
	c->url.nports = n;
	return TN_OK;
}

static enum tn_code read_children(struct tn_reader *r, unsigned depth, bool one,
				  struct tn_constraint *c)
{
	struct tn_constraint *list;
	size_t n = 1;

	if (!one)
		TN_TRY(tn_cbor_array(&r->c, &n));
	if (!(list = tn_arena_array(r->a, n, sizeof(*list))))
		return tn_no_memory(r->c.err);
	for (size_t i = 0; i < n; i++)
		TN_TRY(tn_constraint_read(r, depth + 1, &list[i]));
	c->list.c = list;
	c->list.n = n;
	return TN_OK;
}

static enum tn_code read_kind(struct tn_reader *r, unsigned depth, const struct field *f,
			      struct tn_constraint *c)
{
	switch (f->kind) {
	case TEXT:
		return tn_cbor_text(&r->c, at(c, f->at));
	case BOOL:
		return tn_cbor_bool(&r->c, at(c, f->at));
	case FLOAT:
		return tn_cbor_float(&r->c, at(c, f->at));
	case VALUE:
		return tn_value_read(r, 0, at(c, f->at));
	case VALUES:
		return read_values(r, at(c, f->at));
	case STRS:
		return tn_strs_read(r, at(c, f->at));
	case PORTS:
		return read_ports(r, c);
	case CONSTRAINT:
		return read_children(r, depth, true, c);
	case CONSTRAINTS:
		return read_children(r, depth, false, c);
	}
	return tn_fail(r->c.err, TN_E_INTERNAL, "a field of no kind");
}

static enum tn_code read_field(struct tn_reader *r, unsigned depth, const struct field *f,
			       struct tn_constraint *c)
{
	if (f->presence != NULLABLE && f->presence != OMITTED)
		return read_kind(r, depth, f, c);
	if (tn_cbor_peek_null(&r->c))
		return tn_cbor_null(&r->c);
	*(bool *)at(c, f->has) = true;
	return read_kind(r, depth, f, c);
}

static const struct field *find_field(const struct shape *s, struct tn_str name)
{
	for (size_t i = 0; i < s->n; i++)
		if (tn_str_eq(tn_cstr(s->fields[i].name), name))
			return &s->fields[i];
	return NULL;
}

static enum tn_code check_present(struct tn_reader *r, const struct shape *s, unsigned seen)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->fields[i].presence == REQUIRED && !(seen >> i & 1))
			return tn_fail_at(r->c.err, TN_E_DESERIALIZATION, tn_cbor_offset(&r->c),
					  "a constraint lacks its field %s", s->fields[i].name);
	return TN_OK;
}

static enum tn_code read_fields(struct tn_reader *r, unsigned depth, const struct shape *s,
				struct tn_constraint *c)
{
	unsigned seen = 0;
	struct tn_str name;
	size_t n;

	TN_TRY(tn_cbor_map(&r->c, &n));
	while (n-- > 0) {
		struct tn_cbor before = r->c;

		TN_TRY(tn_cbor_text(&r->c, &name));
		const struct field *f = find_field(s, name);
		if (!f)
			return tn_cbor_bad(
				&before, TN_E_DESERIALIZATION,
				"a constraint has a field that this version does not know");
		unsigned bit = 1u << (f - s->fields);
		if (seen & bit)
			return tn_cbor_bad(&before, TN_E_DESERIALIZATION,
					   "a constraint has a field twice");
		seen |= bit;
		TN_TRY(read_field(r, depth, f, c));
	}
	return check_present(r, s, seen);
}

/* Comparisons with NaN are false both ways, which is how a range without an end passed for a
 * narrower one. */
static bool finite_range(const struct tn_constraint *c)
{
	if (c->type != TN_C_RANGE)
		return true;
	return (!c->range.has_min || __builtin_isfinite(c->range.min)) &&
	       (!c->range.has_max || __builtin_isfinite(c->range.max));
}

static enum tn_code read_shape(struct tn_reader *r, unsigned depth, const struct shape *s,
			       struct tn_constraint *c)
{
	switch (s->form) {
	case MAP:
		return read_fields(r, depth, s, c);
	case BARE_TEXT:
		return tn_cbor_text(&r->c, &c->text);
	case BARE_NULL:
		return tn_cbor_null(&r->c);
	case OPAQUE:
		return tn_cbor_octets(&r->c, r->a, SIZE_MAX, &c->unknown.payload);
	}
	return tn_fail(r->c.err, TN_E_INTERNAL, "a constraint of no form");
}

enum tn_code tn_constraint_read(struct tn_reader *r, unsigned depth, struct tn_constraint *c)
{
	uint64_t id;
	size_t n;

	if (depth > TN_NEST_MAX)
		return tn_cbor_bad(&r->c, TN_E_CONSTRAINT_DEPTH, "constraints are nested too deep");
	TN_TRY(tn_cbor_array(&r->c, &n));
	if (n != 2)
		return tn_cbor_bad(&r->c, TN_E_DESERIALIZATION, "a constraint is not [id, value]");
	TN_TRY(tn_cbor_uint(&r->c, UINT8_MAX, &id));
	const struct shape *s = shape_of(id);
	c->type = s->type;
	if (s->form == OPAQUE)
		c->unknown.id = id;
	set_defaults(c);
	TN_TRY(read_shape(r, depth, s, c));
	if (!finite_range(c))
		return tn_cbor_bad(&r->c, TN_E_VALIDATION,
				   "a range ends at something that is not a number");
	return depth == 0 ? tn_constraint_check(c, r->c.err) : TN_OK;
}

/* ---- writing ---- */

static bool absent(const struct field *f, const struct tn_constraint *c)
{
	return (f->presence == NULLABLE || f->presence == OMITTED) &&
	       !*(const bool *)at_const(c, f->has);
}

static void write_values(struct tn_cborw *w, const struct tn_values *v)
{
	tn_cborw_array(w, v->n);
	for (size_t i = 0; i < v->n; i++)
		tn_value_write(w, &v->v[i]);
}

static void write_ports(struct tn_cborw *w, const struct tn_constraint *c)
{
	tn_cborw_array(w, c->url.nports);
	for (size_t i = 0; i < c->url.nports; i++)
		tn_cborw_uint(w, c->url.ports[i]);
}

static void write_children(struct tn_cborw *w, const struct tn_constraint *c)
{
	tn_cborw_array(w, c->list.n);
	for (size_t i = 0; i < c->list.n; i++)
		tn_constraint_write(w, &c->list.c[i]);
}

/* A constraint that was made here, not read, may leave the schemes to the default. */
static const struct tn_strs *strs_of(const struct field *f, const struct tn_constraint *c)
{
	bool unset = c->type == TN_C_URL_SAFE && f->at == AT(url.schemes) && !c->url.has_schemes;

	return unset ? &default_schemes : at_const(c, f->at);
}

static void write_kind(struct tn_cborw *w, const struct field *f, const struct tn_constraint *c)
{
	switch (f->kind) {
	case TEXT:
		tn_cborw_text(w, *(const struct tn_str *)at_const(c, f->at));
		break;
	case BOOL:
		tn_cborw_bool(w, *(const bool *)at_const(c, f->at));
		break;
	case FLOAT:
		tn_cborw_float(w, *(const double *)at_const(c, f->at));
		break;
	case VALUE:
		tn_value_write(w, at_const(c, f->at));
		break;
	case VALUES:
		write_values(w, at_const(c, f->at));
		break;
	case STRS:
		tn_strs_write(w, strs_of(f, c));
		break;
	case PORTS:
		write_ports(w, c);
		break;
	case CONSTRAINT:
		tn_constraint_write(w, &c->list.c[0]);
		break;
	case CONSTRAINTS:
		write_children(w, c);
		break;
	}
}

static void write_fields(struct tn_cborw *w, const struct shape *s, const struct tn_constraint *c)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += !(s->fields[i].presence == OMITTED && absent(&s->fields[i], c));
	tn_cborw_map(w, n);
	for (size_t i = 0; i < s->n; i++) {
		const struct field *f = &s->fields[i];

		if (f->presence == OMITTED && absent(f, c))
			continue;
		tn_cborw_text(w, tn_cstr(f->name));
		if (absent(f, c))
			tn_cborw_null(w);
		else
			write_kind(w, f, c);
	}
}

void tn_constraint_write(struct tn_cborw *w, const struct tn_constraint *c)
{
	const struct shape *s = shape_of((uint64_t)c->type);

	tn_cborw_array(w, 2);
	tn_cborw_uint(w, s->form == OPAQUE ? c->unknown.id : (uint64_t)c->type);
	switch (s->form) {
	case MAP:
		write_fields(w, s, c);
		break;
	case BARE_TEXT:
		tn_cborw_text(w, c->text);
		break;
	case BARE_NULL:
		tn_cborw_null(w);
		break;
	case OPAQUE:
		tn_cborw_bytes(w, c->unknown.payload);
		break;
	}
}

/* ---- sets ---- */

static enum tn_code read_args(struct tn_reader *r, size_t max, struct tn_cset *s)
{
	struct tn_carg *args;
	size_t n;

	TN_TRY(tn_cbor_map(&r->c, &n));
	if (n > max)
		return tn_cbor_bad(&r->c, TN_E_CONSTRAINT_DEPTH,
				   "a tool has more constraints than the format allows");
	if (!(args = tn_arena_array(r->a, n, sizeof(*args))))
		return tn_no_memory(r->c.err);
	for (size_t i = 0; i < n; i++) {
		TN_TRY(tn_cbor_text(&r->c, &args[i].name));
		TN_TRY(tn_constraint_read(r, 0, &args[i].c));
	}
	if (!tn_keys_sort(args, n, sizeof(*args)))
		return tn_cbor_bad(&r->c, TN_E_DESERIALIZATION,
				   "an argument is constrained twice in the map that ends");
	s->args = args;
	s->n = n;
	return TN_OK;
}

static enum tn_code read_set_field(struct tn_reader *r, size_t max, struct tn_cset *s,
				   unsigned *seen)
{
	struct tn_cbor before = r->c;
	struct tn_str name;

	TN_TRY(tn_cbor_text(&r->c, &name));
	bool args = tn_str_eq(name, TN_STR("constraints"));
	if (!args && !tn_str_eq(name, TN_STR("allow_unknown")))
		return tn_cbor_bad(&before, TN_E_DESERIALIZATION,
				   "a constraint set has a field that this version does not know");
	unsigned bit = args ? 1 : 2;
	if (*seen & bit)
		return tn_cbor_bad(&before, TN_E_DESERIALIZATION,
				   "a constraint set has a field twice");
	*seen |= bit;
	return args ? read_args(r, max, s) : tn_cbor_bool(&r->c, &s->allow_unknown);
}

enum tn_code tn_cset_read(struct tn_reader *r, size_t max_args, struct tn_cset *s)
{
	unsigned seen = 0;
	size_t n;

	TN_TRY(tn_cbor_map(&r->c, &n));
	while (n-- > 0)
		TN_TRY(read_set_field(r, max_args, s, &seen));
	if (!(seen & 1))
		return tn_cbor_bad(&r->c, TN_E_DESERIALIZATION,
				   "a constraint set lacks its constraints");
	return TN_OK;
}

void tn_cset_write(struct tn_cborw *w, const struct tn_cset *s)
{
	tn_cborw_map(w, s->allow_unknown ? 2 : 1);
	tn_cborw_text(w, TN_STR("constraints"));
	tn_cborw_map(w, s->n);
	for (size_t i = 0; i < s->n; i++) {
		tn_cborw_text(w, s->args[i].name);
		tn_constraint_write(w, &s->args[i].c);
	}
	if (!s->allow_unknown)
		return;
	tn_cborw_text(w, TN_STR("allow_unknown"));
	tn_cborw_bool(w, true);
}
