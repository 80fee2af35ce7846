import Glibc

extension AuditKey {
    /// Where a new key waits until the log has announced it.
    static func next(_ file: String) -> String { file + ".next" }

    /// The key, or the next one when a change was announced and then interrupted.
    static func load(
        file: String, origin: String, mayCreate: Bool, announced: KeyChange?
    ) throws(AuditError) -> AuditKey {
        let waiting = next(file)
        guard access(waiting, F_OK) == 0 else {
            return try load(file: file, origin: origin, mayCreate: mayCreate)
        }
        if let announced, let key = try? load(file: waiting, origin: origin, mayCreate: false),
            key.verifier == announced.new
        {
            try install(waiting, as: file)
            return key
        }
        // It never signed anything.
        _ = unlink(waiting)
        return try load(file: file, origin: origin, mayCreate: mayCreate)
    }

    /// Puts a key in the place of the old one, whose bytes are overwritten as far as the disk allows that.
    static func install(_ next: String, as file: String) throws(AuditError) {
        let old = open(file, O_WRONLY | O_CLOEXEC | O_NOFOLLOW)
        defer { if old >= 0 { close(old) } }
        guard rename(next, file) == 0 else {
            throw AuditError(.storage, "cannot rename \(next): \(String(cString: strerror(errno)))")
        }
        let parent = file.lastIndex(of: "/").map { String(file[...$0]) } ?? "."
        let directory = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if directory >= 0 {
            fsync(directory)
            close(directory)
        }
        var status = stat()
        if old >= 0, fstat(old, &status) == 0, status.st_size <= 1024 {
            let blank = [UInt8](repeating: 0, count: Int(status.st_size))
            if pwrite(old, blank, blank.count, 0) == blank.count { fsync(old) }
        }
    }
}
