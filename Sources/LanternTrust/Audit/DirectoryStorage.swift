import Glibc
import Synchronization

/// Audit files in a directory: written beside their name and renamed; the journal is written in place.
package final class DirectoryStorage: AuditStorage {
    /// No file of the log is larger: a full bundle of the longest entries.
    private static let maximumFile = 256 * 65_537

    private let directory: String
    /// Descriptor of the lock file; -1 when reading only, or closed.
    private let lock: Mutex<Int32>
    /// Descriptor of the journal; -1 until it is written to.
    private let journal = Mutex<Int32>(-1)

    private struct Unsynchronised {
        var files: Set<String> = []
        var directories: Set<String> = []
    }
    private let unsynchronised = Mutex(Unsynchronised())

    /// Opens for writing: makes the directory and locks it against other processes.
    package init(lockedDirectory directory: String) throws(AuditError) {
        self.directory = directory
        try Self.makeDirectories(directory)
        let path = directory + "/lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Self.failure("cannot open", path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let error = errno
            _ = Glibc.close(descriptor)
            throw error == EWOULDBLOCK
                ? AuditError(.locked, "\(directory) is open in another process")
                : Self.failure("cannot lock", path, error)
        }
        lock = Mutex(descriptor)
    }

    /// Opens for reading, without a lock.
    package init(readingDirectory directory: String) {
        self.directory = directory
        lock = Mutex(-1)
    }

    deinit { close() }

    package func close() {
        lock.withLock { descriptor in
            if descriptor >= 0 { _ = Glibc.close(descriptor) }
            descriptor = -1
        }
        journal.withLock { descriptor in
            if descriptor >= 0 { _ = Glibc.close(descriptor) }
            descriptor = -1
        }
    }

    package func read(_ path: String) throws(AuditError) -> [UInt8]? {
        let full = directory + "/" + path
        let descriptor = open(full, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw Self.failure("cannot open", full)
        }
        defer { _ = Glibc.close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.failure("cannot examine", full) }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_size <= Self.maximumFile else {
            throw AuditError(.damaged, "\(full) is not a file of the log: not regular, or too large")
        }
        return try Self.readAll(descriptor, size: Int(status.st_size), path: full)
    }

    package func write(_ files: [AuditFile]) throws(AuditError) {
        for file in files { try put(file, isDurable: false) }
    }

    package func replace(_ file: AuditFile) throws(AuditError) { try put(file, isDurable: true) }

    private func put(_ file: AuditFile, isDurable: Bool) throws(AuditError) {
        let path = directory + "/" + file.path
        let parent = Self.parent(of: path)
        if !unsynchronised.withLock({ $0.directories.contains(parent) }) {
            try Self.makeDirectories(parent)
        }
        unsynchronised.withLock {
            $0.directories.insert(parent)
            if !isDurable { $0.files.insert(path) }
        }
        try Self.write(file.bytes, to: path + ".tmp", isDurable: isDurable)
        guard rename(path + ".tmp", path) == 0 else { throw Self.failure("cannot rename to", path) }
    }

    package func synchronise() throws(AuditError) {
        let found = unsynchronised.withLock { $0 }
        // All on their way to the disk first: then the first synchronisation commits for most of them.
        for path in found.files { Self.startWriting(file: path) }
        for path in found.files { try Self.synchronise(file: path) }
        for path in found.directories { try Self.synchronise(directory: path) }
        unsynchronised.withLock { $0 = Unsynchronised() }
    }

    package func readJournal() throws(AuditError) -> [UInt8] { try read(AuditJournal.path) ?? [] }

    package func writeJournal(_ bytes: [UInt8], at offset: Int) throws(AuditError) {
        let path = directory + "/" + AuditJournal.path
        var descriptor = journal.withLock { $0 }
        if descriptor < 0 {
            descriptor = try Self.openJournal(path)
            journal.withLock { $0 = descriptor }
        }
        do throws(AuditError) {
            try Self.writeAll(bytes, to: descriptor, at: offset, path: path)
            guard fdatasync(descriptor) == 0 else { throw Self.failure("cannot synchronise", path) }
        } catch {
            // What the page cache of this descriptor says now is not to be relied on.
            journal.withLock { $0 = -1 }
            _ = Glibc.close(descriptor)
            throw error
        }
    }

    /// The file has all its bytes from the beginning: a write to it changes nothing but them.
    private static func openJournal(_ path: String) throws(AuditError) -> Int32 {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure("cannot open", path) }
        do throws(AuditError) {
            var status = stat()
            guard fstat(descriptor, &status) == 0 else { throw failure("cannot examine", path) }
            guard status.st_mode & S_IFMT == S_IFREG else {
                throw AuditError(.damaged, "\(path) is not a regular file")
            }
            let size = Int(status.st_size)
            if size < AuditJournal.capacity {
                let zeros = [UInt8](repeating: 0, count: AuditJournal.capacity - size)
                try writeAll(zeros, to: descriptor, at: size, path: path)
                guard fsync(descriptor) == 0 else { throw failure("cannot synchronise", path) }
                try synchronise(directory: parent(of: path))
            }
        } catch {
            _ = Glibc.close(descriptor)
            throw error
        }
        return descriptor
    }

    package func list(_ path: String) throws(AuditError) -> [String] {
        let full = directory + "/" + path
        guard let stream = opendir(full) else {
            if errno == ENOENT { return [] }
            throw Self.failure("cannot list", full)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            names.append(
                withUnsafeBytes(of: entry.pointee.d_name) {
                    String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
                })
        }
        return names
    }

    package func remove(_ path: String) { _ = unlink(directory + "/" + path) }

    package func removeDirectory(_ path: String) { _ = rmdir(directory + "/" + path) }
}

