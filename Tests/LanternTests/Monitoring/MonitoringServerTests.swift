import Foundation
import LanternTLS
import LanternTesting
import LanternTrust
import Synchronization
import Testing

@testable import Lantern

/// Health and numbers of a daemon, as probes and Prometheus ask for them.
@Suite(.timeLimit(.minutes(2)))
struct MonitoringServerTests {
    let directory: TestDirectory

    init() throws { directory = try TestDirectory() }

    private var path: String { directory.path("m.sock") }

    private func serve(
        rules: [PolicyRule] = [Loopback.allowAll], places: [MonitoringSettings.Place]? = nil,
        logger: LogBook? = nil, _ adjust: (inout MonitoringSettings) -> Void = { _ in }
    ) async throws -> Loopback {
        var monitoring = MonitoringSettings(places ?? [.unixSocket(path: path)])
        adjust(&monitoring)
        return try await Loopback(rules: rules, logger: logger?.logger) { $0.monitoring = monitoring }
    }

    /// Runs the daemon as long as the test.
    private func running(_ loopback: Loopback, _ test: () async throws -> Void) async throws {
        let task = Task { try await loopback.daemon.run() }
        while case .starting = loopback.daemon.phase.withLock({ $0 }) { await Task.yield() }
        try await test()
        await loopback.close()
        try await task.value
    }

