extension TLSError {
    /// One for each way to fail. More may come.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Name: String {
            case noPeerCertificate, unknownAuthority, expired, notYetValid, wrongPurpose, badChain
            case badShape, unknownTrustDomain, wrongAuthority
            case revoked, revocationUnknown
            case wrongHost, wrongIdentity, noIdentity
            case oldTLS, plaintext, incompatible, protocolViolation, notMutual
            case refusedByPeer, probablyRefused
            case handshakeTimeout, closedDuringHandshake, truncated, connectionLost
            case keyMismatch, unreadableFile, badFile, badlyProtectedFile, missingPassword, wrongPassword
            case badSetting, internalError
        }

        private let name: Name
        public var description: String { name.rawValue }

        // MARK: What the peer showed

        /// The peer sent no certificate.
        public static let noPeerCertificate = Self(name: .noPeerCertificate)
        /// No authority of ours signed the certificate.
        public static let unknownAuthority = Self(name: .unknownAuthority)
        /// The certificate, or one above it, is past its last day. Also thrown for our own certificate.
        public static let expired = Self(name: .expired)
        /// The certificate, or one above it, is before its first day. Also thrown for our own certificate.
        public static let notYetValid = Self(name: .notYetValid)
        /// The certificate is not for this role: extended key usage, or an authority's used as a leaf.
        public static let wrongPurpose = Self(name: .wrongPurpose)
        /// The chain breaks another rule of X.509.
        public static let badChain = Self(name: .badChain)
        /// The certificate's extensions are not those of an X.509-SVID: key usage, version, one of them twice.
        public static let badShape = Self(name: .badShape)
        /// There are no trust roots for the trust domain that the certificate names.
        public static let unknownTrustDomain = Self(name: .unknownTrustDomain)
        /// The authority that signed the certificate is trusted, but not for the certificate's trust domain.
        public static let wrongAuthority = Self(name: .wrongAuthority)
        /// The certificate is on a revocation list.
        public static let revoked = Self(name: .revoked)
        /// Revocation lists are demanded, and there is no current one of this issuer.
        public static let revocationUnknown = Self(name: .revocationUnknown)
        /// The server's certificate is not for the host name or address that was called.
        public static let wrongHost = Self(name: .wrongHost)
        /// The server is somebody else than expected.
        public static let wrongIdentity = Self(name: .wrongIdentity)
        /// The certificate holds not exactly one identity. Also thrown for our own certificate.
        public static let noIdentity = Self(name: .noIdentity)

        // MARK: How the peer spoke

        /// The peer does not speak TLS 1.3.
        public static let oldTLS = Self(name: .oldTLS)
        /// The peer does not speak TLS at all.
        public static let plaintext = Self(name: .plaintext)
        /// Both speak TLS 1.3 and share no cipher suite, group or signature algorithm.
        public static let incompatible = Self(name: .incompatible)
        /// The peer broke the rules of TLS, or bytes were changed on the way.
        public static let protocolViolation = Self(name: .protocolViolation)
        /// The server did not ask for our certificate.
        public static let notMutual = Self(name: .notMutual)
        /// The peer refused us, with the reason that it gave; also when it said so after our own handshake ended.
        public static let refusedByPeer = Self(name: .refusedByPeer)
        /// The server hung up right after our certificate, without a word.
        public static let probablyRefused = Self(name: .probablyRefused)

        // MARK: What happened to the connection

        /// No verified peer within ``TLSSettings/handshakeTimeout``.
        public static let handshakeTimeout = Self(name: .handshakeTimeout)
        /// The connection ended in the middle of the handshake.
        public static let closedDuringHandshake = Self(name: .closedDuringHandshake)
        /// The connection ended without a goodbye: what came before may be cut off.
        public static let truncated = Self(name: .truncated)
        /// The network failed under an established connection.
        public static let connectionLost = Self(name: .connectionLost)

        // MARK: Our own files and settings

        /// Certificate and private key do not belong together.
        public static let keyMismatch = Self(name: .keyMismatch)
        /// A file is missing or cannot be opened.
        public static let unreadableFile = Self(name: .unreadableFile)
        /// A file does not hold what it should.
        public static let badFile = Self(name: .badFile)
        /// A private file is a link, or others than its owner may read or change it.
        public static let badlyProtectedFile = Self(name: .badlyProtectedFile)
        /// The private key is encrypted and there is no password.
        public static let missingPassword = Self(name: .missingPassword)
        /// The password does not open the private key.
        public static let wrongPassword = Self(name: .wrongPassword)
        /// A setting or argument cannot be used.
        public static let badSetting = Self(name: .badSetting)
        /// OpenSSL failed in a way that has no name here.
        public static let internalError = Self(name: .internalError)
    }
}
