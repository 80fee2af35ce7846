import LanternTrust
import NIOCore
import NIOPosix
import Synchronization

/// Asks DNS servers for service records, over UDP, or TCP where an answer is large, each for a part of the time.
///
/// Every question has its own random id and a port of the system's choice, and only the server that was asked can
/// answer. Whoever sees or guesses both can still lie: answers are hints.
struct DNSClient: Sendable {
    /// How many messages that are not the answer are passed over.
    static let maximumStrays = 64

    let servers: DNSServers
    let group: any EventLoopGroup

    /// - Returns: the records; empty when the name has none.
    /// - Throws: ``LanternError/Code/notFound`` with each server's reason when none gave an answer;
    ///   ``LanternError/Code/configuration`` for a name that is none; `CancellationError`.
    func services(_ name: String, within time: Duration) async throws -> [ServiceRecord] {
        _ = try DNSQuestion(id: 0, name: name)
        let deadline = ContinuousClock.now.advanced(by: time)
        var reasons: [String] = []
        for (index, server) in servers.addresses.enumerated() {
            let left = ContinuousClock.now.duration(to: deadline)
            guard left > .zero else { break }
            let question = try DNSQuestion(id: .random(in: .min ... .max), name: name)
            do {
                return try await ask(server, question, within: left / (servers.addresses.count - index))
            } catch let fault as DNSAnswer.Fault {
                reasons.append("\(server.ipAddress ?? "?"): \(fault.text)")
            }
        }
        throw LanternError(
            .notFound,
            "no answer from DNS about \(name): "
                + (reasons.isEmpty ? "no server is known" : reasons.joined(separator: "; ")))
    }

    /// Over UDP, and over TCP when that says that the answer is too large for it.
    ///
    /// - Source: RFC 7766, section 5.
    private func ask(
        _ server: SocketAddress, _ question: DNSQuestion, within time: Duration
    ) async throws -> [ServiceRecord] {
        let deadline = ContinuousClock.now.advanced(by: time)
        do {
            return try await exchange(server, question, over: .udp, until: deadline)
        } catch DNSAnswer.Fault.truncated {
            do {
                return try await exchange(server, question, over: .tcp, until: deadline)
            } catch let fault as DNSAnswer.Fault {
                throw DNSAnswer.Fault.refused("cut off over UDP, and over TCP: \(fault.text)")
            }
        }
    }

    private enum Transport: Sendable {
        case udp
        case tcp
    }

    private func exchange(
        _ server: SocketAddress, _ question: DNSQuestion, over transport: Transport,
        until deadline: ContinuousClock.Instant
    ) async throws -> [ServiceRecord] {
        let left = ContinuousClock.now.duration(to: deadline)
        guard left > .zero else { throw DNSAnswer.Fault.refused("no answer in time") }
        let eventLoop = group.any()
        let inbox = DNSInbox(question, promise: eventLoop.makePromise())
        let end = eventLoop.scheduleTask(in: TimeAmount(left)) {
            inbox.finish(.failure(.refused("no answer in time")))
        }
        defer { end.cancel() }
        let channel: any Channel
        do {
            channel = try await connect(
                to: server, over: transport, inbox, on: eventLoop, within: TimeAmount(left))
        } catch {
            inbox.finish(.failure(.refused("no way to it")))
            throw DNSAnswer.Fault.refused("no way to it")
        }
        var message = ByteBuffer()
        if transport == .tcp { message.writeInteger(UInt16(clamping: question.bytes.count)) }
        message.writeBytes(question.bytes)
        channel.writeAndFlush(message).whenFailure { _ in
            inbox.finish(.failure(.refused("no way to it")))
        }
        let result = try await withTaskCancellationHandler {
            try await inbox.promise.futureResult.get()
        } onCancel: {
            inbox.finish(.failure(.refused("given up")))
        }
        try? await channel.close()
        try Task.checkCancellation()
        return try result.get().records
    }

    private func connect(
        to server: SocketAddress, over transport: Transport, _ inbox: DNSInbox, on eventLoop: any EventLoop,
        within time: TimeAmount
    ) async throws -> any Channel {
        switch transport {
        case .udp:
            try await DatagramBootstrap(group: eventLoop)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(DNSDatagramHandler(inbox))
                    }
                }
                .connect(to: server).get()
        case .tcp:
            try await ClientBootstrap(group: eventLoop)
                .connectTimeout(time)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(DNSStreamHandler(inbox))
                    }
                }
                .connect(to: server).get()
        }
    }
}

extension DNSAnswer.Fault {
    var text: String {
        switch self {
        case .notOurs(let reason): "only answers to other questions came (\(reason))"
        case .truncated(let count):
            "the answer was cut off at \(count) bytes; keep fewer records under the name"
        case .refused(let reason): reason
        case .malformed(let reason): "the answer is malformed: \(reason)"
        }
    }
}

private final class DNSInbox: Sendable {
    private struct State {
        var isFinished = false
        var strays = 0
    }

    let promise: EventLoopPromise<Result<DNSAnswer, DNSAnswer.Fault>>
    private let question: DNSQuestion
    private let state = Mutex(State())

    init(_ question: DNSQuestion, promise: EventLoopPromise<Result<DNSAnswer, DNSAnswer.Fault>>) {
        self.question = question
        self.promise = promise
    }

    func take(_ message: [UInt8]) {
        do throws(DNSAnswer.Fault) {
            finish(.success(try DNSAnswer(reading: message, to: question)))
        } catch {
            // Whoever guesses does not end the wait for the right answer.
            guard case .notOurs = error else { return finish(.failure(error)) }
            let strays = state.withLock { state in
                state.strays += 1
                return state.strays
            }
            if strays >= DNSClient.maximumStrays { finish(.failure(error)) }
        }
    }

    func finish(_ result: Result<DNSAnswer, DNSAnswer.Fault>) {
        let isFirst = state.withLock { state in
            defer { state.isFinished = true }
            return !state.isFinished
        }
        if isFirst { promise.succeed(result) }
    }
}

private final class DNSDatagramHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let inbox: DNSInbox

    init(_ inbox: DNSInbox) { self.inbox = inbox }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        inbox.take(Array(unwrapInboundIn(data).data.readableBytesView))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        inbox.finish(.failure(.refused("nobody listens there")))
    }
}

/// Answers over TCP, each behind its length in two bytes, which bounds what is kept.
///
/// - Source: RFC 7766, section 8.
private final class DNSStreamHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let inbox: DNSInbox
    private var received = ByteBuffer()

    init(_ inbox: DNSInbox) { self.inbox = inbox }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        received.writeBuffer(&bytes)
        while let answer = received.readLengthPrefixedSlice(as: UInt16.self) {
            inbox.take(Array(answer.readableBytesView))
        }
        received.discardReadBytes()
    }

    func channelInactive(context: ChannelHandlerContext) {
        inbox.finish(.failure(.refused("it closed the connection before its answer was whole")))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        inbox.finish(.failure(.refused("the connection broke")))
    }
}
