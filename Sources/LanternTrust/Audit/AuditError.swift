/// Why the audit log could not be opened, written or read.
public struct AuditError: Error, Sendable, Hashable, CustomStringConvertible {
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Name: String {
            case badKey, badOrigin, missingKey, storage, damaged, locked, full, closed, rolledBack, stuck,
                pruned, refused
        }
        /// The key file cannot be used: its form, its owner, its mode.
        public static let badKey = Self(name: .badKey)
        /// The origin is empty, too long, or has blanks, `+` or control characters.
        public static let badOrigin = Self(name: .badOrigin)
        /// A log is there, but its key is not; a new key could not continue it.
        public static let missingKey = Self(name: .missingKey)
        /// The disk refused; the log refuses until it can write again.
        public static let storage = Self(name: .storage)
        /// What is on disk does not agree with itself or with the signature.
        public static let damaged = Self(name: .damaged)
        /// Another process has the log open.
        public static let locked = Self(name: .locked)
        /// Too many events wait already.
        public static let full = Self(name: .full)
        /// The log was closed.
        public static let closed = Self(name: .closed)
        /// The disk has less than what this process already acknowledged.
        public static let rolledBack = Self(name: .rolledBack)
        /// The disk has not answered within the deadline; until it does, everything is refused.
        public static let stuck = Self(name: .stuck)
        /// The entry is not kept any more; its hash is.
        public static let pruned = Self(name: .pruned)
        /// What was asked of the log cannot be done: no such entry, no such checkpoint, nothing to prune.
        public static let refused = Self(name: .refused)
        private let name: Name
        public var description: String { name.rawValue }
    }

    public let code: Code
    /// Paths and numbers for a log reader; never key material.
    public let detail: String

    package init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    /// What a far side may know: what went wrong, without the paths of this host.
    package var shortReason: String {
        switch code {
        case .storage:
            detail.split(separator: ":").last.map { $0.trimmingPrefix { $0 == " " } }.map(String.init)
                ?? "storage"
        case .stuck, .full, .closed: detail
        default: "\(code)"
        }
    }

    public var description: String { "audit log, \(code): \(detail)" }
}
