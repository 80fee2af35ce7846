# What the tests of the command line share: the program, a place to work, servers that end, and counting.
# A test that cleans up in a way of its own defines `finish` again behind this.
# shellcheck shell=bash disable=SC2034

lantern=${LANTERN:-$(swift build --show-bin-path)/lantern}
python=${LANTERN_PYTHON:-python3}
certs=$PWD/Scripts/certs
work=$(mktemp -d "${TMPDIR:-/tmp}/lantern-$(basename "$0" .sh).XXXXXX")
# Servers that are running.
pids=()
finish() {
    local status=$? pid
    trap - EXIT INT TERM
    for pid in "${pids[@]}"; do
        kill "$pid" 2>/dev/null || continue
        wait "$pid" 2>/dev/null || true
    done
    [ "$status" = 0 ] || tail -n 5 "$work"/*.err 2>/dev/null || true
    rm -rf "$work"
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
unset LANTERN_HOME LANTERN_SSH

count=0
wrong=0
wrong() {
    wrong=$((wrong + 1))
    echo "WRONG  $*"
}

# expect_of COMMAND STATUS PATTERN ARGUMENT...: PATTERN is for all that it prints, on both outputs.
expect_of() {
    local command=$1 status=$2 pattern=$3 output got=0
    shift 3
    output=$("$command" "$@" 2>&1 </dev/null) || got=$?
    count=$((count + 1))
    # shellcheck disable=SC2053
    if [ "$got" != "$status" ] || [[ $output != $pattern ]]; then
        wrong "$(basename "$command") $*"
        printf '  expected %s: %s\n  got %s: %s\n' "$status" "$pattern" "$got" "$output"
    fi
}

# expect STATUS PATTERN ARGUMENT...: runs `lantern`.
expect() { expect_of "$lantern" "$@"; }

# holds WORDS COMMAND...: a command that must succeed.
holds() {
    local words=$1
    shift
    count=$((count + 1))
    "$@" >/dev/null 2>&1 || wrong "$words"
}

# fails WORDS COMMAND...: a command that must not.
fails() {
    local words=$1
    shift
    count=$((count + 1))
    ! "$@" >/dev/null 2>&1 || wrong "$words"
}

# serve NAME ARGUMENT...: starts `lantern ARGUMENT...` and sets `uri` from its READY line. What it prints is in
# $work/NAME.out and $work/NAME.err.
serve() {
    local name=$1 tries
    shift
    : >"$work/$name.out"
    "$lantern" "$@" >"$work/$name.out" 2>"$work/$name.err" &
    pids+=("$!")
    for tries in {1..400}; do
        uri=$(sed -n 's/^READY //p' "$work/$name.out")
        [ -z "$uri" ] || return 0
        kill -0 "${pids[-1]}" 2>/dev/null || break
        sleep 0.05
    done
    echo "the $name did not start:"
    cat "$work/$name.err"
    exit 1
}

# ends [SIGNAL]: the server that was started last ends with status 0 within ten seconds.
ends() {
    local pid=${pids[-1]} signal=${1:-TERM} status=0 tries
    unset 'pids[-1]'
    kill -"$signal" "$pid"
    for tries in {1..200}; do
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.05
    done
    kill -9 "$pid" 2>/dev/null || true
    wait "$pid" || status=$?
    count=$((count + 1))
    [ "$status" = 0 ] || wrong "a server ended with $status on SIG$signal"
}

# finished: says how many checks there were; the last line of a test.
finished() {
    echo "$count checks, $wrong wrong"
    [ "$wrong" = 0 ]
}
