import Testing

@testable import LanternTrust

/// Signed answers to broadcasts: what is believed and, mostly, what is not.
struct DiscoveryAnswerTests {
    static let uri = "PYRO:Pyro.NameServer@ns.example:9090"
    static let identity = "spiffe://lantern.test/ns"
    static let now: Int64 = 1_800_000_000_000

    let key: HandshakeKey
    let server: Keyring
    let ask: DiscoveryAsk

    init() throws {
        key = try HandshakeKey.generate(id: "ns-1", algorithm: .ed25519)
        server = Keyring(own: key, authorized: [])
        ask = try DiscoveryAsk()
    }

    func asker(
        for identities: [String] = [identity], role: HandshakeRole? = nil, validity: KeyValidity = .always
    ) throws -> Keyring {
        Keyring(
            own: try .generate(id: "me", algorithm: .ed25519),
            authorized: [try key.authorizedKey(for: identities, role: role, validity: validity)])
    }

    func answer(at time: Int64 = now, identity: String = identity) throws -> DiscoveryAnswer {
        try server.answer(ask, identity: PeerIdentity(identity), uri: Self.uri, at: time)
    }

    func refusal(_ body: () throws -> Void) -> TrustError.Code? {
        do {
            try body()
            return nil
        } catch {
            return (error as? TrustError)?.code
        }
    }

    func judged(
        _ answer: DiscoveryAnswer, by ring: Keyring? = nil, asked: DiscoveryAsk? = nil,
        expecting: String? = nil
    ) throws -> TrustError.Code? {
        let ring = try ring ?? asker()
        return refusal {
            _ = try ring.judge(answer, asked: asked ?? ask, expecting: expecting, at: Self.now)
        }
    }

    @Test("an ask travels as 1,200 bytes, and no other bytes are one")
    func asks() throws {
        let bytes = ask.bytes
        #expect(bytes.count == 1200)
        #expect(DiscoveryAsk(reading: bytes) == ask)
        #expect(DiscoveryAsk(reading: bytes.dropLast()) == nil)
        #expect(DiscoveryAsk(reading: bytes + [0]) == nil)
        for place in [0, 8, 41, 1199] {
            var wrong = bytes
            wrong[place] ^= 1
            #expect(DiscoveryAsk(reading: wrong) == nil)
        }
        #expect(try DiscoveryAsk() != ask)
    }

    @Test("a signed answer is believed, also after its way over the network, and names who signed it")
    func believed() throws {
        let answer = try DiscoveryAnswer(reading: answer().bytes)
        #expect(try answer == self.answer())
        let identity = try asker().judge(answer, asked: ask, expecting: nil, at: Self.now)
        #expect(identity.description == Self.identity)
        #expect(answer.uri == Self.uri)
        #expect(try judged(answer, expecting: Self.identity) == nil)
        #expect(try judged(answer, expecting: "spiffe://lantern.test/*") == nil)
        #expect(try judged(answer, by: asker(role: .server)) == nil)
    }

    @Test("an answer by a shared key is believed where that key speaks for the name server")
    func shared() throws {
        let shared = try HandshakeKey.generate(
            id: "both", algorithm: .hmac, identities: ["spiffe://lantern.test/*"])
        let answer = try Keyring(own: shared, authorized: [])
            .answer(ask, identity: PeerIdentity(Self.identity), uri: Self.uri, at: Self.now)
        let again = try DiscoveryAnswer(reading: answer.bytes)
        #expect(try judged(again, by: Keyring(own: shared, authorized: [])) == nil)
        let other = try HandshakeKey.generate(id: "both", algorithm: .hmac, identities: ["*"])
        #expect(try judged(again, by: Keyring(own: other, authorized: [])) == .wrongProof)
        #expect(try judged(again) == .unknownKey)
    }

    @Test("an answer to another question, such as a recorded one, is refused")
    func replayed() throws {
        #expect(try judged(answer(), asked: DiscoveryAsk()) == .unaskedAnswer)
    }

    @Test("an old answer and one from the future are refused, 300 seconds are taken")
    func stale() throws {
        #expect(try judged(answer(at: Self.now - 300_000)) == nil)
        #expect(try judged(answer(at: Self.now + 300_000)) == nil)
        #expect(try judged(answer(at: Self.now - 300_001)) == .timeOutOfRange)
        #expect(try judged(answer(at: Self.now + 300_001)) == .timeOutOfRange)
    }

