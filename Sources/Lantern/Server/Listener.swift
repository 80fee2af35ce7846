import LanternTLS
import LanternWire
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// The listening socket of a daemon and the connections it accepted.
final class Listener: Sendable {
    private struct State {
        var channel: (any Channel)?
        var connections: [ConnectionID: LoopMailbox<ServerConnection.Message>] = [:]
        var isDraining = false
        var whenEmpty: [CheckedContinuation<Void, Never>] = []
    }

    private let core: DaemonCore
    private let tls: TLSContext
    private let group: any EventLoopGroup
    let pollers: Pollers?
    private let state = Mutex(State())

    init(core: DaemonCore, tls: TLSContext, group: any EventLoopGroup, pollers: Pollers?) {
        self.core = core
        self.pollers = pollers
        self.tls = tls
        self.group = group
    }

    var port: Int { state.withLock { $0.channel?.localAddress?.port } ?? 0 }

    func open(host: String, port: Int) async throws {
        do {
            let channel = try await ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 512)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelOption(.socketOption(.so_keepalive), value: 1)
                .childChannelInitializer { self.accept($0) }
                .bind(host: host, port: port).get()
            state.withLock { $0.channel = channel }
            startHousekeeping(on: channel.eventLoop)
        } catch {
            throw LanternError(
                .configuration, "cannot listen on \(host):\(port); check listen.host and listen.port",
                cause: error)
        }
    }

    func waitUntilClosed() async throws {
        guard let channel = state.withLock({ $0.channel }) else { return }
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
        let (channel, connections) = state.withLock { state in
            state.isDraining = true
            return (state.channel, Array(state.connections.values))
        }
        try? await channel?.close().get()
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
        let address = channel.remoteAddress.map { "\($0.ipAddress ?? "?"):\($0.port ?? 0)" } ?? "unknown"
        let connection = ServerConnection(core: core, address: address, eventLoop: channel.eventLoop) { id in
            self.ended(id)
        }
        let accepted = state.withLock { state in
            guard !state.isDraining, state.connections.count < core.limits.connections else { return false }
            state.connections[connection.id] = connection.mailbox
            return true
        }
        guard accepted else {
            core.logger.warning(
                "connection refused: limit reached or shutting down", metadata: ["peer": "\(address)"])
            return channel.eventLoop.makeFailedFuture(
                LanternError(.overloaded, "too many connections; raise limits.connections"))
        }
        return channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            do {
                try pollers?.watch(channel)
                try pipeline.addHandler(TLSHandler.server(context: tls, peerDescription: address))
                try pipeline.addHandler(connection)
            } catch {
                // It closed before it began: nobody else would take it off the list.
                ended(connection.id)
                throw error
            }
        }
    }

    private func ended(_ id: ConnectionID) {
        let waiting = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.connections[id] = nil
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
            self.core.registry.houseKeeping()
        }
    }
}
