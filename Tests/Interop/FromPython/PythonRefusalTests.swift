import Lantern
import LanternTesting
import LanternTrust
import Testing

/// Python clients that must not get in.
@Suite(.enabled(if: Python.isUsable, "\(Python.howToGet)"), .fewAtATime, .timeLimit(.minutes(5)))
struct PythonRefusalTests {
    /// What a client that echoes one value tells about its fate.
    private func fate(_ generation: PyroGeneration, _ arguments: [String]) async throws -> String {
        let client = try PythonProcess(arguments: arguments, generation: generation)
        let report = await client.finish()
        return report.output.last ?? report.errors
    }

    @Test(
        "I3: a certificate without the signed handshake is refused, and says what is missing",
        arguments: PyroGeneration.allCases)
    func certificateOnly(generation: PyroGeneration) async throws {
        let side = try await LanternSide()
        let fate = try await fate(generation, [Python.program("plain_client.py"), side.echo, side.home.path])
        #expect(fate.hasPrefix("REFUSED CommunicationError"), "\(fate)")
        #expect(fate.contains("signed handshake"), "\(fate)")
        await side.daemon.shutdown()
    }

    @Test(
        "I1 I2: neither plain TCP nor TLS without a certificate gets in", arguments: PyroGeneration.allCases)
    func noCertificate(generation: PyroGeneration) async throws {
        let side = try await LanternSide()
        let plain = try await fate(generation, [Python.program("plain_client.py"), side.echo])
        #expect(plain.hasPrefix("REFUSED"), "\(plain)")
        let bare = try await fate(
            generation, [Python.program("plain_client.py"), side.echo, side.home.path, "no-certificate"])
        #expect(bare.hasPrefix("REFUSED"), "\(bare)")
        await side.daemon.shutdown()
    }

    @Test("a client of another authority is refused", arguments: PyroGeneration.allCases)
    func otherAuthority(generation: PyroGeneration) async throws {
        let side = try await LanternSide()
        let others = try TestHosts()
        let stranger = try others.homes(["client", "server"])[0]
        let fate = try await fate(
            generation,
            ["-m", "lantern_pyro", "--home", stranger.path, Python.program("plain_client.py"), side.echo])
        #expect(fate.hasPrefix("REFUSED"), "\(fate)")
        await side.daemon.shutdown()
    }

    @Test(
        "a key that the daemon does not know is refused without a reason", arguments: PyroGeneration.allCases)
    func unknownKey(generation: PyroGeneration) async throws {
        let hosts = try TestHosts()
        let known = try hosts.homes(["server", "client"])
        let unknown = try hosts.homes(["outsider"])[0]
        try HomeFactory.authorize(
            known[0], identity: try TestHosts.identity("server"), in: unknown)
        let side = try await LanternSide(hosts: hosts, server: known[0], client: known[1], port: 0)
        let fate = try await fate(
            generation,
            ["-m", "lantern_pyro", "--home", unknown.path, Python.program("plain_client.py"), side.echo])
        #expect(fate.hasPrefix("REFUSED CommunicationError"), "\(fate)")
        #expect(fate.contains("authentication failed"), "\(fate)")
        await side.daemon.shutdown()
    }

    @Test(
        "a peer that may call nothing on an object does not learn that it exists",
        arguments: PyroGeneration.allCases)
    func nothingAllowed(generation: PyroGeneration) async throws {
        let hosts = try TestHosts()
        let homes = try hosts.homes(["server", "stranger"])
        let side = try await LanternSide(hosts: hosts, server: homes[0], client: homes[1], port: 0)
        let fate = try await fate(
            generation,
            ["-m", "lantern_pyro", "--home", homes[1].path, Python.program("plain_client.py"), side.echo])
        #expect(fate.hasPrefix("REFUSED CommunicationError"), "\(fate)")
        #expect(fate.contains("unknown object"), "\(fate)")
        await side.daemon.shutdown()
    }
}
