public import LanternTLS
public import LanternTrust

/// All that decides who gets in and what they may do, as one set: what a program without a lantern home gives to
/// ``Daemon/reload(_:)``.
public struct TrustMaterial: Sendable {
    /// Certificate, key, roots and revocation lists: files, which are read now and followed from then on.
    public var tls: TLSSettings
    public var keyring: Keyring
    public var policy: PolicyTable

    public init(tls: TLSSettings, keyring: Keyring, policy: PolicyTable) {
        self.tls = tls
        self.keyring = keyring
        self.policy = policy
    }
}

/// A set that was read, and is not in force yet.
struct LoadedTrust: Sendable {
    let tls: TLSContext
    let keyring: Keyring
    let policy: PolicyTable
    let policySource: PolicySource?
    /// What is wrong with the rules that are only tried.
    var complaint: String?
}

/// Why a set is not taken.
struct TrustLoadError: Error, Sendable {
    /// The file to mend.
    let file: String
    /// What is wrong with it, in words.
    let detail: String
    let cause: (any Error)?

    init(_ file: String, _ detail: String, cause: (any Error)? = nil) {
        self.file = file
        self.detail = detail
        self.cause = cause
    }

    init(_ error: TLSError) { self.init(error.hint, error.detail, cause: error) }

    var configurationError: LanternError {
        LanternError(.configuration, "\(file): \(detail)", cause: cause)
    }
}
