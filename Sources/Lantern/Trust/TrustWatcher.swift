import Glibc
import Synchronization

/// The thread that follows the files of all daemons and clients of the process.
///
/// It looks when the system says that a directory changed, and regularly besides. A file system that hangs stops it;
/// calls go on, and what time ends is found late then.
final class TrustWatcher: Sendable {
    static let shared = TrustWatcher()

    private struct Entry {
        weak var trust: LiveTrust?
        var due: ContinuousClock.Instant
    }

    private struct State {
        var entries: [Entry] = []
        var isRunning = false
    }

    private let state = Mutex(State())
    /// A pipe that is written to when there is something new; without one the regular look finds it.
    private let bell: (reads: Int32, writes: Int32)

    private init() {
        var ends: [Int32] = [-1, -1]
        if pipe(&ends) != 0 { ends = [-1, -1] }
        for end in ends where end >= 0 {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        bell = (ends[0], ends[1])
    }

    /// Follows the trust until nobody else holds it.
    func add(_ trust: LiveTrust) {
        let starts = state.withLock { state in
            state.entries.append(Entry(trust: trust, due: .now))
            defer { state.isRunning = true }
            return !state.isRunning
        }
        if starts { start() }
        ring()
    }

    private func ring() {
        var one: UInt8 = 1
        // A full pipe rings too.
        _ = write(bell.writes, &one, 1)
    }

    private func start() {
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { _ in
                TrustWatcher.shared.run()
                return nil
            }, nil)
        guard status == 0 else { return state.withLock { $0.isRunning = false } }
        pthread_detach(thread)
    }

    private func run() {
        let watch = DirectoryWatch()
        var hasNews = true
        while true {
            let wait = round(watch, hasNews: hasNews)
            hasNews = sleep(watch, for: wait)
        }
    }

    /// One look at everything that is due.
    ///
    /// - Returns: how long nothing else is; nil for ever.
    private func round(_ watch: DirectoryWatch, hasNews: Bool) -> Duration? {
        let trusts = state.withLock { state in
            state.entries.removeAll { $0.trust == nil }
            return state.entries.map { ($0.trust, $0.due) }
        }
        watch.watch(Set(trusts.flatMap { $0.0?.directories ?? [] }))
        var next: ContinuousClock.Instant?
        for (trust, due) in trusts {
            guard let trust else { continue }
            var due = due
            if hasNews || due <= .now {
                due = .now.advanced(by: max(trust.look(hasNews: hasNews), .milliseconds(1)))
                set(due, for: trust)
            }
            next = next.map { min($0, due) } ?? due
        }
        return next.map { ContinuousClock.now.duration(to: $0) }
    }

    private func set(_ due: ContinuousClock.Instant, for trust: LiveTrust) {
        state.withLock { state in
            if let index = state.entries.firstIndex(where: { $0.trust === trust }) {
                state.entries[index].due = due
            }
        }
    }

    /// - Returns: whether something changed in a directory, or the bell rang.
    private func sleep(_ watch: DirectoryWatch, for wait: Duration?) -> Bool {
        var sources = [
            pollfd(fd: bell.reads, events: Int16(POLLIN), revents: 0),
            pollfd(fd: watch.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        let longest = Duration.seconds(3_600)
        // Without a bell nobody wakes a wait for ever.
        let wait = wait ?? (bell.reads >= 0 ? nil : .seconds(1))
        let milliseconds = wait.map { Int32(max(1, min($0, longest) / .milliseconds(1))) } ?? -1
        guard poll(&sources, nfds_t(sources.count), milliseconds) > 0 else { return false }
        if sources[0].revents != 0 {
            var rung = [UInt8](repeating: 0, count: 64)
            while read(bell.reads, &rung, rung.count) > 0 {}
        }
        if sources[1].revents != 0 { watch.drain() }
        return true
    }
}
