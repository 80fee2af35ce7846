import Foundation
import LanternTLS
import LanternTesting
import LanternTrust
import NIOCore
import NIOEmbedded
import Testing

/// Which files of revocation lists are taken, and what they do.
struct RevocationListTests {
    /// Only for its directory.
    let place: TestAuthority
    let authority: LocalAuthority
    let now: Int64

    init() throws {
        place = try TestAuthority()
        authority = try LocalAuthority.create(
            name: "revoking", certificateFile: place.directory + "/ca.pem",
            keyFile: place.directory + "/ca.key")
        for name in ["good", "bad"] {
            try authority.issue(
                identity: SPIFFEID("spiffe://lantern.test/\(name)"), dnsNames: ["localhost"],
                certificateFile: place.directory + "/\(name).pem", keyFile: place.directory + "/\(name).key")
        }
        now = wallClockMilliseconds() / 1000
    }

    private func path(_ name: String) -> String { place.directory + "/" + name }

    private func settings(_ name: String = "good") -> TLSSettings {
        TLSSettings(
            certificateChainFile: path(name + ".pem"), privateKeyFile: path(name + ".key"),
            trustRootsFile: path("ca.pem"))
    }

    private func code(_ adjust: (inout TLSSettings) -> Void) -> TLSError.Code? {
        var settings = settings()
        adjust(&settings)
        do {
            _ = try TLSContext(settings: settings)
            return nil
        } catch { return error.code }
    }

    /// What a server with these lists says to the client of that name.
    private func answer(to name: String, _ adjust: (inout TLSSettings) -> Void) throws -> TLSError.Code? {
        var strict = settings()
        adjust(&strict)
        let pair = try EmbeddedPair(
            client: TLSContext(settings: settings(name)), server: TLSContext(settings: strict))
        try pair.pump()
        return pair.serverRecorder.code
    }

    private func publish(_ name: String, revoking names: [String] = [], from: Int64 = -60, to: Int64 = 3600)
        throws
    {
        try authority.publishRevocationList(
            revoking: names.map { path($0 + ".pem") }, thisUpdate: now + from, nextUpdate: now + to,
            to: path(name))
    }

    @Test("lists may stand in one file, or in a directory with one for each issuer")
    func places() throws {
        try publish("crl.pem", revoking: ["bad"])
        #expect(try answer(to: "bad") { $0.crlFile = path("crl.pem") } == .revoked)
        #expect(try answer(to: "good") { $0.crlFile = path("crl.pem") } == nil)
        let directory = try makeDirectory("crls")
        try publish("crls/one.pem", revoking: ["bad"])
        _ = try place.write("no list, and not looked at", name: "crls/notes.txt")
        #expect(try answer(to: "bad") { $0.crlDirectory = directory } == .revoked)
        #expect(try answer(to: "good") { $0.crlDirectory = directory } == nil)
    }

    private func makeDirectory(_ name: String) throws -> String {
        #expect(try run(["mkdir", path(name)]) == 0)
        return path(name)
    }

