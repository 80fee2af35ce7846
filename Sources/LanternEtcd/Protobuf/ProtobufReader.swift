/// Reads the fields of one Protocol Buffers message in the order in which they come.
///
/// Nothing is copied or reserved before its length was held against what is there. Groups, which proto3 does not have, and
/// field number 0 are refused; unknown fields are the caller's to pass over.
///
/// - Source: the encoding page of the Protocol Buffers documentation.
struct ProtobufReader: Sendable {
    struct Field: Sendable {
        let number: UInt64
        let content: Content

        /// A number; of another type, the message is damaged.
        func int() throws(EtcdError) -> Int64 {
            guard case .varint(let number) = content else { throw Self.wrongType }
            return Int64(bitPattern: number)
        }

        func flag() throws(EtcdError) -> Bool { try int() != 0 }

        func slice() throws(EtcdError) -> ArraySlice<UInt8> {
            guard case .bytes(let bytes) = content else { throw Self.wrongType }
            return bytes
        }

        func bytes() throws(EtcdError) -> [UInt8] { Array(try slice()) }

        /// At most 1,024 bytes of it.
        func text() throws(EtcdError) -> String { String(decoding: try slice().prefix(1024), as: UTF8.self) }

        private static var wrongType: EtcdError { .damaged("a field has another type than it should") }
    }

    enum Content: Sendable {
        case varint(UInt64)
        case bytes(ArraySlice<UInt8>)
        /// 32 or 64 bits, which no message here has.
        case fixed
    }

    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    /// - Returns: nil at the end.
    mutating func next() throws(EtcdError) -> Field? {
        guard !rest.isEmpty else { return nil }
        let tag = try varint()
        guard tag >> 3 > 0 else { throw .damaged("field number 0") }
        switch tag & 7 {
        case 0: return Field(number: tag >> 3, content: .varint(try varint()))
        case 1: return try fixed(tag, 8)
        case 2:
            let length = try varint()
            guard length <= UInt64(rest.count) else { throw .damaged("a field is longer than its message") }
            let bytes = rest.prefix(Int(length))
            rest = rest.dropFirst(Int(length))
            return Field(number: tag >> 3, content: .bytes(bytes))
        case 5: return try fixed(tag, 4)
        default: throw .damaged("wire type \(tag & 7)")
        }
    }

    private mutating func fixed(_ tag: UInt64, _ length: Int) throws(EtcdError) -> Field {
        guard rest.count >= length else { throw .damaged("a field is longer than its message") }
        rest = rest.dropFirst(length)
        return Field(number: tag >> 3, content: .fixed)
    }

    private mutating func varint() throws(EtcdError) -> UInt64 {
        var number: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard let byte = rest.popFirst() else { throw .damaged("a number is cut off") }
            guard shift < 63 || byte <= 1 else { break }
            number |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return number }
        }
        throw .damaged("a number has more than 64 bits")
    }
}
