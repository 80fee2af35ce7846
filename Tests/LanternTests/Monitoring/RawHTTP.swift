import Foundation
import LanternTLS
import NIOCore
import NIOPosix

@testable import Lantern

/// Bytes to a monitoring place, and what comes back until the connection ends.
enum RawHTTP {
    /// Over the Unix socket of a daemon.
    static func local(_ path: String, _ request: String) async throws -> String {
        let connection = try await open(path)
        try await connection.send(request)
        return try await connection.rest()
    }

    static func open(_ path: String) async throws -> Connection {
        let descriptor = try await UnixSocket.connect(path: path, before: .now.advanced(by: .seconds(10)))
        let inbox = Inbox<ByteBuffer>()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Collector(inbox))
                }
            }.withConnectedSocket(descriptor).get()
        return Connection(channel: channel, inbox: inbox)
    }

    /// Over TCP, without TLS.
    static func plain(port: Int, _ request: String) async throws -> String {
        let inbox = Inbox<ByteBuffer>()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Collector(inbox))
                }
            }.connect(host: "127.0.0.1", port: port).get()
        let connection = Connection(channel: channel, inbox: inbox)
        try await connection.send(request)
        return try await connection.rest()
    }

    static func get(_ path: String) -> String { "GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n" }

    /// The number in the first line of an answer.
    static func status(_ answer: String) -> Int? {
        answer.split(separator: " ").dropFirst().first.flatMap { Int($0) }
    }

    static func body(_ answer: String) -> String {
        answer.components(separatedBy: "\r\n\r\n").dropFirst().joined(separator: "\r\n\r\n")
    }

    struct Connection: Sendable {
        let channel: any Channel
        let inbox: Inbox<ByteBuffer>

        /// Returns when all was sent, or the far side has ended the connection.
        func send(_ text: String) async throws {
            do { try await channel.writeAndFlush(ByteBuffer(string: text)).get() } catch ChannelError.eof {}
        }

        /// All that comes until the far side ends the connection.
        func rest() async throws -> String {
            var all = ByteBuffer()
            while var part = await inbox.next() { all.writeBuffer(&part) }
            return String(buffer: all)
        }

        func close() async { try? await channel.close().get() }
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let inbox: Inbox<ByteBuffer>

        init(_ inbox: Inbox<ByteBuffer>) { self.inbox = inbox }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) { inbox.put(unwrapInboundIn(data)) }
        func channelInactive(context: ChannelHandlerContext) { inbox.end() }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
