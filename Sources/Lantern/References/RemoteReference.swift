package import LanternValue
package import LanternWire

/// A remote object as it travels inside a value: Pyro's class dicts of proxies and URIs.
///
/// Only the URI counts. Members and serializer are hints; whatever handshake value, key or timeout a sender put
/// into a proxy is passed over.
///
/// - Source: section 3.7 of the Pyro protocol reference.
package struct RemoteReference: Sendable, Hashable {
    package var uri: PyroURI
    package var members: DynamicMembers?
    package var serializer: SerializerFormat?

    package init(uri: PyroURI, members: DynamicMembers? = nil, serializer: SerializerFormat? = nil) {
        self.uri = uri
        self.members = members
        self.serializer = serializer
    }

    // MARK: - Objects on the connection

    /// The host in the URIs of objects that are called over the connection they were handed out on. A name under
    /// `.invalid` is never anybody's.
    package static let connectionHost = "connection.lantern.invalid"

    package static func onConnection(_ id: String, members: DynamicMembers? = nil) -> Self {
        Self(
            uri: PyroURI(scheme: .object, object: id, location: .host(connectionHost, port: 1)),
            members: members)
    }

    package var isOnConnection: Bool {
        if case .host(Self.connectionHost, _)? = uri.location { return true }
        return false
    }

    // MARK: - Reading

    /// - Throws: ``ValueError/Code/wrongType`` for what is no class dict of a proxy or URI.
    package init(_ value: Value) throws(ValueError) {
        guard let name = value["__class__"]?.textValue, let state = value["state"]?.elements else {
            throw .wrongType(expected: "a remote object", found: "\(value.kind)")
        }
        switch name {
        case "Pyro5.client.Proxy" where state.count >= 6, "Pyro4.core.Proxy" where state.count >= 8:
            guard let text = state[0].textValue else { throw Self.malformed("a proxy without a URI") }
            uri = try Self.uri(text)
            let oneway = Self.names(state[1])
            members = DynamicMembers(
                methods: Self.names(state[2]), oneway: oneway, attributes: Self.names(state[3]))
            let place = name.hasPrefix("Pyro5") ? 5 : 8
            serializer =
                state.count > place ? state[place].textValue.flatMap(SerializerFormat.init(rawValue:)) : nil
        case "Pyro5.core.URI" where state.count == 5, "Pyro4.core.URI" where state.count == 5:
            uri = try Self.uri(state)
        default:
            throw .wrongType(expected: "a remote object", found: "the class '\(name.prefix(64))'")
        }
    }

    private static func uri(_ text: String) throws(ValueError) -> PyroURI {
        do { return try PyroURI(text) } catch { throw malformed("a remote object with a bad URI: \(error)") }
    }

    /// The five members of a URI's state. Its text must say the same as they do: an object name with an `@` in it
    /// must not choose another host.
    private static func uri(_ state: [Value]) throws(ValueError) -> PyroURI {
        guard let scheme = state[0].textValue else { throw malformed("a URI without a scheme") }
        let object =
            state[1].textValue
            ?? state[1].elements?.compactMap(\.textValue).sorted().joined(separator: ",") ?? ""
        var location: PyroURI.Location?
        if let path = state[2].textValue {
            location = .unix(path: path)
        } else if let host = state[3].textValue, let port = state[4].intValue {
            location = .host(host, port: port)
        }
        let uri = try uri("\(scheme):\(object)" + (location.map { "@\($0)" } ?? ""))
        guard uri.location == location, uri.object.utf8.elementsEqual(object.utf8) else {
            throw malformed("a URI whose parts do not fit")
        }
        return uri
    }

    private static func names(_ value: Value) -> Set<String> {
        Set((value.elements ?? []).compactMap(\.textValue))
    }

    private static func malformed(_ detail: String) -> ValueError { ValueError(.wrongType, detail) }

    // MARK: - Writing

    /// The class dict of a proxy, in the words of one generation.
    package func value(_ version: WireVersion) -> Value {
        func names(_ names: Set<String>?) -> Value { .tuple((names ?? []).sorted().map { .text($0) }) }
        var state: [Value] = [
            .text(uri.description), names(members?.oneway), names(members?.methods),
            names(members?.attributes),
        ]
        let isPyro4 = version == .v48
        // Timeout and HMAC key, which only Pyro4 has; then the handshake value, which the receiver replaces by its
        // own; Pyro4's retries; the serializer, left to the receiver.
        state += isPyro4 ? [.none, .none, "hello", 0, .none] : ["hello", .none]
        return .map([
            ValuePair("__class__", .text(isPyro4 ? "Pyro4.core.Proxy" : "Pyro5.client.Proxy")),
            ValuePair("state", .tuple(state)),
        ])
    }

    /// The class dict of the URI alone.
    package func uriValue(_ version: WireVersion) -> Value {
        var socket = Value.none
        var host = Value.none
        var port = Value.none
        switch uri.location {
        case .unix(let path)?: socket = .text(path)
        case .host(let name, let number)?:
            host = .text(name)
            port = .int(Int64(number))
        case nil: break
        }
        let object: Value =
            uri.scheme == .metadata ? .set(uri.tags.sorted().map { .text($0) }) : .text(uri.object)
        return .map([
            ValuePair("__class__", .text(version == .v48 ? "Pyro4.core.URI" : "Pyro5.core.URI")),
            ValuePair("state", .tuple([.text(uri.scheme.rawValue), object, socket, host, port])),
        ])
    }
}
