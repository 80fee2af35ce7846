/// All handshake keys of one end: its own secret and those it believes.
public struct Keyring: Sendable {
    /// What this end proves itself with.
    public let own: HandshakeKey
    /// What it will prove itself with: made, given to the peers, and not used yet.
    package let next: HandshakeKey?
    /// What it proved itself with until the last rotation. Peers may still use it when it is a shared one.
    package let previous: HandshakeKey?
    public let authorized: [AuthorizedKey]
    private let byID: [String: [AuthorizedKey]]

    /// An HMAC key of one's own also counts as authorised for the identities in its file, since both ends
    /// of a shared key use the same.
    public init(own: HandshakeKey, authorized: [AuthorizedKey]) {
        self.init(own: own, next: nil, previous: nil, authorized: authorized)
    }

    package init(
        own: HandshakeKey, next: HandshakeKey?, previous: HandshakeKey?, authorized: [AuthorizedKey]
    ) {
        self.own = own
        self.next = next
        self.previous = previous
        self.authorized = authorized
        var byID = Dictionary(grouping: authorized, by: \.id)
        for key in [own, next, previous].compactMap({ $0 }) where key.algorithm == .hmac {
            let shared = AuthorizedKey(
                id: key.id, algorithm: .hmac, identities: key.identities, role: nil, validity: key.validity,
                material: .shared(key))
            byID[key.id, default: []].append(shared)
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

    /// Why a peer that was accepted would not be any more; nil when it would.
    ///
    /// It must still have the very key that it proved, for its identity and role, and inside of its time.
    ///
    /// - Parameter milliseconds: now, since 1970.
    package func objection(to peer: AuthenticatedPeer, at milliseconds: Int64) -> TrustError? {
        let id = peer.keyID
        guard let key = key(id: id, for: peer.identity, role: peer.role) else {
            return whyNoKey(id: id, for: peer.identity, role: peer.role)
        }
        guard key.isSameKey(as: peer.key) else {
            return TrustError(.wrongProof, "key '\(id)' of \(peer.identity) was replaced by another one")
        }
        return key.validity.objection(to: "key '\(id)' of \(peer.identity)", at: milliseconds)
    }

    /// When the first key that is in use now stops being valid, in seconds since 1970, and its id; nil when none does.
    package func nextExpiry(at milliseconds: Int64) -> (keyID: String, seconds: Int64)? {
        let ours = (own.id, own.validity)
        return ([ours] + authorized.map { ($0.id, $0.validity) })
            .filter { $0.1.standing(at: milliseconds) == .current }
            .compactMap { id, validity in validity.notAfter.map { (id, $0) } }
            .min { $0.1 < $1.1 }
    }

    /// For the log: what to change if the peer should have got in.
    func whyNoKey(id: String, for identity: PeerIdentity, role: HandshakeRole) -> TrustError {
        guard let known = byID[id] else {
            return TrustError(
                .unknownKey,
                "\(identity) uses key '\(id)', which is not in keys/authorized; authorised are: "
                    + (byID.isEmpty ? "none" : byID.keys.sorted().prefix(20).joined(separator: ", ")))
        }
        if known.contains(where: { $0.isFor(identity) }) {
            return TrustError(.keyNotForPeer, "key '\(id)' may not be used by a \(role.rawValue)")
        }
        let allowed = known.flatMap(\.identities).prefix(20).joined(separator: ", ")
        return TrustError(
            .keyNotForPeer,
            "key '\(id)' is not for \(identity) but for \(allowed.isEmpty ? "nobody" : allowed)")
    }
}
