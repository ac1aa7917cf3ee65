#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Each public header compiles alone, as C11 and as C++, without warnings.
set -euo pipefail
root=$1
n=0
for header in "$root"/core/include/tenuo/*.h; do
	name=tenuo/$(basename "$header")
	for language in c c++; do
		std=gnu11
		[ "$language" = c++ ] && std=c++11
		printf "#include <%s>\nextern int one_declaration;\n" "$name" | cc -x "$language" -std=$std -Wall -Wextra -Wpedantic -Werror -I"$root/core/include" -fsyntax-only -
		n=$((n + 1))
	done
done
echo "$n header checks"
