import Foundation
import LanternTLS
import LanternTesting
import LanternTrust
import LanternValue
import LanternWire
import Synchronization
import Testing

@testable import Lantern

/// Connections that are made anew before anybody notices.
@Suite(.timeLimit(.minutes(2)))
struct RenewalTests {
    /// A stage whose server tells callers which certificate and key it sees.
    private func stage(
        prepare: (LocalAuthority, LanternHome, LanternHome) throws -> Void = { _, _, _ in }
    ) async throws -> (TrustStage, DynamicProxy) {
        let stage = try await TrustStage(prepare: prepare)
        try await stage.daemon.register(
            dynamic: Lab([
                "certificate": { _ in
                    .value(.text(CallContext.current?.peer.certificate.serialNumber ?? ""))
                },
                "key": { _ in .value(.text(CallContext.current?.peer.keyID ?? "")) },
            ]), id: "mirror")
        return (stage, try stage.client.dynamicProxy(stage.daemon.uri(of: "mirror").description))
    }

    /// Asks until the answer is another one; the time limit of the suite ends it.
    private func change(_ proxy: DynamicProxy, _ method: String, from old: Value) async throws -> Value {
        while true {
            let answer = try await proxy.call(method)
            if answer != old { return answer }
        }
    }

    /// Connects until the server shows another certificate.
    private func change(_ proxy: DynamicProxy, from old: String) async throws -> String {
        while true {
            _ = try await proxy.call("key")
            let shown = try await proxy.remote.peer().certificate.serialNumber
            if shown != old { return shown }
        }
    }

    @Test("no call fails while the client's certificate is exchanged, and the connection shows the new one")
    func clientLeaf() async throws {
        let (stage, mirror) = try await stage()
        let old = try await mirror.call("certificate")
        let failures = try await ConstantCalls { _ = try await mirror.call("key") }.during {
            try stage.issue(for: stage.caller, "client")
            let new = try await change(mirror, "certificate", from: old)
            #expect(new.textValue == stage.client.trust.current.tls.ownCertificate.serialNumber)
        }
        #expect(failures.isEmpty, "\(failures)")
        await stage.close()
    }

    @Test("clients follow the server to its new certificate, and the old one may be revoked: no call fails")
    func serverShowsAnother() async throws {
        let (stage, mirror) = try await stage()
        let old = try await mirror.remote.peer().certificate.serialNumber
        let copy = stage.server.certificateFile + ".old"
        try FileManager.default.copyItem(atPath: stage.server.certificateFile, toPath: copy)
        let failures = try await ConstantCalls { _ = try await mirror.call("key") }.during {
            try stage.issue(for: stage.server, "server")
            _ = try await change(mirror, from: old)
            while mirror.remote.retiredConnections > 0 { _ = try await mirror.call("key") }
            try stage.revoke([copy], in: stage.caller)
            #expect(await stage.clientEpochs.next() != nil)
            for _ in 0..<50 { _ = try await mirror.call("key") }
        }
        #expect(failures.isEmpty, "\(failures)")
        await stage.close()
    }

    @Test("no call fails while the server's certificate runs out and is followed by another one")
    func serverLeaf() async throws {
        let end = TrustStage.now + 12
        let (stage, mirror) = try await stage { authority, server, _ in
            try authority.issue(
                identity: TestHosts.identity("server"), dnsNames: ["localhost"], addresses: ["127.0.0.1"],
                notAfter: end, certificateFile: server.certificateFile, keyFile: server.privateKeyFile)
        }
        let old = try await mirror.remote.peer().certificate.serialNumber
        let failures = try await ConstantCalls { _ = try await mirror.call("key") }.during {
            try stage.issue(for: stage.server, "server")
            #expect(await stage.epochs.next() != nil)
            _ = try await change(mirror, from: old)
            // Calls go on past the end of the old certificate.
            while TrustStage.now <= end { _ = try await mirror.call("key") }
        }
        #expect(failures.isEmpty, "\(failures)")
        #expect(TrustStage.now > end)
        await stage.close()
    }

