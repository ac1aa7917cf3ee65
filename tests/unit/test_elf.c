/* SPDX-License-Identifier: Apache-2.0 */
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <criterion/criterion.h>
#include <shim/elf.h>

static int file_of(const void *p, size_t n)
{
	int fd = memfd_create("t", MFD_CLOEXEC);

	cr_assert_eq(write(fd, p, n), (ssize_t)n);
	return fd;
}

struct image64 {
	Elf64_Ehdr h;
	Elf64_Phdr p[2];
	char interp[64];
};

static struct image64 image64(const char *interp)
{
	struct image64 i = {
	    .h = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
		  .e_type = ET_DYN,
		  .e_machine = EM_X86_64,
		  .e_phoff = offsetof(struct image64, p),
		  .e_phentsize = sizeof(Elf64_Phdr),
		  .e_phnum = 2}};

	i.p[0].p_type = PT_LOAD;
	i.p[1].p_type = interp ? PT_INTERP : PT_NULL;
	if (interp) {
		strcpy(i.interp, interp);
		i.p[1].p_offset = offsetof(struct image64, interp);
		i.p[1].p_filesz = strlen(interp) + 1;
	}
	return i;
}

static bool read64(const struct image64 *i, size_t n, struct tns_elf *e)
{
	int fd = file_of(i, n);
	bool ok = tns_elf_read(fd, e);

	close(fd);
	return ok;
}

Test(elf, glibc_program_can_be_preloaded)
{
	struct image64 i = image64("/lib64/ld-linux-x86-64.so.2");
	struct tns_elf e;

	cr_assert(read64(&i, sizeof(i), &e));
	cr_assert(e.elf && !e.class32 && !e.static_ && !e.musl && !e.setid);
	cr_assert_str_eq(e.interp, "/lib64/ld-linux-x86-64.so.2");
	cr_assert(tns_elf_preloadable(&e));
}

Test(elf, this_program_can_be_preloaded)
{
	struct tns_elf e;
	int fd = open("/proc/self/exe", O_RDONLY);

	cr_assert(tns_elf_read(fd, &e));
	cr_assert(tns_elf_preloadable(&e));
	close(fd);
}

Test(elf, musl_program_cannot_be_preloaded)
{
	struct image64 i = image64("/lib/ld-musl-x86_64.so.1");
	struct tns_elf e;

	cr_assert(read64(&i, sizeof(i), &e));
	cr_assert(e.musl && !e.static_);
	cr_assert_not(tns_elf_preloadable(&e));
}

Test(elf, static_program_cannot_be_preloaded)
{
	struct image64 i = image64(NULL);
	struct tns_elf e;

	cr_assert(read64(&i, sizeof(i), &e));
	cr_assert(e.static_);
	cr_assert_str_empty(e.interp);
	cr_assert_not(tns_elf_preloadable(&e));
}

Test(elf, program_of_32_bits_cannot_be_preloaded)
{
	struct {
		Elf32_Ehdr h;
		Elf32_Phdr p;
		char interp[32];
	} i = {.h = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, EV_CURRENT},
		     .e_type = ET_EXEC,
		     .e_machine = EM_386,
		     .e_phoff = sizeof(Elf32_Ehdr),
		     .e_phentsize = sizeof(Elf32_Phdr),
		     .e_phnum = 1},
	       .p = {.p_type = PT_INTERP,
		     .p_offset = sizeof(Elf32_Ehdr) + sizeof(Elf32_Phdr),
		     .p_filesz = sizeof("/lib/ld-linux.so.2")},
	       .interp = "/lib/ld-linux.so.2"};
	struct tns_elf e;
	int fd = file_of(&i, sizeof(i));

	cr_assert(tns_elf_read(fd, &e));
	cr_assert(e.class32 && !e.static_);
	cr_assert_str_eq(e.interp, "/lib/ld-linux.so.2");
	cr_assert_not(tns_elf_preloadable(&e));
	close(fd);
}

