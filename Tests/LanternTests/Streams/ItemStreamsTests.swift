import LanternTrust
import LanternValue
import Synchronization
import Testing

@testable import Lantern

struct ItemStreamsTests {
    private final class Source: ItemSource {
        let left = Mutex(3)
        let closings = Mutex(0)
        let failure: (any Error)?
        init(failure: (any Error)? = nil) { self.failure = failure }
        func next(as format: SerializerFormat) async throws -> [UInt8]? {
            if let failure { throw failure }
            let number = left.withLock { left -> Int? in
                guard left > 0 else { return nil }
                left -= 1
                return left
            }
            return try number.map { try encode(.int(Int64($0)), as: format) }
        }
        func close() { closings.withLock { $0 += 1 } }
        var isClosed: Bool { closings.withLock { $0 > 0 } }
    }

    private let owner: PeerIdentity
    private let other: PeerIdentity
    private let connection = ConnectionID.next()
    private let start = ContinuousClock.now

    init() throws {
        owner = PeerIdentity(try SPIFFEID("spiffe://lantern.test/owner"))
        other = PeerIdentity(try SPIFFEID("spiffe://lantern.test/other"))
    }

    private func streams(
        lifetime: Duration? = nil, linger: Duration = .seconds(30), maximum: Int = 10, perIdentity: Int = 5
    ) -> ItemStreams {
        ItemStreams(
            .init(lifetime: lifetime, linger: linger, maximum: maximum, maximumPerIdentity: perIdentity))
    }

    private func open(_ streams: ItemStreams, _ id: String = "s", as owner: PeerIdentity? = nil) throws
        -> Source
    {
        let source = Source()
        try streams.open(source, id: id, owner: owner ?? self.owner, connection: connection, now: start)
        return source
    }

    private func next(
        _ streams: ItemStreams, _ id: String = "s", as reader: PeerIdentity? = nil, after: Duration = .zero,
        over other: ConnectionID? = nil
    ) async throws -> [UInt8] {
        try await streams.next(
            id, as: .msgpack, reader: reader ?? owner, connection: other ?? connection,
            now: start.advanced(by: after))
    }

    private func message(_ body: () async throws -> Void) async -> String {
        do { try await body() } catch let error as RemoteError { return error.message } catch {
            return "\(error)"
        }
        return "nothing was thrown"
    }

    @Test("items come in order, then StopIteration, and the stream is gone")
    func toTheEnd() async throws {
        let streams = streams()
        let source = try open(streams)
        for expected in [2, 1, 0] {
            #expect(try await next(streams) == encode(.int(Int64(expected)), as: .msgpack))
        }
        await #expect(throws: RemoteError(type: "builtins.StopIteration", arguments: [])) {
            try await next(streams)
        }
        #expect(streams.count == 0)
        #expect(source.isClosed)
        #expect(await message { _ = try await next(streams) } == "item stream terminated")
    }

    @Test("to another identity a stream does not exist: it can neither read nor close it")
    func another() async throws {
        let streams = streams()
        let source = try open(streams)
        #expect(await message { _ = try await next(streams, as: other) } == "item stream terminated")
        #expect(
            await message { _ = try await next(streams, "nothing", as: other) } == "item stream terminated")
        streams.close("s", reader: other)
        #expect(!source.isClosed)
        _ = try await next(streams)
        streams.close("s", reader: owner)
        #expect(source.isClosed)
    }

    @Test("the lifetime counts from the opening, read or not")
    func lifetime() async throws {
        let streams = streams(lifetime: .seconds(10))
        let source = try open(streams)
        _ = try await next(streams, after: .seconds(9))
        #expect(
            await message { _ = try await next(streams, after: .seconds(10)) } == "item stream terminated")
        streams.houseKeeping(now: start.advanced(by: .seconds(9)))
        #expect(!source.isClosed)
        streams.houseKeeping(now: start.advanced(by: .seconds(10)))
        #expect(source.isClosed)
        #expect(streams.count == 0)
    }

    @Test("a stream waits for its reader, who may come over another connection")
    func linger() async throws {
        let streams = streams(linger: .seconds(5))
        let source = try open(streams)
        streams.connectionEnded(connection, now: start)
        let again = ConnectionID.next()
        _ = try await next(streams, after: .seconds(4), over: again)
        streams.connectionEnded(connection, now: start)
        streams.houseKeeping(now: start.advanced(by: .seconds(60)))
        #expect(!source.isClosed, "it belongs to the new connection now")
        streams.connectionEnded(again, now: start.advanced(by: .seconds(60)))
        #expect(
            await message { _ = try await next(streams, after: .seconds(65)) } == "item stream terminated")
        streams.houseKeeping(now: start.advanced(by: .seconds(65)))
        #expect(source.isClosed)
    }

    @Test("without linger time a stream ends with its connection")
    func noLinger() throws {
        let streams = streams(linger: .zero)
        let source = try open(streams)
        streams.connectionEnded(ConnectionID.next(), now: start)
        #expect(!source.isClosed)
        streams.connectionEnded(connection, now: start)
        #expect(source.isClosed)
        #expect(streams.count == 0)
    }

    @Test("the producer's error reaches the reader and ends the stream")
    func producerFails() async throws {
        let streams = streams()
        let failure = RemoteError(type: "builtins.ValueError", message: "broken")
        let source = Source(failure: failure)
        try streams.open(source, id: "s", owner: owner, connection: connection, now: start)
        #expect(await message { _ = try await next(streams) } == "broken")
        #expect(streams.count == 0)
        #expect(source.isClosed)
    }

    @Test("streams are bounded for one identity and for all")
    func limits() throws {
        let streams = streams(maximum: 3, perIdentity: 2)
        _ = try open(streams, "a")
        _ = try open(streams, "b")
        let refused = Source()
        #expect(throws: LanternError.self) {
            try streams.open(refused, id: "c", owner: owner, connection: connection, now: start)
        }
        #expect(refused.isClosed)
        _ = try open(streams, "d", as: other)
        #expect(throws: LanternError.self) { try open(streams, "e", as: other) }
        streams.close("a", reader: owner)
        _ = try open(streams, "f", as: other)
        #expect(streams.count == 3)
    }

    @Test("closing the daemon closes all")
    func closeAll() throws {
        let streams = streams()
        let sources = try [open(streams, "a"), open(streams, "b", as: other)]
        streams.closeAll()
        #expect(sources.allSatisfy { $0.isClosed })
        #expect(streams.count == 0)
    }
}
