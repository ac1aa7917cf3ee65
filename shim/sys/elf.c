/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a file is to execve.  MUST stay free of libc calls that the preload wraps, of malloc and of
 * errno. The file is somebody else's: every offset is checked against what was read.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <shim/elf.h>
#include <raw.h>

#define PATH_CAP 4096
#define PHDRS_MAX 64 /* real programs have 7 to 20 */

static bool read_at(int fd, void *buf, size_t n, uint64_t off)
{
	if (off > INT64_MAX)
		return false;
	return tns_raw4(SYS_pread64, fd, tns_ptr(buf), (long)n, (long)off) == (long)n;
}

/* As far as the file goes; length or negative. */
static long read_head(int fd, void *buf, size_t n)
{
	return tns_raw4(SYS_pread64, fd, tns_ptr(buf), (long)n, 0);
}

/* ---- ELF ---- */

struct phdr {
	uint32_t type;
	uint64_t off, size;
};

struct phtab {
	uint64_t off;
	unsigned n, entsize;
};

static bool head64(const void *buf, struct phtab *t)
{
	Elf64_Ehdr h;

	memcpy(&h, buf, sizeof(h));
	*t = (struct phtab){h.e_phoff, h.e_phnum, h.e_phentsize};
	return h.e_machine == EM_X86_64 && h.e_phentsize == sizeof(Elf64_Phdr) &&
	       (h.e_type == ET_EXEC || h.e_type == ET_DYN);
}

static bool head32(const void *buf, struct phtab *t)
{
	Elf32_Ehdr h;

	memcpy(&h, buf, sizeof(h));
	*t = (struct phtab){h.e_phoff, h.e_phnum, h.e_phentsize};
	return (h.e_machine == EM_386 || h.e_machine == EM_X86_64) &&
	       h.e_phentsize == sizeof(Elf32_Phdr) && (h.e_type == ET_EXEC || h.e_type == ET_DYN);
}

static struct phdr phdr_at(const unsigned char *table, bool class32, unsigned i)
{
	if (class32) {
		Elf32_Phdr h;

		memcpy(&h, table + i * sizeof(h), sizeof(h));
		return (struct phdr){h.p_type, h.p_offset, h.p_filesz};
	}
	Elf64_Phdr h;

	memcpy(&h, table + i * sizeof(h), sizeof(h));
	return (struct phdr){h.p_type, h.p_offset, h.p_filesz};
}

static bool interp_read(int fd, const struct phdr *p, char *out)
{
	if (p->size < 2 || p->size > TNS_INTERP_MAX || !read_at(fd, out, (size_t)p->size, p->off)) {
		out[0] = 0;
		return false;
	}
	if (out[p->size - 1] == 0)
		return true;
	out[0] = 0; /* the kernel refuses an unterminated one as well */
	return false;
}

static bool has_capability(int fd)
{
	return tns_raw4(SYS_fgetxattr, fd, tns_ptr("security.capability"), 0, 0) > 0;
}

static bool set_id(int fd)
{
	struct stat st;

	if (tns_raw3(SYS_fstat, fd, tns_ptr(&st), 0) < 0)
		return false;
	if (st.st_mode & S_ISUID)
		return true;
	return (st.st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) || has_capability(fd);
}

static bool is_musl(const char *interp)
{
	const char *base = strrchr(interp, '/');

	return strncmp(base ? base + 1 : interp, "ld-musl-", 8) == 0;
}

/* False: the table cannot be read, which is no program at all. */
static bool find_interp(int fd, const struct phtab *t, struct tns_elf *e)
{
	unsigned char table[PHDRS_MAX * sizeof(Elf64_Phdr)];

	if (t->n == 0 || t->n > PHDRS_MAX || !read_at(fd, table, (size_t)t->n * t->entsize, t->off))
		return false;
	e->static_ = true;
	for (unsigned i = 0; i < t->n; i++) {
		struct phdr p = phdr_at(table, e->class32, i);

		if (p.type != PT_INTERP)
			continue;
		e->static_ = false;
		return interp_read(fd, &p, e->interp);
	}
	return true;
}

bool tns_elf_read(int fd, struct tns_elf *e)
{
	unsigned char head[sizeof(Elf64_Ehdr)];
	struct phtab t;
	long n = read_head(fd, head, sizeof(head));

	memset(e, 0, sizeof(*e));
	if (n < (long)sizeof(Elf32_Ehdr) || memcmp(head, ELFMAG, SELFMAG) != 0 ||
	    head[EI_DATA] != ELFDATA2LSB)
		return false;
	/* x32 is ELFCLASS32 too, and as out of reach for a 64-bit library */
	bool class32 = head[EI_CLASS] == ELFCLASS32;

	if (class32 ? !head32(head, &t)
		    : (head[EI_CLASS] != ELFCLASS64 || n < (long)sizeof(Elf64_Ehdr) ||
		       !head64(head, &t)))
		return false;
	e->class32 = class32;
	if (!find_interp(fd, &t, e)) {
		memset(e, 0, sizeof(*e));
		return false;
	}
	e->elf = true;
	e->musl = is_musl(e->interp);
	e->setid = set_id(fd);
	return true;
}

bool tns_elf_preloadable(const struct tns_elf *e)
{
	return e->elf && !e->class32 && !e->static_ && !e->musl && !e->setid;
}

