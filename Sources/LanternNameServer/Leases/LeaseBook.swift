import Synchronization

/// Who says which leases have not ended: the name server itself, or a store that several name servers share.
protocol LeaseKeeping: Sendable {
    /// A lease was granted, or found at the start.
    func begin(_ lease: NameLease)

    /// A lease was taken out of the store.
    func end(_ epoch: Int64)

    /// A lease that has not ended and belongs to this owner.
    ///
    /// - Throws: ``NamingError/Code/leaseLost``, also for the lease of another: whose it is concerns nobody.
    func lease(_ epoch: Int64, of owner: String) async throws -> NameLease

    /// Lets a lease last its whole duration from now on, unless it has ended.
    func renew(_ epoch: Int64, of owner: String) async throws -> NameLease

    func isLive(_ epoch: Int64) -> Bool

    /// Milliseconds until each live lease ends.
    func remaining() -> [Int64: Int64]

    /// Those that have ended by themselves and whose instances are still in the store, oldest first.
    func expired() -> [NameLease]
}

/// A store that measures the time of leases itself.
protocol LeaseKeepingStore: NameStore {
    var leaseKeeping: any LeaseKeeping { get }
}

/// Until when each lease lasts. In memory only: after a restart each has its whole duration again.
final class LeaseBook: LeaseKeeping {
    private struct Page {
        let lease: NameLease
        var deadline: Int64
    }

    private let pages = Mutex<[Int64: Page]>([:])
    private let clock: NameClock

    init(clock: NameClock) { self.clock = clock }

    func begin(_ lease: NameLease) {
        let deadline = deadline(of: lease)
        pages.withLock { $0[lease.epoch] = Page(lease: lease, deadline: deadline) }
    }

    func end(_ epoch: Int64) { pages.withLock { $0[epoch] = nil } }

    /// A lease that has not ended and belongs to this owner.
    ///
    /// - Throws: ``NamingError/Code/leaseLost``, also for the lease of another: whose it is concerns nobody.
    func lease(_ epoch: Int64, of owner: String) throws -> NameLease {
        let now = clock.now()
        guard let page = pages.withLock({ $0[epoch] }), page.deadline > now,
            page.lease.owner.isExactly(owner)
        else { throw NamingError.leaseLost(epoch) }
        return page.lease
    }

    /// Lets a lease last its whole duration from now on, unless it has ended.
    func renew(_ epoch: Int64, of owner: String) throws -> NameLease {
        let lease = try lease(epoch, of: owner)
        let deadline = deadline(of: lease)
        pages.withLock { $0[epoch]?.deadline = deadline }
        return lease
    }

    func isLive(_ epoch: Int64) -> Bool {
        let now = clock.now()
        return pages.withLock { $0[epoch].map { $0.deadline > now } ?? false }
    }

    /// Milliseconds until each live lease ends.
    func remaining() -> [Int64: Int64] {
        let now = clock.now()
        return pages.withLock { pages in
            pages.mapValues { $0.deadline &- now }.filter { $0.value > 0 }
        }
    }

    /// Those that have ended by themselves, oldest first.
    func expired() -> [NameLease] {
        let now = clock.now()
        return pages.withLock { pages in
            pages.values.filter { $0.deadline <= now }.map(\.lease)
        }.sorted { $0.epoch < $1.epoch }
    }

    private func deadline(of lease: NameLease) -> Int64 {
        let (deadline, overflows) = clock.now().addingReportingOverflow(lease.duration)
        return overflows ? .max : deadline
    }
}
