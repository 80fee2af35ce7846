# What the tests of Scripts/certs share: a place to work, counting, and what "whole" means.
# shellcheck shell=bash

# shellcheck source=Tests/CommandLine/support/common.sh
. Tests/CommandLine/support/common.sh
# A person's mask must not matter.
umask 000

# expect STATUS PATTERN SCRIPT ARGUMENT...: runs one of Scripts/certs.
expect() { expect_of "$certs/$3" "$1" "$2" "${@:4}"; }

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
