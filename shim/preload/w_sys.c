/* SPDX-License-Identifier: Apache-2.0 */
/* syscall(3): libuv, Chromium and Go's cgo call the kernel by number. */
#include <linux/openat2.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <utime.h>
#include "wrap.h"

/* The wrappers do the work: they answer as libc does, so the results pass through unchanged. */
int unlinkat(int, const char *, int);
int renameat2(int, const char *, int, const char *, unsigned);
int linkat(int, const char *, int, const char *, int);
int symlinkat(const char *, int, const char *);
int mkdirat(int, const char *, mode_t);
int mknodat(int, const char *, mode_t, dev_t);
int fchmodat(int, const char *, mode_t, int);
int fchownat(int, const char *, uid_t, gid_t, int);
int truncate(const char *, off_t);
int utimensat(int, const char *, const struct timespec[2], int);

#define PATH(i) ((const char *)a[i])
#define INT(i) ((int)a[i])
typedef long (*handler)(const long a[6]);

static long sys_open(const long a[6]) { return tns_open(AT_FDCWD, PATH(0), INT(1), (unsigned)a[2]); }
static long sys_openat(const long a[6]) { return tns_open(INT(0), PATH(1), INT(2), (unsigned)a[3]); }
static long sys_creat(const long a[6]) { return tns_open(AT_FDCWD, PATH(0), O_CREAT | O_WRONLY | O_TRUNC, (unsigned)a[1]); }
static long sys_execve(const long a[6]) { return execve(PATH(0), (char *const *)a[1], (char *const *)a[2]); }
static long sys_execveat(const long a[6]) { return tns_execve(INT(0), PATH(1), (char *const *)a[2], (char *const *)a[3], INT(4)); }
static long sys_unlink(const long a[6]) { return unlinkat(AT_FDCWD, PATH(0), 0); }
static long sys_rmdir(const long a[6]) { return unlinkat(AT_FDCWD, PATH(0), AT_REMOVEDIR); }
static long sys_unlinkat(const long a[6]) { return unlinkat(INT(0), PATH(1), INT(2)); }
static long sys_rename(const long a[6]) { return renameat2(AT_FDCWD, PATH(0), AT_FDCWD, PATH(1), 0); }
static long sys_renameat(const long a[6]) { return renameat2(INT(0), PATH(1), INT(2), PATH(3), 0); }
static long sys_renameat2(const long a[6]) { return renameat2(INT(0), PATH(1), INT(2), PATH(3), (unsigned)a[4]); }
static long sys_link(const long a[6]) { return linkat(AT_FDCWD, PATH(0), AT_FDCWD, PATH(1), 0); }
static long sys_linkat(const long a[6]) { return linkat(INT(0), PATH(1), INT(2), PATH(3), INT(4)); }
static long sys_symlink(const long a[6]) { return symlinkat(PATH(0), AT_FDCWD, PATH(1)); }
static long sys_symlinkat(const long a[6]) { return symlinkat(PATH(0), INT(1), PATH(2)); }
static long sys_mkdir(const long a[6]) { return mkdirat(AT_FDCWD, PATH(0), (mode_t)a[1]); }
static long sys_mkdirat(const long a[6]) { return mkdirat(INT(0), PATH(1), (mode_t)a[2]); }
static long sys_mknod(const long a[6]) { return mknodat(AT_FDCWD, PATH(0), (mode_t)a[1], (dev_t)a[2]); }
static long sys_mknodat(const long a[6]) { return mknodat(INT(0), PATH(1), (mode_t)a[2], (dev_t)a[3]); }
static long sys_chmod(const long a[6]) { return fchmodat(AT_FDCWD, PATH(0), (mode_t)a[1], 0); }
static long sys_fchmodat(const long a[6]) { return fchmodat(INT(0), PATH(1), (mode_t)a[2], 0); }
static long sys_chown(const long a[6]) { return fchownat(AT_FDCWD, PATH(0), (uid_t)a[1], (gid_t)a[2], 0); }
static long sys_lchown(const long a[6]) { return fchownat(AT_FDCWD, PATH(0), (uid_t)a[1], (gid_t)a[2], AT_SYMLINK_NOFOLLOW); }
static long sys_fchownat(const long a[6]) { return fchownat(INT(0), PATH(1), (uid_t)a[2], (gid_t)a[3], INT(4)); }
static long sys_truncate(const long a[6]) { return truncate(PATH(0), (off_t)a[1]); }
static long sys_utimensat(const long a[6]) { return utimensat(INT(0), PATH(1), (const struct timespec *)a[2], INT(3)); }
static long sys_connect(const long a[6]) { return tns_connect(INT(0), (const void *)a[1], (unsigned)a[2]); }

