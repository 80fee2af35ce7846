/// Who a peer is, as its verified certificate says.
public struct PeerIdentity: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        case spiffe(SPIFFEID)
        /// Lower case, without a trailing dot.
        case dns(String)
    }

    public let kind: Kind
    /// The text that key files and policy rules match on: `spiffe://…` or `dns:host`.
    public let description: String

    public init(_ id: SPIFFEID) {
        kind = .spiffe(id)
        description = id.description
    }

    /// The identity of a site without SPIFFE: one DNS name, folded to lower case.
    ///
    /// - Throws: ``TrustError/Code/badIdentity`` unless it is labels of letters, digits, dashes and
    ///   underscores, each 1 to 63 bytes, 253 in all, without a wildcard and without a trailing dot.
    public init(dnsName name: String) throws(TrustError) {
        guard !name.isEmpty, name.utf8.count <= 253 else {
            throw TrustError(.badIdentity, "a DNS name has 1 to 253 bytes")
        }
        for label in name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) {
            let isSound =
                !label.isEmpty && label.count <= 63
                && label.allSatisfy { $0.isLetter || ($0.isIdentitySymbol && $0 != UInt8(ascii: ".")) }
            guard isSound else { throw TrustError(.badIdentity, "the DNS name has a label that is not one") }
        }
        let folded = name.lowercased()
        kind = .dns(folded)
        description = "dns:\(folded)"
    }

    /// Reads what ``description`` writes.
    ///
    /// - Throws: ``TrustError/Code/badIdentity``.
    public init(_ text: String) throws(TrustError) {
        if text.utf8.starts(with: "dns:".utf8) {
            try self.init(dnsName: String(text.dropFirst(4)))
        } else {
            self.init(try SPIFFEID(text))
        }
    }
}

extension PeerIdentity: CustomStringConvertible {
    /// By bytes: the text is ASCII, and this is asked for each decision.
    public static func == (one: Self, other: Self) -> Bool {
        one.description.hasSameBytes(as: other.description)
    }

    public func hash(into hasher: inout Hasher) { description.hashBytes(into: &hasher) }
}
