import Testing

@testable import LanternTrust

/// Time and replay.
struct FreshnessTests {
    @Test("a proof bound to certificates is accepted once")
    func replay() throws {
        let ends = try Ends()
        let proof = try ends.prove()
        _ = try ends.accept(proof)
        expectRefusal(.replayed) { () throws(TrustError) in try ends.accept(proof) }
        ends.clock.advance(seconds: 30)
        expectRefusal(.replayed) { () throws(TrustError) in try ends.accept(proof) }
        ends.clock.advance(seconds: 1)
        expectRefusal(.timeOutOfRange) { () throws(TrustError) in try ends.accept(proof) }
    }

    @Test("a proof from the future is remembered until it is stale")
    func futureReplay() throws {
        let ends = try Ends()
        ends.clock.advance(seconds: 25)
        let proof = try ends.prove()
        ends.clock.advance(seconds: -25)
        _ = try ends.accept(proof)
        ends.clock.advance(seconds: 54)
        expectRefusal(.replayed) { () throws(TrustError) in try ends.accept(proof) }
    }

    @Test(
        "a proof that is too old or from the future is refused",
        arguments: [
            (ChannelBinding.certificates, 31 as Int64), (.certificates, -31), (.certificates, 86_400),
            (.tlsExporter, 301), (.tlsExporter, -301),
        ])
    func outOfTime(binding: ChannelBinding, seconds: Int64) throws {
        let ends = try Ends()
        let proof = try ends.prove(binding)
        ends.clock.advance(seconds: seconds)
        let error = expectRefusal(.timeOutOfRange) { () throws(TrustError) in try ends.accept(proof) }
        #expect(error?.detail.contains(seconds > 0 ? "behind" : "ahead") == true)
    }

    @Test(
        "a proof within the tolerance is accepted",
        arguments: [
            (ChannelBinding.certificates, 30 as Int64), (.certificates, -30), (.tlsExporter, 300),
            (.tlsExporter, -300),
        ])
    func inTime(binding: ChannelBinding, seconds: Int64) throws {
        let ends = try Ends()
        let proof = try ends.prove(binding)
        ends.clock.advance(seconds: seconds)
        _ = try ends.accept(proof)
    }

    @Test("the ends of time are refused, not trapped on", arguments: [Int64.min, -1, 0, .max])
    func absurdTimes(time: Int64) throws {
        let ends = try Ends()
        let proof = try ends.prove()
        expectRefusal(.timeOutOfRange) { () throws(TrustError) in try ends.accept(proof.with(time: time)) }
    }

    @Test("a proof that was refused is not remembered")
    func refusedIsForgotten() throws {
        let replay = ReplayCache(capacity: 1)
        let ends = try Ends(replay: replay)
        let proof = try ends.prove()
        for index in 0..<8 {
            #expect(throws: TrustError.self) {
                try ends.accept(proof.with(nonce: proof.nonce.flipped(at: index)))
            }
        }
        #expect(replay.count == 0)
        _ = try ends.accept(proof)
        #expect(replay.count == 1)
    }

    @Test("proofs bound to the exporter need no memory")
    func exporterTakesNoRoom() throws {
        let replay = ReplayCache(capacity: 0)
        let ends = try Ends(replay: replay)
        _ = try ends.accept(try ends.prove(.tlsExporter))
        expectRefusal(.replayCacheFull) { () throws(TrustError) in
            try ends.accept(try trust { try ends.prove() })
        }
    }

    @Test("a full cache refuses until its entries expire")
    func fullCache() throws {
        let cache = ReplayCache(capacity: 3)
        for byte in 1...3 as ClosedRange<UInt8> { try cache.remember(byte, expires: 60_000, now: 0) }
        expectRefusal(.replayCacheFull) { () throws(TrustError) in
            try cache.remember(4, expires: 60_000, now: 0)
        }
        expectRefusal(.replayCacheFull) { () throws(TrustError) in
            try cache.remember(4, expires: 120_000, now: 60_999)
        }
        expectRefusal(.replayed) { () throws(TrustError) in
            try cache.remember(3, expires: 60_000, now: 60_000)
        }
        try cache.remember(4, expires: 121_000, now: 61_000)
        #expect(cache.count == 1)
    }

    @Test("the same nonce under another key is another proof")
    func keyedByKeyToo() throws {
        let cache = ReplayCache()
        let nonce = [UInt8](repeating: 7, count: 32)
        try cache.remember(keyID: "a", nonce: nonce, expires: 1000, now: 0)
        try cache.remember(keyID: "b", nonce: nonce, expires: 1000, now: 0)
        expectRefusal(.replayed) { () throws(TrustError) in
            try cache.remember(keyID: "a", nonce: nonce, expires: 9000, now: 0)
        }
    }
}

extension ReplayCache {
    fileprivate func remember(_ byte: UInt8, expires: Int64, now: Int64) throws(TrustError) {
        try remember(keyID: "k", nonce: .init(repeating: byte, count: 32), expires: expires, now: now)
    }
}
