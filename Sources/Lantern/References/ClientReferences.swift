import LanternValue
import LanternWire

/// Remote objects on a connection that we opened.
package final class ClientReferences: ReferenceScope {
    package let version: WireVersion
    let client: Client
    /// For proxies that come as results.
    let options: ProxyOptions
    let handedOut: HandedOutObjects

    init(client: Client, options: ProxyOptions, version: WireVersion) {
        self.version = version
        self.client = client
        self.options = options
        handedOut = HandedOutObjects(
            maximum: client.settings.references.handedOut, classes: client.settings.classes.table)
    }

    /// A proxy by its URI; an object that the client's daemon has registered by the URI there; any other object is
    /// handed out on this connection, if the far side is a Lantern program.
    package func reference<Contract: Sendable>(
        to object: Contract, _ contract: RemoteContract<Contract>, in format: SerializerFormat
    ) throws -> RemoteReference {
        if let proxy = RemoteProxy.of(object) { return try reference(to: proxy) }
        try checked(format)
        if let known = client.daemonCore?.registered(object, contract) { return known }
        let registered = try handedOut.handOut(object, contract)
        return .onConnection(registered.id, members: registered.members)
    }

    package func reference(to proxy: RemoteProxy) throws -> RemoteReference {
        let reference = RemoteReference(uri: proxy.uri, members: proxy.knownMembers)
        guard !reference.isOnConnection else { throw LanternError.otherConnection(proxy.uri) }
        return reference
    }

    package func ownObject(_ reference: RemoteReference) -> (any Sendable)? {
        reference.isOnConnection ? handedOut.own(reference.uri.object) : nil
    }

    package func proxy(_ reference: RemoteReference) throws -> RemoteProxy {
        guard !reference.isOnConnection else { throw LanternError.otherConnection(reference.uri) }
        return RemoteProxy(reference, options: options, client: client)
    }
}
