/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Launch facts.  Nothing here grants anything: a fact that cannot be found is left empty, and the
 * baseline row that names it then allows nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <shim/facts.h>
#include <tn_fail.h>
#include "managers.h"

#define PATH_CAP 4096
#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

struct work {
	const struct tns_facts_opts *o;
	struct tn_arena *a;
	struct tnp_facts *f;
	const char *path, *home;
	const char *front; /* of struct tns_launch */
	char cwd[PATH_CAP];
};

long tns_facts_resolve(void *ctx, struct tn_str path, char *out, size_t cap, bool *is_dir)
{
	char name[PATH_CAP];

	(void)ctx;
	if (path.n == 0 || path.n >= sizeof(name) || path.p[0] != '/' || memchr(path.p, 0, path.n))
		return -1;
	memcpy(name, path.p, path.n);
	name[path.n] = 0;
	return tns_resolve_at(AT_FDCWD, name, out, cap, is_dir);
}

static enum tn_code no_memory(struct tn_err *e)
{
	return tn_fail(e, TN_E_NO_MEMORY, "out of memory");
}

static struct tn_str keep(struct work *w, const char *s)
{
	size_t n = strlen(s);
	char *p = tn_arena_dup(w->a, s, n);

	return (struct tn_str){p, p ? n : 0};
}

/* The object `name` stands for now, or an empty string. */
static struct tn_str resolved(struct work *w, const char *name, bool *is_dir)
{
	char buf[PATH_CAP];
	bool dir = false;

	if (!name || tns_resolve_at(AT_FDCWD, name, buf, sizeof(buf), &dir) <= 0)
		return (struct tn_str){0};
	if (is_dir)
		*is_dir = dir;
	return keep(w, buf);
}

/* ---- names ---- */

static bool join(char *out, size_t cap, const char *dir, size_t dir_n, const char *name)
{
	size_t n = strlen(name);

	while (dir_n > 1 && dir[dir_n - 1] == '/')
		dir_n--;
	if (dir_n == 1 && dir[0] == '/')
		dir_n = 0;
	if (dir_n + 1 + n >= cap)
		return false;
	memcpy(out, dir, dir_n);
	out[dir_n] = '/';
	memcpy(out + dir_n + 1, name, n + 1);
	return true;
}

static bool absolute(const struct work *w, const char *name, char *out, size_t cap)
{
	if (name[0] == '/')
		return join(out, cap, "/", 1, name + strspn(name, "/"));
	return w->cwd[0] && join(out, cap, w->cwd, strlen(w->cwd), name);
}

/* 0 or an errno, execve's own order: EACCES is remembered while the search goes on */
static int runnable(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno;
	if (!S_ISREG(st.st_mode))
		return EACCES;
	return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0 ? errno : 0;
}

/* One element of PATH: empty means the working directory. */
static int try_element(const struct work *w, const char *p, size_t n, const char *name, char *out,
		       size_t cap)
{
	char rel[PATH_CAP];

	if (!join(rel, sizeof(rel), n ? p : ".", n ? n : 1, name) || !absolute(w, rel, out, cap))
		return ENAMETOOLONG;
	return runnable(out);
}

static int find_program(const struct work *w, const char *name, char *out, size_t cap)
{
	int worst = ENOENT;

	if (!*name)
		return ENOENT;
	if (strchr(name, '/'))
		return absolute(w, name, out, cap) ? runnable(out) : ENAMETOOLONG;
	for (const char *p = w->path;; p++) {
		size_t n = strcspn(p, ":");
		int err = try_element(w, p, n, name, out, cap);

		if (err == 0)
			return 0;
		if (err == EACCES)
			worst = EACCES;
		p += n;
		if (!*p)
			return worst;
	}
}

static const char *base_name(const char *path)
{
	const char *s = strrchr(path, '/');

	return s ? s + 1 : path;
}

/* ---- the trees a program lives in ---- */

/* Trees that hold everybody's files: never taken because a program happens to lie there. */
static bool too_wide(const struct work *w, struct tn_str tree)
{
	char local[PATH_CAP];
	size_t home_n = w->f->home.n;

	if (tn_str_eq(tree, TN_STR("/")) || tn_str_eq(tree, TN_STR("/usr")))
		return true;
	if (home_n == 0)
		return false;
	if (join(local, sizeof(local), w->f->home.p, home_n, ".local") &&
	    tn_str_eq(tree, tn_cstr(local)))
		return true;
	/* the home directory itself, or one above it */
	return tree.n <= home_n && memcmp(tree.p, w->f->home.p, tree.n) == 0 &&
	       (tree.n == home_n || w->f->home.p[tree.n] == '/');
}

