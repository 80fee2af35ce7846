import LanternValue
public import LanternWire

/// The name server's remote methods, for Swift programs.
public struct NameServerClient: Sendable {
    package let proxy: DynamicProxy

    package init(proxy: DynamicProxy) {
        self.proxy = proxy
    }

    public func ping() async throws {
        try await proxy.call("ping")
    }

    public func count() async throws -> Int {
        try await proxy.call("count").intValue ?? 0
    }

    /// - Throws: ``LanternError/Code/notFound`` for a name that is not registered.
    public func lookup(_ name: String) async throws -> PyroURI {
        do {
            return try Self.uri(try await proxy.call("lookup", .text(name)))
        } catch let error as RemoteError where error.isA("NamingError") {
            throw LanternError(.notFound, error.message)
        }
    }

    /// All instances under a name. A name server that is none of Lantern's has one, of weight 1.
    ///
    /// - Throws: ``LanternError/Code/notFound`` for a name that is not registered.
    package func instances(of name: String) async throws -> [WeightedInstance] {
        guard try await proxy.remote.isLantern() else { return [WeightedInstance(try await lookup(name), 1)] }
        do {
            let found = try await proxy.call(
                "lookup", arguments: [.text(name)], keywords: [("return_instances", true)])
            // One that knows no instances, as Pyro's, answers with the URI.
            guard let rows = found.elements else { return [WeightedInstance(try Self.uri(found), 1)] }
            return try rows.map { row in
                guard let parts = row.elements, parts.count == 2, let uri = parts[0].textValue,
                    let weight = parts[1].intValue
                else { throw Self.unexpected("an instance with its weight") }
                return WeightedInstance(try PyroURI(uri), Int(clamping: weight))
            }
        } catch let error as RemoteError where error.isA("NamingError") {
            throw LanternError(.notFound, error.message)
        }
    }

    /// Registers a name, or moves it to another URI.
    ///
    /// - Parameter safe: refuses when the name is taken.
    public func register(
        _ name: String, uri: PyroURI, safe: Bool = false, metadata: Set<String> = []
    ) async throws {
        let tags: Value = metadata.isEmpty ? .none : .list(metadata.sorted().map { .text($0) })
        try await proxy.call("register", .text(name), .text(uri.description), .bool(safe), tags)
    }

    /// - Returns: whether the name was there.
    @discardableResult
    public func remove(_ name: String) async throws -> Bool {
        try await proxy.call("remove", .text(name)).intValue ?? 0 > 0
    }

    /// - Returns: how many names were removed.
    public func remove(prefix: String) async throws -> Int {
        try await proxy.call("remove", keywords: ["prefix": .text(prefix)]).intValue ?? 0
    }

    /// - Returns: how many names were removed.
    public func remove(regex: String) async throws -> Int {
        try await proxy.call("remove", keywords: ["regex": .text(regex)]).intValue ?? 0
    }

    public func setMetadata(_ name: String, _ metadata: Set<String>) async throws {
        try await proxy.call("set_metadata", .text(name), .list(metadata.sorted().map { .text($0) }))
    }

    public func list(prefix: String? = nil) async throws -> [String: PyroURI] {
        try Self.uris(
            await proxy.call("list", keywords: prefix.map { ["prefix": .text($0)] } ?? [:]))
    }

    public func list(regex: String) async throws -> [String: PyroURI] {
        try Self.uris(await proxy.call("list", keywords: ["regex": .text(regex)]))
    }

    /// The entries that have all of the tags.
    public func list(withAll tags: Set<String>) async throws -> [String: PyroURI] {
        try await yellowPages("meta_all", tags).mapValues(\.uri)
    }

    /// The entries that have one of the tags.
    public func list(withAny tags: Set<String>) async throws -> [String: PyroURI] {
        try await yellowPages("meta_any", tags).mapValues(\.uri)
    }

    /// All entries with their tags.
    public func entries(prefix: String? = nil) async throws -> [String: (uri: PyroURI, metadata: Set<String>)]
    {
        let result = try await proxy.call(
            "list",
            keywords: ["prefix": prefix.map { .text($0) } ?? .none, "return_metadata": true])
        return try Self.tagged(result)
    }

    private func yellowPages(
        _ filter: String, _ tags: Set<String>
    ) async throws -> [String: (uri: PyroURI, metadata: Set<String>)] {
        let tags = Value.list(tags.sorted().map { .text($0) })
        guard try await proxy.remote.generation() == .pyro4 else {
            return try Self.tagged(
                try await proxy.call("yplookup", arguments: [], keywords: [(filter, tags)]))
        }
        // Pyro4 has the filters, under a longer name, in its `list`.
        let result = try await proxy.call(
            "list", arguments: [],
            keywords: [("metadata" + filter.dropFirst(4), tags), ("return_metadata", true)])
        return try Self.tagged(result)
    }

    // MARK: - Reading answers

    /// A URI as text or as Pyro's class dict.
    private static func uri(_ value: Value) throws -> PyroURI {
        if let text = value.textValue { return try PyroURI(text) }
        guard let state = value["state"]?.elements, state.count == 5,
            let scheme = state[0].textValue, let object = state[1].textValue
        else { throw unexpected("a URI") }
        if let path = state[2].textValue {
            return try PyroURI("\(scheme):\(object)@\(PyroURI.Location.unix(path: path))")
        }
        guard let host = state[3].textValue, let port = state[4].intValue else { throw unexpected("a URI") }
        return try PyroURI("\(scheme):\(object)@\(PyroURI.Location.host(host, port: Int(port)))")
    }

    private static func uris(_ value: Value) throws -> [String: PyroURI] {
        guard let pairs = value.pairs else { throw unexpected("a dict of names") }
        return try pairs.reduce(into: [:]) { result, pair in
            guard let name = pair.key.textValue else { throw unexpected("a name") }
            result[name] = try uri(pair.value)
        }
    }

    private static func tagged(
        _ value: Value
    ) throws -> [String: (uri: PyroURI, metadata: Set<String>)] {
        guard let pairs = value.pairs else { throw unexpected("a dict of names") }
        return try pairs.reduce(into: [:]) { result, pair in
            guard let name = pair.key.textValue, let parts = pair.value.elements, parts.count == 2 else {
                throw unexpected("a name with URI and tags")
            }
            result[name] = (try uri(parts[0]), Set((parts[1].elements ?? []).compactMap(\.textValue)))
        }
    }

    private static func unexpected(_ what: String) -> LanternError {
        LanternError(.protocolViolation, "the name server answered something other than \(what)")
    }
}
