# What a fresh Debian machine lacks for building and testing; each function does nothing when there is nothing to do.
# shellcheck shell=bash

say() { echo "${prefix:-lantern}: $*" >&2; }

# missing_packages [tests]: the Debian packages that are not there, told by what they bring.
missing_packages() {
    [ -e /usr/include/openssl/ssl.h ] || echo libssl-dev
    [ -e /usr/include/sodium.h ] || echo libsodium-dev
    [ -e /usr/include/zlib.h ] || echo zlib1g-dev
    [ -e /usr/include/sqlite3.h ] || echo libsqlite3-dev
    command -v pkg-config >/dev/null || echo pkg-config
    command -v openssl >/dev/null || echo openssl
    command -v python3 >/dev/null || echo python3
    python3 -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
    [ "${1:-}" = tests ] || return 0
    # For the tests of hosts as network namespaces, and of systemd units.
    command -v ip >/dev/null || echo iproute2
    command -v systemd-analyze >/dev/null || echo systemd
    # For the tests of completion scripts, and of what terminals are shown.
    command -v zsh >/dev/null || echo zsh
    command -v fish >/dev/null || echo fish
    command -v script >/dev/null || echo bsdutils
    # For the tests of the completion scripts.
    command -v zsh >/dev/null || echo zsh
    command -v fish >/dev/null || echo fish
    # For the tests of the name store on etcd, which start servers of their own.
    [ -x /usr/bin/etcd ] || echo etcd-server
    command -v etcdctl >/dev/null || echo etcd-client
    # For the tests of monitoring, which asks as people do.
    command -v curl >/dev/null || echo curl
    # Verifiers of the audit log that are not ours.
    command -v go >/dev/null || echo golang-go
    [ -e /usr/share/gocode/src/golang.org/x/mod/sumdb/note ] || echo golang-golang-x-mod-dev
}

# install_missing [tests]: what building and running needs, and what only tests do.
install_missing() {
    command -v swift >/dev/null || {
        say "there is no Swift toolchain; https://www.swift.org/install/linux tells how to get one (6.2 or newer)"
        exit 69
    }
    local packages
    mapfile -t packages < <(missing_packages "$@")
    [ ${#packages[@]} -eq 0 ] || apt_install "${packages[@]}" || exit
}

# apt_install PACKAGE...: as root or through sudo; fails with a reason when it cannot.
apt_install() {
    command -v apt-get >/dev/null || { say "this is no Debian; install: $*"; return 69; }
    local as_root=()
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || { say "run as root, or install: $*"; return 77; }
        as_root=(sudo)
    fi
    say "installing $*"
    "${as_root[@]}" apt-get update -qq >&2 || return
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$@" >&2
}

# make_venv DIR REQUIREMENTS: a Python environment with exactly these packages.
make_venv() {
    local venv=$1 requirements=$2
    if ! cmp -s "$requirements" "$venv/requirements.txt"; then
        say "making the Python environment $venv"
        mkdir -p "$(dirname "$venv")"
        python3 -m venv --clear "$venv"
        "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$requirements" >&2
        cp "$requirements" "$venv/requirements.txt"
    fi
}
