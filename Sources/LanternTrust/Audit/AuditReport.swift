/// What verifying a log found.
public struct AuditReport: Sendable, Hashable {
    /// The first thing that is wrong.
    public struct Fault: Sendable, Hashable, CustomStringConvertible {
        /// The first entry, counted from 0, that is wrong, missing or not to be trusted; `nil` when the checkpoint is.
        public let entry: Int?
        public let reason: String

        public var description: String { entry.map { "entry \($0): \(reason)" } ?? reason }
    }

    /// Entries that the checkpoint signs.
    public let size: Int
    /// Entries that were read and found right.
    public let verified: Int
    /// The signed root hash, base64; empty when the checkpoint itself is wrong.
    public let root: String
    public let fault: Fault?

    public var isIntact: Bool { fault == nil }
}
