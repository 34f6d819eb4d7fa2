#!/bin/sh
# build.sh PATCH BINARY: FerretDB (the last one on SQLite) from the Go module cache, with our patch. Minutes the first time, seconds later.
set -e
patch=$1 binary=$2 version=v1.24.2
[ ! -x "$binary" ] || exit 0
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
mv "$folder/ferretdb" "$binary"
