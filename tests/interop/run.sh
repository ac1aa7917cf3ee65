#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs a script under the interpreter that has the upstream package: run.sh VENV_DIR SCRIPT ARGS...
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
venv=$1
shift
python=$("$here/venv.sh" "$venv")
PYTHONPATH=$here/../conformance exec "$python" -W ignore "$@"
