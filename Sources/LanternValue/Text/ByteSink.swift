/// Bytes under construction: an array that is longer than what is written.
///
/// A value costs one check of the room and one store; an array's own `append` asks for its storage byte by byte. Every
/// unchecked store below lies behind a ``reserve(_:)`` of at least as many bytes, so inside of `storage`.
struct ByteSink: Sendable {
    /// The first `count` bytes are written, the others are zero or left from before.
    private var storage: [UInt8]
    private(set) var count = 0

    init(capacity: Int) { storage = Self.zeros(max(capacity, 16)) }

    /// An array of zeros, without the detour that `repeating:` takes through unspecialised code.
    private static func zeros(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { room, initialized in
            room.initialize(repeating: 0)
            initialized = count
        }
    }

    /// A copy of what is written.
    var bytes: [UInt8] { Array(storage[..<count]) }

    func bytes(from start: Int) -> [UInt8] { start < count ? Array(storage[max(start, 0)..<count]) : [] }

    /// Forgets what is behind the first `size` bytes.
    mutating func rewind(to size: Int) { count = min(count, max(size, 0)) }

    /// Hands over what is written, and is empty afterwards.
    mutating func take() -> [UInt8] {
        storage.removeLast(storage.count &- count)
        count = 0
        let taken = storage
        storage = []
        return taken
    }

    /// Makes room for that many bytes, so that `count + size <= storage.count`.
    @inline(__always)
    mutating func reserve(_ size: Int) {
        if storage.count &- count < size { grow(by: size) }
    }

    @inline(never)
    private mutating func grow(by size: Int) {
        // At least twice the length, so that a byte is copied twice on the average, however long it gets.
        var longer = Self.zeros(storage.count &+ max(storage.count, size, 64))
        let written = count
        longer.withUnsafeMutableBytes { longer in
            storage.withUnsafeBytes {
                longer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<written]))
            }
        }
        storage = longer
    }

    @inline(__always)
    mutating func append(_ byte: UInt8) {
        reserve(1)
        storage[count] = byte
        count &+= 1
    }

    /// Appends a number with its most significant byte first, or in whatever order it has been brought into.
    @inline(__always)
    mutating func append<T: FixedWidthInteger & BitwiseCopyable>(raw value: T) {
        reserve(MemoryLayout<T>.size)
        let place = count
        storage.withUnsafeMutableBytes { $0.storeBytes(of: value, toByteOffset: place, as: T.self) }
        count &+= MemoryLayout<T>.size
    }

    /// Appends one byte and a number behind it.
    @inline(__always)
    mutating func append<T: FixedWidthInteger & BitwiseCopyable>(_ code: UInt8, raw value: T) {
        reserve(MemoryLayout<T>.size &+ 1)
        let place = count
        storage.withUnsafeMutableBytes {
            $0.storeBytes(of: code, toByteOffset: place, as: UInt8.self)
            $0.storeBytes(of: value, toByteOffset: place &+ 1, as: T.self)
        }
        count &+= MemoryLayout<T>.size &+ 1
    }

    @inline(__always)
    mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) { append(UnsafeRawBufferPointer(bytes)) }

    @inline(__always)
    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard !bytes.isEmpty else { return }
        reserve(bytes.count)
        let place = count
        storage.withUnsafeMutableBytes {
            UnsafeMutableRawBufferPointer(rebasing: $0[place...]).copyMemory(from: bytes)
        }
        count &+= bytes.count
    }

    mutating func append(contentsOf bytes: [UInt8]) { bytes.withUnsafeBytes { append($0) } }

    mutating func append(contentsOf bytes: ArraySlice<UInt8>) { bytes.withUnsafeBytes { append($0) } }

    mutating func append(contentsOf text: String) { text.withBytes { append($0) } }

    @inline(__always)
    mutating func append(literal: StaticString) {
        append(UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }

    /// Lets `body` write up to `size` bytes in place.
    ///
    /// - Parameter body: gets exactly the reserved room; what it returns counts as written, `size` at most.
    @inline(__always)
    mutating func append(upTo size: Int, _ body: (UnsafeMutableRawBufferPointer) -> Int) {
        reserve(size)
        let place = count
        let written = storage.withUnsafeMutableBytes { bytes in
            body(UnsafeMutableRawBufferPointer(rebasing: bytes[place..<(place &+ size)]))
        }
        count &+= min(written, size)
    }
}

extension String {
    /// Lends the UTF-8 bytes; a string that keeps them in pieces (none on Linux does) is copied for it.
    @inline(__always)
    func withBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
        utf8.withContiguousStorageIfAvailable { body(UnsafeRawBufferPointer($0)) }
            ?? Array(utf8).withUnsafeBytes { body($0) }
    }
}
