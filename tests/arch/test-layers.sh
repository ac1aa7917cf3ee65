#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# check-layers.py must be able to fail: a copy of the tree with one violation of each kind is refused.
set -euo pipefail
root=$1
check=$root/tests/arch/check-layers.py
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT

git -C "$root" ls-files -z | (cd "$root" && xargs -0 cp --parents -t "$copy" 2>/dev/null) || true
git -C "$copy" init -q
git -C "$copy" add -A
python3 "$check" "$copy" >/dev/null || { python3 "$check" "$copy"; exit 1; }

expect_refused() { # what, file, text
	printf '%s\n' "$3" >"$copy/$2"
	git -C "$copy" add -A
	if python3 "$check" "$copy" >/dev/null; then
		echo "not noticed: $1"
		exit 1
	fi
	rm "$copy/$2"
	git -C "$copy" add -A
}
spdx='/* SPDX-License-Identifier: Apache-2.0 */'
expect_refused "core includes policy" core/bad.c "$spdx
#include <policy/policy.h>"
expect_refused "policy includes shim" policy/bad.c "$spdx
#include <shim/session.h>"
expect_refused "a second home of sodium.h" policy/bad.c "$spdx
#include <sodium.h>"
expect_refused "cJSON outside its wrapper" shim/bad.c "$spdx
#include <cjson/cJSON.h>"
expect_refused "no SPDX line" core/bad.c "int x;"
expect_refused "a stray top-level file" stray.txt "x"
echo "layers: 6 violations noticed"
