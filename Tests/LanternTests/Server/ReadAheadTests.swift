import LanternTrust
import LanternValue
import Synchronization
import Testing

@testable import Lantern

struct ReadAheadTests {
    private let owner: PeerIdentity
    private let streams = ItemStreams(
        .init(lifetime: nil, linger: .seconds(30), maximum: 10, maximumPerIdentity: 10))
    private let connection = ConnectionID.next()

    init() throws {
        owner = PeerIdentity(try SPIFFEID("spiffe://lantern.test/client"))
    }

    private func open(_ stream: RemoteStream<Int>) throws {
        try streams.open(
            try stream.itemSource(), id: "s", owner: owner, connection: connection, now: .now)
    }

    private func next(as reader: PeerIdentity? = nil) async throws -> ItemStreams.Items {
        try await streams.next(
            upTo: 64, of: "s", as: .msgpack, reader: reader ?? owner, connection: connection, now: .now)
    }

    @Test func itemsAtHandComeTogetherAndInOrder() async throws {
        try open(RemoteStream(0..<100))
        var items: [[UInt8]] = []
        var isOver = false
        while !isOver {
            let found = try await next()
            #expect((1...64).contains(found.items.count))
            items += found.items
            isOver = found.isOver
        }
        #expect(items == (0..<100).map { [UInt8($0)] })
        #expect(streams.count == 0)
    }

    @Test func producerThatMayWaitIsAskedForOneItemOnly() async throws {
        let asked = Counting()
        try open(RemoteStream(unfolding: { asked.next() }))
        for number in 1...3 {
            #expect(try await next().items == [[UInt8(number)]])
            #expect(asked.count == number)
        }
    }

    @Test func errorBehindItemsIsToldToTheNextCall() async throws {
        let pull = RemoteStream<Int>.Pull(
            next: { [counting = Counting()] in
                let number = counting.next()
                if number == 3 { throw PlainError() }
                return number
            }, isAtHand: true)
        try open(RemoteStream(makeNext: { pull }, write: { try $0.write(to: &$1) }))
        // A machine under load may give them one by one.
        var items: [[UInt8]] = []
        await #expect(throws: PlainError.self) {
            while true { items += try await next().items }
        }
        #expect(items == [[1], [2]])
        #expect(streams.count == 0)
    }

    @Test func strangersHaveNoStream() async throws {
        try open(RemoteStream(0..<3))
        let stranger = PeerIdentity(try SPIFFEID("spiffe://lantern.test/stranger"))
        await #expect(throws: RemoteError.self) { try await next(as: stranger) }
        #expect(try await next().items.count == 3)
    }

    @Test(arguments: SerializerFormat.allCases)
    func aLongStreamArrivesWhole(format: SerializerFormat) async throws {
        let loopback = try await Loopback()
        let counter = try loopback.counter(ProxyOptions(serializer: format))
        var items: [Int] = []
        for try await item in try await counter.numbers(upTo: 200) { items.append(item) }
        #expect(items == Array(0..<200))
        await loopback.close()
    }
}

private final class Counting: Sendable {
    private let number = Atomic(0)
    var count: Int { number.load(ordering: .relaxed) }
    func next() -> Int { number.wrappingAdd(1, ordering: .relaxed).newValue }
}
