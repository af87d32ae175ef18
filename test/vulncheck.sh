#!/usr/bin/env bash
# Looks for known vulnerabilities in what the code calls, with govulncheck. Its
# reports are vuln.go.dev's; where that cannot be reached, those of the module
# golang.org/x/vulndb. `make vulncheck` calls it.
#
# One in a module fails. One in Go's own library is said, and fails with STRICT=1,
# as for a release: no change here mends it, only another Go does.
set -euo pipefail
cd "$(dirname "$0")/.."
GO=${GO:-go}
govulncheck=$("$GO" -C test/tools tool -n govulncheck)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# check runs govulncheck; 3 is its word for vulnerabilities found.
check() {
  rc=0
  "$govulncheck" "$@" ./... >"$work/found" 2>"$work/stderr" || rc=$?
}

check
if [ $rc -ne 0 ] && grep -q 'fetching vulnerabilities' "$work/stderr"; then
  echo "vulncheck: vuln.go.dev cannot be reached; taking the module golang.org/x/vulndb"
  dir=$("$GO" mod download -json golang.org/x/vulndb@latest 2>"$work/stderr" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p' || true)
  [ -n "$dir" ] && "$GO" run "golang.org/x/vulndb/cmd/indexdb@${dir##*@}" -vulns "$dir/data/osv" -out "$work/db" 2>"$work/stderr" || {
    cat "$work/stderr" >&2
    echo "SKIPPED, NOT CHECKED: known vulnerabilities; the reports cannot be had here"
    exit 0
  }
  echo "vulncheck: reports of ${dir##*@}"
  check -db "file://$work/db"
fi
cat "$work/stderr" >&2
# Each with its first way from the code to it: there can be hundreds.
awk '/^ *#[2-9]|^ *#[0-9][0-9]/ { next } { print }' "$work/found"
if [ $rc -eq 3 ] && [ "${STRICT:-}" != 1 ] && ! grep -q '^Your code is affected by .* module' "$work/found"; then
  echo "vulncheck: KNOWN VULNERABILITIES IN $("$GO" env GOVERSION) ITSELF: build releases with a newer one"
  exit 0
fi
exit $rc
