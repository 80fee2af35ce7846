import Glibc
import LanternTLS
package import LanternTrust

/// Makes lantern homes under one certificate authority: for a laptop, a demo, a test.
///
/// The authority's key lies beside the homes it made. That is right for trying things out on one machine; for
/// several hosts keep the authority's key elsewhere.
package struct HomeFactory {
    /// The directory of the authority: `ca.pem`, `ca.key`.
    package let directory: String
    private let authority: LocalAuthority

    package var certificateFile: String { directory + "/ca.pem" }
    package var keyFile: String { directory + "/ca.key" }

    /// Opens the authority in a directory, or makes one there.
    package init(directory: String, name: String = "Lantern local authority") throws {
        self.directory = directory
        try Directory.make(directory)
        let certificate = directory + "/ca.pem"
        let key = directory + "/ca.key"
        if access(key, F_OK) == 0, access(certificate, F_OK) == 0 {
            authority = try LocalAuthority(certificateFile: certificate, keyFile: key)
        } else {
            authority = try LocalAuthority.create(name: name, certificateFile: certificate, keyFile: key)
        }
    }

    /// What a home is made with.
    package struct Plan {
        package var identity: SPIFFEID
        package var dnsNames = ["localhost"]
        package var addresses = ["127.0.0.1", "::1"]
        package var algorithm = HandshakeAlgorithm.ed25519
        package var notBefore: Int64?
        package var notAfter: Int64?
        package var policy: String?
        package var settings: String?

        package init(identity: SPIFFEID) { self.identity = identity }
    }

    /// Makes a home with certificate, roots and a handshake key of its own; nobody's key is authorised yet.
    ///
    /// - Throws: ``LanternError/Code/configuration`` when there is one already: nothing is ever overwritten.
    @discardableResult
    package func make(_ path: String, _ plan: Plan) throws -> LanternHome {
        let home = LanternHome(path: path)
        guard access(home.privateKeyFile, F_OK) != 0, access(home.ownKeyFile, F_OK) != 0 else {
            throw LanternError(
                .configuration, "\(path): there is a lantern home already; remove it or choose another place")
        }
        for directory in [
            path, path + "/identity", path + "/trust", home.keysDirectory, home.authorizedKeysDirectory,
            home.auditDirectory,
        ] { try Directory.make(directory) }
        try authority.issue(
            identity: plan.identity, dnsNames: plan.dnsNames, addresses: plan.addresses,
            notBefore: plan.notBefore, notAfter: plan.notAfter, certificateFile: home.certificateFile,
            keyFile: home.privateKeyFile)
        guard let root = try TextFile.read(certificateFile) else {
            throw LanternError(.configuration, "\(certificateFile): the authority's certificate is gone")
        }
        try Directory.write(root, to: home.trustRootsFile)
        let name = plan.identity.path.split(separator: "/").joined(separator: "-")
        // Both ends of an HMAC key hold the same secret: the other end proves itself with it too.
        let users = plan.algorithm == .hmac ? ["spiffe://\(plan.identity.trustDomain)/*"] : []
        let key = try HandshakeKey.generate(
            id: (name.isEmpty ? "host" : name) + "-1", algorithm: plan.algorithm, identities: users)
        try key.write(to: home.ownKeyFile)
        if let policy = plan.policy { try Directory.write(policy, to: home.policyFile) }
        if let settings = plan.settings { try Directory.write(settings, to: home.settingsFile) }
        return home
    }

    /// Lets `home` believe the handshake key of another home, for that home's identity. Identities that the key
    /// was authorised for before stay.
    ///
    /// - Throws: ``LanternError/Code/configuration`` when another key has the same id.
    package static func authorize(
        _ other: LanternHome, identity: SPIFFEID, in home: LanternHome
    ) throws {
        let key = try HandshakeKey(contentsOf: other.ownKeyFile)
        let path = try KeyDirectory(path: home.keysDirectory).authorized(key.id)
        var identities = [identity.description]
        if access(path, F_OK) == 0 {
            let known = try AuthorizedKey(contentsOf: path)
            guard known.isSameKey(as: try key.authorizedKey(for: identities)) else {
                throw LanternError(
                    .configuration,
                    "\(path): another key has the id '\(key.id)' already; "
                        + "make one of the homes with another identity")
            }
            identities = known.identities + identities.filter { !known.identities.contains($0) }
        }
        try key.authorizedKey(for: identities).write(to: path)
    }
}

/// Directories and files of a home.
enum Directory {
    /// Makes a directory that only its owner may enter; one that is there already is left alone.
    static func make(_ path: String) throws {
        if mkdir(path, 0o700) != 0, errno != EEXIST {
            throw LanternError(.configuration, "\(path): cannot be made: \(String(cString: strerror(errno)))")
        }
    }

    static func write(_ text: String, to path: String) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard file >= 0 else {
            throw LanternError(
                .configuration, "\(path): cannot be written: \(String(cString: strerror(errno)))")
        }
        defer { close(file) }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else {
                throw LanternError(
                    .configuration, "\(path): cannot be written: \(String(cString: strerror(errno)))")
            }
            rest = rest.dropFirst(written)
        }
    }
}
