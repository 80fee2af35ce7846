# What the scripts in Scripts/certs and Scripts/deploy share: messages, locks, staging, signing, homes.
# shellcheck shell=bash
#
# An authority is a directory:
#   issuers/N/{ca.pem,ca.key,index.txt,crlnumber,crl.pem,root.pem,root-crl.pem,certs/}   one or, while rotating, two
#   current        a link to the issuer that signs now
#   hosts/NAME/    record (names, home), request.pem, cert.pem: what each host has
#   rotation       the rotation that is under way, if any
#   roots.pem, crl.pem   what every host's trust/ shall hold
# A root is one such issuer alone, with `kind` saying so.
#
# One file, long as it is: a script and this are all that there is to copy and to read.
#
# Whatever is made is made under another name in the same directory, forced to disk and renamed. A run that was ended
# leaves the old state whole; what it had begun lies in .lantern-new.* and goes with the next run.

set -euo pipefail
umask 077
export LC_ALL=C

library=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
templates=${library%/Scripts/lib}/Certs
program=${program:-$(basename "$0")}

# --- Messages. Exit statuses are those of `lantern`: 1 not done, 64 wrong use, 78 something on disk is wrong.

say() { echo "$program: $*"; }
warn() { echo "$program: $*" >&2; }

fail() {
    local status=$1
    shift
    warn "$*"
    exit "$status"
}

wrong_use() { fail 64 "$*; see --help"; }

# value OPTION COUNT: an option that needs a value has one.
value() { [ "$2" -ge 2 ] || wrong_use "$1 needs a value"; }

# quietly COMMAND...: shows what a command says only when it fails.
quietly() {
    local output
    output=$("$@" 2>&1) || {
        warn "failed: $(printf '%s ' "$@")"
        printf '%s\n' "$output" >&2
        exit 1
    }
}

# --- What is begun and not finished goes away, however the script ends.

unfinished=()
used_homes=()
# A part of the work that runs by itself.
worker=
finish() {
    local status=$? home
    trap - EXIT
    [ -z "$worker" ] || { kill "$worker" 2>/dev/null && wait "$worker"; } || true
    [ ${#unfinished[@]} = 0 ] || rm -rf -- "${unfinished[@]}"
    for home in ${used_homes[@]+"${used_homes[@]}"}; do
        rm -rf -- "$home"/.identity.new "$home"/{,trust/}.lantern-draft.*
    done
    exit "$status"
}
trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# begin DIR: takes the lock of a directory and sets `stage` to a place in it that only we can read.
begin() {
    local directory=$1 lock
    exec {lock}>>"$directory/.lantern-lock"
    flock -w 60 "$lock" || fail 1 "$directory: another script works here since a minute; try again later"
    rm -rf -- "$directory"/.lantern-new.*
    stage=$(mktemp -d "$directory/.lantern-new.XXXXXX")
    unfinished+=("$stage")
}

# commit FILE TARGET [MODE]: puts a finished file in its place in one step. The mode is 644 unless given.
commit() {
    chmod "${3:-644}" "$1"
    sync "$1"
    mv -fT -- "$1" "$2"
    sync "$(dirname "$2")"
}

# columns: lines of fields with tabs between, each column as wide as it must be.
columns() {
    awk -F '\t' '
        { for (i = 1; i <= NF; i++) { cell[NR, i] = $i; if (length($i) > width[i]) width[i] = length($i) } fields[NR] = NF }
        END {
            for (row = 1; row <= NR; row++) {
                line = ""
                for (i = 1; i < fields[row]; i++) line = line sprintf("%-" (width[i] + 2) "s", cell[row, i])
                print line cell[row, fields[row]]
            }
        }'
}

# --- Checks of what a person gave.

is_spiffe_id() {
    [[ $1 =~ ^spiffe://[a-z0-9._-]{1,255}(/[A-Za-z0-9._-]+)+$ ]] || return 1
    [[ ! $1/ =~ /\.{1,2}/ ]] && [ ${#1} -le 2048 ]
}
is_dns_name() { [[ $1 =~ ^(\*\.)?[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9])?)*$ ]]; }
is_address() {
    [[ $1 =~ ^[0-9]{1,3}(\.[0-9]{1,3}){3}$ ]] || [[ $1 == *:* && $1 =~ ^[0-9A-Fa-f:.]{2,45}$ ]]
}
is_domain() { [[ $1 =~ ^[a-z0-9._-]{1,255}$ ]]; }
is_host_name() { [[ $1 =~ ^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$ ]]; }
is_number() { [[ $1 =~ ^[1-9][0-9]{0,5}$ ]]; }

# days NAME VALUE: a number of days that makes sense.
days() { is_number "$2" && [ "$2" -le 36500 ] || wrong_use "$1 is a number of days, 1 to 36500, not '$2'"; }

# seconds NAME VALUE
seconds() { [[ $2 =~ ^[0-9]{1,4}$ ]] || wrong_use "$1 is a number of seconds, 0 to 9999, not '$2'"; }

# key_kind VALUE: what new_key understands.
key_kind() {
    case $1 in
    p256 | ed25519 | rsa) ;;
    *) wrong_use "--key is p256, ed25519 or rsa, not '$1'" ;;
    esac
}

# names ID DNS... -- checks the names and prints them as OpenSSL wants them.
# Takes the arrays `dns` and `ip`. A comma in a name would begin another one; so each is checked.
names() {
    local identity=$1 name list
    is_spiffe_id "$identity" || wrong_use "'$identity' is no SPIFFE ID; write spiffe://example.org/svc/warehouse"
    list=URI:$identity
    for name in ${dns[@]+"${dns[@]}"}; do
        is_dns_name "$name" || wrong_use "--dns '$name' is no DNS name"
        list+=,DNS:$name
    done
    for name in ${ip[@]+"${ip[@]}"}; do
        is_address "$name" || wrong_use "--ip '$name' is no IP address"
        list+=,IP:$name
    done
    echo "$list"
}

# --- Keys and certificates.

# new_key KIND FILE [PASSWORD-FILE]: a private key in PKCS #8, with a password when one is given.
new_key() {
    local kind=$1 file=$2 password=${3:-} options=()
    case $kind in
    p256) options=(-algorithm EC -pkeyopt ec_paramgen_curve:P-256) ;;
    ed25519) options=(-algorithm ED25519) ;;
    rsa) options=(-algorithm RSA -pkeyopt rsa_keygen_bits:3072) ;;
    esac
    [ -z "$password" ] || options+=(-aes-256-cbc -pass "file:$password")
    # The file is there before anything is written to it, so that it never has another mode.
    (umask 077 && : >"$file")
    quietly openssl genpkey "${options[@]}" -out "$file"
}

