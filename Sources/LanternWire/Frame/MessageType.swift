/// What a frame is for. The numbers are the same in both versions.
package struct MessageType: RawRepresentable, Sendable, Hashable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) { self.rawValue = rawValue }

    /// First message of a client.
    package static let connect = Self(rawValue: 1)
    package static let connectOK = Self(rawValue: 2)
    /// The server refuses the connection and closes it; the payload is the reason.
    package static let connectFail = Self(rawValue: 3)
    package static let invoke = Self(rawValue: 4)
    package static let result = Self(rawValue: 5)
    /// Ping and pong; the payload is not serialized.
    package static let ping = Self(rawValue: 6)

    // Lantern's own, only between peers that announced themselves (``LanternAnnouncement``).

    /// Stop the call with the same sequence number; no payload.
    package static let cancel = Self(rawValue: 32)
    /// Items of a pushed stream (``StreamItems``).
    package static let streamItem = Self(rawValue: 33)
    /// A pushed stream is over, or its reader wants no more of it (``StreamEnd``).
    package static let streamEnd = Self(rawValue: 34)
    /// A pushed stream's reader has room (``StreamCredit``).
    package static let streamCredit = Self(rawValue: 35)
    /// No new calls on this connection, please; no payload.
    package static let drain = Self(rawValue: 36)

    /// One of Pyro's own six.
    package var isPyro: Bool { (1...6).contains(rawValue) }
    /// One of the three of pushed streams.
    package var isOfStreams: Bool { (33...35).contains(rawValue) }
    /// One of Lantern's extensions.
    package var isExtension: Bool { (32...36).contains(rawValue) }
}

extension MessageType: CustomStringConvertible {
    package var description: String {
        switch self {
        case .connect: "CONNECT"
        case .connectOK: "CONNECTOK"
        case .connectFail: "CONNECTFAIL"
        case .invoke: "INVOKE"
        case .result: "RESULT"
        case .ping: "PING"
        case .cancel: "CANCEL"
        case .streamItem: "STREAMITEM"
        case .streamEnd: "STREAMEND"
        case .streamCredit: "STREAMCREDIT"
        case .drain: "DRAIN"
        default: "type \(rawValue)"
        }
    }
}
