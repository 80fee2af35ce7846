#!/bin/bash
# The completion scripts, in the shells that they are for, and what `lantern nsc` does for people and for scripts.
set -euo pipefail

cd "$(dirname "$0")/../.."
# shellcheck source=Tests/CommandLine/support/common.sh
. Tests/CommandLine/support/common.sh

for shell in bash zsh fish; do
    "$lantern" --generate-completion-script "$shell" >"$work/completion.$shell"
    holds "$shell reads its completion script" "$shell" -n "$work/completion.$shell"
done
bash_completes() {
    bash -c 'source "$1"; COMP_WORDS=(lantern nsc ""); COMP_CWORD=2; COMP_LINE="lantern nsc "; COMP_POINT=12
        function=$(complete -p lantern | sed -E "s/.*-F ([^ ]+).*/\1/")
        "$function" lantern "" nsc; echo "${COMPREPLY[@]}"' - "$work/completion.bash"
}
expect_of bash_completes 0 "*list lookup *register *restore*"
fish_completes() { fish -c "source '$work/completion.fish'; complete -C 'lantern nsc re'"; }
expect_of fish_completes 0 "register*remove*restore*"
zsh_completes() { zsh -f -c "autoload -Uz compinit; compinit -u -d '$work/zcompdump'; source '$work/completion.zsh'; whence -w _lantern"; }
expect_of zsh_completes 0 "*_lantern: function*"

home=$work/home
"$lantern" init "$home" >/dev/null
serve ns ns --home "$home" --port 0
nsc() { "$lantern" nsc "$@" --home "$home" --at "${uri##*@}"; }
for name in shop.eu.one shop.eu.two shop.us.one; do
    expect_of nsc 0 "*" register "$name" "PYRO:$name@192.0.2.1:4000"
done
expect_of nsc 0 "*" setmeta shop.eu.one blue green

# Tables for people, JSON and exit codes for scripts.
expect_of nsc 0 "*shop.eu.one*PYRO:shop.eu.one@192.0.2.1:4000*blue*" list
expect_of nsc 0 "*shop*eu*one*two*us*one*" list --tree
as_json() { nsc list --prefix shop.eu --json | "$python" -c 'import json, sys; print(len(json.load(sys.stdin)))'; }
expect_of as_json 0 2
expect_of nsc 0 "*shop.eu.one*" yplookup blue green
expect_of nsc 1 "*nobody.here*" lookup nobody.here
expect 69 "*" nsc ping --home "$home" --at localhost:1

# Nothing is removed before somebody said so.
expect_of nsc 0 "*shop.eu.one*shop.eu.two*" remove --prefix shop.eu --dry-run
expect_of nsc 64 "*--yes*" remove --prefix shop.eu
expect_of nsc 0 4 count
expect_of nsc 0 2 remove --regex 'shop\.eu\..*' --yes
expect_of nsc 0 2 count

# Colour is for terminals only.
colours() { nsc list | grep -c $'\e' || true; }
expect_of colours 0 0
on_terminal() { script -qec "'$lantern' nsc list --home '$home' --at '${uri##*@}'" /dev/null | grep -c $'\e'; }
without_colour() { NO_COLOR=1 on_terminal || true; }
expect_of on_terminal 0 "[1-9]*"
expect_of without_colour 0 0
ends

finished
