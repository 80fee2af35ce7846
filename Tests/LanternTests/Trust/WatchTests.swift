import Foundation
import LanternTesting
import LanternTrust
import Testing

@testable import Lantern

/// The thread that follows files: how changes are noticed.
@Suite(.timeLimit(.minutes(2)))
struct WatchTests {
    @Test("a file that is renamed over is noticed by the system's word, long before the next look")
    func renamed() async throws {
        let stage = try await TrustStage(adjust: { $0.trust.pollInterval = .seconds(3_600) })
        let start = ContinuousClock.now
        try stage.replace(stage.server.policyFile, with: TrustStage.policy + "# another\n")
        #expect(await stage.epochs.next() == 2)
        #expect(start.duration(to: .now) < .seconds(30))
        try stage.issue(for: stage.server, "server")
        #expect(await stage.epochs.next() != nil)
        #expect(stage.daemon.health.status == .green)
        await stage.close()
    }

    @Test("a file that is written in place is noticed")
    func inPlace() async throws {
        let stage = try await TrustStage(adjust: { $0.trust.pollInterval = .seconds(3_600) })
        try (TrustStage.policy + "# in place\n").write(
            toFile: stage.server.policyFile, atomically: false, encoding: .utf8)
        #expect(await stage.epochs.next() == 2)
        await stage.close()
    }

    @Test("a key that appears or goes among the authorised ones is noticed")
    func keys() async throws {
        let stage = try await TrustStage()
        let path = stage.server.authorizedKeysDirectory + "/other.key"
        let other = try HandshakeKey.generate(id: "other", algorithm: .ed25519)
        try other.authorizedKey(for: ["spiffe://lantern.test/other"]).write(to: path)
        #expect(await stage.epochs.next() == 2)
        try stage.remove(path)
        #expect(await stage.epochs.next() == 3)
        await stage.close()
    }

    @Test("the regular look finds what the system does not tell: a link that leads elsewhere")
    func links() async throws {
        let stage = try await TrustStage(prepare: { _, server, _ in
            // As mounted secrets do it: ..data leads to a directory with all the files.
            let files = FileManager.default
            let trust = server.path + "/trust"
            try files.createDirectory(atPath: server.path + "/outside/one", withIntermediateDirectories: true)
            try files.moveItem(
                atPath: trust + "/roots.pem", toPath: server.path + "/outside/one/roots.pem")
            try files.createSymbolicLink(atPath: trust + "/..data", withDestinationPath: "../outside/one")
            try files.createSymbolicLink(
                atPath: trust + "/roots.pem", withDestinationPath: "..data/roots.pem")
        }) { $0.trust.pollInterval = .milliseconds(50) }
        let outside = stage.server.path + "/outside"
        let (second, third) = (try TestAuthority(), try TestAuthority(name: "third"))
        // In a directory that nobody watches.
        let both = try stage.text(outside + "/one/roots.pem") + "\n" + stage.text(second.rootsFile) + "\n"
        try stage.replace(outside + "/one/roots.pem", with: both)
        #expect(await stage.epochs.next() == 2)
        #expect(stage.daemon.core.trust.current.roots.count == 2)
        // The link itself is exchanged.
        try FileManager.default.createDirectory(
            atPath: outside + "/two", withIntermediateDirectories: true)
        let more = both + (try stage.text(third.rootsFile))
        try more.write(toFile: outside + "/two/roots.pem", atomically: false, encoding: .utf8)
        try FileManager.default.createSymbolicLink(
            atPath: stage.server.path + "/trust/..next", withDestinationPath: "../outside/two")
        #expect(rename(stage.server.path + "/trust/..next", stage.server.path + "/trust/..data") == 0)
        #expect(await stage.epochs.next() == 3)
        #expect(stage.daemon.core.trust.current.roots.count == 3)
        await stage.close()
    }

