/// A call over the quota of its identity. Unlike a denial it may be told to the peer: it says nothing about others.
package struct QuotaRefusal: Error, Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable {
        case calls = "calls-per-second"
        case bytes = "bytes-per-second"
        case concurrentCalls = "concurrent-calls"
        /// There are too many identities with quotas to count for another one.
        case accounts
    }

    package let kind: Kind
    package let limit: Double
    /// Seconds after which a call may succeed, as far as that is known.
    package let wait: Double?

    init(_ kind: Kind, limit: Double, wait: Double?) {
        self.kind = kind
        self.limit = limit
        self.wait = wait
    }

    /// For the peer and for the log.
    package var text: String {
        let limit = limit < 1e15 && limit == limit.rounded() ? "\(Int(limit))" : "\(limit)"
        let what =
            switch kind {
            case .calls: "\(limit) calls per second"
            case .bytes: "\(limit) bytes per second"
            case .concurrentCalls: "\(limit) concurrent calls"
            case .accounts: "too many identities at once"
            }
        guard let wait, wait.isFinite, wait < 1e6 else { return "over the quota: \(what)" }
        return "over the quota: \(what); try again in \(max(1, Int((wait * 1_000).rounded(.up)))) ms"
    }
}
