import Glibc
import NIOConcurrencyHelpers
import NIOCore

/// Runs the handlers of calls on threads of their own, as many as are needed.
///
/// Swift's global executor has one thread for each core and no more: that many handlers that block their thread
/// would stop every other one. Here another thread starts when jobs wait and none was begun for some milliseconds,
/// up to a limit; threads that find nothing to do for a while end.
package final class HandlerExecutor: TaskExecutor {
    /// One for the process: threads are the process's, not a daemon's.
    package static let shared = HandlerExecutor(steady: System.coreCount, maximum: 256)

    private enum Work: Equatable { case nothing, waiting }

    private struct State {
        var jobs = CircularBuffer<UnownedJob>()
        var threads = 0
        var idle = 0
        var begun: UInt64 = 0
        var isWatched = false
    }

    /// Guards `state`; its value tells whether there is a job to take.
    private let lock = ConditionLock<Work>(value: .nothing)
    private let state: NIOLockedValueBox<State> = NIOLockedValueBox(State())
    private let steady: Int
    private let maximum: Int

    /// - Parameters:
    ///   - steady: threads that are kept.
    ///   - maximum: threads at the most; as many handlers may block at once before others wait for them.
    package init(steady: Int, maximum: Int) {
        self.steady = max(1, steady)
        self.maximum = max(self.steady, maximum)
    }

    package var threadCount: Int { state.withLockedValue { $0.threads } }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        lock.lock()
        let (starts, watches) = state.withLockedValue { state -> (Bool, Bool) in
            state.jobs.append(job)
            guard state.idle < state.jobs.count else { return (false, false) }
            if state.threads < steady {
                state.threads += 1
                return (true, false)
            }
            guard !state.isWatched, state.threads < maximum else { return (false, false) }
            state.isWatched = true
            return (false, true)
        }
        lock.unlock(withValue: .waiting)
        if starts { startWorker() }
        if watches, !start({ $0.watch() }) { state.withLockedValue { $0.isWatched = false } }
    }

    // MARK: - Threads

    private func work() {
        let executor = asUnownedTaskExecutor()
        while let job = take() { job.runSynchronously(on: executor) }
    }

    /// Waits for a job; nil when none came for a while and there are threads enough without this one.
    private func take() -> UnownedJob? {
        state.withLockedValue { $0.idle += 1 }
        while true {
            let hasWork = lock.lock(whenValue: .waiting, timeoutSeconds: 5)
            let (job, isOver, isEmpty) = state.withLockedValue { state -> (UnownedJob?, Bool, Bool) in
                let job = hasWork ? state.jobs.popFirst() : nil
                // Not with a job in line: its giver counted on this thread being idle, and started no other.
                let isOver = !hasWork && state.jobs.isEmpty && state.threads > steady
                if job != nil { state.begun &+= 1 }
                if job != nil || isOver { state.idle -= 1 }
                if isOver { state.threads -= 1 }
                return (job, isOver, state.jobs.isEmpty)
            }
            if hasWork { lock.unlock(withValue: isEmpty ? .nothing : .waiting) }
            if job != nil || isOver { return job }
        }
    }

    /// Starts another thread each time that jobs wait and none was begun since the last look.
    private func watch() {
        var begun = state.withLockedValue { $0.begun }
        while true {
            usleep(Self.patience)
            let (goesOn, starts) = state.withLockedValue { state -> (Bool, Bool) in
                guard !state.jobs.isEmpty else {
                    state.isWatched = false
                    return (false, false)
                }
                let isStuck = state.begun == begun && state.threads < maximum
                begun = state.begun
                if isStuck { state.threads += 1 }
                return (true, isStuck)
            }
            if starts { startWorker() }
            if !goesOn { return }
        }
    }

    /// Microseconds without a job begun after which the threads count as blocked.
    private static let patience: UInt32 = 5_000

    /// What a new thread is to do, on its way through a C pointer.
    private final class Start {
        let executor: HandlerExecutor
        let body: @Sendable (HandlerExecutor) -> Void

        init(_ executor: HandlerExecutor, _ body: @escaping @Sendable (HandlerExecutor) -> Void) {
            self.executor = executor
            self.body = body
        }
    }

    private func startWorker() {
        // When the system has no more threads, those that are there go on.
        if !start({ $0.work() }) { state.withLockedValue { $0.threads -= 1 } }
    }

    private func start(_ body: @escaping @Sendable (HandlerExecutor) -> Void) -> Bool {
        let box = Unmanaged.passRetained(Start(self, body))
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { box in
                guard let box else { return nil }
                let start = Unmanaged<Start>.fromOpaque(box).takeRetainedValue()
                start.body(start.executor)
                return nil
            }, box.toOpaque())
        guard status == 0 else {
            box.release()
            return false
        }
        pthread_detach(thread)
        return true
    }
}
