import Foundation

@testable import LanternTrust

let auditOrigin = "lantern.test/audit"

/// A directory that is removed at the end.
final class AuditDirectory: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/lantern-audit-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: path + "/" + name)))
    }
    func write(_ bytes: [UInt8], to name: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name))
    }
}

func event(_ number: Int) -> AuditEvent {
    AuditEvent(
        time: 1_700_000_000_000 + Int64(number), actor: "spiffe://lantern.test/client", keyID: "client-1",
        object: "Pyro.NameServer", method: "register", target: "example.\(number)", decision: "permit",
        result: "ok")
}

func makeKey(_ directory: AuditDirectory) throws -> AuditKey {
    try AuditKey.load(file: directory.path + "/audit.key", origin: auditOrigin, mayCreate: true)
}

/// A log of so many entries, written one commit at a time, or all at once, and closed.
func fill(_ storage: MemoryStorage, key: AuditKey, _ range: Range<Int>, each step: Int = 1) throws {
    var writer = try AuditWriter(storage: storage, key: key)
    for start in stride(from: range.lowerBound, to: range.upperBound, by: step) {
        let part = start..<min(start + step, range.upperBound)
        try writer.commit(part.map { Array(event($0).line.utf8) })
    }
    writer.close()
}
