import LanternTLS
import LanternTesting
import NIOCore
import NIOEmbedded
import Testing

struct DataTests {
    let authority: TestAuthority
    let context: TLSContext

    init() throws {
        authority = try TestAuthority()
        context = try TLSContext(settings: authority.issue().settings())
    }

    private func establishedPair() throws -> EmbeddedPair {
        let pair = try EmbeddedPair(client: context, server: context)
        try pair.pump()
        pair.sentByClient.removeAll()
        return pair
    }

    @Test("many small writes make one record and one write per flush")
    func smallWritesAreJoined() throws {
        let pair = try establishedPair()
        for index in 0..<1000 { pair.client.write(ByteBuffer(string: "\(index) "), promise: nil) }
        #expect(try pair.client.readOutbound(as: ByteBuffer.self) == nil)
        pair.client.flush()
        try pair.pump()
        let text = (0..<1000).map { "\($0) " }.joined()
        #expect(pair.sentByClient == [text.utf8.count + 22])
        #expect(String(buffer: pair.serverRecorder.received) == text)
        #expect(pair.serverRecorder.reads == 1)
    }

    @Test(
        "sizes around the record limit arrive whole, in as few records as there can be",
        arguments: [
            [1], [16383], [16384], [16385], [16384, 1], [1, 16384], [5, 16384 * 3 + 7, 9], [0, 3, 0],
            [100_000, 100_000],
        ])
    func sizes(_ sizes: [Int]) throws {
        let pair = try establishedPair()
        var expected: [UInt8] = []
        for (index, size) in sizes.enumerated() {
            let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &+ index) }
            expected += bytes
            pair.client.write(ByteBuffer(bytes: bytes), promise: nil)
        }
        pair.client.flush()
        try pair.pump()
        #expect(Array(buffer: pair.serverRecorder.received) == expected)
        let records = (expected.count + 16383) / 16384
        #expect(pair.sentByClient == [expected.count + records * 22])
    }

    @Test("every promise of a flush is kept")
    func promises() throws {
        let pair = try establishedPair()
        let promises = (0..<5).map { _ in pair.loop.makePromise(of: Void.self) }
        for promise in promises { pair.client.write(ByteBuffer(string: "x"), promise: promise) }
        pair.client.flush()
        for promise in promises { try promise.futureResult.wait() }
    }

    @Test("a promise of nothing is kept as well")
    func emptyWrite() throws {
        let pair = try establishedPair()
        try pair.client.writeAndFlush(ByteBuffer()).wait()
        try pair.pump()
        #expect(pair.sentByClient.isEmpty)
    }

    @Test("ciphertext in single bytes is put together")
    func drip() throws {
        let pair = try establishedPair()
        _ = pair.client.writeAndFlush(ByteBuffer(string: "drip"))
        let bytes = try #require(try pair.client.readOutbound(as: ByteBuffer.self))
        for byte in bytes.readableBytesView { try pair.server.writeInbound(ByteBuffer(bytes: [byte])) }
        #expect(String(buffer: pair.serverRecorder.received) == "drip")
        #expect(pair.serverRecorder.reads == 1)
    }

    @Test("writes that were never flushed fail when the handshake does")
    func failedWrites() throws {
        let pair = try EmbeddedPair(client: context, server: context, serverName: .host("example.test"))
        let written = pair.client.writeAndFlush(ByteBuffer(string: "secret"))
        try pair.pump()
        #expect(throws: TLSError.self) { try written.wait() }
        #expect(pair.serverRecorder.received.readableBytes == 0)
    }
}
