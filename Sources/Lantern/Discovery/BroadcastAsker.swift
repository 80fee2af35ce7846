import LanternTrust
import NIOCore
import NIOPosix
import Synchronization

/// Asks by broadcast who is the name server, until one answers that can be believed or the time is over.
struct BroadcastAsker {
    /// How often the question is sent within the time: datagrams get lost.
    static let questions = 3

    let settings: BroadcastSettings
    let group: any EventLoopGroup

    /// - Returns: what was found, and why other answers were not believed.
    /// - Throws: ``LanternError/Code/connectFailed`` when nothing could be sent; `CancellationError`.
    func find(
        _ search: BroadcastSearch, within time: Duration
    ) async throws -> (found: BroadcastSearch.Found?, refusals: [String]) {
        let places = settings.addresses.prefix(BroadcastSettings.maximumAddresses).compactMap {
            try? SocketAddress(ipAddress: $0, port: settings.port)
        }
        let eventLoop = group.any()
        let inbox = BroadcastInbox(search, promise: eventLoop.makePromise())
        let channel: any Channel
        do {
            channel = try await DatagramBootstrap(group: eventLoop)
                .channelOption(.socketOption(.so_broadcast), value: 1)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(BroadcastAnswerHandler(inbox))
                    }
                }
                .bind(host: "0.0.0.0", port: 0).get()
        } catch {
            inbox.finish()
            throw LanternError(.connectFailed, "no socket for a broadcast", cause: error)
        }
        let question = ByteBuffer(bytes: search.ask.bytes)
        let pause = time / Self.questions
        for round in 0..<Self.questions {
            channel.eventLoop.scheduleTask(in: TimeAmount(pause * round)) {
                guard channel.isActive else { return }
                for place in places {
                    channel.writeAndFlush(AddressedEnvelope(remoteAddress: place, data: question))
                        .whenFailure { inbox.failed($0) }
                }
            }
        }
        let end = channel.eventLoop.scheduleTask(in: TimeAmount(time)) { inbox.finish() }
        let found = try await withTaskCancellationHandler {
            try await inbox.promise.futureResult.get()
        } onCancel: {
            inbox.finish()
        }
        end.cancel()
        try? await channel.close()
        try Task.checkCancellation()
        if found == nil, let failure = inbox.failureOfAll(places.count * Self.questions) {
            throw LanternError(.connectFailed, "the broadcast could not be sent", cause: failure)
        }
        return (found, inbox.refusals)
    }
}

/// What came in, for the handler on the event loop and for whoever waits.
private final class BroadcastInbox: Sendable {
    private struct State {
        var search: BroadcastSearch
        var isFinished = false
        var failures = 0
        var failure: (any Error)?
    }

    let promise: EventLoopPromise<BroadcastSearch.Found?>
    private let state: Mutex<State>

    init(_ search: BroadcastSearch, promise: EventLoopPromise<BroadcastSearch.Found?>) {
        self.promise = promise
        state = Mutex(State(search: search))
    }

    var refusals: [String] { state.withLock(\.search.refusals) }

    func take(_ datagram: [UInt8]) {
        let found = state.withLock { state in
            state.isFinished ? nil : state.search.take(datagram, at: wallClockMilliseconds())
        }
        if let found { finish(found) }
    }

    func failed(_ error: any Error) {
        state.withLock { state in
            state.failures += 1
            state.failure = error
        }
    }

    /// The error, when no question went out at all.
    func failureOfAll(_ questions: Int) -> (any Error)? {
        state.withLock { $0.failures >= questions ? $0.failure : nil }
    }

    func finish(_ found: BroadcastSearch.Found? = nil) {
        let isFirst = state.withLock { state in
            defer { state.isFinished = true }
            return !state.isFinished
        }
        if isFirst { promise.succeed(found) }
    }
}

private final class BroadcastAnswerHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let inbox: BroadcastInbox

    init(_ inbox: BroadcastInbox) { self.inbox = inbox }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        inbox.take(Array(unwrapInboundIn(data).data.readableBytesView))
    }

    /// Somebody there does not hear: others may.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}
