/// Marshal: the static path.
extension ValueReader {
    mutating func marshalPeekKind() throws(ValueError) -> ValueKind {
        let start = position
        defer { position = start }
        var code = try takeByte() & ~MarshalCode.remember
        if code == MarshalCode.reference {
            position = try marshalReferenceTarget()
            code = try takeByte() & ~MarshalCode.remember
        }
        guard let kind = MarshalCode.kind(of: code) else { throw marshalRefusal(of: code) }
        return kind
    }

    mutating func marshalReadNone() throws(ValueError) -> Bool {
        guard try marshalPeekKind() == .none else { return false }
        position &+= 1
        return true
    }

    mutating func marshalReadBool() throws(ValueError) -> Bool {
        guard case .bool(let bool) = try marshalReadScalarValue(.bool) else { throw wrong("bool") }
        return bool
    }

    mutating func marshalReadInt() throws(ValueError) -> Int64 {
        if takeMarshalCode(MarshalCode.int32) { return Int64(try takeLittleEndian(Int32.self)) }
        guard case .int(let integer) = try marshalReadScalarValue(.int) else {
            throw .wrongType(expected: "an integer of 64 bits", found: "a larger one")
        }
        return integer
    }

    mutating func marshalReadDouble() throws(ValueError) -> Double {
        if takeMarshalCode(MarshalCode.float) { return Double(bitPattern: try takeLittleEndian(UInt64.self)) }
        let kind = try marshalPeekKind()
        return try marshalReadScalarValue(kind == .int ? .int : .float).asDouble()
    }

    mutating func marshalReadText() throws(ValueError) -> String {
        if takeMarshalCode(MarshalCode.shortASCII) || takeMarshalCode(MarshalCode.shortInternedASCII) {
            return try marshalLatin1(Int(takeByte()))
        }
        guard case .text(let text) = try marshalReadScalarValue(.text) else {
            throw .wrongType(expected: "text", found: "text with lone surrogates")
        }
        return text
    }

    mutating func marshalReadBytes() throws(ValueError) -> [UInt8] {
        bytes.array(try marshalReadBytesRange())
    }

    mutating func marshalReadBytesRange() throws(ValueError) -> Range<Int> {
        let kind = try marshalPeekKind()
        guard kind == .bytes else { throw .wrongType(expected: "bytes", found: "\(kind)") }
        let head = try marshalHead()
        let range = try marshalTakeCounted()
        marshalLeave(head.returnPosition)
        return range
    }

    mutating func marshalBeginSequence() throws(ValueError) -> Cursor {
        let kind = try marshalPeekKind()
        switch kind {
        case .list, .tuple, .set, .frozenSet: break
        default: throw .wrongType(expected: "a list", found: "\(kind)")
        }
        let head = try marshalHead()
        let count = try marshalMemberCount(head.code)
        try descend(members: count)
        return Cursor(kind: kind, remaining: count, returnPosition: head.returnPosition)
    }

    mutating func marshalBeginMap() throws(ValueError) -> Cursor {
        let kind = try marshalPeekKind()
        guard kind == .map else { throw .wrongType(expected: "a map", found: "\(kind)") }
        let head = try marshalHead()
        try descend(members: 0)
        return Cursor(kind: .map, returnPosition: head.returnPosition)
    }

    mutating func marshalHasNext(_ cursor: inout Cursor) throws(ValueError) -> Bool {
        guard cursor.isFirst else { return false }
        if cursor.kind == .map {
            guard position < bytes.count else { throw .truncated("a map without its end") }
            if bytes[position] & ~MarshalCode.remember != MarshalCode.null {
                try spend(2)
                cursor.count &+= 1
                return true
            }
            position &+= 1
        } else if let remaining = cursor.remaining, remaining > 0 {
            cursor.remaining = remaining &- 1
            cursor.count &+= 1
            return true
        }
        cursor.isFirst = false
        depth &-= 1
        marshalLeave(cursor.returnPosition)
        return false
    }

    /// Takes this type byte, remembering the object if it says so; one that was reached by a reference goes the long way.
    @inline(__always)
    private mutating func takeMarshalCode(_ code: UInt8) -> Bool {
        guard replaying == 0, bytes[position] & ~MarshalCode.remember == code else { return false }
        if bytes[position] != code { remembered.append(position) }
        position &+= 1
        return true
    }

    /// Reads a value without members, of the kind that is wanted.
    private mutating func marshalReadScalarValue(_ expected: ValueKind) throws(ValueError) -> Value {
        let kind = try marshalPeekKind()
        guard kind == expected else { throw .wrongType(expected: "\(expected)", found: "\(kind)") }
        let head = try marshalHead()
        guard let value = try marshalReadScalar(head.code) else { throw wrong("\(expected)") }
        marshalLeave(head.returnPosition)
        return value
    }

    private func wrong(_ expected: String) -> ValueError {
        .wrongType(expected: expected, found: "another value")
    }

    func marshalRefusal(of code: UInt8) -> ValueError {
        switch code {
        case MarshalCode.null: .malformed("expected a value, found the end of a map")
        case MarshalCode.reference: .malformed("a reference to a reference")
        case MarshalCode.stopIteration, UInt8(ascii: "c"):
            ValueError(.unsupported, "marshal type \(code) is code, not data")
        default: .malformed("marshal type \(code) is not known")
        }
    }
}
