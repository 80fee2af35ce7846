internal import Glibc

/// A file that only its owner could have written, and, for secrets, only its owner can read.
///
/// Opened without following a link, looked at through the open descriptor, in a directory where nobody else can
/// exchange it. The contents are in locked memory.
struct ProtectedFile {
    static let maximumSize = 65_536

    let path: String
    let contents: SecretBytes
    private let mode: mode_t

    /// - Throws: ``TrustError``, one code for each way in which the file is not as it must be, with what to do.
    init(path: String) throws(TrustError) {
        let file = try OpenedFile(path: path)
        guard file.size <= Self.maximumSize else {
            throw TrustError(.fileTooLarge, "\(path) has \(file.size) bytes, more than \(Self.maximumSize)")
        }
        self.path = path
        mode = file.mode
        contents = try Self.read(file.descriptor, count: file.size, path: path)
    }

    /// - Throws: ``TrustError/Code/exposedFile`` when anybody but the owner may even read the file.
    func requirePrivate() throws(TrustError) { try OpenedFile.requirePrivate(path, mode: mode) }

    private static func read(_ file: CInt, count: Int, path: String) throws(TrustError) -> SecretBytes {
        guard count > 0 else { throw TrustError(.malformedKeyFile, "\(path) is empty") }
        let contents = try SecretBytes(count: count) { room in
            var done = 0
            while done < count {
                let got = Glibc.read(file, room + done, count - done)
                if got < 0 && errno == EINTR { continue }
                guard got > 0 else { return false }
                done += got
            }
            return true
        }
        guard let contents else {
            throw TrustError(.unreadableFile, "\(path) could not be read to its end; was it being written?")
        }
        return contents
    }
}

/// An open file that nobody but its owner and root could have written or exchanged.
package struct OpenedFile: ~Copyable {
    /// Open for reading, closed with this value.
    package let descriptor: CInt
    let mode: mode_t
    /// In bytes.
    let size: Int
    private let path: String

    /// - Throws: ``TrustError``, one code for each way in which the file is not as it must be, with what to do.
    package init(path: String) throws(TrustError) {
        let directory = try ProtectedDirectory(containing: path)
        let file = openat(
            directory.descriptor, directory.name,
            O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard file >= 0 else { throw Self.openError(path, errno) }
        let status: stat
        do throws(TrustError) {
            status = try Self.checked(file, path: path)
        } catch {
            close(file)
            throw error
        }
        descriptor = file
        mode = status.st_mode
        size = Int(status.st_size)
        self.path = path
    }

    deinit { close(descriptor) }

    /// - Throws: ``TrustError/Code/exposedFile`` when anybody but the owner may even read the file.
    package func requirePrivate() throws(TrustError) { try Self.requirePrivate(path, mode: mode) }

    static func requirePrivate(_ path: String, mode: mode_t) throws(TrustError) {
        guard mode & 0o077 == 0 else {
            throw TrustError(
                .exposedFile,
                "\(path) holds a secret that others can read (\(octal(mode))); chmod 600 \(shellQuoted(path))"
            )
        }
    }

    private static func checked(_ file: CInt, path: String) throws(TrustError) -> stat {
        var status = stat()
        guard fstat(file, &status) == 0 else { throw openError(path, errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw TrustError(
                .notRegularFile, "\(path) is \(kind(status.st_mode)); a plain file must be there")
        }
        guard status.st_uid == geteuid() || status.st_uid == 0 else {
            throw TrustError(
                .wrongOwner,
                "\(path) belongs to user \(status.st_uid), not to user \(geteuid()) or root; "
                    + "chown \(geteuid()) \(shellQuoted(path))")
        }
        guard status.st_nlink == 1 else {
            // The other name may lie where others can reach it, and outlives the removal of this one.
            throw TrustError(
                .hardLinkedFile,
                "\(path) has \(status.st_nlink) names (hard links); find the others with: "
                    + "find / -xdev -inum \(status.st_ino)")
        }
        guard status.st_mode & 0o022 == 0 else {
            throw TrustError(
                .writableFile,
                "\(path) can be written by others (\(octal(status.st_mode))); "
                    + "chmod go-w \(shellQuoted(path))")
        }
        return status
    }

    private static func kind(_ mode: mode_t) -> String {
        switch mode & S_IFMT {
        case S_IFDIR: "a directory"
        case S_IFIFO: "a pipe"
        case S_IFSOCK: "a socket"
        default: "a device"
        }
    }

    private static func openError(_ path: String, _ number: CInt) -> TrustError {
        switch number {
        case ENOENT: TrustError(.missingFile, "\(path) does not exist")
        case ELOOP: TrustError(.linkedFile, "\(path) is a link; put the file itself there")
        // What is opened for reading and cannot be, though it is there: a socket.
        case ENXIO: TrustError(.notRegularFile, "\(path) is a socket; a plain file must be there")
        default: TrustError(.unreadableFile, "\(path): \(String(cString: strerror(number)))")
        }
    }
}
