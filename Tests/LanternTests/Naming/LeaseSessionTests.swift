import Testing

@testable import Lantern

struct LeaseSessionTests {
    private func held() -> LeaseSession {
        var session = LeaseSession()
        session.granted(7, milliseconds: 900, askedAt: 1_000)
        return session
    }

    @Test("without a lease it asks for one")
    func start() {
        let session = LeaseSession()
        #expect(session.action(at: 0) == .grant)
        #expect(session.epoch(at: 0) == nil)
    }

    @Test("a third of the lease after the last question the next heartbeat is due")
    func heartbeats() {
        var session = held()
        #expect(session.action(at: 1_299) == .wait(until: 1_300))
        #expect(session.action(at: 1_300) == .renew(epoch: 7))
        session.renewed(askedAt: 1_310)
        #expect(session.action(at: 1_320) == .wait(until: 1_610))
        #expect(session.epoch(at: 2_209) == 7)
        #expect(session.epoch(at: 2_210) == nil)
    }

    @Test("the lease counts from the question, not from the answer")
    func expiry() {
        var session = held()
        #expect(session.epoch(at: 1_899) == 7)
        let early = session.expire(at: 1_899)
        #expect(!early)
        #expect(session.epoch(at: 1_900) == nil)
        let (inTime, again) = (session.expire(at: 1_900), session.expire(at: 1_900))
        #expect(inTime)
        #expect(!again)
        #expect(session.action(at: 1_900) == .grant)
    }

    @Test("after a failure it waits a little, but never past the end of the lease")
    func failure() {
        var session = held()
        session.failed(at: 1_300, duration: 900)
        #expect(session.action(at: 1_301) == .wait(until: 1_390))
        #expect(!session.mayTry(at: 1_389))
        #expect(session.action(at: 1_390) == .renew(epoch: 7))
        session.failed(at: 1_880, duration: 900)
        #expect(session.action(at: 1_881) == .wait(until: 1_900))
    }

    @Test(
        "a lease that the name server calls lost is asked for anew, and a late answer to a heartbeat changes nothing"
    )
    func lost() {
        var session = held()
        session.lost(at: 1_400)
        session.renewed(askedAt: 1_350)
        #expect(session.epoch(at: 1_400) == nil)
        #expect(session.action(at: 1_400) == .grant)
        session.granted(9, milliseconds: 900, askedAt: 1_400)
        #expect(session.epoch(at: 1_401) == 9)
    }
}
