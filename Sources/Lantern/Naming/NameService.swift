import LanternValue

/// What a Lantern name server offers to Lantern programs, beside `Pyro.NameServer`: the object `Lantern.NameServer`.
///
/// A name belongs to the identity that registered it. Several instances may serve under one name, each with a lease
/// that its holder renews; the number of a lease is its fencing epoch. Refusals arrive as ``RemoteError`` whose
/// ``RemoteError/namingCode`` says what it is, for example `leaseLost`.
@Remote
public protocol NameService: Sendable {
    /// Makes a lease for the caller.
    func grant(milliseconds: Int64) async throws -> LeaseGrant
    /// Heartbeat: the lease lasts its whole duration again.
    func renew(epoch: Int64) async throws -> LeaseRenewal
    /// Ends a lease and removes what it holds; gives the names.
    func release(epoch: Int64) async throws -> [String]

    /// Registers instances, all or none; gives the revision.
    ///
    /// - Parameters:
    ///   - epoch: the lease that they live by; without one they stay until they are removed.
    ///   - takingOver: other instances of the names go in the same step, also where they had the name for themselves.
    func register(_ names: [NameRegistration], epoch: Int64?, takingOver: Bool) async throws -> Int64
    /// Removes names, all or none; with a lease only what it holds of them. Gives how many were there.
    func remove(_ names: [String], epoch: Int64?) async throws -> Int
    /// Replaces the tags of a name, on all its instances.
    func setMetadata(of name: String, to tags: [String]) async throws

    func lookup(name: String) async throws -> NameDetails
    /// The names that a search finds, and the position from which a watch goes on without a gap.
    func find(_ search: NameSearch) async throws -> NameListing
    /// What becomes of the names that a search finds, from a position on; without one from now on.
    ///
    /// The first item has no changes: it says where the watch begins.
    func watch(_ search: NameSearch, after position: WatchPosition?) async throws -> RemoteStream<NameUpdate>

    /// Who owns how many names.
    func owners(prefix: String) async throws -> [OwnerDetails]
    func leases() async throws -> [LeaseDetails]
    /// The store as one file, as of now.
    func backup() async throws -> RemoteStream<[UInt8]>
}

/// The object id of ``NameService``.
public enum LanternNameServer {
    public static let objectID = "Lantern.NameServer"
}

/// One instance to register.
@RemoteValue
public struct NameRegistration: Codable, Sendable, Hashable {
    public var name: String
    public var uri: String
    /// How much of the calls it should get, compared with others under the name: 0 to 10,000.
    public var weight: Int
    public var tags: [String]
    /// Has the name for itself: no other lease's instance beside it.
    public var isExclusive: Bool
    /// Refuses when the name is taken.
    public var isNew: Bool

    public init(
        _ name: String, uri: String, weight: Int = 100, tags: [String] = [], isExclusive: Bool = false,
        isNew: Bool = false
    ) {
        self.name = name
        self.uri = uri
        self.weight = weight
        self.tags = tags
        self.isExclusive = isExclusive
        self.isNew = isNew
    }
}

@RemoteValue
public struct LeaseGrant: Codable, Sendable, Hashable {
    /// Greater than that of every earlier lease.
    public let epoch: Int64
    public let milliseconds: Int64

    public init(epoch: Int64, milliseconds: Int64) {
        self.epoch = epoch
        self.milliseconds = milliseconds
    }
}

@RemoteValue
public struct LeaseRenewal: Codable, Sendable, Hashable {
    public let milliseconds: Int64
    /// What the lease still holds: a name that is missing was taken over, or removed.
    public let names: [String]

    public init(milliseconds: Int64, names: [String]) {
        self.milliseconds = milliseconds
        self.names = names
    }
}

