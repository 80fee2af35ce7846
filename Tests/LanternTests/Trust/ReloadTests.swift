import Foundation
import LanternTLS
import LanternTesting
import LanternTrust
import Testing

@testable import Lantern

/// Which sets of files are taken, asked for by hand: the old set stays whatever is wrong with the new one.
@Suite(.timeLimit(.minutes(2)))
struct ReloadTests {
    /// Reloads, and expects a refusal that names the file.
    private func refusal(
        _ stage: TrustStage, naming file: String, _ sourceLocation: SourceLocation = #_sourceLocation
    )
        async throws -> String
    {
        let before = stage.daemon.health.epoch
        let error = await #expect(throws: LanternError.self, sourceLocation: sourceLocation) {
            try await stage.daemon.reload()
        }
        #expect(error?.code == .configuration, sourceLocation: sourceLocation)
        let health = stage.daemon.health
        #expect(health.status == .red, sourceLocation: sourceLocation)
        #expect(health.epoch == before, sourceLocation: sourceLocation)
        #expect(health.reasons.first?.file == file, sourceLocation: sourceLocation)
        #expect(error?.detail.contains(file) == true, sourceLocation: sourceLocation)
        return error?.detail ?? ""
    }

    @Test("a right set is the next epoch, and new connections stand on it")
    func taken() async throws {
        let stage = try await TrustStage(adjust: { $0.trust.isWatching = false })
        #expect(stage.daemon.health.status == .green)
        #expect(stage.daemon.health.epoch == 1)
        let old = try await stage.dynamic().remote.peer().certificate.fingerprint
        try stage.issue(for: stage.server, "server")
        try await stage.daemon.reload()
        #expect(stage.daemon.health.epoch == 2)
        #expect(stage.daemon.health.status == .green)
        let new = try await stage.dynamic().remote.peer().certificate.fingerprint
        #expect(new != old)
        await stage.close()
    }

    @Test(
        "half a pair keeps the old set, says which file, and is taken once it is whole",
        arguments: [true, false])
    func halfPair(certificateFirst: Bool) async throws {
        let stage = try await TrustStage(adjust: { $0.trust.isWatching = false })
        let (certificate, key) = (stage.server.certificateFile, stage.server.privateKeyFile)
        let (oldCertificate, oldKey) = (try stage.text(certificate), try stage.text(key))
        try stage.issue(for: stage.server, "server")
        let (newCertificate, newKey) = (try stage.text(certificate), try stage.text(key))
        if certificateFirst {
            try stage.replace(key, with: oldKey, mode: 0o600)
        } else {
            try stage.replace(certificate, with: oldCertificate)
        }
        let text = try await refusal(stage, naming: certificate)
        #expect(text.contains("is not the certificate's"))
        #expect(try await stage.counter().add(1) == 1)
        try stage.replace(certificate, with: newCertificate)
        try stage.replace(key, with: newKey, mode: 0o600)
        try await stage.daemon.reload()
        #expect(stage.daemon.health.status == .green)
        #expect(stage.daemon.health.epoch == 2)
        await stage.close()
    }

    @Test(
        "a file that is half written, empty, or gone keeps the old set",
        arguments: [
            "identity/cert.pem", "identity/key.pem", "trust/roots.pem", "trust/crl.pem", "keys/own.key",
            "policy.yaml",
        ], [0, 1, 2])
    func broken(name: String, how: Int) async throws {
        let stage = try await TrustStage(prepare: { authority, server, _ in
            try authority.publishRevocationList(revoking: [], to: server.crlFile)
        }) { $0.trust.isWatching = false }
        let path = stage.server.path + "/" + name
        let text = try stage.text(path)
        let mode: mode_t = name.hasSuffix("key.pem") || name.hasSuffix(".key") ? 0o600 : 0o644
        switch how {
        // A policy that breaks off in the middle of a line is no YAML; half of it at a line would be another policy.
        case 0: try stage.replace(path, with: String(text.dropLast(text.count / 2 + 3)) + "\n[", mode: mode)
        case 1: try stage.replace(path, with: "", mode: mode)
        default: try stage.remove(path)
        }
        let error = await #expect(throws: LanternError.self) { try await stage.daemon.reload() }
        #expect(error?.code == .configuration)
        #expect(stage.daemon.health.status == .red)
        #expect(stage.daemon.health.epoch == 1)
        #expect(stage.daemon.health.reasons.first?.file.hasPrefix(stage.server.path) == true)
        #expect(try await stage.counter().add(1) == 1)
        try stage.replace(path, with: text, mode: mode)
        try await stage.daemon.reload()
        #expect(stage.daemon.health.status == .green)
        await stage.close()
    }

    @Test("a new certificate that is expired, not yet valid, of a stranger or revoked keeps the old one")
    func unusableCertificates() async throws {
        let stage = try await TrustStage(adjust: { $0.trust.isWatching = false })
        let now = TrustStage.now
        try stage.issue(for: stage.server, "server", notBefore: now - 7200, notAfter: now - 60)
        #expect(try await refusal(stage, naming: stage.server.certificateFile).contains("expired"))
        try stage.issue(for: stage.server, "server", notBefore: now + 3600, notAfter: now + 7200)
        #expect(try await refusal(stage, naming: stage.server.certificateFile).contains("valid only from"))
        let stranger = try LocalAuthority.create(
            name: "stranger", certificateFile: stage.hosts.directory + "/stranger.pem",
            keyFile: stage.hosts.directory + "/stranger.key")
        try stage.issue(for: stage.server, "server", by: stranger)
        #expect(try await refusal(stage, naming: stage.server.certificateFile).contains("trusted root"))
        try stage.issue(for: stage.server, "server")
        try stage.revoke([stage.server.certificateFile], in: stage.server)
        #expect(try await refusal(stage, naming: stage.server.crlFile).contains("revoked"))
        #expect(try await stage.counter().add(1) == 1)
        await stage.close()
    }

    @Test("roots that our own certificate does not lead to keep the old ones")
    func strangeRoots() async throws {
        let stage = try await TrustStage(adjust: { $0.trust.isWatching = false })
        let stranger = try TestAuthority()
        try stage.replace(stage.server.trustRootsFile, with: stage.text(stranger.rootsFile))
        #expect(try await refusal(stage, naming: stage.server.trustRootsFile).contains("trusted root"))
        await stage.close()
    }

    @Test("revocation lists that are older than those in force, or gone, keep the ones in force")
    func olderLists() async throws {
        let now = TrustStage.now
        let stage = try await TrustStage(prepare: { authority, server, _ in
            try authority.publishRevocationList(
                revoking: [], thisUpdate: now - 600, nextUpdate: now + 864_000, to: server.crlFile)
        }) { $0.trust.isWatching = false }
        try stage.revoke([], in: stage.server, thisUpdate: now - 1200)
        #expect(try await refusal(stage, naming: stage.server.crlFile).contains("older"))
        try stage.remove(stage.server.crlFile)
        #expect(try await refusal(stage, naming: stage.server.crlFile).contains("gone"))
        try stage.revoke([], in: stage.server, thisUpdate: now - 300)
        try await stage.daemon.reload()
        #expect(stage.daemon.core.trust.current.tls.revocationLists.first?.thisUpdate == now - 300)
        await stage.close()
    }

    @Test("a revocation is taken though our own certificate has expired or is revoked itself")
    func ownTroubleHoldsNothingUp() async throws {
        let stage = try await TrustStage(adjust: { $0.trust.isWatching = false })
        _ = try await stage.counter().add(1)
        try stage.revoke([stage.server.certificateFile, stage.caller.certificateFile], in: stage.server)
        try await stage.daemon.reload()
        #expect(stage.daemon.health.epoch == 2)
        #expect(stage.daemon.health.status == .red)
        #expect(stage.daemon.health.reasons.contains { $0.detail.contains("our own certificate is revoked") })
        await #expect(throws: LanternError.self) { try await stage.counter().add(1) }
        await stage.close()
    }

    @Test("lists that are required and missing refuse the start")
    func requiredAtStart() async throws {
        let error = await #expect(throws: TLSError.self) {
            _ = try await TrustStage(settings: "tls: { revocation: required }\n")
        }
        #expect(error?.code == .revocationUnknown)
    }

    @Test("a keyring and a policy that were given are not read from files; what reload is given is in force")
    func given() async throws {
        let stage = try await TrustStage(adjust: { settings in
            settings.trust.isWatching = false
            settings.policy = settings.policy
        })
        try stage.replace(stage.server.policyFile, with: "version: 1\nrules: []\n")
        try await stage.daemon.reload()
        #expect(try await stage.counter().add(1) == 1)
        let settings = try Settings.load(stage.server)
        try await stage.daemon.reload(
            TrustMaterial(tls: settings.tls, keyring: settings.keyring, policy: PolicyTable(rules: [])))
        #expect(stage.daemon.health.epoch == 3)
        await #expect(throws: (any Error).self) { try await stage.counter().add(1) }
        var bad = settings.tls
        bad.privateKeyFile = stage.caller.privateKeyFile
        await #expect(throws: LanternError.self) {
            try await stage.daemon.reload(
                TrustMaterial(tls: bad, keyring: settings.keyring, policy: settings.policy))
        }
        #expect(stage.daemon.health.epoch == 3)
        // The bad set is forgotten: the files before are followed on.
        try await stage.daemon.reload()
        #expect(stage.daemon.health.status == .green)
        await stage.close()
    }

    @Test("a policy that is replaced in code is not replaced by its file any more")
    func replacedPolicy() async throws {
        let stage = try await TrustStage(adjust: { $0.trust.isWatching = false })
        _ = try await stage.counter().add(1)
        try stage.daemon.replacePolicy(PolicyTable(rules: []))
        await #expect(throws: (any Error).self) { try await stage.counter().add(1) }
        try await stage.daemon.reload()
        await #expect(throws: (any Error).self) { try await stage.counter().add(1) }
        #expect(stage.daemon.health.epoch == 3)
        await stage.close()
    }

    @Test("times that are out of bounds are refused at the start")
    func bounds() async throws {
        let paths: [(WritableKeyPath<TrustSettings, Duration>, Duration, Duration)] = [
            (\.pollInterval, .milliseconds(9), .seconds(3_601)),
            (\.settleTime, .zero, .seconds(11)),
            (\.expiryGrace, .milliseconds(-1), .seconds(86_401)),
            (\.warningTime, .zero, .seconds(3_651 * 86_400)),
            (\.renewalJitter, .milliseconds(-1), .seconds(3_601)),
        ]
        for (path, low, high) in paths {
            for wrong in [low, high] {
                var settings = TrustSettings()
                settings[keyPath: path] = wrong
                #expect(throws: LanternError.self) { try settings.check() }
            }
        }
        #expect(throws: Never.self) { try TrustSettings().check() }
    }
}
