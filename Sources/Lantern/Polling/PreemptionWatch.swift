import NIOCore

/// Tells from a thread's involuntary context switches when its core is wanted by others. It knows no clock.
///
/// ``PreemptionWatch/enough`` switches within ``window`` mean that polling takes time from somebody who has a use for
/// it; then it stops for ``pause``. `docs/performance.md` has the rates that the figures follow.
struct PreemptionWatch {
    static let window = TimeAmount.milliseconds(4)
    static let pause = TimeAmount.milliseconds(100)
    /// The least time between two looks, each of which is a system call.
    static let interval = TimeAmount.microseconds(500)

    /// Switches in one window that are too many.
    let enough: Int
    private var start: NIODeadline?
    private var countAtStart = 0
    private var nextLook = NIODeadline.uptimeNanoseconds(0)
    private var pausedUntil = NIODeadline.uptimeNanoseconds(0)

    init(enough: Int = 8) {
        self.enough = enough
    }

    func allowsPolling(at now: NIODeadline) -> Bool { now >= pausedUntil }

    func isLookDue(at now: NIODeadline) -> Bool { now >= nextLook }

    /// - Parameter count: the thread's switches since it began.
    mutating func looked(at now: NIODeadline, count: Int) {
        nextLook = now + Self.interval
        // Switches of a time without polling are nobody's loss.
        guard let start, now - start <= Self.window else {
            self.start = now
            countAtStart = count
            return
        }
        guard count >= countAtStart, count - countAtStart >= enough else { return }
        pausedUntil = now + Self.pause
        self.start = nil
    }
}
