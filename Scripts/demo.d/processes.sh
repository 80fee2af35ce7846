# What runs in the background, and how it ends: by process id, whatever happened.
# shellcheck shell=bash disable=SC2154

declare -A uri_of=() log_of=()
pids=()

# start NAME COMMAND...: runs a server and waits for its READY line.
start() {
    local name=$1 tries
    shift
    log_of[$name]=$work/$name.log
    "$@" >"$work/$name.out" 2>"$work/$name.log" &
    local pid=$!
    pids+=("$pid")
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

# Ends what runs, last started first, so that the service can still take its name away.
stop_all() {
    local index
    for ((index = ${#pids[@]} - 1; index >= 0; index--)); do
        kill "${pids[index]}" 2>/dev/null || continue
        (sleep 15; kill -9 "${pids[index]}" 2>/dev/null) &
        local guard=$!
        wait "${pids[index]}" 2>/dev/null || true
        kill "$guard" 2>/dev/null || true
        wait "$guard" 2>/dev/null || true
    done
    pids=()
}

finish() {
    local status=$?
    trap - EXIT INT TERM
    stop_all
    if [ -n "$keep" ]; then note "homes and logs are in $work"; else rm -rf "$work"; fi
    exit "$status"
}
