#!/usr/bin/env bash
# Makes pictures on a fresh Debian 12 machine: installs missing packages (with sudo), builds a
# release, and runs examples/quickstart.yaml against the built-in service. Needs no token and spends
# nothing.
# If you run it again, it resumes; nothing is generated twice.
#
#   examples/quickstart.sh [DIRECTORY]     the run directory; default: out/quickstart here
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
directory=${1:-$root/out/quickstart}
while [[ $directory == ?*/ ]]; do directory=${directory%/}; done
summary=$directory.summary.json

"$root/examples/packages.sh" build
[[ -x $root/build/release/bin/darkroom ]] ||
    echo "Building darkroom into $root/build/release: some minutes, the first time only."
"$root/examples/build.sh" --quick

mkdir -p "$(dirname "$directory")"
status=0
"$root/build/release/bin/darkroom" run "$root/examples/quickstart.yaml" \
    --output "$directory" --gallery --json >"$summary" || status=$?
if [[ $status -ne 0 ]]; then
    echo "quickstart.sh: the run ended with exit code $status; see $directory" >&2
    exit "$status"
fi

cat <<END

Done.
  gallery   $directory/gallery.html (open it in a browser)
  pictures  $directory/images
  manifest  $directory/manifest.jsonl
  summary   $summary
END
