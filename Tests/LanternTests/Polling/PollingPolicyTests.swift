import NIOCore
import Testing

@testable import Lantern

/// When a connection polls, decided without a clock.
struct PollingPolicyTests {
    private static let limit = TimeAmount.microseconds(50)

    /// One connection and the time in which it lives.
    private struct Traffic {
        var policy = PollingPolicy(limit: limit)
        var now = NIODeadline.uptimeNanoseconds(1_000_000)

        /// A flush, and its answer after `gap`.
        ///
        /// - Returns: until when it polled.
        mutating func exchange(gap: TimeAmount, mayPoll: Bool = true) -> NIODeadline? {
            now = now + .seconds(1)
            let end = policy.flushed(at: now, mayPoll: mayPoll)
            now = now + gap
            policy.received(at: now)
            return end
        }

        mutating func polls(gap: TimeAmount, mayPoll: Bool = true) -> Bool {
            exchange(gap: gap, mayPoll: mayPoll) != nil
        }
    }

    @Test("nothing is polled before a gap was seen")
    func first() {
        var policy = PollingPolicy(limit: Self.limit)
        #expect(policy.flushed(at: .uptimeNanoseconds(1), mayPoll: true) == nil)
        #expect(policy.flushed(at: .uptimeNanoseconds(2), mayPoll: true) == nil)
    }

    @Test("a short gap makes the next flush poll, for the limit and no longer")
    func short() {
        var traffic = Traffic()
        #expect(!traffic.polls(gap: Self.limit))
        let start = traffic.now + .seconds(1)
        #expect(traffic.exchange(gap: .microseconds(10)) == start + Self.limit)
    }

    @Test(
        "gaps up to four limits are worth a try, longer ones are not",
        arguments: [(50, true), (51, true), (200, true), (201, false), (10_000, false)])
    func reach(microseconds: Int64, polls: Bool) {
        var traffic = Traffic()
        _ = traffic.polls(gap: .microseconds(microseconds))
        #expect(traffic.polls(gap: .zero) == polls)
    }

    @Test("one slow answer stops polling, one quick answer starts it again")
    func adapts() {
        var traffic = Traffic()
        _ = traffic.polls(gap: .microseconds(20))
        #expect(traffic.polls(gap: .milliseconds(1)))
        #expect(!traffic.polls(gap: .milliseconds(1)))
        #expect(!traffic.polls(gap: .microseconds(20)))
        #expect(traffic.polls(gap: .microseconds(20)))
    }

    @Test("slow traffic never polls")
    func slow() {
        var traffic = Traffic()
        let polled = (0..<1_000).count { _ in traffic.polls(gap: .microseconds(201)) }
        #expect(polled == 0)
    }

    @Test("answers that stay just too late are tried four times, then once in 257")
    func misses() {
        var traffic = Traffic()
        let tries = (0..<518).map { _ in traffic.polls(gap: .microseconds(51)) }
        #expect(tries.indices.filter { tries[$0] } == [1, 2, 3, 4, 261])
    }

    @Test("one miss in ten is no matter, one in four ends polling", arguments: [(10, true), (4, false)])
    func share(every: Int, goesOn: Bool) {
        var traffic = Traffic()
        for number in 0..<400 { _ = traffic.polls(gap: .microseconds(number % every == 0 ? 51 : 50)) }
        #expect(traffic.polls(gap: .zero) == goesOn)
    }

    @Test("answers that are quick only without polling earn nothing: both ends share a core")
    func sharedCore() {
        var traffic = Traffic()
        var polled = 0
        for _ in 0..<1_000 {
            var policy = traffic.policy
            let polls = policy.flushed(at: traffic.now, mayPoll: true) != nil
            if traffic.polls(gap: .microseconds(polls ? 150 : 30)) { polled += 1 }
        }
        #expect((4...10).contains(polled), "\(polled)")
    }

    @Test("after the rest, answers in time bring polling back")
    func recovers() {
        var traffic = Traffic()
        for _ in 0..<100 { _ = traffic.polls(gap: .microseconds(51)) }
        let polled = (0..<600).count { _ in traffic.polls(gap: .microseconds(20)) }
        #expect((300..<600).contains(polled), "\(polled)")
        #expect(traffic.polls(gap: .microseconds(51)))
        #expect(traffic.polls(gap: .microseconds(51)))
    }

    @Test("busy cores: nothing is polled, and nothing counts as missed")
    func busy() {
        var traffic = Traffic()
        for _ in 0..<10 { #expect(!traffic.polls(gap: .microseconds(60), mayPoll: false)) }
        #expect(traffic.polls(gap: .microseconds(60)))
    }

    @Test("a gap is from the last flush to the first bytes")
    func edges() {
        let start = NIODeadline.uptimeNanoseconds(5_000_000)
        var policy = PollingPolicy(limit: Self.limit)
        // Bytes that nobody waited for say nothing.
        policy.received(at: start)
        #expect(policy.flushed(at: start, mayPoll: true) == nil)
        #expect(policy.flushed(at: start + .milliseconds(1), mayPoll: true) == nil)
        policy.received(at: start + .milliseconds(1) + Self.limit)
        policy.received(at: start + .seconds(1))
        #expect(policy.flushed(at: start + .seconds(2), mayPoll: true) != nil)
        // A second flush while the first one's answer is out polls on.
        #expect(
            policy.flushed(at: start + .seconds(3), mayPoll: true) == start + .seconds(3) + Self.limit)
    }
}
