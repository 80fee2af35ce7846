package import NIOCore

/// Items of one pushed stream, the payload of a STREAMITEM.
///
/// | offset | bytes | field                                    |
/// |-------:|------:|:-----------------------------------------|
/// |      0 |     4 | number of the stream                     |
/// |      4 |     4 | how many items follow, at least one      |
/// |      8 |       | the items, in the serializer of the call |
///
/// msgpack items stand one behind the other. In the other serializers, where the end of a document does not show,
/// each has its length in four bytes in front.
package struct StreamItems: Sendable, Hashable {
    package static let headSize = 8

    package let stream: UInt32
    package let count: Int
    package let items: ByteBuffer

    /// - Throws: ``WireError/Code/badStreamMessage`` without the fields, without items, or when so many items cannot
    ///   be in so few bytes.
    package init(reading payload: ByteBuffer) throws(WireError) {
        var payload = payload
        guard let (stream, count) = payload.readMultipleIntegers(as: (UInt32, UInt32).self) else {
            throw WireError(
                .badStreamMessage, "STREAMITEM has 8 bytes and the items, found \(payload.readableBytes)")
        }
        guard count > 0, count <= payload.readableBytes else {
            throw WireError(
                .badStreamMessage, "STREAMITEM announces \(count) items in \(payload.readableBytes) bytes")
        }
        self.stream = stream
        self.count = Int(count)
        items = payload
    }

    /// Writes the fields in front of the items, into the bytes that were left free for them.
    package static func writeHead(stream: UInt32, count: UInt32, into body: inout [UInt8]) {
        guard body.count >= headSize else { return }
        for index in 0..<4 {
            let shift = 24 - UInt32(index) * 8
            body[index] = UInt8(truncatingIfNeeded: stream >> shift)
            body[4 + index] = UInt8(truncatingIfNeeded: count >> shift)
        }
    }
}