/// A name with all its instances.
@RemoteValue
public struct NameDetails: Codable, Sendable, Hashable {
    public let name: String
    /// What Pyro programs are given.
    public let uri: String
    /// Sorted.
    public let tags: [String]
    public let owner: String?
    /// Empty for a plain registration.
    public let instances: [InstanceDetails]
    public let isExclusive: Bool

    public init(
        name: String, uri: String, tags: [String], owner: String?, instances: [InstanceDetails],
        isExclusive: Bool
    ) {
        self.name = name
        self.uri = uri
        self.tags = tags
        self.owner = owner
        self.instances = instances
        self.isExclusive = isExclusive
    }
}

@RemoteValue
public struct InstanceDetails: Codable, Sendable, Hashable {
    public let uri: String
    public let weight: Int
    public let tags: [String]
    public let epoch: Int64?

    public init(uri: String, weight: Int, tags: [String], epoch: Int64?) {
        self.uri = uri
        self.weight = weight
        self.tags = tags
        self.epoch = epoch
    }
}

/// Which names: one of these, or all names when none is given.
@RemoteValue
public struct NameSearch: Codable, Sendable, Hashable {
    public var name: String?
    public var prefix: String?
    /// Matches from the start; Python's syntax.
    public var regex: String?
    /// All of these tags.
    public var all: [String]?
    /// Any of these tags.
    public var any: [String]?

    public init(
        name: String? = nil, prefix: String? = nil, regex: String? = nil, all: [String]? = nil,
        any: [String]? = nil
    ) {
        self.name = name
        self.prefix = prefix
        self.regex = regex
        self.all = all
        self.any = any
    }
}

@RemoteValue
public struct NameListing: Codable, Sendable, Hashable {
    /// Sorted by name.
    public let names: [NameDetails]
    public let position: WatchPosition

    public init(names: [NameDetails], position: WatchPosition) {
        self.names = names
        self.position = position
    }
}

/// A point in the history of one store.
@RemoteValue
public struct WatchPosition: Codable, Sendable, Hashable {
    /// Which store: after a restore it is another one, and positions of the old mean nothing.
    public let store: String
    public let revision: Int64

    public init(store: String, revision: Int64) {
        self.store = store
        self.revision = revision
    }
}

/// What changed in one step, as far as the watch is concerned.
@RemoteValue
public struct NameUpdate: Codable, Sendable, Hashable {
    /// From here a watch goes on behind this update.
    public let position: WatchPosition
    /// Empty when the update only says how far the watch is.
    public let changes: [ChangedName]

    public init(position: WatchPosition, changes: [ChangedName]) {
        self.position = position
        self.changes = changes
    }
}

@RemoteValue
public struct ChangedName: Codable, Sendable, Hashable {
    public let name: String
    /// Nil when the name is gone, or is no longer one that the search finds.
    public let details: NameDetails?

    public init(name: String, details: NameDetails?) {
        self.name = name
        self.details = details
    }
}

@RemoteValue
public struct OwnerDetails: Codable, Sendable, Hashable {
    /// Nil for names that nobody owns.
    public let owner: String?
    public let names: Int

    public init(owner: String?, names: Int) {
        self.owner = owner
        self.names = names
    }
}

@RemoteValue
public struct LeaseDetails: Codable, Sendable, Hashable {
    public let epoch: Int64
    public let owner: String
    public let milliseconds: Int64
    /// Until it ends without a heartbeat.
    public let remaining: Int64
    public let names: [String]

    public init(epoch: Int64, owner: String, milliseconds: Int64, remaining: Int64, names: [String]) {
        self.epoch = epoch
        self.owner = owner
        self.milliseconds = milliseconds
        self.remaining = remaining
        self.names = names
    }
}

extension RemoteError {
    /// Why a Lantern name server refused: `leaseLost`, `notOwner`, `compacted` and others; nil for other errors.
    public var namingCode: String? {
        guard isA("NamingError") else { return nil }
        return attributes.first { $0.key.textValue == "code" }?.value.textValue
    }
}
