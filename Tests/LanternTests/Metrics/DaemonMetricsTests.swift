import CoreMetrics
import Foundation
import LanternTesting
import LanternTrust
import LanternValue
import Testing

@testable import Lantern

/// What a daemon counts.
@Suite(.timeLimit(.minutes(2)))
struct DaemonMetricsTests {
    private func value(_ name: String, _ registry: PrometheusRegistry) -> Double? {
        String(decoding: registry.exposition, as: UTF8.self).split(separator: "\n")
            .first { $0.hasPrefix(name + " ") }?.split(separator: " ").last.flatMap { Double($0) }
    }

    @Test("calls by their end, refusals by their reason, connections and bytes")
    func counting() async throws {
        let registry = PrometheusRegistry()
        let rules = [
            PolicyRule(.deny, identities: ["*"], objects: ["counter"], methods: ["notes"]), Loopback.allowAll,
        ]
        let loopback = try await Loopback(rules: rules) { $0.metrics = registry }
        let counter = try loopback.counter()
        for number in 1...3 { #expect(try await counter.add(1) == number) }
        await #expect(throws: RemoteError.self) { try await counter.fail(with: "x") }
        await #expect(throws: (any Error).self) { try await counter.notes() }
        await #expect(throws: (any Error).self) { try await loopback.dynamic().call("nothing") }
        let absent = try loopback.client.dynamicProxy("PYRO:absent@\(loopback.daemon.location)")
        await #expect(throws: (any Error).self) { try await absent.call("x") }
        let waiting = Task { try await counter.wait() }
        try await loopback.gate.wait("waiting")
        loopback.daemon.core.meters?.sample(loopback.daemon.core)
        #expect(value("lantern_calls_running", registry) == 1)
        #expect(value(#"lantern_connections{state="open"}"#, registry) == 1)
        waiting.cancel()
        try await loopback.gate.wait("cancelled")
        await loopback.close()
        #expect(value(#"lantern_calls_total{result="ok"}"#, registry) == 3)
        #expect(value(#"lantern_calls_total{result="error"}"#, registry) == 1)
        #expect(value(#"lantern_calls_total{result="cancelled"}"#, registry) == 1)
        #expect(value("lantern_call_duration_seconds_count", registry) == 5)
        #expect(value(#"lantern_calls_refused_total{reason="policy"}"#, registry) == 1)
        #expect(value(#"lantern_calls_refused_total{reason="unknown-member"}"#, registry) == 1)
        #expect(value(#"lantern_handshakes_refused_total{reason="unknown-object"}"#, registry) == 1)
        #expect(value("lantern_handshakes_total", registry) == 2)
        #expect(value("lantern_connections_accepted_total", registry) == 3)
        #expect(try #require(value("lantern_received_bytes_total", registry)) > 500)
        #expect(try #require(value("lantern_sent_bytes_total", registry)) > 500)
        #expect(value("lantern_trust_epoch", registry) == 1)
    }

    @Test("one-way calls that fail, batches, and calls on the event loop are counted too")
    func otherCalls() async throws {
        let registry = PrometheusRegistry()
        let loopback = try await Loopback(options: ObjectOptions(execution: .onLoop)) {
            $0.metrics = registry
        }
        let proxy = try loopback.dynamic()
        var batch = Batch(proxy.remote)
        batch.add("add", 1)
        batch.add("add", 2)
        #expect(try await batch.run().count == 2)
        #expect(try await proxy.call("add", 1) == 4)
        await loopback.close()
        #expect(value(#"lantern_calls_total{result="ok"}"#, registry) == 2)
        #expect(value("lantern_call_duration_seconds_count", registry) == 2)
    }

    @Test("strangers and keys that nobody knows are refusals of handshakes")
    func handshakes() async throws {
        let registry = PrometheusRegistry()
        let loopback = try await Loopback { $0.metrics = registry }
        let other = try await Loopback()
        await #expect(throws: LanternError.self) {
            try await Client(settings: other.caller).dynamicProxy(loopback.uri).call("notes")
        }
        var settings = loopback.caller
        let forged = try HandshakeKey.generate(id: "intruder-1", algorithm: .ed25519)
        settings.keyring = Keyring(own: forged, authorized: settings.keyring.authorized)
        await #expect(throws: LanternError.self) {
            try await Client(settings: settings).dynamicProxy(loopback.uri).call("notes")
        }
        await loopback.close()
        await other.close()
        #expect(value(#"lantern_handshakes_refused_total{reason="tls"}"#, registry) == 1)
        #expect(value(#"lantern_handshakes_refused_total{reason="authentication"}"#, registry) == 1)
        #expect(value("lantern_handshakes_total", registry) == 0)
    }

    @Test("where metrics go nowhere, nothing is measured")
    func off() async throws {
        let loopback = try await Loopback { $0.metrics = NOOPMetricsHandler.instance }
        #expect(loopback.daemon.core.meters == nil)
        #expect(loopback.daemon.exposition == nil)
        await loopback.close()
    }

    @Test("the audit log's lag is measured, and that it fails")
    func audit() async throws {
        let registry = PrometheusRegistry()
        let sink = LaggingSink()
        let loopback = try await Loopback(options: ObjectOptions(isAudited: true)) {
            $0.metrics = registry
            $0.audit = sink
        }
        #expect(try await loopback.counter().add(1) == 1)
        let core = loopback.daemon.core
        core.meters?.sample(core)
        #expect(value("lantern_audit_waiting", registry) == 3)
        #expect(value("lantern_audit_oldest_waiting_seconds", registry) == 1.5)
        #expect(value("lantern_audit_failing", registry) == 0)
        #expect(value("lantern_audit_record_duration_seconds_count", registry) == 1)
        sink.fails.open()
        core.meters?.sample(core)
        #expect(value("lantern_audit_failing", registry) == 1)
        await loopback.close()
    }

    @Test("every series is in the catalogue with its kind and labels, and all of the catalogue is there")
    func catalogue() async throws {
        let registry = PrometheusRegistry()
        let loopback = try await Loopback {
            $0.metrics = registry
            $0.audit = LaggingSink()
        }
        let core = loopback.daemon.core
        core.meters?.sample(core)
        #expect(MetricPromises.breaches(by: registry, of: MetricDescription.daemon) == [])
        await loopback.close()
    }

    @Test("docs/metrics.md has every metric as it is")
    func page() throws {
        let root = #filePath.prefix(upTo: try #require(#filePath.range(of: "/Tests/")).lowerBound)
        #expect(try MetricPromises.missing(in: root + "/docs/metrics.md", of: MetricDescription.daemon) == [])
    }
}

/// An audit sink that says it is behind.
private final class LaggingSink: AuditSink {
    let fails = Flag()

    func admit() throws { if fails.isOpen { throw AuditError(.closed, "closed by the test") } }
    func record(_ event: AuditEvent) async throws {}
    var lag: AuditLag { AuditLag(waiting: 3, oldest: .milliseconds(1_500)) }
}
