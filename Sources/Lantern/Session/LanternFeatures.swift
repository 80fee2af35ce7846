package import LanternWire

/// What both ends of a connection speak beyond Pyro, after each announced itself.
package enum PeerKind: Sendable, Hashable {
    /// Exactly Pyro's behaviour: in order, one at a time, pulled streams.
    case pyro
    case lantern(LanternAnnouncement)

    /// Whether item streams are pushed on this connection.
    package var pushesStreams: Bool {
        if case .lantern(let announcement) = self { return announcement.features.contains(.pushedStreams) }
        return false
    }

    package var isLantern: Bool {
        if case .lantern = self { return true }
        return false
    }

    /// Whether both ends have announced it.
    package func speaks(_ feature: LanternAnnouncement.Features) -> Bool {
        guard case .lantern(let announcement) = self else { return false }
        return announcement.features.contains(feature)
    }
}
