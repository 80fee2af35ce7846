/// The directory that holds all a host needs: who it is, whom it trusts, who may call, what happened.
///
/// | path | what |
/// |:-----|:-----|
/// | `identity/cert.pem`, `identity/key.pem` | certificate chain and private key |
/// | `trust/roots.pem` | authorities that are trusted |
/// | `trust/crl.pem`, `trust/crls/*.pem` | revocation lists, if any: all in one file, or one for each issuer |
/// | `trust/DOMAIN/*.pem` | authorities of another trust domain, which speak for no other |
/// | `keys/own.key`, `keys/authorized/*.key` | own handshake key; the keys of peers |
/// | `policy.yaml` | who may call what |
/// | `policy-next.yaml` | rules to be tried: what they would decide otherwise is reported |
/// | `lantern.yaml` | where to listen, where the name server is, limits |
/// | `audit/` | the audit log |
/// | `state/` | what running programs note down: when each handshake key was last used |
/// | `names/` | the names of a name server |
public struct LanternHome: Sendable, Hashable {
    public let path: String

    public init(path: String) {
        self.path = path
    }

    /// The home of a program: the given one, else `LANTERN_HOME`.
    ///
    /// - Throws: ``LanternError/Code/configuration`` when neither is there.
    public init(_ path: String?, environment: [String: String]) throws {
        guard let chosen = path ?? environment["LANTERN_HOME"], !chosen.isEmpty else {
            throw LanternError(
                .configuration,
                "no lantern home: give --home DIR or set LANTERN_HOME; `lantern init DIR` makes one")
        }
        self.init(path: chosen)
    }

    public var certificateFile: String { path + "/identity/cert.pem" }
    public var privateKeyFile: String { path + "/identity/key.pem" }
    public var trustDirectory: String { path + "/trust" }
    public var trustRootsFile: String { path + "/trust/roots.pem" }
    public var crlFile: String { path + "/trust/crl.pem" }
    public var crlDirectory: String { path + "/trust/crls" }
    public var keysDirectory: String { path + "/keys" }
    public var ownKeyFile: String { path + "/keys/own.key" }
    public var authorizedKeysDirectory: String { path + "/keys/authorized" }
    public var policyFile: String { path + "/policy.yaml" }
    /// Rules that are tried beside those of ``policyFile``, and not enforced.
    public var nextPolicyFile: String { path + "/policy-next.yaml" }
    public var settingsFile: String { path + "/lantern.yaml" }
    public var auditDirectory: String { path + "/audit" }
    package var keyUseFile: String { path + "/state/key-use" }
    public var auditKeyFile: String { path + "/keys/audit.key" }
    public var namesFile: String { path + "/names/names.db" }
}
