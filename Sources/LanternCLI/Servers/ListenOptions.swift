import ArgumentParser
import Lantern

/// `--host`, `--port`: where a server listens.
struct ListenOptions: ParsableArguments {
    @Option(help: "The host name or address to listen on. (default: listen.host of lantern.yaml)")
    var host: String?
    @Option(help: "The port; 0 takes a free one. (default: listen.port of lantern.yaml)")
    var port: Int?

    func validate() throws {
        if let port, !(0...65_535).contains(port) { throw ValidationError("--port is 0 to 65535") }
    }

    /// - Parameter fallback: the port where neither option nor file says one.
    func apply(to settings: inout Settings, fallback: Int = 0) {
        if let host { settings.listen.host = host }
        if let port {
            settings.listen.port = port
        } else if settings.listen.port == 0 {
            settings.listen.port = fallback
        }
    }
}