# new_request KEY SUBJECT FILE [PASSWORD-FILE]
new_request() {
    local password=()
    [ -z "${4:-}" ] || password=(-passin "file:$4")
    quietly openssl req -new -utf8 -config <(printf '[req]\ndistinguished_name = d\n[d]\n') -key "$1" \
        -subj "/CN=$2" -out "$3" ${password[@]+"${password[@]}"}
}

certificate_field() { openssl x509 -in "$1" -noout "-$2" | sed 's/^[^=]*= *//'; }
serial_of() { certificate_field "$1" serial | tr 'A-F' 'a-f'; }
fingerprint_of() { openssl x509 -in "$1" -noout -fingerprint -sha256 | sed 's/.*=//; s/://g' | tr 'A-F' 'a-f'; }
seconds_of() { date -u -d "$(certificate_field "$1" "$2")" +%s; }
days_left() { echo $((($(seconds_of "$1" enddate) - $(date +%s)) / 86400)); }
public_key_of_certificate() { openssl x509 -in "$1" -noout -pubkey; }
identity_of() {
    openssl x509 -in "$1" -noout -ext subjectAltName 2>/dev/null | grep -oE 'URI:[^, ]+' | sed 's/^URI://' | head -n 1
}

# key_identifier FILE subject|authority: an identifier as hexadecimal digits, or nothing.
key_identifier() {
    openssl x509 -in "$1" -noout -ext "$2KeyIdentifier" 2>/dev/null |
        tr -d ' \n' | sed -E 's/^X509v3(Subject|Authority)KeyIdentifier:?//; s/keyid://; s/(DirName|serial).*//; s/://g'
}

crl_number() { openssl crl -in "$1" -noout -crlnumber | sed 's/.*=//; s/^0x//'; }
crl_days_left() {
    local until
    until=$(openssl crl -in "$1" -noout -nextupdate | sed 's/.*=//')
    echo $((($(date -u -d "$until" +%s) - $(date +%s)) / 86400))
}

# --- An issuer or a root: the directory with ca.key.

# make_database DIR: an empty one.
make_database() {
    mkdir -p "$1/certs"
    : >"$1/index.txt"
    echo 1000 >"$1/crlnumber"
}

# with_database ISSUER COMMAND OPTION...: `openssl ca` on a copy of the issuer's database, in $stage/db.
with_database() {
    local issuer=$1 password=()
    shift
    rm -rf "$stage/db"
    mkdir "$stage/db"
    cp "$issuer/index.txt" "$issuer/crlnumber" "$stage/db/"
    # OpenSSL asks for this file; the copy has none yet.
    echo 'unique_subject = no' >"$stage/db/index.txt.attr"
    [ -z "${password_file:-}" ] || password=(-passin "file:$password_file")
    LANTERN_AUTHORITY=$issuer LANTERN_DATABASE=$stage/db LANTERN_DOMAIN=${domain:-none} \
        LANTERN_NAMES=${alternative_names:-URI:none} \
        openssl ca -batch -config "$templates/authority.cnf" ${password[@]+"${password[@]}"} "$@" 2>"$stage/said"
}

# sign ISSUER REQUEST TEMPLATE SECTION SUBJECT DAYS OUT [OPTION...]: signs, and records what was signed before
# anybody gets it: what is not in the database could not be revoked.
sign() {
    local issuer=$1 request=$2 template=$3 section=$4 subject=$5 days=$6 out=$7 begins ends
    shift 7
    [ -r "$issuer/ca.key" ] || fail 78 "$issuer/ca.key: the key is not there; bring the medium that it lies on"
    # Clocks of hosts differ a little: valid since five minutes ago.
    begins=$(date -u -d '-5 minutes' +%Y%m%d%H%M%SZ)
    ends=$(date -u -d "+$days days" +%Y%m%d%H%M%SZ)
    with_database "$issuer" -notext -utf8 -in "$request" -extfile "$templates/$template" -extensions "$section" \
        -subj "/CN=$subject" -startdate "$begins" -enddate "$ends" -out "$out" "$@" || {
        cat "$stage/said" >&2
        fail 1 "$issuer cannot sign; wrong password of ca.key, or a damaged request?"
    }
    cp "$out" "$stage/signed.pem"
    commit "$stage/signed.pem" "$issuer/certs/$(serial_of "$out").pem"
    commit "$stage/db/index.txt" "$issuer/index.txt" 600
}

# must_outlast CERTIFICATE DAYS: what is signed must not outlive the one that signs.
must_outlast() {
    local left
    left=$(days_left "$1")
    [ "$left" -ge "$2" ] || fail 1 "$1 has $left days left, fewer than the $2 asked for;" \
        "ask for fewer with --days, or rotate it (rotate-issuer, rotate-root)"
}

# make_list ISSUER DAYS: a new revocation list with the next number.
make_list() {
    local issuer=$1
    with_database "$issuer" -gencrl -crldays "$2" -out "$stage/list.pem" || {
        cat "$stage/said" >&2
        fail 1 "$issuer cannot sign a revocation list; wrong password of ca.key?"
    }
    # The number first: none is used twice, whenever we are ended.
    commit "$stage/db/crlnumber" "$issuer/crlnumber" 600
    commit "$stage/list.pem" "$issuer/crl.pem"
}

# --- An authority.

# open_authority DIR: an issuing authority; sets `authority` and `issuer`, and takes the lock.
open_authority() {
    look_at_authority "$1"
    begin "$authority"
}

