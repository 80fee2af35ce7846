import LanternTLS
import LanternTesting
import NIOCore
import NIOPosix
import Testing

@Suite(.timeLimit(.minutes(1)))
struct LoopbackTests {
    let authority: TestAuthority
    let context: TLSContext

    init() throws {
        authority = try TestAuthority()
        context = try TLSContext(settings: authority.issue().settings())
    }

    @Test("J1 J2: ten megabytes go each way and arrive as they were", arguments: ["127.0.0.1", "::1"])
    func bigTransfer(_ host: String) async throws {
        guard let server = try? await Loopback(context, host: host) else {
            #expect(host == "::1", "only IPv6 may be missing on a host")
            return
        }
        let size = 10 << 20
        let payload = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        let client = try await server.connect(context, host: host)
        let accepted = try #require(await server.nextEnd())
        async let atServer = collect(accepted, size)
        async let atClient = collect(client, size)
        async let one: Void = client.channel.writeAndFlush(ByteBuffer(bytes: payload))
        async let two: Void = accepted.channel.writeAndFlush(ByteBuffer(bytes: payload))
        _ = try await (one, two)
        let (first, second) = await (atServer, atClient)
        #expect(first == payload)
        #expect(second == payload)
        try await client.channel.close()
        try await server.listener.close()
    }

    private func collect(_ end: End, _ size: Int) async -> [UInt8] {
        var bytes: [UInt8] = []
        for await note in end.notes {
            if case .bytes(let buffer) = note { bytes += Array(buffer: buffer) }
            if bytes.count >= size { break }
        }
        return bytes
    }

    @Test("a goodbye is no error on either side")
    func cleanClose() async throws {
        let server = try await Loopback(context)
        let client = try await server.connect(context)
        let accepted = try #require(await server.nextEnd())
        try await client.channel.writeAndFlush(ByteBuffer(string: "bye"))
        try await client.channel.close()
        let notes = await accepted.untilInactive()
        #expect(notes.bytes == Array("bye".utf8))
        #expect(notes.errorCode == nil)
        #expect(await client.untilInactive().errorCode == nil)
        try await server.listener.close()
    }

    @Test("after a half-close the other direction still works")
    func halfClose() async throws {
        let server = try await Loopback(context, halfClosure: true)
        let client = try await server.connect(context, halfClosure: true)
        let accepted = try #require(await server.nextEnd())
        try await client.channel.writeAndFlush(ByteBuffer(string: "question"))
        try await client.channel.close(mode: .output)
        for await note in accepted.notes {
            if case .inputClosed = note { break }
        }
        try await accepted.channel.writeAndFlush(ByteBuffer(string: "answer"))
        try await accepted.channel.close()
        let notes = await client.untilInactive()
        #expect(notes.bytes == Array("answer".utf8))
        #expect(notes.errorCode == nil)
        try await server.listener.close()
    }

    @Test("an end without a goodbye is truncation")
    func truncation() async throws {
        let server = try await Loopback(context)
        let client = try await server.connect(context)
        let accepted = try #require(await server.nextEnd())
        try await accepted.channel.writeAndFlush(ByteBuffer(string: "half of"))
        for await note in client.notes {
            if case .bytes = note { break }
        }
        // The transport is closed under the TLS handler, as a crash would.
        try await accepted.channel.pipeline.removeTLSHandlerAndClose()
        #expect(await client.untilInactive().errorCode == .truncated)
        try await server.listener.close()
    }

    @Test("a plain Pyro client is told apart")
    func plaintextClient() async throws {
        let server = try await Loopback(context)
        let raw = try await server.connectRaw()
        try await raw.writeAndFlush(ByteBuffer(string: "PYRO\u{1}\u{f6}"))
        let accepted = try #require(await server.nextEnd())
        let notes = await accepted.untilInactive()
        #expect(notes.errorCode == .plaintext)
        #expect(!notes.wasEstablished)
        try await raw.closeFuture.get()
        try await server.listener.close()
    }

    @Test("a caller that hangs up in the handshake is told apart")
    func hangUp() async throws {
        let server = try await Loopback(context)
        try await server.connectRaw().close()
        let accepted = try #require(await server.nextEnd())
        #expect(await accepted.untilInactive().errorCode == .closedDuringHandshake)
        try await server.listener.close()
    }

    @Test("OpenSSL's own client: without a certificate, and with TLS 1.2 only", arguments: [true, false])
    func foreignClient(_ isOld: Bool) async throws {
        let server = try await Loopback(context)
        let port = server.port
        async let status = openSSLClient(port: port, isOld: isOld)
        let accepted = try #require(await server.nextEnd())
        let notes = await accepted.untilInactive()
        #expect(notes.errorCode == (isOld ? .oldTLS : .noPeerCertificate))
        #expect(!notes.wasEstablished)
        _ = try await status
        try await server.listener.close()
    }

    private func openSSLClient(port: Int, isOld: Bool) async throws -> Int32 {
        let version = isOld ? "-tls1_2" : "-tls1_3"
        return try run(["openssl", "s_client", version, "-connect", "127.0.0.1:\(port)"])
    }

    @Test("over a real socket too the client learns that it was refused")
    func lateRefusal() async throws {
        let foreign = try TestAuthority(name: "another")
        let stranger = try TLSContext(settings: foreign.issue().settings(trusting: authority.rootsFile))
        let server = try await Loopback(context)
        let client = try await server.connect(stranger)
        for await note in client.notes {
            if case .established = note { break }
        }
        // Sent into a connection that is being refused: must not turn the alert into a reset.
        client.channel.writeAndFlush(ByteBuffer(repeating: 1, count: 100_000), promise: nil)
        let notes = await client.untilInactive()
        #expect(notes.errorCode == .refusedByPeer)
        let accepted = try #require(await server.nextEnd())
        #expect(await accepted.untilInactive().errorCode == .unknownAuthority)
        try await server.listener.close()
    }
}

extension ChannelPipeline {
    /// Closes the transport from below the TLS handler, so that nothing says goodbye.
    fileprivate func removeTLSHandlerAndClose() async throws {
        try await eventLoop.submit {
            try self.syncOperations.context(handlerType: TLSHandler.self).close(promise: nil)
        }.get()
    }
}
