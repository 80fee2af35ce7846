import LanternTLS
import LanternTrust
import Yams

/// Reads `lantern.yaml` into settings. Every name is optional; an unknown one is an error.
///
/// ```yaml
/// listen: { host: localhost, port: 0, published-host: svc.example }
/// name-server: { host: localhost, port: 9090, identity: "spiffe://lantern.test/ns" }
/// keep-alive: { interval: 60, timeout: 20 }
/// limits: { connections: 10000, handlers: 4096, message-size: 67108864, … }
/// proxies: { serializer: msgpack, timeout: 30, connect-timeout: 10, generation: pyro4 }
/// references: { connect: caller, handed-out: 1024, handlers-per-connection: 64 }
/// compression: { calls: true, answers: true }
/// latency: { poll: 0.0001 }
/// streams: { delivery: pushed, window-bytes: 1048576, … }
/// names: { store: etcd, endpoints: ["etcd1.example:2379"], certificate: etcd/cert.pem, key: …, roots: … }
/// broadcast: { answer: true, ask: true, port: 9091, … }
/// monitoring: { unix-socket: state/monitoring.sock, host: 0.0.0.0, port: 9102, … }
/// trust: { watch: true, expiry-grace: 0, warn-before: 604800, … }
/// ```
package enum SettingsFile {
    /// What the file says about places: for a check of the file alone.
    package static func read(
        _ path: String
    ) throws -> (listen: ListenSettings, nameServer: NameServerAddress, broadcast: BroadcastSettings) {
        let tls = TLSSettings(certificateChainFile: "", privateKeyFile: "", trustRootsFile: "")
        let key = try HandshakeKey.generate(id: "none", algorithm: .ed25519)
        let keyring = Keyring(own: key, authorized: [])
        var settings = Settings(tls: tls, keyring: keyring, policy: try PolicyTable(rules: []))
        if let text = try TextFile.read(path) { try apply(text, path: path, to: &settings) }
        return (settings.listen, settings.nameServer, settings.broadcast)
    }

    static func apply(_ text: String, path: String, to settings: inout Settings) throws {
        let document = try YAMLDocument(text, path: path)
        let members = try document.members(
            of: document.root,
            allowed: [
                "listen", "name-server", "limits", "proxies", "compression", "tls", "keep-alive", "latency",
                "references", "streams", "names", "trust", "broadcast", "monitoring",
            ],
            what: "the settings")
        if let node = members["listen"] { try listen(node, document, &settings) }
        if let node = members["name-server"] { try nameServer(node, document, &settings) }
        if let node = members["limits"] { try limits(node, document, &settings.limits) }
        if let node = members["proxies"] { try proxies(node, document, &settings) }
        if let node = members["compression"] { try compression(node, document, &settings) }
        if let node = members["tls"] { try tls(node, document, &settings) }
        if let node = members["keep-alive"] { try keepAlive(node, document, &settings.keepAlive) }
        if let node = members["latency"] { try latency(node, document, &settings) }
        if let node = members["trust"] { try trust(node, document, &settings.trust) }
        if let node = members["references"] { try references(node, document, &settings.references) }
        if let node = members["streams"] { try streams(node, document, &settings) }
        if let node = members["names"] { try names(node, document, &settings) }
        if let node = members["broadcast"] { try broadcast(node, document, &settings.broadcast) }
        if let node = members["monitoring"] { try monitoring(node, document, &settings) }
    }

    private static func listen(_ node: Node, _ document: YAMLDocument, _ settings: inout Settings) throws {
        let members = try document.members(
            of: node,
            allowed: [
                "host", "port", "published-host", "published-port", "unix-socket", "unix-socket-mode",
            ],
            what: "listen")
        if let host = members["host"] { settings.listen.host = try document.host(host, what: "host") }
        if let port = members["port"] {
            settings.listen.port = try document.integer(port, what: "port", in: 0...65_535)
        }
        if let host = members["published-host"] {
            settings.listen.publishedHost = try document.host(host, what: "published-host")
        }
        if let port = members["published-port"] {
            settings.listen.publishedPort = try document.integer(port, what: "published-port", in: 1...65_535)
        }
        if let path = members["unix-socket"] {
            for other in ["host", "port", "published-host", "published-port"] {
                guard let node = members[other] else { continue }
                throw document.error(
                    node, "'\(other)' has no meaning beside 'unix-socket': use one or the other")
            }
            settings.listen.unixSocket = try document.socketPath(path, what: "unix-socket")
        }
        if let mode = members["unix-socket-mode"] {
            settings.listen.unixSocketMode = try document.fileMode(mode, what: "unix-socket-mode")
        }
    }

    private static func nameServer(_ node: Node, _ document: YAMLDocument, _ settings: inout Settings) throws
    {
        let members = try document.members(
            of: node,
            allowed: [
                "host", "port", "identity", "unix-socket", "server-name", "domain", "domain-timeout",
            ],
            what: "name-server")
        try domain(members, document, &settings.nameServer)
        if let host = members["host"] { settings.nameServer.host = try document.host(host, what: "host") }
        if let path = members["unix-socket"] {
            settings.nameServer.unixSocket = try document.socketPath(path, what: "unix-socket")
        }
        if let name = members["server-name"] {
            settings.nameServer.serverName = try document.host(name, what: "server-name")
        }
        if let port = members["port"] {
            settings.nameServer.port = try document.integer(port, what: "port", in: 1...65_535)
        }
        if let identity = members["identity"] {
            settings.nameServer.identity = try document.text(identity, what: "identity")
        }
    }

    private static func proxies(_ node: Node, _ document: YAMLDocument, _ settings: inout Settings) throws {
        var options = settings.proxies
        defer { settings.proxies = options }
        let members = try document.members(
            of: node,
            allowed: [
                "serializer", "timeout", "connect-timeout", "retries", "retry-share", "retry-floor",
                "generation",
            ],
            what: "proxies")
        if let node = members["serializer"] {
            let name = try document.text(node, what: "serializer")
            guard let format = SerializerFormat(rawValue: name) else {
                let known = SerializerFormat.allCases.map(\.rawValue).joined(separator: ", ")
                throw document.error(node, "no serializer '\(name.prefix(64))'; known are \(known)")
            }
            options.serializer = format
        }
        if let node = members["timeout"] {
            options.timeout = try document.seconds(node, what: "timeout", in: 0.001...86_400)
        }
        if let node = members["connect-timeout"] {
            options.connectTimeout = try document.seconds(node, what: "connect-timeout", in: 0.001...3_600)
        }
        if let node = members["retries"] {
            options.retries = try document.integer(node, what: "retries", in: 0...100)
        }
        if let node = members["retry-share"] {
            settings.retryBudget.share = try document.number(node, what: "retry-share", in: 0...1)
        }
        if let node = members["retry-floor"] {
            settings.retryBudget.floor = try document.integer(node, what: "retry-floor", in: 0...10_000)
        }
        if let node = members["generation"] {
            switch try document.text(node, what: "generation") {
            case "automatic": options.generation = nil
            case "pyro4": options.generation = .pyro4
            case "pyro5": options.generation = .pyro5
            default: throw document.error(node, "generation is 'automatic', 'pyro4' or 'pyro5'")
            }
        }
    }

    private static func compression(
        _ node: Node, _ document: YAMLDocument, _ settings: inout Settings
    ) throws {
        let members = try document.members(of: node, allowed: ["calls", "answers"], what: "compression")
        if let node = members["calls"] {
            settings.proxies.compression = try document.bool(node, what: "calls")
        }
        if let node = members["answers"] {
            settings.compressesAnswers = try document.bool(node, what: "answers")
        }
    }

    private static func tls(_ node: Node, _ document: YAMLDocument, _ settings: inout Settings) throws {
        let members = try document.members(
            of: node,
            allowed: [
                "identity-source", "handshake-timeout", "key-password-file", "key-password-environment",
                "revocation",
            ],
            what: "tls")
        if let node = members["identity-source"] {
            switch try document.text(node, what: "identity-source") {
            case "spiffe": settings.tls.identitySource = .spiffe
            case "dns": settings.tls.identitySource = .dnsName
            default: throw document.error(node, "identity-source is 'spiffe' or 'dns'")
            }
        }
        if let node = members["revocation"] {
            switch try document.text(node, what: "revocation") {
            case "required": settings.tls.revocation = .required
            case "when-present": settings.tls.revocation = .whenPresent
            default: throw document.error(node, "revocation is 'required' or 'when-present'")
            }
        }
        if let node = members["handshake-timeout"] {
            settings.tls.handshakeTimeout = try document.seconds(
                node, what: "handshake-timeout", in: 0.1...300)
        }
        if let node = members["key-password-file"] {
            settings.tls.passwordSource = .file(try document.text(node, what: "key-password-file"))
        }
        if let node = members["key-password-environment"] {
            settings.tls.passwordSource = .environment(
                try document.text(node, what: "key-password-environment"))
        }
    }

    private static func keepAlive(
        _ node: Node, _ document: YAMLDocument, _ keepAlive: inout KeepAliveSettings
    ) throws {
        let members = try document.members(of: node, allowed: ["interval", "timeout"], what: "keep-alive")
        if let node = members["interval"] {
            keepAlive.interval = try document.seconds(node, what: "interval", in: 0.1...86_400)
        }
        if let node = members["timeout"] {
            keepAlive.timeout = try document.seconds(node, what: "timeout", in: 0.1...3_600)
        }
    }

    private static func latency(_ node: Node, _ document: YAMLDocument, _ settings: inout Settings) throws {
        let members = try document.members(of: node, allowed: ["poll"], what: "latency")
        if let node = members["poll"] {
            settings.polling = try document.seconds(node, what: "poll", in: 0.000_001...0.001)
        }
    }

    private static func references(
        _ node: Node, _ document: YAMLDocument, _ references: inout ReferenceSettings
    ) throws {
        let members = try document.members(
            of: node, allowed: ["connect", "identity", "handed-out", "handlers-per-connection"],
            what: "references")
        let identity = try members["identity"].map { try document.text($0, what: "identity") }
        if let node = members["connect"] {
            switch (try document.text(node, what: "connect"), identity) {
            case ("never", nil): references.connecting = .never
            case ("caller", nil): references.connecting = .caller
            case ("anywhere", let identity?): references.connecting = .anywhere(identity: identity)
            case ("anywhere", nil):
                throw document.error(
                    node, "connect: anywhere needs the identity that daemons there must have")
            default:
                throw document.error(
                    node, "connect is 'never', 'caller', or 'anywhere' together with an identity")
            }
        } else if let node = members["identity"] {
            throw document.error(node, "identity counts only with connect: anywhere")
        }
        if let node = members["handed-out"] {
            references.handedOut = try document.integer(node, what: "handed-out", in: 0...1_000_000)
        }
        if let node = members["handlers-per-connection"] {
            references.handlersPerConnection = try document.integer(
                node, what: "handlers-per-connection", in: 1...10_000)
        }
    }

    private static func limits(_ node: Node, _ document: YAMLDocument, _ limits: inout DaemonLimits) throws {
        let counts: [String: WritableKeyPath<DaemonLimits, Int>] = [
            "connections": \.connections, "handlers-per-connection": \.handlersPerConnection,
            "handlers": \.handlers, "batch-calls": \.batchCalls, "streams": \.streams,
            "streams-per-identity": \.streamsPerIdentity, "pending-handshakes": \.pendingHandshakes,
            "connections-per-identity": \.connectionsPerIdentity,
            "connections-per-address": \.connectionsPerAddress,
        ]
        let times: [String: WritableKeyPath<DaemonLimits, Duration>] = [
            "handshake-timeout": \.handshakeTimeout, "call-timeout": \.callTimeout,
            "stream-linger": \.streamLinger, "drain-timeout": \.drainTimeout,
        ]
        let others = ["message-size", "depth", "stream-lifetime", "idle-timeout"]
        let members = try document.members(
            of: node, allowed: Set(counts.keys).union(times.keys).union(others), what: "limits")
        for (name, node) in members {
            if let path = counts[name] {
                limits[keyPath: path] = try document.integer(node, what: name, in: 1...10_000_000)
            } else if let path = times[name] {
                // No time at all is a setting for what may be cut off, never for what must get done.
                let least = name == "stream-linger" || name == "drain-timeout" ? 0 : 0.001
                limits[keyPath: path] = try document.seconds(node, what: name, in: least...86_400)
            } else if name == "message-size" {
                limits.messageSize = try document.integer(node, what: name, in: 1_024...(1 << 30))
            } else if name == "depth" {
                limits.decoding.depth = try document.integer(node, what: name, in: 8...200)
            } else if name == "idle-timeout" {
                limits.idleTimeout = try document.seconds(node, what: name, in: 0.1...31_536_000)
            } else {
                limits.streamLifetime = try document.seconds(node, what: name, in: 0.1...31_536_000)
            }
        }
    }
}
