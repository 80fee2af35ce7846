import Glibc

/// Events that wait for the disk, handed from callers to the one thread that writes.
///
/// `@unchecked Sendable`: `waiting`, `isClosed` and `hasEnded` are touched only between lock and unlock of `mutex`, and the two
/// pointers never change between `init` and `deinit`.
final class AuditQueue: @unchecked Sendable {
    /// An entry and the caller that waits for it.
    struct Ticket: Sendable {
        let entry: [UInt8]
        let waiter: CheckedContinuation<Void, any Error>
    }

    private let limit: Int
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var waiting: [Ticket] = []
    private var isClosed = false
    private var hasEnded = false
    private var closers: [CheckedContinuation<Void, Never>] = []

    init(limit: Int) {
        self.limit = limit
        mutex = .allocate(capacity: 1)
        condition = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    var count: Int { locked { waiting.count } }

    /// Adds the entry, or answers the caller at once.
    func put(_ ticket: Ticket) {
        let refusal: AuditError? = locked {
            if isClosed { return AuditError(.closed, "no events are taken any more") }
            guard waiting.count < limit else { return AuditError(.full, "\(limit) events wait for the disk") }
            waiting.append(ticket)
            pthread_cond_signal(condition)
            return nil
        }
        if let refusal { ticket.waiter.resume(throwing: refusal) }
    }

    /// Blocks until there is something.
    ///
    /// - Parameter limit: asked under the lock.
    /// - Returns: nothing when closed and empty: the thread ends.
    func take(upTo limit: Int) -> [Ticket] {
        locked {
            while waiting.isEmpty, !isClosed { pthread_cond_wait(condition, mutex) }
            let batch = Array(waiting.prefix(limit))
            waiting.removeFirst(batch.count)
            return batch
        }
    }

    /// Lets the thread finish what waits, then end.
    func close() {
        locked {
            isClosed = true
            pthread_cond_signal(condition)
        }
    }

    /// The thread's last words.
    func end() {
        let closers = locked {
            hasEnded = true
            defer { self.closers = [] }
            return self.closers
        }
        for closer in closers { closer.resume() }
    }

    func waitUntilEnded() async {
        await withCheckedContinuation { (closer: CheckedContinuation<Void, Never>) in
            let isOver = locked {
                if !hasEnded { closers.append(closer) }
                return hasEnded
            }
            if isOver { closer.resume() }
        }
    }

    private func locked<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }
}
