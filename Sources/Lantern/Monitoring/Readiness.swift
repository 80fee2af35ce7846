/// Whether a daemon should be sent work.
public struct Readiness: Sendable, Hashable {
    public struct Reason: Sendable, Hashable {
        /// `starting`, `draining`, `audit`, `trust`, or what the program named (a name server: `store`).
        public let part: String
        /// For the operator.
        public let detail: String

        public init(part: String, detail: String) {
            self.part = part
            self.detail = detail
        }
    }

    /// Why it should not; empty when it should.
    public let reasons: [Reason]
    /// What will become a reason when nobody does anything.
    public let warnings: [Reason]

    public var isReady: Bool { reasons.isEmpty }

    public init(reasons: [Reason], warnings: [Reason] = []) {
        self.reasons = reasons
        self.warnings = warnings
    }

    /// Of a daemon that is no more.
    static let gone = Readiness(reasons: [.init(part: "draining", detail: "the daemon has ended")])
}

/// Where a daemon is in its life.
enum DaemonPhase: Sendable {
    /// Made, and not run yet: objects are being registered.
    case starting
    case running
    case ending
}
