import Glibc

/// Events that wait for the disk, handed from callers to the one thread that writes.
///
/// `@unchecked Sendable`: `state` is touched only between lock and unlock of `mutex`, and the pointers never change
/// between `init` and `deinit`.
final class AuditQueue: @unchecked Sendable {
    /// An entry and the caller that waits for it.
    struct Ticket: Sendable {
        let entry: [UInt8]
        /// Nanoseconds of the steady clock.
        let since: UInt64
        let waiter: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var waiting: [Ticket] = []
        /// What the thread is writing.
        var inFlight: [Ticket] = []
        /// Since when the thread is at its work; nil while it waits for some.
        var busySince: UInt64?
        /// Why the last try failed; nil once one has succeeded.
        var fault: AuditError?
        var isStuck = false
        var isClosed = false
        var hasEnded = false
        var watchSleeps = false
        var closers: [CheckedContinuation<Void, Never>] = []
    }

    private let limit: Int
    private let deadline: UInt64
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    /// For the thread that writes.
    private let work: UnsafeMutablePointer<pthread_cond_t>
    /// For the thread that watches it.
    private let watch: UnsafeMutablePointer<pthread_cond_t>
    private var state = State()

    init(limit: Int, deadline: Duration) {
        self.limit = limit
        let (seconds, attoseconds) = deadline.components
        self.deadline =
            UInt64(clamping: seconds) &* 1_000_000_000 &+ UInt64(clamping: attoseconds / 1_000_000_000)
        mutex = .allocate(capacity: 1)
        work = .allocate(capacity: 1)
        watch = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(work, &attributes)
        pthread_cond_init(watch, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(work)
        pthread_cond_destroy(watch)
        pthread_mutex_destroy(mutex)
        work.deallocate()
        watch.deallocate()
        mutex.deallocate()
    }

    static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(clamping: time.tv_sec) &* 1_000_000_000 &+ UInt64(clamping: time.tv_nsec)
    }

    var count: Int { locked { state.waiting.count } }

    var lag: AuditLag {
        locked {
            let oldest = (state.inFlight.first ?? state.waiting.first)?.since
            let age = oldest.map { Int64(clamping: max(Self.now(), $0) - $0) } ?? 0
            return AuditLag(
                waiting: state.inFlight.count + state.waiting.count, oldest: .nanoseconds(age))
        }
    }

    /// Why operations should not be begun now; nil when the last write worked.
    var fault: AuditError? { locked { state.fault } }

    /// Adds the entry, or answers the caller at once.
    func put(_ entry: [UInt8], _ waiter: CheckedContinuation<Void, any Error>) {
        let refusal: AuditError? = locked {
            if state.isClosed { return AuditError(.closed, "no events are taken any more") }
            if state.isStuck, let fault = state.fault { return fault }
            guard state.waiting.count < limit else {
                return AuditError(.full, "\(limit) events wait for the disk")
            }
            state.waiting.append(Ticket(entry: entry, since: Self.now(), waiter: waiter))
            if state.waiting.count == 1 { pthread_cond_signal(work) }
            if state.watchSleeps {
                state.watchSleeps = false
                pthread_cond_signal(watch)
            }
            return nil
        }
        if let refusal { waiter.resume(throwing: refusal) }
    }

    enum Turn {
        case write([[UInt8]])
        /// Nothing came until the time that was given.
        case idle
        case end
    }

    /// Blocks until there is something, or until that time.
    func take(until wake: UInt64) -> Turn {
        locked {
            state.busySince = nil
            if state.isStuck {
                state.isStuck = false
                if state.fault?.code == .stuck { state.fault = nil }
            }
            while state.waiting.isEmpty {
                if state.isClosed { return .end }
                if Self.now() >= wake { break }
                var time = Self.time(wake)
                pthread_cond_timedwait(work, mutex, &time)
            }
            state.busySince = Self.now()
            guard !state.waiting.isEmpty else { return .idle }
            var bytes = 0
            let part = state.waiting.prefix(AuditJournal.maximumEntries).prefix {
                bytes += $0.entry.count + 2
                return bytes <= AuditJournal.maximumBytes
            }
            state.inFlight = Array(part)
            state.waiting.removeFirst(part.count)
            return .write(state.inFlight.map(\.entry))
        }
    }

    /// Answers what was taken.
    func finish(_ error: AuditError?) {
        let tickets = locked {
            defer { state.inFlight = [] }
            state.fault = error
            state.isStuck = false
            return state.inFlight
        }
        for ticket in tickets {
            if let error { ticket.waiter.resume(throwing: error) } else { ticket.waiter.resume() }
        }
    }

    /// What else the thread does has failed, or works again.
    func note(_ fault: AuditError?) { locked { state.fault = fault } }

    /// Lets the thread finish what waits, then end.
    func close() {
        locked {
            state.isClosed = true
            pthread_cond_signal(work)
        }
    }

    /// The thread's last words.
    func end() {
        let closers = locked {
            state.hasEnded = true
            state.busySince = nil
            pthread_cond_signal(watch)
            defer { state.closers = [] }
            return state.closers
        }
        for closer in closers { closer.resume() }
    }

    func waitUntilEnded() async {
        await withCheckedContinuation { (closer: CheckedContinuation<Void, Never>) in
            let isOver = locked {
                if !state.hasEnded { state.closers.append(closer) }
                return state.hasEnded
            }
            if isOver { closer.resume() }
        }
    }

    private static func time(_ nanoseconds: UInt64) -> timespec {
        timespec(
            tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
    }

    private func locked<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }
}

extension AuditQueue {
    /// The watching thread: answers whoever has waited longer than the deadline, whatever the disk does.
    func watchUntilEnded() {
        let tick = max(deadline / 8, 1_000_000)
        while true {
            var late: [Ticket] = []
            var refusal: AuditError?
            let hasEnded = locked {
                while state.waiting.isEmpty, state.inFlight.isEmpty, !state.hasEnded {
                    state.watchSleeps = true
                    pthread_cond_wait(watch, mutex)
                }
                state.watchSleeps = false
                if state.hasEnded { return true }
                var time = Self.time(Self.now() &+ tick)
                pthread_cond_timedwait(watch, mutex, &time)
                (late, refusal) = takeLate(now: Self.now() &+ tick)
                return false
            }
            for ticket in late { ticket.waiter.resume(throwing: refusal ?? AuditError(.stuck, "")) }
            if hasEnded { return }
        }
    }

    /// - Parameter now: a tick ahead, so that nobody waits longer than the deadline.
    private func takeLate(now: UInt64) -> ([Ticket], AuditError?) {
        let isLate = { (ticket: Ticket) in ticket.since &+ self.deadline <= now }
        let late = state.inFlight.filter(isLate) + state.waiting.filter(isLate)
        guard !late.isEmpty else { return ([], nil) }
        state.inFlight.removeAll(where: isLate)
        state.waiting.removeAll(where: isLate)
        let milliseconds = deadline / 1_000_000
        let error = AuditError(.stuck, "the disk has not answered for \(milliseconds) ms")
        state.fault = error
        state.isStuck = state.busySince != nil
        return (late, error)
    }
}
