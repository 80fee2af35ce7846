import COpenSSL

/// Bytes in memory, as OpenSSL's readers and writers want them.
///
/// Owns a `BIO *`, one reference, given back in `deinit`.
struct MemoryBIO: ~Copyable {
    let pointer: OpaquePointer

    /// An empty one, to write to.
    init?() {
        guard let bio = BIO_new(BIO_s_mem()) else { return nil }
        pointer = bio
    }

    /// One that holds a copy of `bytes`.
    init?(reading bytes: [UInt8]) {
        guard bytes.count <= Int(Int32.max), let bio = BIO_new(BIO_s_secmem()) else { return nil }
        guard bytes.isEmpty || BIO_write(bio, bytes, Int32(bytes.count)) == Int32(bytes.count) else {
            BIO_free(bio)
            return nil
        }
        pointer = bio
    }

    deinit { BIO_free(pointer) }

    /// All that was written and not yet read.
    var contents: [UInt8] {
        var start: UnsafeMutablePointer<CChar>?
        let count = lantern_BIO_memory(pointer, &start)
        guard let start, count > 0 else { return [] }
        return Array(UnsafeRawBufferPointer(start: start, count: count))
    }
}
