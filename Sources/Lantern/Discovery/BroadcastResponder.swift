import Glibc
import LanternTrust
package import LanternWire
package import Logging
package import NIOCore
import NIOPosix

/// Answers programs that ask by broadcast where the name server is.
package final class BroadcastResponder: Sendable {
    private let channel: any Channel

    /// Opens the socket; questions are answered from here on.
    ///
    /// - Parameters:
    ///   - uri: of the name server. In place of a wildcard address the asker is told ours on the way to it.
    ///   - trust: with whose key and identity the answers are signed.
    /// - Throws: ``LanternError/Code/configuration`` when the address cannot be had, or the URI is none that travels.
    package init(
        settings: BroadcastSettings, uri: PyroURI, trust: LiveTrust, group: any EventLoopGroup,
        logger: Logger
    ) async throws {
        guard case .host(let host, let port) = uri.location else {
            throw LanternError(
                .configuration, "a name server on a Unix socket has nothing to tell other hosts by broadcast")
        }
        let answers = BroadcastAnswers(
            object: uri.object, host: host, port: port, trust: trust)
        let rules = BroadcastRules(
            isAnsweringPyro: settings.isAnsweringPyro, answersPerSecond: settings.answersPerSecond)
        do {
            _ = try answers.signed(DiscoveryAsk(), host: host, at: wallClockMilliseconds())
        } catch {
            throw LanternError(
                .configuration, "broadcasts cannot be answered with this handshake key", cause: error)
        }
        if settings.isAnsweringPyro, uri.description.utf8.count > BroadcastRules.longestPyroAnswer {
            logger.warning(
                "Pyro's programs are not answered: they read 100 bytes only", metadata: ["uri": "\(uri)"])
        }
        do {
            channel = try await DatagramBootstrap(group: group)
                // Pyro's name server of the same host may hear the same broadcasts.
                .channelOption(.socketOption(.so_reuseaddr), value: 1)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            BroadcastResponderHandler(rules, answers, logger: logger))
                    }
                }
                .bind(host: settings.host, port: settings.port).get()
        } catch {
            throw LanternError(
                .configuration,
                "broadcasts cannot be heard on \(settings.host):\(settings.port); "
                    + "check broadcast.host and broadcast.port",
                cause: error)
        }
    }

    /// The one that is bound.
    package var port: Int { channel.localAddress?.port ?? 0 }

    package func close() async { try? await channel.close() }
}

/// What a name server says of itself.
struct BroadcastAnswers: Sendable {
    let object: String
    let host: String
    let port: Int
    let trust: LiveTrust

    /// The datagram that answers; nil when there is none that its reader would understand.
    func bytes(
        for question: BroadcastRules.Question, to asker: SocketAddress
    ) throws -> [UInt8]? {
        var host = host
        if ["0.0.0.0", "::"].contains(host) {
            guard let own = OwnAddress.facing(asker) else { return nil }
            host = own
        }
        switch question {
        case .pyro:
            let text = Array(uri(host).utf8)
            return text.count <= BroadcastRules.longestPyroAnswer ? text : nil
        case .lantern(let ask):
            return try signed(ask, host: host, at: wallClockMilliseconds())
        }
    }

    func signed(_ ask: DiscoveryAsk, host: String, at now: Int64) throws -> [UInt8] {
        let epoch = trust.current
        return try epoch.keyring.answer(
            ask, identity: epoch.tls.ownCertificate.identity, uri: uri(host), at: now
        ).bytes
    }

    private func uri(_ host: String) -> String {
        PyroURI(scheme: .object, object: object, location: .host(host, port: port)).description
    }
}

private final class BroadcastResponderHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    private var rules: BroadcastRules
    private let answers: BroadcastAnswers
    private let logger: Logger

    init(_ rules: BroadcastRules, _ answers: BroadcastAnswers, logger: Logger) {
        self.rules = rules
        self.answers = answers
        self.logger = logger
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        // What the network does not take is not kept for later.
        guard context.channel.isWritable,
            let question = rules.question(
                in: envelope.data.readableBytesView, at: NIODeadline.now().uptimeNanoseconds)
        else { return }
        do {
            guard let bytes = try answers.bytes(for: question, to: envelope.remoteAddress) else { return }
            let answer = AddressedEnvelope(
                remoteAddress: envelope.remoteAddress, data: ByteBuffer(bytes: bytes))
            context.writeAndFlush(wrapOutboundOut(answer), promise: nil)
        } catch {
            logger.debug("broadcast not answered", metadata: ["reason": "\(error)"])
        }
    }

    /// An asker that is gone is no reason to stop.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        logger.debug("broadcast socket", metadata: ["error": "\(error)"])
    }
}

/// Which of this host's addresses others see.
enum OwnAddress {
    /// The address from which a datagram to the peer would go; nil when there is no way to it.
    static func facing(_ peer: SocketAddress) -> String? {
        let family = peer.protocol == .inet6 ? AF_INET6 : AF_INET
        let socket = socket(family, CInt(SOCK_DGRAM.rawValue), 0)
        guard socket >= 0 else { return nil }
        defer { close(socket) }
        let isConnected = peer.withSockAddr { address, size in
            connect(socket, address, socklen_t(size)) == 0
        }
        guard isConnected else { return nil }
        var own = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let isKnown = withUnsafeMutablePointer(to: &own) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                getsockname(socket, address, &size) == 0
                    && getnameinfo(
                        address, size, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
            }
        }
        guard isKnown else { return nil }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
