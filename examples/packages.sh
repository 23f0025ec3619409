#!/usr/bin/env bash
# Installs the missing Debian 12 packages. This is the only file that names packages. If none is
# missing, it needs neither root rights nor the network.
#
#   examples/packages.sh            installs what building and running needs
#   examples/packages.sh package    also what examples/package.sh needs
#   examples/packages.sh test       also what tests/run.sh needs; npm packages go into build/npm
#   examples/packages.sh develop    also what the presets clang, tidy and fuzz need
#   examples/packages.sh bench      also the clients that tests/bench/run.sh compares with
#   examples/packages.sh --list [GROUP]   prints the names, installs nothing
set -euo pipefail

build=(
    g++ cmake ninja-build pkg-config # GCC 12, CMake 3.25
    ca-certificates                  # to verify the service
    libboost1.81-dev                 # Asio and Beast; Debian's default, 1.74, is too old
    libssl-dev                       # TLS, SHA-256
    libnghttp2-dev                   # HTTP/2
    libyaml-cpp-dev                  # job files
    rapidjson-dev                    # JSON
    libsqlite3-dev                   # the journal
    libutf8proc-dev                  # texts that are equal in another spelling
    libhowardhinnant-date-dev        # time zones of schedules
    libcli11-dev libfmt-dev          # the command line, formatted text
    libarchive-dev libexiv2-dev      # optional: tar files, and notes in pictures, of an export
    libpq-dev                        # optional: a ledger of several machines
    libspng-dev libjpeg62-turbo-dev libwebp-dev zlib1g-dev # pictures of the built-in service
    libdeflate-dev                   # thumbnails
)
package=(
    dpkg-dev file # the packages of the libraries that the program needs
)
test=(
    libboost-test1.81-dev python3 # unit tests; end-to-end tests and their tools
    clang-format             # the format check
    clang libclang-rt-14-dev # the sanitizer builds: twice as fast as GCC there
    python3-requests         # an independent client for the built-in service
    python3-pil              # an independent reader of exported pictures
    python3-yaml             # an independent reader of the Kubernetes example
    ffmpeg                   # makes the built-in service's MP4, and checks it
    chromium fonts-noto-cjk  # the gallery in a real browser
    bash zsh fish groff-base # completions, the manual page
    postgresql               # its server, for a ledger of the tests' own
    slurm-wlm munge          # a cluster of the tests' own; its services need not run
    lintian debootstrap      # the Debian package, and a fresh system for it
    systemd libfaketime      # schedules: a check of the units, nights in fast motion
    spin                     # checks the model of the ledger of many machines
    valgrind                 # counts instructions
)
node=(
    nodejs npm # independent readers of job files, and clients; Node 18 or later
)
develop=(
    ccache clang-tidy git
)
bench=(
    libboost-test1.81-dev golang-go python3 python3-aiohttp curl postgresql
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
# A Node from elsewhere has its own npm; Debian's npm would conflict with it.
if [[ $list_only == no ]] && command -v node >/dev/null && command -v npm >/dev/null; then
    node=()
fi
group=${1:-build}
case "$group" in
build) wanted=("${build[@]}") ;;
package) wanted=("${build[@]}" "${package[@]}") ;;
test) wanted=("${build[@]}" "${package[@]}" "${test[@]}" "${node[@]}") ;;
develop) wanted=("${build[@]}" "${package[@]}" "${test[@]}" "${node[@]}" "${develop[@]}") ;;
bench) wanted=("${build[@]}" "${node[@]}" "${bench[@]}") ;;
*) fail "'$group' is not a group of packages; use build, package, test, develop or bench" ;;
esac

if [[ $list_only == yes ]]; then
    printf '%s\n' "${wanted[@]}"
    exit 0
fi

# Installs the packages of tests/npm exactly as its lock file names them. Needs no network if they
# are installed already.
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

command -v dpkg-query >/dev/null ||
    fail "this is not Debian; install packages equivalent to: ${wanted[*]}"

missing=()
for package in "${wanted[@]}"; do
    state=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) || state=
    [[ $state == installed ]] || missing+=("$package")
done
if [[ ${#missing[@]} -eq 0 ]]; then
    echo "Packages: all ${#wanted[@]} are installed."
    [[ $group == build || $group == package ]] || install_npm
    exit 0
fi

as_root=()
if [[ $EUID -ne 0 ]]; then
    command -v sudo >/dev/null ||
        fail "${#missing[@]} packages are missing and there is no sudo; as root, run:
  apt-get update && apt-get install --no-install-recommends ${missing[*]}"
    as_root=(sudo)
fi

echo "Packages: installing ${#missing[@]} with ${as_root[*]:-root rights}: ${missing[*]}"
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y)
"${apt[@]}" update
"${apt[@]}" install --no-install-recommends "${missing[@]}"
[[ $group == build || $group == package ]] || install_npm
