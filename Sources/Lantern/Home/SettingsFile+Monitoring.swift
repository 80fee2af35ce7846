import Yams

/// Where a daemon tells its health and numbers.
extension SettingsFile {
    /// ```yaml
    /// monitoring:
    ///   unix-socket: state/monitoring.sock     # from the directory of this file
    ///   unix-socket-mode: 0600
    ///   host: 0.0.0.0                          # mutual TLS; both kinds of place may be there
    ///   port: 9102
    ///   connections: 32
    ///   request-size: 8192
    ///   timeout: 10
    /// ```
    static func monitoring(_ node: Node, _ document: YAMLDocument, _ settings: inout Settings) throws {
        let members = try document.members(
            of: node,
            allowed: [
                "unix-socket", "unix-socket-mode", "host", "port", "connections", "request-size", "timeout",
            ],
            what: "monitoring")
        var monitoring = MonitoringSettings([])
        if let place = try socket(members, document) { monitoring.places.append(place) }
        if let host = members["host"] {
            guard let port = members["port"] else { throw document.error(host, "'host' needs 'port'") }
            monitoring.places.append(
                .tls(
                    host: try document.host(host, what: "host"),
                    port: try document.integer(port, what: "port", in: 0...65_535)))
        } else if let port = members["port"] {
            throw document.error(port, "'port' counts only with 'host'")
        }
        guard !monitoring.places.isEmpty else {
            throw document.error(node, "monitoring needs 'unix-socket', or 'host' and 'port'")
        }
        if let node = members["connections"] {
            monitoring.connections = try document.integer(node, what: "connections", in: 1...10_000)
        }
        if let node = members["request-size"] {
            monitoring.requestSize = try document.integer(node, what: "request-size", in: 64...1_048_576)
        }
        if let node = members["timeout"] {
            monitoring.timeout = try document.seconds(node, what: "timeout", in: 0.001...3_600)
        }
        settings.monitoring = monitoring
    }

    private static func socket(
        _ members: [String: Node], _ document: YAMLDocument
    ) throws -> MonitoringSettings.Place? {
        guard let node = members["unix-socket"] else {
            if let mode = members["unix-socket-mode"] {
                throw document.error(mode, "'unix-socket-mode' counts only with 'unix-socket'")
            }
            return nil
        }
        let directory = document.path.lastIndex(of: "/").map { String(document.path[...$0]) } ?? ""
        let path = try document.text(node, what: "unix-socket")
        let isWhole = path.hasPrefix("/") || path.hasPrefix("\0")
        let whole = isWhole ? path : directory + path
        do { try UnixSocket.check(whole) } catch let error as LanternError {
            throw document.error(node, "unix-socket: \(error.detail)")
        }
        let mode = try members["unix-socket-mode"].map {
            try document.fileMode($0, what: "unix-socket-mode")
        }
        return .unixSocket(path: whole, mode: mode ?? 0o600)
    }
}
