/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MUST: refuse what the kernel cannot give by name.  MUST NOT: put a rule on anything but the object the plan means: a name that
 * became a link since it was resolved is refused.
 *
 * TRUNCATE (ABI 3) is not handled.  With it handled, a rule for reading never ends the kernel's walk up the path, because open also
 * asks whether it may truncate.  open+close, pinned, one rule for reading two levels above the file, medians of 15 rounds on 6.18:
 *   nothing 1.00 (1.8 us)   handled 1.77   not handled 1.37   not handled, with the filter's test of openat 1.46   the filter alone 1.07
 * So it is not handled, and its doors are closed by the filter (filter.c, open_flags).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <shim/run.h>
#include <tn_fail.h>
#include "landlock.h"

#define NR_CREATE_RULESET 444
#define NR_ADD_RULE 445
#define NR_RESTRICT_SELF 446
#define NR_OPENAT2 437
#define CREATE_RULESET_VERSION 1u
#define RULE_PATH_BENEATH 1
#define RESOLVE_NO_SYMLINKS_ 4u

#define LL_EXECUTE (1u << 0)
#define LL_WRITE_FILE (1u << 1)
#define LL_READ_FILE (1u << 2)
#define LL_READ_DIR (1u << 3)
#define LL_REMOVE_DIR (1u << 4)
#define LL_REMOVE_FILE (1u << 5)
#define LL_MAKE_CHAR (1u << 6)
#define LL_MAKE_DIR (1u << 7)
#define LL_MAKE_REG (1u << 8)
#define LL_MAKE_SOCK (1u << 9)
#define LL_MAKE_FIFO (1u << 10)
#define LL_MAKE_BLOCK (1u << 11)
#define LL_MAKE_SYM (1u << 12)
#define LL_REFER (1u << 13)
#define LL_IOCTL_DEV (1u << 15)
#define LL_ABI_1 0x1fffu /* bits 0-12 */
#define LL_OF_FILES (LL_EXECUTE | LL_WRITE_FILE | LL_READ_FILE | LL_IOCTL_DEV) /* the kernel takes no others on a file */

#define LL_SCOPE_ABSTRACT_UNIX 1u
#define LL_SCOPE_SIGNAL 2u

struct ruleset_attr { uint64_t handled_fs, handled_net, scoped; };
struct path_beneath_attr { uint64_t allowed; int32_t parent_fd; } __attribute__((packed));
struct open_how_ { uint64_t flags, mode, resolve; };

/*
 * What each ABI added and we use.  Not used: TRUNCATE (3, above); TCP ports (4: where the grant has no network there is no INET
 * socket at all, where it has one a port says nothing about a host).
 */
static const struct abi_row { int abi; const char *kernel; uint64_t fs, scoped; } ABIS[] = {
	{ 1, "5.13", LL_ABI_1, 0 },
	{ 2, "5.19", LL_REFER, 0 },
	{ 5, "6.10", LL_IOCTL_DEV, 0 },
	{ 6, "6.12", 0, LL_SCOPE_ABSTRACT_UNIX | LL_SCOPE_SIGNAL },
};
#define NABIS (sizeof(ABIS) / sizeof(*ABIS))

const struct tns_feature tns_landlock_features[] = {
	{ "rename between directories", 2, "5.19", "level 1 needs it" },
	{ "device ioctl right", 5, "6.10", "a device that may be opened takes any ioctl but TIOCSTI and TIOCLINUX" },
	{ "signal scope", 6, "6.12", "signals to the launcher and the logger are refused by number; others of the same user get them" },
	{ "abstract socket scope", 6, "6.12", "abstract unix sockets outside can be reached" },
};
const size_t tns_landlock_nfeatures = sizeof(tns_landlock_features) / sizeof(*tns_landlock_features);

static const struct { uint32_t right; uint64_t fs; } RIGHTS[] = {
	{ TNP_R_READ, LL_READ_FILE },
	{ TNP_R_LIST, LL_READ_DIR },
	{ TNP_R_WRITE, LL_WRITE_FILE | LL_IOCTL_DEV },
	/* device nodes need a capability that is dropped: never */
	{ TNP_R_CREATE, LL_MAKE_REG | LL_MAKE_SOCK | LL_MAKE_FIFO | LL_MAKE_SYM | LL_REFER },
	{ TNP_R_DELETE, LL_REMOVE_FILE | LL_REMOVE_DIR | LL_REFER },
	{ TNP_R_MKDIR, LL_MAKE_DIR | LL_REFER },
	{ TNP_R_EXEC, LL_EXECUTE },
	{ TNP_R_INTERP, LL_EXECUTE },
};

bool tns_landlock_signal_scope(const struct tns_landlock *l)
{
	return l->scoped & LL_SCOPE_SIGNAL;
}

int tns_landlock_probe(int *sys_errno)
{
	long abi = syscall(NR_CREATE_RULESET, NULL, 0, CREATE_RULESET_VERSION);

	*sys_errno = abi < 0 ? errno : 0;
	return abi > 0 ? (int)abi : 0;
}

