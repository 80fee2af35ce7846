import NIOCore

@testable import LanternWire

/// Frames that no encoder would write.
enum RawFrame {
    /// One annotation, which may lie about its size.
    static func chunk(
        _ name: String, _ version: WireVersion, announcing size: Int? = nil, _ data: [UInt8] = []
    ) -> [UInt8] {
        var buffer = ByteBuffer(string: name)
        let size = size ?? data.count
        switch version {
        case .v48: buffer.writeInteger(UInt16(truncatingIfNeeded: size))
        case .v502: buffer.writeInteger(UInt32(truncatingIfNeeded: size))
        }
        buffer.writeBytes(data)
        return Array(buffer.readableBytesView)
    }

    /// A CONNECT with any bytes as its annotation block.
    static func frame(
        _ version: WireVersion, flags: FrameFlags = [], annotations: [[UInt8]] = [], payload: [UInt8] = []
    ) -> ByteBuffer {
        let block = annotations.flatMap { $0 }
        let header = FrameHeader(
            version: version, type: .connect, flags: flags, sequence: 0, serializer: 1, correlationID: nil,
            payloadSize: UInt32(payload.count), annotationsSize: UInt32(block.count))
        var buffer = ByteBuffer()
        header.write(into: &buffer)
        buffer.writeBytes(block)
        buffer.writeBytes(payload)
        return buffer
    }
}
