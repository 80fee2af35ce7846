import Glibc
import Lantern
import Synchronization

/// The files of a SQLite store: the database, what SQLite keeps beside it, and a lock.
///
/// All are readable and writable by their owner only, in a directory that nobody else may write to.
struct StoreFile: Sendable {
    let path: String

    var lock: String { path + ".lock" }
    /// What SQLite keeps beside the database while it is open.
    var companions: [String] { [path + "-wal", path + "-shm"] }

    /// Makes the database file when there is none, and the directory around it.
    ///
    /// - Throws: ``LanternError/Code/configuration`` with the file and what to do.
    func prepare() throws {
        try makeDirectory()
        let file = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            let reason = errno
            throw Self.error(
                path, reason == ELOOP ? "is a link; put the file itself there" : Self.text(reason))
        }
        defer { close(file) }
        try Self.check(file, path: path)
    }

    /// - Throws: ``LanternError/Code/configuration`` unless it is a plain file of ours that nobody else may touch.
    static func check(_ file: CInt, path: String) throws {
        var status = stat()
        guard fstat(file, &status) == 0 else { throw error(path, text(errno)) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw error(path, "is not a plain file") }
        guard status.st_uid == geteuid() else {
            throw error(path, "belongs to user \(status.st_uid), not to \(geteuid()) who runs this")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw error(
                path,
                "can be read or written by others (mode \(String(status.st_mode & 0o777, radix: 8)));"
                    + " chmod 600 it")
        }
    }

    private func makeDirectory() throws {
        let directory = Self.directory(of: path)
        if mkdir(directory, 0o700) != 0, errno != EEXIST {
            throw Self.error(directory, Self.text(errno))
        }
        var status = stat()
        guard stat(directory, &status) == 0 else { throw Self.error(directory, Self.text(errno)) }
        guard status.st_uid == geteuid() || status.st_uid == 0 else {
            throw Self.error(directory, "belongs to user \(status.st_uid)")
        }
        // In a sticky directory of root nobody can exchange what belongs to others.
        let isSticky = status.st_mode & S_ISVTX != 0 && status.st_uid == 0
        guard status.st_mode & 0o022 == 0 || isSticky else {
            throw Self.error(directory, "can be written by others; chmod go-w it")
        }
    }

    /// Makes names in the directory last through a power cut.
    static func syncDirectory(of path: String) throws {
        let directory = open(directory(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw error(path, text(errno)) }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw error(path, text(errno)) }
    }

    static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    static func error(_ path: String, _ what: String) -> LanternError {
        LanternError(.configuration, "\(path): \(what)")
    }

    static func text(_ number: CInt) -> String { String(cString: strerror(number)) }
}

/// Keeps other processes from opening the same store: its holder is the one writer.
final class StoreLock: Sendable {
    private let file: Mutex<CInt?>

    /// - Throws: ``LanternError/Code/configuration`` when another process has it.
    init(_ store: StoreFile) throws {
        let file = open(store.lock, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw StoreFile.error(store.lock, StoreFile.text(errno)) }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno
            close(file)
            throw StoreFile.error(
                store.path,
                reason == EWOULDBLOCK
                    ? "is in use by another process; one name server at a time opens it"
                    : StoreFile.text(reason))
        }
        self.file = Mutex(file)
    }

    deinit { release() }

    /// Lets another process open the store.
    func release() {
        file.withLock { file in
            if let open = file.take() { close(open) }
        }
    }
}
