import Lantern
import LanternTrust
import LanternWire
import Testing

/// Every state with every event.
struct ServerSessionTests {
    static let types: [MessageType] = [
        .connect, .connectOK, .connectFail, .invoke, .result, .ping, .cancel, .streamItem, .streamEnd,
        .streamCredit, .drain, MessageType(rawValue: 99),
    ]
    static let lantern = PeerKind.lantern(LanternAnnouncement(features: [.multiplexedCalls]))

    static let pushing = PeerKind.lantern(
        LanternAnnouncement(features: [.multiplexedCalls, .pushedStreams]))

    private func waitingForConnect() throws -> ServerSession {
        var session = ServerSession()
        #expect(session.tlsEstablished(try Peers.certificate(), Peers.facts) == .nothing)
        return session
    }

    private func open(_ kind: PeerKind) throws -> (ServerSession, AuthenticatedPeer) {
        var session = try waitingForConnect()
        let peer = try Peers.authenticated()
        session.authenticated(peer, kind)
        return (session, peer)
    }

    @Test("nothing may come before TLS is done", arguments: types)
    func beforeTLS(type: MessageType) {
        var session = ServerSession()
        guard case .close = session.received(type) else { Issue.record("\(type) was taken"); return }
        #expect(session.state == .closed)
    }

    @Test("before CONNECT nothing else is taken", arguments: types)
    func beforeConnect(type: MessageType) throws {
        var session = try waitingForConnect()
        let action = session.received(type)
        if type == .connect {
            #expect(action == .authenticate(try Peers.certificate(), Peers.facts))
            return
        }
        guard case .refuseConnection(let text) = action else { Issue.record("\(type) was taken"); return }
        #expect(text.contains("invalid msg type"))
        #expect(session.state == .closed)
    }

    @Test("CONNECT alone opens nothing; the proof does")
    func connectIsNotEnough() throws {
        var session = try waitingForConnect()
        _ = session.received(.connect)
        guard case .refuseConnection = session.received(.invoke) else {
            Issue.record("a call before the proof was judged"); return
        }
    }

    @Test("an open connection takes calls and pings, of Lantern peers cancellations", arguments: types)
    func whileOpen(type: MessageType) throws {
        for kind in [PeerKind.pyro, Self.lantern, Self.pushing] {
            var (session, peer) = try open(kind)
            let action = session.received(type)
            switch type {
            case .invoke: #expect(action == .runCall(peer, kind))
            case .ping: #expect(action == .answerPing)
            case .cancel where kind.isLantern: #expect(action == .cancelCall)
            case .streamItem, .streamEnd, .streamCredit:
                if kind == Self.pushing {
                    #expect(action == .heedStream)
                } else {
                    #expect(session.state == .closed, "not agreed on with \(kind)")
                }
            default:
                guard case .close = action else { Issue.record("\(type) was taken from \(kind)"); return }
                #expect(session.state == .closed)
            }
        }
    }

    @Test("answers are taken from a peer that announced callbacks")
    func callbacks() throws {
        let kind = PeerKind.lantern(LanternAnnouncement(features: [.multiplexedCalls, .callbacks]))
        var (session, _) = try open(kind)
        #expect(session.received(.result) == .takeAnswer)
        #expect(session.state != .closed)
        // CONNECTOK, DRAIN and the like stay forbidden.
        guard case .close = session.received(.drain) else { Issue.record("a drain notice was taken"); return }
    }

    @Test("after the end nothing happens", arguments: types)
    func afterTheEnd(type: MessageType) throws {
        var (session, peer) = try open(.pyro)
        session.closed()
        #expect(session.received(type) == .nothing)
        session.authenticated(peer, .pyro)
        #expect(session.state == .closed)
    }

    @Test("TLS is established once")
    func establishedTwice() throws {
        var session = try waitingForConnect()
        guard case .close = session.tlsEstablished(try Peers.certificate(), Peers.facts) else {
            Issue.record("a second certificate was taken"); return
        }
        #expect(session.state == .closed)
    }

    @Test("nobody is authenticated out of turn")
    func authenticatedTooEarly() throws {
        var session = ServerSession()
        session.authenticated(try Peers.authenticated(), .pyro)
        #expect(session.state == .waitingForTLS)
    }
}
