import Lantern
import LanternTesting
import LanternTrust
import Testing

/// Python clients that must not get in.
@Suite(.enabled(if: Python.isUsable, "\(Python.howToGet)"), .fewAtATime, .timeLimit(.minutes(2)))
struct PythonRefusalTests {
    /// What a client that echoes one value tells about its fate.
    private func fate(_ arguments: [String]) async throws -> String {
        let client = try PythonProcess(arguments: arguments)
        let report = await client.finish()
        return report.output.last ?? report.errors
    }

    @Test("a certificate without the signed handshake is refused, and says what is missing")
    func certificateOnly() async throws {
        let side = try await LanternSide()
        let fate = try await fate([Python.program("plain_client.py"), side.echo, side.home.path])
        #expect(fate.hasPrefix("REFUSED CommunicationError"), "\(fate)")
        #expect(fate.contains("signed handshake"), "\(fate)")
        await side.daemon.shutdown()
    }

    @Test("neither plain TCP nor TLS without a certificate gets in")
    func noCertificate() async throws {
        let side = try await LanternSide()
        let plain = try await fate([Python.program("plain_client.py"), side.echo])
        #expect(plain.hasPrefix("REFUSED"), "\(plain)")
        let bare = try await fate(
            [Python.program("plain_client.py"), side.echo, side.home.path, "no-certificate"])
        #expect(bare.hasPrefix("REFUSED"), "\(bare)")
        await side.daemon.shutdown()
    }

    @Test("a client of another authority is refused")
    func otherAuthority() async throws {
        let side = try await LanternSide()
        let others = try TestHosts()
        let stranger = try others.homes(["client", "server"])[0]
        let fate = try await fate(
            ["-m", "lantern_pyro", "--home", stranger.path, Python.program("plain_client.py"), side.echo])
        #expect(fate.hasPrefix("REFUSED"), "\(fate)")
        await side.daemon.shutdown()
    }

    @Test("a key that the daemon does not know is refused without a reason")
    func unknownKey() async throws {
        let hosts = try TestHosts()
        let known = try hosts.homes(["server", "client"])
        let unknown = try hosts.homes(["outsider"])[0]
        try HomeFactory.authorize(
            known[0], identity: try TestHosts.identity("server"), in: unknown)
        let side = try await LanternSide(hosts: hosts, server: known[0], client: known[1], port: 0)
        let fate = try await fate(
            ["-m", "lantern_pyro", "--home", unknown.path, Python.program("plain_client.py"), side.echo])
        #expect(fate.hasPrefix("REFUSED CommunicationError"), "\(fate)")
        #expect(fate.contains("authentication failed"), "\(fate)")
        await side.daemon.shutdown()
    }

    @Test("a peer that may call nothing on an object does not learn that it exists")
    func nothingAllowed() async throws {
        let hosts = try TestHosts()
        let homes = try hosts.homes(["server", "stranger"])
        let side = try await LanternSide(hosts: hosts, server: homes[0], client: homes[1], port: 0)
        let fate = try await fate(
            ["-m", "lantern_pyro", "--home", homes[1].path, Python.program("plain_client.py"), side.echo])
        #expect(fate.hasPrefix("REFUSED CommunicationError"), "\(fate)")
        #expect(fate.contains("unknown object"), "\(fate)")
        await side.daemon.shutdown()
    }
}
