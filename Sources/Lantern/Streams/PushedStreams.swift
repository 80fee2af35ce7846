import LanternValue
import LanternWire
import NIOCore

/// What carries the messages of pushed streams: the handler of a connection.
protocol StreamCarrier: AnyObject {
    /// Writes a message; `body` is its payload.
    func carry(_ frame: Frame, body: [UInt8])
    /// Whether the connection takes more now. When it does again, ``PushedStreams/sendReady()`` is called.
    var takesMore: Bool { get }
    /// The policy in force forbids a stream that is being read.
    ///
    /// - Returns: whether the whole connection was ended for that; when not, the stream alone ends.
    func endForbidden() -> Bool
}

/// The pushed streams of one connection, in both directions: the glue between the rules of ``StreamLedger``, the
/// producers' tasks and the readers. Lives on the connection's event loop.
final class PushedStreams {
    /// What producers and readers tell from wherever they run.
    enum Event: Sendable {
        /// There is something to send.
        case ready(OutgoingStream)
        case reader(UInt32, IncomingStream.Wish)
    }

    struct Setup {
        let side: StreamLedger.Side
        let limits: StreamLimits
        let version: WireVersion
        let errors: ErrorTranslator
        let decoding: DecodingLimits
        /// How long a stream that we produce lives at most.
        var lifetime: Duration?
        let eventLoop: any EventLoop
        /// Brings an event to ``handle(_:)`` on the event loop.
        let post: @Sendable (Event) -> Void
    }

    private struct Outgoing {
        let stream: OutgoingStream
        var producer: Task<Void, Never>?
        var lifetime: Scheduled<Void>?
    }

    private let setup: Setup
    private unowned let carrier: any StreamCarrier
    private var ledger: StreamLedger
    private var outgoing: [UInt32: Outgoing] = [:]
    private var incoming: [UInt32: IncomingStream] = [:]
    /// Streams with something to send, in turns.
    private var ready = CircularBuffer<OutgoingStream>()

    init(_ setup: Setup, carrier: any StreamCarrier) {
        self.setup = setup
        self.carrier = carrier
        ledger = StreamLedger(side: setup.side, limits: setup.limits)
    }

    /// Whether the connection may end as far as streams are concerned.
    var isIdle: Bool { ledger.isEmpty }

    // MARK: - Opening

    /// Gives streams that we produce their numbers; nothing is produced before the reader gives credit.
    ///
    /// - Returns: nil when there are too many.
    func open(_ sources: [OutgoingSource], as format: SerializerFormat) -> StreamNumbers? {
        var opened: [UInt32] = []
        for source in sources {
            guard let number = ledger.openOutgoing() else {
                for number in opened { forget(number) }
                return nil
            }
            opened.append(number)
            let stream = OutgoingStream(
                number: number, format: format, source: source, maximumItem: setup.limits.itemSize,
                announce: { [post = setup.post] in post(.ready($0)) })
            outgoing[number] = Outgoing(stream: stream, lifetime: scheduleEnd(of: number))
        }
        return StreamNumbers(opened)
    }

    private func scheduleEnd(of number: UInt32) -> Scheduled<Void>? {
        guard let lifetime = setup.lifetime else { return nil }
        let bound = NIOLoopBound(self, eventLoop: setup.eventLoop)
        return setup.eventLoop.scheduleTask(in: TimeAmount(lifetime)) {
            bound.value.end(
                number,
                with: RemoteError(type: "Pyro5.errors.PyroError", message: "item stream terminated"))
        }
    }

    /// Takes streams that the far side produces; a place is nil where there are too many.
    ///
    /// - Throws: ``StreamViolation``.
    func accept(_ numbers: StreamNumbers, as format: SerializerFormat) throws -> [IncomingStream?] {
        try numbers.numbers.map { number in
            guard try ledger.openIncoming(number) else {
                sendEnd(number)
                return nil
            }
            let stream = IncomingStream(
                number: number, format: format, window: setup.limits.window,
                tell: { [post = setup.post] in post(.reader($0, $1)) })
            incoming[number] = stream
            return stream
        }
    }

    // MARK: - What the far side says

    /// - Throws: ``StreamViolation``, ``WireError``: the connection must end.
    func received(_ frame: Frame) throws {
        switch frame.type {
        case .streamItem: try received(StreamItems(reading: frame.payload), as: frame.serializer.format)
        case .streamEnd: try received(StreamEnd(reading: frame.payload), frame)
        default: try received(StreamCredit(reading: frame.payload))
        }
    }

