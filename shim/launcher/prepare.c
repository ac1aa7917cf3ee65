/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that is decided before the first fork: what the session may do, whether this machine can hold it, and every reason not
 * to start.  MUST: refuse by name; never a session that is weaker than was asked for.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <shim/session.h>
#include <tn_fail.h>
#include "launcher.h"

/* ---- what was asked ---- */

static enum tn_code check_level(struct tns_job *j, struct tn_err *e)
{
	const struct tns_run *r = j->r;

	if (r->level > 1)
		return tn_fail(e, TN_E_NOT_YET, "--level %d is not in this version yet; --level 1 is the strongest there is", r->level);
	if (r->observe && strcmp(r->observe, "preload") != 0)
		return tn_fail(e, TN_E_NOT_YET, "--observe %s is not in this version yet; --observe preload is there", r->observe);
	if (r->mode != TNP_ENFORCE && r->level >= 0)
		return tn_fail(e, TN_E_USAGE, "--level is for --mode enforce; audit and permissive only watch");
	if (!r->grant && r->mode == TNP_ENFORCE)
		return tn_fail(e, TN_E_NO_WARRANT, "%s; give one with -w W, or watch with --mode audit", r->no_warrant ? r->no_warrant : "there is no warrant");
	return TN_OK;
}

static enum tn_code check_surroundings(struct tn_err *e)
{
	if (syscall(TNS_MAGIC_NR, TNS_MAGIC_ASK) < 0 && errno == TNS_SEALED_L1)
		return tn_fail(e, TN_E_NOT_YET, "we are inside a session already, and sessions within sessions are not in this version yet");
	if (access("/proc/self/stat", R_OK) < 0)
		return tn_fail(e, TN_E_SYSTEM, "/proc is not mounted here, and the session's processes could not be found");
	return TN_OK;
}

/* The policy may let only a share of the sessions enforce; which ones, their number says. */
static void draw_mode(struct tns_job *j)
{
	j->mode = tnp_config_rollout(j->r->cfg, j->r->mode, j->places.id);
	j->enforce = j->mode == TNP_ENFORCE;
	j->level = !j->enforce || j->r->level == 0 ? 0 : 1;
	if (j->mode != j->r->mode && !j->r->quiet)
		tns_say("the policy's rollout leaves this session out: %s mode", tnp_mode_name(j->mode));
}

static void start_clock(struct tns_job *j)
{
	struct timespec real, boot;

	clock_gettime(CLOCK_REALTIME, &real);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	j->started = (int64_t)real.tv_sec * 1000000000 + real.tv_nsec;
	j->started_boot = (int64_t)boot.tv_sec * 1000000000 + boot.tv_nsec;
	if (j->enforce && j->r->grant)
		j->expires = tn_grant_expires(j->r->grant);
}

/* ---- the program ---- */

static enum tn_code facts(struct tns_job *j, struct tn_err *e)
{
	const struct tns_run *r = j->r;
	struct tns_facts_opts o = { .app = r->app, .napp = r->napp, .cwd = r->cwd_read, .library = r->library, .session_dir = j->places.dir };

	if (j->places.tmp[0])
		o.tmpdir = j->places.tmp;
	TN_TRY(tns_launch_facts((const char *const *)r->argv, &o, &j->a, &j->launch, e));
	if (j->launch.manager && !j->r->quiet)
		tns_say("%s is a shim of %s; running %s", j->launch.shim, j->launch.manager, j->launch.path);
	return tnp_facts_record(&j->launch.facts, &j->a, e);
}

/* LD_PRELOAD goes only where the loader takes it: a musl program would not even start with it. */
static enum tn_code check_program(struct tns_job *j, struct tn_err *e)
{
	const struct tns_elf *elf = &j->launch.elf;
	const char *path = j->launch.path;

	j->preload = elf->elf && tns_elf_preloadable(elf);
	if (j->enforce && elf->elf && elf->class32 && j->level >= 1)
		return tn_fail(e, TN_E_NOT_YET, "%s is a 32-bit program, and the filter of level 1 ends those", path);
	if (j->preload && !j->r->library)
		return tn_fail(e, TN_E_SYSTEM, "libtenuo-shim.so is not beside this command, so the program and its children would not be seen");
	if (j->preload)
		return TN_OK;
	if (j->enforce && j->level == 0)
		return tn_fail(e, TN_E_NOT_YET, "%s does not load libraries for others (%s), so level 0 could not hold it; use --level 1", path,
			       elf->static_ ? "static" : elf->musl ? "musl" : elf->setid ? "set-user-id" : elf->class32 ? "32-bit" : "no ELF file");
	if (!j->enforce && !j->r->quiet)
		tns_say("%s does not load the preload library: nothing it does is seen, only its end", path);
	return TN_OK;
}

