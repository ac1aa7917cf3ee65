#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A library exports exactly the names of its list: check-exports.sh LIBRARY LIST (one name a line; # comments)
set -euo pipefail
library=$1 list=$2
diff <(sed 's/#.*//; s/[[:space:]].*//; /^$/d' "$list" | LC_ALL=C sort -u) \
	<(nm -D --defined-only "$library" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | LC_ALL=C sort -u) &&
	echo "exports of $(basename "$library") are exactly the list"
