import NIOCore
import Synchronization

/// One attempt to connect, and all who wait for it: each leaves when its own deadline passes or its task is
/// cancelled, and the attempt goes on for the others.
final class ConnectionAttempt: Sendable {
    private typealias Waiter = CheckedContinuation<ClientConnection, any Error>

    private struct State {
        var result: Result<ClientConnection, any Error>?
        var waiting: [UInt64: Waiter] = [:]
        /// Left before they began to wait.
        var gone: [UInt64: any Error] = [:]
        var last: UInt64 = 0
    }

    /// Where the connection will live, and where those who wait have their alarms.
    let eventLoop: any EventLoop
    private let description: String
    private let state: Mutex<State>

    init(description: String, eventLoop: any EventLoop) {
        self.description = description
        self.eventLoop = eventLoop
        state = Mutex(State())
    }

    init(finished connection: ClientConnection) {
        description = connection.address
        eventLoop = connection.executor.eventLoop
        state = Mutex(State(result: .success(connection)))
    }

    /// - Throws: what the attempt failed with, ``LanternError/Code/timeout``, `CancellationError`.
    func connection(before deadline: ContinuousClock.Instant) async throws -> ClientConnection {
        if let result = state.withLock(\.result) { return try result.get() }
        let id = state.withLock { state in
            state.last += 1
            return state.last
        }
        let wait = TimeAmount(ContinuousClock.now.duration(to: deadline))
        let alarm = eventLoop.scheduleTask(in: wait) { [self] in
            leave(
                id,
                error: LanternError(.timeout, "no connection for \(description) within the time of the call"))
        }
        defer { alarm.cancel() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { enter(id, $0) }
        } onCancel: {
            leave(id, error: CancellationError())
        }
    }

    func finish(_ result: Result<ClientConnection, any Error>) {
        let waiting = state.withLock { state in
            state.result = result
            defer { state.waiting = [:] }
            return state.waiting.values
        }
        for waiter in waiting { waiter.resume(with: result) }
    }

    private func enter(_ id: UInt64, _ waiter: Waiter) {
        let now = state.withLock { state -> Result<ClientConnection, any Error>? in
            if let error = state.gone.removeValue(forKey: id) { return .failure(error) }
            if state.result == nil { state.waiting[id] = waiter }
            return state.result
        }
        if let now { waiter.resume(with: now) }
    }

    private func leave(_ id: UInt64, error: any Error) {
        let waiter = state.withLock { state -> Waiter? in
            if let waiter = state.waiting.removeValue(forKey: id) { return waiter }
            state.gone[id] = error
            return nil
        }
        waiter?.resume(throwing: error)
    }
}
