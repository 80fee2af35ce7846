#!/bin/bash
# docs/running-on-etcd.md, followed: a cluster with the options of the page, two name servers on it, a backup and its
# restore.
set -euo pipefail

cd "$(dirname "$0")/../.."
# shellcheck source=Tests/CommandLine/support/common.sh
. Tests/CommandLine/support/common.sh
page=docs/running-on-etcd.md

# An authority of etcd's own, as the page says: a certificate for its server, one for the name servers.
mkdir -m 700 "$work/ca" "$work/etcd"
openssl req -x509 -newkey ed25519 -nodes -keyout "$work/ca/key.pem" -out "$work/ca/roots.pem" -days 2 \
    -subj "/CN=etcd's authority" -addext "basicConstraints=critical,CA:TRUE" \
    -addext "keyUsage=critical,keyCertSign" 2>/dev/null
issue() {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/ca/$1.key" -out "$work/ca/$1.csr" \
        -subj "/CN=$1" 2>/dev/null
    printf '%s\n' "subjectAltName=$2" basicConstraints=critical,CA:FALSE keyUsage=critical,digitalSignature \
        extendedKeyUsage=serverAuth,clientAuth subjectKeyIdentifier=hash authorityKeyIdentifier=keyid >"$work/ca/ext"
    openssl x509 -req -in "$work/ca/$1.csr" -CA "$work/ca/roots.pem" -CAkey "$work/ca/key.pem" -CAcreateserial \
        -days 2 -extfile "$work/ca/ext" -out "$work/ca/$1.pem" 2>/dev/null
}
issue etcd1 DNS:localhost,IP:127.0.0.1
issue names URI:spiffe://example.org/ns

read -r port peer < <("$python" -c 'import socket
both = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print(*(one.getsockname()[1] for one in both))')

# The options that the page has in its table.
mapfile -t options < <(sed -n '/^## The cluster/,/^## /p' $page | grep -oE '`--[^`]+`' | tr -d '\140' | tr ' ' '\n' |
    grep -E '^--[a-z-]+(=[^ ]+)?$')
start_etcd() {
    local option arguments=()
    for option in "${options[@]}"; do
        case $option in
        --trusted-ca-file) arguments+=("$option=$work/ca/roots.pem") ;;
        --cert-file) arguments+=("$option=$work/ca/etcd1.pem") ;;
        --key-file) arguments+=("$option=$work/ca/etcd1.key") ;;
        *) arguments+=("$option") ;;
        esac
    done
    etcd --name etcd1 --data-dir "$1" --listen-client-urls "https://127.0.0.1:$port" \
        --advertise-client-urls "https://127.0.0.1:$port" --listen-peer-urls "http://127.0.0.1:$peer" \
        --initial-advertise-peer-urls "http://127.0.0.1:$peer" --initial-cluster "etcd1=http://127.0.0.1:$peer" \
        "${arguments[@]}" >"$work/etcd.log" 2>&1 &
    etcd=$!
    pids+=("$etcd")
}
ctl() {
    ETCDCTL_API=3 etcdctl --endpoints "https://127.0.0.1:$port" --cacert "$work/ca/roots.pem" \
        --cert "$work/ca/names.pem" --key "$work/ca/names.key" "$@"
}
healthy() {
    local tries
    for tries in {1..100}; do
        ctl endpoint health >/dev/null 2>&1 && return 0
        sleep 0.1
    done
    tail -5 "$work/etcd.log"
    return 1
}
end_etcd() {
    kill "$etcd"
    wait "$etcd" 2>/dev/null || true
}

start_etcd "$work/etcd/first"
holds "etcd starts with the options of the page" healthy

# make_home NAME: the settings of the page, with our port in them.
make_home() {
    "$lantern" init "$work/$1" --authority "$work/authority" --identity "spiffe://example.org/$1" >/dev/null
    mkdir -m 700 "$work/$1/etcd"
    cp "$work/ca/names.pem" "$work/$1/etcd/cert.pem"
    cp "$work/ca/names.key" "$work/$1/etcd/key.pem"
    cp "$work/ca/roots.pem" "$work/$1/etcd/roots.pem"
    chmod 600 "$work/$1/etcd/key.pem"
    sed -n '/^```yaml/,/^```/p' $page | grep -v '^```' |
        sed "s/^  endpoints: .*/  endpoints: [\"localhost:$port\"]/" >>"$work/$1/lantern.yaml"
}
make_home one
make_home two
serve one ns --home "$work/one" --port 0
one=${uri##*@}
serve two ns --home "$work/two" --port 0
two=${uri##*@}
nsc() {
    local home=$1 at=$2
    shift 2
    "$lantern" nsc "$@" --home "$work/$home" --at "$at"
}
expect_of nsc 0 "*" one "$one" register example.first PYRO:one@192.0.2.1:4000
expect_of nsc 0 "PYRO:one@192.0.2.1:4000" two "$two" lookup example.first
expect_of nsc 1 "*" two "$two" lookup example.second

# Backup, a change that it does not have, and the restore into another cluster.
expect_of ctl 0 "*" snapshot save "$work/names.snapshot"
expect_of nsc 0 "*" two "$two" register example.second PYRO:two@192.0.2.2:4000
expect_of nsc 0 "PYRO:two@192.0.2.2:4000" one "$one" lookup example.second
end_etcd
expect_of nsc 1 "*cannot use its store*nothing was changed*" one "$one" remove example.first --yes
restore() {
    ETCDCTL_API=3 etcdctl snapshot restore "$work/names.snapshot" --name etcd1 --data-dir "$work/etcd/second" \
        --initial-cluster "etcd1=http://127.0.0.1:$peer" --initial-advertise-peer-urls "http://127.0.0.1:$peer" \
        --initial-cluster-token another
}
expect_of restore 0 "*"
start_etcd "$work/etcd/second"
holds "the restored cluster starts" healthy
for pid in "${pids[@]}"; do [ "$pid" = "$etcd" ] || kill "$pid" 2>/dev/null || true; done
serve three ns --home "$work/one" --port 0
three=${uri##*@}
expect_of nsc 0 "PYRO:one@192.0.2.1:4000" one "$three" lookup example.first
expect_of nsc 1 "*" one "$three" lookup example.second
ends

# What the page's table of messages says.
end_etcd
options=("${options[@]/--max-txn-ops=2048/--max-txn-ops=128}")
start_etcd "$work/etcd/second"
healthy || true
expect 78 "*etcd takes too few operations in one transaction*" ns --home "$work/one" --port 0
cp "$work/authority/"*root*.pem "$work/one/etcd/roots.pem" 2>/dev/null || cp "$work/one/trust/roots.pem" "$work/one/etcd/roots.pem"
expect 78 "*unknownAuthority*" ns --home "$work/one" --port 0

finished
