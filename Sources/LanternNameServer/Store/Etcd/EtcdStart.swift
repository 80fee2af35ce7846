public import Lantern
package import LanternEtcd
import LanternTLS
public import Logging

/// What a store begins with: all keys at one revision of etcd, old enough to have the latest changes behind it.
struct EtcdStart: Sendable {
    let mirror: EtcdMirror
    /// etcd's revision that the mirror is at.
    let base: Int64
    /// etcd's revision at which the prefix was made.
    let created: Int64
    /// Differs between clusters, and after a restore into a new one.
    let incarnation: String

    /// Operations that one transaction may need.
    static let operations = StoreSteps.removals + 8
    /// Keys of one answer while all are read.
    private static let page: Int64 = 256

    /// - Throws: `EtcdError`.
    init(keys: EtcdKeys, history: Int, client: EtcdClient) async throws {
        try await Self.checkLimits(keys, client)
        var first = EtcdTransaction()
        first.comparisons = [.init(keys.step, .createRevision, .equal, 0)]
        first.success = [.put(key: keys.step, value: Array("start".utf8))]
        do { _ = try await client.commit(first) } catch let error as EtcdError {
            // Whoever made it: it is there or the next read says so.
            guard error.code == .unknownOutcome else { throw error }
        }
        let answer = try await client.range(EtcdRange(key: keys.step))
        guard let step = answer.pairs.first else {
            throw EtcdError(.refused, "etcd does not keep what is put under the prefix")
        }
        created = step.createRevision
        incarnation = String(answer.header.clusterID, radix: 36) + "-" + String(created, radix: 36)
        let wanted = max(created, answer.header.revision - Int64(history))
        do {
            (mirror, base) = try await Self.read(keys, at: wanted, client)
        } catch let error as EtcdError where error.code == .compacted {
            (mirror, base) = try await Self.read(keys, at: nil, client)
        }
    }

    /// etcd takes 128 operations in a transaction unless it is told otherwise.
    private static func checkLimits(_ keys: EtcdKeys, _ client: EtcdClient) async throws {
        var probe = EtcdTransaction()
        probe.comparisons = Array(
            repeating: .init(keys.step, .version, .greater, -1), count: operations)
        do { _ = try await client.commit(probe) } catch let error as EtcdError {
            guard error.code == .refused, error.detail.contains("too many operations") else { throw error }
            throw EtcdError(
                .badSetting,
                "etcd takes too few operations in one transaction: start it with --max-txn-ops=2048")
        }
    }

    /// Reads all keys at one revision, in pages.
    static func read(
        _ keys: EtcdKeys, at revision: Int64?, _ client: EtcdClient
    ) async throws -> (EtcdMirror, Int64) {
        var mirror = EtcdMirror(keys: keys)
        var range = EtcdRange(prefix: keys.prefix)
        range.revision = revision ?? 0
        range.limit = page
        while true {
            let answer: EtcdRangeAnswer
            do { answer = try await client.range(range) } catch let error as EtcdError {
                guard error.code == .messageTooLarge, range.limit > 1 else { throw error }
                range.limit = max(1, range.limit / 8)
                continue
            }
            if range.revision == 0 { range.revision = answer.header.revision }
            for pair in answer.pairs { mirror.load(pair) }
            guard answer.hasMore, let last = answer.pairs.last else { return (mirror, range.revision) }
            range.key = last.key + [0]
        }
    }
}

extension EtcdNameStore {
    /// Connects, reads all names and follows them.
    ///
    /// - Throws: ``LanternError/Code/configuration`` with what is wrong.
    public static func open(
        _ place: EtcdPlace, logger: Logger = Logger(label: "lantern.ns")
    ) async throws -> EtcdNameStore {
        var etcd: EtcdSettings
        do throws(EtcdError) {
            var endpoints: [EtcdEndpoint] = []
            for text in place.endpoints { endpoints.append(try EtcdEndpoint(text)) }
            etcd = try EtcdSettings(
                endpoints: endpoints,
                tls: TLSSettings(
                    certificateChainFile: place.certificateFile, privateKeyFile: place.privateKeyFile,
                    trustRootsFile: place.trustRootsFile))
        } catch {
            throw LanternError(.configuration, error.detail, cause: error)
        }
        etcd.deadline = place.deadline
        var settings = Settings()
        settings.prefix = place.prefix
        settings.staleness = place.staleness
        return try await open(etcd, settings: settings, logger: logger)
    }

    /// Connects, reads all names and follows them.
    ///
    /// - Throws: ``LanternError/Code/configuration`` with what is wrong.
    package static func open(
        _ etcd: EtcdSettings, settings: Settings = .init(), logger: Logger = Logger(label: "lantern.ns")
    ) async throws -> EtcdNameStore {
        let client: EtcdClient
        do { client = try EtcdClient(settings: etcd) } catch { throw openError(error, etcd) }
        do {
            let start = try await EtcdStart(
                keys: EtcdKeys(prefix: settings.prefix), history: settings.history, client: client)
            let store = EtcdNameStore(settings: settings, client: client, start: start, logger: logger)
            store.follow()
            do {
                try await store.confirm()
            } catch {
                await store.close()
                throw error
            }
            return store
        } catch {
            await client.close()
            throw openError(error, etcd)
        }
    }

    private static func openError(_ error: any Error, _ etcd: EtcdSettings) -> LanternError {
        let places = etcd.endpoints.map(\.description).joined(separator: ", ")
        let reason = (error as? EtcdError)?.detail ?? (error as? NamingError)?.message ?? "\(error)"
        return LanternError(
            .configuration, "the name store on etcd at \(places) cannot be opened: \(reason)", cause: error)
    }
}
