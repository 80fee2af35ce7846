public import Logging
public import NIOCore

extension Daemon {
    /// Serves the peer at the other end of a connected socket: one end of a socket pair, or one that was inherited.
    ///
    /// The peer does TLS as client and the signed handshake, as on every connection. Returns when the socket was
    /// taken over.
    ///
    /// - Parameter socket: the descriptor of a stream socket. It belongs to the daemon from here on and is closed with
    ///   the connection.
    /// - Throws: ``LanternError/Code/misuse`` when it is none; it then stays the caller's.
    ///   ``LanternError/Code/shuttingDown`` and ``LanternError/Code/overloaded`` close it.
    public func serve(connectedSocket socket: CInt) async throws {
        let socket = try ConnectedSocket(socket)
        guard !listener.isDraining else {
            throw LanternError(.shuttingDown, "the daemon is shutting down")
        }
        try await listener.adopt(socket)
    }

    /// Makes a daemon, registers objects on it and serves them to the end: all of a small program.
    ///
    /// ```swift
    /// try await Daemon.serve(settings: .load()) { daemon in
    ///     try await daemon.register(StockRoom(), as: Warehouse.self, name: "example.warehouse")
    ///     try await daemon.register(Till(), as: Till.self, name: "example.till")
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - untilTerminated: ends at SIGTERM and SIGINT; else when the task is cancelled, or the daemon shut down.
    ///   - register: when it throws, the daemon ends, names that were registered are removed, and the error is
    ///     thrown on.
    public static func serve(
        settings: Settings, group: (any EventLoopGroup)? = nil, untilTerminated: Bool = true,
        logger: Logger = Logger(label: "lantern.daemon"), _ register: (Daemon) async throws -> Void
    ) async throws {
        let daemon = try await Daemon(settings: settings, group: group, logger: logger)
        do {
            try await register(daemon)
        } catch {
            await daemon.shutdown()
            throw error
        }
        if untilTerminated {
            try await daemon.runUntilTerminated(logger: logger)
        } else {
            try await daemon.run()
        }
    }
}
