import Foundation
import Lantern
import Synchronization
import Testing

@testable import LanternNameServer

/// What concurrent clients saw while servers of etcd were killed, stopped and started again, held against the promises.
///
/// Eight seconds by default; LANTERN_HISTORY_SECONDS says otherwise.
@Suite(.enabled(if: EtcdCluster.isUsable, "\(EtcdCluster.howToGet)"), .timeLimit(.minutes(60)))
struct EtcdHistoryTests {
    /// What was acknowledged, by the clock of this process.
    private struct History: Sendable {
        struct Tenure: Sendable {
            let owner: Int
            /// From the answer to the registration to the question for the removal: certainly owner.
            let from: ContinuousClock.Instant
            let until: ContinuousClock.Instant
        }

        var registered: Set<String> = []
        var tenures: [Tenure] = []
        /// Version and moment of each acknowledged write of the register.
        var writes: [(version: Int, at: ContinuousClock.Instant)] = []
        var reads: [(version: Int, at: ContinuousClock.Instant)] = []
        var refused = 0
    }

    private final class Log: Sendable {
        let state = Mutex(History())
    }

    private static let seconds =
        ProcessInfo.processInfo.environment["LANTERN_HISTORY_SECONDS"].flatMap(Double.init) ?? 8

    @Test("no acknowledged name is lost, no name has two owners, no read is older than the bound")
    func history() async throws {
        let cluster = try await EtcdCluster()
        var stores: [EtcdNameStore] = []
        stores.append(try await cluster.store())
        let prefix = stores[0].settings.prefix
        for index in 1..<3 { stores.append(try await cluster.store(prefix: prefix, on: [index, 0])) }
        let history = Log()
        let end = ContinuousClock.now + .seconds(Self.seconds)
        let all = stores
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await Self.disturb(cluster, until: end) }
            for client in 0..<6 {
                let store = all[client % all.count]
                group.addTask { await Self.register(client, store, history, until: end) }
                group.addTask { await Self.own(client, store, history, until: end) }
            }
            group.addTask { await Self.write(all[0], history, until: end) }
            for store in all.dropFirst() {
                group.addTask { await Self.read(store, history, until: end) }
            }
        }
        try await check(history.state.withLock { $0 }, cluster, prefix, bound: stores[0].settings.staleness)
        for store in stores { await store.close() }
    }

    private func check(
        _ history: History, _ cluster: EtcdCluster, _ prefix: String, bound: Duration
    ) async throws {
        // A name server that was not there says what is there.
        let fresh = try await cluster.store(prefix: prefix)
        let names = Set(try await fresh.list(.prefix("own."), limits: .init()).map(\.name))
        #expect(history.registered.subtracting(names).isEmpty, "acknowledged names are lost")
        let tenures = history.tenures.sorted { $0.from < $1.from }
        for (earlier, later) in zip(tenures, tenures.dropFirst()) {
            #expect(earlier.until <= later.from, "two owners: \(earlier.owner) and \(later.owner)")
        }
        var stale = 0
        for read in history.reads {
            let due = history.writes.last { $0.at + bound < read.at }?.version ?? 0
            if read.version < due { stale += 1 }
        }
        #expect(stale == 0, "reads older than \(bound)")
        #expect(!history.registered.isEmpty && !history.tenures.isEmpty && !history.reads.isEmpty)
        print(
            "history: \(history.registered.count) names, \(history.tenures.count) tenures,",
            "\(history.writes.count) writes, \(history.reads.count) reads, \(history.refused) refusals")
        await fresh.close()
    }

    // MARK: - Clients

    /// New names all the time.
    private static func register(
        _ client: Int, _ store: EtcdNameStore, _ history: Log,
        until end: ContinuousClock.Instant
    ) async {
        var number = 0
        while .now < end {
            let name = "own.\(client).\(number)"
            number += 1
            do {
                try await store.update(name) { _ in .put(NameEntry(name: name, uri: "PYRO:o@h:1")) }
                history.state.withLock { _ = $0.registered.insert(name) }
            } catch {
                history.state.withLock { $0.refused += 1 }
            }
        }
    }

    /// Takes one name when nobody has it, and gives it back.
    private static func own(
        _ client: Int, _ store: EtcdNameStore, _ history: Log,
        until end: ContinuousClock.Instant
    ) async {
        let mine = NameEntry(name: "shared", uri: "PYRO:o@h:1", owner: "\(client)")
        while .now < end {
            var since: ContinuousClock.Instant?
            do {
                let before = try await store.update("shared") { existing in
                    if let existing, existing != mine { return .keep }
                    return .put(mine)
                }
                if before == nil { since = .now }
                guard before == nil || before == mine else { continue }
            } catch {
                // It may be ours now: given back below, without having been sure.
            }
            let until = ContinuousClock.now
            do {
                let before = try await store.update("shared") { $0 == mine ? .remove : .keep }
                if let since, before == mine {
                    history.state.withLock {
                        $0.tenures.append(.init(owner: client, from: since, until: until))
                    }
                } else if since != nil {
                    Issue.record("\(client) lost a name that nobody else may take")
                }
            } catch {
                if let since {
                    history.state.withLock {
                        $0.tenures.append(.init(owner: client, from: since, until: until))
                    }
                }
                history.state.withLock { $0.refused += 1 }
            }
        }
    }

    /// One name whose URI counts.
    private static func write(
        _ store: EtcdNameStore, _ history: Log, until end: ContinuousClock.Instant
    ) async {
        var version = 0
        while .now < end {
            version += 1
            let entry = NameEntry(name: "register", uri: "PYRO:o@h:\(version)")
            do {
                try await store.update("register") { _ in .put(entry) }
                let written = version
                history.state.withLock { $0.writes.append((written, .now)) }
            } catch {
                history.state.withLock { $0.refused += 1 }
            }
        }
    }

    private static func read(
        _ store: EtcdNameStore, _ history: Log, until end: ContinuousClock.Instant
    ) async {
        while .now < end {
            let start = ContinuousClock.now
            do {
                let entry = try await store.lookup("register")
                let version = entry.flatMap { Int($0.uri.split(separator: ":").last ?? "") } ?? 0
                history.state.withLock { $0.reads.append((version, start)) }
                // A hundred a second are enough to find one that is old.
                try await Task.sleep(for: .milliseconds(10))
            } catch {
                history.state.withLock { $0.refused += 1 }
            }
        }
    }

    /// One server at a time: killed and started again, or stopped for a while.
    private static func disturb(_ cluster: EtcdCluster, until end: ContinuousClock.Instant) async {
        var number = 0
        while .now < end {
            let (index, pause) = (Int.random(in: 0..<3), Duration.milliseconds(Int.random(in: 200...2_500)))
            if number % 2 == 0 {
                cluster.kill(index)
                try? await Task.sleep(for: pause)
                do { try cluster.start(index) } catch { Issue.record("\(error)") }
            } else {
                cluster.pause(index)
                try? await Task.sleep(for: pause)
                cluster.resume(index)
            }
            number += 1
            try? await Task.sleep(for: .milliseconds(Int.random(in: 200...1_000)))
        }
    }
}