/* ---- what must stay out of its reach ---- */

static void shield(struct tns_job *j, const char *path, const char *what)
{
	size_t n = strlen(path);
	char *p = n ? tn_arena_dup(&j->a, path, n) : NULL;

	if (p)
		j->protect[j->nprotect++] = (struct tnp_protect){ .path = { p, n }, .what = what };
}

static enum tn_code protect(struct tns_job *j, struct tn_err *e)
{
	char self[TNS_PATH];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	j->protect = tn_arena_array(&j->a, j->r->nprotect + 4, sizeof(*j->protect));
	if (!j->protect)
		return tn_fail(e, TN_E_NO_MEMORY, "out of memory");
	for (size_t i = 0; i < j->r->nprotect; i++)
		j->protect[j->nprotect++] = j->r->protect[i];
	shield(j, j->log.path, "the log");
	self[n > 0 ? n : 0] = 0;
	shield(j, self, "this command");
	if (j->launch.facts.library.n)
		shield(j, j->launch.facts.library.p, "the preload library");
	shield(j, j->places.dir, "the session's directory");
	j->protect[j->nprotect - 1].tree = true;
	j->launch.facts.protect = j->protect;
	j->launch.facts.nprotect = j->nprotect;
	j->launch.facts.allow_writable_program = j->r->allow_writable_program;
	return TN_OK;
}

/* ---- the policy ---- */

static enum tn_code build(struct tns_job *j, struct tn_err *e)
{
	return tnp_policy_build(j->r->grant, j->r->cfg, &j->launch.facts, j->mode, &j->a, &j->policy, e);
}

static enum tn_code create_roots(struct tns_job *j, const struct tnp_missing_root *v, size_t n, struct tn_err *e)
{
	for (size_t i = 0; i < n; i++) {
		char *path = tn_arena_dup(&j->a, v[i].root.p, v[i].root.n);

		if (!path)
			return tn_fail(e, TN_E_NO_MEMORY, "out of memory");
		TN_TRY(tns_make_dirs(path, 0777, e));
	}
	/* what was asked before is remembered as missing: ask anew */
	j->launch.facts.resolve = tns_facts_resolve;
	j->launch.facts.ctx = NULL;
	TN_TRY(tnp_facts_record(&j->launch.facts, &j->a, e));
	return build(j, e);
}

static enum tn_code policy(struct tns_job *j, struct tn_err *e)
{
	const struct tnp_missing_root *v;
	size_t n;

	TN_TRY(build(j, e));
	n = tnp_policy_missing_roots(j->policy, &v);
	if (n == 0 || j->r->allow_missing_roots || !j->enforce)
		return TN_OK;
	if (j->r->create_roots)
		return create_roots(j, v, n, e);
	return tn_fail(e, TN_E_SYSTEM, "%.*s of %.*s does not exist; make it, or say --create-roots or --allow-missing-roots", (int)v->root.n, v->root.p,
		       (int)v->tool.n, v->tool.p);
}

/* ---- the plan, and why not ---- */

static bool is_log(const struct tns_job *j, const struct tnp_protect *p)
{
	return j->log.path[0] && tn_str_eq(p->path, tn_cstr(j->log.path));
}

static enum tn_code clash_refused(const struct tnp_clash *c, struct tn_err *e)
{
	return tn_fail(e, TN_E_PROTECTED, "the session could %s %s, %.*s (%.*s)", c->write ? "write" : "read", c->object->what, (int)c->object->path.n,
		       c->object->path.p, (int)c->rule->source.n, c->rule->source.p);
}

