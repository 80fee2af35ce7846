/// What a connection must have for a rule to allow anything on it.
///
/// An unknown fact meets no requirement.
public struct PolicyRequirement: Sendable, Hashable {
    /// Names of key-exchange groups, such as `X25519MLKEM768`: the connection must have one of them.
    public let keyExchanges: [String]

    /// - Parameter keyExchanges: at least one; spelt as the group's IANA name.
    public init(keyExchanges: [String]) { self.keyExchanges = keyExchanges }

    func isMet(keyExchange: String?) -> Bool {
        guard let keyExchange else { return false }
        return keyExchanges.contains { $0.utf8.elementsEqual(keyExchange.utf8) }
    }
}

extension PolicyRequirement: CustomStringConvertible {
    public var description: String { "key exchange " + keyExchanges.joined(separator: " or ") }
}
