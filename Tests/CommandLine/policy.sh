#!/bin/bash
# `lantern policy check|explain|test|suggest` as scripts see it, and a next policy that is tried by a running server.
set -euo pipefail

cd "$(dirname "$0")/../.."
# shellcheck source=Tests/CommandLine/support/common.sh
. Tests/CommandLine/support/common.sh

# file NAME: writes standard input to $work/NAME.
file() { cat >"$work/$1"; }
policy=$work/policy.yaml

# --- A good one.

file policy.yaml <<'YAML'
version: 2
groups:
  clients: ["spiffe://example.org/client/*"]
roles:
  reader:
    - objects: ["example.warehouse"]
      methods: ["list", "get*"]
rules:
  - allow: ["group:clients"]
    roles: reader
  - allow: ["spiffe://example.org/admin"]
    objects: ["example.*"]
    methods: ["*"]
    audit: names
  - deny: ["spiffe://example.org/client/guest"]
    objects: ["*"]
    methods: ["getSecret"]
  - allow: ["spiffe://example.org/auditor"]
    objects: ["example.books"]
    methods: ["read"]
    require: { key-exchange: X25519MLKEM768 }
quotas:
  - for: ["group:clients"]
    calls-per-second: 5
YAML
expect 0 "$policy: 4 rules, 0 warnings" policy check --policy "$policy"
expect 0 "*0 warnings" policy check --policy "$policy" --strict
expect 0 '{"ok": true, "problems": \[], "warnings": \[]}' policy check --policy "$policy" --json

# --- Mistakes: each with its line, all of them at once.

file bad.yaml <<'YAML'
version: 2
rules:
  - allow: ["spiffe://example.org/a"]
    objects: ["o"]
  - allow: ["group:nobody"]
    objects: ["o"]
    methods: ["m"]
  - allow: ["SPIFFE://example.org/a"]
    objects: ["o"]
    methods: ["m"]
  - deny: ["spiffe://example.org/a"]
    objects: ["o"]
    methods: []
  - deny: ["spiffe://example.org/a"]
    objects: ["o"]
    methods: ["m"]
    require: { key-exchange: X25519 }
  - alow: ["spiffe://example.org/a"]
YAML
bad=$work/bad.yaml
expect 78 "WRONG    $bad:3: *$bad:5: *nobody*$bad:8: *$bad:1[0-9]: *'methods' is empty*$bad:1[0-9]: *$bad:18: *alow*" \
    policy check --policy "$bad"
expect 78 "*" policy check --policy "$bad" --strict
expect 78 '{"ok": false, "problems": \[{"file": "'"$bad"'", "line": 3, "text": "*' policy check --policy "$bad" --json
expect 78 "*$bad:5: *nobody*" policy explain spiffe://example.org/a o m --policy "$bad"
printf 'version: 1\nrules: [\n' >"$work/torn.yaml"
expect 78 "*torn.yaml:*" policy check --policy "$work/torn.yaml"
printf 'version: 3\nrules: []\n' >"$work/new.yaml"
expect 78 "*new.yaml:1: 'version: 1' or 'version: 2' is missing*" policy check --policy "$work/new.yaml"
printf 'version: 1\nrules: []\ngroups: {}\n' >"$work/old.yaml"
expect 78 "*old.yaml:3: 'groups' needs 'version: 2'*" policy check --policy "$work/old.yaml"
expect 78 "*nowhere.yaml: there is no policy file*" policy check --policy "$work/nowhere.yaml"
expect 78 "*no lantern home*" policy check

# --- Rules that never decide anything, and objects that nobody may call.

file vain.yaml <<'YAML'
version: 2
groups:
  forgotten: ["spiffe://example.org/x"]
rules:
  - allow: ["spiffe://example.org/a"]
    objects: ["o"]
    methods: ["get"]
  - deny: ["*"]
    objects: ["o"]
    methods: ["g*"]
  - allow: ["spiffe://example.org/b"]
    objects: ["*"]
    methods: ["*"]
  - allow: ["spiffe://example.org/b"]
    objects: ["p"]
    methods: ["set"]
  - deny: ["spiffe://example.org/c"]
    objects: ["*"]
    methods: ["*"]
  - allow: ["spiffe://elsewhere.org/a"]
    objects: ["q"]
    methods: ["set"]
quotas:
  - for: ["spiffe://example.org/nobody"]
    calls-per-second: 1
YAML
vain=$work/vain.yaml
expect 0 "*$vain:5: deny rules refuse all that it allows: $vain:8 \[shadowed]*$vain:14: $vain:11 says all that it says \[redundant]*$vain:17: it denies what no rule allows \[idle]*$vain:3: nothing uses the group 'forgotten' \[unused]*[idle-quota]*6 rules, 5 warnings" \
    policy check --policy "$vain"
