import GRDB
import Synchronization

/// The one writer: what waits while a commit is on its way to the disk goes there together in the next.
///
/// Each job runs in a savepoint of its own, so that one that fails takes nothing of the others with it. A job is
/// answered after the commit that holds it; when the commit fails, all its jobs do.
final class GroupWriter: Sendable {
    /// Jobs of one commit.
    static let batch = 256

    struct Job: Sendable {
        let work: @Sendable (inout StoreTransaction) throws -> Void
        let finish: @Sendable (Result<Void, any Error>) -> Void
    }

    private struct State {
        var jobs: [Job] = []
        var isRunning = false
    }

    private let state = Mutex(State())
    private let pool: DatabasePool
    private let maximumPending: Int
    private let commit: @Sendable (Database, [Job]) -> [Result<Void, any Error>]

    /// - Parameters:
    ///   - maximumPending: jobs that may wait.
    ///   - commit: runs jobs in one transaction and gives a result for each.
    init(
        pool: DatabasePool, maximumPending: Int,
        commit: @escaping @Sendable (Database, [Job]) -> [Result<Void, any Error>]
    ) {
        self.pool = pool
        self.maximumPending = maximumPending
        self.commit = commit
    }

    /// Runs a piece of work in a transaction and returns when it is durable.
    func write<T: Sendable>(
        _ work: @escaping @Sendable (inout StoreTransaction) throws -> T
    ) async throws -> T {
        return try await withCheckedThrowingContinuation {
            (continuation: CheckedContinuation<T, any Error>) in
            let box = ResultBox<T>()
            let job = Job(work: { box.value = try work(&$0) }) { outcome in
                switch outcome {
                case .failure(let error): continuation.resume(throwing: error)
                case .success:
                    guard let value = box.value else {
                        return continuation.resume(throwing: NamingError.storeFailed("it is shutting down"))
                    }
                    continuation.resume(returning: value)
                }
            }
            add(job)
        }
    }

    private func add(_ job: Job) {
        let verdict = state.withLock { state -> (isFull: Bool, starts: Bool) in
            guard state.jobs.count < maximumPending else { return (true, false) }
            state.jobs.append(job)
            guard !state.isRunning else { return (false, false) }
            state.isRunning = true
            return (false, true)
        }
        if verdict.isFull { return job.finish(.failure(NamingError.storeBusy)) }
        guard verdict.starts else { return }
        pool.asyncWriteWithoutTransaction { db in self.drain(db) }
    }

    private func drain(_ db: Database) {
        while true {
            let jobs = state.withLock { state -> [Job] in
                let jobs = Array(state.jobs.prefix(Self.batch))
                state.jobs.removeFirst(jobs.count)
                if jobs.isEmpty { state.isRunning = false }
                return jobs
            }
            guard !jobs.isEmpty else { return }
            for (job, result) in zip(jobs, commit(db, jobs)) { job.finish(result) }
        }
    }
}

/// Carries a result from the writer's thread; written before the job is finished, read after.
private final class ResultBox<T: Sendable>: Sendable {
    private let box = Mutex<T?>(nil)

    var value: T? {
        get { box.withLock { $0 } }
        set { box.withLock { $0 = newValue } }
    }
}
