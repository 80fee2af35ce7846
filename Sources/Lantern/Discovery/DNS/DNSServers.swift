import NIOCore

/// The DNS servers that this host asks.
struct DNSServers: Sendable, Hashable {
    static let file = "/etc/resolv.conf"
    /// The system's own resolver looks at no more.
    static let maximum = 3

    /// In the order in which they are asked.
    let addresses: [SocketAddress]

    init(_ addresses: [SocketAddress]) { self.addresses = Array(addresses.prefix(Self.maximum)) }

    /// Reads the lines `nameserver ADDRESS` of a `resolv.conf`; without any it is this host.
    init(resolverFile text: String) {
        let named = text.split(whereSeparator: \.isNewline).compactMap { line -> SocketAddress? in
            let words = line.split(whereSeparator: \.isWhitespace)
            guard words.count >= 2, words[0] == "nameserver" else { return nil }
            return try? SocketAddress(ipAddress: String(words[1]), port: 53)
        }
        let own = try? SocketAddress(ipAddress: "127.0.0.1", port: 53)
        self.init(named.isEmpty ? [own].compactMap { $0 } : named)
    }

    /// Those of this host now.
    static func ofThisHost() -> DNSServers {
        DNSServers(resolverFile: (try? TextFile.read(file)) ?? "")
    }
}