    @Test("keys that are unknown, of others, for clients, or outside of their time are refused")
    func keys() throws {
        let stranger = Keyring(own: try .generate(id: "me", algorithm: .ed25519), authorized: [])
        #expect(try judged(answer(), by: stranger) == .unknownKey)
        #expect(try judged(answer(), by: asker(for: ["spiffe://lantern.test/till"])) == .keyNotForPeer)
        #expect(try judged(answer(), by: asker(role: .client)) == .keyNotForPeer)
        let seconds = Self.now / 1000
        let over = KeyValidity(notBefore: nil, notAfter: seconds - 1)
        let later = KeyValidity(notBefore: seconds + 1, notAfter: nil)
        #expect(try judged(answer(), by: asker(validity: over)) == .keyExpired)
        #expect(try judged(answer(), by: asker(validity: later)) == .keyNotYetValid)
        let other = try HandshakeKey.generate(id: "ns-1", algorithm: .ed25519)
        let wrong = Keyring(
            own: key, authorized: [try other.authorizedKey(for: [Self.identity])])
        #expect(try judged(answer(), by: wrong) == .wrongProof)
        let kind = Keyring(
            own: key,
            authorized: [
                try HandshakeKey.generate(id: "ns-1", algorithm: .hmac).authorizedKey(for: [Self.identity])
            ])
        #expect(try judged(answer(), by: kind) == .algorithmMismatch)
    }

    @Test("another identity than the expected one is refused, although its key is known")
    func expectation() throws {
        #expect(try judged(answer(), expecting: "spiffe://lantern.test/other") == .unexpectedIdentity)
        let both = try asker(for: [Self.identity, "spiffe://lantern.test/till"])
        let till = try answer(identity: "spiffe://lantern.test/till")
        #expect(try judged(till, by: both, expecting: Self.identity) == .unexpectedIdentity)
    }

    @Test("an answer in which any one byte was changed is refused")
    func changed() throws {
        let bytes = try answer().bytes
        let ring = try asker()
        for place in bytes.indices {
            var wrong = bytes
            wrong[place] ^= 1
            let code = refusal {
                _ = try ring.judge(
                    DiscoveryAnswer(reading: wrong), asked: ask, expecting: nil, at: Self.now)
            }
            #expect(code != nil, "byte \(place)")
        }
    }

    @Test("unsigned, cut, lengthened, oversized and empty answers each have their reason")
    func malformed() throws {
        func read(_ bytes: [UInt8]) -> TrustError.Code? {
            refusal { _ = try DiscoveryAnswer(reading: bytes) }
        }
        let bytes = try answer().bytes
        #expect(read(Array(Self.uri.utf8)) == .unsignedAnswer)
        #expect(read([UInt8](repeating: 0, count: 1201)) == .oversizedAnswer)
        #expect(read([UInt8](repeating: 0, count: 1200)) == .malformedAnswer)
        #expect(read([]) == .malformedAnswer)
        for count in 0..<bytes.count { #expect(read(Array(bytes.prefix(count))) == .malformedAnswer) }
        #expect(read(bytes + [0]) == .malformedAnswer)
        var algorithm = bytes
        algorithm[9] = 3
        #expect(read(algorithm) == .unsupportedAlgorithm)
    }

    @Test("a server's own key must be one for servers and in its time, and the answer no longer than the ask")
    func answering() throws {
        let identity = try PeerIdentity(Self.identity)
        let client = try HandshakeKey.generate(id: "c", algorithm: .ed25519, role: .client)
        let old = try HandshakeKey.generate(
            id: "o", algorithm: .ed25519, validity: KeyValidity(notBefore: nil, notAfter: 1))
        for (key, code) in [(client, TrustError.Code.keyNotForPeer), (old, .keyExpired)] {
            let ring = Keyring(own: key, authorized: [])
            let found = refusal {
                _ = try ring.answer(ask, identity: identity, uri: Self.uri, at: Self.now)
            }
            #expect(found == code)
        }
        let room = 1200 - (try answer().bytes.count)
        let longest = Self.uri + String(repeating: "x", count: room)
        let full = try server.answer(ask, identity: identity, uri: longest, at: Self.now)
        #expect(full.bytes.count == 1200)
        #expect(try judged(DiscoveryAnswer(reading: full.bytes)) == nil)
        #expect(
            refusal { _ = try server.answer(ask, identity: identity, uri: longest + "x", at: Self.now) }
                == .oversizedAnswer)
    }
}
