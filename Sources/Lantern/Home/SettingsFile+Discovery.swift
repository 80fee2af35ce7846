import NIOCore
import Yams

/// Finding the name server when nobody says where it is.
extension SettingsFile {
    /// ```yaml
    /// name-server: { domain: lantern.example, domain-timeout: 3 }
    /// ```
    static func domain(
        _ members: [String: Node], _ document: YAMLDocument, _ address: inout NameServerAddress
    ) throws {
        if let node = members["domain"] {
            for other in ["host", "port", "unix-socket"] {
                guard let node = members[other] else { continue }
                throw document.error(
                    node, "'\(other)' has no meaning beside 'domain': use one or the other")
            }
            let domain = try document.text(node, what: "domain")
            do {
                _ = try DNSQuestion(id: 0, name: NameServerLocator.service + domain)
            } catch { throw document.error(node, "domain is no domain name") }
            address.domain = domain
        }
        if let node = members["domain-timeout"] {
            address.domainTimeout = try document.seconds(node, what: "domain-timeout", in: 0.1...60)
        }
    }

    /// ```yaml
    /// broadcast:
    ///   answer: true                    # a name server
    ///   ask: true                       # everybody else
    ///   host: 0.0.0.0
    ///   port: 9091
    ///   addresses: ["192.0.2.255"]
    ///   pyro: true
    ///   rate: 50
    ///   timeout: 2
    /// ```
    static func broadcast(
        _ node: Node, _ document: YAMLDocument, _ settings: inout BroadcastSettings
    ) throws {
        let members = try document.members(
            of: node,
            allowed: ["answer", "ask", "host", "port", "addresses", "pyro", "rate", "timeout"],
            what: "broadcast")
        if let node = members["answer"] {
            settings.isAnswering = try document.bool(node, what: "answer")
        }
        if let node = members["ask"] { settings.isAsking = try document.bool(node, what: "ask") }
        if let node = members["pyro"] { settings.isAnsweringPyro = try document.bool(node, what: "pyro") }
        if let node = members["host"] {
            settings.host = try document.text(node, what: "host")
            guard isIPv4(settings.host) else { throw document.error(node, "host is an IPv4 address") }
        }
        if let node = members["port"] {
            settings.port = try document.integer(node, what: "port", in: 0...65_535)
        }
        if let node = members["addresses"] {
            settings.addresses = try document.texts(node, what: "addresses")
            guard (1...BroadcastSettings.maximumAddresses).contains(settings.addresses.count),
                settings.addresses.allSatisfy(isIPv4)
            else {
                throw document.error(
                    node, "addresses are 1 to \(BroadcastSettings.maximumAddresses) IPv4 addresses")
            }
        }
        if let node = members["rate"] {
            settings.answersPerSecond = try document.integer(node, what: "rate", in: 1...10_000)
        }
        if let node = members["timeout"] {
            settings.timeout = try document.seconds(node, what: "timeout", in: 0.1...60)
        }
    }

    private static func isIPv4(_ text: String) -> Bool {
        (try? SocketAddress(ipAddress: text, port: 0))?.protocol == .inet
    }
}
