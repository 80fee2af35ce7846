internal import Glibc
internal import Synchronization

/// When each handshake key was last used, for the operator who wants to know whether an old one can go.
///
/// Handshakes only write down a number; a thread of its own puts them into a file, some seconds later and together.
/// Several processes of one home share the file: each adds what it saw to what stands there.
package final class KeyUse: Sendable {
    /// Who used it.
    package enum User: String, Sendable, Hashable, CaseIterable {
        /// A peer that connected to us.
        case client
        /// A peer that we connected to.
        case server
        /// We ourselves.
        case own
    }

    package struct Entry: Sendable, Hashable {
        package let keyID: String
        package let user: User

        package init(keyID: String, user: User) {
            self.keyID = keyID
            self.user = user
        }
    }

    private struct State {
        /// Seconds since 1970.
        var seen: [Entry: Int64] = [:]
        /// What the file has of it, as far as we know.
        var written: [Entry: Int64] = [:]
        var isScheduled = false
        var isClosed = false
    }

    /// More keys than a keyring can hold, each with every user; what is seen beyond that is not written down.
    static let maximumEntries = Keyring.maximumKeys * 3
    /// A use that is no later than this after the one in the file is not worth writing.
    static let grain: Int64 = 60

    private let path: String
    private let delay: Duration
    private let state = Mutex(State())
    private let whenFailed: @Sendable (TrustError) -> Void

    /// - Parameters:
    ///   - path: the file; its directory is made when it is missing.
    ///   - delay: how long uses are collected before they are written.
    ///   - whenFailed: told once about each write that did not work; the uses stay and are written with the next ones.
    package init(
        path: String, delay: Duration = .seconds(5),
        whenFailed: @escaping @Sendable (TrustError) -> Void = { _ in }
    ) {
        self.path = path
        self.delay = delay
        self.whenFailed = whenFailed
    }

    /// Writes down a use. Takes a short lock and no system call, but once in a while starts the thread that writes.
    ///
    /// - Parameter milliseconds: since 1970.
    package func record(_ keyID: String, by user: User, at milliseconds: Int64) {
        let seconds = milliseconds / 1000
        let entry = Entry(keyID: keyID, user: user)
        let isFirst = state.withLock { state -> Bool in
            guard state.seen[entry] != nil || state.seen.count < Self.maximumEntries else { return false }
            state.seen[entry] = max(state.seen[entry] ?? 0, seconds)
            let isWorthIt = seconds - (state.written[entry] ?? .min / 2) > Self.grain
            guard isWorthIt, !state.isScheduled, !state.isClosed else { return false }
            state.isScheduled = true
            return true
        }
        if isFirst { writeLater() }
    }

    /// Writes what was seen since the last time; blocks for as long as that takes.
    ///
    /// - Throws: ``TrustError`` when the file or its directory is not as it must be.
    package func flush() throws(TrustError) {
        let seen = state.withLock { $0.seen }
        guard !seen.isEmpty, state.withLock({ $0.written != seen }) else { return }
        do throws(TrustError) {
            try KeyUseFile(path: path).add(seen)
            state.withLock { $0.written = seen }
        } catch {
            state.withLock { state in
                // Tried again with the next use, but not with each.
                state.written = seen
            }
            throw error
        }
    }

    /// Writes what is left and starts no thread any more. Blocks.
    package func close() {
        state.withLock { $0.isClosed = true }
        do throws(TrustError) { try flush() } catch { whenFailed(error) }
    }

    private func writeLater() {
        let box = Unmanaged.passRetained(self)
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { box in
                if let box { Unmanaged<KeyUse>.fromOpaque(box).takeRetainedValue().waitAndWrite() }
                return nil
            }, box.toOpaque())
        guard status == 0 else {
            box.release()
            state.withLock { $0.isScheduled = false }
            return
        }
        pthread_detach(thread)
    }

    private func waitAndWrite() {
        let (seconds, attoseconds) = delay.components
        var time = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
        var rest = timespec()
        while nanosleep(&time, &rest) != 0, errno == EINTR { time = rest }
        state.withLock { $0.isScheduled = false }
        do throws(TrustError) { try flush() } catch { whenFailed(error) }
    }
}
