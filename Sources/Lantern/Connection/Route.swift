import LanternWire
import Synchronization

/// The instances that one proxy may use, and what it knows of them.
///
/// Addresses are tried in the order given, the matches of tags in any order, and those that failed lately last.
/// Names and tags are looked up again for each connection.
final class Route: Sendable {
    private struct State {
        var current: PyroURI?
        var failures: [PyroURI: ContinuousClock.Instant] = [:]
    }

    /// Instances that are tried for one connection.
    static let maximumTries = 16
    /// How long an instance that failed is the last choice.
    static let penance = Duration.seconds(30)
    /// The longest list of addresses, and the most failures that are remembered.
    static let maximumInstances = 256

    private let uris: [PyroURI]
    /// The only way there is, when it was given.
    private let socket: ConnectedSocket?
    private let state = Mutex(State())

    init(_ uris: [PyroURI]) {
        self.uris = uris
        socket = nil
    }

    /// One connection over a socket that is there already.
    init(_ socket: ConnectedSocket) {
        uris = []
        self.socket = socket
    }

    /// Whether there is one connection and never another.
    var isOnlyWay: Bool { socket != nil }

    /// The connection that was made last is of no more use.
    func lost(now: ContinuousClock.Instant = .now) {
        state.withLock { state in
            guard let current = state.current else { return }
            Self.note(current, &state.failures, now)
            state.current = nil
        }
    }

    /// Connects to the first instance that answers; all of it within the connect timeout.
    ///
    /// - Throws: what the only instance failed with; for several, all their reasons.
    func open(_ client: Client, _ uri: PyroURI, options: ProxyOptions) async throws -> ClientConnection {
        if let socket {
            return try await client.connect(
                to: Endpoint(.connected(socket), options: options), object: uri.object, options: options)
        }
        let end = ContinuousClock.now.advanced(by: options.connectTimeout)
        let found = try await instances(client)
        let candidates = state.withLock { state in
            Array(Self.order(found, failures: state.failures, now: .now).prefix(Self.maximumTries))
        }
        var failures: [(PyroURI, any Error)] = []
        for (index, uri) in candidates.enumerated() {
            let left = ContinuousClock.now.duration(to: end)
            guard left > .zero else { break }
            do {
                // What is left is shared out, so that one that says nothing leaves time for the others.
                let connection = try await client.connect(
                    uri, options: options, within: left / (candidates.count - index))
                succeeded(uri)
                return connection
            } catch let error as CancellationError {
                throw error
            } catch {
                state.withLock { Self.note(uri, &$0.failures, .now) }
                failures.append((uri, error))
            }
        }
        throw Self.error(failures)
    }

    /// All that the URIs stand for, each once; a name that is not there leaves the others.
    private func instances(_ client: Client) async throws -> [PyroURI] {
        var found: [PyroURI] = []
        var failure: (any Error)?
        for uri in uris {
            do {
                for match in try await client.resolveAll(uri) where !found.contains(match) {
                    found.append(match)
                }
            } catch let error as CancellationError {
                throw error
            } catch {
                failure = error
            }
        }
        if found.isEmpty, let failure { throw failure }
        return found
    }

    /// In the order given, those that failed within the last time behind the others, the longest ago first.
    static func order(
        _ uris: [PyroURI], failures: [PyroURI: ContinuousClock.Instant], now: ContinuousClock.Instant
    ) -> [PyroURI] {
        let isFresh = { (uri: PyroURI) in
            failures[uri].map { $0.duration(to: now) < penance } ?? false
        }
        let failed = uris.filter(isFresh).sorted { (failures[$0] ?? now) < (failures[$1] ?? now) }
        return uris.filter { !isFresh($0) } + failed
    }

    private func succeeded(_ uri: PyroURI) {
        state.withLock { state in
            state.current = uri
            state.failures[uri] = nil
        }
    }

    private static func note(
        _ uri: PyroURI, _ failures: inout [PyroURI: ContinuousClock.Instant], _ now: ContinuousClock.Instant
    ) {
        if failures[uri] == nil, failures.count >= maximumInstances,
            let oldest = failures.min(by: { $0.value < $1.value })
        {
            failures[oldest.key] = nil
        }
        failures[uri] = now
    }

    /// One error for several: with their code when they agree, as a failure to connect when not.
    static func error(_ failures: [(PyroURI, any Error)]) -> any Error {
        guard failures.count > 1 else {
            return failures.first?.1
                ?? LanternError(.timeout, "no instance answered within the connect timeout")
        }
        let codes = Set(failures.map { ($0.1 as? LanternError)?.code ?? .connectFailed })
        let reasons = failures.map { uri, error in
            let detail = (error as? LanternError)?.detail ?? "\(error)"
            return "\(uri): \(detail.prefix(200))"
        }
        return LanternError(
            codes.count == 1 ? codes.first ?? .connectFailed : .connectFailed,
            "none of \(failures.count) instances can be used: \(reasons.joined(separator: "; "))",
            cause: failures.last?.1)
    }
}
