#!/bin/bash
# Health and numbers of `lantern ns` as orchestrators and Prometheus ask for them: curl over the Unix socket and over
# mutual TLS, prometheus_client's parser, `lantern health`, and who is refused.
set -euo pipefail

cd "$(dirname "$0")/../.."
# shellcheck source=Tests/CommandLine/support/common.sh
. Tests/CommandLine/support/common.sh

# ask STATUS PATTERN CURL-ARGUMENT...: what curl gets; the status is HTTP's, 000 for none.
ask() {
    local status=$1 pattern=$2 output got
    shift 2
    output=$(curl --silent --show-error --max-time 20 --output "$work/body" --write-out '%{http_code}' "$@" 2>"$work/curl") || true
    got=${output: -3}
    count=$((count + 1))
    # shellcheck disable=SC2053
    if [ "$got" != "$status" ] || { [ -n "$pattern" ] && [[ $(cat "$work/body") != $pattern ]]; }; then
        wrong "curl $*"
        printf '  expected %s: %s\n  got %s: %s %s\n' "$status" "$pattern" "$got" "$(head -c 300 "$work/body")" "$(cat "$work/curl")"
    fi
    : >"$work/body"
}

# Homes: the name server, a Prometheus, a stranger of another authority, and a host without permission.
"$certs/make-root" "$work/root" >/dev/null
"$certs/make-issuer" "$work/ca" --root "$work/root" >/dev/null
"$certs/make-root" "$work/root2" >/dev/null
"$certs/make-issuer" "$work/ca2" --root "$work/root2" >/dev/null
for name in ns client; do
    "$lantern" init --identity "spiffe://example.org/$name" --dns localhost "$work/$name" >/dev/null
    "$certs/issue" "$work/ca" --identity "spiffe://example.org/$name" --dns localhost --home "$work/$name" >/dev/null
done
for name in prometheus nobody; do
    "$certs/issue" "$work/ca" --identity "spiffe://example.org/$name" --dns localhost --home "$work/$name" >/dev/null
done
"$certs/issue" "$work/ca2" --identity spiffe://example.org/prometheus --dns localhost --home "$work/stranger" >/dev/null
"$lantern" trust "$work/ns" --peer "$work/client" --both >/dev/null
cat >"$work/ns/policy.yaml" <<'END'
version: 1
rules:
  - allow: ["spiffe://example.org/client"]
    objects: ["*"]
    methods: ["*"]
  - allow: ["spiffe://example.org/prometheus"]
    objects: ["Lantern.Monitoring"]
    methods: ["metrics", "health"]
END
cat >"$work/ns/lantern.yaml" <<'END'
listen: { host: localhost, port: 0 }
monitoring: { unix-socket: state/monitoring.sock, host: localhost, port: 0 }
END
socket=$work/ns/state/monitoring.sock