    @Test("the three paths over a Unix socket that only its owner may write to")
    func paths() async throws {
        let loopback = try await serve()
        try await running(loopback) {
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            let counter = try loopback.counter()
            #expect(try await counter.add(1) == 1)
            let alive = try await RawHTTP.local(path, RawHTTP.get("/healthz"))
            #expect(RawHTTP.status(alive) == 200 && RawHTTP.body(alive) == "{\"alive\": true}\n")
            let ready = try await RawHTTP.local(path, RawHTTP.get("/readyz?verbose"))
            #expect(
                RawHTTP.status(ready) == 200
                    && RawHTTP.body(ready) == "{\"ready\": true, \"reasons\": [], \"warnings\": []}\n")
            let numbers = try await RawHTTP.local(path, RawHTTP.get("/metrics"))
            #expect(numbers.contains("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"))
            #expect(numbers.contains("\nlantern_calls_total{result=\"ok\"} 1\n"))
            #expect(numbers.contains("\nlantern_connections{state=\"open\"} 1\n"), "as of now")
            #expect(numbers.contains("# HELP lantern_calls_total Calls that were run"))
            #expect(try await counter.add(1) == 2)
        }
        #expect(!FileManager.default.fileExists(atPath: path), "the file goes with the daemon")
    }

    @Test("the head of an answer alone, for HEAD")
    func head() async throws {
        let loopback = try await serve()
        let answer = try await RawHTTP.local(path, "HEAD /healthz HTTP/1.1\r\n\r\n")
        #expect(RawHTTP.status(answer) == 200 && answer.contains("Content-Length: 16\r\n"))
        #expect(RawHTTP.body(answer) == "")
        await loopback.close()
    }

    @Test(
        "what is no request for one of the paths",
        arguments: [
            ("GET /secret HTTP/1.1\r\n\r\n", 404), ("GET /metrics/ HTTP/1.1\r\n\r\n", 404),
            ("GET http://x/metrics HTTP/1.1\r\n\r\n", 404), ("GET /../metrics HTTP/1.1\r\n\r\n", 404),
            ("POST /metrics HTTP/1.1\r\n\r\n", 405), ("DELETE /healthz HTTP/1.1\r\n\r\n", 405),
            ("OPTIONS * HTTP/1.1\r\n\r\n", 405),
            ("GET /healthz HTTP/1.1\r\nContent-Length: 1\r\n\r\nx", 413),
            ("GET /healthz HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 413),
            ("GET /healthz HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 200),
            ("GET /healthz HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n", 400),
            ("GET /healthz HTTP/1.1\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
            ("nonsense\r\n\r\n", 400), ("GET /healthz HTTP/9.9\r\n\r\n", 400), ("\0\0\0\0", 400),
            ("PYRO\u{1}\u{2}", 400),
        ])
    func badRequests(request: String, status: Int) async throws {
        let loopback = try await serve()
        let answer = try await RawHTTP.local(path, request)
        #expect(RawHTTP.status(answer) == status, "\(answer)")
        #expect(answer.components(separatedBy: "HTTP/1.1 ").count == 2, "one answer")
        await loopback.close()
    }

    @Test("a request may have as many bytes as the limit says, and not one more")
    func size() async throws {
        let loopback = try await serve { $0.requestSize = 200 }
        let head = "GET /healthz HTTP/1.1\r\nX: "
        let filled = head + String(repeating: "a", count: 200 - head.utf8.count - 4) + "\r\n\r\n"
        #expect(filled.utf8.count == 200)
        #expect(RawHTTP.status(try await RawHTTP.local(path, filled)) == 200)
        let long = head + String(repeating: "a", count: 201 - head.utf8.count - 4) + "\r\n\r\n"
        #expect(RawHTTP.status(try await RawHTTP.local(path, long)) == 431)
        let endless = head + String(repeating: "a", count: 1 << 20)
        #expect(RawHTTP.status(try await RawHTTP.local(path, endless)) == 431)
        await loopback.close()
    }

    @Test("one request for a connection: what comes behind it is not read")
    func pipelined() async throws {
        let loopback = try await serve()
        let answer = try await RawHTTP.local(path, RawHTTP.get("/healthz") + RawHTTP.get("/metrics"))
        #expect(RawHTTP.status(answer) == 200 && !answer.contains("lantern_"))
        await loopback.close()
    }

    @Test("who sends no request within the time is closed, and who sends one late but in time is answered")
    func timeout() async throws {
        let loopback = try await serve { $0.timeout = .milliseconds(200) }
        let silent = try await RawHTTP.open(path)
        try await silent.send("GET /healthz HTTP/1.1\r\n")
        #expect(try await silent.rest() == "")
        #expect(RawHTTP.status(try await RawHTTP.local(path, RawHTTP.get("/healthz"))) == 200)
        await loopback.close()
    }

    @Test("so many connections as the limit says, and then none until one has ended")
    func connections() async throws {
        let loopback = try await serve { $0.connections = 2 }
        let server = try #require(loopback.daemon.monitoring)
        let first = try await RawHTTP.open(path)
        let second = try await RawHTTP.open(path)
        while server.connectionCount < 2 { await Task.yield() }
        let third = try await RawHTTP.open(path)
        #expect(try await third.rest() == "")
        try await second.send(RawHTTP.get("/healthz"))
        #expect(RawHTTP.status(try await second.rest()) == 200)
        while server.connectionCount > 1 { await Task.yield() }
        #expect(RawHTTP.status(try await RawHTTP.local(path, RawHTTP.get("/healthz"))) == 200)
        await first.close()
        await loopback.close()
    }

    @Test("a daemon that does not run yet is not ready; one that drains says so until its end")
    func phases() async throws {
        let loopback = try await serve()
        let starting = try await RawHTTP.local(path, RawHTTP.get("/readyz"))
        #expect(RawHTTP.status(starting) == 503 && starting.contains("\"part\": \"starting\""))
        let running = Task { try await loopback.daemon.run() }
        while case .starting = loopback.daemon.phase.withLock({ $0 }) { await Task.yield() }
        #expect(await loopback.daemon.readiness().isReady)
        let call = Task { try await loopback.counter().wait() }
        try await loopback.gate.wait("waiting")
        let ending = Task { await loopback.daemon.shutdown() }
        while case .running = loopback.daemon.phase.withLock({ $0 }) { await Task.yield() }
        let draining = try await RawHTTP.local(path, RawHTTP.get("/readyz"))
        #expect(RawHTTP.status(draining) == 503 && draining.contains("\"part\": \"draining\""))
        #expect(RawHTTP.status(try await RawHTTP.local(path, RawHTTP.get("/healthz"))) == 200)
        call.cancel()
        _ = await call.result
        await ending.value
        try await running.value
        await #expect(throws: LanternError.self) { try await RawHTTP.open(path) }
        await loopback.close()
    }

    @Test("parts of the program count, and one that hangs counts as broken within its time")
    func checks() async throws {
        let loopback = try await serve()
        let daemon = loopback.daemon
        let gate = Gate()
        let begun = Meter()
        daemon.addReadinessCheck("cache") {}
        daemon.addReadinessCheck("database", within: .milliseconds(50)) {
            begun.enter()
            try await gate.wait("answer")
        }
        daemon.addReadinessCheck("queue") { throw LanternError(.overloaded, "say \"no\"") }
        try await running(loopback) {
            for _ in 0..<3 {
                let reasons = await daemon.readiness().reasons
                #expect(reasons.map(\.part) == ["database", "queue"])
                #expect(reasons.first?.detail.hasPrefix("no answer within") == true)
            }
            #expect(begun.total == 1, "what hangs is asked once")
            let answer = try await RawHTTP.local(path, RawHTTP.get("/readyz"))
            #expect(answer.contains(#"{"part": "queue", "detail": "say \"no\""}"#))
            gate.open("answer")
            while begun.total < 2 { _ = await daemon.readiness() }
        }
    }

    @Test("an audit log that cannot be written makes a daemon not ready")
    func audit() async throws {
        let place = path
        let sink = BrokenSink()
        let loopback = try await Loopback {
            $0.monitoring = MonitoringSettings(.unixSocket(path: place))
            $0.audit = sink
        }
        try await running(loopback) {
            #expect(await loopback.daemon.readiness().isReady)
            sink.isBroken.open()
            let answer = try await RawHTTP.local(path, RawHTTP.get("/readyz"))
            #expect(RawHTTP.status(answer) == 503 && answer.contains("\"part\": \"audit\""), "\(answer)")
        }
    }

    @Test("a place that is taken is an error of the start, and leaves nothing behind")
    func taken() async throws {
        let first = try await serve()
        await #expect(throws: LanternError.self) {
            try await serve(places: [.unixSocket(path: directory.path("o.sock")), .unixSocket(path: path)])
        }
        #expect(!FileManager.default.fileExists(atPath: directory.path("o.sock")))
        await #expect(throws: LanternError.self) { try await serve(places: []) }
        await first.close()
    }

    // MARK: - Over TLS

    private static let readers = [
        PolicyRule(
            .allow, identities: ["spiffe://lantern.test/client"], objects: ["Lantern.Monitoring"],
            methods: ["metrics"])
    ]

    private func tls(_ loopback: Loopback) throws -> MonitoringSettings.Place {
        try #require(loopback.daemon.monitoringPlaces.first)
    }

    private func ask(_ loopback: Loopback, _ settings: Settings, _ path: String) async throws -> Int {
        let identity = "spiffe://lantern.test/server"
        return try await MonitoringClient(settings, place: tls(loopback), identity: identity).get(path).status
    }

    @Test("over mutual TLS the policy decides who reads what, by certificate")
    func permission() async throws {
        let log = LogBook()
        let loopback = try await serve(
            rules: Self.readers, places: [.tls(host: "127.0.0.1", port: 0)], logger: log)
        #expect(try await ask(loopback, loopback.caller, "/metrics") == 200)
        #expect(try await ask(loopback, loopback.caller, "/readyz") == 403)
        #expect(try await ask(loopback, loopback.caller, "/healthz") == 403)
        #expect(try await ask(loopback, loopback.server, "/metrics") == 403, "nor the daemon itself")
        #expect(try await ask(loopback, loopback.caller, "/other") == 404)
        await loopback.close()
        log.lines.end()
        var refusals = 0
        while let line = await log.lines.next() { refusals += line.hasPrefix("monitoring refused") ? 1 : 0 }
        #expect(refusals == 3)
    }

    @Test("rules about all objects open nothing to a certificate alone, and every deny rule counts")
    func explicit() async throws {
        let place = [MonitoringSettings.Place.tls(host: "127.0.0.1", port: 0)]
        let open = try await serve(rules: [Loopback.allowAll], places: place)
        #expect(try await ask(open, open.caller, "/metrics") == 403)
        await open.close()
        let deny = PolicyRule(.deny, identities: ["*"], objects: ["*"], methods: ["metrics"])
        let denied = try await serve(rules: Self.readers + [deny], places: place)
        #expect(try await ask(denied, denied.caller, "/metrics") == 403)
        await denied.close()
    }

    @Test("a policy that changes counts from the next request on")
    func changedPolicy() async throws {
        let loopback = try await serve(rules: Self.readers, places: [.tls(host: "127.0.0.1", port: 0)])
        #expect(try await ask(loopback, loopback.caller, "/metrics") == 200)
        try loopback.daemon.replacePolicy(PolicyTable(rules: []))
        #expect(try await ask(loopback, loopback.caller, "/metrics") == 403)
        await loopback.close()
    }

    @Test("a certificate of another authority gets no answer at all")
    func stranger() async throws {
        let loopback = try await serve(rules: Self.readers, places: [.tls(host: "127.0.0.1", port: 0)])
        let other = try await Loopback()
        await #expect(throws: LanternError.self) { try await ask(loopback, other.caller, "/metrics") }
        await other.close()
        await loopback.close()
    }

    @Test("plain HTTP on the TLS place gets nothing")
    func plain() async throws {
        let loopback = try await serve(rules: Self.readers, places: [.tls(host: "127.0.0.1", port: 0)])
        guard case .tls(_, let port) = try tls(loopback) else { return }
        let answer = try await RawHTTP.plain(port: port, RawHTTP.get("/metrics"))
        #expect(!answer.contains("HTTP") && !answer.contains("lantern_"))
        await loopback.close()
    }

    @Test("who the client takes for the daemon must have its identity")
    func impostor() async throws {
        let loopback = try await serve(rules: Self.readers, places: [.tls(host: "127.0.0.1", port: 0)])
        let client = MonitoringClient(
            loopback.caller, place: try tls(loopback), identity: "spiffe://lantern.test/another")
        await #expect(throws: LanternError.self) { try await client.get("/metrics") }
        await loopback.close()
    }

    // MARK: - Settings

    @Test(
        "places as text",
        arguments: [
            ("unix:/run/x.sock", MonitoringSettings.Place.unixSocket(path: "/run/x.sock")),
            ("https://0.0.0.0:9102", .tls(host: "0.0.0.0", port: 9102)),
            ("https://[::1]:0", .tls(host: "::1", port: 0)),
            ("http://localhost:1", nil), ("https://localhost", nil), ("https://:1", nil), ("unix:", nil),
            ("https://a/b:1", nil), ("https://localhost:70000", nil), ("", nil),
        ] as [(String, MonitoringSettings.Place?)])
    func placeTexts(text: String, place: MonitoringSettings.Place?) {
        #expect((try? MonitoringSettings.Place(text)) == place)
    }

    private func read(_ yaml: String) throws -> MonitoringSettings? {
        var settings = try TestHosts().pair(rules: []).server
        try SettingsFile.apply("monitoring: \(yaml)", path: "/home/lantern.yaml", to: &settings)
        return settings.monitoring
    }

    @Test("monitoring in lantern.yaml")
    func yaml() throws {
        let all = try #require(
            try read(
                "{ unix-socket: state/m.sock, unix-socket-mode: 0660, host: \"[::]\", port: 9102, "
                    + "connections: 5, request-size: 100, timeout: 0.5 }"))
        #expect(
            all.places == [
                .unixSocket(path: "/home/state/m.sock", mode: 0o660), .tls(host: "::", port: 9102),
            ])
        #expect(all.connections == 5 && all.requestSize == 100 && all.timeout == .milliseconds(500))
        #expect(try read("{ unix-socket: /run/m.sock }")?.places == [.unixSocket(path: "/run/m.sock")])
    }

    @Test(
        "mistakes in it",
        arguments: [
            "{}", "{ host: a }", "{ port: 1 }", "{ unix-socket-mode: 0600, host: a, port: 1 }",
            "{ plain: true }",
            "{ unix-socket: x, connections: 0 }", "{ unix-socket: x, connections: 10001 }",
            "{ unix-socket: x, request-size: 63 }", "{ unix-socket: x, timeout: 0 }",
            "{ unix-socket: x, unix-socket-mode: 9 }", "{ host: a, port: 65536 }", "[]",
        ])
    func yamlMistakes(text: String) { #expect(throws: LanternError.self) { try read(text) } }
}

private final class BrokenSink: AuditSink {
    let isBroken = Flag()
    func admit() throws { if isBroken.isOpen { throw AuditError(.closed, "no disk") } }
    func record(_ event: AuditEvent) async throws {}
}