look_at_authority() {
    [ -d "$1" ] || fail 78 "$1: there is no such directory; make-issuer makes an issuing authority"
    authority=$(cd "$1" && pwd)
    [ -e "$authority/current/ca.pem" ] || fail 78 "$1: no issuing authority; make-issuer makes one"
    issuer=$(cd "$authority/current" && pwd -P)
}

# open_root DIR: the same for a root; sets `root`.
open_root() {
    [ -d "$1" ] || fail 78 "$1: there is no such directory; make-root makes a root"
    root=$(cd "$1" && pwd)
    [ "$(cat "$root/kind" 2>/dev/null)" = root ] || fail 78 "$1: this is no root; make-root makes one"
    begin "$root"
}

# What the file `rotation` says, or nothing.
rotation_field() { field "$authority/rotation" "$1"; }

# The issuers whose certificates hosts shall accept now.
trusted_issuers() {
    local from to
    from=$(rotation_field from)
    to=$(rotation_field to)
    case $(rotation_field phase) in
    trusted | issued) echo "$authority/issuers/$from" "$authority/issuers/$to" ;;
    retired) echo "$authority/issuers/$to" ;;
    prepared) echo "$authority/issuers/$from" ;;
    *) echo "$issuer" ;;
    esac
}

# assemble: writes roots.pem and crl.pem of the authority, for all issuers that are trusted now.
assemble() {
    local each seen=' ' mark
    : >"$stage/roots.pem"
    : >"$stage/crl.pem"
    for each in $(trusted_issuers); do
        openssl crl -in "$each/crl.pem" >>"$stage/crl.pem"
        mark=$(fingerprint_of "$each/root.pem")
        [[ $seen == *" $mark "* ]] && continue
        seen+="$mark "
        openssl x509 -in "$each/root.pem" >>"$stage/roots.pem"
        # An authority that is its own root has one list for both.
        [ ! -e "$each/root-crl.pem" ] || openssl crl -in "$each/root-crl.pem" >>"$stage/crl.pem"
    done
    commit "$stage/crl.pem" "$authority/crl.pem"
    commit "$stage/roots.pem" "$authority/roots.pem"
}

# The hosts that belong to us: those that were revoked as a whole do not, until they are issued anew.
host_names() {
    local record
    for record in "$authority"/hosts/*/record; do
        [ ! -e "$record" ] || [ -e "${record%record}revoked" ] || basename "$(dirname "$record")"
    done
}

# known_host NAME: or what to do about it.
known_host() {
    [ -e "$authority/hosts/$1/record" ] || fail 1 "no host '$1'; known are: $(host_names | tr '\n' ' ')"
    [ ! -e "$authority/hosts/$1/revoked" ] || fail 1 "$1 is revoked; issue lets it in again, with a new certificate"
}

# field FILE NAME: a value out of lines name=value.
field() { sed -n "s/^$2=//p" "$1" 2>/dev/null || true; }
host_field() { field "$authority/hosts/$1/record" "$2"; }

# distribute [NAME]: gives roots.pem and crl.pem to the homes of all hosts, or of one. Sets `unreached`.
distribute() {
    local name place
    unreached=()
    for name in ${1:-$(host_names)}; do
        place=$(host_field "$name" home)
        if [ -z "$place" ]; then
            warn "$name: no home is known; bring roots.pem and crl.pem of $authority to its trust/ yourself"
        elif at "$place" home_take trust/crl.pem 644 <"$authority/crl.pem" &&
            at "$place" home_take trust/roots.pem 644 <"$authority/roots.pem"; then
            :
        else
            unreached+=("$name")
            warn "$name: $place cannot be reached; run publish again when it is back"
        fi
    done
}

# certify HOST-DIR DAYS: a certificate for the key in its request.pem and the names in its record, signed by the current
# issuer, into its cert.pem: the leaf, then the issuer.
certify() {
    local directory=$1 count=$2 identity subject alternative_names dns=() ip=()
    identity=$(field "$directory/record" identity)
    read -ra dns <<<"$(field "$directory/record" dns)"
    read -ra ip <<<"$(field "$directory/record" ip)"
    alternative_names=$(names "$identity")
    subject=${identity##*/}
    must_outlast "$issuer/ca.pem" "$count"
    sign "$issuer" "$directory/request.pem" leaf.cnf leaf "${subject:0:64}" "$count" "$stage/leaf.pem"
    cp "$stage/leaf.pem" "$stage/chain.pem"
    # A root is never sent; an authority that is its own root sends the leaf alone.
    cmp -s "$issuer/ca.pem" "$issuer/root.pem" || openssl x509 -in "$issuer/ca.pem" >>"$stage/chain.pem"
    check_chain "$stage/chain.pem" "$issuer"
    commit "$stage/chain.pem" "$directory/cert.pem"
}

# check_chain CHAIN ISSUER: what we hand out passes the strictest check that we know.
check_chain() {
    local purpose
    for purpose in sslserver sslclient; do
        quietly openssl verify -x509_strict -purpose "$purpose" -CAfile "$2/root.pem" -untrusted "$1" "$1"
    done
}

# recertify NAME DAYS keep|new: a new certificate for a host, for its key or a new one, recorded and put into its home.
recertify() {
    local name=$1 count=$2 choice=$3 place draft=$stage/host
    place=$(host_field "$name" home)
    rm -rf "$draft"
    cp -a "$authority/hosts/$name" "$draft"
    if [ -n "$place" ]; then
        at "$place" home_prepare || fail 1 "$name: $place cannot be reached"
        at "$place" home_request "$(field "$draft/record" key)" "$choice" "$name" >"$stage/request.pem" ||
            fail 1 "$name: no request can be made in $place"
        cp "$stage/request.pem" "$draft/request.pem"
    elif [ "$choice" = new ]; then
        fail 1 "$name: its key is made where it lives: there \`request\`, here \`issue --request\`"
    fi
    certify "$draft" "$count"
    put_host "$name"
    distribute "$name"
    deliver "$name"
}