expect 69 '*cannot reach*' health --home "$work/ns"
expect 78 '*says nothing of monitoring*' health --home "$work/client"
expect 64 '*unix:PATH or https://HOST:PORT*' health --home "$work/ns" --at http://localhost:1
expect 64 '*unix:PATH or https://HOST:PORT*' ns --home "$work/ns" --metrics http://localhost:1
serve ns ns --home "$work/ns" --log-level info
port=$(sed -n 's/.*place=https:.*localhost:\([0-9]*\).*monitoring.*/\1/p' "$work/ns.err" | head -n 1)
[ -n "$port" ] || { echo "the log does not say where monitoring is:"; cat "$work/ns.err"; exit 1; }
site=https://localhost:$port
nsport=${uri##*:}
"$lantern" nsc register shop.a PYRO:a@host.example:1 --home "$work/client" --at "localhost:$nsport" >/dev/null
"$lantern" nsc lookup shop.a --home "$work/client" --at "localhost:$nsport" >/dev/null

# The Unix socket: whoever may write to its file.
holds "the socket is its owner's alone" test "$(stat -c %a "$socket")" = 600
ask 200 '{"alive": true}' --unix-socket "$socket" http://localhost/healthz
ask 200 '{"ready": true*' --unix-socket "$socket" http://localhost/readyz
ask 200 '*lantern_ns_operations_total{operation="lookup"} 1*' --unix-socket "$socket" http://localhost/metrics
ask 404 '*' --unix-socket "$socket" http://localhost/
ask 405 '*' --unix-socket "$socket" --data x http://localhost/metrics
ask 200 '' --unix-socket "$socket" --head http://localhost/metrics
ask 431 '*' --unix-socket "$socket" --header "X: $(head -c 9000 /dev/zero | tr '\0' a)" http://localhost/metrics

# Mutual TLS: a certificate that is trusted, and a rule that names the object.
as() { echo --cacert "$work/$1/trust/roots.pem" --cert "$work/$1/identity/cert.pem" --key "$work/$1/identity/key.pem"; }
# shellcheck disable=SC2046
{
    ask 200 '*lantern_handshakes_total*' $(as prometheus) "$site/metrics"
    ask 200 '{"ready": true*' $(as prometheus) "$site/readyz"
    ask 200 '{"alive": true}' $(as prometheus) "$site/healthz"
    ask 403 'not allowed' $(as nobody) "$site/metrics"
    ask 403 'not allowed' $(as client) "$site/metrics"
    ask 000 '' --insecure --cert "$work/stranger/identity/cert.pem" --key "$work/stranger/identity/key.pem" "$site/metrics"
}
ask 000 '' --cacert "$work/ns/trust/roots.pem" "$site/metrics"
ask 000 '' "http://localhost:$port/metrics"

# The text is what Prometheus' own parser reads, and has what the page promises.
# How many names there are is noted down once a second.
for tries in {1..100}; do
    curl --silent --unix-socket "$socket" http://localhost/metrics >"$work/metrics.txt"
    ! grep -q '^lantern_ns_names 2' "$work/metrics.txt" || break
    sleep 0.1
done
count=$((count + 1))
"$python" - "$work/metrics.txt" docs/metrics.md <<'END' || wrong "prometheus_client does not read it"
import re, sys
from prometheus_client.parser import text_string_to_metric_families

families = {}
for family in text_string_to_metric_families(open(sys.argv[1]).read()):
    assert family.documentation, family.name
    families[family.name] = family
promised = re.findall(r"^\| `(lantern_\w+)` \| (\w+)", open(sys.argv[2]).read(), re.M)
assert len(promised) > 20
for name, kind in promised:
    family = families[name.removesuffix("_total") if kind == "counter" else name]
    assert family.type == kind, (name, family.type, kind)
    if kind == "histogram":
        series = {}
        for sample in family.samples:
            labels = tuple(sorted((k, v) for k, v in sample.labels.items() if k != "le"))
            series.setdefault(labels, []).append((sample.name, sample.labels.get("le"), sample.value))
        for lines in series.values():
            buckets = [value for name, le, value in lines if le]
            assert buckets == sorted(buckets) and lines[len(buckets) - 1][1] == "+Inf"
            assert [value for name, le, value in lines if name.endswith("_count")] == buckets[-1:]
operations = {s.labels["operation"]: s.value for s in families["lantern_ns_operations"].samples}
assert operations["register"] == 1 and operations["lookup"] == 1, operations
assert families["lantern_ns_names"].samples[0].value == 2
END

# For exec probes.
expect 0 '{"ready": true*' health --home "$work/ns"
expect 0 '{"alive": true}*' health --home "$work/ns" --live
expect 0 '*# TYPE lantern_ns_names gauge*' health --home "$work/ns" --metrics
expect 0 '{"ready": true*' health --home "$work/ns" --at "unix:$socket"
expect 77 'not allowed*' health --home "$work/ns" --at "$site"
expect 77 '*' health --home "$work/client" --at "$site" --identity spiffe://example.org/another
expect 77 'not allowed*' health --home "$work/client" --at "$site" --identity spiffe://example.org/ns
expect 0 '*the running daemon is ready*' doctor --home "$work/ns" --running

# At the end the socket goes, and nobody answers.
ends
holds "the socket is gone" test ! -e "$socket"
expect 69 '*cannot reach*' health --home "$work/ns"
expect 69 '*does not answer*' doctor --home "$work/ns" --running

# A place that is given on the command line counts instead of the file's.
serve ns ns --home "$work/ns" --memory --metrics "unix:$work/other.sock"
ask 200 '{"alive": true}' --unix-socket "$work/other.sock" http://localhost/healthz
fails "the file's place is not opened" test -e "$socket"
ends

finished