/* ---- "#!" ---- */

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

static size_t span(const char *p, size_t n, bool want_blank)
{
	size_t i = 0;

	while (i < n && p[i] != 0 && blank(p[i]) == want_blank)
		i++;
	return i;
}

static size_t trim_end(const char *p, size_t n)
{
	while (n > 0 && blank(p[n - 1]))
		n--;
	return n;
}

static void put(char *dst, const char *p, size_t n)
{
	memcpy(dst, p, n);
	dst[n] = 0;
}

bool tns_shebang_read(int fd, struct tns_shebang *s)
{
	char line[TNS_INTERP_MAX];
	long got = read_head(fd, line, sizeof(line));

	memset(s, 0, sizeof(*s));
	if (got < 3 || line[0] != '#' || line[1] != '!')
		return false;
	const char *p = line + 2;
	size_t have = (size_t)got - 2;
	const char *nl = memchr(p, '\n', have);
	size_t n = nl ? (size_t)(nl - p) : have;
	size_t skip = span(p, n, true);
	size_t name = span(p + skip, n - skip, false);

	/* a line that fills the kernel's buffer without an end of the name is cut, and the kernel
	 * refuses it */
	if (name == 0 || (!nl && got == TNS_INTERP_MAX && skip + name == n))
		return false;
	put(s->interp, p + skip, name);
	const char *arg = p + skip + name;
	size_t rest = trim_end(arg, strnlen(arg, n - skip - name));
	size_t lead = span(arg, rest, true);

	put(s->arg, arg + lead, rest - lead);
	return true;
}

/* ---- names and owners ---- */

static char *fd_name(int fd, char out[32])
{
	char *p = out + 31;

	*p = 0;
	do {
		*--p = (char)('0' + fd % 10);
		fd /= 10;
	} while (fd > 0);
	p -= 14;
	memcpy(p, "/proc/self/fd/", 14);
	return p;
}

static long name_of(int fd, char *out, size_t cap, bool *is_dir)
{
	char buf[32];
	struct stat st;
	long n;

	if (tns_raw3(SYS_fstat, fd, tns_ptr(&st), 0) < 0)
		return -1;
	n = tns_raw3(SYS_readlink, tns_ptr(fd_name(fd, buf)), tns_ptr(out), (long)cap);
	/* a full buffer may be a cut one; a deleted object has no name */
	if (n <= 0 || (size_t)n >= cap || out[0] != '/' || st.st_nlink == 0)
		return -1;
	out[n] = 0;
	if (is_dir)
		*is_dir = S_ISDIR(st.st_mode);
	return n;
}

long tns_resolve_at(int dirfd, const char *path, char *out, size_t cap, bool *is_dir)
{
	long fd = tns_raw4(SYS_openat, dirfd, tns_ptr(path), O_PATH | O_CLOEXEC, 0);

	if (fd < 0)
		return fd == -ENOENT || fd == -ENOTDIR ? 0 : -1;
	long n = name_of((int)fd, out, cap, is_dir);

	tns_raw1(SYS_close, fd);
	return n;
}

static bool root_only(const char *path, struct stat *st)
{
	if (tns_raw4(SYS_newfstatat, AT_FDCWD, tns_ptr(path), tns_ptr(st), AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	return !S_ISLNK(st->st_mode) && st->st_uid == 0 && (st->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static bool chain_of(const char *path, struct stat *st)
{
	char buf[PATH_CAP];
	struct stat parent;
	size_t n = strnlen(path, sizeof(buf));

	if (n == 0 || n >= sizeof(buf) || path[0] != '/' || !root_only(path, st))
		return false;
	memcpy(buf, path, n + 1);
	for (char *slash = strrchr(buf, '/'); slash; slash = strrchr(buf, '/')) {
		slash[slash == buf ? 1 : 0] = 0;
		if (!root_only(buf, &parent))
			return false;
		if (slash == buf)
			return true;
	}
	return false;
}

bool tns_root_chain(const char *path)
{
	struct stat st;

	return chain_of(path, &st);
}

bool tns_system_file(const char *resolved)
{
	struct stat st;

	return chain_of(resolved, &st) && S_ISREG(st.st_mode);
}

static const char *const STANDARD_PATH[] = {"/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
					    "/usr/bin",	       "/sbin",		 "/bin"};

static bool standard_dir(const char *dir)
{
	for (size_t i = 0; i < sizeof(STANDARD_PATH) / sizeof(*STANDARD_PATH); i++)
		if (strcmp(dir, STANDARD_PATH[i]) == 0)
			return true;
	return false;
}

bool tns_standard_path(int dirfd, const char *requested, const char *resolved)
{
	char buf[PATH_CAP], dir[PATH_CAP];
	const char *slash = strrchr(requested, '/');
	size_t n = slash ? (size_t)(slash - requested) : 0;

	if (!slash || slash[1] == 0 || n >= sizeof(buf) || !tns_system_file(resolved))
		return false;
	memcpy(buf, requested, n);
	buf[n] = 0;
	/* the directory's own links are followed (/bin -> usr/bin); the name in it is root's
	 * because the directory is */
	return tns_resolve_at(dirfd, n ? buf : "/", dir, sizeof(dir), NULL) > 0 &&
	       standard_dir(dir) && tns_root_chain(dir);
}
