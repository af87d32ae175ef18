#!/usr/bin/env bash
# Builds what a release consists of into dist/: for amd64 and arm64 a tarball
# and a .deb, a list of what is linked into each binary (an SBOM, *.cdx.json), and
# SHA256SUMS beside them. `make dist` calls it.
#
# The same commit gives the same bytes: no paths, no times but the commit's, no
# order but the sorted one, no build ids.
#
#   VERSION    as `git describe` has it (default: asked of git)
#   ARCHES     what to build (default: amd64 arm64; without a C compiler for
#              one of them it is skipped, and the build says so)
#   GLIBC_MAX  newest glibc that the shared objects may need; a build that
#              needs a newer one fails. Unset, any is accepted, and the package
#              depends on the one that they need. Releases are built with 2.31:
#              see docker/Dockerfile, stage release.
set -euo pipefail
cd "$(dirname "$0")/../.."
umask 022

GO=${GO:-go}
VERSION=${VERSION:-$(git describe --tags --always --dirty)}
ARCHES=${ARCHES:-amd64 arm64}
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH LC_ALL=C TZ=UTC

# A Debian version begins with a digit and sorts as time goes by: v1.2.3 is
# 1.2.3, its release candidate 1.2.3~rc.1, four commits later 1.2.3+4.gabcdef0,
# and before the first tag 0~20260102.abcdef0.
deb_version() {
  local v=$1 dirty=
  case $v in *-dirty) v=${v%-dirty} dirty=+dirty ;; esac
  if [[ $v =~ ^[0-9a-f]+$ ]]; then
    v=0~$(date -d "@$SOURCE_DATE_EPOCH" +%Y%m%d).$v
  else
    v=$(sed -E 's/^v//; s/-([0-9]+)-(g[0-9a-f]+)$/+\1.\2/; s/-/~/g; s/^([^0-9])/0~\1/' <<<"$v")
  fi
  printf '%s\n' "$v$dirty"
}

homepage=$(sed -n 's/^homepage: //p' deploy/packages/nfpm.yaml)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rm -rf dist
mkdir -p dist

nfpm=$("$GO" -C deploy/packages/tools tool -n nfpm)
# A list of parts names the tool that made it, by its hash: no paths go into it.
cyclonedx=$(GOFLAGS="${GOFLAGS:-} -trimpath" "$GO" -C deploy/packages/tools tool -n cyclonedx-gomod)
ldflags="-s -w -buildid= -B none -X main.version=$VERSION"

# One manual and one set of completions serve both.
"$GO" build -buildvcs=false -trimpath -ldflags "$ldflags" -o "$work/native" ./cmd/flb-anomaly
mkdir -p "$work/man" "$work/completions"
"$work/native" man "$work/man"
GO=$GO GOOS=linux deploy/packages/licenses.sh >"$work/THIRD-PARTY.txt"
for shell in bash zsh fish; do "$work/native" completion "$shell" >"$work/completions/flb-anomaly.$shell"; done

# shared builds a package as a shared object.
shared() {
  local arch=$1 cc=$2 package=$3 to=$4
  CGO_ENABLED=1 GOOS=linux GOARCH=$arch CC=$cc "$GO" build -buildvcs=false -trimpath -pgo plugin/default.pgo -buildmode=c-shared \
    -ldflags "$ldflags -extldflags=-Wl,--build-id=none" -o "$to" "$package"
  rm -f "${to%.so}.h"
  chmod 644 "$to"
}

