import LanternTLS
import LanternWire
import NIOCore
import NIOPosix

/// Where a client's connection goes, and the name that the certificate there must have.
struct Endpoint: Sendable {
    enum Place: Sendable {
        case host(String, port: Int)
        case unix(path: String)
        case connected(ConnectedSocket)
    }

    let place: Place
    let serverName: ServerName
    /// Where to connect instead of looking up the host.
    private let dialled: String?
    /// For errors and logs.
    let address: String

    init(_ place: Place, at dialled: String? = nil, options: ProxyOptions) {
        self.place = place
        self.dialled = dialled
        serverName = Self.serverName(place, options)
        address =
            switch place {
            case .host(let host, let port): PyroURI.Location.host(host, port: port).description
            case .unix(let path): PyroURI.Location.unix(path: path).description
            case .connected: "the given socket"
            }
    }

    /// The place in a `PYRO:` URI.
    ///
    /// - Parameter dialled: the address to connect to; the URI's host is only what the certificate must be for.
    /// - Throws: ``LanternError/Code/notSupported`` for an address together with a Unix socket.
    init(_ location: PyroURI.Location, at dialled: String? = nil, options: ProxyOptions) throws {
        switch location {
        case .host(let host, let port):
            self.init(Place.host(host, port: port), at: dialled, options: options)
        case .unix(let path):
            guard dialled == nil else {
                throw LanternError(.notSupported, "a Unix socket is on this host and on no other")
            }
            self.init(Place.unix(path: path), options: options)
        }
    }

    /// A name that was chosen comes first, then the host of the URI. A local socket has none: there the expected
    /// identity does, and without one the name of this host that every host has.
    private static func serverName(_ place: Place, _ options: ProxyOptions) -> ServerName {
        if let name = options.serverName { return named(name) }
        switch place {
        case .host(let host, _): return named(host)
        case .unix, .connected:
            return options.expectedIdentity == nil ? .host(localName) : .identityOnly
        }
    }

    /// What a certificate must be for when a server is reached without any name.
    static let localName = "localhost"

    private static func named(_ host: String) -> ServerName {
        // An IPv6 zone says which way to go, not who is there.
        (try? SocketAddress(ipAddress: String(host.prefix { $0 != "%" }), port: 0)) == nil
            ? .host(host) : .address(host)
    }

    /// Makes the channel; `bootstrap` has all that does not depend on the place.
    func connect(
        _ bootstrap: ClientBootstrap, keepAlive: KeepAliveSettings, before end: ContinuousClock.Instant
    ) async throws -> any Channel {
        switch place {
        case .host(let host, let port):
            let bootstrap = keepAlive.applied(to: bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1))
            // An address needs no resolver, and no thread of one.
            let host = dialled ?? host
            let known = try? SocketAddress(ipAddress: host, port: port)
            return
                try await
                (known.map { bootstrap.connect(to: $0) } ?? bootstrap.connect(host: host, port: port)).get()
        case .unix(let path):
            return try await bootstrap.withConnectedSocket(UnixSocket.connect(path: path, before: end)).get()
        case .connected(let socket):
            return try await bootstrap.withConnectedSocket(socket.take()).get()
        }
    }
}
