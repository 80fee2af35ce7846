package import LanternWire

/// The rules of one client-side connection, without a socket.
///
/// Towards Pyro peers one call is under way at a time and the rest wait in order; towards Lantern peers many are.
package struct ClientSession<Waiter> {
    package enum State: Sendable, Hashable {
        case connecting
        case open(PeerKind)
        case draining
        case closed
    }

    package enum Outcome {
        /// The answer belongs to this waiter.
        case answer(Waiter)
        /// An answer to a call that nobody waits for any more.
        case ignored
        /// CONNECTOK or CONNECTFAIL, for the handshake.
        case handshake
        /// A message about a pushed stream.
        case stream
        /// The far side wants no new calls here.
        case drain
        /// The far side shows another certificate or key now, to a connection that follows this one.
        case renew
        /// The far side calls an object that was handed out to it.
        case call
        /// The far side gives up a call of its own.
        case cancelCall
        case violation(String)
    }

    package private(set) var state = State.connecting
    private var waiters: [UInt16: Waiter?] = [:]
    private var lastSequence: UInt16 = 0
    private var pushesStreams = false
    /// The one call under way towards a Pyro peer.
    private var current: UInt16?
    /// Whether the far side may call us.
    private var takesCalls = false

    package init() {}

    package var isEmpty: Bool { waiters.isEmpty }

    /// Whether a call may be sent now.
    package var canSend: Bool {
        switch state {
        case .open(.pyro): current == nil
        case .open(.lantern): waiters.count < Int(UInt16.max) / 2
        default: false
        }
    }

    package mutating func opened(_ kind: PeerKind) {
        guard case .connecting = state else { return }
        state = .open(kind)
        takesCalls = kind.speaks(.callbacks)
        pushesStreams = kind.pushesStreams
    }

    /// No new calls, by our own choice.
    package mutating func retire() {
        if case .open = state { state = .draining }
    }

    /// Gives the next call its number. One-way calls have no waiter and are not waited for.
    package mutating func send(_ waiter: Waiter?) -> UInt16 {
        repeat { lastSequence &+= 1 } while waiters[lastSequence] != nil
        if let waiter {
            waiters[lastSequence] = .some(waiter)
            if case .open(.pyro) = state { current = lastSequence }
        }
        return lastSequence
    }

    package mutating func received(_ type: MessageType, sequence: UInt16) -> Outcome {
        switch (state, type) {
        case (.connecting, .connectOK), (.connecting, .connectFail):
            return .handshake
        case (.open, .result), (.draining, .result), (.open, .ping), (.draining, .ping):
            guard let waiter = waiters.removeValue(forKey: sequence) else {
                return .violation("an answer with sequence \(sequence) that no call has")
            }
            if current == sequence { current = nil }
            return waiter.map { .answer($0) } ?? .ignored
        case (.open, _) where type.isOfStreams && pushesStreams,
            (.draining, _) where type.isOfStreams && pushesStreams:
            return .stream
        case (.open(.lantern), .drain) where sequence == Frame.renewalSequence,
            (.draining, .drain) where sequence == Frame.renewalSequence:
            return .renew
        case (.open(.lantern), .drain), (.draining, .drain):
            // Also where we gave the connection up before, of our own.
            state = .draining
            return .drain
        case (.open, .invoke) where takesCalls, (.draining, .invoke) where takesCalls:
            return .call
        case (.open, .cancel) where takesCalls, (.draining, .cancel) where takesCalls:
            return .cancelCall
        case (.closed, _):
            return .ignored
        default:
            return .violation("message type \(type.rawValue) is not expected now")
        }
    }

    /// Nobody waits for this answer any more; its number stays taken until it comes.
    ///
    /// - Returns: the waiter, if it still waited.
    package mutating func abandon(_ sequence: UInt16) -> Waiter? {
        guard let waiter = waiters[sequence], let waiter else { return nil }
        waiters[sequence] = .some(nil)
        return waiter
    }

    /// A call that could not be put on the wire after all.
    package mutating func withdraw(_ sequence: UInt16) -> Waiter? {
        if current == sequence { current = nil }
        return waiters.removeValue(forKey: sequence) ?? nil
    }

    package var waiting: [Waiter] { waiters.values.compactMap { $0 } }

    /// - Returns: all who still wait.
    package mutating func close() -> [Waiter] {
        state = .closed
        defer { waiters = [:] }
        return waiters.values.compactMap { $0 }
    }
}
