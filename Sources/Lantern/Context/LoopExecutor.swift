package import NIOCore

/// Runs Swift tasks on an event loop, so that a short call needs no change of thread.
///
/// Jobs are gathered: those that become ready in a connection's turn run within it, and what they send leaves in
/// the same write.
package final class LoopExecutor: TaskExecutor {
    let eventLoop: any EventLoop
    private let jobs = TurnQueue<UnownedJob>()

    package init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        if case .wakeLoop = jobs.add(UnownedJob(job)) { wake() }
    }

    private func wake() {
        eventLoop.execute { self.run(self.jobs.take()) }
    }

    private func run(_ ready: [UnownedJob]) {
        let executor = asUnownedTaskExecutor()
        for job in ready { job.runSynchronously(on: executor) }
    }

    // MARK: - Turns of a connection

    package func beginTurn() { jobs.beginTurn() }

    /// Runs what is ready; only on the event loop, within a turn.
    ///
    /// - Parameter spare: an empty array, whose memory is used.
    package func runReady(_ spare: inout [UnownedJob]) {
        jobs.exchange(&spare)
        run(spare)
        spare.removeAll(keepingCapacity: true)
    }

    package func endTurn() {
        if jobs.endTurn() { wake() }
    }
}
