import Foundation
import Lantern
import LanternTLS
import LanternTesting
import LanternTrust
import LanternValue
import Testing

struct SettingsTests {
    let hosts: TestHosts
    let home: LanternHome

    init() throws {
        hosts = try TestHosts()
        home = try hosts.homes(["server", "client"], policy: "version: 1\nrules: []\n")[0]
    }

    private func error(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "no error"
        } catch let error as LanternError {
            return error.code == .configuration ? error.detail : "\(error)"
        } catch {
            return "another error: \(error)"
        }
    }

    private func load(_ yaml: String) throws -> Settings {
        try yaml.write(toFile: home.settingsFile, atomically: true, encoding: .utf8)
        return try Settings.load(home)
    }

    private func remove(_ path: String) throws { try FileManager.default.removeItem(atPath: path) }

    @Test("a home that is not there, or was not named, says what to do")
    func noHome() {
        let missing = error { _ = try Settings.load(LanternHome(path: "/nowhere/home")) }
        #expect(missing.contains("/nowhere/home"))
        #expect(missing.contains("lantern init"))
        #expect(error { _ = try LanternHome(nil, environment: [:]) }.contains("LANTERN_HOME"))
        #expect(
            error { _ = try LanternHome(nil, environment: ["LANTERN_HOME": ""]) }.contains("LANTERN_HOME"))
    }

    @Test("I10 L8: the option wins over the environment")
    func chosenHome() throws {
        #expect(try LanternHome("/a", environment: ["LANTERN_HOME": "/b"]).path == "/a")
        #expect(try LanternHome(nil, environment: ["LANTERN_HOME": "/b"]).path == "/b")
    }

    @Test("I8: a complete home needs no settings file")
    func defaults() throws {
        let settings = try Settings.load(home)
        #expect(settings.listen == ListenSettings())
        #expect(settings.nameServer.port == 9090)
        #expect(settings.limits == DaemonLimits())
        #expect(settings.policy.rules.isEmpty)
        #expect(settings.tls.revocation == .whenPresent)
        #expect(settings.trust.isWatching)
        #expect(settings.polling == nil)
    }

    @Test(
        "a missing file is named",
        arguments: ["identity/cert.pem", "identity/key.pem", "trust/roots.pem", "keys/own.key"])
    func missingFile(name: String) throws {
        try remove(home.path + "/" + name)
        let text: String
        do {
            let settings = try Settings.load(home)
            _ = try Client(settings: settings)
            text = "no error"
        } catch {
            text = "\(error)"
        }
        #expect(text.contains(name.split(separator: "/").last.map(String.init) ?? name), "\(text)")
    }

    @Test("without a policy file a client works, and a daemon serves nobody")
    func noPolicy() throws {
        try remove(home.policyFile)
        #expect(try Settings.load(home).policy.rules.isEmpty)
    }

    @Test("C26 L7: everything that can be set")
    func everything() throws {
        let settings = try load(
            """
            listen: { host: 127.0.0.1, port: 4711, published-host: svc.example, published-port: 7000 }
            name-server: { host: ns.example, port: 9999, identity: "spiffe://lantern.test/ns" }
            proxies:
              { serializer: json, timeout: 2.5, connect-timeout: 1, retries: 3, retry-share: 0.5, retry-floor: 4 }
            keep-alive: { interval: 5, timeout: 2.5 }
            latency: { poll: 0.00005 }
            tls: { identity-source: dns, handshake-timeout: 3, key-password-environment: SECRET }
            limits:
              connections: 10
              handlers-per-connection: 11
              handlers: 12
              batch-calls: 13
              streams: 14
              streams-per-identity: 15
              handshake-timeout: 16
              call-timeout: 17
              stream-linger: 0
              drain-timeout: 0
              message-size: 65536
              depth: 50
              stream-lifetime: 20
              pending-handshakes: 21
              connections-per-identity: 22
              connections-per-address: 23
              idle-timeout: 24
            """)
        #expect(
            settings.listen
                == ListenSettings(
                    host: "127.0.0.1", port: 4711, publishedHost: "svc.example", publishedPort: 7000))
        #expect(settings.keepAlive == KeepAliveSettings(interval: .seconds(5), timeout: .seconds(2.5)))
        #expect(settings.retryBudget == RetryBudgetSettings(share: 0.5, floor: 4))
        #expect(
            settings.nameServer
                == NameServerAddress(host: "ns.example", port: 9999, identity: "spiffe://lantern.test/ns"))
        #expect(settings.proxies.serializer == .json)
        #expect(settings.proxies.timeout == .seconds(2.5))
        #expect(settings.proxies.connectTimeout == .seconds(1))
        #expect(settings.proxies.retries == 3)
        #expect(settings.polling == .microseconds(50))
        #expect(settings.tls.identitySource == .dnsName)
        #expect(settings.tls.handshakeTimeout == .seconds(3))
        var limits = DaemonLimits()
        limits.connections = 10
        limits.handlersPerConnection = 11
        limits.handlers = 12
        limits.batchCalls = 13
        limits.streams = 14
        limits.streamsPerIdentity = 15
        limits.handshakeTimeout = .seconds(16)
        limits.callTimeout = .seconds(17)
        limits.streamLinger = .zero
        limits.drainTimeout = .zero
        limits.messageSize = 65_536
        limits.decoding.depth = 50
        limits.streamLifetime = .seconds(20)
        limits.pendingHandshakes = 21
        limits.connectionsPerIdentity = 22
        limits.connectionsPerAddress = 23
        limits.idleTimeout = .seconds(24)
        #expect(settings.limits == limits)
    }

    @Test("Unix sockets: path, permissions in octal as chmod takes them, and the name server's")
    func unixSockets() throws {
        let settings = try load(
            """
            listen: { unix-socket: /run/lantern/a.sock, unix-socket-mode: 0660 }
            name-server: { unix-socket: /run/lantern/ns.sock, server-name: ns.example }
            """)
        #expect(settings.listen == ListenSettings(unixSocket: "/run/lantern/a.sock", mode: 0o660))
        #expect(
            settings.nameServer
                == NameServerAddress(unixSocket: "/run/lantern/ns.sock", serverName: "ns.example"))
        let other = try load("listen: { unix-socket: \"\\0abstract\", unix-socket-mode: 0o600 }")
        #expect(other.listen == ListenSettings(unixSocket: "\0abstract"))
    }

    @Test("IPv6 addresses with and without brackets")
    func ipv6() throws {
        let settings = try load(
            """
            listen: { host: "[::1]", published-host: "[2001:db8::7]" }
            name-server: { host: "2001:db8::9" }
            """)
        #expect(settings.listen == ListenSettings(host: "::1", publishedHost: "2001:db8::7"))
        #expect(settings.nameServer.location.description == "[2001:db8::9]:9090")
    }

    @Test("D17 compression and the generation of proxies can be set")
    func compressionAndGeneration() throws {
        let quiet = try load("proxies: { retries: 1 }")
        #expect(!quiet.proxies.compression && !quiet.compressesAnswers && quiet.proxies.generation == nil)
        let calls = try load("compression: { calls: true }\nproxies: { generation: pyro4 }")
        #expect(calls.proxies.compression && !calls.compressesAnswers)
        #expect(calls.proxies.generation == .pyro4)
        let answers = try load(
            "compression: { answers: true, calls: no }\nproxies: { generation: automatic }")
        #expect(!answers.proxies.compression && answers.compressesAnswers)
        #expect(answers.proxies.generation == nil)
        #expect(try load("proxies: { generation: pyro5 }").proxies.generation == .pyro5)
    }

    static let wrong: [(yaml: String, line: Int, word: String)] = [
        ("listne: {}", 1, "listne"),
        ("listen: 5", 1, "mapping"),
        ("listen: { hots: a }", 1, "hots"),
        ("listen:\n  port: 65536", 2, "65535"),
        ("listen:\n  port: -1", 2, "65535"),
        ("listen:\n  port: many", 2, "whole number"),
        ("listen:\n  host: [a]", 2, "text"),
        ("name-server:\n  port: 0", 2, "65535"),
        ("name-server:\n  port: 65536", 2, "65535"),
        ("proxies:\n  serializer: pickle", 2, "pickle"),
        ("proxies:\n  timeout: 0", 2, "seconds"),
        ("proxies:\n  timeout: 86401", 2, "seconds"),
        ("proxies:\n  timeout: .nan", 2, "seconds"),
        ("proxies:\n  timeout: soon", 2, "seconds"),
        ("proxies:\n  connect-timeout: 3601", 2, "seconds"),
        ("proxies:\n  retries: -1", 2, "whole number"),
        ("proxies:\n  retries: 101", 2, "whole number"),
        ("proxies:\n  generation: pyro3", 2, "pyro4"),
        ("compression:\n  calls: maybe", 2, "true or false"),
        ("compression: { zip: true }", 1, "zip"),
        ("tls:\n  identity-source: any", 2, "spiffe"),
        ("tls:\n  handshake-timeout: 0", 2, "seconds"),
        ("tls:\n  handshake-timeout: 301", 2, "seconds"),
        ("tls:\n  verify: false", 2, "verify"),
        ("latency:\n  poll: 0", 2, "seconds"),
        ("latency:\n  poll: 0.0011", 2, "seconds"),
        ("latency:\n  pole: 0.0001", 2, "pole"),
        ("limits:\n  connections: 0", 2, "whole number"),
        ("limits:\n  connections: 10000001", 2, "whole number"),
        ("limits:\n  message-size: 1023", 2, "whole number"),
        ("limits:\n  message-size: 1073741825", 2, "whole number"),
        ("limits:\n  depth: 7", 2, "whole number"),
        ("limits:\n  depth: 201", 2, "whole number"),
        ("limits:\n  handshake-timeout: 0", 2, "seconds"),
        ("limits:\n  call-timeout: 0", 2, "seconds"),
        ("limits:\n  drain-timeout: -1", 2, "seconds"),
        ("limits:\n  stream-lifetime: 0", 2, "seconds"),
        ("limits:\n  depth: 9\n  what: 1", 3, "what"),
        ("listen:\n  published-port: 0", 2, "65535"),
        ("listen:\n  unix-socket: /run/s\n  port: 1", 3, "unix-socket"),
        ("listen:\n  host: a\n  unix-socket: /run/s", 2, "unix-socket"),
        ("listen:\n  unix-socket: ''", 2, "empty"),
        ("listen:\n  unix-socket: /" + String(repeating: "x", count: 107), 2, "107"),
        ("listen:\n  unix-socket-mode: 0800", 2, "octal"),
        ("listen:\n  unix-socket-mode: 1777", 2, "octal"),
        ("listen:\n  unix-socket-mode: rw", 2, "octal"),
        ("name-server:\n  unix-socket: \"/run\\0/s\"", 2, "NUL"),
        ("keep-alive:\n  interval: 0", 2, "seconds"),
        ("keep-alive:\n  timeout: 3601", 2, "seconds"),
        ("keep-alive:\n  off: true", 2, "off"),
        ("proxies:\n  retry-share: 1.5", 2, "number"),
        ("proxies:\n  retry-floor: -1", 2, "whole number"),
        ("limits:\n  pending-handshakes: 0", 2, "whole number"),
        ("limits:\n  connections-per-identity: 0", 2, "whole number"),
        ("limits:\n  idle-timeout: 0", 2, "seconds"),
    ]

    @Test(
        "A15 where a daemon may call objects that callers pass",
        arguments: [
            ("connect: never", ReferenceSettings.Connecting.never), ("connect: caller", .caller),
            ("handed-out: 5", .caller),
            (
                "connect: anywhere, identity: \"spiffe://lantern.test/*\"",
                .anywhere(identity: "spiffe://lantern.test/*")
            ),
        ])
    func references(text: String, connecting: ReferenceSettings.Connecting) throws {
        let settings = try load("references: { \(text), handlers-per-connection: 3 }")
        #expect(settings.references.connecting == connecting)
        #expect(settings.references.handlersPerConnection == 3)
        #expect(settings.references.handedOut == (text.contains("handed-out") ? 5 : 1_024))
    }

    @Test(
        "a rule for references that says less than it must, or more, is refused",
        arguments: [
            "connect: everywhere", "connect: anywhere", "identity: \"x\"", "connect: caller, identity: \"x\"",
            "connect: never, identity: \"x\"", "handed-out: -1", "handlers-per-connection: 0", "other: 1",
        ])
    func badReferences(text: String) {
        #expect(throws: LanternError.self) { try load("references: { \(text) }") }
    }

    @Test("what pushed streams may cost holds for the daemon and for proxies")
    func streams() throws {
        let settings = try load(
            "streams: { delivery: pulled, per-connection: 3, window-items: 4, window-bytes: 5, item-size: 6 }"
        )
        for limits in [settings.limits.pushedStreams, settings.proxies.streamLimits] {
            #expect(limits.perConnection == 3)
            #expect(limits.windowItems == 4)
            #expect(limits.windowBytes == 5)
            #expect(limits.itemSize == 6)
        }
        #expect(settings.proxies.streamDelivery == .pulled)
        let plain = try load("streams: { delivery: pushed }")
        #expect(plain.proxies.streamDelivery == .pushed)
        #expect(plain.limits.pushedStreams == StreamLimits())
    }

    @Test(
        "numbers that are none for streams are refused",
        arguments: [
            "per-connection: 0", "per-connection: 100001", "window-items: 0", "window-items: 10000001",
            "window-bytes: 0", "window-bytes: 1073741825", "item-size: 0", "item-size: 1073741825",
            "delivery: sometimes", "other: 1",
        ])
    func badStreams(text: String) {
        #expect(throws: LanternError.self) { try load("streams: { \(text) }") }
    }

    @Test("what is wrong is told with file and line", arguments: wrong)
    func mistakes(yaml: String, line: Int, word: String) {
        let error = error { _ = try load(yaml) }
        #expect(error.hasPrefix("\(home.settingsFile):\(line): "), "\(error)")
        #expect(error.contains(word), "\(error)")
    }

    @Test(
        "what is no YAML, or no text, is told with the file",
        arguments: ["listen: {", "a: b: c", "listen: {}\nlisten: {}"])
    func noYAML(yaml: String) {
        let error = error { _ = try load(yaml) }
        #expect(error.hasPrefix(home.settingsFile), "\(error)")
        #expect(error.contains { $0.isNumber }, "\(error)")
    }

    @Test("a file that is no text is refused")
    func noText() throws {
        try Data([0xFF, 0xFE, 0x00]).write(to: URL(fileURLWithPath: home.settingsFile))
        #expect(error { _ = try Settings.load(home) }.contains("UTF-8"))
        try remove(home.settingsFile)
        try FileManager.default.createDirectory(atPath: home.settingsFile, withIntermediateDirectories: false)
        #expect(error { _ = try Settings.load(home) }.contains(home.settingsFile))
    }

    @Test("a key that others may read is refused")
    func openKey() throws {
        for path in [home.ownKeyFile, home.privateKeyFile] {
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
            #expect(throws: (any Error).self, "\(path)") { try Client(settings: .load(home)) }
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        }
        _ = try Client(settings: .load(home))
    }

    @Test("names may be kept on etcd, with files from beside the settings file")
    func namesOnEtcd() throws {
        #expect(try Settings.load(home).nameStore == .file)
        #expect(try load("names: { store: memory }").nameStore == .memory)
        #expect(try load("names: { store: sqlite }").nameStore == .file)
        let settings = try load(
            """
            names:
              store: etcd
              endpoints: ["a:1", "b:2"]
              certificate: etcd/cert.pem
              key: /etc/key.pem
              roots: etcd/roots.pem
              prefix: /p/
              staleness: 0.5
              timeout: 3
            """)
        var place = EtcdPlace(
            endpoints: ["a:1", "b:2"], certificateFile: home.path + "/etcd/cert.pem",
            privateKeyFile: "/etc/key.pem", trustRootsFile: home.path + "/etcd/roots.pem")
        place.prefix = "/p/"
        place.staleness = .milliseconds(500)
        place.deadline = .seconds(3)
        #expect(settings.nameStore == .etcd(place))
    }

    @Test(
        "a store of names that is not all there is refused",
        arguments: [
            ("names: { store: etcd }", "needs 'endpoints'"),
            ("names: { store: etcd, endpoints: [a], certificate: c, key: k }", "needs 'roots'"),
            ("names: { store: sqlite, prefix: x }", "'prefix' counts only with store: etcd"),
            ("names: { store: consul }", "store is"), ("names: { stor: x }", "unknown name"),
            (
                "names: { store: etcd, endpoints: [a], certificate: c, key: k, roots: r, staleness: 0 }",
                "staleness"
            ),
        ])
    func badNames(yaml: String, text: String) {
        #expect(error { _ = try load(yaml) }.contains(text))
    }
}
