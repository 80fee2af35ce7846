import LanternTesting
import LanternTrust
import Testing

@testable import LanternTLS

/// Which groups are offered, as a function of what OpenSSL has; and which one a connection got.
struct KeyExchangeTests {
    /// An OpenSSL that knows some groups and, from 3.5 on, the star.
    private static func list(hybrid: Bool, star: Bool, x25519: Bool = true) -> String? {
        KeyExchange.list { list in
            let names = list.split(separator: ":").map(String.init)
            return names.allSatisfy { name in
                if name.hasPrefix("*") && !star { return false }
                let group = name.filter { $0 != "*" }
                return group == KeyExchange.hybrid ? hybrid : group == "X25519" ? x25519 : true
            }
        }
    }

    @Test("the hybrid comes first wherever it is there, X25519 next")
    func choice() {
        #expect(Self.list(hybrid: true, star: true) == "*X25519MLKEM768:*X25519:P-256:P-384")
        #expect(Self.list(hybrid: true, star: false) == "X25519MLKEM768:X25519:P-256:P-384")
        #expect(Self.list(hybrid: false, star: true) == "X25519:P-256:P-384")
        #expect(Self.list(hybrid: false, star: false) == "X25519:P-256:P-384")
        #expect(Self.list(hybrid: false, star: false, x25519: false) == nil)
    }

    @Test("the installed OpenSSL offers X25519 before the curves, and the hybrid before all if it has it")
    func installed() {
        let offered = KeyExchange.offered()
        let rest = offered.first == KeyExchange.hybrid ? Array(offered.dropFirst()) : offered
        #expect(rest == ["X25519", "P-256", "P-384"])
        #expect(KeyExchange.library.hasPrefix("OpenSSL 3."))
    }

    @Test(
        "one spelling for OpenSSL's names of a group",
        arguments: [
            ("x25519", "X25519"), ("X25519", "X25519"), ("x25519mlkem768", "X25519MLKEM768"),
            ("secp256r1", "P-256"), ("prime256v1", "P-256"), ("P-384", "P-384"), ("ffdhe2048", "ffdhe2048"),
        ])
    func names(text: String, name: String) { #expect(KeyExchange.name(text) == name) }

    @Test("both ends of a connection know the group that it got")
    func negotiated() throws {
        let authority = try TestAuthority()
        let settings = try authority.issue(TestCertificate("both")).settings(trusting: authority.rootsFile)
        let context = try TLSContext(settings: settings)
        let pair = try EmbeddedPair(client: context, server: context)
        try pair.pump()
        let group = pair.clientRecorder.established?.facts.keyExchange
        #expect(group != nil && group == KeyExchange.offered().first)
        #expect(pair.serverRecorder.established?.facts.keyExchange == group)
    }
}