    @Test(
        "no call fails while the client's handshake key is exchanged: accepted first, then used, then retired"
    )
    func key() async throws {
        let (stage, mirror) = try await stage()
        let old = try await mirror.call("key")
        #expect(old == "client-1")
        let failures = try await ConstantCalls { _ = try await mirror.call("key") }.during {
            let key = try HandshakeKey.generate(id: "client-2", algorithm: .ed25519)
            let keys = stage.server.authorizedKeysDirectory
            try key.authorizedKey(for: ["spiffe://lantern.test/client"]).write(to: keys + "/client-2.key")
            #expect(await stage.epochs.next() == 2)
            try key.write(to: stage.caller.ownKeyFile)
            #expect(try await change(mirror, "key", from: old) == "client-2")
            try stage.remove(keys + "/client-1.key")
            #expect(await stage.epochs.next() == 3)
        }
        #expect(failures.isEmpty, "\(failures)")
        #expect(try await mirror.call("key") == "client-2")
        await stage.close()
    }

    @Test(
        "no call fails while issuer and root are exchanged in phases: trust both, issue from the new, retire the old"
    )
    func root() async throws {
        let (stage, mirror) = try await stage()
        let files = stage.hosts.directory
        let oldCertificate = try await mirror.call("certificate")
        let oldServer = try await mirror.remote.peer().certificate.serialNumber
        let next = try LocalAuthority.create(
            name: "next", certificateFile: files + "/next.pem", keyFile: files + "/next.key")
        let oldRoot = try stage.text(files + "/authority/ca.pem")
        let newRoot = try stage.text(files + "/next.pem")
        let failures = try await ConstantCalls { _ = try await mirror.call("key") }.during {
            for home in [stage.server, stage.caller] {
                try stage.replace(home.trustRootsFile, with: oldRoot + newRoot)
            }
            #expect(await stage.epochs.next() == 2)
            #expect(await stage.clientEpochs.next() == 2)
            try stage.issue(for: stage.caller, "client", by: next)
            _ = try await change(mirror, "certificate", from: oldCertificate)
            try stage.issue(for: stage.server, "server", by: next)
            while stage.daemon.core.trust.current.tls.ownCertificate.serialNumber == oldServer {
                #expect(await stage.epochs.next() != nil)
            }
            // The client stands on the server's old certificate still: without its root the connection would end.
            // A new key of its own, or time, moves it; here time is short.
            stage.client.trust.state.withLock { state in
                for id in state.peers.keys { state.peers[id]?.renewal = .now }
                state.nextRenewal = .now
            }
            _ = try await change(mirror, from: oldServer)
            for home in [stage.server, stage.caller] { try stage.replace(home.trustRootsFile, with: newRoot) }
            while stage.daemon.core.trust.current.roots.count > 1 {
                #expect(await stage.epochs.next() != nil)
            }
            while stage.client.trust.current.roots.count > 1 {
                #expect(await stage.clientEpochs.next() != nil)
            }
            _ = try await mirror.call("key")
        }
        #expect(failures.isEmpty, "\(failures)")
        #expect(stage.daemon.health.status == .green)
        #expect(stage.client.health.status == .green)
        await stage.close()
    }