# unpacked lays a release's tree as the tarball has it: as the repository
# does, so that its configurations run from it as they stand.
unpacked() {
  local arch=$1 cc=$2 to=$3
  mkdir -p "$to/bin" "$to/examples" "$to/man"
  shared "$arch" "$cc" ./plugin "$to/bin/flb-filter_anomaly.so"
  shared "$arch" "$cc" ./plugin/output "$to/bin/out_anomaly.so"
  CGO_ENABLED=0 GOOS=linux GOARCH=$arch "$GO" build -buildvcs=false -trimpath -pgo plugin/default.pgo -ldflags "$ldflags" -o "$to/bin/flb-anomaly" ./cmd/flb-anomaly
  cp ./*.md LICENSE "$work/THIRD-PARTY.txt" fluent-bit.conf fluent-bit.yaml plugins.conf "$to/"
  cp -r examples/README.md examples/shop.log examples/recipes "$to/examples/"
  mkdir -p "$to/deploy/kubernetes" "$to/docker/elasticsearch" "$to/fluentbit/host"
  cp deploy/kubernetes/*.yaml "$to/deploy/kubernetes/"
  cp docker/elasticsearch/index-template.json "$to/docker/elasticsearch/"
  cp fluentbit/README.md "$to/fluentbit/"
  cp fluentbit/host/README.md "$to/fluentbit/host/"
  cp -r docs "$to/"
  cp "$work"/man/*.[17] "$to/man/"
  cp -r "$work/completions" "$to/"
  links "$to"
}

# links makes those that lead to what is not shipped lead to the repository.
links() {
  local page target path
  find "$1" -name '*.md' | while IFS= read -r page; do
    { grep -oE '\]\([^)#: ]+' "$page" || true; } | cut -c 3- | sort -u | while IFS= read -r target; do
      [ ! -e "$(dirname "$page")/$target" ] || continue
      path=$(realpath -m --relative-to="$1" "$(dirname "$page")/$target")
      sed -i "s|](${target//./\\.}\([)#]\)|]($homepage/blob/main/$path\1|g" "$page"
    done
  done
}

# installed lays the same files where Debian has them.
installed() {
  local from=$1 to=$2 doc=$2/usr/share/doc/flb-anomaly f
  mkdir -p "$to"/{etc,usr/lib,usr/share}/flb-anomaly "$to/usr/bin" "$to/usr/share/man/"man{1,7} "$doc" \
    "$to/usr/share/"{bash-completion/completions,zsh/vendor-completions,fish/vendor_completions.d,lintian/overrides}
  cp "$from"/bin/*.so "$to/usr/lib/flb-anomaly/"
  cp "$from/bin/flb-anomaly" "$to/usr/bin/"
  cp "$from/examples/shop.log" "$to/usr/share/flb-anomaly/"
  # The configurations run as they stand here too: with the package's paths.
  for f in fluent-bit.conf fluent-bit.yaml plugins.conf; do
    sed -e 's#\bbin/flb-filter_anomaly\.so#/usr/lib/flb-anomaly/flb-filter_anomaly.so#' \
      -e 's#\bexamples/shop\.log#/usr/share/flb-anomaly/shop.log#' \
      -e 's#\(Plugins_File *\)plugins\.conf#\1/etc/flb-anomaly/plugins.conf#' \
      -e 's#fluent-bit -c #fluent-bit -c /etc/flb-anomaly/#' "$from/$f" >"$to/etc/flb-anomaly/$f"
  done
  for f in "$from"/man/*.[17]; do gzip -9n <"$f" >"$to/usr/share/man/man${f##*.}/${f##*/}.gz"; done
  cp "$from/completions/flb-anomaly.bash" "$to/usr/share/bash-completion/completions/flb-anomaly"
  cp "$from/completions/flb-anomaly.zsh" "$to/usr/share/zsh/vendor-completions/_flb-anomaly"
  cp "$from/completions/flb-anomaly.fish" "$to/usr/share/fish/vendor_completions.d/flb-anomaly.fish"
  cp deploy/packages/lintian-overrides "$to/usr/share/lintian/overrides/flb-anomaly"
  cp deploy/packages/copyright "$doc/copyright"
  cp "$from/THIRD-PARTY.txt" "$doc/"
  printf 'flb-anomaly (%s) unstable; urgency=medium\n\n  * See CHANGELOG.md beside this file.\n\n -- %s  %s\n' "$debian" \
    "$(sed -n 's/^maintainer: //p' deploy/packages/nfpm.yaml)" "$(date -R -d "@$SOURCE_DATE_EPOCH")" | gzip -9n >"$doc/changelog.gz"
  cp -r "$from"/*.md "$from"/{docs,deploy,docker,examples,fluentbit} "$doc/"
  rm "$doc/examples/shop.log"
  ln -s ../../../flb-anomaly/shop.log "$doc/examples/shop.log"
  links "$doc"
}

# pack writes a tarball of a tree whose bytes depend on its content alone.
pack() {
  tar -C "$1" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner --format=gnu -cf - "$2" | gzip -9n
}

# sbom writes what modules are linked into the binary $1, in CycloneDX's JSON.
sbom() {
  cp "$1" "$work/${1##*/}" # the tool wants it executable, and a shared object is not
  chmod 755 "$work/${1##*/}"
  "$cyclonedx" bin -json -noserial -notimestamp -std -version "$VERSION" -output "$2" "$work/${1##*/}"
}

debian=$(deb_version "$VERSION")
for arch in $ARCHES; do
  case $arch in
    amd64) triplet=x86_64-linux-gnu ;;
    arm64) triplet=aarch64-linux-gnu ;;
    *) echo "dist: no package for $arch: amd64 and arm64 are right" >&2; exit 2 ;;
  esac
  cc=$triplet-gcc
  if ! command -v "$cc" >/dev/null; then
    if [ "$("$GO" env GOARCH)" = "$arch" ]; then
      cc=${CC:-cc}
    else
      echo "dist: no $cc: $arch is SKIPPED (Debian: apt-get install gcc-$triplet libc6-dev-$arch-cross)" >&2
      continue
    fi
  fi
  name=flb-anomaly-$debian-linux-$arch
  echo "dist: $name"
  unpacked "$arch" "$cc" "$work/$arch/$name"
  glibc=$(for so in "$work/$arch/$name"/bin/*.so; do deploy/packages/glibc.sh "$so" ${GLIBC_MAX:+"$GLIBC_MAX"}; done | sort -V | tail -n 1)
  echo "dist: the shared objects ask for glibc $glibc"
  pack "$work/$arch" "$name" >"dist/$name.tar.gz"
  for f in "$work/$arch/$name"/bin/*; do
    [ -L "$f" ] || sbom "$f" "dist/$name.${f##*/}.cdx.json"
  done
  installed "$work/$arch/$name" "$work/$arch/root"
  find "$work/$arch/root" -exec touch -hd "@$SOURCE_DATE_EPOCH" {} +
  (
    root=$PWD
    cd "$work/$arch/root" # what nfpm.yaml speaks of is relative to it
    export ARCH=$arch DEB_VERSION=$debian GLIBC=$glibc
    "$nfpm" package --config "$root/deploy/packages/nfpm.yaml" --packager deb --target "$root/dist/flb-anomaly_${debian}_$arch.deb" >/dev/null
  )
done
(cd dist && sha256sum -- * >"$work/sums" && mv "$work/sums" SHA256SUMS && cat SHA256SUMS)
