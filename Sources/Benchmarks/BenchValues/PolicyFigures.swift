import LanternTrust

/// What a decision of the policy costs with a thousand rules, without network and without a connection's memory.
struct PolicyFigures {
    struct Figure: Codable {
        let policy: String
        let nanoseconds: Double
    }

    static let ruleCount = 1_000
    private let peer: AuthenticatedPeer

    init() throws { peer = try Self.authenticatedPeer() }

    func figures(_ time: Stopwatch) throws -> [Figure] {
        let spread = try PolicyTable(rules: Self.spread)
        let dense = try PolicyTable(rules: Self.dense)
        return [
            figure("rules for 100 objects, an exact method", spread, time) { index in
                ("example.\(index % 100)", "method\(index % 10)")
            },
            figure("rules for 100 objects, a method that none allows", spread, time) { index in
                ("example.\(index % 100)", "missing\(index % 10)")
            },
            figure("1,000 rules for one object, an exact method", dense, time) { index in
                ("example", "method\(index % 990)")
            },
            figure("1,000 rules for one object, a pattern 'get*'", dense, time) { index in
                ("example", "getSomething\(index % 990)")
            },
            figure("1,000 rules for one object, a denied method", dense, time) { _ in ("example", "removeAll")
            },
            figure("objects that a peer invents", spread, time) { index in ("invented.\(index)", "method1") },
            Figure(
                policy: "the first question about an identity and an object", nanoseconds: try first(time)),
        ]
    }

    private func figure(
        _ name: String, _ table: PolicyTable, _ time: Stopwatch, _ call: (Int) -> (String, String)
    ) -> Figure {
        let requests = (0..<1_000).map { index in
            let (object, method) = call(index)
            return AccessRequest(peer: peer, object: object, method: method)
        }
        for request in requests { keepDecision(table.decide(request)) }
        let all = time.nanoseconds { for request in requests { keepDecision(table.decide(request)) } }
        return Figure(policy: name, nanoseconds: all / Double(requests.count))
    }

    /// With a table that remembers nothing yet.
    private func first(_ time: Stopwatch) throws -> Double {
        let request = AccessRequest(peer: peer, object: "example.7", method: "method7")
        var best = Double.infinity
        for _ in 0..<20 {
            let table = try PolicyTable(rules: Self.spread)
            best = min(best, Stopwatch.once { keepDecision(table.decide(request)) })
        }
        return best
    }

    private static func rule(
        _ effect: PolicyRule.Effect, _ identities: [String], _ object: String, _ method: String
    ) -> PolicyRule {
        PolicyRule(effect, identities: identities, objects: [object], methods: [method])
    }

    /// Ten rules for each of a hundred objects, for one of ten parts of the clients or for all.
    private static var spread: [PolicyRule] {
        (0..<ruleCount).map { index in
            rule(.allow, ["spiffe://lantern.test/*"], "example.\(index % 100)", "method\(index / 100)")
        }
    }

    /// All for one object: 990 exact methods, five patterns, five denials.
    private static var dense: [PolicyRule] {
        (0..<ruleCount).map { index in
            switch index {
            case 990..<995:
                rule(.allow, ["*"], "example", ["get*", "list*", "*Count", "is*", "read*"][index - 990])
            case 995...:
                rule(.deny, ["*"], "example", ["remove*", "drop*", "*Secret", "kill", "stop"][index - 995])
            default: rule(.allow, ["spiffe://lantern.test/*"], "example", "method\(index)")
            }
        }
    }

    /// Real proofs make a peer; there is no other way to get one.
    private static func authenticatedPeer() throws -> AuthenticatedPeer {
        let identity = "spiffe://lantern.test/client"
        let key = try HandshakeKey.generate(id: "client", algorithm: .ed25519)
        let other = try HandshakeKey.generate(id: "server", algorithm: .ed25519)
        let client = try Authenticator(keyring: Keyring(own: key, authorized: []))
        let server = try Authenticator(
            keyring: Keyring(own: other, authorized: [try key.authorizedKey(for: [identity])]))
        let mine = [UInt8](repeating: 1, count: 32)
        let channel = ChannelFacts(
            clientFingerprint: mine, serverFingerprint: [UInt8](repeating: 2, count: 32), exporter: nil)
        let proof = try client.makeClientProof(
            protocolVersion: 502, object: "example", channel: channel, binding: .certificates)
        let certificate = PeerCertificate(
            identity: try PeerIdentity(identity), fingerprint: mine, notBefore: 0, notAfter: .max,
            subject: "CN=client", serialNumber: "01")
        return try server.acceptClient(
            proof, protocolVersion: 502, object: "example", channel: channel, peer: certificate,
            requiresExporter: false)
    }
}

/// What the compiler must not leave out.
@inline(never)
private func keepDecision(_ decision: Decision) {}
