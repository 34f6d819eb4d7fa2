#!/bin/sh
# Makes every secret that an installation needs, once: keys, passwords, an authority of its own and certificates by it.
# Nothing has a default password. Files that are there already are left as they are.
#
#   deploy/make-secrets.sh FOLDER [NAME…]     NAME: further names that callers use in addresses, for the certificate of the front door
#
# The private key of the authority (ca.key) is needed to renew certificates only: keep it elsewhere.
# 首次部署时生成全部密钥、口令与证书；已有文件不会被覆盖。ca.key 请另行保管。
set -eu
umask 077

[ $# -ge 1 ] || { echo "usage: $0 FOLDER [NAME…]" >&2; exit 2; }
folder=$1
shift
mkdir -p "$folder"
cd "$folder"

SERVICES="control gateway-open gateway-user gateway-bus gateway-open-1 gateway-open-2 gateway-user-1 gateway-user-2 gateway-bus-1 gateway-bus-2 worker worker-1 worker-2 mongo redis localhost"
SERVER_DAYS=825

# Writes standard input into a file that is not there yet.
write() { [ -s "$1" ] || { cat > "$1.new"; mv "$1.new" "$1"; }; }
names() { for name in "$@"; do printf 'DNS:%s,' "$name"; done; printf 'IP:127.0.0.1'; }

# certificate FILE COMMON-NAME NAME…
certificate() {
  file=$1 common=$2
  shift 2
  [ -s "$file.crt" ] && return
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$file.key" -subj "/CN=$common" -out "$file.csr" 2>/dev/null
  printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth,clientAuth\nbasicConstraints=critical,CA:false\n' "$(names "$@")" > "$file.ext"
  openssl x509 -req -in "$file.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days $SERVER_DAYS -sha256 -extfile "$file.ext" -out "$file.crt" 2>/dev/null
  rm "$file.csr" "$file.ext"
}

openssl rand -base64 32 | tr '+/' '-_' | tr -d '=' | write kangqiao.kek
openssl rand -hex 32 | write kangqiao.kek.node
openssl rand -hex 24 | write store-password
openssl rand -hex 24 | write shared-password
openssl rand -hex 32 | write metrics-token
# Redis keeps a digest only.
printf 'user default on #%s ~* &* +@all\n' "$(tr -d '\n' < shared-password | openssl dgst -sha256 -r | cut -d' ' -f1)" | write redis.acl

if [ ! -s ca.crt ]; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ca.key -out ca.crt -days 3650 -sha256 \
    -subj '/CN=kangqiao installation' -addext 'basicConstraints=critical,CA:true' -addext 'keyUsage=critical,keyCertSign,cRLSign' 2>/dev/null
fi
# shellcheck disable=SC2086 -- a list of names
certificate kangqiao kangqiao $SERVICES
certificate mongo mongo mongo localhost
certificate redis redis redis localhost
certificate front front localhost "$@"
[ -s mongo.pem ] || cat mongo.crt mongo.key > mongo.pem

# Containers read them as members of the group 10001; nobody else does.
if [ "$(id -u)" = 0 ]; then
  chgrp 10001 ./*
  chmod 0640 ./*
  chmod 0750 .
  chgrp 10001 .
  chmod 0600 ca.key
fi
echo "$folder: $(ls | wc -l) files. Keep ca.key and a copy of kangqiao.kek elsewhere: without the latter no sealed value can ever be read again."
