#!/bin/bash
# Certificates and keys are rotated under constant load, and no call fails: leaf, key, issuer and root, forward and back.
set -euo pipefail

cd "$(dirname "$0")/../.."
bin=$(swift build --show-bin-path)
lantern=$bin/lantern
certs=$PWD/Scripts/certs
work=$(mktemp -d "${TMPDIR:-/tmp}/lantern-rotation.XXXXXX")
pids=()
finish() {
    local status=$?
    trap - EXIT INT TERM
    for pid in "${pids[@]}"; do
        kill "$pid" 2>/dev/null || continue
        wait "$pid" 2>/dev/null || true
    done
    [ "$status" = 0 ] || tail -n 30 "$work"/*.err
    rm -rf "$work"
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
unset LANTERN_HOME

ca=$work/ca
"$certs/make-root" "$work/root" >/dev/null
"$certs/make-root" "$work/root2" >/dev/null
"$certs/make-issuer" "$ca" --root "$work/root" >/dev/null
homes=(server steady fresh)
for name in "${homes[@]}"; do
    "$lantern" init --authority "$work/unused" --identity "spiffe://example.org/$name" --dns localhost "$work/$name" >/dev/null
    "$certs/issue" "$ca" --identity "spiffe://example.org/$name" --dns localhost --home "$work/$name" >/dev/null
done
# Connections move to a new certificate within a second, so that three are enough for a phase.
for name in "${homes[@]}"; do echo "trust: { renewal-jitter: 1 }" >>"$work/$name/lantern.yaml"; done
settle=3
for name in steady fresh; do "$lantern" trust "$work/server" --peer "$work/$name" --both >/dev/null; done
cat >"$work/server/policy.yaml" <<'POLICY'
version: 1
rules:
  - allow: ["spiffe://example.org/*"]
    objects: ["test.echoserver"]
    methods: ["echo"]
POLICY

"$lantern" echo-server --home "$work/server" >"$work/server.out" 2>"$work/server.err" &
pids+=("$!")
for _ in {1..400}; do ! grep -q '^READY ' "$work/server.out" || break; sleep 0.05; done
uri=$(sed -n 's/^READY //p' "$work/server.out")
# From here on the authority also looks at what is served.
"$certs/issue" "$ca" --identity spiffe://example.org/server --dns localhost --home "$work/server" \
    --address "localhost:${uri##*:}" >/dev/null

# One program that keeps its connections, one that makes a new one for each call.
"$bin/steady-caller" --home "$work/steady" --workers 4 "$uri" >"$work/steady.load" 2>"$work/steady.err" &
pids+=("$!")
"$bin/steady-caller" --home "$work/fresh" --workers 1 --pause 20 --reconnecting "$uri" >"$work/fresh.load" 2>"$work/fresh.err" &
pids+=("$!")
for name in steady fresh; do
    for _ in {1..400}; do ! grep -q CALLING "$work/$name.load" || break; sleep 0.05; done
done

wrong=0
# step WORDS COMMAND...: and no call failed in it.
step() {
    local words=$1 name
    shift
    "$@" >"$work/said" 2>&1 || { wrong=$((wrong + 1)); echo "WRONG  $words: $(cat "$work/said")"; }
    for name in steady fresh; do
        grep -q FAILING "$work/$name.load" || continue
        wrong=$((wrong + 1))
        echo "WRONG  calls of $name failed: $words: $(grep FAILING "$work/$name.load") (at $(date -u +%T))"
        exit 1
    done
    echo "ok     $words"
}
# serves new|old: the server shows the certificate of this issuer, within ten seconds.
serves() {
    for _ in {1..100}; do
        ! "$certs/rotate-$1" status "$ca" | grep -qE "^server .*$2\$" || return 0
        sleep 0.1
    done
    "$certs/rotate-$1" status "$ca"
    return 1
}

# rotate_key HOME PEER...: the home's handshake key in its two phases, back and forth.
rotate_key() {
    local name=$1 home=$work/$1 old peer peers=()
    shift
    for peer in "$@"; do peers+=(--peer "$work/$peer"); done
    old=$("$lantern" keys rotate --home "$home" | sed -n "s/.*own key '\(.*\)'.*/\1/p")
    step "handshake key of $name: prepare" "$lantern" keys rotate prepare --home "$home" "${peers[@]}"
    step "handshake key of $name: use" "$lantern" keys rotate use --home "$home" "${peers[@]}"
    step "handshake key of $name: in use" sleep $settle
    step "handshake key of $name: undo" "$lantern" keys rotate undo --home "$home"
    step "handshake key of $name: the old one in use" sleep $settle
    step "handshake key of $name: use again" "$lantern" keys rotate use --home "$home" "${peers[@]}"
    step "handshake key of $name: in use again" sleep $settle
    for peer in "$name" "$@"; do
        step "handshake key of $name: $old retired at $peer" \
            "$lantern" keys retire --home "$work/$peer" "$old" --yes --still-used
    done
    step "handshake key of $name: the old one is gone" sleep 1
}

rotate_key steady server
rotate_key fresh server
rotate_key server steady fresh
for name in "${homes[@]}"; do
    step "renewal of $name" "$certs/renew" "$ca" "$name" --now
    step "another key for $name" "$certs/rotate-leaf" "$ca" "$name"
    step "back to the key before for $name" "$certs/rotate-leaf" "$ca" "$name" --back
    step "another key for $name, the old one revoked" "$certs/rotate-leaf" "$ca" "$name" --revoke --settle $settle
done
for kind in issuer root; do
    from=$work/root
    [ $kind = issuer ] || from=$work/root2
    step "$kind: prepare" "$certs/rotate-$kind" prepare "$ca" --root "$from"
    step "$kind: trust" "$certs/rotate-$kind" trust "$ca" --settle $settle
    step "$kind: back to prepared" "$certs/rotate-$kind" back "$ca" --settle $settle
    step "$kind: trust again" "$certs/rotate-$kind" trust "$ca" --settle $settle
    step "$kind: issue" "$certs/rotate-$kind" issue "$ca" --settle $settle
    step "$kind: the new one is served" serves $kind new
    step "$kind: back to trusted" "$certs/rotate-$kind" back "$ca" --settle $settle
    step "$kind: the old one is served" serves $kind old
    step "$kind: issue again" "$certs/rotate-$kind" issue "$ca" --settle $settle
    step "$kind: the new one is served again" serves $kind new
    step "$kind: retire" "$certs/rotate-$kind" retire "$ca" --settle $settle
    step "$kind: back to issued" "$certs/rotate-$kind" back "$ca" --settle $settle
    step "$kind: retire again" "$certs/rotate-$kind" retire "$ca" --settle $settle
    step "$kind: finish" "$certs/rotate-$kind" finish "$ca"
done

for pid in "${pids[@]:1}"; do kill "$pid"; done
for name in steady fresh; do
    for _ in {1..200}; do ! grep -q '^calls ' "$work/$name.load" || break; sleep 0.05; done
    total=$(grep '^calls ' "$work/$name.load" || true)
    echo "$name: ${total:-did not end}"
    [[ $total == *"failed 0" ]] || wrong=$((wrong + 1))
done
[ "$wrong" = 0 ]
