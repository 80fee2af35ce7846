import Glibc
import NIOCore
import NIOPosix

/// When a peer that says nothing counts as gone.
///
/// A connection on which nothing came for ``interval`` is asked for a sign of life; without one within ``timeout``
/// it ends. So a peer that vanished is noticed within one and a half intervals and the timeout. Lantern peers are
/// asked at any time, at both ends. A Pyro daemon is asked while no call is under way: it answers nothing during
/// one. There, and towards Pyro clients, TCP's own probes run with the same times.
public struct KeepAliveSettings: Sendable, Hashable {
    public var interval: Duration
    public var timeout: Duration

    public init(interval: Duration = .seconds(60), timeout: Duration = .seconds(20)) {
        self.interval = interval
        self.timeout = timeout
    }

    /// A quiet connection is looked at this often.
    var tick: Duration { max(interval / 2, .milliseconds(1)) }
    /// Never nothing, which would end a connection before its peer could answer.
    var patience: Duration { max(timeout, .milliseconds(1)) }

    /// TCP probes a silent connection after the interval, then three times within the timeout.
    private static let probes = 3

    /// Socket options of TCP: level and name, value.
    var socketOptions: [(ChannelOptions.Types.SocketOption, SocketOptionValue)] {
        [
            (.init(level: .socket, name: .so_keepalive), 1),
            (Self.tcp(TCP_KEEPIDLE), Self.seconds(interval)),
            (Self.tcp(TCP_KEEPINTVL), Self.seconds(timeout / Self.probes)),
            (Self.tcp(TCP_KEEPCNT), Self.probes),
        ]
    }

    private static func tcp(_ name: CInt) -> ChannelOptions.Types.SocketOption {
        .init(level: .tcp, name: .init(rawValue: name))
    }

    /// Whole seconds that the system takes: 1 to 32,767.
    private static func seconds(_ duration: Duration) -> SocketOptionValue {
        SocketOptionValue(min(max(duration.components.seconds, 1), 32_767))
    }

    func applied(to bootstrap: ClientBootstrap) -> ClientBootstrap {
        socketOptions.reduce(bootstrap) { $0.channelOption($1.0, value: $1.1) }
    }

    /// Set on the listening socket: accepted ones inherit them.
    func applied(to bootstrap: ServerBootstrap) -> ServerBootstrap {
        socketOptions.reduce(bootstrap) { $0.serverChannelOption($1.0, value: $1.1) }
    }
}
