/// Writes the fields of one Protocol Buffers message, proto3: what is zero or empty is left out.
///
/// - Source: the encoding page of the Protocol Buffers documentation.
struct ProtobufWriter: Sendable {
    private(set) var bytes: [UInt8] = []

    mutating func put(_ field: UInt64, _ number: Int64, always: Bool = false) {
        guard number != 0 || always else { return }
        varint(field << 3)
        varint(UInt64(bitPattern: number))
    }

    mutating func put(_ field: UInt64, _ flag: Bool) { put(field, flag ? 1 : 0) }

    mutating func put(_ field: UInt64, _ content: [UInt8], always: Bool = false) {
        guard !content.isEmpty || always else { return }
        varint(field << 3 | 2)
        varint(UInt64(content.count))
        bytes += content
    }

    /// A message inside this one; there also when it is empty.
    mutating func put(_ field: UInt64, message: (inout ProtobufWriter) -> Void) {
        var inner = ProtobufWriter()
        message(&inner)
        put(field, inner.bytes, always: true)
    }

    private mutating func varint(_ number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }
}
