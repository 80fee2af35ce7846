#!/bin/bash
# `lantern doctor`: a good home is well, and for each kind of damage the right line appears, with the file to mend.
set -euo pipefail

cd "$(dirname "$0")/../.."
# shellcheck source=Tests/CommandLine/support/common.sh
. Tests/CommandLine/support/common.sh

# finds STATUS CODE LEVEL FILE [ARGUMENT...]: the doctor, asked about $home, names this finding for this file.
finds() {
    local status=$1 code=$2 level=$3 file=$4 output got=0
    shift 4
    output=$("$lantern" doctor --home "$home" --json "$@" 2>&1) || got=$?
    count=$((count + 1))
    if [ "$got" != "$status" ] || ! [[ $output == *"\"code\": \"$code\", \"level\": \"$level\""* ]] ||
        { [ -n "$file" ] && ! [[ $output == *"\"code\": \"$code\""*"\"file\": \"$file\""* ]]; }; then
        wrong "expected $status $code $level $file"
        printf '  got %s: %s\n' "$got" "$output"
    fi
}

# well [ARGUMENT...]: nothing is wrong with $home.
well() {
    local output got=0
    output=$("$lantern" doctor --home "$home" "$@" 2>&1) || got=$?
    count=$((count + 1))
    if [ "$got" != 0 ] || [[ $output == *WRONG* ]]; then
        wrong "it should be well"
        printf '  got %s: %s\n' "$got" "$output"
    fi
}

# says STATUS PATTERN [ARGUMENT...]: PATTERN is for the lines for people about $home.
says() { expect "$1" "$2" doctor --home "$home" "${@:3}"; }

# fresh: $home is good again.
good=$work/good
home=$work/home
fresh() {
    rm -rf "$home"
    cp -a "$good" "$home"
}

"$certs/make-root" "$work/root" >/dev/null
"$certs/make-issuer" "$work/ca" --root "$work/root" >/dev/null
"$certs/make-root" "$work/root2" >/dev/null
"$certs/make-issuer" "$work/ca2" --root "$work/root2" >/dev/null
"$lantern" init --identity spiffe://example.org/host --dns localhost "$good" >/dev/null
"$certs/issue" "$work/ca" --identity spiffe://example.org/host --dns localhost --home "$good" >/dev/null
"$certs/issue" "$work/ca" --identity spiffe://example.org/other --dns localhost --home "$work/other" >/dev/null
"$certs/issue" "$work/ca2" --identity spiffe://example.org/stranger --dns localhost --home "$work/stranger" >/dev/null


# issue_for DAYS-FROM DAYS-TO EXTENSIONS...: a certificate for the home's key with these dates, by the first issuer.
issue_as() {
    local from=$1 to=$2 section=$3
    mkdir -p "$work/db"
    : >"$work/db/index.txt"
    echo 01 >"$work/db/crlnumber"
    openssl req -new -config <(printf '[req]\ndistinguished_name = d\n[d]\n') -key "$home/identity/key.pem" -subj /CN=odd \
        -out "$work/odd.csr" 2>/dev/null
    LANTERN_AUTHORITY=$work/ca/current LANTERN_DATABASE=$work/db LANTERN_DOMAIN=none \
        openssl ca -batch -notext -config Certs/authority.cnf -in "$work/odd.csr" -extfile <(printf '%b' "$section") \
        -startdate "$(date -u -d "$from days" +%Y%m%d%H%M%SZ)" -enddate "$(date -u -d "$to days" +%Y%m%d%H%M%SZ)" \
        -out "$home/identity/cert.pem" 2>"$work/said" || { cat "$work/said"; exit 1; }
    cat "$work/ca/current/ca.pem" >>"$home/identity/cert.pem"
}
common='subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid:always\nbasicConstraints=critical,CA:false\nkeyUsage=critical,digitalSignature\n'
both="${common}extendedKeyUsage=serverAuth,clientAuth\nsubjectAltName=URI:spiffe://example.org/host,DNS:localhost\n"

