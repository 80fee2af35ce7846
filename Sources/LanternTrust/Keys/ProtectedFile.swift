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
        let directory = try ProtectedDirectory(containing: path)
        defer { directory.close() }
        let file = openat(directory.descriptor, directory.name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw Self.openError(path, errno) }
        defer { close(file) }

        var status = stat()
        guard fstat(file, &status) == 0 else { throw Self.openError(path, errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw TrustError(.notRegularFile, "\(path) is a directory, pipe or device; a plain file must be there")
        }
        guard status.st_uid == geteuid() || status.st_uid == 0 else {
            throw TrustError(
                .wrongOwner, "\(path) belongs to user \(status.st_uid); chown \(geteuid()) \(shellQuoted(path))")
        }
        guard status.st_mode & 0o022 == 0 else {
            throw TrustError(
                .exposedFile, "\(path) can be written by others (\(octal(status.st_mode))); "
                    + "chmod go-w \(shellQuoted(path))")
        }
        guard status.st_size <= Self.maximumSize else {
            throw TrustError(.fileTooLarge, "\(path) has \(status.st_size) bytes, more than \(Self.maximumSize)")
        }
        self.path = path
        mode = status.st_mode
        contents = try Self.read(file, count: Int(status.st_size), path: path)
    }

    /// - Throws: ``TrustError/Code/exposedFile`` when anybody but the owner may even read the file.
    func requirePrivate() throws(TrustError) {
        guard mode & 0o077 == 0 else {
            throw TrustError(
                .exposedFile,
                "\(path) holds a secret that others can read (\(octal(mode))); chmod 600 \(shellQuoted(path))")
        }
    }

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

    private static func openError(_ path: String, _ number: CInt) -> TrustError {
        switch number {
        case ENOENT: TrustError(.missingFile, "\(path) does not exist")
        case ELOOP: TrustError(.notRegularFile, "\(path) is a link; put the file itself there")
        default: TrustError(.unreadableFile, "\(path): \(String(cString: strerror(number)))")
        }
    }
}

/// The directory of a file, open, where only we and root can exchange files.
struct ProtectedDirectory {
    let descriptor: CInt
    let path: String
    /// The file's name in the directory.
    let name: String

    init(containing file: String) throws(TrustError) {
        guard !file.utf8.contains(0), let (path, name) = Self.split(file) else {
            throw TrustError(.unreadableFile, "'\(file)' is not the path of a file")
        }
        self.path = path
        self.name = name
        descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let reason = errno
            throw TrustError(
                reason == ENOENT ? .missingFile : .unreadableFile,
                "directory \(path): \(String(cString: strerror(reason)))")
        }
        do throws(TrustError) {
            try check()
        } catch {
            close()
            throw error
        }
    }

    func close() { _ = Glibc.close(descriptor) }

    private func check() throws(TrustError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw TrustError(.unreadableFile, "directory \(path): \(String(cString: strerror(errno)))")
        }
        guard status.st_uid == geteuid() || status.st_uid == 0 else {
            throw TrustError(
                .wrongOwner,
                "directory \(path) belongs to user \(status.st_uid); chown \(geteuid()) \(shellQuoted(path))")
        }
        // In a sticky directory of root, such as /tmp, nobody can rename or remove what belongs to others.
        let isSticky = status.st_mode & S_ISVTX != 0 && status.st_uid == 0
        guard status.st_mode & 0o022 == 0 || isSticky else {
            throw TrustError(
                .exposedDirectory, "directory \(path) can be written by others (\(octal(status.st_mode))); "
                    + "chmod go-w \(shellQuoted(path))")
        }
    }

    private static func split(_ file: String) -> (directory: String, name: String)? {
        guard let slash = file.lastIndex(of: "/") else { return isName(file) ? (".", file) : nil }
        let name = String(file[file.index(after: slash)...])
        let directory = String(file[..<slash])
        return isName(name) ? (directory.isEmpty ? "/" : directory, name) : nil
    }

    private static func isName(_ name: String) -> Bool { !name.isEmpty && name != "." && name != ".." }
}

/// For messages that a person copies into a shell.
func shellQuoted(_ path: String) -> String {
    let isPlain = path.utf8.allSatisfy { $0.isLetter || $0.isIdentitySymbol || $0 == UInt8(ascii: "/") }
    return isPlain ? path : "'" + path.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
}

private func octal(_ mode: mode_t) -> String { "mode " + String(mode & 0o7777, radix: 8) }