    @Test("where lists are required nothing works without one")
    func required() throws {
        #expect(code { $0.revocation = .required } == .revocationUnknown)
        #expect(
            code {
                $0.revocation = .required
                $0.crlFile = path("nowhere.pem")
            } == .revocationUnknown)
        let empty = try makeDirectory("empty")
        #expect(
            code {
                $0.revocation = .required
                $0.crlDirectory = empty
            } == .revocationUnknown)
        try publish("crl.pem")
        #expect(
            code {
                $0.revocation = .required
                $0.crlFile = path("crl.pem")
            } == nil)
    }

    @Test("files that may be missing count once they are there")
    func whenPresent() throws {
        let adjust = { (settings: inout TLSSettings) in
            settings.revocation = .whenPresent
            settings.crlFile = path("crl.pem")
            settings.crlDirectory = path("crls")
        }
        #expect(try answer(to: "bad", adjust) == nil)
        try publish("crl.pem", revoking: ["bad"])
        #expect(try answer(to: "bad", adjust) == .revoked)
        #expect(code { $0.crlDirectory = path("crls") } == .unreadableFile)
    }

    @Test("a list of one authority does not stand in for that of another")
    func missingIssuer() throws {
        let other = try LocalAuthority.create(
            name: "other", certificateFile: path("other.pem"), keyFile: path("other.key"))
        try other.publishRevocationList(revoking: [], to: path("crl.pem"))
        #expect(try answer(to: "good") { $0.crlFile = path("crl.pem") } == .revocationUnknown)
    }

    @Test("a list is refused when a root of that name did not sign it")
    func forged() throws {
        let forger = try LocalAuthority.create(
            name: "revoking", certificateFile: path("forger.pem"), keyFile: path("forger.key"))
        try forger.publishRevocationList(revoking: [], to: path("crl.pem"))
        #expect(code { $0.crlFile = path("crl.pem") } == .badFile)
    }

    @Test("half a list, a list with rubbish behind it and an empty file are refused")
    func damaged() throws {
        try publish("crl.pem", revoking: ["bad"])
        let text = try contents("crl.pem")
        for (index, bad) in [String(text.prefix(text.count / 2)), "", text + text.prefix(60)].enumerated() {
            let file = try place.write(bad, name: "bad\(index)", mode: 0o644)
            #expect(code { $0.crlFile = file } == .badFile, "case \(index)")
        }
    }

    private func contents(_ name: String) throws -> String {
        try String(contentsOfFile: path(name), encoding: .utf8)
    }

    @Test("what a context says of its lists")
    func facts() throws {
        try publish("crl.pem", revoking: ["bad", "good"])
        var settings = settings()
        settings.crlFile = path("crl.pem")
        let lists = try TLSContext(settings: settings).revocationLists
        #expect(lists.count == 1)
        let list = try #require(lists.first)
        #expect(list.issuer == "CN=revoking")
        #expect(list.count == 2)
        #expect((list.thisUpdate, list.nextUpdate) == (now - 60, now + 3600))
        #expect(list.file == path("crl.pem"))
        #expect(list.issuerDigest == (try TLSContext(settings: settings).roots.first?.subjectDigest))
    }

    // MARK: - Judging again

    private func chain(of name: String) throws -> PeerChain {
        let pair = try EmbeddedPair(
            client: TLSContext(settings: settings(name)), server: TLSContext(settings: settings()))
        try pair.pump()
        let handler = try pair.server.pipeline.syncOperations.handler(type: TLSHandler.self)
        return try #require(handler.peerChain)
    }

    private func verdict(
        on chain: PeerChain, isServer: Bool = false, grace: Duration = .zero,
        _ adjust: (inout TLSSettings) -> Void = { _ in }
    ) throws -> TLSError.Code? {
        var settings = settings()
        adjust(&settings)
        let judge = ChainJudge(try TLSContext(settings: settings))
        return judge.refusal(of: chain, isServer: isServer, grace: grace, peer: "peer")?.code
    }

    @Test("a chain outlives its connection and is judged by later lists and roots")
    func again() throws {
        let (good, bad) = (try chain(of: "good"), try chain(of: "bad"))
        #expect(try verdict(on: bad) == nil)
        try publish("crl.pem", revoking: ["bad"])
        #expect(try verdict(on: bad) { $0.crlFile = path("crl.pem") } == .revoked)
        #expect(try verdict(on: good) { $0.crlFile = path("crl.pem") } == nil)
        try publish("stale.pem", from: -7200, to: -3600)
        #expect(try verdict(on: good) { $0.crlFile = path("stale.pem") } == .revocationUnknown)
        let stranger = try TestAuthority()
        #expect(try verdict(on: good) { $0.trustRootsFile = stranger.rootsFile } == .unknownAuthority)
        #expect(good.fingerprint != bad.fingerprint)
        #expect(good.fingerprint == (try chain(of: "good").fingerprint))
    }

    @Test("our own certificate is judged without its dates, which stand beside")
    func own() throws {
        try authority.issue(
            identity: SPIFFEID("spiffe://lantern.test/late"), dnsNames: ["localhost"], notBefore: now - 7200,
            notAfter: now - 600, certificateFile: path("late.pem"), keyFile: path("late.key"))
        let old = try TLSContext.reread(settings("late"))
        #expect(old.refusalOfOwnDates?.code == .expired)
        #expect(ChainJudge(old).refusalOfOwn() == nil)
        #expect(old.ownChain.map(\.notAfter) == [now - 600])
        try publish("crl.pem", revoking: ["late"])
        var listed = settings("late")
        listed.crlFile = path("crl.pem")
        #expect(ChainJudge(try TLSContext.reread(listed)).refusalOfOwn()?.code == .revoked)
        let stranger = try TestAuthority()
        var lost = settings("late")
        lost.trustRootsFile = stranger.rootsFile
        #expect(ChainJudge(try TLSContext.reread(lost)).refusalOfOwn()?.code == .unknownAuthority)
    }
}
