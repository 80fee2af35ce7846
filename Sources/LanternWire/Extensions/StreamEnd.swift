package import NIOCore

/// The end of a pushed stream, the payload of a STREAMEND.
///
/// Four bytes, the number of the stream. With the flag EXCEPTION the exception that ended it follows, in the
/// serializer of the call. The producer says so when there are no more items; the reader, to get no more. Either is
/// told apart by the number, which shows who produces.
package struct StreamEnd: Sendable, Hashable {
    package let stream: UInt32
    /// What follows the number: the exception, when there is one.
    package let rest: ByteBuffer

    /// - Throws: ``WireError/Code/badStreamMessage``.
    package init(reading payload: ByteBuffer) throws(WireError) {
        var payload = payload
        guard let stream = payload.readInteger(as: UInt32.self) else {
            throw WireError(
                .badStreamMessage,
                "STREAMEND has the 4 bytes of a stream's number, found \(payload.readableBytes)")
        }
        self.stream = stream
        rest = payload
    }

    /// - Parameter exception: an exception record, in `serializer`.
    package static func frame(
        stream: UInt32, exception: [UInt8]? = nil, serializer: WireSerializer, version: WireVersion
    ) -> Frame {
        var payload = ByteBuffer()
        payload.writeInteger(stream)
        if let exception { payload.writeBytes(exception) }
        return Frame(
            version: version, type: .streamEnd, flags: exception == nil ? [] : .exception,
            serializer: serializer, payload: payload)
    }
}
