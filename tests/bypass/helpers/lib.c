/* SPDX-License-Identifier: Apache-2.0 */
int loaded_from_workspace(void);
int loaded_from_workspace(void)
{
	return 1;
}
