import NIOCore
import NIOEmbedded
import NIOHPACK
import NIOHTTP2
import Testing

@testable import LanternEtcd

/// What a server that lies, or is none, can do to a call: one error, never a trap or an endless wait.
struct GRPCCallTests {
    private typealias Frame = HTTP2Frame.FramePayload
    private static let good = HPACKHeaders([(":status", "200"), ("content-type", "application/grpc")])

    private func call(limit: Int = 64) throws -> EmbeddedChannel {
        let channel = EmbeddedChannel(
            handler: GRPCCallHandler(path: "/x", authority: "h:1", needsLeader: true, limit: limit))
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return channel
    }

    private func headers(_ headers: HPACKHeaders, end: Bool = false) -> Frame {
        .headers(.init(headers: headers, endStream: end))
    }

    private func data(_ bytes: [UInt8], end: Bool = false) -> Frame {
        .data(.init(data: .byteBuffer(ByteBuffer(bytes: bytes)), endStream: end))
    }

    /// The error that the frames bring.
    private func error(_ frames: [Frame]) throws -> EtcdError? {
        let channel = try call()
        defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
        for frame in frames {
            do { try channel.writeInbound(frame) } catch let error as EtcdError { return error }
        }
        return nil
    }

    @Test("a request has the headers of gRPC, asks for a leader, and stands behind its length")
    func request() throws {
        let channel = try call()
        try channel.writeOutbound([1, 2, 3] as [UInt8])
        guard case .headers(let sent)? = try channel.readOutbound(as: Frame.self) else {
            Issue.record("no headers")
            return
        }
        #expect(sent.headers.first(name: ":path") == "/x")
        #expect(sent.headers.first(name: "te") == "trailers")
        #expect(sent.headers.first(name: "hasleader") == "true")
        guard case .data(let body)? = try channel.readOutbound(as: Frame.self),
            case .byteBuffer(let buffer) = body.data
        else {
            Issue.record("no data")
            return
        }
        #expect(Array(buffer.readableBytesView) == [0, 0, 0, 0, 3, 1, 2, 3])
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }

    @Test("messages arrive however they are cut, up to the limit")
    func cuts() throws {
        let stream: [UInt8] =
            [0, 0, 0, 0, 2, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 64] + Array(repeating: 9, count: 64)
        for size in 1...stream.count {
            let channel = try call()
            try channel.writeInbound(headers(Self.good))
            for start in stride(from: 0, to: stream.count, by: size) {
                try channel.writeInbound(data(Array(stream[start..<min(start + size, stream.count)])))
            }
            try channel.writeInbound(headers(["grpc-status": "0"], end: true))
            #expect(try channel.readInbound(as: [UInt8].self) == [7, 8])
            #expect(try channel.readInbound(as: [UInt8].self) == [])
            #expect(try channel.readInbound(as: [UInt8].self)?.count == 64)
            _ = try channel.finish(acceptAlreadyClosed: true)
        }
    }

    @Test("a giant message is refused from its length alone")
    func giant() throws {
        let length: [UInt8] = [0, 0xFF, 0xFF, 0xFF, 0xFF]
        #expect(try error([headers(Self.good), data(length)])?.code == .messageTooLarge)
        #expect(try error([headers(Self.good), data([0, 0, 0, 0, 65])])?.code == .messageTooLarge)
        #expect(try error([headers(Self.good), data([0, 0, 0, 0, 64])]) == nil)
    }

    @Test("what is no gRPC is refused")
    func strangers() throws {
        let violations: [[Frame]] = [
            [headers([":status": "404", "content-type": "application/grpc"])],
            [headers([":status": "200", "content-type": "text/html"])],
            [headers([:])],
            [data([0, 0, 0, 0, 0])],
            [headers(Self.good), headers(["x": "y"])],
            [headers(Self.good), data([1, 0, 0, 0, 1, 1])],
            [headers(Self.good), data([0, 0, 0, 0, 2, 1]), headers(["grpc-status": "0"], end: true)],
            [headers(Self.good), data([0, 0, 0, 0, 0], end: true)],
            [headers(Self.good), headers([:], end: true)],
            [headers(Self.good), headers(["grpc-status": "zero"], end: true)],
        ]
        for frames in violations { #expect(try error(frames)?.code == .protocolViolation) }
        #expect(try error([headers(Self.good), .rstStream(.refusedStream)])?.code == .unreachable)
    }

    @Test(
        "etcd's statuses have their meaning",
        arguments: [
            (14, "etcdserver: no leader", EtcdError.Code.unreachable),
            (11, "etcdserver: mvcc: required revision has been compacted", .compacted),
            (5, "etcdserver: requested lease not found", .leaseNotFound), (5, "other", .refused),
            (3, "etcdserver: request is too large", .messageTooLarge), (4, "late", .deadlineExceeded),
            (7, "permission denied", .refused), (999_999, "", .refused), (-1, "", .refused),
        ])
    func statuses(number: Int, text: String, code: EtcdError.Code) throws {
        let trailers = HPACKHeaders([("grpc-status", "\(number)"), ("grpc-message", text)])
        #expect(try error([headers(Self.good), headers(trailers, end: true)])?.code == code)
        let only = HPACKHeaders(Self.good.map { ($0.name, $0.value) } + trailers.map { ($0.name, $0.value) })
        #expect(try error([headers(only, end: true)])?.code == code)
    }

    @Test("a server's text is cut, decoded and without control characters")
    func texts() {
        #expect(GRPCStatus.plain("a%20b%") == "a b%")
        #expect(GRPCStatus.plain("%1b[31m%0a%zz") == " [31m %zz")
        #expect(GRPCStatus.plain(String(repeating: "x", count: 5_000)).count == 256)
    }
}
