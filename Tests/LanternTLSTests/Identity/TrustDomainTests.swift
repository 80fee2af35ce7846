import Foundation
import LanternTLS
import LanternTesting
import LanternTrust
import Testing

/// Each trust domain has authorities of its own, and none speaks for another's.
struct TrustDomainTests {
    /// The authority of `lantern.test`, that of `other.test`, and one that nobody knows.
    let ours: TestAuthority
    let theirs: TestAuthority
    let stranger: TestAuthority

    init() throws {
        ours = try TestAuthority()
        theirs = try TestAuthority(name: "another authority")
        stranger = try TestAuthority(name: "a stranger")
    }

    private func certificate(_ uri: String) -> TestCertificate { TestCertificate().with { $0.uris = [uri] } }

    /// A directory `trust/` with the roots of other domains.
    private func directory(_ domains: [String: [TestAuthority]]) throws -> String {
        let path = ours.directory + "/trust-" + UUID().uuidString.lowercased()
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        for (domain, authorities) in domains {
            try FileManager.default.createDirectory(
                atPath: "\(path)/\(domain)", withIntermediateDirectories: true)
            for (index, authority) in authorities.enumerated() {
                try FileManager.default.copyItem(
                    atPath: authority.rootsFile, toPath: "\(path)/\(domain)/\(index).pem")
            }
        }
        return path
    }

    private func context(
        _ uri: String = "spiffe://lantern.test/right", from issuer: TestAuthority? = nil,
        trusting roots: String? = nil, federation: String? = nil
    ) throws -> TLSContext {
        let isOurs = uri.hasPrefix("spiffe://lantern.test/")
        var settings = try (issuer ?? ours).issue(certificate(uri))
            .settings(trusting: roots ?? (isOurs ? ours.rootsFile : nil))
        // A peer from elsewhere believes us: it is the strict end that is in question.
        settings.federatedRootsDirectory =
            try federation ?? (isOurs ? nil : directory(["lantern.test": [ours]]))
        return try TLSContext(settings: settings)
    }

    /// What the strict end says about a peer, as server and as client.
    private func codes(of peer: TLSContext, at strict: TLSContext) throws -> [TLSError?] {
        let asClient = try EmbeddedPair(client: peer, server: strict)
        try asClient.pump()
        let asServer = try EmbeddedPair(client: strict, server: peer)
        try asServer.pump()
        for recorder in [asClient.serverRecorder, asServer.clientRecorder] {
            #expect((recorder.established == nil) == (recorder.code != nil))
        }
        return [asClient.serverRecorder.errors.first, asServer.clientRecorder.errors.first]
    }

    @Test("an authority of ours cannot speak for another trust domain, in either role")
    func notForOthers() throws {
        let strict = try context(federation: try directory(["other.test": [theirs]]))
        #expect(strict.trustDomains == ["lantern.test", "other.test"])
        let liar = try context("spiffe://other.test/admin", from: ours)
        for error in try codes(of: liar, at: strict) {
            #expect(error?.code == .wrongAuthority)
            #expect(error?.detail.contains("'lantern.test' signed a certificate of 'other.test'") == true)
            #expect(error?.hint.contains("/other.test/") == true)
        }
    }

    @Test("the authority of a federated domain cannot speak for ours, nor for a third one")
    func notForUs() throws {
        let strict = try context(
            federation: try directory(["other.test": [theirs], "third.test": [stranger]]))
        for domain in ["lantern.test", "third.test"] {
            let liar = try context("spiffe://\(domain)/admin", from: theirs)
            for error in try codes(of: liar, at: strict) {
                #expect(error?.code == .wrongAuthority)
                #expect(error?.detail.contains("'other.test' signed a certificate of '\(domain)'") == true)
            }
        }
    }

    @Test("a peer of a federated domain is accepted, and one of ours as before")
    func federated() throws {
        let federation = try directory(["other.test": [theirs]])
        let strict = try context(federation: federation)
        let friend = try context(
            "spiffe://other.test/service", from: theirs, federation: try directory(["lantern.test": [ours]]))
        #expect(try codes(of: friend, at: strict).allSatisfy { $0 == nil })
        #expect(try codes(of: try context("spiffe://lantern.test/x"), at: strict).allSatisfy { $0 == nil })
    }

