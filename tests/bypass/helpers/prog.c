/* SPDX-License-Identifier: Apache-2.0 */
/* The program that is run, or must not be: its exit status says which one it was and as whom. */
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	(void)argc, (void)argv;
#if defined(ROLE_CAT)
	char buf[256];
	ssize_t n = read(0, buf, sizeof(buf));

	return n < 0 || write(1, buf, (size_t)n) != n;
#elif defined(ROLE_SUID)
	return geteuid() != getuid() ? 42 : 0;
#else
	return ROLE_STATUS;
#endif
}
