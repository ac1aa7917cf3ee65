#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A private environment with the pinned upstream package: venv.sh DIR; prints the interpreter.
# Exits 77 (skipped) with the reason if the package index cannot be reached and the environment is not there yet.
set -euo pipefail
dir=$1
version=0.3.3
exec 9>"$dir.lock"
flock 9
if ! "$dir/bin/python" -c "import tenuo, sys; sys.exit(tenuo.__version__ != '$version')" 2>/dev/null; then
	rm -rf "$dir"
	python3 -m venv "$dir" >"$dir.log" 2>&1 || { echo "skipped: python3 -m venv failed, see $dir.log" >&2; exit 77; }
	"$dir/bin/pip" install --quiet --disable-pip-version-check "tenuo==$version" >>"$dir.log" 2>&1 ||
		{ echo "skipped: tenuo==$version cannot be installed, see $dir.log" >&2; exit 77; }
fi
echo "$dir/bin/python"