/* The flags lie in memory: they are read once, judged, and the real call gets the copy. */
static long sys_openat2(const long a[6])
{
	struct open_how how = { 0 };
	size_t n = (size_t)a[3];

	if (n < sizeof(how) || n > 4096 || tns_nowhere((const void *)a[2])) {
		long r = tns_raw4(SYS_openat2, a[0], a[1], a[2], a[3]);

		return r < 0 ? tns_fail((int)r) : r;
	}
	memcpy(&how, (const void *)a[2], sizeof(how));
	/* a name in another root is not the name we would judge: as where there is no openat2 */
	if ((how.resolve & RESOLVE_IN_ROOT) && tns_on() && tns_state.mode == TNP_ENFORCE)
		return tns_fail(-ENOSYS);
	int r = tns_check_open(INT(0), PATH(1), (int)how.flags, (unsigned)how.mode, NULL);

	if (r < 0)
		return tns_fail(r);
	long fd = tns_raw4(SYS_openat2, a[0], a[1], tns_ptr(&how), (long)sizeof(how));

	return fd < 0 ? tns_fail((int)fd) : fd;
}

static long sys_bind(const long a[6])
{
	return bind(INT(0), (const struct sockaddr *)a[1], (socklen_t)a[2]);
}
static long sys_sendto(const long a[6])
{
	return sendto(INT(0), (const void *)a[1], (size_t)a[2], INT(3), (const struct sockaddr *)a[4], (socklen_t)a[5]);
}
static long sys_sendmsg(const long a[6])
{
	return sendmsg(INT(0), (const struct msghdr *)a[1], INT(2));
}

static long sys_listen(const long a[6]) { return listen(INT(0), INT(1)); }
static long sys_chroot(const long a[6]) { return chroot(PATH(0)); }

/* A ring issues calls that nobody sees: as the filter answers it. */
static long sys_no_ring(const long a[6])
{
	if (tns_on() && tns_state.mode == TNP_ENFORCE)
		return tns_fail(-ENOSYS);
	long r = tns_raw3(SYS_io_uring_setup, a[0], a[1], 0);

	return r < 0 ? tns_fail((int)r) : r;
}

/* Descriptors: what they hold has a name. */
static long sys_fchmod(const long a[6]) { return fchmod(INT(0), (mode_t)a[1]); }
static long sys_fchown(const long a[6]) { return fchown(INT(0), (uid_t)a[1], (gid_t)a[2]); }
static long sys_utime(const long a[6]) { return utime(PATH(0), (const struct utimbuf *)a[1]); }
static long sys_utimes(const long a[6]) { return utimes(PATH(0), (const struct timeval *)a[1]); }
static long sys_futimesat(const long a[6]) { return futimesat(INT(0), PATH(1), (const struct timeval *)a[2]); }
static long sys_setxattr(const long a[6]) { return setxattr(PATH(0), PATH(1), (const void *)a[2], (size_t)a[3], INT(4)); }
static long sys_lsetxattr(const long a[6]) { return lsetxattr(PATH(0), PATH(1), (const void *)a[2], (size_t)a[3], INT(4)); }
static long sys_fsetxattr(const long a[6]) { return fsetxattr(INT(0), PATH(1), (const void *)a[2], (size_t)a[3], INT(4)); }
static long sys_removexattr(const long a[6]) { return removexattr(PATH(0), PATH(1)); }
static long sys_lremovexattr(const long a[6]) { return lremovexattr(PATH(0), PATH(1)); }
static long sys_fremovexattr(const long a[6]) { return fremovexattr(INT(0), PATH(1)); }
static long sys_sendmmsg(const long a[6]) { return sendmmsg(INT(0), (struct mmsghdr *)a[1], (unsigned)a[2], INT(3)); }
static long sys_by_handle(const long a[6]) { return open_by_handle_at(INT(0), (struct file_handle *)a[1], INT(2)); }

/* Newer than this libc: no wrapper of their own.  Arguments: directory, name, and where the AT_ flags are. */
static long metadata_at(long nr, const long a[6], int flags)
{
	bool itself = (flags & AT_EMPTY_PATH) && (!a[1] || (!tns_nowhere(PATH(1)) && !PATH(1)[0]));
	int r = itself ? tns_check_fd(TNP_METADATA, INT(0)) : tns_check(TNP_METADATA, INT(0), PATH(1), flags & AT_SYMLINK_NOFOLLOW ? TNS_NOFOLLOW : 0);
	long x = r < 0 ? r : tns_raw6(nr, a[0], a[1], a[2], a[3], a[4], a[5]);

	return x < 0 ? tns_fail((int)x) : x;
}
enum { NR_FCHMODAT2 = 452, NR_SETXATTRAT = 463, NR_REMOVEXATTRAT = 466, NR_FILE_SETATTR = 469 };
static long sys_fchmodat2(const long a[6]) { return metadata_at(NR_FCHMODAT2, a, INT(3)); }
static long sys_setxattrat(const long a[6]) { return metadata_at(NR_SETXATTRAT, a, INT(2)); }
static long sys_removexattrat(const long a[6]) { return metadata_at(NR_REMOVEXATTRAT, a, INT(2)); }
static long sys_file_setattr(const long a[6]) { return metadata_at(NR_FILE_SETATTR, a, INT(4)); }

