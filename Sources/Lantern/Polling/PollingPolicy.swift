import NIOCore

/// Decides for one connection when polling for its peer is worth the CPU time. It knows no clock and no socket.
///
/// What counts is the gap: the time from a flush to the next bytes of the peer.
///
/// | gap | the next flush |
/// |:--|:--|
/// | at most ``reach`` limits | is followed by polling: waking two sleeping ends takes several times as long as an answer |
/// | longer | is not: this is slow traffic |
///
/// Polling lives on a credit. An answer within ``limit`` earns one, one that comes later costs ``missCost``: when more
/// than a fifth of the tries is in vain the credit runs out. That is so when the peer is slow, and when both ends
/// share a core, so that the one that polls keeps the other from answering. Then ``rest`` gaps pass before one try.
struct PollingPolicy {
    /// How long one flush may be followed by polling.
    let limit: TimeAmount

    static let reach: Int64 = 4
    static let fullCredit = 16
    static let missCost = 4
    static let rest = 256

    private var flushedAt: NIODeadline?
    private var isPolling = false
    private var isPromising = false
    private var credit = fullCredit
    private var rested = 0

    init(limit: TimeAmount) {
        self.limit = limit
    }

    /// Bytes went out.
    ///
    /// - Parameter mayPoll: whether the cores have time to spare.
    /// - Returns: when polling for the answer is to end at the latest; nil when it is not worth it.
    mutating func flushed(at now: NIODeadline, mayPoll: Bool) -> NIODeadline? {
        flushedAt = now
        isPolling = isPromising && mayPoll
        return isPolling ? now + limit : nil
    }

    /// Bytes came in. Only the first ones after a flush say anything.
    mutating func received(at now: NIODeadline) {
        guard let flushedAt else { return }
        self.flushedAt = nil
        let gap = now - flushedAt
        if isPolling {
            credit = gap <= limit ? min(credit + 1, Self.fullCredit) : max(credit - Self.missCost, 0)
        }
        isPolling = false
        isPromising = gap.nanoseconds <= Self.reach * limit.nanoseconds && hasCredit()
    }

    private mutating func hasCredit() -> Bool {
        guard credit == 0 else { return true }
        rested += 1
        guard rested > Self.rest else { return false }
        rested = 0
        credit = Self.missCost
        return true
    }
}
