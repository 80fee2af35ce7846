import Glibc

/// What can be seen of files without reading them: it changes when one of them does.
struct TrustStamp: Sendable, Hashable {
    /// Files of one directory that are looked at.
    static let maximumEntries = 20_000

    private struct FileFacts: Sendable, Hashable {
        let device, inode: UInt
        let mode: UInt32
        let size, changedSeconds, changedNanoseconds, modifiedSeconds, modifiedNanoseconds: Int

        /// Links are followed: one that leads elsewhere is another file.
        init?(_ path: String) {
            var facts = stat()
            guard stat(path, &facts) == 0 else { return nil }
            device = UInt(facts.st_dev)
            inode = UInt(facts.st_ino)
            mode = UInt32(facts.st_mode)
            size = Int(facts.st_size)
            changedSeconds = facts.st_ctim.tv_sec
            changedNanoseconds = facts.st_ctim.tv_nsec
            modifiedSeconds = facts.st_mtim.tv_sec
            modifiedNanoseconds = facts.st_mtim.tv_nsec
        }
    }

    /// Those that are there.
    private var files: [String: FileFacts] = [:]

    init(files paths: [String], collections: [(directory: String, suffix: String)]) {
        for path in paths { files[path] = FileFacts(path) }
        for (directory, suffix) in collections { add(directory, suffix) }
    }

    private mutating func add(_ directory: String, _ suffix: String) {
        guard let stream = opendir(directory) else { return }
        defer { closedir(stream) }
        var count = 0
        while let entry = readdir(stream), count < Self.maximumEntries {
            count += 1
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name.hasSuffix(suffix) else { continue }
            let path = "\(directory)/\(name)"
            files[path] = FileFacts(path)
        }
    }
}
