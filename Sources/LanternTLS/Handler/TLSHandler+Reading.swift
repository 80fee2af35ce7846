package import NIOCore

extension TLSHandler {
    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch state {
        case .handshaking, .open, .closing: receive(unwrapInboundIn(data), context)
        case .idle, .failed, .closed: break
        }
    }

    private func receive(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        guard let session, !inputEnded else { return }
        if !hasReceivedCiphertext {
            hasReceivedCiphertext = true
            if let error = FirstBytes(bytes).error(peer: peer) { return fail(with: error, context) }
        }
        if session.incoming.readableBytes == 0 {
            session.incoming = bytes
        } else {
            session.incoming.writeImmutableBuffer(bytes)
        }
        if case .handshaking = state { advanceHandshake(context) }
        switch state {
        case .open: decrypt(session, context)
        case .closing: discard(session, context)
        case .idle, .handshaking, .failed, .closed: break
        }
    }

    private func decrypt(_ session: TLSSession, _ context: ChannelHandlerContext) {
        let expected = session.incoming.readableBytes
        if expected > 0, plaintext.readableBytes == 0 {
            plaintext = context.channel.allocator.buffer(capacity: expected)
        }
        switch session.read(into: &plaintext) {
        case .needsBytes, .done: break
        case .ended: inputHasEnded(context)
        case .failed(let error): fail(with: error, context)
        }
    }

    /// While closing only the far side's goodbye matters.
    private func discard(_ session: TLSSession, _ context: ChannelHandlerContext) {
        var ignored = ByteBuffer()
        switch session.read(into: &ignored) {
        case .needsBytes, .done: break
        case .ended, .failed:
            inputEnded = true
            context.close(promise: nil)
        }
    }

    private func inputHasEnded(_ context: ChannelHandlerContext) {
        inputEnded = true
        deliverPlaintext(context)
        guard case .open = state else { return }
        let mayStayHalfOpen = try? context.channel.syncOptions?.getOption(.allowRemoteHalfClosure)
        if mayStayHalfOpen == true, !outputEnded {
            context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        } else {
            closeAll(context, promise: nil)
        }
    }

    func deliverPlaintext(_ context: ChannelHandlerContext) {
        guard plaintext.readableBytes > 0 else { return }
        let bytes = plaintext
        plaintext = ByteBuffer()
        hasReceivedPlaintext = true
        readWanted = false
        context.fireChannelRead(wrapInboundOut(bytes))
    }

    package func triggerUserOutboundEvent(
        context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?
    ) {
        guard let message = event as? UnfinishedMessage else {
            return context.triggerUserOutboundEvent(event, promise: promise)
        }
        // Between two deliveries there is no plaintext; should there be some, it belongs behind these bytes.
        var bytes = message.bytes
        if plaintext.readableBytes > 0 { bytes.writeBuffer(&plaintext) }
        plaintext = bytes
        promise?.succeed()
    }

    package func channelReadComplete(context: ChannelHandlerContext) {
        deliverPlaintext(context)
        // Answers that OpenSSL made by itself, for example to a key update.
        if case .open = state { sendCiphertext(context) }
        context.fireChannelReadComplete()
        switch state {
        case .handshaking, .closing, .failed: context.read()
        case .open: if readWanted { context.read() }
        case .idle, .closed: break
        }
    }

    package func read(context: ChannelHandlerContext) {
        readWanted = true
        context.read()
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let end = event as? ChannelEvent, end == .inputClosed else {
            return context.fireUserInboundEventTriggered(event)
        }
        switch state {
        case .handshaking, .open:
            // After a goodbye the event was already told.
            if let error = errorOfEnd() { fail(with: error, context) }
        case .closing, .failed: context.close(promise: nil)
        case .idle, .closed: context.fireUserInboundEventTriggered(event)
        }
    }
}