    @Test("without roots for its domain a peer is refused, whoever signed it", arguments: [true, false])
    func unknownDomain(_ isOurAuthority: Bool) throws {
        let strict = try context(federation: try directory(["other.test": [theirs]]))
        let peer = try context("spiffe://nowhere.test/x", from: isOurAuthority ? ours : stranger)
        for error in try codes(of: peer, at: strict) {
            #expect(error?.code == .unknownTrustDomain)
            #expect(error?.detail.contains("'nowhere.test'") == true)
            #expect(error?.hint.hasSuffix("/nowhere.test/") == true)
        }
    }

    @Test("a stranger's authority is unknown, also for a domain that is known")
    func strangersAuthority() throws {
        let strict = try context(federation: try directory(["other.test": [theirs]]))
        for domain in ["lantern.test", "other.test"] {
            let peer = try context("spiffe://\(domain)/x", from: stranger)
            for error in try codes(of: peer, at: strict) { #expect(error?.code == .unknownAuthority) }
        }
    }

    @Test("a domain may have several roots, and any of them may have signed")
    func severalRoots() throws {
        let strict = try context(federation: try directory(["other.test": [stranger, theirs]]))
        for authority in [stranger, theirs] {
            let peer = try context("spiffe://other.test/x", from: authority, federation: nil)
            let pair = try EmbeddedPair(client: peer, server: strict)
            try pair.pump()
            #expect(pair.serverRecorder.code == nil)
        }
    }

    @Test("an authority that both domains trust may speak for both")
    func shared() throws {
        let strict = try context(federation: try directory(["other.test": [ours]]))
        let peer = try context("spiffe://other.test/x", from: ours)
        let pair = try EmbeddedPair(client: peer, server: strict)
        try pair.pump()
        #expect(pair.serverRecorder.code == nil)
    }

    @Test("without a directory there is one's own domain and no other")
    func none() throws {
        let missing = try context(federation: ours.directory + "/nowhere")
        #expect(missing.trustDomains == ["lantern.test"])
        for strict in [missing, try context()] {
            let peer = try context("spiffe://other.test/x", from: theirs)
            for error in try codes(of: peer, at: strict) { #expect(error?.code == .unknownTrustDomain) }
        }
    }

    private func error(_ federation: String, changing change: (inout TLSSettings) -> Void = { _ in }) throws
        -> TLSError?
    {
        var settings = try ours.issue(TestCertificate("own")).settings()
        settings.federatedRootsDirectory = federation
        change(&settings)
        return performing { try TLSContext(settings: settings) }
    }

    @Test("what cannot be meant is refused when the files are read, with the place")
    func mistakes() throws {
        let own = try directory(["lantern.test": [theirs]])
        #expect(try error(own)?.code == .badSetting)
        #expect(try error(own)?.hint == own + "/lantern.test")
        let upper = try directory(["Other.test": [theirs]])
        #expect(try error(upper)?.code == .badSetting)
        let empty = try directory(["other.test": []])
        #expect(try error(empty)?.code == .badFile)
        #expect(try error(empty)?.hint == empty + "/other.test")
        let names = try directory(["other.test": [theirs]])
        #expect(try error(names) { $0.identitySource = .dnsName }?.code == .badSetting)
        for text in ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
            let broken = try directory(["other.test": [theirs]])
            try text.write(toFile: broken + "/other.test/1.pem", atomically: true, encoding: .utf8)
            #expect(try error(broken)?.code == .badFile)
            #expect(try error(broken)?.hint == broken + "/other.test/1.pem")
        }
        let leaf = try directory(["other.test": []])
        try FileManager.default.copyItem(
            atPath: try theirs.issue().certificateFile, toPath: leaf + "/other.test/leaf.pem")
        #expect(try error(leaf)?.code == .badFile)
    }

    @Test("files, hidden directories and revocation lists beside the domains are passed over")
    func beside() throws {
        let path = try directory(["other.test": [theirs], ".old": [], "crls": []])
        try "text".write(toFile: path + "/roots.pem", atomically: true, encoding: .utf8)
        try "text".write(toFile: path + "/other.test/README", atomically: true, encoding: .utf8)
        #expect(try context(federation: path).trustDomains == ["lantern.test", "other.test"])
    }
}
