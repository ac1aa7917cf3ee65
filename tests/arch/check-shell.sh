#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs shellcheck over every shell script of the project
set -euo pipefail
cd "$1"
mapfile -t scripts < <(git ls-files -z | xargs -0 grep -lE -m1 '^#!.*\b(ba)?sh\b' | sort)
shellcheck --severity=warning "${scripts[@]}"
echo "${#scripts[@]} scripts are clean"
