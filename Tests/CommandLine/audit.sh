#!/bin/bash
# The audit log from outside: its commands, verifiers that are not ours, tampering, and a disk that is really full.
set -euo pipefail

cd "$(dirname "$0")/../.."
self=$PWD/Tests/CommandLine/audit.sh
bin=$(swift build --show-bin-path)
lantern=$bin/lantern
python=${LANTERN_PYTHON:-python3}
work=$(mktemp -d "${TMPDIR:-/tmp}/lantern-audit.XXXXXX")
finish() {
    local status=$?
    trap - EXIT INT TERM
    rm -rf "$work"
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
unset LANTERN_HOME

count=0
wrong=0

# expect STATUS PATTERN COMMAND...: PATTERN is for all that it prints, on both outputs.
expect() {
    local status=$1 pattern=$2 output got=0
    shift 2
    if [ "$(type -t "$1")" = function ]; then
        output=$("$@" 2>&1) || got=$?
    else
        output=$(timeout 60 "$@" 2>&1) || got=$?
    fi
    count=$((count + 1))
    # shellcheck disable=SC2053
    if [ "$got" != "$status" ] || [[ $output != $pattern ]]; then
        wrong=$((wrong + 1))
        printf 'WRONG  %s\n  expected %s: %s\n  got %s: %s\n' "$*" "$status" "$pattern" "$got" "$output"
    fi
}

# A disk that is really full, and one that is read-only: in a mount namespace of our own.
disk() {
    local home=$work/small uri
    "$lantern" init "$home" >/dev/null
    mount -t tmpfs -o size=5m,mode=700 none "$home/audit"
    "$lantern" ns --home "$home" --port 0 >"$work/ns.out" 2>"$work/ns.err" &
    local server=$! tries
    for tries in {1..200}; do
        uri=$(sed -n 's/^READY //p' "$work/ns.out")
        [ -z "$uri" ] || break
        sleep 0.05
    done
    local port=${uri##*:}
    nsc() { "$lantern" nsc "$@" --home "$home" --at "localhost:$port" 2>&1; }
    nsc register example.one PYRO:one@192.0.2.1:4000 >/dev/null || { echo "register: failed"; cat "$work/ns.err"; }
    head -c 6M /dev/zero >"$home/audit/fill" 2>/dev/null || true
    local output=
    for tries in {1..40}; do
        output=$(nsc register "example.full$tries" PYRO:one@192.0.2.1:4000) || break
        sleep 0.1
    done
    echo "full: $output"
    rm "$home/audit/fill"
    for tries in {1..60}; do
        output=$(nsc register example.two PYRO:two@192.0.2.1:4000) && break
        sleep 0.1
    done
    echo "again: $(nsc lookup example.two)"
    kill "$server"
    wait "$server" || true
    echo "verified: $("$lantern" audit verify --home "$home")"
    mount -o remount,ro "$home/audit"
    echo "read-only: $(timeout 20 "$lantern" ns --home "$home" --port 0 2>&1 || true)"
}
if [ "${1:-}" = disk ]; then
    rm -rf "$work"
    work=$2
    trap - EXIT
    disk
    exit 0
fi

# The outsider's program: Go's own packages from Debian, no modules, no network.
export GOPATH=/usr/share/gocode GO111MODULE=off GOCACHE=$work/go-cache GOFLAGS=
go build -o "$work/outside" Tests/Outside/verify.go

home=$work/home
audit=$work/audit
printf '#!/bin/sh\nexec "%s" audit "$@" --home "%s"\n' "$lantern" "$home" >"$audit"
chmod +x "$audit"
"$lantern" init "$home" >/dev/null
expect 78 "*there is no audit log here*" "$audit" tail
"$bin/audit-writer" fill --directory "$home" --count 700
key=$("$audit" key)
"$audit" checkpoint >"$work/kept.note"
cp -r "$home" "$work/early"
"$bin/audit-writer" fill --directory "$home" --count 650
"$audit" checkpoint >"$work/newest.note"

# Commands.
expect 0 "intact: 1350 entries, root *" "$audit" verify
expect 0 "intact: 1350 entries, *" "$audit" verify --key "$key" --since "$work/kept.note"
expect 0 "2" "$audit" search --target example.649 --count
expect 0 "1350" "$audit" search --who spiffe://lantern.test/writer --decision permit --count
expect 1 "0" "$audit" search --decision deny --count
expect 1 "0" "$audit" search --since 1h --count
expect 0 "1350" "$audit" search --since 2023-11-14T00:00:00Z --until 2023-11-15T00:00:00Z --count
expect 64 "*is no time*" "$audit" search --since yesterday
expect 0 '{"time":*"epoch":1,*' "$audit" tail -n 1
expect 0 "1350" bash -c "'$audit' export | wc -l"
expect 0 "50" bash -c "'$audit' export --from 1300 | '$python' -c 'import json, sys
print(len([json.loads(line) for line in sys.stdin]))'"

# Proofs, checked by ours and by Go's tlog.
"$audit" prove --entry 1234 --entry-to "$work/entry.json" >"$work/entry.tlog-proof"
"$audit" prove --since "$work/kept.note" >"$work/continues"
expect 0 "proved: entry 1234 of a log of 1350" \
    "$lantern" audit check-proof --key "$key" --entry-file "$work/entry.json" "$work/entry.tlog-proof"
expect 0 "proved: entry 1234 of 1350" "$work/outside" record "$key" "$work/entry.tlog-proof" "$work/entry.json"
expect 0 "proved: 1350 entries continue 700" "$work/outside" tree "$key" "$work/kept.note" "$work/continues"
echo x >>"$work/entry.json"
expect 1 "NOT PROVED: *" \
    "$lantern" audit check-proof --key "$key" --entry-file "$work/entry.json" "$work/entry.tlog-proof"
expect 1 "FAULT: *" "$work/outside" record "$key" "$work/entry.tlog-proof" "$work/entry.json"
sed '2s/./A/' "$work/continues" >"$work/forged"
expect 1 "FAULT: *" "$work/outside" tree "$key" "$work/kept.note" "$work/forged"
expect 1 "*entries 0 to 1349*" "$audit" prove --entry 1350

# Verifiers that are not ours read the same log.
outsiders() {
    expect "$1" "$2" "$work/outside" verify "$3/audit" "$key"
    expect "$1" "$2" "$python" Tests/Outside/verify.py "$3/audit" "$key"
}
outsiders 0 "intact: 1350 entries" "$home"

# Tampering: each change is found by all three.
# tamper NAME PYTHON: the code has `bundle`, a list of entries of the second bundle, and `rest` for whole files.
tamper() {
    rm -rf "$work/bad"
    cp -r "$home" "$work/bad"
    "$python" - "$work/bad/audit" "$2" <<'END'
import pathlib, sys
audit, code = pathlib.Path(sys.argv[1]), sys.argv[2]
path = audit / "tile/entries/001"
data, bundle = path.read_bytes(), []
while data:
    size = int.from_bytes(data[:2], "big")
    bundle.append(bytearray(data[2:2 + size]))
    data = data[2 + size:]
exec(code)
if path.exists():
    path.write_bytes(b"".join(len(e).to_bytes(2, "big") + e for e in bundle))
END
    expect 1 "NOT INTACT: *" "$lantern" audit verify --home "$work/bad" --key "$key"
    outsiders 1 "FAULT: *" "$work/bad"
}
tamper flip 'bundle[7][40] ^= 1'
tamper drop 'del bundle[7]'
tamper reorder 'bundle[7], bundle[200] = bundle[200], bundle[7]'
tamper cut 'bundle = bundle[:100]'
tamper "cut an entry" 'bundle[3] = bundle[3][:-1]'
tamper "a bundle that is gone" 'path.unlink()'
tamper "the checkpoint" 'c = audit / "checkpoint"; c.write_bytes(c.read_bytes().replace(b"1350", b"1349", 1))'

# A log put back to an earlier state verifies by itself, and not beside a checkpoint kept elsewhere.
expect 0 "intact: 700 entries, *" "$lantern" audit verify --home "$work/early"
expect 1 "NOT INTACT: *shorter than an earlier checkpoint of 1350*" \
    "$lantern" audit verify --home "$work/early" --since "$work/newest.note"

# Another key, while nobody and while somebody has the log open.
second=$("$audit" rotate)
expect 0 "intact: 1351 entries, *" "$audit" verify --key "$key"
expect 0 "intact: 1351 entries, *" "$audit" verify --key "$second" --since "$work/kept.note"
[ "$second" = "$("$audit" key)" ] || { wrong=$((wrong + 1)); echo "WRONG  the key is not the new one"; }
expect 0 "intact: 1351 entries" "$work/outside" verify "$home/audit" "$second"
expect 1 "FAULT: *" "$work/outside" verify "$home/audit" "$key"

# Pruning keeps the proof.
expect 0 "would keep entries from 512 on" "$audit" prune --below 600 --dry-run
expect 0 "nothing to prune: *" "$audit" prune --below 200
expect 0 "entries from 512 on are kept" "$audit" prune --below 600
expect 0 "intact: 1352 entries, 512 of them pruned, *" "$audit" verify --key "$key"
expect 0 "840" bash -c "'$audit' export | wc -l"
rm "$home/audit/tile/entries/003"
expect 1 "NOT INTACT: entry 768: *" "$audit" verify --key "$key"

# Who follows the log reads what comes, in order, and nothing twice.
"$lantern" init "$work/followed" >/dev/null
"$bin/audit-writer" fill --directory "$work/followed" --count 20
"$lantern" audit tail -n 5 --follow --home "$work/followed" >"$work/tail.out" 2>"$work/tail.err" &
follower=$!
lines() {
    local tries
    for tries in {1..200}; do
        [ "$(wc -l <"$work/tail.out")" -lt "$1" ] || break
        sleep 0.05
    done
    wc -l <"$work/tail.out"
}
expect 0 5 lines 5
"$bin/audit-writer" fill --directory "$work/followed" --count 30
expect 0 35 lines 35
kill "$follower"
wait "$follower" || true
expect 0 "" diff "$work/tail.out" <("$lantern" audit export --from 15 --home "$work/followed")

# The commands of docs/audit-log.md, in a folder that has nothing but a lantern home and our verifiers.
mkdir -p "$work/page/bin" "$work/page/Tests"
ln -s "$PWD/Tests/Outside" "$work/page/Tests/Outside"
ln -s "$lantern" "$work/page/bin/lantern"
printf '#!/bin/sh\nexec "%s" "$@"\n' "$(command -v "$python")" >"$work/page/bin/python"
chmod +x "$work/page/bin/python"
"$lantern" init "$work/page/ns-home" >/dev/null
"$bin/audit-writer" fill --directory "$work/page/ns-home" --count 300
# --follow is ended, a search may find nothing, and what ends the old key comes last.
awk '/^```/ { inside = !inside; next } inside' docs/audit-log.md | grep -E '^(lantern|go|\./outside|python|export) ' |
    sed -E -e 's/^(.* --follow.*)$/timeout 2 \1 || [ $? = 124 ]/' -e '/ audit search /s/$/ || [ $? = 1 ]/' >"$work/page/all"
grep -vE ' audit (rotate|prune) ' "$work/page/all" >"$work/page/steps"
grep -E ' audit (rotate|prune) ' "$work/page/all" >>"$work/page/steps"
expect 0 18 bash -c "wc -l <'$work/page/steps'"
follow_page() {
    (cd "$work/page" && PATH=$PWD/bin:$PATH && bash -e steps 2>&1) || { echo "status $?"; return 1; }
}
expect 0 "*intact: 300 entries, *proved: entry 17 of 300*proved: 300 entries continue 300*intact: 300 entries*" follow_page

# A disk that is full stops what is audited, with its reason, until there is room again.
namespace=(unshare -m)
[ "$(id -u)" = 0 ] || namespace=(unshare -rm)
if "${namespace[@]}" true 2>/dev/null; then
    mkdir "$work/disk"
    "${namespace[@]}" bash "$self" disk "$work/disk" >"$work/disk.log" 2>&1 || true
    for line in "full: *the operation is refused because the audit log cannot be written: No space left on device*" \
        "again: PYRO:two@192.0.2.1:4000" "verified: intact: *" "read-only: *Read-only file system*"; do
        # shellcheck disable=SC2053
        expect 0 "$line" grep "^${line%%:*}:" "$work/disk.log"
    done
else
    echo "audit: no mount namespaces here; the full disk is not tried"
fi

echo "audit: $count checks, $wrong wrong"
[ "$wrong" = 0 ]
