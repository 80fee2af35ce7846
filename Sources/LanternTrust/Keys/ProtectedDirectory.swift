internal import CLinux
internal import Glibc

/// The directory of a file, open, where only we and root can exchange files.
///
/// Reached from `/` one name at a time, without following a link anywhere: each directory on the way belongs to us or
/// to root and nobody else may write it, so that nobody can put another one in its place. A directory of root in which
/// all may write but nobody may take away what belongs to others, such as `/tmp`, is as good.
struct ProtectedDirectory: ~Copyable {
    let descriptor: CInt
    let path: String
    /// The file's name in the directory.
    let name: String

    /// What the directory is opened for: one that is written to is made durable afterwards, which takes a right to
    /// read it; for reading a file in it, the right to enter is enough.
    enum Purpose {
        case reading, writing
    }

    private static let maximumPath = 4096

    /// - Throws: ``TrustError``, one code for each way in which a directory is not as it must be.
    init(containing file: String, for purpose: Purpose = .reading) throws(TrustError) {
        guard !file.utf8.contains(0), file.utf8.count < Self.maximumPath, let (path, name) = Self.split(file)
        else { throw TrustError(.badPath, "'\(file.prefix(200))' is not the path of a file") }
        let opened = try Walk(names: Self.names(of: path), purpose: purpose).open()
        self.path = path
        self.name = name
        descriptor = opened
    }

    deinit { close(descriptor) }

    private static func split(_ file: String) -> (directory: String, name: String)? {
        guard let slash = file.lastIndex(of: "/") else { return isName(file) ? (".", file) : nil }
        let name = String(file[file.index(after: slash)...])
        let directory = String(file[..<slash])
        return isName(name) ? (directory.isEmpty ? "/" : directory, name) : nil
    }

    private static func isName(_ name: String) -> Bool { !name.isEmpty && name != "." && name != ".." }

    /// The names on the way from `/`.
    private static func names(of path: String) throws(TrustError) -> [String] {
        var full = path
        if !path.hasPrefix("/") {
            guard let here = getcwd(nil, 0) else {
                throw TrustError(
                    .unreadableFile, "the working directory: \(String(cString: strerror(errno)))")
            }
            defer { free(here) }
            full = String(cString: here) + "/" + path
        }
        let names = full.split(separator: "/").map(String.init).filter { $0 != "." }
        guard !names.contains("..") else {
            throw TrustError(.badPath, "'\(path)' holds '..'; write the path without it")
        }
        return names
    }
}

/// Goes down from `/`, looking at each directory.
private struct Walk {
    let names: [String]
    let purpose: ProtectedDirectory.Purpose

    /// - Returns: the open directory, which is the caller's.
    func open() throws(TrustError) -> CInt {
        var current = Glibc.open("/", flags(isLast: names.isEmpty))
        guard current >= 0 else { throw failure(errno, at: "/") }
        do throws(TrustError) {
            try check(current, path: "/", isLast: names.isEmpty)
            var path = ""
            for (index, name) in names.enumerated() {
                path += "/" + name
                let isLast = index == names.count - 1
                let next = openat(current, name, flags(isLast: isLast))
                let reason = errno
                guard next >= 0 else { throw failure(reason, at: path, name: name, in: current) }
                close(current)
                current = next
                try check(current, path: path, isLast: isLast)
            }
        } catch {
            close(current)
            throw error
        }
        return current
    }

    private func flags(isLast: Bool) -> CInt {
        let access = isLast && purpose == .writing ? O_RDONLY : lantern_O_PATH()
        return access | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
    }

    private func check(_ descriptor: CInt, path: String, isLast: Bool) throws(TrustError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure(errno, at: path) }
        guard status.st_uid == geteuid() || status.st_uid == 0 else {
            throw TrustError(
                .wrongDirectoryOwner,
                "directory \(path) belongs to user \(status.st_uid), not to user \(geteuid()) or root; "
                    + "chown \(geteuid()) \(shellQuoted(path))")
        }
        // In a sticky directory of root, such as /tmp, nobody can rename or remove what belongs to others.
        let isSticky = status.st_mode & S_ISVTX != 0 && status.st_uid == 0
        guard status.st_mode & 0o022 == 0 || isSticky else {
            throw TrustError(
                isLast ? .exposedDirectory : .exposedAncestor,
                "directory \(path) can be written by others (\(octal(status.st_mode))); "
                    + "chmod go-w \(shellQuoted(path))")
        }
    }

    private func failure(
        _ number: CInt, at path: String, name: String = "", in directory: CInt = -1
    ) -> TrustError {
        var status = stat()
        let isThere = fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0
        if isThere, status.st_mode & S_IFMT == S_IFLNK {
            return TrustError(
                .linkedDirectory,
                "\(path) is a link; name the directory that it leads to (realpath \(shellQuoted(path)))")
        }
        return switch number {
        case ENOENT: TrustError(.missingDirectory, "directory \(path) does not exist")
        case ENOTDIR: TrustError(.notDirectory, "\(path) is not a directory")
        default: TrustError(.unreadableFile, "directory \(path): \(String(cString: strerror(number)))")
        }
    }
}

/// For messages that a person copies into a shell.
func shellQuoted(_ path: String) -> String {
    let isPlain = path.utf8.allSatisfy { $0.isLetter || $0.isIdentitySymbol || $0 == UInt8(ascii: "/") }
    return isPlain
        ? path
        : "'" + path.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
}

func octal(_ mode: mode_t) -> String { "mode " + String(mode & 0o7777, radix: 8) }
