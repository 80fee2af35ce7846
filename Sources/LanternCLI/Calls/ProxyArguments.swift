import ArgumentParser
import Lantern

/// `--serializer`, `--timeout`: how calls are made.
struct ProxyArguments: ParsableArguments {
    @Option(
        help: "msgpack, serpent, json or marshal. (default: that of lantern.yaml, else msgpack)",
        completion: .list(["msgpack", "serpent", "json", "marshal"]))
    var serializer: String?
    @Option(help: "Seconds until a call is given up. (default: that of lantern.yaml, else 30)")
    var timeout: Double?
    @Option(
        help: "What the server's certificate must be for. (default: the host of the URI, localhost for ./u:)")
    var serverName: String?
    @Option(help: "The identity that the server must have; * stands for anything.")
    var serverIdentity: String?

    func validate() throws {
        if let serializer, SerializerFormat(rawValue: serializer) == nil {
            let known = SerializerFormat.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("no serializer '\(serializer)'; known are \(known)")
        }
        if let timeout, !(0.001...86_400).contains(timeout) {
            throw ValidationError("--timeout is 0.001 to 86400 seconds")
        }
    }

    func client(of home: HomeOptions) throws -> Client {
        var settings = try home.settings()
        if let serializer, let format = SerializerFormat(rawValue: serializer) {
            settings.proxies.serializer = format
        }
        if let timeout {
            settings.proxies.timeout = .seconds(timeout)
            settings.proxies.connectTimeout = min(settings.proxies.connectTimeout, .seconds(timeout))
        }
        if let serverName { settings.proxies.serverName = serverName }
        if let serverIdentity { settings.proxies.expectedIdentity = serverIdentity }
        return try Client(settings: settings)
    }
}
