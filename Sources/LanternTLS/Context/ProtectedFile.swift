import Glibc
import LanternTrust

/// Reads files that hold secrets, and only when nobody else could have read or changed them.
enum ProtectedFile {
    /// Reads a file that is as a handshake key's must be: a regular file with one name that belongs to us or to root,
    /// with mode 0600 or less, reached without a link through directories in which others cannot replace it.
    ///
    /// The checks are made on the opened file, so nothing can be swapped in between.
    ///
    /// - Throws: ``TLSError/Code/unreadableFile`` or ``TLSError/Code/badlyProtectedFile``.
    static func read(_ path: String, as role: String, limit: Int) throws(TLSError) -> [UInt8] {
        let file = try opened(path, role)
        return try PlainFile.readAll(file.descriptor, role: role, path: path, limit: limit)
    }

    private static func opened(_ path: String, _ role: String) throws(TLSError) -> OpenedFile {
        do throws(TrustError) {
            let file = try OpenedFile(path: path)
            try file.requirePrivate()
            return file
        } catch {
            throw Self.error(error, role, path)
        }
    }

    private static func error(_ error: TrustError, _ role: String, _ path: String) -> TLSError {
        switch error.code {
        case .missingFile, .missingDirectory, .notDirectory, .unreadableFile, .badPath:
            TLSError(.unreadableFile, "the \(role) cannot be read: \(error.detail)", hint: path)
        default: TLSError(.badlyProtectedFile, "the \(role) is not protected: \(error.detail)", hint: path)
        }
    }
}
