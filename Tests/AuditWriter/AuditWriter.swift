import ArgumentParser
import Glibc
import LanternTrust

/// Writes to an audit log until it is killed, for tests and benchmarks: see Tests/CommandLine.
///
/// `write` prints `HAS target` for each entry that the log has from `--from` on, then `SIZE n`, then, while it goes on,
/// `DONE target` for each event that was answered. What was printed as done must be there the next time.
@main
struct AuditWriterProgram: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit-writer", subcommands: [Write.self, Fill.self, Measure.self])

    static func line(_ text: String) {
        let bytes = Array((text + "\n").utf8)
        _ = bytes.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
    }

    static func open(_ directory: String) throws -> AuditLog {
        try AuditLog(
            directory: directory + "/audit", keyFile: directory + "/keys/audit.key",
            origin: "writer.test/audit")
    }

    static func event(_ target: String) -> AuditEvent {
        AuditEvent(
            time: 1_700_000_000_000, actor: "spiffe://lantern.test/writer", keyID: "writer-1",
            fingerprint: String(repeating: "0123456789abcdef", count: 4), address: "127.0.0.1:40000",
            object: "Pyro.NameServer", method: "register", target: target, decision: "permit",
            rule: "policy.yaml:12", epoch: 1, result: "ok",
            correlationID: "00000000-0000-4000-8000-000000000000")
    }
}

struct Write: AsyncParsableCommand {
    @Option(help: "Where audit/ and keys/ are.")
    var directory: String
    @Option(help: "The first entry to list.")
    var from = 0
    @Option(help: "Begins the targets.")
    var name = "round"
    @Option(help: "Events at the same time.")
    var width = 4

    func run() async throws {
        let log = try AuditWriterProgram.open(directory)
        var cursor = AuditCursor(directory: directory + "/audit")
        cursor.position = from
        try cursor.read { _, line in
            let target = line.components("\"target\":\"").last?.prefix { $0 != "\"" } ?? ""
            AuditWriterProgram.line("HAS \(target)")
            return true
        }
        AuditWriterProgram.line("SIZE \(cursor.position)")
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<width {
                group.addTask {
                    for number in 0..<10_000_000 {
                        let target = "\(name).\(worker).\(number)"
                        do { try await log.record(AuditWriterProgram.event(target)) } catch { return }
                        AuditWriterProgram.line("DONE \(target)")
                    }
                }
            }
        }
    }
}

extension String {
    fileprivate func components(_ separator: String) -> [Substring] {
        guard let range = firstRange(of: separator) else { return [self[...]] }
        return [self[..<range.lowerBound], self[range.upperBound...]]
    }
}

struct Fill: AsyncParsableCommand {
    @Option(help: "Where audit/ and keys/ are.")
    var directory: String
    @Option(help: "How many entries.")
    var count = 1000

    func run() async throws {
        let log = try AuditWriterProgram.open(directory)
        let (width, count) = (min(2048, count), count)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<width {
                group.addTask {
                    for number in stride(from: worker, to: count, by: width) {
                        try await log.record(AuditWriterProgram.event("example.\(number)"))
                    }
                }
            }
            try await group.waitForAll()
        }
        await log.close()
    }
}

/// Prints figures as `name value` lines.
struct Measure: AsyncParsableCommand {
    @Option(help: "A directory on the disk to measure; audit/ and keys/ are made there.")
    var directory: String
    @Option(help: "Seconds for each figure.")
    var seconds = 3.0
    @Option(help: "Entries to verify.")
    var entries = 200_000

    func run() async throws {
        let sync = try rawSyncRate()
        show("fdatasync of 4 KiB, per second", sync)
        let log = try AuditWriterProgram.open(directory)
        let one = try await rate(log, clients: 1)
        show("durable events, 1 client, per second", one)
        show("fdatasync rate / rate of 1 client", sync / one)
        let many = try await rate(log, clients: 64)
        show("durable events, 64 clients, per second", many)
        show("rate of 64 clients / rate of 1", many / one)
        await log.close()
        var fill = Fill()
        fill.directory = directory
        fill.count = entries
        try await fill.run()
        let began = ContinuousClock.now
        let report = try AuditLog.verify(directory: directory + "/audit", verifierKey: log.verifierKey)
        show("entries verified per second", Double(report.verified) / seconds(since: began))
        guard report.isIntact else { throw ValidationError("the log is not intact: \(report)") }
    }

    private func show(_ name: String, _ value: Double) {
        AuditWriterProgram.line("\(name)\t\(value < 100 ? Double(Int(value * 100)) / 100 : value.rounded())")
    }

    private func seconds(since began: ContinuousClock.Instant) -> Double {
        (ContinuousClock.now - began) / .seconds(1)
    }

    /// How often the disk can make 4 KiB durable, written over bytes that are there.
    private func rawSyncRate() throws -> Double {
        let path = directory + "/raw"
        let file = Glibc.open(path, O_RDWR | O_CREAT | O_TRUNC, 0o600)
        guard file >= 0 else { throw ValidationError("cannot write \(path)") }
        defer {
            close(file)
            unlink(path)
        }
        let zeros = [UInt8](repeating: 0, count: 4 << 20)
        guard pwrite(file, zeros, zeros.count, 0) == zeros.count, fsync(file) == 0 else {
            throw ValidationError("cannot write \(path)")
        }
        let page = [UInt8](repeating: 1, count: 4096)
        let began = ContinuousClock.now
        var count = 0
        while seconds(since: began) < seconds {
            pwrite(file, page, page.count, count % 1024 * 4096)
            fdatasync(file)
            count += 1
        }
        return Double(count) / seconds(since: began)
    }

    private func rate(_ log: AuditLog, clients: Int) async throws -> Double {
        let began = ContinuousClock.now
        let count = try await withThrowingTaskGroup(of: Int.self) { group in
            for client in 0..<clients {
                group.addTask {
                    var count = 0
                    while seconds(since: began) < seconds {
                        try await log.record(AuditWriterProgram.event("example.\(client).\(count)"))
                        count += 1
                    }
                    return count
                }
            }
            return try await group.reduce(0, +)
        }
        return Double(count) / seconds(since: began)
    }
}
