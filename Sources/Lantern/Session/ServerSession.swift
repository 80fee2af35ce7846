package import LanternTrust
package import LanternWire

/// The rules of one server-side connection, without a socket.
///
/// Fed with what happened, it says what to do. Frames are judged by type and by the state of the connection;
/// what they carry is the business of the handler's helpers.
package struct ServerSession: Sendable {
    package enum State: Sendable, Hashable {
        case waitingForTLS
        case waitingForConnect(PeerCertificate, ChannelFacts)
        case open(AuthenticatedPeer, PeerKind)
        case closed
    }

    package enum Action: Sendable, Hashable {
        /// Check the proof in this CONNECT and answer it.
        case authenticate(PeerCertificate, ChannelFacts)
        case answerPing
        case runCall(AuthenticatedPeer, PeerKind)
        case cancelCall
        /// The answer to a call of ours, to an object that the peer handed out.
        case takeAnswer
        /// A message about a pushed stream.
        case heedStream
        /// Answer CONNECTFAIL with this text, then close.
        case refuseConnection(String)
        /// Close without an answer; the text is for the log.
        case close(String)
        case nothing
    }

    package private(set) var state = State.waitingForTLS

    package init() {}

    package mutating func tlsEstablished(_ peer: PeerCertificate, _ facts: ChannelFacts) -> Action {
        guard case .waitingForTLS = state else {
            state = .closed
            return .close("TLS was established twice")
        }
        state = .waitingForConnect(peer, facts)
        return .nothing
    }

    package mutating func received(_ type: MessageType) -> Action {
        switch state {
        case .waitingForTLS:
            state = .closed
            return .close("bytes before the TLS handshake was done")
        case .waitingForConnect(let certificate, let facts):
            if type == .connect { return .authenticate(certificate, facts) }
            state = .closed
            return .refuseConnection("invalid msg type \(type.rawValue) received (expected: 1)")
        case .open(let peer, let kind):
            return receivedOpen(type, peer, kind)
        case .closed:
            return .nothing
        }
    }

    /// The proof held.
    package mutating func authenticated(_ peer: AuthenticatedPeer, _ kind: PeerKind) {
        if case .waitingForConnect = state { state = .open(peer, kind) }
    }

    package mutating func closed() { state = .closed }

    private mutating func receivedOpen(
        _ type: MessageType, _ peer: AuthenticatedPeer, _ kind: PeerKind
    ) -> Action {
        switch type {
        case .invoke: return .runCall(peer, kind)
        case .ping: return .answerPing
        case .cancel where kind.isLantern: return .cancelCall
        case .result where kind.speaks(.callbacks): return .takeAnswer
        case .streamItem, .streamEnd, .streamCredit:
            if kind.pushesStreams { return .heedStream }
            fallthrough
        default:
            state = .closed
            return .close("message type \(type.rawValue) in the middle of a connection")
        }
    }
}
