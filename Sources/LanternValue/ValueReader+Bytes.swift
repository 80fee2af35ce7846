/// What the binary formats share: checked steps through the bytes, and what a message may cost.
extension ValueReader {
    var remainingBytes: Int { bytes.count &- position }

    mutating func takeByte() throws(ValueError) -> UInt8 {
        guard position < bytes.count else { throw .truncated("expected a value, found the end") }
        let byte = bytes[position]
        position &+= 1
        return byte
    }

    mutating func takeBigEndian<T: FixedWidthInteger>(_: T.Type) throws(ValueError) -> T {
        T(bigEndian: try takeRaw(T.self))
    }

    mutating func takeLittleEndian<T: FixedWidthInteger>(_: T.Type) throws(ValueError) -> T {
        T(littleEndian: try takeRaw(T.self))
    }

    private mutating func takeRaw<T: FixedWidthInteger>(_: T.Type) throws(ValueError) -> T {
        let size = MemoryLayout<T>.size
        guard remainingBytes >= size else {
            throw .truncated("expected \(size) bytes, found \(remainingBytes)")
        }
        let raw = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: position, as: T.self) }
        position &+= size
        return raw
    }

    /// The next `count` bytes, not copied.
    mutating func takeSlice(_ count: Int) throws(ValueError) -> ArraySlice<UInt8> {
        guard count >= 0, count <= remainingBytes else {
            throw .truncated("announces \(count) bytes, \(remainingBytes) are left")
        }
        let slice = bytes[position..<position &+ count]
        position &+= count
        return slice
    }

    mutating func takeUTF8(_ count: Int) throws(ValueError) -> String {
        let slice = try takeSlice(count)
        guard let text = String(validating: slice, as: UTF8.self) else {
            throw .malformed("text that is not UTF-8")
        }
        return text
    }

    /// Counts values that are about to be read, or the work of reading some again.
    mutating func spend(_ values: Int) throws(ValueError) {
        nodes &+= values
        guard nodes <= limits.nodes else {
            throw ValueError(.limitExceeded, "more than \(limits.nodes) values in one message")
        }
    }

    /// Enters a container that announces `members` values of at least one byte each.
    mutating func descend(members: Int) throws(ValueError) {
        guard members >= 0, members <= remainingBytes else {
            throw .truncated("announces \(members) values, \(remainingBytes) bytes are left")
        }
        try spend(members)
        depth &+= 1
        if depth > limits.depth { throw .tooDeep(limit: limits.depth) }
    }
}
