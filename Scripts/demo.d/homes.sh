# Homes of the name server, the service, the clients and the intruders.
# shellcheck shell=bash disable=SC2154

# make_home NAME [OPTION...]: a home under $work, by the demo's authority unless an option says otherwise.
make_home() {
    local name=$1
    shift
    "$lantern" init --authority "$work/authority" --identity "spiffe://demo.lantern/$name" "$@" "$work/$name" >/dev/null
}

# Two homes believe each other's handshake keys.
introduce() { "$lantern" trust "$work/$1" --peer "$work/$2" --both >/dev/null; }

make_homes() {
    make_home ns
    make_home service
    make_home swift-client
    make_home python-client --algorithm hmac-sha512-256
    make_home visitor
    make_home stranger --authority "$work/other-authority" --algorithm hmac-sha512-256
    make_home expired --algorithm hmac-sha512-256 --not-before -10 --not-after -1
    make_home keyless
    # The stranger trusts us: only its own certificate is wrong.
    cp "$work/ns/trust/roots.pem" "$work/stranger/trust/roots.pem"
    local peer
    introduce ns service
    for peer in swift-client python-client; do introduce ns $peer; done
    for peer in swift-client python-client visitor stranger expired; do introduce service $peer; done
    # The service does not know the key of the keyless one.
    "$lantern" trust "$work/keyless" --peer "$work/service" >/dev/null
    write_policies
}

write_policies() {
    cat >"$work/ns/policy.yaml" <<'END'
version: 1
rules:
  - allow: ["spiffe://demo.lantern/service"]
    objects: ["Pyro.NameServer"]
    methods: ["register", "remove"]
  - allow: ["spiffe://demo.lantern/*-client"]
    objects: ["Pyro.NameServer"]
    methods: ["lookup"]
END
    cat >"$work/service/policy.yaml" <<'END'
version: 1
rules:
  - allow: ["spiffe://demo.lantern/*-client", "spiffe://demo.lantern/expired", "spiffe://demo.lantern/stranger"]
    objects: ["example.warehouse"]
    methods: ["*"]
  - allow: ["spiffe://demo.lantern/keyless"]
    objects: ["example.warehouse"]
    methods: ["*"]
  - allow: ["spiffe://demo.lantern/visitor"]
    objects: ["example.warehouse"]
    methods: ["list"]
END
}

# Writes into each home where the name server is, and who it must be.
point_homes_to() {
    local home
    for home in "$work"/*/; do
        [ -e "$home/lantern.yaml" ] || continue
        cat >"$home/lantern.yaml" <<END
listen: { host: localhost, port: 0 }
name-server: { host: localhost, port: $1, identity: "spiffe://demo.lantern/ns" }
END
    done
}