# list_as FROM-DAYS TO-DAYS: an issuer's list with these dates, before the root's.
list_as() {
    mkdir -p "$work/db"
    cp "$work/ca/current/index.txt" "$work/db/index.txt"
    echo 77 >"$work/db/crlnumber"
    LANTERN_AUTHORITY=$work/ca/current LANTERN_DATABASE=$work/db LANTERN_DOMAIN=none \
        openssl ca -batch -config Certs/authority.cnf -gencrl -crl_lastupdate "$(date -u -d "$1 days" +%Y%m%d%H%M%SZ)" \
        -crl_nextupdate "$(date -u -d "$2 days" +%Y%m%d%H%M%SZ)" -out "$home/trust/crl.pem" 2>"$work/said" ||
        { cat "$work/said"; exit 1; }
    cat "$work/ca/current/root-crl.pem" >>"$home/trust/crl.pem"
}

fresh
well
well --strict

# --- The home and its directories.

home=$work/nowhere finds 78 home-missing wrong "$work/nowhere"
rm -r "$home/trust"; finds 78 directory-missing wrong "$home/trust"; fresh
chmod 777 "$home/identity"; finds 78 directory-exposed wrong "$home/identity"; fresh
if [ "$(id -u)" = 0 ]; then chown 12345 "$home/trust"; finds 0 owner-differs warning "$home/trust"; fresh; fi

# --- Certificate and key.

cert=$home/identity/cert.pem key=$home/identity/key.pem
rm "$cert"; finds 78 certificate-missing wrong "$cert"; fresh
echo nonsense >"$cert"; finds 78 certificate-damaged wrong "$cert"; fresh
sed -i '$d' "$cert"; finds 78 certificate-damaged wrong "$cert"; fresh
issue_as -30 -1 "$both"; finds 78 certificate-expired wrong "$cert"; fresh
issue_as +2 +30 "$both"; finds 78 certificate-not-yet-valid wrong "$cert"; finds 78 clock-behind wrong "$cert"; fresh
issue_as -80 +5 "$both"; finds 0 certificate-expiring warning "$cert"; finds 1 certificate-expiring warning "$cert" --strict
fresh
issue_as -1 +30 "${common}extendedKeyUsage=serverAuth,clientAuth\nsubjectAltName=DNS:localhost\n"
finds 78 no-identity wrong "$cert"; fresh
issue_as -1 +30 "${common}extendedKeyUsage=serverAuth,clientAuth\nsubjectAltName=URI:https://example.org/x,DNS:localhost\n"
finds 78 no-identity wrong "$cert"; fresh
issue_as -1 +30 "${common}extendedKeyUsage=serverAuth\nsubjectAltName=URI:spiffe://example.org/host,DNS:localhost\n"
finds 78 wrong-purpose wrong "$cert"; fresh
cp "$work/ca/current/ca.pem" "$cert"; finds 78 certificate-of-authority wrong "$cert"; fresh
rm "$key"; finds 78 key-missing wrong "$key"; fresh
chmod 644 "$key"; finds 78 key-exposed wrong "$key"; fresh
mv "$key" "$home/identity/real"; ln -s real "$key"; finds 78 key-exposed wrong "$key"; fresh
echo nonsense >"$key"; finds 78 key-damaged wrong "$key"; fresh
openssl pkey -in "$good/identity/key.pem" -aes256 -passout pass:x -out "$key" 2>/dev/null
finds 78 key-password wrong "$key"; fresh
cp "$work/other/identity/key.pem" "$key"; finds 78 key-mismatch wrong "$key"; fresh

# --- Roots, chain and lists.

roots=$home/trust/roots.pem list=$home/trust/crl.pem
rm "$roots"; finds 78 roots-missing wrong "$roots"; fresh
echo nonsense >"$roots"; finds 78 roots-damaged wrong "$roots"; fresh
cat "$work/other/identity/cert.pem" >>"$roots"; finds 78 root-no-authority wrong "$roots"; fresh
cp "$work/stranger/trust/roots.pem" "$roots"; finds 78 chain-unknown wrong "$roots"; fresh
openssl x509 -in "$good/identity/cert.pem" -out "$cert"; finds 78 chain-incomplete wrong "$cert"; fresh
echo nonsense >"$list"; finds 78 list-damaged wrong "$list"; fresh
list_as -9 -2; finds 78 list-expired wrong "$list"; fresh
list_as +1 +9; finds 78 list-not-yet-valid wrong "$list"; finds 78 clock-behind wrong "$list"; fresh
list_as -6 +1; finds 0 list-expiring warning "$list"; finds 0 health-red warning "$list"; fresh
list_as -6 +2; finds 0 health-amber warning "$list"; fresh
openssl crl -in "$good/trust/crl.pem" -out "$list"; finds 78 list-missing wrong "$list"; fresh
rm "$list"; well; fresh
"$certs/revoke" "$work/ca" --host other >/dev/null
"$certs/revoke" "$work/ca" --serial "$(openssl x509 -in "$cert" -noout -serial | cut -d= -f2)" >/dev/null
cp "$work/ca/crl.pem" "$list"; finds 78 certificate-revoked wrong "$cert"; fresh

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout "$work/old.key" -subj /CN=old -days 1 \
    -out "$work/old.pem" 2>/dev/null
