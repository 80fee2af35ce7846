import Glibc

extension URIParser {
    func location(_ place: Scalars?, of scheme: PyroURI.Scheme) throws(URIError) -> PyroURI.Location? {
        guard let scalars = place else {
            guard scheme != .object else { throw URIError(.malformed, "PYRO needs a location behind an @") }
            return nil
        }
        if scalars.starts(with: "./u:".unicodeScalars) { return try socket(scalars.dropFirst(4)) }
        let (host, portText) = scalars.first == "[" ? try bracketed(scalars) : try plain(scalars)
        guard let portText else {
            guard scheme != .object else { throw URIError(.badPort, "PYRO needs a port") }
            return .host(host, port: PyroURI.defaultNameServerPort)
        }
        let port = rules == .strict ? Self.strictPort(portText) : Self.pythonInteger(portText)
        guard let port else { throw URIError(.badPort, "the port is not a number from 1 to 65535") }
        return .host(host, port: port)
    }

    private func socket(_ path: Scalars) throws(URIError) -> PyroURI.Location {
        guard !path.isEmpty, !path.contains(":") else {
            throw URIError(.badPath, "a socket path is empty or has a colon in it")
        }
        if rules == .strict {
            let visible = path.first == "\0" ? path.dropFirst() : path
            guard !visible.isEmpty, !visible.contains(where: \.isControl) else {
                throw URIError(.badPath, "a socket path is empty or has control characters in it")
            }
        }
        return .unix(path: Self.text(path))
    }

    /// `host` or `host:port`; the port is `nil` when it is left to the default.
    private func plain(_ scalars: Scalars) throws(URIError) -> (String, Scalars?) {
        let colon = scalars.firstIndex(of: ":") ?? scalars.endIndex
        let host = scalars[..<colon]
        let port = colon == scalars.endIndex ? nil : scalars[(colon + 1)...]
        guard rules == .strict else { return (Self.text(host), port?.isEmpty == true ? nil : port) }
        guard (1...253).contains(host.count), host.allSatisfy(Self.isHostName) else {
            throw URIError(.badHost, "a host name is empty, too long, or has characters that it cannot have")
        }
        return (Self.text(host), port)
    }

    /// `[address]` or `[address]:port`.
    private func bracketed(_ scalars: Scalars) throws(URIError) -> (String, Scalars?) {
        let inner = scalars.dropFirst()
        let end = inner.firstIndex { !Self.isAddress($0) } ?? inner.endIndex
        let address = inner[..<end]
        guard !address.isEmpty, end < inner.endIndex, inner[end] == "]" else {
            throw URIError(.badHost, "between brackets must be one numeric IPv6 address")
        }
        let rest = inner[(end + 1)...]
        let text = Self.text(address)
        switch rules {
        case .lenient:
            let digits = rest.dropFirst().prefix { $0.properties.numericType == .decimal }
            return (text, rest.first == ":" && !digits.isEmpty ? digits : nil)
        case .strict:
            guard Self.isIPv6(text) else {
                throw URIError(.badHost, "not an IPv6 address between the brackets")
            }
            guard rest.isEmpty || rest.first == ":" else {
                throw URIError(.badPort, "something other than a port behind the bracket")
            }
            return (text, rest.isEmpty ? nil : rest.dropFirst())
        }
    }

    private static func isHostName(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", ".", "-", "_": true
        default: false
        }
    }

    private static func isAddress(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "0"..."9", "a"..."f", "A"..."F", ":", "%": true
        default: false
        }
    }

    /// An IPv6 address that the system can read, with at most one zone.
    private static func isIPv6(_ text: String) -> Bool {
        let parts = text.split(separator: "%", omittingEmptySubsequences: false)
        guard parts.count <= 2, !parts.contains("") else { return false }
        var address = in6_addr()
        return unsafe inet_pton(AF_INET6, String(parts[0]), &address) == 1
    }
}
