import ArgumentParser
import Lantern
import LanternWire

/// Where the name server is, and how it is asked.
struct NameServerOptions: ParsableArguments {
    @Option(help: "HOST:PORT, [ADDRESS]:PORT or ./u:PATH of another name server than that of lantern.yaml.")
    var at: String?
    @OptionGroup var proxy: ProxyArguments
    @OptionGroup var home: HomeOptions

    /// Runs one piece of work with the name server and ends the connection.
    func withNames<Result>(_ work: (DynamicProxy) async throws -> Result) async throws -> Result {
        let client = try proxy.client(of: home)
        let address = client.settings.nameServer
        let place = at ?? address.location.description
        var options = client.settings.proxies
        if at == nil {
            options.expectedIdentity = options.expectedIdentity ?? address.identity
            options.serverName = options.serverName ?? address.serverName
        }
        let names = try client.dynamicProxy("PYRO:Pyro.NameServer@\(place)", options: options)
        defer { names.remote.close() }
        return try await work(names)
    }
}