extension DirectoryStorage {
    private static func failure(_ what: String, _ path: String, _ error: Int32 = errno) -> AuditError {
        AuditError(.storage, "\(what) \(path): \(String(cString: strerror(error)))")
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Makes what is missing, each new name synchronised in the directory above it.
    private static func makeDirectories(_ path: String) throws(AuditError) {
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return }
        guard mkdir(path, 0o700) != 0 else { return try synchronise(directory: parent(of: path)) }
        guard errno == ENOENT, parent(of: path) != path else {
            if errno == EEXIST { throw AuditError(.storage, "\(path) is not a directory") }
            throw failure("cannot make", path)
        }
        try makeDirectories(parent(of: path))
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw failure("cannot make", path) }
        try synchronise(directory: parent(of: path))
    }

    private static func synchronise(directory: String) throws(AuditError) {
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("cannot open", directory) }
        defer { _ = Glibc.close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("cannot synchronise", directory) }
    }

    /// Only makes what follows faster.
    private static func startWriting(file: String) {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return }
        // Linux begins to write what is dirty before it could forget it.
        posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
        _ = Glibc.close(descriptor)
    }

    /// A file that was removed meanwhile has nothing to be made durable.
    private static func synchronise(file: String) throws(AuditError) {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            if errno == ENOENT { return }
            throw failure("cannot open", file)
        }
        defer { _ = Glibc.close(descriptor) }
        guard fdatasync(descriptor) == 0 else { throw failure("cannot synchronise", file) }
    }

    private static func write(_ bytes: [UInt8], to path: String, isDurable: Bool) throws(AuditError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure("cannot write", path) }
        defer { _ = Glibc.close(descriptor) }
        try writeAll(bytes, to: descriptor, at: 0, path: path)
        guard !isDurable || fdatasync(descriptor) == 0 else { throw failure("cannot synchronise", path) }
    }

    private static func writeAll(
        _ bytes: [UInt8], to descriptor: Int32, at offset: Int, path: String
    ) throws(AuditError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                pwrite(
                    descriptor, $0.baseAddress?.advanced(by: written), $0.count - written, offset + written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("cannot write", path) }
            written += count
        }
    }

    private static func readAll(_ descriptor: Int32, size: Int, path: String) throws(AuditError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: size)
        var done = 0
        while done < size {
            let count = bytes.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress?.advanced(by: done), size - done)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure("cannot read", path) }
            if count == 0 { break }
            done += count
        }
        return Array(bytes[..<done])
    }
}