cat "$work/old.pem" >>"$roots"
finds 0 ok ok ""
mkdir -p "$work/db"; : >"$work/db/index.txt"
openssl req -new -config <(printf '[req]\ndistinguished_name = d\n[d]\n') -key "$work/old.key" -subj /CN=old \
    -out "$work/old.csr" 2>/dev/null
mkdir -p "$work/old"; cp "$work/old.key" "$work/old/ca.key"; cp "$work/old.pem" "$work/old/ca.pem"
echo 01 >"$work/db/crlnumber"
for dates in "-400 -2 root-expired wrong 78" "-400 +5 root-expiring warning 0"; do
    read -r from to code level status <<<"$dates"
    LANTERN_AUTHORITY=$work/old LANTERN_DATABASE=$work/db LANTERN_DOMAIN=none openssl ca -batch -notext \
        -config Certs/authority.cnf -selfsign -in "$work/old.csr" -extfile Certs/authority.cnf -extensions root \
        -startdate "$(date -u -d "$from days" +%Y%m%d%H%M%SZ)" -enddate "$(date -u -d "$to days" +%Y%m%d%H%M%SZ)" \
        -out "$work/aged.pem" 2>/dev/null
    fresh
    cat "$work/aged.pem" >>"$roots"
    finds "$status" "$code" "$level" "$roots"
done
fresh

# --- Other trust domains.

domain=$home/trust/other.test
federate() {
    mkdir -p "$domain"
    cp "$work/stranger/trust/roots.pem" "$domain/theirs.pem"
}
federate; finds 0 domain-list-missing warning "$home/trust/crls"
rm "$list"; says 0 "*ok *trust: peers of 'other.test' are believed by the file of roots in $domain*"; fresh
federate; mkdir "$home/trust/crls"; cp "$work/stranger/trust/crl.pem" "$home/trust/crls/theirs.pem"
says 0 "*ok *trust: peers of 'other.test' are believed*"; well --strict; fresh
mkdir "$domain"; finds 78 domain-empty wrong "$domain"; fresh
federate; echo nonsense >"$domain/theirs.pem"; finds 78 roots-damaged wrong "$domain/theirs.pem"; fresh
federate; cp "$work/other/identity/cert.pem" "$domain/more.pem"; finds 78 root-no-authority wrong "$domain/more.pem"; fresh
federate; mv "$domain" "$home/trust/Other_Test"; finds 78 domain-misnamed wrong "$home/trust/Other_Test"; fresh
federate; mv "$domain" "$home/trust/example.org"; finds 78 domain-own wrong "$home/trust/example.org"; fresh
federate; cp "$work/aged.pem" "$domain/aged.pem"; finds 0 root-expiring warning "$domain/aged.pem"; fresh

# --- Health: what a running program would say of itself.

