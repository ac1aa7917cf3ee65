/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICY_INTERNAL_H
#define POLICY_INTERNAL_H
/*
 * What the sources of policy/ share.  tnp_policy_build lays everything out once; deciding only reads it.
 *
 * The table of tool names (configuration) and the tools of one link of the chain (grant) meet in bindings: for each row of
 * the table the calls that this link could be asked about.  A row allows if one of its bindings does; an operation
 * needs every link to allow it (so a child can never do what its parent cannot, whatever the rules of attenuation say).
 */
#include <policy/policy.h>

/* ---------------------------------------------------------------- the table of tool names */
/* Rows of the table.  rename and link are composed of others too (decide.c); resolve asks the connect row. */
enum tnp_maprow {
	TNP_ROW_READ, TNP_ROW_LIST, TNP_ROW_CREATE, TNP_ROW_WRITE, TNP_ROW_APPEND, TNP_ROW_MKDIR, TNP_ROW_METADATA, TNP_ROW_DELETE,
	TNP_ROW_RMDIR, TNP_ROW_RENAME, TNP_ROW_EXEC, TNP_ROW_CONNECT, TNP_ROW_LISTEN, TNP_ROW_UNIX,
	TNP_NROWS,
	TNP_ROW_NONE = TNP_NROWS
};
const char *tnp_maprow_name(enum tnp_maprow r);
bool tnp_maprow_parse(struct tn_str s, enum tnp_maprow *r);
enum tnp_maprow tnp_maprow_of(enum tnp_kind k, bool is_dir); /* link: TNP_ROW_NONE */

/* Our names for what an operation can supply: the right side of "args". */
enum tnp_ours {
	TNP_A_NONE,      /* nobody can supply it: the entry never allows */
	TNP_A_LITERAL,   /* a constant of the table */
	TNP_A_PATH, TNP_A_PATHS, TNP_A_SOURCE, TNP_A_DESTINATION,
	TNP_A_COMMAND, TNP_A_ARGV, TNP_A_ARGS, TNP_A_PROGRAM, TNP_A_CWD,
	TNP_A_URL, TNP_A_HOST, TNP_A_IP, TNP_A_PORT, TNP_A_SCHEME,
	TNP_NOURS
};
const char *tnp_ours_name(enum tnp_ours o);
bool tnp_ours_parse(struct tn_str s, enum tnp_ours *o);
static inline bool tnp_ours_is_path(enum tnp_ours o)
{
	return (o >= TNP_A_PATH && o <= TNP_A_DESTINATION) || o == TNP_A_PROGRAM || o == TNP_A_CWD;
}

struct tnp_maparg { struct tn_str theirs; enum tnp_ours ours; };
struct tnp_maplit { struct tn_str theirs; struct tn_strs values; }; /* each value is tried */
struct tnp_maptool {
	struct tn_str tool;
	const struct tnp_maparg *args; size_t nargs;
	const struct tnp_maplit *lits; size_t nlits;
};
struct tnp_map {
	const struct tnp_maptool *tools; size_t ntools; /* canonical name first */
	enum tnp_maprow then;                           /* "then the write row"; TNP_ROW_NONE: nothing */
};

/* ---------------------------------------------------------------- configuration */
struct tnp_base_row {
	struct tn_str row, about;   /* row: "B1", "preset:git"; <= 15 bytes */
	uint32_t rights;            /* enum tnp_right */
	bool tree;
	struct tn_strs paths;       /* absolute or with a leading $placeholder (policy/data/README.md) */
};
struct tnp_preset { struct tn_str name, about; const struct tnp_base_row *rows; size_t nrows; };
struct tnp_tool_mode { struct tn_str tool; enum tnp_mode mode; };
struct tnp_resource {           /* "read:documents" */
	struct tn_str name;
	const struct tn_constraint *path;          /* or */
	const struct tn_constraint *host, *port;   /* access: rows; host set, port may be NULL */
};
struct tnp_config {
	struct tnp_map map[TNP_NROWS];
	const struct tnp_base_row *base; size_t nbase; /* presets that were asked for are appended here */
	const struct tnp_preset *presets; size_t npresets;
	const struct tnp_tool_mode *modes; size_t nmodes;
	const struct tnp_resource *resources; size_t nresources;
	struct tn_strs mcp;             /* prefixes like "mcp__*__" */
	bool strict_names;
	bool has_rollout; uint32_t rollout; /* share of sessions that enforce, in 1/10000 */
	int log_level;
};
enum tn_code tnp_config_encode(const struct tnp_config *c, struct tn_arena *a, struct tn_bytes *cbor, struct tn_err *e) TN_MUST_USE;

