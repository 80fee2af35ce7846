import Glibc
import NIOCore

/// Where an accepted connection comes from.
struct PeerAddress: Sendable, Hashable {
    /// For logs and the audit log.
    let text: String
    /// What connections are counted by: the IP address, or on a Unix socket the user.
    let origin: String

    /// - Returns: nil for what is no IP address.
    init?(_ address: SocketAddress?) {
        guard let address, let host = address.ipAddress, let port = address.port else { return nil }
        text = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
        origin = host
    }

    private init(text: String, origin: String) {
        self.text = text
        self.origin = origin
    }

    /// The system's `struct ucred`, which Swift does not see.
    private struct Credentials {
        var process: Int32 = 0
        var user: UInt32 = 0
        var group: UInt32 = 0
    }

    /// The process at the other end of a Unix socket, as the system knows it.
    static func ofLocalPeer(_ channel: any Channel) -> EventLoopFuture<PeerAddress> {
        let unknown = PeerAddress(text: "unix", origin: "unix")
        guard let provider = channel as? any SocketOptionProvider else {
            return channel.eventLoop.makeSucceededFuture(unknown)
        }
        let facts: EventLoopFuture<Credentials> = provider.unsafeGetSocketOption(
            level: NIOBSDSocket.OptionLevel.socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED))
        return facts.map { peer in
            PeerAddress(text: "unix:uid=\(peer.user),pid=\(peer.process)", origin: "unix:uid=\(peer.user)")
        }.recover { _ in unknown }
    }
}
