import LanternTLS
import LanternTesting
import LanternTrust
import Testing

/// Certificates that are signed by the right authority and are no X.509-SVID of a peer all the same.
struct SVIDTests {
    typealias Extension = RawCertificate.Extension

    struct Refusal: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let certificate: RawCertificate
        let code: TLSError.Code
        let words: String
    }

    /// One authority for all cases: making one costs more than a handshake.
    private static let authority = Result { try TestAuthority() }

    private func pair(client: TestIdentity, server: TestIdentity) throws -> EmbeddedPair {
        func context(_ identity: TestIdentity) throws -> TLSContext {
            try TLSContext.dangerouslyIgnoringOwnDates(identity.settings())
        }
        // Without a host name nothing but the certificate's own shape is in question.
        return try EmbeddedPair(
            client: try context(client), server: try context(server), serverName: .identityOnly,
            expectedIdentity: IdentityMatcher("*"))
    }

    private func expectRefusal(_ refusal: Refusal, from issuer: RawIssuer? = nil) throws {
        let authority = try Self.authority.get()
        let right = try authority.issue(TestCertificate("right"))
        let odd = try (issuer ?? authority.rawIssuer()).issue(refusal.certificate)
        let asClient = try pair(client: odd, server: right)
        try asClient.pump()
        let asServer = try pair(client: right, server: odd)
        try asServer.pump()
        for recorder in [asClient.serverRecorder, asServer.clientRecorder] {
            #expect(recorder.established == nil)
            #expect(recorder.code == refusal.code)
            let detail = recorder.errors.first?.detail ?? "nothing"
            #expect(detail.contains(refusal.words), "\(detail)")
        }
        #expect(asClient.clientRecorder.code == .refusedByPeer)
        #expect(asServer.serverRecorder.code == .refusedByPeer)
    }

    static let names: [Refusal] = MalformedNames.all.map { entry in
        Refusal(
            testDescription: String(String(decoding: entry.uri, as: UTF8.self).debugDescription.prefix(80)),
            certificate: RawCertificate().with {
                $0.names = .names([.uri(bytes: entry.uri), .dns("localhost")])
            }, code: .noIdentity, words: entry.words)
    }

    @Test("a URI name that is no SPIFFE ID of a peer is refused in both roles", arguments: names)
    func malformedName(_ refusal: Refusal) throws { try expectRefusal(refusal) }

    @Test("the tables hold what was promised")
    func size() {
        #expect(Self.names.count + Self.lists.count + Self.shapes.count + Self.damaged.count >= 200)
        #expect(Set(MalformedNames.all.map(\.uri)).count == MalformedNames.all.count)
    }

    private static func list(
        _ description: String, _ names: [Extension.Name], _ words: String
    ) -> Refusal {
        Refusal(
            testDescription: description, certificate: RawCertificate().with { $0.names = .names(names) },
            code: .noIdentity, words: words)
    }

    static let peer = Extension.Name.uri("spiffe://lantern.test/peer")
    static let lists: [Refusal] = [
        list("only a DNS name", [.dns("localhost")], "0 URI names"),
        list("only an address", [.address([127, 0, 0, 1])], "0 URI names"),
        list("only an email address", [.email("peer@lantern.test")], "0 URI names"),
        list("the ID as a DNS name", [.dns("spiffe://lantern.test/peer")], "0 URI names"),
        list("the ID as an email address", [.email("spiffe://lantern.test/peer")], "0 URI names"),
        list("a registered identifier", [.init(tag: 0x88, [0x2A, 0x03])], "0 URI names"),
        list("two IDs", [peer, .uri("spiffe://lantern.test/admin")], "2 URI names"),
        list("the same ID twice", [peer, peer], "2 URI names"),
        list("an ID and a web address", [peer, .uri("https://lantern.test")], "2 URI names"),
        list("a web address and an ID", [.uri("https://lantern.test"), peer], "2 URI names"),
        list("two IDs with others between", [peer, .dns("localhost"), peer], "2 URI names"),
        list("an ID and an empty URI", [peer, .uri("")], "not readable"),
        list("three IDs", [peer, peer, peer], "3 URI names"),
        list(
            "a hundred IDs", (0..<100).map { .uri("spiffe://lantern.test/\($0)") }, "100 URI names"),
    ]

    @Test("a list of names without exactly one URI is refused in both roles", arguments: lists)
    func wrongList(_ refusal: Refusal) throws { try expectRefusal(refusal) }

    private static func shape(
        _ description: String, _ code: TLSError.Code, _ words: String,
        _ change: (inout RawCertificate) -> Void
    ) -> Refusal {
        Refusal(
            testDescription: description, certificate: RawCertificate().with(change), code: code, words: words
        )
    }

    private static let codeSigning: [UInt] = [1, 3, 6, 1, 5, 5, 7, 3, 3]
    private static let anyPurpose: [UInt] = [2, 5, 29, 37, 0]
    private static let rubbish: [UInt8] = [0x30, 0x05, 0x01]

    static let shapes: [Refusal] = [
        shape("version 1", .badShape, "version 3") { $0.version = 1 },
        shape("version 2", .badShape, "version 3") { $0.version = 2 },
        shape("no alternative names", .noIdentity, "0 URI names") { $0.names = nil },
        shape("an empty subject beside names that are not critical", .badShape, "subject is empty") {
            $0.commonName = nil
        },
        // Basic constraints
        shape("an authority", .wrongPurpose, "authority's") {
            $0.basicConstraints = .basicConstraints(isAuthority: true)
            $0.keyUsage = .keyUsage([0, 5, 6])
        },
        shape("an authority without keyCertSign", .wrongPurpose, "authority's") {
            $0.basicConstraints = .basicConstraints(isAuthority: true)
        },
        shape("an authority, not critical", .wrongPurpose, "authority's") {
            $0.basicConstraints = .basicConstraints(isAuthority: true, isCritical: false)
            $0.keyUsage = .keyUsage([0, 5])
        },
        shape("an authority for leaves", .wrongPurpose, "authority's") {
            $0.basicConstraints = .basicConstraints(isAuthority: true, pathLength: 0)
            $0.keyUsage = .keyUsage([0, 5])
        },
        shape("an authority without extended key usage", .wrongPurpose, "authority's") {
            $0.basicConstraints = .basicConstraints(isAuthority: true)
            $0.keyUsage = .keyUsage([5])
            $0.extendedKeyUsage = nil
        },
        shape("keyCertSign and no basic constraints", .wrongPurpose, "authority's") {
            $0.basicConstraints = nil
            $0.keyUsage = .keyUsage([0, 5])
        },
        shape("a path length of a leaf", .badShape, "path length") {
            $0.basicConstraints = .basicConstraints(isAuthority: false, pathLength: 0)
        },
        shape("another path length of a leaf", .badShape, "path length") {
            $0.basicConstraints = .basicConstraints(isAuthority: false, pathLength: 3)
        },
        // Key usage
        shape("no key usage", .badShape, "no key usage") { $0.keyUsage = nil },
        shape("key usage not critical", .badShape, "not critical") {
            $0.keyUsage = .keyUsage([0], isCritical: false)
        },
        shape("only contentCommitment", .badShape, "lacks digitalSignature") { $0.keyUsage = .keyUsage([1]) },
        shape("only keyEncipherment", .badShape, "lacks digitalSignature") { $0.keyUsage = .keyUsage([2]) },
        shape("only dataEncipherment", .badShape, "lacks digitalSignature") { $0.keyUsage = .keyUsage([3]) },
        shape("only keyAgreement", .badShape, "lacks digitalSignature") { $0.keyUsage = .keyUsage([4]) },
        shape("encipherOnly and keyAgreement", .badShape, "lacks digitalSignature") {
            $0.keyUsage = .keyUsage([4, 7])
        },
        shape("decipherOnly and keyAgreement", .badShape, "lacks digitalSignature") {
            $0.keyUsage = .keyUsage([4, 8])
        },
        shape("keyCertSign", .badShape, "keyCertSign") { $0.keyUsage = .keyUsage([0, 5]) },
        shape("only keyCertSign", .badShape, "keyCertSign") { $0.keyUsage = .keyUsage([5]) },
        shape("cRLSign", .badShape, "cRLSign") { $0.keyUsage = .keyUsage([0, 6]) },
        shape("only cRLSign", .badShape, "cRLSign") { $0.keyUsage = .keyUsage([6]) },
        shape("keyCertSign and cRLSign", .badShape, "keyCertSign") { $0.keyUsage = .keyUsage([0, 5, 6]) },
        shape("every usage", .badShape, "keyCertSign") { $0.keyUsage = .keyUsage(Array(0...8)) },
        shape("cRLSign, not critical", .badShape, "cRLSign") {
            $0.keyUsage = .keyUsage([0, 6], isCritical: false)
        },
        // Extended key usage
        shape("only for servers", .wrongPurpose, "lacks clientAuth") {
            $0.extendedKeyUsage = .extendedKeyUsage([Extension.serverAuth])
        },
        shape("only for clients", .wrongPurpose, "lacks serverAuth") {
            $0.extendedKeyUsage = .extendedKeyUsage([Extension.clientAuth])
        },
        shape("for code", .wrongPurpose, "lacks serverAuth") {
            $0.extendedKeyUsage = .extendedKeyUsage([codeSigning])
        },
        shape("for anything", .wrongPurpose, "lacks serverAuth") {
            $0.extendedKeyUsage = .extendedKeyUsage([anyPurpose])
        },
        shape("for servers and anything", .wrongPurpose, "lacks clientAuth") {
            $0.extendedKeyUsage = .extendedKeyUsage([Extension.serverAuth, anyPurpose])
        },
        shape("only for servers, critical", .wrongPurpose, "lacks clientAuth") {
            $0.extendedKeyUsage = .extendedKeyUsage([Extension.serverAuth], isCritical: true)
        },
        shape("for nothing", .wrongPurpose, "lacks serverAuth") {
            $0.extendedKeyUsage = .extendedKeyUsage([])
        },
        // Names and others
        shape("a critical extension that nobody knows", .badChain, "unhandled critical extension") {
            $0.more = [Extension([1, 3, 6, 1, 4, 1, 99999, 1], isCritical: true, [0x05, 0x00])]
        },
        shape("a proxy certificate", .badShape, "proxy") {
            $0.names = nil
            let inheritAll: [UInt] = [1, 3, 6, 1, 5, 5, 7, 21, 1]
            $0.more = [
                Extension(
                    [1, 3, 6, 1, 5, 5, 7, 1, 14], isCritical: true,
                    HandDER.sequence(HandDER.sequence(HandDER.identifier(inheritAll))))
            ]
        },
    ]

    /// OpenSSL reads no such certificate for its own use, so no peer made of it can show one.
    static let damaged: [Refusal] = [
        shape("damaged basic constraints", .badShape, "damaged") {
            $0.basicConstraints = Extension(Extension.basicConstraintsIdentifier, isCritical: true, rubbish)
        },
        shape("basic constraints without content", .badShape, "damaged") {
            $0.basicConstraints = Extension(Extension.basicConstraintsIdentifier, isCritical: true, [])
        },
        shape("basic constraints twice", .badShape, "two extensions for basic constraints") {
            $0.more = [.basicConstraints(isAuthority: false)]
        },
        shape(
            "basic constraints twice, once an authority's", .badShape, "two extensions for basic constraints"
        ) {
            $0.more = [.basicConstraints(isAuthority: true)]
        },
        shape("empty key usage", .badShape, "damaged") { $0.keyUsage = .keyUsage([]) },
        shape("damaged key usage", .badShape, "damaged") {
            $0.keyUsage = Extension(Extension.keyUsageIdentifier, isCritical: true, rubbish)
        },
        shape("key usage twice", .badShape, "two extensions for key usage") { $0.more = [.keyUsage([0])] },
        shape("key usage twice, once an authority's", .badShape, "two extensions for key usage") {
            $0.more = [.keyUsage([5, 6])]
        },
        shape("damaged extended key usage", .badShape, "damaged") {
            $0.extendedKeyUsage = Extension(Extension.extendedKeyUsageIdentifier, rubbish)
        },
        shape("extended key usage twice", .badShape, "two extensions for extended key usage") {
            $0.more = [.extendedKeyUsage([Extension.serverAuth, Extension.clientAuth])]
        },
        shape("damaged names", .badShape, "damaged") {
            $0.names = Extension(Extension.namesIdentifier, rubbish)
        },
        shape("names without content", .badShape, "damaged") {
            $0.names = Extension(Extension.namesIdentifier, [])
        },
        shape("names twice", .badShape, "two extensions for alternative names") {
            $0.more = [.names([.uri("spiffe://lantern.test/admin")])]
        },
        shape("names twice, once without an ID", .badShape, "two extensions for alternative names") {
            $0.more = [.names([.dns("localhost")])]
        },
    ]

    @Test("a leaf of another shape than an SVID's is refused in both roles", arguments: shapes)
    func wrongShape(_ refusal: Refusal) throws { try expectRefusal(refusal) }

    static let right: [Refusal] = [
        shape("the usual one", .badShape, "") { _ in },
        shape("no basic constraints", .badShape, "") { $0.basicConstraints = nil },
        shape("basic constraints that are not critical", .badShape, "") {
            $0.basicConstraints = .basicConstraints(isAuthority: false, isCritical: false)
        },
        shape("more key usages", .badShape, "") { $0.keyUsage = .keyUsage([0, 2, 4]) },
        shape("no extended key usage", .badShape, "") { $0.extendedKeyUsage = nil },
        shape("a critical extended key usage", .badShape, "") {
            $0.extendedKeyUsage = .extendedKeyUsage(
                [Extension.clientAuth, Extension.serverAuth, codeSigning], isCritical: true)
        },
        shape("critical names and an empty subject", .badShape, "") {
            $0.commonName = nil
            $0.names = .names([peer], isCritical: true)
        },
        shape("names of other kinds", .badShape, "") {
            $0.names = .names([.dns("a.test"), .email("a@b.test"), peer, .address([10, 0, 0, 1])])
        },
        shape("an extension that nobody knows", .badShape, "") {
            $0.more = [Extension([1, 3, 6, 1, 4, 1, 99999, 1], [0x05, 0x00])]
        },
        shape("a long ID", .badShape, "") {
            $0.names = .names([.uri("spiffe://lantern.test/" + String(repeating: "p", count: 2026))])
        },
        shape("dots inside a segment", .badShape, "") {
            $0.names = .names([.uri("spiffe://lantern.test/.../a..b/-_.")])
        },
    ]

    @Test("what the standard allows is accepted in both roles", arguments: right)
    func accepted(_ right: Refusal) throws {
        let authority = try Self.authority.get()
        let identity = try authority.rawIssuer().issue(right.certificate)
        let pair = try pair(client: identity, server: identity)
        try pair.pump()
        #expect(pair.serverRecorder.established != nil && pair.clientRecorder.established != nil)
        #expect(pair.serverRecorder.code == nil && pair.clientRecorder.code == nil)
        // It is right for our own use too.
        #expect(try TLSContext(settings: identity.settings()).ownCertificate.identity.description.count > 0)
    }

    @Test("our own certificate is held to the same rules", arguments: shapes + lists + damaged)
    func own(_ refusal: Refusal) throws {
        // What only a verification of the chain finds is left to the peer.
        guard refusal.code != .badChain else { return }
        let authority = try Self.authority.get()
        let identity = try authority.rawIssuer().issue(refusal.certificate)
        let error = performing { try TLSContext(settings: identity.settings()) }
        #expect(error?.code == refusal.code, "\(String(describing: error))")
        #expect(error?.detail.contains(refusal.words) == true, "\(String(describing: error))")
        #expect(error?.hint == identity.certificateFile)
    }

    // MARK: - Signing certificates

    private static func signer(
        _ description: String, _ words: String, _ change: (inout RawCertificate) -> Void
    ) -> Refusal {
        Refusal(
            testDescription: description, certificate: RawCertificate.authority.with(change), code: .badChain,
            words: words)
    }

    static let signers: [Refusal] = [
        signer("an ID with a path", "has a path") { $0.names = .names([.uri("spiffe://lantern.test/ca")]) },
        signer("two IDs", "2 URI names") {
            $0.names = .names([.uri("spiffe://lantern.test"), .uri("spiffe://other.test")])
        },
        signer("a web address", "not 'spiffe'") { $0.names = .names([.uri("https://lantern.test")]) },
        signer("an ID in upper case", "upper-case") { $0.names = .names([.uri("spiffe://LANTERN.test")]) },
        signer("an ID with a slash", "ends with a slash") {
            $0.names = .names([.uri("spiffe://lantern.test/")])
        },
        signer("key usage that is not critical", "not critical") {
            $0.names = .names([.uri("spiffe://lantern.test")])
            $0.keyUsage = .keyUsage([5], isCritical: false)
        },
    ]

    @Test("a signing certificate of another shape is refused", arguments: signers)
    func wrongSigner(_ signer: Refusal) throws {
        let issuer = try Self.authority.get().rawIssuer().issuer(signer.certificate)
        try expectRefusal(
            Refusal(
                testDescription: "", certificate: RawCertificate(), code: signer.code, words: signer.words),
            from: issuer)
    }

    @Test(
        "a signing certificate that is one is accepted, with and without an ID",
        arguments: [nil, "spiffe://lantern.test", "spiffe://upstream.test"])
    func rightSigner(_ id: String?) throws {
        let signing = RawCertificate.authority.with { $0.names = id.map { .names([.uri($0)]) } }
        let identity = try Self.authority.get().rawIssuer().issuer(signing).issue(RawCertificate())
        let pair = try pair(client: identity, server: identity)
        try pair.pump()
        #expect(pair.serverRecorder.established != nil && pair.clientRecorder.established != nil)
    }

    @Test("a peer's certificate signs nobody")
    func leafAsSigner() throws {
        let leaf = try Self.authority.get().rawIssuer().issuer(RawCertificate())
        let identity = try leaf.issue(RawCertificate())
        let right = try Self.authority.get().issue(TestCertificate("right"))
        let pair = try pair(client: identity, server: right)
        try pair.pump()
        #expect(pair.serverRecorder.established == nil)
        #expect(pair.serverRecorder.code != nil)
    }
}
