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
        guard case .int(let integer) = try marshalReadScalarValue(.int) else {
            throw .wrongType(expected: "an integer of 64 bits", found: "a larger one")
        }
        return integer
    }

    mutating func marshalReadDouble() throws(ValueError) -> Double {
        let kind = try marshalPeekKind()
        return try marshalReadScalarValue(kind == .int ? .int : .float).asDouble()
    }

    mutating func marshalReadText() throws(ValueError) -> String {
        guard case .text(let text) = try marshalReadScalarValue(.text) else {
            throw .wrongType(expected: "text", found: "text with lone surrogates")
        }
        return text
    }

    mutating func marshalReadBytes() throws(ValueError) -> [UInt8] {
        guard case .bytes(let bytes) = try marshalReadScalarValue(.bytes) else { throw wrong("bytes") }
        return bytes
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
