#!/usr/bin/env bash
# Configures and builds a preset with as many jobs as cores and memory allow.
#
#   examples/build.sh PRESET [TARGET…]     for example: examples/build.sh release darkroom
#   examples/build.sh --program            the program alone, as a release: it needs no package that
#                                          is for tests only
#   examples/build.sh --quick              the same with -Og: compiled in 60 % of the time, and a
#                                          tenth slower
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
[[ $# -ge 1 ]] || {
    echo "build.sh: no preset given; use: examples/build.sh release [TARGET…]" >&2
    exit 64
}
tests=ON
optimize=2
if [[ $1 == --program || $1 == --quick ]]; then
    # A build that has its tests, or is a fast program already, stays so.
    cache=build/release/CMakeCache.txt
    grep -qs '^DARKROOM_TESTS:BOOL=ON$' "$cache" || tests=OFF
    if [[ $1 == --quick ]]; then grep -qs '^DARKROOM_OPTIMIZE:STRING=2$' "$cache" || optimize=g; fi
    set -- release darkroom
fi
preset=$1
shift

# The largest file takes about 1.5 GB to compile with sanitizers.
jobs_for_memory() {
    local kib limit
    kib=$(awk '/^MemAvailable:/ {print $2}' /proc/meminfo)
    limit=$(cat /sys/fs/cgroup/memory.max 2>/dev/null || echo max)
    if [[ $limit != max && $((limit / 1024)) -lt $kib ]]; then kib=$((limit / 1024)); fi
    echo $((kib / 1572864))
}

jobs=$(nproc)
memory_jobs=$(jobs_for_memory)
if [[ $memory_jobs -lt $jobs ]]; then jobs=$memory_jobs; fi
if [[ $jobs -lt 1 ]]; then jobs=1; fi

cmake --preset "$preset" -DDARKROOM_TESTS=$tests -DDARKROOM_OPTIMIZE=$optimize
targets=()
if [[ $# -gt 0 ]]; then targets=(--target "$@"); fi
cmake --build --preset "$preset" --parallel "$jobs" "${targets[@]}"
