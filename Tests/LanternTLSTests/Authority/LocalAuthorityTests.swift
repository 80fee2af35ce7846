import Foundation
import LanternTLS
import LanternTesting
import LanternTrust
import Testing

struct LocalAuthorityTests {
    /// Only for its directory.
    let place: TestAuthority

    init() throws { place = try TestAuthority() }

    private func path(_ name: String) -> String { place.directory + "/" + name }

    private func make(_ kind: LocalAuthority.KeyKind = .p256) throws -> LocalAuthority {
        try LocalAuthority.create(
            name: "a laptop", certificateFile: path("ca.pem"), keyFile: path("ca.key"), keyKind: kind)
    }

    private func settings(_ name: String) -> TLSSettings {
        TLSSettings(
            certificateChainFile: path(name + ".pem"), privateKeyFile: path(name + ".key"),
            trustRootsFile: path("ca.pem"))
    }

    @Test("what it issues holds for both ends", arguments: [LocalAuthority.KeyKind.p256, .ed25519])
    func handshake(_ kind: LocalAuthority.KeyKind) throws {
        let authority = try make(kind)
        try authority.issue(
            identity: SPIFFEID("spiffe://lantern.test/service"), dnsNames: ["localhost"],
            addresses: ["127.0.0.1", "::1"], keyKind: kind, certificateFile: path("s.pem"),
            keyFile: path("s.key"))
        let context = try TLSContext(settings: settings("s"))
        #expect(context.ownCertificate.identity.description == "spiffe://lantern.test/service")
        for name in [ServerName.host("localhost"), .address("127.0.0.1"), .address("::1")] {
            let pair = try EmbeddedPair(client: context, server: context, serverName: name)
            try pair.pump()
            #expect(pair.serverRecorder.established != nil && pair.clientRecorder.established != nil)
        }
        #expect(
            try run(["openssl", "verify", "-x509_strict", "-CAfile", path("ca.pem"), path("s.pem")]) == 0)
    }

    @Test("keys are for their owner only")
    func modes() throws {
        let authority = try make()
        try authority.issue(
            identity: SPIFFEID("spiffe://lantern.test/s"), certificateFile: path("s.pem"),
            keyFile: path("s.key"))
        for (name, mode) in [("ca.key", 0o600), ("s.key", 0o600), ("ca.pem", 0o644), ("s.pem", 0o644)] {
            var facts = stat()
            #expect(stat(path(name), &facts) == 0)
            #expect(Int(facts.st_mode & 0o777) == mode)
        }
    }

    @Test("an authority is found again, but not with another's key")
    func reopen() throws {
        _ = try make()
        _ = try LocalAuthority(certificateFile: path("ca.pem"), keyFile: path("ca.key"))
        let other = try place.issue()
        let mismatch = performing {
            try LocalAuthority(certificateFile: path("ca.pem"), keyFile: other.keyFile)
        }
        #expect(mismatch?.code == .keyMismatch)
        let leaf = performing {
            try LocalAuthority(certificateFile: other.certificateFile, keyFile: other.keyFile)
        }
        #expect(leaf?.code == .badFile)
    }

    @Test("an expired certificate can be made, and is one")
    func expired() throws {
        let now = Int64(Date().timeIntervalSince1970)
        try make().issue(
            identity: SPIFFEID("spiffe://lantern.test/s"), notBefore: now - 7200, notAfter: now - 3600,
            certificateFile: path("s.pem"), keyFile: path("s.key"))
        #expect(performing { try TLSContext(settings: settings("s")) }?.code == .expired)
    }

    @Test("names that would smuggle in others are refused", arguments: ["a,DNS:b", "", "a b", "*.*.x"])
    func badNames(_ name: String) throws {
        let authority = try make()
        let id = try SPIFFEID("spiffe://lantern.test/s")
        let dns = performing {
            try authority.issue(
                identity: id, dnsNames: [name], certificateFile: path("s.pem"), keyFile: path("s.key"))
        }
        #expect(dns?.code == .badSetting)
        let address = performing {
            try authority.issue(
                identity: id, addresses: [name], certificateFile: path("s.pem"), keyFile: path("s.key"))
        }
        #expect(address?.code == .badSetting)
        #expect(access(path("s.key"), F_OK) != 0)
    }
}
