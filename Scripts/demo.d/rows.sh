# The table.
# shellcheck shell=bash

rows=0
wrong=0

header() { printf '\n%-5s  %-18s  %-36s  %-40s  %s\n' ok who what expected got; }

# row WHO WHAT EXPECTED GOT: EXPECTED is a pattern of the shell.
row() {
    local mark=ok
    rows=$((rows + 1))
    # shellcheck disable=SC2053
    if [[ $4 != $3 ]]; then
        mark=WRONG
        wrong=$((wrong + 1))
    fi
    printf '%-5s  %-18s  %-36s  %-40s  %s\n' "$mark" "$1" "$2" "$3" "$4"
}

# visit WHO COMMAND...: a client prints WHAT<tab>RESULT lines; the patterns come on standard input as WHAT<tab>PATTERN.
visit() {
    local who=$1 what pattern
    shift
    local output
    output=$("$@" 2>"$work/visit.err") || output+=$'\n'"ended	with status $?: $(tail -n 1 "$work/visit.err")"
    while IFS=$'\t' read -r what pattern; do
        row "$who" "$what" "$pattern" "$(awk -F '\t' -v what="$what" '$1 == what { print $2 }' <<<"$output")"
    done
    if [[ $output == *ended$'\t'* ]]; then row "$who" "ends well" "yes" "${output##*$'\t'}"; fi
}
