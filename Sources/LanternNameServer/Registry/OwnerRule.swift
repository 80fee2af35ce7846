/// Whether one caller may change one entry.
struct OwnerRule: Sendable {
    /// The caller; `nil` where ownership is off.
    let owner: String?

    /// An entry without an owner may be changed by whoever may call the method.
    func allows(_ entry: NameEntry) -> Bool {
        guard let owner, let registered = entry.owner else { return true }
        return owner.isExactly(registered)
    }

    func check(_ entry: NameEntry) throws {
        guard allows(entry) else { throw NamingError.notOwner(entry.name) }
    }

    func checkReserved(_ name: String) throws {
        if name.isExactly(NameRegistry.ownName) { throw NamingError.reserved(name) }
    }
}

extension String {
    /// The same code points, not only canonically equivalent ones.
    func isExactly(_ other: String) -> Bool { ExactText(self) == ExactText(other) }
}
