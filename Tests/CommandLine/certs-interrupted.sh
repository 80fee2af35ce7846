#!/bin/bash
# The scripts in Scripts/certs, killed at their steps by SIGKILL and SIGTERM.
set -euo pipefail

cd "$(dirname "$0")/../.."
# shellcheck source=Tests/CommandLine/support/certs.sh
. Tests/CommandLine/support/certs.sh

root=$work/p256/root ca=$work/p256/ca
"$certs/make-root" "$root" >/dev/null
"$certs/make-issuer" "$ca" --root "$root" >/dev/null
for name in ns svc; do
    "$certs/issue" "$ca" --identity spiffe://example.org/$name --dns localhost --home "$work/p256/$name" >/dev/null
done

# --- Interrupted: killed at each step of each script. What was there stays whole, nothing is exposed, and the next run
# finishes the work.

mkdir "$work/bin"
for tool in openssl mv sync; do
    cat >"$work/bin/$tool" <<KILLER
#!/bin/bash
# Ends everything of this script at the step that KILL_AT names, before or after what it does.
echo >>"\$KILL_COUNT"
if [ "\$(wc -l <"\$KILL_COUNT")" = "\$KILL_AT" ]; then
    [ "\$((KILL_AT % 2))" = 0 ] || $(command -v $tool) "\$@" >/dev/null 2>&1
    kill -"\$KILL_SIGNAL" 0
fi
exec $(command -v $tool) "\$@"
KILLER
    chmod 755 "$work/bin/$tool"
done
export KILL_COUNT=$work/steps

# interrupted PART CHECK SCRIPT ARGUMENT...: runs the script on a copy of $work/p256, killed at every PARTth step.
interrupted() {
    local part=$1 check=$2 script=$3 steps at signal status
    shift 3
    : >"$KILL_COUNT"
    rm -rf "$work/copy"
    cp -a "$work/p256" "$work/copy"
    if ! PATH=$work/bin:$PATH KILL_AT=0 "$certs/$script" "$@" >/dev/null 2>&1; then
        wrong "$script $* fails without being killed"
        return
    fi
    steps=$(wc -l <"$KILL_COUNT")
    for ((at = 1; at <= steps; at += part)); do
        signal=TERM
        [ $((at / part % 2)) = 0 ] || signal=KILL
        rm -rf "$work/copy"
        cp -a "$work/p256" "$work/copy"
        : >"$KILL_COUNT"
        status=0
        # With a word behind it the shell that is told of the kill is the one in the brackets.
        (PATH=$work/bin:$PATH KILL_AT=$at KILL_SIGNAL=$signal setsid --wait "$certs/$script" "$@"; exit $?) >/dev/null 2>&1 ||
            status=$?
        count=$((count + 1))
        [ "$status" != 0 ] || [ "$at" -ge $((steps - 2)) ] || wrong "$script was not ended at step $at of $steps"
        no_exposed_key || wrong "$script, $signal at step $at of $steps: a key can be read by others"
        if [ $signal = TERM ]; then
            nothing_left "$work/copy" || wrong "$script, TERM at step $at of $steps: something is left lying about"
        fi
        $check before >/dev/null 2>&1 || wrong "$script, $signal at step $at of $steps: half made: $check"
        "$certs/$script" "$@" >"$work/again" 2>&1 || {
            wrong "$script, $signal at step $at of $steps: cannot be run again"
            cat "$work/again"
        }
        $check after >/dev/null 2>&1 || wrong "$script, $signal at step $at of $steps: not whole after the second run"
        nothing_left "$work/copy" || wrong "$script, $signal at step $at of $steps: something is left after the second run"
    done
}
copy=$work/copy
homes_are_whole() { is_whole "$copy/ns" && is_whole "$copy/svc" && "$certs/list" "$copy/ca"; }
new_home() { [ "$1" = before ] && [ ! -e "$copy/new/identity/cert.pem" ] || { is_whole "$copy/new" && homes_are_whole; }; }
new_root() { [ "$1" = before ] && [ ! -e "$copy/root3" ] || "$certs/list" "$copy/root3"; }
new_ca() { [ "$1" = before ] && [ ! -e "$copy/ca3/current" ] || "$certs/list" "$copy/ca3"; }

# The copy's homes are where the copy is.
sed -i "s#$work/p256/#$work/copy/#" "$ca"/hosts/*/record
interrupted 4 new_root make-root "$copy/root3"
interrupted 7 new_ca make-issuer "$copy/ca3" --root "$copy/root"
interrupted 5 new_home issue "$copy/ca" --identity spiffe://example.org/new --dns localhost --home "$copy/new"
interrupted 3 homes_are_whole rotate-leaf "$copy/ca" svc
interrupted 11 homes_are_whole renew "$copy/ca" --now
interrupted 7 homes_are_whole publish "$copy/ca"
sed -i "s#$work/copy/#$work/p256/#" "$ca"/hosts/*/record
"$certs/rotate-issuer" prepare "$ca" --root "$root" >/dev/null
sed -i "s#$work/p256/#$work/copy/#" "$ca"/hosts/*/record
interrupted 9 homes_are_whole rotate-issuer trust "$copy/ca" --settle 0
sed -i "s#$work/copy/#$work/p256/#" "$ca"/hosts/*/record
"$certs/rotate-issuer" trust "$ca" --settle 0 >/dev/null
sed -i "s#$work/p256/#$work/copy/#" "$ca"/hosts/*/record
interrupted 17 homes_are_whole rotate-issuer issue "$copy/ca" --settle 0

finished
