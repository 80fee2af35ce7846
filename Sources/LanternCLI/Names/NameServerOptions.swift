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
        if at == nil, address.isLookedFor(client.settings.broadcast) {
            let names = try client.nameServer().proxy
            defer { names.remote.close() }
            return try await work(names)
        }
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

    /// The same with what only a Lantern name server offers.
    func withService<Result>(_ work: (NameServiceStub) async throws -> Result) async throws -> Result {
        let client = try proxy.client(of: home)
        let location = try at.map { try PyroURI("PYRO:\(LanternNameServer.objectID)@\($0)").location }
        let service = try client.nameServiceStub(at: location ?? nil)
        defer { service.proxy.close() }
        return try await work(service)
    }
}

/// `--name`, `--prefix`, `--regex`, `--all`, `--any`: which names.
struct SearchOptions: ParsableArguments {
    @Option(help: "Only this name.")
    var name: String?
    @Option(help: "Names that start so.")
    var prefix: String?
    @Option(help: "Names that match from their start; Python's syntax.")
    var regex: String?
    @Option(help: "Names that have this tag; repeated, all of them.")
    var all: [String] = []
    @Option(help: "Names that have this tag; repeated, any of them.")
    var any: [String] = []

    var search: NameSearch {
        NameSearch(
            name: name, prefix: prefix, regex: regex, all: all.isEmpty ? nil : all,
            any: any.isEmpty ? nil : any)
    }

    func validate() throws {
        let given = [name != nil, prefix != nil, regex != nil, !all.isEmpty, !any.isEmpty]
        if given.count(where: { $0 }) > 1 {
            throw ValidationError("only one of --name, --prefix, --regex, --all and --any")
        }
    }
}
