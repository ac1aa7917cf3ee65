/* SPDX-License-Identifier: Apache-2.0 */
/* Doors of the kernel that no agent needs. */
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/seccomp.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "../bypass.h"

struct ring {
	int fd;
	struct io_uring_params p;
	char *sq, *cq;
	struct io_uring_sqe *sqes;
};

static bool ring_open(struct ring *r, bool raw)
{
	size_t sq, cq;

	r->fd = (int)(raw ? RAW_2(SYS_io_uring_setup, 4, &r->p) : syscall(SYS_io_uring_setup, 4, &r->p));
	if (r->fd < 0)
		return false;
	sq = r->p.sq_off.array + r->p.sq_entries * sizeof(unsigned);
	cq = r->p.cq_off.cqes + r->p.cq_entries * sizeof(struct io_uring_cqe);
	r->sq = mmap(NULL, sq, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, IORING_OFF_SQ_RING);
	r->cq = mmap(NULL, cq, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, IORING_OFF_CQ_RING);
	r->sqes = mmap(NULL, r->p.sq_entries * sizeof(struct io_uring_sqe), PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, IORING_OFF_SQES);
	return r->sq != MAP_FAILED && r->cq != MAP_FAILED && r->sqes != MAP_FAILED;
}

static long ring_openat(struct ring *r, const char *path, bool raw)
{
	unsigned *tail = (unsigned *)(void *)(r->sq + r->p.sq_off.tail), *array = (unsigned *)(void *)(r->sq + r->p.sq_off.array);
	struct io_uring_cqe *cqes = (struct io_uring_cqe *)(void *)(r->cq + r->p.cq_off.cqes);
	long n;

	r->sqes[0] = (struct io_uring_sqe){.opcode = IORING_OP_OPENAT, .fd = AT_FDCWD, .addr = (uintptr_t)path, .open_flags = O_RDONLY};
	array[0] = 0;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	n = raw ? raw6(SYS_io_uring_enter, r->fd, 1, 1, IORING_ENTER_GETEVENTS, 0, 0)
		: syscall(SYS_io_uring_enter, r->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0);
	if (n != 1)
		return -1;
	if (cqes[0].res < 0)
		errno = -cqes[0].res;
	return cqes[0].res < 0 ? -1 : cqes[0].res;
}

static int uring(bool raw)
{
	struct ring r = {0};

	return ring_open(&r, raw) ? got_secret(ring_openat(&r, at("out/secret"), raw)) : blocked();
}
static int uring_syscall(void) { return uring(false); }
static int uring_raw(void) { return uring(true); }

static int by_handle(void)
{
	struct {
		struct file_handle h;
		unsigned char room[MAX_HANDLE_SZ];
	} b = {.h = {.handle_bytes = MAX_HANDLE_SZ}};
	int id, mount = open("/", O_RDONLY | O_DIRECTORY);

	if (mount < 0)
		mount = open(at("in"), O_RDONLY | O_DIRECTORY);
	if (syscall(SYS_name_to_handle_at, AT_FDCWD, at("out/secret"), &b, &id, 0))
		return blocked();
	return got_secret(RAW_3(SYS_open_by_handle_at, mount, &b, O_RDONLY));
}

static int userfault(void)
{
	long fd = RAW_1(SYS_userfaultfd, O_CLOEXEC | 1 /* UFFD_USER_MODE_ONLY */);

	return escaped_if(fd >= 0);
}

/* A filter of our own that allows everything must not undo the one below. */
static int own_filter(void)
{
	struct sock_filter allow[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
	struct sock_fprog prog = {1, allow};

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	RAW_3(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog);
	return got_secret(RAW_3(SYS_open, at("out/secret"), O_RDONLY, 0));
}

static int undumpable(void)
{
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	return got_secret(RAW_3(SYS_open, at("out/secret"), O_RDONLY, 0));
}

static int user_namespace(void)
{
	if (RAW_1(SYS_unshare, CLONE_NEWUSER | CLONE_NEWNS))
		return blocked();
	if (RAW_5(SYS_mount, at("out"), at("in/sub"), NULL, MS_BIND, NULL))
		return blocked();
	return got_secret(RAW_3(SYS_open, at("in/sub/secret"), O_RDONLY, 0));
}
static int bind_mount(void) { return in_child(user_namespace); }

static int cloned_namespace(void)
{
	long pid = raw6(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0, 0);
	int status;

	if (pid == 0)
		_exit(PROG_ESCAPED);
	if (pid < 0)
		return blocked();
	waitpid((pid_t)pid, &status, 0);
	return ran("clone", status);
}

static int mount_tmpfs(void)
{
	if (RAW_5(SYS_mount, "none", at("in/sub"), "tmpfs", 0, NULL))
		return blocked();
	RAW_2(SYS_umount2, at("in/sub"), MNT_DETACH);
	return escaped();
}
static int keyring(void) { return escaped_if(raw6(SYS_add_key, (long)"user", (long)"bypass", (long)"x", 1, -3, 0) >= 0); }
static int bpf_map(void)
{
	struct {
		uint32_t type, key, value, entries, room[24];
	} a = {2 /* array */, 4, 4, 1, {0}};

	return escaped_if(RAW_3(SYS_bpf, 0 /* BPF_MAP_CREATE */, &a, sizeof(a)) >= 0);
}
static int inject_tty(void) /* escapes if the kernel even looks at it: EACCES and EPERM are ours, ENOTTY is the descriptor's */
{
	int fd = open(at("in/file"), O_RDONLY);

	RAW_3(SYS_ioctl, fd, 0x5412 /* TIOCSTI */, "x");
	return escaped_if(errno == ENOTTY);
}
static int inject_tty_high(void) /* the kernel uses 32 bits of the request; a filter that compares 64 is blind */
{
	int fd = open(at("in/file"), O_RDONLY);

	RAW_3(SYS_ioctl, fd, 0x100005412L, "x");
	return escaped_if(errno == ENOTTY);
}

static int watch(void)
{
	int fd = inotify_init1(IN_CLOEXEC);

	return escaped_if(fd >= 0 && inotify_add_watch(fd, at("out"), IN_OPEN) >= 0);
}

ROUTE(k_uring, "io_uring", "syscall-read", uring_syscall);
ROUTE(k_uring_raw, "io_uring", "raw-read", uring_raw);
ROUTE(k_handle, "open-by-handle", "read", by_handle);
ROUTE(k_userfault, "userfaultfd", "create", userfault);
ROUTE(k_filter, "own-filter", "read", own_filter);
ROUTE(k_undumpable, "undumpable", "read", undumpable);
ROUTE(k_userns, "user-namespace", "bind-mount", bind_mount);
ROUTE(k_clone_ns, "user-namespace", "clone", cloned_namespace);
ROUTE(k_mount, "mount", "tmpfs", mount_tmpfs);
ROUTE(k_keyring, "keyring", "add", keyring);
ROUTE(k_bpf, "bpf", "map", bpf_map);
ROUTE(k_tiocsti, "ioctl", "tiocsti", inject_tty);
ROUTE(k_tiocsti_high, "ioctl", "tiocsti-high-bits", inject_tty_high);
ROUTE(k_inotify, "inotify", "watch", watch);