    @Test("a directory that is exchanged as a whole is noticed, and so is what changes in the new one")
    func directory() async throws {
        let stage = try await TrustStage(adjust: { $0.trust.pollInterval = .milliseconds(50) })
        let files = FileManager.default
        let identity = stage.server.path + "/identity"
        try files.copyItem(atPath: identity, toPath: identity + "-next")
        let next = LanternHome(path: stage.server.path + "/other")
        try files.createDirectory(atPath: next.path, withIntermediateDirectories: true)
        try files.moveItem(atPath: identity + "-next", toPath: next.path + "/identity")
        try stage.issue(for: next, "server")
        #expect(rename(identity, identity + "-old") == 0)
        #expect(rename(next.path + "/identity", identity) == 0)
        let before = stage.daemon.core.trust.current.tls.ownCertificate.fingerprint
        while stage.daemon.core.trust.current.tls.ownCertificate.fingerprint == before {
            try #require(await stage.epochs.next() != nil)
        }
        let between = stage.daemon.core.trust.current.tls.ownCertificate.fingerprint
        try stage.issue(for: stage.server, "server")
        while stage.daemon.core.trust.current.tls.ownCertificate.fingerprint == between {
            try #require(await stage.epochs.next() != nil)
        }
        await stage.close()
    }

    @Test("a broken file is told once, and green is told when it is mended")
    func logged() async throws {
        let stage = try await TrustStage(adjust: { $0.trust.pollInterval = .milliseconds(20) })
        try stage.replace(stage.server.policyFile, with: "version: 1\nrules: [")
        let line = try #require(await TrustStage.line(stage.log, holding: "not taken"))
        #expect(line.contains("policy.yaml"))
        #expect(await TrustStage.line(stage.log, holding: "trust health")?.contains("red") == true)
        try stage.replace(stage.server.policyFile, with: "version: 99\nrules: []\n")
        #expect(await TrustStage.line(stage.log, holding: "not taken")?.contains("policy.yaml") == true)
        try stage.replace(stage.server.policyFile, with: TrustStage.policy + "# new\n")
        #expect(await TrustStage.line(stage.log, holding: "green") != nil)
        await stage.close()
    }

    @Test("nothing is followed where that is switched off")
    func off() async throws {
        let stage = try await TrustStage(
            settings: "trust: { watch: false }\n", adjust: { $0.trust.pollInterval = .milliseconds(10) })
        #expect(stage.daemon.core.trust.directories.isEmpty)
        #expect(!stage.client.trust.directories.isEmpty)
        try stage.replace(stage.caller.policyFile, with: TrustStage.policy + "# new\n")
        try stage.replace(stage.server.policyFile, with: "nonsense")
        #expect(await stage.clientEpochs.next() == 2)
        #expect(stage.daemon.health.epoch == 1)
        #expect(stage.daemon.health.status == .green)
        await stage.close()
    }

    @Test("what changes between reading the settings and starting is found")
    func early() async throws {
        let hosts = try TestHosts()
        let home = try hosts.homes(["server"], policy: TrustStage.policy)[0]
        var settings = try Settings.load(home)
        settings.listen.host = "127.0.0.1"
        try "version: 1\nrules: []\n".write(toFile: home.policyFile, atomically: true, encoding: .utf8)
        let daemon = try await Daemon(settings: settings)
        let seen = Inbox<UInt64>()
        daemon.core.trust.observe { new, _ in seen.put(new.number) }
        // The first look may have been before anybody observed.
        if daemon.health.epoch == 1 { #expect(await seen.next() == 2) }
        #expect(daemon.core.trust.current.policy.rules.isEmpty)
        await daemon.shutdown()
    }

    @Test("the watcher lets go of what nobody holds any more")
    func dropped() async throws {
        weak var trust: LiveTrust?
        do {
            let stage = try await TrustStage()
            trust = stage.client.trust
            #expect(trust != nil)
            await stage.close()
        }
        // A look holds it for as long as it reads files.
        let patience = ContinuousClock.now + .seconds(60)
        while trust != nil, ContinuousClock.now < patience { await Task.yield() }
        #expect(trust == nil)
    }
}
