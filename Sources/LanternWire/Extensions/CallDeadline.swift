package import NIOCore

/// The time left for a call when it was sent, as the annotation LDLN on INVOKE.
///
/// Four bytes: milliseconds, big-endian. It is a span and not a point in time, so clocks need not agree.
package struct CallDeadline: Sendable, Hashable {
    package let milliseconds: UInt32

    package init(milliseconds: UInt32) { self.milliseconds = milliseconds }

    /// Rounds up to whole milliseconds; negative spans become 0, longer ones than 49 days are shortened.
    package init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        if seconds < 0 || attoseconds < 0 {
            milliseconds = 0
        } else if seconds > Int64(UInt32.max / 1000) {
            milliseconds = .max
        } else {
            let part = (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
            milliseconds = UInt32(clamping: seconds * 1000 + part)
        }
    }

    /// - Throws: ``WireError/Code/badAnnotation`` unless there are four bytes.
    package init(reading data: ByteBuffer) throws(WireError) {
        guard data.readableBytes == 4, let number = data.getInteger(at: data.readerIndex, as: UInt32.self)
        else {
            throw WireError(.badAnnotation, "a call deadline has 4 bytes, found \(data.readableBytes)")
        }
        milliseconds = number
    }

    package var duration: Duration { .milliseconds(Int64(milliseconds)) }

    package var data: ByteBuffer {
        var data = ByteBuffer()
        data.writeInteger(milliseconds)
        return data
    }
}

extension Annotations {
    /// The time left for a call, if its sender said so.
    ///
    /// - Throws: ``WireError/Code/badAnnotation``.
    package func deadline() throws(WireError) -> CallDeadline? {
        guard let data = self[.deadline] else { return nil }
        return try CallDeadline(reading: data)
    }
}
