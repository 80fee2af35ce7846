/// Where a daemon tells its health and numbers, over HTTP: to the owner of a Unix socket, or to peers over mutual TLS.
///
/// | path | |
/// |:--|:--|
/// | `/healthz` | 200 while the process works |
/// | `/readyz` | 200 while it should be sent work, else 503 with the reasons |
/// | `/metrics` | the numbers, as Prometheus reads them |
///
/// Over TLS the peer needs a certificate that the daemon trusts and a rule of the policy that names the object
/// `Lantern.Monitoring`, with the method `health` or `metrics`. It proves no handshake key.
public struct MonitoringSettings: Sendable, Hashable {
    /// The object that policy rules name.
    public static let object = "Lantern.Monitoring"

    public enum Place: Sendable, Hashable {
        /// Plain HTTP for who may write to the socket's file; a path of at most 107 bytes, permissions as for `chmod`.
        case unixSocket(path: String, mode: Int = 0o600)
        /// HTTP over mutual TLS. Port 0 takes a free one.
        case tls(host: String, port: Int)
    }

    /// One or more.
    public var places: [Place]
    /// Connections at once, in all places together; one more is closed as soon as it is accepted.
    public var connections = 32
    /// Bytes of a request; a longer one gets status 431.
    public var requestSize = 8 << 10
    /// From the accepted connection, TLS included, to the whole request; and from there to the taken answer.
    public var timeout = Duration.seconds(10)

    public init(_ places: [Place]) { self.places = places }

    public init(_ place: Place) { self.init([place]) }

    /// - Throws: ``LanternError/Code/configuration``.
    func check() throws {
        guard !places.isEmpty, (1...10_000).contains(connections), (64...(1 << 20)).contains(requestSize),
            timeout >= .milliseconds(1), timeout <= .seconds(3_600)
        else {
            throw LanternError(
                .configuration,
                "monitoring needs a place, 1 to 10000 connections, requests of 64 to 1048576 bytes and 1 ms to 1 h"
            )
        }
    }
}

extension MonitoringSettings.Place: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unixSocket(let path, _): "unix:\(path)"
        case .tls(let host, let port): "https://\(host.contains(":") ? "[\(host)]" : host):\(port)"
        }
    }

    /// Reads `unix:PATH` or `https://HOST:PORT`.
    ///
    /// - Throws: ``LanternError/Code/misuse``; plain `http://` does not exist.
    public init(_ text: String) throws {
        if text.hasPrefix("unix:"), text.utf8.count > 5 {
            self = .unixSocket(path: String(text.dropFirst(5)))
            return
        }
        let rest = text.hasPrefix("https://") ? text.dropFirst(8) : ""
        guard let colon = rest.lastIndex(of: ":"), let port = UInt16(rest[rest.index(after: colon)...]) else {
            throw LanternError(
                .misuse, "a place is unix:PATH or https://HOST:PORT, not '\(text.prefix(128))'")
        }
        var host = rest[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty, !host.contains(where: { "/@[]".contains($0) }) else {
            throw LanternError(.misuse, "there is no host in '\(text.prefix(128))'")
        }
        self = .tls(host: String(host), port: Int(port))
    }
}
