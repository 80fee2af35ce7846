import COpenSSL
import NIOCore

/// The BIO between OpenSSL and the two byte buffers of a ``TLSSession``: one copy each way.
enum BufferBIO {
    /// Made once, never freed. Read only after this, so it may be shared by all threads.
    nonisolated(unsafe) private static let method: OpaquePointer? = {
        let type = BIO_get_new_index() | BIO_TYPE_SOURCE_SINK
        guard let method = BIO_meth_new(type, "lantern buffers"),
            BIO_meth_set_read(method, readCiphertext) == 1,
            BIO_meth_set_write(method, writeCiphertext) == 1,
            BIO_meth_set_ctrl(method, control) == 1
        else { return nil }
        return method
    }()

    /// A BIO that holds an unretained pointer to `session`, which must outlive it.
    static func make(for session: TLSSession) -> OpaquePointer? {
        guard let method, let bio = BIO_new(method) else { return nil }
        BIO_set_data(bio, Unmanaged.passUnretained(session).toOpaque())
        BIO_set_init(bio, 1)
        return bio
    }
}

private func session(of bio: OpaquePointer?) -> TLSSession? {
    guard let data = BIO_get_data(bio) else { return nil }
    return Unmanaged<TLSSession>.fromOpaque(data).takeUnretainedValue()
}

private func readCiphertext(_ bio: OpaquePointer?, _ target: UnsafeMutablePointer<CChar>?, _ size: Int32)
    -> Int32
{
    lantern_BIO_clear_retry(bio)
    guard let session = session(of: bio), let target, size > 0 else { return 0 }
    let count = min(Int(size), session.incoming.readableBytes)
    guard count > 0 else {
        lantern_BIO_set_retry_read(bio)
        return -1
    }
    session.incoming.readWithUnsafeReadableBytes { source in
        UnsafeMutableRawBufferPointer(start: target, count: count).copyMemory(
            from: .init(rebasing: source[..<count]))
        return count
    }
    return Int32(count)
}

private func writeCiphertext(_ bio: OpaquePointer?, _ source: UnsafePointer<CChar>?, _ size: Int32) -> Int32 {
    lantern_BIO_clear_retry(bio)
    guard let session = session(of: bio), let source, size > 0 else { return 0 }
    session.outgoing.writeBytes(UnsafeRawBufferPointer(start: source, count: Int(size)))
    return size
}

private func control(
    _ bio: OpaquePointer?, _ command: Int32, _ number: Int, _ pointer: UnsafeMutableRawPointer?
) -> Int {
    switch command {
    case BIO_CTRL_FLUSH, BIO_CTRL_DUP: 1
    case BIO_CTRL_PENDING: session(of: bio)?.incoming.readableBytes ?? 0
    default: 0
    }
}
