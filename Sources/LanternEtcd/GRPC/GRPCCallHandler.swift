import NIOCore
import NIOHPACK
import NIOHTTP2

/// One gRPC call on its own HTTP/2 stream: messages above, frames below.
///
/// - Everything that is not a well-ended call becomes one ``EtcdError``, by `errorCaught`, and the stream is reset.
/// - Closing the output says that no more messages of ours come.
final class GRPCCallHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias InboundOut = [UInt8]
    typealias OutboundIn = [UInt8]
    typealias OutboundOut = HTTP2Frame.FramePayload

    private enum State { case waitingForHeaders, open, ended }

    private let headers: HPACKHeaders
    private var messages: GRPCMessages
    private var state = State.waitingForHeaders
    private var hasSentHeaders = false

    init(path: String, authority: String, needsLeader: Bool, limit: Int) {
        var headers = HPACKHeaders([
            (":method", "POST"), (":scheme", "https"), (":path", path), (":authority", authority),
            ("content-type", "application/grpc"), ("te", "trailers"), ("user-agent", "lantern"),
        ])
        if needsLeader { headers.add(name: "hasleader", value: "true") }
        self.headers = headers
        messages = GRPCMessages(limit: limit)
    }

    // MARK: - Out

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if !hasSentHeaders {
            hasSentHeaders = true
            context.write(wrapOutboundOut(.headers(.init(headers: headers))), promise: nil)
        }
        let frame = GRPCMessages.frame(unwrapOutboundIn(data), context.channel.allocator)
        context.write(wrapOutboundOut(.data(.init(data: .byteBuffer(frame)))), promise: promise)
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard mode == .output else { return context.close(mode: mode, promise: promise) }
        let end = HTTP2Frame.FramePayload.data(.init(data: .byteBuffer(ByteBuffer()), endStream: true))
        context.writeAndFlush(wrapOutboundOut(end), promise: promise)
    }

    // MARK: - In

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .headers(let frame): received(frame, context)
        case .data(let frame): received(frame, context)
        case .rstStream(let code):
            fail(EtcdError(.unreachable, "etcd reset the stream (\(code))"), context)
        default: break
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if state != .ended {
            fail(EtcdError(.unreachable, "the connection to etcd ended in the middle of a call"), context)
        }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(error as? EtcdError ?? EtcdError(.unreachable, "the call to etcd failed: \(error)"), context)
    }

    private func received(_ frame: HTTP2Frame.FramePayload.Headers, _ context: ChannelHandlerContext) {
        switch state {
        case .waitingForHeaders:
            guard frame.headers.first(name: ":status") == "200",
                frame.headers.first(name: "content-type")?.hasPrefix("application/grpc") == true
            else {
                let status = frame.headers.first(name: ":status") ?? "none"
                return fail(
                    EtcdError(
                        .protocolViolation, "this is no gRPC server: HTTP status \(status.prefix(8))"),
                    context)
            }
            state = .open
            if frame.endStream { end(frame.headers, context) }
        case .open:
            guard frame.endStream else { return fail(.damaged("headers in the middle"), context) }
            end(frame.headers, context)
        case .ended: break
        }
    }

    private func received(_ frame: HTTP2Frame.FramePayload.Data, _ context: ChannelHandlerContext) {
        guard state == .open, case .byteBuffer(var bytes) = frame.data else {
            if state == .waitingForHeaders { fail(.damaged("data before headers"), context) }
            return
        }
        messages.append(&bytes)
        do throws(EtcdError) {
            while state == .open, let message = try messages.next() {
                context.fireChannelRead(wrapInboundOut(message))
            }
        } catch {
            return fail(error, context)
        }
        if frame.endStream { fail(.damaged("the call ended without trailers"), context) }
    }

    private func end(_ trailers: HPACKHeaders, _ context: ChannelHandlerContext) {
        if let error = GRPCStatus.error(of: trailers) { return fail(error, context) }
        guard messages.isAtEnd else { return fail(.damaged("the last message is cut off"), context) }
        state = .ended
        context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
    }

    private func fail(_ error: EtcdError, _ context: ChannelHandlerContext) {
        guard state != .ended else { return }
        state = .ended
        context.fireErrorCaught(error)
        context.close(promise: nil)
    }
}

@available(*, unavailable)
extension GRPCCallHandler: Sendable {}
