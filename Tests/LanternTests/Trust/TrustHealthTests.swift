import Foundation
import LanternTLS
import LanternTesting
import LanternTrust
import Logging
import Testing

@testable import Lantern

/// What operators are told, and when.
struct TrustHealthTests {
    private static let day: Int64 = 86_400
    let hosts: TestHosts
    let home: LanternHome
    let now = TrustStage.now

    init() throws {
        hosts = try TestHosts()
        home = try hosts.homes(["server"], policy: TrustStage.policy)[0]
    }

    private func authority() throws -> LocalAuthority {
        try LocalAuthority(
            certificateFile: hosts.directory + "/authority/ca.pem",
            keyFile: hosts.directory + "/authority/ca.key")
    }

    private func issue(from: Int64, to: Int64) throws {
        try authority().issue(
            identity: TestHosts.identity("server"), notBefore: from, notAfter: to,
            certificateFile: home.certificateFile, keyFile: home.privateKeyFile)
    }

    /// - Parameter days: from now.
    private func health(
        in days: Double, failure: TrustFailure? = nil, _ adjust: (inout Settings) -> Void = { _ in }
    ) throws -> TrustHealth {
        var settings = try Settings.load(home)
        adjust(&settings)
        let trust = try LiveTrust(settings, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        return TrustHealth(
            of: trust.current, failure: failure, settings: settings.trust,
            now: now + Int64(days * Double(Self.day)))
    }

    @Test("our own certificate: amber in the warning time, red in its second half and after the end")
    func certificate() throws {
        try issue(from: now - 300, to: now + 90 * Self.day)
        let steps: [(Double, TrustHealth.Status)] = [
            (0, .green), (82.9, .green), (83.1, .amber), (86.4, .amber), (86.6, .red), (89.9, .red),
            (91, .red),
        ]
        for (days, status) in steps { #expect(try health(in: days).status == status, "day \(days)") }
        let reason = try #require(try health(in: 87).reasons.first)
        #expect(reason.file == home.certificateFile)
        #expect(reason.detail.contains("ends at"))
        #expect(!reason.advice.isEmpty)
        #expect(try health(in: 91).reasons.first?.detail.contains("ended at") == true)
    }

    @Test("short certificates are warned of in the last third of their time")
    func shortLived() throws {
        try issue(from: now - 60, to: now + 3_540)
        let hour = 1 / 24.0
        #expect(try health(in: 0).status == .green)
        #expect(try health(in: 0.6 * hour).status == .green)
        #expect(try health(in: 0.75 * hour).status == .amber)
        #expect(try health(in: 0.9 * hour).status == .red)
    }

    @Test("another warning time")
    func warningTime() throws {
        try issue(from: now - 300, to: now + 90 * Self.day)
        #expect(try health(in: 71) { $0.trust.warningTime = .seconds(20 * Self.day) }.status == .amber)
        #expect(try health(in: 85) { $0.trust.warningTime = .seconds(1) }.status == .green)
    }

    @Test("revocation lists warn well before they end, and say what their end means")
    func lists() throws {
        try authority().publishRevocationList(
            revoking: [], thisUpdate: now - Self.day, nextUpdate: now + 29 * Self.day, to: home.crlFile)
        #expect(try health(in: 0).status == .green)
        #expect(try health(in: 23).status == .amber)
        #expect(try health(in: 26).status == .red)
        let stale = try health(in: 29.1)
        #expect(stale.status == .red)
        #expect(stale.reasons.first?.file == home.crlFile)
        #expect(stale.reasons.first?.detail.contains("nobody") == true)
    }

    @Test("a trusted authority without a list, where others have one, is told")
    func missingList() throws {
        try authority().publishRevocationList(revoking: [], nextUpdate: now + 60 * Self.day, to: home.crlFile)
        let other = try TestAuthority(name: "listless")
        let roots =
            try String(contentsOfFile: home.trustRootsFile, encoding: .utf8)
            + String(contentsOfFile: other.rootsFile, encoding: .utf8)
        try roots.write(toFile: home.trustRootsFile, atomically: true, encoding: .utf8)
        let health = try health(in: 0)
        #expect(health.status == .amber)
        #expect(health.reasons.contains { $0.detail.contains("no revocation list of 'CN=listless'") })
    }

    @Test("an old root that ends beside a new one is no more than amber; the last one is red")
    func roots() throws {
        // Test authorities end in a day.
        let other = try TestAuthority(name: "short")
        let own = try String(contentsOfFile: home.trustRootsFile, encoding: .utf8)
        let short = try String(contentsOfFile: other.rootsFile, encoding: .utf8)
        try (own + short).write(toFile: home.trustRootsFile, atomically: true, encoding: .utf8)
        let both = try health(in: 0.9)
        #expect(both.status == .amber)
        #expect(both.reasons.map(\.file) == [home.trustRootsFile])
        try short.write(toFile: home.trustRootsFile, atomically: true, encoding: .utf8)
        #expect(try health(in: 0.9).status == .red)
    }

    @Test("a set that was not taken is red, whatever else is right")
    func failure() throws {
        let failure = TrustFailure(file: "/home/policy.yaml", detail: "line 3: what", since: now)
        let health = try health(in: 0, failure: failure)
        #expect(health.status == .red)
        #expect(health.reasons.map(\.file) == ["/home/policy.yaml"])
        #expect(health.reasons.first?.advice.contains("epoch 1 stays in force") == true)
        #expect("\(health)".hasPrefix("red\nred: /home/policy.yaml: line 3: what"))
    }

    @Test("red reasons come first")
    func order() throws {
        try issue(from: now - 300, to: now + 90 * Self.day)
        let failure = TrustFailure(file: "policy.yaml", detail: "bad", since: now)
        let health = try health(in: 84, failure: failure)
        #expect(health.reasons.map(\.status) == [.red, .amber])
    }

    @Test("settings in lantern.yaml")
    func settings() throws {
        let text = """
            tls: { revocation: required }
            trust: { watch: false, poll: 2, settle: 0.1, expiry-grace: 30, warn-before: 3600, renewal-jitter: 60 }
            """
        try text.write(toFile: home.settingsFile, atomically: true, encoding: .utf8)
        let settings = try Settings.load(home)
        #expect(settings.tls.revocation == .required)
        let trust = settings.trust
        #expect(!trust.isWatching)
        #expect(trust.pollInterval == .seconds(2))
        #expect(trust.settleTime == .milliseconds(100))
        #expect(trust.expiryGrace == .seconds(30))
        #expect(trust.warningTime == .seconds(3_600))
        #expect(trust.renewalJitter == .seconds(60))
    }

    @Test(
        "settings that cannot be are refused with their line",
        arguments: [
            "trust: { poll: 0 }", "trust: { poll: 3601 }", "trust: { expiry-grace: -1 }",
            "trust: { expiry-grace: 86401 }", "trust: { warn-before: 0 }", "trust: { renewal-jitter: 3601 }",
            "trust: { settle: 11 }", "trust: { watch: maybe }", "trust: { other: 1 }", "trust: 1",
            "tls: { revocation: off }",
        ])
    func badSettings(text: String) throws {
        try text.write(toFile: home.settingsFile, atomically: true, encoding: .utf8)
        let error = #expect(throws: LanternError.self) { try Settings.load(home) }
        #expect(error?.code == .configuration)
        #expect(error?.detail.contains("lantern.yaml:1:") == true)
    }
}