/* ---------------------------------------------------------------- bindings */
struct tnp_barg {
	struct tn_str name;               /* as the grant's entry says it */
	enum tnp_ours ours;
	struct tn_str literal;            /* TNP_A_LITERAL */
	const struct tn_constraint *c;    /* constants that are paths resolved (resolve.c) */
	const struct tn_constraint *orig; /* as the warrant says it: for words */
};
struct tnp_binding {
	struct tn_str tool;               /* what the call would be named; for "*" the row's own name */
	const struct tn_tool *entry;      /* of this link's warrant: the tool's own or "*" */
	bool star;
	const struct tnp_barg *args; size_t nargs; /* one per constraint of the entry, in key order; none: unconstrained */
	bool impossible;                  /* an argument is TNP_A_NONE: never allows, yields no kernel rule */
	bool gated;                       /* the entry has an approval gate: yields no kernel rule */
	bool free_program;                /* exec row: no argument says which program (the rule of "unconstrained run_command") */
	const struct tnp_resource *resource; /* "read:documents": also within this */
	const struct tn_constraint *resource_c; /* its path, resolved; NULL: none or host and port */
};
struct tnp_rowb { const struct tnp_binding *b; size_t n; }; /* the row's own tools in order, then those of its `then` row */
struct tnp_link {
	const struct tn_warrant *w;
	bool judges;                       /* false: an issuer link, which holds its children by its bounds (core/chain) */
	struct tnp_rowb rows[TNP_NROWS];
};

struct tnp_slot { uint32_t hash; uint32_t first; };  /* first: index of a row + 1 */
struct tnp_policy {
	const tn_grant *grant;             /* NULL: no warrant */
	const tnp_config *cfg;
	struct tnp_facts facts;            /* copied; what its strings point to must outlive the policy */
	enum tnp_mode mode;
	int64_t expires;                   /* of the grant */
	char warrant[48];                  /* tnu_wrt_... of the leaf */
	const struct tnp_link *links; size_t nlinks; /* root first; the leaf is the last */
	const struct tnp_row *rows; size_t nrows;    /* baseline, resolved */
	const struct tnp_slot *slots; uint32_t slot_mask; /* open addressing over the paths of rows */
	const uint32_t *row_next;          /* chain of rows of the same path: index + 1 */
	const struct tnp_missing_root *missing; size_t nmissing;
	struct tn_strs exec_dirs;          /* where an unconstrained run_command finds programs */
};
static inline const struct tnp_link *tnp_leaf(const struct tnp_policy *p)
{
	return p->nlinks ? &p->links[p->nlinks - 1] : NULL;
}
static inline const struct tnp_rowb *tnp_leaf_row(const struct tnp_policy *p, enum tnp_maprow r)
{
	return p->nlinks ? &p->links[p->nlinks - 1].rows[r] : NULL;
}

/* ---------------------------------------------------------------- building */
/* A list in the arena that grows; the items move, so no pointers into it before it is done. */
struct tnp_vec { struct tn_arena *a; void *items; size_t n, cap, size; };
void *tnp_vec_add(struct tnp_vec *v); /* a zeroed item, NULL = no memory */

