import Synchronization

@testable import LanternTrust

/// Files in memory that can refuse, wait, and be damaged.
final class MemoryStorage: AuditStorage {
    private struct State {
        var files: [String: [UInt8]] = [:]
        var writesOf: [String: Int] = [:]
        /// How many writes still work; `nil` for all.
        var writesLeft: Int?
        var failsReading = false
        var isHeld = false
        var isWaiting = false
    }
    private let state = Mutex(State())

    var files: [String: [UInt8]] {
        get { state.withLock { $0.files } }
        set { state.withLock { $0.files = newValue } }
    }
    var checkpointWrites: Int { state.withLock { $0.writesOf["checkpoint", default: 0] } }
    /// Whether a writer waits because of ``hold()``.
    var isWaiting: Bool { state.withLock { $0.isWaiting } }

    func allowWrites(_ count: Int?) { state.withLock { $0.writesLeft = count } }
    func hold() { state.withLock { $0.isHeld = true } }
    func letGo() { state.withLock { $0.isHeld = false } }

    func read(_ path: String) throws(AuditError) -> [UInt8]? { state.withLock { $0.files[path] } }

    func write(_ files: [AuditFile]) throws(AuditError) {
        while state.withLock({ state in
            state.isWaiting = state.isHeld
            return state.isHeld
        }) {}
        for file in files {
            let isRefused = state.withLock { state in
                if let left = state.writesLeft {
                    guard left > 0 else { return true }
                    state.writesLeft = left - 1
                }
                state.files[file.path] = file.bytes
                state.writesOf[file.path, default: 0] += 1
                return false
            }
            if isRefused { throw AuditError(.storage, "the disk is full, says the test") }
        }
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
