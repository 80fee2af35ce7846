import Glibc
import NIOCore
import NIOPosix

/// A pipe to itself that always has a byte to read: while it reads, its event loop does not sleep.
///
/// NIO runs the tasks of a turn until there are none, so a task that posts itself again would keep the loop from its
/// sockets. A readable descriptor does not: each turn asks the kernel for everything that is ready, one byte among it.
final class Ticker: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// Bytes written at a time. Two of it fit the smallest pipe that Linux makes.
    private static let supply = 2_048

    /// Called once in a turn; true asks for another one.
    private var turn: (() -> Bool)?
    private var context: ChannelHandlerContext?
    private var isOwner = false
    private var bytesLeft = 0
    private(set) var isRunning = false
    /// The pipe's ends; none while it is not open.
    private(set) var descriptors: [CInt] = []

    /// - Parameter turn: called on the event loop until ``close()``.
    init(turn: @escaping () -> Bool) {
        self.turn = turn
    }

    /// Opens the pipe; only on the event loop. Where that fails there is no polling.
    func open(on eventLoop: any EventLoop) {
        var ends: [CInt] = [-1, -1]
        guard let bootstrap = NIOPipeBootstrap(validatingGroup: eventLoop), pipe(&ends) == 0
        else {
            return
        }
        let (input, output) = (ends[0], ends[1])
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        descriptors = ends
        let handler = NIOLoopBound(self, eventLoop: eventLoop)
        bootstrap
            .channelOption(.autoRead, value: false)
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 1))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(handler.value)
                }
            }
            .takingOwnershipOfDescriptors(input: input, output: output)
            .whenFailure { _ in
                handler.value.descriptors = []
                // From the initializer on the channel closes them itself.
                guard !handler.value.isOwner else { return }
                Glibc.close(input)
                Glibc.close(output)
            }
    }

    /// Asks for turns, until `turn` says no.
    func start() {
        guard !isRunning, let context, context.channel.isActive else { return }
        isRunning = true
        context.read()
    }

    func close() {
        turn = nil
        context?.close(promise: nil)
    }

    // MARK: - Channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        isOwner = true
    }

    func channelActive(context: ChannelHandlerContext) {
        guard turn != nil else { return context.close(promise: nil) }
        refill(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        bytesLeft -= Self.unwrapInboundIn(data).readableBytes
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if bytesLeft <= 1 { refill(context) }
        if turn?() == true {
            context.read()
        } else {
            isRunning = false
        }
    }

    private func refill(_ context: ChannelHandlerContext) {
        bytesLeft += Self.supply
        let bytes = context.channel.allocator.buffer(repeating: 0, count: Self.supply)
        context.writeAndFlush(NIOAny(bytes), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        descriptors = []
        isRunning = false
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }
}

@available(*, unavailable)
extension Ticker: Sendable {}
