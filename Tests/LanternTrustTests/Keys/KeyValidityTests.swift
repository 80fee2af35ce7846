import Foundation
import Testing

@testable import LanternTrust

/// When a key may be used and at which end, as its file says it and as the handshake judges it.
struct KeyValidityTests {
    private static let own = KeyFileTests.own.replacing("key-v1", with: "key-v2")
    private static let peer = KeyFileTests.peer.replacing("key-v1", with: "key-v2")
    private static let window = "not-before: 2026-11-23T00:00:00Z\nnot-after: 2027-11-23T23:59:59Z\n"

    @Test(
        "a time is read and written the same",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1972-02-29T12:30:01Z", 68_214_601),
            ("2000-02-29T00:00:00Z", 951_782_400), ("2026-11-23T19:03:00Z", 1_795_460_580),
            ("2100-03-01T00:00:00Z", 4_107_542_400), ("9999-12-31T23:59:59Z", 253_402_300_799),
        ] as [(String, Int64)])
    func time(text: String, seconds: Int64) {
        #expect(Timestamp.seconds(text) == seconds)
        #expect(Timestamp.text(seconds) == text)
    }

    @Test(
        "what is no time is none",
        arguments: [
            "", "2026-11-23", "2026-11-23T19:03:00", "2026-11-23 19:03:00Z", "2026-11-23T19:03:00z",
            "2026-11-23T19:03:00+00:00", "2026-11-23T24:00:00Z", "2026-11-23T23:60:00Z",
            "2026-11-23T23:00:60Z",
            "2026-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "1969-12-31T23:59:59Z", "+026-11-23T19:03:00Z",
            "２026-11-23T19:03:00Z",
        ])
    func noTime(text: String) { #expect(Timestamp.seconds(text) == nil) }

    @Test("every day of four hundred years is read and written the same")
    func allDays() {
        for day in Int64(0)..<146_097 {
            let seconds = day * 86_400 + 86_399
            #expect(Timestamp.seconds(Timestamp.text(seconds)) == seconds)
        }
        #expect(Timestamp.text(.max) == "9999-12-31T23:59:59Z")
        #expect(Timestamp.text(.min) == "1970-01-01T00:00:00Z")
    }

    @Test("both bounds belong to the window")
    func bounds() {
        let window = KeyValidity(notBefore: 100, notAfter: 200)
        let standings: [(Int64, KeyValidity.Standing)] = [
            (99_999, .notYet), (100_000, .current), (200_999, .current), (201_000, .over), (-1, .notYet),
            (.max, .over), (.min, .notYet),
        ]
        for (time, standing) in standings { #expect(window.standing(at: time) == standing) }
        #expect(KeyValidity.always.standing(at: .min) == .current)
        #expect(KeyValidity.always.standing(at: .max) == .current)
    }

    @Test("dates and role of version 2 are read and written")
    func versionTwo() throws {
        let home = try TemporaryDirectory()
        let own = try HandshakeKey(contentsOf: home.file(Self.own + "role: client\n" + Self.window))
        #expect(own.validity == KeyValidity(notBefore: 1_795_392_000, notAfter: 1_827_014_399))
        #expect(own.role == .client)
        let path = "\(home.path)/again.key"
        try own.write(to: path)
        let again = try HandshakeKey(contentsOf: path)
        #expect((again.validity, again.role) == (own.validity, own.role))
        #expect(try String(contentsOfFile: path, encoding: .utf8).hasPrefix("lantern-key-v2\n"))

        let authorized = try own.authorizedKey(for: ["spiffe://td/a"])
        try authorized.write(to: path)
        let read = try AuthorizedKey(contentsOf: path)
        #expect((read.validity, read.role) == (own.validity, .client))
        #expect(try authorized.publicText() == String(contentsOfFile: path, encoding: .utf8))
        let shorter = try read.granted(
            to: ["spiffe://td/b"], role: .server, validity: .init(notBefore: nil, notAfter: 5))
        #expect(shorter.isSameKey(as: read))
        #expect((shorter.role, shorter.validity.notAfter) == (.server, 5))
    }

    @Test("what version 1 can say is written as version 1", arguments: HandshakeAlgorithm.allCases)
    func oldestVersion(algorithm: HandshakeAlgorithm) throws {
        let home = try TemporaryDirectory()
        let path = "\(home.path)/k.key"
        let key = try HandshakeKey.generate(id: "k", algorithm: algorithm, identities: ["spiffe://td/*"])
        try key.write(to: path)
        #expect(try String(contentsOfFile: path, encoding: .utf8).hasPrefix("lantern-key-v1\n"))
        try key.authorizedKey(for: ["spiffe://td/a"], role: .server).write(to: path)
        #expect(try String(contentsOfFile: path, encoding: .utf8).hasPrefix("lantern-authorized-key-v1\n"))
        #expect(try key.authorizedKey(for: ["spiffe://td/a"]).publicText() == nil || algorithm == .ed25519)
    }

    @Test(
        "dates and roles that are not as they must be are refused",
        arguments: [
            (own + "not-before: tomorrow\n", ":5:"), (own + "not-after: 2026-02-30T00:00:00Z\n", ":5:"),
            (own + "not-after: 2026-11-23T00:00:00Z\nnot-after: 2026-11-24T00:00:00Z\n", ":6:"),
            (own + "not-before: 2026-11-24T00:00:00Z\nnot-after: 2026-11-23T00:00:00Z\n", "later than"),
            (own + "role: boss\n", ":5:"), (own + "role: client\nrole: client\n", ":6:"),
            (KeyFileTests.own + "not-after: 2026-11-23T00:00:00Z\n", "lantern-key-v2"),
            (KeyFileTests.own + "not-before: 2026-11-23T00:00:00Z\n", ":5:"),
            (KeyFileTests.own + "role: client\n", "lantern-key-v2"),
            (own.replacing("ed25519", with: "hmac-sha512-256") + "role: client\n", "both roles"),
        ])
    func malformed(text: String, place: String) throws {
        let home = try TemporaryDirectory()
        let path = try home.file(text)
        let error = expectRefusal(.malformedKeyFile) { () throws(TrustError) in
            try HandshakeKey(contentsOf: path)
        }
        #expect(error?.detail.contains(place) == true, "\(error?.detail ?? "")")
    }

    @Test("an own HMAC key with a role is not made")
    func sharedRole() {
        expectRefusal(.malformedKeyFile) { () throws(TrustError) in
            try HandshakeKey.generate(id: "k", algorithm: .hmac, role: .client)
        }
    }

    @Test(
        "a key outside of its window opens nothing, though the proof is right",
        arguments: HandshakeAlgorithm.allCases)
    func judgedAtHandshake(algorithm: HandshakeAlgorithm) throws {
        let now = TestClock().now / 1000
        let windows: [(KeyValidity, TrustError.Code?)] = [
            (.init(notBefore: now, notAfter: now), nil),
            (.init(notBefore: now + 1, notAfter: nil), .keyNotYetValid),
            (.init(notBefore: nil, notAfter: now - 1), .keyExpired),
        ]
        for (window, code) in windows {
            let ends = try Ends(algorithm, clientValidity: window)
            let proof = try ends.prove()
            guard let code else {
                _ = try ends.accept(proof)
                continue
            }
            let error = expectRefusal(code) { () throws(TrustError) in try ends.accept(proof) }
            #expect(error?.peerMessage == "authentication failed")
            // A wrong proof with a key out of its window says no more.
            #expect(throws: TrustError.self) {
                try ends.accept(proof.with(proof: proof.proof.flipped(at: 0)))
            }
        }
    }

    @Test("a server's key outside of its window is refused by the client")
    func serverExpired() throws {
        let now = TestClock().now / 1000
        let ends = try Ends(serverValidity: .init(notBefore: nil, notAfter: now - 1))
        let proof = try ends.prove()
        let peer = try ends.accept(proof)
        let answer = try ends.answer(proof, to: peer)
        expectRefusal(.keyExpired) { () throws(TrustError) in try ends.acceptAnswer(answer, to: proof) }
    }

    @Test("our own key is not used outside of its window or at the wrong end")
    func ownKey() throws {
        let clock = TestClock()
        let now = clock.now / 1000
        let facts = Ends.channel()
        let refused: [(HandshakeKey, TrustError.Code)] = [
            (
                try .generate(
                    id: "k", algorithm: .ed25519, validity: .init(notBefore: nil, notAfter: now - 1)),
                .keyExpired
            ),
            (
                try .generate(id: "k", algorithm: .hmac, validity: .init(notBefore: now + 1, notAfter: nil)),
                .keyNotYetValid
            ),
            (try .generate(id: "k", algorithm: .ed25519, role: .server), .keyNotForPeer),
        ]
        for (key, code) in refused {
            let end = try Authenticator(keyring: Keyring(own: key, authorized: []), clock: { clock.now })
            expectRefusal(code) { () throws(TrustError) in
                try end.makeClientProof(
                    protocolVersion: 502, object: "", channel: facts, binding: .certificates)
            }
        }
    }

    @Test("a peer that was accepted is judged again by the keys of now")
    func judgedAgain() throws {
        let ends = try Ends()
        let peer = try ends.accept(try ends.prove())
        let now = ends.clock.now
        let key = ends.clientKey
        func objection(_ keys: [AuthorizedKey], at time: Int64) -> TrustError.Code? {
            Keyring(own: ends.serverKey, authorized: keys).objection(to: peer, at: time)?.code
        }
        let same = try key.authorizedKey(for: [Ends.clientIdentity])
        #expect(objection([same], at: now) == nil)
        #expect(objection([], at: now) == .unknownKey)
        #expect(
            objection([try same.granted(to: ["spiffe://td/*"], role: nil, validity: .always)], at: now)
                == .keyNotForPeer)
        #expect(
            objection([try same.granted(to: same.identities, role: .server, validity: .always)], at: now)
                == .keyNotForPeer)
        let ending = try same.granted(
            to: same.identities, role: nil, validity: .init(notBefore: nil, notAfter: now / 1000))
        #expect(objection([ending], at: now) == nil)
        #expect(objection([ending], at: now + 1000) == .keyExpired)
        let other = try HandshakeKey.generate(id: key.id, algorithm: .ed25519)
        #expect(objection([try other.authorizedKey(for: same.identities)], at: now) == .wrongProof)

        let ring = Keyring(own: ends.serverKey, authorized: [same, ending])
        #expect(ring.nextExpiry(at: now)?.seconds == now / 1000)
        #expect(ring.nextExpiry(at: now + 1000) == nil)
    }
}
