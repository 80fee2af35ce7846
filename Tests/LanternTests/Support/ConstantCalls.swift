import Synchronization

/// Calls without a pause from several tasks, and keeps what fails.
final class ConstantCalls: Sendable {
    private struct State {
        var isOver = false
        var done = 0
        var failures: [String] = []
    }

    private let state = Mutex(State())
    private let call: @Sendable () async throws -> Void

    init(_ call: @escaping @Sendable () async throws -> Void) { self.call = call }

    var done: Int { state.withLock(\.done) }

    /// - Returns: what failed while `body` ran.
    func during(tasks: Int = 3, _ body: () async throws -> Void) async throws -> [String] {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<tasks {
                group.addTask {
                    while !self.state.withLock(\.isOver) {
                        do {
                            try await self.call()
                            self.state.withLock { $0.done += 1 }
                        } catch {
                            self.state.withLock {
                                if $0.failures.count < 20 { $0.failures.append("\(error)") }
                            }
                        }
                    }
                }
            }
            let result = await Result { try await body() }
            state.withLock { $0.isOver = true }
            try? await group.waitForAll()
            _ = try result.get()
        }
        return state.withLock(\.failures)
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
