#!/bin/bash
# The program `lantern` as scripts see it: what it prints, its exit status, and that its servers end when told to.
set -euo pipefail

cd "$(dirname "$0")/../.."
# shellcheck source=Tests/CommandLine/support/common.sh
. Tests/CommandLine/support/common.sh

home=$work/home
expect 64 "*Usage:*" bogus
expect 64 "*ed25519 or hmac-sha512-256*" init --algorithm rot13 "$home"
expect 64 "lantern: --identity nobody: *spiffe://*" init --identity nobody "$home"
for id in spiffe://example.org spiffe://example.org/; do
    expect 64 "lantern: --identity $id: *path*for example spiffe://example.org/svc/warehouse" init --identity "$id" "$home"
done
holds "init leaves nothing behind" test ! -e "$home" -a ! -e "$home-authority"
expect 78 "lantern: no lantern home: *lantern init*" check-config
expect 78 "lantern: $home: there is no such lantern home; \`lantern init*" nsc list --home "$home"
expect 0 "$home: spiffe://lantern.local/host,*" init "$home"
expect 78 "lantern: $home: there is a lantern home already*" init "$home"
expect 64 "*--unix-socket or --host and --port, not both*" echo-server --home "$home" -u "$work/e" --port 1
expect 0 "ok *spiffe://lantern.local/host, 36? days left*" check-config --home "$home"
expect 0 '\[\{"part": "certificate", "ok": true,*' check-config --home "$home" --json
expect 78 "*there is no audit log here*" audit key --home "$home"

echo "rules: []" >"$home/broken.yaml"
mv "$home/policy.yaml" "$home/good.yaml"
mv "$home/broken.yaml" "$home/policy.yaml"
chmod 644 "$home/keys/own.key"
expect 78 "*WRONG  handshake keys:*chmod 600*WRONG  policy: *policy.yaml:1: 'version: 1'*is missing*" \
    check-config --home "$home"
expect 78 "*chmod 600*" ns --home "$home" --port 0
chmod 600 "$home/keys/own.key"
mv "$home/good.yaml" "$home/policy.yaml"

serve ns ns --home "$home" --port 0
export LANTERN_HOME=$home
sed -i "s/port: 9090/port: ${uri##*:}/" "$home/lantern.yaml"
expect 0 "$uri answers" nsc ping
expect 0 "1" nsc count
expect 78 "*open in another process" ns --port 0
expect 0 "" nsc register a.b PYRO:x@localhost:1 --tag red
expect 1 "*NamingError: name already registered: a.b" nsc register a.b PYRO:x@localhost:1 --safe
expect 64 "*a URI is PYRO:*" nsc register a.c nonsense
expect 64 "*Unexpected argument 'extra'*" nsc register a.c PYRO:x@localhost:1 extra
expect 0 "PYRO:x@localhost:1" nsc lookup a.b
expect 1 "lantern: unknown name: a.c; *nsc list*" nsc lookup a.c
expect 0 '{"a.b": {"uri": "PYRO:x@localhost:1", "tags": \["red"\]}}' nsc list --all red --json
expect 0 "NAME*a.b   PYRO:x@localhost:1  red" nsc list --prefix a.
expect 1 "*invalid regex*" nsc list --regex "("
expect 64 "*only one of*" nsc list --prefix a --regex b
expect 0 "" nsc set-metadata a.b blue
expect 0 "{}" nsc list --any red --json
expect 64 "a.b*1 names match, and nobody can be asked: --yes removes them" nsc remove --prefix a.
expect 0 "1" nsc remove --prefix a. --yes
expect 1 "lantern: 'a.b' is not registered*" nsc remove a.b
expect 0 "" nsc register a.six 'PYRO:x@[::1]:1'
expect 0 "PYRO:x@\[::1]:1" nsc lookup a.six
expect 0 "" nsc register a.unix PYRO:x@./u:/run/x.sock
expect 0 "PYRO:x@./u:/run/x.sock" nsc lookup a.unix
expect 0 "2" nsc remove --prefix a. --yes
expect 69 "lantern: cannot reach localhost:1: Connection refused*" nsc ping --at localhost:1

serve echo echo-server --register test.echoserver
echo_uri=$uri
expect 0 '{"a": \[1, 2.5, null, "ö"\]}' call PYRONAME:test.echoserver echo '{"a":[1,2.5,null,"ö"]}'
for serializer in serpent json marshal msgpack; do
    expect 0 '{"data": "aGk=", "encoding": "base64"}' \
        call "$echo_uri" echo '{"data":"aGk=","encoding":"base64"}' --serializer $serializer
    expect 0 '"hello"' call "$echo_uri" echo --keyword 'message="hello"' --serializer $serializer
