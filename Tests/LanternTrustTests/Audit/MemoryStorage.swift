import Glibc
import Synchronization

@testable import LanternTrust

/// Files in memory that can refuse, wait, and be damaged.
final class MemoryStorage: AuditStorage {
    private struct State {
        var files: [String: [UInt8]] = [:]
        /// How many writes still work; `nil` for all.
        var writesLeft: Int?
        /// What the refused ones say.
        var reason = "the disk is full, says the test"
        var journal: [UInt8] = []
        var journalWrites = 0
        var isHeld = false
        var isWaiting = false
    }
    private let state = Mutex(State())

    var files: [String: [UInt8]] {
        get { state.withLock { $0.files } }
        set { state.withLock { $0.files = newValue } }
    }
    var journal: [UInt8] {
        get { state.withLock { $0.journal } }
        set { state.withLock { $0.journal = newValue } }
    }
    var journalWrites: Int { state.withLock { $0.journalWrites } }
    /// Whether a writer waits because of ``hold()``.
    var isWaiting: Bool { state.withLock { $0.isWaiting } }

    func allowWrites(_ count: Int?) { state.withLock { $0.writesLeft = count } }
    func refuse(_ reason: String) {
        state.withLock {
            $0.writesLeft = 0
            $0.reason = reason
        }
    }
    func hold() { state.withLock { $0.isHeld = true } }
    func letGo() { state.withLock { $0.isHeld = false } }

    func read(_ path: String) throws(AuditError) -> [UInt8]? { state.withLock { $0.files[path] } }

    func write(_ files: [AuditFile]) throws(AuditError) {
        for file in files { try replace(file) }
    }

    func replace(_ file: AuditFile) throws(AuditError) {
        waitWhileHeld()
        try takeWrite()
        state.withLock { $0.files[file.path] = file.bytes }
    }

    func synchronise() throws(AuditError) {
        waitWhileHeld()
        try takeWrite()
    }

    func readJournal() throws(AuditError) -> [UInt8] { journal }

    func writeJournal(_ bytes: [UInt8], at offset: Int) throws(AuditError) {
        waitWhileHeld()
        try takeWrite()
        state.withLock { state in
            let missing = offset + bytes.count - state.journal.count
            if missing > 0 { state.journal += [UInt8](repeating: 0, count: missing) }
            state.journal.replaceSubrange(offset..<(offset + bytes.count), with: bytes)
            state.journalWrites += 1
        }
    }

    private func waitWhileHeld() {
        while state.withLock({ state in
            state.isWaiting = state.isHeld
            return state.isHeld
        }) { sched_yield() }
    }

    private func takeWrite() throws(AuditError) {
        let refusal: String? = state.withLock { state in
            guard let left = state.writesLeft else { return nil }
            guard left > 0 else { return state.reason }
            state.writesLeft = left - 1
            return nil
        }
        if let refusal { throw AuditError(.storage, refusal) }
    }

    func list(_ path: String) throws(AuditError) -> [String] {
        let below = path + "/"
        let names = files.keys.filter { $0.hasPrefix(below) }.map {
            $0.dropFirst(below.count).prefix { $0 != "/" }
        }
        return Array(Set(names.map(String.init)))
    }

    func remove(_ path: String) { state.withLock { $0.files[path] = nil } }
    func removeDirectory(_ path: String) {}
    func close() {}
}
