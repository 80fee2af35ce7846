/// What a user chooses about TLS. Whom we trust and who we are have no default.
public struct TLSSettings: Sendable {
    /// Where a peer's identity is read from in its certificate.
    public enum IdentitySource: Sendable, Hashable {
        /// Exactly one URI name, which is a SPIFFE ID.
        case spiffe
        /// Exactly one DNS name without a wildcard, for sites that have no SPIFFE IDs.
        case dnsName
    }

    /// Whether peers are checked for revocation. Once there are lists all three fail closed: who has no current list
    /// of its issuer is refused.
    public enum RevocationCheck: Sendable, Hashable {
        /// When ``TLSSettings/crlFile`` or ``TLSSettings/crlDirectory`` is set, which must then be there.
        case whenNamed
        /// When one of the two holds lists; they may be missing.
        case whenPresent
        /// Always: without a single list nothing works.
        case required
    }

    /// PEM: our certificate first, then the intermediate ones up to, without, the root.
    public var certificateChainFile: String
    /// PEM: the key of the first certificate; readable for its owner only, and no link.
    public var privateKeyFile: String
    /// PEM: the authorities whose certificates we accept. Nothing else is trusted, the system's roots included.
    ///
    /// With SPIFFE IDs they speak for the trust domain of our own certificate and no other.
    public var trustRootsFile: String
    /// A directory with the roots of other trust domains: `<trust domain>/*.pem`. Each speaks for the domain that its
    /// directory is named after, and only that. It may be missing; what is no directory in it is passed over, and so
    /// are `crls` and names that begin with a dot.
    public var federatedRootsDirectory: String?
    /// Opens ``privateKeyFile`` when it is encrypted.
    public var passwordSource: PasswordSource?
    public var identitySource: IdentitySource
    /// PEM: revocation lists, one for each issuer. With any list, each certificate of a peer's chain needs a current
    /// one of its issuer.
    public var crlFile: String?
    /// A directory whose files `*.pem` are revocation lists too, for issuers that publish each their own.
    public var crlDirectory: String?
    /// Whether there must be revocation lists.
    public var revocation: RevocationCheck
    /// From the first byte to a verified peer.
    public var handshakeTimeout: Duration
    /// How long a closing connection waits for the far side to say goodbye.
    public var closeTimeout: Duration
    /// The most intermediate certificates between a peer's certificate and a root.
    public var verifyDepth: Int
    /// Set for servers of another system, never for Lantern peers: the protocol that they speak (ALPN, for example `h2`).
    ///
    /// Such a server has no identity of ours: it is checked by the host name or address that was called, against
    /// ``trustRootsFile`` alone, and our own certificate needs no identity either. A context with this is for clients
    /// only, and the server has to choose the protocol.
    package var foreignProtocol: String?

    public init(
        certificateChainFile: String,
        privateKeyFile: String,
        trustRootsFile: String,
        passwordSource: PasswordSource? = nil,
        identitySource: IdentitySource = .spiffe,
        crlFile: String? = nil,
        crlDirectory: String? = nil,
        revocation: RevocationCheck = .whenNamed,
        handshakeTimeout: Duration = .seconds(10),
        closeTimeout: Duration = .seconds(1),
        verifyDepth: Int = 4
    ) {
        self.certificateChainFile = certificateChainFile
        self.privateKeyFile = privateKeyFile
        self.trustRootsFile = trustRootsFile
        self.passwordSource = passwordSource
        self.identitySource = identitySource
        self.crlFile = crlFile
        self.crlDirectory = crlDirectory
        self.revocation = revocation
        self.handshakeTimeout = handshakeTimeout
        self.closeTimeout = closeTimeout
        self.verifyDepth = verifyDepth
    }
}
