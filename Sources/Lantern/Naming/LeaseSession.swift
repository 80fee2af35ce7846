/// The rules of one holder's lease: when to send a heartbeat, and when it has to stop serving.
///
/// Times are milliseconds of a clock that only goes forward. A lease counts from the moment at which the question for
/// it was sent, so that the holder always gives up before the name server does.
struct LeaseSession: Sendable {
    enum Action: Equatable {
        /// Ask for a lease.
        case grant
        /// Send a heartbeat.
        case renew(epoch: Int64)
        /// Nothing to do before then.
        case wait(until: Int64)
    }

    private struct Held {
        let epoch: Int64
        let duration: Int64
        var deadline: Int64
        var nextBeat: Int64
    }

    private var held: Held?
    private var retryAt: Int64 = 0

    /// The epoch, as long as the lease lasts.
    func epoch(at now: Int64) -> Int64? { held.flatMap { now < $0.deadline ? $0.epoch : nil } }

    /// What is to be done now.
    func action(at now: Int64) -> Action {
        guard let held else { return now >= retryAt ? .grant : .wait(until: retryAt) }
        let due = max(held.nextBeat, retryAt)
        return now >= due ? .renew(epoch: held.epoch) : .wait(until: min(due, held.deadline))
    }

    /// Whether an attempt that failed is long enough ago for the next.
    func mayTry(at now: Int64) -> Bool { now >= retryAt }

    /// Ends a lease whose time is over.
    ///
    /// - Returns: whether one ended.
    mutating func expire(at now: Int64) -> Bool {
        guard let held, now >= held.deadline else { return false }
        self.held = nil
        retryAt = now
        return true
    }

    mutating func granted(_ epoch: Int64, milliseconds: Int64, askedAt time: Int64) {
        held = Held(
            epoch: epoch, duration: milliseconds, deadline: time &+ milliseconds,
            nextBeat: time &+ milliseconds / 3)
        retryAt = 0
    }

    mutating func renewed(askedAt time: Int64) {
        guard let held else { return }
        granted(held.epoch, milliseconds: held.duration, askedAt: time)
    }

    /// The name server says that it is gone.
    mutating func lost(at now: Int64) {
        held = nil
        retryAt = now
    }

    /// No answer; tries again soon.
    mutating func failed(at now: Int64, duration: Int64) {
        retryAt = now &+ max(50, min(1_000, (held?.duration ?? duration) / 10))
    }
}
