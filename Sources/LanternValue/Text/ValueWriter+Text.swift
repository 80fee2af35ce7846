/// What serpent and json have in common on the way out.
extension ValueWriter {
    /// Where the next value stands.
    enum Slot {
        case member, setMember, mapKey, mapValue
    }

    /// Puts the separator that has to stand in front of the next value.
    @inline(__always)
    mutating func beginSlot() -> Slot {
        switch innermost.place {
        case .document: return .member
        case .sequence:
            if innermost.members > 0 { appendSeparator(UInt8(ascii: ",")) }
            innermost.members &+= 1
            return innermost.closing == UInt8(ascii: "}") ? .setMember : .member
        case .key:
            if innermost.members > 0 { appendSeparator(UInt8(ascii: ",")) }
            innermost.members &+= 1
            innermost.place = .value
            return .mapKey
        case .value:
            appendSeparator(UInt8(ascii: ":"))
            innermost.place = .key
            return .mapValue
        case .namedValue:
            innermost.place = .key
            return .mapValue
        }
    }

    /// - Parameter integers: of a type that `Int64` holds.
    @inline(__always)
    mutating func textWriteMembers<T: FixedWidthInteger>(_ integers: [T]) {
        for integer in integers {
            _ = beginSlot()
            sink.append(decimal: Int64(truncatingIfNeeded: integer))
        }
    }

    @inline(__always)
    private mutating func appendSeparator(_ byte: UInt8) {
        if format == .json {
            sink.append(byte, raw: UInt8(ascii: " "))
        } else {
            sink.append(byte)
        }
    }

    mutating func beginTextSequence(_ opening: UInt8, _ closing: UInt8, trailingCommaIfSingle: Bool = false) {
        sink.append(opening)
        outer.append(innermost)
        innermost = OpenContainer(
            place: .sequence, closing: closing, trailingCommaIfSingle: trailingCommaIfSingle)
    }

    mutating func endTextSequence() throws(ValueError) {
        let ended = innermost
        guard ended.place == .sequence, let next = outer.popLast() else {
            throw ValueError(.unsupported, "the end of a sequence where none is open")
        }
        innermost = next
        if ended.trailingCommaIfSingle, ended.members == 1 { sink.append(UInt8(ascii: ",")) }
        sink.append(ended.closing)
    }

    mutating func beginTextMap() {
        sink.append(UInt8(ascii: "{"))
        outer.append(innermost)
        innermost = OpenContainer(place: .key, closing: UInt8(ascii: "}"), trailingCommaIfSingle: false)
    }

    mutating func endTextMap() throws(ValueError) {
        guard innermost.place == .key, let next = outer.popLast() else {
            throw ValueError(.unsupported, "the end of a map where none is open or a value is missing")
        }
        innermost = next
        sink.append(UInt8(ascii: "}"))
    }

    /// Begins a key that is written out already, with its colon: the caller appends it.
    @inline(__always)
    mutating func beginTextName() throws(ValueError) {
        guard innermost.place == .key else {
            throw ValueError(.unsupported, "a field outside of a map")
        }
        if innermost.members > 0 { appendSeparator(UInt8(ascii: ",")) }
        innermost.members &+= 1
        innermost.place = .namedValue
    }
}

/// A container that is being written: what comes next in it.
struct OpenContainer: Sendable {
    enum Place: Sendable {
        /// Around everything.
        case document
        case sequence
        /// A map waits for a key.
        case key
        /// A map waits for the colon and a value.
        case value
        /// A map waits for a value; the colon is there.
        case namedValue
    }

    var place: Place
    let closing: UInt8
    let trailingCommaIfSingle: Bool
    var members = 0

    static let document = OpenContainer(place: .document, closing: 0, trailingCommaIfSingle: false)
}
