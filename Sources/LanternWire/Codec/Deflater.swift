import CZlib
import NIOCore

/// Compresses payloads.
enum Deflater {
    /// - Returns: `nil` when the payload is to be sent as it is.
    static func deflate(_ payload: ByteBuffer, as compression: Compression) throws(WireError) -> ByteBuffer? {
        let size = payload.readableBytes
        switch compression {
        case .none:
            return nil
        case .whenSmaller(let threshold, let level):
            guard size >= threshold else { return nil }
            let packed = try deflate(payload, level: level)
            return packed.readableBytes < size ? packed : nil
        case .pyro5:
            return size > 100 ? try deflate(payload, level: 4) : nil
        }
    }

    private static func deflate(_ payload: ByteBuffer, level: Int) throws(WireError) -> ByteBuffer {
        guard payload.readableBytes <= Int(Int32.max) else {
            throw WireError(.frameTooLarge, "payload too large to compress (\(payload.readableBytes))")
        }
        var stream = z_stream()
        guard unsafe lantern_deflate_init(&stream, Int32(clamping: level)) == Z_OK else {
            throw WireError(.badCompression, "zlib refuses level \(level)")
        }
        defer { unsafe deflateEnd(&stream) }
        let room = Int(unsafe deflateBound(&stream, UInt(payload.readableBytes)))
        var output = ByteBuffer()
        var status = Z_OK
        _ = unsafe payload.withUnsafeReadableBytes { source in
            unsafe output.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { target in
                // zlib does not write to its input; the field is not const for historical reasons.
                unsafe stream.next_in = UnsafeMutablePointer(
                    mutating: source.bindMemory(to: UInt8.self).baseAddress)
                stream.avail_in = UInt32(clamping: source.count)
                unsafe stream.next_out = target.bindMemory(to: UInt8.self).baseAddress
                stream.avail_out = UInt32(clamping: target.count)
                status = unsafe CZlib.deflate(&stream, Z_FINISH)
                return min(target.count, Int(UInt32(clamping: target.count))) - Int(stream.avail_out)
            }
        }
        guard status == Z_STREAM_END else { throw WireError(.badCompression, "zlib status \(status)") }
        return output
    }
}
