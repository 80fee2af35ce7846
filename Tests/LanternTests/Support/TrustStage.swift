import Foundation
import LanternTLS
import LanternTesting
import LanternTrust
import Logging

@testable import Lantern

/// A daemon and a client that live in lantern homes of one authority, whose files a test changes while they run.
final class TrustStage: Sendable {
    static let policy = """
        version: 1
        rules:
          - allow: ["spiffe://lantern.test/*"]
            objects: ["*"]
            methods: ["*"]

        """

    let hosts: TestHosts
    let server: LanternHome
    let caller: LanternHome
    let authority: LocalAuthority
    let daemon: Daemon
    let client: Client
    let service: CounterService
    let gate = Gate()
    /// What the daemon and the client log.
    let log: LogBook
    let clientLog: LogBook
    let uri: String
    /// The epochs that the daemon's files made, as they come in force.
    let epochs = Inbox<UInt64>()
    let clientEpochs = Inbox<UInt64>()

    /// - Parameters:
    ///   - prepare: changes files before anything starts.
    ///   - adjust: changes the settings of both.
    init(
        algorithm: HandshakeAlgorithm = .ed25519, settings: String? = nil,
        prepare: (LocalAuthority, _ server: LanternHome, _ caller: LanternHome) throws -> Void = { _, _, _ in
        },
        adjust: (inout Settings) -> Void = { _ in }, adjustClient: (inout Settings) -> Void = { _ in }
    ) async throws {
        hosts = try TestHosts()
        let homes = try hosts.homes(["server", "client"], algorithm: algorithm, policy: Self.policy)
        (server, caller) = (homes[0], homes[1])
        authority = try LocalAuthority(
            certificateFile: hosts.directory + "/authority/ca.pem",
            keyFile: hosts.directory + "/authority/ca.key")
        if let settings {
            try settings.write(toFile: server.settingsFile, atomically: true, encoding: .utf8)
        }
        try prepare(authority, server, caller)
        service = CounterService(gate: gate)
        (log, clientLog) = (LogBook(), LogBook())
        var ours = try Settings.load(server)
        ours.listen.host = "127.0.0.1"
        ours.limits.drainTimeout = .seconds(5)
        ours.trust.renewalJitter = .zero
        adjust(&ours)
        var theirs = try Settings.load(caller)
        theirs.trust.renewalJitter = .zero
        adjust(&theirs)
        adjustClient(&theirs)
        daemon = try await Daemon(settings: ours, logger: log.logger)
        uri = try await daemon.register(service, as: (any Counter).self, id: "counter").description
        client = try Client(settings: theirs, logger: clientLog.logger)
        daemon.core.trust.observe { [epochs] new, _ in epochs.put(new.number) }
        client.trust.observe { [clientEpochs] new, _ in clientEpochs.put(new.number) }
    }

    func counter(_ options: ProxyOptions? = nil) throws -> any Counter {
        try client.proxy((any Counter).self, uri, options: options)
    }

    func dynamic(_ options: ProxyOptions? = nil) throws -> DynamicProxy {
        try client.dynamicProxy(uri, options: options)
    }

    func close() async {
        await client.shutdown()
        await daemon.shutdown()
    }

    // MARK: - Changing files

    /// Gives a home another certificate and key.
    func issue(
        for home: LanternHome, _ name: String, by issuer: LocalAuthority? = nil, notBefore: Int64? = nil,
        notAfter: Int64? = nil
    ) throws {
        try (issuer ?? authority).issue(
            identity: TestHosts.identity(name), dnsNames: ["localhost"], addresses: ["127.0.0.1"],
            notBefore: notBefore, notAfter: notAfter, certificateFile: home.certificateFile,
            keyFile: home.privateKeyFile)
    }

    /// Puts a list in a home that revokes the certificates in these files.
    func revoke(
        _ certificates: [String], in home: LanternHome, thisUpdate: Int64? = nil, nextUpdate: Int64? = nil
    ) throws {
        try authority.publishRevocationList(
            revoking: certificates, thisUpdate: thisUpdate, nextUpdate: nextUpdate, to: home.crlFile)
    }

    /// Replaces a file in one step, as editors and scripts should.
    func replace(_ path: String, with text: String, mode: mode_t = 0o644) throws {
        try text.write(toFile: path + ".new", atomically: false, encoding: .utf8)
        guard chmod(path + ".new", mode) == 0, rename(path + ".new", path) == 0 else {
            throw CocoaError(.fileWriteUnknown)
        }
    }

    func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    func remove(_ path: String) throws { try FileManager.default.removeItem(atPath: path) }

    static var now: Int64 { wallClockMilliseconds() / 1000 }

    /// The next line of a log that holds this text.
    static func line(_ log: LogBook, holding text: String) async -> String? {
        while let line = await log.lines.next() {
            if line.contains(text) { return line }
        }
        return nil
    }
}
