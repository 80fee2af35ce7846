#!/bin/bash
# Scripts/deploy: what is packed and what is refused, installing twice and over ssh, interrupted; what systemd says about
# the units; and that the servers tell systemd when they are ready, alive and stopping.
set -euo pipefail

cd "$(dirname "$0")/../.."
# shellcheck source=Tests/CommandLine/support/common.sh
. Tests/CommandLine/support/common.sh
# A person's mask must not matter.
umask 000

# expect STATUS PATTERN ARGUMENT...: runs `Scripts/deploy`.
expect() { expect_of Scripts/deploy "$@"; }

home=$work/home
"$certs/make-root" "$work/root" >/dev/null
"$certs/make-issuer" "$work/ca" --root "$work/root" >/dev/null
"$lantern" init --identity spiffe://example.org/ns "$home" >/dev/null
"$certs/issue" "$work/ca" --identity spiffe://example.org/ns --dns localhost --ip 127.0.0.1 --home "$home" >/dev/null

# --- What is wrong is said.

expect 0 "usage: Scripts/deploy pack *" --help
expect 64 "*pack, install or remove?*"
expect 64 "*unknown option --x*" pack --x
expect 64 "*is none of pack*" dance "$home"
expect 64 "*--out says where*" pack "$home"
expect 78 "*there is no such home*" pack "$work/nowhere" --out "$work/p.tar"
expect 78 "*identity/cert.pem is missing*" pack "$work/ca" --out "$work/p.tar"
expect 64 "*--name is missing*" install "$home" "$work"
expect 64 "*small letters*" install "$home" "$work" --name 'a/../b'
expect 64 "*--role is ns, service or gateway*" install "$home" "$work" --name x --role king
expect 64 "*--exec says what the service runs*" install "$home" "$work" --name x --role service
expect 64 "*--exec is for services*" install "$home" "$work" --name x --exec /bin/true
expect 64 "*absolute path*" install "$home" "$work" --name x --role gateway --exec 'true'
expect 78 "*there is no such directory*" install "$home" "$work/nowhere" --name x
expect 78 "*there is no such program*" install "$home" "$work" --name x --binary "$work/none"

# --- An authority's key never leaves, wherever it lies and whatever it is called.

for place in ca.key trust/ca.pem keys/notes.txt audit/x deep/er/y; do
    mkdir -p "$(dirname "$home/$place")"
    cp "$work/ca/current/ca.key" "$home/$place"
    expect 78 "*$place is a private key that no host needs*" pack "$home" --out "$work/p.tar"
    rm "$home/$place"
done
rm -r "$home/deep"
cp -a "$home" "$work/impostor"
cp "$work/ca/current/ca.key" "$work/impostor/identity/key.pem"
expect 78 "*is not the key of cert.pem*" pack "$work/impostor" --out "$work/p.tar"
cp "$work/ca/current/ca.pem" "$work/impostor/identity/cert.pem"
expect 78 "*is an authority's certificate*" pack "$work/impostor" --out "$work/p.tar"
count=$((count + 1))
[ ! -e "$work/p.tar" ] || wrong "a refused pack was written"

# --- A pack holds what the host needs, and only its owner can read it.

mkdir -p "$home/identity.previous"
cp "$home/identity/key.pem" "$home/identity.previous/key.pem"
echo secret >"$home/keys/audit.key"
chmod 600 "$home/keys/audit.key"
expect 0 "*spiffe://example.org/ns*" pack "$home" --out "$work/p.tar"
holds "the mode of a pack" test "$(stat -c %a "$work/p.tar")" = 600
list=$(tar --list --file "$work/p.tar")
count=$((count + 1))
[[ $list != *previous* && $list != *audit* && $list == *identity/key.pem*trust/crl.pem*keys/own.key* ]] ||
    wrong "what is in a pack: $list"
rm -r "$home/keys/audit.key" "$home/identity.previous"

# --- Installed into an image; twice; with what the host has of its own.

