#!/usr/bin/env bash
# Compares darkroom with the plain clients that are installed, in tables for docs/performance.md:
#
#   tests/bench/run.sh [PROGRAM] [OPTIONS OF compare.py]
#   tests/bench/run.sh --only ledger [OPTIONS OF ledger_grants.py]
#
# The second form prints how many requests a second the ledgers grant.
#
# Builds the program and the client in Go (where Go is installed) first. Files go to $TMPDIR: a
# directory in memory, like /dev/shm, takes the file system out of the figures.
set -euo pipefail
cd "$(dirname "$0")/../.."

program=build/release/bin/darkroom
if [[ ${1:-} == --only && ${2:-} == ledger ]]; then
    shift 2
    examples/build.sh release darkroom bench_ledger_grants >&2
    exec python3 tests/bench/ledger_grants.py "$program" build/release/bin/bench_ledger_grants "$@"
fi
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
