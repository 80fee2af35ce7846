import CSodium
import Glibc

/// What an operator does with a log, whether a process has it open or not.
package struct AuditControl: Sendable {
    let directory: String
    let keyFile: String

    package init(directory: String, keyFile: String) {
        self.directory = directory
        self.keyFile = keyFile
    }

    /// Makes a new signing key; who has the log open uses it from the next checkpoint on.
    ///
    /// - Returns: the new verifier key.
    package func rotate() async throws -> String { try await ask("rotate") }

    /// Removes the bundles of the oldest entries; their hashes stay.
    ///
    /// - Returns: how many entries are not kept any more.
    package func prune(below size: Int) async throws -> Int {
        let kept = try await ask("prune \(size)")
        guard let whole = Int(kept) else { throw AuditError(.refused, "an answer of '\(kept.prefix(64))'") }
        let storage = DirectoryStorage(readingDirectory: directory)
        for index in 0..<(whole / MerkleTree.tileWidth) {
            storage.remove(TilePath.bundle(index: index, width: MerkleTree.tileWidth))
        }
        return whole
    }

    /// How many entries at the beginning are older than a time.
    ///
    /// - Parameter milliseconds: since 1970.
    package func countOfEntries(before milliseconds: Int64) throws -> Int {
        var cursor = AuditCursor(directory: directory)
        var count = 0
        try cursor.read { number, line in
            guard let time = AuditControl.time(of: line), time < milliseconds else { return false }
            count = number + 1
            return true
        }
        return count
    }

    /// The member `time`, which is first.
    private static func time(of line: String) -> Int64? {
        guard line.hasPrefix("{\"time\":") else { return nil }
        return Int64(line.dropFirst(8).prefix { $0 == "-" || $0.isASCII && $0.isNumber })
    }

    /// Leaves the request, has it answered by who has the log open, or else by itself.
    private func ask(_ what: String) async throws -> String {
        let files = DirectoryStorage(readingDirectory: directory)
        guard try files.read(TilePath.checkpoint) != nil else {
            throw AuditError(.refused, "\(directory): there is no audit log")
        }
        var id: UInt64 = 0
        randombytes_buf(&id, 8)
        files.remove(AuditRequest.answerPath)
        try files.replace(AuditFile(path: AuditRequest.path, bytes: AuditRequest.text(id: id, what)))
        let own = try openIfFree()
        let answer: String?
        do {
            answer = try await self.answer(to: id, in: files)
        } catch {
            await own?.close()
            throw error
        }
        await own?.close()
        guard let answer else {
            files.remove(AuditRequest.path)
            throw AuditError(.locked, "the process that has the log open did not answer within 10 s")
        }
        if answer.hasPrefix("ok ") { return String(answer.dropFirst(3)) }
        throw AuditError(.refused, String(answer.dropFirst("error ".count)))
    }

    private func openIfFree() throws -> AuditLog? {
        do {
            let origin = try AuditKey.load(existing: keyFile).origin
            return try AuditLog(directory: directory, keyFile: keyFile, origin: origin)
        } catch let error as AuditError where error.code == .locked {
            return nil
        }
    }

    private func answer(to id: UInt64, in files: DirectoryStorage) async throws -> String? {
        for _ in 0..<200 {
            if let bytes = try files.read(AuditRequest.answerPath) {
                let lines = String(decoding: bytes.prefix(4096), as: UTF8.self).split(separator: "\n")
                if lines.count == 2, UInt64(lines[0]) == id {
                    files.remove(AuditRequest.answerPath)
                    return String(lines[1])
                }
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        return nil
    }
}
