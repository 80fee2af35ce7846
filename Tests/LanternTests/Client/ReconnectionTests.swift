import Testing

@testable import Lantern

struct ReconnectionTests {
    private let now = ContinuousClock.now

    private func pause(after failures: Int, jitter: Double) -> Duration {
        var reconnection = Reconnection()
        for _ in 0..<failures { reconnection.failed(now: now, jitter: jitter) }
        return reconnection.notBefore.map { now.duration(to: $0) } ?? .zero
    }

    @Test("the pause doubles from 50 ms to 5 s and stays there")
    func doubling() {
        #expect(pause(after: 0, jitter: 0) == .zero)
        let expected = [50, 100, 200, 400, 800, 1600, 3200, 5000, 5000].map { Duration.milliseconds($0) }
        for (index, pause) in expected.enumerated() {
            #expect(self.pause(after: index + 1, jitter: 0) == pause)
        }
        #expect(pause(after: 1_000, jitter: 0) == .seconds(5))
    }

    @Test("chance shortens it by a half at most", arguments: [0.5, 1, 7, -3])
    func jitter(jitter: Double) {
        let pause = pause(after: 3, jitter: jitter)
        #expect(pause >= .milliseconds(100))
        #expect(pause <= .milliseconds(200))
    }

    @Test("success starts over")
    func success() {
        var reconnection = Reconnection()
        for _ in 0..<5 { reconnection.failed(now: now, jitter: 0) }
        reconnection.succeeded()
        #expect(reconnection == Reconnection())
        #expect(reconnection.notBefore == nil)
    }
}
