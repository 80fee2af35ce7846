import LanternTLS
import LanternTrust
import LanternWire
import NIOCore
import NIOPosix

/// One authenticated connection to a daemon.
final class ClientConnection: Sendable {
    let handshake: ClientHandshake.Result
    /// The object that the handshake named; calls may name others.
    let object: String
    let address: String
    let references: ClientReferences
    private let link: ConnectionLink
    private let channel: any Channel
    private let id: ConnectionID

    private init(
        handshake: ClientHandshake.Result, object: String, address: String, references: ClientReferences,
        link: ConnectionLink, channel: any Channel, id: ConnectionID
    ) {
        self.id = id
        self.references = references
        self.handshake = handshake
        self.object = object
        self.address = address
        self.link = link
        self.channel = channel
    }

    deinit { close() }

    var isUsable: Bool { link.isUsable }
    var eventLoop: any EventLoop { channel.eventLoop }
    var executor: LoopExecutor { link.executor }

    /// Connects, does TLS and the signed handshake, all within the connect timeout.
    ///
    /// - Parameter place: an address to connect to instead of the host, which is then only the name that the
    ///   certificate must have.
    /// - Throws: ``LanternError`` with ``LanternError/Code/connectFailed``,
    ///   ``LanternError/Code/authenticationFailed`` or ``LanternError/Code/connectionRefused``.
    static func open(
        object: String, at endpoint: Endpoint, options: ProxyOptions,
        references: ClientReferences, group: any EventLoopGroup
    ) async throws -> ClientConnection {
        let address = endpoint.address
        let keepAlive = references.client.settings.keepAlive
        let epoch = references.client.trust.current
        let id = ConnectionID.next()
        // The one that this runs on, when it runs on one of them.
        let eventLoop = group.any()
        let link = ConnectionLink(eventLoop: eventLoop)
        let promise = eventLoop.makePromise(of: ClientHandshake.Result.self)
        let timeout = TimeAmount(options.connectTimeout)
        let end = NIODeadline.now() + timeout
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(timeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try references.client.pollers?.watch(channel)
                    try pipeline.addHandler(
                        TLSHandler.client(
                            context: epoch.tls, serverName: endpoint.serverName,
                            expectedIdentity: options.expectedIdentity.map { IdentityMatcher($0) },
                            peerDescription: address))
                    try pipeline.addHandler(
                        ClientChannelHandler(
                            handshake: ClientHandshake(
                                object: object, address: address, options: options,
                                authenticator: epoch.authenticator,
                                errors: references.client.errors),
                            promise: promise, link: link, keepAlive: keepAlive,
                            references: references, id: id, epoch: epoch))
                }
            }
        let channel: any Channel
        do {
            channel = try await endpoint.connect(
                bootstrap, keepAlive: keepAlive, before: .now.advanced(by: options.connectTimeout))
        } catch {
            // The handler fails the promise too when it was there; a promise must not be left alone.
            promise.fail(error)
            _ = try? await promise.futureResult.get()
            throw ConnectFailure.error(for: error, address: address)
        }
        let timer = eventLoop.scheduleTask(deadline: end) {
            promise.fail(
                LanternError(.timeout, "\(address) did not finish the handshake within its time"))
            channel.close(promise: nil)
        }
        defer { timer.cancel() }
        let result = try await promise.futureResult.get()
        return ClientConnection(
            handshake: result, object: object, address: address, references: references, link: link,
            channel: channel, id: id)
    }

    /// An answer, and the pushed stream that it brings.
    struct Reply: Sendable {
        let frame: Frame
        let pushed: IncomingStream?
    }

    /// Sends a call and waits for its answer; a one-way call returns as soon as it is written.
    ///
    /// - Parameter streams: what comes as arguments.
    /// - Throws: ``CallNotSent`` when it did not reach the wire, `CancellationError`,
    ///   ``LanternError/Code/timeout``, ``LanternError/Code/connectionLost``.
    func call(
        _ frame: Frame, body: [UInt8], streams: [OutgoingSource] = [], deadline: ContinuousClock.Instant
    ) async throws -> Reply {
        let pending = PendingCall(frame: frame, body: body, deadline: deadline)
        pending.streams = streams
        let answer = try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { continuation in
                pending.continuation = continuation
                if !link.mailbox.post(.call(pending)) {
                    pending.resume(.failure(CallNotSent(reason: Self.closed(address))))
                }
            }
        } onCancel: {
            link.mailbox.post(.cancel(pending))
        }
        return Reply(frame: answer, pushed: pending.streamOfResult())
    }

    /// Names who makes the connection that is to follow this one, when there should be one.
    func onRenewal(_ handler: @escaping @Sendable () -> Void) { link.onRenewal(handler) }

    /// The connection that was to follow could not be made.
    func renewalFailed() { references.client.trust.retryRenewal(of: id) }

    /// Takes no new calls, and ends when those under way are done.
    func retire() {
        link.retire()
        link.mailbox.post(.retire)
    }

    func whenEnded(_ handler: @escaping @Sendable () -> Void) {
        channel.closeFuture.whenComplete { _ in handler() }
    }

    /// Waits until the connection is gone, whoever ended it.
    func end() async { try? await channel.closeFuture.get() }

    func close() {
        link.retire()
        link.mailbox.post(.close)
    }

    private static func closed(_ address: String) -> LanternError {
        LanternError(.connectionLost, "the connection to \(address) is closed")
    }
}