says 0 "*ok *health: green: *"
issue_as -80 +5 "$both"; finds 0 health-amber warning "$cert"; fresh
issue_as -87 +3 "$both"; finds 0 health-red warning "$cert"; finds 1 health-red warning "$cert" --strict; fresh
cat "$work/aged.pem" >>"$roots"; finds 0 health-amber warning "$roots"; fresh
"$lantern" keys show --home "$work/stranger" --identity spiffe://example.org/stranger --output "$work/ending.key" \
    >/dev/null 2>&1 || { "$lantern" keys generate --home "$work/stranger" --id stranger-1 >/dev/null
    "$lantern" keys show --home "$work/stranger" --identity spiffe://example.org/stranger --output "$work/ending.key"; }
"$lantern" keys authorize --home "$home" "$work/ending.key" --days 2 >/dev/null
finds 0 health-red warning "$home/keys"; fresh

# --- Names, settings, handshake keys, policy, audit log.

settings=$home/lantern.yaml
echo 'listen: { host: 0.0.0.0 }' >"$settings"; finds 78 published-nowhere wrong "$settings"; fresh
echo 'listen: { host: 0.0.0.0, published-host: svc.example.org }' >"$settings"
finds 78 name-not-certified wrong "$settings"; fresh
echo 'listen: { host: 0.0.0.0, published-host: localhost }' >"$settings"; finds 78 published-loopback wrong "$settings"; fresh
echo 'listen: { host: 10.0.0.9 }' >"$settings"; finds 78 name-not-certified wrong "$settings"; fresh
echo 'name-server: { host: ns.example.org }' >"$settings"; finds 0 name-server-anybody warning "$settings"; fresh
echo 'listen: { hots: x }' >"$settings"; finds 78 settings-wrong wrong "$settings"; fresh
chmod 644 "$home/keys/own.key"; finds 78 handshake-keys-wrong wrong "$home/keys"; fresh
rm "$home"/keys/authorized/*; finds 78 handshake-keys-wrong wrong "$home/keys"; fresh
echo 'rules: []' >"$home/policy.yaml"; finds 78 policy-wrong wrong "$home/policy.yaml"; fresh

# --- A live peer.

cp -a "$good" "$work/server"
sed -i 's/port: 9090/port: 1/' "$work/server/lantern.yaml"
serve echo echo-server --home "$work/server"
well --peer "$uri"
if openssl list -tls-groups 2>/dev/null | grep -q X25519MLKEM768; then
    says 0 "*key exchange X25519MLKEM768 (post-quantum), connected in *" --peer "$uri"
else
    says 0 "*key exchange X25519 (not post-quantum), connected in *" --peer "$uri"
fi
finds 0 ok ok "" --peer "$uri"
port=${uri##*:}
finds 69 peer-unreachable wrong "" --peer "PYRO:test.echoserver@localhost:1"
finds 69 peer-unreachable wrong "" --name-server --peer "$uri"
finds 69 peer-unknown-host wrong /etc/hosts --peer "PYRO:test.echoserver@no-such-host.invalid:1"
finds 64 peer-failed wrong "" --peer nonsense
finds 77 peer-wrong-name wrong "" --peer "PYRO:test.echoserver@127.0.0.1:$port"
cp "$work/stranger/trust/roots.pem" "$home/trust/extra.pem"
cp "$home/trust/extra.pem" "$roots"; rm "$home/trust/extra.pem" "$list"
finds 78 chain-unknown wrong "$roots" --peer "$uri"
finds 78 peer-unknown-authority wrong "$roots" --peer "$uri"; fresh
cp "$work/ca/crl.pem" "$list"; finds 78 peer-revoked wrong "$list" --peer "$uri"; fresh
rm "$home"/keys/authorized/*
"$lantern" init --identity spiffe://example.org/guest "$work/guest" >/dev/null
"$lantern" trust "$home" --peer "$work/guest" >/dev/null
finds 77 peer-key-unknown wrong "$home/keys/authorized" --peer "$uri"; fresh
rm -r "$home/keys"; cp -a "$work/guest/keys" "$home/keys"; finds 77 peer-refused-key wrong "" --peer "$uri"; fresh
cp -a "$work/stranger/identity/." "$home/identity/"; cat "$work/stranger/trust/roots.pem" >>"$roots"; rm "$list"
finds 77 peer-refused-certificate wrong "" --peer "$uri"; fresh
printf 'version: 1\nrules:\n  - allow: ["spiffe://example.org/host"]\n    objects: ["another"]\n    methods: ["*"]\n' \
    >"$work/server/policy.yaml"
ends
serve echo echo-server --home "$work/server"
finds 77 peer-refused-policy wrong "" --peer "$uri"

# A port where something else speaks.
python3 - >"$work/plain" <<'PYTHON' &
import socket
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
while True:
    connection, _ = server.accept()
    connection.sendall(b"220 mail.example.org ESMTP\r\n")
    connection.close()
PYTHON
pids+=("$!")
for _ in {1..200}; do [ ! -s "$work/plain" ] || break; sleep 0.05; done
finds 77 peer-no-tls wrong "" --peer "PYRO:x@localhost:$(cat "$work/plain")"

# --- For people.

cp "$work/other/identity/key.pem" "$key"
says 78 "*WRONG    certificate: $key is not the key of $cert; *"

finished