static bool add_tree(struct work *w, const char *path, bool exec)
{
	bool dir = false;
	struct tn_str t = resolved(w, path, &dir);
	struct tnp_facts *f = w->f;

	if (t.n == 0 || !dir)
		return false;
	for (size_t i = 0; i < f->napp; i++)
		if (tn_str_eq(f->app_trees[i], t))
			return true;
	if (f->napp == sizeof(f->app_trees) / sizeof(*f->app_trees))
		return false;
	f->app_exec[f->napp] = exec;
	f->app_trees[f->napp++] = t;
	return true;
}

static void add_home_tree(struct work *w, const char *path)
{
	struct tn_str t = resolved(w, path, NULL);

	if (t.n > 0 && !too_wide(w, t))
		add_tree(w, path, false);
}

/* "/a/node_modules/b/node_modules/c" -> "/a/node_modules": one package manager filled all of it */
static void add_named_tree(struct work *w, const char *path, const char *component)
{
	char buf[PATH_CAP];
	size_t n = strlen(component);

	for (const char *p = strchr(path, '/'); p; p = strchr(p + 1, '/')) {
		size_t end = (size_t)(p - path) + 1 + n;

		if (strncmp(p + 1, component, n) != 0 || path[end] != '/' || end >= sizeof(buf))
			continue;
		memcpy(buf, path, end);
		buf[end] = 0;
		add_home_tree(w, buf);
		return;
	}
}

/* A virtual environment is a directory with pyvenv.cfg in it. */
static void add_venv(struct work *w, const char *path)
{
	char dir[PATH_CAP], cfg[PATH_CAP];
	size_t n = strlen(path);

	if (n >= sizeof(dir))
		return;
	memcpy(dir, path, n + 1);
	for (char *slash = strrchr(dir, '/'); slash && slash != dir; slash = strrchr(dir, '/')) {
		*slash = 0;
		if (join(cfg, sizeof(cfg), dir, strlen(dir), "pyvenv.cfg") &&
		    access(cfg, F_OK) == 0) {
			add_home_tree(w, dir);
			return;
		}
	}
}

/* prefix/lib of prefix/bin */
static void add_prefix_lib(struct work *w, const char *path)
{
	static const char *const LIB[] = {"lib", "lib64"};
	char prefix[PATH_CAP], lib[PATH_CAP];
	size_t n = strlen(path), base = strlen(base_name(path)) + 1;

	if (n >= sizeof(prefix) || n < base + 4 || memcmp(path + n - base - 4, "/bin", 4) != 0)
		return;
	n -= base + 4;
	memcpy(prefix, path, n);
	prefix[n] = 0;
	if (n == 0 || too_wide(w, (struct tn_str){prefix, n}))
		return;
	for (size_t i = 0; i < sizeof(LIB) / sizeof(*LIB); i++)
		if (join(lib, sizeof(lib), prefix, n, LIB[i]))
			add_home_tree(w, lib);
}

/* By the name it was called by as well as by what that is: a venv's python is a link out of the
 * venv. */
static void add_trees_of(struct work *w, const char *name, struct tn_str object)
{
	const char *const both[] = {name, object.n ? object.p : NULL};

	for (size_t i = 0; i < 2 && both[i]; i++) {
		add_venv(w, both[i]);
		add_named_tree(w, both[i], "node_modules");
		add_named_tree(w, both[i], "site-packages");
		add_named_tree(w, both[i], "dist-packages");
		add_prefix_lib(w, both[i]);
	}
}

/* ---- version managers ---- */

static const char *dir_of(struct work *w, const char *path)
{
	return tn_arena_dup(w->a, path, (size_t)(strrchr(path, '/') - path));
}

/*
 * A version manager's shim is a script that looks the real program up with a dozen helpers: ask it
 * now, outside the session.  manager: whose it was, and `found` is the real program; NULL: no shim.
 */
static enum tn_code look_behind(struct work *w, char found[PATH_CAP], const char **manager,
				struct tn_err *e)
{
	const struct tns_manager *m = tns_manager_of(found, w->home);
	char real[PATH_CAP], tool[PATH_CAP];

	if (!m || w->o->no_managers)
		return TN_OK;
	if (!tns_manager_tool(m, w->home, tool, sizeof(tool)) &&
	    find_program(w, m->name, tool, sizeof(tool)) != 0)
		return tn_fail(e, TN_E_SYSTEM, "%s is a shim of %s, but %s itself is not found",
			       found, m->name, m->name);
	TN_TRY(tns_manager_which(m, tool, base_name(found), real, sizeof(real), e));
	int err = runnable(real);

