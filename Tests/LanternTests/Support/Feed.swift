import Lantern
import LanternTrust
import LanternValue
import Synchronization

/// Streams as results, as arguments, and both.
@Remote
protocol Feed: Sendable {
    func numbers(upTo limit: Int) async throws -> RemoteStream<Int>
    func points(_ count: Int) async throws -> RemoteStream<Point>
    func broken(after count: Int) async throws -> RemoteStream<Int>
    func endless() async throws -> RemoteStream<Int>
    func stuck() async throws -> RemoteStream<Int>
    func caller() async throws -> RemoteStream<String>
    func sum(_ numbers: RemoteStream<Int>) async throws -> Int
    func total(of points: RemoteStream<Point>, and numbers: RemoteStream<Int>, times factor: Int) async throws
        -> Double
    func first(_ count: Int, of numbers: RemoteStream<Int>) async throws -> [Int]
    func ignore(_ numbers: RemoteStream<Int>) async throws -> String
    func doubled(_ numbers: RemoteStream<Int>) async throws -> RemoteStream<Int>
    func sameAgain(_ numbers: RemoteStream<Int>) async throws -> RemoteStream<Int>
    func download(_ count: Int, of size: Int) async throws -> RemoteStream<[UInt8]>
    func upload(_ chunks: RemoteStream<[UInt8]>) async throws -> Int
}

struct FeedService: Feed {
    let gate: Gate
    /// Items that were made.
    let made = Counting()
    /// Items that were read.
    let read = Counting()

    func numbers(upTo limit: Int) -> RemoteStream<Int> { RemoteStream(0..<limit) }

    func points(_ count: Int) -> RemoteStream<Point> {
        RemoteStream((0..<count).map { Point(x: $0, y: 0.5, label: "p") })
    }

    func broken(after count: Int) -> RemoteStream<Int> {
        let counting = Counting()
        return RemoteStream(unfolding: {
            let number = counting.next()
            guard number <= count else { throw NothingLeft(item: "number") }
            return number
        })
    }

    /// Opens the gate of each number when it is made, and "stopped" when the producer is gone.
    func endless() -> RemoteStream<Int> {
        let (made, gate) = (made, gate)
        let sentinel = Sentinel(gate, "stopped")
        return RemoteStream(unfolding: {
            let number = made.next()
            sentinel.gate.open("\(number)")
            return number
        })
    }

    func stuck() -> RemoteStream<Int> {
        let gate = gate
        return RemoteStream(unfolding: {
            gate.open("asked")
            do { try await gate.wait("never") } catch { gate.open("stopped") }
            return nil
        })
    }

    func caller() -> RemoteStream<String> {
        let counting = Counting()
        return RemoteStream(unfolding: {
            guard counting.next() == 1 else { return nil }
            return CallContext.current?.peer.identity.description ?? "nobody"
        })
    }

    func sum(_ numbers: RemoteStream<Int>) async throws -> Int {
        var sum = 0
        for try await number in numbers { sum += number }
        return sum
    }

    func total(
        of points: RemoteStream<Point>, and numbers: RemoteStream<Int>, times factor: Int
    ) async throws -> Double {
        var sum = 0.0
        for try await number in numbers { sum += Double(number) }
        for try await point in points { sum += Double(point.x) + point.y }
        return sum * Double(factor)
    }

    func first(_ count: Int, of numbers: RemoteStream<Int>) async throws -> [Int] {
        var found: [Int] = []
        for try await number in numbers {
            found.append(number)
            gate.open("read \(found.count)")
            if found.count == count { break }
        }
        return found
    }

    func ignore(_ numbers: RemoteStream<Int>) -> String { "ignored" }

    func doubled(_ numbers: RemoteStream<Int>) -> RemoteStream<Int> {
        RemoteStream(numbers.map { $0 * 2 })
    }

    func sameAgain(_ numbers: RemoteStream<Int>) -> RemoteStream<Int> { numbers }

    func download(_ count: Int, of size: Int) -> RemoteStream<[UInt8]> {
        let made = made
        return RemoteStream(
            (0..<count).lazyChunks { number in
                _ = made.next()
                return [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: size)
            })
    }

    func upload(_ chunks: RemoteStream<[UInt8]>) async throws -> Int {
        var bytes = 0
        for try await chunk in chunks {
            bytes += chunk.count
            _ = read.next()
        }
        return bytes
    }
}

/// Opens a gate when nobody holds it any more.
final class Sentinel: Sendable {
    let gate: Gate
    private let name: String

    init(_ gate: Gate, _ name: String) {
        self.gate = gate
        self.name = name
    }

    deinit { gate.open(name) }
}

extension Range<Int> {
    /// Chunks that are made when they are asked for.
    func lazyChunks(_ make: @escaping @Sendable (Int) -> [UInt8]) -> ChunkSequence {
        ChunkSequence(numbers: self, make: make)
    }
}

struct ChunkSequence: Sequence, Sendable {
    let numbers: Range<Int>
    let make: @Sendable (Int) -> [UInt8]

    func makeIterator() -> Iterator { Iterator(numbers: numbers.makeIterator(), make: make) }

    struct Iterator: IteratorProtocol {
        var numbers: Range<Int>.Iterator
        let make: @Sendable (Int) -> [UInt8]

        mutating func next() -> [UInt8]? { numbers.next().map(make) }
    }
}

extension Loopback {
    /// A daemon with a ``Feed``.
    func feed(_ options: ProxyOptions = .init(), execution: ObjectOptions.Execution = .concurrent)
        async throws -> (
            any Feed, FeedService
        )
    {
        let service = FeedService(gate: gate)
        let uri = try await daemon.register(
            service, as: (any Feed).self, id: "feed", options: ObjectOptions(execution: execution))
        return (try client.proxy((any Feed).self, uri.description, options: options), service)
    }

    /// Waits, within bounds, until no stream is open in the daemon.
    func hasNoStreams() async throws -> Bool {
        let proxy = try client.dynamicProxy("PYRO:Pyro.Daemon@\(daemon.location)")
        for _ in 0..<1_000 where daemon.core.streams.places.count > 0 { try await proxy.call("ping") }
        return daemon.core.streams.places.count == 0
    }
}
