import LanternTLS
import LanternTrust
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// The listening sockets of ``MonitoringSettings``, and the connections that came in.
final class MonitoringServer: Sendable {
    /// What the server tells.
    struct Source: Sendable {
        let readiness: @Sendable () async -> Readiness
        let isAlive: @Sendable () async -> Bool
        let exposition: @Sendable () -> [UInt8]?
    }

    private struct State {
        var listening: [any Channel] = []
        var sockets: [UnixSocket.Listening] = []
        var places: [MonitoringSettings.Place] = []
        var connections: [ObjectIdentifier: any Channel] = [:]
        var isClosed = false
    }

    let settings: MonitoringSettings
    private let core: DaemonCore
    private let source: Source
    private let group: any EventLoopGroup
    private let state = Mutex(State())

    init(_ settings: MonitoringSettings, core: DaemonCore, group: any EventLoopGroup, source: Source) throws {
        try settings.check()
        self.settings = settings
        self.core = core
        self.group = group
        self.source = source
    }

    var policy: PolicyTable { core.policy }

    /// Where it listens, with the ports that were taken.
    var places: [MonitoringSettings.Place] { state.withLock(\.places) }

    var connectionCount: Int { state.withLock(\.connections.count) }

    // MARK: - Listening

    /// - Throws: ``LanternError/Code/configuration``; nothing is left open then.
    func open() async throws {
        do {
            for place in settings.places {
                switch place {
                case .unixSocket(let path, let mode): try await open(path: path, mode: mode)
                case .tls(let host, let port): try await open(host: host, port: port)
                }
            }
        } catch {
            await close()
            throw error
        }
    }

    private func open(path: String, mode: Int) async throws {
        // `state/` of a home comes with the first program that needs it.
        if let end = path.lastIndex(of: "/"), end > path.startIndex, path.utf8.first != 0 {
            try Directory.make(String(path[..<end]))
        }
        let socket = try UnixSocket.listen(path: path, mode: mode)
        do {
            let channel = try await ServerBootstrap(group: group)
                .childChannelOption(.allowRemoteHalfClosure, value: true)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture { try self.accept(channel, isLocal: true) }
                }
                .withBoundSocket(socket.descriptor).get()
            keep(channel, .unixSocket(path: path, mode: mode), socket)
        } catch {
            socket.removeFile()
            throw LanternError(.configuration, "monitoring cannot listen on \(path)", cause: error)
        }
    }

    private func open(host: String, port: Int) async throws {
        do {
            let channel = try await ServerBootstrap(group: group)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture { try self.accept(channel, isLocal: false) }
                }
                .bind(host: host, port: port).get()
            keep(channel, .tls(host: host, port: channel.localAddress?.port ?? port), nil)
        } catch {
            throw LanternError(
                .configuration,
                "monitoring cannot listen on \(host):\(port); check monitoring in lantern.yaml",
                cause: error)
        }
    }

    private func keep(
        _ channel: any Channel, _ place: MonitoringSettings.Place, _ socket: UnixSocket.Listening?
    ) {
        state.withLock { state in
            state.listening.append(channel)
            state.places.append(place)
            if let socket { state.sockets.append(socket) }
        }
    }

    private func accept(_ channel: any Channel, isLocal: Bool) throws {
        let id = ObjectIdentifier(channel)
        let isTaken = state.withLock { state in
            guard !state.isClosed, state.connections.count < settings.connections else { return false }
            state.connections[id] = channel
            return true
        }
        guard isTaken else { throw LanternError(.overloaded, "too many connections") }
        channel.closeFuture.whenComplete { _ in self.state.withLock { $0.connections[id] = nil } }
        var logger = core.logger
        let address = PeerAddress(channel.remoteAddress)?.text ?? "unix"
        logger[metadataKey: "peer"] = "\(address)"
        let pipeline = channel.pipeline.syncOperations
        if !isLocal {
            try pipeline.addHandler(
                TLSHandler.server(context: core.trust.current.tls, peerDescription: address))
        }
        try pipeline.addHandler(RequestSizeHandler(maximum: settings.requestSize))
        try pipeline.addHandler(
            ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)))
        try pipeline.addHandler(
            MonitoringHandler(server: self, caller: isLocal ? .local : .unknown, logger: logger))
    }

    /// Stops listening and ends all connections.
    func close() async {
        let (listening, sockets, connections) = state.withLock { state in
            state.isClosed = true
            defer {
                state.listening = []
                state.sockets = []
            }
            return (state.listening, state.sockets, Array(state.connections.values))
        }
        for socket in sockets { socket.removeFile() }
        for channel in listening { try? await channel.close().get() }
        for channel in connections { try? await channel.close().get() }
    }

    // MARK: - Answering

    func answer(_ subject: MonitoringRequest.Subject) async -> MonitoringAnswer {
        switch subject {
        case .healthz: return MonitoringAnswer(isAlive: await source.isAlive())
        case .readyz: return MonitoringAnswer(await source.readiness())
        case .metrics:
            guard let text = source.exposition() else {
                return MonitoringAnswer(.notFound, "this program keeps its numbers elsewhere")
            }
            return MonitoringAnswer(.ok, type: PrometheusRegistry.contentType, body: text)
        }
    }
}
