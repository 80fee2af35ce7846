# Builds what the demo runs.
# shellcheck shell=bash

note() { say "$@"; }

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
