#!/bin/sh
# build.sh: builds Consul 1.12.2 (the last line under MPL that the module proxy has) unless it is there; prints the path of the binary.
# build.sh --path: prints the path only. Minutes the first time on a machine.
set -e
here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/kangqiao-servers
binary=$cache/consul-$(sha256sum "$here/build.sh" | cut -c1-12)
echo "$binary"
[ "$1" != --path ] && [ ! -x "$binary" ] || exit 0
mkdir -p "$cache"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
module=$(go mod download -json github.com/hashicorp/consul@v1.12.2 | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
cp -r "$module" source
chmod -R u+w source
cd source
# Its own modules lie beside it in its repository; here they are those that were published with it.
go mod edit -dropreplace=github.com/hashicorp/consul/api -dropreplace=github.com/hashicorp/consul/sdk
go mod edit -require=github.com/hashicorp/consul/api@v1.14.0 -require=github.com/hashicorp/consul/sdk@v0.10.0
# Its old libraries refer to internals of Go, which the linker of Go 1.23 and later refuses by default.
go build -mod=mod -buildvcs=false -ldflags '-s -w -checklinkname=0' -o "$folder/consul" .
mv "$folder/consul" "$binary.$$"
mv "$binary.$$" "$binary"
