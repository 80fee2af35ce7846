/// How the trust of a daemon or client stands: whether everything is in force that should be, and for how long.
public struct TrustHealth: Sendable, Hashable {
    public enum Status: Int, Sendable, Hashable, Comparable, CustomStringConvertible {
        case green, amber, red

        public static func < (one: Self, other: Self) -> Bool { one.rawValue < other.rawValue }
        public var description: String {
            switch self {
            case .green: "green"
            case .amber: "amber"
            case .red: "red"
            }
        }
    }

    /// One thing that is not as it should be.
    public struct Reason: Sendable, Hashable {
        public let status: Status
        /// The file to look at.
        public let file: String
        /// What is wrong.
        public let detail: String
        /// What to do.
        public let advice: String
        /// Whether nobody gets in, or is believed by us, because of this: something is over, not only near its end.
        public let shutsOut: Bool

        init(status: Status, file: String, detail: String, advice: String, shutsOut: Bool = false) {
            self.status = status
            self.file = file
            self.detail = detail
            self.advice = advice
            self.shutsOut = shutsOut
        }

        /// The same while the same is wrong.
        var key: String { "\(status) \(file) \(detail)" }
    }

    /// The worst of all reasons; green without any.
    public let status: Status
    /// Red ones first.
    public let reasons: [Reason]
    /// The number of the set in force; 1 is the one that the program started with.
    public let epoch: UInt64
    /// When it was read, in seconds since 1970.
    public let loaded: Int64

    init(epoch: UInt64, loaded: Int64, reasons: [Reason]) {
        self.epoch = epoch
        self.loaded = loaded
        self.reasons = reasons.sorted { $0.status > $1.status }
        status = reasons.map(\.status).max() ?? .green
    }
}

extension TrustHealth: CustomStringConvertible {
    public var description: String {
        ([status.description] + reasons.map { "\($0.status): \($0.file): \($0.detail); \($0.advice)" })
            .joined(separator: "\n")
    }
}

/// A set that was not taken.
struct TrustFailure: Sendable, Hashable {
    let file: String
    let detail: String
    /// Seconds since 1970.
    let since: Int64

    func isSame(as other: Self) -> Bool { file == other.file && detail == other.detail }
}
