import Testing

@testable import Lantern

struct RetryBudgetTests {
    private let now = ContinuousClock.now

    private func spend(_ budget: RetryBudget, at time: ContinuousClock.Instant) -> Int {
        (0..<1_000).count { _ in budget.spend(now: time) }
    }

    @Test("the floor is there at the start, and no more")
    func floor() {
        #expect(spend(RetryBudget(.init(share: 0, floor: 10), now: now), at: now) == 10)
        #expect(spend(RetryBudget(.init(share: 0, floor: 0), now: now), at: now) == 0)
    }

    @Test("calls earn their share", arguments: [(0.2, 50, 10), (0.1, 50, 5), (1, 5, 5), (0, 500, 0)])
    func share(share: Double, calls: Int, retries: Int) {
        let budget = RetryBudget(.init(share: share, floor: 0), now: now)
        for _ in 0..<calls { budget.earn() }
        #expect(spend(budget, at: now) == retries)
    }

    @Test("time brings the floor back within ten seconds, and nothing above it")
    func refill() {
        let budget = RetryBudget(.init(share: 0, floor: 10), now: now)
        #expect(spend(budget, at: now) == 10)
        #expect(spend(budget, at: now.advanced(by: .seconds(1))) == 1)
        #expect(spend(budget, at: now.advanced(by: .milliseconds(3_500))) == 2)
        #expect(spend(budget, at: now.advanced(by: .seconds(1_000))) == 10)
        #expect(spend(budget, at: now.advanced(by: .seconds(900))) == 0, "a clock that goes back")
    }

    @Test("a long quiet time is not saved up for a storm")
    func depth() {
        let budget = RetryBudget(.init(share: 1, floor: 10), now: now)
        for _ in 0..<10_000 { budget.earn() }
        #expect(spend(budget, at: now) == 100)
    }

    @Test("settings that make no sense are taken for the nearest that do")
    func nonsense() {
        for share in [Double.nan, -Double.infinity, -1] {
            let budget = RetryBudget(.init(share: share, floor: -5), now: now)
            budget.earn()
            #expect(spend(budget, at: now) == 0)
        }
        let all = RetryBudget(.init(share: 7, floor: .max), now: now)
        #expect(spend(all, at: now) == 1_000)
        #expect(all.spend(now: now.advanced(by: .seconds(1 << 50))))
    }
}