	if (err != 0 || tns_manager_of(real, w->home)) {
		errno = err ? err : ELOOP;
		return tn_fail_sys(e, TN_E_SYSTEM, "%s says %s is %s, which cannot be started",
				   m->name, base_name(found), real);
	}
	*manager = m->name;
	memcpy(found, real, strlen(real) + 1);
	return TN_OK;
}

/* ---- what interprets and loads it ---- */

static bool listed(const struct tn_str *v, size_t n, struct tn_str s)
{
	for (size_t i = 0; i < n; i++)
		if (tn_str_eq(v[i], s))
			return true;
	return false;
}

static void add_loader(struct work *w, const char *interp)
{
	struct tn_str s = resolved(w, interp, NULL);
	struct tnp_facts *f = w->f;

	if (s.n == 0 || listed(f->interp, f->ninterp, s) ||
	    f->ninterp == sizeof(f->interp) / sizeof(*f->interp))
		return;
	f->interp[f->ninterp++] = s;
}

static bool add_chain(struct work *w, struct tn_str s)
{
	struct tnp_facts *f = w->f;

	if (s.n == 0 || f->nchain == sizeof(f->chain) / sizeof(*f->chain))
		return false;
	if (!listed(f->chain, f->nchain, s))
		f->chain[f->nchain++] = s;
	return true;
}

/*
 * "#!/usr/bin/env python3": env only looks the name up, so the chain goes on with what it finds. -S
 * splits the argument; an assignment or any other option is more than a lookup and ends the chain.
 */
static bool env_target(const struct work *w, const struct tns_shebang *s, char *out, size_t cap)
{
	char name[TNS_INTERP_MAX];
	const char *p = s->arg;
	size_t n;

	if (strcmp(base_name(s->interp), "env") != 0)
		return false;
	if (strncmp(p, "-S", 2) == 0)
		p += 2 + strspn(p + 2, " \t");
	n = strcspn(p, " \t");
	if (n == 0 || p[0] == '-' || memchr(p, '=', n))
		return false;
	memcpy(name, p, n);
	name[n] = 0;
	return find_program(w, name, out, cap) == 0;
}

/* One file of the chain.  True: `next` interprets it. */
static bool follow_one(struct work *w, const char *path, char next[PATH_CAP], struct tns_elf *elf)
{
	struct tns_shebang s;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	bool more = false;

	if (fd < 0)
		return false;
	if (tns_elf_read(fd, elf)) {
		if (elf->interp[0])
			add_loader(w, elf->interp);
	} else if (tns_shebang_read(fd, &s)) {
		more = absolute(w, s.interp, next, PATH_CAP);
	}
	close(fd);
	return more;
}

