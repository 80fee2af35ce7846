internal import CSodium
internal import Synchronization

/// Remembers proofs until they are too old to be accepted anyway, so that none is accepted twice.
///
/// Bounded: when it is full of proofs that could still be replayed, new ones are refused.
package final class ReplayCache: Sendable {
    /// A hash of key id and nonce, so that an entry costs the same whatever a peer chose.
    private struct Digest: Hashable {
        let one, two, three, four: UInt64
    }

    private struct State {
        var known: Set<Digest> = []
        /// By the second in which they expire; a few minutes' worth at most.
        var expiring: [Int64: [Digest]] = [:]
    }

    private let capacity: Int
    private let state = Mutex(State())

    package init(capacity: Int = 65_536) {
        self.capacity = capacity
    }

    var count: Int { state.withLock(\.known.count) }

    /// Remembers a proof until it expires. Times are in milliseconds since 1970.
    ///
    /// - Throws: ``TrustError/Code/replayed`` or ``TrustError/Code/replayCacheFull``.
    func remember(keyID: String, nonce: [UInt8], expires: Int64, now: Int64) throws(TrustError) {
        let digest = Self.digest(keyID: keyID, nonce: nonce)
        let refusal = state.withLock { state -> TrustError? in
            Self.forgetExpired(&state, now: now)
            if state.known.contains(digest) {
                return TrustError(.replayed, "key '\(keyID)': the same proof was used before")
            }
            guard state.known.count < capacity else {
                return TrustError(.replayCacheFull, "\(capacity) connects are remembered; the oldest expire soon")
            }
            state.known.insert(digest)
            state.expiring[Self.second(expires), default: []].append(digest)
            return nil
        }
        if let refusal { throw refusal }
    }

    private static func forgetExpired(_ state: inout State, now: Int64) {
        let thisSecond = second(now)
        for second in state.expiring.keys where second < thisSecond {
            for digest in state.expiring.removeValue(forKey: second) ?? [] { state.known.remove(digest) }
        }
    }

    private static func second(_ milliseconds: Int64) -> Int64 { milliseconds / 1000 }

    private static func digest(keyID: String, nonce: [UInt8]) -> Digest {
        let input = nonce + Array(keyID.utf8)  // the nonce has a fixed length
        var hash = [UInt8](repeating: 0, count: MemoryLayout<Digest>.size)
        crypto_generichash(&hash, hash.count, input, UInt64(input.count), nil, 0)
        return hash.withUnsafeBytes { hash in
            Digest(
                one: hash.loadUnaligned(fromByteOffset: 0, as: UInt64.self),
                two: hash.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
                three: hash.loadUnaligned(fromByteOffset: 16, as: UInt64.self),
                four: hash.loadUnaligned(fromByteOffset: 24, as: UInt64.self))
        }
    }
}