Test(elf, set_id_program_cannot_be_preloaded)
{
	struct image64 i = image64("/lib64/ld-linux-x86-64.so.2");
	struct tns_elf e;
	int fd = file_of(&i, sizeof(i));

	cr_assert_eq(fchmod(fd, 0755), 0);
	cr_assert(tns_elf_read(fd, &e) && tns_elf_preloadable(&e));
	cr_assert_eq(fchmod(fd, 04755), 0);
	cr_assert(tns_elf_read(fd, &e) && e.setid && !tns_elf_preloadable(&e));
	cr_assert_eq(fchmod(fd, 02755), 0);
	cr_assert(tns_elf_read(fd, &e) && e.setid);
	cr_assert_eq(fchmod(fd, 02745), 0); /* mandatory locking of old, not set-id */
	cr_assert(tns_elf_read(fd, &e) && !e.setid);
	close(fd);
}

Test(elf, every_truncation_is_refused)
{
	struct image64 i = image64("/lib64/ld-linux-x86-64.so.2");
	struct tns_elf e;

	size_t end = offsetof(struct image64, interp) + strlen(i.interp) + 1;

	for (size_t n = 0; n < end; n++)
		cr_assert_not(read64(&i, n, &e) || tns_elf_preloadable(&e), "%zu bytes", n);
	cr_assert(read64(&i, end, &e));
}

Test(elf, offsets_outside_the_file_are_refused)
{
	struct image64 i = image64("/lib64/ld-linux-x86-64.so.2");
	struct tns_elf e;

	i.h.e_phoff = UINT64_MAX - 8;
	cr_assert_not(read64(&i, sizeof(i), &e));
	i = image64("/lib64/ld-linux-x86-64.so.2");
	i.p[1].p_offset = UINT64_MAX;
	cr_assert_not(read64(&i, sizeof(i), &e));
	i = image64("/lib64/ld-linux-x86-64.so.2");
	i.p[1].p_filesz = 1 << 20;
	cr_assert_not(read64(&i, sizeof(i), &e));
}

Test(elf, another_machine_is_no_program_here)
{
	struct image64 i = image64("/lib/ld-linux-aarch64.so.1");
	struct tns_elf e;

	i.h.e_machine = EM_AARCH64;
	cr_assert_not(read64(&i, sizeof(i), &e));
	cr_assert_not(tns_elf_preloadable(&e));
}

/* ---- "#!" ---- */

static bool shebang(const char *text, size_t n, struct tns_shebang *s)
{
	int fd = file_of(text, n);
	bool ok = tns_shebang_read(fd, s);

	close(fd);
	return ok;
}

static void expect(const char *text, const char *interp, const char *arg)
{
	struct tns_shebang s;

	cr_assert(shebang(text, strlen(text), &s), "%s", text);
	cr_assert_str_eq(s.interp, interp);
	cr_assert_str_eq(s.arg, arg);
}

Test(shebang, is_read_as_the_kernel_reads_it)
{
	expect("#!/bin/sh\necho", "/bin/sh", "");
	expect("#! \t/bin/sh  -e x \t\nrest", "/bin/sh", "-e x");
	expect("#!/usr/bin/env -S node --x\n", "/usr/bin/env", "-S node --x");
	expect("#!/bin/sh", "/bin/sh", "");
	expect("#!tool\n", "tool", "");
	expect("#!/bin/sh\r\n", "/bin/sh\r", "");
}

Test(shebang, other_files_have_none)
{
	struct tns_shebang s;

	cr_assert_not(shebang("", 0, &s));
	cr_assert_not(shebang("#!", 2, &s));
	cr_assert_not(shebang("#!\n/bin/sh", 10, &s));
	cr_assert_not(shebang("#!   \n", 6, &s));
	cr_assert_not(shebang(" #!/bin/sh\n", 11, &s));
}

Test(shebang, a_name_longer_than_the_kernels_buffer_is_refused)
{
	char line[300];
	struct tns_shebang s;

	memset(line, 'a', sizeof(line));
	memcpy(line, "#!/", 3);
	line[299] = '\n';
	cr_assert_not(shebang(line, sizeof(line), &s));
	line[200] = '\n'; /* the twin */
	cr_assert(shebang(line, sizeof(line), &s));
	cr_assert_eq(strlen(s.interp), 198);
	/* a name that ended, with an argument that is cut: the kernel goes on */
	line[200] = ' ';
	cr_assert(shebang(line, sizeof(line), &s));
	cr_assert_eq(strlen(s.interp), 198);
}

