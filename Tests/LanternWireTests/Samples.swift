import NIOCore
import Testing

@testable import LanternWire

/// Frames that exercise every part of the codec.
enum Samples {
    static let tag = AnnotationTag.deadline
    static let id = CorrelationID(high: 0x0102_0304_0506_4708, low: 0x8910_1112_1314_1516)

    /// A frame with everything: annotations, correlation id, flags, payload.
    static func full(_ version: WireVersion) -> Frame {
        var frame = Frame(
            version: version, type: .invoke, flags: [.oneway, .keepSerialized], sequence: 0xFEDC,
            serializer: .msgpack, correlationID: id, payload: ByteBuffer(string: "payload of a call"))
        frame.annotations[.stream] = ByteBuffer(string: "stream")
        frame.annotations[.blob] = ByteBuffer()
        return frame
    }

    static func compressible(_ version: WireVersion, size: Int = 1000) -> Frame {
        var frame = full(version)
        frame.payload = ByteBuffer(repeating: 0x61, count: size)
        return frame
    }

    static func encoded(_ frames: Frame..., compression: Compression = .none) throws -> ByteBuffer {
        var buffer = ByteBuffer()
        for frame in frames {
            try FrameEncoder.encode(
                frame, into: &buffer, compression: compression, limits: FrameLimits(maximumMessage: .max))
        }
        return buffer
    }

    static func decodeAll(_ bytes: ByteBuffer, limits: FrameLimits = .standard) throws(WireError) -> [Frame] {
        var decoder = FrameDecoder(limits: limits)
        var bytes = bytes
        decoder.append(&bytes)
        var frames: [Frame] = []
        while let frame = try decoder.next() { frames.append(frame) }
        return frames
    }

    /// The code of the error that reading the bytes ends with.
    static func refusal(_ bytes: ByteBuffer, limits: FrameLimits = .standard) -> WireError.Code? {
        do {
            _ = try decodeAll(bytes, limits: limits)
            return nil
        } catch {
            return error.code
        }
    }
}
