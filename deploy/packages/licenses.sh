#!/usr/bin/env bash
# Prints the licenses of what is linked into the shared objects and the command,
# as those licenses ask for: dist.sh and docker/Dockerfile put it beside them.
# Fails where a module has none, or one that asks for more than to be shown.
set -euo pipefail
cd "$(dirname "$0")/../.."
GO=${GO:-go}

# Go's own files are under one license with those of golang.org/x.
go_license=$("$GO" env GOROOT)/LICENSE
[ -r "$go_license" ] || go_license=$("$GO" list -m -f '{{.Dir}}' golang.org/x/term)/LICENSE

printf 'flb-anomaly is under the Apache License 2.0. Linked into it are:\n'
printf '\n======== Go, its runtime and standard library\n\n'
cat "$go_license"
modules=$("$GO" list -deps -f '{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}' ./plugin/... ./cmd/flb-anomaly | LC_ALL=C sort -u)
while read -r module version dir; do
  printf '\n======== %s %s\n\n' "$module" "$version"
  found=
  for f in "$dir"/LICEN[CS]E* "$dir"/COPYING* "$dir"/NOTICE*; do
    [ -f "$f" ] || continue
    cat "$f"
    found=1
    case $f in */NOTICE*) continue ;; esac
    # By what is theirs alone: MIT, BSD, Apache 2.0, ISC.
    grep -qzE 'Permission is hereby granted, free of charge|Redistribution and use in source and binary forms|Apache License\s+Version 2\.0|Permission to use, copy, modify, and(/or)? distribute' "$f" ||
      { echo "licenses.sh: $module: $f is none of the MIT, BSD, Apache 2.0 and ISC licenses" >&2; exit 1; }
  done
  [ "$found" ] || { echo "licenses.sh: $module has no license in $dir" >&2; exit 1; }
done <<<"$modules"
printf '\n======== '
cat web/dist/licenses.txt
