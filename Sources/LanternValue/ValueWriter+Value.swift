/// Writing a tree. A stack of open containers instead of recursion: a deep tree costs heap, not stack.
extension ValueWriter {
    private enum Open {
        case sequence(IndexingIterator<[Value]>)
        /// `pending` is the value that belongs to the key just written.
        case map(IndexingIterator<[ValuePair]>, pending: Value?)
    }

    /// Writes any value.
    /// - Throws: ``ValueError/Code/notRepresentable`` for what the format, or a Python reader of it, cannot take.
    public mutating func write(_ value: Value) throws(ValueError) {
        if try writeScalar(value) { return }
        var stack = [try begin(value)]
        while let last = stack.indices.last {
            guard let member = try nextMember(of: &stack[last]) else {
                stack.removeLast()
                continue
            }
            if try !writeScalar(member) { stack.append(try begin(member)) }
        }
    }

    /// The next thing to write in a container, which is ended when nothing is left.
    private mutating func nextMember(of open: inout Open) throws(ValueError) -> Value? {
        switch open {
        case .sequence(var members):
            guard let member = members.next() else {
                try endSequence()
                return nil
            }
            open = .sequence(members)
            return member
        case .map(let pairs, .some(let value)):
            open = .map(pairs, pending: nil)
            return value
        case .map(var pairs, nil):
            guard let pair = pairs.next() else {
                try endMap()
                return nil
            }
            try checkKey(pair.key)
            open = .map(pairs, pending: .some(pair.value))
            return pair.key
        }
    }

    private mutating func begin(_ value: Value) throws(ValueError) -> Open {
        switch value {
        case .list(let members):
            try beginList(count: members.count)
            return .sequence(members.makeIterator())
        case .tuple(let members):
            try beginTuple(count: members.count)
            return .sequence(members.makeIterator())
        case .set(let members):
            try beginSet(count: members.count)
            return .sequence(members.makeIterator())
        case .frozenSet(let members):
            try beginSet(count: members.count, frozen: true)
            return .sequence(members.makeIterator())
        case .map(let pairs):
            try beginMap(count: pairs.count)
            return .map(pairs.makeIterator(), pending: nil)
        default:
            throw .notRepresentable("\(value.kind)", in: format)
        }
    }

    /// Writes what has no members, and tells whether it was such a value.
    private mutating func writeScalar(_ value: Value) throws(ValueError) -> Bool {
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
        case .list, .tuple, .set, .frozenSet, .map: return false
        }
        return true
    }

    /// Msgpack packers write any key, but Python's unpacker takes only text and bytes.
    private func checkKey(_ key: Value) throws(ValueError) {
        guard format == .msgpack else { return }
        switch key {
        case .text, .bytes: break
        default: throw .notRepresentable("a map key that is neither text nor bytes", in: .msgpack)
        }
    }
}
