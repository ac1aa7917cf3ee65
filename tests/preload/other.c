/* SPDX-License-Identifier: Apache-2.0 */
/* Somebody else's preloaded library. */
char *other_is_here(void);
char *other_is_here(void)
{
	static char yes[] = "yes";

	return yes;
}
