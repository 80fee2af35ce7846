import LanternWire
import NIOCore
import Synchronization

/// A call on its way: what is sent, and who waits.
///
/// Unchecked, because its members are touched on the connection's event loop only; until the call is posted its
/// `continuation` belongs to the caller, and the loop asks ``isStarted`` before it looks at it. Once the call has ended the
/// caller has ``pushed``, which ``hasEnded`` hands over.
final class PendingCall: @unchecked Sendable {
    var frame: Frame
    /// The payload, until it is sent.
    var body: [UInt8]
    let deadline: ContinuousClock.Instant
    /// Unsafe means unchecked: ``resume(_:)`` is the only place that uses it, once, and `deinit` leaves nobody waiting.
    var continuation: UnsafeContinuation<Frame, any Error>?
    /// The number it was sent with; nil while it waits in the queue.
    var sequence: UInt16?
    /// The streams that it brings as arguments, and their numbers once it is sent.
    var streams: [OutgoingSource] = []
    var streamNumbers: [UInt32] = []
    /// The stream that came as its result.
    var pushed: IncomingStream?
    /// Released by the loop and acquired by the caller: resuming a task that has not suspended yet orders memory too, but
    /// by an atomic inside the runtime, where a sanitizer does not see it.
    private let hasEnded = Atomic(false)
    var isCancelled = false
    /// The connection has taken the call over.
    var isStarted = false
    var isOneway: Bool { frame.flags.contains(.oneway) }

    init(frame: Frame, body: [UInt8] = [], deadline: ContinuousClock.Instant) {
        self.frame = frame
        self.body = body
        self.deadline = deadline
    }

    deinit {
        continuation?.resume(throwing: LanternError(.connectionLost, "the connection was given up"))
    }

    /// Stands for a ping, whose answer nobody waits for.
    static var probe: PendingCall {
        PendingCall(frame: Frame(version: .v502, type: .ping), deadline: .now.advanced(by: .seconds(86_400)))
    }

    /// The stream that came as its result, for the caller, once the call has ended.
    func streamOfResult() -> IncomingStream? { hasEnded.load(ordering: .acquiring) ? pushed : nil }

    func resume(_ result: Result<Frame, any Error>) {
        guard let waiter = continuation else { return }
        continuation = nil
        hasEnded.store(true, ordering: .releasing)
        waiter.resume(with: result)
    }
}

/// A call that was not put on the wire: it may be tried on another connection whatever it does.
struct CallNotSent: Error {
    let reason: any Error
}
