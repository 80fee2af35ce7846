import Synchronization
import Testing

@testable import LanternTrust

/// Limits from both sides, by a clock that only the test moves.
struct QuotaTests {
    final class Clock: Sendable {
        private let time = Mutex<Int64>(5_000_000_000)
        var now: Int64 { time.withLock { $0 } }
        func advance(milliseconds: Int64) { time.withLock { $0 += milliseconds * 1_000_000 } }
    }

    let clock = Clock()
    let identity: PeerIdentity
    let other: PeerIdentity

    init() throws {
        identity = try PeerIdentity("spiffe://td/client/one")
        other = try PeerIdentity("spiffe://td/client/two")
    }

    private func ledger(maximum: Int = 100) -> QuotaLedger {
        let clock = clock
        return QuotaLedger(maximum: maximum, clock: { clock.now })
    }

    private func policy(_ quotas: (String, Quota)...) throws -> PolicyTable {
        try PolicyTable(rules: [], quotas: quotas.map { QuotaRule(identities: [$0], quota: $1) })
    }

    private func account(_ quota: Quota) throws -> QuotaAccount {
        try #require(try ledger().account(of: identity, under: policy(("*", quota))))
    }

    /// Begins and ends a call.
    private func call(_ account: QuotaAccount, bytes: Int = 10) -> QuotaRefusal? {
        do {
            try account.begin(bytes: bytes).end()
            return nil
        } catch { return error }
    }

    @Test("as many calls as the bucket holds, then one more each time it has filled")
    func calls() throws {
        let account = try account(Quota(calls: .init(perSecond: 2, burst: 3)))
        for _ in 0..<3 { #expect(call(account) == nil) }
        let refusal = call(account)
        #expect(refusal?.kind == .calls && refusal?.limit == 2 && refusal?.wait == 0.5)
        #expect(refusal?.text == "over the quota: 2 calls per second; try again in 500 ms")
        clock.advance(milliseconds: 499)
        #expect(call(account)?.kind == .calls)
        clock.advance(milliseconds: 1)
        #expect(call(account) == nil)
        #expect(call(account)?.kind == .calls)
        clock.advance(milliseconds: 3_600_000)
        for _ in 0..<3 { #expect(call(account) == nil) }
        #expect(call(account)?.kind == .calls)
    }

    @Test("what a batch holds more than one call is paid back first")
    func batch() throws {
        let account = try account(Quota(calls: .init(perSecond: 10, burst: 2)))
        let lease = try account.begin(bytes: 0)
        lease.take(calls: 10)
        lease.end()
        #expect(call(account)?.wait == 1)
        clock.advance(milliseconds: 999)
        #expect(call(account) != nil)
        clock.advance(milliseconds: 1)
        #expect(call(account) == nil)
    }

    @Test("calls that run at once are counted until they end")
    func concurrent() throws {
        let account = try account(Quota(concurrentCalls: 2))
        let first = try account.begin(bytes: 0)
        var second: QuotaLease? = try account.begin(bytes: 0)
        #expect(call(account)?.kind == .concurrentCalls)
        #expect(call(account)?.text == "over the quota: 2 concurrent calls")
        first.end()
        first.end()
        #expect(account.running == 1)
        #expect(call(account) == nil)
        #expect(second != nil)
        // One that is let go without an end counts as ended.
        second = nil
        #expect(account.running == 0)
    }

    @Test("bytes of calls and answers count; a message larger than the bucket is let through and paid back")
    func bytes() throws {
        let account = try account(Quota(bytes: .init(perSecond: 1_000, burst: 1_000)))
        #expect(call(account, bytes: 999) == nil)
        let lease = try account.begin(bytes: 0)
        lease.take(bytes: 5_001)
        lease.end()
        #expect(call(account, bytes: 1)?.kind == .bytes)
        clock.advance(milliseconds: 5_000)
        #expect(call(account, bytes: 1)?.kind == .bytes)
        clock.advance(milliseconds: 1)
        #expect(call(account, bytes: 1_000_000) == nil)
        #expect(
            call(account, bytes: 1)?.text.hasPrefix("over the quota: 1000 bytes per second; try again in")
                == true)
    }

    @Test("a refused call takes nothing")
    func refusedIsFree() throws {
        let account = try account(Quota(calls: .init(perSecond: 1, burst: 1), concurrentCalls: 1))
        let running = try account.begin(bytes: 0)
        clock.advance(milliseconds: 1_000)
        for _ in 0..<100 { #expect(call(account)?.kind == .concurrentCalls) }
        running.end()
        #expect(call(account) == nil)
    }

    @Test("a clock that goes back fills nothing")
    func backwards() throws {
        let account = try account(Quota(calls: .init(perSecond: 1_000, burst: 1)))
        #expect(call(account) == nil)
        clock.advance(milliseconds: -10_000)
        #expect(call(account)?.kind == .calls)
    }

    @Test("each identity has its own; of several quotas the smallest of each kind counts")
    func identities() throws {
        let policy = try policy(
            ("*", Quota(calls: .init(perSecond: 100), concurrentCalls: 5)),
            (
                "spiffe://td/client/one",
                Quota(calls: .init(perSecond: 2, burst: 1), bytes: .init(perSecond: 7))
            ))
        #expect(
            policy.quota(of: identity)
                == Quota(calls: .init(perSecond: 2, burst: 1), bytes: .init(perSecond: 7), concurrentCalls: 5)
        )
        #expect(policy.quota(of: other) == Quota(calls: .init(perSecond: 100), concurrentCalls: 5))
        let ledger = ledger()
        let mine = try #require(try ledger.account(of: identity, under: policy))
        let theirs = try #require(try ledger.account(of: other, under: policy))
        #expect(call(mine) == nil && call(mine) != nil)
        #expect(call(theirs) == nil && call(theirs) == nil)
        #expect(try ledger.account(of: identity, under: policy) === mine)
        #expect(
            try ledger.account(of: identity, under: try self.policy(("dns:x", Quota(concurrentCalls: 1))))
                == nil)
    }