# put_host NAME: $stage/host takes the place of what is known about a host, in one step.
put_host() {
    local target=$authority/hosts/$1
    sync "$stage/host"/* "$stage/host"
    home_exchange "$stage/host" "$target"
    rm -rf "$stage/host"
    sync "$authority/hosts"
}

# deliver NAME: puts hosts/NAME/cert.pem into the host's home, if one is known.
deliver() {
    local place
    place=$(host_field "$1" home)
    [ -n "$place" ] || return 0
    at "$place" home_install <"$authority/hosts/$1/cert.pem" ||
        fail 1 "$1: the certificate is made ($authority/hosts/$1/cert.pem) and could not be put into $place;" \
            "run the same again when it is reachable"
}

# issuer_of CERTIFICATE: which of our issuers signed it.
issuer_of() {
    local each wanted
    wanted=$(key_identifier "$1" authority)
    for each in "$authority"/issuers/*; do
        [ "$(key_identifier "$each/ca.pem" subject)" != "$wanted" ] || { echo "$each"; return; }
    done
    return 1
}

# refresh_lists DAYS: new revocation lists of all issuers that are trusted now.
refresh_lists() {
    local each
    for each in $(trusted_issuers); do make_list "$each" "$1"; done
}

# --- Homes. These functions run where the home is: here, or over ssh. Each takes the home's directory first.

home_functions=(
    quietly warn new_key new_request public_key_of_certificate home_prepare home_request home_install home_take
    home_show home_exchange home_own home_back home_forget home_has_key home_sound
)

# at PLACE FUNCTION ARGUMENT...: runs a home function at a directory, or at HOST:DIRECTORY over ssh. A shell of its own,
# so that the first thing that goes wrong ends it, wherever it is called.
at() {
    local place=$1 function=$2 host script directory=$1
    shift 2
    is_remote "$place" && directory=${place#*:}
    script="program=$program; set -euo pipefail; umask 077; export LC_ALL=C; $(declare -f "${home_functions[@]}");"
    script+=" $(printf '%q ' "$function" "$directory" "$@")"
    if is_remote "$place"; then
        host=${place%%:*}
        # shellcheck disable=SC2029,SC2086
        ${LANTERN_SSH:-ssh -o BatchMode=yes -o ConnectTimeout=10} "$host" "bash -c $(printf %q "$script")"
    else
        used_homes+=("$place")
        bash -c "$script"
    fi
}

is_remote() { [[ $1 == *:* && ${1%%:*} != */* ]]; }

# home_sound HOME: no link stands where a directory must be. Root works in homes of other users, who could otherwise
# have it write elsewhere.
home_sound() {
    local directory
    for directory in identity identity.previous .identity.new trust keys; do
        [ ! -L "$1/$directory" ] || {
            warn "$1/$directory is a link; put the directory itself there"
            return 1
        }
    done
}

# home_prepare HOME: makes the directories of a home that are missing.
home_prepare() {
    local directory
    mkdir -p "$1"
    home_sound "$1"
    for directory in identity trust keys keys/authorized audit; do
        [ -d "$1/$directory" ] || mkdir -m 700 "$1/$directory"
    done
    home_own "$1" "$1"
}

# home_own HOME FILE: what we make in somebody's home is theirs.
home_own() { [ "$(id -u)" != 0 ] || chown -Rh --reference="$1" "$2"; }

# home_request HOME KIND keep|new SUBJECT: prints a request for the home's key, or for a new one, which waits beside
# the old one until its certificate comes.
home_request() {
    local home=$1 kind=$2 choice=$3 subject=$4 next=$1/.identity.new key
    rm -rf "$next"
    if [ "$choice" = keep ] && [ -e "$home/identity/key.pem" ]; then
        mkdir -m 700 "$next"
        new_request "$home/identity/key.pem" "$subject" "$next/request.pem"
        cat "$next/request.pem"
        rm -rf "$next"
        return
    fi
    mkdir -m 700 "$next"
    [ ! -d "$home/identity" ] || cp -a "$home/identity/." "$next/"
    key=$next/key.pem
    rm -f "$key" "$next/cert.pem"
    new_key "$kind" "$key"
    new_request "$key" "$subject" "$next/request.pem"
    cat "$next/request.pem"
    rm -f "$next/request.pem"
}

# home_install HOME <CHAIN: takes a certificate for the home's key, or for the new key that waits, in one step.
# The pair that it replaces stays in identity.previous.
home_install() {
    local home=$1 next=$1/.identity.new draft wanted
    home_sound "$home"
    rm -f "$home"/.lantern-draft.*
    draft=$(mktemp "$home/.lantern-draft.XXXXXX")
    cat >"$draft"
    chmod 644 "$draft"
    wanted=$(public_key_of_certificate "$draft") || {
        rm -f "$draft"
        warn "$home: what came is no certificate"
        return 1
    }
    if [ -e "$next/key.pem" ] && [ "$(openssl pkey -in "$next/key.pem" -pubout)" = "$wanted" ]; then
        mv -fT "$draft" "$next/cert.pem"
        home_own "$home" "$next"
        sync "$next/cert.pem" "$next/key.pem" "$next"
        home_exchange "$next" "$home/identity"
        sync "$home"
        rm -rf "$home/identity.previous"
        # An empty directory that a new home had is no pair to go back to.
        if [ -e "$next/key.pem" ]; then mv -fT "$next" "$home/identity.previous"; else rm -rf "$next"; fi
    elif [ -e "$home/identity/cert.pem" ] &&
        [ "$(public_key_of_certificate "$home/identity/cert.pem")" = "$wanted" ] ||
        { [ -e "$home/identity/key.pem" ] && [ "$(openssl pkey -in "$home/identity/key.pem" -pubout)" = "$wanted" ]; }; then
        rm -rf "$next"
        home_own "$home" "$draft"
        sync "$draft"
        mv -fT "$draft" "$home/identity/cert.pem"
        sync "$home/identity"
    else
        rm -f "$draft"
        warn "$home: the certificate is not for the key of this home; make a request here, and sign that"
        return 1
    fi
}

