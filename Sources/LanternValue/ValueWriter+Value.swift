/// Writing a tree. The recursion is at most ``ValueWriter/maximumDepth`` containers deep.
extension ValueWriter {
    /// Writes any value.
    /// - Throws: ``ValueError/Code/notRepresentable`` for what the format, or a Python reader of it, cannot take.
    public mutating func write(_ value: Value) throws(ValueError) {
        switch value {
        case .text(let text): try write(text)
        case .int(let integer): try write(integer)
        case .float(let float): try write(float)
        case .map(let pairs): try writeMap(pairs)
        case .list(let members):
            try beginList(count: members.count)
            try writeMembers(members)
        case .tuple(let members):
            try beginTuple(count: members.count)
            try writeMembers(members)
        case .set(let members):
            try beginSet(count: members.count)
            try writeMembers(members)
        case .frozenSet(let members):
            try beginSet(count: members.count, frozen: true)
            try writeMembers(members)
        default: try writeScalar(value)
        }
    }

    private mutating func writeMembers(_ members: [Value]) throws(ValueError) {
        for member in members { try write(member) }
        try endSequence()
    }

    private mutating func writeMap(_ pairs: [ValuePair]) throws(ValueError) {
        try beginMap(count: pairs.count)
        for pair in pairs {
            try checkKey(pair.key)
            try write(pair.key)
            try write(pair.value)
        }
        try endMap()
    }

    private mutating func writeScalar(_ value: Value) throws(ValueError) {
        switch value {
        case .none: try writeNone()
        case .bool(let bool): try write(bool)
        case .int(let integer): try write(integer)
        case .bigInt(let integer): try write(integer)
        case .float(let float): try write(float)
        case .complex(let real, let imaginary): try writeComplex(real: real, imaginary: imaginary)
        case .text(let text): try write(text)
        case .surrogateText(let points): try writeSurrogateText(points)
        case .bytes(let bytes): try writeBytes(bytes)
        case .dateTime(let seconds): try writeDateTime(seconds)
        case .date(let ordinal): try writeDate(ordinal)
        case .extended(let code, let data): try writeExtended(code, data)
        case .ellipsis: throw .notRepresentable("ellipsis", in: format)
        case .list, .tuple, .set, .frozenSet, .map: break  // written by the caller
        }
    }

    /// Msgpack packers write any key, but Python's unpacker takes only text and bytes.
    @inline(__always)
    private func checkKey(_ key: Value) throws(ValueError) {
        guard format == .msgpack else { return }
        switch key {
        case .text, .bytes: break
        default: throw .notRepresentable("a map key that is neither text nor bytes", in: .msgpack)
        }
    }
}
