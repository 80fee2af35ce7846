package import NIOCore

extension TLSHandler {
    package func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch state {
        case .idle, .handshaking, .open:
            guard !outputEnded else {
                promise?.fail(ChannelError.outputClosed)
                return
            }
            writes.append(unwrapOutboundIn(data), promise: promise)
        case .closing, .failed, .closed: promise?.fail(ChannelError.ioOnClosedChannel)
        }
    }

    package func flush(context: ChannelHandlerContext) {
        switch state {
        case .open: encryptAndSend(context)
        case .idle, .handshaking: writes.isFlushWanted = true
        case .closing, .failed, .closed: context.flush()
        }
    }

    /// Encrypts all that is gathered and sends it as one write.
    func encryptAndSend(_ context: ChannelHandlerContext) {
        guard let session else { return }
        let size = writes.byteCount
        if size > 0, session.outgoing.readableBytes == 0 {
            let records = size / TLSSession.maximumRecord + 1
            session.outgoing = context.channel.allocator.buffer(
                capacity: size + records * TLSSession.recordOverhead)
        }
        let (promise, error) = writes.encrypt(with: session, on: context.eventLoop)
        if let error {
            promise?.fail(error)
            return fail(with: error, context)
        }
        sendCiphertext(context, promise: promise)
    }

    /// Sends what OpenSSL made.
    func sendCiphertext(_ context: ChannelHandlerContext, promise: EventLoopPromise<Void>? = nil) {
        guard let bytes = session?.takeOutgoing() else {
            promise?.succeed()
            return
        }
        context.writeAndFlush(wrapOutboundOut(bytes), promise: promise)
    }
}
