#!/bin/bash
# The scripts in Scripts/certs: success, refusal, run twice, modes of files, and that what they make passes
# `openssl verify -x509_strict -crl_check_all`, Python's VERIFY_X509_STRICT and `lantern`.
set -euo pipefail

cd "$(dirname "$0")/../.."
# shellcheck source=Tests/CommandLine/support/certs.sh
. Tests/CommandLine/support/certs.sh

# --- Every script says what it does, and what is wrong.

for script in "$certs"/*; do
    script=$(basename "$script")
    expect 0 "usage: Scripts/certs/$script *" "$script" --help
    expect 64 "$script: unknown option --nonsense; see --help" "$script" --nonsense
    expect 64 "$script: *; see --help" "$script"
done

# --- Kinds of keys, a root and an issuer of each; Python and OpenSSL accept both directions.

cat >"$work/strict.py" <<'PYTHON'
import socket, ssl, sys
server, client, name = sys.argv[1:]
def context(home, purpose):
    made = ssl.SSLContext(purpose)
    made.minimum_version = ssl.TLSVersion.TLSv1_3
    made.load_cert_chain(home + "/identity/cert.pem", home + "/identity/key.pem")
    made.load_verify_locations(home + "/trust/roots.pem")
    made.load_verify_locations(home + "/trust/crl.pem")
    made.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_CRL_CHECK_CHAIN
    made.verify_mode = ssl.CERT_REQUIRED
    return made
near, far = ssl.MemoryBIO(), ssl.MemoryBIO()
left = context(server, ssl.PROTOCOL_TLS_SERVER)
left.check_hostname = False
left = left.wrap_bio(near, far, server_side=True)
right = context(client, ssl.PROTOCOL_TLS_CLIENT).wrap_bio(far, near, server_hostname=name)
for _ in range(10):
    waiting = 0
    for end in (right, left):
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            waiting += 1
    if not waiting:
        break
assert right.version() == "TLSv1.3" and left.getpeercert() and right.getpeercert()
PYTHON

for kind in p256 ed25519 rsa; do
    at=$work/$kind
    expect 0 "*valid for 3650 days*" make-root "$at/root" --key $kind
    expect 0 "*nothing to do*" make-root "$at/root" --key $kind
    expect 0 "*days left*" make-issuer "$at/ca" --root "$at/root" --key $kind --trust-domain example.org
    expect 0 "*nothing to do*" make-issuer "$at/ca" --root "$at/root"
    expect 0 "issue: ns: spiffe://example.org/ns, 90 days, in *" issue "$at/ca" --identity spiffe://example.org/ns \
        --dns ns.example.org --ip 10.0.0.1 --ip ::1 --key $kind --home "$at/ns"
    expect 0 "*" issue "$at/ca" --identity spiffe://example.org/svc --dns localhost --key $kind --home "$at/svc"
    holds "$kind: the certificate of ns passes as server" verifies "$at/ns"
    holds "$kind: the certificate of ns passes as client" verifies "$at/ns" sslclient
    holds "$kind: Python's strict checks pass" "$python" "$work/strict.py" "$at/ns" "$at/svc" ns.example.org
    fails "$kind: Python accepts another name" "$python" "$work/strict.py" "$at/ns" "$at/svc" other.example.org
    holds "$kind: SKI, AKI and critical constraints" bash -c "openssl x509 -in $at/ns/identity/cert.pem -noout -text |
        tr -d '\n' | grep -qE 'Subject Key Identifier:.*Authority Key Identifier:.*Basic Constraints: critical *CA:FALSE.*Key Usage: critical *Digital Signature *X509'"
done
holds "no key can be read by others" no_exposed_key

# --- Refusals say what to mend.

root=$work/p256/root ca=$work/p256/ca home=$work/p256/svc
id=spiffe://example.org/svc
expect 64 "*--key is p256, ed25519 or rsa, not 'dsa'*" make-root "$work/x" --key dsa
expect 64 "*--days is a number of days*not '0'*" make-root "$work/x" --days 0
expect 64 "*--name*" make-root "$work/x" --name "a/CN=b"
expect 78 "*something else lies there*" make-root "$ca/current"
expect 78 "*there are files in it*" make-root "$home"
expect 78 "*no-such: the password file*" make-root "$work/x" --password-file "$work/no-such"
fails "a refusal left something" test -e "$work/x"
expect 78 "*make-root makes a root*" make-issuer "$work/y" --root "$work/nowhere"
expect 64 "*one of --root*" make-issuer "$work/y" --root "$root" --request-only
expect 64 "*is no trust domain*" make-issuer "$work/y" --root "$root" --trust-domain 'a,URI:b'
expect 78 "*a root lies there*" make-issuer "$root" --root "$root"
expect 1 "*fewer than the 9000 asked for*--days*" make-issuer "$work/y" --root "$root" --days 9000
expect 78 "*make-issuer makes*" issue "$work/nowhere" --identity $id --home "$work/h"
expect 64 "*--identity says who*" issue "$ca" --home "$work/h"
for bad in example.org/svc spiffe://example.org spiffe://example.org/ spiffe://EXAMPLE.org/a spiffe://example.org/a/../b \
    'spiffe://example.org/a,DNS:evil' 'spiffe://example.org/a b' 'spiffe://example.org:1/a' 'spiffe://example.org/a?b'; do
    expect 64 "*is no SPIFFE ID*" issue "$ca" --identity "$bad" --home "$work/h"
done
for bad in 'a,IP:1.2.3.4' 'a b' '' 'a..b' '*' 'x*.y' '-a'; do
    expect 64 "*" issue "$ca" --identity $id/x --dns "$bad" --home "$work/h"
done
expect 64 "*is no IP address*" issue "$ca" --identity $id/x --ip localhost --home "$work/h"
expect 64 "*--home or --request, not both*" issue "$ca" --identity $id --home "$work/h" --request "$work/r"
expect 78 "*there is no such request*" issue "$ca" --identity $id --request "$work/r"
expect 1 "*fewer than the 800 asked for*" issue "$ca" --identity $id/x --home "$work/h" --days 800
expect 1 "*svc is spiffe://example.org/svc already*--host*" issue "$ca" --identity spiffe://example.org/x --host svc \
    --home "$work/h"
expect 1 "*permitted subtree violation*" issue "$ca" --identity spiffe://other.org/x --home "$work/h"
fails "an authority bound to its domain gave out another's" test -e "$work/h/identity/cert.pem"
expect 1 "*no host 'nobody'; known are: ns svc*" renew "$ca" nobody
expect 1 "*no host 'nobody'*" rotate-leaf "$ca" nobody
expect 1 "*no earlier pair*" rotate-leaf "$ca" ns --back
expect 1 "*no host 'nobody'*" revoke "$ca" --host nobody
expect 64 "*not one of those*" revoke "$ca" --host ns --reason bored
expect 1 "*was not issued here*" revoke "$ca" --certificate "$work/rsa/ns/identity/cert.pem"
expect 1 "*no certificate with the serial number*" revoke "$ca" --serial abcdef
expect 1 "*was not signed by this root*" revoke "$root" --certificate "$work/rsa/ca/current/ca.pem"
expect 1 "*is the root of none*" publish "$ca" --root "$work/rsa/root"
expect 78 "*neither an authority nor a root nor a lantern home*" list "$work"
expect 1 "*no rotation is under way; begin with prepare*" rotate-issuer trust "$ca" --settle 0
expect 1 "*another root than the one in use; rotate-root*" rotate-issuer prepare "$ca" --root "$work/rsa/root"
expect 1 "*that is the root in use*" rotate-root prepare "$ca" --root "$root"
expect 64 "*'dance' is no phase*" rotate-root dance "$ca"
mv "$root/ca.key" "$root/away"
expect 78 "*the key is not there; bring the medium*" make-issuer "$work/y" --root "$root"
mv "$root/away" "$root/ca.key"

mkdir "$work/linked"
ln -s "$work" "$work/linked/trust"
expect 1 "*linked/trust is a link; put the directory itself there*" issue "$ca" --identity spiffe://example.org/linked \
    --dns localhost --home "$work/linked"

# --- Twice is as once.

before=$(sha256sum "$home"/identity/*)
expect 0 "*has a certificate, @(89|90) days left; nothing to issue" issue "$ca" --identity $id --dns localhost --home "$home"
[ "$before" = "$(sha256sum "$home"/identity/*)" ] || wrong "issue changed something the second time"
expect 0 "*svc: @(89|90) days left; nothing to do*" renew "$ca"
[ "$before" = "$(sha256sum "$home"/identity/*)" ] || wrong "renew changed something the second time"

# --- Renewal keeps the key, other names are issued for it, rotation makes a new one and goes back.

key=$(sha256sum <"$home/identity/key.pem")
expect 0 "*svc: renewed, 60 days*" renew "$ca" svc --now --days 60
expect 0 "*svc: renewed, 90 days*" renew "$ca" svc --within 80
[ "$key" = "$(sha256sum <"$home/identity/key.pem")" ] || wrong "renew changed the key"
expect 0 "*svc: spiffe://example.org/svc, 90 days*" issue "$ca" --identity $id --dns localhost --dns svc.example.org \
    --home "$home"
[ "$key" = "$(sha256sum <"$home/identity/key.pem")" ] || wrong "issue changed the key"
holds "another name is in the certificate" "$python" "$work/strict.py" "$home" "$work/p256/ns" svc.example.org
serial() { openssl x509 -in "$1/identity/cert.pem" -noout -serial; }
first=$(serial "$home")
expect 0 "*new key*" rotate-leaf "$ca" svc
[ "$key" != "$(sha256sum <"$home/identity/key.pem")" ] || wrong "rotate-leaf kept the key"
holds "whole after a rotation" is_whole "$home"
expect 0 "*back to the pair before*" rotate-leaf "$ca" svc --back
[ "$first" = "$(serial "$home")" ] || wrong "rotate-leaf --back brought another certificate"
holds "whole after going back" is_whole "$home"
expect 0 "*new key*is revoked*" rotate-leaf "$ca" svc --revoke --settle 0 --key ed25519
holds "whole after a rotation with --revoke" is_whole "$home"
expect 1 "*the earlier certificate is revoked*" rotate-leaf "$ca" svc --back
holds "the kind of the new key is another" bash -c "openssl pkey -in $home/identity/key.pem -noout -text | grep -q ED25519"
expect 0 "*only the present key is left" rotate-leaf "$ca" svc --forget
fails "the earlier pair is still there" test -e "$home/identity.previous"
holds "no key can be read by others" no_exposed_key

# --- Revoked is refused everywhere, and stays out.

number() { openssl crl -in "$1" -noout -crlnumber; }
old=$(number "$ca/current/crl.pem")
expect 0 "revoke: list * is published to 1 hosts, 0 not reached" revoke "$ca" --host svc --reason keyCompromise
[ "$old" != "$(number "$ca/current/crl.pem")" ] || wrong "the list kept its number"
cp "$work/p256/ns/trust/crl.pem" "$home/trust/crl.pem"
fails "a revoked certificate passes" verifies "$home"
fails "Python accepts a revoked certificate" "$python" "$work/strict.py" "$home" "$work/p256/ns" localhost
expect 0 "*" renew "$ca" --now
expect 1 "*svc is revoked; issue lets it in again*" renew "$ca" svc --now
key=$(sha256sum <"$home/identity/key.pem")
expect 0 "*svc: spiffe://example.org/svc, 90 days*" issue "$ca" --identity $id --dns localhost --home "$home"
[ "$key" != "$(sha256sum <"$home/identity/key.pem")" ] || wrong "whoever was revoked came back with the old key"
holds "whole after it was let in again" is_whole "$home"
expect 0 "*" revoke "$ca" --certificate "$work/p256/ns/identity/cert.pem"
expect 0 "*" revoke "$ca" --certificate "$work/p256/ns/identity/cert.pem"
expect 0 "*" issue "$ca" --identity spiffe://example.org/ns --dns ns.example.org --home "$work/p256/ns"
expect 0 "*published, Lantern issuer*host*svc*" list "$ca"
expect 1 "*host*" list "$ca" --within 100
expect 0 "\[{\"kind\": \"host\", *\]" list "$home" --json
expect 0 "publish: list *, 3 days, to 2 hosts*" publish "$ca" --days 3 --root "$root"
expect 1 "*the root's list has @(19|20) days left*" publish "$ca" --root "$root" --root-days 20
expect 0 "*" publish "$ca" --root "$root"

# --- A host that the authority cannot reach: the key stays there, in both directions only public files travel.

far=$work/far
expect 0 "*bring it to the authority*" request "$far" --out "$work/far.csr"
first=$(openssl req -in "$work/far.csr" -noout -pubkey)
expect 0 "*" request "$far" --out "$work/far.csr"
[ "$first" = "$(openssl req -in "$work/far.csr" -noout -pubkey)" ] || wrong "the second request is for another key"
expect 0 "*bring cert.pem*" issue "$ca" --identity spiffe://example.org/far --dns far.example.org --request "$work/far.csr"
expect 0 "*nothing to issue*" issue "$ca" --identity spiffe://example.org/far --dns far.example.org \
    --request "$work/far.csr"
expect 1 "*" install "$far" --certificate "$ca/hosts/far/cert.pem" --roots "$work/rsa/ca/roots.pem"
expect 0 "install: $far: spiffe://example.org/far, @(89|90) days left" install "$far" --certificate "$ca/hosts/far/cert.pem" \
    --roots "$ca/roots.pem" --crl "$ca/crl.pem"
holds "whole on the far host" is_whole "$far"
expect 0 "*@(89|90) days left" install "$far" --certificate "$ca/hosts/far/cert.pem"
expect 1 "*not for the key of this home*" install "$far" --certificate "$ca/hosts/svc/cert.pem"
expect 0 "*" request "$far" --new-key --out "$work/far.csr"
holds "the old pair is in use until the new one comes" is_whole "$far"
expect 0 "*" issue "$ca" --identity spiffe://example.org/far --dns far.example.org --request "$work/far.csr"
expect 0 "*" install "$far" --certificate "$ca/hosts/far/cert.pem"
holds "whole with the new key" is_whole "$far"
expect 1 "*no home is known*" rotate-leaf "$ca" far

# --- Over ssh: the stand-in runs what ssh would run there.

cat >"$work/ssh" <<'SSH'
#!/bin/bash
[ "$1" = ops@host.example ] || { echo "ssh: no route to $1" >&2; exit 255; }
exec bash -c "$2"
SSH
chmod 755 "$work/ssh"
export LANTERN_SSH=$work/ssh
expect 0 "*, in ops@host.example:$work/re mote" issue "$ca" --identity spiffe://example.org/remote --dns localhost \
    --home "ops@host.example:$work/re mote"
holds "whole over ssh" is_whole "$work/re mote"
expect 0 "*new key*" rotate-leaf "$ca" remote
holds "whole after a rotation over ssh" is_whole "$work/re mote"
expect 1 "*no route to other*" issue "$ca" --identity spiffe://example.org/away --dns localhost --home "other:/x"
expect 0 "*0 not reached*" publish "$ca"
chmod 000 "$work/ssh"
expect 1 "*remote: *cannot be reached*1 not reached*" publish "$ca"
chmod 755 "$work/ssh"
expect 0 "*" revoke "$ca" --host remote
unset LANTERN_SSH

# --- An offline root: only requests and certificates travel. Keys with passwords.

echo "correct horse" >"$work/password"
echo "wrong" >"$work/other-password"
cold=$work/cold
expect 0 "*" make-root "$cold/root" --password-file "$work/password"
holds "the root's key is encrypted" grep -q ENCRYPTED "$cold/root/ca.key"
expect 78 "*no key waits*" make-issuer "$cold/ca" --signed "$work/password"
expect 0 "*request.pem: bring it to the root*" make-issuer "$cold/ca" --request-only
expect 1 "*wrong password*" sign-issuer "$cold/root" --request "$cold/ca/request.pem" \
    --password-file "$work/other-password"
expect 0 "*" sign-issuer "$cold/root" --request "$cold/ca/request.pem" --out "$work/signed" \
    --password-file "$work/password"
first=$(sha256sum <"$work/signed")
expect 0 "*" sign-issuer "$cold/root" --request "$cold/ca/request.pem" --out "$work/signed" \
    --password-file "$work/password"
[ "$first" = "$(sha256sum <"$work/signed")" ] || wrong "the same request was signed twice"
openssl x509 -in "$work/signed" -out "$work/cut"
expect 78 "*the root's certificate is not in it*" make-issuer "$cold/ca" --signed "$work/cut"
expect 0 "*days left*" make-issuer "$cold/ca" --signed "$work/signed"
expect 0 "*" issue "$cold/ca" --identity $id --dns localhost --home "$cold/home"
holds "whole below an offline root" is_whole "$cold/home"

# --- Other PKIs.

other=$work/rsa
mkdir "$work/spire"
cp "$other/svc/identity/cert.pem" "$work/spire/svid.0.pem"
cp "$other/svc/identity/key.pem" "$work/spire/svid.0.key"
cp "$other/svc/trust/roots.pem" "$work/spire/bundle.0.pem"
expect 0 "bring: *guest: spiffe://example.org/svc, @(89|90) days left" bring spire "$work/guest" "$work/spire"
expect 0 "*@(89|90) days left" bring spire "$work/guest" "$work/spire"
holds "modes of what was brought" test "$(stat -c %a "$work/guest/identity/key.pem")" = 600
expect 1 "*is not the key of*" bring home "$work/guest2" --certificate "$other/ns/identity/cert.pem" \
    --key "$other/svc/identity/key.pem" --roots "$other/svc/trust/roots.pem"
expect 1 "*unable to get*" bring home "$work/guest2" --certificate "$other/ns/identity/cert.pem" \
    --key "$other/ns/identity/key.pem" --roots "$ca/roots.pem"
expect 1 "*0 URI names*" bring home "$work/guest2" --certificate "$other/root/ca.pem" --key "$other/root/ca.key" \
    --roots "$other/root/ca.pem"
fails "a refused one was brought" test -e "$work/guest2/identity"
expect 0 "*" bring home "$work/guest2" --certificate "$other/ns/identity/cert.pem" \
    --key "$other/ns/identity/key.pem" --roots "$other/ns/trust/roots.pem" --crl "$other/ns/trust/crl.pem"
holds "whole after it was brought" is_whole "$work/guest2"
expect 0 "*" bring authority "$work/adopted" --certificate "$other/ca/current/ca.pem" --key "$other/ca/current/ca.key" \
    --root "$other/root/ca.pem" --root-crl "$other/root/crl.pem" --index "$other/ca/current/index.txt"
expect 0 "*" issue "$work/adopted" --identity spiffe://example.org/adopted --dns localhost --home "$work/adopted-home"
holds "whole under an adopted authority" is_whole "$work/adopted-home"
expect 1 "*is no authority's*" bring authority "$work/z" --certificate "$home/identity/cert.pem" \
    --key "$home/identity/key.pem"

# --- Rotation of the issuer and of the root: each phase, back from each, and forward again.

expect 0 "*" revoke "$ca" --host far
expect 0 "*" make-root "$work/root2"
for kind in issuer root; do
    from=$root
    [ $kind = issuer ] || from=$work/root2
    expect 0 "*no rotation is under way*" rotate-$kind status "$ca"
    expect 0 "*prepared*" rotate-$kind prepare "$ca" --root "$from"
    expect 0 "*prepared already*" rotate-$kind prepare "$ca" --root "$from"
    expect 1 "*a rotation of the $kind is under way*" rotate-"$([ $kind = root ] && echo issuer || echo root)" trust "$ca"
    expect 1 "*this needs: trusted or issued*" rotate-$kind issue "$ca" --settle 0
    expect 0 "*removed*" rotate-$kind back "$ca" --settle 0
    expect 0 "*prepared*" rotate-$kind prepare "$ca" --root "$from"
    expect 0 "*hosts accept both, 0 not reached*" rotate-$kind trust "$ca" --settle 0
    expect 0 "*hosts accept both, 0 not reached*" rotate-$kind trust "$ca" --settle 0
    holds "$kind: whole with both" is_whole "$home"
    expect 1 "*this needs: issued or retired*" rotate-$kind retire "$ca"
    expect 0 "*back to 'prepared'*" rotate-$kind back "$ca" --settle 0
    expect 0 "*" rotate-$kind trust "$ca" --settle 0
    cp "$home/trust/crl.pem" "$work/crl"
    echo >>"$home/trust/crl.pem"
    expect 0 "*svc*old*old*" rotate-$kind status "$ca"
    expect 1 "*not yet with the new trust: svc*" rotate-$kind issue "$ca" --settle 0
    expect 0 "*" rotate-$kind trust "$ca" --settle 0
    expect 0 "*ns: renewed*" rotate-$kind issue "$ca" ns --settle 0
    holds "$kind: ns of the new one is accepted by all" is_whole "$work/p256/ns"
    holds "$kind: old and new understand each other" "$python" "$work/strict.py" "$home" "$work/p256/ns" localhost
    holds "$kind: new and old understand each other" "$python" "$work/strict.py" "$work/p256/ns" "$home" ns.example.org
    expect 1 "*not yet with a certificate of the new one: svc*" rotate-$kind retire "$ca"
    expect 0 "*svc*current*old*" rotate-$kind status "$ca"
    expect 0 "*svc: renewed*" rotate-$kind issue "$ca" --settle 0
    expect 0 "*svc: has one of the issuer in use; nothing to do*" rotate-$kind issue "$ca" --settle 0
    expect 0 "*back to 'trusted'*" rotate-$kind back "$ca" --settle 0
    holds "$kind: whole after going back" is_whole "$home"
    expect 0 "*" rotate-$kind issue "$ca" --settle 0
    expect 0 "*the new one alone, 0 not reached*" rotate-$kind retire "$ca"
    holds "$kind: whole with the new one alone" is_whole "$home"
    expect 0 "*back to 'issued'*" rotate-$kind back "$ca" --settle 0
    expect 0 "*" rotate-$kind retire "$ca"
    expect 0 "{\"kind\": \"$kind\", \"phase\": \"retired\", *\"host\": \"svc\", \"trust\": \"current\", \"certificate\": \"new\"*" \
        rotate-$kind status "$ca" --json
    expect 0 "*is finished*" rotate-$kind finish "$ca"
    holds "$kind: whole at the end" is_whole "$home"
    expect 0 "*" renew "$ca" --now
    expect 0 "*" publish "$ca"
done

# --- Lantern itself takes what they make.

if [ -x "$lantern" ]; then
    "$lantern" init --identity $id --dns localhost "$work/lantern" >/dev/null
    expect 0 "*" issue "$work/rsa/ca" --identity $id/lantern --dns localhost --home "$work/lantern"
    holds "lantern check-config accepts it" "$lantern" check-config --home "$work/lantern"
fi

finished
