import Foundation
import Lantern
import LanternTesting
import LanternTrust
import Testing

/// Unix sockets between Lantern and stock Pyro5 programs, with TLS and the signed handshake.
///
/// Pyro alone cannot do it: it takes the first character of the path for the host name that the certificate must be
/// for. The runner puts a name there.
@Suite(.enabled(if: Python.isUsable, "\(Python.howToGet)"), .fewAtATime, .timeLimit(.minutes(5)))
struct PythonUnixSocketTests {
    let hosts: TestHosts
    let homes: [LanternHome]
    /// Short: a socket's path has 107 bytes.
    let directory = "/tmp/l-" + UUID().uuidString.prefix(13)
    var path: String { directory + "/s" }

    init() throws {
        hosts = try TestHosts()
        homes = try hosts.homes(["server", "client"])
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    }

    private func clean() { try? FileManager.default.removeItem(atPath: directory) }

    @Test("C1 J3 every kind of call from Pyro5 over a Unix socket")
    func fromPython() async throws {
        let side = try await LanternSide(
            hosts: hosts, server: homes[0], client: homes[1], port: 0
        ) { $0.listen = ListenSettings(unixSocket: path) }
        #expect(side.workshop == "PYRO:workshop@./u:\(path)")
        let client = try PythonProcess("client.py", home: side.home, side.workshop, side.echo, "msgpack")
        await client.finish().expectAllCases()
        await side.daemon.shutdown()
        clean()
    }

    @Test("the runner checks the server's name there: another one than that of the certificate is refused")
    func wrongName() async throws {
        let side = try await LanternSide(
            hosts: hosts, server: homes[0], client: homes[1], port: 0
        ) { $0.listen = ListenSettings(unixSocket: path) }
        for (name, isRight) in [("localhost", true), ("svc.example", false)] {
            let client = try PythonProcess(arguments: [
                "-m", "lantern_pyro", "--home", side.home.path, "--unix-server-name", name,
                Python.program("reconnect.py"), side.workshop,
            ])
            if isRight {
                #expect(try await client.ready() == "first x1")
                await client.stop()
            } else {
                let report = await client.finish()
                #expect(report.status != 0)
                #expect(report.errors.contains("certificate"), "\(report.errors)")
            }
        }
        await side.daemon.shutdown()
        clean()
    }

    @Test("C1 J3 a Pyro5 daemon behind a Unix socket, called from Lantern")
    func toPython() async throws {
        let side = try await PythonSide(hosts: hosts, server: homes[0], client: homes[1], place: path)
        #expect(side.location == "./u:\(path)")
        let workshop = try side.workshop()
        #expect(try await workshop.add(2) == 2)
        #expect(try await workshop.whoCalls() == "spiffe://lantern.test/client")
        var wrong = ProxyOptions()
        wrong.serverName = "svc.example"
        let refused = try side.client.dynamicProxy("PYRO:workshop@\(side.location)", options: wrong)
        let error = await #expect(throws: LanternError.self) { try await refused.call("add", 1) }
        #expect(error?.code == .authenticationFailed)
        try await side.dynamic("workshop").remote.ping()
        await side.close()
        clean()
    }
}
