# Installs, builds, and makes the Python environment; all of it does nothing when there is nothing to do.
# shellcheck shell=bash

note() { echo "demo: $*" >&2; }

# Which Debian packages are not there, by what they bring.
missing_packages() {
    [ -e /usr/include/openssl/ssl.h ] || echo libssl-dev
    [ -e /usr/include/sodium.h ] || echo libsodium-dev
    [ -e /usr/include/zlib.h ] || echo zlib1g-dev
    command -v openssl >/dev/null || echo openssl
    command -v python3 >/dev/null || echo python3
    python3 -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
}

install_missing() {
    command -v swift >/dev/null || {
        note "there is no Swift toolchain; https://www.swift.org/install/linux tells how to get one (6.2 or newer)"
        exit 69
    }
    local packages
    mapfile -t packages < <(missing_packages)
    [ ${#packages[@]} -gt 0 ] || return 0
    local sudo=()
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || { note "run as root, or install: ${packages[*]}"; exit 77; }
        sudo=(sudo)
    fi
    command -v apt-get >/dev/null || { note "this is no Debian; install: ${packages[*]}"; exit 69; }
    note "installing ${packages[*]}"
    "${sudo[@]}" apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -y -qq "${packages[@]}" >&2
}

build() {
    local product
    for product in lantern warehouse-service warehouse-client; do
        note "building $product"
        swift build --product "$product" >&2
    done
    bin=$(swift build --show-bin-path)
    # shellcheck disable=SC2034
    lantern=$bin/lantern
}

make_python() {
    local venv=.build/demo/venv
    if ! cmp -s Scripts/demo.d/requirements.txt "$venv/requirements.txt"; then
        note "making a Python environment with the stock Pyro5"
        mkdir -p .build/demo
        python3 -m venv --clear "$venv"
        "$venv/bin/pip" install --quiet --disable-pip-version-check -r Scripts/demo.d/requirements.txt >&2
        cp Scripts/demo.d/requirements.txt "$venv/requirements.txt"
    fi
    # shellcheck disable=SC2034
    python=$PWD/$venv/bin/python
}