# home_exchange NEW OLD: two directories change places in one step, or the new one takes an empty place.
# Where the system cannot, the two files follow each other; a daemon keeps its old pair until both fit.
home_exchange() {
    if [ ! -e "$2" ]; then
        mv -T "$1" "$2"
    elif ! perl -e '
        my %number = (x86_64 => 316, aarch64 => 276, riscv64 => 276, ppc64le => 357, s390x => 347);
        my $call = $number{(split " ", qx(uname -m))[0]} or exit 1;
        my ($new, $old) = @ARGV;
        exit(syscall($call, -100, $new, -100, $old, 2) == 0 ? 0 : 1);' "$1" "$2" 2>/dev/null; then
        local previous=$1.previous
        rm -rf "$previous"
        cp -a "$2" "$previous"
        trap '' HUP INT TERM
        mv -fT "$1/key.pem" "$2/key.pem"
        mv -fT "$1/cert.pem" "$2/cert.pem"
        rm -rf "$1"
        mv -T "$previous" "$1"
        trap 'exit 143' HUP INT TERM
    fi
}

# home_back HOME: the pair before the last key change takes the present one's place, which is kept in turn.
home_back() {
    [ -e "$1/identity.previous/key.pem" ] || {
        warn "$1: there is no earlier key to go back to"
        return 1
    }
    home_exchange "$1/identity.previous" "$1/identity"
    sync "$1"
}

# home_forget HOME: removes the pair before the last key change.
home_forget() {
    [ ! -e "$1/identity.previous/key.pem" ] || shred -u "$1/identity.previous/key.pem" 2>/dev/null || true
    rm -rf "$1/identity.previous"
}

# home_take HOME NAME MODE <CONTENT: one file, in one step.
home_take() {
    local target=$1/$2 draft
    home_sound "$1"
    mkdir -p "$(dirname "$target")"
    rm -f "$(dirname "$target")"/.lantern-draft.*
    draft=$(mktemp "$(dirname "$target")/.lantern-draft.XXXXXX")
    cat >"$draft"
    chmod "$3" "$draft"
    home_own "$1" "$draft"
    # What is right already stays untouched: nobody is woken for nothing.
    if cmp -s "$draft" "$target" && [ "$(stat -c %a "$target")" = "$3" ]; then
        rm -f "$draft"
        return 0
    fi
    sync "$draft"
    mv -fT "$draft" "$target"
    sync "$(dirname "$target")"
}

# home_has_key HOME <CERTIFICATE: whether its key is this home's.
home_has_key() {
    local wanted
    wanted=$(openssl x509 -noout -pubkey)
    [ -e "$1/identity/key.pem" ] && [ "$(openssl pkey -in "$1/identity/key.pem" -pubout)" = "$wanted" ]
}

# home_show HOME NAME: prints a file; nothing when it is not there.
home_show() { [ ! -e "$1/$2" ] || cat "$1/$2"; }

# --- Making issuers.

is_subject() { [[ $1 =~ ^[A-Za-z0-9][A-Za-z0-9\ ._-]{0,39}$ ]]; }
# Authorities of the same name would be taken for each other; each gets a few random digits.
tag() { openssl rand -hex 3; }
subject_tag() { openssl req -in "$1" -noout -subject | grep -oE '[0-9a-f]{6}$'; }
subject_of_request() { openssl req -in "$1" -noout -subject -nameopt multiline | sed -n 's/^ *commonName *= *//p'; }

# make_issuer_request DIR NAME KIND: key and request; those that are there already stay.
make_issuer_request() {
    local directory=$1 draft=$stage/draft
    [ ! -e "$directory/request.pem" ] || return 0
    rm -rf "$draft"
    mkdir "$draft"
    make_database "$draft"
    new_key "$3" "$draft/ca.key" "$password_file"
    new_request "$draft/ca.key" "$2 $(tag)" "$draft/request.pem" "$password_file"
    sync "$draft/ca.key" "$draft/request.pem" "$draft"
    mv -T "$draft" "$directory"
}

