import CZlib
import NIOCore

/// Decompresses payloads, with a bound that is known before the first byte comes out.
enum Inflater {
    /// Inflates one zlib stream; bytes behind it are ignored, as Python does.
    ///
    /// - Throws: ``WireError/Code/badCompression`` when it is not a complete zlib stream,
    ///   ``WireError/Code/inflatedTooLarge`` over ``FrameLimits``.
    static func inflate(_ input: ByteBuffer, limits: FrameLimits) throws(WireError) -> ByteBuffer {
        let bound = bound(compressed: input.readableBytes, limits: limits)
        var output = ByteBuffer()
        var end = run(input, into: &output, bound: min(bound, heldAtOnce)).end
        if end == .tooLarge, bound > heldAtOnce {
            // A bomb says only at its end how large it is: what is past the first bytes is counted before it is kept.
            output = ByteBuffer()
            let count: Int
            (end, count) = run(input, into: &output, bound: bound, isKept: false)
            if end == .complete {
                output = ByteBuffer()
                output.reserveCapacity(count + 1)
                end = run(input, into: &output, bound: bound).end
            }
        }
        switch end {
        case .complete:
            return output
        case .tooLarge:
            throw WireError(
                .inflatedTooLarge, "\(input.readableBytes) compressed bytes inflate to more than \(bound)")
        case .notZlib:
            throw WireError(.badCompression, "the compressed payload is not zlib data")
        case .cutOff:
            throw WireError(.badCompression, "the compressed payload ends too early")
        case .noMemory:
            throw WireError(.badCompression, "zlib has no memory")
        }
    }

    /// Inflated bytes that are kept before it is known how many will come.
    private static let heldAtOnce = 256 << 10

    /// The smaller one of the plain limit and what the ratio allows.
    private static func bound(compressed: Int, limits: FrameLimits) -> Int {
        let (product, overflow) = compressed.multipliedReportingOverflow(by: limits.maximumRatio)
        let byRatio = max(overflow ? Int.max : product, FrameLimits.freelyInflated)
        return max(0, min(limits.maximumInflated, byRatio, FrameLimits.ceiling))
    }

    private enum End { case complete, tooLarge, notZlib, cutOff, noMemory }

    /// - Parameter isKept: false only counts; the bytes go nowhere.
    private static func run(
        _ input: ByteBuffer, into output: inout ByteBuffer, bound: Int, isKept: Bool = true
    ) -> (end: End, count: Int) {
        var stream = z_stream()
        guard unsafe lantern_inflate_init(&stream) == Z_OK else { return (.noMemory, 0) }
        defer { unsafe inflateEnd(&stream) }
        return unsafe input.withUnsafeReadableBytes { source in
            // zlib does not write to its input; the field is not const for historical reasons.
            unsafe stream.next_in = UnsafeMutablePointer(
                mutating: source.bindMemory(to: UInt8.self).baseAddress)
            stream.avail_in = UInt32(clamping: source.count)
            var chunk = max(256, min(4 * source.count, FrameLimits.freelyInflated))
            var count = 0
            while true {
                // One byte over the bound is enough to know that there is more.
                let room = min(chunk, bound - count) + 1
                let before = output.readableBytes
                let status = unsafe step(&stream, into: &output, room: room)
                count += output.readableBytes - before
                guard count <= bound else { return (.tooLarge, count) }
                switch status {
                case Z_STREAM_END: return (.complete, count)
                case Z_OK where stream.avail_out == 0:
                    if isKept { chunk = count } else { output.clear() }
                case Z_OK, Z_BUF_ERROR: return (.cutOff, count)
                case Z_MEM_ERROR: return (.noMemory, count)
                default: return (.notZlib, count)
                }
            }
        }
    }

    private static func step(_ stream: inout z_stream, into output: inout ByteBuffer, room: Int) -> Int32 {
        var status = Z_OK
        unsafe output.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { target in
            let room = min(room, target.count, Int(UInt32.max))
            unsafe stream.next_out = target.bindMemory(to: UInt8.self).baseAddress
            stream.avail_out = UInt32(clamping: room)
            status = unsafe CZlib.inflate(&stream, Z_NO_FLUSH)
            return room - Int(stream.avail_out)
        }
        return status
    }
}
