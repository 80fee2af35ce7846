package import NIOCore

extension TLSHandler {
    package func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        switch (state, mode) {
        case (_, .input): context.close(mode: .input, promise: promise)
        case (.open, .output) where !inputEnded: closeOutput(context, promise: promise)
        case (.open, .output), (.open, .all): closeAll(context, promise: promise)
        case (.closing, _), (.failed, _):
            // Already on the way; cutting it short could destroy the alert or the goodbye.
            if let promise { closers.append(promise) }
        case (.idle, _), (.handshaking, _), (.closed, _):
            stop(failingWritesWith: ChannelError.ioOnClosedChannel)
            state = .closed
            context.close(mode: .all, promise: promise)
        }
    }

    /// Half-close: what was written goes out, then the goodbye. Reading goes on.
    private func closeOutput(_ context: ChannelHandlerContext, promise: EventLoopPromise<Void>?) {
        guard let session, !outputEnded else {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        encryptAndSend(context)
        guard case .open = state else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        session.endOutput()
        outputEnded = true
        let written = context.eventLoop.makePromise(of: Void.self)
        let bound = BoundContext(handler: self, context: context)
        written.futureResult.assumeIsolated().whenComplete { _ in
            guard case .open = bound.handler.state else {
                promise?.succeed()
                return
            }
            bound.context.close(mode: .output, promise: promise)
        }
        sendCiphertext(context, promise: written)
    }

    /// Says goodbye, then waits within a bound for the far side's: closing earlier could make the system
    /// answer late bytes with a reset, which destroys what the peer has not read yet.
    func closeAll(_ context: ChannelHandlerContext, promise: EventLoopPromise<Void>?) {
        guard case .open = state, let session else { return context.close(mode: .all, promise: promise) }
        if let promise { closers.append(promise) }
        if !outputEnded {
            session.endOutput()
            outputEnded = true
        }
        state = .closing
        writes.fail(with: ChannelError.ioOnClosedChannel)
        finishClosing(context, waitsForPeer: !inputEnded)
    }

    /// Tells an error, gives the alert a chance to arrive, and closes.
    func fail(with error: TLSError, _ context: ChannelHandlerContext) {
        switch state {
        case .failed, .closed: return
        case .closing: return context.close(promise: nil)
        case .idle, .handshaking, .open: break
        }
        deliverPlaintext(context)
        state = .failed
        writes.fail(with: error)
        cancelTimer()
        let hasAlert = (session?.outgoing.readableBytes ?? 0) > 0 && !outputEnded
        if hasAlert {
            finishClosing(context, waitsForPeer: true)
            context.fireErrorCaught(error)
        } else {
            context.fireErrorCaught(error)
            context.close(promise: nil)
        }
    }

    /// Writes what is left, ends the output, and closes when the peer does or time is up.
    private func finishClosing(_ context: ChannelHandlerContext, waitsForPeer: Bool) {
        schedule(tls.settings.closeTimeout, context) { _, context in context.close(promise: nil) }
        let written = context.eventLoop.makePromise(of: Void.self)
        let bound = BoundContext(handler: self, context: context)
        written.futureResult.assumeIsolated().whenComplete { result in
            if waitsForPeer, case .success = result {
                bound.endOutput()
            } else {
                bound.context.close(promise: nil)
            }
        }
        sendCiphertext(context, promise: written)
        context.read()
    }

    /// Tells an error of a channel that is gone already.
    func tell(_ error: TLSError, _ context: ChannelHandlerContext) {
        state = .failed
        writes.fail(with: error)
        cancelTimer()
        context.fireErrorCaught(error)
    }

    func stop(failingWritesWith error: any Error) {
        cancelTimer()
        writes.fail(with: error)
        let closed = closers
        closers.removeAll()
        for promise in closed { promise.succeed() }
    }

    // MARK: Time

    func schedule(
        _ delay: Duration, _ context: ChannelHandlerContext,
        _ body: @escaping (TLSHandler, ChannelHandlerContext) -> Void
    ) {
        cancelTimer()
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(delay)) { [weak self] in
            guard let self else { return }
            body(self, context)
        }
    }

    func cancelTimer() {
        timer?.cancel()
        timer = nil
    }
}

/// A handler and its context for callbacks, all of which run on the channel's event loop.
private struct BoundContext {
    let handler: TLSHandler
    let context: ChannelHandlerContext

    func endOutput() {
        let ended = context.eventLoop.makePromise(of: Void.self)
        ended.futureResult.assumeIsolated().whenFailure { _ in context.close(promise: nil) }
        context.close(mode: .output, promise: ended)
    }
}
