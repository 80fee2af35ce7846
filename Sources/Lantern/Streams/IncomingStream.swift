package import LanternValue
import NIOCore
import Synchronization

/// The reading end of a pushed stream: keeps what came until its reader takes it.
///
/// It holds no more than the window that it gave credit for, and one item. Nothing is asked for before somebody reads.
package final class IncomingStream: Sendable {
    package typealias Waiter = CheckedContinuation<IncomingChunk?, any Error>

    /// What the event loop is told, from any thread.
    enum Wish: Sendable {
        case credit(items: Int, bytes: Int)
        /// Nothing more is wanted.
        case stop
    }

    fileprivate struct State {
        var chunks = CircularBuffer<IncomingChunk>()
        /// Set when no more chunks will come: nil for the ordinary end.
        var end: Result<Void, any Error>?
        var hasBegun = false
        /// What was taken from here and gives no credit yet: it is being read.
        var inHand: IncomingChunk?
        /// Read, and not given as credit yet.
        var owedItems = 0
        var owedBytes = 0
        var waiting: Waiter?
        /// The reader's task was cancelled before it began to wait.
        var isCancelled = false
    }

    fileprivate enum Next {
        case chunk(IncomingChunk)
        case end
        case failure(any Error)
        case wait
    }

    package let number: UInt32
    package let format: SerializerFormat
    private let window: StreamWindow
    private let tell: @Sendable (UInt32, Wish) -> Void
    private let state = Mutex(State())

    init(
        number: UInt32, format: SerializerFormat, window: StreamWindow,
        tell: @escaping @Sendable (UInt32, Wish) -> Void
    ) {
        self.number = number
        self.format = format
        self.window = window
        self.tell = tell
    }

    // MARK: - The reader's side

    /// The next items, nil at the end. One reader at a time.
    ///
    /// - Throws: what the producer threw, once; ``LanternError/Code/connectionLost``; `CancellationError` when the
    ///   reader's task is cancelled, which ends the stream.
    package func next(isolation: isolated (any Actor)? = #isolation) async throws -> IncomingChunk? {
        let (next, credit) = state.withLock { ($0.takeNext(), $0.takeCredit(window)) }
        if let credit { tell(number, credit) }
        switch next {
        case .chunk(let chunk): return chunk
        case .end: return nil
        case .failure(let error): throw error
        case .wait: break
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { wait($0) }
        } onCancel: {
            cancel()
        }
    }

    private func wait(_ waiter: Waiter) {
        let result = state.withLock { state -> Result<IncomingChunk?, any Error>? in
            if state.isCancelled {
                state.isCancelled = false
                return .failure(CancellationError())
            }
            guard state.waiting == nil else {
                return .failure(
                    LanternError(
                        .misuse, "two tasks read one stream at the same time; give each its own"))
            }
            switch state.takeNext() {
            case .chunk(let chunk): return .success(chunk)
            case .end: return .success(nil)
            case .failure(let error): return .failure(error)
            case .wait: break
            }
            state.waiting = waiter
            return nil
        }
        if let result { waiter.resume(with: result) }
    }

    private func cancel() {
        let waiter = state.withLock { state in
            state.isCancelled = state.waiting == nil
            state.close(.success(()))
            return state.takeWaiting()
        }
        tell(number, .stop)
        waiter?.resume(throwing: CancellationError())
    }

    /// Nobody reads any more.
    package func stop() {
        let (isNews, waiter) = state.withLock { state in
            let isNews = state.end == nil
            state.close(.success(()))
            return (isNews, state.takeWaiting())
        }
        if isNews { tell(number, .stop) }
        waiter?.resume(returning: nil)
    }

    // MARK: - The event loop's side

    func deliver(_ chunk: IncomingChunk) {
        let waiter = state.withLock { state -> Waiter? in
            guard state.end == nil else { return nil }
            if state.waiting != nil {
                state.inHand = chunk
            } else {
                state.chunks.append(chunk)
            }
            return state.takeWaiting()
        }
        waiter?.resume(returning: chunk)
    }

    /// What came before is still read; then this is told.
    func finish(_ end: Result<Void, any Error>) {
        let waiter = state.withLock { state -> Waiter? in
            guard state.end == nil else { return nil }
            state.end = end
            guard state.waiting != nil else { return nil }
            // It is told now.
            state.end = .success(())
            return state.takeWaiting()
        }
        waiter?.resume(with: end.map { nil })
    }
}

extension IncomingStream.State {
    /// What is in hand has been read.
    fileprivate mutating func takeNext() -> IncomingStream.Next {
        if let read = inHand {
            owedItems += read.count
            owedBytes += read.size
            inHand = nil
        }
        if let chunk = chunks.popFirst() {
            inHand = chunk
            return .chunk(chunk)
        }
        switch end {
        case .success?: return .end
        case .failure(let error)?:
            end = .success(())
            return .failure(error)
        case nil: return .wait
        }
    }

    /// The credit to give now: all of the window at first, later what was read once it is half of that.
    fileprivate mutating func takeCredit(_ window: StreamWindow) -> IncomingStream.Wish? {
        guard end == nil else { return nil }
        if !hasBegun {
            hasBegun = true
            return .credit(items: window.items, bytes: window.bytes)
        }
        guard owedItems >= max(1, window.items / 2) || owedBytes >= max(1, window.bytes / 2) else {
            return nil
        }
        defer { (owedItems, owedBytes) = (0, 0) }
        return .credit(items: owedItems, bytes: owedBytes)
    }

    fileprivate mutating func close(_ result: Result<Void, any Error>) {
        end = result
        chunks = []
        inHand = nil
    }

    fileprivate mutating func takeWaiting() -> IncomingStream.Waiter? {
        defer { waiting = nil }
        return waiting
    }
}

/// Reads a pushed stream for its user: when nobody has it any more, the producer is stopped.
package final class PushedReader: Sendable {
    package let stream: IncomingStream
    /// What must live while the stream is read: the proxy, which ends its connection when it is dropped.
    private let keeps: (any Sendable)?

    package init(_ stream: IncomingStream, keeping keeps: (any Sendable)? = nil) {
        self.stream = stream
        self.keeps = keeps
    }

    deinit { stream.stop() }
}
