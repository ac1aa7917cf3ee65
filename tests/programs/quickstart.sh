#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# quickstart.sh SOURCE_ROOT: tools/quickstart without a terminal, as its promises say.
set -euo pipefail
cd "$1"
out=$(mktemp)
trap 'rm -f "$out"' EXIT
before=$(git status --porcelain 2>/dev/null || true)
started=$(date +%s)
tools/quickstart </dev/null >"$out" 2>&1 || {
	cat "$out"
	echo "FAILED: exit $?, not 0" >&2
	exit 1
}
took=$(($(date +%s) - started))
fail() {
	cat "$out"
	echo "FAILED: $*" >&2
	exit 1
}
grep -q 'would be denied' "$out" || fail "the words 'would be denied' are missing"
grep -qE '(^|[^a-z ]) *denied' "$out" || fail "the word 'denied' is missing"
grep -q $'\e' "$out" && fail "colours without a terminal"
[ "$(git status --porcelain 2>/dev/null || true)" = "$before" ] || fail "git status is not as it was"
compgen -G "${TMPDIR:-/tmp}/tenuo-quickstart.*" >/dev/null && fail "a folder of the demonstration is left behind"
echo "quickstart took $took s"
