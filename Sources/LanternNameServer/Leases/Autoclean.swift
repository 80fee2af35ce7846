import Lantern
import LanternWire
import NIOCore
import NIOPosix
import Synchronization

/// When names are taken for dead because nobody listens at their address, as Pyro's `NS_AUTOCLEAN`.
public struct AutocleanSettings: Sendable {
    /// Between two rounds; Pyro's least is 3 seconds.
    public var interval: Duration
    /// How long an address may be without an answer; Pyro's is 20 seconds.
    public var patience: Duration
    /// How long one attempt to connect may take.
    public var timeout: Duration
    /// Addresses that are tried at the same time.
    public var concurrency: Int

    public init(
        interval: Duration = .seconds(30), patience: Duration = .seconds(20),
        timeout: Duration = .seconds(5), concurrency: Int = 32
    ) {
        self.interval = max(interval, .seconds(3))
        self.patience = patience
        self.timeout = timeout
        self.concurrency = max(1, concurrency)
    }
}

/// Connects to what is registered and removes what has not answered for a while.
final class Autoclean: Sendable {
    typealias Probe = @Sendable (PyroURI.Location) async -> Bool

    private struct State {
        var next: Int64 = 0
        /// Since when a name's address does not answer.
        var silent: [ExactText: Int64] = [:]
        var isRunning = false
    }

    private let settings: AutocleanSettings
    private let clock: NameClock
    private let probe: Probe
    private let state = Mutex(State())

    init(_ settings: AutocleanSettings, clock: NameClock, probe: Probe? = nil) {
        self.settings = settings
        self.clock = clock
        self.probe = probe ?? { await Self.answers($0, within: settings.timeout) }
    }

    /// Looks at all names when it is time.
    ///
    /// Names with leases are left to these; the name server's own name is left alone.
    ///
    /// - Returns: what was removed.
    func round(_ registry: NameRegistry) async throws -> [NameEntry] {
        let now = clock.now()
        let isTime = state.withLock { state in
            guard now >= state.next, !state.isRunning else { return false }
            state.isRunning = true
            return true
        }
        guard isTime else { return [] }
        defer {
            let next = clock.now() &+ milliseconds(settings.interval)
            state.withLock { state in
                state.next = next
                state.isRunning = false
            }
        }
        let entries = try await registry.list().filter {
            $0.instances.isEmpty && !$0.name.isExactly(NameRegistry.ownName)
        }
        let dead = await silent(entries)
        let overdue = note(dead, at: now)
        var removed: [NameEntry] = []
        for entry in overdue {
            // Only what was looked at: it may have been registered anew meanwhile.
            let before = try await registry.store.update(entry.name) { $0 == entry ? .remove : .keep }
            if before == entry { removed.append(entry) }
            state.withLock { $0.silent[ExactText(entry.name)] = nil }
        }
        return removed
    }

    /// - Returns: those that have been silent for too long.
    private func note(_ dead: [NameEntry], at now: Int64) -> [NameEntry] {
        let patience = milliseconds(settings.patience)
        return state.withLock { state in
            var silent: [ExactText: Int64] = [:]
            for entry in dead {
                let key = ExactText(entry.name)
                silent[key] = state.silent[key] ?? now
            }
            state.silent = silent
            return dead.filter { now &- (silent[ExactText($0.name)] ?? now) >= patience }
        }
    }

    /// The entries at whose address nobody answers; each address is tried once.
    private func silent(_ entries: [NameEntry]) async -> [NameEntry] {
        let places = entries.map { try? PyroURI($0.uri).location }
        let probe = probe
        let answers = await withTaskGroup(of: (PyroURI.Location, Bool).self) { group in
            var answers: [PyroURI.Location: Bool] = [:]
            var running = 0
            for place in Set(places.compactMap { $0 }) {
                if running >= settings.concurrency, let (done, isThere) = await group.next() {
                    answers[done] = isThere
                    running -= 1
                }
                group.addTask { (place, await probe(place)) }
                running += 1
            }
            for await (done, isThere) in group { answers[done] = isThere }
            return answers
        }
        // A name that stands for another name has no address of its own.
        return zip(entries, places).filter { $1.map { answers[$0] == false } ?? false }.map(\.0)
    }

    private static func answers(_ place: PyroURI.Location, within timeout: Duration) async -> Bool {
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(TimeAmount(timeout))
        let channel: (any Channel)?
        switch place {
        case .host(let host, let port): channel = try? await bootstrap.connect(host: host, port: port).get()
        case .unix(let path): channel = try? await bootstrap.connect(unixDomainSocketPath: path).get()
        }
        guard let channel else { return false }
        try? await channel.close().get()
        return true
    }

    private func milliseconds(_ duration: Duration) -> Int64 { Int64(duration / .milliseconds(1)) }
}
