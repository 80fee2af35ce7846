/// How much one identity may use. Each limit counts for an identity on all its connections together.
public struct Quota: Sendable, Hashable {
    /// A rate with what may come at once: a bucket that fills at `perSecond` up to `burst`.
    public struct Rate: Sendable, Hashable {
        public let perSecond: Double
        public let burst: Double

        /// - Parameter burst: at least 1; what one second brings unless given.
        public init(perSecond: Double, burst: Double? = nil) {
            self.perSecond = perSecond
            self.burst = burst ?? max(1, perSecond)
        }

        func smallest(_ other: Self?) -> Self {
            guard let other else { return self }
            return Self(perSecond: min(perSecond, other.perSecond), burst: min(burst, other.burst))
        }
    }

    /// Calls begun, refused ones included; each call of a batch and each item fetched from a stream is one.
    public var calls: Rate?
    /// Bytes of calls and of their answers, as they are encoded. Items of pushed streams do not count.
    public var bytes: Rate?
    /// Calls that run at the same time. A batch is one.
    public var concurrentCalls: Int?

    public init(calls: Rate? = nil, bytes: Rate? = nil, concurrentCalls: Int? = nil) {
        self.calls = calls
        self.bytes = bytes
        self.concurrentCalls = concurrentCalls
    }

    /// What satisfies both.
    func smallest(_ other: Self) -> Self {
        let concurrent = [concurrentCalls, other.concurrentCalls].compactMap(\.self).min()
        return Quota(
            calls: calls.map { $0.smallest(other.calls) } ?? other.calls,
            bytes: bytes.map { $0.smallest(other.bytes) } ?? other.bytes, concurrentCalls: concurrent)
    }

    static let rates = 0.001...1e12
    static let concurrent = 1...1_000_000

    /// What is wrong with it, for the author of a policy.
    var problem: String? {
        if calls == nil, bytes == nil, concurrentCalls == nil { return "the quota limits nothing" }
        for (name, rate) in [("calls", calls), ("bytes", bytes)] {
            guard let rate else { continue }
            guard Self.rates.contains(rate.perSecond) else {
                return "'\(name)-per-second' must be from 0.001 to 1e12; to allow nothing write a deny rule"
            }
            guard rate.burst >= 1, rate.burst <= 1e12 else { return "'burst-\(name)' must be from 1 to 1e12" }
        }
        if let concurrentCalls, !Self.concurrent.contains(concurrentCalls) {
            return "'concurrent-calls' must be from 1 to 1000000"
        }
        return nil
    }
}

extension Quota: CustomStringConvertible {
    public var description: String {
        var parts: [String] = []
        if let calls { parts.append("\(calls.perSecond) calls per second (at once \(calls.burst))") }
        if let bytes { parts.append("\(bytes.perSecond) bytes per second (at once \(bytes.burst))") }
        if let concurrentCalls { parts.append("\(concurrentCalls) concurrent calls") }
        return parts.joined(separator: ", ")
    }
}

/// A quota of a policy file: for whom, and how much.
public struct QuotaRule: Sendable, Hashable {
    /// Patterns on the text of a ``PeerIdentity``. Every identity that matches has the quota for itself.
    public let identities: [String]
    public let quota: Quota
    public let line: Int
    public let source: String

    public init(identities: [String], quota: Quota, line: Int = 0, source: String = "built in") {
        self.identities = identities
        self.quota = quota
        self.line = line
        self.source = source
    }

    /// For messages: `policy.yaml:12`.
    public var place: String { line > 0 ? "\(source):\(line)" : source }
}
