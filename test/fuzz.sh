#!/usr/bin/env bash
# Runs every fuzz target of the source for FUZZTIME, or those that are named, as
# package/target. `make fuzz` calls it.
#
#   --list     names the targets instead
#   FUZZTIME   how long each, as `go test -fuzztime` has it (default: 10m)
set -euo pipefail
cd "$(dirname "$0")/.."
GO=${GO:-go}

# The list is read from the source, in which a target is a function that begins
# in the first column: none can be forgotten.
all() {
  find . -name node_modules -prune -o -name '*_test.go' -print | LC_ALL=C sort |
    xargs awk 'match($0, /^func Fuzz[A-Za-z0-9_]*\(/) { dir = FILENAME; sub(/^\.\//, "", dir); sub(/\/[^\/]*$/, "", dir); print dir "/" substr($0, 6, RLENGTH - 6) }'
}

targets=$(all)
case ${1:-} in
--list) printf '%s\n' "$targets"; exit ;;
?*) targets=$(printf '%s\n' "$@") ;;
esac
[ -n "$targets" ] || { echo "fuzz: no targets found" >&2; exit 1; }

for t in $targets; do
  echo "=== $t"
  # go test ends well where nothing matches: a name that is not there is said.
  grep -qxF "$t" <(all) || { echo "fuzz: there is no $t; test/fuzz.sh --list names what there is" >&2; exit 1; }
  "$GO" test "./${t%/*}" -run '^$' -fuzz "^${t##*/}\$" -fuzztime "${FUZZTIME:-10m}" -fuzzminimizetime 5x
done
