package import LanternValue
public import NIOCore

/// Bytes without a copy: a buffer that was read shares the memory of the message it came in.
///
/// On the wire it is what `[UInt8]` is. In serpent and json, whose base64 has to be decoded, it has memory of its own.
extension ByteBuffer: RemoteCodable {
    public init(from reader: inout ValueReader) throws(ValueError) {
        guard let (range, owner) = try reader.readSharedBytes() else {
            self.init(bytes: try [UInt8](from: &reader))
            return
        }
        let message = (owner as? MessageOwner)?.buffer
        if let message,
            let part = message.getSlice(at: message.readerIndex + range.lowerBound, length: range.count),
            // A small part would keep a large message alive.
            message.readableBytes < 1 << 16 || range.count >= message.readableBytes / 4
        {
            self = part
        } else {
            self = reader.withBytes(range) { ByteBuffer(bytes: $0) }
        }
    }

    public func write(to writer: inout ValueWriter) throws(ValueError) {
        var failure: ValueError?
        withUnsafeReadableBytes { bytes in
            do throws(ValueError) { try writer.writeBytes(bytes) } catch { failure = error }
        }
        if let failure { throw failure }
    }
}

extension ByteSource {
    /// The readable bytes, where they are.
    package init(_ buffer: ByteBuffer) {
        let owner = MessageOwner(buffer)
        // The owner holds a reference to the storage: as long as it lives, whoever writes to a buffer that shares it gets a
        // copy, and the bytes stay where and what they are.
        self = buffer.withUnsafeReadableBytesWithStorageManagement { bytes, _ in
            ByteSource(bytes, keptBy: owner)
        }
    }
}

/// A message while something reads it.
private final class MessageOwner: Sendable {
    let buffer: ByteBuffer

    init(_ buffer: ByteBuffer) { self.buffer = buffer }
}