done
expect 0 $'"one"\n"two"\n"three"' call "$echo_uri" generator --stream
expect 0 '\["one", "two", "three"\]' call "$echo_uri" generator
expect 0 $'a  b\n1  x\n2' call "$echo_uri" echo '[{"a":1,"b":"x"},{"a":2}]' --table
expect 0 "false" call "$echo_uri" verbose --attribute
expect 0 "" call "$echo_uri" oneway_echo 1 --oneway
expect 1 "*builtins.ValueError: the message of the error" call "$echo_uri" error_with_text
expect 1 "*AttributeError*" call "$echo_uri" _private
expect 1 "*missing argument: 'message'" call "$echo_uri" echo
expect 64 "lantern: argument 1 is not JSON: sofa *'\"sofa\"'" call "$echo_uri" echo sofa
expect 64 "lantern: --keyword x: write it as name=JSON" call "$echo_uri" echo --keyword x
expect 64 "*no serializer 'pickle'*" call "$echo_uri" echo 1 --serializer pickle
expect 69 "*in time*" call "$echo_uri" slow --timeout 0.3
expect 77 "*unknown object*" call "PYRO:nothing@${echo_uri##*@}" echo 1
expect 0 "$echo_uri is there: spiffe://lantern.local/host, key host-1*" ping "$echo_uri"
expect 0 '{"uri": "PYRO:*"identity": "spiffe://lantern.local/host", "key": "host-1", "milliseconds": *}' \
    ping "$echo_uri" --json

# Another home: the same authority, but nobody knows its key; then it is known, and the policy still says no.
expect 0 "*" init --authority "$home-authority" --identity spiffe://lantern.local/guest "$work/guest"
expect 77 "*authentication failed*" call --home "$work/guest" "$echo_uri" echo 1
ends TERM
expect 0 "*spiffe://lantern.local/guest*spiffe://lantern.local/host" trust "$home" --peer "$work/guest" --both
serve echo2 echo-server --port 0
expect 77 "*unknown object*" call --home "$work/guest" "$uri" echo 1
expect 0 "*" init --identity spiffe://lantern.local/shared --authority "$home-authority" \
    --algorithm hmac-sha512-256 "$work/shared"
expect 77 "*authentication failed*" call --home "$work/shared" "$uri" echo 1
expect 0 "null" call "$uri" shutdown
wait "${pids[-1]}" || wrong "shutdown ended the echo server with $?"
unset 'pids[-1]'
expect 1 "*unknown name*" nsc lookup test.echoserver

# A shared key works in both directions; a key is never exchanged for another of the same name.
expect 0 "*believes*" trust "$home" --peer "$work/shared" --both
serve echo3 echo-server
expect 77 "*unknown object*" call --home "$work/shared" "$uri" echo 1
ends TERM
expect 0 "*" init "$work/other"
expect 78 "*another key has the id 'host-1'*" trust "$home" --peer "$work/other"
expect 78 "*nowhere/*" trust "$home" --peer "$work/nowhere"

# Unix sockets: the file goes with its server, and the server is checked by name or identity.
serve unix echo-server -u "$work/e.sock"
expect 0 "1" call "$uri" echo 1
expect 0 "1" call "$uri" echo 1 --server-name 127.0.0.1
expect 0 "1" call "$uri" echo 1 --server-identity 'spiffe://lantern.local/h*'
expect 77 "*" call "$uri" echo 1 --server-name svc.example
expect 77 "*" call "$uri" echo 1 --server-identity spiffe://lantern.local/other
expect 78 "*another program listens there*" echo-server -u "$work/e.sock"
ends TERM
expect 69 "*No such file*" call "$uri" echo 1
expect 78 "*107 at most*" echo-server -u "$work/$(printf 'x%.0s' {1..107})"
serve unix-ns ns --home "$work/other" -u "$work/ns.sock"
expect 0 "PYRO:Pyro.NameServer@./u:$work/ns.sock answers" nsc ping --home "$work/other" --at "./u:$work/ns.sock"
ends TERM
if [ -e /proc/net/if_inet6 ] && grep -q '^0*1 ' /proc/net/if_inet6; then
    serve six echo-server --host '[::1]'
    expect 0 "1" call "$uri" echo 1
    expect 0 "PYRO:test.echoserver@\[::1]:*" ping "$uri"
    ends TERM
fi

ends INT
expect 0 "intact: *" audit verify
expect 0 '{"intact": true,*"fault": null}' audit verify --json
expect 0 "spiffe://lantern.local/host/audit+*" audit key
expect 0 '{"time":*"method":"lookup","target":"test.echoserver",*' audit tail -n 1
find "$home/audit/tile/entries" -type f -exec sed -i 's/"decision":"permit"/"decision":"denied"/' {} +
expect 1 "NOT INTACT: entry 0:*" audit verify

finished
