/// What verifying a log found.
public struct AuditReport: Sendable, Hashable {
    /// The first thing that is wrong.
    public struct Fault: Sendable, Hashable, CustomStringConvertible {
        /// The first entry, counted from 0, that is wrong, missing or not to be trusted; `nil` when the checkpoint is.
        public let entry: Int?
        public let reason: String

        public var description: String { entry.map { "entry \($0): \(reason)" } ?? reason }
    }

    /// Entries that are signed for.
    public let size: Int
    /// Entries whose hashes were found right.
    public let verified: Int
    /// Of those, the entries that the log's owner has removed: their hashes are right, their text is gone.
    public let pruned: Int
    /// The signed root hash, base64; empty when the checkpoint itself is wrong.
    public let root: String
    public let fault: Fault?

    init(size: Int, verified: Int, pruned: Int = 0, root: String, fault: Fault?) {
        self.size = size
        self.verified = verified
        self.pruned = pruned
        self.root = root
        self.fault = fault
    }

    public var isIntact: Bool { fault == nil }
}
