import LanternTrust

/// What the policy granted to one connection's peer, so that it is known what another policy takes away.
///
/// Asked when something is granted for the first time, not at each call.
struct GrantRecord {
    /// More than that is not remembered, and counts as lost when the policy changes.
    private static let capacity = 64
    private var permits: [Permit] = []
    private var isIncomplete = false

    mutating func note(_ permit: Permit) {
        guard
            !permits.contains(where: {
                Self.isSame($0.method, permit.method) && Self.isSame($0.object, permit.object)
            })
        else { return }
        guard permits.count < Self.capacity else { return isIncomplete = true }
        permits.append(permit)
    }

    /// Forgets what this policy does not grant.
    ///
    /// - Returns: whether there was something, or may have been.
    mutating func follow(_ policy: PolicyTable) -> Bool {
        let old = permits.count
        permits.removeAll { permit in
            let request = AccessRequest(peer: permit.peer, object: permit.object, method: permit.method)
            if case .permit = policy.decide(request) { return false }
            return true
        }
        return isIncomplete || permits.count < old
    }

    private static func isSame(_ one: String, _ other: String) -> Bool {
        one.utf8.count == other.utf8.count && one.utf8.elementsEqual(other.utf8)
    }
}
