import CoreMetrics
import Glibc
import LanternTLS
import LanternTrust
import LanternWire
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// The listening socket of a daemon and the connections it accepted.
final class Listener: Sendable {
    private struct State {
        var channel: (any Channel)?
        /// The file of a Unix socket, to be taken away at the end.
        var socket: UnixSocket.Listening?
        var connections: [ConnectionID: LoopMailbox<ServerConnection.Message>] = [:]
        var isDraining = false
        var whenEmpty: [CheckedContinuation<Void, Never>] = []
    }

    private let core: DaemonCore
    private let group: any EventLoopGroup
    let pollers: Pollers?
    private let state = Mutex(State())
    private let stopped = Latch()

    init(core: DaemonCore, group: any EventLoopGroup, pollers: Pollers?) {
        self.core = core
        self.pollers = pollers
        self.group = group
    }

    var port: Int { state.withLock { $0.channel?.localAddress?.port } ?? 0 }

    /// - Throws: ``LanternError/Code/configuration``.
    func open(_ settings: ListenSettings) async throws {
        startHousekeeping(on: group.next())
        guard settings.isListening else { return }
        if let path = settings.unixSocket { return try await open(path: path, mode: settings.unixSocketMode) }
        let (host, port) = (settings.host, settings.port)
        do {
            // Accepted sockets inherit the options of the one that listens.
            let bootstrap = ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 512)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .serverChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelInitializer { self.accept($0) }
            let channel = try await core.keepAlive.applied(to: bootstrap).bind(host: host, port: port).get()
            state.withLock { $0.channel = channel }
        } catch {
            let place = PyroURI.Location.host(host, port: port)
            throw LanternError(
                .configuration, "cannot listen on \(place); check listen.host and listen.port",
                cause: error)
        }
    }

    private func open(path: String, mode: Int) async throws {
        let socket = try UnixSocket.listen(path: path, mode: mode)
        do {
            let channel = try await ServerBootstrap(group: group)
                .childChannelInitializer { self.accept($0) }
                .withBoundSocket(socket.descriptor).get()
            // NIO listens once more, with a shorter queue.
            Glibc.listen(socket.descriptor, UnixSocket.backlog)
            state.withLock { state in
                state.channel = channel
                state.socket = socket
            }
        } catch {
            socket.removeFile()
            throw LanternError(.configuration, "cannot listen on ./u:\(path)", cause: error)
        }
    }

    /// Serves the peer at the other end of a connected socket.
    func adopt(_ socket: ConnectedSocket) async throws {
        let descriptor = try socket.take()
        _ = try await ClientBootstrap(group: group)
            .channelInitializer { self.accept($0) }
            .withConnectedSocket(descriptor).get()
    }

    /// Waits for the end of the listening socket, or without one for the call of ``drain(within:)``.
    func waitUntilClosed() async throws {
        guard let channel = state.withLock({ $0.channel }) else { return try await stopped.wait() }
        try await withTaskCancellationHandler {
            try await channel.closeFuture.get()
            try Task.checkCancellation()
        } onCancel: {
            channel.close(promise: nil)
        }
    }

    /// Stops accepting, tells peers, waits for running calls, closes the rest when the time is over. May be called
    /// more than once.
    func drain(within time: Duration) async {
        let (channel, socket, connections) = state.withLock { state in
            state.isDraining = true
            defer { state.socket = nil }
            return (state.channel, state.socket, Array(state.connections.values))
        }
        // The file goes before the socket: a daemon that takes over then finds no path, or makes its own.
        socket?.removeFile()
        try? await channel?.close().get()
        stopped.open()
        for connection in connections { connection.post(.drain) }
        let timer = Task {
            try await Task.sleep(for: time)
            self.closeAll()
        }
        await withCheckedContinuation { continuation in
            let isEmpty = state.withLock { state in
                if !state.connections.isEmpty { state.whenEmpty.append(continuation) }
                return state.connections.isEmpty
            }
            if isEmpty { continuation.resume() }
        }
        timer.cancel()
    }

    private func closeAll() {
        let connections = state.withLock { Array($0.connections.values) }
        for connection in connections { connection.post(.abort) }
    }

    private func accept(_ channel: any Channel) -> EventLoopFuture<Void> {
        if let address = PeerAddress(channel.remoteAddress) {
            return channel.eventLoop.makeCompletedFuture { try accept(channel, from: address) }
        }
        return PeerAddress.ofLocalPeer(channel).flatMapThrowing { try self.accept(channel, from: $0) }
    }

    private func accept(_ channel: any Channel, from address: PeerAddress) throws {
        core.meters?.accepted.increment()
        let epoch = core.trust.current
        let connection = ServerConnection(
            core: core, address: address.text, eventLoop: channel.eventLoop, epoch: epoch
        ) { id, identity in
            self.ended(id, from: address, identity)
        }
        guard core.census.accepted(from: address.origin) == nil else {
            throw LanternError(.overloaded, "too many connections")
        }
        let isOpen = state.withLock { state in
            guard !state.isDraining else { return false }
            state.connections[connection.id] = connection.mailbox
            return true
        }
        guard isOpen else {
            core.census.ended(from: address.origin, identity: nil)
            throw LanternError(.shuttingDown, "the daemon is shutting down")
        }
        do {
            let pipeline = channel.pipeline.syncOperations
            try pollers?.watch(channel)
            try pipeline.addHandler(TLSHandler.server(context: epoch.tls, peerDescription: address.text))
            try pipeline.addHandler(connection)
        } catch {
            // It closed before it began: nobody else would take it off the list.
            ended(connection.id, from: address, nil)
            throw error
        }
    }

    /// Whether a connection is one of these.
    func serves(_ id: ConnectionID) -> Bool { state.withLock { $0.connections[id] != nil } }

    var isDraining: Bool { state.withLock { $0.isDraining } }

    private func ended(_ id: ConnectionID, from address: PeerAddress, _ identity: PeerIdentity?) {
        let waiting = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            guard state.connections.removeValue(forKey: id) != nil else { return [] }
            core.census.ended(from: address.origin, identity: identity)
            guard state.connections.isEmpty else { return [] }
            defer { state.whenEmpty = [] }
            return state.whenEmpty
        }
        for continuation in waiting { continuation.resume() }
    }

    private func startHousekeeping(on eventLoop: any EventLoop) {
        eventLoop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { [weak self] task in
            guard let self, !self.state.withLock({ $0.isDraining }) else { return task.cancel() }
            self.core.streams.houseKeeping(now: .now)
            self.core.runHousekeepingHook()
            self.core.meters?.sample(self.core)
            self.core.registry.houseKeeping()
        }
    }
}
