import LanternValue
import LanternWire
import NIOCore
import NIOEmbedded
import NIOPosix
import Testing

@testable import Lantern

/// Both ends of the pushed streams of a connection, joined by the test instead of a socket.
@Suite(.timeLimit(.minutes(2)))
struct PushedStreamsTests {
    /// One end: its messages are kept until the test carries them over.
    private final class End: StreamCarrier {
        let events = Inbox<PushedStreams.Event>()
        var sent: [Frame] = []
        var takesMore = true
        private(set) lazy var streams = PushedStreams(setup, carrier: self)
        private let setup: PushedStreams.Setup

        init(
            _ side: StreamLedger.Side, limits: StreamLimits = .init(), lifetime: Duration? = nil,
            eventLoop: any EventLoop = MultiThreadedEventLoopGroup.singleton.any()
        ) {
            setup = PushedStreams.Setup(
                side: side, limits: limits, version: .v502, errors: ErrorTranslator([NothingLeft.self]),
                decoding: DecodingLimits(), lifetime: lifetime, eventLoop: eventLoop,
                post: { [events] in events.put($0) })
        }

        func carry(_ frame: Frame, body: [UInt8]) {
            var frame = frame
            frame.payload = ByteBuffer(bytes: body)
            sent.append(frame)
        }

        /// What the connection's own judgement of the policy would be.
        var endsWhenForbidden = false
        func endForbidden() -> Bool { endsWhenForbidden }

        /// Does what producers and readers wanted, one event.
        func turn() async {
            guard let event = await events.next() else { return }
            streams.handle(event)
            streams.sendReady()
        }

        func take() -> [Frame] {
            defer { sent = [] }
            return sent
        }
    }

    private static func open<T>(
        _ stream: RemoteStream<T>, from producer: End, to reader: End, as format: SerializerFormat = .msgpack
    ) throws -> IncomingStream {
        let numbers = try #require(producer.streams.open([stream.outgoingSource()], as: format))
        return try #require(try reader.streams.accept(numbers, as: format)[0])
    }

    private func items(_ chunk: IncomingChunk?) throws -> [Int]? {
        try chunk?.decoded { try Int(from: &$0) }
    }

    @Test(
        "nothing is produced before the reader reads; then items come, and the end",
        arguments: SerializerFormat.allCases)
    func roundTrip(format: SerializerFormat) async throws {
        for sides in [(StreamLedger.Side.client, StreamLedger.Side.server), (.server, .client)] {
            let (producer, reader) = (End(sides.0), End(sides.1))
            let asked = Counting()
            let stream = RemoteStream<Int>(unfolding: {
                let number = asked.next()
                return number <= 3 ? number : nil
            })
            let incoming = try Self.open(stream, from: producer, to: reader, as: format)
            #expect(asked.count == 0)
            let reading = Task {
                var items: [Int] = []
                while let chunk = try await incoming.next() {
                    items += try chunk.decoded { try Int(from: &$0) }
                }
                return items
            }
            await reader.turn()
            for frame in reader.take() { try producer.streams.received(frame) }
            while !producer.streams.isIdle {
                await producer.turn()
                for frame in producer.take() { try reader.streams.received(frame) }
            }
            #expect(try await reading.value == [1, 2, 3])
            #expect(producer.streams.isIdle)
            #expect(reader.streams.isIdle)
        }
    }

