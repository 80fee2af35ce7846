# What the tests of Scripts/certs share: a place to work, counting, and what "whole" means.
# shellcheck shell=bash disable=SC2034

certs=$PWD/Scripts/certs
lantern=$(swift build --show-bin-path)/lantern
python=${LANTERN_PYTHON:-python3}
work=$(mktemp -d "${TMPDIR:-/tmp}/lantern-certs.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
unset LANTERN_HOME LANTERN_SSH
# A person's mask must not matter.
umask 000

count=0
wrong=0
wrong() {
    wrong=$((wrong + 1))
    echo "WRONG  $*"
}

# expect STATUS PATTERN SCRIPT ARGUMENT...: PATTERN is for all that it prints, on both outputs.
expect() {
    local status=$1 pattern=$2 script=$3 output got=0
    shift 3
    output=$("$certs/$script" "$@" 2>&1) || got=$?
    count=$((count + 1))
    # shellcheck disable=SC2053
    if [ "$got" != "$status" ] || [[ $output != $pattern ]]; then
        wrong "$script $*"
        printf '  expected %s: %s\n  got %s: %s\n' "$status" "$pattern" "$got" "$output"
    fi
}

# holds WORDS COMMAND...: a command that must succeed.
holds() {
    local words=$1
    shift
    count=$((count + 1))
    "$@" >/dev/null 2>&1 || wrong "$words"
}
fails() {
    local words=$1
    shift
    count=$((count + 1))
    ! "$@" >/dev/null 2>&1 || wrong "$words"
}

verifies() {
    openssl verify -x509_strict -crl_check_all -purpose "${2:-sslserver}" -CAfile "$1/trust/roots.pem" \
        -CRLfile "$1/trust/crl.pem" -untrusted "$1/identity/cert.pem" "$1/identity/cert.pem"
}

# Key and certificate of a home belong together, and its roots and lists accept them.
is_whole() {
    [ "$(openssl pkey -in "$1/identity/key.pem" -pubout)" = "$(openssl x509 -in "$1/identity/cert.pem" -noout -pubkey)" ] &&
        verifies "$1" && verifies "$1" sslclient
}
no_exposed_key() {
    [ -z "$(find "$work" \( -name '*.key' -o -name key.pem \) -perm /077)" ]
}
nothing_left() { [ -z "$(find "$1" -name '.lantern-new.*' -o -name '.lantern-draft.*' -o -name '.identity.new')" ]; }
