#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing of the named columns of tools/packages.txt: packages.sh build [test [all]]
# A tool that is already there by other means (another node, another go) is not installed a second time.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)

provided() { # package -> is its command there although the package is not?
	case $1 in
	nodejs) command -v node >/dev/null && command -v npm >/dev/null ;;
	golang-go) command -v go >/dev/null ;;
	meson | git | curl | perl | make | gcc | g++ | python3) command -v "$1" >/dev/null ;;
	ninja-build) command -v ninja >/dev/null ;;
	*) return 1 ;;
	esac
}

wanted() {
	local column
	for column in "$@"; do
		sed -n "s/^$column //p" "$here/packages.txt"
	done
}

missing=()
for package in $(wanted "$@"); do
	dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' && continue
	provided "$package" && continue
	missing+=("$package")
	[ "$package" = nodejs ] && missing+=(npm)
done
[ ${#missing[@]} -eq 0 ] && exit 0

command -v apt-get >/dev/null || {
	echo "packages: these are missing and there is no apt-get to install them: ${missing[*]}" >&2
	exit 1
}
as_root=()
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null || {
		echo "packages: these are missing, and installing them needs root or sudo: ${missing[*]}" >&2
		exit 1
	}
	as_root=(sudo)
fi
echo "installing ${#missing[@]} packages: ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { "${as_root[@]}" apt-get update -qq &&
	"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } \
	>"$log" 2>&1; then
	tail -n 20 "$log" >&2
	echo "packages: apt-get could not install them" >&2
	exit 1
fi
