/// What serpent and json have in common on the way out.
extension ValueWriter {
    /// Where the next value stands.
    enum Slot {
        case member, setMember, mapKey, mapValue
    }

    /// Puts the separator that has to stand in front of the next value.
    mutating func beginSlot() -> Slot {
        guard let last = open.indices.last else { return .member }
        switch open[last] {
        case .sequence(let closing, let members, let trailingComma):
            if members > 0 { appendSeparator(UInt8(ascii: ",")) }
            open[last] = .sequence(
                closing: closing, members: members &+ 1, trailingCommaIfSingle: trailingComma)
            return closing == UInt8(ascii: "}") ? .setMember : .member
        case .map(let members, expectsValue: true):
            appendSeparator(UInt8(ascii: ":"))
            open[last] = .map(members: members, expectsValue: false)
            return .mapValue
        case .map(let members, expectsValue: false):
            if members > 0 { appendSeparator(UInt8(ascii: ",")) }
            open[last] = .map(members: members &+ 1, expectsValue: true)
            return .mapKey
        }
    }

    private mutating func appendSeparator(_ byte: UInt8) {
        output.append(byte)
        if format == .json { output.append(UInt8(ascii: " ")) }
    }

    mutating func beginTextSequence(_ opening: UInt8, _ closing: UInt8, trailingCommaIfSingle: Bool = false) {
        output.append(opening)
        open.append(.sequence(closing: closing, members: 0, trailingCommaIfSingle: trailingCommaIfSingle))
    }

    mutating func endTextSequence() throws(ValueError) {
        guard case .sequence(let closing, let members, let trailingComma) = open.popLast() else {
            throw ValueError(.unsupported, "the end of a sequence where none is open")
        }
        if trailingComma, members == 1 { output.append(UInt8(ascii: ",")) }
        output.append(closing)
    }

    mutating func beginTextMap() {
        output.append(UInt8(ascii: "{"))
        open.append(.map(members: 0, expectsValue: false))
    }

    mutating func endTextMap() throws(ValueError) {
        guard case .map(_, expectsValue: false) = open.popLast() else {
            throw ValueError(.unsupported, "the end of a map where none is open or a value is missing")
        }
        output.append(UInt8(ascii: "}"))
    }
}
