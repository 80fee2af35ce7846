extension Value: Hashable {
    public static func == (left: Value, right: Value) -> Bool {
        switch (left, right) {
        case (.none, .none), (.ellipsis, .ellipsis): true
        case (.bool(let a), .bool(let b)): a == b
        case (.int(let a), .int(let b)): a == b
        case (.bigInt(let a), .bigInt(let b)): a == b
        case (.float(let a), .float(let b)): a.bitPattern == b.bitPattern
        case (.complex(let a, let b), .complex(let c, let d)):
            a.bitPattern == c.bitPattern && b.bitPattern == d.bitPattern
        // The first comparison is quick, but takes text in other code points for equal.
        case (.text(let a), .text(let b)): a == b && a.utf8.elementsEqual(b.utf8)
        case (.surrogateText(let a), .surrogateText(let b)): a == b
        case (.bytes(let a), .bytes(let b)): a == b
        case (.list(let a), .list(let b)), (.tuple(let a), .tuple(let b)),
            (.set(let a), .set(let b)), (.frozenSet(let a), .frozenSet(let b)):
            a == b
        case (.map(let a), .map(let b)): a == b
        case (.dateTime(let a), .dateTime(let b)): a.bitPattern == b.bitPattern
        case (.date(let a), .date(let b)): a == b
        case (.extended(let a, let b), .extended(let c, let d)): a == c && b == d
        default: false
        }
    }

    public func hash(into hasher: inout Hasher) {
        switch self {
        case .none: hasher.combine(0)
        case .ellipsis: hasher.combine(1)
        case .bool(let value): hasher.combine(value)
        case .int(let value): hasher.combine(value)
        case .bigInt(let value): hasher.combine(value)
        case .float(let value), .dateTime(let value): hasher.combine(value.bitPattern)
        case .complex(let real, let imaginary):
            hasher.combine(real.bitPattern)
            hasher.combine(imaginary.bitPattern)
        case .text(var value): value.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        case .surrogateText(let value): hasher.combine(value)
        case .bytes(let value), .extended(_, let value): hasher.combine(value)
        case .list(let members), .tuple(let members), .set(let members), .frozenSet(let members):
            hasher.combine(members)
        case .map(let pairs): hasher.combine(pairs)
        case .date(let ordinal): hasher.combine(ordinal)
        }
    }
}
