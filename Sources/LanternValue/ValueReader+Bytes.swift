/// What the binary formats share: checked steps through the bytes, and what a message may cost.
extension ValueReader {
    var remainingBytes: Int { bytes.count &- position }

    @inline(__always)
    mutating func takeByte() throws(ValueError) -> UInt8 {
        guard position < bytes.count else { throw .truncated("expected a value, found the end") }
        let byte = bytes[position]
        position &+= 1
        return byte
    }

    @inline(__always)
    mutating func takeBigEndian<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type) throws(ValueError) -> T {
        T(bigEndian: try takeRaw(T.self))
    }

    @inline(__always)
    mutating func takeLittleEndian<T: FixedWidthInteger & BitwiseCopyable>(
        _: T.Type
    ) throws(ValueError) -> T {
        T(littleEndian: try takeRaw(T.self))
    }

    @inline(__always)
    private mutating func takeRaw<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type) throws(ValueError) -> T {
        guard let raw = bytes.load(T.self, at: position) else {
            throw .truncated("expected \(MemoryLayout<T>.size) bytes, found \(remainingBytes)")
        }
        position &+= MemoryLayout<T>.size
        return raw
    }

    /// Steps over the next `count` bytes, which are there.
    @inline(__always)
    mutating func takeRange(_ count: Int) throws(ValueError) -> Range<Int> {
        guard count >= 0, count <= remainingBytes else {
            throw .truncated("announces \(count) bytes, \(remainingBytes) are left")
        }
        let start = position
        position &+= count
        return start..<position
    }

    /// A copy of the next `count` bytes.
    mutating func takeBytes(_ count: Int) throws(ValueError) -> [UInt8] {
        bytes.array(try takeRange(count))
    }

    @inline(__always)
    mutating func takeUTF8(_ count: Int) throws(ValueError) -> String {
        let range = try takeRange(count)
        guard let text = bytes.checkedText(in: range) else { throw .malformed("text that is not UTF-8") }
        return text
    }

    /// Counts values that are about to be read, or the work of reading some again.
    @inline(__always)
    mutating func spend(_ values: Int) throws(ValueError) {
        nodes &+= values
        guard nodes <= limits.nodes else {
            throw ValueError(.limitExceeded, "more than \(limits.nodes) values in one message")
        }
    }

    /// Enters a container that announces `members` values of at least one byte each.
    @inline(__always)
    mutating func descend(members: Int) throws(ValueError) {
        guard members >= 0, members <= remainingBytes else {
            throw .truncated("announces \(members) values, \(remainingBytes) bytes are left")
        }
        try spend(members)
        depth &+= 1
        if depth > limits.depth { throw .tooDeep(limit: limits.depth) }
    }
}
