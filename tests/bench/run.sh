#!/usr/bin/env bash
# Compares darkroom with the plain clients that are installed, in tables for docs/performance.md:
#
#   tests/bench/run.sh [PROGRAM] [OPTIONS OF compare.py]
#
# Builds the program and the client in Go (where Go is installed) first. Files go to $TMPDIR: a
# directory in memory, like /dev/shm, takes the file system out of the figures.
set -euo pipefail
cd "$(dirname "$0")/../.."

program=build/release/bin/darkroom
if [[ $# -gt 0 && $1 != --* ]]; then
    program=$1
    shift
else
    examples/build.sh release darkroom >&2
fi
go=()
if command -v go >/dev/null; then
    GOCACHE=$PWD/build/go GO111MODULE=off \
        go build -o build/bench_client_go tests/bench/peers/client.go
    go=(--go build/bench_client_go)
fi
exec python3 tests/bench/compare.py "$program" "${go[@]}" "$@"
