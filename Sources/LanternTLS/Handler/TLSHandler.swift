import LanternTrust
package import NIOCore

/// TLS for one channel: ciphertext below, plaintext above.
///
/// - Fires ``TLSEvent/established(_:_:)`` once the peer is verified, before any plaintext.
/// - Fires `errorCaught` with one ``TLSError`` when something fails, then closes the channel. The alert is
///   given ``TLSSettings/closeTimeout`` to reach the peer before that.
/// - Writes are gathered and encrypted on `flush`, into as few records as there can be and one write.
/// - The peer's goodbye becomes `ChannelEvent.inputClosed` where the channel allows half-closure, else the
///   channel closes. An end without a goodbye is ``TLSError/Code/truncated``.
package final class TLSHandler: ChannelDuplexHandler {
    package typealias InboundIn = ByteBuffer
    package typealias InboundOut = ByteBuffer
    package typealias OutboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    enum State {
        case idle
        case handshaking
        case open
        /// Our goodbye is out; waiting, within a bound, for the far side's.
        case closing
        /// An error was told; an alert may be on its way.
        case failed
        case closed
    }

    let tls: TLSContext
    let role: TLSSession.Role
    let peer: String
    let serverName: ServerName
    let expectedIdentity: IdentityMatcher?

    var state = State.idle
    var session: TLSSession?
    var timer: Scheduled<Void>?
    /// The far side said goodbye.
    var inputEnded = false
    /// We said goodbye.
    var outputEnded = false
    /// What came in since the last `channelReadComplete`.
    var plaintext = ByteBuffer()
    var hasReceivedCiphertext = false
    var hasReceivedPlaintext = false
    /// Someone above asked for data and got none yet.
    var readWanted = false
    var writes = PendingWrites()
    /// Those who wait for the channel to be closed.
    var closers: [EventLoopPromise<Void>] = []

    private init(
        tls: TLSContext, role: TLSSession.Role, peer: String, serverName: ServerName,
        expectedIdentity: IdentityMatcher?
    ) {
        self.tls = tls
        self.role = role
        self.peer = peer
        self.serverName = serverName
        self.expectedIdentity = expectedIdentity
    }

    /// The accepting end. `peerDescription` names the peer in errors, for example by its address.
    package static func server(context: TLSContext, peerDescription: String) -> TLSHandler {
        TLSHandler(
            tls: context, role: .server, peer: peerDescription, serverName: .identityOnly,
            expectedIdentity: nil)
    }

    /// The calling end. A server name that cannot be used is told like any other failure.
    package static func client(
        context: TLSContext, serverName: ServerName, expectedIdentity: IdentityMatcher?,
        peerDescription: String
    ) -> TLSHandler {
        TLSHandler(
            tls: context, role: .client, peer: peerDescription, serverName: serverName,
            expectedIdentity: expectedIdentity)
    }

    /// The certificates that the peer showed, from ``TLSEvent/established(_:_:)`` on.
    package var peerChain: PeerChain? { session?.peerChain() }

    // MARK: Life

    package func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { start(context) }
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        stop(failingWritesWith: ChannelError.ioOnClosedChannel)
        state = .closed
        session = nil
    }

    package func channelActive(context: ChannelHandlerContext) {
        start(context)
        context.fireChannelActive()
    }

    package func channelInactive(context: ChannelHandlerContext) {
        deliverPlaintext(context)
        if let error = errorOfEnd() { tell(error, context) }
        stop(failingWritesWith: ChannelError.ioOnClosedChannel)
        state = .closed
        context.fireChannelInactive()
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch state {
        case .handshaking, .open:
            guard error is IOError else { return context.fireErrorCaught(error) }
            deliverPlaintext(context)
            tell(errorOfLoss(error), context)
            context.close(promise: nil)
        case .closing, .failed: break
        case .idle, .closed: context.fireErrorCaught(error)
        }
    }

    // MARK: Handshake

    private func start(_ context: ChannelHandlerContext) {
        guard case .idle = state else { return }
        state = .handshaking
        do {
            session = try TLSSession(
                context: tls, role: role, serverName: serverName, expectedIdentity: expectedIdentity,
                peer: peer)
        } catch {
            return fail(with: error, context)
        }
        schedule(tls.settings.handshakeTimeout, context) { handler, context in
            handler.handshakeTimedOut(context)
        }
        advanceHandshake(context)
    }

    func advanceHandshake(_ context: ChannelHandlerContext) {
        guard let session else { return }
        switch session.handshake() {
        case .needsBytes: sendCiphertext(context)
        case .failed(let error): fail(with: error, context)
        case .ended:
            fail(with: closedDuringHandshake("the peer said goodbye in the middle of the handshake"), context)
        case .done: handshakeFinished(session, context)
        }
    }

    private func handshakeFinished(_ session: TLSSession, _ context: ChannelHandlerContext) {
        guard let certificate = session.peerCertificate else { return }
        state = .open
        cancelTimer()
        // The event goes first: what is written in answer to it shares one write with our Finished.
        context.fireUserInboundEventTriggered(
            TLSEvent.established(certificate, session.channelFacts(of: certificate)))
        guard case .open = state else { return }
        if writes.isFlushWanted {
            encryptAndSend(context)
        } else {
            sendCiphertext(context)
        }
    }

    private func handshakeTimedOut(_ context: ChannelHandlerContext) {
        guard case .handshaking = state else { return }
        let error = TLSError(
            .handshakeTimeout, peer: peer,
            "no TLS handshake within \(tls.settings.handshakeTimeout)",
            hint: "the peer and the network, or the setting handshakeTimeout")
        fail(with: error, context)
    }
}

@available(*, unavailable)
extension TLSHandler: Sendable {}
