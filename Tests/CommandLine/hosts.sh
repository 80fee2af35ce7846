#!/bin/bash
# Three hosts as network namespaces with addresses, names and certificates of their own: name server, service, client.
# The whole story over a network that is cut and heals, with processes that are killed and come back, and with a host
# whose certificate is revoked. Needs root and the right to make namespaces; says so and leaves it at that otherwise.
set -euo pipefail

cd "$(dirname "$0")/../.."
skip() {
    echo "SKIPPED: $*"
    exit 0
}
[ "$(id -u)" = 0 ] || skip "network namespaces need root"
command -v ip >/dev/null || skip "there is no ip(8); Scripts/test installs iproute2 on Debian"
tag=lantern$$
ip netns add "$tag-try" 2>/dev/null || skip "this system does not permit network namespaces"
ip netns delete "$tag-try"

# shellcheck source=Tests/CommandLine/support/common.sh
. Tests/CommandLine/support/common.sh
bin=$(dirname "$lantern")
hosts=(ns svc cli)
declare -A pid=()
finish() {
    local status=$? name
    trap - EXIT INT TERM
    for name in "${!pid[@]}"; do
        kill -9 "${pid[$name]}" 2>/dev/null || continue
        wait "${pid[$name]}" 2>/dev/null || true
    done
    for name in "${hosts[@]}" switch; do ip netns delete "$tag-$name" 2>/dev/null || true; done
    [ "$status" = 0 ] || tail -n 5 "$work"/*.err 2>/dev/null || true
    rm -rf "$work"
    exit "$status"
}

# --- The network: a switch in a namespace of its own, and a cable to each host.

ip netns add "$tag-switch"
ip -n "$tag-switch" link add name bridge type bridge
ip -n "$tag-switch" link set bridge up
cat >"$work/hosts" <<'HOSTS'
127.0.0.1 localhost
10.77.0.1 ns.example.org
10.77.0.2 svc.example.org
10.77.0.3 cli.example.org
HOSTS
number=0
for name in "${hosts[@]}"; do
    number=$((number + 1))
    ip netns add "$tag-$name"
    ip -n "$tag-switch" link add "p$name" type veth peer name eth0 netns "$tag-$name"
    ip -n "$tag-switch" link set "p$name" master bridge up
    ip -n "$tag-$name" address add "10.77.0.$number/24" dev eth0
    ip -n "$tag-$name" link set eth0 up
    ip -n "$tag-$name" link set lo up
done

# on HOST COMMAND...: runs it on that host. `exec` makes its process id the command's own.
on() {
    local name=$1
    shift
    # shellcheck disable=SC2016
    exec ip netns exec "$tag-$name" bash -c 'mount --bind "$0" /etc/hosts && exec "$@"' "$work/hosts" "$@"
}
cut() { ip -n "$tag-switch" link set "p$1" down; }
heal() { ip -n "$tag-switch" link set "p$1" up; }

# --- Their homes.

"$certs/make-root" "$work/root" >/dev/null
"$certs/make-issuer" "$work/ca" --root "$work/root" --trust-domain example.org >/dev/null
for name in "${hosts[@]}" guest; do
    host=$name
    [ "$name" != guest ] || host=cli
    "$lantern" init --authority "$work/unused" --identity "spiffe://example.org/$name" --dns localhost "$work/$name" >/dev/null
    "$certs/issue" "$work/ca" --identity "spiffe://example.org/$name" --dns "$host.example.org" --home "$work/$name" >/dev/null
done
for peer in svc cli guest; do "$lantern" trust "$work/ns" --peer "$work/$peer" --both >/dev/null; done
for peer in cli guest; do "$lantern" trust "$work/svc" --peer "$work/$peer" --both >/dev/null; done
cat >"$work/ns/policy.yaml" <<'POLICY'
version: 1
rules:
  - allow: ["spiffe://example.org/svc"]
    objects: ["Pyro.NameServer"]
    methods: ["*"]
  - allow: ["spiffe://example.org/cli", "spiffe://example.org/guest"]
    objects: ["Pyro.NameServer"]
    methods: ["ping", "lookup", "list", "count"]
POLICY
cat >"$work/svc/policy.yaml" <<'POLICY'
version: 1
rules:
  - allow: ["spiffe://example.org/cli", "spiffe://example.org/guest"]
    objects: ["test.echoserver"]
    methods: ["*"]
POLICY
for name in "${hosts[@]}" guest; do
    port=7100
    [ "$name" != ns ] || port=9090
    cat >"$work/$name/lantern.yaml" <<SETTINGS
listen: { host: 0.0.0.0, port: $port, published-host: $name.example.org }
name-server: { host: ns.example.org, port: 9090, identity: "spiffe://example.org/ns" }
keep-alive: { interval: 1, timeout: 1 }
proxies: { timeout: 5, connect-timeout: 3 }
SETTINGS
done

# --- Processes.

# serve HOST ARGUMENT...: starts a server and waits for its READY line.
serve() {
    local name=$1
    shift
    : >"$work/$name.out"
    (on "$name" "$lantern" "$@" --home "$work/$name") >"$work/$name.out" 2>>"$work/$name.err" &
    pid[$name]=$!
    for _ in {1..400}; do
        ! grep -q '^READY ' "$work/$name.out" || return 0
        kill -0 "${pid[$name]}" 2>/dev/null || break
        sleep 0.05
    done
    echo "$name did not start"
    exit 1
}
stop() {
    kill -"$2" "${pid[$1]}"
    wait "${pid[$1]}" 2>/dev/null || true
    unset "pid[$1]"
}

# expect STATUS PATTERN HOST HOME ARGUMENT...: lantern as HOST sees it.
expect() {
    local status=$1 pattern=$2 host=$3 home=$4
    shift 4
    expect_of on "$status" "$pattern" "$host" "$lantern" "$@" --home "$work/$home"
}

# load HOME: constant calls from the client's host, with the lines of steady-caller in HOME.load.
load() {
    : >"$work/$1.load"
    (on cli "$bin/steady-caller" --home "$work/$1" --workers 2 --timeout 3 PYRONAME:test.echoserver) \
        >"$work/$1.load" 2>>"$work/$1.err" &
    pid[load-$1]=$!
}
# becomes HOME CALLING|FAILING: the last word of the load, within 30 seconds.
becomes() {
    count=$((count + 1))
    for _ in {1..600}; do
        [[ $(tail -n 1 "$work/$1.load") != $2* ]] || return 0
        sleep 0.05
    done
    wrong "the calls of $1 should be $2: $(tail -n 2 "$work/$1.load")"
}

# --- The story.

serve ns ns
serve svc echo-server --register test.echoserver
expect 0 '{"Pyro.NameServer": *"test.echoserver": *' cli cli nsc list --json
expect 0 'PYRO:test.echoserver@svc.example.org:7100' cli cli nsc lookup test.echoserver
expect 0 '"hello"' cli cli call PYRONAME:test.echoserver echo '"hello"'
expect 0 '"hello"' cli guest call PYRONAME:test.echoserver echo '"hello"'
expect 0 '*spiffe://example.org/svc*' cli cli ping PYRONAME:test.echoserver
# No address of one host is told to another as its own.
listed=$(on cli "$lantern" nsc list --json --home "$work/cli")
count=$((count + 1))
[[ $listed != *localhost* && $listed != *127.0.0.* && $listed != *0.0.0.0* && $listed != *::1* ]] ||
    wrong "a name leads to the host of who asks: $listed"
count=$((count + 1))
! grep -hE 'localhost|127\.0\.0|0\.0\.0\.0' "$work"/*.out || wrong "a server says that it is at localhost"
# The certificate is for its own host only, and so is the port.
expect 77 '*not for*' cli cli call PYRO:test.echoserver@10.77.0.2:7100 echo 1
expect 69 '*Connection refused*' cli cli call PYRO:test.echoserver@localhost:7100 echo 1

load cli
load guest
becomes cli CALLING
becomes guest CALLING

# The cable of the service, then that of the client.
for name in svc cli; do
    cut $name
    becomes cli FAILING
    becomes guest FAILING
    expect 69 '*' cli cli call PYRONAME:test.echoserver echo 1 --timeout 1
    heal $name
    becomes cli CALLING
    becomes guest CALLING
done

# Without its name server a connection that is there goes on; new ones come back with it.
stop ns KILL
expect 69 '*' cli cli call PYRONAME:test.echoserver echo 1
becomes cli CALLING
serve ns ns
stop svc KILL
becomes cli FAILING
serve svc echo-server --register test.echoserver
becomes cli CALLING
becomes guest CALLING
expect 0 '"hello"' cli cli call PYRONAME:test.echoserver echo '"hello"'

# The client is killed and comes back.
stop load-cli KILL
load cli
becomes cli CALLING

# The guest's host is cut off, and its certificate is revoked meanwhile.
"$certs/revoke" "$work/ca" --host guest --reason keyCompromise >/dev/null
# Nothing is restarted: all follow the list.
becomes guest FAILING
becomes cli CALLING
expect 77 '*' cli guest call PYRO:test.echoserver@svc.example.org:7100 echo 1
expect 77 '*' cli guest nsc lookup test.echoserver
expect 0 '"hello"' cli cli call PYRONAME:test.echoserver echo '"hello"'
count=$((count + 1))
[[ $(grep -c CALLING "$work/guest.load") = $(grep -c CALLING <(sed '$d' "$work/guest.load")) ]] ||
    wrong "a call of the revoked one was answered"

# Whoever is let in again has a new key, and is.
"$certs/issue" "$work/ca" --identity spiffe://example.org/guest --dns cli.example.org --home "$work/guest" >/dev/null
expect 0 '"hello"' cli guest call PYRONAME:test.echoserver echo '"hello"'
becomes guest CALLING

stop load-cli TERM
finished
