import LanternValue
import LanternWire
import Synchronization

/// Pulls the items of one stream from the far side, as Pyro's stream results do.
final class StreamReader: Sendable {
    private let proxy: RemoteProxy
    private let id: String
    private let isOver = Atomic(false)

    init(proxy: RemoteProxy, id: String) {
        self.proxy = proxy
        self.id = id
    }

    func next() async throws -> CallAnswer? {
        guard !isOver.load(ordering: .acquiring) else { return nil }
        do {
            return try await proxy.send(flags: [], object: "Pyro.Daemon") { object, format in
                try body("get_next_stream_item", object, format)
            }
        } catch let error as RemoteError where error.type == "builtins.StopIteration" {
            isOver.store(true, ordering: .releasing)
            return nil
        } catch let error as RemoteError {
            // The producer's own error: the far side has ended the stream.
            isOver.store(true, ordering: .releasing)
            throw error
        } catch {
            close()
            throw error
        }
    }

    /// Tells the far side, without waiting, unless the stream has ended by itself.
    ///
    /// No connection is made for this: without one, the far side ends the stream when its linger time is over.
    func close() {
        guard !isOver.exchange(true, ordering: .acquiringAndReleasing), proxy.isConnected else { return }
        Task { [self] in
            _ = try? await proxy.send(flags: .oneway, object: "Pyro.Daemon") { object, format in
                try body("close_stream", object, format)
            }
        }
    }

    private func body(_ method: String, _ object: String, _ format: SerializerFormat) throws -> [UInt8] {
        var call = try CallWriter(format: format, object: object, method: method, argumentCount: 1)
        try call.arguments.write(id)
        return try call.finish()
    }
}