    @Test("credit comes back when half of the window is read, in one message")
    func window() async throws {
        var limits = StreamLimits()
        limits.windowItems = 10
        let (producer, reader) = (End(.server), End(.client, limits: limits))
        let incoming = try Self.open(RemoteStream(1...100), from: producer, to: reader)
        async let first = incoming.next()
        await reader.turn()
        let credit = try StreamCredit(reading: #require(reader.take().first).payload)
        #expect(credit == StreamCredit(stream: 2, items: 10, bytes: 1 << 20))
        // The test is the producer: three messages of four, four and two items.
        func send(_ numbers: ClosedRange<Int>) throws {
            var chunk = ItemChunk(format: .msgpack)
            for number in numbers { try chunk.append(maximum: 10) { try number.write(to: &$0) } }
            try reader.streams.received(
                Frame(
                    version: .v502, type: .streamItem, serializer: .msgpack,
                    payload: ByteBuffer(bytes: chunk.body(stream: 2))))
        }
        try send(1...4)
        try send(5...8)
        try send(9...10)
        #expect(try items(await first) == [1, 2, 3, 4])
        #expect(try items(await incoming.next()) == [5, 6, 7, 8], "four are read: less than half")
        #expect(try items(await incoming.next()) == [9, 10])
        await reader.turn()
        let more = try reader.take().map { try StreamCredit(reading: $0.payload) }
        #expect(more == [StreamCredit(stream: 2, items: 8, bytes: 8)])
        #expect(throws: StreamViolation.tooManyItems(stream: 2, sent: 9, credit: 8)) { try send(1...9) }
    }

    @Test("dropping the reader stops the producer, whose goodbye ends it all")
    func dropping() async throws {
        let (producer, reader) = (End(.server), End(.client))
        let gate = Gate()
        let stream = RemoteStream<Int>(unfolding: {
            gate.open("asked")
            do { try await gate.wait("never") } catch { gate.open("stopped") }
            return nil
        })
        var handle: PushedReader? = PushedReader(try Self.open(stream, from: producer, to: reader))
        let reading = Task { [incoming = handle?.stream] in try await incoming?.next() }
        await reader.turn()
        for frame in reader.take() { try producer.streams.received(frame) }
        try await gate.wait("asked")
        handle = nil
        await reader.turn()
        let stop = reader.take()
        #expect(stop.map(\.type) == [.streamEnd])
        #expect(try await reading.value == nil)
        for frame in stop { try producer.streams.received(frame) }
        #expect(producer.streams.isIdle)
        try await gate.wait("stopped")
        #expect(!reader.streams.isIdle, "its producer has not answered")
        for frame in producer.take() { try reader.streams.received(frame) }
        #expect(reader.streams.isIdle)
    }

    @Test("a cancelled reader is told at once, and the producer is stopped")
    func cancelled() async throws {
        let (producer, reader) = (End(.server), End(.client))
        let incoming = try Self.open(
            RemoteStream<Int>(unfolding: {
                try await Gate().wait("never")
                return nil
            }), from: producer, to: reader)
        let reading = Task { try await incoming.next() }
        await reader.turn()
        reading.cancel()
        await #expect(throws: CancellationError.self) { try await reading.value }
        await reader.turn()
        #expect(reader.take().map(\.type) == [.streamCredit, .streamEnd])
        #expect(try await incoming.next() == nil)

        let early = try Self.open(RemoteStream(1...3), from: producer, to: reader)
        let cancelledBefore = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await early.next()
        }
        await #expect(throws: CancellationError.self) { try await cancelledBefore.value }
    }

    @Test("an error arrives as its type, behind the items before it")
    func failure() async throws {
        let (producer, reader) = (End(.client), End(.server))
        let counting = Counting()
        let incoming = try Self.open(
            RemoteStream<Int>(unfolding: {
                guard counting.next() < 3 else { throw NothingLeft(item: "lamp") }
                return 7
            }), from: producer, to: reader)
        let reading = Task {
            var items: [Int] = []
            do {
                while let chunk = try await incoming.next() {
                    items += try chunk.decoded { try Int(from: &$0) }
                }
            } catch let error as NothingLeft {
                return (items, error.item)
            }
            return (items, "no error")
        }
        await reader.turn()
        for frame in reader.take() { try producer.streams.received(frame) }
        while !producer.streams.isIdle {
            await producer.turn()
            for frame in producer.take() { try reader.streams.received(frame) }
        }
        let (items, item) = try await reading.value
        #expect(items == [7, 7])
        #expect(item == "lamp")
        #expect(try await incoming.next() == nil)
    }

    @Test("an end with an exception that is none is told as a violation")
    func badFailure() async throws {
        let (producer, reader) = (End(.server), End(.client))
        let incoming = try Self.open(RemoteStream(1...3), from: producer, to: reader)
        try reader.streams.received(
            StreamEnd.frame(stream: 2, exception: [0xc1], serializer: .msgpack, version: .v502))
        let error = await #expect(throws: LanternError.self) { try await incoming.next() }
        #expect(error?.code == .protocolViolation)
    }

    @Test("items in another serializer than the call's are refused")
    func otherSerializer() throws {
        let (producer, reader) = (End(.server), End(.client))
        _ = try Self.open(RemoteStream(1...3), from: producer, to: reader)
        reader.streams.handle(.reader(2, .credit(items: 1, bytes: 10)))
        let frame = Frame(
            version: .v502, type: .streamItem, serializer: .json,
            payload: ByteBuffer(bytes: [0, 0, 0, 2, 0, 0, 0, 1, 1]))
        #expect(throws: StreamViolation.otherSerializer(2)) { try reader.streams.received(frame) }
    }