    @Test("a call and a stream that are under way finish on the old connection")
    func underWay() async throws {
        let (stage, mirror) = try await stage()
        let counter = try stage.counter()
        var numbers = try await counter.numbers(upTo: 50).makeAsyncIterator()
        #expect(try await numbers.next() == 0)
        let waiting = Task { try await counter.wait() }
        try await stage.gate.wait("waiting")
        let old = try await mirror.call("certificate")
        try stage.issue(for: stage.caller, "client")
        _ = try await change(mirror, "certificate", from: old)
        let proxy = try #require(RemoteProxy.of(counter))
        while proxy.retiredConnections == 0 { _ = try await counter.add(1) }
        #expect(!stage.gate.isOpen("cancelled"))
        for expected in 1..<50 { #expect(try await numbers.next() == expected) }
        stage.gate.open("never")
        try await waiting.value
        while proxy.retiredConnections > 0 { _ = try await counter.add(1) }
        await stage.close()
    }

    @Test("objects that were handed out stay within reach: the old connection waits until they are withdrawn")
    func handedOut() async throws {
        let (stage, mirror) = try await stage()
        let counter = try stage.counter()
        let proxy = try #require(RemoteProxy.of(counter))
        let object = CounterService()
        _ = try await proxy.handOut(object, as: (any Counter).self)
        let old = try await mirror.call("certificate")
        try stage.issue(for: stage.caller, "client")
        _ = try await change(mirror, "certificate", from: old)
        while proxy.retiredConnections == 0 { _ = try await counter.add(1) }
        _ = try await counter.add(1)
        #expect(proxy.retiredConnections == 1)
        proxy.close()
        #expect(proxy.retiredConnections == 0)
        await stage.close()
    }

    @Test("when the new connection is refused the old one goes on")
    func refused() async throws {
        // The client trusts an authority that the server does not.
        let (stage, mirror) = try await stage { _, server, caller in
            let other = try LocalAuthority.create(
                name: "other", certificateFile: caller.path + "/other.pem",
                keyFile: caller.path + "/other.key")
            let roots = try [server.trustRootsFile, other.certificateFile].map {
                try #require(try TextFile.read($0))
            }
            try roots.joined().write(toFile: caller.trustRootsFile, atomically: true, encoding: .utf8)
        }
        let other = try LocalAuthority(
            certificateFile: stage.caller.path + "/other.pem", keyFile: stage.caller.path + "/other.key")
        let old = try await mirror.call("certificate")
        let failures = try await ConstantCalls { _ = try await mirror.call("key") }.during {
            try stage.issue(for: stage.caller, "client", by: other)
            #expect(await stage.clientEpochs.next() != nil)
            #expect(await TrustStage.line(stage.log, holding: "connection failed") != nil)
            #expect(try await mirror.call("certificate") == old)
            // Another try, with what the server takes.
            try stage.issue(for: stage.caller, "client")
            _ = try await change(mirror, "certificate", from: old)
        }
        #expect(failures.isEmpty, "\(failures)")
        await stage.close()
    }

    @Test("a proxy that keeps its connection keeps it")
    func kept() async throws {
        let (stage, mirror) = try await stage()
        var options = ProxyOptions()
        options.renewsConnections = false
        let kept = try stage.client.dynamicProxy(stage.daemon.uri(of: "mirror").description, options: options)
        let old = try await kept.call("certificate")
        _ = try await mirror.call("certificate")
        try stage.issue(for: stage.caller, "client")
        _ = try await change(mirror, "certificate", from: old)
        #expect(try await kept.call("certificate") == old)
        await stage.close()
    }

    // MARK: - When

    @Test("long before the end a connection waits until an eighth to a quarter of the whole time is left")
    func schedule() {
        let day: Int64 = 86_400
        func wait(_ now: Int64, _ jitter: Double) -> Double? {
            RenewalSchedule.wait(notBefore: 0, notAfter: 80 * day, now: now, jitter: jitter)
                .map { ($0 / .seconds(Double(day)) * 1_000).rounded() / 1_000 }
        }
        #expect(wait(0, 0) == 60)
        #expect(wait(0, 1) == 70)
        #expect(wait(0, 7) == 70)
        #expect(wait(40 * day, 0) == 20)
        // In the window already: half of what is left, and again.
        #expect(wait(60 * day, 0) == 10)
        #expect(wait(70 * day, 1) == 3.75)
    }

    @Test("near the end a connection tries once a second, and after it not at all")
    func end() {
        func wait(_ left: Int64) -> Duration? {
            RenewalSchedule.wait(notBefore: 0, notAfter: 1_000, now: 1_000 - left, jitter: 0)
        }
        #expect(wait(2) == .seconds(1))
        #expect(wait(1) == nil)
        #expect(wait(-5) == nil)
        #expect(RenewalSchedule.wait(notBefore: .min, notAfter: .max, now: 0, jitter: 0) == nil)
        #expect(RenewalSchedule.wait(notBefore: 0, notAfter: .max, now: 0, jitter: 0) != nil)
        #expect(RenewalSchedule.wait(notBefore: 5, notAfter: 5, now: 0, jitter: 0) == nil)
    }
}
