import NIOCore
import Testing

@testable import Lantern

/// When a core counts as wanted by others, decided without a clock.
struct PreemptionWatchTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    private func watch(_ looks: [(milliseconds: Int64, count: Int)]) -> PreemptionWatch {
        var watch = PreemptionWatch()
        for look in looks { watch.looked(at: start + .milliseconds(look.milliseconds), count: look.count) }
        return watch
    }

    @Test("a new watch allows polling, and wants to look at once")
    func fresh() {
        let watch = PreemptionWatch()
        #expect(watch.allowsPolling(at: start))
        #expect(watch.isLookDue(at: start))
    }

    @Test("looks are half a millisecond apart")
    func interval() {
        let watch = watch([(0, 7)])
        #expect(!watch.isLookDue(at: start + .microseconds(499)))
        #expect(watch.isLookDue(at: start + .microseconds(500)))
    }

    @Test(
        "eight switches within four milliseconds stop polling",
        arguments: [(4, 14, true), (4, 15, false), (5, 15, true), (1, 15, false), (1, 1_000_000, false)])
    func threshold(milliseconds: Int64, count: Int, allowed: Bool) {
        let watch = watch([(0, 7), (milliseconds, count)])
        #expect(watch.allowsPolling(at: start + .milliseconds(milliseconds)) == allowed)
    }

    @Test("what happened before polling began does not count")
    func former() {
        #expect(watch([(0, 100_000)]).allowsPolling(at: start))
        #expect(watch([(0, 1), (1_000, 100_000)]).allowsPolling(at: start + .seconds(1)))
    }

    @Test("a few switches in each window go on for ever")
    func quiet() {
        let looks = (0..<1_000).map { (milliseconds: Int64($0) * 2, count: $0 * 3) }
        #expect(watch(looks).allowsPolling(at: start + .milliseconds(2_000)))
    }

    @Test("polling is allowed again after a tenth of a second, and watched anew")
    func pause() {
        var watch = watch([(0, 0), (2, 8)])
        #expect(!watch.allowsPolling(at: start + .milliseconds(101)))
        #expect(watch.allowsPolling(at: start + .milliseconds(102)))
        watch.looked(at: start + .milliseconds(102), count: 50)
        #expect(watch.allowsPolling(at: start + .milliseconds(102)))
        watch.looked(at: start + .milliseconds(103), count: 58)
        #expect(!watch.allowsPolling(at: start + .milliseconds(103)))
    }

    @Test("a count that could not be read stops nothing")
    func unreadable() {
        #expect(watch([(0, 7), (1, 0)]).allowsPolling(at: start + .milliseconds(1)))
    }
}
