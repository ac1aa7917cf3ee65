/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICY_JSON_H
#define POLICY_JSON_H
/*
 * The one home of cJSON, made strict: no duplicate keys, nothing trailing, valid UTF-8, no NUL in strings, depth <= 32, size <= 4 MiB,
 * numbers that fit (integers within i64 kept exact: cJSON's double is not trusted beyond 2^53).  Built as a library of its own
 * (tools and launcher): never linked into the preload.
 */
#include <policy/policy.h>
struct cJSON;
enum tn_code tnp_json_parse(const char *text, size_t n, struct cJSON **out, struct tn_err *e) TN_MUST_USE;
void tnp_json_free(struct cJSON *j); /* NULL is fine */
/* looking into a document without cJSON.h: the member of an object (NULL: absent, or not an object), the items of a list in order */
const struct cJSON *tnp_json_member(const struct cJSON *object, const char *key);
const struct cJSON *tnp_json_item(const struct cJSON *list, size_t i); /* NULL: past the end, or not a list */
bool tnp_json_is_object(const struct cJSON *j);
enum tn_code tnp_json_value(const struct cJSON *j, struct tn_arena *a, struct tn_value *v, struct tn_err *e) TN_MUST_USE;
/* capabilities (design section 11): {"read_file": {"path": {"subpath": "/data"}}, "ping": {}} */
enum tn_code tnp_caps_parse(const struct cJSON *j, struct tn_arena *a, const struct tn_tool **tools, size_t *n, struct tn_err *e) TN_MUST_USE;
enum tn_code tnp_constraint_parse(const struct cJSON *j, struct tn_arena *a, struct tn_constraint *c, struct tn_err *e) TN_MUST_USE;
enum tn_code tnp_cset_parse(const struct cJSON *j, struct tn_arena *a, struct tn_cset *s, struct tn_err *e) TN_MUST_USE;
/* text of the same JSON forms; NUL-terminated in the arena (inspect, capability suggestions) */
enum tn_code tnp_constraint_json(const struct tn_constraint *c, struct tn_arena *a, const char **text, struct tn_err *e) TN_MUST_USE;
enum tn_code tnp_caps_json(const struct tn_tool *tools, size_t n, struct tn_arena *a, const char **text, struct tn_err *e) TN_MUST_USE;
/* TENUO_POLICY: JSON -> compiled CBOR on top of the embedded default ("extends": "default" | "none") */
enum tn_code tnp_policy_compile(const char *json, size_t n, struct tn_arena *a, struct tn_bytes *cbor, struct tn_err *e) TN_MUST_USE;
#endif
