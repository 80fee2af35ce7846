#!/bin/bash
# `lantern keys` as scripts see it, and a rotation of a server's and of a client's key over calls that never fail.
set -euo pipefail

cd "$(dirname "$0")/../.."
# shellcheck source=Tests/CommandLine/support/common.sh
. Tests/CommandLine/support/common.sh

server=$work/server client=$work/client
for name in server client; do
    "$lantern" init --authority "$work/ca" --identity "spiffe://lantern.test/$name" "$work/$name" >"$work/init"
done
# Everybody under the authority may call the server.
sed -i 's|spiffe://lantern.test/server"|spiffe://lantern.test/*"|' "$server/policy.yaml"
"$lantern" trust "$server" --peer "$client" --both >"$work/trust"

# Listing and showing.
expect 0 '*own*server-1*ed25519*any*always*never*authorized*client-1*' keys list --home "$server"
expect 0 '*"key": "own"*"id": "client-1"*"standing": "valid"*"last-used": null*' keys list --home "$client" --json
expect 0 'lantern-authorized-key-v1*id: client-1*public: *identity: spiffe://lantern.test/client' keys show --home "$client"
expect 0 '*identity: spiffe://other/x' keys show --home "$client" client-1 --identity spiffe://other/x
expect 1 "*no key 'nobody'*" keys show --home "$client" nobody
expect 78 '*no lantern home*' keys list
expect 0 '*ok*own.key*' keys check --home "$server"

# Making.
expect 78 '*is there already*' keys generate --home "$server"
expect 0 '*extra-1, ed25519' keys generate --home "$server" --id extra-1 --role client --days 10 --output "$work/extra.key"
holds "a new key is for its owner only" test "$(stat -c %a "$work/extra.key")" = 600
holds "a key with a role has the second format" grep -q '^lantern-key-v2$' "$work/extra.key"
expect 64 '*--identity*' keys generate --id h-1 --algorithm hmac-sha512-256 --output "$work/h.key"
expect 0 '*h-1, hmac-sha512-256' keys generate --id h-1 --algorithm hmac-sha512-256 --identity 'spiffe://lantern.test/*' --output "$work/h.key"
expect 64 '*not-after is a time*' keys generate --id x --not-after tomorrow --output "$work/x.key"
expect 64 '*end before it begins*' keys generate --id x --not-before 2030-01-01T00:00:00Z --not-after 2029-01-01T00:00:00Z --output "$work/x.key"
expect 64 '*not both*' keys generate --id x --days 1 --not-after 2029-01-01T00:00:00Z --output "$work/x.key"
expect 78 '*visible ASCII*' keys generate --id 'a b' --output "$work/x.key"
holds "no key was made" test ! -e "$work/x.key"

# Authorising and retiring.
mkdir -m 700 "$work/guest" "$work/guest/keys" "$work/guest/keys/authorized"
expect 0 '*guest-1*' keys generate --home "$work/guest" --id guest-1
expect 0 '' keys show --home "$work/guest" --identity spiffe://lantern.test/guest --output "$work/guest.key"
expect 78 '*is there already*' keys show --home "$work/guest" --identity spiffe://lantern.test/guest --output "$work/guest.key"
expect 0 '*guest-1.key: for spiffe://lantern.test/guest' keys authorize --home "$server" "$work/guest.key" --role client --days 7
expect 0 '*guest-1*ed25519*client*until 20*' keys list --home "$server"
expect 0 '*warning*guest-1*expires at*' keys check --home "$server" --warn-days 8
expect 78 '*own key*' keys authorize --home "$server" "$work/guest/keys/own.key"
expect 64 '*say --yes*' keys retire --home "$server" guest-1
expect 0 'removed *guest-1.key' keys retire --home "$server" guest-1 --yes
expect 1 "*no key 'guest-1'*" keys retire --home "$server" guest-1 --yes
expect 78 '*in use by this end*' keys retire --home "$server" server-1 --yes
sed 's|guest-1|../../x|' "$work/guest.key" >"$work/away.key"
expect 78 '*no file name*' keys authorize --home "$server" "$work/away.key"