    private func received(_ message: StreamItems, as format: SerializerFormat?) throws {
        let outcome = try ledger.receivedItems(
            message.stream, count: message.count, size: message.items.readableBytes)
        guard outcome == .take, let stream = incoming[message.stream] else { return }
        guard format == stream.format else { throw StreamViolation.otherSerializer(message.stream) }
        stream.deliver(
            IncomingChunk(
                count: message.count, format: stream.format, items: Self.unpinned(message.items),
                limits: setup.decoding))
    }

    /// A copy when the items would keep a much larger buffer alive, past what the window accounts for.
    private static func unpinned(_ items: ByteBuffer) -> ByteBuffer {
        guard items.storageCapacity > items.readableBytes * 4 + 512 else { return items }
        var copy = ByteBuffer()
        copy.writeImmutableBuffer(items)
        return copy
    }

    private func received(_ message: StreamEnd, _ frame: Frame) throws {
        switch try ledger.receivedEnd(message.stream) {
        case .ofItems:
            let stream = incoming.removeValue(forKey: message.stream)
            stream?.finish(
                frame.flags.contains(.exception) ? .failure(failure(message, stream?.format)) : .success(()))
        case .ofReading:
            forget(message.stream)
            sendEnd(message.stream)
        case .ignored:
            incoming[message.stream] = nil
        }
    }

    private func failure(_ message: StreamEnd, _ format: SerializerFormat?) -> any Error {
        guard let format,
            let value = try? decode(ByteSource(message.rest), as: format, limits: setup.decoding),
            let record = ExceptionRecord(value)
        else { return LanternError(.protocolViolation, "the end of a stream is an exception that is none") }
        return setup.errors.error(for: record)
    }

    private func received(_ credit: StreamCredit) throws {
        guard try ledger.receivedCredit(credit.stream) == .take, var entry = outgoing[credit.stream] else {
            return
        }
        let source = entry.stream.source
        if let isStillPermitted = source.isStillPermitted, !isStillPermitted() {
            if carrier.endForbidden() { return }
            return end(
                credit.stream, with: LanternError(.notAllowed, "not allowed to read this stream any more"))
        }
        try entry.stream.add(credit)
        guard entry.producer == nil else { return }
        let stream = entry.stream
        entry.producer = Task.detached(executorPreference: source.executor) {
            await CallContext.$current.withValue(source.context) { await stream.run() }
        }
        outgoing[credit.stream] = entry
    }

    // MARK: - What our side says

    func handle(_ event: Event) {
        switch event {
        case .ready(let stream): ready.append(stream)
        case .reader(let number, .credit(let items, let bytes)):
            guard ledger.grant(number, items: items, bytes: bytes) else { return }
            send(
                StreamCredit(
                    stream: number, items: UInt32(clamping: items), bytes: UInt32(clamping: bytes)
                ).frame(version: setup.version))
        case .reader(let number, .stop):
            if ledger.stopReading(number) { sendEnd(number) }
        }
    }

    /// Sends what producers have ready, in turns, as far as the connection takes it.
    func sendReady() {
        while carrier.takesMore, let stream = ready.popFirst() {
            guard outgoing[stream.number]?.stream === stream else { continue }
            switch stream.take() {
            case .items(let chunk, let hasMore):
                let frame = Frame(
                    version: setup.version, type: .streamItem, serializer: stream.format.wire)
                carrier.carry(frame, body: chunk.body(stream: stream.number))
                if hasMore { ready.append(stream) }
            case .end(let error): end(stream.number, with: error)
            case .nothing: break
            }
        }
    }

    /// Stops a stream that we produce and tells its reader.
    func end(_ number: UInt32, with error: (any Error)?) {
        guard let stream = outgoing[number]?.stream else { return }
        forget(number)
        guard let error else { return sendEnd(number, as: stream.format) }
        let record = setup.errors.exception(
            for: error, version: setup.version, peerIsLantern: true, place: "item stream")
        sendEnd(
            number, exception: ExceptionPayload.encode(record, version: setup.version, as: stream.format),
            as: stream.format)
    }

    private func forget(_ number: UInt32) {
        _ = ledger.endOutgoing(number)
        guard let entry = outgoing.removeValue(forKey: number) else { return }
        entry.lifetime?.cancel()
        entry.stream.stop()
        entry.producer?.cancel()
    }

    private func sendEnd(
        _ number: UInt32, exception: [UInt8]? = nil, as format: SerializerFormat = .marshal
    ) {
        send(
            StreamEnd.frame(
                stream: number, exception: exception, serializer: format.wire, version: setup.version))
    }

    private func send(_ frame: Frame) {
        carrier.carry(frame, body: Array(buffer: frame.payload))
    }

    // MARK: - The end

    /// Producers are stopped, readers get what has come and then the error.
    func connectionEnded(_ error: any Error) {
        for number in outgoing.keys { forget(number) }
        for stream in incoming.values { stream.finish(.failure(error)) }
        incoming = [:]
        ready = []
    }
}
