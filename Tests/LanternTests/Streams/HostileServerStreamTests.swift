import Lantern
import LanternValue
import LanternWire
import NIOCore
import Testing

/// Servers that break the rules of pushed streams: the client ends the connection and says why.
@Suite(.timeLimit(.minutes(2)))
struct HostileServerStreamTests {
    struct Offence: Sendable, CustomTestStringConvertible {
        let violation: StreamViolation
        let frames: @Sendable () -> [Frame]
        var testDescription: String { violation.description }
    }

    private static func items(_ stream: UInt32, _ count: UInt32, bytes: Int? = nil) -> Frame {
        var payload = ByteBuffer()
        payload.writeMultipleIntegers(stream, count)
        payload.writeRepeatingByte(1, count: bytes ?? Int(count))
        return Frame(version: .v502, type: .streamItem, serializer: .msgpack, payload: payload)
    }

    private static func end(_ stream: UInt32) -> Frame {
        StreamEnd.frame(stream: stream, serializer: .msgpack, version: .v502)
    }

    /// Stream 2 is the server's, with credit for 10 items of 100 bytes.
    static let offences: [Offence] = [
        Offence(violation: .tooManyItems(stream: 2, sent: 11, credit: 10)) { [items(2, 11)] },
        Offence(violation: .tooManyBytes(stream: 2, sent: 101, credit: 100)) { [items(2, 2, bytes: 101)] },
        Offence(violation: .itemTooLarge(stream: 2, size: 201, maximum: 200)) { [items(2, 1, bytes: 201)] },
        Offence(violation: .itemsAfterEnd(2)) { [end(2), items(2, 1)] },
        Offence(violation: .unknownStream(4)) { [items(4, 1)] },
        Offence(violation: .wrongDirection(1)) { [items(1, 1)] },
        Offence(violation: .unknownStream(1)) { [end(1)] },
        Offence(violation: .unknownStream(1)) {
            [StreamCredit(stream: 1, items: 1, bytes: 1).frame(version: .v502)]
        },
        Offence(violation: .wrongDirection(2)) {
            [StreamCredit(stream: 2, items: 1, bytes: 1).frame(version: .v502)]
        },
    ]

    private func result(_ call: Frame, numbers: [UInt32]) -> Frame {
        var frame = Frame(
            version: .v502, type: .result, flags: [.exception, .itemStreamResult], sequence: call.sequence,
            serializer: call.serializer)
        frame.annotations[.pushedStreams] = StreamNumbers(numbers).data
        return frame
    }

    private struct Scene {
        let loopback: Loopback
        let server: ScriptedServer
        let proxy: DynamicProxy
        let end: RawEnd
    }

    private func scene(_ adjust: (inout ProxyOptions) -> Void = { _ in }) async throws -> Scene {
        let loopback = try await Loopback()
        let server = try await ScriptedServer(loopback.server)
        var options = ProxyOptions(timeout: .seconds(20))
        options.streamLimits.windowItems = 10
        options.streamLimits.windowBytes = 100
        options.streamLimits.itemSize = 200
        adjust(&options)
        let proxy = try loopback.client.dynamicProxy(server.uri, options: options)
        let connecting = Task { try await proxy.remote.connect() }
        let end = try await server.accept()
        try await end.acceptConnect(asLantern: true)
        try await connecting.value
        return Scene(loopback: loopback, server: server, proxy: proxy, end: end)
    }

    private func close(_ scene: Scene) async {
        await scene.server.close()
        await scene.loopback.close()
    }

    @Test("each offence ends the connection for its own reason", arguments: offences)
    func offence(_ offence: Offence) async throws {
        let scene = try await scene()
        let reading = Task {
            for try await _ in try await scene.proxy.stream("add") {}
        }
        let call = try #require(await scene.end.next())
        try await scene.end.send(result(call, numbers: [2]))
        let credit = try StreamCredit(reading: #require(await scene.end.next()).payload)
        #expect(credit == StreamCredit(stream: 2, items: 10, bytes: 100))
        // A call that waits shows what became of the connection, whatever the stream's reader got.
        let waiting = Task { try await scene.proxy.call("add") }
        _ = await scene.end.next()
        for frame in offence.frames() { try? await scene.end.send(frame) }
        let error = await #expect(throws: LanternError.self) { _ = try await waiting.value }
        #expect(error?.code == .protocolViolation)
        #expect(error?.cause as? StreamViolation == offence.violation)
        _ = await reading.result
        _ = await scene.end.rest()
        await close(scene)
    }

    @Test(
        "a result that brings no stream, two, or one with a wrong number is refused",
        arguments: [[], [2, 4], [1], [0]])
    func badResult(numbers: [UInt32]) async throws {
        let scene = try await scene()
        let calling = Task { _ = try await scene.proxy.stream("add") }
        let call = try #require(await scene.end.next())
        try await scene.end.send(result(call, numbers: numbers))
        let error = await #expect(throws: LanternError.self) { try await calling.value }
        #expect(error?.code == .protocolViolation)
        await close(scene)
    }

    @Test("a server that pushes what was not agreed on is refused")
    func notAgreed() async throws {
        let scene = try await scene { $0.streamDelivery = .pulled }
        let calling = Task { _ = try await scene.proxy.stream("add") }
        let call = try #require(await scene.end.next())
        try await scene.end.send(result(call, numbers: [2]))
        let error = await #expect(throws: LanternError.self) { try await calling.value }
        #expect(error?.code == .protocolViolation)
        await close(scene)
    }

    @Test("a stream that comes for a call nobody waits for is stopped, and so is one too many")
    func unwanted() async throws {
        let scene = try await scene { $0.streamLimits.perConnection = 1 }
        let calling = Task { _ = try await scene.proxy.stream("add") }
        let call = try #require(await scene.end.next())
        calling.cancel()
        _ = await calling.result
        #expect(await scene.end.next()?.type == .cancel)
        try await scene.end.send(result(call, numbers: [2]))
        #expect(try StreamEnd(reading: #require(await scene.end.next()).payload).stream == 2)
        // The far side has not said goodbye to it, so there is no room for another.
        let second = Task { _ = try await scene.proxy.stream("add") }
        let again = try #require(await scene.end.next())
        try await scene.end.send(result(again, numbers: [4]))
        let error = await #expect(throws: LanternError.self) { try await second.value }
        #expect(error?.code == .overloaded)
        #expect(try StreamEnd(reading: #require(await scene.end.next()).payload).stream == 4)
        await close(scene)
    }
}
