/// An identity as SPIFFE writes it, strictly parsed: `spiffe://trust-domain/path`.
///
/// Two identities are the same when their texts are: nothing is folded, decoded or normalised.
///
/// - Source: the SPIFFE specification, "SPIFFE-ID", sections 2.1 to 2.3.
public struct SPIFFEID: Sendable, Hashable {
    /// Lower-case letters, digits, dot, dash and underscore; 1 to 255 bytes.
    public let trustDomain: String
    /// Empty for the trust domain itself, else with a leading slash.
    public let path: String

    static let maximumLength = 2048
    static let maximumTrustDomainLength = 255
    private static let scheme = "spiffe://"

    /// Reads the text form.
    ///
    /// - Throws: ``TrustError/Code/badIdentity`` for an upper-case scheme or domain, user, port, query,
    ///   fragment, percent sign, empty or dot segment, trailing slash, or more than 2048 bytes.
    public init(_ text: String) throws(TrustError) {
        let bytes = Array(text.utf8)
        guard bytes.count <= Self.maximumLength else {
            throw Self.bad("\(bytes.count) bytes are more than the \(Self.maximumLength) of a SPIFFE ID")
        }
        guard bytes.starts(with: Self.scheme.utf8) else {
            throw Self.bad("a SPIFFE ID starts with '\(Self.scheme)'")
        }
        let rest = bytes.dropFirst(Self.scheme.utf8.count)
        let domain = rest.prefix { $0 != UInt8(ascii: "/") }
        let path = rest.dropFirst(domain.count)
        try Self.check(domain: domain)
        try Self.check(path: path)
        self.trustDomain = String(decoding: domain, as: UTF8.self)
        self.path = String(decoding: path, as: UTF8.self)
    }

    private static func check(domain: ArraySlice<UInt8>) throws(TrustError) {
        guard !domain.isEmpty else { throw bad("the trust domain is empty") }
        guard domain.count <= maximumTrustDomainLength else {
            throw bad("the trust domain has more than \(maximumTrustDomainLength) bytes")
        }
        for byte in domain where !byte.isLowerCaseLetter && !byte.isIdentitySymbol {
            throw bad("the trust domain holds \(byte.shown); allowed are a-z, 0-9, '.', '-' and '_'")
        }
    }

    private static func check(path: ArraySlice<UInt8>) throws(TrustError) {
        guard !path.isEmpty else { return }
        for segment in path.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            guard !segment.isEmpty else { throw bad("the path has an empty segment or ends with a slash") }
            guard !segment.elementsEqual(".".utf8), !segment.elementsEqual("..".utf8) else {
                throw bad("the path has a segment of dots")
            }
            for byte in segment where !byte.isLetter && !byte.isIdentitySymbol {
                throw bad("the path holds \(byte.shown); allowed are a-z, A-Z, 0-9, '.', '-' and '_'")
            }
        }
    }

    private static func bad(_ detail: String) -> TrustError { TrustError(.badIdentity, detail) }
}

extension SPIFFEID: CustomStringConvertible {
    public var description: String { "spiffe://\(trustDomain)\(path)" }
}