image=$work/image
there=$image/var/lib/lantern/ns
unit=$image/etc/systemd/system/lantern-ns.service
mkdir -m 755 "$image"
expect 0 "*systemctl enable --now lantern-ns*" install "$work/p.tar" "$image" --name ns --binary "$lantern"
holds "the program is installed" cmp "$lantern" "$image/usr/local/bin/lantern"
holds "the home is whole" "$lantern" check-config --home "$there"
holds "directories of an image are for all" test "$(stat -c %a "$image/etc/systemd/system")" = 755
mkdir -p "$there/audit/tile"
echo entry >"$there/audit/tile/0"
echo secret >"$there/keys/audit.key"
chmod 600 "$there/keys/audit.key"
echo noted >"$there/state/key-use"
echo '# changed' >>"$home/policy.yaml"
expect 0 "*" install "$home" "$image" --name ns
for file in audit/tile/0 keys/audit.key state/key-use; do holds "$file stays" test -s "$there/$file"; done
rm -r "$there/audit/tile" "$there/keys/audit.key"
holds "the policy is the new one" cmp "$home/policy.yaml" "$there/policy.yaml"
count=$((count + 1))
[ -z "$(find "$there" "$image/var/lib/lantern" \( -name '*.key' -o -name key.pem \) -perm /077 -not -path '*/authorized/*')" ] ||
    wrong "a key can be read by others"
count=$((count + 1))
[ -z "$(find "$image" -name '.lantern-*')" ] || wrong "something is left lying about"
"$certs/renew" "$work/ca" --now >/dev/null
expect 0 "*" install "$home" "$image" --name ns
if [ "$(openssl x509 -in "$there/identity/cert.pem" -noout -startdate)" != \
    "$(tar --extract --to-stdout --file "$work/p.tar" identity/cert.pem | openssl x509 -noout -startdate)" ]; then
    expect 1 "*has a newer certificate*--anyway*" install "$work/p.tar" "$image" --name ns
    expect 0 "*" install "$work/p.tar" "$image" --name ns --anyway
fi

# A file that is no pack, or one that reaches out of its place.
echo nonsense >"$work/bad.tar"
expect 78 "*not what deploy pack makes*" install "$work/bad.tar" "$image" --name bad
mkdir -p "$work/evil/trust"
ln -s /etc/passwd "$work/evil/trust/roots.pem"
tar --create --directory "$work/evil" --file "$work/bad.tar" trust
expect 78 "*not what deploy pack makes*" install "$work/bad.tar" "$image" --name bad
tar --create --directory "$work" --transform 's#^home/#trust/../#' --absolute-names --file "$work/bad.tar" home/policy.yaml
expect 78 "*not what deploy pack makes*" install "$work/bad.tar" "$image" --name bad
count=$((count + 1))
[ ! -e "$image/var/lib/lantern/bad" ] || wrong "a refused pack was installed"

# --- Over ssh; the stand-in runs what ssh would run there.

printf '#!/bin/bash\n[ "$1" = ops@ns.example.org ] || exit 255\nexec bash -c "$2"\n' >"$work/ssh"
chmod 755 "$work/ssh"
export LANTERN_SSH=$work/ssh
mkdir -m 755 "$work/far"
expect 0 "*" install "$work/p.tar" "ops@ns.example.org:$work/far" --name ns
holds "whole over ssh" "$lantern" check-config --home "$work/far/var/lib/lantern/ns"
expect 1 "*the home is not installed*" install "$work/p.tar" "other:$work/far" --name ns
unset LANTERN_SSH

# --- Ended in the middle: the home that is there stays whole, and the next run finishes.

mkdir "$work/bin"
for tool in mv sync; do
    cat >"$work/bin/$tool" <<KILLER
#!/bin/bash
echo >>"\$KILL_COUNT"
[ "\$(wc -l <"\$KILL_COUNT")" != "\$KILL_AT" ] || kill -KILL 0
exec $(command -v $tool) "\$@"
KILLER
    chmod 755 "$work/bin/$tool"
