import Glibc

/// Reads files that are no secret: certificates, roots, revocation lists.
enum PlainFile {
    /// - Throws: ``TLSError/Code/unreadableFile``, with the system's reason; ``TLSError/Code/badFile`` when it
    ///   has more than `limit` bytes.
    static func read(_ path: String, as role: String, limit: Int = 16 << 20) throws(TLSError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard descriptor >= 0 else { throw unreadable(role, path, errno) }
        defer { close(descriptor) }
        return try readAll(descriptor, role: role, path: path, limit: limit)
    }

    static func readAll(
        _ descriptor: Int32, role: String, path: String, limit: Int
    ) throws(TLSError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 * 1024)
        defer { chunk.wipe() }
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count == 0 { return bytes }
            guard count > 0 else {
                if errno == EINTR { continue }
                bytes.wipe()
                throw unreadable(role, path, errno)
            }
            guard bytes.count + count <= limit else {
                bytes.wipe()
                throw TLSError(.badFile, "the \(role) has more than \(limit) bytes", hint: path)
            }
            bytes += chunk[..<count]
        }
    }

    static func unreadable(_ role: String, _ path: String, _ reason: Int32) -> TLSError {
        let why = String(cString: strerror(reason))
        return TLSError(.unreadableFile, "the \(role) cannot be read: \(why)", hint: path)
    }
}

extension [UInt8] {
    /// Overwrites a secret in a way that the compiler keeps.
    mutating func wipe() {
        withUnsafeMutableBytes { bytes in
            if let start = bytes.baseAddress { explicit_bzero(start, bytes.count) }
        }
    }
}
