import Lantern
import LanternValue
import LanternWire
import NIOCore
import Testing

/// Peers that break the rules of pushed streams: each loses its connection, the others go on, the operator reads why.
@Suite(.timeLimit(.minutes(2)))
struct HostileStreamTests {
    private static let features: LanternAnnouncement.Features = [
        .multiplexedCalls, .cancellation, .deadlines, .pushedStreams, .drainNotice,
    ]

    private static func items(
        _ stream: UInt32, _ count: UInt32, bytes: Int? = nil, format: SerializerFormat = .msgpack
    ) -> Frame {
        var payload = ByteBuffer()
        payload.writeMultipleIntegers(stream, count)
        payload.writeRepeatingByte(1, count: bytes ?? Int(count))
        return Frame(version: .v502, type: .streamItem, serializer: format.wire, payload: payload)
    }

    private static func credit(_ stream: UInt32, _ items: UInt32, _ bytes: UInt32) -> Frame {
        StreamCredit(stream: stream, items: items, bytes: bytes).frame(version: .v502)
    }

    private static func end(_ stream: UInt32) -> Frame {
        StreamEnd.frame(stream: stream, serializer: .msgpack, version: .v502)
    }

    /// A call that brings streams.
    private static func call(
        _ method: String, streams: [UInt32], sequence: UInt16 = 1, annotation: ByteBuffer? = nil
    ) throws -> Frame {
        let arguments: [Value] = streams.indices.map {
            ["__class__": "lantern.ItemStream", "index": .int(Int64($0))]
        }
        var frame = try RawEnd.call(method, arguments, object: "feed", sequence: sequence)
        frame.annotations[.pushedStreams] = annotation ?? StreamNumbers(streams).data
        return frame
    }

    /// What a raw client says after its handshake, and what the operator reads.
    struct Offence: Sendable, CustomTestStringConvertible {
        let reason: String
        let frames: @Sendable () throws -> [Frame]
        var testDescription: String { reason }
    }

    /// Towards the server: stream 1 is the client's, with credit for 10 items of 100 bytes once "first" reads it;
    /// stream 2 the server's, which nobody has read yet.
    static let offences: [Offence] = [
        Offence(reason: "11 items on item stream 1, which has credit for 10") { [items(1, 11)] },
        Offence(reason: "items of 101 bytes on item stream 1, which has credit for 100") {
            [items(1, 2, bytes: 101)]
        },
        Offence(reason: "an item of 201 bytes on item stream 1, 200 are allowed") {
            [items(1, 1, bytes: 201)]
        },
        Offence(reason: "no item stream has the number 3") { [items(3, 1)] },
        Offence(reason: "that message goes the other way on item stream 2") { [items(2, 1)] },
        Offence(reason: "items behind the end of item stream 1") { [end(1), items(1, 1)] },
        Offence(reason: "items in another serializer on item stream 1") { [items(1, 1, format: .json)] },
        Offence(reason: "STREAMITEM announces 0 items") { [items(1, 0, bytes: 1)] },
        Offence(reason: "STREAMITEM announces 5 items in 4 bytes") { [items(1, 5, bytes: 4)] },
        Offence(reason: "STREAMITEM has 8 bytes") {
            [Frame(version: .v502, type: .streamItem, payload: ByteBuffer(bytes: [0, 0, 0, 1]))]
        },
        Offence(reason: "no item stream has the number 0") { [end(0)] },
        Offence(reason: "no item stream has the number 5") { [end(5)] },
        Offence(reason: "no item stream has the number 4") { [end(4)] },
        Offence(reason: "STREAMEND has the 4 bytes") {
            [Frame(version: .v502, type: .streamEnd, payload: ByteBuffer(bytes: [0, 0, 1]))]
        },
        Offence(reason: "credit overflow on item stream 2") {
            [credit(2, UInt32(Int32.max), 1), credit(2, 10, 0)]
        },
        Offence(reason: "credit overflow on item stream 2") { [credit(2, 1, .max)] },
        Offence(reason: "credit for nothing on item stream 2") { [credit(2, 0, 0)] },
        Offence(reason: "that message goes the other way on item stream 1") { [credit(1, 1, 1)] },
        Offence(reason: "no item stream has the number 8") { [credit(8, 1, 1)] },
        Offence(reason: "STREAMCREDIT has 12 bytes, found 13") {
            [
                Frame(
                    version: .v502, type: .streamCredit,
                    payload: ByteBuffer(repeating: 0, count: 13))
            ]
        },
        Offence(reason: "1 cannot be the number of a new item stream") {
            [try call("sum", streams: [1], sequence: 9)]
        },
        Offence(reason: "4 cannot be the number of a new item stream") {
            [try call("sum", streams: [4], sequence: 9)]
        },
        Offence(reason: "0 cannot be the number of a new item stream") {
            [try call("sum", streams: [0], sequence: 9)]
        },
        Offence(reason: "LSTR has 4 bytes for each of 1 to 16 streams, found 0") {
            [try call("sum", streams: [], sequence: 9, annotation: ByteBuffer())]
        },
        Offence(reason: "LSTR has 4 bytes for each of 1 to 16 streams, found 68") {
            [try call("sum", streams: Array(0..<17), sequence: 9)]
        },
    ]

