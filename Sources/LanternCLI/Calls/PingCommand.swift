import ArgumentParser
import Lantern
import LanternTrust

/// `lantern ping`: connects to an object and says who is there.
struct PingCommand: LanternSubcommand {
    static let configuration = CommandConfiguration(
        commandName: "ping",
        abstract: "Connect to an object, with certificate and signed handshake, and say who is there.",
        discussion: """
              lantern ping PYRONAME:example.warehouse
              lantern ping PYRO:Pyro.NameServer@localhost:9090 --json
            """)

    @Argument(help: "PYRO:object@host:port, PYRONAME:name or PYROMETA:tag,tag.")
    var uri: String
    @Flag(help: "One JSON object with uri, identity, key and milliseconds.")
    var json = false
    @OptionGroup var proxy: ProxyArguments
    @OptionGroup var home: HomeOptions
    @OptionGroup var logging: LogOptions

    func perform() async throws {
        let client = try proxy.client(of: home)
        let target = try client.dynamicProxy(uri).remote
        let start = ContinuousClock.now
        try await target.connect()
        let milliseconds = (ContinuousClock.now - start) / .milliseconds(1)
        let peer = try await target.peer()
        let rounded = (milliseconds * 10).rounded() / 10
        if json {
            Output.line(
                try JSONForm.text(
                    .map([
                        ValuePair("uri", .text(uri)), ValuePair("identity", .text("\(peer.identity)")),
                        ValuePair("key", .text(peer.keyID)), ValuePair("milliseconds", .float(rounded)),
                    ])))
        } else {
            Output.line("\(uri) is there: \(peer.identity), key \(peer.keyID), connected in \(rounded) ms")
        }
        target.close()
        await client.shutdown()
    }
}
