import BenchContract
import Lantern
import Synchronization

/// The object that is measured: one instance for everybody, called on the connections' event loops.
final class BenchService: Bench {
    private let notes = Atomic(0)

    func echo(_ data: [UInt8]) -> [UInt8] { data }

    func note(_ data: [UInt8]) {
        notes.wrappingAdd(1, ordering: .relaxed)
    }

    func numbers(_ count: Int) throws -> RemoteStream<Int> {
        guard (0...1_000_000).contains(count) else { throw BenchError.badCount }
        return RemoteStream(0..<count)
    }

    func usage() -> Usage {
        Usage(cpu: processTime(), notes: notes.load(ordering: .relaxed))
    }
}

enum BenchError: Error {
    case badCount
}