done
export KILL_COUNT=$work/steps
for at in 1 2 3 4 5 6 8; do
    : >"$KILL_COUNT"
    (PATH=$work/bin:$PATH KILL_AT=$at setsid --wait Scripts/deploy install "$home" "$image" --name ns; exit $?) >/dev/null 2>&1 || true
    holds "killed at step $at: the home is whole" "$lantern" check-config --home "$there"
    expect 0 "*" install "$home" "$image" --name ns
    count=$((count + 1))
    [ -z "$(find "$image" -name '.lantern-*')" ] || wrong "killed at step $at: something is left after the next run"
done

# --- What systemd says.

expect 0 "*" install "$home" "$image" --name warehouse --role service --exec "/usr/local/bin/lantern echo-server"
expect 0 "*" install "$home" "$image" --name gate --role gateway --exec "/usr/local/bin/lantern echo-server"
if command -v systemd-analyze >/dev/null; then
    for name in ns warehouse gate; do
        unit=$image/etc/systemd/system/lantern-$name.service
        # The program is in the image, not here.
        sed "s#/usr/local/bin/lantern#$lantern#" "$unit" >"$work/lantern-$name.service"
        chmod 644 "$work/lantern-$name.service"
        output=$(systemd-analyze verify "$work/lantern-$name.service" 2>&1) || true
        count=$((count + 1))
        [ -z "$output" ] || wrong "systemd-analyze verify: $output"
        # A tenth of the number that systemd shows, and no more than it calls safe.
        holds "systemd-analyze security $name" systemd-analyze security --offline=true --threshold=15 "$work/lantern-$name.service"
    done
else
    echo "SKIPPED: there is no systemd-analyze; Scripts/test installs systemd on Debian"
fi
expect 0 "*its home*stays*" remove "$image" --name gate
holds "the unit is gone" test ! -e "$image/etc/systemd/system/lantern-gate.service"
holds "its home is not" test -d "$image/var/lib/lantern/gate"

# --- sd_notify: a socket as systemd's, and a name server as its unit starts it.

cat >"$work/manager.py" <<'PYTHON'
import os, socket, sys
manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.bind(sys.argv[1])
while True:
    print(manager.recv(4096).decode(), flush=True)
PYTHON
python3 "$work/manager.py" "$work/notify" >>"$work/told" &
pids+=("$!")
for _ in {1..200}; do [ ! -S "$work/notify" ] || break; sleep 0.05; done
for command in "ns --port 0" "echo-server"; do
    : >"$work/told"
    # shellcheck disable=SC2086
    NOTIFY_SOCKET=$work/notify WATCHDOG_USEC=200000 "$lantern" $command --home "$home" >"$work/out" 2>"$work/err" &
    pids+=("$!")
    for _ in {1..400}; do [ "$(grep -c WATCHDOG=1 "$work/told")" -lt 3 ] || break; sleep 0.05; done
    kill -TERM "${pids[-1]}"
    status=0
    wait "${pids[-1]}" || status=$?
    unset 'pids[-1]'
    for _ in {1..200}; do ! grep -q STOPPING "$work/told" || break; sleep 0.05; done
    count=$((count + 1))
    [ "$(head -n 1 "$work/told")" = READY=1 ] && [ "$(grep -c WATCHDOG=1 "$work/told")" -ge 3 ] &&
        [ "$(tail -n 1 "$work/told")" = STOPPING=1 ] && [ "$status" = 0 ] ||
        wrong "$command told systemd: $(tr '\n' ' ' <"$work/told"), status $status: $(cat "$work/err")"
done
# Without systemd nobody is told, and a manager that went away ends nothing.
NOTIFY_SOCKET=$work/nowhere "$lantern" ns --port 0 --home "$home" >"$work/out" 2>"$work/err" &
pids+=("$!")
for _ in {1..400}; do ! grep -q READY "$work/out" || break; sleep 0.05; done
holds "it runs without its manager" kill -0 "${pids[-1]}"

finished
