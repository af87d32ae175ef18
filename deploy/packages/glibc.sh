#!/usr/bin/env bash
# Prints the newest version of glibc that a shared object needs, and fails when
# that is newer than the one given.
#
#   deploy/packages/glibc.sh bin/flb-filter_anomaly.so        prints, say, 2.31
#   deploy/packages/glibc.sh bin/flb-filter_anomaly.so 2.31   fails above 2.31
#
# What a build needs is decided by the glibc that it is linked with, not by
# the compiler: to get it down, build on an older Debian (docker/Dockerfile,
# stage release, does so on Debian 11).
set -euo pipefail
[ $# -ge 1 ] && [ -r "$1" ] || { echo "usage: $0 SHARED_OBJECT [NEWEST_ALLOWED]" >&2; exit 2; }

needs=$(LC_ALL=C readelf --version-info --wide "$1" | sed -nE 's/.*Name: GLIBC_([0-9.]+) .*/\1/p' | sort -Vu)
newest=$(tail -n 1 <<<"$needs")
[ -n "$newest" ] || { echo "glibc.sh: $1 asks for no version of glibc: is it linked with another C library?" >&2; exit 1; }
echo "$newest"
if [ $# -ge 2 ] && [ "$(printf '%s\n%s\n' "$newest" "$2" | sort -V | tail -n 1)" != "$2" ]; then
  echo "glibc.sh: $1 asks for glibc $newest, newer than $2:" >&2
  LC_ALL=C readelf --dyn-syms --wide "$1" | grep -oE '[A-Za-z0-9_]+@GLIBC_[0-9.]+' | sort -Vu -t_ -k3 |
    while IFS= read -r s; do [ "$(printf '%s\n%s\n' "${s##*_}" "$2" | sort -V | tail -n 1)" = "$2" ] || echo "  $s" >&2; done
  exit 1
fi
