/// One registered name.
///
/// What Pyro programs see of it is one URI and one set of tags. Lantern programs may register several instances under
/// one name; then ``uri`` is the instance with the highest weight, of several the one with the newest lease, and
/// ``metadata`` the tags of all.
public struct NameEntry: Sendable, Hashable {
    public let name: String
    /// The URI as text, as it was registered.
    public let uri: String
    /// The tags.
    public let metadata: Set<String>
    /// The identity that registered the name; `nil` for names of the name server itself, and where ownership is off.
    public let owner: String?
    /// What Lantern programs registered, in the order of registration; empty for a plain registration.
    public let instances: [NameInstance]
    /// Whether only one lease may have instances under the name.
    public let isExclusive: Bool

    public init(name: String, uri: String, metadata: Set<String> = [], owner: String? = nil) {
        self.name = name
        self.uri = uri
        self.metadata = metadata
        self.owner = owner
        instances = []
        isExclusive = false
    }

    /// - Returns: nil without instances.
    public init?(name: String, instances: [NameInstance], owner: String?, isExclusive: Bool = false) {
        guard let shown = Self.preferred(of: instances) else { return nil }
        self.name = name
        self.instances = instances
        self.owner = owner
        self.isExclusive = isExclusive
        uri = shown.uri
        metadata = instances.reduce(into: []) { $0.formUnion($1.metadata) }
    }

    /// The tags in the order in which listings show them.
    public var sortedMetadata: [String] { metadata.sorted { ExactText($0) < ExactText($1) } }

    /// What the entry costs in a listing, in bytes of text.
    package var cost: Int {
        let plain = metadata.reduce(name.utf8.count &+ uri.utf8.count) { $0 &+ $1.utf8.count }
        return instances.reduce(plain) { sum, instance in
            instance.metadata.reduce(sum &+ instance.uri.utf8.count) { $0 &+ $1.utf8.count }
        }
    }

    /// The leases that hold instances of it.
    var epochs: Set<Int64> { Set(instances.compactMap(\.epoch)) }

    /// The entry with only some of its instances; nil when none is left. A plain entry stays as it is.
    func keeping(_ isKept: (NameInstance) -> Bool) -> NameEntry? {
        guard !instances.isEmpty else { return self }
        let kept = instances.filter(isKept)
        guard kept.count < instances.count else { return self }
        return NameEntry(name: name, instances: kept, owner: owner, isExclusive: isExclusive)
    }

    /// The entry with other tags, on each of its instances.
    func tagged(_ tags: Set<String>) -> NameEntry {
        let changed = instances.map {
            NameInstance(uri: $0.uri, weight: $0.weight, metadata: tags, epoch: $0.epoch)
        }
        return NameEntry(name: name, instances: changed, owner: owner, isExclusive: isExclusive)
            ?? NameEntry(name: name, uri: uri, metadata: tags, owner: owner)
    }

    /// The highest weight, then the newest lease, then the latest registration.
    private static func preferred(of instances: [NameInstance]) -> NameInstance? {
        instances.reduce(nil) { best, next in
            guard let best else { return next }
            return (best.weight, best.epoch ?? 0) > (next.weight, next.epoch ?? 0) ? best : next
        }
    }
}

/// One of the objects that serve under a name.
public struct NameInstance: Sendable, Hashable {
    public let uri: String
    /// How much of the calls it should get, compared with the others; 0 only when there is no other.
    public let weight: Int
    public let metadata: Set<String>
    /// The lease that it lives by; `nil` when it stays until it is removed.
    public let epoch: Int64?

    public init(uri: String, weight: Int = 100, metadata: Set<String> = [], epoch: Int64? = nil) {
        self.uri = uri
        self.weight = weight
        self.metadata = metadata
        self.epoch = epoch
    }
}
