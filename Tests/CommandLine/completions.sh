#!/bin/bash
# The completion scripts: written where shells look, read by each shell, and completing what `lantern` has.
set -euo pipefail

cd "$(dirname "$0")/../.."
# shellcheck source=Tests/CommandLine/support/common.sh
. Tests/CommandLine/support/common.sh

script=Scripts/completions
share=$work/share
bash_file=$share/bash-completion/completions/lantern
zsh_file=$share/zsh/site-functions/_lantern
fish_file=$share/fish/vendor_completions.d/lantern.fish

expect_of $script 0 "usage: *" --help
expect_of $script 64 "usage: *"
expect_of $script 64 "*one DIR*" "$share" "$share"
expect_of $script 64 "*--shell is bash, zsh or fish" "$share" --shell tcsh
expect_of $script 64 "*unknown option --all" "$share" --all
expect_of $script 69 "*there is no program $work/nothing*" "$share" --binary "$work/nothing"
expect_of $script 69 "*wrote no script for bash" "$share" --binary true
expect_of $script 73 "*cannot be made" "/dev/null/share" --binary "$lantern"
holds "a refused run leaves no file" test -z "$(find "$work" -type f)"
expect_of $script 0 "$fish_file" "$share" --binary "$lantern" --shell fish
holds "--shell writes no other" test ! -e "$bash_file" -a ! -e "$zsh_file"
expect_of $script 0 "$bash_file"$'\n'"$zsh_file"$'\n'"$fish_file" "$share" --binary "$lantern"
expect_of $script 0 "$bash_file*" "$share" --binary "$lantern"
holds "nothing partial is left" test "$(find "$share" -type f | wc -l)" = 3
holds "others may read them" test "$(stat -c %a "$zsh_file")" = 644

# in_bash WORD...: what bash offers for the last word, sorted, on one line.
in_bash() {
    bash --norc -c '
        . "$1"; shift
        [[ $(complete -p lantern) =~ -F\ ([^ ]+) ]] || exit 1
        complete=${BASH_REMATCH[1]} COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE=$* COMP_POINT=${#COMP_LINE}
        COMPREPLY=()
        "$complete" lantern "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf "%s\n" "${COMPREPLY[@]}"' - "$bash_file" "$@" | sort | xargs
}

# in_fish LINE: what fish offers, which finds the script by itself.
in_fish() {
    PATH=$(dirname "$lantern"):$PATH HOME=$work XDG_CONFIG_HOME=$work/config XDG_DATA_HOME=$share \
        timeout 30 fish --private -c 'complete -C $argv[1]' "$1" | cut -f1 | sort | xargs
}

# in_zsh LINE: the line after TAB, in a zsh with a terminal of its own that finds the script in fpath.
in_zsh() {
    rm -f "$work/line"
    PATH=$(dirname "$lantern"):$PATH share=$share line=$work/line timeout 30 zsh -f -c '
        zmodload zsh/zpty
        zpty shell zsh -f -i
        zpty -w shell "fpath=(\$share/zsh/site-functions \$fpath); autoload -U compinit; compinit -u -D"
        zpty -w shell "keep() { print -r -- \"\$BUFFER\" >\$line; exit }; zle -N keep; bindkey \"^X\" keep"
        zpty -w shell "print read\"y\""
        zpty -r -m shell seen "*ready*"
        zpty -w -n shell "$1"$'"'\\t\\x18'"'
        while zpty -r shell seen; do :; done' - "$1" >/dev/null 2>&1 || true
    cat "$work/line" 2>/dev/null || true
}

# offers EXPECTED FUNCTION ARGUMENT...
offers() {
    local expected=$1 got
    shift
    got=$("$@") || true
    count=$((count + 1))
    if [ "$got" != "$expected" ]; then
        wrong "$*"
        printf '  expected: %s\n  got: %s\n' "$expected" "$got"
    fi
}

# commands ARGUMENT...: the subcommands that the help names.
commands() { "$lantern" "$@" --help | sed -nE '/^SUBCOMMANDS:/,$ s/^  ([a-z][a-z-]*)(,.*)?( .*|$)/\1/p' | sort | xargs; }

names=$(commands nsc)
holds "the help names the commands" test "$(wc -w <<<"$names")" -ge 15

holds "bash reads it" bash -n "$bash_file"
mkdir "$work/some-home"
offers "$(printf '%s\n' $names -h --help | sort | xargs)" in_bash lantern nsc ""
offers "list" in_bash lantern nsc li
offers "--prefix" in_bash lantern nsc list --pre
offers "json marshal msgpack serpent" in_bash lantern nsc list --serializer ""
offers "$work/some-home" in_bash lantern check-config --home "$work/some"
offers "" in_bash lantern nsc zz

holds "fish reads it" fish --no-config -n "$fish_file"
offers "$names" in_fish "lantern nsc "
offers "list" in_fish "lantern nsc li"
offers "--prefix" in_fish "lantern nsc list --pre"
offers "" in_fish "lantern nsc list --zz"
offers "json marshal msgpack serpent" in_fish "lantern nsc list --serializer "
offers "$work/some-home/" in_fish "lantern check-config --home $work/some"

holds "zsh reads it" zsh -n "$zsh_file"
offers "lantern nsc yplookup " in_zsh "lantern nsc yp"
offers "lantern nsc list --prefix " in_zsh "lantern nsc list --pre"
offers "lantern nsc list --serializer marshal " in_zsh "lantern nsc list --serializer ma"
offers "lantern check-config --home $work/some-home/" in_zsh "lantern check-config --home $work/some"

finished
