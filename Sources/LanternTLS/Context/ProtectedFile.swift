import Glibc

/// Reads files that hold secrets, and only when nobody else could have read or changed them.
enum ProtectedFile {
    /// Reads a regular file that belongs to us or to root, has mode 0600 or less, is no link, and lies in a
    /// directory in which others cannot replace it.
    ///
    /// The checks are made on the opened file, so nothing can be swapped in between.
    ///
    /// - Throws: ``TLSError/Code/unreadableFile`` or ``TLSError/Code/badlyProtectedFile``.
    static func read(_ path: String, as role: String, limit: Int) throws(TLSError) -> [UInt8] {
        try checkDirectory(of: path, role: role)
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard descriptor >= 0 else {
            let reason = errno
            if reason == ELOOP {
                throw bad("the \(role) is a symbolic link; it must be the file itself", path)
            }
            throw unreadable(role, path, reason)
        }
        defer { close(descriptor) }
        try check(descriptor, role: role, path: path)
        return try PlainFile.readAll(descriptor, role: role, path: path, limit: limit)
    }

    private static func check(_ descriptor: Int32, role: String, path: String) throws(TLSError) {
        var facts = stat()
        guard fstat(descriptor, &facts) == 0 else { throw unreadable(role, path, errno) }
        guard facts.st_mode & S_IFMT == S_IFREG else { throw bad("the \(role) is not a regular file", path) }
        guard facts.st_uid == geteuid() || facts.st_uid == 0 else {
            throw bad("the \(role) belongs to user \(facts.st_uid), not to user \(geteuid()) or root", path)
        }
        guard facts.st_mode & 0o077 == 0 else {
            let mode = String(facts.st_mode & 0o777, radix: 8)
            throw bad("the \(role) has mode 0\(mode): others can get at it; run chmod 600", path)
        }
    }

    private static func checkDirectory(of path: String, role: String) throws(TLSError) {
        var directory = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        if directory.isEmpty { directory = "/" }
        var facts = stat()
        guard stat(directory, &facts) == 0 else { throw unreadable(role, path, errno) }
        let othersMayReplace = facts.st_mode & 0o022 != 0 && facts.st_mode & S_ISVTX == 0
        guard !othersMayReplace else {
            throw bad("others can write to the directory of the \(role); run chmod go-w", directory)
        }
    }

    private static func bad(_ detail: String, _ path: String) -> TLSError {
        TLSError(.badlyProtectedFile, detail, hint: path)
    }

    private static func unreadable(_ role: String, _ path: String, _ reason: Int32) -> TLSError {
        PlainFile.unreadable(role, path, reason)
    }
}
