import LanternValue
import Synchronization

/// One item of a pulled stream on its way from its producer.
///
/// It goes on when the call that asked for it is cancelled: a reader that comes back, over another connection, gets
/// the item, as none is lost in Pyro while its producer works.
final class ItemFetch: Sendable {
    private typealias Waiter = CheckedContinuation<[UInt8]?, any Error>

    private struct State {
        var result: Result<[UInt8]?, any Error>?
        var waiting: (reading: UInt64, waiter: Waiter)?
        /// A reading that was given up before it began to wait.
        var abandoned: UInt64?
        var task: Task<Void, Never>?
    }

    private let format: SerializerFormat
    private let state = Mutex(State())

    init(format: SerializerFormat) {
        self.format = format
    }

    /// Asks the producer, at once and once.
    func start(_ source: any ItemSource) {
        let task = Task.immediate(executorPreference: HandlerExecutor.shared) { [self] in
            do {
                let item = try await source.next(as: format)
                finish(.success(item))
            } catch {
                finish(.failure(error))
            }
        }
        state.withLock { $0.task = task }
    }

    /// Waits for the item, nil at the end. A later reading takes the place of an earlier one.
    ///
    /// - Parameter reading: tells the calls that wait apart.
    /// - Throws: what the producer threw; ``Abandoned`` when the caller is cancelled.
    func item(as wanted: SerializerFormat, reading: UInt64) async throws -> [UInt8]? {
        let item = try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { wait(reading, $0) }
        } onCancel: {
            abandon(reading)
        }
        guard wanted != format, let item else { return item }
        return try encode(decode(item, as: format), as: wanted)
    }

    /// The caller left before the item came.
    struct Abandoned: Error {}

    func cancel() {
        state.withLock(\.task)?.cancel()
    }

    private func finish(_ result: Result<[UInt8]?, any Error>) {
        let waiter = state.withLock { state in
            state.result = result
            defer { state.waiting = nil }
            return state.waiting?.waiter
        }
        waiter?.resume(with: result)
    }

    private func wait(_ reading: UInt64, _ waiter: Waiter) {
        let (result, earlier) = state.withLock { state -> (Result<[UInt8]?, any Error>?, Waiter?) in
            if let result = state.result { return (result, nil) }
            if state.abandoned == reading { return (.failure(Abandoned()), nil) }
            defer { state.waiting = (reading, waiter) }
            return (nil, state.waiting?.waiter)
        }
        earlier?.resume(throwing: Abandoned())
        if let result { waiter.resume(with: result) }
    }

    private func abandon(_ reading: UInt64) {
        let waiter = state.withLock { state -> Waiter? in
            guard let waiting = state.waiting, waiting.reading == reading else {
                state.abandoned = reading
                return nil
            }
            state.waiting = nil
            return waiting.waiter
        }
        waiter?.resume(throwing: Abandoned())
    }
}
