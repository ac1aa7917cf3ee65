/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICY_COMPILE_H
#define POLICY_COMPILE_H
/* JSON into a configuration; each adds to what is in *c, policy starts it. */
#include "internal.h"

enum tn_code tnp_compile_policy(const char *json, size_t n, struct tn_arena *a, struct tnp_config *c, struct tn_err *e) TN_MUST_USE;
enum tn_code tnp_compile_baseline(const char *json, size_t n, struct tn_arena *a, struct tnp_config *c, struct tn_err *e) TN_MUST_USE;
enum tn_code tnp_compile_preset(const char *json, size_t n, const char *called, struct tn_arena *a, struct tnp_config *c,
				struct tn_err *e) TN_MUST_USE;
#endif
