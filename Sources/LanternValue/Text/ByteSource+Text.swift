extension ByteSource {
    /// Text from bytes that are UTF-8, as a check has shown.
    @inline(__always)
    func text(in range: Range<Int>) -> String {
        withBytes(range) { Self.text($0) }
    }

    /// Text from bytes; nil when they are not UTF-8.
    @inline(__always)
    func checkedText(in range: Range<Int>) -> String? {
        withBytes(range) { UTF8Check.isASCII($0) ? Self.text($0) : Self.checkedText($0) }
    }

    @inline(never)
    private static func checkedText(_ bytes: UnsafeRawBufferPointer) -> String? {
        // What is not UTF-8 is replaced, and so differs from what came.
        let text = bytes.withMemoryRebound(to: UInt8.self) { String(decoding: $0, as: UTF8.self) }
        let isSame = text.withBytes { $0.count == bytes.count && $0.elementsEqual(bytes) }
        return isSame ? text : nil
    }

    @inline(__always)
    private static func text(_ bytes: UnsafeRawBufferPointer) -> String {
        // Up to fifteen bytes lie in the string itself.
        if bytes.count <= 15 {
            return String(unsafeUninitializedCapacity: bytes.count) { room in
                UnsafeMutableRawBufferPointer(room).copyMemory(from: bytes)
                return bytes.count
            }
        }
        return bytes.withMemoryRebound(to: UInt8.self) { String(decoding: $0, as: UTF8.self) }
    }

    /// The first place of a byte from `start` on.
    func firstIndex(of byte: UInt8, from start: Int) -> Int? {
        start > count
            ? nil : withBytes(start..<count) { ByteScan.firstIndex(of: byte, in: $0).map { $0 &+ start } }
    }

    /// Whether these bytes stand at an index.
    @inline(__always)
    func starts(with literal: StaticString, at index: Int) -> Bool {
        for offset in 0..<literal.utf8CodeUnitCount where self[index &+ offset] != literal.utf8Start[offset] {
            return false
        }
        return literal.utf8CodeUnitCount <= count &- index
    }
}
