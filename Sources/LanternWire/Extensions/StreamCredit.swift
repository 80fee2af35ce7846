package import NIOCore

/// Room that a pushed stream's reader has made, the payload of a STREAMCREDIT.
///
/// | offset | bytes | field                                |
/// |-------:|------:|:-------------------------------------|
/// |      0 |     4 | number of the stream                 |
/// |      4 |     4 | items that may be sent more          |
/// |      8 |     4 | bytes of items that may be sent more |
package struct StreamCredit: Sendable, Hashable {
    package let stream: UInt32
    package let items: UInt32
    package let bytes: UInt32

    package init(stream: UInt32, items: UInt32, bytes: UInt32) {
        self.stream = stream
        self.items = items
        self.bytes = bytes
    }

    /// - Throws: ``WireError/Code/badStreamMessage`` unless there are twelve bytes.
    package init(reading payload: ByteBuffer) throws(WireError) {
        var payload = payload
        let size = payload.readableBytes
        guard size == 12,
            let (stream, items, bytes) = payload.readMultipleIntegers(as: (UInt32, UInt32, UInt32).self)
        else { throw WireError(.badStreamMessage, "STREAMCREDIT has 12 bytes, found \(size)") }
        self.init(stream: stream, items: items, bytes: bytes)
    }

    package func frame(version: WireVersion) -> Frame {
        var payload = ByteBuffer()
        payload.writeMultipleIntegers(stream, items, bytes)
        return Frame(version: version, type: .streamCredit, serializer: .marshal, payload: payload)
    }
}
