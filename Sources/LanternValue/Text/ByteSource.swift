/// The bytes of one message, and what keeps them.
///
/// Not an array, so that a message can be read where the network put it. Whatever is asked of a place behind the end is
/// zero or empty: no caller can read past the bytes, and none can trap.
///
/// Sendable because nobody writes to the bytes as long as `owner` lives, and it lives as long as this value.
package struct ByteSource: @unchecked Sendable {
    package let count: Int
    /// `count` bytes.
    private let start: UnsafeRawPointer
    let owner: AnyObject

    /// Bytes that belong to another object.
    ///
    /// - Parameters:
    ///   - bytes: valid and unchanging as long as `owner` lives.
    ///   - owner: retained here.
    package init(_ bytes: UnsafeRawBufferPointer, keptBy owner: AnyObject) {
        if let address = bytes.baseAddress {
            (start, count, self.owner) = (address, bytes.count, owner)
        } else {
            let nothing = ByteCopy([])
            (start, count, self.owner) = (UnsafeRawPointer(nothing.address), 0, nothing)
        }
    }

    /// A copy of these bytes.
    package init(_ bytes: [UInt8]) {
        let copy = ByteCopy(bytes)
        self.init(UnsafeRawBufferPointer(start: copy.address, count: bytes.count), keptBy: copy)
    }

    /// The byte at an index, zero behind the end.
    @inline(__always)
    subscript(index: Int) -> UInt8 {
        // One comparison for both ends: a negative index is a huge unsigned one.
        UInt(bitPattern: index) < UInt(bitPattern: count)
            ? start.load(fromByteOffset: index, as: UInt8.self) : 0
    }

    /// The number at an index, in the byte order of this machine, when all of it is there.
    @inline(__always)
    func load<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type, at index: Int) -> T? {
        guard index >= 0, count &- index >= MemoryLayout<T>.size else { return nil }
        return start.loadUnaligned(fromByteOffset: index, as: T.self)
    }

    /// Lends the bytes of a range, as far as they are there.
    @inline(__always)
    func withBytes<R>(
        _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) -> R
    ) -> R {
        let lower = min(max(range.lowerBound, 0), count)
        let upper = min(max(range.upperBound, lower), count)
        return withExtendedLifetime(owner) {
            body(UnsafeRawBufferPointer(start: start + lower, count: upper &- lower))
        }
    }

    /// Lends all bytes.
    @inline(__always)
    func withBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
        withExtendedLifetime(owner) { body(UnsafeRawBufferPointer(start: start, count: count)) }
    }

    /// A copy of the bytes of a range, as far as they are there.
    func array(_ range: Range<Int>) -> [UInt8] {
        withBytes(range) { Array($0) }
    }
}

/// Bytes of its own: written in `init`, given back in `deinit`.
private final class ByteCopy {
    let address: UnsafeMutableRawPointer

    init(_ array: [UInt8]) {
        address = .allocate(byteCount: max(array.count, 1), alignment: 1)
        array.withUnsafeBytes { bytes in
            if let start = bytes.baseAddress { address.copyMemory(from: start, byteCount: bytes.count) }
        }
    }

    deinit { address.deallocate() }
}