expect 1 "*6 rules, 5 warnings" policy check --policy "$vain" --strict
expect 0 '*"kind": "shadowed", "place": "'"$vain"':5"*' policy check --policy "$vain" --json
expect 0 "*$vain:20: none of the 2 listed objects is meant by it \[unreachable]*" \
    policy check --policy "$vain" --object o --object p
expect 0 "*nobody may call anything on the object 'closed' \[closed-object]*" \
    policy check --policy "$policy" --object closed --object example.warehouse --object example.books
printf '# all objects\nexample.warehouse  the first\nexample.books\nclosed\n' >"$work/objects"
expect 1 "*'closed' \[closed-object]*" policy check --policy "$policy" --objects "$work/objects" --strict
expect 64 "*there is no such file*" policy check --policy "$policy" --objects "$work/nowhere"
home=$work/home
expect 0 "*" init --identity spiffe://example.org/ns "$home"
cp "$vain" "$home/policy.yaml"
expect 0 "*:20: no peer can be 'spiffe://elsewhere.org/a': certificates are accepted for example.org only \[unreachable]*" \
    policy check --home "$home"

# A rule about some names of a name server leaves the others.
file names.yaml <<'YAML'
version: 1
rules:
  - allow: ["spiffe://example.org/*"]
    objects: ["Pyro.NameServer"]
    methods: ["lookup"]
  - deny: ["spiffe://example.org/*"]
    objects: ["*"]
    methods: ["lookup"]
    names: ["internal.*"]
YAML
expect 0 "*: 2 rules, 0 warnings" policy check --policy "$work/names.yaml"

# --- Why: the rule and its line.

explain() {
    local status=$1 pattern=$2
    shift 2
    expect "$status" "$pattern" policy explain --policy "$policy" "$@"
}
one=spiffe://example.org/client/one guest=spiffe://example.org/client/guest auditor=spiffe://example.org/auditor
explain 0 "allowed: allowed by $policy:9, role reader*quota: 5.0 calls per second*" $one example.warehouse getItem
explain 0 "allowed: allowed by $policy:11*audit: names" spiffe://example.org/admin example.warehouse store
explain 77 "refused: denied by $policy:15*the caller is told 'not allowed'*near: $policy:9, role reader (line 6) would allow it, but deny rules win*" \
    $guest example.warehouse getSecret
explain 77 "refused: *the caller is told 'not allowed'*near: $policy:9, role reader (line 6) names all but the method*" \
    $one example.warehouse store
explain 77 "refused: *the caller is told 'unknown object'*" $one example.books read
explain 77 "refused: *near: $policy:18 allows it only over key exchange X25519MLKEM768*" $auditor example.books read
explain 77 "refused: *" $auditor example.books read --key-exchange X25519
explain 0 "allowed: allowed by $policy:18" $auditor example.books read --key-exchange X25519MLKEM768
explain 0 '{"allowed": true, "reason": "allowed by '"$policy"':9", "rule": "'"$policy"':9", "role": "reader (line 6)",*' \
    $one example.warehouse list --json
explain 77 '{"allowed": false, *"rule": null,*"any_right": false*' $one example.books read --json
explain 77 "refused: *" $one example.warehouse list=
explain 0 "allowed: *" $one Pyro.Daemon ping
explain 64 "*'nobody' is not an identity*" nobody example.warehouse list

# --- A file of expectations.

file expect.yaml <<YAML
version: 1
expect:
  - allow: ["$one", "spiffe://example.org/admin"]
    objects: ["example.warehouse"]
    methods: ["list", "getItem"]
  - deny: ["$guest"]
    objects: ["example.warehouse"]
    methods: ["getSecret"]
    rule: 15
  - allow: ["$auditor"]
    objects: ["example.books"]
    methods: ["read"]
    key-exchange: X25519MLKEM768
YAML
expect 0 "6 of 6 expectations hold" policy test "$work/expect.yaml" --policy "$policy"
expect 0 '{"ok": true, "count": 6, "failures": \[]}' policy test "$work/expect.yaml" --policy "$policy" --json
sed 's/rule: 15/rule: 16/; s/    key-exchange: .*//' "$work/expect.yaml" >"$work/failing.yaml"
expect 1 "FAILED  $work/failing.yaml:6: $guest example.warehouse getSecret: expected deny, denied by $policy:15, not by the rule in line 16*FAILED  $work/failing.yaml:10: $auditor example.books read: expected allow, *4 of 6 expectations hold" \
    policy test "$work/failing.yaml" --policy "$policy"
