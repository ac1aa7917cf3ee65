/* SPDX-License-Identifier: Apache-2.0 */
/* The program that the warrant does not grant. */
#include <unistd.h>

int main(void)
{
	return write(1, "ran\n", 4) == 4 ? 0 : 1;
}
