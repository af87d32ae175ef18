#!/usr/bin/env bash
# Runs the tests that need a Fluent Bit with each of those named, and prints the
# table of docs/reliability.md: how many passed in each package, and what was
# skipped and why. `make test-versions` calls it.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(./fluentbit ./internal/forward ./plugin ./plugin/output ./test/reliability ./test/e2e ./docker)
failed=0
table=$(mktemp) skipped=$(mktemp) log=$(mktemp)
trap 'rm -f "$table" "$skipped" "$log"' EXIT

printf '| Fluent Bit |' >"$table"
printf ' `%s` |' "${packages[@]#./}" >>"$table"
printf '\n| --- |' >>"$table"
printf ' --- |%.0s' "${packages[@]}" >>"$table"
echo >>"$table"

for bin in "$@"; do
  version=$("$bin" --version | sed -n 's/^Fluent Bit v//p')
  echo "=== Fluent Bit $version"
  printf '| %s |' "$version" >>"$table"
  for package in "${packages[@]}"; do
    status=passed
    # How large the file is, is no matter of versions.
    FLUENT_BIT=$bin FLUENT_BIT_OLDER='' "${GO:-go}" test -count=1 -timeout 30m -v -skip '^TestCarriesNothingOfTheOutput$' "$package" >"$log" 2>&1 || { status=FAILED failed=1; }
    # A test with parts counts by its parts; that an option was left out is no part.
    awk -v version="$version" -v package="${package#./}" -v status="$status" -v skipped="$skipped" '
      /^=== (RUN|CONT|NAME) / { name = $3 }
      /^ +[a-z0-9_]+_test\.go:[0-9]+: / { why = $0; sub(/^ +[^ ]+: /, "", why); said[name] = why }
      /^ *--- (PASS|FAIL|SKIP): / {
        kind = $2; sub(":", "", kind)
        result[$3] = kind
        if ($3 !~ /\/db(#[0-9]+)?$/) for (up = $3; sub("/[^/]*$", "", up); ) parent[up] = 1
      }
      END {
        for (t in result) {
          if (parent[t] || said[t] ~ /FLUENT_BIT_OLDER names none/) continue
          n[result[t]]++
          if (result[t] == "SKIP") print version "\t" package "\t" t "\t" said[t] >>skipped
        }
        printf " %d passed", n["PASS"]
        if (n["SKIP"]) printf ", %d skipped", n["SKIP"]
        if (status == "FAILED") printf ", %d FAILED", n["FAIL"]
        printf " |"
      }' "$log" >>"$table"
    # What failed first; sed reads to the end, and so no one before it fails by that.
    [ "$status" = passed ] || { grep -E '^ *--- FAIL|^panic|^FAIL' "$log"; grep -E '_test\.go:[0-9]+: ' "$log" | grep -v SKIPPED; } | sed -n 1,60p
  done
  echo >>"$table"
done

echo
cat "$table"
echo
echo "Skipped:"
sort -u "$skipped" | awk -F '\t' '{ printf "  %s  %s %s: %s\n", $1, $2, $3, $4 }'
exit $failed
