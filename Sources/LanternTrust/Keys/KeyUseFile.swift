internal import Glibc

/// The file in which the last use of each key stands:
///
/// ```
/// lantern-key-use-v1
/// 2026-11-23T19:03:00Z client peer-1
/// ```
///
/// One line a key and user, sorted. It says nothing about trust: who can read or write it changes no decision.
package struct KeyUseFile: Sendable {
    private static let firstLine = "lantern-key-use-v1"
    private static let maximumSize = 16 << 20

    package let path: String

    package init(path: String) { self.path = path }

    /// Seconds since 1970 for each key and user; none when there is no file yet. A line that cannot be read, as from a
    /// newer version, is left out.
    ///
    /// - Throws: ``TrustError`` when the file is there and cannot be read.
    package func read() throws(TrustError) -> [KeyUse.Entry: Int64] {
        let text: String
        do {
            text = try Self.text(of: path)
        } catch {
            guard error.code == .missingFile || error.code == .missingDirectory else { throw error }
            return [:]
        }
        let lines = text.split(separator: "\n")
        guard lines.first.map(String.init) == Self.firstLine else { return [:] }
        var uses: [KeyUse.Entry: Int64] = [:]
        for line in lines.dropFirst() where uses.count < KeyUse.maximumEntries {
            let words = line.split(separator: " ")
            guard words.count == 3, let seconds = Timestamp.seconds(String(words[0])),
                let user = KeyUse.User(rawValue: String(words[1])), HandshakeKey.isID(String(words[2]))
            else { continue }
            let entry = KeyUse.Entry(keyID: String(words[2]), user: user)
            uses[entry] = max(uses[entry] ?? 0, seconds)
        }
        return uses
    }

    /// Adds what was seen to what stands there, while other processes wait. The later time counts; of too many entries
    /// the oldest go.
    func add(_ seen: [KeyUse.Entry: Int64]) throws(TrustError) {
        try makeDirectory()
        let lock = try lockFile()
        defer { close(lock) }
        var uses = try read()
        for (entry, seconds) in seen { uses[entry] = max(uses[entry] ?? 0, seconds) }
        var sorted = uses.sorted {
            ($0.key.keyID, $0.key.user.rawValue) < ($1.key.keyID, $1.key.user.rawValue)
        }
        if sorted.count > KeyUse.maximumEntries {
            let oldest = Set(
                sorted.sorted { $0.value > $1.value }.dropFirst(KeyUse.maximumEntries).map(\.key))
            sorted.removeAll { oldest.contains($0.key) }
        }
        let lines = sorted.map { entry, seconds in
            "\(Timestamp.text(seconds)) \(entry.user.rawValue) \(entry.keyID)\n"
        }
        try KeyFileWriter.replace(path, with: Self.firstLine + "\n" + lines.joined(), mode: 0o600)
    }

    private func makeDirectory() throws(TrustError) {
        guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return }
        let directory = String(path[..<slash])
        guard mkdir(directory, 0o700) == 0 || errno == EEXIST else {
            throw TrustError(
                .unwritableFile, "directory \(directory): \(String(cString: strerror(errno)))")
        }
    }

    /// - Returns: an open and locked file, unlocked when it is closed.
    private func lockFile() throws(TrustError) -> CInt {
        let name = path + ".lock"
        let file = open(name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            throw TrustError(.unwritableFile, "\(name): \(String(cString: strerror(errno)))")
        }
        while flock(file, LOCK_EX) != 0 {
            guard errno == EINTR else {
                let reason = String(cString: strerror(errno))
                close(file)
                throw TrustError(.unwritableFile, "\(name): \(reason)")
            }
        }
        return file
    }

    private static func text(of path: String) throws(TrustError) -> String {
        let file = try OpenedFile(path: path)
        guard file.size <= maximumSize else {
            throw TrustError(.fileTooLarge, "\(path) has \(file.size) bytes, more than \(maximumSize)")
        }
        var bytes = [UInt8](repeating: 0, count: file.size)
        var done = 0
        while done < bytes.count {
            let room = bytes.count - done
            let got = bytes.withUnsafeMutableBytes {
                Glibc.read(file.descriptor, $0.baseAddress.map { $0 + done }, room)
            }
            if got < 0 && errno == EINTR { continue }
            guard got > 0 else { break }
            done += got
        }
        return String(decoding: bytes[..<done], as: UTF8.self)
    }
}