# sign_request_below_root REQUEST DAYS: `root` is open; makes $stage/issuer.pem, the same when it was signed before.
sign_request_below_root() {
    local request=$1 known section=issuer subject
    quietly openssl req -in "$request" -noout -verify
    subject=$(subject_of_request "$request")
    is_subject "${subject% *}" || fail 1 "$request: its subject is '$subject'; make it with make-issuer"
    for known in "$root"/certs/*.pem; do
        [ -e "$known" ] && [ "$(public_key_of_certificate "$known")" = "$(openssl req -in "$request" -noout -pubkey)" ] ||
            continue
        cp "$known" "$stage/issuer.pem"
        return
    done
    must_outlast "$root/ca.pem" "$2"
    [ -z "$domain" ] || section=issuer_of_domain
    sign "$root" "$request" authority.cnf "$section" "$subject" "$2" "$stage/issuer.pem"
}

# sign_below_root ROOT ISSUER DAYS ROOT-PASSWORD: both are here.
sign_below_root() {
    local own_stage=$stage issuer=$2 own_password=$password_file
    open_root "$1"
    password_file=$4
    sign_request_below_root "$issuer/request.pem" "$3"
    cp "$stage/issuer.pem" "$issuer/ca.pem"
    cp "$root/ca.pem" "$issuer/root.pem"
    cp "$root/crl.pem" "$issuer/root-crl.pem"
    password_file=$own_password
    stage=$own_stage
}

# take_signed_issuer WAITING SIGNED ISSUER: what came back from the root, beside the key that waits.
take_signed_issuer() {
    local waiting=$1 signed=$2 issuer=$3
    [ -e "$waiting/ca.key" ] || fail 78 "no key waits for this; first --request-only, here"
    [ -r "$signed" ] || fail 78 "$signed: there is no such file; sign-issuer makes it"
    cp -a "$waiting" "$issuer"
    openssl x509 -in "$signed" -out "$issuer/ca.pem" 2>/dev/null || fail 78 "$signed: there is no certificate in it"
    # The second certificate is the root's.
    sed '1,/-----END CERTIFICATE-----/d' "$signed" | openssl x509 -out "$issuer/root.pem" 2>/dev/null ||
        fail 78 "$signed: the root's certificate is not in it; bring the whole file of sign-issuer"
    openssl crl -in "$signed" -out "$issuer/root-crl.pem" 2>/dev/null ||
        fail 78 "$signed: the root's revocation list is not in it; bring the whole file of sign-issuer"
    [ "$(public_key_of_certificate "$issuer/ca.pem")" = "$(openssl req -in "$issuer/request.pem" -noout -pubkey)" ] ||
        fail 1 "$signed: the certificate is not for the key that waits here"
}

# finish_issuer ISSUER CRL-DAYS: first list, checks, modes.
finish_issuer() {
    local issuer=$1 file
    quietly openssl verify -x509_strict -CAfile "$issuer/root.pem" -CRLfile "$issuer/root-crl.pem" -crl_check \
        "$issuer/ca.pem"
    make_list "$issuer" "$2"
    for file in ca.pem root.pem root-crl.pem; do
        chmod 644 "$issuer/$file"
        sync "$issuer/$file"
    done
    chmod 700 "$issuer"
}

# --- Revoking.

# revoke_one ISSUER CERTIFICATE REASON: marks it; a certificate that is revoked already stays as it is.
revoke_one() {
    local options=()
    [ "$3" = unspecified ] || options=(-crl_reason "$3")
    if with_database "$1" -revoke "$2" ${options[@]+"${options[@]}"}; then
        commit "$stage/db/index.txt" "$1/index.txt" 600
    elif ! grep -qi 'already revoked' "$stage/said"; then
        cat "$stage/said" >&2
        fail 1 "$2 cannot be revoked"
    fi
}

# revoke_certificates NAME REASON but-current|'' [CRL-DAYS]: all certificates of a host that are not expired, of all
# issuers that are trusted; then new lists.
revoke_certificates() {
    local name=$1 reason=$2 but=$3 each certificate current identity
    identity=$(host_field "$name" identity)
    current=$(serial_of "$authority/hosts/$name/cert.pem")
    for each in $(trusted_issuers); do
        for certificate in "$each"/certs/*.pem; do
            [ -e "$certificate" ] && [ "$(identity_of "$certificate")" = "$identity" ] || continue
            [ "$but" != but-current ] || [ "$(serial_of "$certificate")" != "$current" ] || continue
            [ "$(seconds_of "$certificate" enddate)" -gt "$(date +%s)" ] || continue
            revoke_one "$each" "$certificate" "$reason"
        done
    done
    refresh_lists "${4:-7}"
    assemble
    mark_revoked
}

# mark_revoked: hosts whose present certificate is revoked get no other by themselves, not in a rotation either.
mark_revoked() {
    local name from serial
    for name in $(host_names); do
        from=$(issuer_of "$authority/hosts/$name/cert.pem") || continue
        serial=$(serial_of "$authority/hosts/$name/cert.pem")
        grep -qiE "^R.*[[:space:]]0*${serial#0}[[:space:]]" "$from/index.txt" || continue
        date -u +%FT%TZ >"$stage/revoked"
        commit "$stage/revoked" "$authority/hosts/$name/revoked" 600
    done
}

# recertify_alone NAME DAYS: one host that is away does not keep the others from theirs.
recertify_alone() {
    local status=0 place
    place=$(host_field "$1" home)
    [ -z "$place" ] || is_remote "$place" || used_homes+=("$place")
    # No condition around it: that would switch `set -e` off within.
    (
        trap - EXIT
        recertify "$1" "$2" keep
        say "$1: renewed, $2 days, by $(certificate_field "$issuer/ca.pem" subject)"
    ) &
    worker=$!
    wait "$worker" || status=1
    worker=
    return "$status"
}

# --- Rotating the issuer, and the root with it. Four phases, each of which can be taken back:
#   prepared  the new issuer exists; nobody knows it
#   trusted   hosts accept both
#   issued    new certificates are the new issuer's
#   retired   hosts accept the new one alone

rotation_usage() {
    cat <<USAGE
usage: Scripts/certs/$program prepare AUTHORITY $1
       Scripts/certs/$program trust AUTHORITY      hosts accept the old and the new one
       Scripts/certs/$program issue AUTHORITY [HOST…] [--days N]   hosts get certificates of the new one
       Scripts/certs/$program retire AUTHORITY     hosts accept the new one alone
       Scripts/certs/$program back AUTHORITY       one phase back
       Scripts/certs/$program status AUTHORITY [--json]   which hosts have picked up what
       Scripts/certs/$program finish AUTHORITY     destroys the old issuer's key; no way back after that

Phase by phase, with no failed call in between: a phase begins when all hosts have picked up the one before, which
status shows. Run again, a phase does what is still missing, for example for a host that was away.

  --settle N            seconds that running programs have to take what a phase changed (default: 15)
  --anyway              does not wait for hosts that have not picked up the phase before
  --days N              of new certificates (default: 90)
  --crl-days N          of new revocation lists (default: 7)
  --password-file FILE  opens the issuers' keys
USAGE
}

write_rotation() {
    printf 'kind=%s\nfrom=%s\nto=%s\nphase=%s\n' "$1" "$2" "$3" "$4" >"$stage/rotation"
    commit "$stage/rotation" "$authority/rotation" 600
}

# phase_is KIND PHASE...: what is under way is this kind of rotation, in one of these phases.
phase_is() {
    local kind=$1 phase wanted
    shift
    wanted="$*"
    phase=$(rotation_field phase)
    [ -n "$phase" ] || fail 1 "no rotation is under way; begin with prepare"
    [ "$(rotation_field kind)" = "$kind" ] ||
        fail 1 "a rotation of the $(rotation_field kind) is under way ($phase): use rotate-$(rotation_field kind)"
    [[ " $* " == *" $phase "* ]] || fail 1 "the rotation is in the phase '$phase'; this needs: ${wanted// / or }"
}

# rotation_rows: NAME TRUST CERTIFICATE SERVED for each host. TRUST: current, old or unreachable. CERTIFICATE: new, old
# or other, as it lies in the home. SERVED: the same for what answers at its address, - without one.
rotation_rows() {
    local name place trust certificate served address from to
    from=$authority/issuers/$(rotation_field from)
    to=$authority/issuers/$(rotation_field to)
    for name in $(host_names); do
        place=$(host_field "$name" home)
        trust=unknown certificate=unknown served=-
        if [ -n "$place" ]; then
            if ! at "$place" home_show trust/crl.pem >"$stage/seen-crl" 2>/dev/null ||
                ! at "$place" home_show trust/roots.pem >"$stage/seen-roots" 2>/dev/null ||
                ! at "$place" home_show identity/cert.pem >"$stage/seen-cert" 2>/dev/null; then
                trust=unreachable certificate=unreachable
            else
                trust=old
                ! cmp -s "$stage/seen-crl" "$authority/crl.pem" || ! cmp -s "$stage/seen-roots" "$authority/roots.pem" ||
                    trust=current
                certificate=$(whose "$stage/seen-cert" "$from" "$to")
            fi
        fi
        address=$(host_field "$name" address)
        if [ -n "$address" ]; then
            # We show none of our own, so that the far side may end it while s_client still reads: what counts is
            # the certificate that was seen.
            if { timeout 10 openssl s_client -connect "$address" -showcerts </dev/null 2>/dev/null || true; } |
                openssl x509 -out "$stage/served" 2>/dev/null; then
                served=$(whose "$stage/served" "$from" "$to")
            else
                served=unreachable
            fi
        fi
        printf '%s\t%s\t%s\t%s\n' "$name" "$trust" "$certificate" "$served"
    done
}

# whose CERTIFICATE FROM TO
whose() {
    local by
    by=$(key_identifier "$1" authority 2>/dev/null) || by=
    case $by in
    '') echo other ;;
    "$(key_identifier "$3/ca.pem" subject)") echo new ;;
    "$(key_identifier "$2/ca.pem" subject)") echo old ;;
    *) echo other ;;
    esac
}

# all_hosts_have COLUMN VALUE WHAT: else refuses, unless --anyway.
all_hosts_have() {
    local late
    late=$(rotation_rows | awk -F '\t' -v c="$1" -v v="$2" '$c != v { printf "%s%s", s, $1; s = ", " }')
    [ -z "$late" ] || [ -n "$anyway" ] ||
        fail 1 "not yet $3: $late; run the phase before again when they are back, or go on with --anyway"
}

# use_issuer NUMBER: new certificates are signed by this one from now on.
use_issuer() {
    issuer=$authority/issuers/$1
    [ "$(readlink "$authority/current")" != "issuers/$1" ] || return 0
    ln -sfn "issuers/$1" "$stage/current"
    mv -fT "$stage/current" "$authority/current"
    sync "$authority"
}

# recertify_those_of PREFER NAME...: hosts whose certificate is not from issuer number PREFER.
recertify_those_of() {
    local prefer=$1 name failed=0
    shift
    for name in "$@"; do
        if [ "$(issuer_of "$authority/hosts/$name/cert.pem")" = "$authority/issuers/$prefer" ] &&
            home_has_certificate "$name"; then
            say "$name: has one of the issuer in use; nothing to do"
        else
            recertify_alone "$name" "$count" || failed=1
        fi
    done
    return "$failed"
}

home_has_certificate() {
    local place
    place=$(host_field "$1" home)
    [ -n "$place" ] || return 0
    at "$place" home_show identity/cert.pem 2>/dev/null | cmp -s - "$authority/hosts/$1/cert.pem"
}

# settle: running programs take within a second what lies in their homes; clients make their connections anew within
# ten (trust.renewal-jitter).
settle() { [ "$pause" = 0 ] || sleep "$pause"; }

# rotate KIND ARGUMENT...: all of rotate-issuer and rotate-root.
rotate() {
    local kind=$1 phase='' directory='' hosts=() root_directory='' only='' signed='' name='' key=p256 issuer_count=730
    local domain='' root_password='' json='' from to
    shift
    anyway='' count=90 list_days=7 password_file='' pause=15
    while [ $# -gt 0 ]; do
        case $1 in
        -h | --help) usage; exit 0 ;;
        --root) value "$1" $#; root_directory=$2; shift ;;
        --request-only) only=yes ;;
        --signed) value "$1" $#; signed=$2; shift ;;
        --name) value "$1" $#; name=$2; shift ;;
        --key) value "$1" $#; key=$2; shift ;;
        --issuer-days) value "$1" $#; issuer_count=$2; shift ;;
        --trust-domain) value "$1" $#; domain=$2; shift ;;
        --days) value "$1" $#; count=$2; shift ;;
        --crl-days) value "$1" $#; list_days=$2; shift ;;
        --password-file) value "$1" $#; password_file=$2; shift ;;
        --root-password-file) value "$1" $#; root_password=$2; shift ;;
        --settle) value "$1" $#; pause=$2; shift ;;
        --anyway) anyway=yes ;;
        --json) json=yes ;;
        -*) wrong_use "unknown option $1" ;;
        *) if [ -z "$phase" ]; then phase=$1; elif [ -z "$directory" ]; then directory=$1; else hosts+=("$1"); fi ;;
        esac
        shift
    done
    case $phase in
    prepare | trust | issue | retire | back | status | finish) ;;
    '') wrong_use "which phase?" ;;
    *) wrong_use "'$phase' is no phase" ;;
    esac
    [ -n "$directory" ] || wrong_use "which authority?"
    days --days "$count"
    days --crl-days "$list_days"
    days --issuer-days "$issuer_count"
    seconds --settle "$pause"
    key_kind "$key"
    [ -z "$domain" ] || is_domain "$domain" || wrong_use "--trust-domain '$domain' is no trust domain"
    open_authority "$directory"
    for each in ${hosts[@]+"${hosts[@]}"}; do
        known_host "$each"
    done
    from=$(rotation_field from)
    to=$(rotation_field to)
    "rotation_$phase"
}

rotation_prepare() {
    local next
    case $(rotation_field phase) in
    '' | retired) ;;
    prepared)
        phase_is "$kind" prepared
        say "prepared already; next: trust"
        return
        ;;
    *) fail 1 "a rotation of the $(rotation_field kind) is under way; status shows it, back takes it back" ;;
    esac
    [ "$(printf '%s\n' "$root_directory" "$only" "$signed" | grep -c .)" = 1 ] ||
        wrong_use "one of --root, --request-only and --signed"
    name=${name:-$(certificate_field "$issuer/ca.pem" subject | sed -E 's/.*CN *= *//; s/ [0-9a-f]{6}$//')}
    is_subject "$name" || wrong_use "--name is at most 40 letters, digits, spaces and . _ -"
    if [ -n "$only" ]; then
        make_issuer_request "$authority/waiting" "$name" "$key"
        cp "$authority/waiting/request.pem" "$stage/request.pem"
        commit "$stage/request.pem" "$authority/request.pem"
        say "$authority/request.pem: bring it to the root; there: sign-issuer ROOT --request request.pem"
        return
    fi
    if [ -n "$signed" ]; then
        take_signed_issuer "$authority/waiting" "$signed" "$stage/issuer"
    else
        make_issuer_request "$stage/issuer" "$name" "$key"
        sign_below_root "$root_directory" "$stage/issuer" "$issuer_count" "$root_password"
    fi
    if cmp -s "$stage/issuer/root.pem" "$issuer/root.pem"; then
        [ "$kind" = issuer ] || fail 1 "that is the root in use; make a new one with make-root, and give that"
    else
        [ "$kind" = root ] || fail 1 "that is another root than the one in use; rotate-root changes the root"
    fi
    finish_issuer "$stage/issuer" "$list_days"
    next=1
    while [ -e "$authority/issuers/$next" ]; do next=$((next + 1)); done
    mv -T "$stage/issuer" "$authority/issuers/$next"
    sync "$authority/issuers"
    write_rotation "$kind" "$(basename "$issuer")" "$next" prepared
    rm -rf "$authority/waiting" "$authority/request.pem"
    say "prepared: $(certificate_field "$authority/issuers/$next/ca.pem" subject); next: trust"
}

