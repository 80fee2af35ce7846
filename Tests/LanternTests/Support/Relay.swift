import NIOCore
import NIOPosix
import Synchronization

/// Stands between a client and a server and hands bytes on, until it is told to say nothing any more: both ends then
/// see a peer that neither speaks nor closes.
final class Relay: Sendable {
    private let listener: any Channel
    private let silence: Silence
    let count: Meter

    /// Shared by the connections of a relay.
    final class Silence: Sendable {
        let isSilent = Atomic(false)
    }

    var port: Int { listener.localAddress?.port ?? 0 }

    init(to port: Int) async throws {
        let (silence, count) = (Silence(), Meter())
        self.silence = silence
        self.count = count
        listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { near in
                count.enter()
                return ClientBootstrap(group: near.eventLoop)
                    .connect(host: "127.0.0.1", port: port)
                    .flatMapThrowing { far in
                        try near.pipeline.syncOperations.addHandler(HandOn(to: far, silence))
                        try far.pipeline.syncOperations.addHandler(HandOn(to: near, silence))
                    }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    /// From here on nothing goes through, in connections that are open and in new ones.
    func goSilent() { silence.isSilent.store(true, ordering: .releasing) }
    func speakAgain() { silence.isSilent.store(false, ordering: .releasing) }

    func close() async { try? await listener.close().get() }

    private final class HandOn: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let other: any Channel
        private let silence: Silence

        init(to other: any Channel, _ silence: Silence) {
            self.other = other
            self.silence = silence
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard !silence.isSilent.load(ordering: .acquiring) else { return }
            other.writeAndFlush(unwrapInboundIn(data), promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) {
            if !silence.isSilent.load(ordering: .acquiring) { other.close(promise: nil) }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
