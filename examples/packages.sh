#!/usr/bin/env bash
# Installs the Debian 12 packages that are missing; names all of them, and is the only file that
# does. With everything in place it neither asks for rights nor touches the network.
#
#   examples/packages.sh            what building and running needs
#   examples/packages.sh test       and what tests/run.sh needs, with npm's part of it, which goes
#                                   into build/npm
#   examples/packages.sh develop    and what the presets clang, tidy and fuzz need
#   examples/packages.sh --list [GROUP]   names them, installs nothing
set -euo pipefail

build=(
    g++ cmake ninja-build pkg-config # GCC 12, CMake 3.25
    ca-certificates                  # to know the service by
    libboost1.81-dev                 # Asio and Beast; Debian's default, 1.74, is too old
    libboost-test1.81-dev python3    # the tests are configured with the rest
    libssl-dev                       # TLS, SHA-256
    libyaml-cpp-dev                  # job files
    rapidjson-dev                    # what the service says
    libsqlite3-dev                   # the journal
    libcli11-dev libfmt-dev          # the command line, and texts
    libspng-dev libjpeg62-turbo-dev libwebp-dev zlib1g-dev # the built-in service's pictures
)
test=(
    clang-format             # the format check
    clang libclang-rt-14-dev # the sanitizers' build: the second compiler, and twice as fast at it
    python3-requests         # a client that is not ours, against the built-in service
    ffmpeg                   # the built-in service's MP4, and a judge of it
)
node=(
    nodejs npm # other readers of job files and other clients; any Node from 18 on will do
)
develop=(
    ccache clang-tidy git
)

fail() {
    printf 'packages.sh: %s\n' "$1" >&2
    exit 1
}

list_only=no
if [[ ${1:-} == --list ]]; then
    list_only=yes
    shift
fi
# Node from elsewhere brings its own npm, and Debian's would not fit beside it.
if [[ $list_only == no ]] && command -v node >/dev/null && command -v npm >/dev/null; then
    node=()
fi
group=${1:-build}
case "$group" in
build) wanted=("${build[@]}") ;;
test) wanted=("${build[@]}" "${test[@]}" "${node[@]}") ;;
develop) wanted=("${build[@]}" "${test[@]}" "${node[@]}" "${develop[@]}") ;;
*) fail "'$group' is no group of packages; use build, test or develop" ;;
esac

if [[ $list_only == yes ]]; then
    printf '%s\n' "${wanted[@]}"
    exit 0
fi

# The packages of tests/npm, exactly as the lock file there names them; once there, no network.
install_npm() {
    local root=build/npm
    cd "$(dirname "${BASH_SOURCE[0]}")/.."
    cmp -s tests/npm/package-lock.json "$root/installed.json" && return
    mkdir -p "$root"
    cp tests/npm/package.json tests/npm/package-lock.json "$root"
    npm ci --prefix "$root" --no-audit --no-fund --ignore-scripts --loglevel=error ||
        fail "npm could not install tests/npm/package-lock.json into $root: it needs the \
network once, or a $root from another checkout"
    cp tests/npm/package-lock.json "$root/installed.json"
}

command -v dpkg-query >/dev/null || fail "this is no Debian; install the like of: ${wanted[*]}"

missing=()
for package in "${wanted[@]}"; do
    state=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) || state=
    [[ $state == installed ]] || missing+=("$package")
done
if [[ ${#missing[@]} -eq 0 ]]; then
    echo "Packages: all ${#wanted[@]} are installed."
    [[ $group == build ]] || install_npm
    exit 0
fi

as_root=()
if [[ $EUID -ne 0 ]]; then
    command -v sudo >/dev/null ||
        fail "${#missing[@]} packages are missing and there is no sudo; as root, run:
  apt-get update && apt-get install --no-install-recommends ${missing[*]}"
    as_root=(sudo)
fi

echo "Packages: installing ${missing[*]}"
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y)
"${apt[@]}" update
"${apt[@]}" install --no-install-recommends "${missing[@]}"
[[ $group == build ]] || install_npm
