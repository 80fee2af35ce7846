import Foundation
import LanternNameServer

/// The stores that the conformance suite runs against.
enum StoreKind: String, CaseIterable, Sendable {
    case memory, sqlite, etcd

    /// Those that can be tested here.
    static let allCases: [StoreKind] = EtcdCluster.isUsable ? [.memory, .sqlite, .etcd] : local
    /// Those whose leases the name server measures, by a clock that a test can set.
    static let local: [StoreKind] = [.memory, .sqlite]

    /// Runs a test with an empty store.
    func run(
        capacity: Int = 1000, history: Int = 1000, _ test: (any NameStore) async throws -> Void
    ) async throws {
        switch self {
        case .memory: try await test(MemoryNameStore(capacity: capacity, history: history))
        case .sqlite:
            try await StoreDirectory.run { directory in
                var settings = SQLiteNameStore.Settings()
                settings.capacity = capacity
                settings.history = history
                let store = try SQLiteNameStore(path: directory + "/names/names.db", settings: settings)
                try await test(store)
                await store.close()
            }
        case .etcd:
            let store = try await EtcdCluster.shared.value.store { settings in
                settings.capacity = capacity
                settings.history = history
                // Tests of stores measure no time.
                settings.shortestLease = .seconds(600)
                settings.staleness = .seconds(10)
                settings.patience = .seconds(30)
            }
            do { try await test(store) } catch {
                await store.close()
                throw error
            }
            await store.close()
        }
    }
}

/// A directory for one test.
enum StoreDirectory {
    static func run(_ test: (String) async throws -> Void) async throws {
        let path = FileManager.default.temporaryDirectory.path + "/lantern-store-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await test(path)
    }
}
