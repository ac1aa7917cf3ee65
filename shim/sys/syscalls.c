/* SPDX-License-Identifier: Apache-2.0 */
#include "filter.h"

const struct tns_syscall tns_syscalls[] = {
#include "syscalls_rows.h"
};
const size_t tns_nsyscalls = sizeof(tns_syscalls) / sizeof(*tns_syscalls);
