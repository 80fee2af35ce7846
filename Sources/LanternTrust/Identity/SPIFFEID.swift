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

    package static let maximumLength = 2048
    package static let maximumTrustDomainLength = 255
    private static let scheme = "spiffe"

    /// Reads the text form.
    ///
    /// - Throws: ``TrustError/Code/badIdentity``, with a reason of its own for each of: another or no scheme, an
    ///   upper-case scheme or domain, user, port, query, fragment, percent sign, empty or dot segment, trailing slash,
    ///   any other character, more than 2048 bytes in all or 255 in the domain.
    public init(_ text: String) throws(TrustError) {
        let bytes = Array(text.utf8)
        guard bytes.count <= Self.maximumLength else {
            throw Self.bad("\(bytes.count) bytes are more than the \(Self.maximumLength) of a SPIFFE ID")
        }
        let rest = try Self.withoutScheme(bytes)
        if rest.contains(UInt8(ascii: "#")) { throw Self.bad("a SPIFFE ID has no fragment ('#')") }
        if rest.contains(UInt8(ascii: "?")) { throw Self.bad("a SPIFFE ID has no query ('?')") }
        if rest.contains(UInt8(ascii: "%")) {
            throw Self.bad("a SPIFFE ID has no percent-encoded characters")
        }
        let domain = rest.prefix { $0 != UInt8(ascii: "/") }
        let path = rest.dropFirst(domain.count)
        try Self.check(domain: domain)
        try Self.check(path: path)
        self.trustDomain = String(decoding: domain, as: UTF8.self)
        self.path = String(decoding: path, as: UTF8.self)
    }

    /// The identity of a trust domain itself.
    ///
    /// - Throws: ``TrustError/Code/badIdentity`` when the text is no trust domain.
    package init(trustDomain: String) throws(TrustError) {
        let bytes = Array(trustDomain.utf8)
        try Self.check(domain: bytes[...])
        self.trustDomain = trustDomain
        path = ""
    }

    private static func withoutScheme(_ bytes: [UInt8]) throws(TrustError) -> ArraySlice<UInt8> {
        guard !bytes.isEmpty else { throw bad("there is no text") }
        let name = bytes.prefix { $0 != UInt8(ascii: ":") }
        guard name.count < bytes.count else {
            throw bad("there is no scheme; a SPIFFE ID starts with 'spiffe://'")
        }
        guard name.elementsEqual(scheme.utf8) else {
            guard name.map({ $0.isLetter ? $0 | 0x20 : $0 }) == Array(scheme.utf8) else {
                throw bad("the scheme is not 'spiffe'")
            }
            throw bad("the scheme holds upper-case letters; it is written 'spiffe'")
        }
        let rest = bytes.dropFirst(name.count + 1)
        guard rest.starts(with: "//".utf8) else { throw bad("'//' is missing behind the scheme") }
        return rest.dropFirst(2)
    }

    private static func check(domain: ArraySlice<UInt8>) throws(TrustError) {
        guard !domain.isEmpty else { throw bad("the trust domain is empty") }
        guard domain.count <= maximumTrustDomainLength else {
            throw bad("the trust domain has more than \(maximumTrustDomainLength) bytes")
        }
        if domain.contains(UInt8(ascii: "@")) { throw bad("a SPIFFE ID has no user information ('@')") }
        if domain.contains(UInt8(ascii: "[")) { throw bad("the trust domain is an address in brackets") }
        if domain.contains(UInt8(ascii: ":")) { throw bad("a SPIFFE ID has no port (':')") }
        for byte in domain where !byte.isLowerCaseLetter && !byte.isIdentitySymbol {
            guard !byte.isLetter else {
                throw bad(
                    "the trust domain holds the upper-case letter \(byte.shown); it is written in lower case")
            }
            throw bad("the trust domain holds \(byte.shown); allowed are a-z, 0-9, '.', '-' and '_'")
        }
    }

    private static func check(path: ArraySlice<UInt8>) throws(TrustError) {
        guard !path.isEmpty else { return }
        let segments = path.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        for (index, segment) in segments.enumerated() {
            guard !segment.isEmpty else {
                throw bad(
                    index == segments.count - 1
                        ? "the path ends with a slash" : "the path has an empty segment ('//')")
            }
            guard !segment.elementsEqual(".".utf8), !segment.elementsEqual("..".utf8) else {
                throw bad("the path has a segment of dots ('.' or '..')")
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
