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
        } catch {
            isOver.store(true, ordering: .releasing)
            throw error
        }
    }

    /// Tells the far side, without waiting, unless the stream has ended by itself.
    func close() {
        guard !isOver.exchange(true, ordering: .acquiringAndReleasing) else { return }
        // Nobody waits for this: the far side ends the stream by itself when the notice does not arrive.
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
