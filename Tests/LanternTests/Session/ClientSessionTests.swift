import Lantern
import LanternWire
import Testing

/// Every state with every event.
struct ClientSessionTests {
    static let lantern = PeerKind.lantern(LanternAnnouncement(features: [.multiplexedCalls]))

    private func open(_ kind: PeerKind) -> ClientSession<String> {
        var session = ClientSession<String>()
        session.opened(kind)
        return session
    }

    private func answered(_ outcome: ClientSession<String>.Outcome) -> String? {
        if case .answer(let waiter) = outcome { waiter } else { nil }
    }

    private func isViolation(_ outcome: ClientSession<String>.Outcome) -> Bool {
        if case .violation = outcome { true } else { false }
    }

    @Test("while connecting only the answer to CONNECT is taken", arguments: ServerSessionTests.types)
    func connecting(type: MessageType) {
        var session = ClientSession<String>()
        #expect(!session.canSend)
        let outcome = session.received(type, sequence: 0)
        if type == .connectOK || type == .connectFail {
            guard case .handshake = outcome else { Issue.record("\(type)"); return }
        } else {
            #expect(isViolation(outcome))
        }
    }

    @Test(
        "an open connection takes answers, of Lantern peers a drain notice",
        arguments: ServerSessionTests.types)
    func whileOpen(type: MessageType) {
        for kind in [PeerKind.pyro, Self.lantern, ServerSessionTests.pushing] {
            var session = open(kind)
            let sequence = session.send("call")
            let outcome = session.received(type, sequence: type == .drain ? 0 : sequence)
            switch type {
            case .result, .ping: #expect(answered(outcome) == "call")
            case .drain where kind.isLantern:
                guard case .drain = outcome else { Issue.record("no drain"); return }
                #expect(!session.canSend)
                #expect(answered(session.received(.result, sequence: sequence)) == "call")
            case _ where type.isOfStreams && kind == ServerSessionTests.pushing:
                guard case .stream = outcome else { Issue.record("\(type)"); return }
            default: #expect(isViolation(outcome))
            }
        }
    }

    @Test("calls are taken from a peer that announced callbacks, also while it drains")
    func callbacks() {
        var session = open(.lantern(LanternAnnouncement(features: [.multiplexedCalls, .callbacks])))
        // The numbers of the two directions have nothing to do with each other.
        let number = session.send("call")
        for _ in 0..<2 {
            guard case .call = session.received(.invoke, sequence: number) else {
                Issue.record("no call"); return
            }
            guard case .cancelCall = session.received(.cancel, sequence: number) else {
                Issue.record("no cancellation"); return
            }
            if case .open = session.state { _ = session.received(.drain, sequence: 0) }
            #expect(session.state == .draining)
        }
        #expect(answered(session.received(.result, sequence: number)) == "call")
        _ = session.close()
        guard case .ignored = session.received(.invoke, sequence: 1) else { Issue.record("taken"); return }
    }

    @Test("a server that shows another certificate asks for a new connection, and calls go on")
    func renewal() {
        var session = open(Self.lantern)
        guard case .renew = session.received(.drain, sequence: Frame.renewalSequence) else {
            Issue.record("not asked"); return
        }
        #expect(session.state == .open(Self.lantern))
        #expect(session.canSend)
        var other = open(.pyro)
        #expect(isViolation(other.received(.drain, sequence: Frame.renewalSequence)))
    }

    @Test("a connection that we gave up already may be asked to drain")
    func drainedTwice() {
        var session = open(Self.lantern)
        let number = session.send("call")
        session.retire()
        guard case .renew = session.received(.drain, sequence: Frame.renewalSequence),
            case .drain = session.received(.drain, sequence: 0),
            case .drain = session.received(.drain, sequence: 0)
        else { Issue.record("refused"); return }
        #expect(session.state == .draining)
        #expect(answered(session.received(.result, sequence: number)) == "call")
    }

    @Test("streams go on while a connection drains")
    func streamsWhileDraining() {
        for kind in [Self.lantern, ServerSessionTests.pushing] {
            var session = open(kind)
            _ = session.received(.drain, sequence: 0)
            let outcome = session.received(.streamItem, sequence: 0)
            if kind == Self.lantern {
                #expect(isViolation(outcome))
            } else {
                guard case .stream = outcome else { Issue.record("not taken"); return }
            }
        }
    }

    @Test("towards a Pyro peer one call is under way, towards a Lantern peer many")
    func oneOrMany() {
        var pyro = open(.pyro)
        let first = pyro.send("one")
        #expect(!pyro.canSend)
        #expect(answered(pyro.received(.result, sequence: first)) == "one")
        #expect(pyro.canSend)

        var lantern = open(Self.lantern)
        let numbers = (0..<500).map { lantern.send("\($0)") }
        #expect(Set(numbers).count == 500)
        #expect(lantern.canSend)
        for (index, number) in numbers.enumerated().reversed() {
            #expect(answered(lantern.received(.result, sequence: number)) == "\(index)")
        }
        #expect(lantern.isEmpty)
    }

    @Test("a one-way call has no answer, and an answer to it is a violation")
    func oneway() {
        var session = open(.pyro)
        let number = session.send(nil)
        #expect(session.canSend)
        #expect(session.isEmpty)
        #expect(isViolation(session.received(.result, sequence: number)))
    }

    @Test("an answer that comes twice is a violation")
    func twice() {
        var session = open(Self.lantern)
        let number = session.send("call")
        _ = session.received(.result, sequence: number)
        #expect(isViolation(session.received(.result, sequence: number)))
    }

    @Test("an abandoned call keeps its number until the answer comes, which nobody gets")
    func abandoned() {
        var session = open(Self.lantern)
        let number = session.send("call")
        #expect(session.abandon(number) == "call")
        #expect(session.abandon(number) == nil)
        #expect(!session.isEmpty)
        for _ in 0..<70_000 {
            let other = session.send("other")
            #expect(other != number)
            _ = session.withdraw(other)
        }
        guard case .ignored = session.received(.result, sequence: number) else {
            Issue.record("delivered"); return
        }
        #expect(session.isEmpty)
    }

    @Test("numbers run out before they are given twice")
    func numbersAreBounded() {
        var session = open(Self.lantern)
        var count = 0
        while session.canSend, count < 100_000 {
            _ = session.send("call")
            count += 1
        }
        #expect(count == Int(UInt16.max) / 2)
    }

    @Test("closing gives back all who wait, and then nothing is delivered")
    func closing() {
        var session = open(Self.lantern)
        let number = session.send("one")
        let lost = session.send("two")
        _ = session.abandon(lost)
        #expect(session.close() == ["one"])
        #expect(session.state == .closed)
        guard case .ignored = session.received(.result, sequence: number) else {
            Issue.record("delivered"); return
        }
        session.opened(.pyro)
        #expect(session.state == .closed)
    }
}
