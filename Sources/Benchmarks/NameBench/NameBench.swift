import ArgumentParser
import Glibc
import LanternNameServer
import LanternTrust

/// Measures a name server's store and rules alone: no network, no TLS, no audit log but for the audited registrations.
///
/// A line of output is one figure, as a JSON object with `store`, `names`, `figure`, `value` and `unit`.
@main
struct NameBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lantern-bench-names",
        abstract: "Runs what Scripts/bench-names measures: one store with so many names.")

    @Option(help: "memory or sqlite.")
    var store = "sqlite"
    @Option(help: "How many names.")
    var names = 1_000
    @Option(help: "How many lookups are timed.")
    var lookups = 100_000
    @Option(help: "How many registrations are timed, for each of 1 and 64 clients.")
    var registrations = 2_000
    @Option(help: "An empty directory on the disk that is measured.")
    var directory = "."

    func validate() throws {
        guard ["memory", "sqlite"].contains(store) else {
            throw ValidationError("--store is memory or sqlite")
        }
        guard (1...10_000_000).contains(names), (100...10_000_000).contains(lookups),
            (64...1_000_000).contains(registrations)
        else {
            throw ValidationError("--names, --lookups or --registrations is out of range")
        }
    }

    private var path: String { directory + "/names/names.db" }

    func run() async throws {
        var store = try open()
        let before = Process.residentBytes
        let filling = try await Self.seconds { try await fill(store) }
        show("fill", Double(names) / filling, "names/s")
        if self.store == "sqlite" {
            await store.close()
            let start = ContinuousClock.now
            store = try open()
            show("start-up", (ContinuousClock.now - start) / .milliseconds(1), "ms")
        }
        let registry = NameRegistry(store: store)
        try await measureLookups(registry)
        let used = Process.residentBytes - before
        show("memory", Double(max(used, 0)) / Double(names), "bytes/name")
        for clients in [1, 64] { try await measureRegistrations(registry, clients: clients) }
        let audit = try AuditLog(
            directory: directory + "/audit", keyFile: directory + "/audit.key", origin: "bench.example/audit")
        for clients in [1, 64] { try await measureRegistrations(registry, clients: clients, audit) }
        await audit.close()
        if self.store == "sqlite" {
            show("fdatasync", try Process.syncsPerSecond(in: directory), "1/s")
        }
        await store.close()
    }

    private func open() throws -> any NameStore {
        store == "memory"
            ? MemoryNameStore(capacity: 20_000_000) : try SQLiteNameStore(path: path)
    }

    private static func name(_ index: Int) -> String { "example.service.\(index)" }

    private func fill(_ store: any NameStore) async throws {
        var next = 0
        while next < names {
            let entries = (next..<min(next + 1_000, names)).map {
                NameEntry(
                    name: Self.name($0), uri: "PYRO:object@host.example.org:7766",
                    metadata: ["kind:\($0 % 100)"], owner: "spiffe://example.org/svc/shop")
            }
            try await store.update(entries.map(\.name), holding: nil) { _ in entries.map { .put($0) } }
            next += entries.count
        }
    }

    private func measureLookups(_ registry: NameRegistry) async throws {
        var times: [Double] = []
        times.reserveCapacity(lookups)
        var random = SystemRandomNumberGenerator()
        for _ in 0..<lookups {
            let name = Self.name(Int.random(in: 0..<names, using: &random))
            let start = ContinuousClock.now
            _ = try await registry.lookup(name)
            times.append((ContinuousClock.now - start) / .microseconds(1))
        }
        times.sort()
        show("lookup p50", times[times.count / 2], "us")
        show("lookup p99", times[times.count * 99 / 100], "us")
        show("lookups", 1e6 * Double(times.count) / times.reduce(0, +), "1/s")
    }

    /// - Parameter audit: each registration is over when its event is durable there too.
    private func measureRegistrations(
        _ registry: NameRegistry, clients: Int, _ audit: AuditLog? = nil
    ) async throws {
        let each = registrations / clients
        let actor = NameActor("spiffe://example.org/svc/shop")
        let time = try await Self.seconds {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for client in 0..<clients {
                    group.addTask {
                        for index in 0..<each {
                            let name = "\(audit == nil ? "bench" : "audited").\(clients).\(client).\(index)"
                            try await registry.register(
                                name, uri: "PYRO:object@host.example.org:7766", by: actor)
                            try await audit?.record(Self.event(name))
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        show(
            "\(audit == nil ? "" : "audited ")registrations of \(clients)", Double(each * clients) / time,
            "1/s")
    }

    private static func event(_ name: String) -> AuditEvent {
        AuditEvent(
            time: 1_700_000_000_000, actor: "spiffe://example.org/svc/shop", keyID: "shop-1",
            fingerprint: String(repeating: "0123456789abcdef", count: 4), address: "192.0.2.1:40000",
            object: "Pyro.NameServer", method: "register", target: name, decision: "permit",
            rule: "policy.yaml:12", epoch: 1, result: "ok",
            correlationID: "00000000-0000-4000-8000-000000000000")
    }

    private static func seconds(_ work: () async throws -> Void) async rethrows -> Double {
        let start = ContinuousClock.now
        try await work()
        return (ContinuousClock.now - start) / .seconds(1)
    }

    private func show(_ figure: String, _ value: Double, _ unit: String) {
        let rounded = (value * 100).rounded() / 100
        print(
            #"{"store":"\#(store)","names":\#(names),"figure":"\#(figure)","value":\#(rounded),"unit":"\#(unit)"}"#
        )
        fflush(nil)
    }
}

/// What the system says about this process and its disk.
private enum Process {
    /// Resident memory.
    static var residentBytes: Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        guard fgets(&line, Int32(line.count), file) != nil else { return 0 }
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let fields = text.split(separator: " ")
        return fields.count > 1 ? (Int(fields[1]) ?? 0) * sysconf(Int32(_SC_PAGESIZE)) : 0
    }

    /// How often the disk can be made to keep 4 KiB that are appended to a file.
    static func syncsPerSecond(in directory: String) throws -> Double {
        let path = directory + "/sync.tmp"
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw ValidationError("\(path): \(String(cString: strerror(errno)))") }
        defer {
            close(file)
            unlink(path)
        }
        let page = [UInt8](repeating: 0x5A, count: 4096)
        let start = ContinuousClock.now
        for _ in 0..<500 {
            guard write(file, page, page.count) == page.count, fdatasync(file) == 0 else {
                throw ValidationError("\(path): \(String(cString: strerror(errno)))")
            }
        }
        return 500 / ((ContinuousClock.now - start) / .seconds(1))
    }
}