# A shared key is never printed.
cp "$work/h.key" "$work/guest/keys/own.key"
expect 64 '*is a secret*' keys show --home "$work/guest" --identity spiffe://lantern.test/guest
expect 0 '' keys show --home "$work/guest" --identity spiffe://lantern.test/guest --output "$work/shared.key"
holds "a shared key is for its owner only" test "$(stat -c %a "$work/shared.key")" = 600

# Checking.
chmod 644 "$work/guest/keys/own.key"
expect 78 '*wrong*own.key*chmod 600*wrong*nobody can connect*' keys check --home "$work/guest"
expect 78 '*"state": "wrong"*' keys check --home "$work/guest" --json

# Both ends' use is noted down.
serve echo echo-server --home "$server"
expect 0 '"hello"' call --home "$client" "$uri" echo '"hello"'
ends
expect 0 '*own*server-1*20??-*T*Z*authorized*client-1*20??-*T*Z*' keys list --home "$server"
expect 0 '*own*client-1*20??-*T*Z*authorized*server-1*20??-*T*Z*' keys list --home "$client"
expect 1 '*was used at*--still-used*' keys retire --home "$server" client-1 --yes

# rotate HOME PEER OLD NEW: every step is followed by a call with the files as they are then.
rotate() {
    local home=$1 peer=$2 old=$3 new=$4
    expect 0 "no rotation under way; own key '$old'" keys rotate --home "$home"
    expect 78 '*no rotation was prepared*' keys rotate use --home "$home"
    expect 0 "*next.key: $new, ed25519*$peer: believes '$new'" keys rotate prepare --home "$home" --peer "$peer"
    called
    expect 0 "prepared: '$new' will follow '$old'*believes '$new'" keys rotate status --home "$home" --peer "$peer"
    expect 78 '*a next key is there*' keys rotate prepare --home "$home"
    expect 0 "*own.key: $new, after $old" keys rotate use --home "$home" --peer "$peer"
    called
    expect 0 "*own.key: $old; next is $new" keys rotate undo --home "$home"
    called
    expect 0 "*own.key: $new, after $old" keys rotate use --home "$home" --peer "$peer"
    called
    expect 0 '*removed*' keys retire --home "$home" "$old" --yes --still-used
    expect 0 '*removed*' keys retire --home "$peer" "$old" --yes --still-used
    called
}
called() {
    serve echo echo-server --home "$server"
    expect 0 '"hello"' call --home "$client" "$uri" echo '"hello"'
    ends
}
rotate "$client" "$server" client-1 client-2
rotate "$server" "$client" server-1 server-2

# A peer that has not authorised the next key stops the rotation before anything changes.
expect 0 '*client-3*' keys rotate prepare --home "$client"
expect 1 "*does not believe 'client-3' yet*" keys rotate use --home "$client" --peer "$server"
"$lantern" keys show --home "$client" client-3 >"$work/client-3.key"
expect 0 '*client-3.key: for spiffe://lantern.test/client' keys authorize --home "$server" "$work/client-3.key" --like client-2
expect 0 '*client-3, after client-2' keys rotate use --home "$client" --peer "$server"
called

# A retired key opens nothing, and an expired one neither.
expect 0 '*removed*client-3.key' keys retire --home "$server" client-3 --yes --still-used
serve echo echo-server --home "$server"
expect 77 '*authentication failed*' call --home "$client" "$uri" echo '"hello"'
ends
expect 0 '*client-3.key*' keys authorize --home "$server" "$work/client-3.key" --not-after 2001-01-01T00:00:00Z
serve echo echo-server --home "$server"
expect 77 '*authentication failed*' call --home "$client" "$uri" echo '"hello"'
ends

finished
