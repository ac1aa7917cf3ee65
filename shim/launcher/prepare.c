/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything before the first fork: facts, policy, plan, rules, environment, and each reason not to start.
 *
 * MUST: refuse, by name, what this level cannot hold; never start with less than was asked for.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <shim/session.h>
#include <tn_fail.h>
#include "launcher.h"

/* ---------------------------------------------------------------- what runs */
static enum tn_code launch(struct tns_job *j, struct tn_err *e)
{
	struct tns_facts_opts o = {
		.app = j->r->app,
		.napp = j->r->napp,
		.cwd = j->r->cwd_read,
		.library = j->r->library,
		.tmpdir = j->places.tmp[0] ? j->places.tmp : NULL,
		.session_dir = j->places.dir,
	};

	TN_TRY(tns_launch_facts((const char *const *)j->r->argv, &o, &j->a, &j->launch, e));
	if (j->launch.elf.class32 && j->level >= 1)
		return tn_fail(e, TN_E_KERNEL_FEATURE, "%s is a 32-bit program, and the filter of level 1 knows 64-bit system calls only",
			       j->r->argv[0]);
	j->preload = j->r->library && tns_elf_preloadable(&j->launch.elf);
	j->launch.facts.allow_writable_program = j->r->allow_writable_program;
	return TN_OK;
}

/* ---------------------------------------------------------------- what the session must not reach */
static enum tn_code protect(struct tns_job *j, struct tn_err *e)
{
	size_t n = j->r->nprotect;

	j->protect = tn_arena_array(&j->a, n + 2, sizeof(*j->protect));
	if (!j->protect)
		return tn_fail(e, TN_E_NO_MEMORY, "out of memory");
	if (n)
		memcpy(j->protect, j->r->protect, n * sizeof(*j->protect));
	if (j->log.path[0])
		j->protect[n++] = (struct tnp_protect){ .path = { j->log.path, strlen(j->log.path) }, .what = "the log" };
	j->nprotect = n;
	j->launch.facts.protect = j->protect;
	j->launch.facts.nprotect = n;
	return TN_OK;
}

/* ---------------------------------------------------------------- roots that do not exist */
static enum tn_code missing_roots(struct tns_job *j, bool *made, struct tn_err *e)
{
	const struct tnp_missing_root *v;
	size_t n = tnp_policy_missing_roots(j->policy, &v);

	*made = false;
	if (!n || !j->enforce || j->r->allow_missing_roots)
		return TN_OK;
	for (size_t i = 0; j->r->create_roots && i < n; i++) {
		char path[TNS_PATH];

		if (v[i].root.n >= sizeof(path))
			return tn_fail(e, TN_E_CONFIG, "a root of %.*s has too long a name", (int)v[i].tool.n, v[i].tool.p);
		memcpy(path, v[i].root.p, v[i].root.n);
		path[v[i].root.n] = 0;
		TN_TRY(tns_make_dirs(path, 0755, e));
		*made = true;
	}
	if (*made)
		return TN_OK;
	return tn_fail(e, TN_E_CONFIG, "%.*s does not exist, and %.*s of the warrant names it; make it, or say --create-roots or --allow-missing-roots",
		       (int)v[0].root.n, v[0].root.p, (int)v[0].tool.n, v[0].tool.p);
}

static enum tn_code build_policy(struct tns_job *j, struct tn_err *e)
{
	bool made;

	TN_TRY(tnp_facts_record(&j->launch.facts, &j->a, e));
	TN_TRY(tnp_policy_build(j->r->grant, j->r->cfg, &j->launch.facts, j->mode, &j->a, &j->policy, e));
	TN_TRY(missing_roots(j, &made, e));
	if (!made)
		return TN_OK;
	TN_TRY(tnp_facts_record(&j->launch.facts, &j->a, e)); /* what it remembers is from before */
	return tnp_policy_build(j->r->grant, j->r->cfg, &j->launch.facts, j->mode, &j->a, &j->policy, e);
}

/* ---------------------------------------------------------------- refusals that need the plan */
static bool is_log(const struct tns_job *j, const struct tnp_protect *o)
{
	return j->log.path[0] && o->path.p == j->log.path;
}