/* resolve.c: constants of constraints that are paths become what those paths name now */
struct tnp_resolver {
	const struct tnp_facts *f;
	struct tn_arena *a;
	struct tn_err *e;
	struct tnp_vec missing;            /* struct tnp_missing_root */
	struct tnp_vec done;               /* struct tnp_resolved: each constraint is resolved once, however many rows ask for it */
	struct tn_str tool;                /* for missing */
};
struct tnp_resolved { const struct tn_constraint *in, *out; };
enum tn_code tnp_resolve_path(struct tnp_resolver *r, struct tn_str path, struct tn_str *out, bool *exists) TN_MUST_USE;
enum tn_code tnp_resolve_constraint(struct tnp_resolver *r, const struct tn_constraint *in, const struct tn_constraint **out) TN_MUST_USE;
/* mapping.c: the rows of one link; and whether resolved children stay within resolved parents */
enum tn_code tnp_bind_link(const struct tnp_config *c, struct tnp_resolver *r, const struct tn_warrant *w, struct tnp_link *l) TN_MUST_USE;
enum tn_code tnp_recheck_links(const struct tnp_config *c, struct tnp_resolver *r, const struct tn_warrant *parent, const struct tn_warrant *child,
			       int link) TN_MUST_USE;
/* baseline.c */
enum tn_code tnp_baseline_build(struct tnp_policy *p, struct tnp_resolver *r) TN_MUST_USE;

/* ---------------------------------------------------------------- judging */
/* One operation while it is judged: what its arguments would be.  Lives on the stack of tnp_decide. */
struct tnp_eval {
	const struct tnp_op *op;
	struct tn_str path, path2;
	char *text; size_t text_cap;       /* room for the command */
	long command_len;                  /* TNP_COMMAND_UNMADE: not yet; -1: cannot be made */
	bool unwrapped;                    /* the command is the STRING of sh -c */
	struct tn_str host, scheme;        /* the candidate that is tried */
	bool host_is_name;
	char ip[48]; size_t ip_len;
};
enum { TNP_COMMAND_UNMADE = -2, TNP_LIST_MAX = 64 }; /* a longer argv cannot be judged as a list */
enum tnp_m { TNP_M_NO, TNP_M_YES, TNP_M_CANNOT, TNP_M_NEEDS_URL, TNP_M_MISSING };
/* match.c */
enum tnp_m tnp_arg_match(struct tnp_eval *ev, const struct tnp_barg *arg);
enum tnp_m tnp_binding_match(struct tnp_eval *ev, const struct tnp_binding *b, const struct tnp_barg **failed);
bool tnp_gate_fires(struct tnp_eval *ev, const struct tn_warrant *w, const struct tnp_binding *b); /* or cannot be judged */
/* exec.c: the command text into ev->text; the program word of it */
bool tnp_command(struct tnp_eval *ev, struct tn_str *out);
struct tnp_out;
void tnp_exec_words(struct tnp_out *o, const struct tnp_op *op); /* shell-quoted argv for a terminal, nothing unwrapped */
struct tn_str tnp_exec_name(const struct tnp_op *op);
bool tnp_exec_shell_string(const struct tnp_op *op, struct tn_str *string);
bool tnp_is_loader(const struct tnp_policy *p, struct tn_str path);
bool tnp_binding_names_program(const struct tnp_eval *ev, const struct tnp_binding *b);
/* netop.c */
size_t tnp_ip_text(const struct tnp_net *n, char out[48]);
enum tnp_m tnp_url_match(const struct tnp_eval *ev, const struct tn_constraint *c);
size_t tnp_schemes(const struct tnp_op *op, struct tn_str out[2]);

/* ---------------------------------------------------------------- what else the sources share */
/* op.c: absolute, no NUL, no empty, . or .. component, no / at the end (but "/") */
bool tnp_path_plain(struct tn_str path);
/* Is `path` `root` or below it?  Both plain.  On bytes: a backslash is a letter here. */
bool tnp_path_within(struct tn_str path, struct tn_str root);
/* the mode that a tool has: its own or the session's */
enum tnp_mode tnp_tool_mode_of(const struct tnp_config *c, struct tn_str tool, enum tnp_mode session);

/* baseline.c */
const struct tnp_row *tnp_baseline_find(const struct tnp_policy *p, struct tn_str path, uint32_t right); /* right: one bit */
/* the session's own thing that this operation would touch, or NULL */
const struct tnp_protect *tnp_protected(const struct tnp_policy *p, const struct tnp_op *op);

/* decide.c: would this link (with the baseline) let its session put other bytes under this name?  Expiry not asked. */
bool tnp_link_may_write(const struct tnp_policy *p, const struct tnp_link *l, struct tn_str path);
bool tnp_may_write(const struct tnp_policy *p, struct tn_str path); /* the leaf */

#endif
