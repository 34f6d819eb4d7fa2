#!/bin/sh
# build.sh: builds FerretDB (the last one on SQLite) from the Go module cache, with our patch, unless it is there; prints the path of the binary.
# build.sh --path: prints the path only. Minutes the first time on a machine, seconds with a warm build cache. Another recipe is another binary.
set -e
here=$(cd "$(dirname "$0")" && pwd)
patch=$here/atomic-writes.patch version=v1.24.2
cache=${XDG_CACHE_HOME:-$HOME/.cache}/kangqiao-servers
binary=$cache/ferretdb-$(cat "$patch" "$here/build.sh" | sha256sum | cut -c1-12)
echo "$binary"
[ "$1" != --path ] && [ ! -x "$binary" ] || exit 0
mkdir -p "$cache"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
module=$(go mod download -json "github.com/FerretDB/FerretDB@$version" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
cp -r "$module" source
chmod -R u+w source
cd source
patch -s -p1 < "$patch"
# Without this file it panics at its start. The store knows by the ending that this one loses no updates.
printf '%s' "$version-atomic" > build/version/version.txt
CGO_ENABLED=0 go build -buildvcs=false -trimpath -ldflags '-s -w' -o "$folder/ferretdb" ./cmd/ferretdb
# In one step: nobody may start half of it.
mv "$folder/ferretdb" "$binary.$$"
mv "$binary.$$" "$binary"
