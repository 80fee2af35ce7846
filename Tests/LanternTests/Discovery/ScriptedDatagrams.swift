import NIOCore
import NIOPosix
import Synchronization

/// A UDP socket on loopback that answers each datagram with those that a script gives.
final class ScriptedDatagrams: Sendable {
    let channel: any Channel

    /// - Parameter port: one that is free; 0 for one of the system's choice.
    init(port: Int = 0, _ answers: @escaping @Sendable ([UInt8]) -> [[UInt8]]) async throws {
        channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Answering(answers))
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
    }

    var port: Int { channel.localAddress?.port ?? 0 }
    var address: SocketAddress { get throws { try SocketAddress(ipAddress: "127.0.0.1", port: port) } }

    func close() async { try? await channel.close() }

    private final class Answering: ChannelInboundHandler {
        typealias InboundIn = AddressedEnvelope<ByteBuffer>
        typealias OutboundOut = AddressedEnvelope<ByteBuffer>

        private let answers: @Sendable ([UInt8]) -> [[UInt8]]

        init(_ answers: @escaping @Sendable ([UInt8]) -> [[UInt8]]) { self.answers = answers }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let envelope = unwrapInboundIn(data)
            for answer in answers(Array(envelope.data.readableBytesView)) {
                let reply = AddressedEnvelope(
                    remoteAddress: envelope.remoteAddress, data: ByteBuffer(bytes: answer))
                context.write(wrapOutboundOut(reply), promise: nil)
            }
            context.flush()
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {}
    }
}
