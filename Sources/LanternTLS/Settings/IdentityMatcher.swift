public import LanternTrust

/// Whom a client expects at the other end: an identity, or a pattern in which `*` is any run of characters.
public struct IdentityMatcher: Sendable, Hashable, CustomStringConvertible {
    /// The pattern, as given.
    public let description: String
    private let pieces: [[UInt8]]

    public init(_ pattern: String) {
        description = pattern
        pieces = pattern.utf8
            .split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false)
            .map { Array($0) }
    }

    public init(_ id: SPIFFEID) { self.init(id.description) }

    public func matches(_ identity: PeerIdentity) -> Bool {
        let text = Array(identity.description.utf8)
        guard let first = pieces.first, let last = pieces.last else { return false }
        if pieces.count == 1 { return text == first }
        guard text.count >= first.count + last.count, text.starts(with: first) else { return false }
        guard text.suffix(last.count).elementsEqual(last) else { return false }
        var rest = text[first.count..<(text.count - last.count)]
        for piece in pieces.dropFirst().dropLast() where !piece.isEmpty {
            guard let start = rest.firstRange(ofPiece: piece) else { return false }
            rest = rest[(start + piece.count)...]
        }
        return true
    }
}

extension ArraySlice<UInt8> {
    fileprivate func firstRange(ofPiece piece: [UInt8]) -> Int? {
        guard count >= piece.count else { return nil }
        for start in startIndex...(endIndex - piece.count) where self[start...].starts(with: piece) {
            return start
        }
        return nil
    }
}
