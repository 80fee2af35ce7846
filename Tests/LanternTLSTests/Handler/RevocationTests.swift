import LanternTLS
import LanternTesting
import LanternTrust
import Testing

struct RevocationTests {
    /// Only for its directory.
    let place: TestAuthority
    let authority: LocalAuthority

    init() throws {
        place = try TestAuthority()
        authority = try LocalAuthority.create(
            name: "revoking", certificateFile: place.directory + "/ca.pem",
            keyFile: place.directory + "/ca.key")
        for name in ["good", "bad"] {
            try authority.issue(
                identity: SPIFFEID("spiffe://lantern.test/\(name)"), dnsNames: ["localhost"],
                certificateFile: path("\(name).pem"), keyFile: path("\(name).key"))
        }
        _ = try place.write("", name: "index.txt")
        let configuration = """
            [ca]
            default_ca = here
            [here]
            database = \(path("index.txt"))
            default_md = sha256
            default_crl_days = 1
            """
        _ = try place.write(configuration, name: "ca.cnf")
    }

    private func path(_ name: String) -> String { place.directory + "/" + name }

    private func openssl(_ arguments: String...) throws {
        let command =
            [
                "openssl", "ca", "-config", path("ca.cnf"), "-keyfile", path("ca.key"), "-cert",
                path("ca.pem"),
            ] + arguments
        #expect(try run(command) == 0)
    }

    private func code(of name: String, crlFile: String) throws -> TLSError.Code? {
        func settings(_ name: String) -> TLSSettings {
            TLSSettings(
                certificateChainFile: path(name + ".pem"), privateKeyFile: path(name + ".key"),
                trustRootsFile: path("ca.pem"))
        }
        var strict = settings("good")
        strict.crlFile = crlFile
        let pair = try EmbeddedPair(
            client: TLSContext(settings: settings(name)), server: TLSContext(settings: strict))
        try pair.pump()
        #expect((pair.serverRecorder.established == nil) == (pair.serverRecorder.code != nil))
        return pair.serverRecorder.code
    }

    @Test("a revoked certificate is refused, another one is not")
    func revoked() throws {
        try openssl("-revoke", path("bad.pem"))
        try openssl("-gencrl", "-out", path("crl.pem"))
        #expect(try code(of: "good", crlFile: path("crl.pem")) == nil)
        #expect(try code(of: "bad", crlFile: path("crl.pem")) == .revoked)
    }

    @Test("a list that is out of date refuses everybody")
    func staleList() throws {
        try openssl(
            "-gencrl", "-crl_lastupdate", "20200101000000Z", "-crl_nextupdate", "20200102000000Z", "-out",
            path("crl.pem"))
        #expect(try code(of: "good", crlFile: path("crl.pem")) == .revocationUnknown)
    }
}