/* env is a link of the chain like any other, and what it finds is the next. */
static bool through_env(struct work *w, const char *script, const char *env, char next[PATH_CAP])
{
	struct tns_shebang s = {0};
	struct tns_elf elf;
	int fd = open(script, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	bool ok = fd >= 0 && tns_shebang_read(fd, &s) && env_target(w, &s, next, PATH_CAP);

	if (fd >= 0)
		close(fd);
	if (!ok)
		return false;
	char unused[PATH_CAP];
	const char *manager = NULL;

	/* env would find the shim too: the real program's directory goes first in PATH */
	if (look_behind(w, next, &manager, NULL) == TN_OK && manager && !w->front)
		w->front = dir_of(w, next);
	add_chain(w, resolved(w, env, NULL));
	follow_one(w, env, unused, &elf); /* for its loader */
	return true;
}

static void follow_chain(struct work *w, const char *path, struct tns_elf *elf)
{
	char here[PATH_CAP], next[PATH_CAP], found[PATH_CAP];
	size_t n = strlen(path);

	if (n >= sizeof(here))
		return;
	memcpy(here, path, n + 1);
	/* the kernel follows four "#!" lines and refuses the fifth */
	for (int depth = 0; depth < 5 && follow_one(w, here, next, elf); depth++) {
		const char *to = through_env(w, here, next, found) ? found : next;
		struct tn_str object = resolved(w, to, NULL);

		if (!add_chain(w, object))
			return;
		add_trees_of(w, to, object);
		memmove(here, to, strlen(to) + 1);
	}
}

/* struct tnp_facts chain_of: only what the kernel itself does; what env looks up is executed by
 * env, and judged then. */
static bool put_entry(char kind, const char *path, char *out, size_t cap, size_t *n)
{
	char real[PATH_CAP];
	long len = tns_resolve_at(AT_FDCWD, path, real, sizeof(real), NULL);

	if (len <= 0 || *n + (size_t)len + 2 > cap)
		return false;
	out[(*n)++] = kind;
	memcpy(out + *n, real, (size_t)len + 1);
	*n += (size_t)len + 1;
	return true;
}

long tns_facts_chain(void *ctx, struct tn_str program, char *out, size_t cap)
{
	char here[PATH_CAP];
	size_t n = 0;

	(void)ctx;
	if (program.n >= sizeof(here) || memchr(program.p, 0, program.n))
		return -1;
	memcpy(here, program.p, program.n);
	here[program.n] = 0;
	for (int depth = 0; depth < 5; depth++) {
		struct tns_shebang s;
		struct tns_elf elf;
		int fd = open(here, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
		bool is_elf = fd >= 0 && tns_elf_read(fd, &elf),
		     more = fd >= 0 && !is_elf && tns_shebang_read(fd, &s);

		if (fd >= 0)
			close(fd);
		if (is_elf && elf.interp[0] && !put_entry('l', elf.interp, out, cap, &n))
			return -1;
		if (!more || s.interp[0] != '/') /* a relative one depends on where it is called */
			break;
		if (!put_entry('x', s.interp, out, cap, &n))
			return -1;
		memcpy(here, s.interp, strlen(s.interp) + 1);
	}
	return (long)n;
}

/* ---- the script of a known interpreter ---- */

/* Names match up to a version: python3.11, lua5.4.  `ends`: options after which no script follows;
 * `values`: options with one. */
/* clang-format off */
static const struct interpreter {
	const char *name, *ends, *values;
} INTERPRETERS[] = {
	{ "python", "-c -m", "-W -X --check-hash-based-pycs" },
	{ "pypy", "-c -m", "-W -X" },
	{ "node", "-e --eval -p --print", "-r --require --import -C --conditions" },
	{ "nodejs", "-e --eval -p --print", "-r --require --import -C --conditions" },
	{ "bun", "-e", "" },
	{ "ruby", "-e", "-I -r -C" },
	{ "perl", "-e -E", "-I" },
	{ "php", "-r", "-d -c" },
	{ "lua", "-e", "-l" },
	{ "Rscript", "-e", "" },
	{ "tclsh", "", "" },
	{ "sh", "-c", "-o" },
	{ "bash", "-c", "-o -O --rcfile --init-file" },
	{ "dash", "-c", "-o" },
	{ "zsh", "-c", "-o" },
	{ "ksh", "-c", "-o" },
	{ "awk", "", "-F -v" },
	{ "java", "", "-cp -classpath --class-path" },
};

/* clang-format on */

static bool in_list(const char *list, const char *opt)
{
	size_t n = strlen(opt);

	for (const char *p = list; *p; p += strcspn(p, " "), p += strspn(p, " "))
		if (strncmp(p, opt, n) == 0 && (p[n] == ' ' || p[n] == 0))
			return true;
	return false;
}

static const struct interpreter *interpreter_of(const char *path)
{
	const char *name = base_name(path);

	for (size_t i = 0; i < sizeof(INTERPRETERS) / sizeof(*INTERPRETERS); i++) {
		size_t n = strlen(INTERPRETERS[i].name);

		if (strncmp(name, INTERPRETERS[i].name, n) == 0 &&
		    name[n + strspn(name + n, "0123456789.-")] == 0)
			return &INTERPRETERS[i];
	}
	return NULL;
}

static const char *script_arg(const struct interpreter *in, const char *const argv[])
{
	bool options = true;

	for (size_t i = 1; argv[i]; i++) {
		struct stat st;

		if (options && strcmp(argv[i], "--") == 0) {
			options = false;
			continue;
		}
		if (options && argv[i][0] == '-' && argv[i][1]) {
			if (in_list(in->ends, argv[i]))
				return NULL;
			if (in_list(in->values, argv[i]) && argv[i + 1])
				i++;
			continue;
		}
		if (stat(argv[i], &st) == 0 && S_ISREG(st.st_mode))
			return argv[i];
	}
	return NULL;
}

static void find_script(struct work *w, const char *path, const char *const argv[])
{
	const struct interpreter *in = interpreter_of(path);
	const char *arg;
	char name[PATH_CAP];

	if (!in)
		in = interpreter_of(argv[0]); /* /bin/sh is dash or busybox */
	if (!in || !(arg = script_arg(in, argv)) || !absolute(w, arg, name, sizeof(name)))
		return;
	w->f->script = resolved(w, name, NULL);
	add_trees_of(w, name, w->f->script);
}

/* ---- surroundings ---- */

static void find_path_dirs(struct work *w)
{
	struct tnp_facts *f = w->f;
	char dir[PATH_CAP];

	for (const char *p = w->path; *p; p += strspn(p, ":")) {
		size_t n = strcspn(p, ":");
		struct tn_str d;

		if (n > 0 && n < sizeof(dir) && *p == '/') {
			memcpy(dir, p, n);
			dir[n] = 0;
			d = resolved(w, dir, NULL);
			if (d.n && tns_root_chain(d.p) && !listed(f->path_dirs, f->npath_dirs, d) &&
			    f->npath_dirs < sizeof(f->path_dirs) / sizeof(*f->path_dirs))
				f->path_dirs[f->npath_dirs++] = d;
		}
		p += n;
	}
}

static void find_tty(struct work *w)
{
	char name[64];

	for (int fd = 0; fd <= 2; fd++)
		if (isatty(fd) && ttyname_r(fd, name, sizeof(name)) == 0) {
			w->f->tty = resolved(w, name, NULL);
			return;
		}
}

static enum tn_code add_apps(struct work *w, struct tn_err *e)
{
	for (size_t i = 0; i < w->o->napp; i++) {
		struct tn_str t = resolved(w, w->o->app[i], NULL);

		if (tn_str_eq(t, TN_STR("/")))
			return tn_fail(e, TN_E_USAGE, "--app / would open everything");
		if (!add_tree(w, w->o->app[i], true))
			return tn_fail(e, TN_E_USAGE, "--app %s: not a directory, or one too many",
				       w->o->app[i]);
	}
	return TN_OK;
}

static enum tn_code surroundings(struct work *w, struct tn_err *e)
{
	struct tnp_facts *f = w->f;
	const char *env_path = getenv("PATH"), *env_home = getenv("HOME");

	w->path = w->o->path ? w->o->path : env_path ? env_path : DEFAULT_PATH;
	w->home = w->o->home ? w->o->home : env_home;
	if (!getcwd(w->cwd, sizeof(w->cwd)) || w->cwd[0] != '/')
		w->cwd[0] = 0; /* "(unreachable)": relative names cannot be found then */
	f->resolve = tns_facts_resolve;
	f->chain_of = tns_facts_chain;
	if (w->home && w->home[0] == '/')
		f->home = resolved(w, w->home, NULL);
	f->tmpdir = resolved(w, w->o->tmpdir, NULL);
	f->library = resolved(w, w->o->library, NULL);
	f->session_dir = resolved(w, w->o->session_dir, NULL);
	if (w->o->cwd && w->cwd[0])
		f->cwd_read = resolved(w, w->cwd, NULL);
	find_tty(w);
	find_path_dirs(w);
	return add_apps(w, e);
}

enum tn_code tns_plain_facts(const struct tns_facts_opts *o, struct tn_arena *a,
			     struct tnp_facts *f, struct tn_err *e)
{
	struct work w = {.o = o, .a = a, .f = f};

	memset(f, 0, sizeof(*f));
	return surroundings(&w, e);
}

/* ---- the launch ---- */

static enum tn_code behind_shim(struct work *w, struct tns_launch *l, char found[PATH_CAP],
				struct tn_err *e)
{
	const char *manager = NULL;
	struct tn_str shim = keep(w, found);

	TN_TRY(look_behind(w, found, &manager, e));
	if (!manager)
		return TN_OK;
	l->manager = manager;
	l->shim = shim.p;
	w->front = dir_of(w, found);
	return shim.p && w->front ? TN_OK : no_memory(e);
}

enum tn_code tns_launch_facts(const char *const argv[], const struct tns_facts_opts *o,
			      struct tn_arena *a, struct tns_launch *l, struct tn_err *e)
{
	struct work w = {.o = o, .a = a, .f = &l->facts};
	char found[PATH_CAP];
	int err;

	memset(l, 0, sizeof(*l));
	TN_TRY(surroundings(&w, e));
	err = find_program(&w, argv[0], found, sizeof(found));
	if (err) {
		errno = err;
		return tn_fail_sys(e, TN_E_SYSTEM, "cannot start %s", argv[0]);
	}
	TN_TRY(behind_shim(&w, l, found, e));
	l->path = keep(&w, found).p;
	l->argv0 = argv[0];
	l->facts.program = resolved(&w, found, NULL);
	if (!l->path || l->facts.program.n == 0)
		return tn_fail(e, TN_E_SYSTEM, "%s has no name that can be resolved", found);
	if (l->manager)
		l->argv0 = l->path;
	add_trees_of(&w, found, l->facts.program);
	follow_chain(&w, found, &l->elf);
	find_script(&w, found, argv);
	l->path_front = w.front;
	return TN_OK;
}
