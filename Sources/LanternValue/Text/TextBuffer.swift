/// Text that is put together from pieces and escapes, lone surrogates included.
struct TextBuffer {
    /// UTF-8, and three bytes of the same pattern for each surrogate.
    private(set) var bytes: [UInt8] = []
    private var hasSurrogates = false

    var isEmpty: Bool { bytes.isEmpty }

    mutating func append(_ piece: UnsafeRawBufferPointer) { bytes.append(contentsOf: piece) }

    mutating func append(byte: UInt8) { bytes.append(byte) }

    /// - Parameter point: at most U+10FFFF.
    mutating func append(point: UInt32) {
        switch point {
        case 0..<0x80: bytes.append(UInt8(truncatingIfNeeded: point))
        case 0x80..<0x800:
            bytes.append(0xc0 | UInt8(truncatingIfNeeded: point >> 6))
            bytes.append(Self.continuation(point))
        case 0x800..<0x10000:
            if 0xd800...0xdfff ~= point { hasSurrogates = true }
            bytes.append(0xe0 | UInt8(truncatingIfNeeded: point >> 12))
            bytes.append(Self.continuation(point >> 6))
            bytes.append(Self.continuation(point))
        default:
            bytes.append(0xf0 | UInt8(truncatingIfNeeded: point >> 18))
            bytes.append(Self.continuation(point >> 12))
            bytes.append(Self.continuation(point >> 6))
            bytes.append(Self.continuation(point))
        }
    }

    var value: Value {
        hasSurrogates ? .surrogateText(points) : .text(String(decoding: bytes, as: UTF8.self))
    }

    private static func continuation(_ point: UInt32) -> UInt8 {
        0x80 | UInt8(truncatingIfNeeded: point & 0x3f)
    }

    private var points: [UInt32] {
        var points: [UInt32] = []
        for byte in bytes {
            if byte & 0xc0 == 0x80, let last = points.indices.last {
                points[last] = points[last] << 6 | UInt32(byte & 0x3f)
            } else {
                let lead =
                    byte < 0x80 ? byte : byte < 0xe0 ? byte & 0x1f : byte < 0xf0 ? byte & 0x0f : byte & 0x07
                points.append(UInt32(lead))
            }
        }
        return points
    }
}
