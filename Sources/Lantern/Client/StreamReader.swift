import LanternValue
import LanternWire
import Synchronization

/// Pulls the items of one stream from the far side, as Pyro's stream results do.
final class StreamReader: Sendable {
    private let proxy: RemoteProxy
    private let id: String
    private let isOver = Mutex(false)

    init(proxy: RemoteProxy, id: String) {
        self.proxy = proxy
        self.id = id
    }

    /// The next item, nil at the end.
    ///
    /// - Throws: what the producer threw, after which there is nothing. After a lost connection or a timeout the
    ///   stream may be read on: it waits there for its linger time.
    func next() async throws -> CallAnswer? {
        if isOver.withLock({ $0 }) { return nil }
        do {
            return try await proxy.send(flags: [], object: DaemonTarget.objectID) { object, format in
                try body("get_next_stream_item", object, format)
            }
        } catch let error as RemoteError {
            // The far side has it no more.
            end()
            if error.type == "builtins.StopIteration" { return nil }
            throw error
        } catch let error as LanternError where error.mayBeTriedAgain {
            throw error
        } catch {
            close()
            throw error
        }
    }

    /// Tells the far side, without waiting, unless the stream has ended by itself.
    func close() {
        guard end() else { return }
        // Nobody waits for this: the far side ends the stream by itself when the notice does not arrive.
        Task { [self] in
            _ = try? await proxy.send(flags: .oneway, object: DaemonTarget.objectID) { object, format in
                try body("close_stream", object, format)
            }
        }
    }

    /// - Returns: whether it had not ended before.
    @discardableResult
    private func end() -> Bool {
        isOver.withLock { isOver in
            defer { isOver = true }
            return !isOver
        }
    }

    private func body(_ method: String, _ object: String, _ format: SerializerFormat) throws -> [UInt8] {
        var call = try CallWriter(format: format, object: object, method: method, argumentCount: 1)
        try call.arguments.write(id)
        return try call.finish()
    }
}
