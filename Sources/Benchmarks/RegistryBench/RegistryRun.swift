import Lantern

/// The two methods of Pyro's name server that are measured beside Lantern's own.
@Remote
protocol PyroNames: Sendable {
    func ping() async throws
    func lookup(_ name: String) async throws -> PyroURI
}

/// A watcher was refused or lost its name server.
struct WatchEnded: Error, CustomStringConvertible {
    let description = "a watch ended before its time: look at the name server's log, and at its limits"
}

/// One workload at one name server.
struct RegistryRun: Sendable {
    let client: Client
    let server: String
    let count: Int
    let clients: Int
    let names: Int

    func measure(_ workload: RegistryWorkload) async throws -> [Figure] {
        switch workload {
        case .ping:
            return try await calls("ping") { names, _ in try await names.ping() }
        case .lookup:
            return try await calls("lookup") { names, index in
                _ = try await names.lookup("example.service.\(index)")
            }
        case .register: return try await registrations()
        case .watch: return try await fanOut()
        }
    }

    /// Each client calls in turn over its own connection; names are picked at random.
    private func calls(
        _ name: String, _ call: @escaping @Sendable (any PyroNames, Int) async throws -> Void
    ) async throws -> [Figure] {
        let proxies = try (0..<clients).map { _ in
            try client.proxy((any PyroNames).self, "PYRO:Pyro.NameServer@\(server)")
        }
        for proxy in proxies { try await proxy.ping() }
        return try await timed("\(name), \(clients) clients", proxies) { proxy, _, _ in
            try await call(proxy, Int.random(in: 0..<names))
        }
    }

    private func registrations() async throws -> [Figure] {
        let services = try (0..<clients).map { _ in try service() }
        for service in services { _ = try await service.find(NameSearch(name: "none")) }
        return try await timed("register, \(clients) clients", services) { service, client, index in
            _ = try await service.register(
                [NameRegistration("bench.\(clients).\(client).\(index)", uri: Self.uri)], epoch: nil,
                takingOver: false)
        }
    }

    private func timed<Service: Sendable>(
        _ name: String, _ services: [Service],
        _ call: @escaping @Sendable (Service, _ client: Int, _ index: Int) async throws -> Void
    ) async throws -> [Figure] {
        let each = count / services.count
        let start = ContinuousClock.now
        let times = try await withThrowingTaskGroup(of: [Duration].self) { group in
            for (number, service) in services.enumerated() {
                group.addTask {
                    var times: [Duration] = []
                    times.reserveCapacity(each)
                    for index in 0..<each {
                        let start = ContinuousClock.now
                        try await call(service, number, index)
                        times.append(ContinuousClock.now - start)
                    }
                    return times
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        return Figure.of(name, times, total: ContinuousClock.now - start)
    }

    /// From the call that registers to the watcher that hears of it, for each watcher, and for the last of a round.
    private func fanOut() async throws -> [Figure] {
        let connections = max(1, clients / Self.watchesOfAConnection)
        let services = try (0..<connections).map { _ in try service() }
        let (heard, continuation) = AsyncStream.makeStream(of: ContinuousClock.Instant.self)
        let watchers = clients
        return try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<watchers {
                let service = services[number % connections]
                group.addTask {
                    defer { continuation.finish() }
                    for try await _ in NameUpdates(service, NameSearch(prefix: "watched.")) {
                        continuation.yield(.now)
                    }
                }
            }
            defer { group.cancelAll() }
            var iterator = heard.makeAsyncIterator()
            // The first update of a watch only says where it begins.
            for _ in 0..<watchers where await iterator.next() == nil { throw WatchEnded() }
            let writer = try service()
            var (each, last): ([Duration], [Duration]) = ([], [])
            for round in 0..<count {
                let start = ContinuousClock.now
                _ = try await writer.register(
                    [NameRegistration("watched.\(round)", uri: Self.uri)], epoch: nil, takingOver: false)
                var latest = Duration.zero
                for _ in 0..<watchers {
                    guard let time = await iterator.next() else { throw WatchEnded() }
                    each.append(time - start)
                    latest = max(latest, time - start)
                }
                last.append(latest)
            }
            let (sorted, rounds) = (each.sorted(), last.sorted())
            return [
                Figure("\(watchers) watchers, each p50", sorted[sorted.count / 2] / .milliseconds(1), "ms"),
                Figure("\(watchers) watchers, last p50", rounds[rounds.count / 2] / .milliseconds(1), "ms"),
                Figure("\(watchers) watchers, last worst", rounds[rounds.count - 1] / .milliseconds(1), "ms"),
            ]
        }
    }

    private func service() throws -> any NameService {
        try client.proxy((any NameService).self, "PYRO:\(LanternNameServer.objectID)@\(server)")
    }

    private static let uri = "PYRO:object@host.example.org:7766"
    private static let watchesOfAConnection = 10
}
