import Lantern
import LanternTesting
import LanternTrust
import LanternValue
import Synchronization
import Testing

@Remote
protocol Station: Sendable {
    func process(_ trace: [String]) async throws -> [String]
}

/// One of a ring of servers: hands on what it gets, until the ring is closed.
final class RingStation: Station {
    let name: String
    let next = Mutex<(any Station)?>(nil)
    let chains = Mutex<[String]>([])

    init(_ name: String) { self.name = name }

    func process(_ trace: [String]) async throws -> [String] {
        chains.withLock { $0.append(CallContext.current?.correlationID ?? "none") }
        guard !trace.contains(name), let next = next.withLock({ $0 }) else {
            return trace + ["complete at \(name)"]
        }
        return try await next.process(trace + [name])
    }
}

@Suite(.timeLimit(.minutes(2)))
struct CircularCallTests {
    @Test(
        "A14 call chains: A calls B calls C calls A, with one correlation id",
        arguments: [ObjectOptions.Execution.concurrent, .onLoop])
    func ring(execution: ObjectOptions.Execution) async throws {
        let hosts = try TestHosts()
        let names = ["a", "b", "c", "client"]
        let settings = try hosts.homes(names).map { home in
            var settings = try Settings.load(home)
            settings.listen.host = "127.0.0.1"
            settings.policy = try PolicyTable(rules: [Loopback.allowAll])
            return settings
        }
        let stations = names.dropLast().map { RingStation($0) }
        var daemons: [Daemon] = []
        var uris: [String] = []
        for (station, settings) in zip(stations, settings) {
            let daemon = try await Daemon(settings: settings)
            daemons.append(daemon)
            let uri = try await daemon.register(
                station, as: (any Station).self, id: station.name,
                options: ObjectOptions(execution: execution))
            uris.append(uri.description)
        }
        for index in stations.indices {
            let next = try await daemons[index].proxy((any Station).self, uris[(index + 1) % 3])
            stations[index].next.withLock { $0 = next }
        }
        let client = try Client(settings: settings[3])
        let trace = try await client.proxy((any Station).self, uris[0]).process(["start"])
        #expect(trace == ["start", "a", "b", "c", "complete at a"])
        let chains = stations.flatMap { $0.chains.withLock { $0 } }
        #expect(chains.count == 4)
        #expect(Set(chains).count == 1)
        #expect(chains.first != "none")
        await client.shutdown()
        for daemon in daemons { await daemon.shutdown() }
    }
}