/* A warrant that opens everything leaves nothing to keep apart but what must not even be read; the plan's first line says so. */
static enum tn_code check_clashes(struct tns_job *j, struct tn_err *e)
{
	for (size_t i = 0; i < j->nprotect; i++) {
		struct tnp_clash c;

		if (!tnp_plan_clash(j->plan, &j->protect[i], 1, &c) || (c.write && j->plan->opens_everything && !j->protect[i].no_read))
			continue;
		if (!is_log(j, &j->protect[i]) || j->r->log_named)
			return clash_refused(&c, e);
		tns_log_drop(&j->log, "the session could write it");
	}
	return TN_OK;
}

static enum tn_code check_program_writable(struct tns_job *j, struct tn_err *e)
{
	struct tnp_clash c;
	struct tnp_protect object;

	if (j->r->allow_writable_program || !tnp_plan_writable_program(j->plan, &j->launch.facts, &c, &object))
		return TN_OK;
	return tn_fail(e, TN_E_WRITABLE_PROGRAM, "the session could write its own %s, %.*s; say --allow-writable-program to start it so", c.object->what,
		       (int)c.object->path.n, c.object->path.p);
}

static enum tn_code plan(struct tns_job *j, struct tn_err *e)
{
	TN_TRY(tnp_plan_build(j->policy, j->level, &j->a, &j->plan, e));
	if (j->level == 0)
		return TN_OK;
	if (j->plan->refused_root)
		return tn_fail(e, TN_E_KERNEL_FEATURE, "only / bounds %.*s, so the kernel would hold nothing of it; narrow it, or say --level 0",
			       (int)j->plan->refused_source.n, j->plan->refused_source.p);
	TN_TRY(check_clashes(j, e));
	TN_TRY(check_program_writable(j, e));
	return tns_landlock_rules(j->plan, &j->landlock, &j->rules, e);
}

/* What level 1 cannot hold is said, in one line, where the warrant gives such a thing at all. */
static void say_advisory(const struct tns_job *j)
{
	char what[512];
	size_t n = 0, more = 0;

	if (j->level < 1 || j->r->quiet)
		return;
	what[0] = 0;
	for (size_t i = 0; i < j->plan->nlines; i++) {
		const struct tnp_line *l = &j->plan->lines[i];

		if (l->hold != TNP_ADVISORY)
			continue;
		if (n + strlen(l->text) + 8 > sizeof(what))
			more++;
		else
			n += tn_fmt(what + n, sizeof(what) - n, "%s%s", n ? "; " : "", l->text);
	}
	if (n && more)
		tns_say("held by the preload only (advisory): %s; and %zu more", what, more);
	else if (n)
		tns_say("held by the preload only (advisory): %s", what);
}

/* ---- the session's file ---- */

static enum tn_code session_file(struct tns_job *j, struct tn_err *e)
{
	struct tnp_session s = { .level = j->level, .mode = j->mode, .log_level = j->r->log_level, .quiet = j->r->quiet,
				 .kernel_opens = j->level >= 1 && j->enforce && tnp_plan_holds_opens(j->plan),
				 .log = TN_STR("socket"), .token = j->r->grant ? j->r->token : (struct tn_bytes){ 0 }, .config = j->r->config,
				 .facts = &j->launch.facts };
	struct tn_bytes bytes;

	memcpy(s.id, j->places.hex, sizeof(s.id));
	TN_TRY(tnp_session_encode(&s, j->policy, &j->a, &bytes, e));
	return tns_places_plan(&j->places, bytes, e);
}

enum tn_code tns_prepare(struct tns_job *j, struct tn_err *e)
{
	TN_TRY(check_level(j, e));
	TN_TRY(check_surroundings(e));
	TN_TRY(tns_places_make(&j->places, !j->r->keep_tmpdir, e));
	draw_mode(j);
	start_clock(j);
	TN_TRY(facts(j, e));
	TN_TRY(check_program(j, e));
	TN_TRY(tns_log_open(j->r, j->places.hex, &j->log, e));
	TN_TRY(protect(j, e));
	TN_TRY(policy(j, e));
	TN_TRY(plan(j, e));
	if (j->r->dev_mode && !j->r->quiet)
		tns_say("development mode: the issuer key of the environment is trusted as a root");
	if (j->log.fd < 0)
		tns_say("no log: %s", j->log.why_none);
	say_advisory(j);
	TN_TRY(session_file(j, e));
	TN_TRY(tns_places_listen(&j->places, &j->listener, e));
	return tns_env_make(j, e);
}
