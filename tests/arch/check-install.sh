#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The installed tree works, also after it was moved, and so does the command in the build folder.
# usage: check-install.sh BUILD_ROOT
set -euo pipefail
build=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
DESTDIR=$work/dest meson install -C "$build" --no-rebuild --quiet >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
prefix=$(dirname "$(dirname "$(find "$work/dest" -path '*/bin/tenuo-shim')")")
mv "$prefix" "$work/moved"
mkdir -p "$work/data"
echo hello >"$work/data/file"

try() { # the command
	"$1" keygen -o "$work/key" --force >"$work/pub"
	"$1" mint --key "$work/key" --holder "$(cat "$work/pub")" --capabilities "{\"read_file\":{\"path\":{\"subpath\":\"$work/data\"}}}" -o "$work/w"
	out=$("$1" run -w "$work/w" --root "$(cat "$work/pub")" --log "$work/log.jsonl" -- cat "$work/data/file")
	[ "$out" = hello ] || { echo "$1: run printed '$out'"; exit 1; }
	if "$1" run -w "$work/w" --root "$(cat "$work/pub")" --log "$work/log.jsonl" -- cat /etc/shadow 2>"$work/err"; then
		echo "$1: /etc/shadow was readable"
		exit 1
	fi
	grep -q 'tenuo-shim: denied read_file /etc/shadow' "$work/err" || { echo "$1: no sentence:"; cat "$work/err"; exit 1; }
}
try "$work/moved/bin/tenuo-shim"
try "$build/tools/tenuo-shim"
echo "installed, moved and build-folder commands work"
