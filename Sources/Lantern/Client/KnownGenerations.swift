import LanternWire
import Synchronization

/// Which generation to begin with at each place, for proxies that are told to find out.
///
/// Only places of Pyro4 are kept, at most ``capacity``; the rest begin as Pyro5. A place that turned into the other
/// generation costs one more connection, once.
final class KnownGenerations: Sendable {
    static let capacity = 1_024

    private let pyro4 = Mutex<Set<PyroURI.Location>>([])

    /// Connects as the options say, or else tries both generations, all within the options' connect timeout.
    ///
    /// - Throws: what `connect` throws; a second refusal to speak is final.
    func open(
        at location: PyroURI.Location?, options: ProxyOptions,
        _ connect: (ProxyOptions) async throws -> ClientConnection
    ) async throws -> ClientConnection {
        guard options.generation == nil, let location else { return try await connect(options) }
        let end = ContinuousClock.now.advanced(by: options.connectTimeout)
        var tried = options
        tried.generation = first(at: location)
        do {
            return note(try await connect(tried), at: location)
        } catch let error as LanternError {
            guard let other = error.cause as? ClientHandshake.OtherGeneration else { throw error }
            tried.generation = other.generation
            tried.connectTimeout = ContinuousClock.now.duration(to: end)
            guard tried.connectTimeout > .zero else { throw error }
            return note(try await connect(tried), at: location)
        }
    }

    func first(at location: PyroURI.Location) -> PyroGeneration {
        pyro4.withLock { $0.contains(location) } ? .pyro4 : .pyro5
    }

    /// A Lantern daemon speaks both, and Pyro5's has room for more: the next connection begins with that.
    private func note(_ connection: ClientConnection, at location: PyroURI.Location) -> ClientConnection {
        let isPyro4 = connection.handshake.version == .v48 && !connection.handshake.kind.isLantern
        note(isPyro4: isPyro4, at: location)
        return connection
    }

    func note(isPyro4: Bool, at location: PyroURI.Location) {
        pyro4.withLock { places in
            guard isPyro4 else { return _ = places.remove(location) }
            if places.count >= Self.capacity { places.removeAll() }
            places.insert(location)
        }
    }
}
