/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gen-policy OUT MAPPING BASELINE PRESET...: policy/data as the bytes of a C array.  Runs while building; the readers are those of the
 * command, so a mistake in the data fails the build with the command's own words.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <policy/json.h>
#include "policy_compile.h"
#include "tn_fail.h"

/* Nothing is embedded yet: mapping.json says "extends": "none". */
enum tn_code tnp_config_default(struct tn_arena *a, const tnp_config **c, struct tn_err *e)
{
	(void)a;
	(void)c;
	return tn_fail(e, TN_E_CONFIG, "there is no default to extend");
}

static char *slurp(const char *path, size_t *n)
{
	FILE *f = fopen(path, "rb");
	char *text = malloc(1 << 20);

	*n = f && text ? fread(text, 1, 1 << 20, f) : 0;
	if (f)
		fclose(f);
	return text;
}

/* presets/git.json: git */
static void base_name(const char *path, char *out, size_t cap)
{
	const char *slash = strrchr(path, '/');

	snprintf(out, cap, "%s", slash ? slash + 1 : path);
	out[strcspn(out, ".")] = '\0';
}

static enum tn_code add(int i, const char *path, struct tn_arena *a, struct tnp_config *c, struct tn_err *e)
{
	char called[64], *text;
	size_t n;
	enum tn_code code;

	text = slurp(path, &n);
	base_name(path, called, sizeof(called));
	if (i == 0)
		code = tnp_compile_policy(text, n, a, c, e);
	else if (i == 1)
		code = tnp_compile_baseline(text, n, a, c, e);
	else
		code = tnp_compile_preset(text, n, called, a, c, e);
	free(text);
	return code;
}

static int write_array(const char *path, struct tn_bytes b)
{
	FILE *f = fopen(path, "w");

	if (!f)
		return 1;
	for (size_t i = 0; i < b.n; i++)
		fprintf(f, "%u,%s", b.p[i], i % 24 == 23 || i + 1 == b.n ? "\n" : "");
	return fclose(f) != 0;
}

int main(int argc, char **argv)
{
	struct tn_arena a = TN_ARENA_MALLOC;
	struct tnp_config c = { .nbase = 0 };
	const tnp_config *check;
	struct tn_err e = { .code = TN_OK };
	struct tn_bytes cbor;

	if (argc < 4)
		return 2;
	for (int i = 2; i < argc; i++) {
		if (add(i - 2, argv[i], &a, &c, &e) != TN_OK) {
			fprintf(stderr, "%s: %s\n", argv[i], e.msg);
			return 1;
		}
	}
	if (tnp_config_encode(&c, &a, &cbor, &e) != TN_OK || tnp_config_decode(cbor.p, cbor.n, &a, &check, &e) != TN_OK) {
		fprintf(stderr, "gen-policy: %s\n", e.msg);
		return 1;
	}
	return write_array(argv[1], cbor);
}
