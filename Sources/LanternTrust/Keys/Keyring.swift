/// All handshake keys of one end: its own secret and those it believes.
public struct Keyring: Sendable {
    public let own: HandshakeKey
    public let authorized: [AuthorizedKey]
    private let byID: [String: [AuthorizedKey]]

    /// An HMAC key of one's own also counts as authorised for the identities in its file, since both ends
    /// of a shared key use the same.
    public init(own: HandshakeKey, authorized: [AuthorizedKey]) {
        self.own = own
        self.authorized = authorized
        var byID = Dictionary(grouping: authorized, by: \.id)
        if own.algorithm == .hmac {
            let shared = AuthorizedKey(
                id: own.id, algorithm: .hmac, identities: own.identities, role: nil, material: .shared(own))
            byID[own.id, default: []].append(shared)
        }
        self.byID = byID
    }

    /// The authorised key with this id, when the identity may use it.
    package func key(id: String, for identity: PeerIdentity) -> AuthorizedKey? {
        byID[id]?.first { $0.isFor(identity) }
    }

    /// The authorised key with this id, when the identity may use it in this role.
    func key(id: String, for identity: PeerIdentity, role: HandshakeRole) -> AuthorizedKey? {
        byID[id]?.first { $0.isFor(identity) && ($0.role ?? role) == role }
    }

    /// For the log: what to change if the peer should have got in.
    func whyNoKey(id: String, for identity: PeerIdentity, role: HandshakeRole) -> TrustError {
        guard let known = byID[id] else {
            return TrustError(
                .unknownKey, "\(identity) uses key '\(id)', which is not in keys/authorized; authorised are: "
                    + (byID.isEmpty ? "none" : byID.keys.sorted().prefix(20).joined(separator: ", ")))
        }
        if known.contains(where: { $0.isFor(identity) }) {
            return TrustError(.keyNotForPeer, "key '\(id)' may not be used by a \(role.rawValue)")
        }
        let allowed = known.flatMap(\.identities).prefix(20).joined(separator: ", ")
        return TrustError(
            .keyNotForPeer, "key '\(id)' is not for \(identity) but for \(allowed.isEmpty ? "nobody" : allowed)")
    }
}
