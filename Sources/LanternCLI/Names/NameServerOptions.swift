import ArgumentParser
import Lantern
import LanternWire

/// Where the name server is, and how it is asked.
struct NameServerOptions: ParsableArguments {
    @Option(help: "HOST:PORT of another name server than that of lantern.yaml.")
    var at: String?
    @OptionGroup var proxy: ProxyArguments
    @OptionGroup var home: HomeOptions

    /// Runs one piece of work with the name server and ends the connection.
    func withNames<Result>(_ work: (DynamicProxy) async throws -> Result) async throws -> Result {
        let client = try proxy.client(of: home)
        let address = client.settings.nameServer
        let place = at ?? PyroURI.Location.host(address.host, port: address.port).description
        var options = client.settings.proxies
        if at == nil { options.expectedIdentity = address.identity }
        let names = try client.dynamicProxy("PYRO:Pyro.NameServer@\(place)", options: options)
        defer { names.remote.close() }
        return try await work(names)
    }
}
