import Lantern
import Synchronization

/// The object behind the load.
struct SoakService: Soak {
    let daemon: @Sendable () -> Daemon?

    func echo(_ data: [UInt8]) -> [UInt8] { data }
    func add(_ number: Int, to other: Int) -> Int { number &+ other }
    func note(_ line: String) {}
    func fail(_ text: String) throws { throw RemoteError(type: "builtins.ValueError", message: text) }
    func forbidden() {}
    func wait() async throws { try await Task.sleep(for: .seconds(60)) }
    func numbers(upTo limit: Int) -> RemoteStream<Int> { RemoteStream(0..<max(0, limit)) }

    func endless(_ size: Int) -> RemoteStream<[UInt8]> {
        let size = max(1, min(size, 1 << 16))
        return RemoteStream(unfolding: { [UInt8](repeating: 7, count: size) })
    }

    func broken(after count: Int) -> RemoteStream<Int> {
        let made = Made()
        return RemoteStream(unfolding: {
            let number = made.next()
            guard number < count else { throw RemoteError(type: "builtins.ValueError", message: "broken") }
            return number
        })
    }

    func sum(_ numbers: RemoteStream<Int>) async throws -> Int {
        var sum = 0
        for try await number in numbers { sum &+= number }
        return sum
    }

    func first(_ count: Int, of numbers: RemoteStream<Int>) async throws -> Int {
        var read = 0
        for try await _ in numbers {
            read += 1
            if read == count { break }
        }
        return read
    }

    func doubled(_ numbers: RemoteStream<Int>) -> RemoteStream<Int> { RemoteStream(numbers.map { $0 &* 2 }) }

    func ask(_ listener: any SoakListener, times: Int) async throws -> Int {
        var sum = 0
        for number in 0..<max(0, min(times, 1_000)) { sum &+= try await listener.answer(number) }
        return sum
    }

    func waitFor(_ listener: any SoakListener) async throws { try await listener.wait() }

    func figures() throws -> SoakFigures {
        guard let daemon = daemon() else {
            throw RemoteError(type: "builtins.RuntimeError", message: "no daemon")
        }
        return ProcessFigures.now(
            connections: daemon.core.census.count, streams: daemon.core.streams.places.count,
            handlers: daemon.core.budget.inUse)
    }
}

/// Counts what was made.
private final class Made: Sendable {
    private let count = Atomic(0)

    func next() -> Int { count.wrappingAdd(1, ordering: .relaxed).oldValue }
}

/// The client's end of callbacks.
final class Listener: SoakListener {
    func answer(_ number: Int) -> Int { number &+ 1 }
    func wait() async throws { try await Task.sleep(for: .seconds(60)) }
}
