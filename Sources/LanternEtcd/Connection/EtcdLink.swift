import LanternTLS
import NIOCore

/// The connection in use: one at a time, at the next endpoint when one fails.
actor EtcdLink {
    private let settings: EtcdSettings
    private let tls: TLSContext
    private let group: any EventLoopGroup
    private var current: EtcdConnection?
    private var opening: Task<EtcdConnection, any Error>?
    private var next: Int
    private var isClosed = false

    init(settings: EtcdSettings, tls: TLSContext, group: any EventLoopGroup) {
        self.settings = settings
        self.tls = tls
        self.group = group
        next = Int.random(in: 0..<settings.endpoints.count)
    }

    /// The open connection, or a new one; those who ask together share one attempt at one endpoint.
    ///
    /// - Throws: ``EtcdError/Code/unreachable``; the next call tries the next endpoint.
    func connection() async throws -> EtcdConnection {
        guard !isClosed else { throw EtcdError(.closed, "the client of etcd is closed") }
        if let current, current.isOpen { return current }
        if let opening { return try await opening.value }
        let endpoint = settings.endpoints[next % settings.endpoints.count]
        let task = Task { [settings, tls, group] in
            try await Deadline.run(settings.attempt) {
                try await EtcdConnection.open(endpoint, tls: tls, settings: settings, group: group)
            }
        }
        opening = task
        defer { opening = nil }
        do {
            let connection = try await task.value
            guard !isClosed else {
                connection.close()
                throw EtcdError(.closed, "the client of etcd is closed")
            }
            current = connection
            return connection
        } catch {
            next = (next + 1) % settings.endpoints.count
            throw error
        }
    }

    /// Goes on with the next endpoint, unless somebody did so already.
    func abandon(_ connection: EtcdConnection) {
        connection.close()
        guard let current, current === connection else { return }
        self.current = nil
        next = (next + 1) % settings.endpoints.count
    }

    func close() {
        isClosed = true
        current?.close()
        current = nil
        opening?.cancel()
    }
}

/// Work that has to be done in time.
enum Deadline {
    /// - Throws: ``EtcdError/Code/deadlineExceeded``.
    static func run<T: Sendable>(
        _ time: Duration, _ work: @escaping @Sendable () async throws -> T
    ) async throws -> T {
        try await withThrowingTaskGroup(of: T.self) { group in
            group.addTask { try await work() }
            group.addTask {
                try await Task.sleep(for: time)
                throw EtcdError(.deadlineExceeded, "no answer within \(time)")
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { throw CancellationError() }
            return first
        }
    }
}