    @Test("another policy changes the limits, and what was used stays used")
    func changed() throws {
        let ledger = ledger()
        let strict = try policy(("*", Quota(calls: .init(perSecond: 1, burst: 2))))
        let account = try #require(try ledger.account(of: identity, under: strict))
        #expect(call(account) == nil && call(account) == nil && call(account) != nil)
        let wide = try policy(("*", Quota(calls: .init(perSecond: 1_000, burst: 50))))
        #expect(try ledger.account(of: identity, under: wide) === account)
        #expect(call(account)?.limit == 1_000)
        clock.advance(milliseconds: 5)
        for _ in 0..<5 { #expect(call(account) == nil) }
        _ = try ledger.account(of: identity, under: strict)
        clock.advance(milliseconds: 60_000)
        #expect(call(account) == nil && call(account) == nil && call(account) != nil)
    }

    @Test("accounts are bounded: full ones that nobody holds make room, others do not")
    func bounded() throws {
        let ledger = ledger(maximum: 3)
        let policy = try policy(("*", Quota(calls: .init(perSecond: 1, burst: 1))))
        func identity(_ number: Int) throws -> PeerIdentity { try PeerIdentity("spiffe://td/\(number)") }
        let held = try #require(try ledger.account(of: identity(0), under: policy))
        // Used up, and let go: it must be remembered.
        #expect(try call(#require(try ledger.account(of: identity(1), under: policy))) == nil)
        _ = try ledger.account(of: identity(2), under: policy)
        #expect(ledger.count == 3)
        _ = try ledger.account(of: identity(3), under: policy)
        #expect(ledger.count == 3)
        #expect(try call(#require(try ledger.account(of: identity(1), under: policy))) != nil)
        let another = try ledger.account(of: identity(4), under: policy)
        #expect(another != nil)
        #expect(throws: QuotaRefusal.self) { try ledger.account(of: identity(5), under: policy) }
        clock.advance(milliseconds: 1_000)
        #expect(try ledger.account(of: identity(5), under: policy) != nil)
        #expect(try ledger.account(of: identity(0), under: policy) === held)
    }

    @Test("ten thousand identities cost no more than the bound")
    func flood() throws {
        let ledger = ledger(maximum: 1_000)
        let policy = try policy(("*", Quota(calls: .init(perSecond: 1, burst: 1))))
        for number in 0..<10_000 {
            _ = try ledger.account(of: PeerIdentity("spiffe://td/\(number)"), under: policy)
            #expect(ledger.count <= 1_000)
        }
    }

    @Test(
        "a quota that cannot be meant is refused with its place",
        arguments: [
            Quota(), Quota(calls: .init(perSecond: 0)), Quota(calls: .init(perSecond: -1)),
            Quota(calls: .init(perSecond: .nan)), Quota(calls: .init(perSecond: .infinity)),
            Quota(bytes: .init(perSecond: 1, burst: 0)), Quota(bytes: .init(perSecond: 1, burst: 1e13)),
            Quota(concurrentCalls: 0), Quota(concurrentCalls: 1_000_001),
        ])
    func refused(quota: Quota) {
        let rule = QuotaRule(identities: ["*"], quota: quota, line: 9, source: "policy.yaml")
        let error = expectRefusal(.malformedPolicy) { () throws(TrustError) in
            try PolicyTable(rules: [], quotas: [rule])
        }
        #expect(error?.detail.hasPrefix("policy.yaml:9: ") == true)
    }

    @Test("patterns of a quota are held to the rules of identities")
    func patterns() {
        for identities in [[], [""], ["client"], ["spiffe://TD/x"]] {
            let rule = QuotaRule(identities: identities, quota: Quota(concurrentCalls: 1))
            expectRefusal(.malformedPolicy) { () throws(TrustError) in
                try PolicyTable(rules: [], quotas: [rule])
            }
        }
    }
}