    @Test("nothing is sent while the connection takes nothing, and streams take turns")
    func turns() async throws {
        let (producer, reader) = (End(.server), End(.client))
        producer.takesMore = false
        for _ in 0..<2 { _ = try Self.open(RemoteStream(1...3), from: producer, to: reader) }
        for number: UInt32 in [2, 4] {
            try producer.streams.received(
                StreamCredit(stream: number, items: 10, bytes: 10).frame(version: .v502))
        }
        for _ in 0..<2 { await producer.turn() }
        #expect(producer.sent.isEmpty)
        producer.takesMore = true
        producer.streams.sendReady()
        while !producer.streams.isIdle { await producer.turn() }
        let numbers = producer.sent.map { $0.payload.getInteger(at: 3, as: UInt8.self) ?? 0 }
        #expect(Set(numbers) == [2, 4])
        for number: UInt8 in [2, 4] {
            let types = zip(numbers, producer.sent).filter { $0.0 == number }.map(\.1.type)
            #expect(types.last == .streamEnd)
        }
    }

    @Test("the end of the connection stops producers, and readers learn of it behind what came")
    func connectionEnded() async throws {
        let (producer, reader) = (End(.server), End(.client))
        let gate = Gate()
        let incoming = try Self.open(
            RemoteStream<Int>(unfolding: {
                gate.open("asked")
                do { try await gate.wait("never") } catch { gate.open("stopped") }
                return nil
            }), from: producer, to: reader)
        try producer.streams.received(StreamCredit(stream: 2, items: 9, bytes: 9).frame(version: .v502))
        try await gate.wait("asked")
        reader.streams.handle(.reader(2, .credit(items: 9, bytes: 9)))
        try reader.streams.received(
            Frame(
                version: .v502, type: .streamItem, serializer: .msgpack,
                payload: ByteBuffer(bytes: [0, 0, 0, 2, 0, 0, 0, 1, 5])))
        producer.streams.connectionEnded(LanternError(.connectionLost, "gone"))
        reader.streams.connectionEnded(LanternError(.connectionLost, "gone"))
        try await gate.wait("stopped")
        #expect(try items(await incoming.next()) == [5])
        let error = await #expect(throws: LanternError.self) { try await incoming.next() }
        #expect(error?.code == .connectionLost)
        #expect(try await incoming.next() == nil)
    }

    @Test("a stream lives for its lifetime and no longer")
    func lifetime() throws {
        let loop = EmbeddedEventLoop()
        let producer = End(.server, lifetime: .seconds(10), eventLoop: loop)
        _ = try #require(producer.streams.open([RemoteStream(1...3).outgoingSource()], as: .msgpack))
        loop.advanceTime(by: .milliseconds(9_999))
        #expect(!producer.streams.isIdle)
        #expect(producer.sent.isEmpty)
        loop.advanceTime(by: .milliseconds(1))
        #expect(producer.streams.isIdle)
        let end = try StreamEnd(reading: try #require(producer.sent.first).payload)
        let record = ExceptionRecord(try decode(Array(buffer: end.rest), as: .msgpack))
        #expect(record?.message == "item stream terminated")
    }

    @Test("too many streams of a call are opened not at all")
    func allOrNothing() throws {
        var limits = StreamLimits()
        limits.perConnection = 2
        let producer = End(.client, limits: limits)
        let source = try RemoteStream(1...3).outgoingSource()
        #expect(producer.streams.open([source, source, source], as: .msgpack) == nil)
        #expect(producer.streams.isIdle)
        #expect(producer.streams.open([source, source], as: .msgpack)?.numbers == [5, 7])
        #expect(producer.streams.open([source], as: .msgpack) == nil)
    }

    @Test("a reader that may not read any more gets no more")
    func noLongerPermitted() throws {
        let producer = End(.server)
        var source = try RemoteStream(1...3).outgoingSource()
        source.isStillPermitted = { false }
        _ = producer.streams.open([source], as: .msgpack)
        try producer.streams.received(StreamCredit(stream: 2, items: 9, bytes: 9).frame(version: .v502))
        #expect(producer.sent.map(\.flags) == [.exception])
        #expect(producer.streams.isIdle)
    }

    @Test("where the connection ends for it, a reader that may not read any more is not told by its stream")
    func connectionEndsInstead() throws {
        let producer = End(.server)
        producer.endsWhenForbidden = true
        var source = try RemoteStream(1...3).outgoingSource()
        source.isStillPermitted = { false }
        _ = producer.streams.open([source], as: .msgpack)
        try producer.streams.received(StreamCredit(stream: 2, items: 9, bytes: 9).frame(version: .v502))
        #expect(producer.sent.isEmpty)
    }
}