/* ---- names and owners ---- */

static char dir[] = "/tmp/test-elf-XXXXXX";

static void make_dir(void)
{
	cr_assert_not_null(mkdtemp(dir));
	cr_assert_eq(chmod(dir, 0755), 0);
	cr_assert_eq(chdir(dir), 0);
}

static void remove_dir(void)
{
	static const char *const made[] = {"a", "l", "gone", "s/ls", "s", "d/f", "d"};

	for (size_t i = 0; i < sizeof(made) / sizeof(*made); i++)
		remove(made[i]);
	cr_assert_eq(rmdir(dir), 0);
}

TestSuite(names, .init = make_dir, .fini = remove_dir);

static void touch(const char *name)
{
	int fd = open(name, O_CREAT | O_WRONLY, 0755);

	cr_assert_geq(fd, 0);
	close(fd);
}

Test(names, resolve_follows_links_and_knows_what_is_missing)
{
	char want[64], out[4096];
	bool d;

	touch("a");
	cr_assert_eq(symlink("a", "l"), 0);
	snprintf(want, sizeof(want), "%s/a", dir);
	cr_assert_eq(tns_resolve_at(AT_FDCWD, "l", out, sizeof(out), &d), (long)strlen(want));
	cr_assert_str_eq(out, want);
	cr_assert_not(d);
	cr_assert_gt(tns_resolve_at(AT_FDCWD, ".", out, sizeof(out), &d), 0);
	cr_assert(d);
	cr_assert_eq(tns_resolve_at(AT_FDCWD, "nothing", out, sizeof(out), &d), 0);
	cr_assert_eq(tns_resolve_at(AT_FDCWD, "a/below", out, sizeof(out), &d), 0);
	cr_assert_eq(tns_resolve_at(AT_FDCWD, "l", out, strlen(want), &d), -1,
		     "a name that does not fit is an error, never cut");
}

Test(names, a_deleted_object_has_no_name)
{
	char out[4096], link[32];
	int fd;

	touch("gone");
	fd = open("gone", O_RDONLY);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	cr_assert_gt(tns_resolve_at(AT_FDCWD, link, out, sizeof(out), NULL), 0);
	unlink("gone");
	cr_assert_eq(tns_resolve_at(AT_FDCWD, link, out, sizeof(out), NULL), -1);
	close(fd);
}

Test(names, system_files_are_roots_all_the_way_up)
{
	char sh[4096], mine[4096];

	cr_assert_gt(tns_resolve_at(AT_FDCWD, "/bin/sh", sh, sizeof(sh), NULL), 0);
	cr_assert(tns_system_file(sh));
	cr_assert(tns_root_chain("/usr"));
	cr_assert(tns_root_chain("/"));
	cr_assert_not(tns_system_file("/usr"), "a directory");
	/* /tmp is writable by others, so nothing below it counts, whoever owns it */
	touch("a");
	snprintf(mine, sizeof(mine), "%s/a", dir);
	cr_assert_not(tns_system_file(mine));
	cr_assert_not(tns_root_chain(dir));
	cr_assert_not(tns_system_file("bin/sh"));
	cr_assert_not(tns_system_file(""));
}

Test(names, the_directory_of_the_name_decides_about_the_standard_path)
{
	char real[4096], elsewhere[4096];

	cr_assert_gt(tns_resolve_at(AT_FDCWD, "/usr/bin/rm", real, sizeof(real), NULL), 0);
	cr_assert(tns_standard_path(AT_FDCWD, "/usr/bin/rm", real));
	cr_assert(tns_standard_path(AT_FDCWD, "/bin/rm", real));
	cr_assert(tns_standard_path(AT_FDCWD, "/usr/bin/../bin/rm", real));
	mkdir("s", 0755);
	cr_assert_eq(symlink("/usr/bin/rm", "s/ls"), 0);
	snprintf(elsewhere, sizeof(elsewhere), "%s/s/ls", dir);
	cr_assert_not(tns_standard_path(AT_FDCWD, elsewhere, real));
	cr_assert_not(tns_standard_path(AT_FDCWD, "rm", real), "no directory, no answer");
}
