# What runs in the background, and how it ends: by process id, whatever happened.
# shellcheck shell=bash disable=SC2154

declare -A uri_of=() log_of=() pid_of=()
ended=0

# start NAME COMMAND...: runs a server and waits for its READY line.
start() {
    local name=$1 tries
    shift
    log_of[$name]=$work/$name.log
    : >"$work/$name.out"
    "$@" >"$work/$name.out" 2>"$work/$name.log" &
    local pid=$!
    pid_of[$name]=$pid
    for tries in {1..400}; do
        uri_of[$name]=$(sed -n 's/^READY //p' "$work/$name.out")
        [ -z "${uri_of[$name]}" ] || return 0
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.05
    done
    note "the $name did not start:"
    cat "$work/$name.log" >&2
    exit 1
}

# stop NAME: asks a server to end, waits up to 15 seconds, and sets `ended` to its exit status.
stop() {
    local pid=${pid_of[$1]:-} tries
    [ -n "$pid" ] || return 0
    unset "pid_of[$1]"
    ended=0
    kill "$pid" 2>/dev/null || true
    for tries in {1..300}; do
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.05
    done
    kill -9 "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || ended=$?
}

finish() {
    local status=$?
    trap - EXIT INT TERM
    # The service first: it still takes its name away.
    stop service
    stop ns
    if [ -n "$keep" ]; then note "homes and logs are in $work"; else rm -rf "$work"; fi
    exit "$status"
}
