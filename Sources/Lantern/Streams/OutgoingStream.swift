import LanternValue
import LanternWire
import Synchronization

/// The producing end of a pushed stream: where a producer puts items, and waits when its reader has no room.
///
/// The producer runs in a task of its own. It spends the credit when it puts items here; the event loop takes them
/// away in as few messages as it can. What waits here is bounded by ``maximumPending``, also when a reader gives
/// credit and then does not read its connection.
package final class OutgoingStream: Sendable {
    /// Bytes of items that wait for the connection, past which the producer waits too.
    package static let maximumPending = 256 << 10
    /// Bytes and items that a producer puts here at once.
    static let chunkSize = 64 << 10
    static let chunkItems = 4_096

    private struct State {
        var credit = CreditAccount()
        var pending: [ItemChunk] = []
        var pendingSize = 0
        /// The event loop knows that there is something here.
        var isAnnounced = false
        /// The producer is done, or failed.
        var outcome: Result<Void, any Error>?
        /// Nobody wants more.
        var isStopped = false
        var waiting: CheckedContinuation<Void, Never>?

        var room: Room? {
            guard credit.isOpen, pendingSize < OutgoingStream.maximumPending else { return nil }
            return Room(
                items: min(credit.items, OutgoingStream.chunkItems),
                size: min(credit.bytes, OutgoingStream.chunkSize))
        }
    }

    /// What may be put in a stream at once.
    struct Room: Sendable, Hashable {
        var items: Int
        var size: Int
    }

    /// What the event loop takes away.
    enum Taken: Sendable {
        case items(ItemChunk, hasMore: Bool)
        case end((any Error)?)
        case nothing
    }

    let number: UInt32
    let format: SerializerFormat
    let source: OutgoingSource
    let maximumItem: Int
    private let announce: @Sendable (OutgoingStream) -> Void
    private let state = Mutex(State())

    /// - Parameter announce: tells the event loop that there is something to take, from any thread.
    init(
        number: UInt32, format: SerializerFormat, source: OutgoingSource, maximumItem: Int,
        announce: @escaping @Sendable (OutgoingStream) -> Void
    ) {
        self.number = number
        self.format = format
        self.source = source
        self.maximumItem = maximumItem
        self.announce = announce
    }

    // MARK: - The producer's side

    /// Runs the producer to its end.
    func run() async {
        let result: Result<Void, any Error>
        do {
            result = .success(try await source.produce(self))
        } catch {
            result = .failure(error)
        }
        let isNews = state.withLock { state in
            state.outcome = state.outcome ?? result
            return Self.isToAnnounce(&state)
        }
        if isNews { announce(self) }
    }

    /// Waits for room; what it gives holds until something is put here.
    ///
    /// - Throws: `CancellationError` when nobody wants more items.
    func room() async throws(CancellationError) -> Room {
        while true {
            let (room, isStopped) = state.withLock { ($0.room, $0.isStopped) }
            if isStopped { throw CancellationError() }
            if let room { return room }
            await withCheckedContinuation { continuation in
                let goesOn = state.withLock { state in
                    guard state.room == nil, !state.isStopped else { return true }
                    state.waiting = continuation
                    return false
                }
                if goesOn { continuation.resume() }
            }
        }
    }

    /// Puts items here that fit the room, but for the last of them, which may be larger; the chunk is empty then.
    func put(_ chunk: inout ItemChunk) {
        guard !chunk.isEmpty else { return }
        let isNews = state.withLock { state in
            if !state.isStopped { Self.add(&chunk, to: &state, stream: number) }
            return Self.isToAnnounce(&state)
        }
        if !chunk.isEmpty { chunk.removeAll() }
        if isNews { announce(self) }
    }

    private static func add(_ chunk: inout ItemChunk, to state: inout State, stream: UInt32) {
        // The reader takes more bytes than it gave credit for only of an item that comes by itself.
        let isOver = chunk.size > state.credit.bytes
        guard isOver, chunk.count > 1 else {
            if isOver { chunk.standAlone() }
            return append(&chunk, to: &state, stream: stream)
        }
        var last = chunk.takeLast()
        append(&chunk, to: &state, stream: stream)
        append(&last, to: &state, stream: stream)
    }

    private static func append(_ chunk: inout ItemChunk, to state: inout State, stream: UInt32) {
        do {
            try state.credit.spend(items: chunk.count, bytes: chunk.size, stream: stream)
        } catch {
            // Only a producer that put more than it had room for gets here; its stream must not go on.
            state.outcome = state.outcome ?? .failure(error)
            return
        }
        state.pendingSize += chunk.size
        if let tail = state.pending.indices.last, !chunk.isAlone, !state.pending[tail].isAlone,
            state.pending[tail].size + chunk.size <= chunkSize
        {
            state.pending[tail].append(chunk)
        } else {
            state.pending.append(chunk)
            chunk = ItemChunk(format: chunk.format)
        }
    }

    private static func isToAnnounce(_ state: inout State) -> Bool {
        guard !state.isAnnounced, !state.isStopped || state.outcome != nil else { return false }
        state.isAnnounced = true
        return true
    }

    // MARK: - The event loop's side

    /// The reader made room.
    ///
    /// - Throws: ``StreamViolation/creditOverflow(_:)``, ``StreamViolation/emptyCredit(_:)``.
    func add(_ credit: StreamCredit) throws(StreamViolation) {
        let outcome = state.withLock {
            state -> Result<CheckedContinuation<Void, Never>?, StreamViolation> in
            do throws(StreamViolation) {
                try state.credit.add(items: Int(credit.items), bytes: Int(credit.bytes), stream: number)
            } catch {
                return .failure(error)
            }
            return .success(Self.takeWaiting(&state))
        }
        try outcome.get()?.resume()
    }

    /// The next message's worth of items, or the end when there are no more.
    func take() -> Taken {
        let (taken, waiting) = state.withLock { state -> (Taken, CheckedContinuation<Void, Never>?) in
            guard !state.pending.isEmpty else {
                state.isAnnounced = false
                switch state.outcome {
                case .success?: return (.end(nil), nil)
                case .failure(let error)?: return (.end(error), nil)
                case nil: return (.nothing, nil)
                }
            }
            let chunk = state.pending.removeFirst()
            state.pendingSize -= chunk.size
            let hasMore = !state.pending.isEmpty || state.outcome != nil
            if !hasMore { state.isAnnounced = false }
            return (.items(chunk, hasMore: hasMore), Self.takeWaiting(&state))
        }
        waiting?.resume()
        return taken
    }

    /// Nobody wants more: what waits here is dropped.
    func stop() {
        let waiting = state.withLock { state in
            state.isStopped = true
            state.pending = []
            state.pendingSize = 0
            return Self.takeWaiting(&state)
        }
        waiting?.resume()
    }

    private static func takeWaiting(_ state: inout State) -> CheckedContinuation<Void, Never>? {
        guard state.isStopped || state.room != nil else { return nil }
        defer { state.waiting = nil }
        return state.waiting
    }
}
