internal import Synchronization

/// What one identity has used of its quota.
package final class QuotaAccount: Sendable {
    private struct State {
        var quota: Quota
        var calls: TokenBucket?
        var bytes: TokenBucket?
        var running = 0

        mutating func fill(now: Int64) {
            if let rate = quota.calls { calls?.fill(rate, now: now) }
            if let rate = quota.bytes { bytes?.fill(rate, now: now) }
        }
    }

    private let state: Mutex<State>
    private let clock: @Sendable () -> Int64

    init(_ quota: Quota, clock: @escaping @Sendable () -> Int64) {
        self.clock = clock
        let now = clock()
        state = Mutex(
            State(
                quota: quota, calls: quota.calls.map { TokenBucket($0, now: now) },
                bytes: quota.bytes.map { TokenBucket($0, now: now) }))
    }

    /// Another policy: what was used stays used.
    func change(to quota: Quota) {
        let now = clock()
        state.withLock { state in
            guard state.quota != quota else { return }
            state.quota = quota
            state.calls = quota.calls.map { rate in state.calls ?? TokenBucket(rate, now: now) }
            state.bytes = quota.bytes.map { rate in state.bytes ?? TokenBucket(rate, now: now) }
            state.fill(now: now)
        }
    }

    /// Whether it says no more than a new one would.
    var isUnused: Bool {
        let now = clock()
        return state.withLock { state in
            state.fill(now: now)
            let callsAreFull = state.quota.calls.map { $0.burst == state.calls?.level } ?? true
            let bytesAreFull = state.quota.bytes.map { $0.burst == state.bytes?.level } ?? true
            return state.running == 0 && callsAreFull && bytesAreFull
        }
    }

    package var running: Int { state.withLock(\.running) }

    /// Begins a call of so many bytes.
    ///
    /// A call that is refused takes nothing. One that is larger than what is left, and not than nothing, is let through
    /// and paid back afterwards: a limit below one message would otherwise refuse it for ever.
    ///
    /// - Throws: ``QuotaRefusal``.
    package func begin(bytes count: Int) throws(QuotaRefusal) -> QuotaLease {
        let now = clock()
        let refusal: QuotaRefusal? = state.withLock { state in
            state.fill(now: now)
            if let most = state.quota.concurrentCalls, state.running >= most {
                return QuotaRefusal(.concurrentCalls, limit: Double(most), wait: nil)
            }
            if let rate = state.quota.calls, let bucket = state.calls, bucket.level < 1 {
                return QuotaRefusal(.calls, limit: rate.perSecond, wait: bucket.wait(for: 1, rate))
            }
            if let rate = state.quota.bytes, let bucket = state.bytes, bucket.level <= 0 {
                return QuotaRefusal(.bytes, limit: rate.perSecond, wait: bucket.wait(for: 1, rate))
            }
            state.calls?.take(1)
            state.bytes?.take(Double(count))
            state.running += 1
            return nil
        }
        if let refusal { throw refusal }
        return QuotaLease(self)
    }

    func take(calls: Int, bytes: Int) {
        let now = clock()
        state.withLock { state in
            state.fill(now: now)
            state.calls?.take(Double(calls))
            state.bytes?.take(Double(bytes))
        }
    }

    func end() { state.withLock { $0.running -= 1 } }
}

/// The place of one running call in its identity's quota: given back when it ends, at the latest with this object.
package final class QuotaLease: Sendable {
    private let account: QuotaAccount
    private let isOver = Atomic(false)

    fileprivate init(_ account: QuotaAccount) { self.account = account }

    deinit { end() }

    /// What the call turned out to cost beyond its own request.
    package func take(calls: Int = 0, bytes: Int = 0) { account.take(calls: calls, bytes: bytes) }

    package func end() {
        guard !isOver.exchange(true, ordering: .acquiringAndReleasing) else { return }
        account.end()
    }
}