rotation_trust() {
    phase_is "$kind" prepared trusted
    write_rotation "$kind" "$from" "$to" trusted
    refresh_lists "$list_days"
    assemble
    distribute
    settle
    say "hosts accept both, ${#unreached[@]} not reached; next: issue"
    [ ${#unreached[@]} = 0 ]
}

rotation_issue() {
    local status=0
    phase_is "$kind" trusted issued
    all_hosts_have 2 current "with the new trust"
    write_rotation "$kind" "$from" "$to" issued
    use_issuer "$to"
    [ ${#hosts[@]} -gt 0 ] || mapfile -t hosts < <(host_names)
    recertify_those_of "$to" ${hosts[@]+"${hosts[@]}"} || status=1
    settle
    say "issued from the new one; next, when status shows 'new' for all: retire"
    return "$status"
}

rotation_retire() {
    phase_is "$kind" issued retired
    all_hosts_have 3 new "with a certificate of the new one"
    all_hosts_serve new
    write_rotation "$kind" "$from" "$to" retired
    refresh_lists "$list_days"
    assemble
    distribute
    say "hosts accept the new one alone, ${#unreached[@]} not reached; finish destroys the old key when you are sure"
    [ ${#unreached[@]} = 0 ]
}

# all_hosts_serve VALUE: as all_hosts_have, for what answers at the hosts' addresses.
all_hosts_serve() {
    local late
    late=$(rotation_rows | awk -F '\t' -v v="$1" '$4 != v && $4 != "-" { printf "%s%s", s, $1; s = ", " }')
    [ -z "$late" ] || [ -n "$anyway" ] || fail 1 "these do not serve the $1 certificate yet: $late; or go on with --anyway"
}

rotation_back() {
    local status=0
    phase_is "$kind" prepared trusted issued retired
    case $(rotation_field phase) in
    retired)
        [ -e "$authority/issuers/$from/ca.key" ] || fail 1 "the old key is destroyed; there is no way back"
        write_rotation "$kind" "$from" "$to" issued
        refresh_lists "$list_days"
        assemble
        distribute
        settle
        say "back to 'issued': hosts accept both again, ${#unreached[@]} not reached"
        [ ${#unreached[@]} = 0 ]
        ;;
    issued)
        all_hosts_have 2 current "with trust in both"
        use_issuer "$from"
        mapfile -t hosts < <(host_names)
        recertify_those_of "$from" ${hosts[@]+"${hosts[@]}"} || status=1
        [ "$status" = 0 ] || [ -n "$anyway" ] || fail 1 "not all hosts have a certificate of the old one; run back again"
        write_rotation "$kind" "$from" "$to" trusted
        settle
        say "back to 'trusted': certificates are the old one's again"
        ;;
    trusted)
        all_hosts_have 3 old "with a certificate of the old one"
        all_hosts_serve old
        write_rotation "$kind" "$from" "$to" prepared
        refresh_lists "$list_days"
        assemble
        distribute
        say "back to 'prepared': hosts accept the old one alone, ${#unreached[@]} not reached"
        [ ${#unreached[@]} = 0 ]
        ;;
    prepared)
        # First nobody speaks of it any more, then it goes.
        rm -f "$authority/rotation"
        sync "$authority"
        rm -rf "${authority:?}/issuers/$to"
        say "back to the beginning: the new one is removed"
        ;;
    esac
}

rotation_status() {
    local rows
    if [ -z "$from" ]; then
        say "no rotation is under way"
        return
    fi
    rows=$(rotation_rows)
    if [ -n "$json" ]; then
        printf '%s\n' "$rows" | awk -F '\t' -v kind="$(rotation_field kind)" -v phase="$(rotation_field phase)" '
            BEGIN { printf "{\"kind\": \"%s\", \"phase\": \"%s\", \"hosts\": [", kind, phase }
            NF { printf "%s{\"host\": \"%s\", \"trust\": \"%s\", \"certificate\": \"%s\", \"served\": \"%s\"}",
                (n++ ? ", " : ""), $1, $2, $3, $4 } END { print "]}" }'
        return
    fi
    say "rotation of the $(rotation_field kind), phase '$(rotation_field phase)'"
    { printf 'HOST\tTRUST\tCERTIFICATE\tSERVED\n'; printf '%s\n' "$rows"; } | columns
}

rotation_finish() {
    phase_is "$kind" retired
    [ ! -e "$authority/issuers/$from/ca.key" ] || shred -u "$authority/issuers/$from/ca.key"
    rm -f "$authority/rotation"
    sync "$authority"
    rm -rf "${authority:?}/issuers/$from"
    say "the rotation is finished; the old issuer is gone"
}
