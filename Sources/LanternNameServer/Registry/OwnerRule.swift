import LanternTrust

/// Whether one caller may change one entry.
struct OwnerRule: Sendable {
    /// The caller; `nil` where ownership is off.
    let owner: String?
    /// Names that it may use at all.
    let rights: NameRights
    /// Names that it may change whoever owns them.
    let rightsOfOthers: NameRights

    /// An entry without an owner may be changed by whoever may call the method.
    func allows(_ entry: NameEntry) -> Bool { rights.allow(entry.name) && owns(entry) }

    private func owns(_ entry: NameEntry) -> Bool {
        guard let owner, let registered = entry.owner else { return true }
        return owner.isExactly(registered) || rightsOfOthers.allow(entry.name)
    }

    func check(_ entry: NameEntry) throws {
        guard owns(entry) else { throw NamingError.notOwner(entry.name) }
    }

    /// Whether the policy lets the caller use the name; says nothing about what is registered.
    func checkName(_ name: String, for operation: String) throws {
        guard rights.allow(name) else { throw NamingError.notAllowed(operation, name) }
    }

    func checkReserved(_ name: String) throws {
        if name.isExactly(NameRegistry.ownName) { throw NamingError.reserved(name) }
    }
}

extension String {
    /// The same code points, not only canonically equivalent ones.
    func isExactly(_ other: String) -> Bool { ExactText(self) == ExactText(other) }
}
