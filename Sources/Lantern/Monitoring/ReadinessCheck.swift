import NIOCore
import Synchronization

/// A question about a part of the program, with a deadline. Whoever asks while an answer is awaited waits for that one:
/// a part that hangs costs one task, however often it is asked.
final class ReadinessCheck: Sendable {
    let part: String
    private let time: Duration
    private let work: @Sendable () async throws -> Void
    private let underWay = Mutex<EventLoopFuture<String?>?>(nil)

    init(part: String, within time: Duration, _ work: @escaping @Sendable () async throws -> Void) {
        self.part = part
        self.time = time
        self.work = work
    }

    /// - Returns: what is wrong; nil when all is well.
    func complaint(on eventLoop: any EventLoop) async -> String? {
        let answer = attempt(on: eventLoop)
        let promise = eventLoop.makePromise(of: String?.self)
        let late = "no answer within \(time)"
        let timer = eventLoop.scheduleTask(in: TimeAmount(time)) { promise.succeed(late) }
        answer.whenSuccess { promise.succeed($0) }
        defer { timer.cancel() }
        return (try? await promise.futureResult.get()) ?? nil
    }

    private func attempt(on eventLoop: any EventLoop) -> EventLoopFuture<String?> {
        let (attempt, isNew) = underWay.withLock {
            known -> (EventLoopPromise<String?>?, EventLoopFuture<String?>) in
            if let known { return (nil, known) }
            let promise = eventLoop.makePromise(of: String?.self)
            known = promise.futureResult
            return (promise, promise.futureResult)
        }
        guard let attempt else { return isNew }
        // Nobody waits for this but those who ask, and they have their deadlines.
        Task.detached(executorPreference: HandlerExecutor.shared) { [self] in
            var complaint: String?
            do { try await work() } catch { complaint = (error as? LanternError)?.detail ?? "\(error)" }
            underWay.withLock { $0 = nil }
            attempt.succeed(complaint)
        }
        return isNew
    }
}
