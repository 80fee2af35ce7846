import LanternTLS
import LanternTrust
import LanternValue
import LanternWire
import NIOCore
import Synchronization

/// Remote objects on a connection that a peer opened to us.
package final class ServerReferences: ReferenceScope {
    package let version: WireVersion
    let peer: AuthenticatedPeer
    private let core: DaemonCore
    let kind: PeerKind
    /// Where the peer's connection comes from.
    private let host: CallerHost?
    private let mailbox: LoopMailbox<ServerConnection.Message>
    private let isOver = Atomic(false)

    init(
        core: DaemonCore, peer: AuthenticatedPeer, kind: PeerKind, version: WireVersion, host: CallerHost?,
        mailbox: LoopMailbox<ServerConnection.Message>
    ) {
        self.core = core
        self.peer = peer
        self.kind = kind
        self.version = version
        self.host = host
        self.mailbox = mailbox
    }

    /// A proxy by its URI, an object by the one that it is registered with.
    package func reference<Contract: Sendable>(
        to object: Contract, _ contract: RemoteContract<Contract>, in format: SerializerFormat
    ) throws -> RemoteReference {
        if let proxy = RemoteProxy.of(object) { return try reference(to: proxy) }
        try checked(format)
        guard var known = core.registered(object, contract) else {
            throw LanternError(
                .misuse,
                "the \(contract.name) is not registered; register it with the daemon before it is passed to a "
                    + "peer, with `weak: true` if it is to go away by itself")
        }
        // Its metadata tells the peer no more than CONNECT would.
        known.members = core.metadata(of: known.uri.object, for: peer).map {
            DynamicMembers(methods: $0.methods, oneway: $0.oneway, attributes: $0.attributes)
        }
        return known
    }

    package func reference(to proxy: RemoteProxy) throws -> RemoteReference {
        if let caller = proxy.caller, caller !== self { throw LanternError.otherConnection(proxy.uri) }
        return RemoteReference(uri: proxy.uri, members: proxy.knownMembers)
    }

    package func ownObject(_ reference: RemoteReference) -> (any Sendable)? { nil }

    package func proxy(_ reference: RemoteReference) throws -> RemoteProxy {
        guard let client = core.client else {
            throw LanternError(.shuttingDown, "the daemon is shutting down")
        }
        var options = client.settings.proxies
        options.generation = version == .v48 ? .pyro4 : .pyro5
        options.serializer = reference.serializer ?? CallContext.current?.serializer ?? options.serializer
        if reference.isOnConnection {
            guard kind.speaks(.callbacks) else {
                throw LanternError(.notSupported, "the peer takes no callbacks over this connection")
            }
            return RemoteProxy(reference, options: options, client: client, path: .caller(self))
        }
        // What is meant for objects of our own choosing is none of that one's business.
        options.annotations = CallAnnotations()
        options.handshake = nil
        switch client.settings.references.connecting {
        case .never:
            let reason = LanternError(
                .notAllowed, "references.connect is 'never': objects of peers are not called")
            return RemoteProxy(reference, options: options, client: client, path: .nowhere(reason))
        case .anywhere(let identity):
            options.expectedIdentity = identity
            return RemoteProxy(reference, options: options, client: client)
        case .caller:
            options.expectedIdentity = peer.identity.description
            return RemoteProxy(reference, options: options, client: client, path: path(to: reference.uri))
        }
    }

    /// Back to where the caller is, and nowhere else.
    private func path(to uri: PyroURI) -> RemoteProxy.Path {
        guard uri.scheme == .object, case .host(let name, _)? = uri.location,
            let address = host?.address(for: name)
        else {
            return .nowhere(
                LanternError(
                    .notAllowed,
                    "\(uri) is not where the caller is; references.connect in lantern.yaml can allow it"))
        }
        return .host(address)
    }

    // MARK: - Calls back

    /// Whether the connection is there.
    var isOpen: Bool { !isOver.load(ordering: .acquiring) }

    func ended() { isOver.store(true, ordering: .releasing) }

    /// Calls an object that the peer handed out, over the peer's own connection.
    ///
    /// - Throws: ``LanternError/Code/connectionLost`` when that has gone: the object went with it.
    func call(_ frame: Frame, body: [UInt8], deadline: ContinuousClock.Instant) async throws -> Frame {
        let pending = PendingCall(frame: frame, body: body, deadline: deadline)
        return try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { continuation in
                pending.continuation = continuation
                if !mailbox.post(.callBack(pending)) { pending.resume(.failure(Self.gone(peer))) }
            }
        } onCancel: {
            mailbox.post(.cancelCallBack(pending))
        }
    }

    static func gone(_ peer: AuthenticatedPeer) -> LanternError {
        LanternError(
            .connectionLost, "the client \(peer.identity) that handed out the object has disconnected")
    }
}

/// The address that a caller's connection comes from.
struct CallerHost: Sendable, Hashable {
    private let address: String
    private let isLoopback: Bool

    /// - Parameter text: an IP address; one of IPv4 inside of IPv6 counts as IPv4.
    init?(_ text: String) {
        guard let address = Self.normal(text) else { return nil }
        self.address = address
        isLoopback = Self.isLoopback(address)
    }

    /// Where to connect for a host of that name: the caller's own address for a name, whatever a name service would
    /// say; nil for another address.
    func address(for host: String) -> String? {
        guard let literal = Self.normal(host) else { return address }
        // Both loopback addresses are this machine.
        return literal == address || isLoopback && Self.isLoopback(literal) ? literal : nil
    }

    private static func normal(_ text: String) -> String? {
        guard let parsed = try? SocketAddress(ipAddress: text, port: 0), let address = parsed.ipAddress else {
            return nil
        }
        let mapped = "::ffff:"
        guard address.lowercased().hasPrefix(mapped) else { return address }
        let inner = String(address.dropFirst(mapped.count))
        return (try? SocketAddress(ipAddress: inner, port: 0))?.ipAddress ?? address
    }

    private static func isLoopback(_ address: String) -> Bool {
        address == "::1" || address.hasPrefix("127.")
    }
}
