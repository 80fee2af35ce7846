import Glibc
import Synchronization

/// The thread that writes, and one that watches it.
///
/// `@unchecked Sendable`: `writer` and the times are touched by the one thread only, after `start`.
final class AuditWorker: @unchecked Sendable {
    /// How far the checkpoint may be behind what was answered.
    static let publishInterval: UInt64 = 200_000_000
    private static let requestInterval: UInt64 = 1_000_000_000
    private static let retryInterval: UInt64 = 250_000_000

    private let queue: AuditQueue
    private let face: AuditFace
    private let keyFile: String?
    private var writer: AuditWriter
    private var lastPublished: UInt64 = 0
    private var lastLooked: UInt64 = 0

    init(queue: AuditQueue, writer: AuditWriter, face: AuditFace, keyFile: String?) {
        self.queue = queue
        self.writer = writer
        self.face = face
        self.keyFile = keyFile
        face.show(writer)
    }

    func start() throws(AuditError) {
        let queue = self.queue
        try Self.thread { queue.watchUntilEnded() }
        do throws(AuditError) {
            try Self.thread { self.run() }
        } catch {
            queue.end()
            throw error
        }
    }

    private final class Work: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    private static func thread(_ body: @escaping @Sendable () -> Void) throws(AuditError) {
        let box = Unmanaged.passRetained(Work(body))
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { box in
                if let box { Unmanaged<Work>.fromOpaque(box).takeRetainedValue().body() }
                return nil
            }, box.toOpaque())
        guard status == 0 else {
            box.release()
            throw AuditError(.storage, "cannot start a thread: \(String(cString: strerror(status)))")
        }
        pthread_detach(thread)
    }

    private func run() {
        loop: while true {
            switch queue.take(until: nextWake) {
            case .write(let entries):
                do throws(AuditError) {
                    try writer.commit(entries)
                    queue.finish(nil)
                } catch {
                    queue.finish(error)
                }
            case .idle: break
            case .end: break loop
            }
            lookAfter(AuditQueue.now())
        }
        writer.close()
        face.show(writer)
        queue.end()
    }

    private var nextWake: UInt64 {
        if writer.isBroken { return AuditQueue.now() &+ Self.retryInterval }
        let looking = lastLooked &+ Self.requestInterval
        return writer.isPublished ? looking : min(looking, lastPublished &+ Self.publishInterval)
    }

    /// What is due between two commits.
    private func lookAfter(_ now: UInt64) {
        do throws(AuditError) {
            if writer.isBroken {
                try writer.mend()
                queue.note(nil)
            }
            if !writer.isPublished, now &- lastPublished >= Self.publishInterval {
                lastPublished = now
                try writer.publish()
            }
        } catch {
            queue.note(error)
        }
        face.show(writer)
        guard now &- lastLooked >= Self.requestInterval else { return }
        lastLooked = now
        AuditRequest.answer(in: &writer, keyFile: keyFile)
        face.show(writer)
    }
}

/// What the log shows of itself to other threads.
final class AuditFace: Sendable {
    private struct State {
        var note: [UInt8] = []
        var verifier = ""
        var origin = ""
    }
    private let state = Mutex(State())

    func show(_ writer: AuditWriter) {
        state.withLock { state in
            if state.note != writer.note { state.note = writer.note }
            if state.verifier.isEmpty || state.origin != writer.key.verifier.hashText {
                state.verifier = writer.key.verifier.text
                state.origin = writer.key.verifier.hashText
            }
        }
    }

    /// The newest signed checkpoint that has its tiles.
    var checkpoint: [UInt8] { state.withLock { $0.note } }
    var verifierKey: String { state.withLock { $0.verifier } }
}
