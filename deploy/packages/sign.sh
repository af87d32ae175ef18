#!/usr/bin/env bash
# Signs dist/SHA256SUMS, and by it all that lies beside it, with minisign. The
# release workflow calls it; its key is a secret of the forge's.
#
#   MINISIGN_SECRET_KEY  what `minisign -G` has written as the secret key
#   MINISIGN_PASSWORD    its password; empty for a key made with -W
#   VERSION              of the release, which the signature vouches for too
set -euo pipefail
cd "${DIST:-$(dirname "$0")/../../dist}"
: "${MINISIGN_SECRET_KEY:?the secret key of the release}" "${VERSION:?the version of the release}"

sha256sum --quiet --check SHA256SUMS
umask 077
key=$(mktemp)
trap 'rm -f "$key"' EXIT
printf '%s\n' "$MINISIGN_SECRET_KEY" >"$key"
# No pipe: a key without a password is one that minisign asks for none, and the
# other end of a pipe that it does not read would fail.
minisign -S -s "$key" -m SHA256SUMS -t "flb-anomaly $VERSION" <<<"${MINISIGN_PASSWORD:-}" >/dev/null
chmod 644 SHA256SUMS.minisig
