/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bare RULES -- CMD...: CMD under Landlock and nothing else, the yardstick of the benchmark.
 * RULES: lines "RIGHTS<tab>PATH", RIGHTS the kernel's access bits in hex.  What is handled is the first line, path "-".
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel's own layout and numbers: installed headers may be older than the kernel. */
struct ruleset {
	uint64_t handled_fs;
};
struct __attribute__((packed)) beneath {
	uint64_t allowed;
	int32_t parent;
};
enum { CREATE_RULESET = 444, ADD_RULE = 445, RESTRICT_SELF = 446, PATH_BENEATH = 1 };
#define FILE_RIGHTS UINT64_C(0xc007) /* execute, write, read, truncate, ioctl: all that a rule on a file may hold */

static void add(int set, uint64_t rights, const char *path)
{
	struct beneath b = {.parent = open(path, O_PATH | O_CLOEXEC)};
	struct stat st;

	if (b.parent < 0 || fstat(b.parent, &st))
		return; /* a row whose file is not there */
	b.allowed = S_ISDIR(st.st_mode) ? rights : rights & FILE_RIGHTS;
	if (b.allowed && syscall(ADD_RULE, set, PATH_BENEATH, &b, 0)) {
		perror(path);
		exit(1);
	}
	close(b.parent);
}

int main(int argc, char **argv)
{
	struct ruleset r = {0};
	char line[4200], *path;
	uint64_t rights;
	FILE *f = argc > 3 ? fopen(argv[1], "r") : NULL;
	int set = -1;

	if (!f)
		return 125;
	while (fgets(line, sizeof(line), f)) {
		rights = strtoull(line, &path, 16);
		path++;
		path[strcspn(path, "\n")] = 0;
		if (set >= 0) {
			add(set, rights, path);
			continue;
		}
		r.handled_fs = rights;
		set = (int)syscall(CREATE_RULESET, &r, sizeof(r), 0);
		if (set < 0)
			return 125;
	}
	fclose(f);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || syscall(RESTRICT_SELF, set, 0)) {
		perror("landlock");
		return 125;
	}
	close(set);
	execvp(argv[3], argv + 3);
	return 127;
}
