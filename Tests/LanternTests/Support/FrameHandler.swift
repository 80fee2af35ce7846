import LanternTLS
import LanternTrust
import LanternWire
import NIOCore

/// What happened on one end that a test plays by hand.
enum RawEvent: Sendable {
    case established(PeerCertificate, ChannelFacts)
    case frame(Frame)
    case failed(String)
}

/// Turns what comes in into events, and lets the test answer.
final class FrameHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let inbox: Inbox<RawEvent>
    private var decoder = FrameDecoder(limits: .standard)

    init(_ inbox: Inbox<RawEvent>) {
        self.inbox = inbox
        decoder.acceptsExtensions = true
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        decoder.append(&bytes)
        do {
            while let frame = try decoder.next() { inbox.put(.frame(frame)) }
        } catch {
            inbox.put(.failed("\(error)"))
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .established(let peer, let facts)? = event as? TLSEvent {
            inbox.put(.established(peer, facts))
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { inbox.put(.failed("\(error)")) }

    func channelInactive(context: ChannelHandlerContext) { inbox.end() }
}