    /// A daemon, and a raw client with stream 1 being read and stream 2 not.
    private func scene(
        _ adjust: (inout Settings) -> Void = { _ in }
    ) async throws -> (loopback: Loopback, service: FeedService, peer: RawEnd, log: LogBook) {
        let log = LogBook()
        let loopback = try await Loopback(logger: log.logger) {
            $0.limits.pushedStreams.windowItems = 10
            $0.limits.pushedStreams.windowBytes = 100
            $0.limits.pushedStreams.itemSize = 200
            adjust(&$0)
        }
        let (_, service) = try await loopback.feed()
        let peer = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
        try await peer.send(peer.connectFrame(object: "feed", asLantern: true, features: Self.features))
        #expect(await peer.next()?.type == .connectOK)
        try await peer.send(Self.call("sum", streams: [1]))
        let credit = try StreamCredit(reading: #require(await peer.next()).payload)
        #expect(credit == StreamCredit(stream: 1, items: 10, bytes: 100))
        try await peer.send(RawEnd.call("numbers", [5], object: "feed", sequence: 2))
        let answer = try #require(await peer.next())
        #expect(answer.flags == [.exception, .itemStreamResult])
        #expect(answer.annotations[.pushedStreams] == StreamNumbers([2]).data)
        return (loopback, service, peer, log)
    }

    private func log(_ book: LogBook, says reason: String) async -> Bool {
        while let line = await book.lines.next() {
            if line.contains(reason) { return true }
            if line.contains("connection ended") || line.contains("connection failed") {
                Issue.record("the log says \(line)")
                return false
            }
        }
        return false
    }

    @Test("each offence ends the connection for its own reason", arguments: offences)
    func offence(_ offence: Offence) async throws {
        let (loopback, _, peer, book) = try await scene()
        for frame in try offence.frames() { try? await peer.send(frame) }
        #expect(await log(book, says: offence.reason))
        _ = await peer.rest()
        #expect(try await loopback.dynamic().call("add", 1) == 1, "others go on")
        #expect(try await loopback.hasNoStreams())
        await loopback.close()
    }

    @Test("the very limit of each rule is allowed")
    func allowed() async throws {
        let (loopback, _, peer, _) = try await scene()
        try await peer.send(Self.items(1, 9), Self.items(1, 1, bytes: 200))
        // An item of 200 bytes is no number, so the handler throws; the connection stays.
        var types: [MessageType] = []
        while types.filter({ $0 == .result }).isEmpty, let frame = await peer.next() {
            types.append(frame.type)
        }
        #expect(types.contains(.streamEnd), "the handler left, so the client may stop")
        try await peer.send(Self.end(1), Self.end(1), Self.credit(2, UInt32(Int32.max), UInt32(Int32.max)))
        let numbers = try StreamItems(reading: #require(await peer.next()).payload)
        #expect(numbers.count == 5)
        #expect(await peer.next()?.type == .streamEnd)
        // What crosses the end is passed over.
        try await peer.send(Self.credit(2, 1, 1), Self.end(2), RawEnd.call("add", [1], sequence: 3))
        #expect(try await peer.next()?.value() == 1)
        await peer.close()
        await loopback.close()
    }

    @Test("without the feature the three messages end the connection")
    func notAgreed() async throws {
        let loopback = try await Loopback()
        _ = try await loopback.feed()
        for frame in [Self.items(1, 1), Self.end(1), Self.credit(2, 1, 1)] {
            let peer = try await RawEnd.connect(loopback.caller, port: loopback.daemon.port)
            try await peer.authenticate(asLantern: true)
            try await peer.send(frame, RawEnd.call("add", [1]))
            #expect(await peer.rest().isEmpty)
        }
        await loopback.close()
    }

    @Test("streams past the limit are refused with the call, and opening more and more costs nothing")
    func tooMany() async throws {
        let (loopback, _, peer, _) = try await scene { $0.limits.pushedStreams.perConnection = 2 }
        for number: UInt32 in stride(from: 3, to: 203, by: 2) {
            try await peer.send(Self.call("ignore", streams: [number], sequence: UInt16(number)))
        }
        var results = 0
        var refused = 0
        while results < 100, let frame = await peer.next() {
            guard frame.type == .result else { continue }
            results += 1
            if frame.flags.contains(.exception) { refused += 1 }
        }
        #expect(results == 100)
        // The first of them had a place; it is stopped, but its producer never says goodbye.
        #expect(refused == 99)
        await peer.close()
        await loopback.close()
    }

    @Test("a peer that gives credit and reads nothing does not fill the daemon's memory")
    func readsNothing() async throws {
        let (loopback, service, peer, _) = try await scene { $0.limits.pushedStreams.itemSize = 1 << 20 }
        let size = 64 << 10
        try await peer.send(
            RawEnd.call("download", [1_000_000, .int(Int64(size))], object: "feed", sequence: 3))
        #expect(await peer.next()?.type == .result)
        try await peer.channel.setOption(.autoRead, value: false).get()
        let full = UInt32(Int32.max)
        try await peer.send(Self.credit(4, full, full))
        let feed = try #require(
            loopback.client.proxy((any Feed).self, "PYRO:feed@\(loopback.daemon.location)") as? FeedStub)
        for _ in 0..<300 { for try await _ in try await feed.numbers(upTo: 1) {} }
        // The kernel's buffers for a connection, and what waits for them.
        #expect(service.made.count > 0)
        #expect(service.made.count * size < 40 << 20)
        await peer.close()
        #expect(try await loopback.hasNoStreams())
        await loopback.close()
    }
}