expect 1 '{"ok": false, "count": 6, "failures": \[{"line": 6, *' policy test "$work/failing.yaml" --policy "$policy" --json
printf 'version: 1\nexpect:\n  - allow: ["spiffe://example.org/*"]\n    objects: ["o"]\n    methods: ["m"]\n' >"$work/star.yaml"
expect 78 "*star.yaml:3: *expectations name exact calls, not patterns*" policy test "$work/star.yaml" --policy "$policy"
printf 'version: 1\nexpect: []\n' >"$work/none.yaml"
expect 78 "*none.yaml:2: 'expect' must be a list with at least one entry*" policy test "$work/none.yaml" --policy "$policy"
expect 64 "*there is no such file*" policy test "$work/nowhere.yaml" --policy "$policy"
expect 78 "*$bad:3: *" policy test "$work/expect.yaml" --policy "$bad"

# --- From a real audit log: exactly what was called, and enough to go on with.

rm -rf "$home" "$home-authority"
expect 0 "*" init --identity spiffe://example.org/ns "$home"
expect 0 "*" init --authority "$home-authority" --identity spiffe://example.org/svc "$work/svc"
expect 0 "*" trust "$home" --peer "$work/svc" --both
sed -i 's|allow: \["spiffe://example.org/ns"\]|allow: ["spiffe://example.org/*"]|' "$home/policy.yaml"
expect 78 "*" policy suggest --home "$work/svc"
serve ns ns --home "$home" --port 0
at=${uri##*@}
expect 0 "" nsc register a.b PYRO:x@localhost:1 --home "$work/svc" --at "$at"
expect 0 "PYRO:x@localhost:1" nsc lookup a.b --home "$work/svc" --at "$at"
expect 0 "2" nsc count --home "$home" --at "$at"
ends
suggested=$work/suggested.yaml
"$lantern" policy suggest --home "$home" >"$suggested" || wrong "suggest ended with $?"
expect 0 "*rules, 0 warnings" policy check --policy "$suggested" --strict
holds "it names what was called" grep -q '"lookup", "register"\|"lookup".*"register"' "$suggested"
fails "it names nothing by pattern" grep -q '\*' "$suggested"
expect 0 "allowed: *" policy explain --policy "$suggested" spiffe://example.org/svc Pyro.NameServer lookup
expect 77 "refused: *" policy explain --policy "$suggested" spiffe://example.org/svc Pyro.NameServer remove
expect 77 "refused: *" policy explain --policy "$suggested" spiffe://example.org/other Pyro.NameServer lookup
expect 0 '{"rules": \[{"allow": \["spiffe://example.org/*' policy suggest --home "$home" --json
expect 0 "*rules: \[]" policy suggest --home "$home" --since 2999-01-01
for day in yesterday 2026-02-30 02621-2-01 +026-02-01 2026-11-01T00:00:00Z; do
    expect 64 "*--since is a day*" policy suggest --home "$home" --since "$day"
done

# --- Tried beside the old: the old decides, the new is reported.

cp "$suggested" "$home/policy-next.yaml"
serve tried ns --home "$home" --port 0 --log-level notice
at=${uri##*@}
expect 0 "PYRO:x@localhost:1" nsc lookup a.b --home "$work/svc" --at "$at"
fails "what both allow is not reported" grep -q "the next policy would decide otherwise" "$work/tried.err"
expect 0 "1" nsc remove --prefix a. --yes --home "$work/svc" --at "$at"
ends
holds "what the next would refuse is reported" grep -q "the next policy would decide otherwise" "$work/tried.err"
holds "with method and identity" grep "identity=spiffe://example.org/svc method=remove.*the next policy would decide otherwise" "$work/tried.err"
mv "$home/policy-next.yaml" "$home/policy.yaml"
serve taken ns --home "$home" --port 0
at=${uri##*@}
expect 77 "*" nsc remove --prefix a. --yes --home "$work/svc" --at "$at"
expect 0 "*" nsc register a.b PYRO:x@localhost:1 --home "$work/svc" --at "$at"
ends
echo nonsense >"$home/policy-next.yaml"
serve passed ns --home "$home" --port 0
ends
holds "one with a mistake is passed over with a complaint" grep -q "policy-next.yaml" "$work/passed.err"
sed -i 's/"decision":"permit"/"decision":"permiT"/' "$home"/audit/tile/entries/* 2>/dev/null ||
    find "$home/audit/tile/entries" -type f -exec sed -i 's/"decision":"permit"/"decision":"permiT"/' {} +
expect 78 "*the log is not intact*" policy suggest --home "$home"

finished
