import Glibc
import NIOCore

/// Keeps one event loop awake while a connection of it expects bytes soon. Everything happens on that loop.
///
/// Its two descriptors are open as long as there are connections.
final class LoopPoller {
    /// Stands for what one connection expects; worth nothing any more once the poller came to an end.
    struct Expectation {
        fileprivate let round: UInt64
    }

    private let eventLoop: any EventLoop
    private(set) var ticker: Ticker?
    private var watch: PreemptionWatch
    private var connections = 0
    private var expected = 0
    private var end = NIODeadline.uptimeNanoseconds(0)
    private var round: UInt64 = 0

    init(eventLoop: any EventLoop, watch: PreemptionWatch = PreemptionWatch()) {
        self.eventLoop = eventLoop
        self.watch = watch
    }

    // MARK: - Connections

    func join() {
        connections += 1
        guard connections == 1 else { return }
        let ticker = Ticker { [unowned self] in goesOn() }
        self.ticker = ticker
        ticker.open(on: eventLoop)
    }

    func leave() {
        connections -= 1
        guard connections == 0 else { return }
        ticker?.close()
        ticker = nil
        stop()
    }

    // MARK: - Polling

    /// Whether the core has time to spare.
    func mayPoll(at now: NIODeadline) -> Bool { watch.allowsPolling(at: now) }

    /// Polls until `end`, or until nothing is expected any more.
    ///
    /// - Parameter former: an expectation that this one takes the place of.
    func expect(until end: NIODeadline, inPlaceOf former: Expectation?) -> Expectation {
        if former?.round != round { expected += 1 }
        self.end = max(self.end, end)
        ticker?.start()
        return Expectation(round: round)
    }

    func fulfil(_ expectation: Expectation) {
        if expectation.round == round { expected -= 1 }
    }

    private func goesOn() -> Bool {
        guard expected > 0 else { return false }
        let now = NIODeadline.now()
        if watch.isLookDue(at: now) { watch.looked(at: now, count: Self.involuntarySwitches) }
        guard now < end, watch.allowsPolling(at: now) else {
            stop()
            return false
        }
        return true
    }

    private func stop() {
        round &+= 1
        expected = 0
    }

    /// Of this thread, since it began.
    private static var involuntarySwitches: Int {
        let ofThread: CInt = 1  // RUSAGE_THREAD, which Swift's Glibc leaves out.
        var usage = rusage()
        return getrusage(ofThread, &usage) == 0 ? usage.ru_nivcsw : 0
    }
}

@available(*, unavailable)
extension LoopPoller: Sendable {}
