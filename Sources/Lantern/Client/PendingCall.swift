import LanternWire
import NIOCore

/// A call on its way: what is sent, and who waits.
///
/// Unchecked, because `sequence`, `isCancelled` and `continuation` are touched on the connection's event loop only;
/// the one exception is the making, before the call is posted.
final class PendingCall: @unchecked Sendable {
    var frame: Frame
    let deadline: ContinuousClock.Instant
    var continuation: CheckedContinuation<Frame, any Error>?
    /// The number it was sent with; nil while it waits in the queue.
    var sequence: UInt16?
    var isCancelled = false
    var isOneway: Bool { frame.flags.contains(.oneway) }

    init(frame: Frame, deadline: ContinuousClock.Instant) {
        self.frame = frame
        self.deadline = deadline
    }

    func resume(_ result: Result<Frame, any Error>) {
        continuation?.resume(with: result)
        continuation = nil
    }
}

/// A call that was not put on the wire: it may be tried on another connection whatever it does.
struct CallNotSent: Error {
    let reason: any Error
}
