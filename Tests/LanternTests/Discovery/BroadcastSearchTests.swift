import LanternTesting
import NIOCore
import NIOPosix
import Testing

@testable import Lantern
@testable import LanternTrust

/// What the responder answers and what the asker believes, without a socket.
struct BroadcastSearchTests {
    static let uri = "PYRO:Pyro.NameServer@ns.example:9090"
    static let now: Int64 = 1_800_000_000_000
    let key: HandshakeKey
    let identity: PeerIdentity
    let ask: DiscoveryAsk

    init() throws {
        key = try HandshakeKey.generate(id: "ns-1", algorithm: .ed25519)
        identity = try PeerIdentity("spiffe://lantern.test/ns")
        ask = try DiscoveryAsk()
    }

    func search(expecting expected: String? = nil) throws -> BroadcastSearch {
        let ring = Keyring(
            own: try .generate(id: "me", algorithm: .ed25519),
            authorized: [try key.authorizedKey(for: [identity.description])])
        return BroadcastSearch(ask: ask, keyring: ring, expected: expected)
    }

    func answer(_ uri: String = uri) throws -> [UInt8] {
        try Keyring(own: key, authorized: []).answer(ask, identity: identity, uri: uri, at: Self.now).bytes
    }

    @Test("only the two questions are answered, byte for byte")
    func questions() throws {
        var rules = BroadcastRules()
        #expect(rules.question(in: Array("GET_NSURI".utf8), at: 0) == .pyro)
        #expect(rules.question(in: ask.bytes, at: 0) == .lantern(ask))
        for text in ["", "GET_NSUR", "GET_NSURI\n", "get_nsuri", "LANTERN?"] {
            #expect(rules.question(in: Array(text.utf8), at: 0) == nil)
        }
        #expect(rules.question(in: ask.bytes.dropLast(), at: 0) == nil)
        var lanternOnly = BroadcastRules(isAnsweringPyro: false)
        #expect(lanternOnly.question(in: Array("GET_NSURI".utf8), at: 0) == nil)
        #expect(lanternOnly.question(in: ask.bytes, at: 0) == .lantern(ask))
    }

    @Test("so many questions of one second are answered and no more; garbage does not count")
    func rate() {
        var rules = BroadcastRules(answersPerSecond: 3)
        let question = Array("GET_NSURI".utf8)
        for second in [UInt64(0), 1_000_000_000, UInt64.max - 5] {
            for _ in 0..<100 { #expect(rules.question(in: [1, 2, 3], at: second) == nil) }
            let answered = (0..<10).count { rules.question(in: question, at: second + $0 % 5) != nil }
            #expect(answered == 3)
        }
    }

    @Test("the right answer is found behind false ones, and each of those has its reason")
    func found() throws {
        var search = try search()
        #expect(search.take(Array(Self.uri.utf8), at: Self.now) == nil)
        #expect(search.take([UInt8](repeating: 7, count: 1300), at: Self.now) == nil)
        #expect(search.take(Array("garbage".utf8), at: Self.now) == nil)
        var wrong = try answer()
        wrong[wrong.count - 1] ^= 1
        #expect(search.take(wrong, at: Self.now) == nil)
        #expect(search.take(try answer(), at: Self.now + 400_000) == nil)
        let found = try #require(search.take(try answer(), at: Self.now))
        #expect(found.location == .host("ns.example", port: 9090))
        #expect(found.identity == identity)
        let codes = search.refusals.map { $0.prefix { $0 != ":" } }
        #expect(
            codes == ["unsignedAnswer", "oversizedAnswer", "malformedAnswer", "wrongProof", "timeOutOfRange"])
    }

    @Test(
        "a signed answer that names no name server on a host is refused",
        arguments: [
            "PYRO:other@ns.example:9090", "PYRONAME:Pyro.NameServer@ns.example:9090",
            "PYRO:Pyro.NameServer@./u:/tmp/x", "PYRO:Pyro.NameServer@ns.example:0", "nonsense",
        ])
    func otherPlaces(uri: String) throws {
        var search = try search()
        #expect(search.take(try answer(uri), at: Self.now) == nil)
        #expect(search.refusals.first?.hasPrefix("malformedAnswer") == true)
    }

    @Test("64 answers are looked at and no more")
    func bounded() throws {
        var search = try search()
        for _ in 0..<63 { #expect(search.take([0], at: Self.now) == nil) }
        #expect(search.take(try answer(), at: Self.now) != nil)
        #expect(search.isExhausted)
        #expect(search.take(try answer(), at: Self.now) == nil)
        #expect(search.refusals.count == 1)
    }

    @Test("another identity than the configured one is refused")
    func expected() throws {
        var search = try search(expecting: "spiffe://lantern.test/other")
        #expect(search.take(try answer(), at: Self.now) == nil)
        #expect(search.refusals.first?.hasPrefix("unexpectedIdentity") == true)
    }
}
