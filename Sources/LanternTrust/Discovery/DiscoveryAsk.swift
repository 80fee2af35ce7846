/// The datagram by which a Lantern program asks who is the name server.
///
/// Exactly 1,200 bytes, as many as the longest answer has, so that nobody's answers are longer than what was asked:
///
/// | offset | bytes | field                       |
/// |-------:|------:|:----------------------------|
/// |      0 |     8 | `LANTERN?`                  |
/// |      8 |     1 | version, 1                  |
/// |      9 |    32 | nonce                       |
/// |     41 | 1,159 | zeros                       |
package struct DiscoveryAsk: Sendable, Hashable {
    /// Of the ask, and the most that an answer may have. It fits into one packet of every usual network.
    package static let length = 1200
    static let mark = Array("LANTERN?".utf8)
    static let version: UInt8 = 1
    static let nonceLength = 32

    /// 32 bytes.
    package let nonce: [UInt8]

    /// A new one, with a nonce that nobody can foresee.
    ///
    /// - Throws: ``TrustError/Code/sodiumUnavailable``.
    package init() throws(TrustError) {
        try Sodium.require()
        nonce = Sodium.randomBytes(Self.nonceLength)
    }

    /// Reads ``bytes``; nil for everything else.
    package init?(reading datagram: some Collection<UInt8>) {
        guard datagram.count == Self.length else { return nil }
        let start = datagram.prefix(Self.mark.count + 1)
        let rest = datagram.dropFirst(Self.mark.count + 1)
        guard start.elementsEqual(Self.mark + [Self.version]),
            rest.dropFirst(Self.nonceLength).allSatisfy({ $0 == 0 })
        else { return nil }
        nonce = Array(rest.prefix(Self.nonceLength))
    }

    package var bytes: [UInt8] {
        let start = Self.mark + [Self.version] + nonce
        return start + [UInt8](repeating: 0, count: Self.length - start.count)
    }
}
