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
        var connection: ConnectionID
        var lingersUntil: ContinuousClock.Instant?
        /// An item is being fetched; the stream is read by one call at a time.
        var isBusy = false
        /// What the producer threw behind items that were sent: told to the next call.
        var failure: (any Error)?
    }

    private struct State {
        var entries: [String: Entry] = [:]
        var perOwner: [PeerIdentity: Int] = [:]
    }

    private let settings: Settings
    private let state = Mutex(State())

    package init(_ settings: Settings) {
        self.settings = settings
    }

    package var count: Int { state.withLock { $0.entries.count } }

    /// Keeps a stream for its opener.
    ///
    /// - Throws: ``LanternError/Code/overloaded`` when there are too many.
    package func open(
        _ source: any ItemSource, id: String, owner: PeerIdentity, connection: ConnectionID,
        now: ContinuousClock.Instant
    ) throws {
        let accepted = state.withLock { state in
            guard state.entries.count < settings.maximum,
                state.perOwner[owner, default: 0] < settings.maximumPerIdentity
            else { return false }
            state.entries[id] = Entry(source: source, owner: owner, opened: now, connection: connection)
            state.perOwner[owner, default: 0] += 1
            return true
        }
        if !accepted {
            source.close()
            throw LanternError(.overloaded, "too many open item streams; close some first")
        }
    }

    /// The next item, written in the serializer asked for.
    ///
    /// - Throws: `builtins.StopIteration` at the end, ``terminated`` for a stream that this caller does not have.
    package func next(
        _ id: String, as format: SerializerFormat, reader: PeerIdentity, connection: ConnectionID,
        now: ContinuousClock.Instant
    ) async throws -> [UInt8] {
        let source = try startReading(id, reader: reader, connection: connection, now: now)
        do {
            if let item = try await source.next(as: format) {
                state.withLock { $0.entries[id]?.isBusy = false }
                return item
            }
        } catch {
            close(id, reader: reader)
            throw error
        }
        close(id, reader: reader)
        throw RemoteError(type: "builtins.StopIteration", arguments: [])
    }

    /// What ``next(upTo:of:as:reader:connection:now:)`` found.
    package struct Items: Sendable {
        package var items: [[UInt8]] = []
        /// The stream ended behind them.
        package var isOver = false
    }

    /// The next item, and those behind it that are at hand: no producer that could keep us waiting is asked for
    /// more than one. Stops at `maximum` items, 256 KiB or 2 ms.
    ///
    /// - Throws: as ``next(_:as:reader:connection:now:)``; an error behind the first item is kept for the next call.
    package func next(
        upTo maximum: Int, of id: String, as format: SerializerFormat, reader: PeerIdentity,
        connection: ConnectionID, now: ContinuousClock.Instant
    ) async throws -> Items {
        let source = try startReading(id, reader: reader, connection: connection, now: now)
        let end = ContinuousClock.now.advanced(by: .milliseconds(2))
        var found = Items()
        var size = 0
        do {
            repeat {
                guard let item = try await source.next(as: format) else {
                    close(id, reader: reader)
                    if found.items.isEmpty {
                        throw RemoteError(type: "builtins.StopIteration", arguments: [])
                    }
                    found.isOver = true
                    return found
                }
                size += item.count
                found.items.append(item)
            } while source.isAtHand && found.items.count < maximum && size < 256 << 10
                && ContinuousClock.now < end && CallContext.current?.notes.response == nil
            state.withLock { $0.entries[id]?.isBusy = false }
        } catch {
            guard !found.items.isEmpty else {
                close(id, reader: reader)
                throw error
            }
            state.withLock { state in
                state.entries[id]?.isBusy = false
                state.entries[id]?.failure = error
            }
        }
        return found
    }

    private func startReading(
        _ id: String, reader: PeerIdentity, connection: ConnectionID, now: ContinuousClock.Instant
    ) throws -> any ItemSource {
        let (source, failure) = try state.withLock { state -> (any ItemSource, (any Error)?) in
            guard var entry = state.entries[id], entry.owner == reader, !isOver(entry, now: now) else {
                throw Self.terminated
            }
            guard !entry.isBusy else {
                throw RemoteError(
                    type: "builtins.RuntimeError", message: "another call is reading this item stream")
            }
            entry.isBusy = true
            entry.connection = connection
            entry.lingersUntil = nil
            state.entries[id] = entry
            return (entry.source, entry.failure)
        }
        if let failure {
            close(id, reader: reader)
            throw failure
        }
        return source
    }

    /// Ends a stream; one that is not there, or another's, is passed over in silence.
    package func close(_ id: String, reader: PeerIdentity) {
        let source = state.withLock { state -> (any ItemSource)? in
            guard state.entries[id]?.owner == reader else { return nil }
            return Self.remove(id, from: &state)?.source
        }
        source?.close()
    }

    /// The connection ended: its streams wait for their reader, or end at once when the linger time is zero.
    package func connectionEnded(_ connection: ConnectionID, now: ContinuousClock.Instant) {
        let closed = state.withLock { state in
            var closed: [any ItemSource] = []
            for (id, entry) in state.entries where entry.connection == connection {
                if settings.linger > .zero {
                    state.entries[id]?.lingersUntil = now.advanced(by: settings.linger)
                } else if let entry = Self.remove(id, from: &state) {
                    closed.append(entry.source)
                }
            }
            return closed
        }
        for source in closed { source.close() }
    }

    /// Ends the streams whose time is over.
    package func houseKeeping(now: ContinuousClock.Instant) {
        let closed = state.withLock { state in
            state.entries.filter { isOver($0.value, now: now) }.keys.compactMap {
                Self.remove($0, from: &state)?.source
            }
        }
        for source in closed { source.close() }
    }

    package func closeAll() {
        let sources = state.withLock { state in
            defer { state = State() }
            return state.entries.values.map(\.source)
        }
        for source in sources { source.close() }
    }

    private func isOver(_ entry: Entry, now: ContinuousClock.Instant) -> Bool {
        if let lingersUntil = entry.lingersUntil, lingersUntil <= now { return true }
        guard let lifetime = settings.lifetime else { return false }
        return entry.opened.advanced(by: lifetime) <= now
    }

    private static func remove(_ id: String, from state: inout State) -> Entry? {
        guard let entry = state.entries.removeValue(forKey: id) else { return nil }
        let left = state.perOwner[entry.owner, default: 1] - 1
        state.perOwner[entry.owner] = left > 0 ? left : nil
        return entry
    }

    private static let terminated = RemoteError(
        type: "Pyro5.errors.PyroError", message: "item stream terminated")
}
