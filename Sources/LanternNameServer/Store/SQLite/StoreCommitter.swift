import GRDB
import Synchronization

/// Puts the jobs of one group into one transaction, and tells cache and watchers after it.
final class StoreCommitter: Sendable {
    struct Totals {
        var revision: Int64
        var count: Int
        /// What the file says is compacted.
        var compacted: Int64
    }

    let history: ChangeHistory
    let cache: NameCache
    private let capacity: Int
    private let totals: Mutex<Totals>

    init(history: ChangeHistory, cache: NameCache, capacity: Int, totals: Totals) {
        self.history = history
        self.cache = cache
        self.capacity = capacity
        self.totals = Mutex(totals)
    }

    var count: Int { totals.withLock { $0.count } }

    /// - Returns: a result for each job, in their order.
    func commit(_ db: Database, _ jobs: [GroupWriter.Job]) -> [Result<Void, any Error>] {
        let before = totals.withLock { $0 }
        let compacted = history.compacted
        var transaction = StoreTransaction(
            db, revision: before.revision, count: before.count, capacity: capacity)
        var results: [Result<Void, any Error>] = []
        do {
            try db.inTransaction(.immediate) {
                for job in jobs { results.append(try run(job, &transaction)) }
                guard transaction.revision > before.revision else { return .rollback }
                try transaction.finish(forgettingUpTo: compacted > before.compacted ? compacted : nil)
                cache.begin(transaction.sets)
                return .commit
            }
        } catch {
            cache.end()
            let error = StoreFailure.namingError(error)
            return jobs.map { _ in .failure(error) }
        }
        cache.end()
        totals.withLock {
            $0 = Totals(revision: transaction.revision, count: transaction.count, compacted: compacted)
        }
        history.append(transaction.sets, upTo: transaction.revision)
        return results
    }

    /// - Throws: what concerns the whole transaction: the disk.
    private func run(
        _ job: GroupWriter.Job, _ transaction: inout StoreTransaction
    ) throws -> Result<Void, any Error> {
        let before = transaction
        do {
            try transaction.db.inSavepoint {
                try job.work(&transaction)
                return .commit
            }
            return .success(())
        } catch let error as DatabaseError {
            throw error
        } catch {
            transaction = before
            return .failure(error)
        }
    }
}