static enum tn_code clash(struct tns_job *j, struct tn_err *e)
{
	struct tnp_clash c;

	if (!tnp_plan_clash(j->plan, j->protect, j->nprotect, &c))
		return TN_OK;
	/* "*" without constraints gives everything away, and `plan` says so first: there is nothing left to protect. */
	if (j->plan->opens_everything)
		return TN_OK;
	if (is_log(j, c.object) && !j->r->log_named) {
		tns_log_drop(&j->log, "the session could write it");
		j->nprotect--;
		j->launch.facts.nprotect--;
		return clash(j, e);
	}
	return tn_fail(e, TN_E_PROTECTED, "the warrant would let the session %s %s %.*s (%.*s); move it or narrow the warrant", c.write ? "write" : "read",
		       c.object->what, (int)c.object->path.n, c.object->path.p, (int)c.rule->source.n, c.rule->source.p);
}

static enum tn_code writable_program(struct tns_job *j, struct tn_err *e)
{
	struct tnp_clash c;
	struct tnp_protect object;

	if (j->r->allow_writable_program || j->plan->opens_everything ||
	    !tnp_plan_writable_program(j->plan, &j->launch.facts, &c, &object))
		return TN_OK;
	return tn_fail(e, TN_E_WRITABLE_PROGRAM,
		       "the session could write %s %.*s (%.*s) and so become anything; run a program outside, or say --allow-writable-program",
		       c.object->what, (int)c.object->path.n, c.object->path.p, (int)c.rule->source.n, c.rule->source.p);
}

static enum tn_code holds(struct tns_job *j, struct tn_err *e)
{
	if (j->level >= 1 && j->plan->refused_root)
		return tn_fail(e, TN_E_KERNEL_FEATURE, "level 1 could hold %.*s only by all of /, which is no hold; narrow it, or say --level 0",
			       (int)j->plan->refused_source.n, j->plan->refused_source.p);
	if (j->level >= 1) {
		TN_TRY(clash(j, e));
		TN_TRY(writable_program(j, e));
		TN_TRY(tns_landlock_rules(j->plan, &j->landlock, &j->rules, e));
	}
	return TN_OK;
}

/* ---------------------------------------------------------------- the session's file */
static enum tn_code plan_file(struct tns_job *j, struct tn_err *e)
{
	struct tnp_session s = {
		.level = j->level,
		.mode = j->mode,
		.log_level = j->r->log_level,
		.quiet = j->r->quiet,
		.kernel_opens = j->level >= 1 && j->enforce && tnp_plan_holds_opens(j->plan),
		.log = TN_STR("socket"), /* also without a log: the keeper counts, and knows what was said already */
		.token = j->r->grant ? j->r->token : (struct tn_bytes){ NULL, 0 },
		.config = j->r->config,
		.facts = &j->launch.facts,
	};
	struct tn_bytes out;

	memcpy(s.id, j->places.hex, sizeof(s.id));
	TN_TRY(tnp_session_encode(&s, j->policy, &j->a, &out, e));
	return tns_places_plan(&j->places, out, e);
}

static void mode_of(struct tns_job *j)
{
	j->mode = tnp_config_rollout(j->r->cfg, j->r->mode, j->places.id);
	j->enforce = j->mode == TNP_ENFORCE;
	j->level = !j->enforce ? 0 : j->r->level < 0 ? 1 : j->r->level;
	j->expires = j->enforce && j->r->grant ? tn_grant_expires(j->r->grant) : 0;
}

enum tn_code tns_prepare(struct tns_job *j, struct tn_err *e)
{
	TN_TRY(tns_places_make(&j->places, !j->r->keep_tmpdir, e));
	mode_of(j);
	TN_TRY(tns_log_open(j->r, j->places.hex, &j->log, e));
	TN_TRY(launch(j, e));
	TN_TRY(protect(j, e));
	TN_TRY(build_policy(j, e));
	TN_TRY(tnp_plan_build(j->policy, j->level, &j->a, &j->plan, e));
	TN_TRY(holds(j, e));
	TN_TRY(plan_file(j, e));
	TN_TRY(tns_places_listen(&j->places, &j->listener, e));
	return tns_env_make(j, e);
}
