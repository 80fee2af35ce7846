import LanternTLS
import LanternTesting
import NIOCore
import Testing

/// Settings for servers of another system: told by host or address alone, and never mistaken for Lantern's.
struct ForeignServerTests {
    private let authority: TestAuthority

    init() throws { authority = try TestAuthority() }

    private func context(
        _ request: TestCertificate = .init(), foreign: String? = "h2"
    ) throws -> TLSContext {
        var settings = try authority.issue(request).settings()
        settings.foreignProtocol = foreign
        return try TLSContext(settings: settings)
    }

    @Test("a server that does not choose the protocol is refused, and so is one with another name")
    func refused() throws {
        let lantern = try context(foreign: nil)
        let pair = try EmbeddedPair(client: context(), server: lantern)
        try pair.pump()
        #expect(pair.clientRecorder.code == .incompatible)
        #expect(pair.clientRecorder.established == nil)
        let other = try EmbeddedPair(client: context(), server: lantern, serverName: .host("other.test"))
        try other.pump()
        #expect(other.clientRecorder.code == .wrongHost)
    }

    @Test("neither end needs an identity: such a certificate makes a client, as an expired one does not")
    func identities() throws {
        _ = try context(.withoutIdentity)
        _ = try context(.withTwoIdentities)
        #expect(throws: TLSError.self) { _ = try context(.expired) }
        #expect(throws: TLSError.self) { _ = try context(.withoutIdentity, foreign: nil) }
    }

    @Test("such settings serve nobody, call nobody without a name, and expect no identity")
    func clientsOnly() throws {
        let foreign = try context()
        let asServer = try EmbeddedPair(client: context(foreign: nil), server: foreign)
        try asServer.pump()
        #expect(asServer.serverRecorder.code == .badSetting)
        let unnamed = try EmbeddedPair(
            client: foreign, server: context(foreign: nil), serverName: .identityOnly,
            expectedIdentity: IdentityMatcher("*"))
        try unnamed.pump()
        #expect(unnamed.clientRecorder.code == .badSetting)
    }

    @Test("a protocol without a name, or with a long one, is no setting")
    func names() throws {
        for name in ["", String(repeating: "x", count: 256)] {
            let error = #expect(throws: TLSError.self) { _ = try context(foreign: name) }
            #expect(error?.code == .badSetting)
        }
    }
}