struct tns_landlock tns_landlock_of(int abi)
{
	struct tns_landlock l = { .abi = abi };

	for (size_t i = 0; i < NABIS; i++)
		if (ABIS[i].abi <= abi) {
			l.handled |= ABIS[i].fs;
			l.scoped |= ABIS[i].scoped;
		}
	return l;
}

uint64_t tns_landlock_rights(const struct tns_landlock *l, uint32_t rights, bool is_dir)
{
	uint64_t fs = 0;

	for (size_t i = 0; i < sizeof(RIGHTS) / sizeof(*RIGHTS); i++)
		if (rights & RIGHTS[i].right)
			fs |= RIGHTS[i].fs;
	return fs & l->handled & (is_dir ? ~(uint64_t)0 : LL_OF_FILES);
}

static enum tn_code refuse_kernel(int abi, int why, struct tn_err *e)
{
	if (abi == 1)
		return tn_fail(e, TN_E_KERNEL_FEATURE, "Landlock ABI 1 cannot rename between directories; level 1 needs ABI 2 (Linux 5.19)");
	return tn_fail(e, TN_E_KERNEL_FEATURE, "level 1 needs Landlock ABI 2 (Linux 5.19), and %s",
		       why == EOPNOTSUPP ? "Landlock is switched off on this machine (boot with lsm=landlock,...)" :
		       why == ENOSYS	 ? "this kernel has no Landlock" :
					   "a sandbox around us refuses Landlock");
}

/* ---- one rule ---- */

static int open_exact(const char *path)
{
	struct open_how_ how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS_ };

	return (int)syscall(NR_OPENAT2, AT_FDCWD, path, &how, sizeof(how));
}

static enum tn_code add_path(const struct tns_landlock *l, int set, const char *path, const struct tnp_rule *r, struct tn_err *e)
{
	struct path_beneath_attr attr = { 0 };
	struct stat st;
	int fd = open_exact(path);
	long rc = 0;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == EACCES))
		return TN_OK; /* nothing there, or nothing this user reaches: nothing to give */
	if (fd < 0)
		return tn_fail_sys(e, TN_E_SYSTEM, "%s changed while the session was being made", path);
	if (fstat(fd, &st) < 0 || (S_ISDIR(st.st_mode) && !r->tree)) {
		close(fd); /* a rule for one file would open the whole tree */
		return TN_OK;
	}
	attr.allowed = tns_landlock_rights(l, r->rights, S_ISDIR(st.st_mode));
	attr.parent_fd = fd;
	if (attr.allowed)
		rc = syscall(NR_ADD_RULE, set, RULE_PATH_BENEATH, &attr, 0);
	int err = errno;

	close(fd);
	errno = err;
	return rc < 0 ? tn_fail_sys(e, TN_E_SYSTEM, "Landlock refuses the rule for %s", path) : TN_OK;
}

static enum tn_code add_rule(const struct tns_landlock *l, int set, const struct tnp_rule *r, struct tn_err *e)
{
	char path[4096];

	if (r->hold == TNP_ADVISORY || r->path.n == 0)
		return TN_OK;
	if (r->path.n >= sizeof(path) || memchr(r->path.p, 0, r->path.n))
		return tn_fail(e, TN_E_BAD_OBJECT, "a rule's path is too long");
	memcpy(path, r->path.p, r->path.n);
	path[r->path.n] = 0;
	return add_path(l, set, path, r, e);
}

enum tn_code tns_landlock_rules(const struct tnp_plan *plan, struct tns_landlock *l, int *fd, struct tn_err *e)
{
	int why, abi = tns_landlock_probe(&why), set;

	if (abi < TNS_LANDLOCK_MIN_ABI)
		return refuse_kernel(abi, why, e);
	*l = tns_landlock_of(abi);
	struct ruleset_attr attr = { .handled_fs = l->handled, .scoped = l->scoped };

	/* an older kernel takes the shorter form: what it does not know is zero */
	set = (int)syscall(NR_CREATE_RULESET, &attr, abi >= 6 ? sizeof(attr) : sizeof(attr.handled_fs), 0);
	if (set < 0)
		return tn_fail_sys(e, TN_E_KERNEL_FEATURE, "Landlock refuses a rule set");
	for (size_t i = 0; i < plan->nrules; i++) {
		enum tn_code code = add_rule(l, set, &plan->rules[i], e);

		if (code != TN_OK) {
			close(set);
			return code;
		}
	}
	*fd = set;
	return TN_OK;
}

enum tn_code tns_landlock_enter(int fd, struct tn_err *e)
{
	if (syscall(NR_RESTRICT_SELF, fd, 0) == 0)
		return TN_OK;
	if (errno == E2BIG)
		return tn_fail(e, TN_E_KERNEL_FEATURE, "16 Landlock layers are used already, and the kernel has no more");
	return tn_fail_sys(e, TN_E_KERNEL_FEATURE, "Landlock refuses to hold this process");
}
