import Dispatch
import Testing

@testable import Lantern

@Suite(.timeLimit(.minutes(1)))
struct HandlerExecutorTests {
    @Test("blocked jobs get threads up to the limit, and all are run in the end")
    func grows() async throws {
        let executor = HandlerExecutor(steady: 1, maximum: 3)
        let semaphore = DispatchSemaphore(value: 0)
        let meter = Meter()
        let gate = Gate()
        let blocked = (0..<5).map { _ in
            Task(executorPreference: executor) {
                if meter.enter() == 3 { gate.open("three") }
                Self.block(semaphore)
                meter.leave()
            }
        }
        try await gate.wait("three")
        #expect(executor.threadCount == 3)
        for _ in blocked { semaphore.signal() }
        for task in blocked { await task.value }
        #expect(meter.most == 3)
    }

    @Test("many short jobs are all run, and the limit of threads holds")
    func steady() async {
        let executor = HandlerExecutor(steady: 2, maximum: 4)
        await withTaskGroup(of: Int.self) { group in
            for number in 0..<1_000 { group.addTask(executorPreference: executor) { number } }
            let sum = await group.reduce(0, +)
            #expect(sum == 499_500)
        }
        #expect((1...4).contains(executor.threadCount))
    }

    private static func block(_ semaphore: DispatchSemaphore) { semaphore.wait() }
}
