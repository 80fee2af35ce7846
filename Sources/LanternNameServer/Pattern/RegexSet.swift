/// A set of code points, as a class or a single one means it in Python's `re` with Unicode text.
struct RegexSet: Sendable, Hashable {
    enum Item: Sendable, Hashable {
        case range(UInt32, UInt32)
        case digit, notDigit, space, notSpace, word, notWord
        /// `.` without the flag `s`.
        case notLineFeed
    }

    var items: [Item]
    var isNegated = false
    var ignoresCase = false

    func contains(_ scalar: Unicode.Scalar) -> Bool { hasItem(for: scalar) != isNegated }

    /// The only member, where there is just one.
    var onlyScalar: Unicode.Scalar? {
        guard !isNegated, !ignoresCase, items.count == 1, case .range(let low, let high) = items[0],
            low == high
        else { return nil }
        return Unicode.Scalar(low)
    }

    private func hasItem(for scalar: Unicode.Scalar) -> Bool {
        if items.contains(where: { $0.contains(scalar) }) { return true }
        guard ignoresCase else { return false }
        return scalar.caseVariants.contains { variant in items.contains { $0.contains(variant) } }
    }
}

extension RegexSet.Item {
    fileprivate func contains(_ scalar: Unicode.Scalar) -> Bool {
        switch self {
        case .range(let low, let high): low <= scalar.value && scalar.value <= high
        case .digit: scalar.isRegexDigit
        case .notDigit: !scalar.isRegexDigit
        case .space: scalar.isRegexSpace
        case .notSpace: !scalar.isRegexSpace
        case .word: scalar.isRegexWord
        case .notWord: !scalar.isRegexWord
        case .notLineFeed: scalar.value != 10
        }
    }
}

extension Unicode.Scalar {
    /// Python's `str.isdecimal`.
    var isRegexDigit: Bool { properties.generalCategory == .decimalNumber }

    /// Python's `str.isspace`.
    var isRegexSpace: Bool {
        switch value {
        case 9...13, 28...32, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000:
            true
        default: false
        }
    }

    /// Python's `str.isalnum`, or `_`.
    var isRegexWord: Bool {
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
        default: value == 95 || properties.numericType != nil
        }
    }

    /// The other spellings that differ in case only and are one code point.
    fileprivate var caseVariants: [Unicode.Scalar] {
        [lower, upper, upper?.lower, lower?.upper].compactMap { $0 }
    }

    private var lower: Unicode.Scalar? { Self.only(properties.lowercaseMapping) }
    private var upper: Unicode.Scalar? { Self.only(properties.uppercaseMapping) }

    private static func only(_ mapping: String) -> Unicode.Scalar? {
        mapping.unicodeScalars.count == 1 ? mapping.unicodeScalars.first : nil
    }
}
