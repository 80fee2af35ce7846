package import LanternTrust
package import LanternValue
import Synchronization

/// The streams that peers pull items from, as Pyro's `Pyro.Daemon` object serves them.
///
/// A stream belongs to the identity that opened it: to anyone else it does not exist. It may be read on after a
/// reconnection, for the linger time; the lifetime counts from its opening.
package final class ItemStreams: Sendable {
    package struct Settings: Sendable, Hashable {
        /// How long a stream lives at most; nil is for ever.
        package var lifetime: Duration?
        /// How long a stream waits for its reader to come back after the connection ended.
        package var linger: Duration
        /// Open streams in the whole daemon.
        package var maximum: Int
        /// Open streams of one identity.
        package var maximumPerIdentity: Int
    }

    private struct Entry {
        let source: any ItemSource
        let owner: PeerIdentity
        let opened: ContinuousClock.Instant
        let place: StreamPlace
        var connection: ConnectionID
        var lingersUntil: ContinuousClock.Instant?
        /// The call that waits for an item; the stream is read by one at a time.
        var reading: UInt64?
        /// The item that is being made, and stays when the call that asked for it is given up.
        var fetch: ItemFetch?

        func close() {
            fetch?.cancel()
            source.close()
        }
    }

    private struct State {
        var entries: [String: Entry] = [:]
        var lastReading: UInt64 = 0
    }

    /// Shared with the streams that are pushed.
    package let places: StreamPlaces
    private let settings: Settings
    private let state = Mutex(State())

    package init(_ settings: Settings) {
        self.settings = settings
        places = StreamPlaces(
            maximum: settings.maximum, maximumPerIdentity: settings.maximumPerIdentity)
    }

    package var count: Int { state.withLock { $0.entries.count } }

    /// Keeps a stream for its opener.
    ///
    /// - Throws: ``LanternError/Code/overloaded`` when there are too many.
    package func open(
        _ source: any ItemSource, id: String, owner: PeerIdentity, connection: ConnectionID,
        now: ContinuousClock.Instant
    ) throws {
        do {
            let entry = Entry(
                source: source, owner: owner, opened: now, place: try places.take(for: owner),
                connection: connection)
            state.withLock { $0.entries[id] = entry }
        } catch {
            source.close()
            throw error
        }
    }

    /// The next item, written in the serializer asked for.
    ///
    /// - Throws: `builtins.StopIteration` at the end, ``terminated`` for a stream that this caller does not have,
    ///   `CancellationError` when the call is cancelled: the stream stays then, and so does the item.
    package func next(
        _ id: String, as format: SerializerFormat, reader: PeerIdentity, connection: ConnectionID,
        now: ContinuousClock.Instant
    ) async throws -> [UInt8] {
        let (reading, fetch) = try startReading(
            id, as: format, reader: reader, connection: connection, now: now)
        do {
            if let item = try await fetch.item(as: format, reading: reading) {
                stopReading(id, reading, isDone: true)
                return item
            }
        } catch is ItemFetch.Abandoned {
            stopReading(id, reading, isDone: false)
            throw CancellationError()
        } catch {
            close(id, reader: reader)
            throw error
        }
        close(id, reader: reader)
        throw RemoteError(type: "builtins.StopIteration", arguments: [])
    }

    private func startReading(
        _ id: String, as format: SerializerFormat, reader: PeerIdentity, connection: ConnectionID,
        now: ContinuousClock.Instant
    ) throws -> (reading: UInt64, fetch: ItemFetch) {
        let (reading, fetch, unasked) = try state.withLock {
            state -> (UInt64, ItemFetch, (any ItemSource)?) in
            guard var entry = state.entries[id], entry.owner == reader, !isOver(entry, now: now) else {
                throw Self.terminated
            }
            // A call whose connection has ended reads no more, whether it knows or not.
            guard entry.reading == nil || entry.lingersUntil != nil else {
                throw RemoteError(
                    type: "builtins.RuntimeError", message: "another call is reading this item stream")
            }
            state.lastReading &+= 1
            let known = entry.fetch
            let fetch = known ?? ItemFetch(format: format)
            entry.reading = state.lastReading
            entry.fetch = fetch
            entry.connection = connection
            entry.lingersUntil = nil
            state.entries[id] = entry
            return (state.lastReading, fetch, known == nil ? entry.source : nil)
        }
        if let unasked { fetch.start(unasked) }
        return (reading, fetch)
    }

    private func stopReading(_ id: String, _ reading: UInt64, isDone: Bool) {
        state.withLock { state in
            // Another call may have taken over meanwhile.
            guard state.entries[id]?.reading == reading else { return }
            state.entries[id]?.reading = nil
            if isDone { state.entries[id]?.fetch = nil }
        }
    }

    /// Ends a stream; one that is not there, or another's, is passed over in silence.
    package func close(_ id: String, reader: PeerIdentity) {
        let entry = state.withLock { state -> Entry? in
            guard state.entries[id]?.owner == reader else { return nil }
            return state.entries.removeValue(forKey: id)
        }
        entry?.close()
    }

    /// The connection ended: its streams wait for their reader, or end at once when the linger time is zero.
    package func connectionEnded(_ connection: ConnectionID, now: ContinuousClock.Instant) {
        let closed = state.withLock { state in
            var closed: [Entry] = []
            for (id, entry) in state.entries where entry.connection == connection {
                if settings.linger > .zero {
                    state.entries[id]?.lingersUntil = now.advanced(by: settings.linger)
                } else if let entry = state.entries.removeValue(forKey: id) {
                    closed.append(entry)
                }
            }
            return closed
        }
        for entry in closed { entry.close() }
    }

    /// Whether a connection opened streams that are still there.
    package func hasStreams(of connection: ConnectionID) -> Bool {
        state.withLock { $0.entries.contains { $0.value.connection == connection } }
    }

    /// Ends the streams of a connection at once, whatever the linger time is.
    package func close(of connection: ConnectionID) {
        let closed = state.withLock { state in
            state.entries.filter { $0.value.connection == connection }.keys.compactMap {
                state.entries.removeValue(forKey: $0)
            }
        }
        for entry in closed { entry.close() }
    }

    /// Ends the streams whose time is over.
    package func houseKeeping(now: ContinuousClock.Instant) {
        let closed = state.withLock { state in
            state.entries.filter { isOver($0.value, now: now) }.keys.compactMap {
                state.entries.removeValue(forKey: $0)
            }
        }
        for entry in closed { entry.close() }
    }

    package func closeAll() {
        let entries = state.withLock { state in
            defer { state.entries = [:] }
            return Array(state.entries.values)
        }
        for entry in entries { entry.close() }
    }

    private func isOver(_ entry: Entry, now: ContinuousClock.Instant) -> Bool {
        if let lingersUntil = entry.lingersUntil, lingersUntil <= now { return true }
        guard let lifetime = settings.lifetime else { return false }
        return entry.opened.advanced(by: lifetime) <= now
    }

    private static let terminated = RemoteError(
        type: "Pyro5.errors.PyroError", message: "item stream terminated")
}
