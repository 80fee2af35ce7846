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

extension CallDeadline {
    /// Name, length and the four bytes.
    static func annotationSize(_ version: WireVersion) -> Int { version.annotationOverhead + 4 }

    /// The deadline when the annotation block holds just that, which needs no list of annotations.
    init?(onlyAnnotationIn block: ByteBuffer, version: WireVersion) {
        guard block.readableBytes == Self.annotationSize(version) else { return nil }
        let start = block.readerIndex
        guard block.getInteger(at: start, as: UInt32.self) == AnnotationTag.deadline.rawValue,
            let number = block.getInteger(at: start + version.annotationOverhead, as: UInt32.self)
        else { return nil }
        switch version {
        case .v48: guard block.getInteger(at: start + 4, as: UInt16.self) == 4 else { return nil }
        case .v502: guard block.getInteger(at: start + 4, as: UInt32.self) == 4 else { return nil }
        }
        milliseconds = number
    }

    func writeAnnotation(into buffer: inout ByteBuffer, version: WireVersion) {
        buffer.writeInteger(AnnotationTag.deadline.rawValue)
        switch version {
        case .v48: buffer.writeInteger(4 as UInt16)
        case .v502: buffer.writeInteger(4 as UInt32)
        }
        buffer.writeInteger(milliseconds)
    }
}

extension Annotations {
    /// Takes the time left for a call out. One with another size than four bytes is somebody else's and stays.
    mutating func takeDeadline() -> CallDeadline? {
        guard let data = self[.deadline], let deadline = try? CallDeadline(reading: data) else { return nil }
        self[.deadline] = nil
        return deadline
    }
}
