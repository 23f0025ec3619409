#!/usr/bin/env bash
# Installs missing packages, builds, and runs every test: as a release, and again with the address
# and undefined-behaviour sanitizers. Ends with ctest's summary of each.
#
#   tests/run.sh                              everything
#   tests/run.sh --only format|release|asan   that part (may be repeated)
#   tests/run.sh --only tsan                  with the thread sanitizer; a full run leaves this out,
#                                             since it builds the project a third time
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
everything=(format release asan)
known=("${everything[@]}" tsan)
parts=()

usage() {
    echo "run.sh: $1; use: tests/run.sh [--only format|release|asan|tsan]…" >&2
    exit 64
}

while [[ $# -gt 0 ]]; do
    case "$1" in
    --only)
        [[ " ${known[*]} " == *" ${2:-} "* ]] || usage "'${2:-}' is no part of the tests"
        parts+=("$2")
        shift 2
        ;;
    *) usage "unknown argument '$1'" ;;
    esac
done
[[ ${#parts[@]} -gt 0 ]] || parts=("${everything[@]}")

heading() {
    printf '\n=== %s\n' "$1"
}

check_format() {
    find examples jobs runner tests -name '*.[ch]pp' -print0 |
        xargs -0 clang-format --dry-run -Werror && echo "Every file is formatted."
}

# What the tests of a preset printed.
log_of() {
    echo "build/$1/Testing/Temporary/LastTest.log"
}

# ctest ends a hanging test after five minutes. Three run at once, since many of them mostly wait.
build_and_test() {
    local preset=$1
    # Older logs must not count for this run.
    rm -f "build/$preset/ctest.log" "$(log_of "$preset")"
    examples/build.sh "$preset" || return 1
    heading "Test: $preset"
    UBSAN_OPTIONS=print_stacktrace=1 ctest --test-dir "build/$preset" --output-on-failure \
        --no-tests=error --parallel 3 --timeout 300 | tee "build/$preset/ctest.log"
}

# Prints the tests that were skipped, each with its reason.
skipped_tests() {
    local part found=()
    for part in "${parts[@]}"; do
        [[ $part == format ]] ||
            mapfile -t -O "${#found[@]}" found \
                < <(sed -n 's/^SKIPPED: //p' "$(log_of "$part")" 2>/dev/null)
    done
    local IFS=,
    printf '%s' "${found[*]}"
}

run_part() {
    heading "$1"
    case "$1" in
    format) check_format ;;
    *) build_and_test "$1" ;;
    esac
}

heading "Packages"
examples/packages.sh test

failed=()
for part in "${parts[@]}"; do
    run_part "$part" || failed+=("$part")
done

heading "Summary"
passed_tests=0
all_tests=0
for part in "${parts[@]}"; do
    line=
    if [[ $part != format ]]; then
        line=$(grep -E 'tests? passed, [0-9]+ tests? failed out of' "build/$part/ctest.log" ||
            echo "no test was run")
        if [[ $line =~ ,\ ([0-9]+)\ tests?\ failed\ out\ of\ ([0-9]+) ]]; then
            all_tests=$((all_tests + BASH_REMATCH[2]))
            passed_tests=$((passed_tests + BASH_REMATCH[2] - BASH_REMATCH[1]))
            # ctest counts a skipped test as passed.
            not_run=$(grep -c '\*\*\*Skipped' "build/$part/ctest.log" || true)
            passed_tests=$((passed_tests - not_run))
        fi
    elif [[ " ${failed[*]} " == *" format "* ]]; then
        line="some files are not formatted; use clang-format -i"
    else
        line="every file is formatted"
    fi
    printf '%-8s %s\n' "$part:" "$line"
done
skipped=$(skipped_tests)
printf '%-8s %d of %d tests passed in %d min %02d s%s\n' "total:" "$passed_tests" "$all_tests" \
    $((SECONDS / 60)) $((SECONDS % 60)) "${skipped:+; skipped: $skipped}"
if [[ ${#failed[@]} -gt 0 ]]; then
    echo "FAILED: ${failed[*]}"
    exit 1
fi
