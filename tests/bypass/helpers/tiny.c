/* SPDX-License-Identifier: Apache-2.0 */
/* For the programs the preload is never loaded into (musl, 32-bit): tries to read argv[1]. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char buf[8] = "";
	int fd = argc == 2 ? open(argv[1], O_RDONLY) : -1;

	if (fd >= 0 && read(fd, buf, 6) == 6) {
		puts(strcmp(buf, "SECRET") == 0 ? "escaped" : "allowed");
		return strcmp(buf, "SECRET") == 0 ? 0 : 4;
	}
	printf("blocked errno %d\n", errno);
	return 1;
}
