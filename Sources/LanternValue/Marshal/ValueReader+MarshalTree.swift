/// Marshal: whole values. The recursion is bounded by ``DecodingLimits/depth``.
extension ValueReader {
    mutating func marshalReadValue() throws(ValueError) -> Value {
        guard let value = try marshalReadObject() else { throw marshalRefusal(of: MarshalCode.null) }
        return value
    }

    /// Reads an object, or `nil` at the mark that ends a map.
    private mutating func marshalReadObject() throws(ValueError) -> Value? {
        let head = try marshalHead()
        if head.code == MarshalCode.null { return nil }
        if let scalar = try marshalReadScalar(head.code) {
            marshalLeave(head.returnPosition)
            return .some(scalar)
        }
        let container = try marshalReadContainer(head.code)
        marshalLeave(head.returnPosition)
        return .some(container)
    }

    private mutating func marshalReadContainer(_ code: UInt8) throws(ValueError) -> Value {
        switch code {
        case MarshalCode.list: return .list(try marshalReadMembers(code))
        case MarshalCode.shortTuple, MarshalCode.tuple: return .tuple(try marshalReadMembers(code))
        case MarshalCode.set: return .set(try marshalReadUnique(code))
        case MarshalCode.frozenSet: return .frozenSet(try marshalReadUnique(code))
        case MarshalCode.map: return try marshalReadMap()
        default: throw marshalRefusal(of: code)
        }
    }

    /// The announced size of a sequence whose type byte has been read.
    mutating func marshalMemberCount(_ code: UInt8) throws(ValueError) -> Int {
        code == MarshalCode.shortTuple ? Int(try takeByte()) : try marshalCount()
    }

    private mutating func marshalReadMembers(_ code: UInt8) throws(ValueError) -> [Value] {
        let count = try marshalMemberCount(code)
        try descend(members: count)
        var members: [Value] = []
        members.reserveCapacity(min(count, 1024))
        for _ in 0..<count { members.append(try marshalReadValue()) }
        depth &-= 1
        return members
    }

    private mutating func marshalReadUnique(_ code: UInt8) throws(ValueError) -> [Value] {
        let count = try marshalMemberCount(code)
        try descend(members: count)
        var set = SetBuilder()
        for _ in 0..<count {
            let member = try marshalReadValue()
            try checkHashable(member)
            set.insert(member)
        }
        depth &-= 1
        return set.members
    }

    /// Ends at the mark in place of a key, and as in Python also in place of a value.
    private mutating func marshalReadMap() throws(ValueError) -> Value {
        try descend(members: 0)
        var map = MapBuilder()
        while let key = try marshalReadObject(), let value = try marshalReadObject() {
            try spend(2)
            try checkHashable(key)
            map.insert(key, value)
        }
        depth &-= 1
        return .map(map.pairs)
    }

    private func checkHashable(_ key: Value) throws(ValueError) {
        guard key.isHashable else {
            throw ValueError(.unsupported, "a \(key.kind) as a map key or set member")
        }
    }

    /// Passes over a value without recursion. References are checked but not followed.
    mutating func marshalSkipValue() throws(ValueError) {
        /// Members still to come in each open container; nil in a map, which ends with a mark.
        var open: [Int?] = [1]
        while let top = open.indices.last {
            let remaining = open[top]
            if let remaining {
                guard remaining > 0 else {
                    open.removeLast()
                    continue
                }
                open[top] = remaining - 1
            }
            if let members = try marshalSkipObject(mayEnd: remaining == nil) {
                switch members {
                case .counted(let count): open.append(count)
                case .untilMark: open.append(Int?.none)
                case .mark: open.removeLast()
                }
                if open.count - 1 > limits.depth { throw .tooDeep(limit: limits.depth) }
            }
        }
    }

    private enum Members {
        case counted(Int)
        case untilMark
        case mark
    }

    private mutating func marshalSkipObject(mayEnd: Bool) throws(ValueError) -> Members? {
        let start = position
        if try takeByte() & ~MarshalCode.remember == MarshalCode.reference {
            _ = try marshalReferenceTarget()
            return nil
        }
        position = start
        let head = try marshalHead()
        try spend(1)
        switch head.code {
        case MarshalCode.list, MarshalCode.tuple, MarshalCode.shortTuple, MarshalCode.set,
            MarshalCode.frozenSet:
            let count = try marshalMemberCount(head.code)
            guard count <= remainingBytes else {
                throw .truncated("announces \(count) values, \(remainingBytes) bytes are left")
            }
            return .counted(count)
        case MarshalCode.map: return .untilMark
        case MarshalCode.null where mayEnd: return .mark
        case MarshalCode.bytes, MarshalCode.ascii, MarshalCode.internedASCII, MarshalCode.unicode,
            MarshalCode.internedUnicode:
            _ = try marshalTakeCounted()
        default:
            guard try marshalReadScalar(head.code) != nil else { throw marshalRefusal(of: head.code) }
        }
        return nil
    }
}
