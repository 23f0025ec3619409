#!/usr/bin/env bash
# Builds the Debian package: installs missing packages, builds a release, and packs it.
#
#   examples/package.sh [DIRECTORY]     where the .deb goes; default: the working directory
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
mkdir -p "${1:-.}"
directory=$(cd "${1:-.}" && pwd)

"$root/examples/packages.sh" package
"$root/examples/build.sh" --program

umask 022 # not that of whoever packs it
work=$(mktemp -d "$root/build/package.XXXXXX")
trap 'rm -rf "$work"' EXIT
cpack --config "$root/build/release/CPackConfig.cmake" -G DEB -B "$work"
for package in "$work"/*.deb; do
    mv "$package" "$directory/"
    echo "Package: $directory/${package##*/}"
done
