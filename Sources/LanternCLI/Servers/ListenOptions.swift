import ArgumentParser
import Lantern

/// `--host`, `--port`, `--unix-socket`: where a server listens.
struct ListenOptions: ParsableArguments {
    @Option(help: "The host name or address to listen on. (default: listen.host of lantern.yaml)")
    var host: String?
    @Option(help: "The port; 0 takes a free one. (default: listen.port of lantern.yaml)")
    var port: Int?
    @Option(
        name: [.customShort("u"), .long],
        help: "Listen on a Unix socket with this path instead; others of this host may not connect.",
        completion: .file())
    var unixSocket: String?

    func validate() throws {
        if let port, !(0...65_535).contains(port) { throw ValidationError("--port is 0 to 65535") }
        if unixSocket != nil, host != nil || port != nil {
            throw ValidationError("--unix-socket or --host and --port, not both")
        }
    }

    /// - Parameter fallback: the port where neither option nor file says one.
    func apply(to settings: inout Settings, fallback: Int = 0) {
        if let unixSocket {
            settings.listen = ListenSettings(unixSocket: unixSocket, mode: settings.listen.unixSocketMode)
            return
        }
        if host != nil || port != nil { settings.listen.unixSocket = nil }
        if let host {
            let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
            settings.listen.host = isBracketed ? String(host.dropFirst().dropLast()) : host
        }
        if let port {
            settings.listen.port = port
        } else if settings.listen.port == 0 {
            settings.listen.port = fallback
        }
    }
}
