/// Keeps the registered names, the leases and the latest changes.
///
/// The rules of naming stay out of the stores: they arrive as a function from the entries that are there to the changes
/// that are wanted. A store in memory calls it once, one with transactions calls it inside one, one with
/// compare-and-swap calls it again when another writer came first. Such a function is therefore pure.
///
/// All texts compare by code points, never by canonical equivalence. What a store cannot do because of its disk is
/// ``NamingError/Code/storeFailed``, and then nothing of it was done.
public protocol NameStore: Sendable {
    /// The latest changes; holds a step before the call that made it returns.
    var history: ChangeHistory { get }

    /// - Returns: `nil` for an unknown name.
    func lookup(_ name: String) async throws -> NameEntry?

    /// Reads entries, asks for the changes, makes them: one atomic step with one revision.
    ///
    /// - Parameters:
    ///   - names: all different.
    ///   - epoch: a lease that must be there in the same step.
    ///   - change: gets `nil` for each unknown name and returns as many changes; what it throws leaves the store as
    ///     it was.
    /// - Throws: ``NamingError/Code/storeFull`` when a new name does not fit, ``NamingError/Code/leaseLost``.
    @discardableResult
    func update(
        _ names: [String], holding epoch: Int64?,
        _ change: @escaping @Sendable ([NameEntry?]) throws -> [NameChange]
    ) async throws -> NameCommit

    /// Removes the entries that pass the filter and of which `mayRemove` says so, in steps of up to 1,000 names.
    ///
    /// - Returns: how many were removed, and how many `mayRemove` kept.
    func remove(
        _ filter: NameFilter, limits: ResultLimits, where mayRemove: @escaping @Sendable (NameEntry) -> Bool
    ) async throws -> (removed: Int, kept: Int)

    /// The entries that pass the filter, sorted by name, as they were at one revision.
    ///
    /// - Throws: ``NamingError/Code/tooManyResults`` above the limits, before the answer is built.
    func snapshot(_ filter: NameFilter, limits: ResultLimits) async throws -> NameSnapshot

    func count() async throws -> Int

    // MARK: - Leases

    /// Makes a lease with a greater epoch than all before.
    ///
    /// - Throws: ``NamingError/Code/tooManyLeases``.
    func grant(to owner: String, duration: Int64, limits: LeaseLimits) async throws -> NameLease

    /// Ends a lease and takes its instances out of all names, in one step.
    ///
    /// - Returns: the names that it held, sorted; `nil` when there is no such lease.
    func revoke(_ epoch: Int64) async throws -> [String]?

    /// All leases by epoch.
    func leases() async throws -> [NameLease]

    /// The names that a lease has instances under, sorted.
    func names(heldBy epoch: Int64) async throws -> [String]

    /// Lets go of files and threads; the store takes no more calls.
    func close() async
}

extension NameStore {
    /// The same for one name.
    ///
    /// - Returns: the entry as it was before.
    @discardableResult
    public func update(
        _ name: String, _ change: @escaping @Sendable (NameEntry?) throws -> NameChange
    ) async throws -> NameEntry? {
        let commit = try await update([name], holding: nil) { [try change($0.first ?? nil)] }
        return commit.before.first ?? nil
    }

    public func list(_ filter: NameFilter, limits: ResultLimits) async throws -> [NameEntry] {
        try await snapshot(filter, limits: limits).entries
    }
}

/// What becomes of one entry.
public enum NameChange: Sendable {
    case keep
    case put(NameEntry)
    case remove
}

/// A step that was made.
public struct NameCommit: Sendable {
    /// The entries as they were before, in the order of the names.
    public let before: [NameEntry?]
    /// The store's revision after it.
    public let revision: Int64
}

/// Names at one moment.
public struct NameSnapshot: Sendable {
    public let entries: [NameEntry]
    /// All changes up to this one are in it, none after.
    public let revision: Int64
}

/// How many leases there may be.
public struct LeaseLimits: Sendable, Hashable {
    public var all: Int
    public var perOwner: Int

    public init(all: Int = 100_000, perOwner: Int = 10_000) {
        self.all = all
        self.perOwner = perOwner
    }
}

/// What all stores agree on.
enum StoreSteps {
    /// Names that one removal by filter takes in one step.
    static let removals = 1_000

    /// The event of a change; nil when nothing changes.
    static func event(_ name: String, _ before: NameEntry?, _ change: NameChange) -> NameEvent? {
        switch change {
        case .keep: nil
        case .remove: before.map { NameEvent(name: name, before: $0, after: nil) }
        case .put(let entry): before == entry ? nil : NameEvent(name: name, before: before, after: entry)
        }
    }
}
