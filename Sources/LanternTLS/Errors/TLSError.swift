/// Why a TLS connection, or the set-up for one, failed.
///
/// The peer sees an alert at most; ``detail`` and ``hint`` are for the log of this side.
public struct TLSError: Error, Sendable, Hashable {
    public let code: Code
    /// Whom we spoke to, as the caller of the handler named it; `this side` for our own files.
    public let peer: String
    /// What was expected and what came, in words; never payload bytes, never secrets.
    public let detail: String
    /// The file or setting to look at.
    public let hint: String

    static let thisSide = "this side"

    init(_ code: Code, peer: String = Self.thisSide, _ detail: String, hint: String) {
        self.code = code
        self.peer = peer
        self.detail = detail
        self.hint = hint
    }
}

extension TLSError: CustomStringConvertible {
    public var description: String { "\(code): \(peer): \(detail) (look at: \(hint))" }
}