#define HIGHEST 511
static const handler mediated[HIGHEST + 1] __attribute__((used)) = {
	[SYS_open] = sys_open,
	[SYS_openat] = sys_openat,
	[SYS_openat2] = sys_openat2,
	[SYS_open_by_handle_at] = sys_by_handle,
	[SYS_creat] = sys_creat,
	[SYS_execve] = sys_execve,
	[SYS_execveat] = sys_execveat,
	[SYS_unlink] = sys_unlink,
	[SYS_unlinkat] = sys_unlinkat,
	[SYS_rmdir] = sys_rmdir,
	[SYS_rename] = sys_rename,
	[SYS_renameat] = sys_renameat,
	[SYS_renameat2] = sys_renameat2,
	[SYS_link] = sys_link,
	[SYS_linkat] = sys_linkat,
	[SYS_symlink] = sys_symlink,
	[SYS_symlinkat] = sys_symlinkat,
	[SYS_mkdir] = sys_mkdir,
	[SYS_mkdirat] = sys_mkdirat,
	[SYS_mknod] = sys_mknod,
	[SYS_mknodat] = sys_mknodat,
	[SYS_chmod] = sys_chmod,
	[SYS_fchmod] = sys_fchmod,
	[SYS_fchmodat] = sys_fchmodat,
	[NR_FCHMODAT2] = sys_fchmodat2,
	[SYS_chown] = sys_chown,
	[SYS_lchown] = sys_lchown,
	[SYS_fchown] = sys_fchown,
	[SYS_fchownat] = sys_fchownat,
	[SYS_truncate] = sys_truncate,
	[SYS_utime] = sys_utime,
	[SYS_utimes] = sys_utimes,
	[SYS_futimesat] = sys_futimesat,
	[SYS_utimensat] = sys_utimensat,
	[SYS_setxattr] = sys_setxattr,
	[SYS_lsetxattr] = sys_lsetxattr,
	[SYS_fsetxattr] = sys_fsetxattr,
	[NR_SETXATTRAT] = sys_setxattrat,
	[SYS_removexattr] = sys_removexattr,
	[SYS_lremovexattr] = sys_lremovexattr,
	[SYS_fremovexattr] = sys_fremovexattr,
	[NR_REMOVEXATTRAT] = sys_removexattrat,
	[NR_FILE_SETATTR] = sys_file_setattr,
	[SYS_connect] = sys_connect,
	[SYS_bind] = sys_bind,
	[SYS_listen] = sys_listen,
	[SYS_sendto] = sys_sendto,
	[SYS_sendmsg] = sys_sendmsg,
	[SYS_sendmmsg] = sys_sendmmsg,
	[SYS_chroot] = sys_chroot,
	[SYS_io_uring_setup] = sys_no_ring,
};

long tns_syscall_mediated(long nr, long a, long b, long c, long d, long e, long f) __attribute__((visibility("hidden"), used));
long tns_syscall_mediated(long nr, long a, long b, long c, long d, long e, long f)
{
	const long v[6] = { a, b, c, d, e, f };
	handler h = mediated[nr];
	long r = h ? h(v) : tns_raw6(nr, a, b, c, d, e, f);

	return !h && r < 0 && r > -4096 ? tns_fail((int)r) : r;
}
long tns_syscall_failed(long r) __attribute__((visibility("hidden"), used));
long tns_syscall_failed(long r)
{
	return tns_fail((int)r);
}

/*
 * libc's is 20 instructions, and callers rely on that: a vfork or a clone made through it must not come back into a frame of ours, whose
 * memory the child has written over meanwhile.  So only what is mediated leaves this function.
 */
__asm__("	.text\n"
	"	.p2align 4\n"
	"	.globl syscall\n"
	"	.type syscall, @function\n"
	"syscall:\n"
	"	.cfi_startproc\n"
	"	endbr64\n"
	"	cmp $511, %rdi\n"
	"	ja 1f\n"
	"	lea mediated(%rip), %rax\n"
	"	cmpq $0, (%rax,%rdi,8)\n"
	"	jne tns_syscall_mediated\n"
	"1:	mov %rdi, %rax\n"
	"	mov %rsi, %rdi\n"
	"	mov %rdx, %rsi\n"
	"	mov %rcx, %rdx\n"
	"	mov %r8, %r10\n"
	"	mov %r9, %r8\n"
	"	mov 8(%rsp), %r9\n"
	"	syscall\n"
	"	cmp $-4095, %rax\n"
	"	jae 2f\n"
	"	ret\n"
	"2:	mov %rax, %rdi\n"
	"	jmp tns_syscall_failed\n"
	"	.cfi_endproc\n"
	"	.size syscall, .-syscall\n");
