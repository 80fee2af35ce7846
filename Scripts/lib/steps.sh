# Steps of a script, one after the other: each shown, limited in time, and remembered when it fails. And the Swift
# suites, in the portions in which they run. Needs prepare.sh's `say`; makes the directory $work and takes it away.
# shellcheck shell=bash

work=$(mktemp -d "${TMPDIR:-/tmp}/lantern-${prefix:-steps}.XXXXXX")
export work
child=
finish() {
    local status=$?
    trap - EXIT INT TERM
    # `timeout` passes the signal on to all that it started.
    [ -z "$child" ] || kill "$child" 2>/dev/null || true
    rm -rf "$work"
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

failures=()

# check NAME SECONDS COMMAND...: runs one step, shows it, and remembers when it fails.
check() {
    local name=$1 limit=$2 began=$SECONDS
    shift 2
    say "$name"
    timeout --kill-after=10 "$limit" "$@" &
    child=$!
    if wait "$child"; then
        say "$name: passed after $((SECONDS - began)) s"
    else
        say "$name: FAILED after $((SECONDS - began)) s"
        failures+=("$name")
    fi
    child=
}

say_failures() {
    [ ${#failures[@]} = 0 ] || say "FAILED: $(IFS=,; echo "${failures[*]}" | sed 's/,/, /g')"
}

# The suites that talk over sockets have deadlines; beside thousands of table cases they would starve.
networked='^(InteropTests|HostileTests|LanternTests|LanternTLSTests|LanternNameServerTests)\.'
# And those that keep every core busy for a while would starve them.
heavy='^(InteropTests\.LargeMessageTests|LanternTests\.BrokenConnectionTests)/'
# These look at the memory of the process, which they must have to themselves.
memory='^(LanternTests\.TransferTests|HostileTests\.CancelledCallsTests)/'

# All of a suite's cases at once would starve each other on two cores; their handshakes have deadlines.
export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=${SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH:-8}
