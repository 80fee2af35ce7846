import CoreMetrics
import Glibc
import Lantern
import LanternTrust

/// The object `Lantern.NameServer`: ``NameService`` over a ``NameRegistry``.
struct NameServiceObject: NameService {
    let registry: NameRegistry
    let policy: @Sendable () -> PolicyTable?

    func grant(milliseconds: Int64) async throws -> LeaseGrant {
        try await answer(.grant) { actor in
            let lease = try await registry.grant(milliseconds: milliseconds, by: actor)
            return LeaseGrant(epoch: lease.epoch, milliseconds: lease.duration)
        }
    }

    func renew(epoch: Int64) async throws -> LeaseRenewal {
        try await answer(.renew) { actor in
            let (lease, names) = try await registry.renew(epoch, by: actor)
            return LeaseRenewal(milliseconds: lease.duration, names: names)
        }
    }

    func release(epoch: Int64) async throws -> [String] {
        try await answer(.release) { try await registry.release(epoch, by: $0) }
    }

    func register(_ names: [NameRegistration], epoch: Int64?, takingOver: Bool) async throws -> Int64 {
        try await answer(.register) {
            let revision = try await registry.register(
                names, epoch: epoch, takingOver: takingOver, by: $0)
            registry.meters?.registered.increment(by: names.count)
            return revision
        }
    }

    func remove(_ names: [String], epoch: Int64?) async throws -> Int {
        try await answer(.remove) {
            let removed = try await registry.remove(names, epoch: epoch, by: $0)
            registry.meters?.removed.increment(by: removed)
            return removed
        }
    }

    func setMetadata(of name: String, to tags: [String]) async throws {
        try await answer(.setMetadata) { try await registry.setMetadata(name, Set(tags), by: $0) }
    }

    func lookup(name: String) async throws -> NameDetails {
        try await answer(.lookup) { try await registry.lookup(name, by: $0).details }
    }

    func find(_ search: NameSearch) async throws -> NameListing {
        try await answer(.find) { try await registry.find(search, by: $0) }
    }

    func watch(
        _ search: NameSearch, after position: WatchPosition?
    ) async throws -> RemoteStream<NameUpdate> {
        try await answer(.watch) { actor in
            let watch = try registry.watch(search, after: position, by: actor)
            let counted = registry.meters.map { WatchCount($0) }
            return RemoteStream(unfolding: {
                _ = counted
                return try await Self.translated { try await watch.next() }
            })
        }
    }

    func owners(prefix: String) async throws -> [OwnerDetails] {
        try await answer(.owners) { actor in
            try await registry.owners(prefix: prefix, by: actor).map {
                OwnerDetails(owner: $0.owner, names: $0.names)
            }
        }
    }

    func leases() async throws -> [LeaseDetails] {
        try await answer(.leases) { _ in
            try await registry.allLeases().map {
                LeaseDetails(
                    epoch: $0.lease.epoch, owner: $0.lease.owner, milliseconds: $0.lease.duration,
                    remaining: $0.remaining, names: $0.names)
            }
        }
    }

    func backup() async throws -> RemoteStream<[UInt8]> {
        try await answer(.backup) { _ in
            guard let store = registry.ownStore as? SQLiteNameStore else {
                throw NamingError.storeFailed("names in memory have no backup")
            }
            let chunks = try await BackupFile(of: store)
            return RemoteStream(unfolding: { try await chunks.next() })
        }
    }

    private func answer<T>(
        _ operation: NameServerMeters.Operation, _ work: (NameActor) async throws -> T
    ) async throws -> T {
        registry.meters?.began(operation)
        guard let context = CallContext.current else {
            throw LanternError(.misuse, "the name server answers calls of a daemon only")
        }
        return try await Self.translated {
            do {
                return try await work(NameActor(context, policy: policy))
            } catch let error as NamingError {
                registry.meters?.refused(error)
                throw error
            }
        }
    }

    /// Errors of naming in the form in which they travel.
    private static func translated<T>(_ work: () async throws -> T) async throws -> T {
        do {
            return try await work()
        } catch let error as NamingError {
            throw RemoteError(
                type: "Pyro5.errors.NamingError", message: error.message,
                attributes: [ValuePair("code", .text("\(error.code)"))])
        }
    }
}

extension NameActor {
    /// The caller of a method of the name server.
    ///
    /// What it may do to names of others is what rules that name the object ``NameRegistry/ownersName`` say about the same
    /// method; a rule on all objects says nothing about it.
    init(_ context: CallContext, policy: @escaping @Sendable () -> PolicyTable?) {
        let (peer, object, method) = (context.peer, context.object, context.method)
        self.init(
            peer.identity.description, isLocal: Reachability.isOfThisHost(context.address),
            rights: {
                policy()?.nameRights(peer: peer, object: object, method: method) ?? .none
            },
            rightsOfOthers: {
                policy()?.nameRights(
                    peer: peer, object: NameRegistry.ownersName, method: method, isExplicit: true) ?? .none
            })
    }
}

/// Counts a watch for as long as somebody holds its stream.
private final class WatchCount: Sendable {
    private let meters: NameServerMeters

    init(_ meters: NameServerMeters) {
        self.meters = meters
        meters.watchBegan()
    }

    deinit { meters.watchEnded() }
}

/// A backup that is being sent; its file has no name any more and goes with this.
private actor BackupFile {
    private static let chunk = 64 << 10
    private let file: CInt

    init(of store: SQLiteNameStore) async throws {
        let path = store.path + ".sending-" + StoreIncarnation.random()
        try await store.backup(to: path)
        file = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        unlink(path)
        guard file >= 0 else { throw NamingError.storeFailed("the backup cannot be read") }
    }

    deinit { if file >= 0 { close(file) } }

    func next() throws -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: Self.chunk)
        while true {
            let count = read(file, &bytes, bytes.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw NamingError.storeFailed("the backup cannot be read") }
            return count == 0 ? nil : Array(bytes[..<count])
        }
    }
}
