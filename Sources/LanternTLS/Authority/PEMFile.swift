import Glibc

/// Writes a file so that readers see the old one or the whole new one.
enum PEMFile {
    /// Writes beside the target under a name that cannot exist yet, forces it to disk, and renames. The bytes
    /// are wiped afterwards.
    ///
    /// - Throws: ``TLSError/Code/unreadableFile``, with the system's reason.
    static func write(_ content: consuming [UInt8], to path: String, mode: mode_t) throws(TLSError) {
        var bytes = content
        defer { bytes.wipe() }
        let draft = "\(path).\(getpid()).\(UInt32.random(in: 0 ... .max)).new"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw failure(path, errno) }
        var reason = writeAll(bytes, to: descriptor)
        if reason == 0, fchmod(descriptor, mode) != 0 || fsync(descriptor) != 0 { reason = errno }
        close(descriptor)
        if reason == 0, rename(draft, path) != 0 { reason = errno }
        guard reason == 0 else {
            unlink(draft)
            throw failure(path, reason)
        }
    }

    private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
        bytes.withUnsafeBytes { all in
            var offset = 0
            while offset < all.count {
                let rest = UnsafeRawBufferPointer(rebasing: all[offset...])
                let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
                if count < 0 {
                    if errno == EINTR { continue }
                    return errno
                }
                offset += count
            }
            return 0
        }
    }

    private static func failure(_ path: String, _ reason: Int32) -> TLSError {
        let why = String(cString: strerror(reason))
        return TLSError(.unreadableFile, "the file cannot be written: \(why)", hint: path)
    }
}
