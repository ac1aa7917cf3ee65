/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Build helper: the part of the filter that is the same for every session, as libseccomp makes it.  Done when building because it
 * takes 1.3 ms, where a whole start may take 3, and needs nothing that is known only then.
 */
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "filter.h"

static const struct tns_syscall table[] = {
#include "syscalls_rows.h"
};

static void check(int rc, const char *what, int nr)
{
	if (rc == 0)
		return;
	fprintf(stderr, "gen_filter: %s %d: error %d\n", what, nr, -rc);
	exit(1);
}

/* Numbers with a test of registers are answered before this part runs; without a row here they would be ENOSYS. */
static void add_rows(scmp_filter_ctx ctx)
{
	for (int nr = 0; nr < (int)(sizeof(table) / sizeof(*table)); nr++) {
		const struct tns_syscall *s = &table[nr];

		if (s->rule != TNS_RULE_NONE || s->err == ENOSYS)
			continue;
		check(seccomp_rule_add_exact(ctx, s->err ? SCMP_ACT_ERRNO((unsigned)s->err) : SCMP_ACT_ALLOW, nr, 0), "rule", nr);
	}
}

static void print(FILE *in)
{
	struct sock_filter f;

	printf("/* SPDX-License-Identifier: Apache-2.0 */\n/* made from syscalls.tsv by libseccomp */\n");
	while (fread(&f, sizeof(f), 1, in) == 1)
		printf("{ 0x%02x, %u, %u, 0x%08x },\n", f.code, f.jt, f.jf, f.k);
}

int main(void)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	FILE *tmp = tmpfile();

	if (!ctx || !tmp)
		return 1;
	check(seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS), "architecture", 0);
	check(seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2), "tree", 0);
	add_rows(ctx);
	check(seccomp_export_bpf(ctx, fileno(tmp)), "export", 0);
	rewind(tmp);
	print(tmp);
	seccomp_release(ctx);
	return fclose(tmp) || fflush(stdout) ? 1 : 0;
}
