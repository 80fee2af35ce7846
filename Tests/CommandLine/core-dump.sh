#!/bin/bash
# No core dump of a server holds a handshake secret, and by default there is none at all.
set -euo pipefail

cd "$(dirname "$0")/../.."
# shellcheck source=Tests/CommandLine/support/common.sh
. Tests/CommandLine/support/common.sh
pid=
finish() {
    local status=$?
    trap - EXIT INT TERM
    [ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null || true
    rm -rf "$work"
    exit "$status"
}
export SWIFT_BACKTRACE=enable=no

# serve ARGUMENT...: a server with `work` as working directory, from which it was called once.
serve() {
    local tries uri=
    : >"$work/out"
    (cd "$work" && ulimit -c unlimited && exec "$lantern" echo-server --home "$home" "$@") \
        >"$work/out" 2>"$work/err" &
    pid=$!
    for tries in {1..400}; do
        uri=$(sed -n 's/^READY //p' "$work/out")
        [ -z "$uri" ] || break
        kill -0 "$pid" 2>/dev/null || { cat "$work/err"; exit 1; }
        sleep 0.05
    done
    "$lantern" call --home "$home" "$uri" echo '"hello"' >"$work/called"
}

# aborts: ends the server in the way that makes a core dump; `core` is its path, or empty.
aborts() {
    kill -ABRT "$pid"
    wait "$pid" 2>/dev/null || true
    pid=
    core=$(find "$work" -maxdepth 1 -name 'core*' -type f | head -1)
}

# search FILE|PID: what of the secrets is found there.
search() { "$python" Tests/CommandLine/search_memory.py "$home" "$@"; }

for algorithm in ed25519 hmac-sha512-256; do
    home=$work/$algorithm
    "$lantern" init --algorithm "$algorithm" "$home" >"$work/init"

    serve --allow-dumps
    # What a dump takes is judged from the outside: the pages that the kernel marks as not to be dumped are left out.
    # The same search over all pages finds the secret, so it would have found it.
    search --pid "$pid" --all >"$work/all"
    grep -q '^seed: found' "$work/all" || { echo "the search finds nothing at all"; exit 1; }
    search --pid "$pid" | tee "$work/pages"
    ! grep -E '^(seed|seed in base64): found' "$work/pages" || { echo "FAILED: in dumpable pages ($algorithm)"; exit 1; }
    grep -q '^key id: found' "$work/pages" || { echo "the search of pages finds nothing"; exit 1; }

    pattern=$(cat /proc/sys/kernel/core_pattern)
    if [[ $pattern = core* ]]; then
        aborts
        [ -n "$core" ] || { echo "FAILED: no core dump with --allow-dumps"; exit 1; }
        search --file "$core" | tee "$work/dump"
        ! grep -E '^(seed|seed in base64): found' "$work/dump" || { echo "FAILED: in the core dump ($algorithm)"; exit 1; }
        grep -q '^key id: found' "$work/dump" || { echo "the core dump holds nothing"; exit 1; }
        rm -f "$core"

        serve
        aborts
        [ -z "$core" ] || { echo "FAILED: a core dump without --allow-dumps"; exit 1; }
        echo "$algorithm: no core dump by default"
    else
        echo "core dumps go to '$pattern' here: only pages were searched"
        kill "$pid"
        wait "$pid" || true
        pid=
    fi
done
echo "no secret in any dump"
