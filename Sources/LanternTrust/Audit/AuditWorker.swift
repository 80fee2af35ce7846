import Glibc

/// The thread that writes.
///
/// `@unchecked Sendable`: `writer` is touched by that one thread only, after `start`.
final class AuditWorker: @unchecked Sendable {
    private let queue: AuditQueue
    private var writer: AuditWriter

    init(queue: AuditQueue, writer: AuditWriter) {
        self.queue = queue
        self.writer = writer
    }

    func start() throws(AuditError) {
        let box = Unmanaged.passRetained(self)
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { box in
                if let box { Unmanaged<AuditWorker>.fromOpaque(box).takeRetainedValue().run() }
                return nil
            }, box.toOpaque())
        guard status == 0 else {
            box.release()
            throw AuditError(.storage, "cannot start a thread: \(String(cString: strerror(status)))")
        }
        pthread_detach(thread)
    }

    private func run() {
        while true {
            let batch = queue.take(upTo: writer.room)
            guard !batch.isEmpty else { break }
            do throws(AuditError) {
                try writer.commit(batch.map(\.entry))
                for ticket in batch { ticket.waiter.resume() }
            } catch {
                for ticket in batch { ticket.waiter.resume(throwing: error) }
            }
        }
        writer.close()
        queue.end()
    }
}
