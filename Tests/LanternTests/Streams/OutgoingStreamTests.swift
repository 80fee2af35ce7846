import LanternValue
import LanternWire
import NIOCore
import Testing

@testable import Lantern

/// Producers and their room, without a connection.
@Suite(.timeLimit(.minutes(2)))
struct OutgoingStreamTests {
    /// A stream whose loop is the test.
    private struct Bench {
        let stream: OutgoingStream
        let announced = Inbox<OutgoingStream>()

        init<Element>(_ stream: RemoteStream<Element>, maximumItem: Int = 1 << 20) throws {
            self.stream = OutgoingStream(
                number: 2, format: .msgpack, source: try stream.outgoingSource(), maximumItem: maximumItem,
                announce: { [announced] in announced.put($0) })
        }

        func credit(_ items: UInt32, _ bytes: UInt32 = 1 << 20) throws {
            try stream.add(StreamCredit(stream: 2, items: items, bytes: bytes))
        }

        /// Messages as they come, as (items, bytes), until the end or the producer waits.
        func messages() async -> (messages: [(Int, Int)], end: Result<Void, any Error>?) {
            var messages: [(Int, Int)] = []
            while await announced.next() != nil {
                var goesOn = true
                while goesOn {
                    switch stream.take() {
                    case .items(let chunk, let hasMore):
                        messages.append((chunk.count, chunk.size))
                        goesOn = hasMore
                    case .end(let error):
                        return (messages, error.map { .failure($0) } ?? .success(()))
                    case .nothing: goesOn = false
                    }
                }
            }
            return (messages, nil)
        }
    }

    @Test("a sequence comes in few messages, then its end")
    func sequence() async throws {
        let bench = try Bench(RemoteStream(0..<10_000))
        try bench.credit(100_000)
        async let running: Void = bench.stream.run()
        let (messages, end) = await bench.messages()
        await running
        #expect(messages.map(\.0).reduce(0, +) == 10_000)
        #expect(throws: Never.self) { try end?.get() }
        // A machine under load may see each as it comes; a message for each item would be a thousand times more.
        #expect(messages.count < 2_000)
    }

    @Test(
        "a sequence is asked for what there is credit for, and not for one item more",
        arguments: [1, 7, 5_000])
    func credit(items: Int) async throws {
        let asked = Counting()
        let bench = try Bench(RemoteStream(EndlessSequence { _ in asked.next() }))
        try bench.credit(UInt32(items))
        let running = Task { await bench.stream.run() }
        var sent = 0
        while sent < items, await bench.announced.next() != nil {
            while case .items(let chunk, _) = bench.stream.take() { sent += chunk.count }
        }
        #expect(sent == items)
        #expect(asked.count == items)
        try bench.credit(2)
        while sent < items + 2, await bench.announced.next() != nil {
            while case .items(let chunk, _) = bench.stream.take() { sent += chunk.count }
        }
        #expect(asked.count == items + 2)
        bench.stream.stop()
        await running.value
        #expect(asked.count == items + 2)
    }

    @Test("the item that goes over the bytes is sent by itself")
    func overBytes() async throws {
        // In msgpack one byte, and twelve for the text of ten.
        let long = String(repeating: "x", count: 10)
        for (items, bytes, expected) in [
            (["a", "b", long], 5, [(2, 4), (1, 11)]),
            ([long], 1, [(1, 11)]),
            (["a", "b"], 4, [(2, 4)]),
            (["a", "b"], 3, [(1, 2), (1, 2)]),
        ] as [([String], UInt32, [(Int, Int)])] {
            let bench = try Bench(RemoteStream(items))
            try bench.credit(10, bytes)
            let running = Task { await bench.stream.run() }
            var found: [(Int, Int)] = []
            while found.map(\.0).reduce(0, +) < items.count, await bench.announced.next() != nil {
                while case .items(let chunk, _) = bench.stream.take() {
                    found.append((chunk.count, chunk.size))
                }
            }
            // The reader's side of the same account takes exactly this.
            var account = CreditAccount()
            try account.add(items: 10, bytes: Int(bytes), stream: 2)
            for (count, size) in found { try account.spend(items: count, bytes: size, stream: 2) }
            #expect(found.map { "\($0)" } == expected.map { "\($0)" })
            bench.stream.stop()
            await running.value
        }
    }

