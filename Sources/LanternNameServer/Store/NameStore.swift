/// Keeps the registered names.
///
/// The rules of naming stay out of the stores: they arrive as a function from the entry that is there to the change
/// that is wanted. A store in memory calls it once, one with transactions calls it inside one, one with
/// compare-and-swap calls it again when another writer came first. Such a function is therefore pure.
///
/// All texts compare by code points, never by canonical equivalence.
public protocol NameStore: Sendable {
    /// - Returns: `nil` for an unknown name.
    func lookup(_ name: String) async throws -> NameEntry?

    /// Reads an entry, asks for the change, makes it: one atomic step.
    ///
    /// - Parameter change: gets `nil` for an unknown name; what it throws leaves the store as it was.
    /// - Returns: the entry as it was before.
    /// - Throws: ``NamingError/Code/storeFull`` when a new name does not fit.
    @discardableResult
    func update(
        _ name: String, _ change: @Sendable (NameEntry?) throws -> NameChange
    ) async throws -> NameEntry?

    /// Removes the entries that pass the filter and of which `mayRemove` says so, each in one atomic step.
    ///
    /// - Returns: how many were removed, and how many `mayRemove` kept.
    func remove(
        _ filter: NameFilter, limits: ResultLimits, where mayRemove: @Sendable (NameEntry) -> Bool
    ) async throws -> (removed: Int, kept: Int)

    /// The entries that pass the filter, sorted by name.
    ///
    /// - Throws: ``NamingError/Code/tooManyResults`` above the limits, before the answer is built.
    func list(_ filter: NameFilter, limits: ResultLimits) async throws -> [NameEntry]

    func count() async throws -> Int
}

/// What becomes of one entry.
public enum NameChange: Sendable {
    case keep
    case put(NameEntry)
    case remove
}
