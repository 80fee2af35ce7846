package import LanternTLS

/// Where an etcd cluster is, and as whom we come.
package struct EtcdSettings: Sendable {
    /// At least one, all of one cluster; the next is tried when one does not answer.
    package var endpoints: [EtcdEndpoint]
    /// Our client certificate, its key, and the roots that the servers' certificates are held against.
    package var tls: TLSSettings
    /// For one request in all, with the attempts at other endpoints.
    package var deadline: Duration = .seconds(5)
    /// For one attempt at one endpoint; who is slower is given up.
    package var attempt: Duration = .milliseconds(1_500)
    package var limits = EtcdLimits()

    /// - Throws: ``EtcdError/Code/badSetting`` without an endpoint.
    package init(endpoints: [EtcdEndpoint], tls: TLSSettings) throws(EtcdError) {
        guard (1...64).contains(endpoints.count) else {
            throw EtcdError(.badSetting, "1 to 64 endpoints of etcd are needed, not \(endpoints.count)")
        }
        self.endpoints = endpoints
        self.tls = tls
    }
}

/// What etcd may cost us.
package struct EtcdLimits: Sendable, Hashable {
    /// Bytes of one message.
    package var message = 16 << 20
    /// Messages of a stream that wait to be looked at; then the stream is not read.
    package var waitingMessages = 16
    /// Requests at the same time.
    package var requests = 1_000

    package init() {}
}

/// One server of the cluster: `host:port`, `address:port` or `[address]:port`, with or without `https://`.
package struct EtcdEndpoint: Sendable, Hashable, CustomStringConvertible {
    package let host: String
    package let port: Int

    /// - Throws: ``EtcdError/Code/badSetting``, for `http://` too: there is no etcd without TLS here.
    package init(_ text: String) throws(EtcdError) {
        if text.hasPrefix("http://") {
            throw EtcdError(.badSetting, "'\(text.prefix(64))': etcd is spoken to over TLS only, https://")
        }
        var rest = Substring(text.hasPrefix("https://") ? String(text.dropFirst(8)) : text)
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        guard let colon = rest.lastIndex(of: ":"), let port = Int(rest[rest.index(after: colon)...]),
            (1...65_535).contains(port)
        else { throw Self.bad(text) }
        var host = rest[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            throw Self.bad(text)
        }
        guard !host.isEmpty, !host.contains(where: { "/@?# ".contains($0) }) else { throw Self.bad(text) }
        self.host = String(host)
        self.port = port
    }

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    private static func bad(_ text: String) -> EtcdError {
        EtcdError(.badSetting, "'\(text.prefix(64))' is no endpoint: host:port is one")
    }
}
