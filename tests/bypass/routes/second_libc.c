/* SPDX-License-Identifier: Apache-2.0 */
/* Around the interposed names: libc's own copy, a private entry point, a second libc, the shim's code overwritten. */
#ifndef BYPASS_STATIC
#include <dlfcn.h>
#include <link.h>
#include <sys/mman.h>
#include "../bypass.h"

typedef int (*open_fn)(const char *path, int flags, ...);

static int with(void *symbol)
{
	open_fn fn;

	if (!symbol)
		return skip("no such symbol");
	memcpy(&fn, &symbol, sizeof(fn));
	return got_secret(fn(at("out/secret"), O_RDONLY));
}

static int rtld_next(void) { return with(dlsym(RTLD_NEXT, "open")); }
static int from_handle(void) { return with(dlsym(dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD), "open")); }
static int glibc_private(void)
{
	return with(dlvsym(dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD), "__open_nocancel", "GLIBC_PRIVATE"));
}
static int second_namespace(void)
{
	void *h = dlmopen(LM_ID_NEWLM, "libc.so.6", RTLD_NOW);

	return h ? with(dlsym(h, "open")) : blocked();
}

/* mov eax, 2 (open); syscall; ret, written over whatever `open` is bound to */
static int overwrite(void)
{
	static const unsigned char code[] = {0xb8, 2, 0, 0, 0, 0x0f, 0x05, 0xc3};
	open_fn fn = open;
	void *addr;
	char *page;

	memcpy(&addr, &fn, sizeof(addr));
	page = (char *)((uintptr_t)addr & ~(uintptr_t)4095);
	if (mprotect(page, 8192, PROT_READ | PROT_WRITE | PROT_EXEC))
		return blocked();
	memcpy(addr, code, sizeof(code));
	return got_secret(fn(at("out/secret"), O_RDONLY));
}

/* Before every constructor, the shim's included: the first code of the program itself. */
static int early = -2, early_errno;
static void first(int argc, char **argv, char **envp)
{
	(void)envp;
	if (argc != 3 || strcmp(argv[1], "preinit") != 0)
		return;
	for (char **e = envp; *e; e++)
		if (!strncmp(*e, "BYPASS_BASE=", 12)) {
			char path[4096];

			(void)snprintf(path, sizeof(path), "%s/out/secret", *e + 12);
			early = open(path, O_RDONLY);
			early_errno = errno;
		}
}
__attribute__((section(".preinit_array"), used)) static void (*const first_entry)(int, char **, char **) = first;
static int preinit(void)
{
	errno = early_errno;
	return early == -2 ? skip("no preinit array") : got_secret(early);
}

ROUTE(s_next, "dlsym-next", "read", rtld_next);
ROUTE(s_handle, "dlsym-libc", "read", from_handle);
ROUTE(s_private, "glibc-private", "read", glibc_private);
ROUTE(s_dlmopen, "dlmopen", "read", second_namespace);
ROUTE(s_overwrite, "overwrite-shim", "read", overwrite);
ROUTE(s_preinit, "preinit", "read", preinit);
#endif
