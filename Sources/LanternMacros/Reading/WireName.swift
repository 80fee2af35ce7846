/// The rules for names on the wire: what every peer accepts as the name of a method or attribute.
enum WireName {
    static func refusal(of name: String) -> Refusal? {
        if name.isEmpty {
            return .emptyName
        }
        if name.hasPrefix("__") && name.hasSuffix("__") && name.count > 4 {
            return .reservedName(name)
        }
        if name.hasPrefix("_") {
            return .privateName(name)
        }
        return isIdentifier(name) ? nil : .badName(name)
    }

    /// An identifier in Swift and in Python alike: letters, digits and underscores, no digit in front.
    private static func isIdentifier(_ name: String) -> Bool {
        let scalars = name.unicodeScalars
        guard let first = scalars.first, first.properties.isXIDStart else { return false }
        return scalars.allSatisfy(\.properties.isXIDContinue)
    }
}
