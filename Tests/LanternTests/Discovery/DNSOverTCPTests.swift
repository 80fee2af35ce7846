import NIOCore
import NIOPosix
import Testing

@testable import Lantern

/// Answers that are too large for a datagram.
struct DNSOverTCPTests {
    /// What a server answers to a question, with the header's flags and the records behind the question.
    private static func answer(to question: [UInt8], flags: Int, _ records: [[UInt8]]) -> [UInt8] {
        // Behind the question stands what we take, in 11 bytes.
        Array(question.prefix(2)) + DNSTests.words(flags, 1, records.count, 0, 0)
            + question.dropFirst(12).dropLast(11) + records.flatMap { $0 }
    }

    private static func framed(_ message: [UInt8]) -> [UInt8] { DNSTests.words(message.count) + message }

    private static let records = (1...60).map { number in
        DNSTests.record(DNSTests.service(1, 1, number, "instance-\(number).lantern.example"))
    }

    private func ask(_ overTCP: @escaping @Sendable ([UInt8]) -> [UInt8]) async throws -> [ServiceRecord] {
        let server = try await TruncatingServer(
            overUDP: { [Self.answer(to: $0, flags: 0x8380, [])] }, overTCP: overTCP)
        let client = DNSClient(
            servers: DNSServers([try server.datagrams.address]), group: MultiThreadedEventLoopGroup.singleton)
        let result: Result<[ServiceRecord], any Error>
        do {
            result = .success(try await client.services(DNSTests.name, within: .seconds(30)))
        } catch {
            result = .failure(error)
        }
        await server.close()
        return try result.get()
    }

    private func refusal(_ overTCP: @escaping @Sendable ([UInt8]) -> [UInt8]) async -> String {
        do {
            return "\(try await ask(overTCP).count) records"
        } catch {
            return "\(error)"
        }
    }

    @Test("an answer that was cut off is asked for again over TCP")
    func whole() async throws {
        let found = try await ask { question in
            let message = Self.answer(to: question, flags: 0x8180, Self.records)
            #expect(message.count > DNSQuestion.largestAnswer)
            return Self.framed(message)
        }
        #expect(found.map(\.port) == Array(1...60))
    }

    @Test("answers to other questions are passed over there too")
    func strays() async throws {
        let found = try await ask { question in
            let message = Self.answer(to: question, flags: 0x8180, Self.records)
            let stray = [message[0] ^ 1] + message.dropFirst()
            return Self.framed(Array(stray)) + Self.framed([]) + Self.framed(message)
        }
        #expect(found.count == 60)
    }

    @Test("an answer that is cut off there too, is not whole or is none names the reason")
    func refused() async {
        let cut = await refusal { Self.framed(Self.answer(to: $0, flags: 0x8380, [])) }
        #expect(cut.contains("cut off over UDP, and over TCP: the answer was cut off at"), "\(cut)")
        let short = await refusal { question in
            Self.framed(Self.answer(to: question, flags: 0x8180, Self.records)).dropLast()
        }
        #expect(short.contains("closed the connection before its answer was whole"), "\(short)")
        let nothing = await refusal { _ in [] }
        #expect(nothing.contains("closed the connection before its answer was whole"), "\(nothing)")
        let more = await refusal { question in
            Self.framed(
                Self.answer(to: question, flags: 0x8180, Self.records + Self.records.prefix(5)))
        }
        #expect(more.contains("malformed"), "\(more)")
    }
}

/// A DNS server on one port of loopback, over UDP and TCP. Over TCP it answers one question, in two pieces, and closes.
private final class TruncatingServer: Sendable {
    let datagrams: ScriptedDatagrams
    private let listener: any Channel

    init(
        overUDP: @escaping @Sendable ([UInt8]) -> [[UInt8]], overTCP: @escaping @Sendable ([UInt8]) -> [UInt8]
    ) async throws {
        // The port that is free for one may be taken for the other.
        for _ in 0..<50 {
            let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(Answering(overTCP))
                    }
                }
                .bind(host: "127.0.0.1", port: 0).get()
            if let datagrams = try? await ScriptedDatagrams(port: listener.localAddress?.port ?? 0, overUDP) {
                self.listener = listener
                self.datagrams = datagrams
                return
            }
            try await listener.close()
        }
        throw LanternError(.configuration, "no port is free for UDP and TCP")
    }

    func close() async {
        try? await listener.close()
        await datagrams.close()
    }

    private final class Answering: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let answer: @Sendable ([UInt8]) -> [UInt8]
        private var received = ByteBuffer()

        init(_ answer: @escaping @Sendable ([UInt8]) -> [UInt8]) { self.answer = answer }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var bytes = unwrapInboundIn(data)
            received.writeBuffer(&bytes)
            guard let question = received.readLengthPrefixedSlice(as: UInt16.self) else { return }
            let answer = answer(Array(question.readableBytesView))
            let half = answer.count / 2
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: answer.prefix(half))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: answer.dropFirst(half))), promise: nil)
            context.close(promise: nil)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {}
    }
}
