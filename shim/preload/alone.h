/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SHIM_ALONE_H
#define SHIM_ALONE_H
/* LD_PRELOAD without `run`: warrant, roots and mode come from TENUO_* (design: interfaces). */
#include "preload.h"

/* The value of NAME in envp, or NULL. */
const char *tns_env(char *const envp[], const char *name);
/* Fills tns_state, does not come back if the program may not start. */
void tns_alone(char **envp);
/* Keys and tokens: overwritten and taken out. */
void tns_scrub(char **envp);
char *tns_read_proc(const char *path, struct tn_arena *a, size_t *n); /* NULL: not readable or too large; *n = 0 before */
/* A small regular file as a whole. *err: errno, EINVAL = empty, too large or changing. */
bool tns_read_file(const char *path, struct tn_arena *a, struct tn_bytes *out, int *err);
#endif
