public import LanternValue
public import LanternWire

/// Proxies inside of `Codable` types travel as everywhere else; only a call's own coders know them.
extension DynamicProxy: Codable {
    public init(from decoder: any Decoder) throws {
        let reference = try RemoteReference(Value(from: decoder))
        self.init(try References.required().proxy(reference))
    }

    public func encode(to encoder: any Encoder) throws {
        let scope = try References.required()
        try scope.reference(to: remote).value(scope.version).encode(to: encoder)
    }
}

extension Value {
    /// The proxy as the class dict that Pyro sends, for arguments and results that are values.
    ///
    /// - Throws: ``LanternError/Code/notSupported`` for an object that can be called on one connection only.
    public init(_ proxy: DynamicProxy, generation: PyroGeneration = .pyro5) throws {
        let reference = RemoteReference(uri: proxy.remote.uri)
        guard !reference.isOnConnection else { throw LanternError.otherConnection(proxy.remote.uri) }
        self = reference.value(generation.wire)
    }

    /// The URI in a class dict of a proxy or URI, as a peer sends it; nil for other values.
    public var remoteURI: PyroURI? { try? RemoteReference(self).uri }

    fileprivate func reference() throws -> RemoteReference {
        do { return try RemoteReference(self) } catch {
            throw LanternError(.serialization, error.detail, cause: error)
        }
    }
}

extension CallContext {
    /// An unconnected proxy for a class dict of a proxy or URI that came with this call.
    ///
    /// Where it may connect to is the affair of ``ReferenceSettings/connecting``.
    ///
    /// - Throws: ``LanternError/Code/serialization`` for other values.
    public func proxy(_ value: Value) throws -> DynamicProxy {
        guard let references else { throw LanternError(.misuse, "this call came over no connection") }
        return DynamicProxy(try references.proxy(value.reference()))
    }
}

extension RemoteProxy {
    /// An unconnected proxy for a class dict of a proxy or URI that came as a result of this one; it has the same
    /// options.
    ///
    /// - Throws: ``LanternError/Code/serialization`` for other values.
    public func proxy(_ value: Value) throws -> DynamicProxy {
        let reference = try value.reference()
        guard !reference.isOnConnection else { throw LanternError.otherConnection(reference.uri) }
        return DynamicProxy(received(reference))
    }
}

extension LanternError {
    static func otherConnection(_ uri: PyroURI) -> LanternError {
        LanternError(
            .notSupported,
            "'\(uri.object)' can be called over the connection that it was handed out on, and nowhere else")
    }
}
