import Glibc
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import Lantern

/// The turns of an event loop that is kept awake, and that it sleeps again.
@Suite(.timeLimit(.minutes(1)))
struct LoopPollerTests {
    /// Counts the turns of one event loop, and says when there were many.
    private final class Turns: NIOEventLoopMetricsDelegate {
        private struct State {
            var count = 0
            var waiting: (count: Int, continuation: CheckedContinuation<Void, Never>)?
        }

        private let state = Mutex(State())

        var count: Int { state.withLock(\.count) }

        func processedTick(info: NIOEventLoopTickInfo) {
            let continuation = state.withLock { state -> CheckedContinuation<Void, Never>? in
                state.count += 1
                guard let waiting = state.waiting, state.count >= waiting.count else { return nil }
                state.waiting = nil
                return waiting.continuation
            }
            continuation?.resume()
        }

        func more(_ number: Int) async {
            await withCheckedContinuation { continuation in
                state.withLock { $0.waiting = ($0.count + number, continuation) }
            }
        }
    }

    /// A poller on an event loop of its own, used with one loop entry at a time.
    private final class Lab: Sendable {
        let turns = Turns()
        let group: MultiThreadedEventLoopGroup
        let loop: any EventLoop
        let poller: NIOLoopBound<LoopPoller>

        init(enough: Int = .max) async throws {
            let group = MultiThreadedEventLoopGroup(numberOfThreads: 1, metricsDelegate: turns)
            let loop = group.next()
            self.group = group
            self.loop = loop
            poller = try await loop.submit {
                NIOLoopBound(
                    LoopPoller(eventLoop: loop, watch: PreemptionWatch(enough: enough)), eventLoop: loop)
            }.get()
        }

        func on<Result: Sendable>(_ body: @escaping @Sendable (LoopPoller) -> Result) async throws -> Result {
            let poller = poller
            return try await loop.submit { body(poller.value) }.get()
        }

        /// Expects something within `time` and forgets what.
        func expect(within time: TimeAmount) async throws {
            try await on { _ = $0.expect(until: .now() + time, inPlaceOf: nil) }
        }

        /// Turns that the loop makes in addition to those of a hundred tasks from outside.
        func extraTurns() async throws -> Int {
            let before = turns.count
            for _ in 0..<100 { try await on { _ in } }
            return turns.count - before - 100
        }

        func close() async throws { try await group.shutdownGracefully() }
    }

    /// What tells the pipe behind a descriptor from any other one; nil when it is closed.
    private func inode(_ descriptor: CInt) -> UInt64? {
        var information = stat()
        return fstat(descriptor, &information) == 0 ? UInt64(information.st_ino) : nil
    }

    @Test("an expectation keeps the loop awake until it is fulfilled")
    func awake() async throws {
        let lab = try await Lab()
        try await lab.on { $0.join() }
        let expectation = try await lab.on { $0.expect(until: .now() + .seconds(30), inPlaceOf: nil) }
        // More than the pipe holds at a time.
        await lab.turns.more(10_000)
        try await lab.on { $0.fulfil(expectation) }
        #expect(try await lab.extraTurns() <= 2)
        try await lab.on { $0.leave() }
        try await lab.close()
    }

    @Test("polling ends at its time, and starts again with the next expectation")
    func ends() async throws {
        let lab = try await Lab()
        try await lab.on { $0.join() }
        for _ in 0..<3 {
            let end = NIODeadline.now() + .milliseconds(1)
            _ = try await lab.on { $0.expect(until: end, inPlaceOf: nil) }
            while try await lab.on({ $0.ticker?.isRunning == true }) {}
            #expect(NIODeadline.now() >= end)
            #expect(try await lab.extraTurns() <= 1)
        }
        try await lab.on { $0.leave() }
        try await lab.close()
    }

    @Test("one connection's answer does not end what another one expects")
    func several() async throws {
        let lab = try await Lab()
        try await lab.on { $0.join() }
        let first = try await lab.on { $0.expect(until: .now() + .seconds(30), inPlaceOf: nil) }
        let second = try await lab.on { $0.expect(until: .now() + .seconds(1), inPlaceOf: nil) }
        try await lab.on { $0.fulfil(second) }
        await lab.turns.more(1_000)
        // Another flush of the same connection takes the place of the former.
        let again = try await lab.on { $0.expect(until: .now() + .seconds(30), inPlaceOf: first) }
        try await lab.on { $0.fulfil(again) }
        #expect(try await lab.extraTurns() <= 2)
        try await lab.on { $0.leave() }
        try await lab.close()
    }

    @Test("an expectation of an earlier round is worth nothing")
    func outdated() async throws {
        let lab = try await Lab()
        try await lab.on { $0.join() }
        let old = try await lab.on { $0.expect(until: .now(), inPlaceOf: nil) }
        while try await lab.on({ $0.ticker?.isRunning == true }) {}
        _ = try await lab.on { $0.expect(until: .now() + .seconds(30), inPlaceOf: old) }
        try await lab.on { $0.fulfil(old) }
        await lab.turns.more(1_000)
        try await lab.on { $0.leave() }
        try await lab.close()
    }

    @Test("tasks and timers of the loop run while it polls")
    func fair() async throws {
        let lab = try await Lab()
        try await lab.on { $0.join() }
        try await lab.expect(within: .seconds(30))
        await lab.turns.more(100)
        try await lab.loop.scheduleTask(in: .milliseconds(1)) {}.futureResult.get()
        for _ in 0..<100 { try await lab.on { _ in } }
        try await lab.on { $0.leave() }
        #expect(try await lab.extraTurns() <= 2)
        try await lab.close()
    }

    @Test("a core that others want ends polling")
    func preempted() async throws {
        // As many switches as a look finds, so that the second one finds enough.
        let lab = try await Lab(enough: 0)
        try await lab.on { $0.join() }
        try await lab.expect(within: .seconds(30))
        while try await lab.on({ $0.ticker?.isRunning == true }) {}
        // It says no for a while, whenever in the while we ask.
        #expect(try await lab.on { !$0.mayPoll(at: .now()) })
        try await lab.on { $0.leave() }
        try await lab.close()
    }

    @Test("the descriptors go with the last connection, and come back with the next")
    func descriptors() async throws {
        let lab = try await Lab()
        for _ in 0..<3 {
            try await lab.on { $0.join() }
            try await lab.on { $0.join() }
            let open = try await lab.on { $0.ticker?.descriptors ?? [] }
            let inodes = open.compactMap(inode)
            #expect(inodes.count == 2)
            try await lab.on { $0.leave() }
            #expect(open.compactMap(inode) == inodes)
            try await lab.expect(within: .seconds(30))
            try await lab.on { $0.leave() }
            #expect(!open.compactMap(inode).contains(inodes[0]))
            #expect(try await lab.extraTurns() <= 2)
        }
        try await lab.close()
    }

    @Test("an event loop that ends takes the descriptors with it")
    func loopEnds() async throws {
        let lab = try await Lab()
        try await lab.on { $0.join() }
        try await lab.expect(within: .seconds(30))
        let open = try await lab.on { $0.ticker?.descriptors ?? [] }
        let inodes = open.compactMap(inode)
        #expect(inodes.count == 2)
        try await lab.close()
        #expect(!open.compactMap(inode).contains(inodes[0]))
    }
}
