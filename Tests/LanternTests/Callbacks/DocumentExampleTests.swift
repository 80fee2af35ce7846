import Lantern
import LanternTesting
import LanternTrust
import Synchronization
import Testing

// The example of docs/remote-protocols.md, "Callbacks", word for word but for the place of `room` and of the printing.

@Remote protocol Listener: Sendable {
    func news(_ line: String) async throws
}
@Remote protocol Newsroom: Sendable {
    func subscribe(_ listener: any Listener) async throws
}

actor Reader: Listener {
    func news(_ line: String) { print(line) }
}

actor News: Newsroom {
    private var listeners: [any Listener] = []
    func subscribe(_ listener: any Listener) { listeners.append(listener) }
    func publish(_ line: String) async { for listener in listeners { try? await listener.news(line) } }
}

private let printed = Mutex<[String]>([])
private func print(_ line: String) { printed.withLock { $0.append(line) } }

@Suite(.timeLimit(.minutes(1)))
struct DocumentExampleTests {
    @Test("the example for callbacks works as it is written")
    func callbacks() async throws {
        let loopback = try await Loopback()
        let (client, news) = (loopback.client, News())
        let uri = try await loopback.daemon.register(news, as: (any Newsroom).self, id: "news").description
        let room = try client.proxy((any Newsroom).self, uri)
        try await room.subscribe(Reader())
        await news.publish("first")
        await news.publish("second")
        #expect(printed.withLock { $0 } == ["first", "second"])
        #expect(RemoteProxy.of(room)?.isConnected == true)
        await loopback.close()
    }
}