    @Test("credit without end does not fill memory when nothing is taken away", arguments: [true, false])
    func pending(isSynchronous: Bool) async throws {
        let size = 1_000
        let item = [UInt8](repeating: 1, count: size)
        let made = Counting()
        let stream: RemoteStream<[UInt8]> =
            isSynchronous
            ? RemoteStream(
                EndlessSequence { _ in
                    _ = made.next()
                    return item
                })
            : RemoteStream(unfolding: {
                _ = made.next()
                return item
            })
        let bench = try Bench(stream)
        try bench.credit(UInt32(Int32.max), UInt32(Int32.max))
        let running = Task { await bench.stream.run() }
        // It is full when the next room is not there at once: then the producer waits too.
        let limit = (OutgoingStream.maximumPending + OutgoingStream.chunkSize) / size + 1
        var most = 0
        for _ in 0..<10_000 {
            await Task.yield()
            most = made.count
            if most * size >= OutgoingStream.maximumPending { break }
        }
        for _ in 0..<1_000 { await Task.yield() }
        #expect(made.count <= limit)
        // What is taken away makes room again.
        var taken = 0
        while taken < limit * 3, await bench.announced.next() != nil {
            while case .items(let chunk, _) = bench.stream.take() { taken += chunk.count }
        }
        #expect(made.count <= taken + limit)
        bench.stream.stop()
        await running.value
    }

    @Test("an error comes behind the items before it", arguments: [true, false])
    func failure(isSynchronous: Bool) async throws {
        let counting = Counting()
        let stream: RemoteStream<Int> =
            isSynchronous
            ? RemoteStream(
                makeNext: { .init(next: { nil }) }, write: { try $0.write(to: &$1) },
                production: {
                    try await $0.send(1...10) { item, writer in
                        guard item < 4 else { throw PlainError() }
                        try item.write(to: &writer)
                    }
                })
            : RemoteStream(unfolding: {
                let number = counting.next()
                guard number < 4 else { throw PlainError() }
                return number
            })
        let bench = try Bench(stream)
        try bench.credit(100)
        async let running: Void = bench.stream.run()
        let (messages, end) = await bench.messages()
        await running
        #expect(messages.map(\.0).reduce(0, +) == 3)
        #expect(throws: PlainError.self) { try end?.get() }
    }

    @Test("an item over the limit ends the stream, behind the items before it")
    func itemTooLarge() async throws {
        let bench = try Bench(RemoteStream(["a", String(repeating: "x", count: 100)]), maximumItem: 100)
        try bench.credit(100)
        async let running: Void = bench.stream.run()
        let (messages, end) = await bench.messages()
        await running
        #expect(messages.map(\.0) == [1])
        let error = #expect(throws: LanternError.self) { try end?.get() }
        #expect(error?.code == .serialization)
    }

    @Test("stopping ends a producer that waits for room, and one that waits for its items")
    func stop() async throws {
        let waiting = try Bench(RemoteStream(0..<10))
        let first = Task { await waiting.stream.run() }
        waiting.stream.stop()
        await first.value

        let gate = Gate()
        let stuck = try Bench(
            RemoteStream<Int>(unfolding: {
                gate.open("asked")
                try await gate.wait("never")
                return nil
            }))
        try stuck.credit(1)
        let second = Task { await stuck.stream.run() }
        try await gate.wait("asked")
        stuck.stream.stop()
        second.cancel()
        await second.value
        guard case .end(let error) = stuck.stream.take() else { Issue.record("not over"); return }
        #expect(error is CancellationError)
    }

    @Test("credit that overflows is refused")
    func overflow() throws {
        let bench = try Bench(RemoteStream(0..<10))
        try bench.credit(UInt32(Int32.max), 1)
        #expect(throws: StreamViolation.creditOverflow(2)) { try bench.credit(1, 1) }
        #expect(throws: StreamViolation.emptyCredit(2)) { try bench.credit(0, 0) }
    }
}

/// Items without end, made from their numbers.
struct EndlessSequence<Element>: Sequence, Sendable {
    let make: @Sendable (Int) -> Element

    init(_ make: @escaping @Sendable (Int) -> Element) { self.make = make }

    func makeIterator() -> Iterator { Iterator(make: make) }

    struct Iterator: IteratorProtocol {
        let make: @Sendable (Int) -> Element
        private var last = 0

        init(make: @escaping @Sendable (Int) -> Element) { self.make = make }

        mutating func next() -> Element? {
            last &+= 1
            return make(last)
        }
    }
}
